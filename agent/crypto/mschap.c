#include "agent/crypto/mschap.h"

#include <openssl/err.h>
#include <openssl/provider.h>

#include "agent/base/writer.h"
#include "agent/crypto/crypto_private.h"
#include "agent/crypto/digest.h"

enum { SHA1_LEN = 20, DES_KEY = 7, DES_BLOCK = 8, SESSION_KEY = 16, PAD = 40 };

/* Kept for the life of the process: a provider cannot be unloaded while anything fetched from it
 * lives. */
typedef struct Legacy {
    OSSL_LIB_CTX *ctx;
    EVP_MD *md4;
    EVP_CIPHER *des;
} Legacy;

static void *
load(void *unused)
{
    static Legacy legacy;

    (void)unused;
    legacy.ctx = OSSL_LIB_CTX_new();
    if (legacy.ctx && OSSL_PROVIDER_load(legacy.ctx, "legacy")) {
        legacy.md4 = EVP_MD_fetch(legacy.ctx, "MD4", NULL);
        legacy.des = EVP_CIPHER_fetch(legacy.ctx, "DES-ECB", NULL);
    }
    ERR_clear_error();
    return &legacy;
}

static const Legacy *
legacy_get(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, load, NULL);
}

bool
mschap_available(void)
{
    return legacy_get()->md4 && legacy_get()->des;
}

static bool
md4(Slice octets, Secret *ret)
{
    g_auto(Secret) hash = { 0 };

    if (!mschap_available())
        return false;
    secret_alloc(&hash, MSCHAP_HASH);
    if (!EVP_Digest(octets.p, octets.len, hash.p, NULL, legacy_get()->md4, NULL))
        return false;
    secret_move(ret, &hash);
    return true;
}

bool
mschap_nt_hash(Slice password, Secret *ret)
{
    g_auto(Secret) wide = { 0 };
    g_autofree gunichar2 *units = NULL;
    glong n = 0;
    Writer w;
    bool ok;

    if (password.len > 4 * MSCHAP_TEXT_MAX)
        return false;
    units = g_utf8_to_utf16((const char *)password.p, (glong)password.len, NULL, &n, NULL);
    if (!units)
        return false;
    ok = n <= MSCHAP_TEXT_MAX && !memchr(password.p, 0, password.len);
    if (ok) {
        secret_alloc(&wide, 2 * (size_t)n);
        w = (Writer){ .base = wide.p, .cap = wide.len };
        for (glong i = 0; i < n; i++) {
            writer_u8(&w, (uint8_t)units[i]);
            writer_u8(&w, (uint8_t)(units[i] >> 8));
        }
    }
    explicit_bzero(units, (size_t)n * sizeof(*units));
    return ok && md4(secret_view(&wide), ret);
}

/* ChallengeHash (RFC 2759 §8.2). */
static bool
challenge_hash(const MschapTalk *t, uint8_t ret[static DIGEST_MAX])
{
    const uint8_t *domain = t->user.len ? memrchr(t->user.p, '\\', t->user.len) : NULL;
    size_t skip = domain ? (size_t)(domain - t->user.p) + 1 : 0;
    Slice parts[] = { t->peer, t->authenticator, { t->user.p + skip, t->user.len - skip } };

    return digest("SHA1", parts, G_N_ELEMENTS(parts), ret) == SHA1_LEN;
}

/* DesEncrypt (RFC 2759 §8.6): 56 bits of key, spread so that each octet has room for a parity bit,
 * which DES ignores. */
