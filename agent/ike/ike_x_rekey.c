/* CREATE_CHILD_SA for the IKE SA itself, both ends (RFC 7296 §1.3.2, §2.8.2, §2.18, §2.25.2). Its
 * children stay where they are: they belong to the IkeSa. */
#include "agent/ike/ike_life.h"
#include "agent/ike/ike_sa_private.h"

enum {
    TRIES_AT_ONCE = 2,  /* with another group, before it is put off */
    IDS_LEFT = 1 << 16, /* Message IDs that are kept for rekeying and the farewell (§2.2) */
};

static bool
ids_run_out(const IkeWindow *w)
{
    return MAX(w->send_id, w->recv_id) > UINT32_MAX - IDS_LEFT;
}

Usec
ike_x_rekey_due(const IkeSa *sa)
{
    if (sa->yielded)
        return USEC_NEVER;
    return MAX(sa->ike->retry, ids_run_out(&sa->ike->window) ? 0 : sa->ike->due);
}

/* The SA body's SPI: eight octets, as they stand in the header. */
typedef struct Spi {
    uint8_t octets[sizeof(uint64_t)];
} Spi;

static Slice
spi_view(uint64_t spi, Spi *buf)
{
    Writer w = { .base = buf->octets, .cap = sizeof(buf->octets) };

    writer_u64(&w, spi);
    return writer_view(&w);
}

static bool
read_spi(Slice octets, uint64_t *ret)
{
    Reader in = reader_init(octets);

    return reader_u64(&in, ret) && reader_left(&in) == 0 && *ret != 0;
}

/* The same offer as at first, and the group that has been agreed on leads. */
static IkeOffer
offer(const IkeSa *sa)
{
    IkeOffer o = sa->config->ike;

    (void)ike_offer_prefer_ke(&o, sa->ike_group ? sa->ike_group : sa->ike->suite.ke);
    return o;
}

/* HDR, SK { SA, Ni, KEi, [N(SET_WINDOW_SIZE)] }. */
IkeStatus
ike_x_rekey_ask(IkeSa *sa, Usec now)
{
    uint16_t group = sa->ike_group ? sa->ike_group : sa->ike->suite.ke;
    IkeAttempt *a = &sa->attempt;
    g_auto(IkeDraft) d = { 0 };
    IkeOffer o = offer(sa);
    Spi spi;

    ike_attempt_clear(sa);
    a->next = ike_epochs_new(sa, true);
    a->kex = kex_new(group);
    a->nonce = ike_sa_random(sa, IKE_NONCE_LARGE);
    ike_draft_begin(&d);
    ike_chain_open(&d.chain, IKE_PAYLOAD_SA);
    ike_offer_encode(&o, spi_view(a->next->spi_i, &spi), &d.out);
    ike_chain_close(&d.chain);
    ike_x_create_write(&d.chain, a->kex, a->nonce);
    ike_chain_window(sa, &d.chain);
    return ike_sa_request(sa, IKE_EXCHANGE_CREATE_CHILD_SA, &d, now);
}

/* §2.18: SKEYSEED from the old SK_d, by the old PRF. */
static bool
derive(const IkeEpoch *old, IkeEpoch *e, Slice g_ir, Slice ni, Slice nr)
{
    return ike_keys_rekey(&e->suite, old->suite.prf, &old->keys, g_ir, ni, nr, e->spi_i, e->spi_r,
                          &e->keys) &&
           ike_epoch_arm(e);
}

/* Our Delete, the last request under @e. Who does not answer it has deleted it before. */
static void
bury(IkeSa *sa, IkeEpoch *e, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    ike_draft_begin(&d);
    ike_x_delete_write(&d.chain, IKE_PROTO_IKE, (Slice){ 0 });
    if (ike_sa_request_under(sa, e, IKE_EXCHANGE_INFORMATIONAL, &d, now) == IKE_OK)
        e->job = IKE_JOB_BURY;
}

IkeStatus
ike_x_rekey_buried(IkeSa *sa, const IkeMsg *m, Usec now)
{
    (void)now;
    if (m)
        ike_epochs_remove(sa, sa->at);
    return IKE_OK;
}

