/* hold.h - packets that no SA takes yet: a few of them wait for the one that will, and somebody is
 * told. */
#pragma once

#include <gio/gio.h>

#include "agent/base/usec.h"
#include "agent/esp/esp_sa.h"

enum { HOLD_PACKETS = 32, HOLD_S = 10 }; /* the newest ones, and how long they are worth it */

typedef struct Hold Hold;
Hold *hold_new(GError **error);
void hold_free(Hold *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hold, hold_free)

/* hold_fd - readable after hold_call(), until hold_heard(). */
int hold_fd(const Hold *h);
void hold_heard(Hold *h);
/* hold_call - an SA is wanted; from any thread. */
void hold_call(Hold *h);

/* The rest is for one thread. */
/* hold_keep - copy an inner packet, the oldest goes when there are too many. */
void hold_keep(Hold *h, Slice packet, Usec now);
/* hold_take - the oldest packet that is not stale into @room, of @size octets, and out of @h.
 * Returns its length, 0 when there is none. */
size_t hold_take(Hold *h, uint8_t *room, size_t size, Usec now);
