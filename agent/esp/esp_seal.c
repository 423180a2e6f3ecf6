#include <openssl/rand.h>
#include <string.h>

#include "agent/base/writer.h"
#include "agent/esp/esp_ecn.h"
#include "agent/esp/esp_private.h"

enum { IV_POOL = 1024 * ESP_IV_MAX }; /* octets drawn at a time: a call costs as much as 3 KiB do */

/* RFC 4303 §2.4; no more than a block's is ever put there. */
static const uint8_t padding[ESP_PAD_PIECE * 2] = { 1, 2,  3,  4,  5,  6,  7,  8,
                                                    9, 10, 11, 12, 13, 14, 15, 16 };

void
esp_ivs_clear(EspIvs *ivs)
{
    if (ivs->pool)
        explicit_bzero(ivs->pool, IV_POOL);
    g_clear_pointer(&ivs->pool, g_free);
}

static bool
draw_ahead(EspIvs *ivs)
{
    if (!ivs->pool)
        ivs->pool = g_malloc(IV_POOL);
    ivs->used = 0;
    return RAND_bytes(ivs->pool, IV_POOL) == 1;
}

/* @ivs: NULL: none are drawn ahead. */
static bool
draw_iv(const EspSa *sa, EspIvs *ivs, uint8_t *to)
{
    if (!ivs)
        return RAND_bytes(to, (int)sa->iv_len) == 1;
    if ((!ivs->pool || IV_POOL - ivs->used < sa->iv_len) && !draw_ahead(ivs)) {
        esp_ivs_clear(ivs);
        return false;
    }
    memcpy(to, ivs->pool + ivs->used, sa->iv_len);
    ivs->used += sa->iv_len;
    return true;
}

/* A counter mode needs an IV that never repeats under a key: the sequence number never does
 * (RFC 4106 §3.1, RFC 7634 §2). CBC needs one nobody can foretell (RFC 3602 §3): it is drawn from a
 * pool, so that the random generator is asked once in many packets.
 * Returns false when there is no randomness to be had. */
static inline bool
write_iv(const EspSa *sa, uint64_t seq, EspIvs *ivs, uint8_t *to)
{
    Writer w = { .base = to, .cap = sizeof(uint64_t) };

    if (!sa->iv_is_seq)
        return draw_iv(sa, ivs, to);
    writer_u64(&w, seq);
    return true;
}

/* In pieces of a fixed size: what is written too far is trailer and ICV, which come after it. */
static inline void
write_trailer(uint8_t *to, size_t pad, uint8_t family)
{
    memcpy(to, padding, ESP_PAD_PIECE);
    if (pad > ESP_PAD_PIECE)
        memcpy(to + ESP_PAD_PIECE, padding + ESP_PAD_PIECE, ESP_PAD_PIECE);
    to[pad] = (uint8_t)pad;
    to[pad + 1] = family == ADDR_V4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6;
}

/* Somebody may be asked who has been heard before. @mark: of the destination. */
static inline void
note_out(const EspSa *sa, Slice packet, uint8_t family, uint64_t mark, EspTally *t)
{
    if (!(esp_counted(&sa->heard) & mark) || !esp_inner_asks(packet, family))
        return;
    t->asked++;
    t->asked_of |= mark;
}

/* All of a packet but the encryption, which is @ret. @inner: bounded, covered by the selectors.
 * @mark: esp_inner_mark() of its destination. @aad: room that @ret may need as long as it is.
 * Returns false when the packet has got its verdict. */
static inline __attribute__((always_inline)) bool
begin(EspSa *sa, EspBuf *b, Slice inner, uint8_t family, uint64_t mark, EspIvs *ivs, EspTally *t,
      uint8_t aad[static ESP_AAD_MAX], AeadJob *ret)
{
    size_t head_len = ESP_HEADER_LEN + sa->iv_len, pad = esp_padding(sa->align, inner.len);
    size_t data_len = inner.len + pad + ESP_TRAILER_LEN, behind = b->cap - b->off;

    if (b->off < head_len || behind < data_len + sa->icv_len) {
        (void)esp_sa_refuse_out(sa, b, ESP_MALFORMED);
        return false;
    }

    uint8_t *data = b->base + b->off, *head_at = data - head_len;
    uint64_t seq = sa->seq_out + 1;
    Writer head = { .base = head_at, .cap = ESP_HEADER_LEN };

    if (sa->seq_out >= sa->seq_limit || !write_iv(sa, seq, ivs, head_at + ESP_HEADER_LEN)) {
        (void)esp_sa_refuse_out(sa, b, ESP_SPENT);
        return false;
    }
    writer_u32(&head, sa->spi_out);
    writer_u32(&head, (uint32_t)seq);
    write_trailer(data + inner.len, pad, family);
    note_out(sa, inner, family, mark, t);
    t->packets++;
    t->octets += inner.len;
    __atomic_store_n(&sa->seq_out, seq, __ATOMIC_RELAXED);
    /* One by one: as a whole it would be cleared first. */
    ret->aead = sa->out.aead;
    ret->aad = esp_aad(sa, head_at, seq, aad);
    ret->iv = head_at + ESP_HEADER_LEN;
    ret->data = data;
    ret->len = data_len;
    ret->icv = data + data_len;
    b->tos = esp_ecn_class(data) & sa->shown;
    b->loose = esp_sa_is_loose(sa, inner);
    b->off -= (uint32_t)head_len;
    b->len = (uint32_t)(head_len + data_len + sa->icv_len);
    b->status = ESP_OK;
    return true;
}

