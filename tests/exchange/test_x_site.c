/* test_x_site.c - the two routers of the published example, with their configurations: message
 * lengths and payload orders of its debug output. */
#include "agent/crypto/suite.h"
#include "agent/headend/ios_ike.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static IosConfig *routers[2]; /* by SimSide: the client is Router 1 */

static void
tune(IkeConfig *client, IkeConfig *gateway)
{
    IkeConfig *const config[] = { client, gateway };

    for (SimSide side = SIM_CLIENT; side <= SIM_GATEWAY; side++) {
        g_auto(AsaNotes) notes = { 0 };
        bool trace = config[side]->trace;

        assert_true(ios_ike_config(routers[side], config[side], &notes));
        config[side]->trace = trace;
    }
}

/* Router 2 begins. */
static void
tune_swapped(IkeConfig *client, IkeConfig *gateway)
{
    tune(gateway, client);
}

static int
read_routers(void **state)
{
    static const char *const names[] = { "ios-router1.cfg", "ios-router2.cfg" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(AC_TEST_VECTORS, names[i], NULL);
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *text = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        routers[i] = ios_config_parse(slice_of(text), &notes);
        assert_non_null(routers[i]);
    }
    return 0;
}

static int
forget_routers(void **state)
{
    (void)state;
    ios_config_free(routers[0]);
    ios_config_free(routers[1]);
    return 0;
}

/* What each message looked like inside, in the order they were sent. */
typedef struct Seen {
    GPtrArray *orders, *sizes; /* of char * */
} Seen;

static bool
look(Sim *sim, SimLetter *l, void *user)
{
    Seen *seen = user;

    (void)sim;
    g_ptr_array_add(seen->orders, sim_letter_order(l));
    g_ptr_array_add(seen->sizes, sim_letter_sizes(l));
    return false;
}

static void
seen_clear(Seen *s)
{
    g_ptr_array_unref(s->orders);
    g_ptr_array_unref(s->sizes);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Seen, seen_clear)

static void
seen_init(Seen *s)
{
    s->orders = g_ptr_array_new_with_free_func(g_free);
    s->sizes = g_ptr_array_new_with_free_func(g_free);
}

static Sim *
routers_new(uint64_t seed, void (*tuned)(IkeConfig *client, IkeConfig *gateway))
{
    Sim *sim = sim_new(&(SimSetup){ .seed = seed, .tune = tuned });

    sim->play.site = true;
    return sim;
}

/* IKE_SA_INIT 344 octets. The answer has 449 in the example: CERTREQ of 105 and
 * HTTP_CERT_LOOKUP_SUPPORTED of 8 are for certificates, which we say nothing of between routers.
 * IKE_AUTH 556 in the example: its CFG_REQUEST of 309 asks for nothing that would be used. */
static void
test_messages_are_those_of_the_example(void **state)
{
    static const char *const orders[] = {
        "SA KE N VID VID NOTIFY NOTIFY",
        "SA KE N VID VID NOTIFY NOTIFY",
        "VID IDi AUTH SA TSi TSr NOTIFY NOTIFY NOTIFY NOTIFY",
        "VID IDr AUTH SA TSi TSr NOTIFY NOTIFY NOTIFY",
    };
    static const char *const sizes[] = {
        "56 136 24 23 21 28 28",
        "48 136 24 23 21 28 28",
        "20 12 28 40 24 24 8 12 8 8",
        "20 12 28 40 24 24 12 8 8",
    };
    g_autoptr(Sim) sim = routers_new(1, tune);
    g_auto(Seen) seen = { 0 };

    (void)state;
    seen_init(&seen);
    sim_lie(sim, look, &seen);
    sim_connect(sim);
    assert_int_equal(seen.orders->len, 4);
    for (guint i = 0; i < 4; i++) {
        assert_string_equal(g_ptr_array_index(seen.orders, i), orders[i]);
        assert_string_equal(g_ptr_array_index(seen.sizes, i), sizes[i]);
    }
    assert_int_equal(sim->client.log[0].len, 344);
    assert_int_equal(sim->gateway.log[0].len, 449 - 105 - 8);
    assert_int_equal(sim->gateway.log[1].len, 252);
    assert_int_equal(sim->client.log[1].len, 252); /* 556 with the CFG_REQUEST */
}