/* Of two new IKE SAs the one without the lowest nonce stays; who has begun the other deletes it,
 * and who has begun this one deletes the old (§2.8.2). */
static void
settle(IkeSa *sa, IkeEpoch *ours, Usec now)
{
    IkeEpoch *old = sa->ike, *rival = sa->rival;

    sa->story = "IKE SA rekeyed (RFC 7296 §1.3.2)";
    if (rival && ike_nonce_lower(ours->low, rival->low)) {
        ike_epochs_adopt(sa, rival, now);
        ike_epochs_replace(sa, ours, now);
        bury(sa, ours, now);
        sa->story = "IKE SA rekeyed by both, the peer's stays (RFC 7296 §2.8.2)";
        return;
    }
    if (rival) {
        sa->rival = NULL;
        ike_epochs_replace(sa, rival, now);
        sa->story = "IKE SA rekeyed by both, ours stays (RFC 7296 §2.8.2)";
    }
    ike_epochs_adopt(sa, ours, now);
    bury(sa, old, now);
}

static bool
read_answer(IkeSa *sa, const IkeMsg *m, IkeEpoch *e)
{
    const IkePayload *body = ike_msg_find(m, IKE_PAYLOAD_SA, NULL);
    g_auto(Secret) g_ir = { 0 };
    IkeOffer o = offer(sa);
    Slice nonce, spi;
    IkeKe ke;

    if (!body || !ike_x_create_read(m, &nonce, &ke) ||
        ike_choose_check(&o, body->body, &e->suite, &spi) != IKE_OK || !read_spi(spi, &e->spi_r) ||
        ke.group != e->suite.ke || ke.group != ike_attempt_group(&sa->attempt) ||
        !kex_finish(sa->attempt.kex, ke.data, &g_ir))
        return false;
    e->low = ike_nonce_low(ike_sa_bytes(sa->attempt.nonce), nonce);
    if (!derive(sa->ike, e, secret_view(&g_ir), ike_sa_bytes(sa->attempt.nonce), nonce))
        return false;
    ike_sa_show_keys(sa, e);
    return true;
}

static void
on_refusal(IkeSa *sa, const IkeNotify *n, Usec now)
{
    uint16_t group = ike_x_create_named_group(n);
    IkeOffer o = sa->config->ike;
    IkeEpoch *e = sa->ike;

    sa->story = "rekeying of the IKE SA refused (RFC 7296 §2.25)";
    if (sa->rival) { /* the peer's own has been done before ours was asked */
        ike_epochs_adopt(sa, sa->rival, now);
        return;
    }
    if (group != KE_NONE && group != ike_attempt_group(&sa->attempt) && e->tries < TRIES_AT_ONCE &&
        ike_offer_prefer_ke(&o, group)) {
        sa->ike_group = group;
        e->tries++;
        e->due = e->retry = now;
        return;
    }
    if (n->type != IKE_N_TEMPORARY_FAILURE)
        ike_sa_notice(sa,
                      "the peer refuses to rekey the IKE SA: %s (%u); the old one serves on until "
                      "its lifetime ends, and it is asked again before",
                      ike_notify_name(n->type), n->type);
    e->tries = 0;
    e->due = e->retry = ike_life_retry(now, e->hard, ike_sa_chance(sa));
}

/* HDR, SK { SA, Nr, KEr }, or an error. What answers with an IKE SA that we cannot use has left the
 * old one all the same. */
IkeStatus
ike_x_rekey_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st = IKE_OK;
    IkeNotify n;

    if (m && ike_msg_error(m, &n))
        on_refusal(sa, &n, now);
    else if (m && read_answer(sa, m, sa->attempt.next))
        settle(sa, g_steal_pointer(&sa->attempt.next), now);
    else if (m)
        st = ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                         "the peer's answer to the rekeying of the IKE SA is of no use");
    ike_attempt_clear(sa);
    return st;
}

/* Something of ours is under way that it would cross (§2.25.2), or it is not worth it any more. */
static bool
busy(const IkeSa *sa)
{
    return sa->yielded || sa->at != sa->ike || sa->rival || sa->ike->job == IKE_JOB_CHILD_REKEY ||
           sa->ike->job == IKE_JOB_CHILD_DELETE;
}

