/* test_peers.c - agent/headend/peers.c */

#include <glib/gstdio.h>

#include "agent/crypto/sig.h"
#include "agent/headend/peers.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

typedef struct World {
    char *state;
    AsaConfig *config;
    Peers *peers;
} World;

static EVP_PKEY *root_key, *leaf_key;
static const SigPolicy policy = { .min_rsa = 2048 };

static CertSpec
root_spec(void)
{
    return (CertSpec){ .cn = "Root",
                       .constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign",
                       .key = root_key };
}

static X509Chain *
chain_of(const CertSpec *s)
{
    X509Chain *c = x509_chain_new();
    g_autoptr(GBytes) der = certs_make(s);

    assert_true(x509_chain_add(c, certs_view(der)));
    return c;
}

static char *
replace(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);

    assert_true(g_strv_length(parts) > 1);
    return g_strjoinv(to, parts);
}

/* The standard example with a certificate of its own making and an authority that we are. */
static char *
standard(const World *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-standard.cfg", NULL);
    g_autofree char *ca = g_build_filename(w->state, "ca.pem", NULL);
    g_autofree char *ca_line = g_strconcat("trustpoint clients ca ", ca, NULL);
    g_autofree char *text = NULL;
    g_autofree char *self = NULL;
    g_autofree char *no_files = NULL;
    g_autofree char *all = NULL;
    CertSpec root = root_spec();
    g_autoptr(X509Chain) c = chain_of(&root);
    g_autofree char *pem = x509_chain_to_pem(c);

    assert_true(g_file_set_contents(ca, pem, -1, NULL));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    self = replace(text, "trustpoint gw\n enrollment terminal", "trustpoint gw\n enrollment self");
    no_files =
        replace(self, "!acheadend trustpoint gw certificate gw.pem key gw.key chain ca.pem", "!");
    all = replace(no_files, "trustpoint clients ca ca.pem", ca_line);
    return g_strconcat(all, more, NULL);
}

static void
open_world(World *w, const char *more)
{
    g_autofree char *text = standard(w, more);
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(GError) error = NULL;

    w->config = asa_config_parse(slice_of(text), 0, &notes);
    assert_non_null(w->config);
    w->peers = peers_new(w->config, w->state, CERTS_NOW, &error);
    if (!w->peers)
        fail_msg("%s", error->message);
}

static int
make_world(void **state)
{
    World *w = g_new0(World, 1);

    w->state = g_dir_make_tmp("peers-XXXXXX", NULL);
    *state = w;
    return 0;
}

static int
free_world(void **state)
{
    World *w = *state;
    g_autoptr(GDir) dir = g_dir_open(w->state, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(w->state, name, NULL);

        (void)g_unlink(path);
    }
    (void)g_rmdir(w->state);
    peers_free(w->peers);
    asa_config_free(w->config);
    g_free(w->state);
    g_free(w);
    return 0;
}

static PeersCall
call_of(uint8_t type, const char *id, uint8_t method)
{
    PeersCall c = { .idi = { type, slice_of(id) }, .method = method };

    assert_true(addr_parse("198.51.100.9", &c.from));
    assert_true(addr_parse("10.0.0.1", &c.local));
    return c;
}

