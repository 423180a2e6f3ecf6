/* ike_ppk.h - post-quantum pre-shared keys, RFC 8784. */
#pragma once

#include <stdbool.h>

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"
#include "agent/ike/ike_keys.h"

/* "IKEv2 Post-quantum Preshared Key ID Types" (§5.1). */
enum { IKE_PPK_ID_OPAQUE = 1, IKE_PPK_ID_FIXED = 2 };

/* The data of a PPK_IDENTITY notify in a request: type, then octets. */
typedef struct IkePpkId {
    uint8_t type;
    Slice data; /* borrowed; never empty */
} IkePpkId;

IkeStatus ike_ppk_id_decode(Reader *in, IkePpkId *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_ppk_id_encode(const IkePpkId *id, Writer *out);

/* ike_ppk_mix - SK_d, SK_pi and SK_pr of @k become prf+(@ppk, each), of the same lengths (§3).
 * @ret_plain: the three as they were; the rest of it stays empty. Untouched on failure, as is @k.
 * Returns false for an unknown PRF. */
bool ike_ppk_mix(uint16_t prf_id, Slice ppk, IkeKeys *k,
                 IkeKeys *ret_plain) G_GNUC_WARN_UNUSED_RESULT;
/* ike_ppk_unmix - as if ike_ppk_mix() had not been; @plain is then empty. */
void ike_ppk_unmix(IkeKeys *k, IkeKeys *plain);
