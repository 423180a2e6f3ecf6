/* ike_trace.h - one IkeMsg as the lines of a debug log, in the form the field reads daily. */
#pragma once

#include "agent/ike/ike_msg.h"

/* ike_trace_msg - header, payload chain with lengths and names, decoded contents, EAP XML; secrets
 * masked. Peer text is escaped. Ends in LF; owned by the caller. */
char *ike_trace_msg(const IkeMsg *m, bool sent, const char *local, const char *remote);
