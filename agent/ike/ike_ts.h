/* ike_ts.h - Traffic Selector payload body, RFC 7296 §3.13. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/selector.h"
#include "agent/base/writer.h"
#include "agent/ike/ike_const.h"

enum { IKE_TS_MAX = 32 }; /* selectors kept of one payload */

/* One payload: a value of 1.3 KiB, to work with. What stays is a copy of the right size. */
typedef struct IkeTs {
    size_t n;
    Selector s[IKE_TS_MAX];
} IkeTs;

static inline Selectors
ike_ts_view(const IkeTs *ts)
{
    return (Selectors){ ts->n, ts->s };
}

/* ike_ts_decode - selectors of unknown type and OPAQUE ports are left out; start > end and a count
 * that lies are INVALID_SYNTAX. */
IkeStatus ike_ts_decode(Reader *in, IkeTs *ret) G_GNUC_WARN_UNUSED_RESULT;
void ike_ts_encode(Selectors ts, Writer *out);
/* ike_ts_narrow - what both @offered and @allowed cover, in the order of @offered; false when that
 * is nothing (§2.9). */
bool ike_ts_narrow(Selectors offered, Selectors allowed, IkeTs *ret) G_GNUC_WARN_UNUSED_RESULT;
bool ike_ts_within(Selectors inner, Selectors outer);
