#include <glib/gstdio.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <unistd.h>

#include "agent/crypto/x509.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

#define HOST "vpn.example.org"

static const SigPolicy modern = { .sha1_ok = false, .min_rsa = 2048 };
static const SigPolicy legacy = { .sha1_ok = true, .min_rsa = 1024 };

/* Made once: the tests differ in certificates, not in keys. */
static EVP_PKEY *root_key, *mid_key, *leaf_key, *rsa_key, *rsa2048_key;

static int
make_keys(void **state)
{
    (void)state;
    root_key = EVP_EC_gen("P-256");
    mid_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    rsa_key = EVP_RSA_gen(1024);
    rsa2048_key = EVP_RSA_gen(2048);
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(mid_key);
    EVP_PKEY_free(leaf_key);
    EVP_PKEY_free(rsa_key);
    EVP_PKEY_free(rsa2048_key);
    return 0;
}

static CertSpec
root_spec(void)
{
    return (CertSpec){ .cn = "Root",
                       .constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign,cRLSign",
                       .key = root_key };
}

static CertSpec
mid_spec(const CertSpec *root)
{
    return (CertSpec){ .cn = "Issuing",
                       .constraints = "critical,CA:TRUE,pathlen:0",
                       .usage = "critical,keyCertSign",
                       .key = mid_key,
                       .issuer = root };
}

static CertSpec
leaf_spec(const CertSpec *issuer)
{
    return (CertSpec){ .cn = "Gateway",
                       .constraints = "CA:FALSE",
                       .usage = "digitalSignature",
                       .purpose = "serverAuth",
                       .san = "DNS:" HOST,
                       .key = leaf_key,
                       .issuer = issuer };
}

static void
add(X509Chain *c, const CertSpec *s)
{
    g_autoptr(GBytes) der = certs_make(s);

    assert_true(x509_chain_add(c, certs_view(der)));
}

static X509Store *
store_of(const CertSpec *s)
{
    g_autoptr(X509Chain) c = x509_chain_new();
    X509Store *store = x509_store_new();
    g_autofree char *pem = NULL;

    if (!s)
        return store;
    add(c, s);
    pem = x509_chain_to_pem(c);
    assert_true(x509_store_add_pem(store, slice_of(pem), NULL));
    return store;
}

/* @anchor in the store; @leaf and, unless NULL, @mid sent. @leaf may be the anchor: then it is the
 * very same certificate, for ECDSA signs differently each time. */
static unsigned
problems_of(const CertSpec *anchor, const CertSpec *mid, const CertSpec *leaf, const char *host)
{
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = x509_store_new();

    add(c, leaf);
    if (anchor == leaf) {
        g_autofree char *pem = x509_chain_to_pem(c);

        assert_true(x509_store_add_pem(store, slice_of(pem), NULL));
    } else {
        x509_store_free(store);
        store = store_of(anchor);
    }
    if (mid)
        add(c, mid);
    return x509_chain_verify(c, store, host, &modern, CERTS_NOW);
}

static void
test_a_good_chain_has_no_problems_in_whatever_order_it_came(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid);
    g_autoptr(X509Store) store = store_of(&root);
    g_autoptr(X509Chain) c = x509_chain_new();

    (void)state;
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), 0);
    add(c, &leaf);
    add(c, &root); /* sent along, which is needless and harmless */
    add(c, &mid);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW), 0);
}

