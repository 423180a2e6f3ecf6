#include "agent/daemon/host_settings.h"

#include "agent/daemon/conf_key.h"
#include "agent/dbus/ac_error.h"

static const char section_head[] = "host ";

/* In the order of HostAuth. */
static const char *const auths[] = { "profile",     "eap-anyconnect",  "eap-mschapv2",
                                     "eap-gtc",     "eap-md5",         "eap-tls",
                                     "certificate", "certificate-eap", "psk",
                                     NULL };
static const char *const gateway_auths[] = { "certificate", "psk", NULL };

typedef struct Draft {
    HostSettings *h;
    int auth, eap, gateway_auth;
} Draft;

#define IN_HOST(member) offsetof(HostSettings, member)

static const ConfKey keys[] = {
    { "host", "identity", CONF_IDENTITY, IN_HOST(identity), 0, NULL },
    { "host", "gateway_identity", CONF_IDENTITY, IN_HOST(gateway_identity), 0, NULL },
    { "host", "psk_file", CONF_FILE, IN_HOST(psk_file), 0, NULL },
    { "host", "psk_weak", CONF_FLAG, IN_HOST(psk_weak), 0, NULL },
    { "host", "certificate", CONF_OBJECT, IN_HOST(certificate), 0, NULL },
    { "host", "key", CONF_OBJECT, IN_HOST(key), 0, NULL },
    { "host", "tls_12", CONF_FLAG, IN_HOST(tls_12), 0, NULL },
    { "host", "ppk_id", CONF_WORD, IN_HOST(ppk_id), 0, NULL },
    { "host", "ppk_file", CONF_FILE, IN_HOST(ppk_file), 0, NULL },
    { "host", "ppk_required", CONF_FLAG, IN_HOST(ppk_required), 0, NULL },
    { "host", "policy", CONF_RANK, IN_HOST(policy), 0, NULL },
};
static const ConfKey draft_keys[] = {
    { "host", "auth", CONF_CHOICE, offsetof(Draft, auth), 0, auths },
    { "host", "eap", CONF_CHOICE, offsetof(Draft, eap), 0, auths },
    { "host", "gateway_auth", CONF_CHOICE, offsetof(Draft, gateway_auth), 0, gateway_auths },
};

const char *
host_auth_name(HostAuth auth)
{
    g_assert(auth < G_N_ELEMENTS(auths) - 1);
    return auths[auth];
}

static bool
complain(const char *file, const char *section, GError **error, const char *what)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: [%s] %s", file, section, what);
    return false;
}

static const ConfKey *
find_key(const ConfKey *among, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (g_str_equal(among[i].key, name))
            return &among[i];
    return NULL;
}

static bool
read_key(Draft *d, const char *file, const char *section, const char *name, const char *value,
         GError **error)
{
    const ConfKey *k = find_key(keys, G_N_ELEMENTS(keys), name);
    const ConfKey *drafted = find_key(draft_keys, G_N_ELEMENTS(draft_keys), name);
    g_autofree char *what = NULL;

    if (k) {
        d->h->has_policy |= k->kind == CONF_RANK;
        return conf_key_read(k, file, section, value, d->h, error);
    }
    if (drafted)
        return conf_key_read(drafted, file, section, value, d, error);
    /* A misspelled gateway_identity would be a check that is not made. */
    what = g_strdup_printf("%s: there is no such key", name);
    return complain(file, section, error, what);
}

static bool
uses_certificate(HostAuth auth)
{
    return auth == HOST_AUTH_CERTIFICATE || auth == HOST_AUTH_CERTIFICATE_EAP ||
           auth == HOST_AUTH_EAP_TLS || auth == HOST_AUTH_EAP_ANYCONNECT ||
           auth == HOST_AUTH_PROFILE;
}

