#include "agent/crypto/key_pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "agent/crypto/crypto_private.h"

/* A file may ask for more rounds than a lifetime has: ten times what is recommended today is
 * enough for anybody. */
enum { ROUNDS_MAX = 10000000, SCRYPT_MAX = 1 << 26 /* N x r x p */ };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_SIG, X509_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBE2PARAM, PBE2PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBKDF2PARAM, PBKDF2PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PBEPARAM, PBEPARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SCRYPT_PARAMS, SCRYPT_PARAMS_free)

static bool
at_most(const ASN1_INTEGER *n, int64_t max, int64_t *ret)
{
    return ASN1_INTEGER_get_int64(ret, n) == 1 && *ret > 0 && *ret <= max;
}

static bool
scrypt_bearable(const ASN1_TYPE *parameter)
{
    g_autoptr(SCRYPT_PARAMS) s =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameter);
    int64_t n, r, p;

    return s && at_most(s->costParameter, SCRYPT_MAX, &n) &&
           at_most(s->blockSize, SCRYPT_MAX / n, &r) &&
           at_most(s->parallelizationParameter, SCRYPT_MAX / n / r, &p);
}

static bool
pbkdf2_bearable(const ASN1_TYPE *parameter)
{
    g_autoptr(PBKDF2PARAM) k = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameter);
    int64_t rounds;

    return k && at_most(k->iter, ROUNDS_MAX, &rounds);
}

/* PBES2 and PBES1 (RFC 8018 §6). */
static bool
bearable(const X509_ALGOR *alg)
{
    int nid = OBJ_obj2nid(alg->algorithm);
    g_autoptr(PBE2PARAM) two = NULL;
    g_autoptr(PBEPARAM) one = NULL;
    int64_t rounds;

    if (nid != NID_pbes2) {
        one = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), alg->parameter);
        return one && at_most(one->iter, ROUNDS_MAX, &rounds);
    }
    two = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), alg->parameter);
    if (!two)
        return false;
    if (OBJ_obj2nid(two->keyfunc->algorithm) == NID_id_scrypt)
        return scrypt_bearable(two->keyfunc->parameter);
    return OBJ_obj2nid(two->keyfunc->algorithm) == NID_id_pbkdf2 &&
           pbkdf2_bearable(two->keyfunc->parameter);
}

/* Whether every locked key of @pem can be tried in seconds. */
static bool
all_bearable(Slice pem)
{
    g_autoptr(BIO) in = BIO_new_mem_buf(pem.p, (int)pem.len);
    char *name, *header;
    unsigned char *der;
    bool ok = true;
    long len;

    while (ok && PEM_read_bio(in, &name, &header, &der, &len) == 1) {
        const unsigned char *p = der;
        g_autoptr(X509_SIG) locked =
            g_str_equal(name, PEM_STRING_PKCS8) ? d2i_X509_SIG(NULL, &p, len) : NULL;
        const X509_ALGOR *alg = NULL;

        if (locked)
            X509_SIG_get0(locked, &alg, NULL);
        ok = !alg || bearable(alg);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)len);
    }
    ERR_clear_error();
    return ok;
}

typedef struct Phrase {
    Slice octets;
    bool asked;
} Phrase;

static int
give(char *buf, int size, int rwflag, void *user)
{
    Phrase *phrase = user;

    (void)rwflag;
    phrase->asked = true;
    if (phrase->octets.len == 0 || phrase->octets.len > (size_t)size)
        return -1;
    memcpy(buf, phrase->octets.p, phrase->octets.len);
    return (int)phrase->octets.len;
}

KeyPem
key_pem_read(Slice pem, Slice passphrase, SigKey **ret, GError **error)
{
    g_autoptr(BIO) in = pem.len && pem.len <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.len) : NULL;
    g_autoptr(EVP_PKEY) pkey = NULL;
    g_autoptr(SigKey) key = NULL;
    Phrase phrase = { .octets = passphrase };
    const char *unsound;

    if (in && !all_bearable(pem)) {
        crypto_fail(error, "the private key is locked in a way that takes too long to open");
        return KEY_PEM_BAD;
    }
    pkey = in ? PEM_read_bio_PrivateKey(in, NULL, give, &phrase) : NULL;
    ERR_clear_error();
    if (!pkey && phrase.asked) /* a wrong passphrase looks like a broken key now and then */
        return KEY_PEM_LOCKED;
    if (!pkey) {
        crypto_fail(error, "there is no private key in PEM form");
        return KEY_PEM_BAD;
    }
    key = sig_key_from_evp(pkey);
    unsound = sig_key_unsound(key);
    if (unsound) {
        crypto_fail(error, "the private key is of no use: %s", unsound);
        return KEY_PEM_BAD;
    }
    *ret = g_steal_pointer(&key);
    return KEY_PEM_OK;
}
