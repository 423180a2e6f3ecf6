/* What an IKE SA receives: from a datagram to a row of the table. Nothing counts before its
 * integrity is checked, and whatever fails before that is as if it had never come. */
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_rules.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_sk.h"

/* Under which of our IKE SAs, and from the other side: a message of our own that comes back is
 * nobody's (RFC 7296 §3.1). */
static IkeEpoch *
epoch_of(const IkeSa *sa, const IkeMsg *m)
{
    bool from_initiator = (m->h.flags & IKE_FLAG_INITIATOR) != 0;
    IkeEpoch *e = sa->ike;

    if (sa->state == IKE_STATE_IDLE && sa->role == IKE_RESPONDER)
        return from_initiator && m->h.spi_i != 0 && m->h.spi_r == 0 ? e : NULL;
    if (m->h.exchange == IKE_EXCHANGE_IKE_SA_INIT) /* the responder's SPI is yet to come */
        return from_initiator != e->ours && m->h.spi_i == e->spi_i ? e : NULL;
    return ike_epochs_find(sa, &m->h);
}

void
ike_sa_repeat(IkeSa *sa, const IkePath *path, uint32_t id, Usec now)
{
    GBytes *said = ike_window_said(&sa->at->window, id);

    if (said)
        ike_sa_push(sa, path, said, now);
}

/* IKE_SA_INIT, the only exchange in the clear. */
static IkeStatus
recv_clear(IkeSa *sa, const IkePath *path, const IkeMsg *m, Usec now)
{
    const char *why;
    IkeNotify n;

    /* anybody can say so: at most we ask (RFC 7296 §2.21.4) */
    if (ike_msg_is_response(m) && ike_msg_notify(m, IKE_N_INVALID_IKE_SPI, &n))
        ike_sa_doubt(sa, now);
    if (m->h.exchange != IKE_EXCHANGE_IKE_SA_INIT || m->h.message_id != 0 ||
        ike_msg_is_response(m) != (sa->role == IKE_INITIATOR))
        return IKE_DROP;
    if (sa->role == IKE_RESPONDER && sa->state != IKE_STATE_IDLE) {
        if (ike_window_judge(&sa->at->window, 0, m->octets) != IKE_WINDOW_REPEAT)
            return IKE_DROP;
        ike_sa_repeat(sa, path, 0, now);
        return IKE_OK;
    }
    if (sa->role == IKE_INITIATOR && sa->state != IKE_STATE_INIT_SENT)
        return IKE_DROP;
    ike_sa_trace(sa, m, false, path);
    if (ike_rules_check(m, &why) != IKE_OK)
        return IKE_DROP;
    if (sa->role == IKE_INITIATOR)
        return ike_fsm_fire(sa, IKE_ON_RESPONSE, m, now);
    sa->at->came_over = *path;
    sa->at->asked_exchange = m->h.exchange;
    ike_window_accept(&sa->at->window, 0, m->octets);
    return ike_fsm_fire(sa, IKE_ON_REQUEST, m, now);
}

/* Fresh and authentic: the peer is alive, and there. */
static void
believe(IkeSa *sa, const IkePath *path, Usec now)
{
    ike_sa_heard(sa, now);
    ike_path_follow(sa, path);
}

/* A protected message that breaks the rules (RFC 7296 §2.5, §2.21.3). */
static IkeStatus
blame_form(IkeSa *sa, const IkeMsg *m, IkeStatus st, const char *why)
{
    if (st == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD) {
        sa->hint[0] = m->unknown_critical;
        sa->hint_len = 1;
        return ike_sa_fail(sa, (uint16_t)st, IKE_REASON_PROTOCOL,
                           "the peer sent a critical payload of unknown type %u",
                           m->unknown_critical);
    }
    return ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                       "the peer sent a malformed message: %s", why ? why : "no reason known");
}

/* How many of our requests may be under way at a time (RFC 7296 §2.3): never fewer than before, and
 * more than we ever have. */
static void
learn_window(IkeSa *sa, const IkeMsg *m)
{
    uint32_t size;
    IkeNotify n;
    Reader in;

    if (!ike_msg_notify(m, IKE_N_SET_WINDOW_SIZE, &n))
        return;
    in = reader_init(n.data);
    if (reader_u32(&in, &size))
        sa->peer_window = MAX(sa->peer_window, size);
}

/* AUTH_LIFETIME of a gateway whose client is logged in (RFC 4478 §3). */
static void
learn(IkeSa *sa, const IkeMsg *m, Usec now)
{
    uint32_t seconds;
    IkeNotify n;
    Reader in;

    learn_window(sa, m);
    if (sa->role != IKE_INITIATOR || sa->state != IKE_STATE_READY ||
        !ike_msg_notify(m, IKE_N_AUTH_LIFETIME, &n))
        return;
    in = reader_init(n.data);
    if (reader_u32(&in, &seconds))
        ike_sa_reauth_within(sa, seconds * USEC_PER_SEC, now);
}

