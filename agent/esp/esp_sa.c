#include "agent/esp/esp_sa.h"

#include <openssl/rand.h>
#include <string.h>

#include "agent/base/writer.h"
#include "agent/esp/esp_private.h"
#include "agent/esp/esp_replay.h"

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
    HEADER_LEN = 8,  /* SPI and sequence number: what the ICV covers in front of the IV */
    TRAILER_LEN = 2, /* pad length and next header */
    PAD_ALIGN = 4,   /* RFC 4303 §2.4: at least, whatever the cipher */
    SPI_FIRST = 256, /* RFC 4303 §2.1: 0 is local, 1 to 255 are reserved by IANA */
    NEXT_IPV4 = 4,   /* RFC 4303 §2.6 */
    NEXT_IPV6 = 41,
    NEXT_NONE = 59,
    IV_MAX = 16,
    IV_POOL = 64 * IV_MAX, /* random octets drawn at a time */
};

G_STATIC_ASSERT((int)ESP_REPLAY_WINDOW == (int)ESP_REPLAY_BITS);

/* One direction; one thread writes it. */
typedef struct Lane {
    Aead *aead;
    EspRange *ranges; /* local selectors beside ->out, remote ones beside ->in */
    size_t n_ranges;
    uint64_t packets, octets, drops[ESP_STATUS_N];
    Usec last;
} Lane;

struct EspSa {
    uint32_t spi_in, spi_out;
    size_t iv_len, icv_len, align;
    Lane out, in;

    uint32_t seq_out, seq_limit;
    bool iv_random; /* CBC; else the IV is the sequence number */
    size_t iv_used;
    uint8_t iv_pool[IV_POOL];

    EspReplay replay;
    uint64_t heard, asked, asked_of; /* as in EspStats */
    void *user;
};

static const char *const status_names[ESP_STATUS_N] = {
    [ESP_OK] = "ok",
    [ESP_MALFORMED] = "malformed",
    [ESP_NO_SA] = "no_sa",
    [ESP_REPLAYED] = "replayed",
    [ESP_FORGED] = "forged",
    [ESP_SPENT] = "spent",
    [ESP_SELECTOR] = "selector",
    [ESP_DUMMY] = "dummy",
};

const char *
esp_status_name(EspStatus s)
{
    g_assert(s < ESP_STATUS_N);
    return status_names[s];
}

static void
lane_clear(Lane *lane)
{
    aead_free(lane->aead);
    g_free(lane->ranges);
}

static void
lane_set_ranges(Lane *lane, const Selector *s, size_t n)
{
    lane->ranges = g_new(EspRange, n);
    lane->n_ranges = n;
    for (size_t i = 0; i < n; i++)
        lane->ranges[i] = esp_range_of(&s[i]);
}

static bool
setup_is_sound(const EspSaSetup *s)
{
    return s->spi_in >= SPI_FIRST && s->spi_out >= SPI_FIRST && s->n_local > 0 && s->n_remote > 0 &&
           s->n_local <= ESP_SELECTORS_MAX && s->n_remote <= ESP_SELECTORS_MAX &&
           s->suite.esn == ESN_NO;
}

EspSa *
esp_sa_new(const EspSaSetup *setup)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, setup->suite.encr);

    if (!encr || !setup_is_sound(setup))
        return NULL;

    g_autoptr(EspSa) sa = g_new0(EspSa, 1);

    sa->out.aead = aead_new(&setup->suite, setup->key_out, setup->integ_out, AEAD_SEAL);
    sa->in.aead = aead_new(&setup->suite, setup->key_in, setup->integ_in, AEAD_OPEN);
    if (!sa->out.aead || !sa->in.aead)
        return NULL;
    sa->spi_in = setup->spi_in;
    sa->spi_out = setup->spi_out;
    sa->iv_len = aead_iv_len(sa->out.aead);
    sa->icv_len = aead_icv_len(sa->out.aead);
    sa->align = MAX(aead_block_len(sa->out.aead), (size_t)PAD_ALIGN);
    g_assert(sa->iv_len <= IV_MAX && HEADER_LEN + sa->iv_len <= ESP_HEADROOM);
    g_assert(sa->align - 1 + TRAILER_LEN + sa->icv_len <= ESP_TAILROOM);
    sa->iv_random = !encr->aead;
    g_assert(sa->iv_random || sa->iv_len == sizeof(uint64_t));
    sa->iv_used = IV_POOL;
    sa->seq_limit = setup->max_packets && setup->max_packets < UINT32_MAX
                        ? (uint32_t)setup->max_packets
                        : UINT32_MAX;
    sa->user = setup->user;
    sa->heard = setup->heard;
    lane_set_ranges(&sa->out, setup->local, setup->n_local);
    lane_set_ranges(&sa->in, setup->remote, setup->n_remote);
    return g_steal_pointer(&sa);
}

