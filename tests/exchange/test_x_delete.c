/* test_x_delete.c - Delete payloads of child SAs: several, twice, unknown, crossing (RFC 7296
 * §1.4.1, §2.25.1). */
#include "agent/ike/ike_delete.h"
#include "agent/ike/ike_payload.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

/* SPIs that Delete payloads of one message name: per payload up to four, 0 ends. */
typedef uint32_t Spis[4];

static void
write_deletes(IkeChain *c, uint8_t proto, const Spis *payloads, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t buf[sizeof(Spis)];
        Writer w = { .base = buf, .cap = sizeof(buf) };
        uint16_t count = 0;

        while (count < 4 && payloads[i][count])
            writer_u32(&w, payloads[i][count++]);
        ike_chain_open(c, IKE_PAYLOAD_DELETE);
        ike_delete_encode(
            &(IkeDelete){ .proto = proto, .spi_size = 4, .n_spis = count, .spis = writer_view(&w) },
            c->out);
        ike_chain_close(c);
    }
}

/* A request of @from's with these Delete payloads, at once at the other end. */
static void
send_deletes(Sim *sim, SimSide from, uint8_t proto, const Spis *payloads, size_t n)
{
    uint8_t buf[512];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&w, SIZE_MAX);
    IkeInfo info;

    write_deletes(&c, proto, payloads, n);
    ike_sa_info(from == SIM_CLIENT ? sim->gateway.sa : sim->client.sa, &info);
    sim_forge_plain(sim, from, IKE_EXCHANGE_INFORMATIONAL, sim_flags(from, false), info.recv_id,
                    c.first, writer_view(&w));
}

/* What the Delete payloads of the last answer named. */
typedef struct Named {
    SimSide by;
    unsigned answers, payloads, n;
    uint32_t spi[8];
} Named;

static bool
look(Sim *sim, SimLetter *l, void *user)
{
    Named *named = user;

    (void)sim;
    if (!l->response || l->from != named->by || l->exchange != IKE_EXCHANGE_INFORMATIONAL)
        return false;
    named->answers++;
    named->payloads = named->n = 0;
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);
        Reader in = reader_init((Slice){ p->body->data, p->body->len });
        IkeDelete d;

        if (p->type != IKE_PAYLOAD_DELETE)
            continue;
        named->payloads++;
        assert_int_equal(ike_delete_decode(&in, &d), IKE_OK);
        in = reader_init(d.spis);
        while (reader_u32(&in, &named->spi[named->n]))
            named->n++;
    }
    return false;
}

static const SimPeer *
peer(const Sim *sim, SimSide side)
{
    return side == SIM_CLIENT ? &sim->client : &sim->gateway;
}

static void
connect(Sim *sim, Named *named)
{
    sim_connect(sim);
    sim_lie(sim, look, named);
}

/* The other half is named once, however often the peer names its own, and whatever else. */
static void
test_many_spis_and_the_same_one_twice_close_one_pair_once(void **state)
{
    (void)state;
    for (SimSide from = SIM_CLIENT; from <= SIM_GATEWAY; from++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
        Named named = { .by = from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT };
        uint32_t theirs, ours;

        connect(sim, &named);
        theirs = peer(sim, from)->child.spi_in;
        ours = peer(sim, from)->child.spi_out;
        send_deletes(sim, from, IKE_PROTO_ESP,
                     (const Spis[]){ { 0x1234, theirs, theirs, ours }, { theirs }, { 0xffffffff } },
                     3);
        assert_int_equal(named.answers, 1);
        assert_int_equal(named.payloads, 1);
        assert_int_equal(named.n, 1);
        assert_int_equal(named.spi[0], ours);
        assert_int_equal(peer(sim, named.by)->child_downs, 1);
        assert_string_equal(sim_state(sim, named.by), "READY");
        /* and once more, of what is gone */
        send_deletes(sim, from, IKE_PROTO_ESP, (const Spis[]){ { theirs } }, 1);
        assert_int_equal(named.answers, 2);
        assert_int_equal(named.payloads, 0);
        assert_int_equal(peer(sim, named.by)->child_downs, 1);
    }
}

static void
test_unknown_spis_and_other_protocols_are_answered_and_passed_over(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
    Named named = { .by = SIM_GATEWAY };

    (void)state;
    connect(sim, &named);
    send_deletes(sim, SIM_CLIENT, IKE_PROTO_ESP, (const Spis[]){ { 0x1234 }, { 0 } }, 2);
    send_deletes(sim, SIM_CLIENT, IKE_PROTO_AH, (const Spis[]){ { sim->client.child.spi_in } }, 1);
    assert_int_equal(named.answers, 2);
    assert_int_equal(named.payloads, 0);
    assert_int_equal(sim->gateway.child_downs, 0);
    assert_string_equal(sim_state(sim, SIM_GATEWAY), "READY");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_spis_and_the_same_one_twice_close_one_pair_once),
        cmocka_unit_test(test_unknown_spis_and_other_protocols_are_answered_and_passed_over),
    };

    return cmocka_run_group_tests_name("x_delete", tests, NULL, NULL);
}
