#include "agent/crypto/suite.h"

#include "agent/base/reader.h"

/* clang-format off: a table reads as a table */
#define ENCR(i, w, t, ...)                                                                         \
    {                                                                                              \
        .type = TRANSFORM_ENCR, .id = i, .name = #i, .word = w, .trace = t, __VA_ARGS__            \
    }
#define PRF(i, w, r, impl, size, md)                                                               \
    {                                                                                              \
        .type = TRANSFORM_PRF, .id = i, .name = #i, .word = w, .trace = w, .rank = r,              \
        .implemented = impl, .key = size, .out = size, .openssl = md                               \
    }
#define INTEG(i, w, t, r, impl, size, tag, md)                                                     \
    {                                                                                              \
        .type = TRANSFORM_INTEG, .id = i, .name = #i, .word = w, .trace = t, .rank = r,            \
        .implemented = impl, .key = size, .icv = tag, .openssl = md                                \
    }
#define KE(i, n, w, t, r, len, group)                                                              \
    {                                                                                              \
        .type = TRANSFORM_KE, .id = i, .name = n, .word = w, .trace = t, .rank = r,                \
        .implemented = true, .openssl = group, .ke_len = len                                       \
    }

/* IANA "IKEv2 Parameters"; ranks after RFC 8247 and RFC 8221. Best first within a type. */
static const SuiteAlg algs[] = {
    /* RFC 5282, RFC 4106; RFC 7634; RFC 3602; RFC 2451; RFC 2405; RFC 2410 */
    ENCR(ENCR_AES_GCM_16, "AES-GCM", "AES-GCM", .rank = SUITE_MODERN, .implemented = true,
         .aead = true, .key_len_attr = true, .key_bits = { 256, 192, 128 }, .salt = 4, .iv = 8,
         .block = 1, .icv = 16, .openssl = "GCM"),
    ENCR(ENCR_CHACHA20_POLY1305, "CHACHA20-POLY1305", "CHACHA20-POLY1305", .rank = SUITE_MODERN,
         .implemented = true, .aead = true, .key_bits = { 256 }, .salt = 4, .iv = 8, .block = 1,
         .icv = 16, .openssl = "ChaCha20-Poly1305"),
    ENCR(ENCR_AES_CBC, "AES-CBC", "AES-CBC", .rank = SUITE_MODERN, .implemented = true,
         .key_len_attr = true, .key_bits = { 256, 192, 128 }, .iv = 16, .block = 16,
         .openssl = "CBC"),
    ENCR(ENCR_3DES, "3DES", "3DES", .rank = SUITE_LEGACY, .implemented = true, .key_bits = { 192 },
         .iv = 8, .block = 8, .openssl = "DES-EDE3-CBC"),
    ENCR(ENCR_DES, "DES", "DES", .rank = SUITE_NEVER, .key_bits = { 64 }, .iv = 8, .block = 8),
    ENCR(ENCR_NULL, "NULL", "NULL", .rank = SUITE_NEVER, .block = 1),

    /* RFC 4868, RFC 2104; RFC 7296 §2.13: the preferred key is as long as the output */
    PRF(PRF_HMAC_SHA2_512, "SHA512", SUITE_MODERN, true, 64, "SHA512"),
    PRF(PRF_HMAC_SHA2_384, "SHA384", SUITE_MODERN, true, 48, "SHA384"),
    PRF(PRF_HMAC_SHA2_256, "SHA256", SUITE_MODERN, true, 32, "SHA256"),
    PRF(PRF_HMAC_SHA1, "SHA1", SUITE_COMPATIBLE, true, 20, "SHA1"),
    PRF(PRF_HMAC_MD5, "MD5", SUITE_NEVER, false, 16, "MD5"),

    /* RFC 4868; RFC 2404; RFC 2403 */
    INTEG(AUTH_HMAC_SHA2_512_256, "SHA512", "SHA512", SUITE_MODERN, true, 64, 32, "SHA512"),
    INTEG(AUTH_HMAC_SHA2_384_192, "SHA384", "SHA384", SUITE_MODERN, true, 48, 24, "SHA384"),
    INTEG(AUTH_HMAC_SHA2_256_128, "SHA256", "SHA256", SUITE_MODERN, true, 32, 16, "SHA256"),
    INTEG(AUTH_HMAC_SHA1_96, "SHA1", "SHA96", SUITE_COMPATIBLE, true, 20, 12, "SHA1"),
    INTEG(AUTH_HMAC_MD5_96, "MD5", "MD596", SUITE_NEVER, false, 16, 12, "MD5"),

    /* RFC 8031; RFC 5903; RFC 3526; RFC 7296 appendix B */
    KE(KE_CURVE25519, "Curve25519", "CURVE25519", "DH_GROUP_CURVE25519/Group 31", SUITE_MODERN, 32,
       "X25519"),
    KE(KE_ECP521, "521-bit random ECP group", "ECP521", "DH_GROUP_521_ECP/Group 21", SUITE_MODERN,
       132, "P-521"),
    KE(KE_ECP384, "384-bit random ECP group", "ECP384", "DH_GROUP_384_ECP/Group 20", SUITE_MODERN,
       96, "P-384"),
    KE(KE_ECP256, "256-bit random ECP group", "ECP256", "DH_GROUP_256_ECP/Group 19", SUITE_MODERN,
       64, "P-256"),
    KE(KE_MODP4096, "4096-bit MODP Group", "MODP4096", "DH_GROUP_4096_MODP/Group 16", SUITE_MODERN,
       512, "DH"),
    KE(KE_MODP3072, "3072-bit MODP Group", "MODP3072", "DH_GROUP_3072_MODP/Group 15", SUITE_MODERN,
       384, "DH"),
    KE(KE_MODP2048, "2048-bit MODP Group", "MODP2048", "DH_GROUP_2048_MODP/Group 14", SUITE_MODERN,
       256, "DH"),
    KE(KE_MODP1536, "1536-bit MODP Group", "MODP1536", "DH_GROUP_1536_MODP/Group 5",
       SUITE_COMPATIBLE, 192, "DH"),
    KE(KE_MODP1024, "1024-bit MODP Group", "MODP1024", "DH_GROUP_1024_MODP/Group 2", SUITE_LEGACY,
       128, "DH"),
    KE(KE_MODP768, "768-bit MODP Group", "MODP768", "DH_GROUP_768_MODP/Group 1", SUITE_LEGACY, 96,
       "DH"),

    /* RFC 7296 §3.3.2 */
    { .type = TRANSFORM_ESN,
      .id = ESN_NO,
      .name = "No Extended Sequence Numbers",
      .word = "NO-ESN",
      .trace = "Don't use ESN",
      .implemented = true },
    { .type = TRANSFORM_ESN,
      .id = ESN_YES,
      .name = "Extended Sequence Numbers",
      .word = "ESN",
      .trace = "ESN",
      .implemented = true },
};
/* clang-format on */

