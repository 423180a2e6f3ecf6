/* ike_ts.h - Traffic Selector payload body, RFC 7296 §3.13. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/selector.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

enum { IKE_TS_MAX = 32 }; /* selectors kept of one payload */

typedef struct IkeTs {
    size_t n;
    Selector s[IKE_TS_MAX];
} IkeTs;

/* ike_ts_decode - selectors of unknown type and OPAQUE ports are left out; start > end and a count
 * that lies are INVALID_SYNTAX. */
IkeStatus ike_ts_decode(Reader *in, IkeTs *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_ts_encode(const IkeTs *ts, Writer *out);
/* ike_ts_narrow - what both @offered and @allowed cover, in the order of @offered; false when that
 * is nothing (§2.9). */
bool ike_ts_narrow(const IkeTs *offered, const IkeTs *allowed,
                   IkeTs *ret) G_GNUC_WARN_UNUSED_RESULT;
bool ike_ts_within(const IkeTs *inner, const IkeTs *outer);
