/* test_x_collide.c - both ends at once: rekeying of the child SA and of the IKE SA, closing, in
 * every order, with loss (RFC 7296 §2.8.1, §2.8.2, §2.25). At the end there is one of each. */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

typedef enum Act { REKEY_CHILD, REKEY_IKE, CLOSE, N_ACTS } Act;

static const char *const words[N_ACTS] = { "rekeys the child SA", "rekeys the IKE SA", "closes" };

static SimPeer *
peer(Sim *sim, SimSide side)
{
    return side == SIM_CLIENT ? &sim->client : &sim->gateway;
}

static const SimChild *
child(Sim *sim, SimSide side)
{
    return g_ptr_array_index(peer(sim, side)->children, 0);
}

static void
act(Sim *sim, SimSide side, Act what)
{
    IkeSa *sa = peer(sim, side)->sa;

    if (what == REKEY_CHILD)
        ike_sa_rekey_child(sa, child(sim, side)->c.spi_in, sim->now);
    else if (what == REKEY_IKE)
        ike_sa_rekey(sa, sim->now);
    else
        ike_sa_close(sa, sim->now);
}

/* One IKE SA that both call the same, one pair of child SAs, and nothing half made beside them. */
static bool
is_one_of_each(Sim *sim)
{
    IkeInfo c, g;

    if (!sim->gateway.sa || sim->client.children->len != 1 || sim->gateway.children->len != 1 ||
        sim_pairs(sim) != 1)
        return false;
    ike_sa_info(sim->client.sa, &c);
    ike_sa_info(sim->gateway.sa, &g);
    return c.spi_i == g.spi_i && c.spi_r == g.spi_r && c.up && g.up &&
           child(sim, SIM_CLIENT)->c.outbound && child(sim, SIM_GATEWAY)->c.outbound &&
           sim->client.sa->children.n == 1 && sim->gateway.sa->children.n == 1 &&
           !sim->client.sa->rival && !sim->gateway.sa->rival && !sim->client.sa->attempt.next &&
           !sim->gateway.sa->attempt.next;
}

/* Which of the four nonces is the lowest: of the client's request and the answer to it, of the
 * gateway's request and the answer to it. */
static void
choose_nonces(Sim *sim, unsigned lowest)
{
    uint8_t client[] = { lowest == 0 ? 0 : 0x80, lowest == 3 ? 0 : 0x80 };
    uint8_t gateway[] = { lowest == 2 ? 0 : 0x80, lowest == 1 ? 0 : 0x80 };

    sim_nonces(sim, SIM_CLIENT, client, G_N_ELEMENTS(client));
    sim_nonces(sim, SIM_GATEWAY, gateway, G_N_ELEMENTS(gateway));
}

static void
cross(Sim *sim, Act what, unsigned lowest)
{
    sim_connect(sim);
    choose_nonces(sim, lowest);
    act(sim, SIM_CLIENT, what);
    act(sim, SIM_GATEWAY, what);
    sim_drain(sim);
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
        bool gateway_wins = lowest < 2;

        cross(sim, REKEY_CHILD, lowest);
        assert_true(is_one_of_each(sim));
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
        bool gateway_wins = lowest < 2;

        cross(sim, REKEY_IKE, lowest);
        assert_true(is_one_of_each(sim));
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
    for (Act what = REKEY_CHILD; what <= REKEY_IKE; what++)
        for (unsigned lowest = 0; lowest < 4; lowest++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = lowest });
            Usec late;

            sim_connect(sim);
            choose_nonces(sim, lowest);
            act(sim, SIM_CLIENT, what);
            act(sim, SIM_GATEWAY, what);
            sim_drain(sim);
            sim_lose(sim, SIM_GATEWAY); /* its request: it comes again, later */
            sim_pass(sim, SIM_CLIENT);
            sim_pass(sim, SIM_GATEWAY); /* the answer: the client is done, its Delete is out */
            late = sim->now + 600 * USEC_PER_MSEC;
            ike_sa_tick(sim->gateway.sa, late); /* the gateway's request, once more */
            sim_drain(sim);
            while (sim_waiting(sim, SIM_GATEWAY) > 0)
                sim_pass(sim, SIM_GATEWAY);
            sim_pass_all(sim);
            if (!is_one_of_each(sim))
                fail_msg("%s, lowest nonce %u", words[what], lowest);
            assert_int_equal(sim->client.rekeyed, what == REKEY_IKE);
            assert_int_equal(sim->gateway.rekeyed, what == REKEY_IKE);
            assert_int_equal(sim->client.child_ups, what == REKEY_IKE ? 1 : 2);
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

static bool
settled(const Sim *sim)
{
    return is_one_of_each((Sim *)sim);
}

static void
try_one(Act client, Act gateway, uint32_t seed)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed, .delay = 10 * USEC_PER_MSEC });
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    bool ends = client == CLOSE || gateway == CLOSE;

    sim_connect(sim);
    act(sim, SIM_CLIENT, client);
    if (g_rand_boolean(dice))
        sim_drain(sim);
    act(sim, SIM_GATEWAY, gateway);
    sim_drain(sim);
    shuffle(sim, dice);
    if (!ends)
        (void)sim_run(sim, sim_never, 400 * USEC_PER_SEC);
    if (!sim_run(sim, ends ? sim_both_closed : settled, 400 * USEC_PER_SEC))
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
    for (Act client = 0; client < N_ACTS; client++)
        for (Act gateway = 0; gateway < N_ACTS; gateway++)
            for (uint32_t seed = 0; seed < 24; seed++) {
                if (seed == 0)
                    print_message("the client %s, the gateway %s: seeds 0..23\n", words[client],
                                  words[gateway]);
                try_one(client, gateway, seed);
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
