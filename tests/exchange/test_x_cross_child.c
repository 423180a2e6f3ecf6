/* test_x_cross_child.c - rekeying and deleting a child SA, case by case: alone with a peer that
 * errs, against the same from the other end, against what the other end does to the IKE SA (RFC
 * 7296 §2.8.1, §2.25). Each end is in each place, and each of the four nonces is the lowest in
 * turn. */
#include "tests/support/sim_cross.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

enum { WRONG_CLIENT = KE_ECP256, WRONG_GATEWAY = KE_ECP384, RIGHT = KE_CURVE25519 };

static Sim *
begin(void (*tune)(IkeConfig *client, IkeConfig *gateway), uint64_t seed)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = seed, .tune = tune });

    sim_connect(sim);
    return sim;
}

static void
assert_settled(const Sim *sim, const char *what, SimSide by, unsigned lowest)
{
    if (!cross_settled(sim))
        fail_msg("%s, %s, lowest nonce %u: client %s with %zu, gateway %s with %zu; %u pairs", what,
                 by == SIM_CLIENT ? "client" : "gateway", lowest, sim_state(sim, SIM_CLIENT),
                 sim->client.sa->children.n, sim_state(sim, SIM_GATEWAY),
                 sim->gateway.sa ? sim->gateway.sa->children.n : 0, sim_pairs(sim));
}

/* The pair that is left was made by the request of @side. */
static void
assert_made_by(const Sim *sim, SimSide side)
{
    assert_int_equal(sim->client.sa->children.all[0]->ours, side == SIM_CLIENT);
    assert_int_equal(sim->gateway.sa->children.all[0]->ours, side == SIM_GATEWAY);
}

/* Both new keys have been in use, and at each end one of the three is left. */
static void
assert_made(const Sim *sim, unsigned pairs)
{
    assert_int_equal(sim->client.child_ups, 1 + pairs);
    assert_int_equal(sim->gateway.child_ups, 1 + pairs);
    assert_int_equal(sim->client.child_downs, pairs);
    assert_int_equal(sim->gateway.child_downs, pairs);
}

/* Rekeying as far as the answer; the Delete of the old one is on its way. */
static void
rekey_to_delete(Sim *sim, SimSide by)
{
    cross_act(sim, by, CROSS_REKEY_CHILD);
    sim_drain(sim);
    sim_pass(sim, by);
    sim_pass(sim, cross_other(by));
    assert_int_equal(sim_waiting(sim, by), 1);
}

/* rekey/regular_responder_incorrect_delete: the end that was asked deletes the old one itself. */
static void
test_the_responder_deletes_the_old_one_too(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++)
        for (int late = 0; late < 2; late++) {
            g_autoptr(Sim) sim = begin(NULL, by);

            rekey_to_delete(sim, by);
            if (late)
                sim_hold(sim, by);
            cross_act(sim, cross_other(by), CROSS_DELETE_CHILD);
            sim_drain(sim);
            sim_pass(sim, cross_other(by));
            sim_release(sim);
            sim_pass_all(sim);
            assert_settled(sim, "incorrect Delete", by, 0);
            assert_made_by(sim, by);
            assert_made(sim, 1);
        }
}

/* rekey/regular_delete_timeout: the Delete, or the answer to it, is lost and comes again. */
static void
test_a_lost_delete_comes_again(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++)
        for (int answer = 0; answer < 2; answer++) {
            g_autoptr(Sim) sim = begin(NULL, by);

            rekey_to_delete(sim, by);
            if (answer)
                sim_pass(sim, by);
            sim_lose(sim, answer ? cross_other(by) : by);
            assert_int_equal(sim_pairs(sim), answer ? 1 : 2);
            assert_true(sim_run(sim, cross_settled, 10 * USEC_PER_SEC));
            assert_made_by(sim, by);
            assert_made(sim, 1);
        }
}

static bool
forget_to_delete(Sim *sim, SimLetter *l, void *user)
{
    unsigned *forgotten = user;

    (void)sim;
    if (l->response || *forgotten || !sim_letter_find(l, IKE_PAYLOAD_DELETE))
        return false;
    sim_letter_remove(l, IKE_PAYLOAD_DELETE);
    ++*forgotten;
    return true;
}

/* The other half of it: the peer never deletes what it has replaced, and is not waited for long. */
static void
test_what_the_peer_forgets_to_delete_is_deleted_by_the_responder(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = begin(NULL, by);
        unsigned forgotten = 0;

        sim_lie(sim, forget_to_delete, &forgotten);
        cross_act(sim, by, CROSS_REKEY_CHILD);
        sim_pass_all(sim);
        assert_int_equal(forgotten, 1);
        assert_int_equal(cross_peer(sim, cross_other(by))->children->len, 2);
        assert_true(sim_run(sim, cross_settled, 300 * USEC_PER_SEC));
        assert_made_by(sim, by);
    }
}