EspStatus
esp_sa_seal(EspSa *sa, EspBuf *b, Usec now)
{
    Slice packet = { b->base + b->off, b->len };
    EspTally t = { .sa = sa };
    uint8_t aad[ESP_AAD_MAX];
    EspInner inner;
    AeadJob job;

    if (!esp_inner_decode(packet, &inner))
        return esp_sa_refuse_out(sa, b, ESP_MALFORMED);
    if (!esp_sa_covers_out(sa, &inner))
        return esp_sa_refuse_out(sa, b, ESP_SELECTOR);
    if (!begin(sa, b, inner.packet, inner.family, esp_inner_mark(inner.dst), NULL, &t, aad, &job))
        return b->status;
    aead_seal(job.aead, job.aad, job.iv, job.data, job.len, job.icv);
    esp_tally_out(&t, now);
    return b->status;
}

/* The outbound SA of a packet that is not of the flow before; false when it has got its verdict. */
static bool
find(EspPlane *p, EspBuf *b, Slice packet, uint8_t family, EspFlow *flow)
{
    EspSa *near = NULL;
    EspInner inner;

    esp_inner_fill(packet, family, &inner);
    b->sa = esp_plane_find_out(p, &inner, &near);
    if (b->sa) {
        esp_flow_set(flow, b->sa, &inner, esp_inner_mark(inner.dst));
        return true;
    }
    if (near) {
        b->sa = near;
        (void)esp_sa_refuse_out(near, b, ESP_SELECTOR);
    } else {
        esp_plane_drop(p, b, ESP_NO_SA);
    }
    return false;
}

/* The same of any packet. @ret, @ret_family: of the inner packet. */
static inline bool
choose(EspPlane *p, EspBuf *b, EspFlow *flow, Slice *ret, uint8_t *ret_family)
{
    *ret_family = esp_inner_bound((Slice){ b->base + b->off, b->len }, ret);
    if (*ret_family == ADDR_NONE) {
        esp_plane_drop(p, b, ESP_MALFORMED);
        return false;
    }
    if (!esp_flow_has(flow, *ret, *ret_family))
        return find(p, b, *ret, *ret_family, flow);
    b->sa = flow->sa;
    return true;
}

/* What may be cut is not lost yet. */
static bool
is_too_big(EspBuf *b, Slice packet, uint8_t family)
{
    if (packet.len <= esp_sa_most(b->sa, family == ADDR_V6) || esp_sa_is_loose(b->sa, packet))
        return false;
    if (esp_toobig_may_cut(packet))
        b->status = ESP_TOO_BIG;
    else
        (void)esp_sa_refuse_out(b->sa, b, ESP_TOO_BIG);
    return true;
}

static void
run(EspPlane *p, EspBuf *batch, size_t n, Usec now)
{
    EspCrypto *crypto = esp_plane_crypto(p);
    AeadJob jobs[ESP_RUN_MAX];
    uint8_t aads[ESP_RUN_MAX][ESP_AAD_MAX];
    EspFlow flow = { 0 };
    EspTally tally = { 0 };
    size_t n_jobs = 0;

    for (size_t i = 0; i < n; i++) {
        EspBuf *b = &batch[i];
        uint8_t family;
        Slice inner;

        if (!choose(p, b, &flow, &inner, &family) || (b->sa->most && is_too_big(b, inner, family)))
            continue;
        if (b->sa != tally.sa) {
            esp_tally_out(&tally, now);
            tally.sa = b->sa;
        }
        n_jobs += begin(b->sa, b, inner, family, flow.mark, &crypto->ivs, &tally, aads[n_jobs],
                        &jobs[n_jobs]);
    }
    aead_engine_run(crypto->engine, jobs, n_jobs);
    esp_tally_out(&tally, now);
}

void
esp_plane_seal(EspPlane *p, EspBuf *batch, size_t n, Usec now)
{
    for (size_t at = 0; at < n; at += ESP_RUN_MAX)
        run(p, batch + at, MIN(n - at, (size_t)ESP_RUN_MAX), now);
}
