#include "agent/daemon/settings.h"

#include <gio/gio.h>

#include "agent/daemon/conf_key.h"
#include "agent/dbus/ac_error.h"
#include "agent/esp/esp_replay.h"

/* As an ASA has them: who asks first is a matter of chance, and neither end is told that it has
 * been too long. */
enum { IKE_LIFETIME_S = 86400, CHILD_LIFETIME_S = 28800 };
enum { SILENCE_S = 20 };

static const char host_section[] = "host ";
static const char *const dscp_names[] = {
    [ESP_DSCP_COPY] = "copy",
    [ESP_DSCP_ZERO] = "zero",
    [ESP_DSCP_ZERO + 1] = NULL,
};

/* One row a key: where it stands, what it is, where it goes. */
static const ConfKey keys[] = {
    { "log", "level", CONF_LEVEL, offsetof(Settings, log_level), 0, NULL },
    { "control", "allow", CONF_WORDS, offsetof(Settings, allow), 0, NULL },
    { "crypto", "policy", CONF_RANK, offsetof(Settings, policy), 0, NULL },
    { "trust", "block_untrusted", CONF_FLAG, offsetof(Settings, block_untrusted), 0, NULL },
    { "trust", "system_store", CONF_FLAG, offsetof(Settings, system_store), 0, NULL },
    { "trust", "ca_file", CONF_WORD, offsetof(Settings, ca_file), 0, NULL },
    { "trust", "revocation", CONF_REVOCATION, offsetof(Settings, revocation), 0, NULL },
    { "trust", "crl_file", CONF_WORD, offsetof(Settings, crl_file), 0, NULL },
    { "connect", "manual_hosts", CONF_FLAG, offsetof(Settings, manual_hosts), 0, NULL },
    { "client", "version", CONF_WORD, offsetof(Settings, client_version), 0, NULL },
    { "ike", "retransmit_tries", CONF_NUMBER, offsetof(Settings, retransmit_tries), 12, NULL },
    { "ike", "dpd_interval", CONF_SECONDS, offsetof(Settings, dpd_interval), 86400, NULL },
    { "ike", "ike_lifetime", CONF_SECONDS, offsetof(Settings, ike_lifetime), 31536000, NULL },
    { "ike", "child_lifetime", CONF_SECONDS, offsetof(Settings, child_lifetime), 31536000, NULL },
    { "ike", "reauth", CONF_SECONDS, offsetof(Settings, reauth), 31536000, NULL },
    { "ike", "allow_nat", CONF_FLAG, offsetof(Settings, allow_nat), 0, NULL },
    { "ike", "silence", CONF_SECONDS, offsetof(Settings, silence), 86400, NULL },
    { "ike", "child_octets", CONF_OCTETS, offsetof(Settings, child_octets), UINT64_MAX, NULL },
    { "esp", "replay_window", CONF_WINDOW, offsetof(Settings, esp.replay_window),
      ESP_REPLAY_BITS_MAX, NULL },
    { "esp", "tcp_mss", CONF_NUMBER, offsetof(Settings, esp.tcp_mss), UINT16_MAX, NULL },
    { "esp", "dscp", CONF_CHOICE, offsetof(Settings, esp.dscp), 0, dscp_names },
    { "tunnel", "offload", CONF_CHOICE, offsetof(Settings, offload), 0, offload_names },
    { "tunnel", "crypto", CONF_CHOICE, offsetof(Settings, crypto), 0, aead_choice_names },
    { "tunnel", "plane", CONF_CHOICE, offsetof(Settings, plane), 0, plane_choice_names },
    { "tunnel", "threads", CONF_CHOICE, offsetof(Settings, threads), 0, thread_choice_names },
    { "tunnel", "bypass_family", CONF_FLAG, offsetof(Settings, bypass_family), 0, NULL },
};

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
        else if (!conf_key_read(&keys[i], file, section, g_strstrip(value), s, error))
            return false;
    }
    return true;
}

static bool
read_host(Settings *s, GKeyFile *f, const char *file, const char *section, GError **error)
{
    HostSettings *h = host_settings_read(f, file, section, error);

    if (h)
        g_ptr_array_add(s->hosts, h);
    return h;
}

Settings *
settings_load(const char *file, GError **error)
{
    g_autoptr(Settings) s = g_new0(Settings, 1);
    g_autoptr(GKeyFile) f = g_key_file_new();
    g_autoptr(GError) why = NULL;

    s->log_level = LOG_MESSAGE;
    s->hosts = g_ptr_array_new_with_free_func((GDestroyNotify)host_settings_free);
    s->allow = g_strsplit("group:acclient", " ", -1);
    s->policy = SUITE_MODERN;
    s->system_store = true;
    s->revocation = X509_REVOCATION_SOFT;
    s->manual_hosts = true;
    s->allow_nat = true;
    s->ike_lifetime = IKE_LIFETIME_S * USEC_PER_SEC;
    s->silence = SILENCE_S * USEC_PER_SEC;
    s->child_lifetime = CHILD_LIFETIME_S * USEC_PER_SEC;
    s->client_version = g_strdup("4.10.07061");
    if (!g_key_file_load_from_file(f, file, G_KEY_FILE_NONE, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&s);
        g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: %s", file, why->message);
        return NULL;
    }
    g_auto(GStrv) sections = g_key_file_get_groups(f, NULL);

    for (char **section = sections; *section; section++) {
        bool ok = g_str_has_prefix(*section, host_section)
                      ? read_host(s, f, file, *section, error)
                      : read_section(s, f, file, *section, error);

        if (!ok)
            return NULL;
    }
    return g_steal_pointer(&s);
}

void
settings_free(Settings *s)
{
    if (!s)
        return;
    g_clear_pointer(&s->hosts, g_ptr_array_unref);
    g_strfreev(s->allow);
    g_free(s->ca_file);
    g_free(s->crl_file);
    g_free(s->client_version);
    g_free(s);
}
