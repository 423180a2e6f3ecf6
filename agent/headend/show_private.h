/* show_private.h - what show.c and show_crypto.c share. */
#pragma once

#include "agent/headend/show.h"

static inline const ShowSession *
show_at(const GArray *sessions, guint i)
{
    return &g_array_index(sessions, ShowSession, i);
}

/* What came in and was thrown away. */
static inline uint64_t
show_dropped_in(const EspStats *s)
{
    return s->drops[ESP_MALFORMED] + s->drops[ESP_REPLAYED] + s->drops[ESP_FORGED] +
           s->drops[ESP_SELECTOR];
}
