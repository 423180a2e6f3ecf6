/* test_sig_signer.c - sig.c with a key that signs elsewhere: here a raw mechanism played by
 * OpenSSL, as PKCS #11 has them. */
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "agent/crypto/sig.h"
#include "tests/support/test.h"

typedef struct Token {
    EVP_PKEY *key;
    unsigned asked;
    bool *freed;
    bool refuses;
} Token;

static bool
raw_ed25519(Token *t, Slice input, uint8_t *sig, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = EVP_DigestSignInit(ctx, NULL, NULL, NULL, t->key) == 1 &&
              EVP_DigestSign(ctx, sig, len, input.p, input.len) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool
raw_other(Token *t, const SigAlg *alg, Slice input, uint8_t *sig, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(t->key, NULL);
    bool ok = EVP_PKEY_sign_init(ctx) == 1;

    if (ok && alg->scheme == SIG_RSA_PKCS1)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (ok && alg->scheme == SIG_RSA_PSS)
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(sig_hash_name(alg->hash))) ==
                 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, (int)alg->salt_len) == 1;
    ok = ok && EVP_PKEY_sign(ctx, sig, len, input.p, input.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

static bool
token_sign(void *self, const SigAlg *alg, Slice input, GByteArray *ret)
{
    Token *t = self;
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

static void
token_free(void *self)
{
    Token *t = self;

    *t->freed = true;
}

/* @k with its private half behind a token. */
static SigKey *
behind(Token *t, const SigKey *k, bool *freed)
{
    *freed = false;
    *t = (Token){ .key = sig_key_evp(k), .freed = freed };
    return sig_key_from_signer(k, &(SigSigner){ token_sign, token_free, t });
}

static void
test_a_token_signs_in_every_way(void **state)
{
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048);
    g_autoptr(SigKey) p256 = sig_key_generate_ecdsa(256);
    g_autoptr(SigKey) p384 = sig_key_generate_ecdsa(384);
    g_autoptr(SigKey) p521 = sig_key_generate_ecdsa(521);
    g_autoptr(SigKey) ed = sig_key_generate_ed25519();
    const struct {
        const SigKey *key;
        uint8_t method;
        SigHash hash;
    } rows[] = {
        { rsa, SIG_METHOD_RSA, SIG_SHA1 },
        { rsa, SIG_METHOD_RSA, SIG_SHA2_256 },
        { rsa, SIG_METHOD_RSA, SIG_SHA2_512 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA1 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_256 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_384 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_512 },
        { p256, SIG_METHOD_ECDSA_256, SIG_SHA2_256 },
        { p384, SIG_METHOD_ECDSA_384, SIG_SHA2_384 },
        { p521, SIG_METHOD_ECDSA_521, SIG_SHA2_512 },
        { p256, SIG_METHOD_DIGITAL, SIG_SHA2_512 },
        { p521, SIG_METHOD_DIGITAL, SIG_SHA2_256 },
        { ed, SIG_METHOD_DIGITAL, SIG_IDENTITY },
    };
    static const SigPolicy policy = { .sha1_ok = true, .min_rsa = 2048 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool freed;
        Token t;
        SigKey *k = behind(&t, rows[i].key, &freed);
        g_autoptr(GByteArray) auth = g_byte_array_new();

        assert_true(sig_sign(k, rows[i].method, rows[i].hash, slice_of("octets"), auth));
        assert_int_equal(t.asked, 1);
        assert_true(sig_verify(rows[i].key, rows[i].method, &policy, slice_of("octets"),
                               (Slice){ auth->data, auth->len }, NULL, NULL));
        sig_key_free(k);
        assert_true(freed);
    }
}

static void
test_a_token_that_refuses_leaves_nothing_behind(void **state)
{
    g_autoptr(SigKey) p256 = sig_key_generate_ecdsa(256);
    bool freed;
    Token t;
    g_autoptr(SigKey) k = behind(&t, p256, &freed);
    g_autoptr(GByteArray) auth = g_byte_array_new();

    (void)state;
    t.refuses = true;
    assert_false(sig_sign(k, SIG_METHOD_DIGITAL, SIG_SHA2_256, slice_of("octets"), auth));
    assert_false(sig_sign(k, SIG_METHOD_ECDSA_256, SIG_SHA2_256, slice_of("octets"), auth));
    assert_int_equal(auth->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_signs_in_every_way),
        cmocka_unit_test(test_a_token_that_refuses_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("sig_signer", tests, NULL, NULL);
}
