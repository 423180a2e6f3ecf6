/* test_asa_peer.c - agent/headend/asa_lines_peer.c, asa_lines_map.c and asa_check_peer.c */

#include "agent/crypto/suite.h"
#include "agent/headend/asa_config.h"
#include "tests/support/test.h"

static AsaConfig *
parse(const char *text, AsaNotes *notes)
{
    return asa_config_parse(slice_of(text), 0, notes);
}

/* The example of standard methods with @more behind it. */
static char *
standard_and(const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-standard.cfg", NULL);
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return g_strconcat(text, more, NULL);
}

static bool
has_note(const AsaNotes *notes, bool error, unsigned line, const char *part)
{
    for (guint i = 0; notes->v && i < notes->v->len; i++) {
        const AsaNote *n = g_ptr_array_index(notes->v, i);

        if (n->error == error && (line == 0 || n->line == line) && strstr(n->text, part))
            return true;
    }
    return false;
}

static void
assert_secret(const Secret *s, const char *text)
{
    assert_int_equal(s->len, strlen(text));
    assert_memory_equal(s->p, text, s->len);
}

static void
test_the_standard_example_is_read_as_it_says(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = standard_and("");
    g_autoptr(AsaConfig) c = parse(text, &notes);
    const AsaTunnelGroup *g;

    (void)state;
    assert_int_equal(notes.n_errors, 0);
    g = asa_config_tunnel_group(c, "192.0.2.1");
    assert_false(g->remote_access);
    assert_secret(&g->psk_peer, "their-key");
    assert_secret(&g->psk_ours, "our-key");
    assert_int_equal(g->keepalive, 10);
    assert_int_equal(g->retry, 3);
    g = asa_config_tunnel_group(c, "DefaultRAGroup");
    assert_true(g->remote_access && g->peer_eap && g->query_identity);
    assert_false(g->peer_cert || g->certificate || g->no_aaa);
    assert_string_equal(g->trustpoint, "gw");
    g = asa_config_tunnel_group(c, "laptops");
    assert_true(g->peer_cert);
    assert_int_equal(g->peer_id, ASA_PEER_ID_NOCHECK);
    g = asa_config_tunnel_group(c, "both");
    assert_true(g->peer_cert && g->peer_eap && g->certificate && !g->no_aaa);
    assert_true(c->id_hostname);
    assert_string_equal(asa_config_trustpoint(c, "clients")->ca, "ca.pem");
}

static void
test_a_site_has_its_peer_networks_and_algorithms(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = standard_and("");
    g_autoptr(AsaConfig) c = parse(text, &notes);
    const AsaCryptoMap *m;
    const AsaAcl *acl;
    Addr peer, other;

    (void)state;
    assert_true(addr_parse("192.0.2.1", &peer));
    assert_true(addr_parse("192.0.2.2", &other));
    m = asa_config_map_to(c, &peer);
    assert_non_null(m);
    assert_null(asa_config_map_to(c, &other));
    assert_int_equal(m->seq, 10);
    assert_int_equal(m->pfs.id, KE_ECP256);
    assert_string_equal(m->proposals.v[0], "gcm");
    acl = asa_config_acl(c, m->acl);
    assert_int_equal(acl->nets->len, 2);
    assert_int_equal(acl->others->len, 2);
    assert_int_equal(g_array_index(acl->others, Prefix, 1).addr.b[1], 21);
    /* the dynamic entry is still the one for clients */
    assert_string_equal(c->map->dynamic, "dynmap");
}

static void
test_users_keep_what_their_form_needs(void **state)
{
    static const uint8_t nt[] = { 0x0c, 0xb6, 0x94, 0x88, 0x05, 0xf7, 0x97, 0xbf,
                                  0x2a, 0x82, 0x80, 0x79, 0x73, 0xb8, 0x95, 0x37 };
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = standard_and("");
    g_autoptr(AsaConfig) c = parse(text, &notes);
    const AsaUser *u = asa_config_user(c, "alice");

    (void)state;
    assert_int_equal(u->form, ASA_USER_PLAIN);
    assert_secret(&u->secret, "correct-horse");
    u = asa_config_user(c, "bob");
    assert_int_equal(u->form, ASA_USER_NT);
    assert_int_equal(u->secret.len, sizeof(nt));
    assert_memory_equal(u->secret.p, nt, sizeof(nt));
    assert_int_equal(asa_config_user(c, "carol")->form, ASA_USER_PBKDF2);
}

