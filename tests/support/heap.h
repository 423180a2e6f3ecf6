/* heap.h - what is in use of the heap: as libc counts it, or as AddressSanitizer does, which knows
 * only what was asked for. With G_SLICE=always-malloc and
 * GLIBC_TUNABLES=glibc.malloc.tcache_count=0 it is the same on every run. */
#pragma once

#include <malloc.h>
#include <stddef.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define HEAP_SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define HEAP_SANITIZED 1
#endif

#ifdef HEAP_SANITIZED
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

/* Octets. */
static inline size_t
heap_used(void)
{
#ifdef HEAP_SANITIZED
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
#endif
}
