/* relay.h - a bad link: a thread that passes datagrams of UDP 500 and 4500 on between two ends, and
 * of ESP loses some, sends some twice and lets some be overtaken. Numbered datagrams are told from
 * others by their DSCP, which is the inner one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    RELAY_OVERTAKEN = 200, /* so many datagrams, at most, overtake one that is held up */
    RELAY_TOS = 0xb8,      /* of numbered ones: EF */
};

typedef struct RelaySetup {
    const char *ns;           /* file: /run/netns/name */
    const char *front, *back; /* its addresses towards the client and towards the headend */
    const char *to;           /* the headend's */
    uint64_t seed;
    double loss, twice, held; /* parts of what passes */
} RelaySetup;

/* Of one direction, on port 4500: ESP that is not numbered and ESP that is, IKE and keepalives.
 * What was held up or sent twice has passed, too. */
enum { RELAY_OTHER, RELAY_NUMBERED, RELAY_NO_ESP, RELAY_KINDS };
typedef struct RelayCounts {
    uint64_t passed[RELAY_KINDS], lost[RELAY_KINDS], twice[RELAY_KINDS], held[RELAY_KINDS];
} RelayCounts;
enum { RELAY_UP, RELAY_DOWN, RELAY_WAYS }; /* to the headend, to the client */

typedef struct Relay Relay;
/* relay_new - starts it; it lives as long as the program, which ends when something is wrong. */
Relay *relay_new(const RelaySetup *setup);
/* relay_counts - from any thread; a datagram that is lost is counted when it is. */
void relay_counts(const Relay *r, int way, RelayCounts *ret);
/* Numbered ones that were lost. */
uint64_t relay_lost(const Relay *r, int way);