static bool
des(const uint8_t clear[static DES_BLOCK], const uint8_t key[static DES_KEY],
    uint8_t ret[static DES_BLOCK])
{
    g_autoptr(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
    uint8_t spread[DES_BLOCK];
    uint64_t bits = 0;
    int len = 0;
    bool ok;

    for (int i = 0; i < DES_KEY; i++)
        bits = bits << 8 | key[i];
    for (int i = 0; i < DES_BLOCK; i++)
        spread[i] = (uint8_t)(bits >> (49 - 7 * i) << 1);
    ok = EVP_EncryptInit_ex2(ctx, legacy_get()->des, spread, NULL, NULL) &&
         EVP_CIPHER_CTX_set_padding(ctx, 0) && EVP_EncryptUpdate(ctx, ret, &len, clear, DES_BLOCK);
    explicit_bzero(spread, sizeof(spread));
    return ok && len == DES_BLOCK;
}

bool
mschap_response(const MschapTalk *t, Slice nt_hash, uint8_t ret[static MSCHAP_RESPONSE])
{
    uint8_t hash[DIGEST_MAX], key[3 * DES_KEY] = { 0 }; /* §8.5: padded with zeros */
    bool ok = mschap_available() && nt_hash.len == MSCHAP_HASH && challenge_hash(t, hash);

    if (ok)
        memcpy(key, nt_hash.p, MSCHAP_HASH);
    for (int i = 0; ok && i < 3; i++)
        ok = des(hash, key + DES_KEY * i, ret + DES_BLOCK * i);
    explicit_bzero(key, sizeof(key));
    return ok;
}

bool
mschap_proof(const MschapTalk *t, Slice nt_hash, const uint8_t response[static MSCHAP_RESPONSE],
             uint8_t ret[static MSCHAP_PROOF])
{
    uint8_t challenge[DIGEST_MAX], first[DIGEST_MAX], second[DIGEST_MAX];
    g_auto(Secret) hash_hash = { 0 };

    if (nt_hash.len != MSCHAP_HASH || !md4(nt_hash, &hash_hash) || !challenge_hash(t, challenge))
        return false;
    Slice one[] = { secret_view(&hash_hash),
                    { response, MSCHAP_RESPONSE },
                    slice_of("Magic server to client signing constant") };
    if (digest("SHA1", one, G_N_ELEMENTS(one), first) != SHA1_LEN)
        return false;
    Slice two[] = { { first, SHA1_LEN },
                    { challenge, DES_BLOCK },
                    slice_of("Pad to make it do more than one iteration") };
    if (digest("SHA1", two, G_N_ELEMENTS(two), second) != SHA1_LEN)
        return false;
    memcpy(ret, second, MSCHAP_PROOF);
    return true;
}

/* GetAsymmetricStartKey (RFC 3079 §3.3) of 128 bits. */
static bool
start_key(Slice master, const char *magic, uint8_t ret[static SESSION_KEY])
{
    uint8_t zeros[PAD], twos[PAD], hash[DIGEST_MAX];
    Slice parts[] = { master, { zeros, PAD }, slice_of(magic), { twos, PAD } };
    bool ok;

    memset(zeros, 0, sizeof(zeros));
    memset(twos, 0xf2, sizeof(twos));
    ok = digest("SHA1", parts, G_N_ELEMENTS(parts), hash) == SHA1_LEN;
    if (ok)
        memcpy(ret, hash, SESSION_KEY);
    explicit_bzero(hash, sizeof(hash));
    return ok;
}

bool
mschap_msk(Slice nt_hash, const uint8_t response[static MSCHAP_RESPONSE], Secret *ret)
{
    static const char client_sends[] = "On the client side, this is the send key; "
                                       "on the server side, it is the receive key.";
    static const char client_receives[] = "On the client side, this is the receive key; "
                                          "on the server side, it is the send key.";
    g_auto(Secret) hash_hash = { 0 }, msk = { 0 };
    uint8_t hash[DIGEST_MAX];
    bool ok;

    if (nt_hash.len != MSCHAP_HASH || !md4(nt_hash, &hash_hash))
        return false;
    Slice parts[] = { secret_view(&hash_hash),
                      { response, MSCHAP_RESPONSE },
                      slice_of("This is the MPPE Master Key") };
    Slice master = { hash, SESSION_KEY };

    secret_alloc(&msk, MSCHAP_MSK);
    ok = digest("SHA1", parts, G_N_ELEMENTS(parts), hash) == SHA1_LEN &&
         start_key(master, client_sends, msk.p) &&
         start_key(master, client_receives, msk.p + SESSION_KEY);
    explicit_bzero(hash, sizeof(hash));
    if (ok)
        secret_move(ret, &msk);
    return ok;
}
