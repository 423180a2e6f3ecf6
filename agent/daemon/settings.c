#include "agent/daemon/settings.h"

#include <gio/gio.h>

#include "agent/dbus/ac_error.h"

typedef enum Kind { WORD, WORDS, FLAG, NUMBER, RANK, LEVEL, SECONDS, REVOCATION } Kind;

/* One row a key: where it stands, what it is, where it goes. */
static const struct {
    const char *section, *key;
    Kind kind;
    size_t at;
    guint64 max; /* NUMBER, SECONDS */
} keys[] = {
    { "log", "level", LEVEL, offsetof(Settings, log_level), 0 },
    { "control", "allow", WORDS, offsetof(Settings, allow), 0 },
    { "crypto", "policy", RANK, offsetof(Settings, policy), 0 },
    { "trust", "block_untrusted", FLAG, offsetof(Settings, block_untrusted), 0 },
    { "trust", "system_store", FLAG, offsetof(Settings, system_store), 0 },
    { "trust", "ca_file", WORD, offsetof(Settings, ca_file), 0 },
    { "trust", "revocation", REVOCATION, offsetof(Settings, revocation), 0 },
    { "trust", "crl_file", WORD, offsetof(Settings, crl_file), 0 },
    { "connect", "manual_hosts", FLAG, offsetof(Settings, manual_hosts), 0 },
    { "client", "version", WORD, offsetof(Settings, client_version), 0 },
    { "ike", "retransmit_tries", NUMBER, offsetof(Settings, retransmit_tries), 12 },
    { "ike", "dpd_interval", SECONDS, offsetof(Settings, dpd_interval), 86400 },
};

static bool
complain(const char *file, size_t i, const char *value, const char *wanted, GError **error)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: [%s] %s = %s: %s", file, keys[i].section,
                keys[i].key, value, wanted);
    return false;
}

static bool
read_number(const char *file, size_t i, const char *value, guint64 *ret, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (g_ascii_string_to_unsigned(value, 10, 0, keys[i].max, ret, &why))
        return true;
    return complain(file, i, value, why->message, error);
}

static bool
read_value(Settings *s, const char *file, size_t i, const char *value, GError **error)
{
    char *at = (char *)s + keys[i].at;
    guint64 n = 0;
    SuiteRank rank;

    switch (keys[i].kind) {
    case WORD:
        g_free(*(char **)(void *)at);
        *(char **)(void *)at = g_strdup(value);
        return true;
    case WORDS:
        g_strfreev(*(char ***)(void *)at);
        *(char ***)(void *)at = g_strsplit_set(value, " ,;", -1);
        return true;
    case FLAG:
        if (!g_str_equal(value, "true") && !g_str_equal(value, "false"))
            return complain(file, i, value, "must be true or false", error);
        *(bool *)at = g_str_equal(value, "true");
        return true;
    case NUMBER:
        if (!read_number(file, i, value, &n, error))
            return false;
        *(unsigned *)(void *)at = (unsigned)n;
        return true;
    case SECONDS:
        if (!read_number(file, i, value, &n, error))
            return false;
        *(Usec *)(void *)at = n * USEC_PER_SEC;
        return true;
    case RANK:
        if (!suite_rank_parse(value, &rank) || rank > SUITE_LEGACY)
            return complain(file, i, value, "must be modern, compatible or legacy", error);
        *(SuiteRank *)(void *)at = rank;
        return true;
    case REVOCATION:
        if (!x509_revocation_parse(value, (X509Revocation *)(void *)at))
            return complain(file, i, value, "must be off, soft or strict", error);
        return true;
    case LEVEL:
        if (!log_level_parse(value, (LogLevel *)(void *)at))
            return complain(file, i, value, "must be error, warning, message, info or debug",
                            error);
        return true;
    }
    g_assert_not_reached();
}

static size_t
find_key(const char *section, const char *key)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(keys) &&
           !(g_str_equal(keys[i].section, section) && g_str_equal(keys[i].key, key)))
        i++;
    return i;
}

static bool
read_section(Settings *s, GKeyFile *f, const char *file, const char *section, GError **error)
{
    g_auto(GStrv) names = g_key_file_get_keys(f, section, NULL, NULL);

    for (char **name = names; name && *name; name++) {
        g_autofree char *value = g_key_file_get_string(f, section, *name, error);
        size_t i = find_key(section, *name);

        if (!value)
            return false;
        if (i == G_N_ELEMENTS(keys))
            log_at(LOG_WARNING, NULL, "%s: [%s] %s: no such setting, ignored", file, section,
                   *name);
        else if (!read_value(s, file, i, g_strstrip(value), error))
            return false;
    }
    return true;
}

Settings *
settings_load(const char *file, GError **error)
{
    g_autoptr(Settings) s = g_new0(Settings, 1);
    g_autoptr(GKeyFile) f = g_key_file_new();
    g_autoptr(GError) why = NULL;

    s->log_level = LOG_MESSAGE;
    s->allow = g_strsplit("group:acclient", " ", -1);
    s->policy = SUITE_MODERN;
    s->system_store = true;
    s->revocation = X509_REVOCATION_SOFT;
    s->manual_hosts = true;
    s->client_version = g_strdup("4.10.07061");
    if (!g_key_file_load_from_file(f, file, G_KEY_FILE_NONE, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&s);
        g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: %s", file, why->message);
        return NULL;
    }
    g_auto(GStrv) sections = g_key_file_get_groups(f, NULL);

    for (char **section = sections; *section; section++)
        if (!read_section(s, f, file, *section, error))
            return NULL;
    return g_steal_pointer(&s);
}

void
settings_free(Settings *s)
{
    if (!s)
        return;
    g_strfreev(s->allow);
    g_free(s->ca_file);
    g_free(s->crl_file);
    g_free(s->client_version);
    g_free(s);
}
