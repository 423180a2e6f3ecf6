/* revoke.h - has somebody's certificate been revoked: CRLs of the administrator, and what the
 * issuers say when they are asked. Only for chains that end in an anchor. */
#pragma once

#include <gio/gio.h>

#include "agent/crypto/x509_revoke.h"
#include "agent/link/revoke_cache.h"

enum {
    REVOKE_LIMIT_S = 5,   /* for one step */
    REVOKE_STEPS_MAX = 2, /* CRL and OCSP, one after the other */
};

/* What is to be found out, and how. All of it is borrowed until the answer has come or is not
 * wanted any more. */
typedef struct RevokeSetup {
    const X509Chain *chain;
    X509Store *anchors;
    const char *crl_file;               /* of the administrator; NULL: none */
    X509Asking steps[REVOKE_STEPS_MAX]; /* the next one when the last has not said it all */
    size_t n_steps;
    RevokeCache *cache; /* NULL: everybody is asked every time */
    uint32_t cache_s;   /* how long an answer is kept at most, seconds */
    int64_t now;        /* seconds since 1970 */
} RevokeSetup;

/* What came out. */
typedef struct RevokeResult {
    unsigned problems; /* of X509_IS_REVOKED and X509_UNCHECKED; 0: good */
    char *serial;      /* of the certificate that has them; NULL: none */
    char *why;         /* what could not be fetched, one clause; NULL: nothing */
} RevokeResult;
void revoke_result_clear(RevokeResult *r);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RevokeResult, revoke_result_clear)

/* revoke_check - @done comes later from the main loop, within REVOKE_LIMIT_S for each step, and
 * never after @cancellable has been cancelled. */
typedef void (*RevokeDone)(const RevokeResult *result, void *user);
void revoke_check(const RevokeSetup *setup, GCancellable *cancellable, RevokeDone done, void *user);
