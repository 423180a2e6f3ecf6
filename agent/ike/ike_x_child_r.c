/* CREATE_CHILD_SA for a child SA, the end that answers (RFC 7296 §1.3.1, §1.3.3, §2.25.1). */
#include "agent/ike/ike_sa_private.h"

/* What a request offers, as far as we take it. */
typedef struct Request {
    uint8_t number;
    Suite suite;
    uint32_t spi_out;
    Slice ni;
    IkeKe ke;
} Request;

/* The group whose public value the peer has sent is taken if the policy has it at all; if it has
 * sent none, no PFS is, unless the policy insists. */
static bool
choose(const IkeSa *sa, Slice body, Request *ret)
{
    IkeOffer ours = sa->config->esp;
    Slice spi;
    Reader in;

    if (ret->ke.group == KE_NONE && ike_offer_drop_ke(&ours, true) &&
        ike_choose(&ours, body, &ret->suite, &ret->number, &spi) == IKE_OK)
        goto chosen;
    ours = sa->config->esp;
    (void)ike_offer_prefer_ke(&ours, ret->ke.group);
    if (ike_choose(&ours, body, &ret->suite, &ret->number, &spi) != IKE_OK)
        return false;
chosen:
    in = reader_init(spi);
    return spi.len == IKE_CHILD_SPI_LEN && reader_u32(&in, &ret->spi_out) &&
           ret->spi_out >= IKE_CHILD_SPI_MIN && !ike_children_out(&sa->children, ret->spi_out);
}

/* Which child SA the request is to replace; NULL and true: none, because there is none (§2.25). The
 * peer names the SPI it receives on, in whatever form (§1.3.3). */
static bool
find_replaced(IkeSa *sa, const IkeMsg *m, IkeChildSa **ret, uint16_t *ret_error)
{
    uint32_t spi = 0;
    IkeNotify n;
    Reader in;

    *ret = NULL;
    if (!ike_msg_notify(m, IKE_N_REKEY_SA, &n)) {
        *ret_error = IKE_N_NO_ADDITIONAL_SAS; /* one is all a remote access needs */
        return !ike_children_first(&sa->children, IKE_CHILD_LIVE);
    }
    in = reader_init(n.spi);
    *ret_error = IKE_N_CHILD_SA_NOT_FOUND;
    if (n.proto != IKE_PROTO_ESP || n.spi.len != IKE_CHILD_SPI_LEN || !reader_u32(&in, &spi) ||
        spi == 0)
        return false;
    *ret = ike_children_out(&sa->children, spi);
    if (!*ret)
        return false;
    *ret_error = IKE_N_TEMPORARY_FAILURE; /* it is about to be closed */
    return (*ret)->stage == IKE_CHILD_LIVE;
}

/* The old one's selectors must be within what is offered: it is narrowed to them, and no less will
 * do (§2.9.2). */
static bool
covers(const IkeMsg *m, uint8_t type, Selectors old)
{
    Reader in = reader_init(ike_msg_find(m, type, NULL)->body);
    IkeTs offered;

    return ike_ts_decode(&in, &offered) == IKE_OK && ike_ts_within(old, ike_ts_view(&offered));
}

static void
write_answer(IkeSa *sa, uint8_t number, const Suite *suite, const Kex *kex, const GBytes *nonce,
             IkeChain *c)
{
    uint8_t spi[IKE_CHILD_SPI_LEN];
    Writer w = { .base = spi, .cap = sizeof(spi) };

    writer_u32(&w, sa->child.spi_in);
    ike_chain_open(c, IKE_PAYLOAD_SA);
    ike_choose_write(IKE_PROTO_ESP, number, writer_view(&w), suite, c->out);
    ike_chain_close(c);
    ike_x_create_write(c, kex, nonce);
    ike_chain_open(c, IKE_PAYLOAD_TSi);
    ike_ts_encode(sa->child.remote, c->out);
    ike_chain_close(c);
    ike_chain_open(c, IKE_PAYLOAD_TSr);
    ike_ts_encode(sa->child.local, c->out);
    ike_chain_close(c);
}

/* Returns 0, or the error to answer with. */
static uint16_t
judge(const IkeSa *sa, const IkeMsg *m, Request *ret, const char **ret_story)
{
    *ret_story = "child SA refused: its nonce is malformed (RFC 7296 §2.10)";
    if (!ike_x_create_read(m, &ret->ni, &ret->ke))
        return IKE_N_INVALID_SYNTAX;
    *ret_story = "child SA refused: nothing in common (RFC 7296 §2.7)";
    if (!choose(sa, ike_msg_find(m, IKE_PAYLOAD_SA, NULL)->body, ret))
        return IKE_N_NO_PROPOSAL_CHOSEN;
    *ret_story = "child SA refused: its selectors do not cover the old ones (RFC 7296 §2.9.2)";
    if (!covers(m, IKE_PAYLOAD_TSi, sa->remote) || !covers(m, IKE_PAYLOAD_TSr, sa->local))
        return IKE_N_TS_UNACCEPTABLE;
    return 0;
}

