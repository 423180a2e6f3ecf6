#include "agent/esp/esp_replay.h"

/* One word more than the window is wide: the word being filled never holds bits that still count
 * (RFC 6479 §2). Relaxed atomics cost nothing here and let another thread read for statistics. */

static uint64_t
word_get(const EspReplay *r, uint32_t word)
{
    return __atomic_load_n(&r->ring[word % ESP_REPLAY_WORDS], __ATOMIC_RELAXED);
}

static void
word_set(EspReplay *r, uint32_t word, uint64_t bits)
{
    __atomic_store_n(&r->ring[word % ESP_REPLAY_WORDS], bits, __ATOMIC_RELAXED);
}

uint32_t
esp_replay_top(const EspReplay *r)
{
    return __atomic_load_n(&r->top, __ATOMIC_RELAXED);
}

bool
esp_replay_fresh(const EspReplay *r, uint32_t seq)
{
    if (seq > r->top)
        return true;
    /* The first packet of an SA is number 1 (RFC 4303 §2.2). */
    if (seq == 0 || r->top - seq >= ESP_REPLAY_BITS)
        return false;
    return !(word_get(r, seq / 64) >> seq % 64 & 1);
}

void
esp_replay_mark(EspReplay *r, uint32_t seq)
{
    uint32_t word = seq / 64;

    if (seq > r->top) {
        uint32_t old = r->top / 64;
        uint32_t steps = word - old < ESP_REPLAY_WORDS ? word - old : ESP_REPLAY_WORDS;

        for (uint32_t i = 0; i < steps; i++)
            word_set(r, word - i, 0);
        __atomic_store_n(&r->top, seq, __ATOMIC_RELAXED);
    } else if (r->top - seq >= ESP_REPLAY_BITS) {
        return; /* its word belongs to newer numbers by now */
    }
    word_set(r, word, word_get(r, word) | UINT64_C(1) << seq % 64);
}

uint64_t
esp_replay_newest(const EspReplay *r)
{
    uint32_t top = esp_replay_top(r);
    uint64_t ret = 0;

    for (uint32_t i = 0; i < 64 && i < top; i++)
        ret |= (word_get(r, (top - i) / 64) >> (top - i) % 64 & 1) << i;
    return ret;
}
