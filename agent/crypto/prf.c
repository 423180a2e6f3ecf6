#include "agent/crypto/prf.h"

#include "agent/crypto/crypto_private.h"
#include "agent/crypto/suite.h"

enum { PRF_ROUNDS_MAX = 255 }; /* RFC 7296 §2.13: the counter is one octet */

static const SuiteAlg *
prf_find(uint16_t id)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_PRF, id);

    return alg && alg->implemented ? alg : NULL;
}

size_t
prf_len(uint16_t id)
{
    const SuiteAlg *alg = prf_find(id);

    return alg ? alg->out : 0;
}

/* One HMAC over @parts with the key that @ctx holds. */
static bool
mac(EVP_MAC_CTX *ctx, const Slice *parts, size_t n_parts, uint8_t *out, size_t len)
{
    size_t got;

    if (!EVP_MAC_init(ctx, NULL, 0, NULL))
        return false;
    for (size_t i = 0; i < n_parts; i++)
        if (parts[i].len && !EVP_MAC_update(ctx, parts[i].p, parts[i].len))
            return false;
    return EVP_MAC_final(ctx, out, &got, len) && got == len;
}

bool
prf(uint16_t id, Slice key, const Slice *parts, size_t n_parts, Secret *ret)
{
    const SuiteAlg *alg = prf_find(id);
    g_autoptr(EVP_MAC_CTX) ctx = alg ? crypto_mac_new(alg->openssl, key.p, key.len) : NULL;
    g_auto(Secret) out = { 0 };

    if (!ctx)
        return false;
    secret_alloc(&out, alg->out);
    if (!mac(ctx, parts, n_parts, out.p, out.len))
        return false;
    secret_move(ret, &out);
    return true;
}

bool
prf_plus(uint16_t id, Slice key, Slice seed, size_t out_len, Secret *ret)
{
    const SuiteAlg *alg = prf_find(id);
    g_autoptr(EVP_MAC_CTX) ctx = alg ? crypto_mac_new(alg->openssl, key.p, key.len) : NULL;
    g_auto(Secret) last = { 0 }; /* T(n-1) */
    g_auto(Secret) out = { 0 };  /* T1 | T2 | ... */

    if (!ctx || out_len > (size_t)PRF_ROUNDS_MAX * alg->out)
        return false;
    secret_alloc(&last, alg->out);
    secret_alloc(&out, out_len);
    for (size_t at = 0; at < out_len; at += alg->out) {
        uint8_t n = (uint8_t)(at / alg->out + 1);
        /* T1 has no T(n-1) in front. */
        Slice parts[] = { { last.p, at ? last.len : 0 }, seed, { &n, 1 } };

        if (!mac(ctx, parts, G_N_ELEMENTS(parts), last.p, last.len))
            return false;
        memcpy(out.p + at, last.p, MIN(last.len, out_len - at));
    }
    secret_move(ret, &out);
    return true;
}
