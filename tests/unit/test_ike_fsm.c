/* test_ike_fsm.c - the transition table of agent/ike/ike_fsm.c, as a graph. */
#include "agent/ike/ike_fsm.h"
#include "tests/support/test.h"

static bool
from(const IkeTransition *t, IkeState s)
{
    return (t->from & UINT32_C(1) << s) != 0;
}

/* States that @start reaches, as a set. */
static uint32_t
reach(uint32_t set)
{
    size_t n;
    const IkeTransition *rows = ike_fsm_rows(&n);

    for (uint32_t before = 0; before != set;) {
        before = set;
        for (size_t i = 0; i < n; i++)
            if ((rows[i].from & set) != 0 && rows[i].to != IKE_STATE_STAY)
                set |= UINT32_C(1) << rows[i].to;
    }
    return set;
}

static void
test_every_state_is_reachable(void **state)
{
    (void)state;
    assert_int_equal(reach(IKE_STATES(IDLE)), (UINT32_C(1) << IKE_STATE_N) - 1);
}

static void
test_every_state_but_closed_leads_to_closed(void **state)
{
    size_t n;
    const IkeTransition *rows = ike_fsm_rows(&n);

    (void)state;
    for (IkeState s = 0; s < IKE_STATE_N; s++)
        assert_true((reach(UINT32_C(1) << s) & IKE_STATES(CLOSED)) != 0);
    for (size_t i = 0; i < n; i++)
        assert_false(from(&rows[i], IKE_STATE_CLOSED));
}

/* A row is dead where an earlier one asks for no more than it does. */
static void
test_no_row_is_shadowed_by_an_earlier_one(void **state)
{
    size_t n;
    const IkeTransition *rows = ike_fsm_rows(&n);

    (void)state;
    for (size_t later = 1; later < n; later++) {
        uint32_t alive = rows[later].from;

        for (size_t i = 0; i < later; i++) {
            const IkeTransition *e = &rows[i], *l = &rows[later];

            if (e->on == l->on && (e->exchange == 0 || e->exchange == l->exchange) &&
                (e->outer & l->outer) == e->outer && (e->inner & l->inner) == e->inner)
                alive &= ~e->from;
        }
        if (alive == 0)
            fail_msg("row \"%s\" is never reached", rows[later].story);
    }
}

static void
test_both_roles_reach_ready_by_rows_of_their_own(void **state)
{
    uint32_t client = IKE_STATES(INIT_SENT) | IKE_STATES(AUTH_SENT) | IKE_STATES(TRUST) |
                      IKE_STATES(TRUST_LAST) | IKE_STATES(EAP) | IKE_STATES(ASKING) |
                      IKE_STATES(AUTH_FINAL);
    uint32_t server = IKE_STATES(INIT_SEEN) | IKE_STATES(PEER) | IKE_STATES(VERDICT) |
                      IKE_STATES(AGAIN) | IKE_STATES(LOGIN) | IKE_STATES(DECIDING) |
                      IKE_STATES(EAP_DONE) | IKE_STATES(GRANTING);

    (void)state;
    assert_int_equal(reach(IKE_STATES(INIT_SENT)) & server, 0);
    assert_int_equal(reach(IKE_STATES(INIT_SEEN)) & client, 0);
    assert_true((reach(IKE_STATES(INIT_SENT)) & IKE_STATES(READY)) != 0);
    assert_true((reach(IKE_STATES(INIT_SEEN)) & IKE_STATES(READY)) != 0);
    assert_int_equal(reach(IKE_STATES(READY)),
                     IKE_STATES(READY) | IKE_STATES(DELETING) | IKE_STATES(CLOSED));
}

/* Time alone, or the owner alone, ends any state: nothing can hang. */
static void
test_every_state_has_a_way_out_that_needs_no_peer(void **state)
{
    (void)state;
    for (IkeState s = 0; s < IKE_STATE_CLOSED; s++) {
        bool time = ike_fsm_find(s, IKE_ON_LIMIT, NULL) || ike_fsm_find(s, IKE_ON_GIVE_UP, NULL);

        assert_true(s == IKE_STATE_IDLE || time);
        assert_true(s == IKE_STATE_DELETING || ike_fsm_find(s, IKE_ON_CLOSE, NULL));
    }
}