/* rekey/regular_responder_ignore_soft_expire: the old one is due at the responder, too, but it has
 * been replaced. */
static void
test_a_replaced_one_is_not_rekeyed_again(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = begin(NULL, by);
        SimSide asked = cross_other(by);

        cross_act(sim, by, CROSS_REKEY_CHILD);
        sim_drain(sim);
        sim_pass(sim, by);
        cross_act(sim, asked, CROSS_REKEY_CHILD); /* the first of the two that are up */
        sim_drain(sim);
        assert_int_equal(sim_waiting(sim, asked), 1); /* the answer, and no request */
        sim_pass_all(sim);
        assert_settled(sim, "soft expiry", by, 0);
        assert_made(sim, 1);
    }
}

/* rekey/regular_responder_handle_hard_expire: the old one's life ends at the responder before the
 * Delete comes. */
static void
test_a_replaced_one_may_reach_its_end(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++)
        for (int late = 0; late < 2; late++) {
            g_autoptr(Sim) sim = begin(NULL, by);
            SimPeer *asked = cross_peer(sim, cross_other(by));

            rekey_to_delete(sim, by);
            if (late)
                sim_hold(sim, by);
            asked->sa->children.all[0]->hard = sim->now;
            ike_sa_tick(asked->sa, sim->now);
            sim_drain(sim);
            assert_int_equal(asked->children->len, 1);
            assert_true(cross_child(sim, cross_other(by), 0)->outbound);
            sim_pass(sim, cross_other(by));
            sim_release(sim);
            sim_pass_all(sim);
            assert_settled(sim, "hard expiry", by, 0);
            assert_made(sim, 1);
            assert_int_equal(asked->notices, 0);
        }
}

/* rekey/collision_delayed_response, and _delete: @slow answers, but the answer comes last: behind
 * the Delete of @slow's, or before it. */
static void
test_a_collision_with_a_delayed_response(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide slow = i & 8 ? SIM_CLIENT : SIM_GATEWAY;
        unsigned lowest = i & 3;
        g_autoptr(Sim) sim = begin(NULL, i);

        cross_lowest(sim, lowest, 0);
        cross_both(sim, CROSS_REKEY_CHILD, CROSS_REKEY_CHILD);
        sim_pass(sim, SIM_CLIENT);
        sim_pass(sim, SIM_GATEWAY);
        sim_hold(sim, slow); /* the answer of @slow's */
        sim_pass(sim, cross_other(slow));
        if (i & 4)
            sim_pass(sim, slow); /* its Delete of whatever is too many */
        sim_release(sim);
        sim_pass_all(sim);
        assert_settled(sim, "delayed response", slow, lowest);
        assert_made_by(sim, cross_other(cross_loser(lowest)));
        assert_made(sim, 2);
    }
}

/* rekey/collision_delayed_request: the request of @slow arrives when the other's answer has, but
 * not its Delete: TEMPORARY_FAILURE. */
static void
test_a_collision_with_a_delayed_request(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        SimSide slow = i & 4 ? SIM_CLIENT : SIM_GATEWAY, fast = cross_other(slow);
        g_autoptr(Sim) sim = begin(NULL, i);

        cross_lowest(sim, i & 3, 0);
        cross_both(sim, CROSS_REKEY_CHILD, CROSS_REKEY_CHILD);
        sim_hold(sim, slow);
        sim_pass(sim, fast);
        sim_pass(sim, slow);
        sim_hold(sim, fast); /* its Delete */
        sim_release(sim);    /* the request, then the Delete */
        sim_pass_all(sim);
        assert_settled(sim, "delayed request", slow, i & 3);
        assert_made_by(sim, fast);
        assert_made(sim, 1);
    }
}

/* rekey/collision_delayed_request_more, and _delete: it arrives when all is over at the other end,
 * or over but for the answer to its Delete. */
