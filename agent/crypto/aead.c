#include "agent/crypto/aead_private.h"
#include "agent/crypto/ct.h"

enum { SEQ_HALF = 4 }; /* octets of an SPI, too */

/* OpenSSL's name of the cipher: AES carries its key length, the others stand in the table. */
static EVP_CIPHER *
cipher_fetch(const SuiteAlg *encr, uint16_t key_bits)
{
    g_autofree char *aes = g_strdup_printf("AES-%u-%s", key_bits, encr->openssl);

    return EVP_CIPHER_fetch(NULL, encr->key_len_attr ? aes : encr->openssl, NULL);
}

static bool
is_usable(const SuiteAlg *encr, const SuiteAlg *integ, const Suite *suite)
{
    uint16_t attr = encr && encr->key_len_attr ? suite->key_bits : 0;

    if (!encr || !encr->implemented || !suite_key_bits_ok(encr, attr))
        return false;
    if (encr->aead)
        return suite->integ == AUTH_NONE;
    return integ && integ->implemented;
}

Aead *
aead_new(const Suite *suite, Slice key, Slice integ_key, AeadUse use)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, suite->encr);
    const SuiteAlg *integ = suite_find(TRANSFORM_INTEG, suite->integ);
    g_autoptr(EVP_CIPHER) cipher = NULL;
    g_autoptr(Aead) a = NULL;

    if (!is_usable(encr, integ, suite) || key.len != suite_encr_key_len(suite) ||
        integ_key.len != suite_integ_key_len(suite))
        return NULL;
    cipher = cipher_fetch(encr, suite->key_bits);
    if (!cipher || (size_t)EVP_CIPHER_get_key_length(cipher) + encr->salt != key.len)
        return NULL;

    a = g_new0(Aead, 1);
    a->encr = encr;
    a->integ = integ;
    a->cipher = EVP_CIPHER_CTX_new();
    memcpy(a->salt, key.p + key.len - encr->salt, encr->salt);
    if (!EVP_CipherInit_ex2(a->cipher, cipher, key.p, NULL, !(use & AEAD_OPEN), NULL))
        return NULL;
    /* An AEAD does not pad; told so, OpenSSL would tell the cipher again with every IV. */
    if (!encr->aead && !EVP_CIPHER_CTX_set_padding(a->cipher, 0))
        return NULL;
    if (integ)
        a->mac = crypto_mac_new(integ->openssl, integ_key.p, integ_key.len);
    if (integ && !a->mac)
        return NULL;
    a->open = use & AEAD_OPEN;
    a->esn = suite->esn == ESN_YES;
    if ((use & AEAD_BATCH) && !(a->esn && integ)) /* the octets of that MAC do not stand in a row */
        a->mb = mb_lane_new(suite, key, integ_key, a->open);
    return g_steal_pointer(&a);
}

void
aead_free(Aead *a)
{
    if (!a)
        return;
    EVP_CIPHER_CTX_free(a->cipher); /* OpenSSL wipes the key schedule and the HMAC key */
    EVP_MAC_CTX_free(a->mac);
    mb_lane_free(a->mb);
    explicit_bzero(a, sizeof(*a));
    g_free(a);
}

size_t
aead_iv_len(const Aead *a)
{
    return a->encr->iv;
}

size_t
aead_icv_len(const Aead *a)
{
    return a->integ ? a->integ->icv : a->encr->icv;
}

size_t
aead_block_len(const Aead *a)
{
    return a->encr->block;
}

/* The key and the direction stay; only the IV is new. */
static bool
cipher_start(Aead *a, const uint8_t *iv)
{
    uint8_t nonce[AEAD_NONCE_LEN];

    if (!a->encr->aead)
        return EVP_CipherInit_ex2(a->cipher, NULL, NULL, iv, -1, NULL);
    memcpy(nonce, a->salt, a->encr->salt);
    memcpy(nonce + a->encr->salt, iv, a->encr->iv);
    return EVP_CipherInit_ex2(a->cipher, NULL, NULL, nonce, -1, NULL);
}

