#include "agent/ike/ike_life.h"

enum { RETRY_LEAST_S = 1, RETRY_MOST_S = 60 };
enum { LONG_PACKETS_BITS = 40 }; /* 2^47 blocks of 128 bits at most: far from half a birthday */
enum { SMALL_BLOCK = 8, SMALL_BLOCK_OCTETS = 1 << 30 }; /* 2^27 blocks; 2^32 are half a birthday */

/* Up to @whole, evenly. */
static uint64_t
part(uint64_t whole, uint32_t chance)
{
    return (whole >> 32) * chance + (((whole & UINT32_MAX) * chance) >> 32);
}

uint64_t
ike_life_soft(uint64_t whole, uint32_t chance)
{
    uint64_t tenth = whole / 10;

    return whole - tenth - part(tenth, chance);
}

/* The lower of two measures; 0 is no measure. */
static uint64_t
cut(uint64_t n, uint64_t most)
{
    return n == 0 ? most : MIN(n, most);
}

IkeLife
ike_life_bear(IkeLife life, const Suite *suite)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, suite->encr);

    life.packets =
        cut(life.packets, suite->esn == ESN_YES ? UINT64_C(1) << LONG_PACKETS_BITS : UINT32_MAX);
    if (encr && !encr->aead && suite_block_len(suite) <= SMALL_BLOCK)
        life.octets = cut(life.octets, SMALL_BLOCK_OCTETS);
    return life;
}

Usec
ike_life_until(Usec now, Usec span)
{
    return span == 0 ? USEC_NEVER : usec_add(now, span);
}

Usec
ike_life_retry(Usec now, Usec hard, uint32_t chance)
{
    Usec wait = hard > now ? (hard - now) / 4 : 0;

    if (wait > RETRY_MOST_S * USEC_PER_SEC)
        wait = RETRY_MOST_S * USEC_PER_SEC;
    if (wait < RETRY_LEAST_S * USEC_PER_SEC)
        wait = RETRY_LEAST_S * USEC_PER_SEC;
    return usec_add(now, wait + part(wait, chance));
}
