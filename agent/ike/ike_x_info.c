/* INFORMATIONAL, both roles: liveness, Delete, and how an IKE SA ends (RFC 7296 §1.4, §2.21). */
#include "agent/ike/ike_sa_private.h"

/* A failure of the peer's that ends the IKE SA at its side (§2.21.2, §2.21.3). */
static bool
is_fatal(uint16_t type)
{
    return type == IKE_N_AUTHENTICATION_FAILED || type == IKE_N_INVALID_SYNTAX;
}

/* HDR, SK { [D..] [N..] [..] }: always answered, with an empty message if there is nothing to say.
 */
IkeStatus
ike_x_info_on_request(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    bool deleted;
    IkeNotify n;
    IkeStatus st;

    ike_draft_begin(&d);
    deleted = ike_x_delete_obey(sa, m, &d.chain);
    ike_x_mobike_on_request(sa, m, &d.chain, now);
    st = ike_sa_respond(sa, &d, now);
    if (st != IKE_OK)
        return st;
    if (deleted && ike_epochs_deleted(sa, sa->at, now)) {
        ike_sa_blame(sa, IKE_REASON_PEER, "the peer deleted the IKE SA");
        sa->raised = IKE_ON_ENDED;
    }
    if (ike_msg_error(m, &n) && is_fatal(n.type) && sa->at == sa->ike) {
        ike_sa_blame(sa, IKE_REASON_PEER, "the peer gave up: %s (%u)", ike_notify_name(n.type),
                     n.type);
        sa->raised = IKE_ON_ENDED;
    }
    if (sa->raised == IKE_ON_NONE && sa->state == IKE_STATE_READY && ike_x_redirect_told(sa, m))
        sa->raised = IKE_ON_MOVED;
    return IKE_OK;
}

/* A request that needs what this IKE SA does not do: another child, or anything while it ends
 * (§1.3, §2.25.2). */
IkeStatus
ike_x_info_on_other(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    ike_sa_respond_error(
        sa, sa->state == IKE_STATE_DELETING ? IKE_N_TEMPORARY_FAILURE : IKE_N_NO_ADDITIONAL_SAS,
        (Slice){ 0 }, now);
    return IKE_OK;
}

/* When the peer has been silent for too long (§2.4). */
Usec
ike_x_info_silence(const IkeSa *sa)
{
    Usec silence = sa->dpd == 0 ? USEC_NEVER : usec_add(sa->heard, sa->dpd);

    return sa->ask_at ? usec_min(sa->ask_at, silence) : silence;
}

/* The empty request that asks whether the peer is alive (§2.4). */
IkeStatus
ike_x_info_ask(IkeSa *sa, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    sa->ask_at = 0;
    if (sa->mobike.on && sa->role == IKE_INITIATOR)
        return ike_x_mobike_probe(sa, now);
    ike_draft_begin(&d);
    return ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
}

IkeStatus
ike_x_info_alive(IkeSa *sa, const IkeMsg *m, Usec now)
{
    if (sa->mobike.on && sa->role == IKE_INITIATOR)
        return ike_x_mobike_heard(sa, m, now);
    if (m)
        ike_path_arrived(sa);
    else if (sa->moving) /* the IKE SA was replaced before the peer could answer */
        sa->ask_at = now;
    return IKE_OK;
}

Usec
ike_x_info_farewell_due(const IkeSa *sa)
{
    return sa->leaving ? 0 : USEC_NEVER;
}

/* Our last request: the Notify that says why (§2.21.2), or Delete. A peer that cannot be told is
 * left alone. */
IkeStatus
ike_x_info_farewell(IkeSa *sa, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    sa->leaving = false;
    ike_draft_begin(&d);
    if (is_fatal(sa->error))
        ike_chain_notify(&d.chain, IKE_PROTO_NONE, sa->error, (Slice){ 0 });
    else
        ike_x_delete_write(&d.chain, IKE_PROTO_IKE, (Slice){ 0 });
    if (ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now) != IKE_OK)
        sa->raised = IKE_ON_ENDED;
    return IKE_OK;
}

IkeStatus
ike_x_info_farewell_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    sa->raised = IKE_ON_ENDED;
    return IKE_OK;
}

/* The peer is told as soon as no other request of ours waits (§2.3). */
IkeStatus
ike_x_info_leave(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    ike_sa_blame(sa, IKE_REASON_LOCAL, "closed");
    sa->error = 0;
    sa->leaving = true;
    return IKE_OK;
}

/* Initiator: why the login ends here; a mere Delete when it is no failure of authentication. */
IkeStatus
ike_x_info_break(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    sa->leaving = true;
    return IKE_OK;
}

/* A message that was protected and yet malformed: both ends drop the IKE SA (§2.21.3). */
IkeStatus
ike_x_info_answer_error(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    if (ike_window_owes(&sa->at->window))
        ike_sa_respond_error(sa, sa->error, (Slice){ sa->hint, sa->hint_len }, now);
    return IKE_OK;
}

IkeStatus
ike_x_info_lost(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    ike_sa_blame(sa, IKE_REASON_TIMEOUT, "the peer does not answer any more");
    return IKE_OK;
}

IkeStatus
ike_x_info_late_person(IkeSa *sa, const IkeMsg *m, Usec now)
{
    ike_sa_blame(sa, IKE_REASON_USER_TIMEOUT, "nobody answered in time");
    return ike_x_info_leave(sa, m, now);
}

IkeStatus
ike_x_info_late_peer(IkeSa *sa, const IkeMsg *m, Usec now)
{
    if (sa->person)
        ike_sa_blame(sa, IKE_REASON_USER_TIMEOUT, "nobody filled in the form in time");
    ike_sa_blame(sa, IKE_REASON_TIMEOUT, "the client's next IKE_AUTH request did not come in time");
    return sa->state == IKE_STATE_INIT_SEEN ? IKE_OK : ike_x_info_leave(sa, m, now);
}
