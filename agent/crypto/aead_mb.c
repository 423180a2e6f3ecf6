#include <intel-ipsec-mb.h>

#include "agent/base/secret.h"
#include "agent/crypto/aead_mb_private.h"
#include "agent/crypto/aead_private.h"
#include "agent/crypto/ct.h"

enum {
    /* The library's lanes count octets in 16 bits. */
    CBC_LEN_MAX = 0xf000,
    BLOCK = 16,
    SCHEDULE_MAX = 15 * BLOCK, /* AES-256: 14 rounds */
    HASH_BLOCK_MAX = 128,      /* SHA-512 */
    STATE_MAX = 64,
};

/* From how many packets of one kind in hand a burst is worth it: it takes nearly as long as a full
 * one, whatever it holds. AES-256 with SHA-1 on AVX-512, 1400 octets, beside OpenSSL (bench_esp):
 * half as fast with one packet, 0.77 with two, 1.4 times with four, over twice with eight. */
enum { CBC_MIN = 4 };

typedef void (*GcmCrypt)(const struct gcm_key_data *, struct gcm_context_data *, uint8_t *,
                         uint8_t const *, uint64_t, const uint8_t *, uint8_t const *, uint64_t,
                         uint8_t *, uint64_t);

typedef uint64_t Nonce __attribute__((vector_size(16))); /* of AES-GCM: twelve octets are read */

typedef struct Hmac {
    uint16_t integ;
    IMB_HASH_ALG alg;
    size_t block, icv;
} Hmac;

static const Hmac hmacs[] = {
    { AUTH_HMAC_SHA1_96, IMB_AUTH_HMAC_SHA_1, 64, 12 },
    { AUTH_HMAC_SHA2_256_128, IMB_AUTH_HMAC_SHA_256, 64, 16 },
    { AUTH_HMAC_SHA2_384_192, IMB_AUTH_HMAC_SHA_384, 128, 24 },
    { AUTH_HMAC_SHA2_512_256, IMB_AUTH_HMAC_SHA_512, 128, 32 },
};

/* AES key lengths times HMACs: packets of one kind fill a burst together, whatever their SAs. */
enum { CBC_KINDS = 3 * G_N_ELEMENTS(hmacs) };

typedef struct CbcKey {
    uint8_t schedule[SCHEDULE_MAX] __attribute__((aligned(BLOCK)));
    uint8_t inner[STATE_MAX], outer[STATE_MAX]; /* the hash behind the key's two blocks */
} CbcKey;

struct MbLane {
    const Hmac *hmac; /* NULL: GCM */
    bool open;
    uint8_t kind; /* below CBC_KINDS */
    uint16_t key_bits;
    Secret keys; /* of the cipher, then of the HMAC; empty once they are expanded: */
    union {
        void *expanded; /* octets to align it, and to wipe; NULL until the first packet */
        struct gcm_key_data *gcm;
        CbcKey *cbc;
    };
    GcmCrypt crypt;
};

struct MbEngine {
    IMB_MGR *mgr;
    bool bursts;
    char name[48];
    struct gcm_context_data gcm;
    uint8_t tags[IMB_MAX_BURST_SIZE][STATE_MAX];
};

static const Hmac *
hmac_find(uint16_t integ)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hmacs); i++)
        if (hmacs[i].integ == integ)
            return &hmacs[i];
    return NULL;
}

MbLane *
mb_lane_new(const Suite *suite, Slice key, Slice integ_key, bool open)
{
    const Hmac *hmac = suite->encr == ENCR_AES_CBC ? hmac_find(suite->integ) : NULL;
    size_t cipher_len = suite->key_bits / 8; /* the Aead has the salt */
    MbLane *lane;

    if (suite->encr != ENCR_AES_GCM_16 && !hmac)
        return NULL;
    lane = g_new0(MbLane, 1);
    lane->open = open;
    lane->key_bits = suite->key_bits;
    lane->hmac = hmac;
    if (hmac)
        lane->kind = (uint8_t)((hmac - hmacs) * 3 + (suite->key_bits - 128) / 64);
    secret_alloc(&lane->keys, cipher_len + integ_key.len);
    memcpy(lane->keys.p, key.p, cipher_len);
    if (integ_key.len)
        memcpy(lane->keys.p + cipher_len, integ_key.p, integ_key.len);
    return lane;
}

void
mb_lane_free(MbLane *lane)
{
    if (!lane)
        return;
    secret_clear(&lane->keys);
    if (lane->expanded)
        explicit_bzero(lane->expanded, lane->hmac ? sizeof(*lane->cbc) : sizeof(*lane->gcm));
    g_aligned_free(lane->expanded);
    g_free(lane);
}

