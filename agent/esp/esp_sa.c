#include "agent/esp/esp_sa.h"

#include <string.h>

#include "agent/esp/esp_ecn.h"
#include "agent/esp/esp_private.h"
#include "agent/esp/esp_toobig.h"

enum {
    PAD_ALIGN = 4,   /* RFC 4303 §2.4: at least, whatever the cipher */
    SPI_FIRST = 256, /* RFC 4303 §2.1: 0 is local, 1 to 255 are reserved by IANA */
};

static const char *const status_names[ESP_STATUS_N] = {
    [ESP_OK] = "ok",
    [ESP_MALFORMED] = "malformed",
    [ESP_NO_SA] = "no_sa",
    [ESP_REPLAYED] = "replayed",
    [ESP_FORGED] = "forged",
    [ESP_SPENT] = "spent",
    [ESP_SELECTOR] = "selector",
    [ESP_TOO_BIG] = "too_big",
    [ESP_CONGESTED] = "congested",
    [ESP_DUMMY] = "dummy",
};

const char *
esp_status_name(EspStatus s)
{
    g_assert(s < ESP_STATUS_N);
    return status_names[s];
}

static void
lane_clear(EspLane *lane)
{
    aead_free(lane->aead);
    g_free(lane->ranges);
}

static void
lane_set_ranges(EspLane *lane, const Selector *s, size_t n)
{
    lane->ranges = g_new(EspRange, n);
    lane->n_ranges = n;
    for (size_t i = 0; i < n; i++)
        lane->ranges[i] = esp_range_of(&s[i]);
}

/* As esp_replay_new() wants it; more than it takes when there is no such window. */
static uint32_t
replay_bits(const EspSaSetup *s)
{
    uint32_t n = s->rules.replay_window;

    if (n == 0 || n == ESP_REPLAY_OFF)
        return n ? 0 : ESP_REPLAY_BITS;
    return n >= ESP_REPLAY_BITS_MIN ? n : UINT32_MAX;
}

static bool
setup_is_sound(const EspSaSetup *s)
{
    return s->spi_in >= SPI_FIRST && s->spi_out >= SPI_FIRST && s->n_local > 0 && s->n_remote > 0 &&
           s->n_local <= ESP_SELECTORS_MAX && s->n_remote <= ESP_SELECTORS_MAX &&
           replay_bits(s) <= ESP_REPLAY_BITS_MAX &&
           (s->suite.esn == ESN_YES || s->seq_from <= UINT32_MAX);
}

EspSa *
esp_sa_new(const EspSaSetup *setup)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, setup->suite.encr);

    if (!encr || !setup_is_sound(setup))
        return NULL;

    g_autoptr(EspSa) sa = g_aligned_alloc0(1, sizeof(*sa), ESP_APART);

    sa->out.aead =
        aead_new(&setup->suite, setup->key_out, setup->integ_out, AEAD_SEAL | AEAD_BATCH);
    sa->in.aead = aead_new(&setup->suite, setup->key_in, setup->integ_in, AEAD_OPEN | AEAD_BATCH);
    if (!sa->out.aead || !sa->in.aead)
        return NULL;
    sa->spi_in = setup->spi_in;
    sa->spi_out = setup->spi_out;
    sa->iv_len = aead_iv_len(sa->out.aead);
    sa->icv_len = aead_icv_len(sa->out.aead);
    sa->block = aead_block_len(sa->out.aead);
    sa->align = MAX(sa->block, (size_t)PAD_ALIGN);
    g_assert((sa->block & (sa->block - 1)) == 0);
    g_assert(sa->iv_len <= ESP_IV_MAX && ESP_HEADER_LEN + sa->iv_len <= ESP_HEADROOM);
    g_assert(sa->align - 1 + ESP_TRAILER_LEN + sa->icv_len <= ESP_TAILROOM);
    g_assert(sa->align <= 2 * ESP_PAD_PIECE && ESP_TRAILER_LEN + sa->icv_len >= ESP_PAD_PIECE);
    sa->iv_is_seq = encr->aead;
    g_assert(!sa->iv_is_seq || sa->iv_len == sizeof(uint64_t));
    sa->esn = setup->suite.esn == ESN_YES;
    sa->seq_out = setup->seq_from;
    sa->seq_limit = sa->esn ? UINT64_MAX : UINT32_MAX;
    if (setup->max_packets && setup->max_packets < sa->seq_limit - sa->seq_out)
        sa->seq_limit = sa->seq_out + setup->max_packets;
    sa->replay = esp_replay_new(replay_bits(setup));
    if (setup->seq_from)
        esp_replay_mark(sa->replay, setup->seq_from);
    sa->user = setup->user;
    sa->heard = setup->heard;
    sa->df = setup->rules.df;
    sa->shown = setup->rules.dscp == ESP_DSCP_ZERO ? ESP_ECN_MASK : UINT8_MAX;
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
    esp_replay_free(sa->replay);
    g_aligned_free(sa);
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
esp_stats_add(EspStats *sum, const EspStats *more)
{
    sum->packets_in += more->packets_in;
    sum->packets_out += more->packets_out;
    sum->octets_in += more->octets_in;
    sum->octets_out += more->octets_out;
    for (size_t i = 0; i < ESP_STATUS_N; i++)
        sum->drops[i] += more->drops[i];
    sum->heard |= more->heard;
    sum->asked += more->asked;
    sum->asked_of |= more->asked_of;
    sum->last_in = MAX(sum->last_in, more->last_in);
    sum->last_out = MAX(sum->last_out, more->last_out);
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
        .seq_out = esp_counted(&sa->seq_out),
        .replay_top = esp_replay_top(sa->replay),
        .replay_bits = esp_replay_newest(sa->replay),
        .heard = esp_counted(&sa->heard),
        .asked = esp_counted(&sa->asked),
        .asked_of = esp_counted(&sa->asked_of),
    };
    for (size_t i = 0; i < ESP_STATUS_N; i++)
        ret->drops[i] = esp_counted(&sa->in.drops[i]) + esp_counted(&sa->out.drops[i]);
}

