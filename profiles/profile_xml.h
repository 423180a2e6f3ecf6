/* profile_xml.h - AnyConnectProfile XML -> Profile. No network, no DTD, no entities; size and depth
 * bounded. */
#pragma once

#include "profiles/profile.h"

enum { PROFILE_MAX = 1 << 20, PROFILE_HOSTS_MAX = 4096 }; /* octets; the schema itself has 89 kB */

/* profile_xml_parse - @data is the whole file; a bare <ServerList> is accepted as root, and names
 * count without their namespace.
 * @file: for messages, "FILE:LINE: ...". Returns NULL with @error. */
Profile *profile_xml_parse(const char *data, size_t len, const char *file, GError **error);
Profile *profile_xml_load(const char *file, GError **error);
