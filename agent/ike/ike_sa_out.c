/* What an IKE SA sends: plaintext under construction, the SK payload around it, the queue to pull.
 */
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_sk.h"
#include "agent/ike/ike_trace.h"

/* The paper of the last draft, for the next of this thread: a message has some hundred octets, and
 * to get, wipe and give back the 64 KiB that it might have costs more than to write it. */
static GPrivate blank = G_PRIVATE_INIT(g_free);

void
ike_draft_begin(IkeDraft *d)
{
    *d = (IkeDraft){ .buf = g_private_get(&blank) };
    if (d->buf)
        g_private_set(&blank, NULL);
    else
        d->buf = g_malloc(IKE_MESSAGE_MAX);
    d->out = (Writer){ .base = d->buf, .cap = IKE_MESSAGE_MAX };
    d->chain = ike_chain_begin(&d->out, SIZE_MAX);
}

void
ike_draft_clear(IkeDraft *d)
{
    if (!d->buf)
        return;
    explicit_bzero(d->buf, d->out.len);
    g_private_replace(&blank, g_steal_pointer(&d->buf));
}

void
ike_chain_notify(IkeChain *c, uint8_t proto, uint16_t type, Slice data)
{
    ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
    ike_notify_encode(&(IkeNotify){ .proto = proto, .type = type, .data = data }, c->out);
    ike_chain_close(c);
}

void
ike_chain_window(const IkeSa *sa, IkeChain *c)
{
    uint8_t buf[4];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    if (ike_sa_window(sa) == 1)
        return;
    writer_u32(&w, ike_sa_window(sa));
    ike_chain_notify(c, IKE_PROTO_IKE, IKE_N_SET_WINDOW_SIZE, writer_view(&w));
}

void
ike_out_free(IkeOut *o)
{
    if (!o)
        return;
    g_bytes_unref(o->octets);
    g_free(o);
}

static void
push_one(GQueue *out, const IkePath *path, GBytes *octets)
{
    IkeOut *o = g_new0(IkeOut, 1);

    o->path = *path;
    o->octets = octets;
    g_queue_push_tail(out, o);
}

/* Each message has its length in its header, so those that follow each other come apart again. */
void
ike_out_push(GQueue *out, const IkePath *path, GBytes *octets)
{
    size_t size = g_bytes_get_size(octets), at = 0;

    while (at < size) {
        Slice all = ike_sa_bytes(octets);
        Reader in = reader_init((Slice){ all.p + at, size - at });
        IkeHeader h;

        g_assert(ike_header_decode(&in, &h) == IKE_OK && h.length >= IKE_HEADER_LEN);
        push_one(out, path, g_bytes_new_from_bytes(octets, at, h.length));
        at += h.length;
    }
}

void
ike_sa_push(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now)
{
    if (octets)
        ike_out_push(&sa->out, path, octets);
    else
        push_one(&sa->out, path, NULL);
    sa->sent = now;
}

void
ike_sa_trace(IkeSa *sa, const IkeMsg *m, bool sent, const IkePath *path)
{
    char local[ENDPOINT_TEXT_MAX], remote[ENDPOINT_TEXT_MAX];
    g_autofree char *text = NULL;

    if (!sa->config->trace)
        return;
    text = ike_trace_msg(m, sent, endpoint_format(&path->local, local),
                         endpoint_format(&path->remote, remote));
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_TRACE, .text = text });
}

/* Our own message read back, so that the log shows what is on the wire and not what was meant: of
 * fragments the first one's header. */
static void
trace_own(IkeSa *sa, const IkePath *path, GBytes *wire, uint8_t first, Slice plain)
{
    Slice octets = ike_sa_bytes(wire);
    Reader in = reader_init(octets);
    IkeHeader h;
    IkeMsg m;

    if (!sa->config->trace || ike_header_decode(&in, &h) != IKE_OK)
        return;
    octets.len = MIN(octets.len, h.length);
    if (ike_msg_decode(octets, &m, NULL) != IKE_OK)
        return;
    if (first != IKE_PAYLOAD_NONE && ike_msg_decode_inner(&m, first, plain, NULL) != IKE_OK)
        return;
    ike_sa_trace(sa, &m, true, path);
}

void
ike_sa_push_clear(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now)
{
    trace_own(sa, path, octets, IKE_PAYLOAD_NONE, (Slice){ 0 });
    ike_sa_push(sa, path, octets, now);
}

/* The IV as it stands on the wire: a counter for an AEAD (RFC 5282 §3.1: unique), random octets for
 * CBC (RFC 7296 §3.14: unpredictable). */
void
ike_sa_draw_iv(IkeSa *sa, IkeEpoch *epoch, uint8_t *ret, size_t len)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, epoch->suite.encr);
    Writer w = { .base = ret, .cap = len };

    if (encr->aead)
        writer_u64(&w, epoch->iv++);
    else
        sa->env->random(sa->env->user, ret, len);
}

