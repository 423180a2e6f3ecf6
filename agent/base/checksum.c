#include "agent/base/checksum.h"

/* Words of 64 bits, LANES of them at a time. What is wanted is the sum of their halves: that of the
 * upper ones is taken, and that of the lower ones is what it leaves of the sum of the whole, modulo
 * 2^64 as that may be: no carry is lost below 2^29 steps. The order of octets within a word does
 * not matter until the end (RFC 1071 §2 B). */
enum { LANES = 4, STEP = 2 * LANES * sizeof(uint64_t) };
typedef uint64_t Words __attribute__((vector_size(LANES * sizeof(uint64_t))));

/* @steps of STEP octets, and a copy of them to @to where there is one. */
static inline __attribute__((always_inline)) uint64_t
sum_steps(const uint8_t *p, size_t steps, uint8_t *to)
{
    Words whole = { 0 }, high = { 0 }, a, b;
    uint64_t lanes[LANES], sum = 0;

    for (; steps > 0; steps--, p += STEP) {
        memcpy(&a, p, sizeof(a));
        memcpy(&b, p + sizeof(a), sizeof(b));
        if (to) {
            memcpy(to, &a, sizeof(a));
            memcpy(to + sizeof(a), &b, sizeof(b));
            to += STEP;
        }
        whole += a + b;
        high += (a >> 32) + (b >> 32);
    }
    whole += high - (high << 32);
    memcpy(lanes, &whole, sizeof(whole));
    for (size_t i = 0; i < LANES; i++)
        sum += lanes[i];
    return sum;
}

#if defined(__x86_64__) && !defined(CHECKSUM_NARROW) /* which a test defines */
__attribute__((target("avx2"))) static uint64_t
sum_wide(const uint8_t *p, size_t steps)
{
    return sum_steps(p, steps, NULL);
}

__attribute__((target("avx2"))) static uint64_t
copy_wide(uint8_t *to, const uint8_t *p, size_t steps)
{
    return sum_steps(p, steps, to);
}

static bool
is_wide(void)
{
    return __builtin_cpu_supports("avx2");
}
#else
static uint64_t
sum_wide(const uint8_t *p, size_t steps)
{
    return sum_steps(p, steps, NULL);
}

static uint64_t
copy_wide(uint8_t *to, const uint8_t *p, size_t steps)
{
    return sum_steps(p, steps, to);
}

static bool
is_wide(void)
{
    return false;
}
#endif

/* The end: @sum of the steps, and less than a step. */
static uint16_t
finish(uint64_t sum, const uint8_t *p, size_t len)
{
    uint64_t word;
    uint16_t native;
    uint8_t b[2];

    for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        sum += (word & UINT32_MAX) + (word >> 32);
    }
    for (; len >= sizeof(native); len -= sizeof(native), p += sizeof(native)) {
        memcpy(&native, p, sizeof(native));
        sum += native;
    }
    native = 0;
    if (len)
        memcpy(&native, p, 1);
    native = checksum_fold(sum + native);
    memcpy(b, &native, sizeof(b));
    return (uint16_t)(b[0] << 8 | b[1]);
}

uint16_t
checksum_sum(Slice octets)
{
    size_t steps = octets.len / STEP, done = steps * STEP;
    uint64_t sum = 0;

    if (steps)
        sum = is_wide() ? sum_wide(octets.p, steps) : sum_steps(octets.p, steps, NULL);
    return finish(sum, done < octets.len ? octets.p + done : NULL, octets.len - done);
}

uint16_t
checksum_copy(uint8_t *to, Slice octets)
{
    size_t steps = octets.len / STEP, done = steps * STEP;
    uint64_t sum = 0;

    if (!is_wide()) { /* two passes are quicker than one of narrow vectors */
        if (octets.len)
            memcpy(to, octets.p, octets.len);
        return checksum_sum((Slice){ to, octets.len });
    }
    if (steps)
        sum = copy_wide(to, octets.p, steps);
    if (done == octets.len)
        return finish(sum, NULL, 0);
    memcpy(to + done, octets.p + done, octets.len - done);
    return finish(sum, octets.p + done, octets.len - done);
}
