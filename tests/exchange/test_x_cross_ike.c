/* test_x_cross_ike.c - rekeying and deleting the IKE SA, case by case: alone with a peer that errs,
 * and against the same from the other end (RFC 7296 §2.8.2, §2.25.2). Each end is in each place,
 * and each of the four nonces is the lowest in turn. */
#include "tests/support/sim_cross.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

enum { WRONG_CLIENT = KE_ECP256, WRONG_GATEWAY = KE_ECP384, RIGHT = KE_CURVE25519 };

static Sim *
begin(uint64_t seed)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = seed });

    sim_connect(sim);
    return sim;
}

/* One IKE SA with its pair, made by the request of @by; the owners were told once. */
static void
assert_rekeyed(const Sim *sim, const char *what, SimSide by)
{
    if (!cross_settled(sim))
        fail_msg("%s: client %s, gateway %s, %u pairs", what, sim_state(sim, SIM_CLIENT),
                 sim_state(sim, SIM_GATEWAY), sim_pairs(sim));
    assert_int_equal(sim->client.sa->ike->ours, by == SIM_CLIENT);
    assert_int_equal(sim->client.rekeyed, 1);
    assert_int_equal(sim->gateway.rekeyed, 1);
    assert_int_equal(sim->client.child_ups, 1);
    assert_int_equal(sim->gateway.child_ups, 1);
}

/* What was replaced is soon forgotten, and what is left works for both. */
static void
assert_works(Sim *sim)
{
    (void)sim_run(sim, sim_never, 200 * USEC_PER_SEC);
    for (SimSide side = SIM_CLIENT; side <= SIM_GATEWAY; side++) {
        assert_int_equal(cross_peer(sim, side)->sa->n_replaced, 0);
        cross_act(sim, side, CROSS_REKEY_CHILD);
        sim_pass_all(sim);
        assert_true(cross_settled(sim));
    }
    assert_int_equal(sim->client.child_ups, 3);
    ike_sa_close(sim->client.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, 10 * USEC_PER_SEC));
}

/* As if the policies had changed since: the groups in the offers, and what is guessed first. */
static void
set_groups(Sim *sim, SimSide side, uint16_t first, uint16_t second)
{
    cross_groups(&sim->config[side].ike, first, second);
    cross_peer(sim, side)->sa->ike_group = first;
}

static void
all_wrong(Sim *sim)
{
    set_groups(sim, SIM_CLIENT, WRONG_CLIENT, RIGHT);
    set_groups(sim, SIM_GATEWAY, WRONG_GATEWAY, RIGHT);
}

/* ike_rekey/regular_ke_invalid */
static void
test_a_wrong_group_is_guessed_once(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = begin(by);

        all_wrong(sim);
        cross_act(sim, by, CROSS_REKEY_IKE);
        sim_pass_all(sim);
        assert_rekeyed(sim, "wrong group", by);
        assert_int_equal(sim->client.sa->ike->suite.ke, RIGHT);
        assert_int_equal(cross_peer(sim, by)->sent[IKE_EXCHANGE_CREATE_CHILD_SA], 2);
        assert_works(sim);
    }
}

/* The Delete of the old one, or the answer to it, is lost and comes again. */
static void
test_a_lost_delete_comes_again(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++)
        for (int answer = 0; answer < 2; answer++) {
            g_autoptr(Sim) sim = begin(by);

            cross_act(sim, by, CROSS_REKEY_IKE);
            sim_drain(sim);
            sim_pass(sim, by);
            sim_pass(sim, cross_other(by));
            if (answer)
                sim_pass(sim, by);
            sim_lose(sim, answer ? cross_other(by) : by);
            assert_int_equal(cross_peer(sim, by)->sa->n_replaced, 1);
            (void)sim_run(sim, sim_never, 10 * USEC_PER_SEC);
            assert_int_equal(cross_peer(sim, by)->sa->n_replaced, 0);
            assert_rekeyed(sim, "lost Delete", by);
            assert_works(sim);
        }
}

