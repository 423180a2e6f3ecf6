/* test_session_login.c - agent/headend/session_login.c: clients that are no AnyConnect and sites,
 * on real sockets in a network namespace of the test's own */

#include "tests/support/gateway_caller.h"
#include "tests/support/netns.h"

static void
test_a_client_with_the_groups_key_gets_an_address(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_shared_plan("shared", "everybody-knows-it");
    g_autoptr(Caller) c = NULL;
    char text[ADDR_TEXT_MAX];

    caller_open_world(w, "");
    c = caller_new("192.168.1.1", &plan, NULL, NULL);
    caller_decide(c);
    assert_true(c->up && c->replied);
    assert_string_equal(addr_format(&c->reply.ip4, text), "10.2.4.1");
    assert_int_equal(c->reply.n_dns, 1);
    assert_int_equal(c->reply.dpd_interval, 0); /* a client that did not ask for it */
    /* the split tunnel is what it may reach */
    assert_int_equal(c->remote.n, 1);
    assert_int_equal(c->remote.s[0].first.b[1], 10);
    assert_int_equal(c->remote.s[0].last.b[1], 10);
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : shared ");
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Rem Auth Mode  : preSharedKeys");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "no active sessions");
    gateway_world_shows(w, "crypto ikev2 sa", "Auth sign: PSK, Auth verify: PSK");
}

static bool
is_idle(const GatewayWorld *w)
{
    return pool_leased(gateway_pool(w->gateway, asa_config_pool(w->config, "standard", ADDR_V4))) ==
           0;
}

static void
test_a_wrong_key_gets_nothing(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_shared_plan("shared", "everybody-guesses-it");
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    c = caller_new("192.168.1.1", &plan, NULL, NULL);
    caller_decide(c);
    assert_false(c->up);
    assert_int_equal(c->reason, IKE_REASON_LOGIN);
    assert_true(is_idle(w));
}

static void
test_who_is_in_no_group_gets_nothing(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_shared_plan("unheard-of", "everybody-knows-it");
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    c = caller_new("192.168.1.1", &plan, NULL, NULL);
    caller_decide(c);
    assert_false(c->up);
    assert_true(is_idle(w));
}

static void
test_a_guesser_is_shut_out_for_a_while(void **state)
{
    GatewayWorld *w = *state;
    IkePlan wrong = caller_shared_plan("shared", "wrong"),
            right = caller_shared_plan("shared", "everybody-knows-it");
    g_autoptr(Caller) here = NULL;
    g_autoptr(Caller) elsewhere = NULL;

    caller_open_world(w, "");
    /* far fewer seconds pass than would forgive one */
    for (unsigned i = 0; i < TRIES_BURST + 2; i++) {
        g_autoptr(Caller) c = caller_new("192.168.1.1", &wrong, NULL, NULL);

        caller_decide(c);
        assert_false(c->up);
    }
    here = caller_new("192.168.1.1", &right, NULL, NULL);
    caller_decide(here);
    assert_false(here->up);
    elsewhere = caller_new("192.168.1.2", &right, NULL, NULL);
    caller_decide(elsewhere);
    assert_true(elsewhere->up);
}

static void
test_a_certificate_logs_in_as_its_owner(void **state)
{
    GatewayWorld *w = *state;
    CertSpec root = caller_root(), spec = caller_certificate(&root);
    g_autoptr(X509Chain) chain = caller_chain(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(caller_leaf_key);
    IkePlan plan = caller_certificate_plan("laptops", key, chain);
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    c = caller_new("192.168.1.1", &plan, NULL, NULL);
    caller_decide(c);
    assert_true(c->up && c->replied);
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec",
                        "Username       : Alice Example ");
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec",
                        "Rem Auth Mode  : rsaCertificate");
}

/* Expired, of another authority, not meant for this, made out to somebody else. */
static void
test_bad_certificates_are_refused(void **state)
{
    GatewayWorld *w = *state;
    CertSpec root = caller_root();
    g_autoptr(SigKey) key = sig_key_from_evp(caller_leaf_key);

    caller_open_world(w, "tunnel-group laptops ipsec-attributes\n peer-id-validate req\n");
    for (int i = 0; i < 4; i++) {
        CertSpec spec = caller_certificate(i == 1 ? NULL : &root);
        g_autoptr(X509Chain) chain = NULL;
        g_autoptr(Caller) c = NULL;
        IkePlan plan;

        if (i == 0)
            spec.not_after = CERTS_NOW;
        if (i == 2)
            spec.purpose = "codeSigning";
        if (i == 3)
            spec.san = "DNS:desktops";
        chain = caller_chain(&spec);
        plan = caller_certificate_plan("laptops", key, chain);
        c = caller_new("192.168.1.1", &plan, NULL, NULL);
        caller_decide(c);
        assert_false(c->up);
        assert_true(is_idle(w));
    }
}

