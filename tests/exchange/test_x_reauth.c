/* test_x_reauth.c - a second IKE SA logs in while the first stands, and takes its place (RFC 7296
 * §2.8.3). */
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

enum { PATIENCE_S = 120 };

static bool
is_new_up(const Sim *sim)
{
    return sim->client.ups == 2 && sim->gateway.ups == 2;
}

static bool
is_new_closed(const Sim *sim)
{
    IkeInfo info;

    ike_sa_info(sim->client.sa, &info);
    return strcmp(info.state, "CLOSED") == 0;
}

static bool
is_past_closed(const Sim *sim)
{
    return sim->past_closed && sim->sas->len == 1;
}

static void
run(Sim *sim, SimDone done)
{
    assert_true(sim_run(sim, done, PATIENCE_S * USEC_PER_SEC));
}

/* The gateway's half of the client's first IKE SA, or of its second. */
static IkeSa *
half_of(Sim *sim, const IkeSa *sa)
{
    IkeInfo c, g;

    ike_sa_info(sa, &c);
    for (guint i = 0; i < sim->sas->len; i++) {
        ike_sa_info(g_ptr_array_index(sim->sas, i), &g);
        if (g.spi_i == c.spi_i && g.spi_r == c.spi_r)
            return g_ptr_array_index(sim->sas, i);
    }
    return NULL;
}

static void
assert_stands(Sim *sim, IkeSa *sa)
{
    IkeSa *half = half_of(sim, sa);
    IkeInfo c, g;

    assert_non_null(half);
    ike_sa_info(sa, &c);
    ike_sa_info(half, &g);
    assert_true(c.up && g.up);
    assert_int_equal(c.send_id, g.recv_id);
    assert_int_equal(c.recv_id, g.send_id);
}

/* It gets new keys when it asks for them. */
static void
assert_works(Sim *sim, IkeSa *sa)
{
    uint64_t was;
    IkeInfo info;

    ike_sa_info(sa, &info);
    was = info.spi_i;
    ike_sa_rekey(sa, sim->now);
    (void)sim_run(sim, sim_never, 20 * USEC_PER_SEC);
    ike_sa_info(sa, &info);
    assert_true(info.spi_i != was);
    assert_stands(sim, sa);
}

/* One IKE SA and one child SA, the same to both ends. */
static void
assert_only_the_new_one(Sim *sim)
{
    assert_stands(sim, sim->client.sa);
    assert_int_equal(sim->sas->len, 1);
    assert_int_equal(sim->client.children->len, 1);
    assert_int_equal(sim->gateway.children->len, 1);
    assert_int_equal(sim_pairs(sim), 1);
}

static void
part(Sim *sim)
{
    ike_sa_close(sim->past, sim->now);
    run(sim, is_past_closed);
}

static void
test_by_every_way_both_stand_until_the_old_one_is_deleted(void **state)
{
    (void)state;
    for (size_t way = 0; way <= G_N_ELEMENTS(sim_ways); way++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){
            .seed = way, .tune = way < G_N_ELEMENTS(sim_ways) ? sim_ways[way].tune : NULL });
        Addr address;

        sim_connect(sim);
        address = sim->client.address;
        assert_true(sim->gateway.initial_contact);
        sim->typed = 0;
        sim_again(sim);
        run(sim, is_new_up);
        assert_false(sim->gateway.initial_contact);
        if (address.family) {
            assert_true(addr_equal(&sim->gateway.wished, &address));
            assert_true(addr_equal(&sim->client.address, &address));
        }
        assert_stands(sim, sim->past);
        assert_stands(sim, sim->client.sa);
        assert_int_equal(sim_pairs(sim), 2);
        part(sim);
        assert_only_the_new_one(sim);
    }
}

