/* CREATE_CHILD_SA for a child SA, the end that asks (RFC 7296 §1.3.1, §1.3.3). */
#include "agent/ike/ike_life.h"
#include "agent/ike/ike_sa_private.h"

enum { TRIES_AT_ONCE = 2 }; /* with another group, or without one, before it is put off */

Usec
ike_x_child_due(const IkeSa *sa)
{
    Usec due = USEC_NEVER;

    if (sa->yielded || ike_children_full(&sa->children))
        return USEC_NEVER;
    for (size_t i = 0; i < sa->children.n; i++)
        if (sa->children.all[i]->stage == IKE_CHILD_LIVE)
            due = usec_min(due, sa->children.all[i]->due);
    return due;
}

static IkeChildSa *
most_due(const IkeSa *sa)
{
    IkeChildSa *found = NULL;

    for (size_t i = 0; i < sa->children.n; i++) {
        IkeChildSa *child = sa->children.all[i];

        if (child->stage == IKE_CHILD_LIVE && (!found || child->due < found->due))
            found = child;
    }
    return found;
}

/* What is offered, and by which group: KE_NONE is no PFS, because the policy has no group or the
 * peer none of it. */
static uint16_t
offer(const IkeSa *sa, IkeOffer *ret)
{
    uint16_t group = sa->esp_group ? sa->esp_group : ike_offer_first_ke(&sa->config->esp);

    *ret = sa->config->esp;
    if (sa->no_pfs)
        g_assert(ike_offer_drop_ke(ret, true));
    if (sa->no_pfs || group == KE_NONE)
        return KE_NONE;
    (void)ike_offer_prefer_ke(ret, group);
    return group;
}

static void
write_selectors(IkeChain *c, uint8_t type, Selectors ts)
{
    ike_chain_open(c, type);
    ike_ts_encode(ts, c->out);
    ike_chain_close(c);
}

static void
write_rekeyed(IkeChain *c, uint32_t spi_in)
{
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };

    writer_u32(&w, spi_in);
    ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
    ike_notify_encode(
        &(IkeNotify){ .proto = IKE_PROTO_ESP, .type = IKE_N_REKEY_SA, .spi = writer_view(&w) },
        c->out);
    ike_chain_close(c);
}

/* HDR, SK { [N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr }: the selectors are those of the old one
 * (§2.9.2), which is not named when the peer does not know it any more (§2.25). */
IkeStatus
ike_x_child_ask(IkeSa *sa, Usec now)
{
    const IkeChildSa *old = most_due(sa);
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };
    IkeAttempt *a = &sa->attempt;
    g_auto(IkeDraft) d = { 0 };
    uint16_t group;
    IkeOffer o;

    ike_attempt_clear(sa);
    group = offer(sa, &o);
    a->kex = group == KE_NONE ? NULL : kex_new(group);
    a->nonce = ike_sa_random(sa, IKE_NONCE_LARGE);
    a->spi_in = sa->env->esp_spi(sa->env->user);
    a->old = g_memdup2(&old->c, sizeof(old->c));
    writer_u32(&w, a->spi_in);
    ike_draft_begin(&d);
    if (!old->orphan)
        write_rekeyed(&d.chain, old->c.spi_in);
    ike_chain_open(&d.chain, IKE_PAYLOAD_SA);
    ike_offer_encode(&o, writer_view(&w), &d.out);
    ike_chain_close(&d.chain);
    ike_x_create_write(&d.chain, a->kex, a->nonce);
    write_selectors(&d.chain, IKE_PAYLOAD_TSi, old->c.local);
    write_selectors(&d.chain, IKE_PAYLOAD_TSr, old->c.remote);
    return ike_sa_request(sa, IKE_EXCHANGE_CREATE_CHILD_SA, &d, now);
}

