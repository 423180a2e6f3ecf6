/* esp_private.h - what esp_plane.c knows of an EspSa beyond esp_sa.h, so that a batch decodes each
 * inner packet once. */
#pragma once

#include "agent/esp/esp_inner.h"
#include "agent/esp/esp_sa.h"

const EspRange *esp_sa_remote(const EspSa *sa, size_t *ret_n);
/* Do the selectors let @inner go out? */
bool esp_sa_covers_out(const EspSa *sa, EspInner *inner);
/* esp_sa_seal() behind the checks of the inner packet. */
EspStatus esp_sa_seal_covered(EspSa *sa, EspBuf *b, EspInner *inner, Usec now);
/* Count and set the verdict of a packet that is not let out. */
EspStatus esp_sa_refuse_out(EspSa *sa, EspBuf *b, EspStatus why);

/* One writer, many readers: no lock prefix, no torn value. */
static inline void
esp_count(uint64_t *counter, uint64_t n)
{
    __atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline uint64_t
esp_counted(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