/* Who comes through which group, and with what. */
static void
test_identity_and_proof_lead_to_a_group_and_a_plan(void **state)
{
    static const char site_addr[] = { (char)192, 0, 2, 1, 0 };
    static const struct {
        uint8_t type;
        const char *id;
        uint8_t method;
        const char *group; /* NULL: AnyConnect; "": nobody */
        IkeWay ours, theirs;
    } rows[] = {
        { IKE_ID_GROUP, "*$AnyConnectClient$*", 0, NULL, IKE_WAY_CERT, IKE_WAY_EAP },
        { IKE_ID_KEY_ID, "*$AnyConnectClient$*", 0, NULL, IKE_WAY_CERT, IKE_WAY_EAP },
        { IKE_ID_RFC822_ADDR, "alice@example.com", 0, "DefaultRAGroup", IKE_WAY_CERT, IKE_WAY_EAP },
        { IKE_ID_FQDN, "laptops", SIG_METHOD_RSA, "laptops", IKE_WAY_CERT, IKE_WAY_CERT },
        { IKE_ID_FQDN, "LAPTOPS", SIG_METHOD_DIGITAL, "laptops", IKE_WAY_CERT, IKE_WAY_CERT },
        { IKE_ID_KEY_ID, "shared", IKE_AUTH_SHARED_KEY, "shared", IKE_WAY_PSK, IKE_WAY_PSK },
        { IKE_ID_FQDN, "both", SIG_METHOD_RSA, "both", IKE_WAY_CERT, IKE_WAY_CERT_EAP },
        { IKE_ID_FQDN, "both", 0, "", 0, 0 },
        { IKE_ID_FQDN, "shared", 0, "", 0, 0 },
        { IKE_ID_FQDN, "laptops", IKE_AUTH_SHARED_KEY, "", 0, 0 },
        { IKE_ID_FQDN, "unheard-of", SIG_METHOD_RSA, "", 0, 0 },
        { IKE_ID_FQDN, "192.0.2.1", IKE_AUTH_SHARED_KEY, "", 0, 0 },
    };
    World *w = *state;

    (void)site_addr;
    open_world(w, "");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        PeersCall call = call_of(rows[i].type, rows[i].id, rows[i].method);
        PeersFound found;
        const char *why = peers_find(w->peers, &call, &found);

        if (rows[i].group && !rows[i].group[0]) {
            assert_non_null(why);
            continue;
        }
        assert_null(why);
        assert_string_equal(found.group ? found.group->name : "",
                            rows[i].group ? rows[i].group : "");
        assert_int_equal(found.plan.ours, rows[i].ours);
        assert_int_equal(found.plan.theirs, rows[i].theirs);
    }
}

/* The field's clients call themselves so with the standard methods too. */
static void
test_a_standard_client_is_none_by_its_vendor_ids(void **state)
{
    World *w = *state;
    PeersCall call = call_of(IKE_ID_GROUP, "*$AnyConnectClient$*", 0);
    PeersFound found;

    open_world(w, "");
    call.standard = true;
    assert_null(peers_find(w->peers, &call, &found));
    assert_string_equal(found.group->name, "DefaultRAGroup");
    assert_ptr_not_equal(found.plan.eap[0], &eap_anyconnect);
    call = call_of(IKE_ID_GROUP, "laptops", SIG_METHOD_RSA);
    call.standard = true;
    assert_null(peers_find(w->peers, &call, &found));
    assert_string_equal(found.group->name, "laptops");
}

/* By what it calls itself, or by where it is. */
static void
test_a_site_is_known_by_its_address(void **state)
{
    static const uint8_t addr[] = { 192, 0, 2, 1 };
    World *w = *state;
    PeersCall said = call_of(IKE_ID_IPV4_ADDR, "", IKE_AUTH_SHARED_KEY);
    PeersCall from = call_of(IKE_ID_FQDN, "router", IKE_AUTH_SHARED_KEY);
    PeersFound found;

    open_world(w, "");
    said.idi.data = (Slice){ addr, 4 };
    assert_null(peers_find(w->peers, &said, &found));
    assert_string_equal(found.group->name, "192.0.2.1");
    assert_int_equal(found.plan.theirs, IKE_WAY_PSK);
    assert_memory_equal(found.plan.psk_theirs.p, "their-key", 9);
    assert_memory_equal(found.plan.psk_ours.p, "our-key", 7);
    assert_true(addr_parse("192.0.2.1", &from.from));
    assert_null(peers_find(w->peers, &from, &found));
    assert_string_equal(found.group->name, "192.0.2.1");
    /* a person at the same address is no site */
    from.method = 0;
    assert_null(peers_find(w->peers, &from, &found));
    assert_string_equal(found.group->name, "DefaultRAGroup");
}

