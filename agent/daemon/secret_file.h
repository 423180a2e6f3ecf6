/* secret_file.h - files that hold a secret: bounded, and only while nobody else can read them. */
#pragma once

#include <sys/types.h>

#include "agent/base/secret.h"

enum { SECRET_FILE_MAX = 65536 }; /* octets; a private key in PEM has 12000 at most */

/* secret_file_read - all of a regular file.
 * @owner: root or this user must own it, and no group and no other user may read or write it.
 * Returns false with AC_ERROR_CONFIG naming the file. */
bool secret_file_read(const char *path, uid_t owner, Secret *ret,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* secret_file_public - all of a regular file that holds no secret, bounded the same; owned by the
 * caller. NULL with AC_ERROR_CONFIG naming the file. */
char *secret_file_public(const char *path, size_t *ret_len, GError **error);
/* secret_file_line - the first line alone; "0x" in front means octets in hex. */
bool secret_file_line(const char *path, uid_t owner, Secret *ret,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* secret_file_bits - how many guesses, as a power of two, a text is worth that people made: the
 * entropy of its characters as they occur in it. An estimate, and a low one. */
unsigned secret_file_bits(Slice text);
