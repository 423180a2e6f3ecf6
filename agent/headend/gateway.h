/* gateway.h - the running headend: sockets, sessions, leases, data plane. */
#pragma once

#include <gio/gio.h>

#include "agent/crypto/aead_batch.h"
#include "agent/headend/asa_config.h"
#include "agent/link/key_file.h"
#include "agent/link/offload.h"
#include "agent/link/plane_choice.h"
#include "agent/link/thread_choice.h"

typedef struct Gateway Gateway;
struct IkeImpair;

typedef struct GatewaySetup {
    const AsaConfig *config; /* borrowed as long as the gateway lives */
    const char *state;       /* folder for what is kept */
    PlaneChoice plane;
    Offload offload; /* these three: of the pump */
    AeadChoice crypto;
    ThreadChoice threads;
    bool trace; /* log every message */
} GatewaySetup;

/* gateway_new - certificate, sockets, TUN, data threads: everything up, or nothing and @error.
 * Runs on the default main context. */
Gateway *gateway_new(const GatewaySetup *setup, GError **error);
/* gateway_export_keys - write the keys of every session to @keys, borrowed: for debugging. */
void gateway_export_keys(Gateway *g, KeyFile *keys);
/* gateway_impair - misbehave so in every session from now on (agent/ike/ike_impair.h); borrowed. */
void gateway_impair(Gateway *g, struct IkeImpair *impair);
/* gateway_free - at once; call gateway_stop() before to say goodbye to the clients. */
void gateway_free(Gateway *g);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gateway, gateway_free)

/* gateway_stop - end all sessions and take no new ones.
 * @on_stopped: called when all clients have answered, or after three seconds; maybe at once. */
void gateway_stop(Gateway *g, void (*on_stopped)(void *user), void *user);
/* gateway_show - the answer to the words after "show"; owned by the caller. */
char *gateway_show(Gateway *g, const char *words);
/* gateway_logoff - end sessions: "all", "name USER", "index N" ("vpn-sessiondb logoff" of an ASA).
 * Returns one line to print, owned by the caller. */
char *gateway_logoff(Gateway *g, const char *words);
/* gateway_redirect - send clients elsewhere: the same words, then an address or a name. Clients
 * that have not said that they can be sent stay. Returns one line to print, owned by the caller. */
char *gateway_redirect(Gateway *g, const char *words);
/* gateway_rekey - the same words, and "ike" behind them: new keys for the child SAs, or for the IKE
 * SAs. */
char *gateway_rekey(Gateway *g, const char *words);
/* gateway_answer - to a line of the control socket, by one of these; owned by the caller. */
char *gateway_answer(const char *request, void *gateway);
