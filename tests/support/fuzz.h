/* fuzz.h - what fuzz targets share. */
#pragma once

#include <glib.h>

#include "agent/base/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_MAX = 65535 };

/* Both writers hold the same octets. */
static inline void
fuzz_same(const Writer *a, const Writer *b, const char *what)
{
    if (writer_finish(a) < 0 || writer_finish(a) != writer_finish(b) ||
        memcmp(a->base, b->base, a->len) != 0)
        g_error("%s: what was written reads differently", what);
}
