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
