/* mutate.h - datagrams that are nearly right: copies of real ones, damaged. Same seed and same
 * samples, same damage. */
#pragma once

#include <netinet/in.h>

#include "agent/base/reader.h"

enum {
    MUTATE_MAX = 1472, /* octets: what one Ethernet frame takes, so that no fragments are made */
    MUTATE_SAMPLES = 64,
};

/* One real datagram of UDP 500 or 4500. */
typedef struct Sample {
    struct in_addr from;
    uint16_t sport, dport;
    bool natt, esp;
    size_t at; /* where the IKE header begins: 4 behind a non-ESP marker */
    size_t len;
    uint8_t octets[MUTATE_MAX];
} Sample;

typedef struct Mutator {
    uint64_t state; /* any seed is good */
    size_t n, next;
    Sample v[MUTATE_SAMPLES]; /* a ring: new ones overwrite the oldest */
} Mutator;

uint64_t mutate_draw(Mutator *m);
/* mutate_below - from 0 to @n - 1; @n at least 1. */
size_t mutate_below(Mutator *m, size_t n);
/* mutate_learn - take what was seen as a sample; ESP gets but a few places. */
void mutate_learn(Mutator *m, const Sample *s);
/* mutate_octets - a few kinds of damage to @len octets, anywhere.
 * @cap: as many octets as it may grow to. Returns the new length. */
size_t mutate_octets(Mutator *m, uint8_t *octets, size_t len, size_t cap);
/* mutate_next - a damaged datagram, or a repeated or a random one, to @ret.
 * Returns the sample that it was made of, whose ->len and ->octets are not those of @ret. */
const Sample *mutate_next(Mutator *m, uint8_t ret[static MUTATE_MAX], size_t *ret_len);
