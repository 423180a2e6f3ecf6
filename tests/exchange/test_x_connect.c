/* test_x_connect.c - a whole login, from nothing to a child SA and back. */
#include "tests/support/sim.h"
#include "tests/support/test.h"

static void
test_a_password_login_brings_both_ends_up(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 20 * USEC_PER_MSEC });
    char text[ADDR_TEXT_MAX];

    (void)state;
    sim_connect(sim);
    assert_int_equal(sim->client.certificates, 1);
    assert_int_equal(sim->client.questions, 1);
    assert_int_equal(sim->gateway.questions, 2); /* init, auth-reply */
    assert_int_equal(sim->gateway.configs, 1);
    assert_string_equal(addr_format(&sim->client.address, text), "10.2.2.1");
    assert_true(sim->client.complete);
}

static void
test_both_ends_hold_the_same_child_keys(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 2 });
    const IkeChild *c = &sim->client.child, *g = &sim->gateway.child;

    (void)state;
    sim_connect(sim);
    assert_int_equal(c->spi_in, g->spi_out);
    assert_int_equal(c->spi_out, g->spi_in);
    assert_true(c->key_in.len > 0);
    assert_true(slice_equal(secret_view(&c->key_in), secret_view(&g->key_out)));
    assert_true(slice_equal(secret_view(&c->key_out), secret_view(&g->key_in)));
    assert_true(slice_equal(secret_view(&c->integ_in), secret_view(&g->integ_out)));
    assert_false(slice_equal(secret_view(&c->key_in), secret_view(&c->key_out)));
    assert_memory_equal(&c->suite, &g->suite, sizeof(c->suite));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_password_login_brings_both_ends_up),
        cmocka_unit_test(test_both_ends_hold_the_same_child_keys),
    };

    return cmocka_run_group_tests_name("x_connect", tests, NULL, NULL);
}
