#include <openssl/core_names.h>

#include "agent/crypto/x509.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

static char *
vector(const char *file)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, file, NULL);
    char *text;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

/* x509/gateway.pem was made by "openssl req -x509"; what is expected was printed by "openssl x509
 * -nameopt rfc2253 -fingerprint" and "openssl dgst -binary | base64" over its public key. */
static void
test_a_certificate_is_described_as_the_openssl_program_describes_it(void **state)
{
    g_autofree char *pem = vector("x509/gateway.pem");
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Info) info = NULL;

    (void)state;
    assert_true(x509_chain_add_pem(c, slice_of(pem), NULL));
    info = x509_chain_info(c, 0);
    assert_string_equal(info->subject, "CN=vpn.example.org,O=Ex\\C3\\A4mple\\, Inc.");
    assert_string_equal(info->issuer, info->subject);
    assert_int_equal(info->names->len, 4);
    assert_string_equal(info->names->pdata[0], "vpn.example.org");
    assert_string_equal(info->names->pdata[1], "*.example.org");
    assert_string_equal(info->names->pdata[2], "10.0.0.1");
    assert_string_equal(info->names->pdata[3], "2001:db8::1");
    assert_int_equal(info->not_before, 1795321140);
    assert_int_equal(info->not_after, 2110681140);
    assert_string_equal(info->sha256,
                        "57:D2:FA:CB:15:C1:79:7B:88:6B:DD:2C:85:A5:9A:2D:38:FB:8D:E1:E1:7F:15:32:"
                        "AD:22:50:FD:F5:4D:8A:9A");
    assert_string_equal(info->sha1, "EFC1AD5CD8D53B7C6FB92B3C8A91F25F38B123DF");
    assert_string_equal(info->pin_sha256,
                        "pin-sha256:LwXHc55TkX62ZFFKzjmkQHqVmdsoysrRF+CHmBjWkmQ=");
    assert_string_equal(info->pin_sha512, "YeIXhupMVgFFqUQ8u6PFbU6lupeahW4rgo2WKkRnA35ZYqpqSUUNz6Q1"
                                          "xS0s6aQUTELH8rj6Z9BuRooi/G/BAw==");
    assert_string_equal(info->key, "ECDSA P-256");
}

static void
test_keys_are_described_by_kind_and_size(void **state)
{
    EVP_PKEY *keys[] = { EVP_RSA_gen(1024), EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1"),
                         EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
    static const char *const want[] = { "RSA 1024", "ECDSA P-521", "ECDSA 256", "Ed25519" };
    EVP_PKEY *issuer_key = EVP_EC_gen("P-256");
    CertSpec issuer = { .cn = "Issuer", .key = issuer_key };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        CertSpec s = { .cn = "x", .key = keys[i], .issuer = &issuer };
        g_autoptr(GBytes) der = certs_make(&s);
        g_autoptr(X509Chain) c = x509_chain_new();
        g_autoptr(X509Info) info = NULL;
        g_autoptr(SigKey) key = NULL;

        assert_true(x509_chain_add(c, certs_view(der)));
        info = x509_chain_info(c, 0);
        key = x509_chain_leaf_key(c);
        assert_string_equal(info->key, want[i]);
        assert_int_equal(EVP_PKEY_eq(sig_key_evp(key), keys[i]), 1);
        EVP_PKEY_free(keys[i]);
    }
    EVP_PKEY_free(issuer_key);
}

/* A name in a certificate is text of a stranger. */
static void
test_names_cannot_move_the_cursor_or_pass_for_others(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CertSpec s = { .cn = "a\n\x1b[31m,CN=b", .san = "DNS:xxx.example.org", .key = key };
    g_autoptr(GBytes) made = certs_make(&s);
    gsize len;
    g_autofree uint8_t *der = g_memdup2(g_bytes_get_data(made, &len), certs_view(made).len);
    uint8_t *at = memmem(der, len, "xxx.example", 11);
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Info) info = NULL;

    (void)state;
    memcpy(at, "a\0\n", 3); /* the signature no longer fits, which is of no matter here */
    assert_true(x509_chain_add(c, (Slice){ der, len }));
    info = x509_chain_info(c, 0);
    assert_string_equal(info->subject, "CN=a\\0A\\1B[31m\\,CN=b");
    assert_string_equal(info->names->pdata[0], "a\\x00\\x0a.example.org");
    EVP_PKEY_free(key);
}

