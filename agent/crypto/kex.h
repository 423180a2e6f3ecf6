/* kex.h - one side of one key exchange: MODP, ECP and Curve25519 groups of IKEv2. */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"
#include "agent/base/secret.h"

typedef struct Kex Kex;

/* kex_new - make a fresh key pair in IANA group @group.
 * Returns NULL for a group that is unknown or not implemented. */
Kex *kex_new(uint16_t group);
void kex_free(Kex *k);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kex, kex_free)

uint16_t kex_group(const Kex *k);
/* kex_public - our value as it stands in a KE payload (RFC 7296 §3.4, RFC 5903 §7, RFC 8031 §2);
 * borrowed. */
Slice kex_public(const Kex *k);
/* kex_finish - the shared secret with @peer's public value.
 * @peer: any octets; a wrong length, a value out of range (RFC 6989 §2), a point off the curve and
 *   an all-zero result are refused.
 * @ret: padded to the group's length as RFC 7296 §2.14 wants; untouched on failure. */
bool kex_finish(Kex *k, Slice peer, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
