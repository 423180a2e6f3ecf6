/* Where an IKE SA and its ESP packets go, and when that changes (RFC 7296 §2.23). */
#include "agent/ike/ike_sa_private.h"

static bool
path_equal(const IkePath *a, const IkePath *b)
{
    return a->natt == b->natt && endpoint_equal(&a->remote, &b->remote) &&
           addr_equal(&a->local.addr, &b->local.addr);
}

void
ike_path_carry(IkeSa *sa, const IkePath *path)
{
    if (path_equal(&sa->esp_path, path))
        return;
    sa->esp_path = *path;
    if (sa->state == IKE_STATE_READY)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_PATH });
}

/* A responder follows the client, as one behind a NAT cannot tell itself. One that is behind a NAT
 * stays: whoever can send from elsewhere what he has caught could draw it away (RFC 7296 §2.23). */
static bool
may_follow(const IkeSa *sa)
{
    return sa->role == IKE_RESPONDER && !(sa->established && sa->nat_here);
}

void
ike_path_follow(IkeSa *sa, const IkePath *path)
{
    if (!may_follow(sa) || path_equal(&sa->path, path))
        return;
    sa->path = *path;
    if (path->natt || !sa->established)
        ike_path_carry(sa, path);
}

void
ike_sa_heard_from(IkeSa *sa, const Endpoint *remote, Usec now)
{
    IkePath path = sa->esp_path;

    ike_sa_heard(sa, now);
    if (!may_follow(sa) || sa->state != IKE_STATE_READY)
        return;
    path.remote = *remote;
    path.natt = true;
    sa->path = path;
    ike_path_carry(sa, &path);
}
