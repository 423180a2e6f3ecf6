/* test_x_login.c - what people say at both ends, and how a login ends that does not succeed. */
#include "tests/support/sim.h"
#include "tests/support/test.h"

/* Run to the end of the client's SA, which must come, and of the gateway's. */
static void
run_to_the_end(Sim *sim, IkeReason client, IkeReason gateway)
{
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    assert_int_equal(sim->gateway.ups, 0);
    assert_string_equal(ike_reason_name(sim->client.reason), ike_reason_name(client));
    assert_string_equal(ike_reason_name(sim->gateway.reason), ike_reason_name(gateway));
    assert_non_null(sim->client.why);
    assert_int_equal(sim->client.closes, 1);
    assert_int_equal(sim->gateway.closes, 1);
    assert_int_equal(ike_listen_half_open(sim->listen), 0);
}

static void
test_a_wrong_password_then_the_right_one(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.passwords[0] = "wrong";
    sim->play.passwords[1] = "cisco123";
    sim_connect(sim);
    assert_int_equal(sim->client.questions, 2);
    assert_int_equal(sim->gateway.questions, 3);
}

static void
test_three_wrong_passwords_end_the_login(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.passwords[0] = "wrong";
    run_to_the_end(sim, IKE_REASON_LOGIN, IKE_REASON_LOGIN);
    assert_int_equal(sim->client.questions, 3);
    assert_int_equal(sim->gateway.configs, 0);
    /* the gateway has forgotten it, so there is no farewell */
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
}

/* The refusal is the last word of an SA that is gone; lost, it is said again to who asks again. */
static void
test_a_lost_refusal_is_repeated_by_the_door(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });

    (void)state;
    sim->play.passwords[0] = "wrong";
    sim->play.tries = 1;
    sim_start(sim);
    while (sim->gateway.sent[IKE_EXCHANGE_IKE_AUTH] < 2)
        (void)sim_run(sim, sim_never, USEC_PER_MSEC / 2);
    sim->lose[SIM_GATEWAY] = 2;
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
    assert_true(sim->gateway.closed_at < sim->client.closed_at);
}

static void
test_a_banner_is_shown_and_accepted(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.banner = "Authorised use only";
    sim_connect(sim);
    assert_int_equal(sim->client.questions, 2);
}

static void
test_a_declined_banner_ends_the_login(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.banner = "Authorised use only";
    sim->play.decline_banner = true;
    run_to_the_end(sim, IKE_REASON_DECLINED, IKE_REASON_PEER);
}

static void
test_a_person_may_give_up(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.give_up = true;
    run_to_the_end(sim, IKE_REASON_DECLINED, IKE_REASON_PEER);
}

static void
test_a_refused_certificate_ends_it_before_anything_of_the_user_leaves(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.distrust = true;
    run_to_the_end(sim, IKE_REASON_CERT_REFUSED, IKE_REASON_PEER);
    assert_int_equal(sim->client.questions, 0);
    assert_int_equal(sim->gateway.questions, 0); /* not even the init document */
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_AUTH], 1);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1); /* §2.21.2 */
    assert_non_null(strstr(sim->gateway.why, "AUTHENTICATION_FAILED"));
}

static void
test_nothing_of_the_user_leaves_while_the_certificate_is_looked_at(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.silent_trust = true;
    sim_start(sim);
    (void)sim_run(sim, sim_never, 20 * USEC_PER_SEC);
    assert_int_equal(sim->client.certificates, 1);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_AUTH], 1);
    ike_sa_answer_certificate(sim->client.sa, true, sim->now);
    assert_true(sim_run(sim, sim_both_up, USEC_PER_SEC));
}

static void
patient_gateway(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->auth_limit = gateway->user_limit = 600 * USEC_PER_SEC;
}

static void
test_a_person_who_does_not_answer_ends_it(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = patient_gateway });
    Usec start = sim->now;

    (void)state;
    sim->play.silent_person = true;
    run_to_the_end(sim, IKE_REASON_USER_TIMEOUT, IKE_REASON_PEER);
    assert_true(sim->client.closed_at - start == 120 * USEC_PER_SEC);
}

static void
patient_client(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->user_limit = 600 * USEC_PER_SEC;
}