static IkeStatus
recv_response(IkeSa *sa, const IkePath *path, const IkeMsg *m, IkeStatus form, const char *why,
              Usec now)
{
    IkeStatus st;

    believe(sa, path, now);
    ike_window_answered(&sa->at->window);
    if (form == IKE_OK || sa->state == IKE_STATE_DELETING) {
        st = ike_fsm_fire(sa, IKE_ON_RESPONSE, m, now);
        learn(sa, m, now);
        return st;
    }
    (void)blame_form(sa, m, form, why);
    return ike_fsm_fire(sa, IKE_ON_BROKEN, NULL, now);
}

static IkeStatus
recv_request(IkeSa *sa, const IkePath *path, const IkeMsg *m, IkeStatus form, const char *why,
             Slice asked, Usec now)
{
    IkeTrigger on = form == IKE_OK ? IKE_ON_REQUEST : IKE_ON_BROKEN;
    IkeNotify n;

    /* what the state has no use for is not accepted, so that it owes no answer */
    if (sa->at->gone || !ike_fsm_find(sa->state, on, m) ||
        (form != IKE_OK && sa->role == IKE_INITIATOR && sa->state != IKE_STATE_READY))
        return IKE_DROP;
    believe(sa, path, now);
    sa->at->came_over = *path;
    sa->at->asked_exchange = m->h.exchange;
    ike_window_accept(&sa->at->window, m->h.message_id, asked);
    if (form == IKE_OK && sa->state == IKE_STATE_INIT_SEEN)
        sa->initial_contact = ike_msg_notify(m, IKE_N_INITIAL_CONTACT, &n);
    if (form == IKE_OK) {
        IkeStatus st = ike_fsm_fire(sa, IKE_ON_REQUEST, m, now);

        learn(sa, m, now);
        return st;
    }
    if (form == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD && sa->state == IKE_STATE_READY) {
        /* §2.5: the request is refused, and nothing else happens */
        ike_sa_respond_error(sa, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
                             (Slice){ &m->unknown_critical, 1 }, now);
        return IKE_OK;
    }
    (void)blame_form(sa, m, form, why);
    return ike_fsm_fire(sa, IKE_ON_BROKEN, NULL, now);
}

IkeStatus
ike_sa_recv_plain(IkeSa *sa, const IkePath *path, IkeMsg *m, uint8_t first, Slice plain,
                  Slice asked, Usec now)
{
    const char *why = NULL;
    IkeStatus form = ike_msg_decode_inner(m, first, plain, &why);

    if (form == IKE_OK) {
        ike_sa_trace(sa, m, false, path);
        form = ike_rules_check(m, &why);
    }
    return ike_msg_is_response(m) ? recv_response(sa, path, m, form, why, now)
                                  : recv_request(sa, path, m, form, why, asked, now);
}

IkeStatus
ike_sa_recv_sealed(IkeSa *sa, const IkePath *path, IkeMsg *m, Slice asked, Usec now)
{
    const IkePayload *sk = ike_msg_find(m, IKE_PAYLOAD_SK, NULL);
    bool response = ike_msg_is_response(m);
    g_auto(Secret) scratch = { 0 };
    g_autoptr(Aead) aead = NULL;
    Slice plain;

    if (!sk || !sa->at->armed)
        return IKE_DROP;
    if (response && !ike_window_expects(&sa->at->window, m->h.exchange, m->h.message_id))
        return IKE_DROP;
    if (!response)
        switch (ike_window_judge(&sa->at->window, m->h.message_id, asked)) {
        case IKE_WINDOW_NEW:
            break;
        case IKE_WINDOW_REPEAT:
            ike_sa_repeat(sa, path, m->h.message_id, now);
            return IKE_OK;
        case IKE_WINDOW_STRAY:
            return IKE_DROP;
        }
    aead = ike_epoch_aead(sa->at, AEAD_OPEN);
    secret_alloc(&scratch, m->octets.len);
    if (!aead || !ike_sk_open(aead, m->octets, sk->body, scratch.p, &plain))
        return IKE_DROP;
    return ike_sa_recv_plain(sa, path, m, sk->next, plain, asked, now);
}

IkeStatus
ike_sa_recv(IkeSa *sa, const IkePath *path, Slice octets, Usec now)
{
    IkeEpoch *at;
    IkeMsg m;

    if (sa->state == IKE_STATE_CLOSED || ike_msg_decode(octets, &m, NULL) != IKE_OK)
        return IKE_DROP;
    at = epoch_of(sa, &m);
    if (!at || ike_impair_deaf(sa, &m.h))
        return IKE_DROP;
    sa->at = at;
    if ((m.outer & IKE_SET(SK)) != 0)
        return ike_sa_recv_sealed(sa, path, &m, octets, now);
    if (ike_sa_is_fragment(&m))
        return ike_sa_recv_fragment(sa, path, &m, now);
    return recv_clear(sa, path, &m, now);
}
