#include "tests/bench/raw_crypto.h"

#ifdef AC_IPSEC_MB
#include <intel-ipsec-mb.h>
#endif

enum { BURST = 128, AAD = 8, GCM_TAG = 16 };

struct RawCrypto {
    const KitSuite *suite;
    bool seal;
    uint8_t nonce[16];
    void (*run)(RawCrypto *, const RawPacket *, size_t);
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
#ifdef AC_IPSEC_MB
    IMB_MGR *mgr;
    struct gcm_key_data gcm;
    struct gcm_context_data ctx;
    uint8_t enc[240] __attribute__((aligned(16))), dec[240] __attribute__((aligned(16)));
    uint8_t inner[64], outer[64], tags[BURST][64];
#endif
};

static RawCrypto *
raw_new(const KitSuite *suite, const KitKeys *keys, bool seal)
{
    RawCrypto *r = g_aligned_alloc0(1, sizeof(*r), 64);

    r->suite = suite;
    r->seal = seal;
    memcpy(r->nonce, keys->key + keys->key_len - suite->salt, suite->salt);
    return r;
}

static void
must(bool ok, const RawCrypto *r)
{
    if (!ok)
        g_error("%s", r->suite->name);
}

static void
openssl_gcm(RawCrypto *r, const RawPacket *p)
{
    uint8_t none[16];
    int n;

    memcpy(r->nonce + 4, p->head + AAD, 8);
    must(EVP_CipherInit_ex2(r->cipher, NULL, NULL, r->nonce, -1, NULL) == 1, r);
    if (!r->seal)
        must(EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, p->data + p->len) == 1,
             r);
    must(EVP_CipherUpdate(r->cipher, NULL, &n, p->head, AAD) == 1 &&
             EVP_CipherUpdate(r->cipher, p->data, &n, p->data, (int)p->len) == 1 &&
             EVP_CipherFinal_ex(r->cipher, none, &n) == 1,
         r);
    if (r->seal)
        must(EVP_CIPHER_CTX_ctrl(r->cipher, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, p->data + p->len) == 1,
             r);
}

static void
openssl_mac(RawCrypto *r, const RawPacket *p, uint8_t *mac)
{
    size_t got;

    must(EVP_MAC_init(r->mac, NULL, 0, NULL) == 1 &&
             EVP_MAC_update(r->mac, p->head, AAD + r->suite->iv + p->len) == 1 &&
             EVP_MAC_final(r->mac, mac, &got, EVP_MAX_MD_SIZE) == 1,
         r);
}

static void
openssl_cbc(RawCrypto *r, const RawPacket *p)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    int n;

    if (!r->seal) {
        openssl_mac(r, p, mac);
        must(CRYPTO_memcmp(mac, p->data + p->len, r->suite->icv) == 0, r);
    }
    must(EVP_CipherInit_ex2(r->cipher, NULL, NULL, p->head + AAD, -1, NULL) == 1 &&
             EVP_CipherUpdate(r->cipher, p->data, &n, p->data, (int)p->len) == 1,
         r);
    if (r->seal) {
        openssl_mac(r, p, mac);
        memcpy(p->data + p->len, mac, r->suite->icv);
    }
}

static void
openssl_run(RawCrypto *r, const RawPacket *packets, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r->suite->digest)
            openssl_cbc(r, &packets[i]);
        else
            openssl_gcm(r, &packets[i]);
}

RawCrypto *
raw_openssl_new(const KitSuite *s, const KitKeys *keys, bool seal)
{
    RawCrypto *r = raw_new(s, keys, seal);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, s->cipher, NULL);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char *)(uintptr_t)s->digest,
                                                             0),
                            OSSL_PARAM_construct_end() };

    r->run = openssl_run;
    r->cipher = EVP_CIPHER_CTX_new();
    r->mac = EVP_MAC_CTX_new(mac);
    must(EVP_CipherInit_ex2(r->cipher, cipher, keys->key, r->nonce, seal, NULL) == 1 &&
             (!s->digest || EVP_MAC_init(r->mac, keys->integ, keys->integ_len, params) == 1),
         r);
    if (s->digest)
        EVP_CIPHER_CTX_set_padding(r->cipher, 0);
    EVP_CIPHER_free(cipher);
    EVP_MAC_free(mac);
    return r;
}

