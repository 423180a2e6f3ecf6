/* test_x_rekey_ike.c - the IKE SA is replaced, and its children stay (RFC 7296 §1.3.2, §2.18). */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static IkeSa *
sa_at(const Sim *sim, SimSide side)
{
    return side == SIM_CLIENT ? sim->client.sa : sim->gateway.sa;
}

/* One IKE SA, the same at both ends; what was before is gone, but for a last answer. */
static void
assert_one_ike_sa(Sim *sim)
{
    IkeInfo c, g;

    ike_sa_info(sim->client.sa, &c);
    ike_sa_info(sim->gateway.sa, &g);
    assert_true(c.spi_i == g.spi_i && c.spi_r == g.spi_r);
    assert_int_equal(c.send_id, g.recv_id);
    assert_int_equal(c.recv_id, g.send_id);
    for (SimSide side = SIM_CLIENT; side <= SIM_GATEWAY; side++) {
        const IkeSa *sa = sa_at(sim, side);

        assert_null(sa->rival);
        assert_null(sa->attempt.next);
        for (size_t i = 0; i < sa->n_replaced; i++)
            assert_true(sa->replaced[i]->gone);
    }
    assert_true(sim->client.sa->ike->ours != sim->gateway.sa->ike->ours);
    assert_int_equal(sim->client.children->len, 1);
    assert_int_equal(sim->gateway.children->len, 1);
    assert_int_equal(sim_pairs(sim), 1);
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

static void
test_either_end_rekeys_again_and_again(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    for (unsigned i = 0; i < 10; i++) {
        SimSide by = i % 3 == 0 ? SIM_GATEWAY : SIM_CLIENT;
        IkeInfo before, after;

        ike_sa_info(sim->client.sa, &before);
        ike_sa_rekey(sa_at(sim, by), sim->now);
        sim_pass_all(sim);
        ike_sa_info(sim->client.sa, &after);
        assert_true(before.spi_i != after.spi_i && before.spi_r != after.spi_r);
        assert_int_equal(after.send_id, 0); /* Message IDs begin anew, §2.18 */
        assert_int_equal(after.recv_id, 0);
        assert_int_equal(sa_at(sim, by)->ike->ours, true);
        assert_int_equal(sim->client.rekeyed, i + 1);
        assert_int_equal(sim->gateway.rekeyed, i + 1);
        assert_one_ike_sa(sim);
        /* and it works, in both directions */
        ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
        sim_pass_all(sim);
        ike_sa_rekey_child(sim->gateway.sa, sim->gateway.child.spi_in, sim->now);
        sim_pass_all(sim);
        assert_one_ike_sa(sim);
    }
    assert_int_equal(sim->client.child_ups, 21);
    ike_sa_close(sim->client.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
}

/* §2.8: until it is deleted the old one answers, in the role each end had in it. */
static void
test_the_old_one_answers_until_it_is_deleted(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    ike_sa_rekey(sim->client.sa, sim->now);
    sim_drain(sim);
    sim_pass(sim, SIM_CLIENT);
    assert_int_equal(sim->gateway.rekeyed, 1);
    assert_int_equal(sim->client.rekeyed, 0);
    sim_lose(sim, SIM_GATEWAY); /* its answer: asked again, it is the same */
    ike_sa_tick(sim->client.sa, sim->now + USEC_PER_SEC);
    sim_pass_all(sim);
    assert_int_equal(sim->gateway.rekeyed, 1);
    assert_one_ike_sa(sim);
}

static void
short_lives(IkeConfig *client, IkeConfig *gateway)
{
    client->ike_life.time = gateway->ike_life.time = 120 * USEC_PER_SEC;
    client->child_life.time = gateway->child_life.time = 50 * USEC_PER_SEC;
    client->dpd_interval = gateway->dpd_interval = 10 * USEC_PER_SEC;
}

static void
test_an_hour_of_short_lives_ends_with_one_ike_sa_and_one_pair(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                  .delay = 20 * USEC_PER_MSEC,
                                                  .jitter = 30 * USEC_PER_MSEC,
                                                  .lose = seed < 2 ? 0 : 100,
                                                  .twice = seed < 2 ? 0 : 100,
                                                  .tune = short_lives });

        print_message("seed %u\n", (unsigned)seed);
        sim_connect(sim);
        for (int i = 0; i < 3600; i++) {
            (void)sim_run(sim, sim_never, USEC_PER_SEC);
            assert_true(sim->client.children->len >= 1 && sim->gateway.children->len >= 1);
            assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
        }
        assert_true(sim->client.rekeyed >= 33 && sim->client.rekeyed < 60);
        sim->config[SIM_CLIENT].dpd_interval = 0;
        for (int i = 0;
             i < 40 && (sim->client.children->len > 1 || sim->gateway.children->len > 1 ||
                        sim->wire->len > 0 || sim_pairs(sim) != 1);
             i++)
            (void)sim_run(sim, sim_never, USEC_PER_SEC / 4);
        assert_int_equal(sim_pairs(sim), 1);
    }
}

