/* test_x_rekey.c - child SAs are replaced: by hand, by time, by octets; with PFS and without (RFC
 * 7296 §1.3.3, §2.8, §2.17). */
#include "tests/support/sim_cross.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static SimPeer *
peer(Sim *sim, SimSide side)
{
    return side == SIM_CLIENT ? &sim->client : &sim->gateway;
}

static const IkeChild *
child(Sim *sim, SimSide side, guint i)
{
    return &((const SimChild *)g_ptr_array_index(peer(sim, side)->children, i))->c;
}

/* One pair, the same at both ends, and packets may go both ways. */
static void
assert_one_pair(Sim *sim)
{
    assert_int_equal(sim->client.children->len, 1);
    assert_int_equal(sim->gateway.children->len, 1);
    assert_int_equal(sim_pairs(sim), 1);
    assert_true(child(sim, SIM_CLIENT, 0)->outbound && child(sim, SIM_GATEWAY, 0)->outbound);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    assert_string_equal(sim_state(sim, SIM_GATEWAY), "READY");
}

static void
rekey(Sim *sim, SimSide by)
{
    ike_sa_rekey_child(peer(sim, by)->sa, child(sim, by, 0)->spi_in, sim->now);
    sim_drain(sim);
}

static void
pfs_both(IkeConfig *client, IkeConfig *gateway)
{
    ike_offer_pfs(&client->esp, SUITE_MODERN, true);
    ike_offer_pfs(&gateway->esp, SUITE_MODERN, true);
}

static void
pfs_optional(IkeConfig *client, IkeConfig *gateway)
{
    ike_offer_pfs(&client->esp, SUITE_MODERN, false);
    ike_offer_pfs(&gateway->esp, SUITE_MODERN, false);
}

static void
pfs_unlike(IkeConfig *client, IkeConfig *gateway)
{
    pfs_both(client, gateway);
    (void)ike_offer_prefer_ke(&gateway->esp, KE_ECP384);
    for (size_t i = 0; i < gateway->esp.n; i++) {
        IkeProposal *p = &gateway->esp.p[i];
        size_t n = 0;

        for (size_t j = 0; j < p->n; j++)
            if (p->t[j].type != TRANSFORM_KE || p->t[j].id == KE_ECP384)
                p->t[n++] = p->t[j];
        p->n = n;
    }
}

static const struct {
    const char *what;
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
    uint16_t group;
} kinds[] = {
    { "without PFS", NULL, KE_NONE },
    { "with PFS", pfs_both, KE_ECP256 },
    { "with PFS that is left to choice", pfs_optional, KE_ECP256 },
    { "with PFS, the first guess wrong", pfs_unlike, KE_ECP384 },
};

static void
test_either_end_rekeys_with_pfs_and_without(void **state)
{
    (void)state;
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = k, .tune = kinds[k].tune });
            uint32_t first;

            sim_connect(sim);
            assert_int_equal(child(sim, by, 0)->suite.ke, KE_NONE);
            first = child(sim, by, 0)->spi_in;
            rekey(sim, by);
            sim_pass_all(sim);
            assert_one_pair(sim);
            assert_true(child(sim, by, 0)->spi_in != first);
            assert_int_equal(child(sim, by, 0)->replaces, first);
            if (k < 3 || by == SIM_CLIENT)
                assert_int_equal(child(sim, by, 0)->suite.ke, kinds[k].group);
            assert_int_equal(sim->client.child_downs, 1);
            assert_int_equal(sim->gateway.child_downs, 1);
            assert_int_equal(sim->client.notices + sim->gateway.notices, 0);
        }
}

/* RFC 7296 §2.8: who answered goes on over the old one until it knows that the other has the new.
 */