/* The Delete of the old one never comes: it is forgotten with time. */
static void
test_what_the_peer_forgets_to_delete_is_forgotten(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = begin(by);

        cross_act(sim, by, CROSS_REKEY_IKE);
        sim_drain(sim);
        sim_pass(sim, by);
        sim_pass(sim, cross_other(by));
        sim->lose[by] = UINT_MAX;
        sim_lose(sim, by);
        (void)sim_run(sim, sim_never, 125 * USEC_PER_SEC);
        sim->lose[by] = 0;
        assert_rekeyed(sim, "no Delete", by);
        assert_works(sim);
    }
}

/* Both delete it: the end that was asked for the rekeying is not to, and does; its Delete comes
 * before the other's or behind it. */
static void
test_the_responder_deletes_the_old_one_too(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++)
        for (int late = 0; late < 2; late++) {
            g_autoptr(Sim) sim = begin(by);
            IkeSa *asked = cross_peer(sim, cross_other(by))->sa;
            g_auto(IkeDraft) d = { 0 };

            cross_act(sim, by, CROSS_REKEY_IKE);
            sim_drain(sim);
            sim_pass(sim, by);
            sim_pass(sim, cross_other(by));
            ike_draft_begin(&d);
            ike_x_delete_write(&d.chain, IKE_PROTO_IKE, (Slice){ 0 });
            assert_int_equal(ike_sa_request_under(asked, asked->replaced[0],
                                                  IKE_EXCHANGE_INFORMATIONAL, &d, sim->now),
                             IKE_OK);
            asked->replaced[0]->job = IKE_JOB_BURY;
            sim_drain(sim);
            sim_pass(sim, late ? by : cross_other(by));
            sim_pass_all(sim);
            assert_rekeyed(sim, "incorrect Delete", by);
            assert_works(sim);
        }
}

/* ike_rekey/collision_delayed_response: @slow answers, but the answer comes last: behind its Delete
 * of what is too many, or before it. */
static void
test_a_collision_with_a_delayed_response(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide slow = i & 8 ? SIM_CLIENT : SIM_GATEWAY;
        g_autoptr(Sim) sim = begin(i);

        cross_lowest(sim, i & 3, 0);
        cross_both(sim, CROSS_REKEY_IKE, CROSS_REKEY_IKE);
        sim_pass(sim, SIM_CLIENT);
        sim_pass(sim, SIM_GATEWAY);
        sim_hold(sim, slow);
        sim_pass(sim, cross_other(slow));
        if (i & 4)
            sim_pass(sim, slow);
        sim_release(sim);
        sim_pass_all(sim);
        assert_rekeyed(sim, "delayed response", cross_other(cross_loser(i & 3)));
        assert_works(sim);
    }
}

/* ike_rekey/collision_dropped_request: the request is lost, and what comes of the other's rekeying
 * arrives before it is sent again. */
static void
test_a_collision_with_a_lost_request(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        SimSide lost = i & 4 ? SIM_CLIENT : SIM_GATEWAY;
        g_autoptr(Sim) sim = begin(i);

        cross_lowest(sim, i & 3, 0);
        cross_both(sim, CROSS_REKEY_IKE, CROSS_REKEY_IKE);
        sim_lose(sim, lost);
        sim_pass_all(sim);
        assert_rekeyed(sim, "lost request", cross_other(lost));
        assert_works(sim);
    }
}

/* ike_rekey/collision_delayed_request, _more, _and_delete: the request of @slow arrives behind the
 * other's answer: before the Delete, behind it, or when that is answered. */
static void
test_a_collision_with_a_delayed_request(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++)
        for (unsigned when = 0; when < 3; when++) {
            SimSide slow = i & 4 ? SIM_CLIENT : SIM_GATEWAY, fast = cross_other(slow);
            g_autoptr(Sim) sim = begin(i);

            cross_lowest(sim, i & 3, 0);
            cross_both(sim, CROSS_REKEY_IKE, CROSS_REKEY_IKE);
            sim_hold(sim, slow);
            sim_pass(sim, fast);
            sim_pass(sim, slow);
            if (when == 0)
                sim_hold(sim, fast);
            else
                sim_pass(sim, fast);
            if (when == 2)
                sim_pass(sim, slow);
            sim_release(sim);
            sim_pass_all(sim);
            assert_rekeyed(sim, "delayed request", fast);
            assert_works(sim);
        }
}

