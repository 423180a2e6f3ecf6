#include "agent/daemon/login_way.h"

#include "agent/dbus/ac_error.h"

/* One each: a gateway that could choose would choose the one that shows it the password. */
static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };
static const EapMethod *const mschapv2[] = { &eap_mschapv2, NULL };
static const EapMethod *const gtc[] = { &eap_gtc, NULL };
static const EapMethod *const md5[] = { &eap_md5, NULL };
static const EapMethod *const tls[] = { &eap_tls, NULL };

enum { CERT = 1, MAY_CERT = 2, TYPED = 4 };

/* One row a way; the second column is that of HostSettings.eap. */
static const struct {
    HostAuth auth, eap;
    IkeWay ours;
    const EapMethod *const *methods;
    unsigned needs; /* set of the above */
    const char *name;
} ways[] = {
    { HOST_AUTH_EAP_ANYCONNECT, 0, IKE_WAY_EAP, anyconnect, MAY_CERT | TYPED, "EAP-AnyConnect" },
    { HOST_AUTH_EAP_MSCHAPV2, 0, IKE_WAY_EAP, mschapv2, TYPED, "EAP-MSCHAPv2" },
    { HOST_AUTH_EAP_GTC, 0, IKE_WAY_EAP, gtc, TYPED, "EAP-GTC" },
    { HOST_AUTH_EAP_MD5, 0, IKE_WAY_EAP, md5, TYPED, "EAP-MD5" },
    { HOST_AUTH_EAP_TLS, 0, IKE_WAY_EAP, tls, CERT, "EAP-TLS" },
    { HOST_AUTH_CERTIFICATE, 0, IKE_WAY_CERT, NULL, CERT, "certificate" },
    { HOST_AUTH_CERTIFICATE_EAP, 0, IKE_WAY_CERT_EAP, mschapv2, CERT | TYPED,
      "certificate and EAP-MSCHAPv2" },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_MSCHAPV2, IKE_WAY_CERT_EAP, mschapv2, CERT | TYPED,
      "certificate and EAP-MSCHAPv2" },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_GTC, IKE_WAY_CERT_EAP, gtc, CERT | TYPED,
      "certificate and EAP-GTC" },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_MD5, IKE_WAY_CERT_EAP, md5, CERT | TYPED,
      "certificate and EAP-MD5" },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_TLS, IKE_WAY_CERT_EAP, tls, CERT,
      "certificate and EAP-TLS" },
    { HOST_AUTH_PSK, 0, IKE_WAY_PSK, NULL, 0, "pre-shared key" },
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
    LoginWay way = { .theirs = IKE_WAY_CERT };
    HostAuth eap = settings ? settings->eap : HOST_AUTH_PROFILE;

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
        if (ways[i].auth == way.auth && ways[i].eap == eap) {
            way.ours = ways[i].ours;
            way.eap = ways[i].methods;
            way.certificate = ways[i].needs & CERT;
            way.may_certificate = ways[i].needs & MAY_CERT;
            way.typed = ways[i].needs & TYPED;
            way.name = ways[i].name;
            /* RFC 7296 §2.16: nobody types a password for who shares the key of a group */
            if (settings && settings->gateway_psk && !way.eap)
                way.theirs = IKE_WAY_PSK;
            *ret = way;
            return true;
        }
    g_autofree char *why =
        g_strdup_printf("the login by %s is not supported", host_auth_name(way.auth));

    return refuse(host, error, why);
}
