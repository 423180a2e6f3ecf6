/* test_x_init.c - IKE_SA_INIT that does not go straight: other groups, refusals, forgeries (RFC
 * 7296 §1.2, §2.7, §2.21.1). */
#include "agent/ike/ike_ke.h"
#include "agent/ike/ike_payload.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

/* A gateway that takes group 14 only; the client's first guess is 19. */
static void
group_14_only(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&gateway->ike, true, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
    ike_offer_add(&gateway->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_KE, KE_MODP2048, 0);
}

static void
test_another_group_costs_one_round_trip(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = group_14_only });
    IkeInfo info;

    (void)state;
    sim_connect(sim);
    ike_sa_info(sim->client.sa, &info);
    assert_int_equal(info.suite.ke, KE_MODP2048);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 2);
    assert_int_equal(sim->client.log[1].id, 0); /* the same Message ID, and AUTH covers this one */
    assert_int_equal(sim->gateway.closes, 1);   /* the refused attempt left no state */
    assert_int_equal(sim->gateway.reason, IKE_REASON_NONE);
    assert_int_equal(ike_listen_count(sim->listen), 1);
}

static void
test_a_lossy_link_does_not_confuse_the_second_try(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 30; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                  .delay = 10 * USEC_PER_MSEC,
                                                  .jitter = 200 * USEC_PER_MSEC,
                                                  .lose = 100,
                                                  .twice = 300,
                                                  .tune = group_14_only });

        sim_connect(sim);
        assert_int_equal(sim->gateway.configs, 1);
    }
}

static void
modern_against_legacy(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&gateway->ike, true, TRANSFORM_ENCR, ENCR_3DES, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA1, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_KE, KE_MODP1024, 0);
}

static void
test_nothing_in_common_ends_after_a_short_grace(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = modern_against_legacy });
    Usec start = sim->now;

    (void)state;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_NO_PROPOSAL);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 3);
    assert_true(sim->client.closed_at - start == 3500 * USEC_PER_MSEC);
    assert_int_equal(ike_listen_count(sim->listen), 0);
    assert_int_equal(sim->gateway.reason, IKE_REASON_NO_PROPOSAL);
    assert_non_null(strstr(sim->gateway.why, "AES-GCM")); /* what the client has */
}

/* The answer to @request with the one payload. */
static void
answer_init(Sim *sim, uint8_t type, Slice body)
{
    uint8_t buf[512];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeInfo info;
    IkeChain c;

    ike_sa_info(sim->client.sa, &info);
    ike_header_encode(&(IkeHeader){ .spi_i = info.spi_i,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_RESPONSE },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_add(&c, type, body);
    ike_header_finish(&w, 0);
    sim_inject(sim, SIM_CLIENT, false, writer_view(&w));
}

/* A forged refusal does not keep the real answer from being taken (§2.21.1). */
static void
test_a_forged_refusal_is_waited_out(void **state)
{
    static const char *const notifies[] = {
        "0000000e",      "00000007", "00000018", "00000011 0000", "00000011 0002",
        "00000011 ffff", "00000011", "00004006", "00003fff",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(notifies); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = 400 * USEC_PER_MSEC });
        Hex body = hex(notifies[i]);

        sim_start(sim);
        sim_drain(sim);
        answer_init(sim, IKE_PAYLOAD_NOTIFY, (Slice){ body.b, body.len });
        assert_true(sim_run(sim, sim_both_up, 60 * USEC_PER_SEC));
    }
}

/* Only groups that were offered, and only so often. */
static void
test_forged_groups_are_tried_at_most_twice(void **state)
{
    static const char *const groups[] = { "00000011 000e", "00000011 0014", "00000011 0015",
                                          "00000011 001f", "00000011 000f" };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->cut = true;
    sim_start(sim);
    sim_drain(sim);
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        Hex body = hex(groups[i]);

        answer_init(sim, IKE_PAYLOAD_NOTIFY, (Slice){ body.b, body.len });
    }
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 3);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_NO_PROPOSAL);
}

/* Logjam, CVE-2015-4000: no forged INVALID_KE_PAYLOAD leads below the policy. */
static void
test_a_group_that_was_not_offered_is_never_tried(void **state)
{
    static const char *const groups[] = { "00000011 0001", "00000011 0002", "00000011 0005",
                                          "00000011 0016", "00000011 0000", "00000011 0401" };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->cut = true;
    sim_start(sim);
    sim_drain(sim);
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        Hex body = hex(groups[i]);

        answer_init(sim, IKE_PAYLOAD_NOTIFY, (Slice){ body.b, body.len });
    }
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 1);
}

/* A gateway of the field that chooses what was not offered: named, with the setting that would
 * allow it. */
static void
answer_weaker(SimLetter *l)
{
    Hex weak = hex("0000002c 01010004 0300000c 0100000c 800e00c0 03000008 02000002 03000008"
                   "03000002 00000008 04000002");
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_SA);

    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, weak.b, (guint)weak.len);
}

