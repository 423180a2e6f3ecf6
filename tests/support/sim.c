/* The network between the two, and the clock. */
#include "tests/support/sim.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/sim_private.h"

enum { NONCE_LEN = 32 };

typedef struct Parcel {
    Usec at;
    uint64_t serial; /* order of those that arrive together */
    SimSide from;
    IkePath path; /* as the receiver sees it */
    GByteArray *octets;
} Parcel;

static void
parcel_free(Parcel *p)
{
    g_byte_array_unref(p->octets);
    g_free(p);
}

/* splitmix64: any seed is good, and the same seed is the same run. */
static uint64_t
draw(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void
env_random(void *user, uint8_t *ret, size_t len)
{
    SimDice *dice = user;

    for (size_t i = 0; i < len; i++)
        ret[i] = (uint8_t)draw(&dice->sim->random);
    if (len == NONCE_LEN && dice->drawn < dice->n_nonces)
        ret[0] = dice->nonces[dice->drawn++];
}

static uint32_t
env_esp_spi(void *user)
{
    return ((SimDice *)user)->sim->next_esp_spi++;
}

static void
child_free(SimChild *c)
{
    ike_child_wipe(&c->c);
    g_free(c);
}

static const IkeLimits no_limits = {
    .half_open = 1000, .half_open_address = 1000, .all = 10000, .cookie_from = IKE_COOKIE_NEVER
};

/* 2023-11-14, whatever the simulated clock says. */
static int64_t
env_wall(void *user)
{
    (void)user;
    return 1700000000;
}

Sim *
sim_new(const SimSetup *setup)
{
    Sim *sim = g_new0(Sim, 1);

    sim->setup = *setup;
    sim->random = setup->seed;
    sim->client_at = "192.168.1.1";
    sim->gateway_at = "10.0.0.1";
    sim->now = 1000 * USEC_PER_SEC;
    sim->next_esp_spi = 0x77ee5348; /* agent/docs/WIRE.md §16.4 */
    sim->dice[SIM_CLIENT].sim = sim->dice[SIM_GATEWAY].sim = sim;
    sim->env = (IkeEnv){ env_random, env_esp_spi, env_wall, &sim->dice[SIM_GATEWAY] };
    sim->env_client = (IkeEnv){ env_random, env_esp_spi, env_wall, &sim->dice[SIM_CLIENT] };
    sim->play = (SimPlay){
        .passwords = { "cisco123" }, .right = "cisco123", .tries = 3, .address = "10.2.2.1"
    };
    sim_configure(sim);
    sim->sas = g_ptr_array_new();
    sim->wire = g_ptr_array_new_with_free_func((GDestroyNotify)parcel_free);
    sim->held = g_ptr_array_new_with_free_func((GDestroyNotify)parcel_free);
    sim->listen = ike_listen_new(&sim->config[SIM_GATEWAY], &sim->env,
                                 setup->limits ? setup->limits : &no_limits);
    sim->client.sa = ike_sa_new(IKE_INITIATOR, &sim->config[SIM_CLIENT], &sim->env_client);
    sim->client.trace = g_string_new(NULL);
    sim->gateway.trace = g_string_new(NULL);
    sim->client.children = g_ptr_array_new_with_free_func((GDestroyNotify)child_free);
    sim->gateway.children = g_ptr_array_new_with_free_func((GDestroyNotify)child_free);
    return sim;
}

static void
peer_clear(SimPeer *p)
{
    g_free(p->why);
    g_free(p->idi);
    g_free(p->idr);
    g_free(p->notice);
    g_ptr_array_unref(p->children);
    g_string_free(p->trace, TRUE);
    ike_child_wipe(&p->child);
}

void
sim_free(Sim *sim)
{
    if (!sim)
        return;
    ike_sa_free(sim->client.sa);
    ike_sa_free(sim->past);
    ike_listen_free(sim->listen);
    g_ptr_array_unref(sim->sas);
    g_ptr_array_unref(sim->wire);
    g_ptr_array_unref(sim->held);
    g_free(sim->tap_user);
    peer_clear(&sim->client);
    peer_clear(&sim->gateway);
    g_free(sim);
}

static Endpoint
endpoint(const char *text, uint16_t port)
{
    Endpoint e = { .port = port };

    g_assert_true(addr_parse(text, &e.addr));
    return e;
}

IkePath
sim_path(const Sim *sim, SimSide at, bool natt)
{
    Endpoint client = endpoint(sim->client_at, natt ? 25171 : 25170);
    Endpoint gateway = endpoint(sim->gateway_at, natt ? 4500 : 500);

    if (at == SIM_CLIENT)
        return (IkePath){ .local = client, .remote = gateway, .natt = natt };
    client.port = (uint16_t)(client.port + sim->moved);
    if (sim->hidden_at)
        gateway = endpoint(sim->hidden_at, gateway.port);
    return (IkePath){ .local = gateway, .remote = client, .natt = natt };
}

static bool
chance(Sim *sim, unsigned per_thousand)
{
    return draw(&sim->random) % 1000 < per_thousand;
}

static void
carry(Sim *sim, SimSide from, const IkePath *path, const GByteArray *octets)
{
    Parcel *p = g_new0(Parcel, 1);

    p->at = sim->now + sim->setup.delay;
    if (sim->setup.jitter)
        p->at += draw(&sim->random) % sim->setup.jitter;
    p->serial = sim->serial++;
    p->from = from;
    p->path = *path;
    p->octets = g_byte_array_append(g_byte_array_new(), octets->data, octets->len);
    g_ptr_array_add(sim->wire, p);
}

/* A NAT keeps what goes to a mapping that is not there any more, and a host what comes from an
 * address that it has lost. */
static bool
reaches(const Sim *sim, SimSide from, const IkePath *to)
{
    IkePath expected = sim_path(sim, from == SIM_CLIENT ? SIM_CLIENT : SIM_GATEWAY, to->natt);

    if (from == SIM_CLIENT)
        return endpoint_equal(&expected.local, &to->local) &&
               endpoint_equal(&expected.remote, &to->remote);
    return endpoint_equal(&expected.remote, &to->remote);
}

static void
note(SimPeer *peer, const IkeDatagram *d)
{
    Reader in = reader_init(d->octets);
    IkeHeader h;

    if (d->keepalive) {
        peer->keepalives++;
        return;
    }
    g_assert_cmpint(ike_header_decode(&in, &h), ==, IKE_OK);
    peer->sent[h.exchange]++;
    if (peer->n_log < SIM_MESSAGES_MAX)
        peer->log[peer->n_log++] = (SimMessage){ .exchange = h.exchange,
                                                 .response = (h.flags & IKE_FLAG_RESPONSE) != 0,
                                                 .id = h.message_id,
                                                 .len = d->octets.len };
}

static void
send(Sim *sim, SimSide from, const IkeDatagram *d)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    IkePath path = sim_path(sim, from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT, d->path.natt);

    note(from == SIM_CLIENT ? &sim->client : &sim->gateway, d);
    if (d->keepalive)
        return;
    g_byte_array_append(octets, d->octets.p, (guint)d->octets.len);
    if (sim->tap)
        sim->tap(sim, from, octets, sim->tap_user);
    if (octets->len == 0 || sim->cut || !reaches(sim, from, &d->path))
        return;
    if (sim->lose[from] > 0) {
        sim->lose[from]--;
        return;
    }
    if (chance(sim, sim->setup.lose))
        return;
    carry(sim, from, &path, octets);
    if (chance(sim, sim->setup.twice))
        carry(sim, from, &path, octets);
}