/* One thing is wrong with the leaf in each row. */
static void
test_each_fault_of_a_leaf_is_named(void **state)
{
    static const struct {
        const char *usage, *purpose, *san, *odd_oid;
        int64_t not_before, not_after;
        unsigned want;
        const char *source;
    } rows[] = {
        { "digitalSignature", "serverAuth", "DNS:" HOST, NULL, 0, 0, 0, "as it should be" },
        { NULL, NULL, "DNS:" HOST, NULL, 0, 0, 0, "says nothing, is for everything" },
        { "nonRepudiation", NULL, "DNS:" HOST, NULL, 0, 0, 0, "RFC 4945 §5.1.3.2" },
        { NULL, "1.3.6.1.5.5.8.2.2", "DNS:" HOST, NULL, 0, 0, 0, "RFC 4945 §5.1.3.12" },
        { NULL, "anyExtendedKeyUsage", "DNS:" HOST, NULL, 0, 0, 0, "RFC 5280 §4.2.1.12" },
        { NULL, "clientAuth,serverAuth", "DNS:" HOST, NULL, 0, 0, 0, "one of many" },
        { NULL, "clientAuth", "DNS:" HOST, NULL, 0, 0, X509_WRONG_PURPOSE, "a user's" },
        { NULL, "critical,codeSigning", "DNS:" HOST, NULL, 0, 0, X509_WRONG_PURPOSE, "" },
        { "keyAgreement", NULL, "DNS:" HOST, NULL, 0, 0, X509_WRONG_PURPOSE, "cannot sign" },
        { "keyEncipherment", NULL, "DNS:" HOST, NULL, 0, 0, X509_WRONG_PURPOSE,
          "tolerated for RSA only" },
        { NULL, NULL, "DNS:other.example.org", NULL, 0, 0, X509_WRONG_NAME, "" },
        { NULL, NULL, NULL, NULL, 0, 0, X509_WRONG_NAME, "no SAN at all" },
        { NULL, NULL, "DNS:" HOST, NULL, 0, CERTS_NOW - 1, X509_EXPIRED, "" },
        { NULL, NULL, "DNS:" HOST, NULL, CERTS_NOW + 1, 0, X509_NOT_YET_VALID, "" },
        { NULL, NULL, "DNS:" HOST, "1.2.3.4.5", 0, 0, X509_INVALID, "RFC 5280 §4.2" },
        { NULL, "clientAuth", "DNS:other.example.org", NULL, 0, CERTS_NOW - 1,
          X509_WRONG_PURPOSE | X509_WRONG_NAME | X509_EXPIRED, "all of them, not only the first" },
    };
    CertSpec root = root_spec(), mid = mid_spec(&root);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CertSpec leaf = leaf_spec(&mid);
        unsigned got;

        leaf.usage = rows[i].usage;
        leaf.purpose = rows[i].purpose;
        leaf.san = rows[i].san;
        leaf.odd_oid = rows[i].odd_oid;
        leaf.not_before = rows[i].not_before;
        leaf.not_after = rows[i].not_after;
        got = problems_of(&root, &mid, &leaf, HOST);
        if (got != rows[i].want)
            fail_msg("row %zu: %#x, not %#x", i, got, rows[i].want);
    }
}

static void
test_an_rsa_gateway_may_have_key_encipherment_alone(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid);

    (void)state;
    leaf.key = rsa2048_key;
    leaf.usage = "keyEncipherment";
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), 0);
}

/* RFC 5280 §6.1.4 and §4.2.1.10 */
static void
test_each_fault_of_an_issuer_is_named(void **state)
{
    static const struct {
        const char *constraints, *usage, *name_constraints, *odd_oid, *purpose;
        int64_t not_after;
        bool bad_signature;
        unsigned want;
        const char *what;
    } rows[] = {
        { .constraints = "critical,CA:TRUE", .usage = "keyCertSign", .want = 0 },
        { .constraints = "critical,CA:TRUE", .want = 0, .what = "no key usage" },
        { .constraints = "CA:FALSE", .want = X509_INVALID, .what = "not an authority" },
        { .usage = "keyCertSign", .want = X509_INVALID, .what = "never said it was one" },
        { .want = X509_INVALID, .what = "no extension at all" },
        { .constraints = "CA:TRUE",
          .usage = "digitalSignature",
          .want = X509_INVALID,
          .what = "may not sign certificates" },
        { .constraints = "CA:TRUE",
          .name_constraints = "critical,permitted;DNS:example.org",
          .want = 0 },
        { .constraints = "CA:TRUE",
          .name_constraints = "critical,permitted;DNS:example.com",
          .want = X509_INVALID },
        { .constraints = "CA:TRUE",
          .name_constraints = "critical,excluded;DNS:vpn.example.org",
          .want = X509_INVALID },
        { .constraints = "CA:TRUE", .odd_oid = "1.2.3.4.5", .want = X509_INVALID },
        { .constraints = "CA:TRUE", .purpose = "serverAuth", .want = 0 },
        { .constraints = "CA:TRUE", .purpose = "clientAuth", .want = X509_WRONG_PURPOSE },
        { .constraints = "CA:TRUE", .not_after = CERTS_NOW - 1, .want = X509_EXPIRED },
        { .constraints = "CA:TRUE", .bad_signature = true, .want = X509_INVALID },
    };
    CertSpec root = root_spec();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CertSpec mid = mid_spec(&root), leaf = leaf_spec(&mid);
        unsigned got;

        mid.constraints = rows[i].constraints;
        mid.usage = rows[i].usage;
        mid.name_constraints = rows[i].name_constraints;
        mid.odd_oid = rows[i].odd_oid;
        mid.purpose = rows[i].purpose;
        mid.not_after = rows[i].not_after;
        mid.bad_signature = rows[i].bad_signature;
        got = problems_of(&root, &mid, &leaf, HOST);
        if (got != rows[i].want)
            fail_msg("row %zu: %#x, not %#x", i, got, rows[i].want);
    }
}