static void
test_the_end_that_answers_sends_over_the_old_one_until_it_goes(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    rekey(sim, SIM_CLIENT);
    sim_pass(sim, SIM_CLIENT); /* the request */
    assert_int_equal(sim->gateway.children->len, 2);
    assert_false(child(sim, SIM_GATEWAY, 1)->outbound);
    assert_int_equal(sim->gateway.child_downs, 0);
    sim_pass(sim, SIM_GATEWAY); /* the answer: the client sends over the new one at once */
    assert_int_equal(sim->client.children->len, 2);
    assert_true(child(sim, SIM_CLIENT, 1)->outbound);
    assert_false(child(sim, SIM_GATEWAY, 1)->outbound);
    sim_pass(sim, SIM_CLIENT); /* the Delete of the old one */
    assert_int_equal(sim->gateway.children->len, 1);
    assert_true(child(sim, SIM_GATEWAY, 0)->outbound);
    assert_int_equal(sim->gateway.child_outs, 1);
    sim_pass_all(sim);
    assert_one_pair(sim);
}

static void
patient(IkeConfig *client, IkeConfig *gateway)
{
    client->drain = gateway->drain = 2 * USEC_PER_SEC;
}

/* What either end has sent over the old one may be under way: it goes only a while later. */
static void
test_packets_under_way_come_before_the_delete(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = patient });

        sim_connect(sim);
        rekey(sim, by);
        sim_pass_all(sim);
        assert_int_equal(sim_pairs(sim), 2);
        assert_true(child(sim, by, 1)->outbound);
        assert_false(sim_run(sim, sim_never, 1900 * USEC_PER_MSEC));
        assert_int_equal(sim_pairs(sim), 2);
        assert_false(sim_run(sim, sim_never, 200 * USEC_PER_MSEC));
        assert_one_pair(sim);
        assert_true(child(sim, by, 0)->replaces != 0);
    }
}

/* Meanwhile it may be deleted by the peer, and come to its end; the IKE SA may be replaced. */
static void
test_who_waits_to_delete_may_be_overtaken(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = patient });

        sim_connect(sim);
        rekey(sim, by);
        sim_pass_all(sim);
        cross_act(sim, cross_other(by), CROSS_DELETE_CHILD);
        sim_drain(sim);
        sim_pass_all(sim);
        assert_one_pair(sim);

        rekey(sim, by);
        sim_pass_all(sim);
        ike_sa_rekey(peer(sim, by)->sa, sim->now);
        sim_drain(sim);
        sim_pass_all(sim);
        assert_int_equal(sim_pairs(sim), 2);
        assert_false(sim_run(sim, sim_never, 3 * USEC_PER_SEC));
        assert_one_pair(sim);
        assert_int_equal(sim->client.child_downs, 2);
        assert_int_equal(sim->gateway.child_downs, 2);
    }
}

/* Replaced again and again, by either end, before a packet has come over any of them: at no time
 * is an end without one to send over (the simulator looks). */
static void
test_the_replaced_are_replaced_themselves(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 1u << 5; turns++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = turns, .tune = patient });

        sim_connect(sim);
        for (unsigned i = 0; i < 5; i++) {
            SimSide by = turns >> i & 1 ? SIM_CLIENT : SIM_GATEWAY;

            ike_sa_rekey_child(peer(sim, by)->sa, child(sim, by, i)->spi_in, sim->now);
            sim_drain(sim);
            sim_pass_all(sim);
            assert_int_equal(sim_pairs(sim), i + 2);
            assert_false(sim_run(sim, sim_never, 300 * USEC_PER_MSEC));
        }
        assert_false(sim_run(sim, sim_never, 3 * USEC_PER_SEC));
        assert_one_pair(sim);
    }
}

static void
short_lives(IkeConfig *client, IkeConfig *gateway)
{
    patient(client, gateway);
    client->child_life.time = 120 * USEC_PER_SEC;
    gateway->child_life.time = 100 * USEC_PER_SEC;
}

