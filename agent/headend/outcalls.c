#include "agent/headend/outcalls.h"

#include "agent/base/log.h"
#include "agent/headend/asa_offer.h"
#include "agent/headend/gateway_private.h"
#include "agent/headend/session_login.h"

enum {
    PORT_IKE = 500,
    PORT_NATT = 4500,
    AGAIN_MAX_S = 60, /* between two attempts */
    GRACE_S = 2,      /* that two tunnels to one site stand beside each other before one goes */
};

/* One entry of the crypto map. */
typedef struct Outcall {
    const AsaCryptoMap *map;
    size_t next;      /* peer to try */
    PeersFound found; /* of the one that is being tried, as is */
    IkeConfig ike;
    bool calling; /* and it has not come up yet */
    unsigned failed;
    Usec again; /* not before */
} Outcall;

struct Outcalls {
    Gateway *gateway;
    GPtrArray *all; /* of Outcall *, owned */
};

static Outcall *
outcall_at(const Outcalls *o, guint i)
{
    return g_ptr_array_index(o->all, i);
}

Outcalls *
outcalls_new(Gateway *g)
{
    Outcalls *o = g_new0(Outcalls, 1);
    const AsaConfig *c = g->config;

    o->gateway = g;
    o->all = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < c->crypto_maps->len; i++) {
        const AsaCryptoMap *m = g_ptr_array_index(c->crypto_maps, i);
        Outcall *one;

        if (m->dynamic || !g_str_equal(m->name, c->map_name) || !m->acl || m->n_peers == 0 ||
            m->connection == ASA_ANSWER_ONLY)
            continue;
        one = g_new0(Outcall, 1);
        one->map = m;
        g_ptr_array_add(o->all, one);
    }
    return o;
}

void
outcalls_free(Outcalls *o)
{
    if (!o)
        return;
    g_ptr_array_unref(o->all);
    g_free(o);
}

static const Addr *
local_for(const Gateway *g, const Addr *peer)
{
    for (size_t i = 0; i < g->n_locals; i++)
        if (g->locals[i].family == peer->family)
            return &g->locals[i];
    return NULL;
}

/* By which of its ways we call a site: it is the one that the site has when it calls us. */
static bool
find_plan(Gateway *g, Outcall *o, const Addr *peer, const Addr *local)
{
    PeersCall call = { .from = *peer, .local = *local, .method = IKE_AUTH_SHARED_KEY };

    if (!peers_find(g->peers, &call, &o->found))
        return !o->found.group->remote_access;
    call.method = IKE_AUTH_RSA;
    return !peers_find(g->peers, &call, &o->found) && !o->found.group->remote_access;
}

static bool
configure(Gateway *g, Outcall *o)
{
    const AsaAcl *acl = asa_config_acl(g->config, o->map->acl);

    o->ike = g->ike;
    o->ike.plan = o->found.plan;
    o->ike.ask_plan = o->ike.mobike = o->ike.ppk = false;
    o->ike.redirect_init = o->ike.redirect_auth = NULL;
    o->ike.no_cp = true;
    o->ike.tsi = o->ike.tsr = (IkeTs){ 0 };
    session_networks(&o->ike.tsi, acl->nets);
    session_networks(&o->ike.tsr, acl->others);
    if (o->found.plan.theirs == IKE_WAY_PSK)
        o->ike.certreq = (Slice){ 0 };
    return asa_offer_site(g->config, o->map, &o->ike.esp);
}

/* Returns false when the group of this peer takes no calls, or we cannot call it. */
static bool
begin(Gateway *g, Outcall *o, Usec now)
{
    const Addr *peer = &o->map->peers[o->next % o->map->n_peers], *local = local_for(g, peer);
    IkePath init, natt;
    Session *s;
    IkeSa *sa;

    if (!local || !find_plan(g, o, peer, local) || !configure(g, o))
        return false;
    init = (IkePath){ .local = { *local, PORT_IKE }, .remote = { *peer, PORT_IKE } };
    natt =
        (IkePath){ .local = { *local, PORT_NATT }, .remote = { *peer, PORT_NATT }, .natt = true };
    sa = ike_listen_begin(g->listen, &o->ike);
    s = session_new(g, sa, &init.remote);
    g_hash_table_insert(g->sessions, sa, s);
    o->calling = true;
    session_login_call(s, o->map, &o->found);
    ike_sa_start(sa, &init, &natt, now);
    ike_driver_kick(s->driver);
    return true;
}

/* In vain: another of its peers may answer. */
static void
fail(Outcall *o, Usec now)
{
    o->calling = false;
    o->next++;
    o->again = usec_add(now, MIN(AGAIN_MAX_S, 1u << MIN(o->failed, 8)) * USEC_PER_SEC);
    o->failed++;
}

static bool
begun_by_us(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return info.role == IKE_INITIATOR;
}

/* Who is the lower one is the same at both ends. */
static bool
is_lower(const Session *s)
{
    IkeInfo info;
    Addr ours, theirs;

    ike_sa_info(s->sa, &info);
    if (!addr_from_octets(info.id_local.data, &ours) ||
        !addr_from_octets(info.id_remote.data, &theirs) || ours.family != theirs.family) {
        ours = info.path.local.addr;
        theirs = info.path.remote.addr;
    }
    return addr_compare(&ours, &theirs) < 0;
}

static bool
has_stood(const Session *s, Usec now)
{
    return s->up && now >= usec_add(s->up_at, GRACE_S * USEC_PER_SEC);
}

/* Both ends have called at the same time: the tunnel that the lower one has begun goes, and that
 * end ends it. Returns whether there is any to @map, or one on its way. */
static bool
settle(Gateway *g, const AsaCryptoMap *map, bool *ret_up, Usec now)
{
    Session *ours = NULL, *theirs = NULL;
    GHashTableIter it;
    gpointer p;

    *ret_up = false;
    g_hash_table_iter_init(&it, g->sessions);
    while (g_hash_table_iter_next(&it, NULL, &p)) {
        Session *s = p;

        if (s->site != map)
            continue;
        *(begun_by_us(s) ? &ours : &theirs) = s;
        *ret_up |= s->up && !s->ending;
    }
    if (ours && theirs && !ours->ending && !theirs->ending && has_stood(ours, now) &&
        has_stood(theirs, now) && is_lower(ours))
        session_end(ours, "the peer has called at the same time, and one tunnel is enough");
    return ours || theirs;
}

static void
tick(Gateway *g, Outcall *o, Usec now)
{
    bool up;

    if (settle(g, o->map, &up, now)) {
        if (!up)
            return;
        o->calling = false;
        o->failed = 0;
        o->again = 0;
        return;
    }
    if (o->calling)
        fail(o, now);
    if (now >= o->again && !begin(g, o, now))
        fail(o, now);
}

void
outcalls_tick(Outcalls *o, Usec now)
{
    for (guint i = 0; i < o->all->len && !o->gateway->stopping; i++)
        tick(o->gateway, outcall_at(o, i), now);
}
