/* test_ike_job.c - agent/ike/ike_job.c: which request of ours is next. */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim_cross.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static void
mobile(IkeConfig *client, IkeConfig *gateway)
{
    sim_psk(client, gateway);
    client->mobike = gateway->mobike = client->redirect = true;
}

static Sim *
standing(void)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = 1, .tune = mobile });

    sim_connect(sim);
    sim_pass_all(sim);
    return sim;
}

static void
due_move(IkeSa *sa, Usec now)
{
    sa->mobike.move_due = now;
}

static void
due_check(IkeSa *sa, Usec now)
{
    sa->mobike.check_due = now;
}

static void
due_rekey(IkeSa *sa, Usec now)
{
    sa->ike->due = now;
}

static void
due_redirect(IkeSa *sa, Usec now)
{
    (void)now;
    sa->redirect = g_new0(IkeRedirect, 1);
    assert_true(ike_redirect_parse("10.0.0.9", sa->redirect));
    sa->redirecting = true;
}

/* One more than the one that is up, of which the owner does not know. */
static void
due_child_delete(IkeSa *sa, Usec now)
{
    IkeChildSa *child = ike_children_add(&sa->children);

    (void)now;
    child->c.spi_in = 0x11111111;
    child->stage = IKE_CHILD_DOOMED;
}

static void
due_child_rekey(IkeSa *sa, Usec now)
{
    sa->children.all[0]->due = now;
}

static void
due_liveness(IkeSa *sa, Usec now)
{
    sa->ask_at = now;
}

enum { CLIENTS = 1 << SIM_CLIENT, GATEWAYS = 1 << SIM_GATEWAY, BOTH = CLIENTS | GATEWAYS };

/* Most urgent first. */
static const struct {
    IkeJobKind kind;
    unsigned of;
    void (*make_due)(IkeSa *sa, Usec now);
} jobs[] = {
    { IKE_JOB_MOVE, CLIENTS, due_move },
    { IKE_JOB_CHECK, GATEWAYS, due_check },
    { IKE_JOB_REKEY, BOTH, due_rekey },
    { IKE_JOB_REDIRECT, GATEWAYS, due_redirect },
    { IKE_JOB_CHILD_DELETE, BOTH, due_child_delete },
    { IKE_JOB_CHILD_REKEY, BOTH, due_child_rekey },
    { IKE_JOB_LIVENESS, BOTH, due_liveness },
};

static void
test_of_two_that_are_due_the_more_urgent_is_asked(void **state)
{
    (void)state;
    for (SimSide side = SIM_CLIENT; side <= SIM_GATEWAY; side++)
        for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++)
            for (size_t k = i; k < G_N_ELEMENTS(jobs); k++) {
                g_autoptr(Sim) sim = NULL;
                IkeSa *sa;

                if (!(jobs[i].of & 1u << side) || !(jobs[k].of & 1u << side))
                    continue;
                sim = standing();
                sa = cross_peer(sim, side)->sa;
                assert_int_equal(ike_job_due(sa), USEC_NEVER);
                if (k != i)
                    jobs[k].make_due(sa, sim->now);
                jobs[i].make_due(sa, sim->now);
                assert_true(ike_job_due(sa) <= sim->now);
                ike_sa_tick(sa, sim->now);
                if (sa->ike->job != jobs[i].kind)
                    fail_msg("%d was asked before %d", sa->ike->job, jobs[i].kind);
                assert_non_null(sa->ike->window.request);
                assert_int_equal(ike_job_due(sa), USEC_NEVER); /* the window is one */
            }
}

static void
test_each_is_asked_when_the_one_before_is_answered(void **state)
{
    static const IkeJobKind order[] = { IKE_JOB_MOVE, IKE_JOB_REKEY, IKE_JOB_CHILD_DELETE,
                                        IKE_JOB_CHILD_REKEY };
    g_autoptr(Sim) sim = standing();
    IkeSa *sa = sim->client.sa;

    (void)state;
    due_move(sa, sim->now);
    due_rekey(sa, sim->now);
    due_child_delete(sa, sim->now);
    due_child_rekey(sa, sim->now);
    ike_sa_tick(sa, sim->now);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        assert_int_equal(sa->ike->job, order[i]);
        sim_drain(sim);
        while (sa->ike->job == order[i])
            sim_pass(sim, sim_waiting(sim, SIM_CLIENT) > 0 ? SIM_CLIENT : SIM_GATEWAY);
    }
    sim_pass_all(sim); /* the old child SA is deleted last */
    assert_int_equal(sa->ike->job, IKE_JOB_NONE);
    assert_int_equal(ike_job_due(sa), USEC_NEVER);
    assert_true(cross_settled(sim));
}