static bool
weaken_init(Sim *sim, SimLetter *l, void *user)
{
    (void)sim;
    (void)user;
    if (!l->response || l->exchange != IKE_EXCHANGE_IKE_SA_INIT)
        return false;
    answer_weaker(l);
    return true;
}

static void
test_a_weaker_suite_than_offered_is_refused_by_name(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_lie(sim, weaken_init, NULL);
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_NO_PROPOSAL);
    assert_non_null(strstr(sim->client.why, "MODP1024"));
    assert_non_null(strstr(sim->client.why, "legacy"));
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_AUTH], 0);
}

/* KE values of bad faith in the response: ignored, and the good one is still taken. RFC 6989 §2. */
typedef struct BadKe {
    unsigned times;
    int kind;
} BadKe;

static bool
spoil_ke(Sim *sim, SimLetter *l, void *user)
{
    BadKe *bad = user;
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_KE);

    (void)sim;
    if (!l->response || !p || bad->times == 0)
        return false;
    bad->times--;
    switch (bad->kind) {
    case 0: /* off the curve */
        p->body->data[p->body->len - 1] ^= 1;
        break;
    case 1: /* too short */
        g_byte_array_set_size(p->body, p->body->len - 1);
        break;
    case 2: /* another group than chosen */
        p->body->data[1] = KE_ECP384;
        break;
    case 3: /* the point at infinity, as zeros */
        memset(p->body->data + 4, 0, p->body->len - 4);
        break;
    default: /* nothing */
        g_byte_array_set_size(p->body, 4);
        break;
    }
    return true;
}

static void
test_bad_key_exchange_values_are_as_if_they_had_not_come(void **state)
{
    (void)state;
    for (int kind = 0; kind < 5; kind++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });
        BadKe bad = { .times = 1, .kind = kind };

        sim_lie(sim, spoil_ke, &bad);
        sim_connect(sim); /* the repeated answer is good */
        assert_int_equal(bad.times, 0);
        assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 2);
    }
}

static void
add_cp_and_unknown_notifies(SimLetter *l)
{
    Hex redirect = hex("01004016"), unknown = hex("0100a003 0102"), cp = hex("01000000 70380000");

    sim_letter_add(l, IKE_PAYLOAD_CP, (Slice){ cp.b, cp.len });
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ redirect.b, redirect.len });
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ unknown.b, unknown.len });
    sim_letter_add(l, IKE_PAYLOAD_VENDOR, slice_of("CISCO-ANYCONNECT-STRAP"));
}

static bool
extend_init(Sim *sim, SimLetter *l, void *user)
{
    (void)sim;
    (void)user;
    if (l->exchange != IKE_EXCHANGE_IKE_SA_INIT || l->response)
        return false;
    add_cp_and_unknown_notifies(l);
    return true;
}

/* agent/docs/WIRE.md §1.4: accepted and ignored. (AUTH fails later: the client signed what it
 * sent, and this was changed on the way.) */
static void
test_a_configuration_payload_in_the_clear_is_accepted(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });

    (void)state;
    sim_lie(sim, extend_init, NULL);
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.questions, 1); /* it came as far as the form */
    assert_int_equal(sim->gateway.ups, 0);
    assert_int_equal(sim->client.reason, IKE_REASON_LOGIN);
}

static void
nonces(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&client->ike, true, TRANSFORM_ENCR, ENCR_AES_CBC, 128);
    ike_offer_add(&client->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA2_512, 0);
    ike_offer_add(&client->ike, false, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0);
    ike_offer_add(&client->ike, false, TRANSFORM_KE, KE_ECP256, 0);
}

static bool
check_nonce(Sim *sim, SimLetter *l, void *user)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_NONCE);

    (void)sim;
    if (p && p->body->len >= 32) /* half of 64, RFC 7296 §2.10 */
        ++*(unsigned *)user;
    return false;
}

static void
test_nonces_are_half_as_long_as_the_prf_key(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = nonces });
    unsigned long_enough = 0;

    (void)state;
    sim_lie(sim, check_nonce, &long_enough);
    sim_connect(sim);
    assert_int_equal(long_enough, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_group_costs_one_round_trip),
        cmocka_unit_test(test_a_lossy_link_does_not_confuse_the_second_try),
        cmocka_unit_test(test_nothing_in_common_ends_after_a_short_grace),
        cmocka_unit_test(test_a_forged_refusal_is_waited_out),
        cmocka_unit_test(test_forged_groups_are_tried_at_most_twice),
        cmocka_unit_test(test_a_group_that_was_not_offered_is_never_tried),
        cmocka_unit_test(test_a_weaker_suite_than_offered_is_refused_by_name),
        cmocka_unit_test(test_bad_key_exchange_values_are_as_if_they_had_not_come),
        cmocka_unit_test(test_a_configuration_payload_in_the_clear_is_accepted),
        cmocka_unit_test(test_nonces_are_half_as_long_as_the_prf_key),
    };

    return cmocka_run_group_tests_name("x_init", tests, NULL, NULL);
}