static void
test_methods_that_a_hash_cannot_serve_are_named(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *text = standard_and("");
    g_autoptr(AsaConfig) c = parse(text, &notes);

    (void)state;
    assert_true(has_note(&notes, false, asa_config_user(c, "carol")->line, "EAP-MSCHAPv2"));
    assert_true(has_note(&notes, false, asa_config_user(c, "carol")->line, "EAP-MD5"));
    assert_true(has_note(&notes, false, asa_config_user(c, "bob")->line, "EAP-MD5"));
    assert_false(has_note(&notes, false, asa_config_user(c, "bob")->line, "EAP-MSCHAPv2"));
    assert_false(has_note(&notes, false, asa_config_user(c, "alice")->line, "cannot log in"));
}

static void
test_no_secret_is_printed(void **state)
{
    static const char *const secrets[] = { "their-key",     "our-key",  "everybody-knows-it",
                                           "correct-horse", "0cb69488", "0001020304" };
    g_auto(AsaNotes) notes = { 0 }, good_notes = { 0 };
    g_autofree char *text = standard_and("frobnicate password unheard-of\n"
                                         "!acheadend frobnicate key unheard-of\n");
    g_autofree char *good = standard_and("");
    g_autoptr(AsaConfig) none = parse(text, &notes);
    g_autoptr(AsaConfig) c = parse(good, &good_notes);

    (void)state;
    assert_null(none);
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        assert_null(strstr(c->running->str, secrets[i]));
    assert_non_null(
        strstr(c->running->str, "\n ikev2 remote-authentication pre-shared-key *****\n"));
    assert_non_null(strstr(c->running->str, "username bob password ***** nt-encrypted\n"));
    assert_non_null(strstr(c->running->str, "!acheadend ppk first *****\n"));
    assert_non_null(strstr(c->running->str, "certificate gw.pem key gw.key chain ca.pem\n"));
    for (guint i = 0; i < notes.v->len; i++) {
        const AsaNote *n = g_ptr_array_index(notes.v, i);

        assert_null(strstr(n->text, "unheard-of"));
        for (size_t k = 0; k < G_N_ELEMENTS(secrets); k++)
            assert_null(strstr(n->text, secrets[k]));
    }
}

/* Each line, put behind the example, is an error that names it; line 0: another line is at fault.
 */
