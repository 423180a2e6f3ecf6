/* test_x_junk.c - datagrams of strangers and messages out of turn, in every state at both ends: the
 * session goes on. */
#include "agent/ike/ike_payload.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

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

/* Copies of all that was ever on the wire. */
static void
record(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    GPtrArray *seen = *(GPtrArray **)user;

    (void)sim;
    (void)from;
    g_ptr_array_add(seen, g_bytes_new(octets->data, octets->len));
}

/* Before there are keys nobody can tell a changed IKE_SA_INIT from a good one: a client takes what
 * parses, and what a gateway answers to it, and only AUTH finds out (RFC 7296 §2.15). Those are
 * left out here; cut short they must not count. */
static bool
believable(const Sim *sim, Slice octets)
{
    Reader in = reader_init(octets);
    IkeHeader h;

    return ike_header_decode(&in, &h) == IKE_OK && h.exchange == IKE_EXCHANGE_IKE_SA_INIT &&
           strcmp(sim_state(sim, SIM_CLIENT), "INIT_SENT") == 0;
}

static void
inject_variants(Sim *sim, SimSide to, Slice octets)
{
    g_autofree uint8_t *copy = g_memdup2(octets.p, octets.len);
    size_t step = octets.len / 24 + 1;

    for (size_t cut = 0; cut < octets.len; cut += step)
        sim_inject(sim, to, true, (Slice){ copy, cut });
    for (size_t i = 0; i < octets.len && !believable(sim, octets); i += step) {
        copy[i] ^= (uint8_t)(1 << (i % 8));
        sim_inject(sim, to, true, (Slice){ copy, octets.len });
        copy[i] = octets.p[i];
    }
    if (!believable(sim, octets))
        sim_inject(sim, to, true, octets); /* replayed */
}

static void
finish_login(Sim *sim)
{
    if (strcmp(sim_state(sim, SIM_CLIENT), "IDLE") == 0)
        sim_start(sim);
    sim_wake(sim);
    if (!sim_run(sim, sim_both_up, 30 * USEC_PER_SEC))
        fail_msg("client %s (%s), gateway %s (%s)", sim_state(sim, SIM_CLIENT),
                 sim->client.why ? sim->client.why : "", sim_state(sim, SIM_GATEWAY),
                 sim->gateway.why ? sim->gateway.why : "");
    assert_int_equal(sim->client.closes, 0);
    assert_int_equal(sim->client.ups, 1);
    assert_int_equal(sim->gateway.ups, 1);
}

static void
test_mutations_and_replays_in_every_state_change_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });
        g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        GPtrArray **user = g_new0(GPtrArray *, 1);
        guint n;

        *user = seen;
        sim->tap = record;
        sim->tap_user = user;
        sim_reach(sim, states[i].side, states[i].state);
        n = seen->len;
        for (guint j = 0; j < n; j++) {
            Slice octets;

            octets.p = g_bytes_get_data(g_ptr_array_index(seen, j), &octets.len);
            inject_variants(sim, SIM_CLIENT, octets); /* its own come back, too */
            inject_variants(sim, SIM_GATEWAY, octets);
        }
        sim->tap = NULL;
        finish_login(sim);
    }
}

/* Plain, unprotected notifies and Deletes are hints at most (RFC 7296 §2.4, §2.21.4). */
static void
test_forged_errors_and_deletes_in_the_clear_change_nothing(void **state)
{
    static const uint8_t exchanges[] = { 34, 35, 36, 37, 0, 255 };
    static const uint16_t errors[] = { 4, 7, 9, 11, 14, 17, 24, 43, 44 };

    (void)state;
    for (size_t i = 2; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });
        IkeInfo info;

        sim_reach(sim, states[i].side, states[i].state);
        ike_sa_info(sim->client.sa, &info);
        for (size_t e = 0; e < G_N_ELEMENTS(exchanges); e++)
            for (size_t n = 0; n <= G_N_ELEMENTS(errors); n++)
                for (unsigned flags = 0; flags < 0x40; flags += 8)
                    for (uint32_t id = 0; id < 6; id++) {
                        uint8_t buf[64];
                        Writer w = { .base = buf, .cap = sizeof(buf) };
                        IkeChain c;

                        ike_header_encode(&(IkeHeader){ .spi_i = info.spi_i,
                                                        .spi_r = info.spi_r,
                                                        .version = IKE_VERSION,
                                                        .exchange = exchanges[e],
                                                        .flags = (uint8_t)flags,
                                                        .message_id = id },
                                          &w);
                        c = ike_chain_begin(&w, 0);
                        if (n < G_N_ELEMENTS(errors)) {
                            uint8_t body[] = { 0, 0, 0, (uint8_t)errors[n] };

                            ike_chain_add(&c, IKE_PAYLOAD_NOTIFY, (Slice){ body, 4 });
                        } else {
                            ike_chain_add(&c, IKE_PAYLOAD_DELETE, slice_of("\x01\0\0\0"));
                        }
                        ike_header_finish(&w, 0);
                        sim_inject(sim, SIM_CLIENT, true, writer_view(&w));
                        sim_inject(sim, SIM_GATEWAY, true, writer_view(&w));
                    }
        finish_login(sim);
    }
}

/* A message of our own, sent back to us, is nobody's (RFC 7296 §3.1: the I and R flags). */
static void
test_reflected_messages_are_dropped(void **state)
{
    (void)state;
    for (size_t i = 1; i < G_N_ELEMENTS(states); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = i, .delay = 10 * USEC_PER_MSEC });
        g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
        GPtrArray **user = g_new0(GPtrArray *, 1);
        unsigned sent;

        *user = seen;
        sim->tap = record;
        sim->tap_user = user;
        if (states[i].side != SIM_CLIENT)
            continue;
        sim_reach(sim, SIM_CLIENT, states[i].state);
        sent = sim->client.sent[IKE_EXCHANGE_IKE_AUTH];
        for (guint j = seen->len; j > 0; j--) {
            Slice octets;

            octets.p = g_bytes_get_data(g_ptr_array_index(seen, j - 1), &octets.len);
            if (octets.p[19] & IKE_FLAG_INITIATOR)
                sim_inject(sim, SIM_CLIENT, true, octets);
        }
        assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_AUTH], sent);
        assert_string_equal(sim_state(sim, SIM_CLIENT), states[i].state);
    }
}

/* The I flag says whose Message IDs are meant; with the wrong one even good integrity is nothing.
 */
static void
test_a_message_of_the_wrong_side_is_dropped(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim_forge_plain(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, IKE_FLAG_INITIATOR, 0,
                    IKE_PAYLOAD_NONE, (Slice){ 0 });
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
    sim_forge_plain(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, 0, 0, IKE_PAYLOAD_NONE,
                    (Slice){ 0 });
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutations_and_replays_in_every_state_change_nothing),
        cmocka_unit_test(test_forged_errors_and_deletes_in_the_clear_change_nothing),
        cmocka_unit_test(test_reflected_messages_are_dropped),
        cmocka_unit_test(test_a_message_of_the_wrong_side_is_dropped),
    };

    return cmocka_run_group_tests_name("x_junk", tests, NULL, NULL);
}
