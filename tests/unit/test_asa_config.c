/* test_asa_config.c - agent/headend/asa_config.c, asa_parse.c, asa_check.c and the tables of lines
 */

#include "agent/crypto/suite.h"
#include "agent/headend/asa_config.h"
#include "tests/support/test.h"

static AsaConfig *
load(const char *name, AsaNotes *notes)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, name, NULL);

    return asa_config_load(path, notes);
}

static AsaConfig *
parse(const char *text, AsaNotes *notes)
{
    return asa_config_parse(slice_of(text), 0, notes);
}

/* The seed's file with the lines of @more behind it. */
static char *
seed_and(const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_autofree char *seed = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    return g_strconcat(seed, more, NULL);
}

static const char *
note_at(const AsaNotes *notes, guint i)
{
    assert_true(notes->v && i < notes->v->len);
    return ((AsaNote *)g_ptr_array_index(notes->v, i))->text;
}

/* Is there a note of this kind and line whose text has @part? */
static bool
has_note(const AsaNotes *notes, bool error, unsigned line, const char *part)
{
    for (guint i = 0; notes->v && i < notes->v->len; i++) {
        const AsaNote *n = g_ptr_array_index(notes->v, i);

        if (n->error == error && n->line == line && strstr(n->text, part))
            return true;
    }
    return false;
}

/* What the lines of @more give of what ESP does. */
static EspRules
rules_of(const char *more)
{
    g_autofree char *text = seed_and(more);
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = parse(text, &notes);

    assert_non_null(c);
    return c->esp;
}

/* A line of @command with each of @bad behind it is one error. */
static void
assert_refused(const char *command, const char *const *bad, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *line = g_strdup_printf("%s %s\n", command, bad[i]);
        g_autofree char *text = seed_and(line);
        g_auto(AsaNotes) notes = { 0 };

        assert_null(parse(text, &notes));
        assert_int_equal(notes.n_errors, 1);
    }
}

static void
test_the_replay_window_is_read(void **state)
{
    static const char *const bad[] = { "window-size 63", "window-size 4097", "window-size x",
                                       "enable" };

    (void)state;
    assert_int_equal(rules_of("").replay_window, 0);
    assert_int_equal(
        rules_of("crypto ipsec security-association replay window-size 512\n").replay_window, 512);
    assert_int_equal(rules_of("crypto ipsec security-association replay disable\n").replay_window,
                     ESP_REPLAY_OFF);
    assert_refused("crypto ipsec security-association replay", bad, G_N_ELEMENTS(bad));
}

static void
test_the_df_bit_is_read(void **state)
{
    static const char *const bad[] = { "copy-df", "copy-df outside twice", "keep-df outside" };

    (void)state;
    assert_int_equal(rules_of("").df, ESP_DF_SET);
    assert_int_equal(rules_of("crypto ipsec df-bit copy-df outside\n").df, ESP_DF_COPY);
    assert_int_equal(rules_of("crypto ipsec df-bit clear-df outside\n").df, ESP_DF_CLEAR);
    assert_int_equal(rules_of("crypto ipsec df-bit clear\ncrypto ipsec df-bit set\n").df,
                     ESP_DF_SET);
    assert_int_equal(rules_of("crypto ipsec fragmentation after-encryption outside\n").df,
                     ESP_DF_SET);
    assert_refused("crypto ipsec df-bit", bad, G_N_ELEMENTS(bad));
}

static void
test_the_segment_size_of_tcp_is_read(void **state)
{
    static const char *const bad[] = { "47", "65536", "x", "minimum 100" };

    (void)state;
    assert_int_equal(rules_of("").tcp_mss, 1380);
    assert_int_equal(rules_of("sysopt connection tcpmss 900\n").tcp_mss, 900);
    assert_int_equal(rules_of("sysopt connection tcpmss 0\n").tcp_mss, 0);
    assert_refused("sysopt connection tcpmss", bad, G_N_ELEMENTS(bad));
}

static void
assert_addr(const Addr *a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, buf), text);
}

