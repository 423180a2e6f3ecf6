#include <string.h>

#include "agent/esp/esp_ecn.h"
#include "agent/esp/esp_private.h"
#include "agent/esp/esp_replay_private.h"

static void
note_in(EspSa *sa, const EspInner *inner)
{
    uint64_t mark = esp_inner_mark(inner->src);

    if (!(sa->heard & mark))
        esp_count(&sa->heard, mark);
}

/* The sequence number in it. */
static inline uint64_t
seq_of(Slice aad)
{
    return aad.len == ESP_AAD_MAX ? slice_u64(aad, ESP_SEQ_AT) : slice_u32(aad, ESP_SEQ_AT);
}

/* What is looked at before the ICV, of a packet with the SPI of @sa. @aad: room that @ret may need
 * as long as it is. Returns false when the packet has got its verdict. */
static inline __attribute__((always_inline)) bool
begin(EspSa *sa, EspBuf *b, uint8_t aad[static ESP_AAD_MAX], AeadJob *ret)
{
    size_t around = ESP_HEADER_LEN + sa->iv_len + sa->icv_len;
    Slice packet = { b->base + b->off, b->len };

    if (b->len < around + ESP_TRAILER_LEN || ((b->len - around) & (sa->block - 1)) != 0) {
        (void)esp_sa_refuse_in(sa, b, ESP_MALFORMED);
        return false;
    }
    uint32_t low = slice_u32(packet, ESP_SEQ_AT);
    uint64_t seq = sa->esn ? esp_replay_guess(sa->replay, low) : low;

    if (!esp_replay_may_pass(sa->replay, seq)) {
        (void)esp_sa_refuse_in(sa, b, ESP_REPLAYED);
        return false;
    }

    uint8_t *head = b->base + b->off, *data = head + ESP_HEADER_LEN + sa->iv_len;

    /* One by one: as a whole it would be cleared first. */
    ret->aead = sa->in.aead;
    ret->aad = esp_aad(sa, head, seq, aad);
    ret->iv = head + ESP_HEADER_LEN;
    ret->data = data;
    ret->len = b->len - around;
    ret->icv = data + ret->len;
    return true;
}

