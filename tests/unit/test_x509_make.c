#include <openssl/x509v3.h>

#include "agent/crypto/x509.h"
#include "tests/support/test.h"

enum { NOW = 1700000000, YEAR = 365 * 86400 };

static X509Chain *
make(const SigKey *key, const char *subject, const char *host, const char *addr, GError **error)
{
    Addr a = { 0 };

    if (addr)
        assert_true(addr_parse(addr, &a));
    return x509_self_signed(key, subject, host, addr ? &a : NULL, NOW, NOW + YEAR, error);
}

static void
test_each_kind_of_key_gives_a_certificate_that_its_own_store_accepts(void **state)
{
    static const SigPolicy policy = { .min_rsa = 2048 };
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048), ec = sig_key_generate_ecdsa(384),
                      ed = sig_key_generate_ed25519();
    const SigKey *const keys[] = { rsa, ec, ed };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(X509Chain) c = make(keys[i], "CN=ASA", "vpn.example.org", "10.0.0.1", NULL);
        g_autoptr(X509Store) store = x509_store_new();
        g_autofree char *pem = x509_chain_to_pem(c);

        assert_int_equal(x509_chain_verify(c, store, "vpn.example.org", &policy, NOW),
                         X509_UNTRUSTED);
        assert_true(x509_store_add_pem(store, slice_of(pem), NULL));
        assert_int_equal(x509_chain_verify(c, store, "vpn.example.org", &policy, NOW), 0);
        assert_int_equal(x509_chain_verify(c, store, "10.0.0.1", &policy, NOW + YEAR - 1), 0);
        assert_int_equal(x509_chain_verify(c, store, "10.0.0.2", &policy, NOW - 1),
                         X509_WRONG_NAME | X509_NOT_YET_VALID);
        assert_int_equal(x509_chain_verify(c, store, "10.0.0.1", &policy, NOW + YEAR + 1),
                         X509_EXPIRED);
    }
}

/* Read back by OpenSSL, not by us. */
static void
test_it_is_a_v3_server_certificate_for_ike(void **state)
{
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(X509Chain) c = make(key, NULL, "ASA-IKEV2", "10.0.0.1", NULL);
    Slice der = x509_chain_der(c, 0);
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    STACK_OF(ASN1_OBJECT) *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    char oid[32];

    (void)state;
    assert_int_equal(X509_get_version(x), X509_VERSION_3);
    assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_check_ca(x), 0);
    assert_int_equal(sk_ASN1_OBJECT_num(eku), 2);
    OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, 0), 1);
    assert_string_equal(oid, "1.3.6.1.5.5.7.3.1"); /* serverAuth, RFC 5280 §4.2.1.12 */
    OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, 1), 1);
    assert_string_equal(oid, "1.3.6.1.5.5.8.2.2"); /* iKEIntermediate */
    assert_int_equal(X509_verify(x, sig_key_evp(key)), 1);
    assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(x)), 16);
    sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
    X509_free(x);
}

static void
test_without_a_subject_the_name_is_the_hosts_as_an_asa_makes_it(void **state)
{
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(X509Chain) c = make(key, NULL, "ASA-IKEV2", NULL, NULL);
    g_autoptr(X509Info) info = x509_chain_info(c, 0);

    (void)state;
    assert_string_equal(info->subject, "unstructuredName=ASA-IKEV2");
    assert_int_equal(info->names->len, 1);
    assert_string_equal(info->names->pdata[0], "ASA-IKEV2");
}

static void
test_names_come_from_host_and_address(void **state)
{
    static const struct {
        const char *host, *addr, *first, *second;
    } rows[] = {
        { "vpn.example.org", "10.0.0.1", "vpn.example.org", "10.0.0.1" },
        { "vpn.example.org", "2001:db8::1", "vpn.example.org", "2001:db8::1" },
        { "10.0.0.7", NULL, "10.0.0.7", NULL },
        { "10.0.0.7", "10.0.0.1", "10.0.0.1", NULL },
        { NULL, "10.0.0.1", "10.0.0.1", NULL },
        { NULL, NULL, NULL, NULL },
        /* One name, however much it looks like two. */
        { "a,DNS:evil.example", NULL, "a,DNS:evil.example", NULL },
    };
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(X509Chain) c = make(key, "CN=x", rows[i].host, rows[i].addr, NULL);
        g_autoptr(X509Info) info = x509_chain_info(c, 0);

        assert_int_equal(info->names->len, !!rows[i].first + !!rows[i].second);
        if (rows[i].first)
            assert_string_equal(info->names->pdata[0], rows[i].first);
        if (rows[i].second)
            assert_string_equal(info->names->pdata[1], rows[i].second);
    }
}

static void
test_subjects_are_read_as_rfc_2253_writes_them(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "CN=ASA-IKEV2", "CN=ASA-IKEV2" },
        { "CN=vpn.example.org,OU=VPN,O=Example,C=DE", "CN=vpn.example.org,OU=VPN,O=Example,C=DE" },
        { "cn=vpn, o=Example Inc ", "CN=vpn,O=Example Inc" },
        { "CN=a\\,b", "CN=a\\,b" },
        { "CN=a\\2Cb", "CN=a\\,b" },
        { "CN=\\#1", "CN=\\#1" },
        { "CN=Team #1", "CN=Team #1" },
        { "CN=a\\ ", "CN=a\\ " },
        { "CN=Ex\\C3\\A4mple", "CN=Ex\\C3\\A4mple" },
        { "CN=a=b", "CN=a=b" },
        /* RFC 2253 asks for no escape of "=" in a value */
        { "1.2.840.113549.1.9.2=ASA", "unstructuredName=ASA" },
    };
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(X509Chain) c = make(key, rows[i].in, "host", NULL, &error);
        g_autoptr(X509Info) info = NULL;

        if (!c)
            fail_msg("%s: %s", rows[i].in, error->message);
        info = x509_chain_info(c, 0);
        assert_string_equal(info->subject, rows[i].out);
    }
}

static void
test_what_is_no_subject_is_refused_with_its_text(void **state)
{
    static const char *const bad[] = {
        "",         "CN",        "CN=",     "=x",       "CN=a,",  ",CN=a",    "CN=a,,O=b",
        "CN=a+O=b", "CN=\"a\"",  "CN=<a>",  "CN=#1234", "CN=a\\", "CN=a;O=b", "CN=a\\00b",
        "NOSUCH=a", "C=Germany", "CN=a\\x", "CN= ",     "CN=a,O", "CN=\\ff",
    };
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        if (make(key, bad[i], "host", NULL, &error))
            fail_msg("accepted: %s", bad[i]);
        assert_true(g_str_has_prefix(error->message, "subject name"));
        assert_null(make(key, bad[i], "host", NULL, NULL));
    }
}

static void
test_a_certificate_needs_some_name(void **state)
{
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(make(key, NULL, NULL, NULL, &error));
    assert_non_null(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_of_key_gives_a_certificate_that_its_own_store_accepts),
        cmocka_unit_test(test_it_is_a_v3_server_certificate_for_ike),
        cmocka_unit_test(test_without_a_subject_the_name_is_the_hosts_as_an_asa_makes_it),
        cmocka_unit_test(test_names_come_from_host_and_address),
        cmocka_unit_test(test_subjects_are_read_as_rfc_2253_writes_them),
        cmocka_unit_test(test_what_is_no_subject_is_refused_with_its_text),
        cmocka_unit_test(test_a_certificate_needs_some_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
