/* hold.h - packets that no SA takes yet: a few of them wait for the one that will, and somebody may
 * be told. */
#pragma once

#include <gio/gio.h>

#include "agent/base/usec.h"
#include "agent/esp/esp_sa.h"

enum { HOLD_S = 10 }; /* how long they are worth it */

typedef struct Hold Hold;
Hold *hold_new(guint most, GError **error); /* the newest @most packets */
void hold_free(Hold *h);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hold, hold_free)

/* hold_fd - readable after hold_call(), until hold_heard(). */
int hold_fd(const Hold *h);
void hold_heard(Hold *h);
/* hold_call - an SA is wanted; from any thread. */
void hold_call(Hold *h);

/* The rest is for one thread. */
/* hold_keep - copy a packet, the oldest goes when there are too many.
 * @tag: comes back with it. */
void hold_keep(Hold *h, Slice packet, uint8_t tag, Usec now);
void hold_drop(Hold *h); /* all of them */
/* hold_take - the oldest packet that is not stale into @room, of @size octets, and out of @h.
 * @ret_tag: what it was kept with; may be NULL.
 * Returns its length, 0 when there is none. */
size_t hold_take(Hold *h, uint8_t *room, size_t size, uint8_t *ret_tag, Usec now);
