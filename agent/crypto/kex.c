#include "agent/crypto/kex.h"

#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "agent/crypto/crypto_private.h"
#include "agent/crypto/suite.h"

enum {
    KE_MAX = 512,        /* octets of the largest public value, group 16 */
    EC_UNCOMPRESSED = 4, /* SEC 1 §2.3.3: the octet in front of X | Y, not sent in IKE */
};

struct Kex {
    const SuiteAlg *alg;
    EVP_PKEY *key;
    uint8_t public[KE_MAX];
};

/* The primes of RFC 7296 appendix B and RFC 3526; the generator of all of them is 2. */
static BIGNUM *
modp_prime(uint16_t group)
{
    switch (group) {
    case KE_MODP768:
        return BN_get_rfc2409_prime_768(NULL);
    case KE_MODP1024:
        return BN_get_rfc2409_prime_1024(NULL);
    case KE_MODP1536:
        return BN_get_rfc3526_prime_1536(NULL);
    case KE_MODP2048:
        return BN_get_rfc3526_prime_2048(NULL);
    case KE_MODP3072:
        return BN_get_rfc3526_prime_3072(NULL);
    case KE_MODP4096:
        return BN_get_rfc3526_prime_4096(NULL);
    default:
        return NULL;
    }
}

static bool
is_modp(const SuiteAlg *alg)
{
    return strcmp(alg->openssl, "DH") == 0;
}

static bool
is_ecp(const SuiteAlg *alg)
{
    return alg->openssl[0] == 'P';
}

/* The group, and @peer's public value when there is one, as an EVP_PKEY. */
static EVP_PKEY *
modp_key(const SuiteAlg *alg, const BIGNUM *peer)
{
    g_autoptr(BIGNUM) p = modp_prime(alg->id);
    g_autoptr(BIGNUM) g = BN_new();
    g_autoptr(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (p && BN_set_word(g, 2) && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_P, p) &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_FFC_G, g) &&
        (!peer || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, peer)))
        params = OSSL_PARAM_BLD_to_param(bld);
    if (params && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, peer ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEY_PARAMETERS,
                                params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    return key;
}

static EVP_PKEY *
modp_generate(const SuiteAlg *alg)
{
    g_autoptr(EVP_PKEY) group = modp_key(alg, NULL);
    g_autoptr(EVP_PKEY_CTX) ctx = group ? EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL) : NULL;
    EVP_PKEY *key = NULL;

    if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
        (void)EVP_PKEY_keygen(ctx, &key);
    return key;
}

/* Our own value, padded to the group's length (RFC 7296 §3.4). */
static bool
modp_public(Kex *k)
{
    BIGNUM *y = NULL;
    bool ok = EVP_PKEY_get_bn_param(k->key, OSSL_PKEY_PARAM_PUB_KEY, &y) == 1 &&
              BN_bn2binpad(y, k->public, k->alg->ke_len) == k->alg->ke_len;

    BN_free(y);
    return ok;
}

/* RFC 6989 §2.1: with a safe prime it is enough that 1 < y < p - 1. */
static EVP_PKEY *
modp_peer(const SuiteAlg *alg, Slice octets)
{
    g_autoptr(BIGNUM) top = modp_prime(alg->id);
    g_autoptr(BIGNUM) y = BN_bin2bn(octets.p, (int)octets.len, NULL);

    if (!top || !y || !BN_sub_word(top, 1) || BN_cmp(y, BN_value_one()) <= 0 || BN_cmp(y, top) >= 0)
        return NULL;
    return modp_key(alg, y);
}

/* X | Y without the octet in front (RFC 5903 §7); Curve25519 as it is (RFC 8031 §2). */
static bool
curve_public(Kex *k)
{
    size_t skip = is_ecp(k->alg);
    unsigned char *octets = NULL;
    size_t len = EVP_PKEY_get1_encoded_public_key(k->key, &octets);
    bool ok = len == k->alg->ke_len + skip;

    if (ok)
        memcpy(k->public, octets + skip, k->alg->ke_len);
    OPENSSL_free(octets);
    return ok;
}