static void
test_a_chain_keeps_ten_certificates_and_drops_duplicates(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    g_autoptr(X509Chain) c = x509_chain_new();

    (void)state;
    assert_null(x509_chain_leaf_key(c));
    for (int i = 0; i < X509_CHAIN_MAX + 1; i++) {
        g_autofree char *cn = g_strdup_printf("Number %d", i);
        CertSpec s = { .cn = cn, .key = key };
        g_autoptr(GBytes) der = certs_make(&s);
        bool fits = i < X509_CHAIN_MAX;

        assert_int_equal(x509_chain_add(c, certs_view(der)), fits);
        assert_int_equal(x509_chain_add(c, certs_view(der)), fits);
        assert_int_equal(x509_chain_len(c), MIN(i + 1, X509_CHAIN_MAX));
        if (fits)
            assert_true(slice_equal(x509_chain_der(c, (size_t)i), certs_view(der)));
    }
    EVP_PKEY_free(key);
}

static void
test_malformed_and_oversized_certificates_are_refused(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CertSpec s = { .cn = "x", .san = "DNS:x", .key = key };
    g_autoptr(GBytes) good = certs_make(&s);
    Slice der = certs_view(good);
    g_autofree uint8_t *longer = g_malloc0(der.len + 1);
    g_autofree uint8_t *huge = g_malloc0(X509_DER_MAX + 1);
    g_autoptr(X509Chain) c = x509_chain_new();

    (void)state;
    for (size_t cut = 0; cut < der.len; cut++) {
        g_autofree uint8_t *copy = g_memdup2(der.p, cut);

        assert_false(x509_chain_add(c, (Slice){ copy, cut }));
    }
    memcpy(longer, der.p, der.len);
    assert_false(x509_chain_add(c, (Slice){ longer, der.len + 1 }));
    assert_false(x509_chain_add(c, (Slice){ huge, X509_DER_MAX + 1 }));
    assert_int_equal(x509_chain_len(c), 0);
    assert_true(x509_chain_add(c, der));
    EVP_PKEY_free(key);
}

/* A point that is on no curve: there is nothing such a key could ever verify. */
static void
test_a_certificate_whose_key_cannot_be_read_is_refused(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CertSpec s = { .cn = "x", .key = key };
    g_autoptr(GBytes) good = certs_make(&s);
    g_autofree uint8_t *der = g_memdup2(certs_view(good).p, certs_view(good).len);
    unsigned char *point = NULL;
    size_t point_len = EVP_PKEY_get1_encoded_public_key(key, &point);
    uint8_t *at = memmem(der, certs_view(good).len, point, point_len);
    g_autoptr(X509Chain) c = x509_chain_new();

    (void)state;
    at[point_len - 1] ^= 1;
    assert_false(x509_chain_add(c, (Slice){ der, certs_view(good).len }));
    OPENSSL_free(point);
    EVP_PKEY_free(key);
}

static void
test_pem_survives_a_round_trip_and_other_blocks_are_passed_over(void **state)
{
    g_autofree char *cert = vector("x509/gateway.pem");
    g_autofree char *key = vector("sig/ec256.pem");
    g_autofree char *mixed = g_strconcat("# text\n", key, cert, "more text\n", cert, NULL);
    g_autoptr(X509Chain) c = x509_chain_new(), again = x509_chain_new();
    g_autofree char *pem = NULL;

    (void)state;
    assert_true(x509_chain_add_pem(c, slice_of(mixed), NULL));
    assert_int_equal(x509_chain_len(c), 1);
    pem = x509_chain_to_pem(c);
    assert_string_equal(pem, cert);
    assert_true(x509_chain_add_pem(again, slice_of(pem), NULL));
    assert_true(slice_equal(x509_chain_der(c, 0), x509_chain_der(again, 0)));
}