static IkeStatus
make(IkeSa *sa, IkeEpoch *e, uint8_t number, const IkeKe *ke, Slice ni, Usec now)
{
    g_autoptr(GBytes) nr = ike_sa_random(sa, IKE_NONCE_LARGE);
    g_autoptr(Kex) kex = kex_new(e->suite.ke);
    g_auto(Secret) g_ir = { 0 };
    g_auto(IkeDraft) d = { 0 };
    Spi spi;

    if (!kex || !kex_finish(kex, ke->data, &g_ir)) /* RFC 6989 §2: no value of that group */
        return IKE_N_INVALID_KE_PAYLOAD;
    if (!derive(sa->ike, e, secret_view(&g_ir), ni, ike_sa_bytes(nr)))
        return IKE_N_NO_PROPOSAL_CHOSEN;
    ike_sa_show_keys(sa, e);
    e->low = ike_nonce_low(ni, ike_sa_bytes(nr));
    ike_draft_begin(&d);
    ike_chain_open(&d.chain, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_IKE, number, spi_view(e->spi_r, &spi), &e->suite, &d.out);
    ike_chain_close(&d.chain);
    ike_x_create_write(&d.chain, kex, nr);
    ike_chain_window(sa, &d.chain);
    return ike_sa_respond(sa, &d, now);
}

static IkeStatus
refuse(IkeSa *sa, uint16_t error, uint16_t group, Usec now)
{
    if (error == IKE_N_INVALID_KE_PAYLOAD)
        return ike_x_create_want_group(sa, group, now);
    return ike_x_create_refuse(sa, error, (Slice){ 0 },
                               "rekeying of the IKE SA refused to the peer (RFC 7296 §2.25)", now);
}

/* HDR, SK { SA, Ni, KEi }. */
IkeStatus
ike_x_rekey_on_request(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeOffer ours = sa->config->ike;
    uint16_t group = KE_NONE;
    Slice ni, spi;
    uint64_t spi_i;
    uint8_t number;
    IkeStatus st;
    Suite suite;
    IkeEpoch *e;
    IkeKe ke;

    if (busy(sa))
        return refuse(sa, IKE_N_TEMPORARY_FAILURE, group, now);
    if (!ike_x_create_read(m, &ni, &ke)) /* the end of the IKE SA at both ends (§2.21.3) */
        return ike_sa_fail(sa, IKE_N_INVALID_SYNTAX, IKE_REASON_PROTOCOL,
                           "the nonce of a CREATE_CHILD_SA request is malformed");
    (void)ike_offer_prefer_ke(&ours, ke.group);
    if (ike_choose(&ours, ike_msg_find(m, IKE_PAYLOAD_SA, NULL)->body, &suite, &number, &spi) !=
            IKE_OK ||
        !read_spi(spi, &spi_i))
        return refuse(sa, IKE_N_NO_PROPOSAL_CHOSEN, group, now);
    if (ke.group != suite.ke)
        return refuse(sa, IKE_N_INVALID_KE_PAYLOAD, suite.ke, now);
    e = ike_epochs_new(sa, false);
    e->spi_i = spi_i;
    e->suite = suite;
    st = make(sa, e, number, &ke, ni, now);
    if (st != IKE_OK) {
        ike_epochs_free(sa, e);
        return refuse(sa, (uint16_t)st, suite.ke, now);
    }
    sa->story = "IKE SA rekeyed by the peer (RFC 7296 §1.3.2)";
    if (sa->ike->job == IKE_JOB_REKEY)
        sa->rival = e; /* one of the two stays when ours is answered */
    else
        ike_epochs_adopt(sa, e, now);
    return IKE_OK;
}

IkeStatus
ike_x_rekey_late(IkeSa *sa, const IkeMsg *m, Usec now)
{
    ike_sa_blame(sa, IKE_REASON_LIFETIME,
                 "the IKE SA reached the end of its lifetime and could not be rekeyed in time");
    return ike_x_info_leave(sa, m, now);
}
