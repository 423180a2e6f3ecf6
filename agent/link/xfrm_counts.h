/* xfrm_counts.h - what the kernel's XFRM drops, by our reasons. It counts that for a network
 * namespace, not for an SA (Documentation/networking/xfrm_proc.rst of Linux). */
#pragma once

#include "agent/esp/esp_sa.h"

/* Without what it counts for each SA: ESP_REPLAYED, ESP_FORGED. */
typedef struct XfrmCounts {
    uint64_t drops[ESP_STATUS_N];
} XfrmCounts;

/* xfrm_counts_parse - of @text as it stands in /proc/net/xfrm_stat; other lines mean nothing. */
void xfrm_counts_parse(const char *text, XfrmCounts *ret);
/* xfrm_counts_read - as of now; zeros where the kernel does not count. */
void xfrm_counts_read(XfrmCounts *ret);
