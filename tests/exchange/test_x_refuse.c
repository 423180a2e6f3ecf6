/* test_x_refuse.c - CREATE_CHILD_SA that cannot be granted: what is answered, and what stays (RFC
 * 7296 §1.3.3, §2.9.2, §2.25); and before a login is over it is not answered at all. */
#include "agent/ike/ike_choose.h"
#include "agent/ike/ike_sa_private.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

/* What the client's first request becomes, and the error in the answer to it. */
typedef struct Lie {
    void (*change)(SimLetter *l, const uint8_t *with, size_t len);
    const uint8_t *with;
    size_t len;
    unsigned told;
    uint16_t error;
} Lie;

static bool
tell(Sim *sim, SimLetter *l, void *user)
{
    Lie *lie = user;
    const SimPayload *n = sim_letter_find(l, IKE_PAYLOAD_NOTIFY);

    (void)sim;
    if (l->exchange != IKE_EXCHANGE_CREATE_CHILD_SA)
        return false;
    if (l->response && lie->told == 1 && n && lie->error == 0)
        lie->error = (uint16_t)(n->body->data[2] << 8 | n->body->data[3]);
    if (l->response || lie->told > 0)
        return false;
    lie->told++;
    lie->change(l, lie->with, lie->len);
    return true;
}

static void
name_other(SimLetter *l, const uint8_t *with, size_t len)
{
    sim_letter_remove(l, IKE_PAYLOAD_NOTIFY);
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ with, len });
}

static void
name_none(SimLetter *l, const uint8_t *with, size_t len)
{
    (void)with;
    (void)len;
    sim_letter_remove(l, IKE_PAYLOAD_NOTIFY);
}

static void
replace(SimLetter *l, uint8_t type, const uint8_t *with, size_t len)
{
    SimPayload *p = sim_letter_find(l, type);

    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, with, (guint)len);
}

static void
narrow(SimLetter *l, const uint8_t *with, size_t len)
{
    replace(l, IKE_PAYLOAD_TSr, with, len);
}

static void
offer(SimLetter *l, const uint8_t *with, size_t len)
{
    replace(l, IKE_PAYLOAD_SA, with, len);
}

static Lie
ask(Sim *sim, void (*change)(SimLetter *, const uint8_t *, size_t), const uint8_t *with, size_t len)
{
    Lie lie = { change, with, len, 0, 0 };

    sim_connect(sim);
    sim_lie(sim, tell, &lie);
    ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
    sim_drain(sim);
    sim_pass(sim, SIM_CLIENT);
    assert_int_equal(lie.told, 1);
    assert_string_equal(sim_state(sim, SIM_GATEWAY), "READY");
    assert_int_equal(sim->gateway.children->len, 1);
    assert_int_equal(sim_pairs(sim), 1);
    return lie;
}

/* CVE-2023-38710: whatever protocol and SPI REKEY_SA names, it is no child SA. */
static void
test_a_rekeyed_sa_that_is_not_there_is_not_found(void **state)
{
    static const uint8_t protos[] = { 0, 1, 2, 3, 4, 255 }, sizes[] = { 0, 4, 8 };

    (void)state;
    for (size_t i = 0; i < sizeof(protos); i++)
        for (size_t k = 0; k < sizeof(sizes); k++) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i });
            uint8_t body[12] = { protos[i], sizes[k], 0x40, 0x09, 1, 2, 3, 4, 5, 6, 7, 8 };
            Lie lie = ask(sim, name_other, body, 4u + sizes[k]);

            assert_int_equal(lie.error, IKE_N_CHILD_SA_NOT_FOUND);
        }
}

static void
test_another_child_sa_beside_the_first_is_refused(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    assert_int_equal(ask(sim, name_none, NULL, 0).error, IKE_N_NO_ADDITIONAL_SAS);
}

static void
test_selectors_that_do_not_cover_the_old_ones_are_refused(void **state)
{
    static const uint8_t one[] = { 1,    0,    0, 0, 7, 0, 0, 16, 0, 0,
                                   0xff, 0xff, 9, 9, 9, 9, 9, 9,  9, 10 };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    assert_int_equal(ask(sim, narrow, one, sizeof(one)).error, IKE_N_TS_UNACCEPTABLE);
}

static void
test_an_offer_with_nothing_in_common_is_refused(void **state)
{
    /* DES, HMAC-MD5-96, no ESN */
    static const uint8_t weak[] = { 0, 0, 0, 36, 1, 3, 4, 3, 9, 9, 9, 9, 3, 0, 0, 8, 1, 0,
                                    0, 2, 3, 0,  0, 8, 3, 0, 0, 1, 0, 0, 0, 8, 5, 0, 0, 0 };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    assert_int_equal(ask(sim, offer, weak, sizeof(weak)).error, IKE_N_NO_PROPOSAL_CHOSEN);
}

/* §2.25: what the peer has lost is made anew from scratch, and the owner sees one replace the
 * other. */