static void
test_a_path_longer_than_an_issuer_allows_is_invalid(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), low = mid_spec(&mid), leaf;
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = store_of(&root);

    (void)state;
    low.cn = "Below";
    low.key = rsa2048_key;
    low.constraints = "critical,CA:TRUE";
    leaf = leaf_spec(&low);
    add(c, &leaf);
    add(c, &low);
    add(c, &mid);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW), X509_INVALID);
}

static void
test_a_leaf_may_not_issue(void **state)
{
    CertSpec root = root_spec(), mid = leaf_spec(&root), leaf = leaf_spec(&mid);

    (void)state;
    mid.cn = "Somebody";
    mid.key = mid_key;
    assert_true(problems_of(&root, &mid, &leaf, HOST) & X509_INVALID);
}

static void
test_without_the_intermediate_or_the_root_a_chain_is_untrusted(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid), other = root_spec();
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) none = x509_store_new();

    (void)state;
    other.key = rsa2048_key; /* the same name, another key */
    assert_int_equal(problems_of(&root, NULL, &leaf, HOST), X509_UNTRUSTED);
    assert_int_equal(problems_of(NULL, &mid, &leaf, HOST), X509_UNTRUSTED);
    assert_true(problems_of(&other, &mid, &leaf, HOST) & (X509_UNTRUSTED | X509_INVALID));
    add(c, &leaf);
    add(c, &mid);
    add(c, &root); /* a root that comes over the wire is trusted by nobody */
    assert_int_equal(x509_chain_verify(c, none, HOST, &modern, CERTS_NOW), X509_UNTRUSTED);
}

static void
test_a_self_signed_leaf_is_untrusted_until_it_stands_in_the_store(void **state)
{
    CertSpec leaf = leaf_spec(NULL);

    (void)state;
    assert_int_equal(problems_of(NULL, NULL, &leaf, HOST), X509_UNTRUSTED);
    assert_int_equal(problems_of(&leaf, NULL, &leaf, HOST), 0);
    leaf.constraints = NULL;
    assert_int_equal(problems_of(NULL, NULL, &leaf, HOST), X509_UNTRUSTED);
    leaf.bad_signature = true;
    assert_int_equal(problems_of(NULL, NULL, &leaf, HOST), X509_UNTRUSTED | X509_INVALID);
}

static void
test_an_intermediate_or_a_leaf_in_the_store_is_an_anchor(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid);

    (void)state;
    assert_int_equal(problems_of(&mid, NULL, &leaf, HOST), 0);
    assert_int_equal(problems_of(&leaf, NULL, &leaf, HOST), 0);
}

/* agent/docs/WIRE.md §2.4 */
static void
test_the_certificate_of_an_old_asa_can_be_accepted_by_a_person(void **state)
{
    g_autoptr(GBytes) der = certs_make_asa(rsa_key);
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = x509_store_new();
    const unsigned always = X509_UNTRUSTED | X509_WRONG_NAME;
    const int64_t then = 1400000000;

    (void)state;
    assert_int_equal(certs_view(der).len, 431);
    assert_true(x509_chain_add(c, certs_view(der)));
    assert_true(x509_chain_add(c, certs_view(der))); /* an ASA sends it twice */
    assert_int_equal(x509_chain_len(c), 1);
    assert_int_equal(x509_chain_verify(c, store, "10.0.0.1", &legacy, then), always);
    assert_int_equal(x509_chain_verify(c, store, "10.0.0.1", &modern, then), always | X509_WEAK);
    assert_int_equal(x509_chain_verify(c, store, HOST, &legacy, CERTS_NOW), always | X509_EXPIRED);
}

static void
test_weak_keys_and_signatures_are_named(void **state)
{
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid);

    (void)state;
    leaf.md = EVP_sha1();
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), X509_WEAK);
    leaf.md = EVP_sha384();
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), 0);
    leaf.key = rsa_key;
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), X509_WEAK);
    leaf.key = leaf_key;
    mid.key = rsa_key;
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), X509_WEAK);
    mid.key = mid_key;
    mid.md = EVP_sha1();
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), X509_WEAK);
    mid.md = NULL;
    root.md = EVP_sha1(); /* nobody relies on the signature of an anchor */
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), 0);
}