static void
both_guess_wrong(Sim *sim)
{
    cross_both(sim, CROSS_REKEY_IKE, CROSS_REKEY_IKE);
    for (int i = 0; i < 2; i++) {
        sim_pass(sim, SIM_CLIENT);
        sim_pass(sim, SIM_GATEWAY);
    }
    assert_int_equal(sim->client.rekeyed + sim->gateway.rekeyed, 0);
    assert_int_equal(sim_waiting(sim, SIM_CLIENT), 1);
    assert_int_equal(sim_waiting(sim, SIM_GATEWAY), 1);
}

/* ike_rekey/collision_ke_invalid */
static void
test_a_collision_of_second_tries(void **state)
{
    (void)state;
    for (unsigned lowest = 0; lowest < 4; lowest++) {
        g_autoptr(Sim) sim = begin(lowest);

        all_wrong(sim);
        cross_lowest(sim, lowest, 1);
        both_guess_wrong(sim);
        sim_pass_all(sim);
        assert_rekeyed(sim, "wrong groups", cross_other(cross_loser(lowest)));
        assert_int_equal(sim->client.sa->ike->suite.ke, RIGHT);
        assert_works(sim);
    }
}

/* ike_rekey/collision_ke_invalid_delayed_retry */
static void
test_a_collision_with_a_delayed_second_try(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide slow = i & 8 ? SIM_CLIENT : SIM_GATEWAY, fast = cross_other(slow);
        g_autoptr(Sim) sim = begin(i);

        all_wrong(sim);
        cross_lowest(sim, i & 3, 1);
        both_guess_wrong(sim);
        sim_hold(sim, slow);
        sim_pass(sim, fast);
        sim_pass(sim, slow);
        if (i & 4)
            sim_pass_all(sim);
        sim_release(sim);
        sim_pass_all(sim);
        assert_rekeyed(sim, "second try delayed", fast);
        assert_works(sim);
    }
}

/* ike_rekey/collision_delete, _drop_delete; ike_delete/collision: the end wins, whichever of the
 * two requests comes first or is lost. */
static void
test_the_end_of_the_ike_sa_beats_its_rekeying(void **state)
{
    static const CrossAct acts[] = { CROSS_REKEY_IKE, CROSS_CLOSE };

    (void)state;
    for (SimSide closes = SIM_CLIENT; closes <= SIM_GATEWAY; closes++)
        for (size_t a = 0; a < G_N_ELEMENTS(acts); a++)
            for (unsigned way = 0; way < 8; way++) {
                g_autoptr(Sim) sim = begin(way);
                SimSide first = way & 1 ? SIM_GATEWAY : SIM_CLIENT;

                cross_both(sim, closes == SIM_CLIENT ? CROSS_CLOSE : acts[a],
                           closes == SIM_CLIENT ? acts[a] : CROSS_CLOSE);
                if (way & 2)
                    sim_lose(sim, first);
                else
                    sim_pass(sim, first);
                if (way & 4)
                    sim_lose(sim, cross_other(first));
                sim_pass_all(sim);
                if (!sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC))
                    fail_msg("side %d closes, act %d, way %u: client %s, gateway %s", closes,
                             acts[a], way, sim_state(sim, SIM_CLIENT), sim_state(sim, SIM_GATEWAY));
                assert_int_equal(sim->client.closes, 1);
                assert_int_equal(sim->gateway.closes, 1);
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrong_group_is_guessed_once),
        cmocka_unit_test(test_a_lost_delete_comes_again),
        cmocka_unit_test(test_what_the_peer_forgets_to_delete_is_forgotten),
        cmocka_unit_test(test_the_responder_deletes_the_old_one_too),
        cmocka_unit_test(test_a_collision_with_a_delayed_response),
        cmocka_unit_test(test_a_collision_with_a_lost_request),
        cmocka_unit_test(test_a_collision_with_a_delayed_request),
        cmocka_unit_test(test_a_collision_of_second_tries),
        cmocka_unit_test(test_a_collision_with_a_delayed_second_try),
        cmocka_unit_test(test_the_end_of_the_ike_sa_beats_its_rekeying),
    };

    return cmocka_run_group_tests_name("x_cross_ike", tests, NULL, NULL);
}
