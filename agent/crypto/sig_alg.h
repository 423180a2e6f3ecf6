/* sig_alg.h - the AlgorithmIdentifiers of RFC 7427: how a method 14 signature says what it is. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "agent/base/reader.h"
#include "agent/base/writer.h"

/* "Hash Algorithms" of RFC 7427 §7; also how a PRF's own hash is named here. */
typedef enum SigHash {
    SIG_SHA1 = 1,
    SIG_SHA2_256 = 2,
    SIG_SHA2_384 = 3,
    SIG_SHA2_512 = 4,
    SIG_IDENTITY = 5, /* Ed25519, RFC 8420 */
} SigHash;

const char *sig_hash_name(SigHash hash); /* "SHA1" .. "SHA512", OpenSSL's; NULL for the others */
size_t sig_hash_len(SigHash hash);       /* octets, 0 for the others */

typedef enum SigScheme {
    SIG_RSA_PKCS1,
    SIG_RSA_PSS,
    SIG_ECDSA,
    SIG_ED25519,
    SIG_RSA_RAW, /* of no AUTH payload: a SigSigner's, for a block that is padded already */
} SigScheme;

typedef struct SigAlg {
    SigScheme scheme;
    SigHash hash;
    unsigned salt_len; /* octets; PSS only */
} SigAlg;

enum { SIG_ALG_MAX = 80 }; /* octets; the longest is PSS, 67 (RFC 7427 appendix A.4.3) */

/* sig_alg_decode - read one AlgorithmIdentifier, strict DER and nothing behind it.
 * PSS must use MGF1 with the hash itself, a salt of 20 to 64 octets and trailer 1.
 * Returns false for anything else; @ret is then untouched. */
bool sig_alg_decode(Slice der, SigAlg *ret) G_GNUC_WARN_UNUSED_RESULT;
void sig_alg_encode(const SigAlg *alg, Writer *out);
