/* IKE_AUTH, the initiator: what the gateway answers (RFC 7296 §1.2, §2.16; orders of
 * agent/docs/WIRE.md §2). */
#include "agent/ike/ike_sa_private.h"

/* IDr and AUTH, and the chain where the gateway has to show one: is it who the plan wants? The leaf
 * signed; whether it is to be trusted is asked later. */
static IkeStatus
check_gateway(IkeSa *sa, const IkeMsg *m)
{
    Slice idr = ike_msg_find(m, IKE_PAYLOAD_IDr, NULL)->body;
    const IkeId *want = &sa->plan->want;
    IkeStatus st = ike_x_ppk_settle(sa, m);
    const char *why;
    IkeId id;

    if (st != IKE_OK)
        return st;
    sa->idr = g_bytes_new(idr.p, idr.len);
    id = ike_sa_id(sa->idr);
    if (want->type != 0 && !ike_identity_equal(want, &id)) {
        g_autofree char *is = ike_id_format(&id), *wanted = ike_id_format(want);

        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                           "the gateway calls itself %s (%s), not %s (%s)", is,
                           ike_id_type_name(id.type), wanted, ike_id_type_name(want->type));
    }
    if (ike_plan_has_cert(sa->plan->theirs)) {
        sa->chain = ike_identity_read_chain(m);
        if (!sa->chain)
            return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                               "the gateway's certificate cannot be read");
    }
    if (!ike_proof_check(sa, sa->plan->theirs, ike_msg_find(m, IKE_PAYLOAD_AUTH, NULL)->body, &why))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                           "the gateway's AUTH does not verify: %s%s", why, ike_x_ppk_doubt(sa));
    return IKE_OK;
}

static void
ask_trust(IkeSa *sa)
{
    ike_sa_tell(
        sa,
        &(IkeEvent){ .kind = IKE_EV_CERTIFICATE, .chain = sa->chain, .idr = ike_sa_id(sa->idr) });
}

/* HDR, SK { VID, IDr, CERT.., AUTH, EAP }. The EAP packet is kept unread until the certificate is
 * accepted: nothing of the user leaves before that (agent/docs/WIRE.md §14). */
IkeStatus
ike_x_auth_i_on_identity(IkeSa *sa, const IkeMsg *m, Usec now)
{
    Slice eap = ike_msg_find(m, IKE_PAYLOAD_EAP, NULL)->body;
    IkeStatus st;

    (void)now;
    if (sa->plan->ours != IKE_WAY_EAP)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                           "the gateway wants EAP, which is not how we log in");
    st = check_gateway(sa, m);
    if (st != IKE_OK)
        return st;
    sa->eap_kept = g_bytes_new(eap.p, eap.len);
    ask_trust(sa);
    return IKE_OK;
}

/* What a step of the peer's state machine means to ours. @code: of the packet that caused it. */
static IkeStatus
follow(IkeSa *sa, EapVerdict v, uint8_t code)
{
    switch (v) {
    case EAP_SEND:
        sa->raised = IKE_ON_EAP_SEND;
        return IKE_OK;
    case EAP_ASK:
        sa->raised = IKE_ON_EAP_ASK;
        return IKE_OK;
    case EAP_SUCCEEDED:
        sa->raised = IKE_ON_EAP_SUCCESS;
        return IKE_OK;
    case EAP_FAILED:
        if (code == EAP_FAILURE) { /* the gateway has forgotten us already */
            ike_sa_blame(sa, IKE_REASON_LOGIN, "%s", eap_peer_why(sa->peer));
            sa->raised = IKE_ON_DENIED;
            return IKE_OK;
        }
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL, "%s",
                           eap_peer_why(sa->peer));
    case EAP_DROP:
        break;
    }
    /* IKE delivers in order and once: a packet that EAP ignores will not come again */
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                       "the gateway's EAP packet is malformed or out of turn (RFC 3748 §4)");
}

static IkeStatus
eat(IkeSa *sa, Slice packet)
{
    uint8_t code = packet.len > 0 ? packet.p[0] : 0;

    return follow(sa, eap_peer_recv(sa->peer, packet), code);
}

