#include "agent/crypto/sig.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "agent/crypto/crypto_private.h"
#include "agent/crypto/digest.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)

enum {
    RSA_MAX = 1024,            /* octets of the largest modulus sig_key_unsound() lets by */
    DIGEST_INFO_HEAD_MAX = 19, /* octets in front of the hash */
};

/* DigestInfo up to the hash itself (RFC 8017 §9.2 note 1). */
static const struct {
    SigHash hash; /* 0: known, and never accepted */
    const char *openssl;
    uint8_t head[DIGEST_INFO_HEAD_MAX];
    size_t head_len;
} digest_infos[] = {
    { SIG_SHA2_256,
      "SHA256",
      { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20 },
      19 },
    { SIG_SHA2_384,
      "SHA384",
      { 0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
        0x05, 0x00, 0x04, 0x30 },
      19 },
    { SIG_SHA2_512,
      "SHA512",
      { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
        0x05, 0x00, 0x04, 0x40 },
      19 },
    { SIG_SHA1,
      "SHA1",
      { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 },
      15 },
    { 0,
      "MD5",
      { 0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05,
        0x00, 0x04, 0x10 },
      18 },
};

/* RFC 4754 §3: the curve decides the hash. */
static const struct {
    uint8_t method;
    unsigned bits;
    SigHash hash;
    size_t half; /* octets of r, and of s */
} ecdsa_methods[] = {
    { SIG_METHOD_ECDSA_256, 256, SIG_SHA2_256, 32 },
    { SIG_METHOD_ECDSA_384, 384, SIG_SHA2_384, 48 },
    { SIG_METHOD_ECDSA_521, 521, SIG_SHA2_512, 66 },
};

static bool
is_rsa(const SigKey *k)
{
    return strcmp(sig_key_kind(k), "RSA") == 0;
}

static bool
is_ecdsa(const SigKey *k)
{
    return strcmp(sig_key_kind(k), "ECDSA") == 0;
}

static bool
is_ed25519(const SigKey *k)
{
    return strcmp(sig_key_kind(k), "Ed25519") == 0;
}

/* Index into ecdsa_methods of @k's curve, or -1. */
static int
ecdsa_row(const SigKey *k)
{
    if (is_ecdsa(k) && !sig_key_unsound(k))
        for (size_t i = 0; i < G_N_ELEMENTS(ecdsa_methods); i++)
            if (ecdsa_methods[i].bits == sig_key_bits(k))
                return (int)i;
    return -1;
}

uint8_t
sig_classic_method(const SigKey *k)
{
    int row = ecdsa_row(k);

    if (is_rsa(k))
        return SIG_METHOD_RSA;
    return row >= 0 ? ecdsa_methods[row].method : 0;
}

static bool
scheme_fits(const SigKey *k, SigScheme scheme)
{
    switch (scheme) {
    case SIG_RSA_PKCS1:
    case SIG_RSA_PSS:
        return is_rsa(k);
    case SIG_ECDSA:
        return is_ecdsa(k);
    case SIG_ED25519:
        return is_ed25519(k);
    case SIG_RSA_RAW:
        break;
    }
    return false;
}

static bool
set_padding(EVP_PKEY_CTX *pctx, const SigAlg *alg)
{
    if (alg->scheme == SIG_RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1;
    if (alg->scheme == SIG_RSA_PSS) /* MGF1 takes the signature's own hash when none is set */
        return EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, (int)alg->salt_len) == 1;
    return true;
}