static void
test_over_a_bad_link_both_ends_come_to_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){
            .seed = seed, .delay = 20 * 1000, .jitter = 200 * 1000, .lose = 150, .twice = 100 });

        sim_start(sim);
        if (!sim_run(sim, sim_both_up, PATIENCE_S * USEC_PER_SEC))
            continue; /* what is lost before the first login is another test's */
        sim_again(sim);
        (void)sim_run(sim, is_new_up, PATIENCE_S * USEC_PER_SEC);
        if (sim->client.ups < 2) {
            assert_stands(sim, sim->past); /* whatever has become of the new one */
            continue;
        }
        ike_sa_close(sim->past, sim->now);
        (void)sim_run(sim, is_past_closed, PATIENCE_S * USEC_PER_SEC);
        assert_true(sim->past_closed);
        assert_stands(sim, sim->client.sa);
        assert_int_equal(sim->client.children->len, 1);
    }
}

/* The gateway does not wait. */
static void
test_the_old_one_may_be_deleted_before_the_new_one_is_up(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * 1000 });
    IkeSa *half;

    (void)state;
    sim_connect(sim);
    half = sim->gateway.sa;
    sim_again(sim);
    (void)sim_run(sim, sim_never, 25 * 1000); /* IKE_SA_INIT has been answered */
    ike_sa_close(half, sim->now);
    run(sim, is_new_up);
    run(sim, is_past_closed);
    assert_only_the_new_one(sim);
    assert_works(sim, sim->client.sa);
}

static void
test_the_old_one_may_stay_for_long(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * 1000 });

    (void)state;
    sim_connect(sim);
    sim_again(sim);
    run(sim, is_new_up);
    for (int i = 0; i < 3; i++) {
        assert_works(sim, sim->past);
        assert_works(sim, sim->client.sa);
    }
    assert_int_equal(sim_pairs(sim), 2);
    part(sim);
    assert_only_the_new_one(sim);
    assert_works(sim, sim->client.sa);
}

static void
test_a_refused_one_leaves_the_old_one_as_it_was(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim->play.right = "another";
    sim->play.tries = 1;
    sim_again(sim);
    run(sim, is_new_closed);
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
    assert_int_equal(sim->client.ups, 1);
    assert_int_equal(sim_pairs(sim), 1);
    assert_works(sim, sim->past);
}

static void
lose_init(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Reader in = reader_init((Slice){ octets->data, octets->len });
    IkeHeader h;

    (void)sim;
    (void)user;
    assert_int_equal(ike_header_decode(&in, &h), IKE_OK);
    if (from == SIM_CLIENT && h.exchange == IKE_EXCHANGE_IKE_SA_INIT)
        g_byte_array_set_size(octets, 0);
}

static void
test_one_without_an_answer_leaves_the_old_one_as_it_was(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim->tap = lose_init;
    sim_again(sim);
    run(sim, is_new_closed);
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
    assert_int_equal(sim->sas->len, 1);
    assert_int_equal(sim_pairs(sim), 1);
    assert_works(sim, sim->past);
}

/* The client gives up, and the gateway does not hear of it: to it both stand. */
static void
test_a_new_one_that_only_the_gateway_has_does_not_touch_the_old_one(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim_again(sim);
    run(sim, is_new_up);
    ike_sa_close(sim->client.sa, sim->now);
    sim->lose[SIM_CLIENT] = 10;
    run(sim, is_new_closed);
    sim->lose[SIM_CLIENT] = 0;
    assert_int_equal(sim->sas->len, 2);
    assert_int_equal(sim_pairs(sim), 1);
    assert_works(sim, sim->past);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_every_way_both_stand_until_the_old_one_is_deleted),
        cmocka_unit_test(test_over_a_bad_link_both_ends_come_to_the_same),
        cmocka_unit_test(test_the_old_one_may_be_deleted_before_the_new_one_is_up),
        cmocka_unit_test(test_the_old_one_may_stay_for_long),
        cmocka_unit_test(test_a_refused_one_leaves_the_old_one_as_it_was),
        cmocka_unit_test(test_one_without_an_answer_leaves_the_old_one_as_it_was),
        cmocka_unit_test(test_a_new_one_that_only_the_gateway_has_does_not_touch_the_old_one),
    };

    return cmocka_run_group_tests_name("x_reauth", tests, NULL, NULL);
}