static void
test_md5_is_weak_whatever_the_policy(void **state)
{
    CertSpec leaf = leaf_spec(NULL);
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = x509_store_new();

    (void)state;
    leaf.key = rsa2048_key;
    leaf.md = EVP_md5();
    add(c, &leaf);
    assert_int_equal(x509_chain_verify(c, store, HOST, &legacy, CERTS_NOW),
                     X509_UNTRUSTED | X509_WEAK);
}

/* RFC 6125 §6.4; the common name never counts. */
static void
test_names_match_as_rfc_6125_says(void **state)
{
    static const struct {
        const char *san, *host;
        bool ok;
    } rows[] = {
        { "DNS:vpn.example.org", "vpn.example.org", true },
        { "DNS:vpn.example.org", "VPN.Example.ORG", true },
        { "DNS:VPN.EXAMPLE.ORG", "vpn.example.org", true },
        { "DNS:vpn.example.org", "vpn.example.org.", true },
        { "DNS:a.example.org,DNS:vpn.example.org", "vpn.example.org", true },
        { "DNS:vpn.example.org", "example.org", false },
        { "DNS:vpn.example.org", "x.vpn.example.org", false },
        { "DNS:vpn.example.org", "vpn.example.org.evil", false },
        { "DNS:vpn.example.org", "", false },
        { "DNS:vpn.example.org", ".", false },
        { "DNS:vpn.example.org", ".example.org", false },
        { "DNS:*.example.org", "vpn.example.org", true },
        { "DNS:*.example.org", "example.org", false },
        { "DNS:*.example.org", "a.vpn.example.org", false },
        { "DNS:*.example.org", ".example.org", false },
        { "DNS:v*.example.org", "vpn.example.org", false },
        { "DNS:*n.example.org", "vpn.example.org", false },
        { "DNS:vpn.*.org", "vpn.example.org", false },
        { "DNS:*.*.org", "vpn.example.org", false },
        { "DNS:*", "localhost", false },
        { "DNS:*.org", "example.org", false },
        { "email:root@vpn.example.org", "vpn.example.org", false },
        { "URI:https://vpn.example.org/", "vpn.example.org", false },
        { "IP:10.0.0.1", "10.0.0.1", true },
        { "IP:10.0.0.1", "10.0.0.2", false },
        { "DNS:10.0.0.1", "10.0.0.1", false },
        { "DNS:*.0.0.1", "10.0.0.1", false },
        { "IP:2001:db8::1", "2001:DB8:0::1", true },
        { "IP:2001:db8::1", "2001:db8::2", false },
        { "IP:10.0.0.1", "::ffff:10.0.0.1", false },
        { NULL, "Gateway", false },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        CertSpec leaf = leaf_spec(NULL);
        unsigned got;

        leaf.san = rows[i].san;
        got = problems_of(&leaf, NULL, &leaf, rows[i].host);
        if (got != (rows[i].ok ? 0 : X509_WRONG_NAME))
            fail_msg("%s for %s: %#x", rows[i].host, rows[i].san, got);
    }
}

/* n of a real key with e = d = 1: every padded hash is its own signature. */
static EVP_PKEY *
everybodys_key(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL;
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params;

    assert_int_equal(EVP_PKEY_get_bn_param(rsa2048_key, OSSL_PKEY_PARAM_RSA_N, &n), 1);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, BN_value_one());
    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, BN_value_one());
    params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_fromdata_init(ctx);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    BN_free(n);
    return key;
}

static void
test_a_key_under_which_anybody_signs_makes_a_chain_invalid(void **state)
{
    EVP_PKEY *key = everybodys_key();
    CertSpec root = root_spec(), mid = mid_spec(&root), leaf = leaf_spec(&mid);

    (void)state;
    mid.key = key;
    assert_int_equal(problems_of(&root, &mid, &leaf, HOST), X509_INVALID);
    EVP_PKEY_free(key);
}

static void
test_an_empty_chain_is_invalid(void **state)
{
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = x509_store_new();

    (void)state;
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW), X509_INVALID);
}