/* RFC 4303 §2.4: 1, 2, 3 ... Of the usual few, all at once: trailer and ICV stand behind them. */
static inline bool
is_padding(const uint8_t *p, uint8_t len)
{
    static const uint8_t all[ESP_PAD_PIECE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint64_t there, right;

    if (len < ESP_PAD_PIECE) {
        memcpy(&there, p, sizeof(there));
        memcpy(&right, all, sizeof(right));
        return (GUINT64_FROM_LE(there ^ right) & ((UINT64_C(1) << 8 * len) - 1)) == 0;
    }
    for (unsigned i = 0; i < len; i++)
        if (p[i] != i + 1)
            return false;
    return true;
}

/* The decrypted @data from inner packet to next header, which begin() has seen to be there.
 * RFC 4303 §2.7: octets between the inner packet's own end and the padding hide its length and are
 * dropped. */
static inline EspStatus
check_plain(Slice data, Slice *ret, uint8_t *ret_family)
{
    size_t len = data.len - ESP_TRAILER_LEN;
    uint8_t pad_len = data.p[len], next = data.p[len + 1];

    if (pad_len > len)
        return ESP_MALFORMED;
    if (next == ESP_NEXT_NONE)
        return ESP_DUMMY;

    Slice packet = { data.p, len - pad_len };

    if (!is_padding(packet.p + packet.len, pad_len))
        return ESP_MALFORMED;
    *ret_family = esp_inner_bound(packet, ret);
    if (*ret_family == ADDR_NONE ||
        next != (*ret_family == ADDR_V4 ? ESP_NEXT_IPV4 : ESP_NEXT_IPV6))
        return ESP_MALFORMED;
    return ESP_OK;
}

static bool
covers(EspSa *sa, Slice packet, uint8_t family, EspFlow *flow)
{
    EspInner inner;

    esp_inner_fill(packet, family, &inner);
    if (!esp_sa_covers_in(sa, &inner))
        return false;
    esp_flow_set(flow, sa, &inner, 0);
    note_in(sa, &inner);
    return true;
}

/* The selectors are asked once for packets of one flow that follow each other. */
static inline bool
check_selectors(EspSa *sa, Slice packet, uint8_t family, EspFlow *flow)
{
    return (flow->sa == sa && esp_flow_has(flow, packet, family)) ||
           covers(sa, packet, family, flow);
}

static inline EspStatus
check(EspSa *sa, EspBuf *b, const AeadJob *job, EspFlow *flow, Slice *ret)
{
    uint8_t family;
    EspStatus status = check_plain((Slice){ job->data, job->len }, ret, &family);

    if (status != ESP_OK)
        return status;
    if (!check_selectors(sa, *ret, family, flow))
        return ESP_SELECTOR;
    if ((b->tos & ESP_ECN_MASK) && !esp_ecn_join(job->data, b->tos))
        return ESP_CONGESTED;
    return ESP_OK;
}

/* What is done once @job has been. The window is asked again: the same number may stand twice in a
 * batch. Sets the verdict. */
static inline __attribute__((always_inline)) void
end(EspSa *sa, EspBuf *b, const AeadJob *job, EspFlow *flow, EspTally *t)
{
    EspReplaySeen seen;
    EspStatus status;
    Slice inner;

    if (!job->ok) {
        (void)esp_sa_refuse_in(sa, b, ESP_FORGED);
        return;
    }
    seen = esp_replay_pass(sa->replay, seq_of(job->aad));
    if (seen == ESP_REPLAY_STALE) {
        (void)esp_sa_refuse_in(sa, b, ESP_REPLAYED);
        return;
    }
    b->newest = seen == ESP_REPLAY_NEWEST;
    status = check(sa, b, job, flow, &inner);
    if (status != ESP_OK) {
        (void)esp_sa_refuse_in(sa, b, status);
        return;
    }
    b->off = (uint32_t)(job->data - b->base);
    b->len = (uint32_t)inner.len;
    b->status = ESP_OK;
    t->packets++;
    t->octets += inner.len;
}

EspStatus
esp_sa_open(EspSa *sa, EspBuf *b, Usec now)
{
    Reader r = reader_init((Slice){ b->base + b->off, b->len });
    EspTally t = { .sa = sa };
    EspFlow flow = { 0 };
    uint8_t aad[ESP_AAD_MAX];
    uint32_t spi;
    AeadJob job;

    if (reader_u32(&r, &spi) && spi != sa->spi_in)
        return esp_sa_refuse_in(sa, b, ESP_NO_SA);
    if (!begin(sa, b, aad, &job))
        return b->status;
    job.ok = aead_open(job.aead, job.aad, job.iv, job.data, job.len, job.icv);
    end(sa, b, &job, &flow, &t);
    esp_tally_in(&t, now);
    return b->status;
}

/* The SA of a packet; false when it has got its verdict. @last: of the packet before. */
static inline bool
choose(EspPlane *p, EspBuf *b, EspSa *last)
{
    Reader r = reader_init((Slice){ b->base + b->off, b->len });
    uint32_t spi;

    if (!reader_u32(&r, &spi)) {
        esp_plane_drop(p, b, ESP_MALFORMED);
        return false;
    }
    b->sa = last && last->spi_in == spi ? last : esp_plane_find(p, spi);
    if (!b->sa)
        esp_plane_drop(p, b, ESP_NO_SA);
    return b->sa != NULL;
}

static void
run(EspPlane *p, EspBuf *batch, size_t n, Usec now)
{
    AeadJob jobs[ESP_RUN_MAX];
    uint8_t aads[ESP_RUN_MAX][ESP_AAD_MAX];
    EspBuf *bufs[ESP_RUN_MAX];
    EspFlow flow = { 0 };
    EspTally tally = { 0 };
    EspCrypto *crypto = esp_plane_crypto(p);
    size_t n_jobs = 0;
    EspSa *last = NULL;

    for (size_t i = 0; i < n; i++) {
        EspBuf *b = &batch[i];

        if (!choose(p, b, last))
            continue;
        last = b->sa;
        if (begin(b->sa, b, aads[n_jobs], &jobs[n_jobs]))
            bufs[n_jobs++] = b;
    }
    aead_engine_run(crypto->opener ? crypto->opener : crypto->engine, jobs, n_jobs);
    for (size_t i = 0; i < n_jobs; i++) {
        EspSa *sa = bufs[i]->sa;

        if (sa != tally.sa) {
            esp_tally_in(&tally, now);
            tally.sa = sa;
        }
        end(sa, bufs[i], &jobs[i], &flow, &tally);
    }
    esp_tally_in(&tally, now);
}

void
esp_plane_open(EspPlane *p, EspBuf *batch, size_t n, Usec now)
{
    for (size_t at = 0; at < n; at += ESP_RUN_MAX)
        run(p, batch + at, MIN(n - at, (size_t)ESP_RUN_MAX), now);
}
