/* ike_vendor.h - the Vendor IDs of the field (agent/docs/WIRE.md §1.2, §2.1). */
#pragma once

#include "agent/base/reader.h"

extern const Slice IKE_VID_DELETE_REASON, IKE_VID_COPYRIGHT, IKE_VID_ANYCONNECT_EAP,
    IKE_VID_FRAGMENTATION, IKE_VID_FLEXVPN, IKE_VID_GRE_MODE;
const char *ike_vendor_name(Slice vid); /* "CISCO-DELETE-REASON", or NULL */

enum { IKE_VID_GRANITE_LEN = 16 };
/* ike_vendor_granite - the custom VID that stands first inside SK of the first IKE_AUTH.
 * @spi: the sender's own. @initiator: which mask. @tail: 8 octets. */
void ike_vendor_granite(uint64_t spi, bool initiator, const uint8_t tail[8],
                        uint8_t ret[IKE_VID_GRANITE_LEN]);
