/* test_x_redirect.c - REDIRECT in IKE_SA_INIT, in IKE_AUTH and in a running session (RFC 5685). */
#include "agent/ike/ike_payload.h"
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static const IkeRedirect elsewhere = { .kind = IKE_REDIRECT_FQDN, .name = "vpn2.example.com" };

static void
willing(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->redirect = true;
}

static void
during_init(IkeConfig *client, IkeConfig *gateway)
{
    client->redirect = true;
    gateway->redirect_init = &elsewhere;
}

static void
during_init_unwilling(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->redirect_init = &elsewhere;
}

static void
during_auth(IkeConfig *client, IkeConfig *gateway)
{
    client->redirect = true;
    gateway->redirect_auth = &elsewhere;
}

static void
during_auth_unwilling(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->redirect_auth = &elsewhere;
}

static void
assert_sent_elsewhere(const Sim *sim)
{
    assert_int_equal(sim->client.reason, IKE_REASON_REDIRECT);
    assert_non_null(strstr(sim->client.why, "vpn2.example.com"));
    assert_string_equal(sim->client.to.name, "vpn2.example.com");
}

static void
test_a_client_is_sent_elsewhere_before_any_state(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = during_init });

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_sent_elsewhere(sim);
    assert_int_equal(sim->gateway.made, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 1);
    assert_true(sim->gateway.log[0].len < sim->client.log[0].len);
    assert_int_equal(ike_listen_counted(sim->listen).redirected, 1);
}

/* §3: only to a client that has said so. */
static void
test_who_does_not_know_redirect_stays(void **state)
{
    void (*const tunes[])(IkeConfig *, IkeConfig *) = { during_init_unwilling,
                                                        during_auth_unwilling };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(tunes); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = tunes[i] });

        sim_connect(sim);
        assert_false(ike_sa_redirect(sim->gateway.sa, &elsewhere, sim->now));
    }
}

/* Cookies come first, so that nobody is sent to bother another gateway from a forged address. */
static void
test_a_cookie_is_asked_for_before(void **state)
{
    static const IkeLimits always = {
        .half_open = 10, .half_open_address = 10, .all = 10, .cookie_from = 0
    };
    g_autoptr(Sim) sim = sim_new(
        &(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .limits = &always, .tune = during_init });

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_sent_elsewhere(sim);
    assert_int_equal(ike_listen_counted(sim->listen).cookies_good, 1);
}

/* What a gateway's answer may be turned into on the way. */
static void
spoil(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    const char *how = user;

    if (from != SIM_GATEWAY || octets->data[18] != IKE_EXCHANGE_IKE_SA_INIT)
        return;
    switch (how[0]) {
    case 'n': /* another nonce */
        octets->data[octets->len - 1] ^= 1;
        break;
    case 's': /* a shorter one */
        g_byte_array_set_size(octets, octets->len - 1);
        octets->data[27]--;
        octets->data[31]--;
        break;
    case 't': /* another type of identity */
        octets->data[36] = 9;
        break;
    case 'a': /* a name that is an address in disguise */
        memcpy(octets->data + 38, "1270.0.0.1.0.0.9", 16);
        break;
    default:
        break;
    }
    sim->lose[SIM_GATEWAY] = 0;
}

/* C111: whoever has not seen our request cannot send us away. */
static void
test_a_redirect_that_is_not_bound_to_our_nonce_is_ignored(void **state)
{
    static const char *const ways[] = { "nonce", "short", "type", "address" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = during_init });

        sim->tap = spoil;
        sim->tap_user = g_strdup(ways[i]);
        sim_start(sim);
        assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
        assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
    }
}

static void
test_a_gateway_that_has_proved_itself_sends_elsewhere(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = during_auth });

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_sent_elsewhere(sim);
    assert_int_equal(sim->client.certificates, 1); /* the certificate was looked at first */
    assert_int_equal(sim->client.questions, 0);    /* and nothing of the login has left */
    assert_int_equal(sim->gateway.ups, 0);
}

/* A gateway whose certificate nobody trusts sends nobody anywhere. */
static void
test_a_gateway_that_is_not_trusted_is_not_obeyed(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = during_auth });

    (void)state;
    sim->play.distrust = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_CERT_REFUSED);
    assert_int_equal(sim->client.to.kind, 0);
}

static void
psk_during_auth(IkeConfig *client, IkeConfig *gateway)
{
    sim_psk(client, gateway);
    during_auth(client, gateway);
}

static void
cert_during_auth(IkeConfig *client, IkeConfig *gateway)
{
    sim_cert(client, gateway);
    during_auth(client, gateway);
}

/* Who proves himself in his first message is told in the answer to it, and given nothing. */
static void
test_a_client_without_eap_is_sent_elsewhere_as_well(void **state)
{
    void (*const tunes[])(IkeConfig *, IkeConfig *) = { psk_during_auth, cert_during_auth };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(tunes); i++)
        for (uint64_t seed = 1; seed <= 10; seed++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                      .delay = USEC_PER_MSEC,
                                                      .lose = seed > 1 ? 200 : 0,
                                                      .tune = tunes[i] });

            sim_start(sim);
            assert_true(sim_run(sim, sim_both_closed, 600 * USEC_PER_SEC));
            assert_sent_elsewhere(sim);
            assert_int_equal(sim->gateway.configs, 0);
            assert_int_equal(sim->gateway.ups, 0);
        }
}

