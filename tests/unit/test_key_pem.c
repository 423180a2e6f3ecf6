/* test_key_pem.c - agent/crypto/key_pem.c; keys are locked by OpenSSL itself. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "agent/crypto/key_pem.h"
#include "tests/support/test.h"

static char *
text_of(BIO *out)
{
    char *p;
    long len = BIO_get_mem_data(out, &p);
    char *text = g_strndup(p, (gsize)len);

    BIO_free(out);
    return text;
}

static char *
locked(const SigKey *k, const EVP_CIPHER *cipher)
{
    BIO *out = BIO_new(BIO_s_mem());

    assert_int_equal(
        PEM_write_bio_PKCS8PrivateKey(out, sig_key_evp(k), cipher, "open sesame", 11, NULL, NULL),
        1);
    return text_of(out);
}

/* As `openssl rsa -aes256` wrote it for decades: Proc-Type and DEK-Info lines. */
static char *
locked_traditional(const SigKey *k)
{
    BIO *out = BIO_new(BIO_s_mem());

    assert_int_equal(PEM_write_bio_PrivateKey_traditional(out, sig_key_evp(k), EVP_aes_256_cbc(),
                                                          (unsigned char *)"open sesame", 11, NULL,
                                                          NULL),
                     1);
    return text_of(out);
}

static void
opens_with_its_passphrase_only(const SigKey *k, const char *pem)
{
    g_autoptr(SigKey) got = NULL;

    assert_int_equal(key_pem_read(slice_of(pem), (Slice){ 0 }, &got, NULL), KEY_PEM_LOCKED);
    assert_int_equal(key_pem_read(slice_of(pem), slice_of("open"), &got, NULL), KEY_PEM_LOCKED);
    assert_null(got);
    assert_int_equal(key_pem_read(slice_of(pem), slice_of("open sesame"), &got, NULL), KEY_PEM_OK);
    assert_true(sig_key_same(k, got));
}

static void
test_a_locked_key_opens_with_its_passphrase_only(void **state)
{
    g_autoptr(SigKey) ec = sig_key_generate_ecdsa(256);
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048);
    g_autoptr(SigKey) ed = sig_key_generate_ed25519();
    g_autofree char *a = locked(ec, EVP_aes_256_cbc());
    g_autofree char *b = locked(rsa, EVP_aes_128_cbc());
    g_autofree char *c = locked(ed, EVP_aes_256_cbc());
    g_autofree char *d = locked_traditional(rsa);

    (void)state;
    opens_with_its_passphrase_only(ec, a);
    opens_with_its_passphrase_only(rsa, b);
    opens_with_its_passphrase_only(ed, c);
    opens_with_its_passphrase_only(rsa, d);
}

static void
test_a_plain_key_needs_no_passphrase(void **state)
{
    g_autoptr(SigKey) k = sig_key_generate_ecdsa(384);
    g_autoptr(SigKey) got = NULL;
    g_auto(Secret) pem = { 0 };

    (void)state;
    assert_true(sig_key_to_pem(k, &pem));
    assert_int_equal(key_pem_read(secret_view(&pem), (Slice){ 0 }, &got, NULL), KEY_PEM_OK);
    assert_true(sig_key_same(k, got));
}

static void
test_what_is_no_key_is_bad_with_a_reason(void **state)
{
    static const char *const bad[] = {
        "", "hello", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        SigKey *got = NULL;

        assert_int_equal(key_pem_read(slice_of(bad[i]), slice_of("x"), &got, &error), KEY_PEM_BAD);
        assert_null(got);
        assert_non_null(error);
    }
}

/* Something sealed by @pbe, which is taken. */
static char *
sealed_by(X509_ALGOR *pbe)
{
    X509_SIG *sig = X509_SIG_new();
    BIO *out = BIO_new(BIO_s_mem());
    X509_ALGOR *alg;
    ASN1_OCTET_STRING *data;

    X509_SIG_getm(sig, &alg, &data);
    X509_ALGOR_copy(alg, pbe);
    ASN1_OCTET_STRING_set(data, (const unsigned char *)"0123456789abcdef", 16);
    assert_int_equal(PEM_write_bio_PKCS8(out, sig), 1);
    X509_SIG_free(sig);
    X509_ALGOR_free(pbe);
    return text_of(out);
}

static void
test_a_lock_that_takes_for_ever_is_not_tried(void **state)
{
    unsigned char salt[8] = { 1 };
    g_autofree char *rounds =
        sealed_by(PKCS5_pbe2_set(EVP_aes_256_cbc(), 2000000000, salt, sizeof(salt)));
    g_autofree char *scrypt =
        sealed_by(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL, 16384, 8, 1));
    g_autofree char *wide = sealed_by(
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof(salt), NULL, 16384, 8, 1000));
    g_autoptr(GError) error = NULL;
    SigKey *got = NULL;

    (void)state;
    assert_int_equal(key_pem_read(slice_of(rounds), slice_of("x"), &got, &error), KEY_PEM_BAD);
    assert_non_null(strstr(error->message, "too long"));
    assert_int_equal(key_pem_read(slice_of(scrypt), slice_of("x"), &got, NULL), KEY_PEM_LOCKED);
    assert_int_equal(key_pem_read(slice_of(wide), slice_of("x"), &got, NULL), KEY_PEM_BAD);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_locked_key_opens_with_its_passphrase_only),
        cmocka_unit_test(test_a_plain_key_needs_no_passphrase),
        cmocka_unit_test(test_what_is_no_key_is_bad_with_a_reason),
        cmocka_unit_test(test_a_lock_that_takes_for_ever_is_not_tried),
    };

    return cmocka_run_group_tests_name("key_pem", tests, NULL, NULL);
}
