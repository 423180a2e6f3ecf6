/* ike_cfrag.h - Cisco's fragments from before RFC 7383: slices of a finished message, each in an
 * IKE packet of its own, without integrity of their own (agent/docs/WIRE.md §8.1). */
#pragma once

#include "agent/ike/ike_msg.h"

enum {
    IKE_PAYLOAD_CISCO_FRAGMENT = 132, /* of the private range */
    IKE_CFRAG_OVERHEAD = IKE_HEADER_LEN + 8,
};

typedef struct IkeCfrag {
    uint16_t id;    /* of the message: counts up per SA and sender, or is always 1 */
    uint8_t number; /* from 1 */
    bool last;
    Slice data;
} IkeCfrag;

/* The one payload of @m, if it is such a fragment. */
bool ike_cfrag_decode(const IkeMsg *m, IkeCfrag *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_cfrag_encode - a whole packet around ->data; @h: header of the message that is cut. */
void ike_cfrag_encode(const IkeHeader *h, const IkeCfrag *f, Writer *out);
/* ike_cfrag_joined - are the joined slices @ret the message that fragments with header @outer are
 * of? Its integrity is still to be checked. */
bool ike_cfrag_joined(const IkeHeader *outer, Slice octets, IkeMsg *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_cfrag_identity - by what a request is known again when its first or only datagram @octets
 * comes again: the slice in a Cisco fragment, whose id may be another then; else all of it. */
Slice ike_cfrag_identity(Slice octets);