IkeStatus
ike_x_auth_i_trusted(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    EapSetup setup;

    (void)m;
    if (sa->redirect) {
        sa->raised = IKE_ON_MOVED;
        return IKE_OK;
    }
    ike_draft_begin(&d); /* HDR, SK { IDi }: the second proof begins (RFC 4739 §2.2) */
    if (!sa->eap_kept)
        ike_identity_write(sa, IKE_WAY_EAP, &d.chain);
    /* now: what EAP signs has the IDi in it that its AUTH will have (agent/docs/WIRE.md §4.3) */
    if (!ike_proof_eap_setup(sa, &setup))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "EAP cannot begin: our own AUTH octets cannot be made");
    sa->peer = eap_peer_new(sa->plan->eap, &setup);
    if (sa->eap_kept)
        return eat(sa, ike_sa_bytes(sa->eap_kept));
    return ike_sa_request(sa, IKE_EXCHANGE_IKE_AUTH, &d, now);
}

IkeStatus
ike_x_auth_i_distrusted(IkeSa *sa, const IkeMsg *m, Usec now)
{
    sa->error = IKE_N_AUTHENTICATION_FAILED;
    ike_sa_blame(sa, IKE_REASON_CERT_REFUSED, "the gateway's certificate was refused");
    return ike_x_info_break(sa, m, now);
}

IkeStatus
ike_x_auth_i_on_eap(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)now;
    return eat(sa, ike_msg_find(m, IKE_PAYLOAD_EAP, NULL)->body);
}

IkeStatus
ike_x_auth_i_send_eap(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    (void)m;
    ike_draft_begin(&d);
    ike_chain_add(&d.chain, IKE_PAYLOAD_EAP, eap_peer_out(sa->peer));
    return ike_sa_request(sa, IKE_EXCHANGE_IKE_AUTH, &d, now);
}

IkeStatus
ike_x_auth_i_ask(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    ike_sa_tell(sa,
                &(IkeEvent){ .kind = IKE_EV_QUESTION, .question = eap_peer_question(sa->peer) });
    return IKE_OK;
}

IkeStatus
ike_x_auth_i_answer(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    (void)now;
    if (sa->answer->kind == EAP_ANSWER_DECLINE) {
        ike_sa_blame(sa, IKE_REASON_DECLINED, "the login was given up");
        sa->raised = IKE_ON_CLOSE;
        return IKE_OK;
    }
    return follow(sa, eap_peer_answer(sa->peer, sa->answer), 0);
}

/* HDR, SK { AUTH }. */
IkeStatus
ike_x_auth_i_prove(IkeSa *sa, const IkeMsg *m, Usec now)
{
    g_auto(IkeDraft) d = { 0 };
    IkeStatus st;

    (void)m;
    ike_draft_begin(&d);
    st = ike_x_ppk_write_proof(sa, IKE_WAY_EAP, &d.chain);
    if (st != IKE_OK)
        return st;
    return ike_sa_request(sa, IKE_EXCHANGE_IKE_AUTH, &d, now);
}

static IkeStatus
check_final(IkeSa *sa, const IkeMsg *m)
{
    IkeStatus st = ike_x_ppk_settle(sa, m);
    const char *why;

    if (st != IKE_OK ||
        ike_proof_check(sa, IKE_WAY_EAP, ike_msg_find(m, IKE_PAYLOAD_AUTH, NULL)->body, &why))
        return st;
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
                       "the gateway's final AUTH does not verify: %s%s", why, ike_x_ppk_doubt(sa));
}

/* The CFG_REPLY: an address we can use, or no tunnel (RFC 7296 §2.19). */
static IkeStatus
read_config(IkeSa *sa, const IkeMsg *m)
{
    const IkePayload *p = ike_msg_find(m, IKE_PAYLOAD_CP, NULL);
    g_autofree char *why = NULL;
    Reader in;
    IkeCp cp;

    if (!p && sa->config->no_cp)
        return IKE_OK;
    if (!p)
        return ike_sa_fail(sa, IKE_N_FAILED_CP_REQUIRED, IKE_REASON_CONFIG,
                           "the gateway sent no configuration");
    in = reader_init(p->body);
    if (ike_cp_decode(&in, &cp) != IKE_OK || cp.type != IKE_CFG_REPLY)
        return ike_sa_fail(sa, IKE_N_FAILED_CP_REQUIRED, IKE_REASON_CONFIG,
                           "the gateway's configuration is not a CFG_REPLY");
    if (!ike_cp_reply_read(&cp, sa->reply, &why))
        return ike_sa_fail(sa, IKE_N_FAILED_CP_REQUIRED, IKE_REASON_CONFIG,
                           "the gateway's configuration is refused: %s", why);
    if (sa->reply->ip4.family == ADDR_NONE && sa->reply->ip6.family == ADDR_NONE)
        return ike_sa_fail(sa, IKE_N_FAILED_CP_REQUIRED, IKE_REASON_CONFIG,
                           "the gateway assigned no address");
    /* what goes to the gateway would come to us */
    if (addr_equal(&sa->reply->ip4, &sa->path.remote.addr) ||
        addr_equal(&sa->reply->ip6, &sa->path.remote.addr))
        return ike_sa_fail(sa, IKE_N_FAILED_CP_REQUIRED, IKE_REASON_CONFIG,
                           "the address that the gateway assigns is the gateway's own");
    if (sa->reply->dpd_interval && sa->config->dpd_interval == 0)
        sa->dpd = sa->reply->dpd_interval * USEC_PER_SEC;
    if (sa->reply->keepalive)
        sa->keepalive = sa->reply->keepalive * USEC_PER_SEC;
    return IKE_OK;
}