static const struct {
    const char *more;
    bool error;
    unsigned line;
    const char *part;
} notes_of[] = {
    { "tunnel-group x type remote-access\ntunnel-group x ipsec-attributes\n"
      " ikev2 remote-authentication eap\n",
      true, 3, "has no line ikev2 local-authentication" },
    { "tunnel-group x type remote-access\ntunnel-group x ipsec-attributes\n"
      " ikev2 local-authentication certificate gw\n",
      true, 3, "has no line ikev2 remote-authentication" },
    { "tunnel-group x type remote-access\ntunnel-group x ipsec-attributes\n"
      " ikev2 remote-authentication eap\n ikev2 local-authentication pre-shared-key k\n",
      true, 4, "only where the gateway has a certificate" },
    { "tunnel-group shared webvpn-attributes\n authentication certificate\n", true, 0,
      "wants certificates but" },
    { "tunnel-group laptops webvpn-attributes\n authentication aaa certificate\n", true, 0,
      "wants a password beside the certificate" },
    { "tunnel-group x ipsec-attributes\n", true, 1, "no line above is: tunnel-group x type" },
    { "tunnel-group shared ipsec-attributes\n ikev2 remote-authentication password x\n", true, 2,
      "expected: ikev2 remote-authentication" },
    { "tunnel-group shared ipsec-attributes\n ikev2 remote-authentication pre-shared-key *****\n",
      true, 2, "printed without its secrets" },
    { "tunnel-group shared ipsec-attributes\n ikev2 remote-authentication hex 0g\n", true, 2,
      "is not hexadecimal" },
    { "tunnel-group shared ipsec-attributes\n ikev2 remote-authentication hex 012\n", true, 2,
      "is not hexadecimal" },
    { "tunnel-group shared ipsec-attributes\n ikev2 local-authentication certificate nobody\n",
      true, 2, "there is no trustpoint nobody" },
    { "tunnel-group shared ipsec-attributes\n ikev2 local-authentication certificate clients\n",
      true, 0, "has neither enrollment self" },
    { "tunnel-group shared ipsec-attributes\n isakmp keepalive threshold 1\n", true, 2,
      "not a number from 10 to 3600" },
    { "tunnel-group shared ipsec-attributes\n isakmp keepalive threshold 10 retry 99\n", true, 2,
      "not a number from 2 to 10" },
    { "tunnel-group 192.0.2.1 ipsec-attributes\n ikev2 remote-authentication eap\n", true, 2,
      "not for sites" },
    { "tunnel-group 192.0.2.9 type ipsec-l2l\n", false, 1, "no ikev2 lines" },
    { "tunnel-group 192.0.2.9 type ipsec-l2l\ntunnel-group 192.0.2.9 ipsec-attributes\n"
      " ikev2 remote-authentication pre-shared-key a\n"
      " ikev2 local-authentication pre-shared-key b\n",
      false, 1, "no crypto map has a line set peer 192.0.2.9" },
    { "tunnel-group-map default-group nobody\n", true, 1, "no remote-access group nobody" },
    { "crypto map crymap 20 set peer 192.0.2.3\n", true, 1, "has no match address" },
    { "crypto map crymap 10 set peer 192.0.2\n", true, 1, "is not an IP address" },
    { "crypto map crymap 10 set peer 0.0.0.0\n", true, 1, "cannot be a peer" },
    { "crypto map crymap 10 set peer 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 "
      "1.1.1.8 1.1.1.9 1.1.1.10 1.1.1.11\n",
      true, 1, "more than 10 peers" },
    { "crypto map crymap 10 set peer 10.20.0.1\n", true, 0, "the peer's own address" },
    { "crypto map crymap 10 match address nobody\n", true, 1, "there is no access list nobody" },
    { "crypto map crymap 10 match address inside\n", true, 0, "extended permit ip A B" },
    { "access-list all extended permit ip any any\ncrypto map crymap 10 match address all\n", true,
      1, "sends everything to the peer" },
    { "access-list tcp extended permit tcp any any\ncrypto map crymap 10 match address tcp\n", true,
      1, "extended permit ip A B" },
    { "crypto map crymap 10 set ikev2 ipsec-proposal nobody\n", true, 1,
      "there is no ipsec-proposal nobody" },
    { "crypto map crymap 10 set pfs group99\n", true, 1, "is not supported" },
    { "!acheadend eap-method chap\n", true, 1, "expected: !acheadend eap-method" },
    { "!acheadend eap-method md5 md5 md5 md5 md5\n", true, 1, "expected: !acheadend eap-method" },
    { "!acheadend signature md5\n", true, 1, "expected: !acheadend signature sha1" },
    { "!acheadend signature sha1\n", false, 1, "can be forged" },
    { "!acheadend eap-tls version-max 1.1\n", true, 1, "expected: !acheadend eap-tls" },
    { "!acheadend ppk first 00\n", true, 1, "one post-quantum key is all we can have" },
    { "!acheadend ppk second\n", true, 1, "expected: !acheadend ppk" },
    { "!acheadend trustpoint nobody ca f\n", true, 1, "no line above is" },
};