static GBytes *
seal_whole(IkeSa *sa, IkeEpoch *epoch, Aead *aead, const IkeHeader *h, uint8_t first, Slice plain)
{
    size_t len = ike_sk_message_len(aead, plain.len);
    g_autofree uint8_t *buf = g_malloc(len);
    Writer w = { .base = buf, .cap = len };
    uint8_t iv[32];

    g_assert(aead_iv_len(aead) <= sizeof(iv));
    ike_header_encode(h, &w);
    ike_sa_draw_iv(sa, epoch, iv, aead_iv_len(aead));
    ike_sk_seal(aead, &w, 0, first, plain, iv);
    g_assert(!w.overflow && w.len == len);
    return g_bytes_new_take(g_steal_pointer(&buf), len);
}

/* The whole message on the wire, in fragments where they are needed, or NULL when it is too long or
 * the cipher cannot be had. */
static GBytes *
seal(IkeSa *sa, IkeEpoch *epoch, const IkePath *path, uint8_t exchange, uint8_t flags, uint32_t id,
     IkeDraft *d)
{
    IkeHeader h = { .spi_i = epoch->spi_i,
                    .spi_r = epoch->spi_r,
                    .version = IKE_VERSION,
                    .exchange = exchange,
                    .flags = flags,
                    .message_id = id };
    g_autoptr(Aead) aead = ike_epoch_aead(epoch, AEAD_SEAL);
    g_autoptr(GBytes) wire = NULL;
    size_t len, limit;
    Slice plain;
    IkeCut cut;

    if (epoch->ours)
        h.flags |= IKE_FLAG_INITIATOR;
    if (!aead)
        return NULL;
    ike_impair_draft(sa, &h, d);
    plain = writer_view(&d->out);
    if (d->out.overflow || ike_sk_message_len(aead, plain.len) > IKE_MESSAGE_MAX)
        return NULL;
    len = ike_sk_message_len(aead, plain.len);
    cut = ike_sa_cut(sa, path, len, &limit);
    wire = cut == IKE_CUT_SKF ? ike_sa_seal_cut(sa, epoch, aead, &h, d->chain.first, plain, limit)
                              : seal_whole(sa, epoch, aead, &h, d->chain.first, plain);
    trace_own(sa, path, wire, d->chain.first, plain);
    return cut == IKE_CUT_CISCO ? ike_sa_cut_sealed(sa, epoch, ike_sa_bytes(wire), limit)
                                : g_steal_pointer(&wire);
}

static IkeStatus
fail_unsealed(IkeSa *sa)
{
    return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                       "a message of ours does not fit into %d octets, or there is no memory to "
                       "encrypt it",
                       IKE_MESSAGE_MAX);
}

IkeStatus
ike_sa_request_under(IkeSa *sa, IkeEpoch *epoch, uint8_t exchange, IkeDraft *d, Usec now)
{
    IkeWindow *window = &epoch->window;
    g_autoptr(GBytes) wire = NULL;

    if (!ike_window_may_send(window))
        return ike_sa_fail(sa, IKE_N_TEMPORARY_FAILURE, IKE_REASON_PROTOCOL,
                           "the Message IDs of this IKE SA are used up (RFC 7296 §2.2)");
    wire = seal(sa, epoch, &sa->path, exchange, 0, window->send_id, d);
    if (!wire)
        return fail_unsealed(sa);
    ike_sa_push(sa, &sa->path, wire, now);
    ike_window_send(window, exchange, g_steal_pointer(&wire), now);
    return IKE_OK;
}

IkeStatus
ike_sa_request(IkeSa *sa, uint8_t exchange, IkeDraft *d, Usec now)
{
    return ike_sa_request_under(sa, sa->ike, exchange, d, now);
}

/* Does the answer leave? */
static bool
answer(IkeSa *sa, IkeDraft *d, Usec now)
{
    IkeEpoch *at = sa->at;
    g_autoptr(GBytes) wire = seal(sa, at, &at->came_over, at->asked_exchange, IKE_FLAG_RESPONSE,
                                  ike_window_last(&at->window)->id, d);

    if (!wire)
        return false;
    ike_sa_push(sa, &at->came_over, wire, now);
    ike_window_answer(&at->window, g_steal_pointer(&wire));
    return true;
}

IkeStatus
ike_sa_respond(IkeSa *sa, IkeDraft *d, Usec now)
{
    return answer(sa, d, now) ? IKE_OK : fail_unsealed(sa);
}

void
ike_sa_respond_error(IkeSa *sa, uint16_t error, Slice data, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    ike_draft_begin(&d);
    ike_chain_notify(&d.chain, IKE_PROTO_NONE, error, data);
    (void)answer(sa, &d, now); /* a refusal that cannot be sent is as one that was lost */
}