/* The seed document's configuration, byte for byte: no error, and the values it says. */
static void
test_the_seed_is_accepted_as_it_stands(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = load("asa-ikev2.cfg", &notes);
    const AsaIkePolicy *ike;
    const AsaIpsecProposal *esp;
    const AsaPool *pool;
    const AsaTunnelGroup *g;
    const AsaUser *u;

    (void)state;
    assert_int_equal(notes.n_errors, 0);
    assert_non_null(c);
    assert_string_equal(c->hostname, "ASA-IKEV2");
    assert_ptr_equal(c->outside, asa_config_nameif(c, "outside"));
    assert_addr(&c->outside->addr, "10.0.0.1");
    assert_int_equal(c->outside->net.len, 24);
    pool = asa_config_pool(c, "webvpn1", ADDR_V4);
    assert_non_null(pool);
    assert_addr(&pool->first, "10.2.2.1");
    assert_addr(&pool->last, "10.2.2.10");
    assert_int_equal(pool->mask.family, ADDR_NONE);
    assert_int_equal(c->ike_policies->len, 1);
    ike = g_ptr_array_index(c->ike_policies, 0);
    assert_int_equal(ike->number, 10);
    assert_int_equal(ike->encr.n, 1);
    assert_int_equal(ike->encr.v[0].id, ENCR_AES_CBC);
    assert_int_equal(ike->encr.v[0].bits, 192);
    assert_int_equal(ike->integ.v[0].id, AUTH_HMAC_SHA1_96);
    assert_int_equal(ike->prf.v[0].id, PRF_HMAC_SHA1);
    assert_int_equal(ike->group.v[0].id, KE_MODP1024);
    assert_int_equal(ike->lifetime, 86400);
    esp = asa_config_proposal(c, "3des");
    assert_int_equal(esp->encr.n, 3); /* des is never chosen */
    assert_int_equal(esp->encr.v[0].bits, 256);
    assert_int_equal(esp->encr.v[1].bits, 128);
    assert_int_equal(esp->encr.v[2].id, ENCR_3DES);
    assert_int_equal(esp->integ.n, 1);
    assert_string_equal(c->trustpoint->name, "Anu-ikev2");
    assert_true(c->trustpoint->self);
    assert_int_equal(c->csport, 443);
    assert_true(c->group_list);
    assert_string_equal(c->map->dynamic, "dynmap");
    assert_int_equal(c->dynamic->seq, 1000);
    u = asa_config_user(c, "Anu");
    assert_string_equal(u->hash, "lAuoFgF7KmB3D0WI");
    assert_int_equal(u->form, ASA_USER_MD5);
    g = asa_config_group_of(c, "asa-ikev2");
    assert_string_equal(g->name, "ASA-IKEV2");
    assert_string_equal(g->pools.v[0], "webvpn1");
    assert_int_equal(g->aliases.n, 1);
}

static void
test_the_seed_warns_of_its_weak_lines_only(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = load("asa-ikev2.cfg", &notes);

    (void)state;
    assert_non_null(c);
    assert_true(has_note(&notes, false, 11, "des is too weak"));
    assert_true(has_note(&notes, false, 49, "MD5"));
    assert_int_equal(notes.n_warnings, 2);
}

static void
test_the_running_configuration_is_the_seed_itself(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = load("asa-ikev2.cfg", &notes);
    g_autofree char *seed = seed_and("");

    (void)state;
    assert_string_equal(c->running->str, seed);
}

static void
test_the_modern_example_has_no_notes(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = load("asa-modern.cfg", &notes);
    const AsaIkePolicy *ike;

    (void)state;
    assert_non_null(c);
    assert_int_equal(notes.n_errors + notes.n_warnings, 0);
    ike = g_ptr_array_index(c->ike_policies, 0);
    assert_int_equal(ike->encr.v[0].id, ENCR_AES_GCM_16);
    assert_int_equal(ike->encr.v[0].bits, 256);
    assert_int_equal(ike->group.n, 2);
    assert_int_equal(ike->group.v[0].id, KE_ECP384);
}

