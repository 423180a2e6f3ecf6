/* test_session_login.c - agent/headend/session_login.c: clients that are no AnyConnect and sites,
 * on real sockets in a network namespace of the test's own */

#include <glib-unix.h>
#include <glib/gstdio.h>

#include "agent/headend/gateway.h"
#include "agent/headend/gateway_private.h"
#include "agent/link/ike_driver.h"
#include "tests/support/certs.h"
#include "tests/support/netns.h"

enum { PATIENCE_S = 20 };

typedef struct World {
    AsaNotes notes;
    AsaConfig *config;
    Gateway *gateway;
    char *state;
} World;

/* One client or site: two sockets, no TUN. */
typedef struct Caller {
    IkeConfig config;
    IkeSa *sa;
    IkeDriver *driver;
    UdpDoors doors;
    UdpSock *init, *natt;
    guint watch[2];
    bool up, closed;
    IkeReason reason;
    IkeCpReply reply;
    bool replied;
    IkeTs local, remote;
    const char *user, *password; /* what is typed */
} Caller;

static EVP_PKEY *root_key, *leaf_key;

static bool
caller_event(const IkeEvent *ev, void *user)
{
    Caller *c = user;

    if (ev->kind == IKE_EV_CERTIFICATE)
        ike_sa_answer_certificate(c->sa, true, ike_driver_now());
    if (ev->kind == IKE_EV_QUESTION) {
        g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

        ac_fields_set(a.fields, "username", slice_of(c->user));
        ac_fields_set(a.fields, "password", slice_of(c->password));
        ike_sa_answer_eap(c->sa, &a, ike_driver_now());
    }
    if (ev->kind == IKE_EV_CHILD_UP) {
        c->local = ev->child->local;
        c->remote = ev->child->remote;
    }
    if (ev->kind == IKE_EV_UP) {
        c->up = true;
        c->replied = ev->reply && ev->reply->ip4.family == ADDR_V4;
        if (ev->reply) {
            c->reply.ip4 = ev->reply->ip4;
            c->reply.n_dns = ev->reply->n_dns;
            c->reply.dpd_interval = ev->reply->dpd_interval;
        }
    }
    if (ev->kind == IKE_EV_CLOSED) {
        c->closed = true;
        c->reason = ev->reason;
    }
    return true;
}

static gboolean
caller_readable(gint fd, GIOCondition cond, gpointer user)
{
    Caller *c = user;
    UdpSock *s = fd == udp_sock_fd(c->init) ? c->init : c->natt;
    IkeDatagram d;

    (void)cond;
    while (udp_sock_recv(s, &d)) {
        (void)ike_sa_recv(c->sa, &d.path, d.octets, ike_driver_now());
        ike_driver_kick(c->driver);
    }
    return G_SOURCE_CONTINUE;
}

static UdpSock *
caller_socket(const char *from, uint16_t port, bool natt)
{
    UdpSockSetup setup = { .natt = natt };
    g_autoptr(GError) error = NULL;
    UdpSock *s;

    assert_true(addr_parse(from, &setup.local.addr));
    assert_true(addr_parse("10.0.0.1", &setup.remote.addr));
    setup.remote.port = port;
    s = udp_sock_new(&setup, &error);
    if (!s)
        fail_msg("%s", error->message);
    return s;
}

/* Calls the gateway by @plan; a site offers @near to @far and asks for no address. */
static Caller *
call(const char *from, const IkePlan *plan, const char *near, const char *far)
{
    Caller *c = g_new0(Caller, 1);
    IkePath init, natt;
    Prefix p;

    c->config = (IkeConfig){ .sig = { .min_rsa = 2048 }, .plan = *plan };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &c->config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &c->config.esp);
    if (near) {
        c->config.no_cp = true;
        assert_true(prefix_parse(near, &p));
        c->config.tsi = (IkeTs){ .n = 1, .s = { selector_of_prefix(&p) } };
        assert_true(prefix_parse(far, &p));
        c->config.tsr = (IkeTs){ .n = 1, .s = { selector_of_prefix(&p) } };
    }
    c->sa = ike_sa_new(IKE_INITIATOR, &c->config, ike_driver_env());
    c->init = caller_socket(from, 500, false);
    c->natt = caller_socket(from, 4500, true);
    c->watch[0] = g_unix_fd_add(udp_sock_fd(c->init), G_IO_IN, caller_readable, c);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(c->natt), G_IO_IN, caller_readable, c);
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, caller_event, c);
    init = (IkePath){ .local = udp_sock_local(c->init) };
    natt = (IkePath){ .local = udp_sock_local(c->natt), .natt = true };
    assert_true(addr_parse("10.0.0.1", &init.remote.addr));
    natt.remote.addr = init.remote.addr;
    init.remote.port = 500;
    natt.remote.port = 4500;
    ike_sa_start(c->sa, &init, &natt, ike_driver_now());
    ike_driver_kick(c->driver);
    return c;
}