static void
test_both_agree_on_what_the_example_shows(void **state)
{
    g_autoptr(Sim) sim = routers_new(2, tune);
    IkeInfo one, two;

    (void)state;
    sim_connect(sim);
    ike_sa_info(sim->client.sa, &one);
    ike_sa_info(sim->gateway.sa, &two);
    assert_int_equal(one.suite.encr, ENCR_AES_CBC);
    assert_int_equal(one.suite.key_bits, 128);
    assert_int_equal(one.suite.integ, AUTH_HMAC_SHA1_96);
    assert_int_equal(one.suite.ke, KE_MODP1024);
    assert_true(one.ours && !two.ours);
    assert_int_equal(one.window, 5);
    assert_int_equal(one.peer_window, 5);
    assert_int_equal(two.peer_window, 5);
    assert_int_equal(one.id_local.type, IKE_ID_IPV4_ADDR);
    assert_int_equal(one.send_id, 2);
    assert_int_equal(one.recv_id, 0);
    assert_int_equal(sim->client.child.suite.encr, ENCR_3DES);
    assert_int_equal(sim->client.child.local.n, 1);
    assert_true(selector_equal(&sim->client.child.local.s[0], &(Selector){ 0 }) == false);
    assert_false(sim->gateway.cfg_asked);
}

/* Router 2 offers group 5 first, of the default proposal; Router 1 has only group 2. */
static void
test_router_2_comes_again_with_the_group_of_router_1(void **state)
{
    g_autoptr(Sim) sim = routers_new(3, tune_swapped);
    IkeInfo info;

    (void)state;
    sim_connect(sim);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 2);
    ike_sa_info(sim->client.sa, &info);
    assert_int_equal(info.suite.ke, KE_MODP1024);
    assert_int_equal(info.suite.key_bits, 128);
}

/* A router of the field asks for hints with a CFG_REQUEST, and is content without a reply. */
static bool
ask_for_hints(Sim *sim, SimLetter *l, void *user)
{
    static const uint8_t request[] = { 1, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0 };

    (void)sim, (void)user;
    if (l->exchange != IKE_EXCHANGE_IKE_AUTH || l->response)
        return false;
    sim_letter_add(l, IKE_PAYLOAD_CP, (Slice){ request, sizeof(request) });
    return true;
}

static bool
no_reply(Sim *sim, SimLetter *l, void *user)
{
    bool *asked = user;

    *asked |= ask_for_hints(sim, l, NULL);
    if (l->response)
        assert_null(sim_letter_find(l, IKE_PAYLOAD_CP));
    return !l->response && l->exchange == IKE_EXCHANGE_IKE_AUTH;
}

static void
test_a_request_for_hints_is_tolerated(void **state)
{
    g_autoptr(Sim) sim = routers_new(4, tune);
    bool asked = false;

    (void)state;
    sim_lie(sim, no_reply, &asked);
    sim_connect(sim);
    assert_true(asked);
    assert_true(sim->gateway.cfg_asked);
    assert_int_equal(sim_pairs(sim), 1);
}

static bool
forever(const Sim *sim)
{
    return sim->client.rekeyed >= 20;
}

/* 120 s each: twenty of them, begun by either end or by both, over a network that loses. */
static void
test_the_ike_sa_is_replaced_before_its_120_seconds_end(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){
            .seed = seed, .tune = tune, .delay = 20000, .jitter = 20000, .lose = seed * 10 });
        Usec began;

        sim->play.site = true;
        sim_start(sim);
        assert_true(sim_run(sim, sim_both_up, 120 * USEC_PER_SEC));
        began = sim->now;
        if (!sim_run(sim, forever, 20 * 120 * USEC_PER_SEC))
            fail_msg("seed %u: not rekeyed often enough", (unsigned)seed);
        assert_true(sim->now - began > 20 * 90 * USEC_PER_SEC);
        if (sim->client.closes + sim->gateway.closes)
            fail_msg("seed %u: %s, %s", (unsigned)seed, sim->client.why, sim->gateway.why);
        assert_int_equal(sim->client.child_downs, 0); /* the child SA stays */
    }
}

static void
test_a_rekeying_says_the_window_again(void **state)
{
    g_autoptr(Sim) sim = routers_new(5, tune);
    g_auto(Seen) seen = { 0 };

    (void)state;
    seen_init(&seen);
    sim_connect(sim);
    sim_lie(sim, look, &seen);
    ike_sa_rekey(sim->client.sa, sim->now);
    sim_pass_all(sim);
    assert_string_equal(g_ptr_array_index(seen.orders, 0), "SA N KE NOTIFY");
    assert_string_equal(g_ptr_array_index(seen.orders, 1), "SA N KE NOTIFY");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_those_of_the_example),
        cmocka_unit_test(test_both_agree_on_what_the_example_shows),
        cmocka_unit_test(test_router_2_comes_again_with_the_group_of_router_1),
        cmocka_unit_test(test_a_request_for_hints_is_tolerated),
        cmocka_unit_test(test_the_ike_sa_is_replaced_before_its_120_seconds_end),
        cmocka_unit_test(test_a_rekeying_says_the_window_again),
    };

    return cmocka_run_group_tests_name("x_site", tests, read_routers, forget_routers);
}