void
esp_sa_free(EspSa *sa)
{
    if (!sa)
        return;
    lane_clear(&sa->out);
    lane_clear(&sa->in);
    explicit_bzero(sa->iv_pool, sizeof(sa->iv_pool)); /* unpredictable only while unknown */
    g_free(sa);
}

uint32_t
esp_sa_spi_in(const EspSa *sa)
{
    return sa->spi_in;
}

uint32_t
esp_sa_spi_out(const EspSa *sa)
{
    return sa->spi_out;
}

void *
esp_sa_user(const EspSa *sa)
{
    return sa->user;
}

void
esp_sa_set_user(EspSa *sa, void *user)
{
    sa->user = user;
}

const EspRange *
esp_sa_remote(const EspSa *sa, size_t *ret_n)
{
    *ret_n = sa->in.n_ranges;
    return sa->in.ranges;
}

void
esp_sa_stats(const EspSa *sa, EspStats *ret)
{
    *ret = (EspStats){
        .packets_in = esp_counted(&sa->in.packets),
        .packets_out = esp_counted(&sa->out.packets),
        .octets_in = esp_counted(&sa->in.octets),
        .octets_out = esp_counted(&sa->out.octets),
        .last_in = esp_counted(&sa->in.last),
        .last_out = esp_counted(&sa->out.last),
        .seq_out = __atomic_load_n(&sa->seq_out, __ATOMIC_RELAXED),
        .replay_top = esp_replay_top(&sa->replay),
        .replay_bits = esp_replay_newest(&sa->replay),
        .heard = esp_counted(&sa->heard),
        .asked = esp_counted(&sa->asked),
        .asked_of = esp_counted(&sa->asked_of),
    };
    for (size_t i = 0; i < ESP_STATUS_N; i++)
        ret->drops[i] = esp_counted(&sa->in.drops[i]) + esp_counted(&sa->out.drops[i]);
}

/* Octets of padding in front of the trailer. */
static size_t
padding_of(size_t align, size_t inner_len)
{
    return (align - (inner_len + TRAILER_LEN) % align) % align;
}

size_t
esp_sa_overhead(const EspSa *sa, size_t inner_len)
{
    return HEADER_LEN + sa->iv_len + padding_of(sa->align, inner_len) + TRAILER_LEN + sa->icv_len;
}

size_t
esp_overhead(const Suite *suite, size_t inner_len)
{
    size_t align = MAX(suite_block_len(suite), (size_t)PAD_ALIGN);

    return HEADER_LEN + suite_iv_len(suite) + padding_of(align, inner_len) + TRAILER_LEN +
           suite_icv_len(suite);
}

static EspStatus
lane_passed(Lane *lane, EspBuf *b, uint32_t inner_len, Usec now)
{
    esp_count(&lane->packets, 1);
    esp_count(&lane->octets, inner_len);
    __atomic_store_n(&lane->last, now, __ATOMIC_RELAXED);
    return b->status = ESP_OK;
}

static EspStatus
lane_dropped(Lane *lane, EspBuf *b, EspStatus why)
{
    esp_count(&lane->drops[why], 1);
    return b->status = why;
}