static void
caller_free(Caller *c)
{
    g_source_remove(c->watch[0]);
    g_source_remove(c->watch[1]);
    ike_driver_free(c->driver);
    ike_sa_free(c->sa);
    udp_sock_free(c->init);
    udp_sock_free(c->natt);
    g_free(c);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Caller, caller_free)

static gboolean
too_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

/* Turn the main loop until the call is decided; a test that waits longer than that has failed. */
static void
decide(Caller *c)
{
    bool late = false;
    guint timer = g_timeout_add_seconds(PATIENCE_S, too_late, &late);

    while (!c->up && !c->closed && !late)
        g_main_context_iteration(NULL, TRUE);
    if (late)
        fail_msg("nothing more happens");
    g_source_remove(timer);
}

static X509Chain *
chain_of(const CertSpec *s)
{
    X509Chain *c = x509_chain_new();
    g_autoptr(GBytes) der = certs_make(s);

    assert_true(x509_chain_add(c, certs_view(der)));
    return c;
}

static CertSpec
root_spec(void)
{
    return (CertSpec){ .cn = "Root",
                       .constraints = "critical,CA:TRUE",
                       .usage = "critical,keyCertSign",
                       .not_after = INT64_C(4000000000),
                       .key = root_key };
}

static CertSpec
client_spec(const CertSpec *issuer)
{
    return (CertSpec){ .cn = "Alice Example",
                       .constraints = "CA:FALSE",
                       .usage = "digitalSignature",
                       .purpose = "clientAuth",
                       .san = "email:alice@example.com,DNS:laptops",
                       .not_after = INT64_C(4000000000),
                       .key = leaf_key,
                       .issuer = issuer };
}

static char *
replace(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);

    assert_true(g_strv_length(parts) > 1);
    return g_strjoinv(to, parts);
}