static void
test_a_policy_inherits_from_the_default_and_the_built_in_one(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = seed_and("group-policy DfltGrpPolicy attributes\n"
                                     " banner value one\n"
                                     " banner value two \"x\n"
                                     " vpn-idle-timeout 5\n"
                                     " dns-server value 10.1.1.1 10.1.1.2\n"
                                     " webvpn\n"
                                     "  anyconnect mtu 1300\n"
                                     "group-policy ASA-IKEV2 attributes\n"
                                     " vpn-idle-timeout none\n");
    g_autoptr(AsaConfig) c = parse(text, &notes);
    const AsaGroupPolicy *p;

    (void)state;
    assert_non_null(c);
    p = asa_config_policy(c, "ASA-IKEV2");
    assert_string_equal(p->name, "ASA-IKEV2");
    assert_string_equal(p->banner, "one\ntwo \"x"); /* from the default */
    assert_int_equal(p->n_dns, 0);                  /* said: none */
    assert_int_equal(p->idle, 0);                   /* said: none */
    assert_int_equal(p->mtu, 1300);                 /* from the default */
    assert_int_equal(p->logins, 3);                 /* built in */
    assert_int_equal(p->dpd_gateway, 30);           /* built in */
    p = asa_config_policy(c, NULL);
    assert_int_equal(p->idle, 300);
    assert_int_equal(p->n_dns, 2);
}