static bool
cipher_run(Aead *a, Slice aad, uint8_t *data, size_t len)
{
    int n;

    if (aad.len && !EVP_CipherUpdate(a->cipher, NULL, &n, aad.p, (int)aad.len))
        return false;
    return len == 0 || (EVP_CipherUpdate(a->cipher, data, &n, data, (int)len) && (size_t)n == len);
}

/* Ends the message: for an AEAD this is where opening compares the tag. */
static bool
cipher_finish(Aead *a)
{
    uint8_t none[EVP_MAX_BLOCK_LENGTH];
    int n;

    return EVP_CipherFinal_ex(a->cipher, none, &n) && n == 0;
}

static bool
mac_head(Aead *a, Slice aad)
{
    if (!a->esn)
        return EVP_MAC_update(a->mac, aad.p, aad.len);
    return aad.len == AEAD_ESN_AAD_LEN && EVP_MAC_update(a->mac, aad.p, SEQ_HALF) &&
           EVP_MAC_update(a->mac, aad.p + 2 * SEQ_HALF, SEQ_HALF);
}

static bool
mac_tail(Aead *a, Slice aad)
{
    return !a->esn || EVP_MAC_update(a->mac, aad.p + SEQ_HALF, SEQ_HALF);
}

/* The MAC of aad | iv | ciphertext, in full length. */
static bool
mac_run(Aead *a, Slice aad, const uint8_t *iv, const uint8_t *data, size_t len,
        uint8_t out[static EVP_MAX_MD_SIZE])
{
    size_t got;

    return EVP_MAC_init(a->mac, NULL, 0, NULL) && mac_head(a, aad) &&
           EVP_MAC_update(a->mac, iv, a->encr->iv) && EVP_MAC_update(a->mac, data, len) &&
           mac_tail(a, aad) && EVP_MAC_final(a->mac, out, &got, EVP_MAX_MD_SIZE) &&
           got >= a->integ->icv;
}

static bool
seal(Aead *a, Slice aad, const uint8_t *iv, uint8_t *data, size_t len, uint8_t *icv)
{
    uint8_t mac[EVP_MAX_MD_SIZE];

    if (a->encr->aead)
        return cipher_start(a, iv) && cipher_run(a, aad, data, len) && cipher_finish(a) &&
               EVP_CIPHER_CTX_ctrl(a->cipher, EVP_CTRL_AEAD_GET_TAG, a->encr->icv, icv) == 1;
    if (!cipher_start(a, iv) || !cipher_run(a, (Slice){ 0 }, data, len) ||
        !mac_run(a, aad, iv, data, len, mac))
        return false;
    memcpy(icv, mac, a->integ->icv);
    return true;
}

void
aead_seal(Aead *a, Slice aad, const uint8_t *iv, uint8_t *data, size_t len, uint8_t *icv)
{
    g_assert(len % a->encr->block == 0 && len <= INT_MAX && aad.len <= INT_MAX);
    /* Nothing a peer does can make this fail, and what is not sealed must never leave. */
    if (!seal(a, aad, iv, data, len, icv))
        g_error("%s: OpenSSL could not encrypt", a->encr->name);
}

bool
aead_open(Aead *a, Slice aad, const uint8_t *iv, uint8_t *data, size_t len, const uint8_t *icv)
{
    uint8_t mac[EVP_MAX_MD_SIZE];

    if (len % a->encr->block != 0 || len > INT_MAX || aad.len > INT_MAX)
        return false;
    if (a->encr->aead)
        return cipher_start(a, iv) &&
               EVP_CIPHER_CTX_ctrl(a->cipher, EVP_CTRL_AEAD_SET_TAG, a->encr->icv, (void *)icv) ==
                   1 &&
               cipher_run(a, aad, data, len) && cipher_finish(a);
    return mac_run(a, aad, iv, data, len, mac) &&
           ct_equal((Slice){ mac, a->integ->icv }, (Slice){ icv, a->integ->icv }) &&
           cipher_start(a, iv) && cipher_run(a, (Slice){ 0 }, data, len);
}