/* The gateway of the standard example, with a certificate of its own making, and @more. */
static void
open_world(World *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-standard.cfg", NULL);
    g_autofree char *ca = g_build_filename(w->state, "ca.pem", NULL);
    g_autofree char *ca_line = g_strconcat("trustpoint clients ca ", ca, NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *self = NULL;
    g_autofree char *no_files = NULL;
    g_autofree char *no_ppk = NULL;
    g_autofree char *with_ca = NULL;
    g_autofree char *all = NULL;
    CertSpec root = root_spec();
    g_autoptr(X509Chain) c = chain_of(&root);
    g_autofree char *pem = x509_chain_to_pem(c);

    assert_true(g_file_set_contents(ca, pem, -1, NULL));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    self = replace(text, "trustpoint gw\n enrollment terminal", "trustpoint gw\n enrollment self");
    no_files = replace(self, "!acheadend trustpoint gw certificate", "! ");
    no_ppk = replace(no_files, "!acheadend ppk", "! ");
    with_ca = replace(no_ppk, "trustpoint clients ca ca.pem", ca_line);
    all = g_strconcat(with_ca, more, NULL);
    w->config = asa_config_parse(slice_of(all), 0, &w->notes);
    assert_non_null(w->config);
    w->gateway = gateway_new(w->config, w->state, false, &error);
    if (!w->gateway)
        fail_msg("%s", error->message);
}

static void
assert_shows(World *w, const char *words, const char *part)
{
    g_autofree char *text = gateway_show(w->gateway, words);

    if (!strstr(text, part))
        fail_msg("show %s has no \"%s\":\n%s", words, part, text);
}

static IkePlan
shared_plan(const char *id, const char *key)
{
    return (IkePlan){ .ours = IKE_WAY_PSK,
                      .theirs = IKE_WAY_PSK,
                      .id = { IKE_ID_FQDN, slice_of(id) },
                      .psk_ours = slice_of(key),
                      .psk_theirs = slice_of(key) };
}

static void
test_a_client_with_the_groups_key_gets_an_address(void **state)
{
    World *w = *state;
    IkePlan plan = shared_plan("shared", "everybody-knows-it");
    g_autoptr(Caller) c = NULL;
    char text[ADDR_TEXT_MAX];

    open_world(w, "");
    c = call("192.168.1.1", &plan, NULL, NULL);
    decide(c);
    assert_true(c->up && c->replied);
    assert_string_equal(addr_format(&c->reply.ip4, text), "10.2.4.1");
    assert_int_equal(c->reply.n_dns, 1);
    assert_int_equal(c->reply.dpd_interval, 0); /* a client that did not ask for it */
    /* the split tunnel is what it may reach */
    assert_int_equal(c->remote.n, 1);
    assert_int_equal(c->remote.s[0].first.b[1], 10);
    assert_int_equal(c->remote.s[0].last.b[1], 10);
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : shared ");
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Rem Auth Mode  : preSharedKeys");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "no active sessions");
    assert_shows(w, "crypto ikev2 sa", "Auth sign: PSK, Auth verify: PSK");
}

static bool
is_idle(const World *w)
{
    return pool_leased(gateway_pool(w->gateway, asa_config_pool(w->config, "standard", ADDR_V4))) ==
           0;
}

static void
test_a_wrong_key_gets_nothing(void **state)
{
    World *w = *state;
    IkePlan plan = shared_plan("shared", "everybody-guesses-it");
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    c = call("192.168.1.1", &plan, NULL, NULL);
    decide(c);
    assert_false(c->up);
    assert_int_equal(c->reason, IKE_REASON_LOGIN);
    assert_true(is_idle(w));
}

static void
test_who_is_in_no_group_gets_nothing(void **state)
{
    World *w = *state;
    IkePlan plan = shared_plan("unheard-of", "everybody-knows-it");
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    c = call("192.168.1.1", &plan, NULL, NULL);
    decide(c);
    assert_false(c->up);
    assert_true(is_idle(w));
}

static void
test_a_guesser_is_shut_out_for_a_while(void **state)
{
    World *w = *state;
    IkePlan wrong = shared_plan("shared", "wrong"),
            right = shared_plan("shared", "everybody-knows-it");
    g_autoptr(Caller) here = NULL;
    g_autoptr(Caller) elsewhere = NULL;

    open_world(w, "");
    /* far fewer seconds pass than would forgive one */
    for (unsigned i = 0; i < TRIES_BURST + 2; i++) {
        g_autoptr(Caller) c = call("192.168.1.1", &wrong, NULL, NULL);

        decide(c);
        assert_false(c->up);
    }
    here = call("192.168.1.1", &right, NULL, NULL);
    decide(here);
    assert_false(here->up);
    elsewhere = call("192.168.1.2", &right, NULL, NULL);
    decide(elsewhere);
    assert_true(elsewhere->up);
}

static IkePlan
certificate_plan(const char *id, const SigKey *key, const X509Chain *chain)
{
    return (IkePlan){ .ours = IKE_WAY_CERT,
                      .theirs = IKE_WAY_CERT,
                      .id = { IKE_ID_FQDN, slice_of(id) },
                      .key = key,
                      .chain = chain };
}

static void
test_a_certificate_logs_in_as_its_owner(void **state)
{
    World *w = *state;
    CertSpec root = root_spec(), spec = client_spec(&root);
    g_autoptr(X509Chain) chain = chain_of(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(leaf_key);
    IkePlan plan = certificate_plan("laptops", key, chain);
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    c = call("192.168.1.1", &plan, NULL, NULL);
    decide(c);
    assert_true(c->up && c->replied);
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : Alice Example ");
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Rem Auth Mode  : rsaCertificate");
}

/* Expired, of another authority, not meant for this, made out to somebody else. */
static void
test_bad_certificates_are_refused(void **state)
{
    World *w = *state;
    CertSpec root = root_spec();
    g_autoptr(SigKey) key = sig_key_from_evp(leaf_key);

    open_world(w, "tunnel-group laptops ipsec-attributes\n peer-id-validate req\n");
    for (int i = 0; i < 4; i++) {
        CertSpec spec = client_spec(i == 1 ? NULL : &root);
        g_autoptr(X509Chain) chain = NULL;
        g_autoptr(Caller) c = NULL;
        IkePlan plan;

        if (i == 0)
            spec.not_after = CERTS_NOW;
        if (i == 2)
            spec.purpose = "codeSigning";
        if (i == 3)
            spec.san = "DNS:desktops";
        chain = chain_of(&spec);
        plan = certificate_plan("laptops", key, chain);
        c = call("192.168.1.1", &plan, NULL, NULL);
        decide(c);
        assert_false(c->up);
        assert_true(is_idle(w));
    }
}

static void
test_a_site_reaches_the_networks_of_its_list(void **state)
{
    World *w = *state;
    IkePlan plan = { .ours = IKE_WAY_PSK,
                     .theirs = IKE_WAY_PSK,
                     .id = { IKE_ID_FQDN, slice_of("router") },
                     .psk_ours = slice_of("their-key"),
                     .psk_theirs = slice_of("our-key") };
    g_autoptr(Caller) c = NULL;
    Selector want;
    Prefix p;

    open_world(w, "");
    c = call("192.0.2.1", &plan, "10.20.0.0/14", "0.0.0.0/0");
    decide(c);
    assert_true(c->up);
    assert_false(c->replied);
    /* narrowed to the list: 10.20 and 10.21 there, 10.10 here */
    assert_int_equal(c->local.n, 2);
    assert_int_equal(c->remote.n, 1);
    assert_true(prefix_parse("10.10.0.0/16", &p));
    want = selector_of_prefix(&p);
    assert_true(selector_equal(&c->remote.s[0], &want));
    assert_shows(w, "vpn-sessiondb detail l2l", "Session Type: LAN-to-LAN Detailed");
    assert_shows(w, "crypto ikev2 sa", "remote selector 10.20.0.0/0 - 10.20.255.255/65535");
}

static void
test_a_site_with_other_networks_gets_no_tunnel(void **state)
{
    World *w = *state;
    IkePlan plan = { .ours = IKE_WAY_PSK,
                     .theirs = IKE_WAY_PSK,
                     .id = { IKE_ID_FQDN, slice_of("router") },
                     .psk_ours = slice_of("their-key"),
                     .psk_theirs = slice_of("our-key") };
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    c = call("192.0.2.1", &plan, "172.16.0.0/16", "10.10.0.0/16");
    decide(c);
    assert_false(c->up);
}

/* What is behind a site goes into the tunnel or nowhere: the route is there before the site is. */
static void
test_the_networks_of_a_site_are_routed_inside(void **state)
{
    World *w = *state;
    g_autofree char *routes = NULL;

    open_world(w, "");
    routes = netns_run("ip route show 10.20.0.0/16");
    assert_non_null(strstr(routes, "achead"));
}

static const EapMethod *const mschapv2[] = { &eap_mschapv2, NULL };
static const EapMethod *const gtc[] = { &eap_gtc, NULL };
static const EapMethod *const md5[] = { &eap_md5, NULL };
static const EapMethod *const tls[] = { &eap_tls, NULL };
static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };

static IkePlan
eap_plan(const char *id, const EapMethod *const *methods)
{
    return (IkePlan){ .ours = IKE_WAY_EAP,
                      .theirs = IKE_WAY_CERT,
                      .id = { IKE_ID_RFC822_ADDR, slice_of(id) },
                      .eap = methods };
}

static Caller *
log_in(const char *from, const IkePlan *plan, const char *user, const char *password)
{
    Caller *c = call(from, plan, NULL, NULL);

    c->user = user;
    c->password = password;
    decide(c);
    return c;
}

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
    World *w = *state;

    open_world(w, "");
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        IkePlan plan = eap_plan("someone@example.com", rows[i].methods);
        g_autoptr(Caller) c = log_in("192.168.1.1", &plan, rows[i].user, rows[i].password);

        if (c->up != rows[i].up)
            fail_msg("%s with %s by %s", rows[i].user, rows[i].password, rows[i].methods[0]->name);
        if (rows[i].up)
            assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec",
                         strchr(rows[i].user, '\\') ? "alice" : rows[i].user);
    }
}

