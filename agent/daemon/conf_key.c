#include "agent/daemon/conf_key.h"

#include "agent/base/log.h"
#include "agent/base/usec.h"
#include "agent/crypto/suite.h"
#include "agent/crypto/x509_revoke.h"
#include "agent/daemon/login_id.h"
#include "agent/dbus/ac_error.h"
#include "agent/esp/esp_replay.h"

enum { SHOWN_MAX = 80 };

typedef struct Place {
    const ConfKey *k;
    const char *file, *section, *value;
    GError **error;
} Place;

static bool
complain(const Place *p, const char *wanted)
{
    g_autofree char *shown = log_escape(p->value, strlen(p->value), SHOWN_MAX);

    g_set_error(p->error, AC_ERROR, AC_ERROR_CONFIG, "%s: [%s] %s = %s: %s", p->file, p->section,
                p->k->key, shown, wanted);
    return false;
}

static bool
read_number(const Place *p, guint64 *ret)
{
    g_autoptr(GError) why = NULL;

    return g_ascii_string_to_unsigned(p->value, 10, 0, p->k->max, ret, &why) ||
           complain(p, why->message);
}

static bool
read_choice(const Place *p, int *ret)
{
    g_autofree char *list = NULL;
    g_autofree char *wanted = NULL;

    for (int i = 0; p->k->choices[i]; i++)
        if (g_str_equal(p->k->choices[i], p->value)) {
            *ret = i;
            return true;
        }
    list = g_strjoinv(", ", (char **)p->k->choices);
    wanted = g_strdup_printf("must be one of %s", list);
    return complain(p, wanted);
}

static bool
set_text(char **at, const char *value)
{
    g_free(*at);
    *at = g_strdup(value);
    return true;
}

static bool
read_identity(const Place *p, char **at)
{
    g_autoptr(GError) why = NULL;
    g_auto(LoginId) id = { 0 };

    return login_id_parse(p->value, &id, &why) ? set_text(at, p->value) : complain(p, why->message);
}

bool
conf_key_read(const ConfKey *k, const char *file, const char *section, const char *value,
              void *into, GError **error)
{
    Place p = { k, file, section, value, error };
    void *at = (char *)into + k->at;
    guint64 n = 0;
    SuiteRank rank;

    switch (k->kind) {
    case CONF_WORD:
        return set_text(at, value);
    case CONF_WORDS:
        g_strfreev(*(char ***)at);
        *(char ***)at = g_strsplit_set(value, " ,;", -1);
        return true;
    case CONF_FLAG:
        if (!g_str_equal(value, "true") && !g_str_equal(value, "false"))
            return complain(&p, "must be true or false");
        *(bool *)at = g_str_equal(value, "true");
        return true;
    case CONF_NUMBER:
        if (!read_number(&p, &n))
            return false;
        *(unsigned *)at = (unsigned)n;
        return true;
    case CONF_WINDOW:
        if (!read_number(&p, &n))
            return false;
        if (n < ESP_REPLAY_BITS_MIN)
            return complain(&p, "must be at least 64");
        *(uint32_t *)at = (uint32_t)n;
        return true;
    case CONF_SECONDS:
        if (!read_number(&p, &n))
            return false;
        *(Usec *)at = n * USEC_PER_SEC;
        return true;
    case CONF_OCTETS:
        return read_number(&p, at);
    case CONF_RANK:
        if (!suite_rank_parse(value, &rank) || rank > SUITE_LEGACY)
            return complain(&p, "must be modern, compatible or legacy");
        *(SuiteRank *)at = rank;
        return true;
    case CONF_LEVEL:
        return log_level_parse(value, at) ||
               complain(&p, "must be error, warning, message, info or debug");
    case CONF_REVOCATION:
        return x509_revocation_parse(value, at) || complain(&p, "must be off, soft or strict");
    case CONF_CHOICE:
        return read_choice(&p, at);
    case CONF_FILE:
        return g_path_is_absolute(value) ? set_text(at, value)
                                         : complain(&p, "must be an absolute path");
    case CONF_OBJECT:
        return g_path_is_absolute(value) || g_str_has_prefix(value, "pkcs11:")
                   ? set_text(at, value)
                   : complain(&p, "must be an absolute path or a pkcs11: URI");
    case CONF_IDENTITY:
        return read_identity(&p, at);
    }
    g_assert_not_reached();
}
