/* revoke.h - has the certificate of a gateway been revoked: CRLs of the administrator, and what the
 * issuers say when they are asked. Only for chains that end in an anchor. */
#pragma once

#include <gio/gio.h>

#include "agent/crypto/x509_revoke.h"
#include "agent/daemon/settings.h"

/* What came out. */
typedef struct RevokeResult {
    unsigned problems; /* of X509_IS_REVOKED and X509_UNCHECKED; 0: good */
    char *why;         /* what could not be fetched, one clause; NULL: nothing */
} RevokeResult;
void revoke_result_clear(RevokeResult *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RevokeResult, revoke_result_clear)

/* revoke_check - @done comes later from the main loop, within REVOKE_LIMIT_S, and never after
 * @cancellable has been cancelled. @chain, @anchors: borrowed until then. @now: seconds since 1970.
 */
enum { REVOKE_LIMIT_S = 5 };
typedef void (*RevokeDone)(const RevokeResult *result, void *user);
void revoke_check(const X509Chain *chain, X509Store *anchors, const Settings *settings, int64_t now,
                  GCancellable *cancellable, RevokeDone done, void *user);