static void
test_a_site_reaches_the_networks_of_its_list(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = { .ours = IKE_WAY_PSK,
                     .theirs = IKE_WAY_PSK,
                     .id = { IKE_ID_FQDN, slice_of("router") },
                     .psk_ours = slice_of("their-key"),
                     .psk_theirs = slice_of("our-key") };
    g_autoptr(Caller) c = NULL;
    Selector want;
    Prefix p;

    caller_open_world(w, "");
    c = caller_new("192.0.2.1", &plan, "10.20.0.0/14", "0.0.0.0/0");
    caller_decide(c);
    assert_true(c->up);
    assert_false(c->replied);
    /* narrowed to the list: 10.20 and 10.21 there, 10.10 here */
    assert_int_equal(c->local.n, 2);
    assert_int_equal(c->remote.n, 1);
    assert_true(prefix_parse("10.10.0.0/16", &p));
    want = selector_of_prefix(&p);
    assert_true(selector_equal(&c->remote.s[0], &want));
    gateway_world_shows(w, "vpn-sessiondb detail l2l", "Session Type: LAN-to-LAN Detailed");
    gateway_world_shows(w, "crypto ikev2 sa", "remote selector 10.20.0.0/0 - 10.20.255.255/65535");
}

static void
test_a_site_with_other_networks_gets_no_tunnel(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = { .ours = IKE_WAY_PSK,
                     .theirs = IKE_WAY_PSK,
                     .id = { IKE_ID_FQDN, slice_of("router") },
                     .psk_ours = slice_of("their-key"),
                     .psk_theirs = slice_of("our-key") };
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    c = caller_new("192.0.2.1", &plan, "172.16.0.0/16", "10.10.0.0/16");
    caller_decide(c);
    assert_false(c->up);
}

/* What is behind a site goes into the tunnel or nowhere: the route is there before the site is. */
static void
test_the_networks_of_a_site_are_routed_inside(void **state)
{
    GatewayWorld *w = *state;
    g_autofree char *routes = NULL;

    caller_open_world(w, "");
    routes = netns_run("ip route show 10.20.0.0/16");
    assert_non_null(strstr(routes, "achead"));
}

static const EapMethod *const mschapv2[] = { &eap_mschapv2, NULL };
static const EapMethod *const gtc[] = { &eap_gtc, NULL };
static const EapMethod *const md5[] = { &eap_md5, NULL };
static const EapMethod *const tls[] = { &eap_tls, NULL };
static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };

/* Whoever keeps his password in a form that the method can use; a client that does not speak the
 * first method of the gateway says which it does. */
static void
test_passwords_log_in_by_the_method_of_the_client(void **state)
{
    static const struct {
        const EapMethod *const *methods;
        const char *user, *password;
        bool up;
    } rows[] = {
        { mschapv2, "alice", "correct-horse", true },
        { mschapv2, "bob", "test", true },
        { gtc, "alice", "correct-horse", true },
        { gtc, "carol", "cisco123", true },
        { md5, "alice", "correct-horse", true },
        { mschapv2, "alice", "wrong", false },
        { mschapv2, "carol", "cisco123", false },
        { gtc, "carol", "wrong", false },
        { md5, "alice", "wrong", false },
        { md5, "bob", "test", false },
        { mschapv2, "nobody", "test", false },
        { gtc, "nobody", "test", false },
        { mschapv2, "CORP\\alice", "correct-horse", true },
    };
    GatewayWorld *w = *state;

    caller_open_world(w, "");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        IkePlan plan = caller_eap_plan("someone@example.com", rows[i].methods);
        g_autoptr(Caller) c = caller_log_in("192.168.1.1", &plan, rows[i].user, rows[i].password);

        if (c->up != rows[i].up)
            fail_msg("%s with %s by %s", rows[i].user, rows[i].password, rows[i].methods[0]->name);
        if (rows[i].up)
            gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec",
                                strchr(rows[i].user, '\\') ? "alice" : rows[i].user);
    }
}

static void
test_an_nt_hash_serves_a_typed_password_too(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_eap_plan("someone@example.com", gtc);
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    c = caller_log_in("192.168.1.1", &plan, "bob", "test");
    assert_true(c->up);
}

static void
test_a_locked_user_stays_in_his_group(void **state)
{
    GatewayWorld *w = *state;
    IkePlan plan = caller_eap_plan("someone@example.com", mschapv2);
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "username alice attributes\n group-lock value laptops\n");
    c = caller_log_in("192.168.1.1", &plan, "alice", "correct-horse");
    assert_false(c->up);
    assert_true(is_idle(w));
}

