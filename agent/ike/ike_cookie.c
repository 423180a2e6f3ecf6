#include "agent/ike/ike_cookie.h"

#include "agent/crypto/ct.h"
#include "agent/crypto/prf.h"
#include "agent/crypto/suite.h"

#define PERIOD (IKE_COOKIE_PERIOD_S * USEC_PER_SEC)

enum { SECRET_LEN = 32 };

/* The secret of @now. One that served its time is good for what it has made for as long again, so
 * that nobody is caught between asking and asking again (§2.6). */
static void
turn(IkeCookieJar *jar, const IkeEnv *env, Usec now)
{
    Usec age = now - jar->since;

    if (jar->now.len > 0 && age < PERIOD)
        return;
    secret_clear(&jar->before);
    if (jar->now.len > 0 && age < 2 * PERIOD)
        secret_move(&jar->before, &jar->now);
    secret_alloc(&jar->now, SECRET_LEN);
    env->random(env->user, jar->now.p, SECRET_LEN);
    jar->version++;
    jar->since = now;
}

static void
make(const Secret *secret, uint8_t version, const Addr *from, const IkeGlance *g,
     uint8_t ret[static IKE_COOKIE_LEN])
{
    uint8_t spi[8];
    Writer w = { .base = spi, .cap = sizeof(spi) };
    g_auto(Secret) mac = { 0 };
    Slice parts[3] = { addr_view(from), { spi, sizeof(spi) }, g->nonce };

    writer_u64(&w, g->spi_i);
    if (!prf(PRF_HMAC_SHA2_256, secret_view(secret), parts, G_N_ELEMENTS(parts), &mac))
        g_error("OpenSSL has no HMAC-SHA-256");
    ret[0] = version;
    memcpy(ret + 1, mac.p, IKE_COOKIE_LEN - 1);
}

void
ike_cookie_bake(IkeCookieJar *jar, const IkeEnv *env, const Addr *from, const IkeGlance *g,
                Usec now, uint8_t ret[static IKE_COOKIE_LEN])
{
    turn(jar, env, now);
    make(&jar->now, jar->version, from, g, ret);
}

bool
ike_cookie_good(IkeCookieJar *jar, const IkeEnv *env, const Addr *from, const IkeGlance *g,
                Usec now)
{
    uint8_t want[IKE_COOKIE_LEN];
    const Secret *secret;

    if (g->cookie.len != IKE_COOKIE_LEN)
        return false;
    turn(jar, env, now);
    secret = g->cookie.p[0] == jar->version                  ? &jar->now
             : g->cookie.p[0] == (uint8_t)(jar->version - 1) ? &jar->before
                                                             : NULL;
    if (!secret || secret->len == 0)
        return false;
    make(secret, g->cookie.p[0], from, g, want);
    return ct_equal((Slice){ want, sizeof(want) }, g->cookie);
}

void
ike_cookie_clear(IkeCookieJar *jar)
{
    secret_clear(&jar->now);
    secret_clear(&jar->before);
}