static IkeStatus
make(IkeSa *sa, const Request *request, IkeChildSa *old, const Kex *kex, Slice g_ir, Usec now)
{
    g_autoptr(GBytes) nr = ike_sa_random(sa, IKE_NONCE_LARGE);
    g_auto(IkeDraft) d = { 0 };
    IkeChildSa *child;
    IkeStatus st;

    sa->child = (IkeChild){ .spi_in = sa->env->esp_spi(sa->env->user),
                            .spi_out = request->spi_out,
                            .replaces = old ? old->c.spi_in : 0,
                            .outbound = !old,
                            .local = sa->local,
                            .remote = sa->remote };
    if (!ike_child_derive(sa, &(IkeChildSeed){ .suite = &request->suite,
                                               .ni = request->ni,
                                               .nr = ike_sa_bytes(nr),
                                               .g_ir = g_ir }))
        return ike_x_create_refuse(sa, IKE_N_NO_PROPOSAL_CHOSEN, (Slice){ 0 },
                                   "child SA refused: its keys cannot be made (RFC 7296 §2.17)",
                                   now);
    ike_draft_begin(&d);
    write_answer(sa, request->number, &request->suite, kex, nr, &d.chain);
    st = ike_sa_respond(sa, &d, now);
    if (st != IKE_OK)
        return st;
    child = ike_child_up(sa, now);
    child->low = ike_nonce_low(request->ni, ike_sa_bytes(nr));
    if (old)
        ike_child_replaced(sa, old, false, now);
    sa->story = "child SA rekeyed by the peer (RFC 7296 §1.3.3)";
    return IKE_OK;
}

/* @old: what it replaces; NULL: nothing. */
static IkeStatus
answer(IkeSa *sa, const IkeMsg *m, IkeChildSa *old, Usec now)
{
    g_auto(Secret) g_ir = { 0 };
    g_autoptr(Kex) kex = NULL;
    const char *story;
    Request request;
    uint16_t error = judge(sa, m, &request, &story);

    if (error == IKE_N_INVALID_SYNTAX) /* the end of the IKE SA at both ends (§2.21.3) */
        return ike_sa_fail(sa, error, IKE_REASON_PROTOCOL,
                           "the nonce of a CREATE_CHILD_SA request is malformed");
    if (error)
        return ike_x_create_refuse(sa, error, (Slice){ 0 }, story, now);
    if (request.suite.ke == KE_NONE)
        return make(sa, &request, old, NULL, (Slice){ 0 }, now);
    if (request.suite.ke != request.ke.group)
        return ike_x_create_want_group(sa, request.suite.ke, now);
    kex = kex_new(request.suite.ke);
    if (!kex || !kex_finish(kex, request.ke.data, &g_ir)) /* RFC 6989 §2 */
        return ike_x_create_want_group(sa, request.suite.ke, now);
    return make(sa, &request, old, kex, secret_view(&g_ir), now);
}

/* HDR, SK { [N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr }. */
IkeStatus
ike_x_child_on_request(IkeSa *sa, const IkeMsg *m, Usec now)
{
    IkeChildSa *old;
    uint16_t error;

    if (sa->at != sa->ike || sa->ike->job == IKE_JOB_REKEY) /* §2.25.2 */
        return ike_x_create_refuse(sa, IKE_N_TEMPORARY_FAILURE, (Slice){ 0 },
                                   "child SA refused: the IKE SA is being rekeyed (RFC 7296 §2.25)",
                                   now);
    if (sa->yielded)
        return ike_x_create_refuse(sa, IKE_N_TEMPORARY_FAILURE, (Slice){ 0 },
                                   "child SA refused: another IKE SA is there (RFC 7296 §2.25)",
                                   now);
    if (!find_replaced(sa, m, &old, &error))
        return ike_x_create_refuse(sa, error, (Slice){ 0 },
                                   "child SA refused: nothing it could replace (RFC 7296 §2.25)",
                                   now);
    if (ike_children_full(&sa->children))
        return ike_x_create_refuse(sa, IKE_N_NO_ADDITIONAL_SAS, (Slice){ 0 },
                                   "child SA refused: there are too many (RFC 7296 §1.3)", now);
    return answer(sa, m, old, now);
}
