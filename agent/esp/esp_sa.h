/* esp_sa.h - one ESP SA pair in tunnel mode, RFC 4303: keys, sequence numbers, replay window,
 * selectors. */
#pragma once

#include <glib.h>

#include "agent/base/selector.h"
#include "agent/base/usec.h"
#include "agent/crypto/aead.h"

typedef enum EspStatus {
    ESP_OK,
    ESP_MALFORMED, /* too short, lying padding, inner length beyond the packet */
    ESP_NO_SA,     /* unknown SPI, or no SA for the destination */
    ESP_REPLAYED,  /* seen before, or left of the window (§3.4.3) */
    ESP_FORGED,    /* ICV wrong */
    ESP_SPENT,     /* sequence number or packet limit used up (§3.3.3) */
    ESP_SELECTOR,  /* inner addresses outside the selectors (RFC 4301 §5.2) */
    ESP_TOO_BIG,   /* for the path, and must not be cut; or, not counted, may be: esp_toobig.h */
    ESP_CONGESTED, /* marked on the way, and its sender knows no marks (RFC 6040 §4.2) */
    ESP_DUMMY,     /* next header 59: dropped quietly (§2.6) */
    ESP_STATUS_N,
} EspStatus;
const char *esp_status_name(EspStatus s); /* stable token: "replayed" */

/* Room that must be free in front of and behind an inner packet: SPI, sequence number, IV; padding,
 * trailer, ICV. */
enum { ESP_HEADROOM = 32, ESP_TAILROOM = 64, ESP_SELECTORS_MAX = 32 };
enum { ESP_REPLAY_OFF = UINT32_MAX >> 1 }; /* as EspRules.replay_window */

typedef struct EspSa EspSa;

/* One packet in a buffer of the caller's. Sealing and opening move ->off and ->len, never the
 * buffer. */
typedef struct EspBuf {
    uint8_t *base;
    uint32_t cap;      /* octets at @base */
    uint32_t off, len; /* the packet: inner (IP header first) or outer (SPI first) */
    EspStatus status;  /* what became of it */
    uint8_t tos;       /* of the outer IP header: set by sealing, taken by opening (esp_ecn.h) */
    bool newest;       /* opened: no packet of the SA had a higher sequence number before */
    bool loose;        /* sealed: it may be fragmented on its way */
    EspSa *sa;         /* whose it was or is; set by the plane, borrowed */
} EspBuf;

/* What an administrator decides; zeros are the usual. */
typedef struct EspRules {
    uint32_t tcp_mss;       /* no TCP segment of IPv4 gets larger (esp_mss.h); 0: any */
    uint32_t replay_window; /* 64 to 4096; 0: 1024; ESP_REPLAY_OFF: packets may come again */
    /* The outer header has the DSCP of the inner one (RFC 4301 §5.1.2.1), or shows nobody what is
     * urgent (RFC 2983 §6). */
    enum EspDscp { ESP_DSCP_COPY, ESP_DSCP_ZERO } dscp;
    /* May an ESP packet be fragmented on its way (RFC 4301 §8.1)? Never; when its inner packet is
     * IPv4 without DF; always. What may not is measured against the path (esp_sa_set_most()). */
    enum EspDf { ESP_DF_SET, ESP_DF_COPY, ESP_DF_CLEAR } df;
} EspRules;

typedef struct EspSaSetup {
    uint32_t spi_in, spi_out;
    Suite suite;
    Slice key_in, integ_in, key_out, integ_out; /* copied */
    const Selector *local, *remote;             /* copied */
    size_t n_local, n_remote;                   /* at most ESP_SELECTORS_MAX each */
    uint64_t heard;                             /* EspStats.heard of the SA it takes over from */
    uint64_t max_packets;                       /* 0: up to the last sequence number there is */
    uint64_t seq_from; /* sequence numbers up to this are used up, both ways */
    EspRules rules;
    void *user; /* see esp_sa_set_user() */
} EspSaSetup;

/* Counters of one SA pair since it was made. */
typedef struct EspStats {
    uint64_t packets_in, packets_out, octets_in, octets_out; /* inner octets */
    uint64_t drops[ESP_STATUS_N];
    Usec last_in, last_out; /* 0: never */
    uint64_t seq_out, replay_top;
    uint64_t replay_bits; /* the 64 newest of the window */
    uint64_t heard;       /* esp_inner_mark() of all whose packets have come in */
    uint64_t asked;       /* packets out that must be answered, to those */
    uint64_t asked_of;    /* their marks, since the last packet in */
} EspStats;
/* esp_stats_add - the counters of @more to those of @sum; the state of its window is its own. */
void esp_stats_add(EspStats *sum, const EspStats *more);

/* esp_sa_new - contexts for both directions.
 * Returns NULL when a key length or a number of selectors is wrong, an SPI is reserved (RFC 4303
 * §2.1: below 256), or an algorithm is missing. */
EspSa *esp_sa_new(const EspSaSetup *setup);
void esp_sa_free(EspSa *sa);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EspSa, esp_sa_free)

uint32_t esp_sa_spi_in(const EspSa *sa);
uint32_t esp_sa_spi_out(const EspSa *sa);
/* What whoever moves the packets keeps beside the SA: a Pump keeps the outer destination there. */
void *esp_sa_user(const EspSa *sa);
void esp_sa_set_user(EspSa *sa, void *user);
void esp_sa_stats(const EspSa *sa,
                  EspStats *ret); /* may be called from another thread: counters are atomic */
/* esp_sa_overhead - octets added around an inner packet of @inner_len, UDP header not included. */
size_t esp_sa_overhead(const EspSa *sa, size_t inner_len);

/* esp_sa_set_most - larger inner packets are ESP_TOO_BIG for an EspPlane; 0: none is. Of IPv6 it
 * takes ESP_INNER_LEAST6 octets in any case. By the thread that seals. */
void esp_sa_set_most(EspSa *sa, uint32_t octets);
uint32_t esp_sa_most(const EspSa *sa, bool v6); /* 0: any */

/* esp_overhead - the same for any SA of @suite. */
size_t esp_overhead(const Suite *suite, size_t inner_len);

/* esp_sa_seal - inner packet in @b to ESP packet, in place (RFC 4303 §3.3).
 * Checks the selectors; sets ->status, which it returns, and ->tos. Octets behind the inner packet
 * are not sent. A buffer without ESP_HEADROOM and ESP_TAILROOM around the packet is ESP_MALFORMED;
 * so is what is no IP packet. ->off and ->len move only with ESP_OK. */
EspStatus esp_sa_seal(EspSa *sa, EspBuf *b, Usec now);
/* esp_sa_open - ESP packet in @b to inner packet, in place (RFC 4303 §3.4): window, ICV, window
 * update, padding, inner version and length, selectors, congestion, in this order. ->off and ->len
 * move only with ESP_OK; the octets are clobbered in any case. */
EspStatus esp_sa_open(EspSa *sa, EspBuf *b, Usec now);
