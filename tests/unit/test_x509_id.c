/* test_x509_id.c - agent/crypto/x509_id.c */
#include "agent/crypto/x509.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

enum { IPV4 = 1, FQDN = 2, RFC822 = 3, IPV6 = 5, DN = 9, GN = 10, KEY_ID = 11 };

static X509Chain *
chain_of(const char *cn, const char *san)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CertSpec s = { .cn = cn, .san = san, .key = key };
    g_autoptr(GBytes) der = certs_make(&s);
    X509Chain *c = x509_chain_new();
    gsize len;
    const uint8_t *p = g_bytes_get_data(der, &len);

    assert_true(x509_chain_add(c, (Slice){ p, len }));
    EVP_PKEY_free(key);
    return c;
}

static void
test_each_type_is_found_in_its_own_place_only(void **state)
{
    static const uint8_t v4[] = { 10, 0, 0, 1 }, other4[] = { 10, 0, 0, 2 };
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    g_autoptr(X509Chain) c =
        chain_of("anu.example.org", "DNS:vpn.example.org,email:Anu@example.org,IP:10.0.0.1,"
                                    "IP:2001:db8::1,DNS:*.wild.example.org");
    const struct {
        uint8_t type;
        Slice data;
        bool has;
    } rows[] = {
        { FQDN, slice_of("vpn.example.org"), true },
        { FQDN, slice_of("VPN.Example.ORG"), true },
        { FQDN, slice_of("anu.example.org"), false }, /* the CN is not consulted (RFC 6125) */
        { FQDN, slice_of("vpn.example.or"), false },
        { FQDN, slice_of("pn.example.org"), false },
        { FQDN, slice_of("a.wild.example.org"), false }, /* a name is no pattern */
        { FQDN, slice_of("Anu@example.org"), false },
        { FQDN, slice_of(""), false },
        { RFC822, slice_of("Anu@example.org"), true },
        { RFC822, slice_of("Anu@EXAMPLE.org"), true },
        { RFC822, slice_of("anu@example.org"), false }, /* RFC 5280 §4.2.1.6 */
        { RFC822, slice_of("vpn.example.org"), false },
        { IPV4, { v4, 4 }, true },
        { IPV4, { other4, 4 }, false },
        { IPV4, { v4, 3 }, false },
        { IPV6, { v6, 16 }, true },
        { IPV6, { v6, 4 }, false },
        { IPV4, { v6, 16 }, false },
        { IPV4, slice_of("10.0.0.1"), false },
        { KEY_ID, slice_of("vpn.example.org"), false },
        { GN, slice_of("vpn.example.org"), false },
        { 0, slice_of("vpn.example.org"), false },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (x509_chain_has_id(c, rows[i].type, rows[i].data) != rows[i].has)
            fail_msg("row %zu", i);
}

/* CVE-2009-2408: neither end of the comparison stops at a NUL. */
static void
test_a_nul_ends_no_name(void **state)
{
    g_autoptr(X509Chain) c = chain_of("x", "DNS:vpn.example.org");
    static const uint8_t evil[] = "vpn.example.org\0.evil.org";

    (void)state;
    assert_false(x509_chain_has_id(c, FQDN, (Slice){ evil, sizeof(evil) - 1 }));
    assert_false(x509_chain_has_id(c, FQDN, (Slice){ evil, 16 }));
    assert_true(x509_chain_has_id(c, FQDN, (Slice){ evil, 15 }));
}

static void
test_a_dn_is_the_subjects(void **state)
{
    g_autoptr(X509Chain) c = chain_of("Anu", NULL), other = chain_of("Bo", NULL);
    g_autoptr(X509Chain) same = chain_of("anu", NULL), empty = chain_of(NULL, "DNS:a.example");
    g_autoptr(GBytes) dn = x509_chain_subject_der(c, 0), none = x509_chain_subject_der(empty, 0);
    gsize len, none_len;
    const uint8_t *p = g_bytes_get_data(dn, &len), *q = g_bytes_get_data(none, &none_len);
    g_autofree uint8_t *longer = g_malloc0(len + 1);

    (void)state;
    memcpy(longer, p, len);
    assert_true(x509_chain_has_id(c, DN, (Slice){ p, len }));
    assert_true(x509_chain_has_id(same, DN, (Slice){ p, len })); /* RFC 5280 §7.1 */
    assert_false(x509_chain_has_id(other, DN, (Slice){ p, len }));
    assert_false(x509_chain_has_id(c, DN, (Slice){ longer, len + 1 }));
    assert_false(x509_chain_has_id(empty, DN, (Slice){ q, none_len }));
    for (size_t cut = 0; cut < len; cut++)
        assert_false(x509_chain_has_id(c, DN, (Slice){ p, cut }));
}

static void
test_a_chain_of_none_is_nobody(void **state)
{
    g_autoptr(X509Chain) c = x509_chain_new();

    (void)state;
    assert_false(x509_chain_has_id(c, FQDN, slice_of("vpn.example.org")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_type_is_found_in_its_own_place_only),
        cmocka_unit_test(test_a_nul_ends_no_name),
        cmocka_unit_test(test_a_dn_is_the_subjects),
        cmocka_unit_test(test_a_chain_of_none_is_nobody),
    };

    return cmocka_run_group_tests_name("x509_id", tests, NULL, NULL);
}
