/* suite.h - the algorithms we have: IANA transform ids, sizes, OpenSSL names, and how far each may
 * be trusted. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IANA "IKEv2 Transform Type Values". */
typedef enum TransformType {
    TRANSFORM_ENCR = 1,
    TRANSFORM_PRF = 2,
    TRANSFORM_INTEG = 3,
    TRANSFORM_KE = 4,
    TRANSFORM_ESN = 5,
} TransformType;

/* IANA transform ids that this project speaks or prints. */
enum {
    ENCR_DES = 2,
    ENCR_3DES = 3,
    ENCR_NULL = 11,
    ENCR_AES_CBC = 12,
    ENCR_AES_GCM_16 = 20,
    ENCR_CHACHA20_POLY1305 = 28,

    PRF_HMAC_MD5 = 1,
    PRF_HMAC_SHA1 = 2,
    PRF_HMAC_SHA2_256 = 5,
    PRF_HMAC_SHA2_384 = 6,
    PRF_HMAC_SHA2_512 = 7,

    AUTH_NONE = 0,
    AUTH_HMAC_MD5_96 = 1,
    AUTH_HMAC_SHA1_96 = 2,
    AUTH_HMAC_SHA2_256_128 = 12,
    AUTH_HMAC_SHA2_384_192 = 13,
    AUTH_HMAC_SHA2_512_256 = 14,

    KE_NONE = 0,
    KE_MODP768 = 1,
    KE_MODP1024 = 2,
    KE_MODP1536 = 5,
    KE_MODP2048 = 14,
    KE_MODP3072 = 15,
    KE_MODP4096 = 16,
    KE_ECP256 = 19,
    KE_ECP384 = 20,
    KE_ECP521 = 21,
    KE_CURVE25519 = 31,

    ESN_NO = 0,
    ESN_YES = 1,
};

/* How weak an algorithm a policy must tolerate to let this one in (RFC 8247, RFC 8221). */
typedef enum SuiteRank {
    SUITE_MODERN,
    SUITE_COMPATIBLE, /* adds SHA-1, group 5 */
    SUITE_LEGACY,     /* adds 3DES, groups 1 and 2 */
    SUITE_NEVER,      /* DES, MD5, NULL: named and printed, never negotiated */
} SuiteRank;

/* One row per algorithm; fields that make no sense for its type are zero. */
typedef struct SuiteAlg {
    uint8_t type; /* TransformType */
    uint16_t id;
    const char *name; /* IANA name: "ENCR_AES_CBC" */
    const char *word; /* short, for status lines and policies: "AES-CBC", "SHA256", "MODP2048" */
    const char
        *trace; /* as debug logs of the field print it: "SHA96", "DH_GROUP_768_MODP/Group 1" */
    SuiteRank rank;
    bool implemented;  /* false: can be printed, never chosen */
    bool aead;         /* ENCR only */
    bool key_len_attr; /* ENCR: key length travels as an attribute (RFC 7296 §3.3.5) */
    uint16_t
        key_bits[4]; /* ENCR: allowed key lengths, 0-terminated, without salt; first is default */
    uint8_t salt;    /* ENCR: octets of salt at the end of the key (RFC 5282, RFC 7634) */
    uint8_t iv;      /* ENCR: octets of IV on the wire */
    uint8_t block;   /* ENCR: padding multiple of the cipher (1 for stream modes) */
    uint8_t icv;     /* ENCR (AEAD) or INTEG: octets on the wire */
    uint8_t key;     /* PRF preferred key, INTEG key: octets */
    uint8_t out;     /* PRF: octets of output */
    const char *openssl; /* digest, group or cipher family name for OpenSSL 3 */
    uint16_t ke_len;     /* KE: octets of public value on the wire */
} SuiteAlg;

/* suite_find - the row of an IANA transform id, or NULL when we do not know it. */
const SuiteAlg *suite_find(uint8_t type, uint16_t id);
/* suite_find_word - the row whose word is @word (case-insensitive), or NULL. */
const SuiteAlg *suite_find_word(uint8_t type, const char *word);
const SuiteAlg *suite_at(size_t i); /* iterate over all rows; NULL past the end */
/* suite_key_bits_ok - is @bits a key length of @alg (0 when it takes no attribute)? */
bool suite_key_bits_ok(const SuiteAlg *alg, uint16_t bits);
const char *suite_rank_name(SuiteRank rank); /* "modern", "compatible", "legacy", "never" */
bool suite_rank_parse(const char *text, SuiteRank *ret) G_GNUC_WARN_UNUSED_RESULT;

/* One agreed set of algorithms, for an IKE SA or a child SA. */
typedef struct Suite {
    uint16_t encr, key_bits; /* key_bits is always the real length in bits, salt excluded */
    uint16_t prf;            /* IKE only */
    uint16_t integ;          /* AUTH_NONE with an AEAD */
    uint16_t ke;             /* IKE, or PFS of a child; KE_NONE otherwise */
    uint16_t esn;            /* child only */
} Suite;

size_t suite_encr_key_len(const Suite *s);  /* octets of SK_e / ESP key, salt included */
size_t suite_integ_key_len(const Suite *s); /* octets, 0 with an AEAD */
size_t suite_iv_len(const Suite *s);
size_t suite_icv_len(const Suite *s);
size_t suite_block_len(const Suite *s);
/* "AES-CBC-192/SHA1-96/PRF-SHA1/MODP1024"; owned by the caller. */
char *suite_format(const Suite *s);