static void
test_every_row_tells_its_story(void **state)
{
    size_t n;
    const IkeTransition *rows = ike_fsm_rows(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(strlen(rows[i].story) > 10);
        assert_false(g_str_has_suffix(rows[i].story, "."));
        assert_true(rows[i].from != 0 && rows[i].from < UINT32_C(1) << IKE_STATE_N);
        /* only messages have an exchange and payloads */
        if (rows[i].on != IKE_ON_REQUEST && rows[i].on != IKE_ON_RESPONSE)
            assert_true(rows[i].exchange == 0 && rows[i].outer == 0 && rows[i].inner == 0);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rows[i].story, rows[j].story);
    }
}

static IkeMsg
message(uint8_t exchange, uint64_t outer, uint64_t inner)
{
    return (IkeMsg){ .h = { .exchange = exchange }, .outer = outer, .inner = inner };
}

/* A CREATE_CHILD_SA before AUTH finds no row in either role, so nothing answers it. */
static void
test_child_sas_are_for_ready_only(void **state)
{
    IkeMsg m = message(IKE_EXCHANGE_CREATE_CHILD_SA, IKE_SET(SK), IKE_SET(SA) | IKE_SET(NONCE));

    (void)state;
    for (IkeState s = 0; s < IKE_STATE_N; s++)
        assert_int_equal(ike_fsm_find(s, IKE_ON_REQUEST, &m) != NULL,
                         s == IKE_STATE_READY || s == IKE_STATE_DELETING);
}

/* The strict row of a pair wins, whatever else the message carries. */
static void
test_the_stricter_row_wins(void **state)
{
    IkeMsg good =
        message(IKE_EXCHANGE_IKE_AUTH, IKE_SET(SK),
                IKE_SET(AUTH) | IKE_SET(SA) | IKE_SET(TSi) | IKE_SET(TSr) | IKE_SET(NOTIFY));
    IkeMsg childless = message(IKE_EXCHANGE_IKE_AUTH, IKE_SET(SK), IKE_SET(AUTH) | IKE_SET(NOTIFY));
    IkeMsg error = message(IKE_EXCHANGE_IKE_AUTH, IKE_SET(SK), IKE_SET(NOTIFY));

    (void)state;
    assert_int_equal(ike_fsm_find(IKE_STATE_AUTH_FINAL, IKE_ON_RESPONSE, &good)->to,
                     IKE_STATE_READY);
    assert_int_equal(ike_fsm_find(IKE_STATE_AUTH_FINAL, IKE_ON_RESPONSE, &childless)->to,
                     IKE_STATE_DELETING);
    assert_int_equal(ike_fsm_find(IKE_STATE_AUTH_FINAL, IKE_ON_RESPONSE, &error)->to,
                     IKE_STATE_CLOSED);
}

static void
test_the_picture_has_every_state_and_row(void **state)
{
    g_autofree char *dot = ike_fsm_dot();
    size_t n, arrows = 0, expected = 0;
    const IkeTransition *rows = ike_fsm_rows(&n);

    (void)state;
    assert_true(g_str_has_prefix(dot, "digraph"));
    for (IkeState s = 0; s < IKE_STATE_N; s++)
        assert_non_null(strstr(dot, ike_state_name(s)));
    for (size_t i = 0; i < n; i++)
        for (IkeState s = 0; s < IKE_STATE_N; s++)
            expected += from(&rows[i], s);
    for (const char *p = dot; (p = strstr(p, " -> ")); p++)
        arrows++;
    assert_int_equal(arrows, expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_is_reachable),
        cmocka_unit_test(test_every_state_but_closed_leads_to_closed),
        cmocka_unit_test(test_no_row_is_shadowed_by_an_earlier_one),
        cmocka_unit_test(test_both_roles_reach_ready_by_rows_of_their_own),
        cmocka_unit_test(test_every_state_has_a_way_out_that_needs_no_peer),
        cmocka_unit_test(test_every_row_tells_its_story),
        cmocka_unit_test(test_child_sas_are_for_ready_only),
        cmocka_unit_test(test_the_stricter_row_wins),
        cmocka_unit_test(test_the_picture_has_every_state_and_row),
    };

    return cmocka_run_group_tests_name("ike_fsm", tests, NULL, NULL);
}
