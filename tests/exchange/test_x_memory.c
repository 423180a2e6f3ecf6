/* test_x_memory.c - what an IKE SA of the gateway's takes: while it is half open, which anybody can
 * make it, and while it stands, which it does for hours. */
#include "tests/support/heap.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

enum {
    HALF_OPEN_MAX = 4400, /* octets; the request itself is 700 of them */
    STANDING_MAX = 4000,  /* without ESP's contexts, which are the pump's */
    REKEYINGS = 10,
    ODDS = 128, /* libc gives a little more where it would leave a crumb */
};
#define A_WHILE (300 * USEC_PER_SEC)

/* Octets that the door gives back with all behind it. */
static size_t
door_of(Sim *sim)
{
    size_t before = heap_used();

    g_clear_pointer(&sim->listen, ike_listen_free);
    sim->gateway.sa = NULL;
    return before - heap_used();
}

/* Of the one IKE SA behind the door. */
static size_t
cost_of(Sim *sim)
{
    g_autoptr(Sim) nobody = sim_new(&(SimSetup){ .seed = 1, .tune = sim->setup.tune });

    return door_of(sim) - door_of(nobody);
}

static void
assert_costs(size_t cost, size_t most)
{
    print_message("%zu octets\n", cost);
    assert_in_range(cost, sizeof(IkeInfo), most);
}

static void
test_a_half_open_ike_sa_is_small(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_reach(sim, SIM_GATEWAY, "INIT_SEEN");
    assert_costs(cost_of(sim), HALF_OPEN_MAX);
}

static const struct {
    const char *what;
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
} ways[] = { { "AnyConnect", NULL }, { "PSK", sim_psk } };

static void
test_a_standing_ike_sa_keeps_nothing_of_its_login(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = ways[i].tune });

        sim_connect(sim);
        sim_pass_all(sim);
        assert_costs(cost_of(sim), STANDING_MAX);
    }
}

/* The keys are new, the size is not. */
static void
test_rekeying_leaves_nothing_behind(void **state)
{
    g_autoptr(Sim) once = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });
    g_autoptr(Sim) often = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });

    (void)state;
    for (unsigned n = 0; n < 1 + REKEYINGS; n++) {
        Sim *sim = n == 0 ? once : often;

        if (n < 2)
            sim_connect(sim);
        ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
        sim_drain(sim);
        sim_pass_all(sim);
        ike_sa_rekey(sim->client.sa, sim->now);
        sim_drain(sim);
        sim_pass_all(sim);
    }
    (void)sim_run(once, sim_never, A_WHILE); /* those that were replaced are remembered as long */
    (void)sim_run(often, sim_never, A_WHILE);
    assert_int_equal(often->gateway.rekeyed, REKEYINGS);
    assert_int_equal(often->gateway.child_ups, 1 + REKEYINGS);
    assert_in_range(cost_of(often), 1, cost_of(once) + ODDS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_half_open_ike_sa_is_small),
        cmocka_unit_test(test_a_standing_ike_sa_keeps_nothing_of_its_login),
        cmocka_unit_test(test_rekeying_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("x_memory", tests, NULL, NULL);
}