/* RFC 7296 §3.7: SHA-1 of the SubjectPublicKeyInfo of each anchor. */
static void
test_certreq_is_the_hash_of_each_anchors_key(void **state)
{
    CertSpec root = root_spec(), other = root_spec();
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = store_of(&root);
    g_autoptr(GBytes) one = x509_store_certreq(store, 8);
    g_autoptr(GBytes) two = NULL, capped = NULL;
    g_autofree char *pem = NULL;
    unsigned char *spki = NULL, want[EVP_MAX_MD_SIZE];
    int len = i2d_PUBKEY(root_key, &spki);

    (void)state;
    assert_true(EVP_Digest(spki, (size_t)len, want, NULL, EVP_sha1(), NULL));
    OPENSSL_free(spki);
    assert_true(slice_equal(certs_view(one), (Slice){ want, 20 }));

    other.cn = "Other";
    other.key = rsa2048_key;
    add(c, &other);
    pem = x509_chain_to_pem(c);
    assert_true(x509_store_add_pem(store, slice_of(pem), NULL));
    two = x509_store_certreq(store, 8);
    capped = x509_store_certreq(store, 1);
    assert_int_equal(g_bytes_get_size(two), 40);
    assert_int_equal(g_bytes_get_size(capped), 20);
}

static void
test_a_store_refuses_what_is_no_certificate(void **state)
{
    g_autoptr(X509Store) store = x509_store_new();
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_false(x509_store_add_pem(store, slice_of("hello"), &error));
    assert_non_null(strstr(error->message, "no certificate"));
}

/* A bundle of the system is read when a chain is verified, and again after a rest. */
static void
test_the_systems_anchors_are_trusted_by_need_and_asked_for_by_none(void **state)
{
    CertSpec root = root_spec(), own = root_spec();
    g_autoptr(X509Chain) c = x509_chain_new();
    g_autoptr(X509Store) store = NULL;
    g_autofree char *pem = NULL, *file = NULL;
    g_autoptr(GBytes) before = NULL, after = NULL;
    const char *env = X509_get_default_cert_file_env();
    g_autofree char *was = g_strdup(g_getenv(env));
    int fd = g_file_open_tmp("anchors-XXXXXX", &file, NULL);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    add(c, &root);
    pem = x509_chain_to_pem(c);
    own.cn = "Own";
    own.key = rsa2048_key;
    store = store_of(&own);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW) & X509_UNTRUSTED,
                     X509_UNTRUSTED);

    assert_true(g_file_set_contents(file, pem, -1, NULL));
    g_setenv(env, file, TRUE);
    x509_store_add_system(store);
    before = x509_store_certreq(store, 8);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW) & X509_UNTRUSTED, 0);
    after = x509_store_certreq(store, 8);
    assert_int_equal(g_bytes_get_size(before), 20);
    assert_true(g_bytes_equal(before, after));

    x509_store_rest(store);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW) & X509_UNTRUSTED, 0);
    x509_store_rest(store);
    g_unlink(file);
    assert_int_equal(x509_chain_verify(c, store, HOST, &modern, CERTS_NOW) & X509_UNTRUSTED,
                     X509_UNTRUSTED);
    if (was)
        g_setenv(env, was, TRUE);
    else
        g_unsetenv(env);
}

static void
test_every_problem_has_its_own_words(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= X509_INVALID; i <<= 1)
        for (unsigned j = 1; j < i; j <<= 1)
            assert_string_not_equal(x509_problem_text(i), x509_problem_text(j));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_chain_has_no_problems_in_whatever_order_it_came),
        cmocka_unit_test(test_each_fault_of_a_leaf_is_named),
        cmocka_unit_test(test_an_rsa_gateway_may_have_key_encipherment_alone),
        cmocka_unit_test(test_each_fault_of_an_issuer_is_named),
        cmocka_unit_test(test_a_path_longer_than_an_issuer_allows_is_invalid),
        cmocka_unit_test(test_a_leaf_may_not_issue),
        cmocka_unit_test(test_without_the_intermediate_or_the_root_a_chain_is_untrusted),
        cmocka_unit_test(test_a_self_signed_leaf_is_untrusted_until_it_stands_in_the_store),
        cmocka_unit_test(test_an_intermediate_or_a_leaf_in_the_store_is_an_anchor),
        cmocka_unit_test(test_the_certificate_of_an_old_asa_can_be_accepted_by_a_person),
        cmocka_unit_test(test_weak_keys_and_signatures_are_named),
        cmocka_unit_test(test_md5_is_weak_whatever_the_policy),
        cmocka_unit_test(test_names_match_as_rfc_6125_says),
        cmocka_unit_test(test_a_key_under_which_anybody_signs_makes_a_chain_invalid),
        cmocka_unit_test(test_an_empty_chain_is_invalid),
        cmocka_unit_test(test_certreq_is_the_hash_of_each_anchors_key),
        cmocka_unit_test(test_a_store_refuses_what_is_no_certificate),
        cmocka_unit_test(test_the_systems_anchors_are_trusted_by_need_and_asked_for_by_none),
        cmocka_unit_test(test_every_problem_has_its_own_words),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
