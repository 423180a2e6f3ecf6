/* soak_core.c - damaged messages at both ends in memory: as anybody may send them, as a peer that
 * has the keys may, and during the login. What is allocated afterwards is what was before.
 *
 * soak_core [COUNT [SEED]] */
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/soak/mutate.h"
#include "tests/support/sim_lie.h"

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* gcc's package has no header for it */
#endif

enum {
    LETTERS_MAX = 64,
    PLAIN_MAX = 4096,
    EACH = 400,       /* damaged messages a conversation */
    GROWTH = 8 << 10, /* octets: what libraries keep for good, but no octet a message */
    LOGIN_S = 400,    /* every limit of a login has passed then */
};

/* What stood inside SK of a real message. */
typedef struct Letter {
    SimSide from;
    uint8_t exchange, first;
    bool response;
    size_t len;
    uint8_t plain[PLAIN_MAX];
} Letter;

typedef struct Soak {
    Mutator draws, outer[2]; /* @outer: what was sent to that side */
    Letter letters[LETTERS_MAX];
    size_t n_letters;
    unsigned long told, conversations, ended;
} Soak;

static Soak soak; /* large */

static void
loose(IkeConfig *client, IkeConfig *gateway)
{
    client->fragmentation = gateway->fragmentation = true;
    client->mobike = gateway->mobike = true;
}

static void
fragmented(IkeConfig *client, IkeConfig *gateway)
{
    loose(client, gateway);
    client->path_octets = gateway->path_octets = 400;
}

static Sim *
meet(void (*tune)(IkeConfig *client, IkeConfig *gateway))
{
    soak.conversations++;
    return sim_new(
        &(SimSetup){ .seed = mutate_draw(&soak.draws), .delay = USEC_PER_MSEC, .tune = tune });
}

static size_t
allocated(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    return mallinfo2().uordblks;
#endif
}

/* ---- anybody: copies of what is on the wire ---- */

static void
overhear(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    Sample s = { .len = octets->len };

    (void)sim, (void)user;
    if (octets->len > MUTATE_MAX)
        return;
    memcpy(s.octets, octets->data, octets->len);
    mutate_learn(&soak.outer[from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT], &s);
}

static void
from_anybody(void)
{
    g_autoptr(Sim) sim = meet(mutate_below(&soak.draws, 2) ? fragmented : loose);
    size_t len;

    sim->tap = overhear;
    sim_connect(sim);
    sim->tap = NULL;
    for (unsigned i = 0; i < EACH; i++) {
        SimSide to = mutate_below(&soak.draws, 2) ? SIM_CLIENT : SIM_GATEWAY;
        uint8_t made[MUTATE_MAX];

        (void)mutate_next(&soak.outer[to], made, &len);
        sim_inject(sim, to, mutate_below(&soak.draws, 4) != 0, (Slice){ made, len });
        soak.told++;
    }
    if (sim->client.closes || sim->gateway.closes > sim->gateway.made - 1)
        g_error("a datagram that nobody vouches for has ended an IKE SA: %s", sim->client.why);
}

/* ---- during the login ---- */

static void
harm(SimPayload *p)
{
    size_t len = p->body->len, cap = len + 64;

    g_byte_array_set_size(p->body, (guint)cap);
    len = mutate_octets(&soak.draws, p->body->data, len, cap);
    g_byte_array_set_size(p->body, (guint)len);
    soak.told++;
}

static bool
lie_at_times(Sim *sim, SimLetter *l, void *user)
{
    Mutator *m = &soak.draws;
    SimPayload *p;

    (void)sim, (void)user;
    if (l->payloads->len == 0 || mutate_below(m, 6))
        return false;
    p = g_ptr_array_index(l->payloads, mutate_below(m, l->payloads->len));
    if (mutate_below(m, 4) == 0)
        g_ptr_array_remove(l->payloads, p);
    else
        harm(p);
    return true;
}

static void
during_login(void)
{
    g_autoptr(Sim) sim = meet(loose);

    sim_lie(sim, lie_at_times, NULL);
    sim_start(sim);
    (void)sim_run(sim, sim_both_closed, LOGIN_S * USEC_PER_SEC);
    soak.ended += sim->client.closes;
}

