/* test_x_ways.c - every way to log in but EAP alone, in both roles, on good and bad links. */
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static void
assert_same_keys(const Sim *sim)
{
    const IkeChild *c = &sim->client.child, *g = &sim->gateway.child;

    assert_int_equal(c->spi_in, g->spi_out);
    assert_true(c->key_in.len > 0);
    assert_true(slice_equal(secret_view(&c->key_in), secret_view(&g->key_out)));
    assert_true(slice_equal(secret_view(&c->key_out), secret_view(&g->key_in)));
}

static void
test_every_way_brings_both_ends_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sim_ways); i++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = i, .delay = USEC_PER_MSEC, .tune = sim_ways[i].tune });
        IkeWay theirs = sim->config[SIM_CLIENT].plan.theirs;
        IkeWay ours = sim->config[SIM_CLIENT].plan.ours;
        char text[ADDR_TEXT_MAX];

        sim_connect(sim);
        assert_same_keys(sim);
        assert_string_equal(addr_format(&sim->client.address, text), "10.2.2.1");
        assert_int_equal(sim->client.n_log, sim_ways[i].messages);
        assert_int_equal(sim->client.certificates, theirs == IKE_WAY_CERT);
        assert_int_equal(sim->gateway.certificates, ours != IKE_WAY_PSK);
        assert_int_equal(sim->client.questions, ours == IKE_WAY_CERT_EAP);
        assert_int_equal(sim->gateway.peers, 0);
    }
}

/* RFC 7296 §2.1, whatever the way. */
static void
test_every_way_survives_a_bad_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sim_ways); i++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                      .delay = 20 * USEC_PER_MSEC,
                                                      .jitter = 200 * USEC_PER_MSEC,
                                                      .lose = 150,
                                                      .twice = 150,
                                                      .tune = sim_ways[i].tune });

            sim_start(sim);
            if (!sim_run(sim, sim_both_up, 300 * USEC_PER_SEC))
                fail_msg("%s, seed %u: client %s, gateway %s", sim_ways[i].name, (unsigned)seed,
                         sim->client.why ? sim->client.why : "-",
                         sim->gateway.why ? sim->gateway.why : "-");
            assert_int_equal(sim->client.ups, 1);
            assert_int_equal(sim->gateway.ups, 1);
            assert_int_equal(sim->gateway.configs, 1);
            assert_same_keys(sim);
        }
}

static bool
is_everything(Selectors ts)
{
    Selector all = selector_all(ADDR_V4);

    return ts.n == 1 && selector_equal(&ts.s[0], &all);
}

static void
tune_asking(IkeConfig *c, IkeConfig *g)
{
    sim_psk(c, g);
    g->ask_plan = true;
}

static void
test_the_owner_is_told_who_comes_and_for_whom(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune_asking });

    (void)state;
    sim_connect(sim);
    assert_int_equal(sim->gateway.peers, 1);
    assert_string_equal(sim->gateway.idi, "anu.example.org");
    assert_string_equal(sim->gateway.idr, "gw.example.org");
}

static void
test_one_gateway_has_a_way_for_each_client(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sim_ways); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .tune = sim_ways[i].tune });
        IkePlan plan = sim->config[SIM_GATEWAY].plan;

        sim->config[SIM_GATEWAY].plan = (IkePlan){ 0 };
        sim->config[SIM_GATEWAY].ask_plan = true;
        sim->play.plan = &plan;
        sim_connect(sim);
        assert_int_equal(sim->gateway.peers, 1);
        assert_same_keys(sim);
    }
}

static void
test_a_stranger_hears_no_more_than_that_it_failed(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune_asking });

    (void)state;
    sim->play.stranger = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
    assert_string_equal(sim->client.why, "the gateway answers IKE_AUTH with AUTHENTICATION_FAILED "
                                         "(24)");
    assert_int_equal(sim->gateway.reason, IKE_REASON_LOGIN);
    assert_string_equal(sim->gateway.why, "nobody here knows the client");
}

static void
test_an_owner_who_says_nothing_ends_it(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune_asking });

    (void)state;
    sim->play.silent_peer = true;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    assert_int_equal(sim->gateway.peers, 1);
}

static void
tune_site(IkeConfig *c, IkeConfig *g)
{
    sim_psk(c, g);
    c->no_cp = true;
}

/* Two sites: no configuration is asked for, none is sent, and everything may pass. */
static void
test_a_site_needs_no_configuration(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune_site });

    (void)state;
    sim->play.site = true;
    sim_connect(sim);
    assert_false(sim->gateway.cfg_asked);
    assert_int_equal(sim->client.address.family, ADDR_NONE);
    assert_true(is_everything(sim->client.child.local));
    assert_true(is_everything(sim->gateway.child.local));
}

static void
test_the_selectors_that_are_set_are_offered(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune_site });
    IkeConfig *c = &sim->config[SIM_CLIENT];
    Prefix near, far;

    (void)state;
    assert_true(prefix_parse("10.1.0.0/16", &near) && prefix_parse("10.2.0.0/16", &far));
    c->tsi = (IkeTs){ .n = 1, .s = { selector_of_prefix(&near) } };
    c->tsr = (IkeTs){ .n = 1, .s = { selector_of_prefix(&far) } };
    sim->play.site = true;
    sim_connect(sim);
    assert_true(selector_equal(&sim->client.child.local.s[0], &c->tsi.s[0]));
    assert_true(selector_equal(&sim->gateway.child.local.s[0], &c->tsr.s[0]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_way_brings_both_ends_up),
        cmocka_unit_test(test_every_way_survives_a_bad_link),
        cmocka_unit_test(test_the_owner_is_told_who_comes_and_for_whom),
        cmocka_unit_test(test_one_gateway_has_a_way_for_each_client),
        cmocka_unit_test(test_a_stranger_hears_no_more_than_that_it_failed),
        cmocka_unit_test(test_an_owner_who_says_nothing_ends_it),
        cmocka_unit_test(test_a_site_needs_no_configuration),
        cmocka_unit_test(test_the_selectors_that_are_set_are_offered),
    };

    return cmocka_run_group_tests_name("x_ways", tests, NULL, NULL);
}
