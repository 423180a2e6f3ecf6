/* prf.h - pseudo-random functions of IKEv2. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/secret.h"

/* prf_len - octets of output of PRF transform @id, 0 when unknown. */
size_t prf_len(uint16_t id);

/* prf - prf(K, parts concatenated), RFC 7296 §2.13.
 * @parts, @n_parts: hashed in order, so nothing need be joined first.
 * @ret: prf_len(id) octets; untouched on failure.
 * Returns false for an unknown @id. */
bool prf(uint16_t id, Slice key, const Slice *parts, size_t n_parts,
         Secret *ret) G_GNUC_WARN_UNUSED_RESULT;

/* prf_plus - prf+(K, S), RFC 7296 §2.13.
 * @out_len: octets wanted, at most 255 times the PRF's output (§2.13).
 * @ret: overwritten on success, untouched on failure. */
bool prf_plus(uint16_t id, Slice key, Slice seed, size_t out_len,
              Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