EspStatus
esp_sa_refuse_out(EspSa *sa, EspBuf *b, EspStatus why)
{
    return lane_dropped(&sa->out, b, why);
}

bool
esp_sa_covers_out(const EspSa *sa, EspInner *inner)
{
    return esp_range_covers(sa->out.ranges, sa->out.n_ranges, inner, true) &&
           esp_range_covers(sa->in.ranges, sa->in.n_ranges, inner, false);
}

static bool
covers_in(const EspSa *sa, EspInner *inner)
{
    return esp_range_covers(sa->in.ranges, sa->in.n_ranges, inner, true) &&
           esp_range_covers(sa->out.ranges, sa->out.n_ranges, inner, false);
}

/* A counter mode needs an IV that never repeats under a key: the sequence number never does
 * (RFC 4106 §3.1, RFC 7634 §2). CBC needs one nobody can foretell (RFC 3602 §3): it is drawn from a
 * pool, so that the random generator is asked once in many packets.
 * Returns false when there is no randomness to be had. */
static bool
write_iv(EspSa *sa, uint32_t seq, Writer *w)
{
    if (!sa->iv_random) {
        writer_u64(w, seq);
        return true;
    }
    if (IV_POOL - sa->iv_used < sa->iv_len) {
        if (RAND_bytes(sa->iv_pool, IV_POOL) != 1)
            return false;
        sa->iv_used = 0;
    }
    writer_slice(w, (Slice){ sa->iv_pool + sa->iv_used, sa->iv_len });
    sa->iv_used += sa->iv_len;
    return true;
}

static void
write_trailer(Writer *w, size_t pad, uint8_t family)
{
    for (size_t i = 1; i <= pad; i++)
        writer_u8(w, (uint8_t)i);
    writer_u8(w, (uint8_t)pad);
    writer_u8(w, family == ADDR_V4 ? NEXT_IPV4 : NEXT_IPV6);
}

/* Is somebody asked who has been heard before? */
static void
note_out(EspSa *sa, EspInner *inner)
{
    uint64_t mark = esp_inner_mark(inner->dst);

    if (!(sa->heard & mark) || !esp_inner_asks(inner))
        return;
    esp_count(&sa->asked, 1);
    if (!(sa->asked_of & mark))
        esp_count(&sa->asked_of, mark);
}

static void
note_in(EspSa *sa, const EspInner *inner)
{
    uint64_t mark = esp_inner_mark(inner->src);

    if (!(sa->heard & mark))
        esp_count(&sa->heard, mark);
    if (sa->asked_of)
        __atomic_store_n(&sa->asked_of, 0, __ATOMIC_RELAXED);
}

EspStatus
esp_sa_seal_covered(EspSa *sa, EspBuf *b, EspInner *inner, Usec now)
{
    size_t head_len = HEADER_LEN + sa->iv_len, pad = padding_of(sa->align, inner->len);
    size_t data_len = inner->len + pad + TRAILER_LEN, behind = b->cap - b->off;

    if (b->off < head_len || behind < data_len + sa->icv_len)
        return lane_dropped(&sa->out, b, ESP_MALFORMED);
    if (sa->seq_out >= sa->seq_limit)
        return lane_dropped(&sa->out, b, ESP_SPENT);

    uint8_t *data = b->base + b->off, *head_at = data - head_len;
    uint32_t seq = sa->seq_out + 1;
    Writer head = { .base = head_at, .cap = head_len };
    Writer tail = { .base = data + inner->len, .cap = pad + TRAILER_LEN };

    writer_u32(&head, sa->spi_out);
    writer_u32(&head, seq);
    if (!write_iv(sa, seq, &head))
        return lane_dropped(&sa->out, b, ESP_SPENT);
    write_trailer(&tail, pad, inner->family);
    note_out(sa, inner);
    __atomic_store_n(&sa->seq_out, seq, __ATOMIC_RELAXED);
    aead_seal(sa->out.aead, (Slice){ head_at, HEADER_LEN }, head_at + HEADER_LEN, data, data_len,
              data + data_len);
    b->off -= (uint32_t)head_len;
    b->len = (uint32_t)(head_len + data_len + sa->icv_len);
    return lane_passed(&sa->out, b, inner->len, now);
}

