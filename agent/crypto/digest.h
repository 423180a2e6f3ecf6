/* digest.h - plain hashes of concatenated parts. */
#pragma once

#include "agent/base/reader.h"

enum { DIGEST_MAX = 64 };

/* digest - @name ("SHA1", "SHA256", "SHA512", "MD5") of the parts in order.
 * @ret: the digest's own length in octets. Returns that length, 0 when OpenSSL has no @name. */
size_t digest(const char *name, const Slice *parts, size_t n_parts, uint8_t ret[static DIGEST_MAX]);
/* digest_hex - the same as upper-case hex text without separators; NULL on failure. */
char *digest_hex(const char *name, Slice octets);