/* Each line, put behind the seed, is an error or a warning with its number. */
static const struct {
    const char *more;
    bool error;
    unsigned line; /* counted from the first line of @more */
    const char *part;
} notes_of[] = {
    { "router bgp 65000\n", false, 1, "ignored: router bgp 65000" },
    { "flow-export x\n y\n  z\nhostname b\n", false, 1,
      "ignored with the 2 lines below it: flow-export x" },
    { "webvpn\n frob on\n", false, 2, "ignored: frob on" },
    { "crypto ikev2 frobnicate always\n", false, 1, "ignored: crypto ikev2 frob" },
    { "tunnel-group site type ipsec-l2l\n", true, 1, "is the address of its peer, not site" },
    { "interface a\n ip address 10.0.0 255.0.0.0\n", true, 2, "\"10.0.0\" is not an IPv4" },
    { "interface a\n ip address 10.0.0.1 255.0.255.0\n", true, 2, "is not a network mask" },
    { "interface a\n ip address 10.0.0.1\n", true, 2, "expected: ip address ADDRESS MASK" },
    { "interface a\n nameif outside\n", true, 2, "another interface is called outside" },
    { "ip local pool p 10.2.2.9-10.2.2.1\n", true, 1, "ends before it begins" },
    { "ip local pool p 10.0.0.0-10.255.255.255\n", true, 1, "more than 262144 addresses" },
    { "ip local pool p 0.0.0.0-0.0.0.9\n", true, 1, "that no host can have" },
    { "ip local pool webvpn1 10.3.0.1-10.3.0.2\n", true, 1, "defined twice" },
    { "ip local pool p 10.2.2.10-10.2.2.20\n", true, 1, "has addresses of pool webvpn1" },
    { "ip local pool p\n", true, 1, "expected: ip local pool" },
    { "ipv6 local pool p 2001:db8::/120 300\n", true, 1, "more addresses than its prefix" },
    { "crypto ikev2 policy 0\n", true, 1, "not a number from 1 to 65535" },
    { "crypto ikev2 policy 5\n encryption blowfish\n", true, 2,
      "encryption \"blowfish\" is not supported" },
    { "crypto ikev2 policy 5\n encryption des\n", true, 2, "no usable encryption" },
    { "crypto ikev2 policy 5\n group 99\n", true, 2, "group \"99\" is not supported" },
    { "crypto ikev2 policy 5\n encryption aes\n integrity sha\n group 14\n", true, 1,
      "IKE policy 5 has no prf" },
    { "crypto ikev2 policy 5\n encryption aes\n integrity null\n prf sha\n group 14\n", true, 1,
      "IKE policy 5 has no integrity for its encryption" },
    { "crypto ikev2 enable inside\n", true, 1, "IKEv2 is enabled on outside already" },
    { "crypto ikev2 remote-access trustpoint nobody\n", true, 1, "there is no trustpoint nobody" },
    { "ssl trust-point nobody outside\n", true, 1, "there is no trustpoint nobody" },
    { "crypto ca trustpoint ../../etc\n", true, 1, "use letters, digits" },
    { "crypto ca trustpoint t\ncrypto ikev2 remote-access trustpoint t\n", true, 1,
      "neither enrollment self nor" },
    { "!acheadend trustpoint t certificate a key b\n", true, 1, "no line above is" },
    { "!acheadend frobnicate 1\n", true, 1, "no setting like this" },
    { "!acheadend listen 10.0.0\n", true, 1, "is not an IP address" },
    { "username bob password secret\n", false, 1, "stands here in clear text" },
    { "username bob password secret scrypt\n", true, 1, "expected: username NAME password HASH" },
    { "username bob password 00 nt-encrypted\n", true, 1, "not hexadecimal of 32 to 32 digits" },
    { "username bob password *****\n", true, 1, "printed without its secrets" },
    { "username bob password short encrypted\n", true, 1, "not a hash of the form" },
    { "username bob password $sha512$5000$x$y pbkdf2\n", true, 1, "$sha512$ROUNDS$SALT$HASH" },
    { "username bob nopassword\n", true, 1, "without password" },
    { "username bob attributes\n", true, 1, "no line above is: username bob password" },
    { "username Anu attributes\n vpn-group-policy nobody\n", true, 2, "no group policy nobody" },
    { "username Anu attributes\n group-lock value nobody\n", true, 2, "no tunnel group nobody" },
    { "group-policy x attributes\n", true, 1, "no line above is: group-policy x internal" },
    { "group-policy x external server-group r\n", true, 1, "expected internal" },
    { "group-policy ASA-IKEV2 attributes\n address-pools value none-such\n", true, 2,
      "there is no IPv4 pool none-such" },
    { "group-policy ASA-IKEV2 attributes\n split-tunnel-policy some\n", true, 2, "expected:" },
    { "group-policy ASA-IKEV2 attributes\n split-tunnel-policy tunnelspecified\n", true, 2,
      "has no split-tunnel-network-list" },
    { "group-policy ASA-IKEV2 attributes\n split-tunnel-network-list value l\n", true, 2,
      "there is no access list l" },
    { "access-list l standard deny 10.0.0.0 255.0.0.0\n"
      "group-policy ASA-IKEV2 attributes\n split-tunnel-policy tunnelspecified\n"
      " split-tunnel-network-list value l\n",
      true, 1, "cannot stand in a list for split tunnelling" },
    { "group-policy ASA-IKEV2 attributes\n dns-server value 127.0.0.1\n", true, 2,
      "cannot be a server" },
    { "group-policy ASA-IKEV2 attributes\n vpn-filter value acl\n", true, 2, "not supported" },
    { "group-policy ASA-IKEV2 attributes\n vpn-idle-timeout 0\n", true, 2, "minutes \"0\"" },
    { "group-policy ASA-IKEV2 attributes\n vpn-tunnel-protocol ikev3\n", true, 2,
      "\"ikev3\" does not exist" },
    { "group-policy ASA-IKEV2 attributes\n webvpn\n  anyconnect mtu 64\n", true, 3, "mtu \"64\"" },
    { "group-policy ASA-IKEV2 attributes\n webvpn\n  anyconnect profiles value x type user\n", true,
      3, "no line anyconnect profiles x" },
    { "tunnel-group x general-attributes\n", true, 1, "no line above is: tunnel-group x type" },
    { "tunnel-group ASA-IKEV2 general-attributes\n address-pool none-such\n", true, 2,
      "there is no IPv4 pool none-such" },
    { "tunnel-group ASA-IKEV2 general-attributes\n default-group-policy x\n", true, 2,
      "there is no group policy x" },
    { "tunnel-group ASA-IKEV2 general-attributes\n authentication-server-group RADIUS\n", true, 2,
      "expected LOCAL" },
    { "tunnel-group ASA-IKEV2 webvpn-attributes\n authentication saml\n", true, 2,
      "expected: authentication aaa" },
    { "tunnel-group t2 type remote-access\ntunnel-group t2 webvpn-attributes\n"
      " group-alias ASA-IKEV2 enable\n",
      true, 3, "means another tunnel group already" },
    { "hostname a\x01\n", true, 1, "has a control character" },
};

