/* ike_mobike.h - what the notifies of MOBIKE carry, RFC 4555 §4. */
#pragma once

#include "agent/base/addr.h"
#include "agent/ike/ike_msg.h"

enum {
    IKE_ADDRS_MAX = 8, /* further addresses kept of a peer's; what comes behind is ignored */
    IKE_COOKIE2_MIN = 8,
    IKE_COOKIE2_MAX = 64, /* octets, §4.2.5 */
    IKE_COOKIE2_LEN = 16, /* of ours */
};

/* Further addresses of one end (§3.4). A value. */
typedef struct IkeAddrs {
    size_t n;
    Addr v[IKE_ADDRS_MAX];
} IkeAddrs;

/* ike_mobike_addrs_decode - the ADDITIONAL_IP4_ADDRESS, ADDITIONAL_IP6_ADDRESS and
 * NO_ADDITIONAL_ADDRESSES of @m: the whole list anew. Returns false, leaving @ret alone, when @m
 * has none of them. Addresses of a wrong length, unspecified and multicast ones are skipped. */
bool ike_mobike_addrs_decode(const IkeMsg *m, IkeAddrs *ret);
/* ike_mobike_addr_decode - data of one ADDITIONAL_IP*_ADDRESS, @type says which. */
bool ike_mobike_addr_decode(uint16_t type, Slice data, Addr *ret) G_GNUC_WARN_UNUSED_RESULT;
uint16_t ike_mobike_addr_type(const Addr *a); /* the Notify that carries it */
/* ike_mobike_no_nats_decode - NO_NATS_ALLOWED (§4.2.6): the endpoints as the sender sees them. */
bool ike_mobike_no_nats_decode(Slice data, Endpoint *ret_src,
                               Endpoint *ret_dst) G_GNUC_WARN_UNUSED_RESULT;
void ike_mobike_no_nats_encode(const Endpoint *src, const Endpoint *dst, Writer *out);
/* ike_mobike_cookie2 - the data of the COOKIE2 in @m; false when there is none of a length that is
 * allowed. */
bool ike_mobike_cookie2(const IkeMsg *m, Slice *ret);