static void
test_a_collision_with_a_request_that_is_delayed_more(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide slow = i & 8 ? SIM_CLIENT : SIM_GATEWAY, fast = cross_other(slow);
        g_autoptr(Sim) sim = begin(NULL, i);

        cross_lowest(sim, i & 3, 0);
        cross_both(sim, CROSS_REKEY_CHILD, CROSS_REKEY_CHILD);
        sim_hold(sim, slow);
        sim_pass(sim, fast);
        sim_pass(sim, slow);
        sim_pass(sim, fast); /* its Delete */
        if (i & 4) {
            sim_hold(sim, slow); /* the answer to it: behind the request */
            sim_release(sim);
        } else {
            sim_pass(sim, slow);
            sim_release(sim);
        }
        sim_pass_all(sim);
        assert_settled(sim, "request delayed more", slow, i & 3);
        assert_made_by(sim, fast);
        assert_made(sim, 1);
        assert_int_equal(sim->client.notices + sim->gateway.notices, 0);
    }
}

static void
pfs_of_all_wrong(IkeConfig *client, IkeConfig *gateway)
{
    ike_offer_pfs(&client->esp, SUITE_MODERN, true);
    ike_offer_pfs(&gateway->esp, SUITE_MODERN, true);
    cross_groups(&client->esp, WRONG_CLIENT, RIGHT);
    cross_groups(&gateway->esp, WRONG_GATEWAY, RIGHT);
}

static void
pfs_of_client_wrong(IkeConfig *client, IkeConfig *gateway)
{
    pfs_of_all_wrong(client, gateway);
    cross_groups(&gateway->esp, RIGHT, RIGHT);
}

static void
pfs_of_gateway_wrong(IkeConfig *client, IkeConfig *gateway)
{
    pfs_of_all_wrong(client, gateway);
    cross_groups(&client->esp, RIGHT, RIGHT);
}

/* Both have guessed a wrong group and are told; their second requests are on the wire. */
static void
both_guess_wrong(Sim *sim)
{
    cross_both(sim, CROSS_REKEY_CHILD, CROSS_REKEY_CHILD);
    for (int i = 0; i < 2; i++) {
        sim_pass(sim, SIM_CLIENT);
        sim_pass(sim, SIM_GATEWAY);
    }
    assert_int_equal(sim->client.child_ups + sim->gateway.child_ups, 2);
    assert_int_equal(sim_waiting(sim, SIM_CLIENT), 1);
    assert_int_equal(sim_waiting(sim, SIM_GATEWAY), 1);
}

/* rekey/collision_ke_invalid */
static void
test_a_collision_of_second_tries(void **state)
{
    (void)state;
    for (unsigned lowest = 0; lowest < 4; lowest++) {
        g_autoptr(Sim) sim = begin(pfs_of_all_wrong, lowest);

        cross_lowest(sim, lowest, 1);
        both_guess_wrong(sim);
        sim_pass_all(sim);
        assert_settled(sim, "wrong groups", SIM_CLIENT, lowest);
        assert_made_by(sim, cross_other(cross_loser(lowest)));
        assert_made(sim, 2);
        assert_int_equal(cross_child(sim, SIM_CLIENT, 0)->suite.ke, RIGHT);
    }
}

/* rekey/collision_ke_invalid_delayed_retry */
static void
test_a_collision_with_a_delayed_second_try(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide slow = i & 8 ? SIM_CLIENT : SIM_GATEWAY, fast = cross_other(slow);
        g_autoptr(Sim) sim = begin(pfs_of_all_wrong, i);

        cross_lowest(sim, i & 3, 1);
        both_guess_wrong(sim);
        sim_hold(sim, slow);
        sim_pass(sim, fast);
        sim_pass(sim, slow);
        if (i & 4)
            sim_pass_all(sim);
        sim_release(sim);
        sim_pass_all(sim);
        assert_settled(sim, "second try delayed", slow, i & 3);
        assert_made_by(sim, fast);
        assert_made(sim, 1);
    }
}

/* rekey/collision_mixed: only one of the two has guessed a wrong group. If it hears so before the
 * other's request, its second try collides with that; else there is nothing left to try. */
static void
test_a_collision_of_a_second_try_with_a_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        SimSide wrong = i & 8 ? SIM_CLIENT : SIM_GATEWAY, right = cross_other(wrong);
        unsigned lowest = i & 3;
        bool again = i & 4;
        g_autoptr(Sim) sim =
            begin(wrong == SIM_CLIENT ? pfs_of_client_wrong : pfs_of_gateway_wrong, i);
        uint8_t nonces[] = { 0x80, 0x80, 0x80 };

        cross_lowest(sim, lowest, 0);
        nonces[1] = lowest == (wrong == SIM_CLIENT ? 0 : 2) ? 0 : 0x80;
        nonces[2] = lowest == (wrong == SIM_CLIENT ? 3 : 1) ? 0 : 0x80;
        sim_nonces(sim, wrong, nonces, G_N_ELEMENTS(nonces));
        cross_both(sim, CROSS_REKEY_CHILD, CROSS_REKEY_CHILD);
        if (again)
            sim_hold(sim, right);
        sim_pass(sim, wrong);
        sim_pass(sim, right);
        sim_release(sim);
        sim_pass_all(sim);
        assert_settled(sim, "mixed", wrong, lowest);
        assert_made_by(sim, again ? cross_other(cross_loser(lowest)) : right);
        assert_made(sim, again ? 2 : 1);
    }
}

