/* ike_delete.h - Delete payload body, RFC 7296 §3.11. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

typedef struct IkeDelete {
    uint8_t proto; /* IKE_PROTO_IKE (no SPIs) or IKE_PROTO_ESP (SPIs of 4 octets) */
    uint8_t spi_size;
    uint16_t n_spis;
    Slice spis; /* borrowed; n_spis x spi_size octets */
} IkeDelete;

/* ike_delete_decode - SPI size and count must be those of the protocol and fill the body exactly.
 */
IkeStatus ike_delete_decode(Reader *in, IkeDelete *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_delete_encode(const IkeDelete *d, Writer *out);