static void
test_lines_that_cannot_be_obeyed_are_named_by_number(void **state)
{
    g_autofree char *plain = standard_and("");
    unsigned before = 0;

    (void)state;
    for (const char *at = plain; *at; at++)
        before += *at == '\n';
    for (size_t i = 0; i < G_N_ELEMENTS(notes_of); i++) {
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *text = standard_and(notes_of[i].more);
        g_autoptr(AsaConfig) c = parse(text, &notes);

        if (!has_note(&notes, notes_of[i].error, notes_of[i].line ? before + notes_of[i].line : 0,
                      notes_of[i].part))
            fail_msg("%s: got: %s", notes_of[i].more,
                     ((AsaNote *)g_ptr_array_index(notes.v, notes.v->len - 1))->text);
        assert_int_equal(c == NULL, notes_of[i].error);
    }
}

static void
test_who_begins_a_site_to_site_tunnel_is_said(void **state)
{
    static const struct {
        const char *more;
        AsaConnection connection;
    } rows[] = {
        { "", ASA_BIDIRECTIONAL },
        { "crypto map crymap 10 set connection-type answer-only\n", ASA_ANSWER_ONLY },
        { "crypto map crymap 10 set connection-type originate-only\n", ASA_ORIGINATE_ONLY },
        { "crypto map crymap 10 set connection-type answer-only\n"
          "crypto map crymap 10 set connection-type bidirectional\n",
          ASA_BIDIRECTIONAL },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *text = standard_and(rows[i].more);
        g_autoptr(AsaConfig) c = parse(text, &notes);
        const AsaCryptoMap *m;
        Addr peer;

        assert_non_null(c);
        assert_true(addr_parse("192.0.2.1", &peer));
        m = asa_config_map_to(c, &peer);
        assert_non_null(m);
        assert_int_equal(m->connection, rows[i].connection);
    }
}

/* Nothing of AnyConnect is needed where there are only sites. */
static void
test_a_gateway_may_have_sites_alone(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c =
        parse("interface e\n nameif outside\n ip address 10.0.0.1 255.255.255.0\n"
              "access-list s extended permit ip 10.1.0.0 255.255.0.0 host 10.3.0.1\n"
              "crypto ipsec ikev2 ipsec-proposal p\n protocol esp encryption aes\n"
              " protocol esp integrity sha-1\n"
              "crypto map m 1 match address s\ncrypto map m 1 set peer 192.0.2.1 192.0.2.2\n"
              "crypto map m 1 set ikev2 ipsec-proposal p\ncrypto map m interface outside\n"
              "crypto ikev2 policy 1\n encryption aes\n integrity sha\n group 14\n prf sha\n"
              "crypto ikev2 enable outside\n"
              "tunnel-group 192.0.2.1 type ipsec-l2l\ntunnel-group 192.0.2.1 ipsec-attributes\n"
              " ikev2 remote-authentication hex 00ff10\n"
              " ikev2 local-authentication pre-shared-key \"two words\"\n",
              &notes);
    const AsaTunnelGroup *g;

    (void)state;
    assert_non_null(c);
    assert_int_equal(notes.n_errors + notes.n_warnings, 0);
    assert_null(c->trustpoint);
    assert_null(c->dynamic);
    g = asa_config_tunnel_group(c, "192.0.2.1");
    assert_secret(&g->psk_ours, "two words");
    assert_int_equal(g->psk_peer.len, 3);
    assert_int_equal(g->psk_peer.p[1], 0xff);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_standard_example_is_read_as_it_says),
        cmocka_unit_test(test_a_site_has_its_peer_networks_and_algorithms),
        cmocka_unit_test(test_users_keep_what_their_form_needs),
        cmocka_unit_test(test_methods_that_a_hash_cannot_serve_are_named),
        cmocka_unit_test(test_no_secret_is_printed),
        cmocka_unit_test(test_lines_that_cannot_be_obeyed_are_named_by_number),
        cmocka_unit_test(test_who_begins_a_site_to_site_tunnel_is_said),
        cmocka_unit_test(test_a_gateway_may_have_sites_alone),
    };

    return cmocka_run_group_tests_name("asa_peer", tests, NULL, NULL);
}
