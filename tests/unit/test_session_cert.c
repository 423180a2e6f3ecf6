/* test_session_cert.c - agent/headend/session_cert.c and revocation.c: clients whose certificates
 * have been revoked, and those of whom nobody knows */

#include "tests/support/crls.h"
#include "tests/support/gateway_caller.h"
#include "tests/support/http_server.h"

static const EapMethod *const tls[] = { &eap_tls, NULL };
static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };

static const char cards[] =
    "tunnel-group cards type remote-access\n"
    "tunnel-group cards general-attributes\n default-group-policy standard\n"
    "tunnel-group cards webvpn-attributes\n authentication certificate\n";

/* The ways to show a certificate. */
typedef enum Way { BY_IKE, BY_EAP_TLS, BY_ANYCONNECT, N_WAYS } Way;

typedef struct Owner {
    SigKey *key;
    X509Chain *chain;
    X509Store *anchors;
} Owner;

static Owner
owner_of(const GatewayWorld *w, const char *lists)
{
    CertSpec root = caller_root(), spec = caller_certificate(&root);
    g_autofree char *points = g_strconcat("URI:", lists, NULL);
    g_autofree char *pem =
        x509_chain_to_pem(peers_identity(w->gateway->peers, w->config->trustpoint)->chain);
    Owner o = { .key = sig_key_from_evp(caller_leaf_key), .anchors = x509_store_new() };

    spec.crl_points = points;
    o.chain = caller_chain(&spec);
    assert_true(x509_store_add_pem(o.anchors, slice_of(pem), NULL));
    return o;
}

static void
owner_clear(Owner *o)
{
    sig_key_free(o->key);
    x509_chain_free(o->chain);
    x509_store_free(o->anchors);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Owner, owner_clear)

static IkePlan
plan_of(Way way, const Owner *o)
{
    IkePlan plan;

    if (way == BY_IKE)
        return caller_certificate_plan("laptops", o->key, o->chain);
    plan = way == BY_EAP_TLS ? caller_eap_plan("alice@example.com", tls)
                             : caller_eap_plan("*$AnyConnectClient$*", anyconnect);
    plan.eap_setup = (EapSetup){ .key = o->key, .chain = o->chain };
    if (way == BY_EAP_TLS) {
        plan.eap_setup.identity = "alice@example.com";
        plan.eap_setup.anchors = o->anchors;
        plan.eap_setup.host = "gw.example.com";
    } else {
        plan.id.type = IKE_ID_GROUP;
        plan.eap_setup.ac =
            (AcIdentity){ .version = "5.0", .device = "linux-64", .group = "cards" };
    }
    return plan;
}

static bool
logs_in(Way way, const Owner *o)
{
    IkePlan plan = plan_of(way, o);
    g_autoptr(Caller) c = caller_log_in("192.168.1.1", &plan, "", "");

    return c->up;
}

static void
serve_list(HttpServer *s, bool revoked)
{
    CertSpec root = caller_root();
    g_autoptr(GBytes) issuer = certs_make(&root);
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GBytes) der =
        crls_der(crls_make(issuer, caller_root_key, revoked, now - CRLS_DAY, now + CRLS_DAY));

    http_server_set_body(s, der);
}

static void
open_with(GatewayWorld *w, const char *check)
{
    g_autofree char *more =
        g_strconcat(cards, "crypto ca trustpoint clients\n ", check, "\n", NULL);

    caller_open_world(w, more);
}

static void
test_a_revoked_certificate_is_refused_by_every_way(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);

    serve_list(s, true);
    open_with(w, "revocation-check crl none");
    g_auto(Owner) o = owner_of(w, url);
    for (Way way = 0; way < N_WAYS; way++)
        assert_false(logs_in(way, &o));
    assert_int_equal(s->n, 1); /* one list for all of them */
    gateway_world_shows(w, "crypto ca crls", "CRL Issuer Name:\n    CN=Root\n");
    gateway_world_shows(w, "crypto ca crls", url);
    gateway_world_shows(w, "crypto ca crls", "Associated Trustpoints: clients\n");
}

static void
test_a_good_certificate_is_let_in_by_every_way(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);

    serve_list(s, false);
    open_with(w, "revocation-check crl");
    g_auto(Owner) o = owner_of(w, url);
    for (Way way = 0; way < N_WAYS; way++)
        assert_true(logs_in(way, &o));
    assert_int_equal(s->n, 1);
}

