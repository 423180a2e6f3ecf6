/* esp_replay.h - the anti-replay window, RFC 4303 §3.4.3 with the bit ring of RFC 6479. Sequence
 * numbers have 64 bits (§2.2.1); who uses 32 of them never gets beyond. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    ESP_REPLAY_BITS = 1024, /* of a window if nobody says */
    ESP_REPLAY_BITS_MIN = 64,
    ESP_REPLAY_BITS_MAX = 4096,
};

/* One thread writes, any thread may read: every word is stored whole. */
typedef struct EspReplay EspReplay;
/* esp_replay_new - a window that has seen nothing.
 * @bits: its width, ESP_REPLAY_BITS_MIN to ESP_REPLAY_BITS_MAX; 0: every number is fresh. */
EspReplay *esp_replay_new(uint32_t bits);
void esp_replay_free(EspReplay *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EspReplay, esp_replay_free)

/* esp_replay_guess - the number whose low half is @low, as the window has it: the high half is not
 * sent (RFC 4303, appendix A2.2). */
uint64_t esp_replay_guess(const EspReplay *r, uint32_t low);
/* esp_replay_fresh - may @seq still be accepted? Asked before the ICV is checked. */
bool esp_replay_fresh(const EspReplay *r, uint64_t seq);
/* esp_replay_mark - @seq has been authenticated. */
void esp_replay_mark(EspReplay *r, uint64_t seq);
/* esp_replay_take - asked again of @seq that has been authenticated, and marked if it may be
 * accepted. */
typedef enum EspReplaySeen {
    ESP_REPLAY_STALE,  /* it may not: nothing has changed */
    ESP_REPLAY_LATE,   /* newer ones have been before it */
    ESP_REPLAY_NEWEST, /* the highest number so far */
} EspReplaySeen;
EspReplaySeen esp_replay_take(EspReplay *r, uint64_t seq) G_GNUC_WARN_UNUSED_RESULT;
uint64_t esp_replay_top(const EspReplay *r); /* the highest number marked */
/* The 64 newest: bit 0 is top, bit 1 is top - 1. */
uint64_t esp_replay_newest(const EspReplay *r);
