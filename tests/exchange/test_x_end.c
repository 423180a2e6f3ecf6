/* test_x_end.c - liveness, keepalives, Delete from either side, and closing in every state. */
#include "agent/ike/ike_delete.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static void
assert_reasons(const Sim *sim, IkeReason client, IkeReason gateway)
{
    assert_string_equal(ike_reason_name(sim->client.reason), ike_reason_name(client));
    assert_string_equal(ike_reason_name(sim->gateway.reason), ike_reason_name(gateway));
}

static void
test_the_client_hangs_up(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC });

    (void)state;
    sim_connect(sim);
    ike_sa_close(sim->client.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
    assert_reasons(sim, IKE_REASON_LOCAL, IKE_REASON_PEER);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    assert_int_equal(sim->gateway.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

static void
test_the_gateway_hangs_up(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC });

    (void)state;
    sim_connect(sim);
    ike_sa_close(sim->gateway.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
    assert_reasons(sim, IKE_REASON_PEER, IKE_REASON_LOCAL);
}

/* RFC 7296 §2.25.2: both reply as usual, and both are done. */
static void
test_both_hang_up_at_once(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC });

    (void)state;
    sim_connect(sim);
    ike_sa_close(sim->client.sa, sim->now);
    ike_sa_close(sim->gateway.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
    assert_reasons(sim, IKE_REASON_LOCAL, IKE_REASON_LOCAL);
    assert_int_equal(sim->client.closes, 1);
    assert_int_equal(sim->gateway.closes, 1);
}

static void
test_a_farewell_that_nobody_answers_ends_soon(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    Usec start;

    (void)state;
    sim_connect(sim);
    sim->cut = true;
    start = sim->now;
    ike_sa_close(sim->client.sa, sim->now);
    ike_sa_close(sim->client.sa, sim->now); /* twice is once */
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_true(sim->client.closed_at - start == 3500 * USEC_PER_MSEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 3);
    assert_int_equal(sim->client.reason, IKE_REASON_LOCAL);
}

static const struct {
    SimSide side;
    const char *state;
} states[] = {
    { SIM_CLIENT, "IDLE" },       { SIM_CLIENT, "INIT_SENT" }, { SIM_CLIENT, "AUTH_SENT" },
    { SIM_CLIENT, "TRUST" },      { SIM_CLIENT, "EAP" },       { SIM_CLIENT, "ASKING" },
    { SIM_CLIENT, "AUTH_FINAL" }, { SIM_CLIENT, "READY" },     { SIM_GATEWAY, "INIT_SEEN" },
    { SIM_GATEWAY, "LOGIN" },     { SIM_GATEWAY, "DECIDING" }, { SIM_GATEWAY, "EAP_DONE" },
    { SIM_GATEWAY, "GRANTING" },  { SIM_GATEWAY, "READY" },
};

/* Wherever an owner loses interest, both ends are gone within bounded time. */
static void
test_closing_in_every_state_ends_both_sides(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });

        sim_reach(sim, states[i].side, states[i].state);
        ike_sa_close(states[i].side == SIM_CLIENT ? sim->client.sa : sim->gateway.sa, sim->now);
        if (!sim_run(sim, sim_both_closed, 200 * USEC_PER_SEC))
            fail_msg("closing in %s leaves an IKE SA", states[i].state);
        if (states[i].side == SIM_CLIENT)
            assert_int_equal(sim->client.reason, IKE_REASON_LOCAL);
        else
            assert_int_equal(sim->gateway.reason, IKE_REASON_LOCAL);
    }
}

/* In every state the other end may vanish, and this one notices. */
static void
test_silence_in_every_state_ends_in_bounded_time(void **state)
{
    (void)state;
    for (size_t i = 1; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });

        if (strcmp(states[i].state, "READY") == 0)
            continue; /* liveness checks are below */
        sim_reach(sim, states[i].side, states[i].state);
        sim->cut = true;
        if (states[i].side == SIM_CLIENT) {
            assert_true(sim_run(sim, sim_client_closed, 200 * USEC_PER_SEC));
        } else {
            while (sim->gateway.closes == 0 && sim->now < 1300 * USEC_PER_SEC)
                (void)sim_run(sim, sim_never, USEC_PER_SEC);
            assert_int_equal(sim->gateway.closes, 1);
        }
    }
}