static unsigned
count_lines(const char *text)
{
    unsigned n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void
test_lines_that_cannot_be_obeyed_are_named_by_number(void **state)
{
    g_autofree char *seed = seed_and("");
    unsigned before = count_lines(seed);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(notes_of); i++) {
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *text = seed_and(notes_of[i].more);
        g_autoptr(AsaConfig) c = parse(text, &notes);

        if (!has_note(&notes, notes_of[i].error, before + notes_of[i].line, notes_of[i].part))
            fail_msg("%s: got: %s", notes_of[i].more,
                     notes.v ? note_at(&notes, notes.v->len - 1) : "nothing");
        assert_int_equal(c == NULL, notes_of[i].error);
    }
}

static void
test_every_error_of_a_file_is_reported(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = parse("interface e\n"
                                   " ip address 1.2.3 4\n"
                                   "crypto ikev2 policy 1\n"
                                   " encryption x\n"
                                   " group y\n"
                                   "username u nopassword\n",
                                   &notes);

    (void)state;
    assert_null(c);
    for (unsigned line = 2; line <= 6; line++)
        if (line != 3)
            assert_true(has_note(&notes, true, line, ""));
    assert_true(has_note(&notes, true, 0, "crypto ikev2 enable"));
    assert_true(has_note(&notes, true, 0, "tunnel-group NAME type remote-access"));
    assert_int_equal(((AsaNote *)g_ptr_array_index(notes.v, 0))->line, 2); /* in order */
}

static void
test_a_note_names_file_and_line(void **state)
{
    AsaNote with = { .error = true, .line = 14, .text = (char *)"no" };
    AsaNote without = { .text = (char *)"hm" };
    g_autofree char *a = asa_note_format(&with, "gw.cfg");
    g_autofree char *b = asa_note_format(&without, "gw.cfg");

    (void)state;
    assert_string_equal(a, "gw.cfg:14: error: no");
    assert_string_equal(b, "gw.cfg: warning: hm");
}

static void
test_what_is_too_large_is_refused_whole(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = g_strnfill(ASA_FILE_MAX + 1, '\n');

    (void)state;
    assert_null(parse(text, &notes));
    assert_true(has_note(&notes, true, 0, "larger than 1048576 octets"));
}

static void
test_notes_beyond_the_limit_are_only_counted(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(GString) text = g_string_new(NULL);

    (void)state;
    for (int i = 0; i < 3 * ASA_NOTES_MAX; i++)
        g_string_append(text, "frob\n");
    assert_null(parse(text->str, &notes));
    assert_int_equal(notes.v->len, ASA_NOTES_MAX);
    assert_true(notes.n_warnings >= 3 * ASA_NOTES_MAX);
    assert_true(notes.n_errors > 0);
}