MbEngine *
mb_engine_new(void)
{
    static const char *const arches[IMB_ARCH_NUM] = {
        [IMB_ARCH_AVX] = "AVX", [IMB_ARCH_AVX2] = "AVX2", [IMB_ARCH_AVX512] = "AVX512"
    };
    const uint64_t needed =
        IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_AVX | IMB_FEATURE_SELF_TEST_PASS;
    IMB_MGR *mgr = alloc_mb_mgr(0);
    IMB_ARCH arch = IMB_ARCH_NONE;
    MbEngine *mb;

    if (!mgr)
        return NULL;
    init_mb_mgr_auto(mgr, &arch);
    if ((mgr->features & needed) != needed || imb_get_errno(mgr) != 0) {
        free_mb_mgr(mgr);
        return NULL;
    }
    mb = g_new0(MbEngine, 1);
    mb->mgr = mgr;
    mb->bursts = (mgr->features & IMB_FEATURE_AVX2) != 0; /* below, there are four lanes only */
    g_snprintf(mb->name, sizeof(mb->name), "intel-ipsec-mb %s (%s)", imb_get_version_str(),
               arch < IMB_ARCH_NUM && arches[arch] ? arches[arch] : "?");
    return mb;
}

void
mb_engine_free(MbEngine *mb)
{
    if (!mb)
        return;
    imb_clear_mem(mb->mgr, imb_get_mb_mgr_size());
    free_mb_mgr(mb->mgr);
    explicit_bzero(mb, sizeof(*mb));
    g_free(mb);
}

const char *
mb_engine_name(const MbEngine *mb)
{
    return mb->name;
}

static void
gcm_expand(MbLane *lane, IMB_MGR *mgr)
{
    lane->gcm = g_aligned_alloc0(1, sizeof(*lane->gcm), 64);
    switch (lane->key_bits) {
    case 128:
        mgr->gcm128_pre(lane->keys.p, lane->gcm);
        lane->crypt = lane->open ? mgr->gcm128_dec : mgr->gcm128_enc;
        break;
    case 192:
        mgr->gcm192_pre(lane->keys.p, lane->gcm);
        lane->crypt = lane->open ? mgr->gcm192_dec : mgr->gcm192_enc;
        break;
    default:
        mgr->gcm256_pre(lane->keys.p, lane->gcm);
        lane->crypt = lane->open ? mgr->gcm256_dec : mgr->gcm256_enc;
        break;
    }
    secret_clear(&lane->keys);
}

/* The state of the hash behind one block of the key and @pad (RFC 2104 §4). */
static void
hmac_state(const MbLane *lane, IMB_MGR *mgr, uint8_t pad, uint8_t *ret)
{
    size_t skip = lane->key_bits / 8;
    Slice key = { lane->keys.p + skip, lane->keys.len - skip };
    uint8_t block[HASH_BLOCK_MAX];

    for (size_t i = 0; i < lane->hmac->block; i++)
        block[i] = (uint8_t)((i < key.len ? key.p[i] : 0) ^ pad);
    switch (lane->hmac->alg) {
    case IMB_AUTH_HMAC_SHA_1:
        IMB_SHA1_ONE_BLOCK(mgr, block, ret);
        break;
    case IMB_AUTH_HMAC_SHA_256:
        IMB_SHA256_ONE_BLOCK(mgr, block, ret);
        break;
    case IMB_AUTH_HMAC_SHA_384:
        IMB_SHA384_ONE_BLOCK(mgr, block, ret);
        break;
    default:
        IMB_SHA512_ONE_BLOCK(mgr, block, ret);
        break;
    }
    explicit_bzero(block, sizeof(block));
}

static void
cbc_expand(MbLane *lane, IMB_MGR *mgr)
{
    uint8_t other[SCHEDULE_MAX] __attribute__((aligned(BLOCK)));
    CbcKey *cbc = g_aligned_alloc0(1, sizeof(*cbc), 64);
    uint8_t *enc = lane->open ? other : cbc->schedule, *dec = lane->open ? cbc->schedule : other;

    if (lane->key_bits == 128)
        IMB_AES_KEYEXP_128(mgr, lane->keys.p, enc, dec);
    else if (lane->key_bits == 192)
        IMB_AES_KEYEXP_192(mgr, lane->keys.p, enc, dec);
    else
        IMB_AES_KEYEXP_256(mgr, lane->keys.p, enc, dec);
    explicit_bzero(other, sizeof(other));
    hmac_state(lane, mgr, 0x36, cbc->inner);
    hmac_state(lane, mgr, 0x5c, cbc->outer);
    lane->cbc = cbc;
    secret_clear(&lane->keys);
}

/* Salt | IV, written at once: the library reads it at once, too, and would have to wait for two. */
static void
gcm_nonce(const Aead *a, const uint8_t *iv, Nonce *ret)
{
    uint64_t sent;
    uint32_t salt;

    memcpy(&salt, a->salt, sizeof(salt));
    memcpy(&sent, iv, sizeof(sent));
    *ret = (Nonce){ salt | sent << 32, sent >> 32 };
}

static void
gcm_run(MbEngine *mb, AeadJob *job)
{
    const Aead *a = job->aead;
    MbLane *lane = a->mb;
    uint8_t tag[16];
    Nonce nonce;

    if (G_UNLIKELY(!lane->gcm))
        gcm_expand(lane, mb->mgr);
    gcm_nonce(a, job->iv, &nonce);
    lane->crypt(lane->gcm, &mb->gcm, job->data, job->data, job->len, (const uint8_t *)&nonce,
                job->aad.p, job->aad.len, lane->open ? tag : job->icv, sizeof(tag));
    job->ok = !lane->open || ct_equal16(tag, job->icv);
}

