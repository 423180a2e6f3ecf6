/* What an IKE SA sends: plaintext under construction, the SK payload around it, the queue to pull.
 */
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_sk.h"
#include "agent/ike/ike_trace.h"

void
ike_draft_begin(IkeDraft *d)
{
    *d = (IkeDraft){ 0 };
    secret_alloc(&d->buf, IKE_MESSAGE_MAX);
    d->out = (Writer){ .base = d->buf.p, .cap = d->buf.len };
    d->chain = ike_chain_begin(&d->out, SIZE_MAX);
}

void
ike_draft_clear(IkeDraft *d)
{
    secret_clear(&d->buf);
}

void
ike_chain_notify(IkeChain *c, uint8_t proto, uint16_t type, Slice data)
{
    ike_chain_open(c, IKE_PAYLOAD_NOTIFY);
    ike_notify_encode(&(IkeNotify){ .proto = proto, .type = type, .data = data }, c->out);
    ike_chain_close(c);
}

void
ike_sa_push(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now)
{
    IkeOut *o = g_new0(IkeOut, 1);

    o->path = *path;
    o->octets = octets ? g_bytes_ref(octets) : NULL;
    g_queue_push_tail(&sa->out, o);
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

/* Our own message read back, so that the log shows what is on the wire and not what was meant. */
static void
trace_own(IkeSa *sa, const IkePath *path, Slice wire, uint8_t first, Slice plain)
{
    IkeMsg m;

    if (!sa->config->trace || ike_msg_decode(wire, &m, NULL) != IKE_OK)
        return;
    if (first != IKE_PAYLOAD_NONE && ike_msg_decode_inner(&m, first, plain, NULL) != IKE_OK)
        return;
    ike_sa_trace(sa, &m, true, path);
}

void
ike_sa_push_clear(IkeSa *sa, const IkePath *path, GBytes *octets, Usec now)
{
    trace_own(sa, path, ike_sa_bytes(octets), IKE_PAYLOAD_NONE, (Slice){ 0 });
    ike_sa_push(sa, path, octets, now);
}

/* The IV as it stands on the wire: a counter for an AEAD (RFC 5282 §3.1: unique), random octets for
 * CBC (RFC 7296 §3.14: unpredictable). */
static void
draw_iv(IkeSa *sa, uint8_t *ret, size_t len)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, sa->suite.encr);
    Writer w = { .base = ret, .cap = len };

    if (encr->aead)
        writer_u64(&w, sa->iv++);
    else
        sa->env->random(sa->env->user, ret, len);
}

/* The whole message on the wire, or NULL when it does not fit into one. */
static GBytes *
seal(IkeSa *sa, const IkePath *path, uint8_t exchange, uint8_t flags, uint32_t id, IkeDraft *d)
{
    g_autofree uint8_t *buf = NULL;
    uint8_t iv[32];
    size_t iv_len = aead_iv_len(sa->seal), len;
    Slice plain = writer_view(&d->out);
    Writer w;

    if (d->out.overflow || ike_sk_message_len(sa->seal, plain.len) > IKE_MESSAGE_MAX)
        return NULL;
    len = ike_sk_message_len(sa->seal, plain.len);
    buf = g_malloc(len);
    w = (Writer){ .base = buf, .cap = len };
    if (sa->role == IKE_INITIATOR)
        flags |= IKE_FLAG_INITIATOR;
    ike_header_encode(&(IkeHeader){ .spi_i = sa->spi_i,
                                    .spi_r = sa->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = exchange,
                                    .flags = flags,
                                    .message_id = id },
                      &w);
    g_assert(iv_len <= sizeof(iv));
    draw_iv(sa, iv, iv_len);
    ike_sk_seal(sa->seal, &w, 0, d->chain.first, plain, iv);
    g_assert(!w.overflow);
    trace_own(sa, path, writer_view(&w), d->chain.first, plain);
    return g_bytes_new_take(g_steal_pointer(&buf), w.len);
}

IkeStatus
ike_sa_request(IkeSa *sa, uint8_t exchange, IkeDraft *d, Usec now)
{
    g_autoptr(GBytes) wire = NULL;

    if (!ike_window_may_send(&sa->window))
        return ike_sa_fail(sa, IKE_N_TEMPORARY_FAILURE, IKE_REASON_PROTOCOL,
                           "the Message IDs of this IKE SA are used up (RFC 7296 §2.2)");
    wire = seal(sa, &sa->path, exchange, 0, sa->window.send_id, d);
    if (!wire)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "a message of ours does not fit into %d octets", IKE_MESSAGE_MAX);
    ike_sa_push(sa, &sa->path, wire, now);
    ike_window_send(&sa->window, exchange, g_steal_pointer(&wire), now);
    return IKE_OK;
}

IkeStatus
ike_sa_respond(IkeSa *sa, IkeDraft *d, Usec now)
{
    g_autoptr(GBytes) wire =
        seal(sa, &sa->came_over, sa->asked_exchange, IKE_FLAG_RESPONSE, sa->window.recv_id - 1, d);

    if (!wire)
        return ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_PROTOCOL,
                           "a message of ours does not fit into %d octets", IKE_MESSAGE_MAX);
    ike_sa_push(sa, &sa->came_over, wire, now);
    ike_window_answer(&sa->window, g_steal_pointer(&wire));
    return IKE_OK;
}

void
ike_sa_respond_error(IkeSa *sa, uint16_t error, Slice data, Usec now)
{
    g_auto(IkeDraft) d = { 0 };

    ike_draft_begin(&d);
    ike_chain_notify(&d.chain, IKE_PROTO_NONE, error, data);
    g_assert(ike_sa_respond(sa, &d, now) == IKE_OK);
}
