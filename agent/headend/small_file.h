/* small_file.h - files that the configuration names: keys, certificates, lists of authorities. */
#pragma once

#include <glib.h>

#include "agent/base/secret.h"

enum { SMALL_FILE_MAX = 1 << 18 }; /* octets: ten large certificates */

/* small_file_read - all of @path, as a secret, for it may be one. */
bool small_file_read(const char *path, Secret *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
