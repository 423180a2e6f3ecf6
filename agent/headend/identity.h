/* identity.h - who the gateway is: key and certificate of its trustpoint. */
#pragma once

#include "agent/crypto/sig_key.h"
#include "agent/crypto/x509.h"
#include "agent/headend/asa_config.h"

typedef struct Identity {
    SigKey *key;
    X509Chain *chain; /* leaf first */
    GBytes *subject;  /* DER of the leaf's name: IDr */
    char *sha1;       /* of the leaf, 40 hex digits: server-cert-hash */
    bool self_signed; /* made by us */
} Identity;

/* identity_open - the key and certificate of @t: load the files that a line "!acheadend trustpoint"
 * names; or those that were made before in @state; or make them: RSA 2048, valid ten years, kept
 * with mode 0600.
 * @now: seconds since 1970. */
bool identity_open(const AsaConfig *c, const AsaTrustpoint *t, const char *state, int64_t now,
                   Identity *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void identity_clear(Identity *id);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Identity, identity_clear)