static void
test_nothing_is_asked_without_a_way_to_the_peer(void **state)
{
    g_autoptr(Sim) sim = standing();
    IkeSa *sa = sim->client.sa;

    (void)state;
    ike_sa_hold(sa);
    due_rekey(sa, sim->now);
    due_liveness(sa, sim->now);
    assert_int_equal(ike_job_due(sa), USEC_NEVER);
    ike_sa_tick(sa, sim->now);
    assert_null(sa->ike->window.request);
}

static void
test_what_has_become_needless_is_not_asked(void **state)
{
    g_autoptr(Sim) sim = standing();
    IkeSa *sa = sim->client.sa;

    (void)state;
    due_rekey(sa, sim->now);
    due_child_rekey(sa, sim->now);
    ike_sa_tick(sa, sim->now);
    assert_int_equal(sa->ike->job, IKE_JOB_REKEY);
    ike_children_first(&sa->children, IKE_CHILD_LIVE)->stage = IKE_CHILD_REPLACED;
    sa->children.all[0]->due = USEC_NEVER;
    sim_pass_all(sim);
    assert_int_equal(sa->ike->job, IKE_JOB_NONE);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_CREATE_CHILD_SA], 1);
}

/* Who leaves asks nothing but that. */
static void
test_a_farewell_is_the_last_request(void **state)
{
    g_autoptr(Sim) sim = standing();
    IkeSa *sa = sim->client.sa;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(jobs); i++)
        if (jobs[i].of & CLIENTS)
            jobs[i].make_due(sa, USEC_NEVER - 1); /* later, but sooner than never */
    sa->children.all[1]->stage = IKE_CHILD_DELETING;
    ike_sa_close(sa, sim->now);
    assert_int_equal(sa->ike->job, IKE_JOB_FAREWELL);
    sim_pass_all(sim);
    assert_true(sim_both_closed(sim));
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

/* The peer has replaced the IKE SA under which it was asked: it is asked again under the new one
 * when it still matters. */
static void
test_a_request_that_is_lost_with_its_ike_sa_is_asked_again(void **state)
{
    static const struct {
        IkeJobKind kind;
        SimSide side;
        void (*make_due)(IkeSa *sa, Usec now);
        bool again;
    } lost[] = {
        { IKE_JOB_MOVE, SIM_CLIENT, due_move, true },
        { IKE_JOB_CHECK, SIM_GATEWAY, due_check, true },
        { IKE_JOB_REDIRECT, SIM_GATEWAY, due_redirect, false },
        { IKE_JOB_LIVENESS, SIM_GATEWAY, due_liveness, false },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lost); i++) {
        g_autoptr(Sim) sim = standing();
        IkeSa *sa = cross_peer(sim, lost[i].side)->sa;

        if (lost[i].kind == IKE_JOB_MOVE)
            sa->mobike.updating = true;
        lost[i].make_due(sa, sim->now);
        ike_sa_tick(sa, sim->now);
        assert_int_equal(sa->ike->job, lost[i].kind);
        ike_window_answered(&sa->ike->window);
        ike_job_lost(sa, sa->ike, sim->now);
        assert_int_equal(sa->ike->job, IKE_JOB_NONE);
        assert_int_equal(ike_job_due(sa) <= sim->now, lost[i].again);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_two_that_are_due_the_more_urgent_is_asked),
        cmocka_unit_test(test_each_is_asked_when_the_one_before_is_answered),
        cmocka_unit_test(test_nothing_is_asked_without_a_way_to_the_peer),
        cmocka_unit_test(test_what_has_become_needless_is_not_asked),
        cmocka_unit_test(test_a_farewell_is_the_last_request),
        cmocka_unit_test(test_a_request_that_is_lost_with_its_ike_sa_is_asked_again),
    };

    return cmocka_run_group_tests_name("ike_job", tests, NULL, NULL);
}