static bool
evp_digest_sign(const SigKey *k, const SigAlg *alg, Slice octets, GByteArray *ret)
{
    g_autoptr(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    g_autofree uint8_t *sig = NULL;
    EVP_PKEY_CTX *pctx;
    size_t len = 0;

    if (EVP_DigestSignInit_ex(ctx, &pctx, sig_hash_name(alg->hash), NULL, NULL, sig_key_evp(k),
                              NULL) != 1 ||
        !set_padding(pctx, alg) || EVP_DigestSign(ctx, NULL, &len, octets.p, octets.len) != 1)
        return false;
    sig = g_malloc(len);
    if (EVP_DigestSign(ctx, sig, &len, octets.p, octets.len) != 1)
        return false;
    g_byte_array_append(ret, sig, (guint)len);
    return true;
}

/* What a token's raw mechanism takes. */
static bool
signer_input(const SigAlg *alg, Slice octets, uint8_t ret[static DIGEST_INFO_HEAD_MAX + DIGEST_MAX],
             Slice *ret_input)
{
    size_t head = 0, len;

    if (alg->scheme == SIG_ED25519) {
        *ret_input = octets;
        return true;
    }
    if (alg->scheme == SIG_RSA_PKCS1)
        for (size_t i = 0; i < G_N_ELEMENTS(digest_infos); i++)
            if (digest_infos[i].hash == alg->hash) {
                head = digest_infos[i].head_len;
                memcpy(ret, digest_infos[i].head, head);
            }
    len = digest(sig_hash_name(alg->hash), &octets, 1, ret + head);
    *ret_input = (Slice){ ret, head + len };
    return len && (head || alg->scheme != SIG_RSA_PKCS1);
}

/* r | s as DER, which is what OpenSSL makes and RFC 7427 sends. */
static bool
append_ecdsa(Slice raw, GByteArray *ret)
{
    size_t half = raw.len / 2;
    g_autoptr(ECDSA_SIG) sig = ECDSA_SIG_new();
    unsigned char *der = NULL;
    int len;

    if (raw.len == 0 || raw.len % 2)
        return false;
    ECDSA_SIG_set0(sig, BN_bin2bn(raw.p, (int)half, NULL),
                   BN_bin2bn(raw.p + half, (int)half, NULL));
    len = i2d_ECDSA_SIG(sig, &der);
    if (len > 0)
        g_byte_array_append(ret, der, (guint)len);
    OPENSSL_free(der);
    return len > 0;
}

static bool
signer_sign(const SigSigner *signer, const SigAlg *alg, Slice octets, GByteArray *ret)
{
    uint8_t buf[DIGEST_INFO_HEAD_MAX + DIGEST_MAX];
    g_autoptr(GByteArray) raw = g_byte_array_new();
    Slice input;

    if (!signer_input(alg, octets, buf, &input) || !signer->sign(signer->self, alg, input, raw))
        return false;
    if (alg->scheme == SIG_ECDSA)
        return append_ecdsa((Slice){ raw->data, raw->len }, ret);
    g_byte_array_append(ret, raw->data, raw->len);
    return true;
}

static bool
make_signature(const SigKey *k, const SigAlg *alg, Slice octets, GByteArray *ret)
{
    const SigSigner *signer = sig_key_signer(k);

    return signer ? signer_sign(signer, alg, octets, ret) : evp_digest_sign(k, alg, octets, ret);
}

static bool
evp_verify(const SigKey *k, const SigAlg *alg, Slice octets, Slice sig)
{
    g_autoptr(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx;

    return EVP_DigestVerifyInit_ex(ctx, &pctx, sig_hash_name(alg->hash), NULL, NULL, sig_key_evp(k),
                                   NULL) == 1 &&
           set_padding(pctx, alg) &&
           EVP_DigestVerify(ctx, sig.p, sig.len, octets.p, octets.len) == 1;
}

/* RFC 4754 §7: r | s, each as long as the curve, in place of DER. */
static bool
sign_ecdsa_classic(const SigKey *k, uint8_t method, Slice octets, GByteArray *ret)
{
    int row = ecdsa_row(k);
    g_autoptr(GByteArray) der = g_byte_array_new();
    g_autoptr(ECDSA_SIG) sig = NULL;
    const uint8_t *p;
    uint8_t raw[2 * 66];
    int half;

    if (row < 0 || ecdsa_methods[row].method != method ||
        !make_signature(k, &(SigAlg){ SIG_ECDSA, ecdsa_methods[row].hash, 0 }, octets, der))
        return false;
    p = der->data;
    sig = d2i_ECDSA_SIG(NULL, &p, (long)der->len);
    half = (int)ecdsa_methods[row].half;
    if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half) != half ||
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half) != half)
        return false;
    g_byte_array_append(ret, raw, (guint)(2 * half));
    return true;
}

