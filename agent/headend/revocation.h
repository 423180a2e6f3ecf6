/* revocation.h - has the certificate of a peer been revoked? Asked as its trustpoint says, beside
 * the main loop. */
#pragma once

#include "agent/headend/peers.h"
#include "agent/headend/show.h"
#include "agent/link/revoke.h"

enum { REVOCATION_WAITING_MAX = 64 }; /* logins that wait for an answer */

typedef struct Revocation Revocation;
/* revocation_new - @peers: borrowed. */
Revocation *revocation_new(const Peers *peers);
/* revocation_free - nobody is called any more. */
void revocation_free(Revocation *r);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Revocation, revocation_free)

typedef struct RevocationJob RevocationJob;
/* Called from the main loop, once. */
typedef void (*RevocationDone)(const RevokeResult *result, void *data);
/* revocation_ask - @chain: of the authorities of @t, which wants to know; borrowed until @done is
 * called or the job is forgotten. @now: seconds since 1970.
 * Returns the job, owned by @r until then; NULL when too many wait. */
RevocationJob *revocation_ask(Revocation *r, const AsaTrustpoint *t, const X509Chain *chain,
                              int64_t now, RevocationDone done, void *data);
void revocation_forget(RevocationJob *job);

/* revocation_lists - the CRLs that are kept at @now; of ShowList *, which the array frees. */
GPtrArray *revocation_lists(Revocation *r, int64_t now);
