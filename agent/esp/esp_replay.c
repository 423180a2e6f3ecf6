#include "agent/esp/esp_replay_private.h"

EspReplay *
esp_replay_new(uint32_t bits)
{
    uint32_t width = bits ? bits : ESP_REPLAY_BITS_MIN, words = 1;
    EspReplay *r;

    g_assert(width >= ESP_REPLAY_BITS_MIN && width <= ESP_REPLAY_BITS_MAX);
    while (words < (width + 63) / 64 + 1)
        words *= 2;
    r = g_malloc0(sizeof(*r) + words * sizeof(r->ring[0]));
    r->bits = width;
    r->mask = words - 1;
    r->any = bits == 0;
    return r;
}

void
esp_replay_free(EspReplay *r)
{
    g_free(r);
}

static uint64_t
word_get(const EspReplay *r, uint64_t word)
{
    return __atomic_load_n(&r->ring[word & r->mask], __ATOMIC_RELAXED);
}

static void
word_set(EspReplay *r, uint64_t word, uint64_t bits)
{
    __atomic_store_n(&r->ring[word & r->mask], bits, __ATOMIC_RELAXED);
}

uint64_t
esp_replay_top(const EspReplay *r)
{
    return __atomic_load_n(&r->top, __ATOMIC_RELAXED);
}

uint64_t
esp_replay_guess(const EspReplay *r, uint32_t low)
{
    uint64_t high = r->top >> 32;
    uint32_t top_low = (uint32_t)r->top, left = top_low - (r->bits - 1);

    if (top_low >= r->bits - 1) /* the window is within one round of the low half */
        high += low < left;
    else if (high > 0) /* it began in the round before */
        high -= low >= left;
    return high << 32 | low;
}

bool
esp_replay_fresh(const EspReplay *r, uint64_t seq)
{
    if (seq > r->top || r->any)
        return true;
    /* The first packet of an SA is number 1 (RFC 4303 §2.2). */
    if (seq == 0 || r->top - seq >= r->bits)
        return false;
    return !(word_get(r, seq / 64) >> seq % 64 & 1);
}

void
esp_replay_mark(EspReplay *r, uint64_t seq)
{
    uint64_t word = seq / 64;

    if (seq > r->top) {
        uint64_t old = r->top / 64;
        uint64_t steps = MIN(word - old, (uint64_t)r->mask + 1);

        for (uint64_t i = 0; i < steps; i++)
            word_set(r, word - i, 0);
        __atomic_store_n(&r->top, seq, __ATOMIC_RELAXED);
    } else if (r->top - seq >= r->bits) {
        return; /* its word belongs to newer numbers by now */
    }
    word_set(r, word, word_get(r, word) | UINT64_C(1) << seq % 64);
}

EspReplaySeen
esp_replay_take(EspReplay *r, uint64_t seq)
{
    bool newest = seq > r->top;

    if (!esp_replay_fresh(r, seq))
        return ESP_REPLAY_STALE;
    esp_replay_mark(r, seq);
    return newest ? ESP_REPLAY_NEWEST : ESP_REPLAY_LATE;
}

uint64_t
esp_replay_newest(const EspReplay *r)
{
    uint64_t top = esp_replay_top(r), ret = 0;

    for (uint64_t i = 0; i < 64 && i < top; i++)
        ret |= (word_get(r, (top - i) / 64) >> (top - i) % 64 & 1) << i;
    return ret;
}
