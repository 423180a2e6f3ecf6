/* sig_evp.h - a key for OpenSSL's own use of it (TLS), wherever its private half is. */
#pragma once

#include "agent/crypto/sig_key.h"

/* A signer that refuses leaves this reason of ERR_LIB_USER among OpenSSL's errors, with one
 * sentence as its data. */
enum { SIG_EVP_REFUSED = 1 };

/* sig_evp_new - an EVP_PKEY that signs as @k does: @k's own, or one whose every signature is asked
 * of its SigSigner. An RSA signer is asked for SIG_RSA_PKCS1 and, padded already, SIG_RSA_RAW.
 * @k: outlives it. Returns a reference of the caller's, for EVP_PKEY_free(); NULL for an Ed25519
 * key with a signer, which OpenSSL cannot hand over. */
void *sig_evp_new(const SigKey *k);