static void
test_of_whom_nobody_knows_it_none_decides(void **state)
{
    static const char *const checks[] = { "revocation-check crl", "revocation-check crl none" };
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new_text("HTTP/1.0 503 No\r\n\r\n");
    g_autofree char *url = http_server_url(s);

    for (size_t i = 0; i < G_N_ELEMENTS(checks); i++) {
        open_with(w, checks[i]);
        g_auto(Owner) o = owner_of(w, url);
        for (Way way = 0; way < N_WAYS; way++)
            assert_int_equal(logs_in(way, &o), i == 1);
        gateway_world_end(state);
    }
}

static void
test_without_a_line_nobody_is_asked(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);

    serve_list(s, true);
    open_with(w, "revocation-check none");
    g_auto(Owner) o = owner_of(w, url);
    for (Way way = 0; way < N_WAYS; way++)
        assert_true(logs_in(way, &o));
    assert_int_equal(s->n, 0);
}

/* Nobody makes the gateway fetch from wherever he likes. */
static void
test_nobody_is_asked_about_a_strangers_certificate(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autofree char *points = g_strconcat("URI:", url, NULL);
    CertSpec self = caller_certificate(NULL);

    serve_list(s, false);
    open_with(w, "revocation-check crl none");
    g_auto(Owner) o = owner_of(w, url);
    self.crl_points = points;
    x509_chain_free(o.chain);
    o.chain = caller_chain(&self);
    for (Way way = 0; way < N_WAYS; way++)
        assert_false(logs_in(way, &o));
    assert_int_equal(s->n, 0);
}

static void
test_lists_of_our_own_are_asked_in_place_of_the_certificates(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) mine = http_server_new(NULL), theirs = http_server_new(NULL);
    g_autofree char *url = http_server_url(mine), *other = http_server_url(theirs);
    g_autofree char *check =
        g_strdup_printf("revocation-check crl\n crl configure\n  policy static\n  url 2 %s", url);

    serve_list(mine, true);
    serve_list(theirs, false);
    open_with(w, check);
    g_auto(Owner) o = owner_of(w, other);
    assert_false(logs_in(BY_IKE, &o));
    assert_int_equal(theirs->n, 0);
    assert_int_equal(mine->n, 1);
}

/* Whoever waits for a server waits alone. */
static void
test_others_log_in_while_a_server_is_waited_for(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL); /* never answers */
    g_autofree char *url = http_server_url(s);
    IkePlan shared = caller_shared_plan("shared", "everybody-knows-it"), plan;
    g_autoptr(Caller) waits = NULL, other = NULL;

    open_with(w, "revocation-check crl");
    g_auto(Owner) o = owner_of(w, url);
    plan = plan_of(BY_IKE, &o);
    waits = caller_new("192.168.1.1", &plan, NULL, NULL);
    while (s->n == 0)
        g_main_context_iteration(NULL, TRUE);
    other = caller_new("192.168.1.2", &shared, NULL, NULL);
    caller_decide(other);
    assert_true(other->up);
    assert_false(waits->up || waits->closed);
    caller_decide(waits);
    assert_true(waits->closed);
    assert_int_equal(waits->reason, IKE_REASON_LOGIN);
}

/* A client that is gone takes its question with it. */
static void
test_a_gateway_may_end_while_somebody_is_asked(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(Caller) c = NULL;
    IkePlan plan;

    open_with(w, "revocation-check crl");
    g_auto(Owner) o = owner_of(w, url);
    plan = plan_of(BY_EAP_TLS, &o);
    c = caller_new("192.168.1.1", &plan, NULL, NULL);
    c->user = c->password = "";
    while (s->n == 0)
        g_main_context_iteration(NULL, TRUE);
    gateway_world_end(state);
    assert_false(c->up);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATEWAY_WORLD_TEST(test_a_revoked_certificate_is_refused_by_every_way),
        GATEWAY_WORLD_TEST(test_a_good_certificate_is_let_in_by_every_way),
        GATEWAY_WORLD_TEST(test_of_whom_nobody_knows_it_none_decides),
        GATEWAY_WORLD_TEST(test_without_a_line_nobody_is_asked),
        GATEWAY_WORLD_TEST(test_nobody_is_asked_about_a_strangers_certificate),
        GATEWAY_WORLD_TEST(test_lists_of_our_own_are_asked_in_place_of_the_certificates),
        GATEWAY_WORLD_TEST(test_others_log_in_while_a_server_is_waited_for),
        GATEWAY_WORLD_TEST(test_a_gateway_may_end_while_somebody_is_asked),
    };

    caller_net();
    return cmocka_run_group_tests_name("session_cert", tests, caller_world_make, caller_world_free);
}