/* What is lost of two requests that cross. */
typedef enum Lost { LOST_NONE, LOST_REKEYING, LOST_DELETE, N_LOST } Lost;

/* rekey/collision_delete, _drop_delete, _drop_rekey (§2.25.1): the child SA goes at both ends, and
 * the IKE SA serves on. */
static void
test_a_delete_beats_a_rekeying(void **state)
{
    (void)state;
    for (SimSide rekeys = SIM_CLIENT; rekeys <= SIM_GATEWAY; rekeys++)
        for (Lost lost = LOST_NONE; lost < N_LOST; lost++)
            for (int first = 0; first < 2; first++) {
                g_autoptr(Sim) sim = begin(NULL, lost);
                SimSide deletes = cross_other(rekeys);

                cross_both(sim, rekeys == SIM_CLIENT ? CROSS_REKEY_CHILD : CROSS_DELETE_CHILD,
                           rekeys == SIM_CLIENT ? CROSS_DELETE_CHILD : CROSS_REKEY_CHILD);
                if (lost != LOST_NONE)
                    sim_lose(sim, lost == LOST_DELETE ? deletes : rekeys);
                else
                    sim_pass(sim, first ? deletes : rekeys);
                sim_pass_all(sim);
                if (!sim_run(sim, cross_childless, 60 * USEC_PER_SEC))
                    fail_msg("side %d rekeys, lost %d", rekeys, lost);
                assert_int_equal(sim->client.child_ups + sim->gateway.child_ups, 2);
            }
}

/* child_delete/collision, and with either Delete lost. */
static void
test_both_delete_the_child_sa(void **state)
{
    (void)state;
    for (unsigned lost = 0; lost < 4; lost++) {
        g_autoptr(Sim) sim = begin(NULL, lost);

        cross_both(sim, CROSS_DELETE_CHILD, CROSS_DELETE_CHILD);
        for (SimSide side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
            if (lost & 1u << side)
                sim_lose(sim, side);
        sim_pass_all(sim);
        assert_true(sim_run(sim, cross_childless, 60 * USEC_PER_SEC));
        assert_int_equal(sim->client.child_downs, 1);
        assert_int_equal(sim->gateway.child_downs, 1);
    }
}

/* All that can become of two requests that cross: which of them is lost, and which comes first. */
static void
carry_one_way(Sim *sim, unsigned way)
{
    SimSide first = way & 1 ? SIM_GATEWAY : SIM_CLIENT;

    if (way & 2)
        sim_lose(sim, first);
    else
        sim_pass(sim, first);
    if (way & 4)
        sim_lose(sim, cross_other(first));
    sim_pass_all(sim);
}

/* rekey/collision_ike_delete, child_delete/collision_ike_delete: everything goes. */
static void
test_the_end_of_the_ike_sa_beats_all(void **state)
{
    static const CrossAct acts[] = { CROSS_REKEY_CHILD, CROSS_DELETE_CHILD };

    (void)state;
    for (SimSide closes = SIM_CLIENT; closes <= SIM_GATEWAY; closes++)
        for (size_t a = 0; a < G_N_ELEMENTS(acts); a++)
            for (unsigned way = 0; way < 8; way++) {
                g_autoptr(Sim) sim = begin(NULL, way);

                cross_both(sim, closes == SIM_CLIENT ? CROSS_CLOSE : acts[a],
                           closes == SIM_CLIENT ? acts[a] : CROSS_CLOSE);
                carry_one_way(sim, way);
                if (!sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC))
                    fail_msg("side %d closes, act %d, way %u", closes, acts[a], way);
                assert_int_equal(sim->client.closes, 1);
                assert_int_equal(sim->gateway.closes, 1);
            }
}

static bool
rekeyed_all(const Sim *sim)
{
    return cross_settled(sim) && sim->client.rekeyed == 1 && sim->gateway.rekeyed == 1 &&
           sim->client.child_ups == 2 && sim->gateway.child_ups == 2;
}

