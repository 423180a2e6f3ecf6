/* test_x509_name.c - agent/crypto/x509_name.c, and x509_chain_verify_peer() of x509_verify.c */

#include "agent/crypto/x509.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

static const SigPolicy modern = { .sha1_ok = false, .min_rsa = 2048 };
static EVP_PKEY *root_key, *leaf_key, *other_key;

static int
make_keys(void **state)
{
    (void)state;
    root_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    other_key = EVP_EC_gen("P-256");
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(other_key);
    return 0;
}

static CertSpec
root_spec(EVP_PKEY *key)
{
    return (CertSpec){
        .cn = "Root", .constraints = "critical,CA:TRUE", .usage = "critical,keyCertSign", .key = key
    };
}

static CertSpec
leaf_spec(const CertSpec *issuer)
{
    return (CertSpec){ .cn = "Alice Example",
                       .constraints = "CA:FALSE",
                       .usage = "digitalSignature",
                       .purpose = "clientAuth",
                       .san = "DNS:alice.example.com,email:alice@example.com,IP:192.0.2.7",
                       .key = leaf_key,
                       .issuer = issuer };
}

static X509Chain *
chain_of(const CertSpec *s)
{
    X509Chain *c = x509_chain_new();
    g_autoptr(GBytes) der = certs_make(s);

    assert_true(x509_chain_add(c, certs_view(der)));
    return c;
}

static X509Store *
store_of(const CertSpec *s)
{
    X509Store *store = x509_store_new();
    g_autoptr(X509Chain) c = chain_of(s);
    g_autofree char *pem = x509_chain_to_pem(c);

    assert_true(x509_store_add_pem(store, slice_of(pem), NULL));
    return store;
}

static unsigned
verify(const CertSpec *leaf, const CertSpec *root, X509Purpose purpose)
{
    g_autoptr(X509Chain) c = chain_of(leaf);
    X509Store *store = store_of(root);
    unsigned problems = x509_chain_verify_peer(c, store, purpose, &modern, CERTS_NOW);

    x509_store_free(store);
    return problems;
}

static void
test_a_purpose_is_for_who_has_it(void **state)
{
    static const struct {
        const char *purpose;
        X509Purpose who;
        unsigned want;
    } rows[] = {
        { "clientAuth", X509_FOR_CLIENT, 0 },
        { "clientAuth", X509_FOR_SITE, 0 },
        { "clientAuth", X509_FOR_GATEWAY, X509_WRONG_PURPOSE },
        { "serverAuth", X509_FOR_CLIENT, X509_WRONG_PURPOSE },
        { "serverAuth", X509_FOR_SITE, 0 },
        { "codeSigning", X509_FOR_CLIENT, X509_WRONG_PURPOSE },
        { "codeSigning", X509_FOR_SITE, X509_WRONG_PURPOSE },
        { "1.3.6.1.5.5.7.3.17", X509_FOR_CLIENT, 0 }, /* ipsecIKE, RFC 4945 §5.1.3.12 */
        { "1.3.6.1.5.5.8.2.2", X509_FOR_CLIENT, 0 },
        { "anyExtendedKeyUsage", X509_FOR_CLIENT, 0 },
        { NULL, X509_FOR_CLIENT, 0 },
    };
    CertSpec root = root_spec(root_key);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CertSpec leaf = leaf_spec(&root);

        leaf.purpose = rows[i].purpose;
        assert_int_equal(verify(&leaf, &root, rows[i].who), rows[i].want);
    }
}

static void
test_a_peer_must_be_certified_and_in_date(void **state)
{
    CertSpec root = root_spec(root_key), other = root_spec(other_key), leaf = leaf_spec(&root);
    g_autoptr(X509Chain) none = x509_chain_new();
    X509Store *store = store_of(&root);

    (void)state;
    assert_int_equal(verify(&leaf, &root, X509_FOR_CLIENT), 0);
    assert_true(verify(&leaf, &other, X509_FOR_CLIENT) != 0);
    leaf.not_after = CERTS_NOW - 1;
    assert_int_equal(verify(&leaf, &root, X509_FOR_CLIENT), X509_EXPIRED);
    leaf.not_after = 0;
    leaf.not_before = CERTS_NOW + 1;
    assert_int_equal(verify(&leaf, &root, X509_FOR_CLIENT), X509_NOT_YET_VALID);
    assert_int_equal(x509_chain_verify_peer(none, store, X509_FOR_CLIENT, &modern, CERTS_NOW),
                     X509_INVALID);
    x509_store_free(store);
}