static bool
without_auth(Sim *sim, SimLetter *l, void *user)
{
    (void)sim;
    (void)user;
    if (!l->response || l->exchange != IKE_EXCHANGE_IKE_AUTH)
        return false;
    sim_letter_remove(l, IKE_PAYLOAD_AUTH);
    return true;
}

static void
test_a_redirect_without_proof_is_not_obeyed(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = during_auth });

    (void)state;
    sim_lie(sim, without_auth, NULL);
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_SERVER_AUTH);
    assert_int_equal(sim->client.to.kind, 0);
}

static bool
append_redirect(Sim *sim, SimLetter *l, void *user)
{
    static const uint8_t body[] = { 0, 0, 0x40, 0x17, 1, 4, 10, 0, 0, 2 };

    (void)sim;
    (void)user;
    if (!l->response || l->id != 5 || sim_letter_find(l, IKE_PAYLOAD_EAP))
        return false;
    sim_letter_remove(l, IKE_PAYLOAD_SA);
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ body, sizeof(body) });
    return true;
}

/* §6: in the last response, instead of a child SA. */
static void
test_the_last_response_may_send_elsewhere(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = willing });

    (void)state;
    sim_lie(sim, append_redirect, NULL);
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_REDIRECT);
    assert_int_equal(sim->client.to.kind, IKE_REDIRECT_IP4);
    assert_int_equal(sim->client.ups, 0);
}

/* C112, §5: the request is answered, then the client leaves. */
static void
test_a_running_session_is_sent_elsewhere(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                  .delay = 10 * USEC_PER_MSEC,
                                                  .jitter = 100 * USEC_PER_MSEC,
                                                  .lose = seed ? 50 : 0,
                                                  .twice = seed ? 100 : 0,
                                                  .tune = willing });

        sim_connect(sim);
        assert_true(ike_sa_redirect(sim->gateway.sa, &elsewhere, sim->now));
        sim_drain(sim);
        assert_true(sim_run(sim, sim_both_closed, 120 * USEC_PER_SEC));
        assert_sent_elsewhere(sim);
    }
}

static void
test_a_client_that_is_not_willing_ignores_it(void **state)
{
    static const uint8_t body[] = { 0, 0, 0x40, 0x17, 1, 4, 10, 0, 0, 2 };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });

    (void)state;
    sim_connect(sim);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 0, IKE_PAYLOAD_NOTIFY,
              (Slice){ body, sizeof(body) });
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1); /* but answers */
}

static const IkeRedirect from_here = { .kind = IKE_REDIRECT_IP4,
                                       .addr = { ADDR_V4, { 10, 0, 0, 9 } } };

static void
come_from_elsewhere(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->redirect = true;
    client->redirected_from = &from_here;
}

static bool
see_from(Sim *sim, SimLetter *l, void *user)
{
    unsigned *seen = user;

    (void)sim;
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = l->payloads->pdata[i];

        if (p->type == IKE_PAYLOAD_NOTIFY && p->body->len == 10 && p->body->data[2] == 0x40 &&
            p->body->data[3] == 0x18)
            *seen += p->body->data[4] == 1 && p->body->data[5] == 4 && p->body->data[9] == 9;
    }
    return false;
}

/* C110, §3: REDIRECTED_FROM in the new attempt, and it says that the client can be sent on. */
static void
test_the_new_attempt_says_where_it_comes_from(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = come_from_elsewhere });
    unsigned seen = 0;
    IkeInfo info;

    (void)state;
    sim_lie(sim, see_from, &seen);
    sim_connect(sim);
    assert_int_equal(seen, 1);
    ike_sa_info(sim->gateway.sa, &info);
    assert_true(info.peer_redirect);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_client_is_sent_elsewhere_before_any_state),
        cmocka_unit_test(test_who_does_not_know_redirect_stays),
        cmocka_unit_test(test_a_cookie_is_asked_for_before),
        cmocka_unit_test(test_a_redirect_that_is_not_bound_to_our_nonce_is_ignored),
        cmocka_unit_test(test_a_gateway_that_has_proved_itself_sends_elsewhere),
        cmocka_unit_test(test_a_gateway_that_is_not_trusted_is_not_obeyed),
        cmocka_unit_test(test_a_client_without_eap_is_sent_elsewhere_as_well),
        cmocka_unit_test(test_a_redirect_without_proof_is_not_obeyed),
        cmocka_unit_test(test_the_last_response_may_send_elsewhere),
        cmocka_unit_test(test_a_running_session_is_sent_elsewhere),
        cmocka_unit_test(test_a_client_that_is_not_willing_ignores_it),
        cmocka_unit_test(test_the_new_attempt_says_where_it_comes_from),
    };

    return cmocka_run_group_tests_name("x_redirect", tests, NULL, NULL);
}
