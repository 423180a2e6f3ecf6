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
 * Returns false, @ret untouched, when it exceeds AC_XML_MAX or holds what XML cannot carry: text
 * that is not UTF-8, a control character, a field name that is no element name. */
bool ac_xml_write(const AcDoc *d, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;

/* ac_xml_write_flat - the same without line feeds and with a final NUL: the form of configuration
 * attribute 28727 (§4.2). */
bool ac_xml_write_flat(const AcDoc *d, Secret *ret) G_GNUC_WARN_UNUSED_RESULT;

/* ac_xml_mask - @xml as printable text for a log: the contents of password, secondary_password,
 * answer, new_password, session-token, sso-token, host-scan-ticket, host-scan-token and any unknown
 * child of <auth> become "****", comments and processing instructions are left out. Malformed input
 * shows nothing but its length. Control and non-ASCII octets become \xNN, line feeds stay. Owned by
 * the caller. */
char *ac_xml_mask(Slice xml);
