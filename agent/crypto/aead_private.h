/* aead_private.h - what an Aead is made of, for the engines behind aead_batch.h. */
#pragma once

#include "agent/crypto/aead_mb_private.h"
#include "agent/crypto/crypto_private.h"

enum {
    AEAD_NONCE_LEN = 12, /* salt | IV, RFC 5282 §4, RFC 7634 §2 */
};

struct Aead {
    const SuiteAlg *encr;
    const SuiteAlg *integ; /* NULL with an AEAD */
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac; /* NULL with an AEAD */
    MbLane *mb;       /* NULL: none of intel-ipsec-mb's */
    uint8_t salt[AEAD_NONCE_LEN];
    bool open, esn;
};

/* aead_job_run - one job by OpenSSL. */
void aead_job_run(AeadJob *job);
