#include "agent/daemon/login_way.h"

#include "agent/dbus/ac_error.h"

static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };

/* One row a way; what EAP carries follows from ->auth. */
static const struct {
    HostAuth auth;
    IkeWay ours;
    const EapMethod *const *eap;
    bool certificate, may_certificate;
    const char *name;
} ways[] = {
    { HOST_AUTH_EAP_ANYCONNECT, IKE_WAY_EAP, anyconnect, false, true, "EAP-AnyConnect" },
    { HOST_AUTH_CERTIFICATE, IKE_WAY_CERT, NULL, true, false, "certificate" },
    { HOST_AUTH_PSK, IKE_WAY_PSK, NULL, false, false, "pre-shared key" },
};

static const struct {
    ProfileAuth profile;
    HostAuth auth;
    const char *key_kind;
} profiles[] = {
    { PROFILE_EAP_ANYCONNECT, HOST_AUTH_EAP_ANYCONNECT, NULL },
    { PROFILE_EAP_GTC, HOST_AUTH_EAP_GTC, NULL },
    { PROFILE_EAP_MD5, HOST_AUTH_EAP_MD5, NULL },
    { PROFILE_EAP_MSCHAPV2, HOST_AUTH_EAP_MSCHAPV2, NULL },
    { PROFILE_IKE_RSA, HOST_AUTH_CERTIFICATE, "RSA" },
    { PROFILE_IKE_ECDSA, HOST_AUTH_CERTIFICATE, "ECDSA" },
};

static bool
refuse(const ProfileHost *h, GError **error, const char *why)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s:%d: host entry %s: %s",
                h->file ? h->file : "acclient.conf", h->line, h->name, why);
    return false;
}

bool
login_way_decide(const ProfileHost *host, const HostSettings *settings, LoginWay *ret,
                 GError **error)
{
    LoginWay way = { .theirs = settings && settings->gateway_psk ? IKE_WAY_PSK : IKE_WAY_CERT };

    if (host->protocol != PROFILE_IPSEC)
        return refuse(host, error,
                      "PrimaryProtocol is SSL; this client speaks IPsec only (OpenConnect speaks "
                      "SSL)");
    if (settings)
        way.auth = settings->auth;
    for (size_t i = 0; i < G_N_ELEMENTS(profiles) && way.auth == HOST_AUTH_PROFILE; i++)
        if (profiles[i].profile == host->auth) {
            way.auth = profiles[i].auth;
            way.key_kind = profiles[i].key_kind;
        }
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++)
        if (ways[i].auth == way.auth) {
            way.ours = ways[i].ours;
            way.eap = ways[i].eap;
            way.certificate = ways[i].certificate;
            way.may_certificate = ways[i].may_certificate;
            way.name = ways[i].name;
            *ret = way;
            return true;
        }
    g_autofree char *why =
        g_strdup_printf("the login by %s is not supported", host_auth_name(way.auth));

    return refuse(host, error, why);
}