const SuiteAlg *
suite_find(uint8_t type, uint16_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(algs); i++)
        if (algs[i].type == type && algs[i].id == id)
            return &algs[i];
    return NULL;
}

const SuiteAlg *
suite_find_word(uint8_t type, const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(algs); i++)
        if (algs[i].type == type && g_ascii_strcasecmp(algs[i].word, word) == 0)
            return &algs[i];
    return NULL;
}

const SuiteAlg *
suite_at(size_t i)
{
    return i < G_N_ELEMENTS(algs) ? &algs[i] : NULL;
}

bool
suite_key_bits_ok(const SuiteAlg *alg, uint16_t bits)
{
    if (!alg->key_len_attr)
        return bits == 0;
    for (size_t i = 0; i < G_N_ELEMENTS(alg->key_bits) && alg->key_bits[i]; i++)
        if (alg->key_bits[i] == bits)
            return true;
    return false;
}

static const char *const rank_names[] = {
    [SUITE_MODERN] = "modern",
    [SUITE_COMPATIBLE] = "compatible",
    [SUITE_LEGACY] = "legacy",
    [SUITE_NEVER] = "never",
};

const char *
suite_rank_name(SuiteRank rank)
{
    return rank_names[rank];
}

bool
suite_rank_parse(const char *text, SuiteRank *ret)
{
    for (SuiteRank i = SUITE_MODERN; i <= SUITE_NEVER; i++) {
        if (strcmp(text, rank_names[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

size_t
suite_encr_key_len(const Suite *s)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_ENCR, s->encr);

    return alg ? s->key_bits / 8U + alg->salt : 0;
}

size_t
suite_integ_key_len(const Suite *s)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_INTEG, s->integ);

    return alg ? alg->key : 0;
}

size_t
suite_iv_len(const Suite *s)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_ENCR, s->encr);

    return alg ? alg->iv : 0;
}

size_t
suite_icv_len(const Suite *s)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, s->encr);
    const SuiteAlg *integ = suite_find(TRANSFORM_INTEG, s->integ);

    if (encr && encr->aead)
        return encr->icv;
    return integ ? integ->icv : 0;
}

size_t
suite_block_len(const Suite *s)
{
    const SuiteAlg *alg = suite_find(TRANSFORM_ENCR, s->encr);

    return alg ? alg->block : 1;
}

char *
suite_format(const Suite *s)
{
    const SuiteAlg *encr = suite_find(TRANSFORM_ENCR, s->encr);
    const SuiteAlg *prf = suite_find(TRANSFORM_PRF, s->prf);
    const SuiteAlg *integ = suite_find(TRANSFORM_INTEG, s->integ);
    const SuiteAlg *ke = suite_find(TRANSFORM_KE, s->ke);
    GString *out = g_string_new(encr ? encr->word : "?");

    if (encr && encr->key_len_attr)
        g_string_append_printf(out, "-%u", s->key_bits);
    if (integ)
        g_string_append_printf(out, "/%s-%u", integ->word, integ->icv * 8U);
    if (prf)
        g_string_append_printf(out, "/PRF-%s", prf->word);
    if (ke)
        g_string_append_printf(out, "/%s", ke->word);
    if (s->esn == ESN_YES)
        g_string_append(out, "/ESN");
    return g_string_free(out, FALSE);
}