static void
test_a_child_sa_that_the_peer_has_lost_is_made_anew(void **state)
{
    (void)state;
    for (SimSide by = SIM_CLIENT; by <= SIM_GATEWAY; by++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
        SimPeer *asks = by == SIM_CLIENT ? &sim->client : &sim->gateway;
        SimPeer *lost = by == SIM_CLIENT ? &sim->gateway : &sim->client;

        sim_connect(sim);
        ike_children_clear(&lost->sa->children);
        g_ptr_array_set_size(lost->children, 0);
        ike_sa_rekey_child(asks->sa, asks->child.spi_in, sim->now);
        sim_pass_all(sim);
        assert_int_equal(sim_pairs(sim), 1);
        assert_int_equal(asks->children->len, 1);
        assert_int_equal(lost->children->len, 1);
        assert_int_equal(asks->child_downs, 1);
        assert_int_equal(asks->notices, 1);
        assert_non_null(strstr(asks->notice, "carried nothing"));
    }
}

static const struct {
    SimSide side;
    const char *state;
} early[] = {
    { SIM_CLIENT, "AUTH_SENT" }, { SIM_CLIENT, "TRUST" },      { SIM_CLIENT, "EAP" },
    { SIM_CLIENT, "ASKING" },    { SIM_CLIENT, "AUTH_FINAL" }, { SIM_GATEWAY, "INIT_SEEN" },
    { SIM_GATEWAY, "LOGIN" },    { SIM_GATEWAY, "DECIDING" },  { SIM_GATEWAY, "EAP_DONE" },
    { SIM_GATEWAY, "GRANTING" },
};

static void
write_body(uint8_t type, Writer *w)
{
    static const uint8_t zeros[64];
    const Suite suite = { .encr = ENCR_AES_GCM_16, .key_bits = 256 };
    const IkeTs any = { .n = 1, .s = { selector_all(ADDR_V4) } };

    switch (type) {
    case IKE_PAYLOAD_SA:
        ike_choose_write(IKE_PROTO_ESP, 1, (Slice){ zeros, 4 }, &suite, w);
        break;
    case IKE_PAYLOAD_KE:
        ike_ke_encode(&(IkeKe){ .group = KE_ECP256, .data = { zeros, sizeof(zeros) } }, w);
        break;
    case IKE_PAYLOAD_NONCE:
        writer_slice(w, (Slice){ zeros, 32 });
        break;
    case IKE_PAYLOAD_NOTIFY:
        ike_notify_encode(
            &(IkeNotify){ .proto = IKE_PROTO_ESP, .type = IKE_N_REKEY_SA, .spi = { zeros, 4 } }, w);
        break;
    default:
        ike_ts_encode(ike_ts_view(&any), w);
    }
}

/* CVE-2014-2338, CVE-2019-12312: every set of payloads, in every state before READY, as a request
 * and as a response; nothing moves, nothing is said, and the login goes on. */
static void
test_nothing_is_rekeyed_before_the_login_is_over(void **state)
{
    static const uint8_t types[] = { IKE_PAYLOAD_SA,  IKE_PAYLOAD_KE,  IKE_PAYLOAD_NONCE,
                                     IKE_PAYLOAD_TSi, IKE_PAYLOAD_TSr, IKE_PAYLOAD_NOTIFY };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(early); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });
        SimSide from = early[i].side == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
        IkeInfo info;
        unsigned sent;

        sim_reach(sim, early[i].side, early[i].state);
        sent = early[i].side == SIM_CLIENT ? sim->client.sent[IKE_EXCHANGE_CREATE_CHILD_SA]
                                           : sim->gateway.sent[IKE_EXCHANGE_CREATE_CHILD_SA];
        for (unsigned set = 0; set < 1u << G_N_ELEMENTS(types); set++)
            for (int response = 0; response < 2; response++) {
                uint8_t buf[512];
                Writer w = { .base = buf, .cap = sizeof(buf) };
                IkeChain c = ike_chain_begin(&w, SIZE_MAX);

                for (size_t k = 0; k < G_N_ELEMENTS(types); k++) {
                    if ((set & 1u << k) == 0)
                        continue;
                    ike_chain_open(&c, types[k]);
                    write_body(types[k], &w);
                    ike_chain_close(&c);
                }
                ike_sa_info(early[i].side == SIM_CLIENT ? sim->client.sa : sim->gateway.sa, &info);
                sim_forge_plain(sim, from, IKE_EXCHANGE_CREATE_CHILD_SA, sim_flags(from, response),
                                response ? info.send_id - 1 : info.recv_id, c.first,
                                writer_view(&w));
                assert_string_equal(sim_state(sim, early[i].side), early[i].state);
            }
        assert_int_equal(sent, 0);
        assert_int_equal(sim->client.sent[IKE_EXCHANGE_CREATE_CHILD_SA] +
                             sim->gateway.sent[IKE_EXCHANGE_CREATE_CHILD_SA],
                         0);
        sim_wake(sim);
        assert_true(sim_run(sim, sim_both_up, 30 * USEC_PER_SEC));
        assert_int_equal(sim_pairs(sim), 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_rekeyed_sa_that_is_not_there_is_not_found),
        cmocka_unit_test(test_another_child_sa_beside_the_first_is_refused),
        cmocka_unit_test(test_selectors_that_do_not_cover_the_old_ones_are_refused),
        cmocka_unit_test(test_an_offer_with_nothing_in_common_is_refused),
        cmocka_unit_test(test_a_child_sa_that_the_peer_has_lost_is_made_anew),
        cmocka_unit_test(test_nothing_is_rekeyed_before_the_login_is_over),
    };

    return cmocka_run_group_tests_name("x_refuse", tests, NULL, NULL);
}