/* A refusal that another question may change: the next goes out at once. */
static bool
ask_otherwise(IkeSa *sa, const IkeNotify *n)
{
    uint16_t group = ike_x_create_named_group(n), asked = ike_attempt_group(&sa->attempt);
    IkeOffer o = sa->config->esp;

    if (group != KE_NONE && group != asked && ike_offer_prefer_ke(&o, group)) {
        sa->esp_group = group;
        sa->no_pfs = false;
        return true;
    }
    if (asked == KE_NONE ||
        (n->type != IKE_N_INVALID_KE_PAYLOAD && n->type != IKE_N_NO_PROPOSAL_CHOSEN) ||
        !ike_offer_drop_ke(&o, true))
        return false;
    sa->no_pfs = true;
    ike_sa_notice(sa,
                  "the peer does not rekey the tunnel with PFS group %u: it answers %s%s; it is "
                  "asked again without PFS, which the policy allows. To keep PFS, let both ends "
                  "name the same group",
                  asked, ike_notify_name(n->type),
                  n->type == IKE_N_INVALID_KE_PAYLOAD ? ", and names no group that we have" : "");
    return true;
}

/* The old one serves on until its hard end (§2.25). */
static void
put_off(IkeSa *sa, IkeChildSa *old, Usec now)
{
    old->tries = 0;
    old->due = ike_life_retry(now, old->hard, ike_sa_chance(sa));
}

/* The peer has lost it, so that it carried nothing: another is asked for from scratch (§2.25). */
static void
orphan(IkeSa *sa, IkeChildSa *old, Usec now)
{
    ike_sa_notice(
        sa,
        "the peer does not know the child SA %08x any more, so the tunnel carried nothing: "
        "a new one is asked for",
        old->c.spi_out);
    old->orphan = true;
    old->due = now;
}

static void
on_refusal(IkeSa *sa, const IkeNotify *n, Usec now)
{
    IkeChildSa *old = ike_children_in(&sa->children, sa->attempt.old->spi_in);

    sa->story = "rekeying of a child SA refused (RFC 7296 §2.25)";
    if (!old || old->stage != IKE_CHILD_LIVE)
        return; /* the peer was first, or has deleted it */
    if (n->type == IKE_N_CHILD_SA_NOT_FOUND && !old->orphan) {
        orphan(sa, old, now);
        return;
    }
    if (old->tries < TRIES_AT_ONCE && ask_otherwise(sa, n)) {
        old->tries++;
        old->due = now;
        return;
    }
    if (n->type != IKE_N_TEMPORARY_FAILURE)
        ike_sa_notice(sa, "the peer refuses to rekey the tunnel: %s (%u)%s",
                      ike_notify_name(n->type), n->type,
                      old->orphan ? ""
                                  : "; the old keys serve on until their lifetime ends, and it is "
                                    "asked again before");
    if (old->orphan && n->type != IKE_N_TEMPORARY_FAILURE)
        ike_child_down(sa, old);
    else
        put_off(sa, old, now);
}

static bool
read_selectors(const IkeMsg *m, uint8_t type, Selectors wanted)
{
    Reader in = reader_init(ike_msg_find(m, type, NULL)->body);
    IkeTs ts;

    return ike_ts_decode(&in, &ts) == IKE_OK && ts.n > 0 &&
           ike_ts_within(ike_ts_view(&ts), wanted) && ike_ts_within(wanted, ike_ts_view(&ts));
}

/* What an answer tells of the child SA it makes. */
typedef struct Answer {
    Suite suite;
    uint32_t spi_out;
    Slice nonce;
    Secret g_ir;
} Answer;

static bool
read_key_exchange(IkeAttempt *a, const IkeKe *ke, Answer *ret)
{
    if (ret->suite.ke != ke->group)
        return false;
    return ke->group == KE_NONE ||
           (ke->group == ike_attempt_group(a) && kex_finish(a->kex, ke->data, &ret->g_ir));
}

/* HDR, SK { SA, Nr, [KEr,] TSi, TSr }; @ret_why: a static clause. */
static bool
read_answer(IkeSa *sa, const IkeMsg *m, Answer *ret, const char **ret_why)
{
    const IkePayload *body = ike_msg_find(m, IKE_PAYLOAD_SA, NULL);
    IkeOffer o;
    Slice spi;
    Reader in;
    IkeKe ke;

    (void)offer(sa, &o);
    *ret_why = "payloads are missing";
    if (!body || !ike_msg_find(m, IKE_PAYLOAD_TSi, NULL) ||
        !ike_msg_find(m, IKE_PAYLOAD_TSr, NULL) || !ike_x_create_read(m, &ret->nonce, &ke))
        return false;
    *ret_why = "the algorithms are not what was offered";
    if (ike_choose_check(&o, body->body, &ret->suite, &spi) != IKE_OK)
        return false;
    in = reader_init(spi);
    *ret_why = "the SPI is reserved (RFC 4303 §2.1)";
    if (spi.len != IKE_CHILD_SPI_LEN || !reader_u32(&in, &ret->spi_out) ||
        ret->spi_out < IKE_CHILD_SPI_MIN)
        return false;
    *ret_why = "the key exchange is not the chosen one";
    if (!read_key_exchange(&sa->attempt, &ke, ret))
        return false;
    *ret_why = "the traffic selectors are not those of the old one (RFC 7296 §2.9.2)";
    return read_selectors(m, IKE_PAYLOAD_TSi, sa->local) &&
           read_selectors(m, IKE_PAYLOAD_TSr, sa->remote);
}

