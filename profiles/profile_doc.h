/* profile_doc.h - octets of a stranger -> XML tree, or a sentence with the line; no meaning yet. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

/* profile_doc_read - no network, no DTD, so no entities but the five; size, depth and number of
 * elements bounded (PROFILE_MAX and profile_doc.c); UTF-8, UTF-16, ISO-8859-1 or ASCII.
 * @file: for messages, "FILE:LINE: ...". Returns a tree to be freed with xmlFreeDoc(). */
xmlDoc *profile_doc_read(const char *data, size_t len, const char *file, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