static const char *
verify_ecdsa_classic(const SigKey *k, uint8_t method, Slice octets, Slice auth, SigHash *ret_hash)
{
    int row = ecdsa_row(k);
    Reader in = reader_init(auth);
    g_autoptr(ECDSA_SIG) sig = ECDSA_SIG_new();
    unsigned char *der = NULL;
    Slice r, s;
    int len;
    bool ok;

    if (row < 0 || ecdsa_methods[row].method != method)
        return "the authentication method does not fit the certificate's key";
    if (!reader_slice(&in, ecdsa_methods[row].half, &r) ||
        !reader_slice(&in, ecdsa_methods[row].half, &s) || reader_left(&in) > 0)
        return "the ECDSA signature has the wrong length";
    ECDSA_SIG_set0(sig, BN_bin2bn(r.p, (int)r.len, NULL), BN_bin2bn(s.p, (int)s.len, NULL));
    len = i2d_ECDSA_SIG(sig, &der);
    *ret_hash = ecdsa_methods[row].hash;
    ok = len > 0 &&
         evp_verify(k, &(SigAlg){ SIG_ECDSA, *ret_hash, 0 }, octets, (Slice){ der, (size_t)len });
    OPENSSL_free(der);
    return ok ? NULL : "the signature does not match";
}

/* What RSA says was signed: the octets behind 00 01 ff .. ff 00. */
static bool
rsa_recover(const SigKey *k, Slice sig, uint8_t ret[static RSA_MAX], size_t *ret_len)
{
    g_autoptr(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, sig_key_evp(k), NULL);
    size_t len = RSA_MAX;

    if (sig.len != (size_t)EVP_PKEY_get_size(sig_key_evp(k)) || sig.len > RSA_MAX)
        return false;
    if (!ctx || EVP_PKEY_verify_recover_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
        EVP_PKEY_verify_recover(ctx, ret, &len, sig.p, sig.len) != 1)
        return false;
    *ret_len = len;
    return true;
}

/* RFC 8017 §8.2.2: nothing is parsed; what should have been signed is made anew, with each hash in
 * turn, and compared octet by octet, so there is no room for anything beside the hash. */
static const char *
verify_pkcs1(const SigKey *k, Slice octets, Slice sig, SigHash *ret_hash)
{
    uint8_t got[RSA_MAX];
    size_t len;

    if (!rsa_recover(k, sig, got, &len))
        return "the signature does not match";
    for (size_t i = 0; i < G_N_ELEMENTS(digest_infos); i++) {
        size_t head = digest_infos[i].head_len;
        uint8_t want[DIGEST_INFO_HEAD_MAX + DIGEST_MAX];
        size_t hash_len = digest(digest_infos[i].openssl, &octets, 1, want + head);

        memcpy(want, digest_infos[i].head, head);
        if (!hash_len || !slice_equal((Slice){ want, head + hash_len }, (Slice){ got, len }))
            continue;
        if (!digest_infos[i].hash)
            return "it is signed with MD5, which is never accepted";
        *ret_hash = digest_infos[i].hash;
        return NULL;
    }
    return "the signature does not match";
}

/* RFC 7427 §3: length of the AlgorithmIdentifier, the AlgorithmIdentifier, the signature. */
static const char *
verify_digital(const SigKey *k, Slice octets, Slice auth, SigHash *ret_hash)
{
    Reader in = reader_init(auth);
    Slice der, sig;
    SigHash hash;
    uint8_t len;
    SigAlg alg;
    const char *why;

    if (!reader_u8(&in, &len) || !reader_slice(&in, len, &der))
        return "the signature's AlgorithmIdentifier is cut short";
    sig = reader_rest(&in);
    if (!sig_alg_decode(der, &alg))
        return "the signature's AlgorithmIdentifier is none that we know";
    if (!scheme_fits(k, alg.scheme))
        return "the signature's AlgorithmIdentifier does not fit the certificate's key";
    *ret_hash = alg.hash;
    if (alg.scheme != SIG_RSA_PKCS1)
        return evp_verify(k, &alg, octets, sig) ? NULL : "the signature does not match";
    why = verify_pkcs1(k, octets, sig, &hash);
    if (!why && hash != alg.hash)
        return "the signature was not made with the hash it names";
    return why;
}