static bool
read_selectors(const IkeMsg *m, uint8_t type, Selectors offered, IkeTs *ret)
{
    Reader in = reader_init(ike_msg_find(m, type, NULL)->body);

    return ike_ts_decode(&in, ret) == IKE_OK && ret->n > 0 &&
           ike_ts_within(ike_ts_view(ret), offered);
}

static bool
has_addr(const IkeTs *ts, const Addr *a)
{
    for (size_t i = 0; i < ts->n; i++)
        if (a->family != ADDR_NONE && selector_has_addr(&ts->s[i], a))
            return true;
    return false;
}

/* Nothing can be sent from an address that no selector has. */
static bool
covers_ours(const IkeSa *sa, const IkeTs *tsi)
{
    const IkeCpReply *r = sa->reply;
    bool assigned = r->ip4.family != ADDR_NONE || r->ip6.family != ADDR_NONE;

    return !assigned || has_addr(tsi, &r->ip4) || has_addr(tsi, &r->ip6);
}

/* SAr2, TSi, TSr: all of it within what we offered (RFC 7296 §2.7, §2.9). */
static IkeStatus
read_child(IkeSa *sa, const IkeMsg *m)
{
    Slice body = ike_msg_find(m, IKE_PAYLOAD_SA, NULL)->body, spi;
    IkeOffer o = sa->config->esp;
    uint32_t spi_out = 0;
    IkeTs tsi, tsr;
    Reader in;

    (void)ike_offer_drop_ke(&o, false);
    if (ike_choose_check(&o, body, &sa->esp, &spi) != IKE_OK) {
        g_autofree char *why = ike_choose_explain(IKE_PROTO_ESP, body);

        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_NO_PROPOSAL, "%s", why);
    }
    in = reader_init(spi);
    if (spi.len != IKE_CHILD_SPI_LEN || !reader_u32(&in, &spi_out) || spi_out < IKE_CHILD_SPI_MIN)
        return ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                           "the gateway's ESP SPI is reserved (RFC 4303 §2.1)");
    if (!read_selectors(m, IKE_PAYLOAD_TSi, sa->local, &tsi) ||
        !read_selectors(m, IKE_PAYLOAD_TSr, sa->remote, &tsr))
        return ike_sa_fail(sa, IKE_N_TS_UNACCEPTABLE, IKE_REASON_CONFIG,
                           "the gateway's traffic selectors are not within what was offered");
    if (!covers_ours(sa, &tsi))
        return ike_sa_fail(sa, IKE_N_TS_UNACCEPTABLE, IKE_REASON_CONFIG,
                           "the gateway's traffic selectors leave out the address that it assigns");
    return ike_child_make(sa, spi_out, &tsi, &tsr);
}

static void
announce(IkeSa *sa, Usec now)
{
    (void)ike_child_up(sa, now);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_UP,
                                 .reply = sa->reply,
                                 .complete = sa->peer ? eap_peer_complete(sa->peer) : NULL });
}

/* HDR, SK { AUTH, CP, SA, TSi, TSr, N, N }. */
IkeStatus
ike_x_auth_i_on_final(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st = check_final(sa, m);

    (void)now;
    if (st == IKE_OK)
        st = read_config(sa, m);
    if (st == IKE_OK)
        st = read_child(sa, m);
    if (st != IKE_OK)
        return st;
    ike_x_mobike_learn(sa, m);
    announce(sa, now);
    return IKE_OK;
}

