/* ct.h - comparison that takes the same time wherever the first difference is. */
#pragma once

#include <openssl/crypto.h>
#include <stdbool.h>

#include "agent/base/reader.h"

/* Lengths may be compared openly: they are never secret here. */
static inline bool
ct_equal(Slice a, Slice b)
{
    return a.len == b.len && CRYPTO_memcmp(a.p, b.p, a.len) == 0;
}

/* The same of 16 octets, without a call. */
static inline bool
ct_equal16(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[2], y[2];

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}