void
esp_sa_set_most(EspSa *sa, uint32_t octets)
{
    sa->most = octets;
}

uint32_t
esp_sa_most(const EspSa *sa, bool v6)
{
    return sa->most && v6 ? MAX(sa->most, (uint32_t)ESP_INNER_LEAST6) : sa->most;
}

size_t
esp_sa_overhead(const EspSa *sa, size_t inner_len)
{
    return ESP_HEADER_LEN + sa->iv_len + esp_padding(sa->align, inner_len) + ESP_TRAILER_LEN +
           sa->icv_len;
}

size_t
esp_overhead(const Suite *suite, size_t inner_len)
{
    size_t align = MAX(suite_block_len(suite), (size_t)PAD_ALIGN);

    return ESP_HEADER_LEN + suite_iv_len(suite) + esp_padding(align, inner_len) + ESP_TRAILER_LEN +
           suite_icv_len(suite);
}

static EspStatus
lane_dropped(EspLane *lane, EspBuf *b, EspStatus why)
{
    esp_count(&lane->drops[why], 1);
    return b->status = why;
}

EspStatus
esp_sa_refuse_out(EspSa *sa, EspBuf *b, EspStatus why)
{
    return lane_dropped(&sa->out, b, why);
}

EspStatus
esp_sa_refuse_in(EspSa *sa, EspBuf *b, EspStatus why)
{
    return lane_dropped(&sa->in, b, why);
}

bool
esp_sa_covers_out(const EspSa *sa, EspInner *inner)
{
    return esp_range_covers(sa->out.ranges, sa->out.n_ranges, inner, true) &&
           esp_range_covers(sa->in.ranges, sa->in.n_ranges, inner, false);
}

bool
esp_sa_covers_in(const EspSa *sa, EspInner *inner)
{
    return esp_range_covers(sa->in.ranges, sa->in.n_ranges, inner, true) &&
           esp_range_covers(sa->out.ranges, sa->out.n_ranges, inner, false);
}

static void
lane_add(EspLane *lane, EspTally *t, Usec now)
{
    if (!t->packets)
        return;
    esp_count(&lane->packets, t->packets);
    esp_count(&lane->octets, t->octets);
    __atomic_store_n(&lane->last, now, __ATOMIC_RELAXED);
}

void
esp_tally_out(EspTally *t, Usec now)
{
    if (!t->sa)
        return;
    lane_add(&t->sa->out, t, now);
    if (t->asked)
        esp_count(&t->sa->asked, t->asked);
    if (t->asked_of & ~esp_counted(&t->sa->asked_of)) /* another thread may empty it meanwhile */
        __atomic_or_fetch(&t->sa->asked_of, t->asked_of, __ATOMIC_RELAXED);
    *t = (EspTally){ 0 };
}

void
esp_tally_in(EspTally *t, Usec now)
{
    if (!t->sa)
        return;
    lane_add(&t->sa->in, t, now);
    if (t->packets && esp_counted(&t->sa->asked_of))
        __atomic_store_n(&t->sa->asked_of, 0, __ATOMIC_RELAXED);
    *t = (EspTally){ 0 };
}