static void
watchful_client(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->dpd_interval = 30 * USEC_PER_SEC;
}

static void
test_a_liveness_check_is_sent_when_nothing_fresh_came(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = watchful_client });

    (void)state;
    sim_connect(sim);
    (void)sim_run(sim, sim_never, 29 * USEC_PER_SEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
    (void)sim_run(sim, sim_never, 2 * USEC_PER_SEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    (void)sim_run(sim, sim_never, 30 * USEC_PER_SEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 2);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

static void
test_fresh_traffic_makes_liveness_checks_needless(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = watchful_client });

    (void)state;
    sim_connect(sim);
    for (int i = 0; i < 20; i++) {
        (void)sim_run(sim, sim_never, 20 * USEC_PER_SEC);
        ike_sa_heard(sim->client.sa, sim->now);
    }
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
}

static void
test_a_dead_peer_is_found(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = watchful_client });
    Usec start;

    (void)state;
    sim_connect(sim);
    start = sim->now;
    sim->cut = true;
    assert_true(sim_run(sim, sim_client_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
    assert_true(sim->client.closed_at - start == 61500 * USEC_PER_MSEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 6);
}

/* What the gateway would like to have holds where this end has no wish of its own. */
static void
test_a_liveness_interval_of_one_s_own_beats_the_gateway_s(void **state)
{
    g_autoptr(Sim) own = sim_new(&(SimSetup){ .seed = 1, .tune = watchful_client });
    g_autoptr(Sim) theirs = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    own->play.dpd = theirs->play.dpd = 5;
    sim_connect(own);
    (void)sim_run(own, sim_never, 29 * USEC_PER_SEC);
    assert_int_equal(own->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
    (void)sim_run(own, sim_never, 2 * USEC_PER_SEC);
    assert_int_equal(own->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    sim_connect(theirs);
    (void)sim_run(theirs, sim_never, 6 * USEC_PER_SEC);
    assert_int_equal(theirs->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

static void
keepalive_client(IkeConfig *client, IkeConfig *gateway)
{
    client->keepalive = gateway->keepalive = 20 * USEC_PER_SEC;
    client->user_limit = gateway->user_limit = 600 * USEC_PER_SEC;
}

/* RFC 3948 §4; the client always counts as behind a NAT, the gateway here is not. */
static void
test_an_idle_client_keeps_its_mapping_alive(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = keepalive_client });

    (void)state;
    sim_connect(sim);
    (void)sim_run(sim, sim_never, 61 * USEC_PER_SEC);
    assert_int_equal(sim->client.keepalives, 3);
    assert_int_equal(sim->gateway.keepalives, 0);
    for (int i = 0; i < 10; i++) { /* ESP does it as well */
        (void)sim_run(sim, sim_never, 15 * USEC_PER_SEC);
        ike_sa_sent(sim->client.sa, sim->now);
    }
    assert_true(sim->client.keepalives <= 4);
}

static void
test_the_mapping_lives_while_a_person_types(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = keepalive_client });

    (void)state;
    sim_reach(sim, SIM_CLIENT, "ASKING");
    (void)sim_run(sim, sim_never, 100 * USEC_PER_SEC);
    assert_int_equal(sim->client.keepalives, 5);
    sim_wake(sim);
    assert_true(sim_run(sim, sim_both_up, USEC_PER_SEC));
}

static void
watchful_gateway(IkeConfig *client, IkeConfig *gateway)
{
    watchful_client(client, gateway);
    gateway->dpd_interval = 10 * USEC_PER_SEC;
    gateway->retransmit_tries = 3;
}

/* A NAT that forgot the mapping: the gateway follows what is authentic, and only that. */
static void
test_the_gateway_follows_a_moved_client_by_valid_messages_only(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = watchful_client });
    IkePath old, path;
    Hex junk = hex("58aff71141ba436bfc696330e6b94d7f2e20250800000004000000500000003400");
    IkeInfo info;

    (void)state;
    sim_connect(sim);
    ike_sa_info(sim->gateway.sa, &info);
    old = info.path;
    assert_int_equal(old.remote.port, 25171);
    sim->moved = 7;
    sim_inject(sim, SIM_GATEWAY, true, (Slice){ junk.b, junk.len });
    ike_sa_info(sim->gateway.sa, &info);
    assert_int_equal(info.path.remote.port, 25171);
    (void)sim_run(sim, sim_never, 31 * USEC_PER_SEC); /* the client's liveness check */
    ike_sa_info(sim->gateway.sa, &info);
    path = info.path;
    assert_int_equal(path.remote.port, 25178);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    ike_sa_close(sim->gateway.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
}

