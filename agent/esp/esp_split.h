/* esp_split.h - one large packet into the segments it stands for, one at a time. */
#pragma once

#include "agent/esp/esp_gso.h"

/* Borrows the packet until the last segment has been written. */
typedef struct EspSplit {
    Slice packet;
    EspGsoShape shape;
    uint32_t size, at;  /* payload of a segment; of the packet written so far */
    uint32_t n;         /* segments written so far */
    uint32_t seq;       /* TCP: of the first segment */
    uint16_t id;        /* IPv4: of the first segment */
    uint16_t ip_sum;    /* IPv4: of the header without length and identification */
    uint16_t upper_sum; /* pseudo-header and upper header without what changes */
} EspSplit;

/* esp_split_init - check that @g and @packet agree.
 * The segments are those that the host would send itself: the headers of @packet with lengths,
 * identification, sequence number and checksums of their own; FIN and PSH stand in the last, CWR in
 * the first. */
EspGsoStatus esp_split_init(EspSplit *s, const EspGso *g, Slice packet);
/* esp_split_next_len - octets of the next segment; 0: there is none any more. */
size_t esp_split_next_len(const EspSplit *s);
/* esp_split_next - write it to @to, of esp_split_next_len() octets. */
void esp_split_next(EspSplit *s, uint8_t *to);
