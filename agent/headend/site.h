/* site.h - the running router: one tunnel to one peer, begun by whichever end has a packet first.
 */
#pragma once

#include <gio/gio.h>

#include "agent/crypto/aead_batch.h"
#include "agent/headend/ios_config.h"
#include "agent/link/key_file.h"
#include "agent/link/offload.h"
#include "agent/link/thread_choice.h"

typedef struct Site Site;
struct IkeImpair;

/* site_new - interfaces, routes, sockets, data threads: everything up, or nothing and @error. No
 * packet leaves until one wants to go through the tunnel. Runs on the default main context.
 * @config: borrowed. @trace: log every message. */
Site *site_new(const IosConfig *config, Offload offload, AeadChoice crypto, ThreadChoice threads,
               bool trace, GError **error);
/* site_export_keys - write the keys of every SA to @keys, borrowed: for debugging. */
void site_export_keys(Site *s, KeyFile *keys);
/* site_impair - misbehave so in every IKE SA from now on (agent/ike/ike_impair.h); borrowed. */
void site_impair(Site *s, struct IkeImpair *impair);
/* site_free - at once; call site_stop() before to say goodbye to the peer. */
void site_free(Site *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Site, site_free)

/* site_stop - delete all SAs and make no new ones.
 * @on_stopped: called when the peer has answered, or after three seconds; maybe at once. */
void site_stop(Site *s, void (*on_stopped)(void *user), void *user);
/* site_answer - to a command of the control socket; owned by the caller. */
char *site_answer(const char *request, void *site);
