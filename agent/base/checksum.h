/* checksum.h - the Internet checksum, RFC 1071: sums of 16-bit words in network order, carries
 * added at the end. */
#pragma once

#include "agent/base/reader.h"

/* checksum_fold - a sum of such sums and words, its carries added. Never 0 but for zeros. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
    sum = (sum >> 32) + (sum & UINT32_MAX);
    sum = (sum >> 32) + (sum & UINT32_MAX);
    sum = (sum >> 16) + (sum & UINT16_MAX);
    sum = (sum >> 16) + (sum & UINT16_MAX);
    return (uint16_t)sum;
}

/* checksum_sum - of @octets, an odd one at the end padded with zero. What is summed up from several
 * pieces has an even number of octets in each but the last. The complement of the whole is what
 * stands in a header; with it included the sum of a sound packet is 0xffff. */
uint16_t checksum_sum(Slice octets);
/* checksum_copy - the same, and a copy of @octets to @to, which they do not overlap. */
uint16_t checksum_copy(uint8_t *to, Slice octets);
