/* ike_id.h - Identification payload body, RFC 7296 §3.5. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

typedef struct IkeId {
    uint8_t type; /* IkeIdType */
    Slice data;   /* borrowed */
} IkeId;

/* ike_id_decode - an address type with an address of another length is INVALID_SYNTAX. */
IkeStatus ike_id_decode(Reader *in, IkeId *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_id_encode(const IkeId *id, Writer *out);
/* ike_id_format - for people: "*$AnyConnectClient$*", "10.0.0.1", a DN in RFC 2253 form; escaped.
 * Owned by the caller. */
char *ike_id_format(const IkeId *id);