/* Its place is another's: neither end replaces anything any more, and who tries is put off. */
static void
test_who_has_yielded_is_left_as_it_is(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = by, .tune = short_lives });
        SimPeer *yields = peer(sim, by), *other = peer(sim, cross_other(by));
        uint32_t spi;

        sim_connect(sim);
        spi = child(sim, by, 0)->spi_in;
        ike_sa_yield(yields->sa);
        ike_sa_rekey(yields->sa, sim->now);
        rekey(sim, by);
        assert_int_equal(sim->wire->len, 0);
        rekey(sim, cross_other(by));
        sim_pass_all(sim);
        ike_sa_rekey(other->sa, sim->now);
        assert_false(sim_run(sim, sim_never, 80 * USEC_PER_SEC));
        assert_one_pair(sim);
        assert_int_equal(child(sim, by, 0)->spi_in, spi);
        assert_int_equal(yields->rekeyed + other->rekeyed, 0);
        ike_sa_close(yields->sa, sim->now);
        assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
    }
}

static void
test_the_first_packet_over_the_new_one_opens_it(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    rekey(sim, SIM_GATEWAY);
    sim_pass(sim, SIM_GATEWAY);
    assert_false(child(sim, SIM_CLIENT, 1)->outbound);
    ike_sa_used(sim->client.sa, child(sim, SIM_CLIENT, 1)->spi_in, 84, 1, sim->now);
    sim_drain(sim);
    assert_true(child(sim, SIM_CLIENT, 1)->outbound);
    sim_pass_all(sim);
    assert_one_pair(sim);
    assert_int_equal(sim->client.child_outs, 1);
}

/* Both ends have their own limits, and loss and doubles on the way: there is always one pair or,
 * for a moment, two. */
static void
test_an_hour_of_short_lives_ends_with_one_pair(void **state)
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
            assert_true(sim->client.children->len >= 1 && sim->client.children->len <= 4);
            assert_true(sim->gateway.children->len >= 1 && sim->gateway.children->len <= 4);
        }
        while (sim->client.children->len > 1 || sim->gateway.children->len > 1)
            (void)sim_run(sim, sim_never, USEC_PER_SEC);
        (void)sim_run(sim, sim_never, 2 * USEC_PER_SEC);
        assert_one_pair(sim);
        assert_true(sim->client.child_ups > 36 && sim->client.child_ups < 60);
        assert_int_equal(sim->client.notices + sim->gateway.notices, 0);
    }
}

static void
few_octets(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->child_life.octets = 1000000;
    client->child_life.packets = 1000;
}

static void
test_octets_and_packets_make_it_due(void **state)
{
    (void)state;
    for (int packets = 0; packets < 2; packets++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = few_octets });
        uint32_t spi;

        sim_connect(sim);
        spi = child(sim, SIM_CLIENT, 0)->spi_in;
        ike_sa_used(sim->client.sa, spi, 799999, 799, sim->now);
        sim_pass_all(sim);
        assert_int_equal(sim->client.child_ups, 1);
        ike_sa_used(sim->client.sa, spi, packets ? 1 : 900000, packets ? 900 : 1, sim->now);
        sim_pass_all(sim);
        assert_int_equal(sim->client.child_ups, 2);
        assert_one_pair(sim);
    }
}

/* The hard end: nothing goes over it any more, and the peer is told. A line that has carried all of
 * it between two looks has time to be rekeyed all the same. */
static void
test_what_could_not_be_replaced_goes_down_at_its_end(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = few_octets });

    (void)state;
    sim_connect(sim);
    sim->cut = true;
    ike_sa_used(sim->client.sa, child(sim, SIM_CLIENT, 0)->spi_in, 1000000, 900, sim->now);
    sim_drain(sim);
    assert_false(sim_run(sim, sim_never, 19 * USEC_PER_SEC));
    assert_int_equal(sim->client.children->len, 1);
    assert_false(sim_run(sim, sim_never, 2 * USEC_PER_SEC));
    assert_int_equal(sim->client.children->len, 0);
    assert_int_equal(sim->client.notices, 1);
    assert_int_equal(sim->client.child_downs, 1);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

/* Answers of @by to CREATE_CHILD_SA become one error. */
typedef struct Refusal {
    SimSide by;
    uint16_t error;
    const char *data;
    size_t data_len;
    bool only_with_ke;
    unsigned times, refused, asked, with_ke;
} Refusal;

