/* sig.h - public and private keys, and the signatures of the AUTH payload (RFC 7296 §3.8, RFC 4754,
 * RFC 7427). */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"
#include "agent/base/secret.h"

/* A key pair or a public key alone. */
typedef struct SigKey SigKey;
void sig_key_free(SigKey *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SigKey, sig_key_free)

/* "Hash Algorithms" of RFC 7427 §7; also how a PRF's own hash is named here. */
typedef enum SigHash {
    SIG_SHA1 = 1,
    SIG_SHA2_256 = 2,
    SIG_SHA2_384 = 3,
    SIG_SHA2_512 = 4,
    SIG_IDENTITY = 5, /* Ed25519, RFC 8420 */
} SigHash;

/* IANA "IKEv2 Authentication Method". */
enum {
    SIG_METHOD_RSA = 1,
    SIG_METHOD_ECDSA_256 = 9,
    SIG_METHOD_ECDSA_384 = 10,
    SIG_METHOD_ECDSA_521 = 11,
    SIG_METHOD_DIGITAL = 14, /* RFC 7427 */
};

/* sig_key_from_pem - a private key; encrypted ones are refused. @error names what is wrong. */
SigKey *sig_key_from_pem(Slice pem, GError **error);
SigKey *sig_key_generate_rsa(unsigned bits);
SigKey *sig_key_generate_ecdsa(unsigned bits); /* 256, 384, 521 */
bool sig_key_to_pem(const SigKey *k, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
SigKey *sig_key_from_evp(void *evp_pkey);  /* takes a reference to an EVP_PKEY; for x509.c */
void *sig_key_evp(const SigKey *k);        /* the EVP_PKEY, borrowed; for x509.c */
const char *sig_key_kind(const SigKey *k); /* "RSA", "ECDSA", "Ed25519" */
unsigned sig_key_bits(const SigKey *k);

/* What a signature may be. */
typedef struct SigPolicy {
    bool sha1_ok;     /* compatible and legacy only */
    unsigned min_rsa; /* bits; 2048 modern, 1024 legacy */
} SigPolicy;

/* sig_classic_method - 1, 9, 10 or 11 for @k, 0 when it has no classic method. */
uint8_t sig_classic_method(const SigKey *k);
/* sig_sign - the "Authentication Data" of an AUTH payload over @octets.
 * @method: 1 with any @hash; 9-11 where the hash follows from the curve; 14, where the
 * AlgorithmIdentifier with its length octet is put in front (RFC 7427 §3). */
bool sig_sign(const SigKey *k, uint8_t method, SigHash hash, Slice octets,
              GByteArray *ret) G_GNUC_WARN_UNUSED_RESULT;
/* sig_verify - check the "Authentication Data" of an AUTH payload.
 * Method 1 accepts any DigestInfo the policy allows, never MD5, and only by re-encoding and
 * comparing.
 * @ret_hash: which hash it was, for the log; may be NULL.
 * Returns false for a wrong signature and for one the policy forbids; @why then says which (static
 * text). */
bool sig_verify(const SigKey *k, uint8_t method, const SigPolicy *policy, Slice octets, Slice auth,
                SigHash *ret_hash, const char **why) G_GNUC_WARN_UNUSED_RESULT;