/* Decoding refuses a point off the curve (RFC 6989 §2.3); cofactor 1 needs no more. */
static EVP_PKEY *
curve_peer(const Kex *k, Slice octets)
{
    g_autoptr(EVP_PKEY) key = EVP_PKEY_new();
    uint8_t buf[1 + KE_MAX] = { EC_UNCOMPRESSED };
    size_t skip = is_ecp(k->alg);

    memcpy(buf + skip, octets.p, octets.len);
    if (EVP_PKEY_copy_parameters(key, k->key) != 1 ||
        EVP_PKEY_set1_encoded_public_key(key, buf, octets.len + skip) != 1)
        return NULL;
    return g_steal_pointer(&key);
}

static EVP_PKEY *
make_curve(const SuiteAlg *alg)
{
    g_autoptr(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *curve = NULL;

    if (ctx && EVP_PKEY_paramgen_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_group_name(ctx, alg->openssl) == 1)
        (void)EVP_PKEY_paramgen(ctx, &curve);
    return curve;
}

/* The parameters of a curve, which take OpenSSL as long as half a key: made once, there until the
 * end. NULL: it has no such curve. */
static EVP_PKEY *
ecp_curve(const SuiteAlg *alg)
{
    static EVP_PKEY *curves[KE_ECP521 - KE_ECP256 + 1];
    EVP_PKEY **curve;

    g_assert(alg->id >= KE_ECP256 && alg->id <= KE_ECP521);
    curve = &curves[alg->id - KE_ECP256];
    if (!g_atomic_pointer_get(curve)) {
        EVP_PKEY *made = make_curve(alg);

        if (!g_atomic_pointer_compare_and_exchange(curve, NULL, made))
            EVP_PKEY_free(made); /* another thread was first */
    }
    return g_atomic_pointer_get(curve);
}

static EVP_PKEY *
ecp_generate(const SuiteAlg *alg)
{
    EVP_PKEY *curve = ecp_curve(alg), *key = NULL;
    g_autoptr(EVP_PKEY_CTX) ctx = curve ? EVP_PKEY_CTX_new_from_pkey(NULL, curve, NULL) : NULL;

    if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
        (void)EVP_PKEY_keygen(ctx, &key);
    return key;
}

static EVP_PKEY *
curve_generate(const SuiteAlg *alg)
{
    return is_ecp(alg) ? ecp_generate(alg) : EVP_PKEY_Q_keygen(NULL, NULL, alg->openssl);
}

Kex *
kex_new(uint16_t group)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_KE, group);
    g_autoptr(Kex) k = NULL;
    bool ok;

    if (!alg || !alg->implemented)
        return NULL;
    g_assert(alg->ke_len <= KE_MAX);
    k = g_new0(Kex, 1);
    k->alg = alg;
    k->key = is_modp(alg) ? modp_generate(alg) : curve_generate(alg);
    ok = k->key && (is_modp(alg) ? modp_public(k) : curve_public(k));
    ERR_clear_error();
    return ok ? g_steal_pointer(&k) : NULL;
}

void
kex_free(Kex *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->key);
    g_free(k);
}

uint16_t
kex_group(const Kex *k)
{
    return k->alg->id;
}

Slice
kex_public(const Kex *k)
{
    return (Slice){ k->public, k->alg->ke_len };
}

static bool
derive(const Kex *k, EVP_PKEY *peer, Secret *ret)
{
    g_autoptr(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
    g_auto(Secret) out = { 0 };
    size_t len = 0;

    if (!ctx || EVP_PKEY_derive_init(ctx) != 1 ||
        (is_modp(k->alg) && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1))
        return false;
    /* Not validated again: done on the way here, and OpenSSL's costs a second exponentiation. */
    if (EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) != 1 || EVP_PKEY_derive(ctx, NULL, &len) != 1)
        return false;
    secret_alloc(&out, len);
    /* Curve25519: an all-zero result is an error of EVP_PKEY_derive (RFC 8031 §2). */
    if (EVP_PKEY_derive(ctx, out.p, &len) != 1 || len != out.len)
        return false;
    secret_move(ret, &out);
    return true;
}

bool
kex_finish(Kex *k, Slice peer, Secret *ret)
{
    g_autoptr(EVP_PKEY) key = NULL;
    bool ok;

    if (peer.len != k->alg->ke_len)
        return false;
    key = is_modp(k->alg) ? modp_peer(k->alg, peer) : curve_peer(k, peer);
    ok = key && derive(k, key, ret);
    ERR_clear_error();
    return ok;
}