static void
test_we_are_who_he_asks_for_if_we_are(void **state)
{
    static const uint8_t local[] = { 10, 0, 0, 1 }, other[] = { 10, 0, 0, 2 };
    World *w = *state;
    PeersCall call = call_of(IKE_ID_FQDN, "shared", IKE_AUTH_SHARED_KEY);
    PeersFound found;

    open_world(w, "crypto isakmp identity auto\n");
    assert_null(peers_find(w->peers, &call, &found));
    assert_int_equal(found.plan.id.type, IKE_ID_IPV4_ADDR);
    assert_memory_equal(found.plan.id.data.p, local, 4);
    call.idr = (IkeId){ IKE_ID_FQDN, slice_of("GW.example.com") };
    assert_null(peers_find(w->peers, &call, &found));
    assert_int_equal(found.plan.id.type, IKE_ID_FQDN);
    assert_memory_equal(found.plan.id.data.p, "gw.example.com", 14);
    call.idr = (IkeId){ IKE_ID_IPV4_ADDR, { other, 4 } };
    assert_null(peers_find(w->peers, &call, &found));
    assert_memory_equal(found.plan.id.data.p, local, 4);
    call = call_of(IKE_ID_FQDN, "laptops", SIG_METHOD_RSA);
    assert_null(peers_find(w->peers, &call, &found));
    assert_int_equal(found.plan.id.type, IKE_ID_DER_ASN1_DN);
}

static void
test_the_identity_line_says_who_we_are(void **state)
{
    World *w = *state;
    PeersCall call = call_of(IKE_ID_FQDN, "laptops", SIG_METHOD_RSA);
    PeersFound found;

    open_world(w, "crypto isakmp identity key-id gateway\n");
    assert_null(peers_find(w->peers, &call, &found));
    assert_int_equal(found.plan.id.type, IKE_ID_KEY_ID);
    assert_memory_equal(found.plan.id.data.p, "gateway", 7);
}

static void
test_the_first_eap_method_stands_first(void **state)
{
    World *w = *state;
    PeersCall call = call_of(IKE_ID_RFC822_ADDR, "alice@example.com", 0);
    PeersFound found;

    open_world(w, "!acheadend eap-method gtc mschapv2\n");
    assert_null(peers_find(w->peers, &call, &found));
    assert_ptr_equal(found.plan.eap[0], &eap_gtc);
    assert_ptr_equal(found.plan.eap[1], &eap_mschapv2);
    assert_null(found.plan.eap[2]);
    assert_true(found.plan.eap_setup.ask_identity);
    assert_false(found.plan.eap_setup.tls_12);
}

static void
test_eap_tls_may_be_kept_below_1_3(void **state)
{
    World *w = *state;
    PeersCall call = call_of(IKE_ID_RFC822_ADDR, "alice@example.com", 0);
    PeersFound found;

    open_world(w, "!acheadend eap-tls version-max 1.3\n!acheadend eap-tls version-max 1.2\n");
    assert_null(peers_find(w->peers, &call, &found));
    assert_true(found.plan.eap_setup.tls_12);
}

static void
test_a_client_certificate_must_be_ours_and_his(void **state)
{
    World *w = *state;
    CertSpec root = root_spec();
    CertSpec leaf = { .cn = "alice",
                      .constraints = "CA:FALSE",
                      .usage = "digitalSignature",
                      .purpose = "clientAuth",
                      .san = "email:alice@example.com",
                      .key = leaf_key,
                      .issuer = &root };
    g_autoptr(X509Chain) good = chain_of(&leaf);
    g_autoptr(X509Chain) self = NULL;
    const IkeId alice = { IKE_ID_RFC822_ADDR, slice_of("alice@example.com") };
    const IkeId bob = { IKE_ID_RFC822_ADDR, slice_of("bob@example.com") };
    const AsaTunnelGroup *strict, *loose;

    open_world(w, "");
    strict = asa_config_tunnel_group(w->config, "both");
    loose = asa_config_tunnel_group(w->config, "laptops");
    assert_null(peers_distrust(w->peers, strict, good, &alice, &policy, CERTS_NOW));
    assert_non_null(peers_distrust(w->peers, strict, good, &bob, &policy, CERTS_NOW));
    assert_null(peers_distrust(w->peers, loose, good, &bob, &policy, CERTS_NOW));
    assert_non_null(
        peers_distrust(w->peers, strict, good, &alice, &policy, CERTS_NOW + 3 * 365 * 86400));
    leaf.issuer = NULL;
    self = chain_of(&leaf);
    assert_non_null(peers_distrust(w->peers, strict, self, &alice, &policy, CERTS_NOW));
}