#ifdef AC_IPSEC_MB
static void
mb_gcm_run(RawCrypto *r, const RawPacket *packets, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const RawPacket *p = &packets[i];
        uint8_t tag[GCM_TAG];

        memcpy(r->nonce + 4, p->head + AAD, 8);
        if (r->seal) {
            IMB_AES128_GCM_ENC(r->mgr, &r->gcm, &r->ctx, p->data, p->data, p->len, r->nonce,
                               p->head, AAD, p->data + p->len, GCM_TAG);
            continue;
        }
        IMB_AES128_GCM_DEC(r->mgr, &r->gcm, &r->ctx, p->data, p->data, p->len, r->nonce, p->head,
                           AAD, tag, GCM_TAG);
        must(CRYPTO_memcmp(tag, p->data + p->len, GCM_TAG) == 0, r);
    }
}

static void
mb_cbc_run(RawCrypto *r, const RawPacket *packets, size_t n)
{
    IMB_JOB *jobs[BURST];
    uint32_t done;

    must(IMB_GET_NEXT_BURST(r->mgr, (uint32_t)n, jobs) == n, r);
    for (size_t i = 0; i < n; i++) {
        const RawPacket *p = &packets[i];
        IMB_JOB *j = jobs[i];

        j->cipher_mode = IMB_CIPHER_CBC;
        j->cipher_direction = r->seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
        j->chain_order = r->seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
        j->hash_alg = IMB_AUTH_HMAC_SHA_1;
        j->enc_keys = r->enc;
        j->dec_keys = r->dec;
        j->key_len_in_bytes = 32;
        j->src = p->head;
        j->dst = p->data;
        j->cipher_start_src_offset_in_bytes = AAD + 16;
        j->msg_len_to_cipher_in_bytes = p->len;
        j->hash_start_src_offset_in_bytes = 0;
        j->msg_len_to_hash_in_bytes = AAD + 16 + p->len;
        j->iv = p->head + AAD;
        j->iv_len_in_bytes = 16;
        j->auth_tag_output = r->seal ? p->data + p->len : r->tags[i];
        j->auth_tag_output_len_in_bytes = 12;
        j->u.HMAC._hashed_auth_key_xor_ipad = r->inner;
        j->u.HMAC._hashed_auth_key_xor_opad = r->outer;
    }
    done = IMB_SUBMIT_BURST(r->mgr, (uint32_t)n, jobs);
    while (done < n)
        done += IMB_FLUSH_BURST(r->mgr, (uint32_t)n - done, jobs);
    for (size_t i = 0; !r->seal && i < n; i++)
        must(CRYPTO_memcmp(r->tags[i], packets[i].data + packets[i].len, 12) == 0, r);
}

/* Only of the two suites that are measured. */
RawCrypto *
raw_mb_new(const KitSuite *s, const KitKeys *keys, bool seal)
{
    RawCrypto *r = raw_new(s, keys, seal);
    uint8_t inner[64] = { 0 }, outer[64] = { 0 };

    r->mgr = alloc_mb_mgr(0);
    init_mb_mgr_auto(r->mgr, NULL);
    if (s->suite.encr == ENCR_AES_GCM_16 && s->suite.key_bits == 128) {
        IMB_AES128_GCM_PRE(r->mgr, keys->key, &r->gcm);
        r->run = mb_gcm_run;
        return r;
    }
    must(s->suite.integ == AUTH_HMAC_SHA1_96 && s->suite.key_bits == 256, r);
    IMB_AES_KEYEXP_256(r->mgr, keys->key, r->enc, r->dec);
    memcpy(inner, keys->integ, keys->integ_len);
    memcpy(outer, keys->integ, keys->integ_len);
    for (size_t i = 0; i < sizeof(inner); i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5c;
    }
    IMB_SHA1_ONE_BLOCK(r->mgr, inner, r->inner);
    IMB_SHA1_ONE_BLOCK(r->mgr, outer, r->outer);
    r->run = mb_cbc_run;
    return r;
}
#else
RawCrypto *
raw_mb_new(const KitSuite *s, const KitKeys *keys, bool seal)
{
    (void)s, (void)keys, (void)seal;
    return NULL;
}
#endif

void
raw_crypto_free(RawCrypto *r)
{
    EVP_CIPHER_CTX_free(r->cipher);
    EVP_MAC_CTX_free(r->mac);
#ifdef AC_IPSEC_MB
    if (r->mgr)
        free_mb_mgr(r->mgr);
#endif
    g_aligned_free(r);
}

void
raw_crypto_run(RawCrypto *r, const RawPacket *packets, size_t n)
{
    g_assert(n <= BURST);
    r->run(r, packets, n);
}
