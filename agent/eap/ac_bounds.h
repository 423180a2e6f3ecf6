/* ac_bounds.h - what an XML text from a peer must be before a parser sees it (agent/docs/WIRE.md
 * §14.6). */
#pragma once

#include "agent/eap/ac_doc.h"

/* ac_bounds_check - size, UTF-8 and nothing else, no DTD, depth, number of elements and attributes.
 * @xml: without trailing NULs and white space (ac_bounds_trim).
 * @ret_why: on failure one sentence, owned by the caller.
 * Text that is no XML at all may pass: that is the parser's to find. */
bool ac_bounds_check(Slice xml, char **ret_why) G_GNUC_WARN_UNUSED_RESULT;

/* Without the NULs and the white space that may follow a document (§4.2), and the white space some
 * put before it. */
Slice ac_bounds_trim(Slice xml);
