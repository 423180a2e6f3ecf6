/* writer.h - cursor over a caller's fixed buffer; the only wire writer in the tree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "agent/base/reader.h"

/* Overflow is sticky: write freely, ask once at the end. */
typedef struct Writer {
    uint8_t *base;
    size_t len, cap;
    bool overflow;
} Writer;

static inline uint8_t *
writer_grow(Writer *w, size_t n)
{
    uint8_t *at = w->base + w->len;

    if (w->overflow || w->cap - w->len < n) {
        w->overflow = true;
        return NULL;
    }
    w->len += n;
    return at;
}

static inline void
writer_u8(Writer *w, uint8_t v)
{
    uint8_t *at = writer_grow(w, 1);

    if (at)
        at[0] = v;
}

static inline void
writer_u16(Writer *w, uint16_t v)
{
    uint16_t wire = GUINT16_TO_BE(v);
    uint8_t *at = writer_grow(w, sizeof(wire));

    if (at)
        memcpy(at, &wire, sizeof(wire));
}

static inline void
writer_u32(Writer *w, uint32_t v)
{
    uint32_t wire = GUINT32_TO_BE(v);
    uint8_t *at = writer_grow(w, sizeof(wire));

    if (at)
        memcpy(at, &wire, sizeof(wire));
}

static inline void
writer_u64(Writer *w, uint64_t v)
{
    uint64_t wire = GUINT64_TO_BE(v);
    uint8_t *at = writer_grow(w, sizeof(wire));

    if (at)
        memcpy(at, &wire, sizeof(wire));
}

static inline void
writer_zeros(Writer *w, size_t n)
{
    uint8_t *at = writer_grow(w, n);

    if (at && n)
        memset(at, 0, n);
}

static inline void
writer_slice(Writer *w, Slice s)
{
    uint8_t *at = writer_grow(w, s.len);

    if (at && s.len)
        memcpy(at, s.p, s.len);
}

/* What has been written so far; borrowed from the caller's buffer. */
static inline Slice
writer_view(const Writer *w)
{
    return (Slice){ w->base, w->overflow ? 0 : w->len };
}

/* writer_patch_u16 - go back to a length field reserved at @at. */
static inline void
writer_patch_u16(Writer *w, size_t at, size_t v)
{
    if (v > UINT16_MAX)
        w->overflow = true;
    if (w->overflow)
        return;
    w->base[at] = (uint8_t)(v >> 8);
    w->base[at + 1] = (uint8_t)v;
}

/* writer_finish - octets written, or -1 when they did not fit. */
G_GNUC_WARN_UNUSED_RESULT static inline ssize_t
writer_finish(const Writer *w)
{
    return w->overflow ? -1 : (ssize_t)w->len;
}