static void
test_an_nt_hash_serves_a_typed_password_too(void **state)
{
    World *w = *state;
    IkePlan plan = eap_plan("someone@example.com", gtc);
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    c = log_in("192.168.1.1", &plan, "bob", "test");
    assert_true(c->up);
}

static void
test_a_locked_user_stays_in_his_group(void **state)
{
    World *w = *state;
    IkePlan plan = eap_plan("someone@example.com", mschapv2);
    g_autoptr(Caller) c = NULL;

    open_world(w, "username alice attributes\n group-lock value laptops\n");
    c = log_in("192.168.1.1", &plan, "alice", "correct-horse");
    assert_false(c->up);
    assert_true(is_idle(w));
}

static void
test_a_certificate_logs_in_by_eap_tls(void **state)
{
    World *w = *state;
    CertSpec root = root_spec(), spec = client_spec(&root);
    g_autoptr(X509Chain) chain = chain_of(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(leaf_key);
    IkePlan plan = eap_plan("alice@example.com", tls);
    X509Store *anchors = x509_store_new();
    g_autofree char *pem = NULL;
    g_autoptr(Caller) c = NULL;

    open_world(w, "");
    pem = x509_chain_to_pem(peers_identity(w->gateway->peers, w->config->trustpoint)->chain);
    assert_true(x509_store_add_pem(anchors, slice_of(pem), NULL));
    plan.eap_setup = (EapSetup){ .identity = "alice@example.com",
                                 .key = key,
                                 .chain = chain,
                                 .anchors = anchors,
                                 .host = "gw.example.com" };
    c = log_in("192.168.1.1", &plan, "", "");
    assert_true(c->up);
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : Alice Example ");
    x509_store_free(anchors);
}

static void
test_certificate_and_password_are_both_needed(void **state)
{
    World *w = *state;
    CertSpec root = root_spec(), spec = client_spec(&root);
    g_autoptr(X509Chain) chain = NULL;
    g_autoptr(SigKey) key = sig_key_from_evp(leaf_key);
    IkePlan plan = eap_plan("both", mschapv2), alone = eap_plan("both", mschapv2);
    g_autoptr(Caller) both = NULL;
    g_autoptr(Caller) wrong = NULL;
    g_autoptr(Caller) without = NULL;

    spec.san = "DNS:both";
    chain = chain_of(&spec);
    plan.ours = IKE_WAY_CERT_EAP;
    plan.id.type = alone.id.type = IKE_ID_FQDN;
    plan.key = key;
    plan.chain = chain;
    open_world(w, "");
    both = log_in("192.168.1.1", &plan, "alice", "correct-horse");
    assert_true(both->up);
    assert_shows(w, "vpn-sessiondb detail ra-ikev2-ipsec", "Username       : alice ");
    wrong = log_in("192.168.1.2", &plan, "alice", "wrong");
    assert_false(wrong->up);
    without = call("192.168.1.3", &alone, NULL, NULL);
    decide(without);
    assert_false(without->up);
}

static void
test_an_anyconnect_shows_its_certificate(void **state)
{
    World *w = *state;
    CertSpec root = root_spec(), spec = client_spec(&root);
    g_autoptr(X509Chain) chain = chain_of(&spec);
    g_autoptr(SigKey) key = sig_key_from_evp(leaf_key);
    IkePlan plan = eap_plan("*$AnyConnectClient$*", anyconnect);
    g_autoptr(Caller) with = NULL;
    g_autoptr(Caller) without = NULL;

    plan.id.type = IKE_ID_GROUP;
    plan.eap_setup.ac = (AcIdentity){ .version = "5.0", .device = "linux-64", .group = "cards" };
    open_world(w, "tunnel-group cards type remote-access\n"
                  "tunnel-group cards general-attributes\n default-group-policy standard\n"
                  "tunnel-group cards webvpn-attributes\n authentication certificate\n");
    without = log_in("192.168.1.1", &plan, "", "");
    assert_false(without->up);
    plan.eap_setup.key = key;
    plan.eap_setup.chain = chain;
    with = log_in("192.168.1.2", &plan, "", "");
    assert_true(with->up);
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Username       : Alice Example ");
}

static int
end_test(void **state)
{
    World *w = *state;

    g_clear_pointer(&w->gateway, gateway_free);
    g_clear_pointer(&w->config, asa_config_free);
    asa_notes_clear(&w->notes);
    return 0;
}

static int
make_world(void **state)
{
    World *w = g_new0(World, 1);

    root_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    w->state = g_dir_make_tmp("acheadend-XXXXXX", NULL);
    *state = w;
    return w->state ? 0 : -1;
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
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(leaf_key);
    g_free(w->state);
    g_free(w);
    return 0;
}

#define TEST(f) cmocka_unit_test_teardown(f, end_test)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_client_with_the_groups_key_gets_an_address),
        TEST(test_a_wrong_key_gets_nothing),
        TEST(test_who_is_in_no_group_gets_nothing),
        TEST(test_a_guesser_is_shut_out_for_a_while),
        TEST(test_a_certificate_logs_in_as_its_owner),
        TEST(test_bad_certificates_are_refused),
        TEST(test_passwords_log_in_by_the_method_of_the_client),
        TEST(test_an_nt_hash_serves_a_typed_password_too),
        TEST(test_a_locked_user_stays_in_his_group),
        TEST(test_a_certificate_logs_in_by_eap_tls),
        TEST(test_certificate_and_password_are_both_needed),
        TEST(test_an_anyconnect_shows_its_certificate),
        TEST(test_a_site_reaches_the_networks_of_its_list),
        TEST(test_a_site_with_other_networks_gets_no_tunnel),
        TEST(test_the_networks_of_a_site_are_routed_inside),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.0.2.1/32 dev lo");
    netns_do("ip addr add 192.168.1.1/32 dev lo");
    netns_do("ip addr add 192.168.1.2/32 dev lo");
    netns_do("ip addr add 192.168.1.3/32 dev lo");
    return cmocka_run_group_tests_name("session_login", tests, make_world, free_world);
}
