/* A child SA: its keys, as this end sees them (RFC 7296 §2.17), and its coming and going. */
#include "agent/ike/ike_sa_private.h"

IkeStatus
ike_child_make(IkeSa *sa, uint32_t spi_out, const IkeTs *local, const IkeTs *remote)
{
    g_auto(IkeChildKeys) k = { 0 };
    IkeChild *c = &sa->child;
    bool i = sa->role == IKE_INITIATOR;

    if (!ike_keys_child(sa->ike->suite.prf, &sa->ike->keys, &sa->esp, ike_sa_bytes(sa->ni),
                        ike_sa_bytes(sa->nr), &k))
        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_PROTOCOL,
                           "the keys of the child SA cannot be made");
    c->spi_out = spi_out;
    c->suite = sa->esp;
    c->local = *local;
    c->remote = *remote;
    c->outbound = true;
    secret_move(&c->key_out, i ? &k.ei : &k.er);
    secret_move(&c->integ_out, i ? &k.ai : &k.ar);
    secret_move(&c->key_in, i ? &k.er : &k.ei);
    secret_move(&c->integ_in, i ? &k.ar : &k.ai);
    ike_sa_show_child_keys(sa, c);
    return IKE_OK;
}

IkeChildSa *
ike_child_up(IkeSa *sa)
{
    IkeChildSa *child = ike_children_add(&sa->children);

    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_UP, .child = &sa->child });
    child->c = sa->child; /* the keys have gone */
    child->told = true;
    sa->child = (IkeChild){ 0 };
    return child;
}

void
ike_child_down(IkeSa *sa, IkeChildSa *child)
{
    if (child->told)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_CHILD_DOWN, .child = &child->c });
    ike_children_remove(&sa->children, child);
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