/* Two trustpoints for one authority: that one of them does not care is no way round the other. */
static void
test_the_trustpoint_that_wants_to_know_is_found(void **state)
{
    World *w = *state;
    g_autofree char *ca = g_build_filename(w->state, "ca.pem", NULL);
    g_autofree char *more = g_strdup_printf("crypto ca trustpoint other\n revocation-check crl\n"
                                            "!acheadend trustpoint other ca %s\n",
                                            ca);
    CertSpec root = root_spec();
    CertSpec leaf = { .cn = "Alice", .key = leaf_key, .issuer = &root };
    CertSpec stranger = { .cn = "Alice", .key = leaf_key };
    g_autoptr(X509Chain) good = chain_of(&leaf), self = chain_of(&stranger);
    const AsaTrustpoint *other;

    open_world(w, more);
    other = asa_config_trustpoint(w->config, "other");
    assert_ptr_equal(peers_wants_to_know(w->peers, good, CERTS_NOW), other);
    assert_null(peers_wants_to_know(w->peers, self, CERTS_NOW));
    assert_non_null(peers_authorities(w->peers, other));
    assert_null(peers_authorities(w->peers, asa_config_trustpoint(w->config, "gw")));
}

static void
test_a_post_quantum_key_is_read_from_its_file(void **state)
{
    World *w = *state;
    g_autofree char *file = g_build_filename(w->state, "ppk", NULL);
    g_autofree char *line = g_strdup_printf("!acheadend ppk second %s required\n", file);
    g_autofree char *text = standard(w, line);
    g_autofree char *one = replace(text, "!acheadend ppk first ", "! ");
    g_auto(AsaNotes) notes = { 0 };
    PeersCall call = call_of(IKE_ID_FQDN, "shared", IKE_AUTH_SHARED_KEY);
    PeersFound found;

    w->config = asa_config_parse(slice_of(one), 0, &notes);
    assert_non_null(w->config);
    assert_null(peers_new(w->config, w->state, CERTS_NOW, NULL)); /* there is no file */
    assert_true(g_file_set_contents(file, "0102", -1, NULL));
    assert_null(peers_new(w->config, w->state, CERTS_NOW, NULL)); /* too short */
    assert_true(g_file_set_contents(
        file, "000102030405060708090a0b0c0d0e0f\n101112131415161718191a1b1c1d1e1f\n", -1, NULL));
    w->peers = peers_new(w->config, w->state, CERTS_NOW, NULL);
    assert_non_null(w->peers);
    assert_null(peers_find(w->peers, &call, &found));
    assert_int_equal(found.plan.ppk.len, 32);
    assert_int_equal(found.plan.ppk.p[31], 0x1f);
    assert_memory_equal(found.plan.ppk_id.p, "second", 6);
    assert_true(found.plan.ppk_required);
}

static int
make_keys(void **state)
{
    (void)state;
    root_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(leaf_key);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_world, free_world)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identity_and_proof_lead_to_a_group_and_a_plan),
        TEST(test_a_standard_client_is_none_by_its_vendor_ids),
        TEST(test_a_site_is_known_by_its_address),
        TEST(test_we_are_who_he_asks_for_if_we_are),
        TEST(test_the_identity_line_says_who_we_are),
        TEST(test_the_first_eap_method_stands_first),
        TEST(test_eap_tls_may_be_kept_below_1_3),
        TEST(test_a_client_certificate_must_be_ours_and_his),
        TEST(test_the_trustpoint_that_wants_to_know_is_found),
        TEST(test_a_post_quantum_key_is_read_from_its_file),
    };

    return cmocka_run_group_tests_name("peers", tests, make_keys, free_keys);
}