/* agent/docs/WIRE.md §0: 120 s while the user types, 30 s for any other message. */
static void
test_the_gateway_waits_two_minutes_for_a_form(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = patient_client });
    Usec start = sim->now;

    (void)state;
    sim->play.silent_person = true;
    run_to_the_end(sim, IKE_REASON_PEER, IKE_REASON_USER_TIMEOUT);
    assert_true(sim->client.closed_at - start == 120 * USEC_PER_SEC);
}

static void
test_the_gateway_waits_thirty_seconds_for_anything_else(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = patient_client });
    Usec start = sim->now;

    (void)state;
    sim->play.silent_trust = true;
    run_to_the_end(sim, IKE_REASON_PEER, IKE_REASON_TIMEOUT);
    assert_true(sim->client.closed_at - start == 30 * USEC_PER_SEC);
}

/* While the gateway's owner thinks the request is repeated, and nothing happens twice. */
static void
test_a_slow_owner_is_asked_once(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.silent_grant = true;
    sim_start(sim);
    (void)sim_run(sim, sim_never, 10 * USEC_PER_SEC);
    assert_int_equal(sim->gateway.configs, 1);
    assert_true(sim->client.sent[IKE_EXCHANGE_IKE_AUTH] > 6);
    ike_sa_close(sim->gateway.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, 10 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
    assert_int_equal(sim->gateway.reason, IKE_REASON_LOCAL);
}

static void
test_an_owner_who_never_decides_costs_a_bounded_time(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.silent_owner = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 200 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
}

static void
test_no_address_left_ends_both_sides_at_once(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.refuse = IKE_N_INTERNAL_ADDRESS_FAILURE;
    run_to_the_end(sim, IKE_REASON_CONFIG, IKE_REASON_CONFIG);
    assert_non_null(strstr(sim->client.why, "INTERNAL_ADDRESS_FAILURE"));
    assert_true(sim->client.closed_at < 1001 * USEC_PER_SEC); /* no timer was needed */
}

static void
test_selectors_with_nothing_in_common_are_refused(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.tsi = "2001:db8::/64"; /* the client offers IPv4 */
    run_to_the_end(sim, IKE_REASON_CONFIG, IKE_REASON_CONFIG);
    assert_non_null(strstr(sim->client.why, "TS_UNACCEPTABLE"));
}

static void
test_a_reply_without_an_address_is_no_tunnel(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->play.address = NULL;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    assert_int_equal(sim->client.reason, IKE_REASON_CONFIG);
    assert_int_equal(sim->gateway.reason, IKE_REASON_PEER);
}

static void
test_narrowed_selectors_are_taken_over(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    Selector all = selector_all(ADDR_V4);
    const IkeChild *c = &sim->client.child;

    (void)state;
    sim_connect(sim);
    assert_int_equal(c->local.n, 1);
    assert_true(addr_equal(&c->local.s[0].first, &sim->client.address));
    assert_true(addr_equal(&c->local.s[0].last, &sim->client.address));
    assert_true(selector_equal(&c->remote.s[0], &all));
    assert_true(selector_equal(&c->local.s[0], &sim->gateway.child.remote.s[0]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrong_password_then_the_right_one),
        cmocka_unit_test(test_three_wrong_passwords_end_the_login),
        cmocka_unit_test(test_a_lost_refusal_is_repeated_by_the_door),
        cmocka_unit_test(test_a_banner_is_shown_and_accepted),
        cmocka_unit_test(test_a_declined_banner_ends_the_login),
        cmocka_unit_test(test_a_person_may_give_up),
        cmocka_unit_test(test_a_refused_certificate_ends_it_before_anything_of_the_user_leaves),
        cmocka_unit_test(test_nothing_of_the_user_leaves_while_the_certificate_is_looked_at),
        cmocka_unit_test(test_a_person_who_does_not_answer_ends_it),
        cmocka_unit_test(test_the_gateway_waits_two_minutes_for_a_form),
        cmocka_unit_test(test_the_gateway_waits_thirty_seconds_for_anything_else),
        cmocka_unit_test(test_a_slow_owner_is_asked_once),
        cmocka_unit_test(test_an_owner_who_never_decides_costs_a_bounded_time),
        cmocka_unit_test(test_no_address_left_ends_both_sides_at_once),
        cmocka_unit_test(test_selectors_with_nothing_in_common_are_refused),
        cmocka_unit_test(test_a_reply_without_an_address_is_no_tunnel),
        cmocka_unit_test(test_narrowed_selectors_are_taken_over),
    };

    return cmocka_run_group_tests_name("x_login", tests, NULL, NULL);
}