static bool
refuse(Sim *sim, SimLetter *l, void *user)
{
    Refusal *r = user;
    uint8_t body[8] = { 0, 0, (uint8_t)(r->error >> 8), (uint8_t)r->error };

    (void)sim;
    if (l->exchange != IKE_EXCHANGE_CREATE_CHILD_SA)
        return false;
    if (l->from != r->by) {
        r->asked += !l->response;
        r->with_ke += sim_letter_find(l, IKE_PAYLOAD_KE) != NULL;
        return false;
    }
    if (!l->response || r->refused >= r->times ||
        (r->only_with_ke && !sim_letter_find(l, IKE_PAYLOAD_KE)))
        return false;
    r->refused++;
    g_ptr_array_set_size(l->payloads, 0);
    if (r->data_len)
        memcpy(body + 4, r->data, r->data_len);
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ body, 4 + r->data_len });
    return true;
}

/* The ASA that names group 0, and the one that finds nothing to choose: it is asked once more
 * without PFS, where the policy allows that, and an administrator reads what to do. The gateway in
 * this test has made the child SA that it then denies, so it is not counted. */
static void
test_a_peer_that_does_not_do_pfs_is_asked_without(void **state)
{
    static const struct {
        uint16_t error;
        const char *data;
        size_t len;
    } answers[] = { { IKE_N_INVALID_KE_PAYLOAD, "\0\0", 2 },
                    { IKE_N_INVALID_KE_PAYLOAD, "", 0 },
                    { IKE_N_INVALID_KE_PAYLOAD, "\0\x16", 2 },
                    { IKE_N_NO_PROPOSAL_CHOSEN, "", 0 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
        for (int allowed = 0; allowed < 2; allowed++) {
            g_autoptr(Sim) sim =
                sim_new(&(SimSetup){ .seed = i, .tune = allowed ? pfs_optional : pfs_both });
            Refusal r = { .by = SIM_GATEWAY,
                          .error = answers[i].error,
                          .data = answers[i].data,
                          .data_len = answers[i].len,
                          .only_with_ke = true,
                          .times = 1 };
            uint32_t old;

            sim_connect(sim);
            old = child(sim, SIM_CLIENT, 0)->spi_in;
            sim_lie(sim, refuse, &r);
            /* the gateway is told to forget what it made behind the refusal */
            rekey(sim, SIM_CLIENT);
            sim_pass(sim, SIM_CLIENT);
            sim_pass(sim, SIM_GATEWAY);
            assert_int_equal(r.refused, 1);
            assert_int_equal(sim->client.notices, 1);
            if (allowed) {
                assert_non_null(strstr(sim->client.notice, "without PFS"));
                assert_non_null(strstr(sim->client.notice, "group 19"));
                assert_int_equal(r.asked, 2);
                assert_int_equal(r.with_ke, 1);
            } else {
                assert_int_equal(r.asked, 1);
                assert_int_equal(sim->client.children->len, 1);
                assert_int_equal(child(sim, SIM_CLIENT, 0)->spi_in, old);
            }
            assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
        }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_either_end_rekeys_with_pfs_and_without),
        cmocka_unit_test(test_the_end_that_answers_sends_over_the_old_one_until_it_goes),
        cmocka_unit_test(test_packets_under_way_come_before_the_delete),
        cmocka_unit_test(test_who_waits_to_delete_may_be_overtaken),
        cmocka_unit_test(test_the_replaced_are_replaced_themselves),
        cmocka_unit_test(test_who_has_yielded_is_left_as_it_is),
        cmocka_unit_test(test_the_first_packet_over_the_new_one_opens_it),
        cmocka_unit_test(test_an_hour_of_short_lives_ends_with_one_pair),
        cmocka_unit_test(test_octets_and_packets_make_it_due),
        cmocka_unit_test(test_what_could_not_be_replaced_goes_down_at_its_end),
        cmocka_unit_test(test_a_peer_that_does_not_do_pfs_is_asked_without),
    };

    return cmocka_run_group_tests_name("x_rekey", tests, NULL, NULL);
}