static void
test_bad_pem_is_refused_with_the_number_of_the_certificate(void **state)
{
    g_autofree char *cert = vector("x509/gateway.pem");
    g_autofree char *second =
        g_strconcat(cert, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", NULL);
    g_autofree char *torn = g_strndup(cert, strlen(cert) - 40);
    const struct {
        const char *pem, *says;
    } rows[] = {
        { "", "no certificate" },
        { "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "no certificate" },
        { second, "certificate 2 is malformed" },
        { torn, "certificate 1 is malformed" },
        { "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "certificate 1" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(X509Chain) c = x509_chain_new();
        g_autoptr(GError) error = NULL;

        assert_false(x509_chain_add_pem(c, slice_of(rows[i].pem), &error));
        assert_non_null(strstr(error->message, rows[i].says));
        assert_false(x509_chain_add_pem(c, slice_of(rows[i].pem), NULL));
    }
}

/* agent/docs/WIRE.md §2.4: the 28 octets of IDr. */
static void
test_the_subject_of_an_asa_is_the_idr_of_the_field(void **state)
{
    static const uint8_t want[] = "\x30\x1a\x31\x18\x30\x16\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
                                  "\x09\x02\x16\x09"
                                  "ASA-IKEV2";
    EVP_PKEY *key = EVP_RSA_gen(1024);
    g_autoptr(GBytes) der = certs_make_asa(key);
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(GBytes) subject = NULL;
    g_autoptr(X509Info) info = NULL;

    (void)state;
    assert_true(x509_chain_add(c, certs_view(der)));
    subject = x509_chain_subject_der(c, 0);
    info = x509_chain_info(c, 0);
    assert_true(slice_equal(certs_view(subject), (Slice){ want, sizeof(want) - 1 }));
    assert_string_equal(info->subject, "unstructuredName=ASA-IKEV2");
    assert_int_equal(info->names->len, 0);
    EVP_PKEY_free(key);
}

/* CVE-2026-14957: a point beside its curve makes no certificate, and nothing aborts on it. */
static void
test_a_point_beside_its_curve_makes_no_certificate(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CertSpec s = { .cn = "x", .key = key };
    g_autoptr(GBytes) der = certs_make(&s);
    g_autoptr(X509Chain) good = x509_chain_new(), bad = x509_chain_new();
    uint8_t point[65];
    size_t point_len = 0, len;
    const uint8_t *p = g_bytes_get_data(der, &len);
    g_autofree uint8_t *copy = g_memdup2(p, len);
    uint8_t *at;

    (void)state;
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                     sizeof(point), &point_len),
                     1);
    assert_true(x509_chain_add(good, (Slice){ p, len }));
    at = memmem(copy, len, point, point_len);
    assert_non_null(at);
    at[point_len - 1] ^= 1;
    assert_false(x509_chain_add(bad, (Slice){ copy, len }));
    EVP_PKEY_free(key);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_certificate_is_described_as_the_openssl_program_describes_it),
        cmocka_unit_test(test_keys_are_described_by_kind_and_size),
        cmocka_unit_test(test_names_cannot_move_the_cursor_or_pass_for_others),
        cmocka_unit_test(test_a_chain_keeps_ten_certificates_and_drops_duplicates),
        cmocka_unit_test(test_malformed_and_oversized_certificates_are_refused),
        cmocka_unit_test(test_a_certificate_whose_key_cannot_be_read_is_refused),
        cmocka_unit_test(test_pem_survives_a_round_trip_and_other_blocks_are_passed_over),
        cmocka_unit_test(test_bad_pem_is_refused_with_the_number_of_the_certificate),
        cmocka_unit_test(test_the_subject_of_an_asa_is_the_idr_of_the_field),
        cmocka_unit_test(test_a_point_beside_its_curve_makes_no_certificate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
