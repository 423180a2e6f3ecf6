#include "agent/crypto/sig_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "agent/crypto/crypto_private.h"

enum {
    RSA_BITS_MIN = 1024, /* generated; what is accepted is the policy's business */
    RSA_BITS_MAX = 8192, /* twice the largest in use; larger ones only cost time to check */
    RSA_E_BITS_MAX = 64, /* OpenSSL's own limit for moduli above 3072 bits */
};

/* The object is the EVP_PKEY itself, under a name that needs no OpenSSL header. */
static EVP_PKEY *
evp(const SigKey *k)
{
    return (EVP_PKEY *)(void *)k;
}

static SigKey *
taken(EVP_PKEY *pkey)
{
    ERR_clear_error();
    return (SigKey *)(void *)pkey;
}

void
sig_key_free(SigKey *k)
{
    EVP_PKEY_free(evp(k));
}

SigKey *
sig_key_from_evp(void *evp_pkey)
{
    EVP_PKEY_up_ref(evp_pkey);
    return taken(evp_pkey);
}

void *
sig_key_evp(const SigKey *k)
{
    return evp(k);
}

static void
signer_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl, void *argp)
{
    SigSigner *signer = ptr;

    (void)parent, (void)ad, (void)idx, (void)argl, (void)argp;
    if (signer)
        signer->free(signer->self);
    g_free(signer);
}

/* Where an EVP_PKEY keeps its SigSigner. */
static int
signer_index(void)
{
    static gsize index;

    if (g_once_init_enter(&index))
        g_once_init_leave(&index,
                          (gsize)EVP_PKEY_get_ex_new_index(0, NULL, NULL, NULL, signer_free) + 1);
    return (int)index - 1;
}

SigKey *
sig_key_from_signer(const SigKey *public, const SigSigner *signer)
{
    EVP_PKEY *pkey = EVP_PKEY_dup(evp(public));

    EVP_PKEY_set_ex_data(pkey, signer_index(), g_memdup2(signer, sizeof(*signer)));
    return taken(pkey);
}

const SigSigner *
sig_key_signer(const SigKey *k)
{
    return EVP_PKEY_get_ex_data(evp(k), signer_index());
}

bool
sig_key_same(const SigKey *a, const SigKey *b)
{
    bool same = EVP_PKEY_eq(evp(a), evp(b)) == 1;

    ERR_clear_error();
    return same;
}

/* There is nobody to ask: say that it was asked for, and fail. */
static int
refuse_password(char *buf, int size, int rwflag, void *user)
{
    bool *asked = user;

    (void)buf, (void)size, (void)rwflag;
    *asked = true;
    return -1;
}

SigKey *
sig_key_from_pem(Slice pem, GError **error)
{
    g_autoptr(BIO) in = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.len) : NULL;
    g_autoptr(SigKey) k = NULL;
    const char *unsound;
    bool encrypted = false;

    if (in)
        k = taken(PEM_read_bio_PrivateKey(in, NULL, refuse_password, &encrypted));
    if (!k) {
        crypto_fail(error, encrypted ? "the private key is encrypted, and only plain ones are read"
                                     : "there is no private key in PEM form");
        return NULL;
    }
    unsound = sig_key_unsound(k);
    if (unsound) {
        crypto_fail(error, "the private key is of no use: %s", unsound);
        return NULL;
    }
    return g_steal_pointer(&k);
}

SigKey *
sig_key_generate_rsa(unsigned bits)
{
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
        return NULL;
    return taken(EVP_RSA_gen(bits));
}

SigKey *
sig_key_generate_ecdsa(unsigned bits)
{
    switch (bits) {
    case 256:
        return taken(EVP_EC_gen("P-256"));
    case 384:
        return taken(EVP_EC_gen("P-384"));
    case 521:
        return taken(EVP_EC_gen("P-521"));
    default:
        return NULL;
    }
}

SigKey *
sig_key_generate_ed25519(void)
{
    return taken(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

bool
sig_key_to_pem(const SigKey *k, Secret *ret)
{
    g_autoptr(BIO) out = BIO_new(BIO_s_mem()); /* wiped by OpenSSL when freed */
    const uint8_t *p;
    long len;
    bool ok = PEM_write_bio_PKCS8PrivateKey(out, evp(k), NULL, NULL, 0, NULL, NULL) == 1;

    ERR_clear_error();
    if (!ok)
        return false;
    len = BIO_get_mem_data(out, &p);
    secret_set(ret, (Slice){ p, (size_t)len });
    return true;
}

const char *
sig_key_kind(const SigKey *k)
{
    const char *name = EVP_PKEY_get0_type_name(evp(k));

    if (EVP_PKEY_is_a(evp(k), "RSA"))
        return "RSA";
    if (EVP_PKEY_is_a(evp(k), "EC"))
        return "ECDSA";
    if (EVP_PKEY_is_a(evp(k), "ED25519"))
        return "Ed25519";
    return name ? name : "unknown";
}

unsigned
sig_key_bits(const SigKey *k)
{
    int bits = EVP_PKEY_get_bits(evp(k));

    return bits > 0 ? (unsigned)bits : 0;
}

/* With e = 1 every number is its own signature, and an even n is no product of two large primes. */
static const char *
rsa_unsound(const SigKey *k)
{
    BIGNUM *e = NULL, *n = NULL;
    bool e_ok = EVP_PKEY_get_bn_param(evp(k), OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
                !BN_is_one(e) && BN_num_bits(e) <= RSA_E_BITS_MAX;
    bool n_ok = EVP_PKEY_get_bn_param(evp(k), OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_is_odd(n) &&
                !BN_is_one(n);

    BN_free(e);
    BN_free(n);
    if (!e_ok)
        return "its RSA exponent is not an odd number of 3 or more";
    if (!n_ok)
        return "its RSA modulus is not an odd number of 3 or more";
    return sig_key_bits(k) > RSA_BITS_MAX ? "its RSA modulus is too large" : NULL;
}

static const char *
ec_unsound(const SigKey *k)
{
    static const char *const curves[] = { "prime256v1", "secp384r1", "secp521r1" };
    char name[64];

    if (EVP_PKEY_get_group_name(evp(k), name, sizeof(name), NULL) == 1)
        for (size_t i = 0; i < G_N_ELEMENTS(curves); i++)
            if (strcmp(name, curves[i]) == 0)
                return NULL;
    return "its elliptic curve is none of P-256, P-384 and P-521";
}

const char *
sig_key_unsound(const SigKey *k)
{
    const char *why = NULL;

    if (EVP_PKEY_is_a(evp(k), "RSA"))
        why = rsa_unsound(k);
    else if (EVP_PKEY_is_a(evp(k), "EC"))
        why = ec_unsound(k);
    else if (!EVP_PKEY_is_a(evp(k), "ED25519"))
        why = "it is none of RSA, ECDSA and Ed25519";
    ERR_clear_error();
    return why;
}