static void
test_a_name_is_one_of_the_certificate(void **state)
{
    CertSpec root = root_spec(root_key), leaf = leaf_spec(&root);
    g_autoptr(X509Chain) c = chain_of(&leaf);
    g_autoptr(X509Chain) r = chain_of(&root);
    g_autoptr(X509Chain) none = x509_chain_new();
    g_autoptr(GBytes) subject = x509_chain_subject_der(c, 0);
    g_autoptr(GBytes) other = x509_chain_subject_der(r, 0);
    static const uint8_t addr[] = { 192, 0, 2, 7 }, wrong[] = { 192, 0, 2, 8 };

    (void)state;
    assert_true(x509_chain_is_named(c, X509_NAME_DNS, slice_of("alice.example.com")));
    assert_false(x509_chain_is_named(c, X509_NAME_DNS, slice_of("bob.example.com")));
    assert_false(x509_chain_is_named(c, X509_NAME_DNS, slice_of(".example.com")));
    assert_false(x509_chain_is_named(c, X509_NAME_DNS, slice_of("")));
    assert_false(x509_chain_is_named(c, X509_NAME_DNS,
                                     (Slice){ (const uint8_t *)"alice.example.com\0.evil", 22 }));
    assert_true(x509_chain_is_named(c, X509_NAME_MAIL, slice_of("alice@example.com")));
    assert_false(x509_chain_is_named(c, X509_NAME_MAIL, slice_of("bob@example.com")));
    assert_true(x509_chain_is_named(c, X509_NAME_ADDR, (Slice){ addr, 4 }));
    assert_false(x509_chain_is_named(c, X509_NAME_ADDR, (Slice){ wrong, 4 }));
    assert_false(x509_chain_is_named(c, X509_NAME_ADDR, (Slice){ addr, 3 }));
    assert_true(x509_chain_is_named(c, X509_NAME_DN, certs_view(subject)));
    assert_false(x509_chain_is_named(c, X509_NAME_DN, certs_view(other)));
    assert_false(x509_chain_is_named(c, X509_NAME_DN, slice_of("junk")));
    assert_false(x509_chain_is_named(none, X509_NAME_DNS, slice_of("alice.example.com")));
}

/* A wildcard is for servers: it would make one client all of them. */
static void
test_a_wildcard_is_nobodys_name(void **state)
{
    CertSpec root = root_spec(root_key), leaf = leaf_spec(&root);
    g_autoptr(X509Chain) c = NULL;

    (void)state;
    leaf.san = "DNS:*.example.com";
    c = chain_of(&leaf);
    assert_false(x509_chain_is_named(c, X509_NAME_DNS, slice_of("alice.example.com")));
}

static void
test_the_common_name_is_shown_escaped(void **state)
{
    CertSpec root = root_spec(root_key), leaf = leaf_spec(&root);
    g_autoptr(X509Chain) c = chain_of(&leaf);
    g_autoptr(X509Chain) odd = NULL;
    g_autoptr(X509Chain) none = NULL;
    g_autofree char *name = x509_chain_common_name(c);
    g_autofree char *escaped = NULL;

    (void)state;
    assert_string_equal(name, "Alice Example");
    leaf.cn = "a\x1b[2J";
    odd = chain_of(&leaf);
    escaped = x509_chain_common_name(odd);
    assert_string_equal(escaped, "a\\x1b[2J");
    leaf.cn = NULL;
    none = chain_of(&leaf);
    assert_null(x509_chain_common_name(none));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_purpose_is_for_who_has_it),
        cmocka_unit_test(test_a_peer_must_be_certified_and_in_date),
        cmocka_unit_test(test_a_name_is_one_of_the_certificate),
        cmocka_unit_test(test_a_wildcard_is_nobodys_name),
        cmocka_unit_test(test_the_common_name_is_shown_escaped),
    };

    return cmocka_run_group_tests_name("x509_name", tests, make_keys, free_keys);
}