static void
deaf_gateway(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->ike_life.time = 120 * USEC_PER_SEC;
}

static bool
never_rekey(Sim *sim, SimLetter *l, void *user)
{
    static const uint8_t body[] = { 0, 0, 0, IKE_N_TEMPORARY_FAILURE };
    unsigned *n = user;

    (void)sim;
    if (l->exchange != IKE_EXCHANGE_CREATE_CHILD_SA || l->response)
        return false;
    ++*n;
    g_ptr_array_set_size(l->payloads, 0); /* the gateway finds nothing it could do */
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ body, sizeof(body) });
    return true;
}

/* Refused again and again it stays usable to its end, and then closes with a reason of its own. */
static void
test_an_ike_sa_that_nobody_rekeys_ends_at_its_life(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = deaf_gateway });
    unsigned asked = 0;
    Usec up;

    (void)state;
    sim_connect(sim);
    up = sim->now;
    sim_lie(sim, never_rekey, &asked);
    (void)sim_run(sim, sim_never, 119 * USEC_PER_SEC);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    assert_true(asked >= 3 && asked < 20);
    assert_true(sim_run(sim, sim_both_closed, 10 * USEC_PER_SEC));
    assert_true(sim->client.closed_at >= up + 119 * USEC_PER_SEC);
    assert_string_equal(ike_reason_name(sim->client.reason), "lifetime");
    assert_true(sim->client.notices >= 1);
}

static void
test_message_ids_that_run_out_make_it_due(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim->client.sa->ike->window.send_id = sim->gateway.sa->ike->window.recv_id = UINT32_MAX - 100;
    ike_sa_tick(sim->client.sa, sim->now);
    sim_pass_all(sim);
    assert_int_equal(sim->client.rekeyed, 1);
    assert_one_ike_sa(sim);
}

static void
login_again(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->reauth = 1000 * USEC_PER_SEC;
}

static void
test_the_owner_is_told_once_to_log_in_again(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = login_again });

    (void)state;
    sim_connect(sim);
    (void)sim_run(sim, sim_never, 799 * USEC_PER_SEC);
    assert_int_equal(sim->client.reauths, 0);
    (void)sim_run(sim, sim_never, 102 * USEC_PER_SEC);
    assert_int_equal(sim->client.reauths, 1);
    (void)sim_run(sim, sim_never, 5000 * USEC_PER_SEC);
    assert_int_equal(sim->client.reauths, 1);
}

/* RFC 4478: the gateway says how long a login counts. */
static void
test_auth_lifetime_of_the_gateway_is_heeded(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    static const uint8_t body[] = { 0, 0, 0x40, 0x13, 0, 0, 1, 0 }; /* 256 s */

    (void)state;
    sim_connect(sim);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 0, IKE_PAYLOAD_NOTIFY,
              (Slice){ body, sizeof(body) });
    (void)sim_run(sim, sim_never, 204 * USEC_PER_SEC);
    assert_int_equal(sim->client.reauths, 0);
    (void)sim_run(sim, sim_never, 28 * USEC_PER_SEC);
    assert_int_equal(sim->client.reauths, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_either_end_rekeys_again_and_again),
        cmocka_unit_test(test_the_old_one_answers_until_it_is_deleted),
        cmocka_unit_test(test_an_hour_of_short_lives_ends_with_one_ike_sa_and_one_pair),
        cmocka_unit_test(test_an_ike_sa_that_nobody_rekeys_ends_at_its_life),
        cmocka_unit_test(test_message_ids_that_run_out_make_it_due),
        cmocka_unit_test(test_the_owner_is_told_once_to_log_in_again),
        cmocka_unit_test(test_auth_lifetime_of_the_gateway_is_heeded),
    };

    return cmocka_run_group_tests_name("x_rekey_ike", tests, NULL, NULL);
}
