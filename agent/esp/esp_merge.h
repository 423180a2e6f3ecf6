/* esp_merge.h - packets of a batch into as few pieces as a host takes them in: consecutive segments
 * of one flow become one large packet. Packets of one flow never overtake each other. */
#pragma once

#include "agent/esp/esp_gso.h"

enum { ESP_MERGE_MAX = 128 }; /* packets of a batch */

typedef struct EspMergeItem {
    uint8_t *packet;
    uint32_t len;
    uint8_t next; /* in its run; itself: none */
} EspMergeItem;

/* What will be one piece. */
typedef struct EspRun {
    EspGsoShape shape; /* of the first packet */
    uint32_t len;      /* of the piece */
    uint32_t seq;      /* TCP: that comes next */
    uint16_t size, id; /* payload of the first packet; IPv4: of the last packet */
    uint8_t first, last, n, chain;
    bool open;   /* more may follow */
    bool proven; /* the checksums of the first are right */
} EspRun;

/* Owned by the caller, used again and again; nothing in it is to be touched. */
typedef struct EspMerge {
    size_t n_items, n_runs;
    bool udp;
    EspMergeItem items[ESP_MERGE_MAX];
    EspRun runs[ESP_MERGE_MAX];
    uint8_t chains[64]; /* by flow: its newest run */
} EspMerge;

/* esp_merge_begin - an empty batch. @udp: datagrams of one flow may be merged too. */
void esp_merge_begin(EspMerge *m, bool udp);
bool esp_merge_full(const EspMerge *m);
/* esp_merge_add - the next packet, borrowed until its run has been written; at most ESP_MERGE_MAX.
 * Merged are TCP segments and UDP datagrams behind the same IP header (but for length,
 * identification and checksum), the former with the same flags (but for PSH), acknowledgment,
 * window and options; in sequence, of one size but for a last shorter one, with right checksums.
 * PSH ends a run. IPv4 identifications go up by one, where DF is not set (RFC 6864 §4.1: there they
 * mean nothing). Any other packet is a run of its own. */
void esp_merge_add(EspMerge *m, uint8_t *packet, size_t len);
/* How many runs there are, in the order in which they are to be written. */
size_t esp_merge_runs(const EspMerge *m);
/* esp_merge_run - run @i as one piece. The headers of its first packet become those of the whole.
 * @ret: what stands in front of it. @pieces: of ESP_MERGE_MAX: the octets, views of the packets.
 * Returns the number of pieces. */
size_t esp_merge_run(EspMerge *m, size_t i, EspGso *ret, Slice *pieces);