/* What makes no sense together is refused here, before anybody connects. */
static bool
check(const HostSettings *h, const char *file, const char *section, GError **error)
{
    static const char needs_file[] = "psk_file: is needed by auth = psk and gateway_auth = psk";
    bool psk = h->auth == HOST_AUTH_PSK || h->gateway_psk;
    bool eap = h->auth >= HOST_AUTH_EAP_ANYCONNECT && h->auth <= HOST_AUTH_EAP_TLS;

    if (psk && !h->psk_file)
        return complain(file, section, error, needs_file);
    if (!psk && (h->psk_file || h->psk_weak))
        return complain(file, section, error,
                        "psk_file, psk_weak: neither auth nor gateway_auth is psk");
    if (h->gateway_psk &&
        (eap || h->auth == HOST_AUTH_CERTIFICATE_EAP || h->auth == HOST_AUTH_PROFILE))
        return complain(file, section, error,
                        "gateway_auth = psk: a login by EAP needs a gateway with a certificate");
    if (h->eap && h->auth != HOST_AUTH_CERTIFICATE_EAP)
        return complain(file, section, error, "eap: only with auth = certificate-eap");
    if (h->eap > HOST_AUTH_EAP_TLS)
        return complain(file, section, error, "eap: must be one of the eap- methods");
    if (h->eap == HOST_AUTH_EAP_ANYCONNECT)
        return complain(file, section, error,
                        "eap: EAP-AnyConnect has the certificate in it: auth = eap-anyconnect");
    if (!uses_certificate(h->auth) && (h->certificate || h->key))
        return complain(file, section, error, "certificate, key: auth uses none");
    if (h->tls_12 && h->auth != HOST_AUTH_EAP_TLS && h->eap != HOST_AUTH_EAP_TLS)
        return complain(file, section, error, "tls_12: only with EAP-TLS");
    if (h->key && !h->certificate)
        return complain(file, section, error, "key: stands without certificate");
    if (!h->ppk_id != !h->ppk_file)
        return complain(file, section, error, "ppk_id, ppk_file: one needs the other");
    if (h->ppk_required && !h->ppk_id)
        return complain(file, section, error, "ppk_required: needs ppk_id and ppk_file");
    return true;
}

HostSettings *
host_settings_read(GKeyFile *f, const char *file, const char *section, GError **error)
{
    g_autoptr(HostSettings) h = g_new0(HostSettings, 1);
    g_auto(GStrv) names = g_key_file_get_keys(f, section, NULL, NULL);
    Draft d = { .h = h };

    h->name = g_strstrip(g_strdup(section + strlen(section_head)));
    if (!*h->name) {
        (void)complain(file, section, error, "lacks the name of the host");
        return NULL;
    }
    for (char **name = names; name && *name; name++) {
        g_autofree char *value = g_key_file_get_string(f, section, *name, error);

        if (!value || !read_key(&d, file, section, *name, g_strstrip(value), error))
            return NULL;
    }
    h->auth = (HostAuth)d.auth;
    h->eap = (HostAuth)d.eap;
    h->gateway_psk = d.gateway_auth == 1;
    if (h->auth == HOST_AUTH_PSK && !g_key_file_has_key(f, section, "gateway_auth", NULL))
        h->gateway_psk = true;
    return check(h, file, section, error) ? g_steal_pointer(&h) : NULL;
}

void
host_settings_free(HostSettings *h)
{
    if (!h)
        return;
    g_free(h->name);
    g_free(h->identity);
    g_free(h->gateway_identity);
    g_free(h->psk_file);
    g_free(h->certificate);
    g_free(h->key);
    g_free(h->ppk_id);
    g_free(h->ppk_file);
    g_free(h);
}

const HostSettings *
host_settings_find(const GPtrArray *all, const ProfileHost *host)
{
    const char *names[] = { host->name, host->address };

    for (size_t n = 0; n < G_N_ELEMENTS(names); n++)
        for (guint i = 0; all && i < all->len; i++) {
            const HostSettings *h = all->pdata[i];

            if (g_ascii_strcasecmp(h->name, names[n]) == 0)
                return h;
        }
    return NULL;
}
