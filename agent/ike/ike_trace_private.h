/* ike_trace_private.h - the sink the two halves of ike_trace write to: lines, bounded in number and
 * length. */
#pragma once

#include <glib.h>

#include "agent/ike/ike_payload.h"

enum {
    TRACE_MAX = 128 * 1024, /* octets of one trace; the seed's largest message makes 20 000 */
    TRACE_HEX_MAX = 512,    /* octets dumped of one field: the value of the largest group */
    TRACE_TEXT_MAX = 256,   /* octets shown of one peer string */
};

typedef struct IkeTrace {
    GString *text;
    bool full; /* the rest is left out */
} IkeTrace;

/* One line; LF is added. Peer text must have been escaped. */
void ike_trace_line(IkeTrace *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
void ike_trace_hex(IkeTrace *t, Slice octets);                 /* 16 to a line, indented */
void ike_trace_peer(IkeTrace *t, const char *what, Slice s);   /* "what: escaped text" */
void ike_trace_xml(IkeTrace *t, Slice xml);                    /* masked, line by line, indented */
const char *ike_trace_type(uint8_t type, char buf[static 16]); /* a payload's word, or number */
/* What stands in the body of @p; nothing that must not be seen. */
void ike_trace_body(IkeTrace *t, const IkePayload *p);
