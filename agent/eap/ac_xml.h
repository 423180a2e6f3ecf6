/* ac_xml.h - config-auth XML <-> AcDoc (agent/docs/WIRE.md §4.2, §6). libxml2 without network, DTD
 * or entities. */
#pragma once

#include "agent/eap/ac_doc.h"

/* ac_xml_read - parse one document; lenient about order, line ends, trailing NUL and white space,
 * unknown elements and attributes; strict about size, depth, counts, encoding, DTD and entities.
 * @ret_why: on failure one sentence that names the element, owned by the caller; may be NULL.
 * Returns NULL on failure. */
AcDoc *ac_xml_read(Slice xml, char **ret_why);

/* ac_xml_write - the exact form of the field: XML declaration, one element a line, LF, no NUL
 * (§4.2).
 * @ret: may hold a password, hence Secret.
 * Returns false when it exceeds AC_XML_MAX. */
bool ac_xml_write(const AcDoc *d, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;

/* ac_xml_mask - @xml as printable text for a log: the contents of password, secondary_password,
 * answer, new_password, session-token, sso-token, host-scan-ticket, host-scan-token and any unknown
 * child of <auth> become "****". Works on malformed input too (then nothing but its length is
 * shown). Owned by the caller. */
char *ac_xml_mask(Slice xml);
