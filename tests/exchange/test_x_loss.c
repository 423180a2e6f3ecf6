/* test_x_loss.c - RFC 7296 §2.1: what is lost is sent again, what comes twice counts once. */
#include "tests/support/sim.h"
#include "tests/support/test.h"

enum { MESSAGES = 6 /* request and response pairs of a login */ };

static bool
either_end(const Sim *sim)
{
    return sim_both_up(sim) || sim_client_closed(sim);
}

static unsigned
total(const SimPeer *p)
{
    unsigned n = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(p->sent); i++)
        n += p->sent[i];
    return n;
}

/* One thing happened at each step, however often it was said. */
static void
assert_done_once(const Sim *sim)
{
    assert_int_equal(sim->client.ups, 1);
    assert_int_equal(sim->gateway.ups, 1);
    assert_int_equal(sim->client.certificates, 1);
    assert_int_equal(sim->client.questions, 1);
    assert_int_equal(sim->gateway.questions, 2);
    assert_int_equal(sim->gateway.configs, 1);
    assert_int_equal(sim->gateway.made, 1);
}

static void
test_a_clean_link_needs_one_datagram_a_message(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 50 * USEC_PER_MSEC });

    (void)state;
    sim_connect(sim);
    assert_done_once(sim);
    assert_int_equal(total(&sim->client), MESSAGES);
    assert_int_equal(total(&sim->gateway), MESSAGES);
    assert_true(sim->client.up_at - 1000 * USEC_PER_SEC == 12 * 50 * USEC_PER_MSEC);
}

/* The @n-th datagram of one side is lost, once. */
typedef struct Loss {
    SimSide from;
    unsigned at, seen;
} Loss;

static void
lose_one(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Loss *loss = user;

    (void)sim;
    if (from == loss->from && loss->seen++ == loss->at)
        g_byte_array_set_size(octets, 0);
}

static void
test_every_message_may_be_lost_once(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2 * MESSAGES; n++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = n, .delay = 10 * USEC_PER_MSEC });
        Loss *loss = g_new0(Loss, 1);

        *loss = (Loss){ .from = n % 2 ? SIM_GATEWAY : SIM_CLIENT, .at = n / 2 };
        sim->tap = lose_one;
        sim->tap_user = loss;
        sim_connect(sim);
        assert_done_once(sim);
        /* one more datagram from the client, and the gateway repeats only what was asked again */
        assert_int_equal(total(&sim->client), MESSAGES + 1);
        assert_int_equal(total(&sim->gateway), MESSAGES + (loss->from == SIM_GATEWAY));
    }
}

static void
test_the_first_two_requests_lost_make_three(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 7, .delay = 20 * USEC_PER_MSEC });

    (void)state;
    sim->lose[SIM_CLIENT] = 2;
    sim_connect(sim);
    assert_int_equal(sim->gateway.made, 1);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 3);
}

static void
test_everything_may_come_twice(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){
        .seed = 5, .delay = 10 * USEC_PER_MSEC, .jitter = 80 * USEC_PER_MSEC, .twice = 1000 });

    (void)state;
    sim_connect(sim);
    (void)sim_run(sim, sim_never, 60 * USEC_PER_SEC);
    assert_done_once(sim);
}

static void
test_a_dead_gateway_is_given_up_in_bounded_time(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 2 });
    Usec start = sim->now;

    (void)state;
    sim->cut = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 600 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 6);
    assert_true(sim->client.closed_at - start == 31500 * USEC_PER_MSEC);
    assert_true(ike_sa_deadline(sim->client.sa) == USEC_NEVER);
}

static void
eager_gateway(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->dpd_interval = 10 * USEC_PER_SEC;
}

/* After the login, or instead of it, both ends come to rest: nobody keeps an SA alone. */
static void
check_lossy_run(uint64_t seed, unsigned lose, unsigned *ret_up)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                              .delay = 15 * USEC_PER_MSEC,
                                              .jitter = 300 * USEC_PER_MSEC,
                                              .lose = lose,
                                              .twice = 200,
                                              .tune = eager_gateway });

    sim_start(sim);
    assert_true(sim_run(sim, either_end, 300 * USEC_PER_SEC));
    assert_true(sim->gateway.ups <= 1 && sim->gateway.configs <= 1);
    assert_true(sim->gateway.questions <= 2 && sim->client.questions <= 1);
    if (sim->client.ups) {
        ++*ret_up;
        assert_done_once(sim);
        ike_sa_close(sim->client.sa, sim->now);
    } else {
        /* or the gateway lost patience first, and said so */
        assert_true(sim->client.reason == IKE_REASON_TIMEOUT ||
                    sim->client.reason == IKE_REASON_PEER);
    }
    if (!sim_run(sim, sim_both_closed, 600 * USEC_PER_SEC))
        fail_msg("seed %" G_GUINT64_FORMAT " leaves an IKE SA", seed);
    assert_int_equal(sim->client.closes, 1);
    assert_int_equal(ike_listen_half_open(sim->listen), 0);
}

static void
test_a_bad_link_ends_connected_or_in_a_bounded_give_up(void **state)
{
    unsigned up = 0;

    (void)state;
    for (uint64_t seed = 100; seed < 350; seed++)
        check_lossy_run(seed, 250, &up);
    assert_true(up > 200); /* a quarter lost: six datagrams a request nearly always do */
    up = 0;
    for (uint64_t seed = 1000; seed < 1050; seed++)
        check_lossy_run(seed, 800, &up);
    assert_true(up < 25); /* four fifths lost */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_clean_link_needs_one_datagram_a_message),
        cmocka_unit_test(test_every_message_may_be_lost_once),
        cmocka_unit_test(test_the_first_two_requests_lost_make_three),
        cmocka_unit_test(test_everything_may_come_twice),
        cmocka_unit_test(test_a_dead_gateway_is_given_up_in_bounded_time),
        cmocka_unit_test(test_a_bad_link_ends_connected_or_in_a_bounded_give_up),
    };

    return cmocka_run_group_tests_name("x_loss", tests, NULL, NULL);
}
