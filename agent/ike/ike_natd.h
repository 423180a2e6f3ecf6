/* ike_natd.h - NAT detection, RFC 7296 §2.23. */
#pragma once

#include "agent/base/addr.h"
#include "agent/ike/ike_msg.h"

enum { IKE_NATD_LEN = 20 };

/* ike_natd_hash - SHA-1(SPIs | address | port), the data of NAT_DETECTION_*_IP.
 * @spi_r: 0 in an IKE_SA_INIT request. */
void ike_natd_hash(uint64_t spi_i, uint64_t spi_r, const Endpoint *e, uint8_t ret[IKE_NATD_LEN]);
/* ike_natd_check - compare the hashes in an IKE_SA_INIT message with the path it came over.
 * @ret_here: we are behind a NAT (our address is not what the peer sent to).
 * @ret_there: the peer is (no source hash of its is right); both false when it sent no hashes. */
void ike_natd_check(const IkeMsg *m, const Endpoint *local, const Endpoint *remote, bool *ret_here,
                    bool *ret_there);
