/* Where an IKE SA and its ESP packets go, and when that changes (RFC 7296 §2.23, RFC 4555). */
#include "agent/ike/ike_natd.h"
#include "agent/ike/ike_sa_private.h"

enum { DOUBT_S = 10 }; /* between two liveness checks for which nobody vouches */

bool
ike_path_equal(const IkePath *a, const IkePath *b)
{
    return a->natt == b->natt && endpoint_equal(&a->remote, &b->remote) &&
           endpoint_equal(&a->local, &b->local);
}

void
ike_path_carry(IkeSa *sa, const IkePath *path)
{
    if (ike_path_equal(&sa->esp_path, path))
        return;
    sa->esp_path = *path;
    if (sa->state == IKE_STATE_READY && sa->role == IKE_RESPONDER)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_PATH });
}

void
ike_path_turn(IkeSa *sa, const IkePath *path, Usec now)
{
    bool same = ike_path_equal(&sa->path, path);

    sa->path = *path;
    if (same || !sa->ike->window.request)
        return;
    ike_window_again(&sa->ike->window, now);
    ike_path_again(sa, sa->ike, now);
}

/* A check that nobody has answered where ESP comes from may be answered where the client was: it
 * then at least shows that the client is alive, whoever has sent that ESP. */
void
ike_path_again(IkeSa *sa, IkeEpoch *e, Usec now)
{
    ike_sa_push(sa, &sa->path, e->window.request, now);
    if (e->job != IKE_JOB_CHECK)
        return;
    ike_x_mobike_asked(sa, &sa->path);
    if (sa->mobike.straying && sa->mobike.asked_elsewhere)
        ike_sa_push(sa, &sa->mobike.asked_from, e->window.request, now);
}

void
ike_path_arrived(IkeSa *sa)
{
    if (sa->moving)
        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_PATH });
    sa->moving = false;
}

void
ike_path_write_natd(IkeSa *sa, const IkeEpoch *epoch, IkeChain *c, const IkePath *path)
{
    uint8_t hash[IKE_NATD_LEN];

    if (sa->role == IKE_INITIATOR) /* wrong on purpose: the gateway then speaks UDP 4500
                                      (agent/docs/WIRE.md §1.6) */
        memcpy(hash, sa->natd_lie, sizeof(hash));
    else
        ike_natd_hash(epoch->spi_i, epoch->spi_r, &path->local, hash);
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_NAT_DETECTION_SOURCE_IP,
                     (Slice){ hash, sizeof(hash) });
    ike_natd_hash(epoch->spi_i, epoch->spi_r, &path->remote, hash);
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_NAT_DETECTION_DESTINATION_IP,
                     (Slice){ hash, sizeof(hash) });
}

/* A responder follows the client, as one behind a NAT cannot tell itself. One that is behind a NAT
 * stays: whoever can send from elsewhere what he has caught could draw it away (RFC 7296 §2.23). */
static bool
may_follow(const IkeSa *sa)
{
    return sa->role == IKE_RESPONDER && !(sa->established && sa->nat_here);
}

/* With MOBIKE a request that does not say that the client has moved only tries a path (RFC 4555
 * §3.8). */
void
ike_path_follow(IkeSa *sa, const IkePath *path)
{
    if (!may_follow(sa) || (sa->established && sa->mobike.on) || ike_path_equal(&sa->path, path))
        return;
    sa->path = *path;
    if (path->natt || !sa->established)
        ike_path_carry(sa, path);
}

/* Whatever is asked next finds out whether the peer is there: now. */
static void
work(IkeSa *sa, Usec now)
{
    if (ike_job_due(sa) <= now)
        (void)ike_fsm_fire(sa, IKE_ON_WORK, NULL, now);
}

/* With MOBIKE another port is followed, as a NAT may choose one at any time (§3.8); at another
 * address the client has to answer first. It tells itself when it has moved, but a copy of its last
 * IKE_AUTH that came from elsewhere, and earlier, would have our packets until then. */
void
ike_sa_heard_from(IkeSa *sa, const Endpoint *remote, Usec now)
{
    IkePath path = sa->esp_path;

    ike_sa_heard(sa, now);
    if (sa->role != IKE_RESPONDER || sa->state != IKE_STATE_READY)
        return;
    path.remote = *remote;
    path.natt = true;
    if (sa->mobike.on && !addr_equal(&remote->addr, &sa->esp_path.remote.addr)) {
        ike_x_mobike_stray(sa, &path, now);
        work(sa, now);
        return;
    }
    if (!may_follow(sa))
        return;
    if (!sa->mobike.on)
        sa->path = path;
    ike_path_carry(sa, &path);
}

void
ike_sa_move(IkeSa *sa, const IkePath *path, Usec now)
{
    g_assert(sa->role == IKE_INITIATOR);
    if (sa->state == IKE_STATE_IDLE || sa->state == IKE_STATE_CLOSED)
        return;
    sa->held = false;
    sa->moving = true;
    sa->natt = *path;
    if (sa->state == IKE_STATE_INIT_SENT)
        return; /* it has a path of its own, and the gateway knows of no other yet */
    ike_path_carry(sa, path);
    ike_path_turn(sa, path, now);
    if (sa->mobike.on)
        sa->mobike.move_due = now;
    else
        sa->ask_at = now;
    work(sa, now);
}

void
ike_sa_hold(IkeSa *sa)
{
    sa->held = true;
}

void
ike_sa_doubt(IkeSa *sa, Usec now)
{
    Usec next = sa->doubted ? usec_add(sa->doubted, DOUBT_S * USEC_PER_SEC) : 0;

    if (sa->state != IKE_STATE_READY || sa->held || sa->ask_at)
        return;
    sa->ask_at = sa->doubted = MAX(now, next);
    work(sa, now);
}
