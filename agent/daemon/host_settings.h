/* host_settings.h - one [host NAME] of acclient.conf: what an administrator says about the login
 * there that no profile can say. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/crypto/suite.h"
#include "profiles/profile.h"

typedef enum HostAuth {
    HOST_AUTH_PROFILE, /* as the profile says */
    HOST_AUTH_EAP_ANYCONNECT,
    HOST_AUTH_EAP_MSCHAPV2,
    HOST_AUTH_EAP_GTC,
    HOST_AUTH_EAP_MD5,
    HOST_AUTH_EAP_TLS,
    HOST_AUTH_CERTIFICATE,
    HOST_AUTH_CERTIFICATE_EAP, /* the certificate, then EAP (RFC 4739) */
    HOST_AUTH_PSK,
} HostAuth;
const char *host_auth_name(HostAuth auth); /* "eap-mschapv2", as in acclient.conf */

typedef struct HostSettings {
    char *name;     /* HostName or address, as `acclient connect` takes it */
    HostAuth auth;  /* [host] auth */
    HostAuth eap;   /* the second half of certificate-eap; HOST_AUTH_PROFILE: EAP-MSCHAPv2 */
    char *identity; /* ours; login_id.h */
    char *gateway_identity; /* the gateway's; NULL: its certificate names HostAddress */
    bool gateway_psk;       /* gateway_auth = psk */
    char *psk_file;
    bool psk_weak;           /* a guessable key is used all the same */
    char *certificate, *key; /* absolute path or pkcs11: URI; NULL: from the stores */
    bool tls_12;             /* EAP-TLS: no TLS 1.3 */
    char *ppk_id, *ppk_file; /* RFC 8784 */
    bool ppk_required;
    SuiteRank policy; /* [crypto] policy for this host alone */
    bool has_policy;
} HostSettings;

/* host_settings_read - the section @section of @f ("host NAME").
 * Returns NULL with AC_ERROR_CONFIG that names file, section and key: a wrong value, a key that
 * does not exist, and keys that need or exclude each other. */
HostSettings *host_settings_read(GKeyFile *f, const char *file, const char *section,
                                 GError **error);
void host_settings_free(HostSettings *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HostSettings, host_settings_free)
/* host_settings_find - of @all (of HostSettings *) the one for @host: by its name, else by its
 * address, both ignoring case; NULL: none. */
const HostSettings *host_settings_find(const GPtrArray *all, const ProfileHost *host);
