/* api.h - the control API on a unix socket (peer to peer, no bus needed) and on the system bus
 * where there is one. */
#pragma once

#include "agent/daemon/agent.h"

enum { API_PEERS_MAX = 64 }; /* front ends of one user on the socket at one time */

typedef struct Api Api;
/* api_new - make sure that no other agent answers on @socket_path, and free the path. */
Api *api_new(const char *socket_path, GError **error);
void api_free(Api *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Api, api_free)
/* api_serve - listen, 0666: callers are told apart by their credentials; and on the bus where there
 * is one.
 * @agent: borrowed. */
bool api_serve(Api *api, Agent *agent, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void api_emit(GVariant *event, void *api); /* to every front end; @event floating */