/* rekey/collision_ike_rekey (§2.25.2): neither is granted while the other waits, both are later. */
static void
test_a_child_rekeying_and_an_ike_rekeying_make_way(void **state)
{
    (void)state;
    for (SimSide child = SIM_CLIENT; child <= SIM_GATEWAY; child++)
        for (unsigned way = 0; way < 8; way++) {
            g_autoptr(Sim) sim = begin(NULL, way);

            cross_both(sim, child == SIM_CLIENT ? CROSS_REKEY_CHILD : CROSS_REKEY_IKE,
                       child == SIM_CLIENT ? CROSS_REKEY_IKE : CROSS_REKEY_CHILD);
            carry_one_way(sim, way);
            if (!sim_run(sim, rekeyed_all, 600 * USEC_PER_SEC))
                fail_msg("side %d rekeys the child SA, way %u: %u and %u IKE SAs, %u and %u pairs",
                         child, way, sim->client.rekeyed, sim->gateway.rekeyed,
                         sim->client.child_ups, sim->gateway.child_ups);
            assert_int_equal(sim->client.notices + sim->gateway.notices, 0);
        }
}

static bool
rekeyed_without_child(const Sim *sim)
{
    return cross_childless(sim) && sim->client.rekeyed == 1 && sim->gateway.rekeyed == 1;
}

/* child_delete/collision_ike_rekey: the child SA goes, and the IKE SA is rekeyed. */
static void
test_a_child_delete_and_an_ike_rekeying_are_both_done(void **state)
{
    (void)state;
    for (SimSide child = SIM_CLIENT; child <= SIM_GATEWAY; child++)
        for (unsigned way = 0; way < 8; way++) {
            g_autoptr(Sim) sim = begin(NULL, way);

            cross_both(sim, child == SIM_CLIENT ? CROSS_DELETE_CHILD : CROSS_REKEY_IKE,
                       child == SIM_CLIENT ? CROSS_REKEY_IKE : CROSS_DELETE_CHILD);
            carry_one_way(sim, way);
            if (!sim_run(sim, rekeyed_without_child, 600 * USEC_PER_SEC))
                fail_msg("side %d deletes the child SA, way %u", child, way);
        }
}

/* child_create/collision_ike_rekey: what the peer has lost is asked for from scratch while the peer
 * rekeys the IKE SA. */
static void
test_a_new_child_sa_waits_for_an_ike_rekeying(void **state)
{
    (void)state;
    for (SimSide asks = SIM_CLIENT; asks <= SIM_GATEWAY; asks++)
        for (unsigned way = 0; way < 8; way++) {
            g_autoptr(Sim) sim = begin(NULL, way);
            SimPeer *lost = cross_peer(sim, cross_other(asks));

            ike_children_clear(&lost->sa->children);
            g_ptr_array_set_size(lost->children, 0);
            cross_act(sim, asks, CROSS_REKEY_CHILD);
            sim_drain(sim);
            sim_pass(sim, asks);
            sim_pass(sim, cross_other(asks)); /* CHILD_SA_NOT_FOUND: the next asks for a new one */
            cross_act(sim, cross_other(asks), CROSS_REKEY_IKE);
            sim_drain(sim);
            carry_one_way(sim, way);
            if (!sim_run(sim, rekeyed_all, 600 * USEC_PER_SEC))
                fail_msg("side %d asks, way %u", asks, way);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_responder_deletes_the_old_one_too),
        cmocka_unit_test(test_a_lost_delete_comes_again),
        cmocka_unit_test(test_what_the_peer_forgets_to_delete_is_deleted_by_the_responder),
        cmocka_unit_test(test_a_replaced_one_is_not_rekeyed_again),
        cmocka_unit_test(test_a_replaced_one_may_reach_its_end),
        cmocka_unit_test(test_a_collision_with_a_delayed_response),
        cmocka_unit_test(test_a_collision_with_a_delayed_request),
        cmocka_unit_test(test_a_collision_with_a_request_that_is_delayed_more),
        cmocka_unit_test(test_a_collision_of_second_tries),
        cmocka_unit_test(test_a_collision_with_a_delayed_second_try),
        cmocka_unit_test(test_a_collision_of_a_second_try_with_a_first),
        cmocka_unit_test(test_a_delete_beats_a_rekeying),
        cmocka_unit_test(test_both_delete_the_child_sa),
        cmocka_unit_test(test_the_end_of_the_ike_sa_beats_all),
        cmocka_unit_test(test_a_child_rekeying_and_an_ike_rekeying_make_way),
        cmocka_unit_test(test_a_child_delete_and_an_ike_rekeying_are_both_done),
        cmocka_unit_test(test_a_new_child_sa_waits_for_an_ike_rekeying),
    };

    return cmocka_run_group_tests_name("x_cross_child", tests, NULL, NULL);
}