static void
test_fragmentation_is_on_until_a_line_says_otherwise(void **state)
{
    static const struct {
        const char *line;
        bool on, cisco;
        uint16_t mtu;
    } rows[] = {
        { "", true, false, 0 },
        { "crypto ikev2 fragmentation\n", true, false, 0 },
        { "crypto ikev2 fragmentation mtu 1200\n", true, false, 1200 },
        { "crypto ikev2 fragmentation preferred-method cisco\n", true, true, 0 },
        { "crypto ikev2 fragmentation mtu 600 preferred-method ietf\n", true, false, 600 },
        { "crypto ikev2 fragmentation mtu 600 preferred-method cisco\n", true, true, 600 },
        { "no crypto ikev2 fragmentation\n", false, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = seed_and(rows[i].line);
        g_auto(AsaNotes) notes = { 0 };
        g_autoptr(AsaConfig) c = parse(text, &notes);

        assert_non_null(c);
        assert_int_equal(c->fragmentation, rows[i].on);
        assert_int_equal(c->fragment_cisco, rows[i].cisco);
        assert_int_equal(c->fragment_mtu, rows[i].mtu);
    }
}

static void
test_a_fragment_mtu_that_cannot_be_is_named(void **state)
{
    static const char *const bad[] = { "67", "1501", "many" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *line = g_strdup_printf("crypto ikev2 fragmentation mtu %s\n", bad[i]);
        g_autofree char *text = seed_and(line);
        g_auto(AsaNotes) notes = { 0 };
        g_autoptr(AsaConfig) c = parse(text, &notes);

        assert_null(c);
        assert_int_equal(notes.n_errors, 1);
    }
}

static void
test_cookies_and_limits_are_as_the_lines_say(void **state)
{
    static const struct {
        const char *line;
        uint32_t percent, negotiating, all;
    } rows[] = {
        { "", 50, 0, 0 },
        { "crypto ikev2 cookie-challenge 70\n", 70, 0, 0 },
        { "crypto ikev2 cookie-challenge always\n", 0, 0, 0 },
        { "crypto ikev2 cookie-challenge never\n", ASA_COOKIE_NEVER, 0, 0 },
        { "crypto ikev2 limit max-in-negotiation-sa 40\n", 50, 40, 0 },
        { "crypto ikev2 limit max-sa 1000\n", 50, 0, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = seed_and(rows[i].line);
        g_auto(AsaNotes) notes = { 0 };
        g_autoptr(AsaConfig) c = parse(text, &notes);

        assert_non_null(c);
        assert_int_equal(c->cookie_percent, rows[i].percent);
        assert_int_equal(c->max_negotiating, rows[i].negotiating);
        assert_int_equal(c->max_sa, rows[i].all);
    }
}

static void
test_limits_that_cannot_be_are_named(void **state)
{
    static const char *const bad[] = { "cookie-challenge 101", "cookie-challenge often",
                                       "limit max-sa 0", "limit max-in-negotiation-sa 40001" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *line = g_strdup_printf("crypto ikev2 %s\n", bad[i]);
        g_autofree char *text = seed_and(line);
        g_auto(AsaNotes) notes = { 0 };
        g_autoptr(AsaConfig) c = parse(text, &notes);

        assert_null(c);
        assert_int_equal(notes.n_errors, 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_replay_window_is_read),
        cmocka_unit_test(test_the_df_bit_is_read),
        cmocka_unit_test(test_the_segment_size_of_tcp_is_read),
        cmocka_unit_test(test_cookies_and_limits_are_as_the_lines_say),
        cmocka_unit_test(test_limits_that_cannot_be_are_named),
        cmocka_unit_test(test_the_seed_is_accepted_as_it_stands),
        cmocka_unit_test(test_the_seed_warns_of_its_weak_lines_only),
        cmocka_unit_test(test_the_running_configuration_is_the_seed_itself),
        cmocka_unit_test(test_the_modern_example_has_no_notes),
        cmocka_unit_test(test_a_policy_inherits_from_the_default_and_the_built_in_one),
        cmocka_unit_test(test_lines_that_cannot_be_obeyed_are_named_by_number),
        cmocka_unit_test(test_every_error_of_a_file_is_reported),
        cmocka_unit_test(test_a_note_names_file_and_line),
        cmocka_unit_test(test_what_is_too_large_is_refused_whole),
        cmocka_unit_test(test_notes_beyond_the_limit_are_only_counted),
        cmocka_unit_test(test_fragmentation_is_on_until_a_line_says_otherwise),
        cmocka_unit_test(test_a_fragment_mtu_that_cannot_be_is_named),
    };

    return cmocka_run_group_tests_name("asa_config", tests, NULL, NULL);
}
