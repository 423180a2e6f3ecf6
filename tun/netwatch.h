/* netwatch.h - a word when the host's addresses, routes or links have changed. */
#pragma once

#include <glib.h>

/* Called on the main loop, some time after a change and once for many that come together. May free
 * the watch. */
typedef void (*NetwatchChanged)(void *user);

typedef struct Netwatch Netwatch;
/* netwatch_new - on the thread-default main context. */
Netwatch *netwatch_new(NetwatchChanged changed, void *user, GError **error);
void netwatch_free(Netwatch *w);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Netwatch, netwatch_free)
