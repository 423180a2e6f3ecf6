/* usec.h - time as the core sees it: microseconds on a monotonic clock the caller owns. */
#pragma once

#include <stdint.h>

typedef uint64_t Usec;

#define USEC_NEVER    UINT64_MAX
#define USEC_PER_MSEC UINT64_C(1000)
#define USEC_PER_SEC  UINT64_C(1000000)

/* usec_add - @t later by @span; never wraps, and "never" stays never. */
static inline Usec
usec_add(Usec t, Usec span)
{
    return t > USEC_NEVER - span ? USEC_NEVER : t + span;
}

static inline Usec
usec_min(Usec a, Usec b)
{
    return a < b ? a : b;
}
