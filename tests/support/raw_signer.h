/* raw_signer.h - a key that signs elsewhere: a raw mechanism played by OpenSSL, as PKCS #11 has
 * them. */
#pragma once

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "agent/crypto/sig.h"
#include "tests/support/test.h"

typedef struct RawToken {
    EVP_PKEY *key;
    unsigned asked;
    bool *freed;
    bool refuses;
} RawToken;

static inline bool
raw_ed25519(RawToken *t, Slice input, uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, t->key) == 1 &&
              EVP_DigestSign(ctx, sig, len, input.p, input.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static inline bool
raw_other(RawToken *t, const SigAlg *alg, Slice input, uint8_t *sig, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(t->key, NULL);
    bool ok = EVP_PKEY_sign_init(ctx) == 1;

    if (ok && alg->scheme == SIG_RSA_PKCS1)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (ok && alg->scheme == SIG_RSA_RAW)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
    if (ok && alg->scheme == SIG_RSA_PSS)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(sig_hash_name(alg->hash))) ==
                 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)alg->salt_len) == 1;
    ok = ok && EVP_PKEY_sign(ctx, sig, len, input.p, input.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static inline bool
raw_token_sign(void *self, const SigAlg *alg, Slice input, GByteArray *ret)
{
    RawToken *t = self;
    uint8_t sig[1024], raw[132];
    size_t len = sizeof(sig);
    const uint8_t *p = sig;
    ECDSA_SIG *ec;
    int half;

    t->asked++;
    if (t->refuses || !(alg->scheme == SIG_ED25519 ? raw_ed25519(t, input, sig, &len)
                                                   : raw_other(t, alg, input, sig, &len)))
        return false;
    if (alg->scheme != SIG_ECDSA) {
        g_byte_array_append(ret, sig, (guint)len);
        return true;
    }
    half = (EVP_PKEY_get_bits(t->key) + 7) / 8;
    ec = d2i_ECDSA_SIG(NULL, &p, (long)len);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(ec), raw, half), half);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(ec), raw + half, half), half);
    ECDSA_SIG_free(ec);
    g_byte_array_append(ret, raw, (guint)(2 * half));
    return true;
}

static inline void
raw_token_free(void *self)
{
    RawToken *t = self;

    *t->freed = true;
}

/* @k with its private half behind a token. */
static inline SigKey *
raw_token_behind(RawToken *t, const SigKey *k, bool *freed)
{
    *freed = false;
    *t = (RawToken){ .key = sig_key_evp(k), .freed = freed };
    return sig_key_from_signer(k, &(SigSigner){ raw_token_sign, raw_token_free, t });
}
