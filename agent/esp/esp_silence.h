/* esp_silence.h - is there a tunnel that is up but carries nothing? A peer that has lost its keys,
 * or a filter that lets IKE pass and ESP not, leaves an IKE SA that answers and a tunnel that does
 * not. Pure.
 *
 * Silence alone is no sign of it, for there is traffic that nobody answers (syslog). What counts is
 * that hosts behind the tunnel that have been heard before are asked what they must answer
 * (esp_inner_asks()), again and again, and nothing at all comes in. */
#pragma once

#include "agent/esp/esp_sa.h"

typedef enum EspVerdict {
    ESP_CARRIES,
    ESP_SILENT, /* once: new keys may help, and do no harm when it is the host that has gone */
    ESP_DEAD,   /* then as often as it stays so: two hosts or more, and new keys have not helped */
} EspVerdict;

/* Zeros but for @span at first. */
typedef struct EspSilence {
    Usec span;            /* that it takes to be sure; 0: never */
    Usec heard;           /* the last packet in */
    uint64_t base, asked; /* questions when the silence began, and now */
    Usec since, last;     /* the first and the last question in it; 0: none */
    bool told;
} EspSilence;

/* esp_silence_look - once a second or so. @stats: of all SAs of the tunnel together. */
EspVerdict esp_silence_look(EspSilence *s, const EspStats *stats, Usec now);