static void
test_a_certificate_logs_in_by_eap_tls(void **state)
{
    GatewayWorld *w = *state;
    CertSpec root = caller_root(), spec = caller_certificate(&root);
    g_autoptr(X509Chain) chain = caller_chain(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(caller_leaf_key);
    IkePlan plan = caller_eap_plan("alice@example.com", tls);
    X509Store *anchors = x509_store_new();
    g_autofree char *pem = NULL;
    g_autoptr(Caller) c = NULL;

    caller_open_world(w, "");
    pem = x509_chain_to_pem(peers_identity(w->gateway->peers, w->config->trustpoint)->chain);
    assert_true(x509_store_add_pem(anchors, slice_of(pem), NULL));
    plan.eap_setup = (EapSetup){ .identity = "alice@example.com",
                                 .key = key,
                                 .chain = chain,
                                 .anchors = anchors,
                                 .host = "gw.example.com" };
    c = caller_log_in("192.168.1.1", &plan, "", "");
    assert_true(c->up);
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec",
                        "Username       : Alice Example ");
    x509_store_free(anchors);
}

static void
test_certificate_and_password_are_both_needed(void **state)
{
    GatewayWorld *w = *state;
    CertSpec root = caller_root(), spec = caller_certificate(&root);
    g_autoptr(X509Chain) chain = NULL;
    g_autoptr(SigKey) key = sig_key_from_evp(caller_leaf_key);
    IkePlan plan = caller_eap_plan("both", mschapv2), alone = caller_eap_plan("both", mschapv2);
    g_autoptr(Caller) both = NULL;
    g_autoptr(Caller) wrong = NULL;
    g_autoptr(Caller) without = NULL;

    spec.san = "DNS:both";
    chain = caller_chain(&spec);
    plan.ours = IKE_WAY_CERT_EAP;
    plan.id.type = alone.id.type = IKE_ID_FQDN;
    plan.key = key;
    plan.chain = chain;
    caller_open_world(w, "");
    both = caller_log_in("192.168.1.1", &plan, "alice", "correct-horse");
    assert_true(both->up);
    gateway_world_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : alice ");
    wrong = caller_log_in("192.168.1.2", &plan, "alice", "wrong");
    assert_false(wrong->up);
    without = caller_new("192.168.1.3", &alone, NULL, NULL);
    caller_decide(without);
    assert_false(without->up);
}

static void
test_an_anyconnect_shows_its_certificate(void **state)
{
    GatewayWorld *w = *state;
    CertSpec root = caller_root(), spec = caller_certificate(&root);
    g_autoptr(X509Chain) chain = caller_chain(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(caller_leaf_key);
    IkePlan plan = caller_eap_plan("*$AnyConnectClient$*", anyconnect);
    g_autoptr(Caller) with = NULL;
    g_autoptr(Caller) without = NULL;

    plan.id.type = IKE_ID_GROUP;
    plan.eap_setup.ac = (AcIdentity){ .version = "5.0", .device = "linux-64", .group = "cards" };
    caller_open_world(w, "tunnel-group cards type remote-access\n"
                         "tunnel-group cards general-attributes\n default-group-policy standard\n"
                         "tunnel-group cards webvpn-attributes\n authentication certificate\n");
    without = caller_log_in("192.168.1.1", &plan, "", "");
    assert_false(without->up);
    plan.eap_setup.key = key;
    plan.eap_setup.chain = chain;
    with = caller_log_in("192.168.1.2", &plan, "", "");
    assert_true(with->up);
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Username       : Alice Example ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATEWAY_WORLD_TEST(test_a_client_with_the_groups_key_gets_an_address),
        GATEWAY_WORLD_TEST(test_a_wrong_key_gets_nothing),
        GATEWAY_WORLD_TEST(test_who_is_in_no_group_gets_nothing),
        GATEWAY_WORLD_TEST(test_a_guesser_is_shut_out_for_a_while),
        GATEWAY_WORLD_TEST(test_a_certificate_logs_in_as_its_owner),
        GATEWAY_WORLD_TEST(test_bad_certificates_are_refused),
        GATEWAY_WORLD_TEST(test_passwords_log_in_by_the_method_of_the_client),
        GATEWAY_WORLD_TEST(test_an_nt_hash_serves_a_typed_password_too),
        GATEWAY_WORLD_TEST(test_a_locked_user_stays_in_his_group),
        GATEWAY_WORLD_TEST(test_a_certificate_logs_in_by_eap_tls),
        GATEWAY_WORLD_TEST(test_certificate_and_password_are_both_needed),
        GATEWAY_WORLD_TEST(test_an_anyconnect_shows_its_certificate),
        GATEWAY_WORLD_TEST(test_a_site_reaches_the_networks_of_its_list),
        GATEWAY_WORLD_TEST(test_a_site_with_other_networks_gets_no_tunnel),
        GATEWAY_WORLD_TEST(test_the_networks_of_a_site_are_routed_inside),
    };

    caller_net();
    return cmocka_run_group_tests_name("session_login", tests, caller_world_make,
                                       caller_world_free);
}