static const char *
verify(const SigKey *k, uint8_t method, const SigPolicy *policy, Slice octets, Slice auth,
       SigHash *ret_hash)
{
    SigHash hash = 0;
    const char *why = sig_key_unsound(k);

    if (why)
        return why;
    if (is_rsa(k) && sig_key_bits(k) < policy->min_rsa)
        return "the certificate's RSA key is shorter than the policy allows";
    switch (method) {
    case SIG_METHOD_RSA:
        why = is_rsa(k) ? verify_pkcs1(k, octets, auth, &hash)
                        : "the authentication method does not fit the certificate's key";
        break;
    case SIG_METHOD_ECDSA_256:
    case SIG_METHOD_ECDSA_384:
    case SIG_METHOD_ECDSA_521:
        why = verify_ecdsa_classic(k, method, octets, auth, &hash);
        break;
    case SIG_METHOD_DIGITAL:
        why = verify_digital(k, octets, auth, &hash);
        break;
    default:
        why = "the authentication method is no signature that we know";
    }
    if (!why && hash == SIG_SHA1 && !policy->sha1_ok)
        why = "it is signed with SHA-1, which the policy does not allow";
    if (!why)
        *ret_hash = hash;
    return why;
}

bool
sig_verify(const SigKey *k, uint8_t method, const SigPolicy *policy, Slice octets, Slice auth,
           SigHash *ret_hash, const char **why)
{
    SigHash hash;
    const char *no = verify(k, method, policy, octets, auth, &hash);

    ERR_clear_error();
    if (no && why)
        *why = no;
    if (!no && ret_hash)
        *ret_hash = hash;
    return !no;
}

/* The AlgorithmIdentifier we choose: PSS for RSA (RFC 8247 §3.2), but not with SHA-1, where only
 * the old form is in use. */
static bool
digital_alg(const SigKey *k, SigHash hash, SigAlg *ret)
{
    if (is_ed25519(k))
        *ret = (SigAlg){ SIG_ED25519, SIG_IDENTITY, 0 };
    else if (!sig_hash_name(hash))
        return false;
    else if (is_ecdsa(k))
        *ret = (SigAlg){ SIG_ECDSA, hash, 0 };
    else if (is_rsa(k) && hash == SIG_SHA1)
        *ret = (SigAlg){ SIG_RSA_PKCS1, hash, 0 };
    else if (is_rsa(k))
        *ret = (SigAlg){ SIG_RSA_PSS, hash, (unsigned)sig_hash_len(hash) };
    else
        return false;
    return true;
}

static bool
sign_digital(const SigKey *k, SigHash hash, Slice octets, GByteArray *ret)
{
    uint8_t buf[1 + SIG_ALG_MAX];
    Writer head = { .base = buf, .len = 1, .cap = sizeof(buf) };
    guint before = ret->len;
    SigAlg alg;

    if (!digital_alg(k, hash, &alg))
        return false;
    sig_alg_encode(&alg, &head);
    buf[0] = (uint8_t)(head.len - 1);
    g_byte_array_append(ret, head.base, (guint)head.len);
    if (make_signature(k, &alg, octets, ret))
        return true;
    g_byte_array_set_size(ret, before);
    return false;
}

bool
sig_sign(const SigKey *k, uint8_t method, SigHash hash, Slice octets, GByteArray *ret)
{
    bool ok = false;

    switch (method) {
    case SIG_METHOD_RSA:
        ok = is_rsa(k) && sig_hash_name(hash) &&
             make_signature(k, &(SigAlg){ SIG_RSA_PKCS1, hash, 0 }, octets, ret);
        break;
    case SIG_METHOD_ECDSA_256:
    case SIG_METHOD_ECDSA_384:
    case SIG_METHOD_ECDSA_521:
        ok = sign_ecdsa_classic(k, method, octets, ret);
        break;
    case SIG_METHOD_DIGITAL:
        ok = sign_digital(k, hash, octets, ret);
        break;
    default:
        break;
    }
    ERR_clear_error();
    return ok;
}
