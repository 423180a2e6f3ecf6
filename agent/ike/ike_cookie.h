/* ike_cookie.h - the responder's COOKIE (RFC 7296 §2.6, RFC 8019 §4.4): nothing is kept of whom one
 * was given to.
 *
 * Cookie = version octet of the secret | HMAC-SHA-256(secret, IPi | SPIi | Ni) cut to 23 octets. */
#pragma once

#include "agent/base/addr.h"
#include "agent/base/secret.h"
#include "agent/base/usec.h"
#include "agent/ike/ike_glance.h"
#include "agent/ike/ike_sa.h"

enum {
    IKE_COOKIE_LEN = 24, /* ours */
    IKE_COOKIE_MIN = 1,  /* of any responder, §2.6 */
    IKE_COOKIE_MAX = 64,
    IKE_COOKIE_PERIOD_S = 60, /* a secret makes cookies so long, and so long again they are good */
};

/* A value: {0} before the first use, ike_cookie_clear(). */
typedef struct IkeCookieJar {
    Secret now, before; /* @before: empty when it is too old */
    uint8_t version;    /* of @now */
    Usec since;         /* of @now */
} IkeCookieJar;

/* ike_cookie_bake - the cookie for who asks @g from @from. @env: draws the secrets. */
void ike_cookie_bake(IkeCookieJar *jar, const IkeEnv *env, const Addr *from, const IkeGlance *g,
                     Usec now, uint8_t ret[static IKE_COOKIE_LEN]);
/* ike_cookie_good - is the cookie in @g one of ours, for the very same asker, and still fresh? */
bool ike_cookie_good(IkeCookieJar *jar, const IkeEnv *env, const Addr *from, const IkeGlance *g,
                     Usec now) G_GNUC_WARN_UNUSED_RESULT;
void ike_cookie_clear(IkeCookieJar *jar);
