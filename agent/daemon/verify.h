/* verify.h - is this gateway's certificate trusted: pins, stores, what was remembered, else a
 * person. */
#pragma once

#include "agent/crypto/x509.h"
#include "agent/daemon/settings.h"
#include "agent/daemon/trust.h"
#include "profiles/profile.h"

typedef enum VerifyVerdict { VERIFY_TRUSTED, VERIFY_ASK, VERIFY_REFUSED } VerifyVerdict;

typedef struct Verify {
    VerifyVerdict verdict;
    unsigned problems; /* set of X509Problem */
    bool changed;      /* another certificate was remembered for this host */
    char *old_pin;     /* with @changed */
    char *why;         /* VERIFY_TRUSTED and _REFUSED: one clause */
    X509Info *leaf;
} Verify;

typedef struct VerifySetup {
    const Settings *settings;
    SuiteRank policy;
    const Trust *trust;
    const ProfileHost *host;
    const char *address;  /* what the certificate must name: HostAddress or a backup server */
    const char *known_as; /* under which it may have been remembered */
    X509Store *anchors;
    char *const *pins; /* given for this attempt; may be NULL */
    int64_t now;       /* seconds since 1970 */
} VerifySetup;

/* What signatures and keys a policy lets pass (RFC 8247 §3, RFC 9142 on SHA-1). */
SigPolicy verify_sig_policy(SuiteRank policy);
void verify_chain(const X509Chain *chain, const VerifySetup *setup, Verify *ret);
void verify_clear(Verify *v);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verify, verify_clear)
/* Each problem as a clause, in the order they are shown; of static char *. */
GPtrArray *verify_reasons(unsigned problems);
