/* Window sizes (RFC 7296 §2.3): the peer may have several requests under way. */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

enum { WINDOW = 5 };

static void
widen(IkeConfig *client, IkeConfig *gateway)
{
    client->window = gateway->window = WINDOW;
}

static void
narrow_client(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->window = WINDOW;
}

static IkeInfo
info_of(const IkeSa *sa)
{
    IkeInfo info;

    ike_sa_info(sa, &info);
    return info;
}

static void
test_both_ends_say_how_wide_their_window_is(void **state)
{
    g_autoptr(Sim) wide = sim_new(&(SimSetup){ .seed = 1, .tune = widen });
    g_autoptr(Sim) narrow = sim_new(&(SimSetup){ .seed = 2, .tune = narrow_client });
    g_autoptr(Sim) plain = sim_new(&(SimSetup){ .seed = 3 });

    (void)state;
    sim_connect(wide);
    assert_int_equal(info_of(wide->client.sa).window, WINDOW);
    assert_int_equal(info_of(wide->client.sa).peer_window, WINDOW);
    assert_int_equal(info_of(wide->gateway.sa).peer_window, WINDOW);
    sim_connect(narrow);
    assert_int_equal(info_of(narrow->client.sa).peer_window, WINDOW);
    assert_int_equal(info_of(narrow->gateway.sa).peer_window, 1);
    sim_connect(plain);
    assert_int_equal(info_of(plain->client.sa).peer_window, 1);
}

/* An empty INFORMATIONAL of the gateway's. */
static void
ask(Sim *sim, uint32_t id)
{
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, id, 0, (Slice){ 0 });
}

static unsigned
answers(const Sim *sim)
{
    return sim->client.sent[IKE_EXCHANGE_INFORMATIONAL];
}

static void
test_requests_are_answered_in_whatever_order_they_come(void **state)
{
    static const uint32_t order[] = { 4, 2, 0, 3, 1 };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 4, .tune = widen });
    uint32_t first;
    unsigned n;

    (void)state;
    sim_connect(sim);
    first = info_of(sim->client.sa).recv_id;
    n = answers(sim);
    ask(sim, first + WINDOW);
    assert_int_equal(answers(sim), n); /* not yet */
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        ask(sim, first + order[i]);
        assert_int_equal(answers(sim), ++n);
    }
    ask(sim, first + WINDOW);
    assert_int_equal(answers(sim), ++n);
    ask(sim, first); /* answered long ago, and forgotten */
    assert_int_equal(answers(sim), n);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

/* A window of one is for the login, whatever is announced: its messages build on each other. */
static void
test_a_login_goes_step_by_step(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 5, .tune = widen });
    unsigned n;

    (void)state;
    sim_reach(sim, SIM_CLIENT, "ASKING");
    n = answers(sim);
    ask(sim, 1);
    assert_int_equal(answers(sim), n);
    ask(sim, 0);
    assert_int_equal(answers(sim), n + 1);
}

static void
test_a_window_is_never_shrunk_and_a_malformed_one_ignored(void **state)
{
    static const uint8_t smaller[] = { 0, 0, 0x40, 0x01, 0, 0, 0, 2 };
    static const uint8_t larger[] = { 0, 0, 0x40, 0x01, 0, 0, 0, 9 };
    static const uint8_t empty[] = { 0, 0, 0x40, 0x01 };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 6, .tune = widen });
    uint32_t id;

    (void)state;
    sim_connect(sim);
    id = info_of(sim->client.sa).recv_id;
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, id, IKE_PAYLOAD_NOTIFY,
              (Slice){ smaller, sizeof(smaller) });
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, id + 1, IKE_PAYLOAD_NOTIFY,
              (Slice){ empty, sizeof(empty) });
    assert_int_equal(info_of(sim->client.sa).peer_window, WINDOW);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, id + 2, IKE_PAYLOAD_NOTIFY,
              (Slice){ larger, sizeof(larger) });
    assert_int_equal(info_of(sim->client.sa).peer_window, 9);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_say_how_wide_their_window_is),
        cmocka_unit_test(test_requests_are_answered_in_whatever_order_they_come),
        cmocka_unit_test(test_a_login_goes_step_by_step),
        cmocka_unit_test(test_a_window_is_never_shrunk_and_a_malformed_one_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
