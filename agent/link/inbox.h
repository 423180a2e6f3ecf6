/* inbox.h - IKE datagrams from the data thread to the main loop: copied, bounded, in order. */
#pragma once

#include "agent/ike/ike_sa.h"

/* Called on the main loop. Octets live until it returns; it may free the inbox. */
typedef void (*InboxIke)(const IkeDatagram *d, void *user);

typedef struct Inbox Inbox;
/* inbox_new - deliver on the caller's thread-default main context. */
Inbox *inbox_new(InboxIke on_ike, void *user);
void inbox_free(Inbox *in); /* when no thread posts any more */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Inbox, inbox_free)
/* inbox_post - from any thread; false when the inbox is full and @d is dropped, as UDP may. */
bool inbox_post(Inbox *in, const IkeDatagram *d);
