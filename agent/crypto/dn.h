/* dn.h - distinguished names as text. */
#pragma once

#include <glib.h>

#include "agent/base/reader.h"

/* dn_format - a DER Name (RFC 5280 §4.1.2.4) in the form of RFC 2253, printable ASCII only.
 * @der: exactly one Name. @max: characters shown at most; the rest becomes "...".
 * Returns NULL when it is malformed; owned by the caller. */
char *dn_format(Slice der, size_t max);
/* dn_parse - the other way: the form of RFC 2253 to a DER Name. NULL with @error when it is none.
 */
GBytes *dn_parse(const char *text, GError **error);
