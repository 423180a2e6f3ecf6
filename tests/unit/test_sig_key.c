#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include "agent/crypto/sig_key.h"
#include "tests/support/test.h"

static SigKey *
load(const char *file)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "sig", file, NULL);
    g_autofree char *pem = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;
    SigKey *k;

    assert_true(g_file_get_contents(path, &pem, &len, NULL));
    k = sig_key_from_pem((Slice){ (uint8_t *)pem, len }, &error);
    assert_null(error);
    return k;
}

/* Keys made by "openssl genpkey". */
static void
test_keys_in_pem_are_read_and_written(void **state)
{
    static const struct {
        const char *file, *kind;
        unsigned bits;
    } rows[] = {
        { "rsa1024.pem", "RSA", 1024 },
        { "ec256.pem", "ECDSA", 256 },
        { "ec384.pem", "ECDSA", 384 },
        { "ec521.pem", "ECDSA", 521 }, /* SEC 1 form, "BEGIN EC PRIVATE KEY" */
        { "ed25519.pem", "Ed25519", 256 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SigKey) k = load(rows[i].file);
        g_autoptr(SigKey) again = NULL;
        g_auto(Secret) pem = { 0 };

        assert_non_null(k);
        assert_string_equal(sig_key_kind(k), rows[i].kind);
        if (strcmp(rows[i].kind, "Ed25519") != 0)
            assert_int_equal(sig_key_bits(k), rows[i].bits);
        assert_null(sig_key_unsound(k));
        assert_true(sig_key_to_pem(k, &pem));
        again = sig_key_from_pem(secret_view(&pem), NULL);
        assert_non_null(again);
        assert_int_equal(EVP_PKEY_eq(sig_key_evp(k), sig_key_evp(again)), 1);
    }
}

static void
test_keys_are_made_in_the_sizes_that_are_in_use(void **state)
{
    static const unsigned bad_rsa[] = { 0, 512, 1023, 8193, 16384 };
    static const unsigned ec[] = { 256, 384, 521 };
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(1024);
    g_autoptr(SigKey) ed = sig_key_generate_ed25519();

    (void)state;
    assert_int_equal(sig_key_bits(rsa), 1024);
    assert_string_equal(sig_key_kind(ed), "Ed25519");
    for (size_t i = 0; i < G_N_ELEMENTS(bad_rsa); i++)
        assert_null(sig_key_generate_rsa(bad_rsa[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(ec); i++) {
        g_autoptr(SigKey) k = sig_key_generate_ecdsa(ec[i]);

        assert_int_equal(sig_key_bits(k), ec[i]);
        assert_null(sig_key_unsound(k));
    }
    assert_null(sig_key_generate_ecdsa(224));
    assert_null(sig_key_generate_ecdsa(0));
}

/* @evp as PEM, encrypted with @cipher unless NULL; owned by the caller. */
static char *
pem_of(EVP_PKEY *evp, const EVP_CIPHER *cipher)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *p, *text;
    long len;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, evp, cipher, cipher ? "secret" : NULL,
                                                   cipher ? 6 : 0, NULL, NULL),
                     1);
    len = BIO_get_mem_data(out, &p);
    text = g_strndup(p, (gsize)len);
    BIO_free(out);
    return text;
}

static void
test_an_encrypted_key_is_refused_without_asking(void **state)
{
    g_autoptr(SigKey) k = sig_key_generate_ecdsa(256);
    g_autofree char *pem = pem_of(sig_key_evp(k), EVP_aes_256_cbc());
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(sig_key_from_pem(slice_of(pem), &error));
    assert_non_null(strstr(error->message, "encrypted"));
}

static void
test_what_is_no_key_is_refused_with_a_reason(void **state)
{
    static const char *const bad[] = {
        "",
        "hello",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(sig_key_from_pem(slice_of(bad[i]), &error));
        assert_string_equal(error->message, "there is no private key in PEM form");
        assert_null(sig_key_from_pem(slice_of(bad[i]), NULL));
    }
}

static void
test_a_curve_that_ikev2_does_not_know_is_refused(void **state)
{
    EVP_PKEY *evp = EVP_EC_gen("secp256k1");
    g_autofree char *pem = pem_of(evp, NULL);
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(sig_key_from_pem(slice_of(pem), &error));
    assert_non_null(strstr(error->message, "curve"));
    EVP_PKEY_free(evp);
}

/* NULL when OpenSSL makes no key of it. */
static SigKey *
public_key(const BIGNUM *n, BN_ULONG e)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM *bn_e = BN_new();
    EVP_PKEY *evp = NULL;
    OSSL_PARAM *params;
    SigKey *out;

    BN_set_word(bn_e, e);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, bn_e);
    params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_fromdata_init(ctx);
    (void)EVP_PKEY_fromdata(ctx, &evp, EVP_PKEY_PUBLIC_KEY, params);
    out = evp ? sig_key_from_evp(evp) : NULL;
    EVP_PKEY_free(evp);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    BN_free(bn_e);
    return out;
}

/* A public key with @k's modulus and the exponent @e. */
static SigKey *
with_exponent(const SigKey *k, BN_ULONG e)
{
    BIGNUM *n = NULL;
    SigKey *out;

    assert_int_equal(EVP_PKEY_get_bn_param(sig_key_evp(k), OSSL_PKEY_PARAM_RSA_N, &n), 1);
    out = public_key(n, e);
    assert_non_null(out);
    BN_free(n);
    return out;
}

static void
test_an_exponent_under_which_anyone_signs_is_unsound(void **state)
{
    static const BN_ULONG unsound[] = { 0, 1, 2, 4, 65536 }, sound[] = { 3, 17, 65537 };
    g_autoptr(SigKey) k = load("rsa1024.pem");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(unsound); i++) {
        g_autoptr(SigKey) bad = with_exponent(k, unsound[i]);

        assert_non_null(sig_key_unsound(bad));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(sound); i++) {
        g_autoptr(SigKey) good = with_exponent(k, sound[i]);

        assert_null(sig_key_unsound(good));
    }
}

/* CVE-2026-14957: refused, and nothing aborts on it. */
static void
test_a_modulus_that_is_no_product_of_primes_is_unsound(void **state)
{
    static const BN_ULONG moduli[] = { 0, 1, 2, 65536, 0xfffffffe };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(moduli); i++) {
        BIGNUM *n = BN_new();
        g_autoptr(SigKey) bad = NULL;

        BN_set_word(n, moduli[i]);
        bad = public_key(n, 65537);
        assert_true(!bad || sig_key_unsound(bad) != NULL);
        BN_free(n);
    }
}

static void
test_other_kinds_of_key_are_unsound(void **state)
{
    EVP_PKEY *evp = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    g_autoptr(SigKey) k = sig_key_from_evp(evp);

    (void)state;
    assert_string_equal(sig_key_kind(k), "X25519");
    assert_non_null(sig_key_unsound(k));
    EVP_PKEY_free(evp);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_in_pem_are_read_and_written),
        cmocka_unit_test(test_keys_are_made_in_the_sizes_that_are_in_use),
        cmocka_unit_test(test_an_encrypted_key_is_refused_without_asking),
        cmocka_unit_test(test_what_is_no_key_is_refused_with_a_reason),
        cmocka_unit_test(test_a_curve_that_ikev2_does_not_know_is_refused),
        cmocka_unit_test(test_an_exponent_under_which_anyone_signs_is_unsound),
        cmocka_unit_test(test_a_modulus_that_is_no_product_of_primes_is_unsound),
        cmocka_unit_test(test_other_kinds_of_key_are_unsound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