/* HDR, SK { IDr, [CERT..,] AUTH, [CP,] SA, TSi, TSr, N.. }: all in one. */
IkeStatus
ike_x_auth_i_on_whole(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st;

    (void)now;
    if (ike_plan_has_eap(sa->plan->ours))
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "the gateway made a child SA before EAP");
    st = check_gateway(sa, m);
    if (st == IKE_OK)
        st = read_config(sa, m);
    if (st == IKE_OK)
        st = read_child(sa, m);
    if (st != IKE_OK)
        return st;
    ike_x_mobike_learn(sa, m);
    if (sa->chain)
        ask_trust(sa);
    else
        sa->raised = IKE_ON_TRUSTED; /* who has our pre-shared key is the gateway */
    return IKE_OK;
}

IkeStatus
ike_x_auth_i_finish(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)m;
    announce(sa, now);
    return IKE_OK;
}

static void
blame_childless(IkeSa *sa, const IkeMsg *m)
{
    IkeNotify n;

    if (ike_msg_error(m, &n))
        ike_sa_blame(sa, IKE_REASON_CONFIG, "the gateway refused the tunnel: %s (%u)",
                     ike_notify_name(n.type), n.type);
    else
        ike_sa_blame(sa, IKE_REASON_CONFIG, "the gateway made no child SA");
}

/* HDR, SK { AUTH, N(error) }: the IKE SA would stand, but it is of no use (RFC 7296 §1.2). */
IkeStatus
ike_x_auth_i_on_childless(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st = check_final(sa, m);

    if (st != IKE_OK)
        return st;
    if (ike_x_redirect_told(sa, m)) /* RFC 5685 §6 */
        return ike_x_redirect_leave(sa, m, now);
    blame_childless(sa, m);
    return ike_x_info_leave(sa, m, now);
}

/* HDR, SK { IDr, [CERT..,] AUTH }: the first of two proofs has been taken (RFC 4739 §2.2); where
 * there is but one, the same as above. */
IkeStatus
ike_x_auth_i_on_half(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeNotify n;
    IkeStatus st;

    (void)now;
    if (sa->plan->ours == IKE_WAY_EAP && !ike_x_redirect_told(sa, m))
        return ike_sa_fail(
            sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
            "the gateway did not prove who it is: IDr, CERT, AUTH or EAP is missing");
    st = check_gateway(sa, m);
    if (st != IKE_OK)
        return st;
    if (sa->redirect || ike_x_redirect_told(sa, m)) {
        /* RFC 5685 §6: obeyed when its certificate is accepted, as anything that it says */
        if (sa->chain)
            ask_trust(sa);
        else
            sa->raised = IKE_ON_TRUSTED;
        return IKE_OK;
    }
    if (sa->plan->ours == IKE_WAY_CERT_EAP && !ike_msg_error(m, &n)) {
        ask_trust(sa);
        return IKE_OK;
    }
    blame_childless(sa, m);
    sa->raised = IKE_ON_CLOSE;
    return IKE_OK;
}

/* What the field's words for a refusal mean at this point. */
static IkeReason
reason_of(const IkeSa *sa, uint16_t type)
{
    switch (type) {
    case IKE_N_AUTHENTICATION_FAILED:
        return IKE_REASON_LOGIN;
    case IKE_N_NO_PROPOSAL_CHOSEN:
        return IKE_REASON_NO_PROPOSAL;
    case IKE_N_INTERNAL_ADDRESS_FAILURE:
    case IKE_N_FAILED_CP_REQUIRED:
    case IKE_N_TS_UNACCEPTABLE:
    case IKE_N_SINGLE_PAIR_REQUIRED:
        return IKE_REASON_CONFIG;
    case IKE_N_UNEXPECTED_NAT_DETECTED:
        return IKE_REASON_NAT;
    default:
        return sa->state == IKE_STATE_AUTH_SENT ? IKE_REASON_PROTOCOL : IKE_REASON_LOGIN;
    }
}

/* A response that is none of those above: an error that ends it at the gateway too, or nonsense
 * that we have to end. */
IkeStatus
ike_x_auth_i_on_other(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeNotify n;

    (void)now;
    if (ike_msg_error(m, &n)) {
        ike_sa_blame(sa, reason_of(sa, n.type), "the gateway answers IKE_AUTH with %s (%u)",
                     ike_notify_name(n.type), n.type);
        return IKE_OK;
    }
    if (sa->state == IKE_STATE_AUTH_SENT)
        return ike_sa_fail(
            sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_SERVER_AUTH,
            sa->plan->ours == IKE_WAY_EAP
                ? "the gateway did not prove who it is: IDr, CERT, AUTH or EAP is missing"
                : "the gateway did not prove who it is: IDr or AUTH is missing");
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                       "the gateway's IKE_AUTH response lacks %s",
                       sa->state == IKE_STATE_EAP ? "EAP" : "AUTH");
}