/* ---- a peer that has the keys ---- */

static bool
keep(Sim *sim, SimLetter *l, void *user)
{
    Letter *to = &soak.letters[soak.n_letters];
    Writer w = { .base = to->plain, .cap = sizeof(to->plain) };
    IkeChain c = ike_chain_begin(&w, SIZE_MAX);

    (void)sim, (void)user;
    if (!l->sealed || soak.n_letters == LETTERS_MAX)
        return false;
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = g_ptr_array_index(l->payloads, i);

        ike_chain_add(&c, p->type, (Slice){ p->body->data, p->body->len });
    }
    if (w.overflow)
        return false;
    *to = (Letter){ .from = l->from,
                    .exchange = l->exchange,
                    .response = l->response,
                    .first = c.first,
                    .len = w.len };
    memcpy(to->plain, w.base, w.len);
    soak.n_letters++;
    return false;
}

static bool
rekeyed(const Sim *sim)
{
    return sim->client.rekeyed && sim->gateway.rekeyed && sim->client.child_ups > 1;
}

/* A whole conversation as it should be: login, both rekeyings, a new address, the end. */
static void
learn_letters(void)
{
    g_autoptr(Sim) sim = meet(loose);

    sim_lie(sim, keep, NULL);
    sim_connect(sim);
    ike_sa_rekey_child(sim->client.sa, sim->client.child.spi_in, sim->now);
    ike_sa_rekey(sim->client.sa, sim->now);
    if (!sim_run(sim, rekeyed, 60 * USEC_PER_SEC))
        g_error("not rekeyed");
    (void)sim_run(sim, sim_never, 60 * USEC_PER_SEC);
    ike_sa_close(sim->client.sa, sim->now);
    (void)sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC);
    if (soak.n_letters < 10)
        g_error("only %zu letters", soak.n_letters);
}

static void
tell_one(Sim *sim, SimSide from)
{
    Mutator *m = &soak.draws;
    const Letter *l = &soak.letters[mutate_below(m, soak.n_letters)];
    bool response = mutate_below(m, 8) == 0;
    uint8_t plain[PLAIN_MAX];
    size_t len = l->len;
    IkeInfo info;

    ike_sa_info(from == SIM_CLIENT ? sim->gateway.sa : sim->client.sa, &info);
    memcpy(plain, l->plain, len);
    if (mutate_below(m, 8))
        len = mutate_octets(m, plain, len, sizeof(plain));
    sim_forge_plain(sim, from, l->exchange, sim_flags(from, response),
                    response ? info.send_id - 1 : info.recv_id,
                    mutate_below(m, 16) ? l->first : (uint8_t)mutate_draw(m),
                    (Slice){ plain, len });
    soak.told++;
}

static void
from_a_peer(void)
{
    g_autoptr(Sim) sim = meet(loose);
    SimSide from = mutate_below(&soak.draws, 2) ? SIM_CLIENT : SIM_GATEWAY;

    sim_connect(sim);
    for (unsigned i = 0; i < EACH && !sim->client.closes && sim->gateway.sa; i++) {
        tell_one(sim, from);
        g_ptr_array_set_size(sim->wire, 0); /* the answers: who lies does not listen */
    }
    soak.ended += sim->client.closes || !sim->gateway.sa;
}

static void
talk(unsigned long until)
{
    while (soak.told < until) {
        from_anybody();
        for (int i = 0; i < 8; i++) {
            during_login();
            from_a_peer();
        }
    }
}

int
main(int argc, char **argv)
{
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    size_t before, after;

    printf("soak_core: seed %" PRIu64 "\n", seed);
    soak.draws.state = seed;
    soak.outer[0].state = seed + 1;
    soak.outer[1].state = seed + 2;
    learn_letters();
    talk(count / 10);
    before = allocated();
    talk(count / 10 + count);
    after = allocated();
    printf("soak_core: %lu damaged messages in %lu conversations, %lu ended by them; allocated "
           "before %zu, after %zu octets\n",
           soak.told, soak.conversations, soak.ended, before, after);
    if (after <= before + GROWTH)
        return 0;
    fprintf(stderr, "soak_core: grown\n");
    return 1;
}
