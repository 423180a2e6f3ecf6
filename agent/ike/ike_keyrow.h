/* ike_keyrow.h - keys as rows of Wireshark's tables, so that a third reader can look into a
 * capture. For debugging: a row gives away everything its SA protects. */
#pragma once

#include "agent/base/addr.h"
#include "agent/ike/ike_keys.h"

/* Rows have the form "TABLE:ROW", as "tshark -o uat:TABLE:ROW" takes it. They are owned by the
 * caller, who wipes them; NULL when Wireshark 4.0 has no name for an algorithm
 * (ChaCha20-Poly1305). */

/* ike_keyrow_ike - table ikev2_decryption_table: SPIs, SK_ei, SK_er, SK_ai, SK_ar. */
char *ike_keyrow_ike(uint64_t spi_i, uint64_t spi_r, const Suite *suite, const IkeKeys *k);
/* ike_keyrow_esp - table esp_sa: one direction of a child SA, between any two addresses of the
 * outer @family. */
char *ike_keyrow_esp(AddrFamily family, uint32_t spi, const Suite *suite, Slice key, Slice integ);
