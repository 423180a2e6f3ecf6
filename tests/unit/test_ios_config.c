/* test_ios_config.c - agent/headend/ios_config.c, ios_check.c, ios_lines_*.c and ios_offer.c */

#include "agent/crypto/suite.h"
#include "agent/headend/ios_config.h"
#include "agent/headend/ios_offer.h"
#include "tests/support/test.h"

static char *
read_vector(const char *name)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, name, NULL);
    char *text;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static IosConfig *
parse(const char *text, AsaNotes *notes)
{
    return ios_config_parse(slice_of(text), notes);
}

/* The configuration of Router 1 with @to in the place of @from, which must be in it. */
static char *
router1_with(const char *from, const char *to)
{
    g_autofree char *text = read_vector("ios-router1.cfg");
    g_auto(GStrv) around = g_strsplit(text, from, 2);

    assert_int_equal(g_strv_length(around), 2);
    return g_strjoinv(to, around);
}

static const AsaNote *
find_note(const AsaNotes *notes, bool error, const char *part)
{
    for (guint i = 0; notes->v && i < notes->v->len; i++) {
        const AsaNote *n = g_ptr_array_index(notes->v, i);

        if (n->error == error && strstr(n->text, part))
            return n;
    }
    return NULL;
}

/* Router 1, changed like this, is refused with a sentence that has @part. */
static void
assert_refused(const char *from, const char *to, const char *part)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = router1_with(from, to);
    g_autoptr(IosConfig) c = parse(text, &notes);

    assert_null(c);
    if (!find_note(&notes, true, part))
        fail_msg("no error says \"%s\"", part);
}

static void
assert_addr(const Addr *a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, buf), text);
}

static void
assert_transform(const IkeProposal *p, size_t i, uint8_t type, uint16_t id, uint16_t bits)
{
    assert_true(i < p->n);
    assert_int_equal(p->t[i].type, type);
    assert_int_equal(p->t[i].id, id);
    assert_int_equal(p->t[i].key_bits, bits);
}

static void
test_router_1_is_read_as_it_says(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = read_vector("ios-router1.cfg");
    g_autoptr(IosConfig) c = parse(text, &notes);
    const IosRoute *r;

    (void)state;
    assert_non_null(c);
    assert_int_equal(notes.n_errors, 0);
    assert_string_equal(c->hostname, "Router1");
    assert_string_equal(c->tunnel->name, "Tunnel0");
    assert_addr(&c->tunnel->addr, "172.16.0.101");
    assert_int_equal(c->tunnel->net.len, 24);
    assert_addr(&c->tunnel->destination, "10.0.0.2");
    assert_addr(&c->source, "10.0.0.1");
    assert_string_equal(c->source_if, "Ethernet0/0");
    assert_string_equal(c->loopback->name, "Loopback0");
    assert_addr(&c->loopback->addr, "192.168.1.1");
    assert_string_equal(c->profile->name, "IKEV2-SETUP");
    assert_int_equal(c->profile->lifetime, 120);
    assert_int_equal(c->profile->peer.len, 0);
    assert_string_equal(c->key->name, "peer1");
    assert_int_equal(c->key->ours.len, 5);
    assert_memory_equal(c->key->ours.p, "cisco", 5);
    assert_memory_equal(c->key->theirs.p, "cisco", 5);
    assert_int_equal(c->window, 5);
    assert_int_equal(c->sa_seconds, 3600);
    r = g_ptr_array_index(c->routes, 1);
    assert_string_equal(r->via, "Tunnel0");
    assert_int_equal(r->to.len, 32);
    /* the only thing that is not done, and its line */
    assert_int_equal(notes.n_warnings, 1);
    assert_int_equal(find_note(&notes, false, "is left to this host")->line, 44);
}

