/* agent.h - the daemon's one object: settings, profiles, trust, and at most one session. */
#pragma once

#include "agent/daemon/session.h"

typedef struct AgentPaths {
    const char *config;   /* acclient.conf */
    const char *profiles; /* folder of *.xml */
    const char *state;    /* folder of our own files */
} AgentPaths;

typedef struct Agent Agent;
/* agent_new - read settings and trust, and clean up after a predecessor that died.
 * @emit: gets every event, floating. */
Agent *agent_new(const AgentPaths *paths, void (*emit)(GVariant *event, void *user), void *user,
                 GError **error);
/* agent_export_keys - write the keys of every session to @keys, borrowed: for debugging. */
void agent_export_keys(Agent *a, KeyFile *keys);
/* agent_impair - misbehave so in every session (agent/ike/ike_impair.h); borrowed. */
void agent_impair(Agent *a, struct IkeImpair *impair);
void agent_free(Agent *a); /* ends the session at once */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Agent, agent_free)

const Settings *agent_settings(const Agent *a);
const char *agent_word(const Agent *a); /* the State property */

/* agent_connect - start an attempt for @uid, or join the one that is under way to the same host.
 * @host: "" for the last one of @uid. @options: see the D-Bus XML.
 * Errors: NO_HOST, BUSY, CONFIG, NOT_AUTHORISED. */
bool agent_connect(Agent *a, uid_t uid, const char *host, GVariant *options, uint64_t *ret_attempt,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* agent_disconnect - @done is called once the session is over (at once when there is none). */
bool agent_disconnect(Agent *a, uid_t uid, void (*done)(bool was_up, void *user), void *user,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool agent_answer(Agent *a, uid_t uid, uint64_t prompt, GVariant *answer,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Floating. */
GVariant *agent_prompt(const Agent *a);
GVariant *agent_status(const Agent *a);
GVariant *agent_stats(const Agent *a, GError **error);
GVariant *agent_hosts(const Agent *a, uid_t uid, GStrv *ret_problems);
GVariant *agent_trust(const Agent *a);
bool agent_trust_add(Agent *a, const char *host, const char *pin,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool agent_trust_remove(Agent *a, const char *host, bool *ret_was_there,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