/* Everything one of the gateway's has to say; true when there was something. */
static bool
drain_one(Sim *sim, IkeSa *sa)
{
    bool any = false, closed;
    IkeDatagram d;

    while (ike_sa_pull_datagram(sa, &d)) {
        send(sim, SIM_GATEWAY, &d);
        any = true;
    }
    any |= sim_gateway_events(sim, sa, &closed);
    if (!closed)
        return any;
    while (ike_sa_pull_datagram(sa, &d))
        send(sim, SIM_GATEWAY, &d);
    g_ptr_array_remove(sim->sas, sa);
    ike_listen_remove(sim->listen, sa);
    if (sim->gateway.sa == sa)
        sim->gateway.sa = NULL;
    if (sim->gateway.asked == sa)
        sim->gateway.asked = NULL;
    return true;
}

void
sim_drain(Sim *sim)
{
    bool more = true;
    IkeDatagram d;

    while (more) {
        more = sim_client_events(sim);
        while (ike_sa_pull_datagram(sim->client.sa, &d))
            send(sim, SIM_CLIENT, &d);
        while (sim->past && ike_sa_pull_datagram(sim->past, &d))
            send(sim, SIM_CLIENT, &d);
        while (ike_listen_pull(sim->listen, &d))
            send(sim, SIM_GATEWAY, &d);
        for (guint i = sim->sas->len; i > 0; i--)
            more |= drain_one(sim, g_ptr_array_index(sim->sas, i - 1));
    }
}