static void
test_both_may_check_each_other_at_the_same_time(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){
        .seed = 1, .delay = 10 * USEC_PER_MSEC, .lose = 200, .tune = watchful_gateway });

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_up, 300 * USEC_PER_SEC));
    sim->setup.lose = 0;
    (void)sim_run(sim, sim_never, 3600 * USEC_PER_SEC);
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

static Slice
delete_body(uint8_t *buf, size_t cap, uint8_t proto, uint32_t spi)
{
    uint8_t octets[4] = { (uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8),
                          (uint8_t)spi };
    Writer w = { .base = buf, .cap = cap };

    ike_delete_encode(&(IkeDelete){ .proto = proto,
                                    .spi_size = proto == IKE_PROTO_ESP ? 4 : 0,
                                    .n_spis = proto == IKE_PROTO_ESP,
                                    .spis = { octets, proto == IKE_PROTO_ESP ? 4 : 0 } },
                      &w);
    return writer_view(&w);
}

typedef struct Answer {
    char *order;
    uint8_t body[64];
    size_t len;
} Answer;

static bool
keep_answer(Sim *sim, SimLetter *l, void *user)
{
    Answer *a = user;
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_DELETE);

    (void)sim;
    if (!l->response)
        return false;
    g_free(a->order);
    a->order = sim_letter_order(l);
    a->len = p ? p->body->len : 0;
    if (p)
        memcpy(a->body, p->body->data, MIN(a->len, sizeof(a->body)));
    return false;
}

/* RFC 7296 §1.4.1: the deleter names its inbound SPI, the answer the other half of the pair. */
static void
test_a_deleted_child_takes_its_pair_along(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    Answer a = { 0 };
    uint8_t buf[16], paired[16];
    Slice expected;

    (void)state;
    sim_connect(sim);
    sim_lie(sim, keep_answer, &a);
    /* an SPI that is not there: answered, and nothing happens */
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 0, IKE_PAYLOAD_DELETE,
              delete_body(buf, sizeof(buf), IKE_PROTO_ESP, 0x12345678));
    assert_string_equal(a.order, "");
    assert_int_equal(sim->client.child_downs, 0);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 1, IKE_PAYLOAD_DELETE,
              delete_body(buf, sizeof(buf), IKE_PROTO_ESP, sim->gateway.child.spi_in));
    assert_int_equal(sim->client.child_downs, 1);
    expected = delete_body(paired, sizeof(paired), IKE_PROTO_ESP, sim->client.child.spi_in);
    assert_int_equal(a.len, expected.len);
    assert_memory_equal(a.body, expected.p, expected.len);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY"); /* the IKE SA stays */
    g_free(a.order);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_client_hangs_up),
        cmocka_unit_test(test_the_gateway_hangs_up),
        cmocka_unit_test(test_both_hang_up_at_once),
        cmocka_unit_test(test_a_farewell_that_nobody_answers_ends_soon),
        cmocka_unit_test(test_closing_in_every_state_ends_both_sides),
        cmocka_unit_test(test_silence_in_every_state_ends_in_bounded_time),
        cmocka_unit_test(test_a_liveness_check_is_sent_when_nothing_fresh_came),
        cmocka_unit_test(test_fresh_traffic_makes_liveness_checks_needless),
        cmocka_unit_test(test_a_liveness_interval_of_one_s_own_beats_the_gateway_s),
        cmocka_unit_test(test_a_dead_peer_is_found),
        cmocka_unit_test(test_an_idle_client_keeps_its_mapping_alive),
        cmocka_unit_test(test_the_mapping_lives_while_a_person_types),
        cmocka_unit_test(test_the_gateway_follows_a_moved_client_by_valid_messages_only),
        cmocka_unit_test(test_both_may_check_each_other_at_the_same_time),
        cmocka_unit_test(test_a_deleted_child_takes_its_pair_along),
    };

    return cmocka_run_group_tests_name("x_end", tests, NULL, NULL);
}
