/* ike_header.h - the IKE header, RFC 7296 §3.1. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

enum { IKE_HEADER_LEN = 28, IKE_VERSION = 0x20, IKE_MESSAGE_MAX = 65535 };

typedef struct IkeHeader {
    uint64_t spi_i, spi_r;
    uint8_t next_payload;
    uint8_t version; /* 0x20 */
    uint8_t exchange;
    uint8_t flags;
    uint32_t message_id;
    uint32_t length; /* octets, the header included */
} IkeHeader;

/* ike_header_decode - the first 28 octets of a datagram; nothing but the size is judged.
 * Returns IKE_OK, or IKE_DROP when fewer are there. */
IkeStatus ike_header_decode(Reader *in, IkeHeader *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_header_encode(const IkeHeader *h, Writer *out);
/* ike_header_finish - a clear message is complete: set the length field of the header that stands
 * at
 * @header_at to everything written since. (ike_sk_seal does it for a protected one.) */
void ike_header_finish(Writer *out, size_t header_at);
