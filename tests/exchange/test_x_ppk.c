/* test_x_ppk.c - post-quantum pre-shared keys (RFC 8784) in every way to log in, both roles. */
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

enum { NONE, OPTIONAL, REQUIRED };

static Sim *
start(void (*tune)(IkeConfig *, IkeConfig *), int client, int gateway)
{
    Sim *sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = tune });
    int wishes[] = { client, gateway };

    for (int side = 0; side < 2; side++) {
        IkePlan *p = &sim->config[side].plan;

        if (wishes[side] == NONE)
            continue;
        p->ppk_id = slice_of("ppk of Anu");
        p->ppk = slice_of("not a quantum secret");
        p->ppk_required = wishes[side] == REQUIRED;
    }
    return sim;
}

static bool
has_ppk(const IkeSa *sa)
{
    IkeInfo info;

    ike_sa_info(sa, &info);
    return info.ppk;
}

static void
assert_up(Sim *sim, bool ppk)
{
    sim_connect(sim);
    assert_int_equal(has_ppk(sim->client.sa), ppk);
    assert_int_equal(has_ppk(sim->gateway.sa), ppk);
    assert_true(slice_equal(secret_view(&sim->client.child.key_in),
                            secret_view(&sim->gateway.child.key_out)));
}

static void
assert_refused(Sim *sim, const char *client_why, const char *gateway_why)
{
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 400 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    if (client_why && !strstr(sim->client.why, client_why))
        fail_msg("the client's \"%s\" does not say \"%s\"", sim->client.why, client_why);
    if (gateway_why && !strstr(sim->gateway.why, gateway_why))
        fail_msg("the gateway's \"%s\" does not say \"%s\"", sim->gateway.why, gateway_why);
}

/* The ways of sim_plan.h, and a password under a certificate. */
static void (*tune_of(size_t i))(IkeConfig *, IkeConfig *)
{
    return i < G_N_ELEMENTS(sim_ways) ? sim_ways[i].tune : NULL;
}

static void
test_what_both_have_is_used_and_what_one_needs_is_missed(void **state)
{
    (void)state;
    for (size_t i = 0; i <= G_N_ELEMENTS(sim_ways); i++)
        for (int client = NONE; client <= REQUIRED; client++)
            for (int gateway = NONE; gateway <= REQUIRED; gateway++) {
                g_autoptr(Sim) sim = start(tune_of(i), client, gateway);

                if (client != NONE && gateway != NONE)
                    assert_up(sim, true);
                else if (client != REQUIRED && gateway != REQUIRED)
                    assert_up(sim, false);
                else if (client == REQUIRED)
                    assert_refused(sim, "knows nothing of the PPK", NULL);
                else
                    assert_refused(sim, "AUTHENTICATION_FAILED", "must not log in");
            }
}

/* §3: NO_PPK_AUTH is for a gateway that has another one. */
static void
test_a_ppk_that_the_gateway_does_not_know_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i <= G_N_ELEMENTS(sim_ways); i++) {
        g_autoptr(Sim) may = start(tune_of(i), OPTIONAL, OPTIONAL);
        g_autoptr(Sim) must = start(tune_of(i), REQUIRED, OPTIONAL);
        g_autoptr(Sim) strict = start(tune_of(i), OPTIONAL, REQUIRED);

        may->config[SIM_GATEWAY].plan.ppk_id = slice_of("ppk of Bo");
        assert_up(may, false);
        must->config[SIM_GATEWAY].plan.ppk_id = slice_of("ppk of Bo");
        assert_refused(must, "AUTHENTICATION_FAILED", "insists on a PPK");
        strict->config[SIM_GATEWAY].plan.ppk_id = slice_of("ppk of Bo");
        assert_refused(strict, "AUTHENTICATION_FAILED", "must not log in");
    }
}

/* One who knows the name but not the key is nobody, whether or not we could do without. */
static void
test_another_ppk_of_the_same_name_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i <= G_N_ELEMENTS(sim_ways); i++) {
        g_autoptr(Sim) sim = start(tune_of(i), OPTIONAL, OPTIONAL);

        sim->config[SIM_GATEWAY].plan.ppk = slice_of("another");
        assert_refused(sim, "AUTHENTICATION_FAILED", "; or the PPKs differ");
        assert_non_null(strstr(sim->gateway.why, "AUTH does not verify: "));
    }
}

static void
test_the_owner_may_give_each_client_its_own(void **state)
{
    g_autoptr(Sim) sim = start(sim_psk, REQUIRED, REQUIRED);
    IkePlan plan = sim->config[SIM_GATEWAY].plan;

    (void)state;
    sim->config[SIM_GATEWAY].plan = (IkePlan){ 0 };
    sim->config[SIM_GATEWAY].ask_plan = sim->config[SIM_GATEWAY].ppk = true;
    sim->play.plan = &plan;
    assert_up(sim, true);
}

/* Whoever could make both ends do without would have undone it. */
typedef struct Strip {
    SimSide from;
    uint16_t type;
    unsigned done;
} Strip;

static bool
strip(Sim *sim, SimLetter *l, void *user)
{
    Strip *s = user;

    (void)sim;
    for (guint i = 0; i < l->payloads->len && l->from == s->from; i++) {
        SimPayload *p = g_ptr_array_index(l->payloads, i);

        if (p->type == IKE_PAYLOAD_NOTIFY &&
            (p->body->data[2] << 8 | p->body->data[3]) == s->type) {
            g_ptr_array_remove_index(l->payloads, i);
            s->done++;
            return true;
        }
    }
    return false;
}

static void
test_nobody_between_the_two_talks_them_out_of_it(void **state)
{
    static const struct {
        SimSide from;
        uint16_t type;
    } strips[] = {
        { SIM_CLIENT, IKE_N_USE_PPK },
        { SIM_GATEWAY, IKE_N_USE_PPK },
        { SIM_CLIENT, IKE_N_PPK_IDENTITY },
        { SIM_GATEWAY, IKE_N_PPK_IDENTITY },
    };

    (void)state;
    for (size_t i = 0; i <= G_N_ELEMENTS(sim_ways); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(strips); j++) {
            g_autoptr(Sim) sim = start(tune_of(i), OPTIONAL, OPTIONAL);
            Strip s = { strips[j].from, strips[j].type, 0 };

            sim_lie(sim, strip, &s);
            assert_refused(sim, NULL, NULL);
            assert_true(s.done > 0);
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_both_have_is_used_and_what_one_needs_is_missed),
        cmocka_unit_test(test_a_ppk_that_the_gateway_does_not_know_is_left_out),
        cmocka_unit_test(test_another_ppk_of_the_same_name_is_refused),
        cmocka_unit_test(test_the_owner_may_give_each_client_its_own),
        cmocka_unit_test(test_nobody_between_the_two_talks_them_out_of_it),
    };

    return cmocka_run_group_tests_name("x_ppk", tests, NULL, NULL);
}
