/* ike_life.h - when an SA is replaced: before its life is over, and not both ends at the same
 * moment (RFC 7296 §2.8). Pure arithmetic. */
#pragma once

#include "agent/ike/ike_sa.h"

/* ike_life_soft - how much of @whole (microseconds, octets, packets) may pass before the SA is to
 * be replaced: 80 to 90 %, as @chance, 32 random bits, will have it. 0 stays 0: never. */
uint64_t ike_life_soft(uint64_t whole, uint32_t chance);
/* ike_life_bear - @life, cut down to what a child SA of @suite can bear: sequence numbers that do
 * not come round (RFC 4303 §3.3.3; extended ones would not, but no key lasts for ever), and for a
 * cipher with blocks of 64 bits far fewer of them than make two equal ones likely (CVE-2016-2183).
 */
IkeLife ike_life_bear(IkeLife life, const Suite *suite);
/* ike_life_until - @now and @span; USEC_NEVER when @span is 0. */
Usec ike_life_until(Usec now, Usec span);
/* ike_life_retry - when to ask again after a refusal: a quarter to half of what is left until
 * @hard, between a second and two minutes (§2.25: not at once). */
Usec ike_life_retry(Usec now, Usec hard, uint32_t chance);
