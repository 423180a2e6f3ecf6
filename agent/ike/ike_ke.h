/* ike_ke.h - Key Exchange payload body, RFC 7296 §3.4. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

typedef struct IkeKe {
    uint16_t group;
    Slice data; /* borrowed */
} IkeKe;

/* ike_ke_decode - any group is let through, an empty value is not. */
IkeStatus ike_ke_decode(Reader *in, IkeKe *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_ke_encode(const IkeKe *ke, Writer *out);
