/* esp_private.h - an EspSa from within, and what its plane and its packets share. */
#pragma once

#include "agent/base/writer.h"
#include "agent/crypto/aead_batch.h"
#include "agent/esp/esp_inner.h"
#include "agent/esp/esp_plane.h"
#include "agent/esp/esp_replay.h"
#include "agent/esp/esp_toobig.h"

/*  0                   1                   2                   3      RFC 4303 §2
 *  +---------------------------------------------------------------+
 *  |               Security Parameters Index (SPI)                 |
 *  |                      Sequence Number                          |
 *  |                      IV (iv_len octets)                       |
 *  +---------------------------------------------------------------+
 *  |                  Inner packet (encrypted)                     |
 *  |     Padding 1, 2, 3 ...         |  Pad Length |  Next Header  |
 *  +---------------------------------------------------------------+
 *  |                      ICV (icv_len octets)                     |
 */
enum {
    ESP_HEADER_LEN = 8,  /* SPI and sequence number: what the ICV covers in front of the IV */
    ESP_AAD_MAX = 12,    /* with the half of an extended sequence number that is not sent */
    ESP_TRAILER_LEN = 2, /* pad length and next header */
    ESP_IV_MAX = 16,
    ESP_SEQ_AT = 4,    /* in the header, and in what the ICV covers in front of the IV */
    ESP_PAD_PIECE = 8, /* octets of padding that are written at a time */
    ESP_NEXT_IPV4 = 4, /* §2.6 */
    ESP_NEXT_IPV6 = 41,
    ESP_NEXT_NONE = 59,
    ESP_RUN_MAX = 128, /* packets that are in work at a time: as many as a burst holds */
    ESP_APART = 64,    /* octets of a cache line: who writes it has it alone */
};

/* One direction; one thread writes it. */
typedef struct EspLane {
    Aead *aead;
    EspRange *ranges; /* local selectors beside ->out, remote ones beside ->in */
    size_t n_ranges;
    uint64_t packets, octets, drops[ESP_STATUS_N];
    Usec last;
} EspLane;

struct EspSa {
    uint32_t spi_in, spi_out;
    size_t iv_len, icv_len, block, align; /* the latter two are powers of two */
    bool iv_is_seq;                       /* as a counter mode may; else it is drawn at random */
    bool esn;      /* sequence numbers have 64 bits, of which 32 are sent (§2.2.1) */
    uint8_t shown; /* bits of the inner TOS that stand in the outer one, too */
    enum EspDf df;
    uint64_t seq_limit;
    EspReplay *replay;
    uint64_t heard; /* as in EspStats; who opens writes it, now and then */
    uint32_t most;  /* octets of an inner packet that goes out; 0: any. Who seals writes it */
    void *user;

    EspLane out __attribute__((aligned(ESP_APART)));
    uint64_t seq_out;
    uint64_t asked, asked_of; /* as in EspStats; who opens empties the latter */

    EspLane in __attribute__((aligned(ESP_APART)));
};

/* Random IVs drawn ahead, for all SAs of a thread. */
typedef struct EspIvs {
    uint8_t *pool;
    size_t used;
} EspIvs;
void esp_ivs_clear(EspIvs *ivs); /* wipes: they are unpredictable only while unknown */

/* What a run of packets of one SA has come to and its counters do not show yet. */
typedef struct EspTally {
    EspSa *sa;
    uint64_t packets, octets, asked, asked_of;
} EspTally;
void esp_tally_out(EspTally *t, Usec now); /* add it to the counters, and begin anew */
void esp_tally_in(EspTally *t, Usec now);

/* Addresses that the selectors let pass by themselves, as the packet before had them: its SA, or
 * NULL. */
typedef struct EspFlow {
    EspSa *sa;
    uint64_t mark; /* outbound: esp_inner_mark() of the destination, also without ->sa */
    uint8_t family;
    uint8_t addrs[ESP_INNER_ADDRS_V6]; /* both, as they stand in its header */
} EspFlow;

/* @packet: bounded. */
static inline bool
esp_flow_has(const EspFlow *flow, Slice packet, uint8_t family)
{
    const uint8_t *addrs = esp_inner_addrs(packet, family).p;

    if (!flow->sa || flow->family != family)
        return false;
    return family == ADDR_V4 ? memcmp(flow->addrs, addrs, ESP_INNER_ADDRS_V4) == 0
                             : memcmp(flow->addrs, addrs, ESP_INNER_ADDRS_V6) == 0;
}

/* @inner has just passed. Where more than its addresses was asked for, nothing is kept. */
static inline void
esp_flow_set(EspFlow *flow, EspSa *sa, const EspInner *inner, uint64_t mark)
{
    Slice addrs = esp_inner_addrs(inner->packet, inner->family);

    flow->sa = inner->upper_known ? NULL : sa;
    flow->mark = mark;
    flow->family = inner->family;
    memcpy(flow->addrs, addrs.p, addrs.len);
}

/* What a batch is done with. */
typedef struct EspCrypto {
    AeadEngine *engine;
    AeadEngine *opener; /* NULL: ->engine opens, too */
    EspIvs ivs;
} EspCrypto;

EspCrypto *esp_plane_crypto(EspPlane *p);
/* esp_plane_find_out - the SA that takes @inner out, or NULL.
 * @ret_near: set to an SA that serves the destination but not the rest of the packet. */
EspSa *esp_plane_find_out(const EspPlane *p, EspInner *inner, EspSa **ret_near);
/* Count and set the verdict of a packet that belongs to no SA. */
void esp_plane_drop(EspPlane *p, EspBuf *b, EspStatus why);

const EspRange *esp_sa_remote(const EspSa *sa, size_t *ret_n);
/* Do the selectors let @inner go out, come in? */
bool esp_sa_covers_out(const EspSa *sa, EspInner *inner);
bool esp_sa_covers_in(const EspSa *sa, EspInner *inner);
/* Count and set the verdict of a packet that is not let out, or in. */
EspStatus esp_sa_refuse_out(EspSa *sa, EspBuf *b, EspStatus why);
EspStatus esp_sa_refuse_in(EspSa *sa, EspBuf *b, EspStatus why);

/* What the ICV covers in front of the IV: the header at @head; with extended sequence numbers the
 * SPI and all 64 bits of @seq, written to @room (RFC 4106 §5; aead.h knows how an HMAC has it). */
static inline Slice
esp_aad(const EspSa *sa, const uint8_t *head, uint64_t seq, uint8_t room[static ESP_AAD_MAX])
{
    Writer w = { .base = room, .cap = ESP_AAD_MAX };

    if (!sa->esn)
        return (Slice){ head, ESP_HEADER_LEN };
    writer_slice(&w, (Slice){ head, ESP_SEQ_AT });
    writer_u64(&w, seq);
    return writer_view(&w);
}

/* May @packet be fragmented on its way once it is sealed? */
static inline bool
esp_sa_is_loose(const EspSa *sa, Slice packet)
{
    return sa->df == ESP_DF_CLEAR || (sa->df == ESP_DF_COPY && esp_toobig_may_cut(packet));
}

/* Octets of padding in front of the trailer; @align is a power of two. */
static inline size_t
esp_padding(size_t align, size_t inner_len)
{
    return (0 - (inner_len + ESP_TRAILER_LEN)) & (align - 1);
}

/* One writer, many readers: no lock prefix, no torn value. */
static inline void
esp_count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline uint64_t
esp_counted(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
