#define OPENSSL_API_COMPAT 10100 /* methods of keys: their successor is a whole provider */
#include "agent/crypto/sig_evp.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "agent/crypto/crypto_private.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RSA, RSA_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_KEY, EC_KEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)

static bool
ask(const SigSigner *signer, SigScheme scheme, Slice input, GByteArray *ret)
{
    SigAlg alg = { .scheme = scheme };

    if (signer->sign(signer->self, &alg, input, ret))
        return true;
    ERR_raise_data(ERR_LIB_USER, SIG_EVP_REFUSED, "the token with our key does not sign");
    return false;
}

static int
rsa_sign(int len, const unsigned char *from, unsigned char *to, RSA *rsa, int padding)
{
    g_autoptr(GByteArray) sig = g_byte_array_new();
    size_t whole = (size_t)RSA_size(rsa);
    bool raw = padding == RSA_NO_PADDING;

    if (len < 0 || (!raw && padding != RSA_PKCS1_PADDING) ||
        !ask(RSA_get_app_data(rsa), raw ? SIG_RSA_RAW : SIG_RSA_PKCS1, (Slice){ from, (size_t)len },
             sig) ||
        sig->len > whole)
        return -1;
    memset(to, 0, whole - sig->len);
    memcpy(to + whole - sig->len, sig->data, sig->len);
    return (int)whole;
}

static ECDSA_SIG *
ecdsa_sign(const unsigned char *hash, int len, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
    g_autoptr(GByteArray) raw = g_byte_array_new();
    g_autoptr(ECDSA_SIG) sig = ECDSA_SIG_new();

    (void)kinv, (void)r;
    if (len < 0 || !ask(EC_KEY_get_ex_data(ec, 0), SIG_ECDSA, (Slice){ hash, (size_t)len }, raw) ||
        raw->len == 0 || raw->len % 2)
        return NULL;
    ECDSA_SIG_set0(sig, BN_bin2bn(raw->data, (int)raw->len / 2, NULL),
                   BN_bin2bn(raw->data + raw->len / 2, (int)raw->len / 2, NULL));
    return g_steal_pointer(&sig);
}

static const RSA_METHOD *
rsa_method(void)
{
    static gsize method;

    if (g_once_init_enter(&method)) {
        RSA_METHOD *m = RSA_meth_dup(RSA_PKCS1_OpenSSL());

        RSA_meth_set_priv_enc(m, rsa_sign);
        g_once_init_leave(&method, (gsize)m);
    }
    return (const RSA_METHOD *)method;
}

static const EC_KEY_METHOD *
ec_method(void)
{
    static gsize method;

    if (g_once_init_enter(&method)) {
        EC_KEY_METHOD *m = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
        int (*sign)(int, const unsigned char *, int, unsigned char *, unsigned *, const BIGNUM *,
                    const BIGNUM *, EC_KEY *);

        EC_KEY_METHOD_get_sign(m, &sign, NULL, NULL);
        EC_KEY_METHOD_set_sign(m, sign, NULL, ecdsa_sign);
        g_once_init_leave(&method, (gsize)m);
    }
    return (const EC_KEY_METHOD *)method;
}

static EVP_PKEY *
rsa_behind(const SigSigner *signer, EVP_PKEY *public)
{
    g_autoptr(RSA) rsa = RSAPublicKey_dup(EVP_PKEY_get0_RSA(public));
    g_autoptr(EVP_PKEY) ret = EVP_PKEY_new();

    if (!rsa || RSA_set_method(rsa, rsa_method()) != 1 ||
        RSA_set_app_data(rsa, (void *)signer) != 1 || EVP_PKEY_set1_RSA(ret, rsa) != 1)
        return NULL;
    return g_steal_pointer(&ret);
}

static EVP_PKEY *
ec_behind(const SigSigner *signer, EVP_PKEY *public)
{
    g_autoptr(EC_KEY) ec = EC_KEY_dup(EVP_PKEY_get0_EC_KEY(public));
    g_autoptr(EVP_PKEY) ret = EVP_PKEY_new();

    if (!ec || EC_KEY_set_method(ec, ec_method()) != 1 ||
        EC_KEY_set_ex_data(ec, 0, (void *)signer) != 1 || EVP_PKEY_set1_EC_KEY(ret, ec) != 1)
        return NULL;
    return g_steal_pointer(&ret);
}

void *
sig_evp_new(const SigKey *k)
{
    const SigSigner *signer = sig_key_signer(k);
    EVP_PKEY *evp = sig_key_evp(k);

    if (!signer) {
        EVP_PKEY_up_ref(evp);
        return evp;
    }
    if (EVP_PKEY_is_a(evp, "RSA"))
        return rsa_behind(signer, evp);
    return EVP_PKEY_is_a(evp, "EC") ? ec_behind(signer, evp) : NULL;
}
