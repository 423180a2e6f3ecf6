/* sig.h - the signatures of the AUTH payload (RFC 7296 §3.8, RFC 4754, RFC 7427). */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"
#include "agent/crypto/sig_alg.h"
#include "agent/crypto/sig_key.h"

/* IANA "IKEv2 Authentication Method". */
enum {
    SIG_METHOD_RSA = 1,
    SIG_METHOD_ECDSA_256 = 9,
    SIG_METHOD_ECDSA_384 = 10,
    SIG_METHOD_ECDSA_521 = 11,
    SIG_METHOD_DIGITAL = 14, /* RFC 7427 */
};

/* What a signature may be. */
typedef struct SigPolicy {
    bool sha1_ok;     /* compatible and legacy only */
    unsigned min_rsa; /* bits; 2048 modern, 1024 legacy */
} SigPolicy;

/* sig_classic_method - 1, 9, 10 or 11 for @k, 0 when it has no classic method. */
uint8_t sig_classic_method(const SigKey *k);
/* sig_sign - the "Authentication Data" of an AUTH payload over @octets.
 * @method: 1 with any @hash; 9-11 where the hash follows from the curve; 14, where the
 *   AlgorithmIdentifier with its length octet is put in front (RFC 7427 §3): PSS for RSA, or
 *   PKCS #1 v1.5 when @hash is SHA-1; Ed25519 ignores @hash.
 * @ret: appended to; untouched on failure. Returns false when @k cannot do @method. */
bool sig_sign(const SigKey *k, uint8_t method, SigHash hash, Slice octets,
              GByteArray *ret) G_GNUC_WARN_UNUSED_RESULT;
/* sig_verify - check the "Authentication Data" of an AUTH payload.
 * Method 1 accepts any DigestInfo the policy allows, never MD5, and only by re-encoding and
 * comparing.
 * @ret_hash: which hash it was, for the log; may be NULL.
 * Returns false for a wrong signature and for one the policy forbids; @why then says which (static
 * text); it may be NULL. */
bool sig_verify(const SigKey *k, uint8_t method, const SigPolicy *policy, Slice octets, Slice auth,
                SigHash *ret_hash, const char **why) G_GNUC_WARN_UNUSED_RESULT;