EspStatus
esp_sa_seal(EspSa *sa, EspBuf *b, Usec now)
{
    Slice packet = { b->base + b->off, b->len };
    EspInner inner;

    if (!esp_inner_decode(packet, &inner))
        return lane_dropped(&sa->out, b, ESP_MALFORMED);
    if (!esp_sa_covers_out(sa, &inner))
        return lane_dropped(&sa->out, b, ESP_SELECTOR);
    return esp_sa_seal_covered(sa, b, &inner, now);
}

/* The decrypted @data from inner packet to next header. RFC 4303 §2.4: 1, 2, 3 ... is checked;
 * §2.7: octets between the inner packet's own end and the padding hide its length and are dropped.
 */
static EspStatus
check_plain(const EspSa *sa, Slice data, EspInner *ret)
{
    Reader tail = reader_init((Slice){ data.p + data.len - TRAILER_LEN, TRAILER_LEN });
    Reader body = reader_init((Slice){ data.p, data.len - TRAILER_LEN });
    uint8_t pad_len, next, expect = 1;
    Slice packet, pad;

    if (!reader_u8(&tail, &pad_len) || !reader_u8(&tail, &next) || pad_len > reader_left(&body) ||
        !reader_slice(&body, reader_left(&body) - pad_len, &packet))
        return ESP_MALFORMED;
    if (next == NEXT_NONE)
        return ESP_DUMMY;
    pad = reader_rest(&body);
    for (size_t i = 0; i < pad.len; i++)
        if (pad.p[i] != expect++)
            return ESP_MALFORMED;
    if ((next != NEXT_IPV4 && next != NEXT_IPV6) || !esp_inner_decode(packet, ret) ||
        (next == NEXT_IPV4) != (ret->family == ADDR_V4))
        return ESP_MALFORMED;
    return covers_in(sa, ret) ? ESP_OK : ESP_SELECTOR;
}

EspStatus
esp_sa_open(EspSa *sa, EspBuf *b, Usec now)
{
    Reader r = reader_init((Slice){ b->base + b->off, b->len });
    Slice head, iv, data, icv;
    uint32_t spi, seq;
    EspInner inner;

    if (reader_left(&r) < HEADER_LEN + sa->iv_len + TRAILER_LEN + sa->icv_len)
        return lane_dropped(&sa->in, b, ESP_MALFORMED);

    size_t data_len = reader_left(&r) - HEADER_LEN - sa->iv_len - sa->icv_len;

    if (!reader_slice(&r, HEADER_LEN, &head) || !reader_slice(&r, sa->iv_len, &iv) ||
        !reader_slice(&r, data_len, &data) || !reader_slice(&r, sa->icv_len, &icv) ||
        data_len % aead_block_len(sa->in.aead) != 0)
        return lane_dropped(&sa->in, b, ESP_MALFORMED);
    r = reader_init(head);
    if (!reader_u32(&r, &spi) || !reader_u32(&r, &seq) || spi != sa->spi_in)
        return lane_dropped(&sa->in, b, ESP_NO_SA);
    if (!esp_replay_fresh(&sa->replay, seq))
        return lane_dropped(&sa->in, b, ESP_REPLAYED);

    uint32_t data_off = (uint32_t)(data.p - b->base);

    if (!aead_open(sa->in.aead, head, iv.p, b->base + data_off, data.len, icv.p))
        return lane_dropped(&sa->in, b, ESP_FORGED);
    b->newest = seq > esp_replay_top(&sa->replay);
    esp_replay_mark(&sa->replay, seq);

    EspStatus status = check_plain(sa, data, &inner);

    if (status != ESP_OK)
        return lane_dropped(&sa->in, b, status);
    note_in(sa, &inner);
    b->off = data_off;
    b->len = inner.len;
    return lane_passed(&sa->in, b, inner.len, now);
}
