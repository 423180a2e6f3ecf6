/* api.h - the control API on a unix socket (peer to peer, no bus needed) and on the system bus
 * where there is one. */
#pragma once

#include "agent/daemon/agent.h"

typedef struct Api Api;
/* api_new - listen on @socket_path (made anew, 0666: callers are told apart by their credentials)
 * and try the bus. */
Api *api_new(const char *socket_path, GError **error);
void api_free(Api *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Api, api_free)
void api_serve(Api *api, Agent *agent);    /* borrowed; before this every call waits */
void api_emit(GVariant *event, void *api); /* to every front end; @event floating */
