/* test_pkcs7.c - agent/crypto/pkcs7.c, against OpenSSL's PKCS7 */

#include <openssl/pkcs7.h>

#include "agent/crypto/pkcs7.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

static EVP_PKEY *key;

static X509Chain *
chain_of(unsigned n)
{
    X509Chain *c = x509_chain_new();

    for (unsigned i = 0; i < n; i++) {
        g_autofree char *cn = g_strdup_printf("number %u", n - i); /* not sorted as DER would be */
        CertSpec spec = { .cn = cn, .key = key };
        g_autoptr(GBytes) der = certs_make(&spec);

        assert_true(x509_chain_add(c, certs_view(der)));
    }
    return c;
}

static void
test_a_chain_comes_back_in_its_order(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= X509_CHAIN_MAX; n++) {
        g_autoptr(X509Chain) in = chain_of(n), out = NULL;
        g_autoptr(GBytes) der = pkcs7_encode(in);

        out = pkcs7_decode(certs_view(der));
        assert_non_null(out);
        assert_int_equal(x509_chain_len(out), n);
        for (unsigned i = 0; i < n; i++)
            assert_true(slice_equal(x509_chain_der(in, i), x509_chain_der(out, i)));
    }
}

/* agent/docs/WIRE.md §17: id-data with an empty OCTET STRING, after version and digests. */
static void
test_the_form_of_the_field_is_written(void **state)
{
    static const uint8_t inside[] = { 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x0f, 0x06,
                                      0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                                      0x07, 0x01, 0xa0, 0x02, 0x04, 0x00, 0xa0 };
    g_autoptr(X509Chain) in = chain_of(2);
    g_autoptr(GBytes) der = pkcs7_encode(in);
    Slice s = certs_view(der);
    const uint8_t *p = s.p;
    PKCS7 *p7 = d2i_PKCS7(NULL, &p, (long)s.len);

    (void)state;
    assert_non_null(memmem(s.p, s.len, inside, sizeof(inside)));
    assert_non_null(p7);
    assert_true(p == s.p + s.len);
    assert_true(PKCS7_type_is_signed(p7));
    assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
    assert_int_equal(sk_PKCS7_SIGNER_INFO_num(p7->d.sign->signer_info), 0);
    PKCS7_free(p7);
}

static GBytes *
of_openssl(const X509Chain *c)
{
    PKCS7 *p7 = PKCS7_new();
    unsigned char *der = NULL;
    GBytes *out;
    int len;

    PKCS7_set_type(p7, NID_pkcs7_signed);
    p7->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data); /* no content at all */
    for (size_t i = 0; i < x509_chain_len(c); i++) {
        Slice s = x509_chain_der(c, i);
        X509 *x = d2i_X509(NULL, &s.p, (long)s.len);

        assert_true(PKCS7_add_certificate(p7, x));
        X509_free(x);
    }
    len = i2d_PKCS7(p7, &der);
    out = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    PKCS7_free(p7);
    return out;
}

static void
test_the_form_without_content_is_read(void **state)
{
    g_autoptr(X509Chain) in = chain_of(3), out = NULL;
    g_autoptr(GBytes) der = of_openssl(in);

    (void)state;
    out = pkcs7_decode(certs_view(der));
    assert_non_null(out);
    assert_int_equal(x509_chain_len(out), 3);
}

static void
test_every_truncation_and_what_stands_behind_is_refused(void **state)
{
    g_autoptr(X509Chain) in = chain_of(2), none = x509_chain_new();
    g_autoptr(GBytes) der = pkcs7_encode(in), empty = pkcs7_encode(none);
    g_autoptr(GByteArray) more = g_byte_array_new();
    Slice s = certs_view(der);

    (void)state;
    for (size_t len = 0; len < s.len; len++)
        assert_null(pkcs7_decode((Slice){ s.p, len }));
    g_byte_array_append(more, s.p, (guint)s.len);
    g_byte_array_append(more, (const uint8_t *)"", 1);
    assert_null(pkcs7_decode((Slice){ more->data, more->len }));
    assert_null(pkcs7_decode(certs_view(empty)));
    assert_null(pkcs7_decode(x509_chain_der(in, 0))); /* a bare certificate is none */
}

static int
make(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    return 0;
}

static int
unmake(void **state)
{
    (void)state;
    EVP_PKEY_free(key);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_comes_back_in_its_order),
        cmocka_unit_test(test_the_form_of_the_field_is_written),
        cmocka_unit_test(test_the_form_without_content_is_read),
        cmocka_unit_test(test_every_truncation_and_what_stands_behind_is_refused),
    };

    return cmocka_run_group_tests_name("pkcs7", tests, make, unmake);
}