/* IKE_SA_INIT of the seed: 3DES, AES-CBC of 128 bits, SHA1, SHA96, group 2. */
static void
test_router_1_offers_what_its_policy_names(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = read_vector("ios-router1.cfg");
    g_autoptr(IosConfig) c = parse(text, &notes);
    IkeOffer o;

    (void)state;
    assert_true(ios_offer_ike(c, &o, &notes));
    assert_int_equal(o.n, 1);
    assert_int_equal(o.p[0].n, 5);
    assert_transform(&o.p[0], 0, TRANSFORM_ENCR, ENCR_3DES, 0);
    assert_transform(&o.p[0], 1, TRANSFORM_ENCR, ENCR_AES_CBC, 128);
    assert_transform(&o.p[0], 2, TRANSFORM_PRF, PRF_HMAC_SHA1, 0);
    assert_transform(&o.p[0], 3, TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
    assert_transform(&o.p[0], 4, TRANSFORM_KE, KE_MODP1024, 0);
    assert_true(ios_offer_esp(c, &o, &notes));
    assert_int_equal(o.n, 1);
    assert_int_equal(o.p[0].n, 3);
    assert_transform(&o.p[0], 0, TRANSFORM_ENCR, ENCR_3DES, 0);
    assert_transform(&o.p[0], 1, TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
    assert_transform(&o.p[0], 2, TRANSFORM_ESN, ESN_NO, 0);
}

/* Router 2 has no policy: its answer in the seed, and what it offers to rekey, are the default's.
 */
static void
test_a_proposal_without_a_policy_leaves_the_default(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = read_vector("ios-router2.cfg");
    g_autoptr(IosConfig) c = parse(text, &notes);
    IkeOffer o;

    (void)state;
    assert_non_null(c);
    assert_int_equal(find_note(&notes, false, "PHASE1-prop is in no policy")->line, 3);
    assert_true(ios_offer_ike(c, &o, &notes));
    assert_int_equal(o.n, 1);
    assert_int_equal(o.p[0].n, 13);
    assert_transform(&o.p[0], 0, TRANSFORM_ENCR, ENCR_AES_CBC, 256);
    assert_transform(&o.p[0], 2, TRANSFORM_ENCR, ENCR_AES_CBC, 128);
    assert_transform(&o.p[0], 3, TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0);
    assert_transform(&o.p[0], 6, TRANSFORM_PRF, PRF_HMAC_SHA1, 0);
    assert_transform(&o.p[0], 10, TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
    assert_transform(&o.p[0], 11, TRANSFORM_KE, KE_MODP1536, 0);
    assert_transform(&o.p[0], 12, TRANSFORM_KE, KE_MODP1024, 0);
}

static void
test_the_language_is_known_by_its_content(void **state)
{
    static const char *const asa[] = { "asa-ikev2.cfg", "asa-modern.cfg", "asa-standard.cfg" };
    static const char *const ios[] = { "ios-router1.cfg", "ios-router2.cfg" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(asa); i++) {
        g_autofree char *text = read_vector(asa[i]);

        assert_false(ios_config_is(slice_of(text)));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(ios); i++) {
        g_autofree char *text = read_vector(ios[i]);

        assert_true(ios_config_is(slice_of(text)));
    }
    assert_false(
        ios_config_is(slice_of("! crypto ikev2 profile x\nwebvpn\n crypto ikev2 profile x")));
}

static void
test_the_running_configuration_hides_the_keys(void **state)
{
    g_auto(AsaNotes) notes = { 0 }, again = { 0 };
    g_autofree char *text =
        router1_with("pre-shared-key remote cisco", "pre-shared-key remote hunter2");
    g_autoptr(IosConfig) c = parse(text, &notes);

    (void)state;
    assert_null(strstr(c->running->str, "cisco"));
    assert_null(strstr(c->running->str, "hunter2"));
    assert_non_null(strstr(c->running->str, "  pre-shared-key local *****\n"));
    assert_non_null(strstr(c->running->str, " tunnel destination 10.0.0.2\n"));
    assert_null(parse(c->running->str, &again));
    assert_non_null(find_note(&again, true, "is hidden"));
}

static void
test_unknown_lines_are_warned_of_with_their_numbers(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = router1_with("hostname Router1", "hostname Router1\nrouter ospf 1\n"
                                                             " network 10.0.0.0 0.0.0.255 area 0");
    g_autoptr(IosConfig) c = parse(text, &notes);

    (void)state;
    assert_non_null(c);
    assert_int_equal(
        find_note(&notes, false, "ignored with the 1 lines below it: router ospf 1")->line, 2);
}

static void
test_the_key_of_the_longest_network_counts(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text =
        router1_with(" peer peer1", " peer one\n  address 10.0.0.2\n  pre-shared-key one\n"
                                    " peer any\n  address 0.0.0.0 0.0.0.0\n  pre-shared-key any\n"
                                    " peer peer1");
    g_autoptr(IosConfig) c = parse(text, &notes);
    Addr far;

    (void)state;
    assert_string_equal(c->key->name, "one");
    assert_true(addr_parse("203.0.113.1", &far));
    assert_string_equal(ios_config_key(c, "KEYRNG", &far)->name, "any");
    assert_null(ios_config_key(c, "OTHER", &far));
}

static void
test_what_cannot_be_obeyed_is_an_error(void **state)
{
    static const char *const rows[][3] = {
        { " tunnel mode ipsec ipv4\n", "", "GRE is not supported" },
        { "tunnel mode ipsec ipv4", "tunnel mode gre ip", "only tunnel mode ipsec ipv4" },
        { " tunnel source Ethernet0/0\n", "", "has no tunnel source" },
        { "tunnel source Ethernet0/0", "tunnel source Ethernet0/1",
          "no interface with an address" },
        { "tunnel source Ethernet0/0", "tunnel source 10.0.0.2", "leads to its own source" },
        { " tunnel destination 10.0.0.2\n", "", "has no tunnel destination" },
        { "tunnel destination 10.0.0.2", "tunnel destination 127.0.0.1",
          "cannot be the other end" },
        { "tunnel destination 10.0.0.2", "tunnel destination 10.1.0.2",
          "no peer with the address 10.1.0.2" },
        { "tunnel protection ipsec profile phse2-prof", "tunnel protection ipsec profile x",
          "no crypto ipsec profile x" },
        { " set transform-set TS\n", "", "has no transform set" },
        { "set transform-set TS", "set transform-set TS T2", "no transform set T2" },
        { " set ikev2-profile IKEV2-SETUP\n", "", "IKEv1 is not supported" },
        { "set ikev2-profile IKEV2-SETUP", "set ikev2-profile x", "no crypto ikev2 profile x" },
        { "site-pol\n proposal PHASE1-prop\n", "site-pol\n", "has no proposal" },
        { "site-pol\n proposal PHASE1-prop\n", "site-pol\n proposal x\n",
          "no crypto ikev2 proposal x" },
        { " integrity sha1\n", "", "has no integrity" },
        { " group 2\n", "", "has no group" },
        { "encryption 3des aes-cbc-128", "encryption des", "no usable encryption" },
        { "encryption 3des aes-cbc-128", "encryption rot13", "\"rot13\" is not supported" },
        { "authentication local pre-share", "authentication local rsa-sig",
          "only pre-shared keys" },
        { " authentication local pre-share\n", "", "lacks authentication local pre-share" },
        { " keyring local KEYRNG\n", "", "has no keyring" },
        { "keyring local KEYRNG", "keyring local x", "keyring x has no peer" },
        { " pre-shared-key remote cisco\n", "", "no pre-shared key for both directions" },
        { "pre-shared-key remote cisco", "pre-shared-key remote 6 AAAA", "key in this form" },
        { "match identity remote address 0.0.0.0", "match identity remote fqdn x",
          "only addresses" },
        { "lifetime 120", "lifetime 119", "is not a number from 120" },
        { "esp-3des esp-sha-hmac", "esp-3des", "has no hmac" },
        { "esp-3des esp-sha-hmac", "esp-gcm 256 esp-sha-hmac", "takes no hmac" },
        { "esp-3des esp-sha-hmac", "esp-aes 111 esp-sha-hmac", "no keys of 111 bits" },
        { "esp-3des esp-sha-hmac", "esp-null esp-sha-hmac", "\"esp-null\" is not supported" },
        { "interface Tunnel0", "interface Tunnel0-with-a-long-name", "cannot be the name" },
        { "interface Loopback0\n",
          "interface Loopback1\n ip address 1.2.3.4 255.255.255.255\n"
          "interface Loopback0\n",
          "a second loopback" },
        { "ip route 192.168.2.1 255.255.255.255 Tunnel0", "ip route 10.0.0.0 255.0.0.0 Tunnel0",
          "leads the tunnel's own packets into it" },
        { "ip route 192.168.2.1 255.255.255.255 Tunnel0", "ip route 10.1.1.1 255.0.0.0 Tunnel0",
          "host bits" },
        { "ip route 192.168.2.1 255.255.255.255 Tunnel0", "ip route 10.1.0.0 255.255.0.0 Tunnel9",
          "there is no interface Tunnel9" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_refused(rows[i][0], rows[i][1], rows[i][2]);
}

/* As on IOS: of one that begins first what it calls itself counts, then where it comes from. */
static void
test_a_peer_behind_a_nat_has_the_key_of_its_identity(void **state)
{
    static const char text[] = "crypto ikev2 keyring R\n"
                               " peer near\n  address 10.0.0.0 255.255.255.0\n"
                               "  pre-shared-key near-key\n"
                               " peer natted\n  identity address 192.168.50.1\n"
                               "  pre-shared-key natted-key\n"
                               " peer half\n  identity address 192.168.50.2\n"
                               "  pre-shared-key local half-key\n";
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *router = read_vector("ios-router1.cfg");
    g_autofree char *whole = g_strconcat(router, "\n", text, NULL);
    g_autoptr(IosConfig) c = ios_config_parse(slice_of(whole), &notes);
    Addr id, half, from, far;

    (void)state;
    assert_non_null(c);
    assert_true(addr_parse("192.168.50.1", &id) && addr_parse("192.168.50.2", &half) &&
                addr_parse("10.0.0.9", &from) && addr_parse("10.9.9.9", &far));
    assert_string_equal(ios_config_key_of(c, "R", &id, &far)->name, "natted");
    assert_string_equal(ios_config_key_of(c, "R", &id, &from)->name, "natted");
    assert_string_equal(ios_config_key_of(c, "R", &half, &from)->name, "near");
    assert_string_equal(ios_config_key_of(c, "R", NULL, &from)->name, "near");
    assert_null(ios_config_key_of(c, "R", &half, &far));
    assert_null(ios_config_key_of(c, "S", &id, &from));
}

static void
test_the_replay_window_is_read(void **state)
{
    static const char line[] =
        "crypto ipsec security-association replay window-size 64\ninterface Tunnel";
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = router1_with("interface Tunnel", line);
    g_autoptr(IosConfig) c = parse(text, &notes);

    (void)state;
    assert_non_null(c);
    assert_int_equal(c->esp.replay_window, 64);
    assert_refused("interface Tunnel",
                   "crypto ipsec security-association replay window-size 32\ninterface Tunnel",
                   "window-size");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_replay_window_is_read),
        cmocka_unit_test(test_router_1_is_read_as_it_says),
        cmocka_unit_test(test_router_1_offers_what_its_policy_names),
        cmocka_unit_test(test_a_proposal_without_a_policy_leaves_the_default),
        cmocka_unit_test(test_the_language_is_known_by_its_content),
        cmocka_unit_test(test_the_running_configuration_hides_the_keys),
        cmocka_unit_test(test_unknown_lines_are_warned_of_with_their_numbers),
        cmocka_unit_test(test_the_key_of_the_longest_network_counts),
        cmocka_unit_test(test_a_peer_behind_a_nat_has_the_key_of_its_identity),
        cmocka_unit_test(test_what_cannot_be_obeyed_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
