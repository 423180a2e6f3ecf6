/* REDIRECT, both roles (RFC 5685). */
#include "agent/ike/ike_sa_private.h"

void
ike_x_redirect_write(IkeChain *c, uint16_t type, const IkeRedirect *to, Slice nonce)
{
    ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
    ike_notify_encode(&(IkeNotify){ .proto = IKE_PROTO_NONE, .type = type }, c->out);
    ike_redirect_encode(to, nonce, c->out);
    ike_chain_close(c);
}

/* In IKE_SA_INIT nothing is protected, but only who has seen our request knows Ni (§3). */
bool
ike_x_redirect_told(IkeSa *sa, const IkeMsg *m)
{
    IkeRedirect to;
    IkeNotify n;
    Slice nonce;

    if (sa->role != IKE_INITIATOR || !sa->config->redirect ||
        !ike_msg_notify(m, IKE_N_REDIRECT, &n) ||
        ike_redirect_decode(n.data, &to, &nonce) != IKE_OK)
        return false;
    if (m->h.exchange == IKE_EXCHANGE_IKE_SA_INIT && !slice_equal(nonce, ike_sa_bytes(sa->ni)))
        return false;
    g_free(sa->redirect);
    sa->redirect = g_memdup2(&to, sizeof(to));
    return true;
}

IkeStatus
ike_x_redirect_obey(IkeSa *sa, const IkeMsg *m, Usec now)
{
    char text[IKE_REDIRECT_NAME_MAX + 1];

    (void)m;
    (void)now;
    ike_sa_blame(sa, IKE_REASON_REDIRECT, "the gateway sends us to %s",
                 ike_redirect_format(sa->redirect, text));
    return IKE_OK;
}

IkeStatus
ike_x_redirect_leave(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)ike_x_redirect_obey(sa, m, now);
    return ike_x_info_leave(sa, m, now);
}

Usec
ike_x_redirect_due(const IkeSa *sa)
{
    return sa->redirecting ? 0 : USEC_NEVER;
}

/* Responder: HDR, SK { N(REDIRECT) }. The client leaves by itself (§5). */
IkeStatus
ike_x_redirect_ask(IkeSa *sa, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    sa->redirecting = false;
    ike_draft_begin(&d);
    ike_x_redirect_write(&d.chain, IKE_N_REDIRECT, sa->redirect, (Slice){ 0 });
    return ike_sa_request(sa, IKE_EXCHANGE_INFORMATIONAL, &d, now);
}