/* The HMAC is taken over what stands in a row: aad | iv | data. */
static bool
may_burst(const AeadJob *job)
{
    return job->aad.p + job->aad.len == job->iv && job->iv + BLOCK == job->data && job->len > 0 &&
           job->len % BLOCK == 0 && job->aad.len <= BLOCK && job->len <= CBC_LEN_MAX;
}

static void
cbc_fill(MbEngine *mb, IMB_JOB *to, AeadJob *job, uint8_t *tag)
{
    MbLane *lane = job->aead->mb;
    size_t ahead = job->aad.len + BLOCK;

    if (G_UNLIKELY(!lane->cbc))
        cbc_expand(lane, mb->mgr);
    to->cipher_mode = IMB_CIPHER_CBC;
    to->cipher_direction = lane->open ? IMB_DIR_DECRYPT : IMB_DIR_ENCRYPT;
    to->chain_order = lane->open ? IMB_ORDER_HASH_CIPHER : IMB_ORDER_CIPHER_HASH;
    to->hash_alg = lane->hmac->alg;
    to->enc_keys = to->dec_keys = lane->cbc->schedule;
    to->key_len_in_bytes = lane->key_bits / 8;
    to->src = job->aad.p;
    to->dst = job->data;
    to->cipher_start_src_offset_in_bytes = ahead;
    to->msg_len_to_cipher_in_bytes = job->len;
    to->hash_start_src_offset_in_bytes = 0;
    to->msg_len_to_hash_in_bytes = ahead + job->len;
    to->iv = job->iv;
    to->iv_len_in_bytes = BLOCK;
    to->auth_tag_output = tag;
    to->auth_tag_output_len_in_bytes = lane->hmac->icv;
    to->u.HMAC._hashed_auth_key_xor_ipad = lane->cbc->inner;
    to->u.HMAC._hashed_auth_key_xor_opad = lane->cbc->outer;
}

/* At most IMB_MAX_BURST_SIZE of them. The tag of what is opened is ours to compare: until then it
 * is nobody's packet. */
static void
burst(MbEngine *mb, AeadJob **list, size_t n)
{
    IMB_JOB *jobs[IMB_MAX_BURST_SIZE];
    size_t done;

    if (IMB_GET_NEXT_BURST(mb->mgr, (uint32_t)n, jobs) != n)
        g_error("intel-ipsec-mb: no room for a burst");
    for (size_t i = 0; i < n; i++)
        cbc_fill(mb, jobs[i], list[i], list[i]->aead->open ? mb->tags[i] : list[i]->icv);
    done = IMB_SUBMIT_BURST(mb->mgr, (uint32_t)n, jobs);
    while (done < n) {
        uint32_t more = IMB_FLUSH_BURST(mb->mgr, (uint32_t)(n - done), jobs);

        if (!more)
            g_error("intel-ipsec-mb: %s", imb_get_strerror(imb_get_errno(mb->mgr)));
        done += more;
    }
    for (size_t i = 0; i < n; i++) {
        size_t icv = list[i]->aead->mb->hmac->icv;

        list[i]->ok = !list[i]->aead->open ||
                      ct_equal((Slice){ mb->tags[i], icv }, (Slice){ list[i]->icv, icv });
    }
}

static bool
is_cbc(const AeadJob *job)
{
    return job->aead->mb && job->aead->mb->hmac;
}

static void
run_cbc(MbEngine *mb, AeadJob *jobs, size_t n)
{
    AeadJob *list[IMB_MAX_BURST_SIZE];
    size_t counts[CBC_KINDS] = { 0 }, n_list = 0;

    for (size_t i = 0; i < n; i++)
        if (is_cbc(&jobs[i]) && may_burst(&jobs[i]))
            counts[jobs[i].aead->mb->kind]++;
    for (size_t i = 0; i < n; i++) {
        const MbLane *lane = jobs[i].aead->mb;

        if (!is_cbc(&jobs[i]))
            continue;
        if (mb->bursts && may_burst(&jobs[i]) && counts[lane->kind] >= CBC_MIN)
            list[n_list++] = &jobs[i];
        else
            aead_job_run(&jobs[i]);
        if (n_list == G_N_ELEMENTS(list)) {
            burst(mb, list, n_list);
            n_list = 0;
        }
    }
    if (n_list)
        burst(mb, list, n_list);
}

void
mb_engine_run(MbEngine *mb, AeadJob *jobs, size_t n)
{
    bool cbc = false;

    for (size_t i = 0; i < n; i++) {
        const MbLane *lane = jobs[i].aead->mb;

        if (!lane)
            aead_job_run(&jobs[i]);
        else if (!lane->hmac)
            gcm_run(mb, &jobs[i]);
        else
            cbc = true;
    }
    if (cbc)
        run_cbc(mb, jobs, n);
}
