/* fuzz_ike_sa.c - hostile datagrams at the front door and at a client that waits for its first
 * answer; and hostile plaintext, behind good integrity, in every later state. */
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* @way: index into sim_ways + 1, 0: EAP alone. New rows at the end, or the corpus means others. */
static const struct {
    SimSide side;
    const char *state;
    unsigned way;
} states[] = {
    { SIM_CLIENT, "AUTH_SENT", 0 },  { SIM_CLIENT, "TRUST", 0 },
    { SIM_CLIENT, "EAP", 0 },        { SIM_CLIENT, "AUTH_FINAL", 0 },
    { SIM_CLIENT, "READY", 0 },      { SIM_GATEWAY, "INIT_SEEN", 0 },
    { SIM_GATEWAY, "LOGIN", 0 },     { SIM_GATEWAY, "EAP_DONE", 0 },
    { SIM_GATEWAY, "READY", 0 },     { SIM_CLIENT, "AUTH_SENT", 1 },
    { SIM_CLIENT, "AUTH_SENT", 2 },  { SIM_CLIENT, "TRUST_LAST", 2 },
    { SIM_CLIENT, "AUTH_SENT", 5 },  { SIM_GATEWAY, "INIT_SEEN", 1 },
    { SIM_GATEWAY, "INIT_SEEN", 2 }, { SIM_GATEWAY, "VERDICT", 2 },
    { SIM_GATEWAY, "INIT_SEEN", 5 }, { SIM_GATEWAY, "AGAIN", 5 },
};

static void
in_fragments(IkeConfig *c, IkeConfig *g)
{
    c->fragmentation = g->fragmentation = true;
}

static void
tune(IkeConfig *c, IkeConfig *g, unsigned way)
{
    if (way == 0)
        return;
    sim_ways[way - 1].tune(c, g);
    for (int i = 0; i < 2; i++) {
        IkePlan *p = i ? &g->plan : &c->plan;

        p->ppk_id = slice_of("id");
        p->ppk = slice_of("ppk");
    }
}

/* An answer to a client is for its SPI, or it would stop there. */
static void
to_a_waiting_client(Sim *sim, const uint8_t *data, size_t size)
{
    g_autofree uint8_t *copy = g_memdup2(data, size);
    Writer w = { .base = copy, .cap = size };
    IkeInfo info;

    sim_reach(sim, SIM_CLIENT, "INIT_SENT");
    ike_sa_info(sim->client.sa, &info);
    writer_u64(&w, info.spi_i);
    sim_inject(sim, SIM_CLIENT, false, (Slice){ copy, size });
}

static void
behind_good_integrity(Sim *sim, unsigned which, const uint8_t *data, size_t size)
{
    SimSide side = states[which].side, from = side == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
    IkeInfo info;
    bool response;

    response = data[0] & 1;
    tune(&sim->config[SIM_CLIENT], &sim->config[SIM_GATEWAY], states[which].way);
    sim_reach(sim, side, states[which].state);
    ike_sa_info(side == SIM_CLIENT ? sim->client.sa : sim->gateway.sa, &info);
    sim_forge_plain(sim, from, (uint8_t)(IKE_EXCHANGE_IKE_AUTH + data[0] / 2 % 3),
                    sim_flags(from, response), response ? info.send_id - 1 : info.recv_id, data[1],
                    (Slice){ data + 2, size - 2 });
}

/* Whatever came, both ends come to rest: there is no state that waits for ever. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Sim) sim = NULL;
    unsigned mode;

    if (size < 3 || size > 8192)
        return 0;
    sim = sim_new(&(SimSetup){
        .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = (data[0] & 0x80) ? in_fragments : NULL });
    mode = (data[0] & 0x7f) % (2 + G_N_ELEMENTS(states));
    if (mode == 0)
        sim_inject(sim, SIM_GATEWAY, false, (Slice){ data + 1, size - 1 });
    else if (mode == 1)
        to_a_waiting_client(sim, data + 1, size - 1);
    else
        behind_good_integrity(sim, mode - 2, data + 1, size - 1);
    sim_wake(sim);
    (void)sim_run(sim, sim_never, 300 * USEC_PER_SEC);
    if (ike_listen_half_open(sim->listen) != 0)
        g_error("a half-open IKE SA stays");
    if (mode > 0 && sim->client.ups + sim->client.closes == 0)
        g_error("mode %u: the client neither came up nor closed: %s, gateway %s", mode,
                sim_state(sim, SIM_CLIENT), sim_state(sim, SIM_GATEWAY));
    return 0;
}