static void
arrive(Sim *sim, SimSide to, const IkePath *path, Slice octets)
{
    bool fresh;
    IkeSa *sa;

    if (to == SIM_CLIENT) {
        if (ike_sa_recv(sim->client.sa, path, octets, sim->now) == IKE_DROP && sim->past)
            (void)ike_sa_recv(sim->past, path, octets, sim->now);
        return;
    }
    sa = ike_listen_recv(sim->listen, path, octets, sim->now, &fresh);
    while (ike_listen_ended(sim->listen))
        continue; /* all are drained anyway */
    if (!sa || !fresh)
        return;
    g_ptr_array_add(sim->sas, sa);
    sim->gateway.sa = sa;
    sim->gateway.made++;
}

void
sim_inject(Sim *sim, SimSide to, bool natt, Slice octets)
{
    IkePath path = sim_path(sim, to, natt);
    g_autofree uint8_t *exact = g_memdup2(octets.p, octets.len); /* the sanitizer sees the end */

    arrive(sim, to, &path, (Slice){ exact, octets.len });
    sim_drain(sim);
}

static Parcel *
first_parcel(const Sim *sim)
{
    Parcel *first = NULL;

    for (guint i = 0; i < sim->wire->len; i++) {
        Parcel *p = g_ptr_array_index(sim->wire, i);

        if (!first || p->at < first->at || (p->at == first->at && p->serial < first->serial))
            first = p;
    }
    return first;
}

static Parcel *
oldest_of(const Sim *sim, SimSide from)
{
    for (guint i = 0; i < sim->wire->len; i++) {
        Parcel *p = g_ptr_array_index(sim->wire, i);

        if (p->from == from)
            return p;
    }
    return NULL;
}

unsigned
sim_waiting(const Sim *sim, SimSide from)
{
    unsigned n = 0;

    for (guint i = 0; i < sim->wire->len; i++)
        n += ((const Parcel *)g_ptr_array_index(sim->wire, i))->from == from;
    return n;
}

static void
deliver(Sim *sim, Parcel *p)
{
    g_autofree uint8_t *exact = g_memdup2(p->octets->data, p->octets->len);
    size_t len = p->octets->len;
    SimSide to = p->from == SIM_CLIENT ? SIM_GATEWAY : SIM_CLIENT;
    IkePath path = p->path;

    g_ptr_array_remove(sim->wire, p);
    arrive(sim, to, &path, (Slice){ exact, len });
}

void
sim_pass(Sim *sim, SimSide from)
{
    Parcel *p = oldest_of(sim, from);

    g_assert_nonnull(p);
    deliver(sim, p);
    sim_drain(sim);
}

void
sim_lose(Sim *sim, SimSide from)
{
    Parcel *p = oldest_of(sim, from);

    g_assert_nonnull(p);
    g_ptr_array_remove(sim->wire, p);
}

void
sim_hold(Sim *sim, SimSide from)
{
    Parcel *p = oldest_of(sim, from);
    guint at;

    g_assert_true(p && g_ptr_array_find(sim->wire, p, &at));
    g_ptr_array_add(sim->held, g_ptr_array_steal_index(sim->wire, at));
}

void
sim_release(Sim *sim)
{
    while (sim->held->len > 0)
        g_ptr_array_add(sim->wire, g_ptr_array_steal_index(sim->held, 0));
}

void
sim_pass_all(Sim *sim)
{
    sim_drain(sim);
    while (sim->wire->len > 0)
        sim_pass(sim, ((const Parcel *)g_ptr_array_index(sim->wire, 0))->from);
}

void
sim_nonces(Sim *sim, SimSide side, const uint8_t *first, unsigned n)
{
    SimDice *dice = &sim->dice[side];

    g_assert_cmpuint(n, <=, G_N_ELEMENTS(dice->nonces));
    memcpy(dice->nonces, first, n);
    dice->n_nonces = n;
    dice->drawn = 0;
}

static bool
fit(const IkeChild *a, const IkeChild *b)
{
    return a->spi_in == b->spi_out && a->spi_out == b->spi_in &&
           slice_equal(secret_view(&a->key_in), secret_view(&b->key_out)) &&
           slice_equal(secret_view(&a->key_out), secret_view(&b->key_in)) &&
           slice_equal(secret_view(&a->integ_in), secret_view(&b->integ_out)) &&
           slice_equal(secret_view(&a->integ_out), secret_view(&b->integ_in)) && a->key_in.len > 0;
}

