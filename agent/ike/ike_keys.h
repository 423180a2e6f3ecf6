/* ike_keys.h - the keys of an IKE SA and of its child SAs, RFC 7296 §2.14 and §2.17. */
#pragma once

#include "agent/base/secret.h"
#include "agent/crypto/suite.h"

/* The seven of §2.14; ai and ar are empty with an AEAD (RFC 5282 §7). */
typedef struct IkeKeys {
    Secret d, ai, ar, ei, er, pi, pr;
} IkeKeys;

/* ike_keys_derive - SKEYSEED from @g_ir and the nonces, then the seven keys.
 * @ret: overwritten on success, untouched on failure. */
bool ike_keys_derive(const Suite *suite, Slice g_ir, Slice ni, Slice nr, uint64_t spi_i,
                     uint64_t spi_r, IkeKeys *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_keys_rekey - the same for an IKE SA that takes the place of another: SKEYSEED from the SK_d
 * of
 * @old by its PRF, @old_prf; all else by the PRF of the new @suite (§2.18). */
bool ike_keys_rekey(const Suite *suite, uint16_t old_prf, const IkeKeys *old, Slice g_ir, Slice ni,
                    Slice nr, uint64_t spi_i, uint64_t spi_r,
                    IkeKeys *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_keys_clear(IkeKeys *k); /* wipes */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeKeys, ike_keys_clear)

/* Of one child SA: encryption and integrity, initiator to responder and back. */
typedef struct IkeChildKeys {
    Secret ei, ai, er, ar;
} IkeChildKeys;

/* ike_keys_child - KEYMAT of a child SA (§2.17). @g_ir: of a key exchange of its own, empty: none.
 */
bool ike_keys_child(uint16_t prf_id, const IkeKeys *k, const Suite *child, Slice g_ir, Slice ni,
                    Slice nr, IkeChildKeys *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_child_keys_clear(IkeChildKeys *k); /* wipes */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(IkeChildKeys, ike_child_keys_clear)
