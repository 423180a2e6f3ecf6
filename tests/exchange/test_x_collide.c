/* test_x_collide.c - both ends at once: rekeying of the child SA and of the IKE SA, closing, in
 * every order, with loss (RFC 7296 §2.8.1, §2.8.2, §2.25). At the end there is one of each. */
#include "tests/support/sim_cross.h"
#include "tests/support/test.h"

static const CrossAct acts[] = { CROSS_REKEY_CHILD, CROSS_REKEY_IKE, CROSS_CLOSE };
static const char *const words[] = { [CROSS_REKEY_CHILD] = "rekeys the child SA",
                                     [CROSS_REKEY_IKE] = "rekeys the IKE SA",
                                     [CROSS_CLOSE] = "closes" };

static void
cross(Sim *sim, CrossAct what, unsigned lowest)
{
    sim_connect(sim);
    cross_lowest(sim, lowest, 0);
    cross_both(sim, what, what);
    sim_pass(sim, SIM_CLIENT);
    sim_pass(sim, SIM_GATEWAY);
    sim_pass_all(sim);
}

/* child_rekey/collision: what the lowest nonce has made goes, by whom it was asked for. */
static void
test_of_two_child_rekeyings_the_lowest_nonce_loses(void **state)
{
    (void)state;
    for (unsigned lowest = 0; lowest < 4; lowest++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = lowest });
        bool gateway_wins = cross_loser(lowest) == SIM_CLIENT;

        cross(sim, CROSS_REKEY_CHILD, lowest);
        assert_true(cross_settled(sim));
        assert_int_equal(sim->client.sa->children.all[0]->ours, !gateway_wins);
        assert_int_equal(sim->gateway.sa->children.all[0]->ours, gateway_wins);
        assert_int_equal(sim->client.child_ups, 3);
        assert_int_equal(sim->gateway.child_ups, 3);
    }
}

/* ike_rekey/collision */
static void
test_of_two_ike_rekeyings_the_lowest_nonce_loses(void **state)
{
    (void)state;
    for (unsigned lowest = 0; lowest < 4; lowest++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = lowest });
        bool gateway_wins = cross_loser(lowest) == SIM_CLIENT;

        cross(sim, CROSS_REKEY_IKE, lowest);
        assert_true(cross_settled(sim));
        assert_int_equal(sim->client.sa->ike->ours, !gateway_wins);
        assert_int_equal(sim->gateway.sa->ike->ours, gateway_wins);
        assert_int_equal(sim->client.rekeyed, 1);
        assert_int_equal(sim->gateway.rekeyed, 1);
        assert_int_equal(sim->client.child_ups, 1);
    }
}

/* child_rekey/collision_delayed_request, ike_rekey/collision_delayed_request: one end is done
 * before it hears of the other's, and answers TEMPORARY_FAILURE; whose was first stays. */
static void
test_a_delayed_request_makes_nothing_more(void **state)
{
    (void)state;
    for (CrossAct what = CROSS_REKEY_CHILD; what <= CROSS_REKEY_IKE; what++)
        for (unsigned lowest = 0; lowest < 4; lowest++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = lowest });
            Usec late;

            sim_connect(sim);
            cross_lowest(sim, lowest, 0);
            cross_both(sim, what, what);
            sim_lose(sim, SIM_GATEWAY); /* its request: it comes again, later */
            sim_pass(sim, SIM_CLIENT);
            sim_pass(sim, SIM_GATEWAY); /* the answer: the client is done, its Delete is out */
            late = sim->now + 600 * USEC_PER_MSEC;
            ike_sa_tick(sim->gateway.sa, late); /* the gateway's request, once more */
            sim_drain(sim);
            while (sim_waiting(sim, SIM_GATEWAY) > 0)
                sim_pass(sim, SIM_GATEWAY);
            sim_pass_all(sim);
            if (!cross_settled(sim))
                fail_msg("%s, lowest nonce %u", words[what], lowest);
            assert_int_equal(sim->client.rekeyed, what == CROSS_REKEY_IKE);
            assert_int_equal(sim->gateway.rekeyed, what == CROSS_REKEY_IKE);
            assert_int_equal(sim->client.child_ups, what == CROSS_REKEY_IKE ? 1 : 2);
        }
}

/* Any order of arrival, an eighth of the datagrams lost, then the clock: who asks again, who gives
 * way, who waits. */
static void
shuffle(Sim *sim, GRand *dice)
{
    for (int i = 0; i < 40; i++) {
        SimSide from = g_rand_boolean(dice) ? SIM_CLIENT : SIM_GATEWAY;

        if (sim_waiting(sim, from) == 0)
            from = from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
        if (sim_waiting(sim, from) == 0)
            return;
        if (g_rand_int_range(dice, 0, 8) == 0)
            sim_lose(sim, from);
        else
            sim_pass(sim, from);
    }
}

static void
patient(IkeConfig *client, IkeConfig *gateway)
{
    client->drain = gateway->drain = 2 * USEC_PER_SEC;
}

/* With every second seed what is replaced stays for a while. */
static void
try_one(CrossAct client, CrossAct gateway, uint32_t seed)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){
        .seed = seed, .delay = 10 * USEC_PER_MSEC, .tune = seed % 2 ? patient : NULL });
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    bool ends = client == CROSS_CLOSE || gateway == CROSS_CLOSE;

    sim_connect(sim);
    cross_act(sim, SIM_CLIENT, client);
    if (g_rand_boolean(dice))
        sim_drain(sim);
    cross_act(sim, SIM_GATEWAY, gateway);
    sim_drain(sim);
    shuffle(sim, dice);
    if (!ends)
        (void)sim_run(sim, sim_never, 400 * USEC_PER_SEC);
    if (!sim_run(sim, ends ? sim_both_closed : cross_settled, 400 * USEC_PER_SEC))
        fail_msg(
            "seed %u: the client %s, the gateway %s: client %s with %u of %zu, gateway %s with "
            "%u; %u pairs",
            seed, words[client], words[gateway], sim_state(sim, SIM_CLIENT),
            sim->client.children->len, sim->client.sa->children.n, sim_state(sim, SIM_GATEWAY),
            sim->gateway.children->len, sim_pairs(sim));
    if (!ends)
        assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

static void
test_every_pair_of_acts_in_any_order_ends_well(void **state)
{
    (void)state;
    for (size_t client = 0; client < G_N_ELEMENTS(acts); client++)
        for (size_t gateway = 0; gateway < G_N_ELEMENTS(acts); gateway++)
            for (uint32_t seed = 0; seed < 48; seed++) {
                if (seed == 0)
                    print_message("the client %s, the gateway %s: seeds 0..47\n",
                                  words[acts[client]], words[acts[gateway]]);
                try_one(acts[client], acts[gateway], seed);
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_two_child_rekeyings_the_lowest_nonce_loses),
        cmocka_unit_test(test_of_two_ike_rekeyings_the_lowest_nonce_loses),
        cmocka_unit_test(test_a_delayed_request_makes_nothing_more),
        cmocka_unit_test(test_every_pair_of_acts_in_any_order_ends_well),
    };

    return cmocka_run_group_tests_name("x_collide", tests, NULL, NULL);
}
