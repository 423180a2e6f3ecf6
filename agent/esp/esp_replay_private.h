/* esp_replay_private.h - the window from within, for the two questions that every packet asks. */
#pragma once

#include "agent/esp/esp_replay.h"

/* One word more than the window is wide, at least: the word being filled never holds bits that
 * still count (RFC 6479 §2). A power of two, so that finding one is no division. Relaxed atomics
 * cost nothing here and let another thread read for statistics. */
struct EspReplay {
    uint64_t top;
    uint32_t bits;   /* the left edge is ->bits - 1 below ->top */
    uint32_t mask;   /* words of ->ring, less one */
    bool any;        /* nothing is ever refused */
    uint64_t ring[]; /* bit s % 64 of word s / 64 & mask: s was seen */
};

/* As esp_replay_fresh(): nearly every packet is newer than all before. */
static inline bool
esp_replay_may_pass(const EspReplay *r, uint64_t seq)
{
    return seq > r->top || esp_replay_fresh(r, seq);
}

/* As esp_replay_take(): nearly every packet is the next one, and its bit in the word of the last.
 */
static inline EspReplaySeen
esp_replay_pass(EspReplay *r, uint64_t seq)
{
    uint64_t *word = &r->ring[seq / 64 & r->mask];

    if (seq != r->top + 1 || seq % 64 == 0)
        return esp_replay_take(r, seq);
    __atomic_store_n(&r->top, seq, __ATOMIC_RELAXED);
    __atomic_store_n(word, *word | UINT64_C(1) << seq % 64, __ATOMIC_RELAXED);
    return ESP_REPLAY_NEWEST;
}