/* The peer has made what we cannot use: it must go again, and the owner never hears of it. */
static void
disown(IkeSa *sa, const char *why, Usec now)
{
    IkeChildSa *old = ike_children_in(&sa->children, sa->attempt.old->spi_in);
    IkeChildSa *child = ike_children_add(&sa->children);

    child->c.spi_in = sa->attempt.spi_in;
    child->stage = IKE_CHILD_DOOMED;
    ike_sa_notice(sa,
                  "the peer's answer to the rekeying of the tunnel is of no use: %s; the old keys "
                  "serve on until their lifetime ends",
                  why);
    if (old && old->stage == IKE_CHILD_LIVE)
        put_off(sa, old, now);
}

/* Which of the two that replace one stays (§2.8.1): the one without the lowest nonce. */
static void
settle(IkeSa *sa, IkeChildSa *ours, IkeChildSa *rival, Usec now)
{
    IkeChildSa *old = ike_children_in(&sa->children, ours->c.replaces);

    sa->story = "child SA rekeyed, the old one is to be deleted (RFC 7296 §2.8)";
    if (!ours->c.outbound) {
        ours->stage = IKE_CHILD_DOOMED;
        sa->story = "child SA rekeyed by both, the peer's stays (RFC 7296 §2.8.1)";
        return;
    }
    if (rival) {
        ike_child_replaced(sa, rival, false, now);
        sa->story = "child SA rekeyed by both, ours stays (RFC 7296 §2.8.1)";
    }
    if (old && old->orphan)
        ike_child_down(sa, old);
    else if (old)
        ike_child_replaced(sa, old, true, now);
}

static IkeStatus
make(IkeSa *sa, const Answer *answer, Usec now)
{
    const IkeAttempt *a = &sa->attempt;
    IkeChildSeed seed = { .suite = &answer->suite,
                          .ni = ike_sa_bytes(a->nonce),
                          .nr = answer->nonce,
                          .g_ir = secret_view(&answer->g_ir),
                          .asked = true };
    IkeChildSa *rival = ike_children_heir(&sa->children, a->old->spi_in, false), *child;
    g_autoptr(GBytes) low = ike_nonce_low(seed.ni, seed.nr);

    sa->child = (IkeChild){ .spi_in = a->spi_in,
                            .spi_out = answer->spi_out,
                            .replaces = a->old->spi_in,
                            .outbound = !rival || !ike_nonce_lower(low, rival->low),
                            .local = sa->local,
                            .remote = sa->remote };
    if (!ike_child_derive(sa, &seed))
        return ike_sa_fail(sa, IKE_N_NO_PROPOSAL_CHOSEN, IKE_REASON_PROTOCOL,
                           "the keys of the child SA cannot be made");
    child = ike_child_up(sa, now);
    child->ours = true;
    child->low = g_steal_pointer(&low);
    settle(sa, child, rival, now);
    return IKE_OK;
}

static IkeStatus
hear(IkeSa *sa, const IkeMsg *m, Usec now)
{
    Answer answer = { .spi_out = 0 };
    IkeStatus st = IKE_OK;
    const char *why;
    IkeNotify n;

    if (ike_msg_error(m, &n))
        on_refusal(sa, &n, now);
    else if (read_answer(sa, m, &answer, &why))
        st = make(sa, &answer, now);
    else
        disown(sa, why, now);
    secret_clear(&answer.g_ir);
    return st;
}

/* While we leave, what it makes ends with the IKE SA. */
IkeStatus
ike_x_child_heard(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeStatus st = m && sa->state == IKE_STATE_READY ? hear(sa, m, now) : IKE_OK;

    ike_attempt_clear(sa);
    return st;
}
