/* A child SA: its keys, as this end sees them (RFC 7296 §2.17), and its coming and going. */
#include "agent/ike/ike_life.h"
#include "agent/ike/ike_sa_private.h"

enum { PATIENCE_S = 60 }; /* with a peer that does not delete what it has replaced */

bool
ike_child_derive(IkeSa *sa, const IkeChildSeed *seed)
{
    g_auto(IkeChildKeys) k = { 0 };
    IkeChild *c = &sa->child;
    bool i = seed->asked;

    if (!ike_keys_child(sa->at->suite.prf, &sa->at->keys, seed->suite, seed->g_ir, seed->ni,
                        seed->nr, &k))
        return false;
    c->suite = *seed->suite;
    secret_move(&c->key_out, i ? &k.ei : &k.er);
    secret_move(&c->integ_out, i ? &k.ai : &k.ar);
    secret_move(&c->key_in, i ? &k.er : &k.ei);
    secret_move(&c->integ_in, i ? &k.ar : &k.ai);
    ike_sa_show_child_keys(sa, c);
    return true;
}

void
ike_child_keep(IkeSa *sa, const IkeTs *local, const IkeTs *remote)
{
    selectors_copy(&sa->local, ike_ts_view(local));
    selectors_copy(&sa->remote, ike_ts_view(remote));
}

IkeStatus
ike_child_make(IkeSa *sa, uint32_t spi_out, const IkeTs *local, const IkeTs *remote)
{
    const IkeChildSeed seed = { .suite = &sa->esp,
                                .ni = ike_sa_bytes(sa->ni),
                                .nr = ike_sa_bytes(sa->nr),
                                .asked = sa->role == IKE_INITIATOR };

    ike_child_keep(sa, local, remote);
    sa->child.spi_out = spi_out;
    sa->child.local = sa->local;
    sa->child.remote = sa->remote;
    sa->child.outbound = true;
    if (!ike_child_derive(sa, &seed))
        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_PROTOCOL,
                           "the keys of the child SA cannot be made");
    return IKE_OK;
}

IkeChildSa *
ike_child_up(IkeSa *sa, Usec now)
{
    IkeChildSa *child = ike_children_add(&sa->children);
    const IkeLife *life = &child->life;

    child->life = ike_life_bear(sa->child_life, &sa->child.suite);
    child->hard = ike_life_until(now, life->time);
    if (life->time)
        child->due = usec_add(now, ike_life_soft(life->time, ike_sa_chance(sa)));
    if (life->octets)
        child->octets = ike_life_soft(life->octets, ike_sa_chance(sa));
    if (life->packets)
        child->packets = ike_life_soft(life->packets, ike_sa_chance(sa));
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_UP, .child = &sa->child });
    child->c = sa->child; /* the keys have gone */
    child->told = true;
    sa->child = (IkeChild){ 0 };
    return child;
}

void
ike_child_out(IkeSa *sa, IkeChildSa *child)
{
    child->c.outbound = true;
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_OUT, .child = &child->c });
}

void
ike_child_replaced(const IkeSa *sa, IkeChildSa *child, bool by_us, Usec now)
{
    child->stage = IKE_CHILD_REPLACED;
    child->due = usec_add(now, by_us ? sa->config->drain : PATIENCE_S * USEC_PER_SEC);
}

/* Packets go out over it, or over one that came in its place. */
static bool
leads_out(const IkeChildren *set, const IkeChildSa *child)
{
    if (child->c.outbound)
        return true;
    for (size_t i = 0; i < set->n; i++)
        if (set->all[i]->c.replaces == child->c.spi_in && leads_out(set, set->all[i]))
            return true;
    return false;
}

/* The heir by whose request the peer replaced it: with the old one gone there is no doubt that the
 * peer has it. It may have an heir itself by now, which the peer is to be heard over first. */
static void
pass_on(IkeSa *sa, const IkeChildSa *child)
{
    IkeChildSa *heir = ike_children_heir(&sa->children, child->c.spi_in, false);

    if (heir && heir->stage <= IKE_CHILD_REPLACED && !leads_out(&sa->children, heir))
        ike_child_out(sa, heir);
}

void
ike_child_down(IkeSa *sa, IkeChildSa *child)
{
    pass_on(sa, child);
    if (child->told)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_DOWN, .child = &child->c });
    ike_children_remove(&sa->children, child);
}

void
ike_child_expire(IkeSa *sa, Usec now)
{
    for (size_t i = 0; i < sa->children.n; i++) {
        IkeChildSa *child = sa->children.all[i];

        if (!child->told || child->hard > now || child->stage == IKE_CHILD_DELETING)
            continue;
        if (child->stage == IKE_CHILD_LIVE)
            ike_sa_notice(sa,
                          "the tunnel's keys reached the end of their lifetime and could not be "
                          "replaced in time");
        pass_on(sa, child);
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_DOWN,
                                     .child = &child->c,
                                     .reason = IKE_REASON_LIFETIME });
        child->told = false;
        child->stage = IKE_CHILD_DOOMED;
    }
}

Usec
ike_child_deadline(const IkeSa *sa)
{
    Usec due = USEC_NEVER;

    for (size_t i = 0; i < sa->children.n; i++)
        if (sa->children.all[i]->told && sa->children.all[i]->stage != IKE_CHILD_DELETING)
            due = usec_min(due, sa->children.all[i]->hard);
    return due;
}

void
ike_child_move(IkeChild *ret, IkeChild *from)
{
    ike_child_wipe(ret);
    *ret = *from;
    from->key_in = from->integ_in = from->key_out = from->integ_out = (Secret){ 0 };
}

void
ike_child_wipe(IkeChild *c)
{
    secret_clear(&c->key_in);
    secret_clear(&c->integ_in);
    secret_clear(&c->key_out);
    secret_clear(&c->integ_out);
}
