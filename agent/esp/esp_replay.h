/* esp_replay.h - the anti-replay window, RFC 4303 §3.4.3 with the bit ring of RFC 6479. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { ESP_REPLAY_BITS = 1024, ESP_REPLAY_WORDS = ESP_REPLAY_BITS / 64 + 1 };

/* Zero is a window that has seen nothing. One thread writes, any thread may read: every word is
 * stored whole. */
typedef struct EspReplay {
    uint32_t top;                    /* highest sequence number accepted */
    uint64_t ring[ESP_REPLAY_WORDS]; /* bit s % 64 of word s / 64 % ESP_REPLAY_WORDS: s was seen */
} EspReplay;

/* esp_replay_fresh - may @seq still be accepted? Asked before the ICV is checked. */
bool esp_replay_fresh(const EspReplay *r, uint32_t seq);
/* esp_replay_mark - @seq has been authenticated. */
void esp_replay_mark(EspReplay *r, uint32_t seq);
uint32_t esp_replay_top(const EspReplay *r);
/* The 64 newest: bit 0 is top, bit 1 is top - 1. */
uint64_t esp_replay_newest(const EspReplay *r);
