/* reader.h - bounds-checked cursor over borrowed octets; the only wire reader in the tree. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Borrowed, immutable octets. Whoever holds the datagram owns them. */
typedef struct Slice {
    const uint8_t *p;
    size_t len;
} Slice;

/* Same length, same octets; not for secrets (ct_equal is). */
static inline bool
slice_equal(Slice a, Slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* The octets of a C string, without its terminator. */
static inline Slice
slice_of(const char *text)
{
    return (Slice){ (const uint8_t *)text, strlen(text) };
}

/* The number at @at of octets that are known to reach so far: where the compiler knows it, too, the
 * check costs nothing. */
static inline uint16_t
slice_u16(Slice s, size_t at)
{
    uint16_t v;

    g_assert(at + sizeof(v) <= s.len);
    memcpy(&v, s.p + at, sizeof(v));
    return GUINT16_FROM_BE(v);
}

static inline uint32_t
slice_u32(Slice s, size_t at)
{
    uint32_t v;

    g_assert(at + sizeof(v) <= s.len);
    memcpy(&v, s.p + at, sizeof(v));
    return GUINT32_FROM_BE(v);
}

static inline uint64_t
slice_u64(Slice s, size_t at)
{
    uint64_t v;

    g_assert(at + sizeof(v) <= s.len);
    memcpy(&v, s.p + at, sizeof(v));
    return GUINT64_FROM_BE(v);
}

typedef struct Reader {
    const uint8_t *p, *end;
} Reader;

static inline Reader
reader_init(Slice s)
{
    /* no octets may come as NULL, to which not even 0 may be added */
    const uint8_t *p = s.len ? s.p : (const uint8_t *)"";

    return (Reader){ .p = p, .end = p + s.len };
}

static inline size_t
reader_left(const Reader *r)
{
    return (size_t)(r->end - r->p);
}

/* reader_slice - take the next @n octets as a view.
 * Returns false, consuming nothing and leaving @ret alone, when fewer are left.
 * Every other read goes through here: this is the one bounds check. */
G_GNUC_WARN_UNUSED_RESULT static inline bool
reader_slice(Reader *r, size_t n, Slice *ret)
{
    if (reader_left(r) < n)
        return false;
    *ret = (Slice){ r->p, n };
    r->p += n;
    return true;
}

G_GNUC_WARN_UNUSED_RESULT static inline bool
reader_u8(Reader *r, uint8_t *ret)
{
    Slice s;

    if (!reader_slice(r, 1, &s))
        return false;
    *ret = s.p[0];
    return true;
}

G_GNUC_WARN_UNUSED_RESULT static inline bool
reader_u16(Reader *r, uint16_t *ret)
{
    Slice s;

    if (!reader_slice(r, 2, &s))
        return false;
    *ret = slice_u16(s, 0);
    return true;
}

G_GNUC_WARN_UNUSED_RESULT static inline bool
reader_u32(Reader *r, uint32_t *ret)
{
    Slice s;

    if (!reader_slice(r, 4, &s))
        return false;
    *ret = slice_u32(s, 0);
    return true;
}

G_GNUC_WARN_UNUSED_RESULT static inline bool
reader_u64(Reader *r, uint64_t *ret)
{
    Slice s;

    if (!reader_slice(r, 8, &s))
        return false;
    *ret = slice_u64(s, 0);
    return true;
}

/* Everything that is left; the reader is then empty. */
static inline Slice
reader_rest(Reader *r)
{
    Slice s = { r->p, reader_left(r) };

    r->p = r->end;
    return s;
}