unsigned
sim_pairs(const Sim *sim)
{
    unsigned n = 0;

    for (guint i = 0; i < sim->client.children->len; i++)
        for (guint k = 0; k < sim->gateway.children->len; k++)
            n += fit(&((const SimChild *)g_ptr_array_index(sim->client.children, i))->c,
                     &((const SimChild *)g_ptr_array_index(sim->gateway.children, k))->c);
    return n;
}

static Usec
next_deadline(const Sim *sim)
{
    Usec next = ike_sa_deadline(sim->client.sa);

    if (sim->past)
        next = usec_min(next, ike_sa_deadline(sim->past));
    for (guint i = 0; i < sim->sas->len; i++)
        next = usec_min(next, ike_sa_deadline(g_ptr_array_index(sim->sas, i)));
    return next;
}

static void
tick(Sim *sim)
{
    ike_sa_tick(sim->client.sa, sim->now);
    if (sim->past)
        ike_sa_tick(sim->past, sim->now);
    for (guint i = 0; i < sim->sas->len; i++)
        ike_sa_tick(g_ptr_array_index(sim->sas, i), sim->now);
}

bool
sim_run(Sim *sim, SimDone done, Usec span)
{
    Usec end = sim->now + span;

    sim_drain(sim);
    while (!done(sim)) {
        Parcel *p = first_parcel(sim);
        Usec deadline = next_deadline(sim), at = p ? usec_min(p->at, deadline) : deadline;

        if (at > end) {
            sim->now = end;
            return false;
        }
        g_assert_cmpuint(at, >=,
                         p && p->at == at ? 0 : sim->now); /* a deadline never lies behind */
        sim->now = MAX(sim->now, at);
        if (p && p->at <= at) {
            deliver(sim, p);
        } else {
            tick(sim);
        }
        sim_drain(sim);
    }
    return true;
}

void
sim_start(Sim *sim)
{
    IkePath init = sim_path(sim, SIM_CLIENT, false), natt = sim_path(sim, SIM_CLIENT, true);

    ike_sa_start(sim->client.sa, &init, &natt, sim->now);
}

void
sim_again(Sim *sim)
{
    IkePath natt = sim_path(sim, SIM_CLIENT, true);
    IkeConfig *config = &sim->config[SIM_CLIENT];

    g_assert_null(sim->past);
    config->follows = true;
    config->ip4 = sim->client.address;
    sim->past = sim->client.sa;
    sim->client.sa = ike_sa_new(IKE_INITIATOR, config, &sim->env_client);
    ike_sa_start(sim->client.sa, &natt, &natt, sim->now);
}

void
sim_connect(Sim *sim)
{
    sim_start(sim);
    if (!sim_run(sim, sim_both_up, 60 * USEC_PER_SEC))
        g_error("no connection: client %s, gateway %s", sim->client.why ? sim->client.why : "-",
                sim->gateway.why ? sim->gateway.why : "-");
}

bool
sim_both_up(const Sim *sim)
{
    return sim->client.ups > 0 && sim->gateway.ups > 0;
}

bool
sim_client_closed(const Sim *sim)
{
    return sim->client.closes > 0;
}

bool
sim_both_closed(const Sim *sim)
{
    return sim->client.closes > 0 && ike_listen_count(sim->listen) == 0;
}

bool
sim_never(const Sim *sim)
{
    (void)sim;
    return false;
}

const char *
sim_state(const Sim *sim, SimSide side)
{
    const IkeSa *sa = side == SIM_CLIENT ? sim->client.sa : sim->gateway.sa;
    IkeInfo info;

    if (!sa)
        return "";
    ike_sa_info(sa, &info);
    return info.state;
}

static bool
reached(const Sim *sim)
{
    return strcmp(sim_state(sim, sim->until_side), sim->until) == 0;
}

void
sim_reach(Sim *sim, SimSide side, const char *state)
{
    sim->until = state;
    sim->until_side = side;
    sim->play.silent_trust = g_str_has_prefix(state, "TRUST");
    sim->play.silent_verdict = strcmp(state, "VERDICT") == 0;
    sim->play.silent_peer = strcmp(state, "PEER") == 0;
    sim->play.silent_person = strcmp(state, "ASKING") == 0;
    sim->play.silent_owner = strcmp(state, "DECIDING") == 0;
    sim->play.silent_grant = strcmp(state, "GRANTING") == 0;
    if (strcmp(state, "IDLE") == 0)
        return;
    sim_start(sim);
    if (!sim_run(sim, reached, 10 * USEC_PER_SEC))
        g_error("%s was never reached", state);
}
