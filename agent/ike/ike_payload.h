/* ike_payload.h - the generic payload header and the chain it makes, RFC 7296 §3.2. */
#pragma once

#include "agent/ike/ike_header.h"

enum { IKE_PAYLOAD_HEADER_LEN = 4, IKE_PAYLOADS_MAX = 64 }; /* the seed's longest chain has 11 */

typedef struct IkePayload {
    uint8_t type; /* IkePayloadType or any other number */
    bool critical;
    bool inner;   /* stood inside SK */
    uint8_t next; /* the next-payload octet as it came */
    Slice body;   /* borrowed; without the generic header */
} IkePayload;

/* A chain under construction in a Writer. The next-payload octet of each payload is written when
 * the following one is opened. */
typedef struct IkeChain {
    Writer *out;
    size_t
        next_at;   /* where the pending next-payload octet stands, or SIZE_MAX: it goes to @first */
    uint8_t first; /* type of the first payload */
    size_t open_at; /* where the open payload starts */
} IkeChain;

/* ike_chain_begin - a chain behind an IKE header that stands at @out's offset @header_at, whose
 * next-payload octet it will set; or SIZE_MAX for the inside of SK, where ->first tells the caller.
 */
IkeChain ike_chain_begin(Writer *out, size_t header_at);
void ike_chain_open(IkeChain *c, uint8_t type); /* then write the body into c->out */
void ike_chain_close(IkeChain *c);              /* patches the payload's length */
void ike_chain_add(IkeChain *c, uint8_t type, Slice body);
