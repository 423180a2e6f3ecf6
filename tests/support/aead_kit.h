/* aead_kit.h - published packets of every suite, and all suites there are. */
#pragma once

#include "agent/crypto/aead.h"

/* Key 80..9f and MAC key c0..ff, cut to length; "openssl enc -nopad" and "openssl dgst -mac HMAC".
 */
#define K16  "808182838485868788898a8b8c8d8e8f"
#define K24  K16 "9091929394959697"
#define K32  K24 "98999a9b9c9d9e9f"
#define M20  "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3"
#define M32  M20 "d4d5d6d7d8d9dadbdcdddedf"
#define M48  M32 "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
#define M64  M48 "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
#define IV16 "1a1b1c1d1e1f2a2b2c2d2e2f3a3b3c3d"
#define P32  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define SPI8 "0102030400000005"

/* The plaintext and the AAD of cases 4, 10 and 16. */
#define GCM_P                                                                                      \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                             \
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define GCM_A    "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_SALT "cafebabe"
#define GCM_IV   "facedbaddecaf888"

static const struct AeadVector {
    Suite suite;
    const char *key, *integ_key, *iv, *aad, *plain, *cipher, *icv, *source;
} aead_vectors[] = {
    { { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      "feffe9928665731c6d6a8f9467308308" GCM_SALT,
      "",
      GCM_IV,
      GCM_A,
      GCM_P,
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
      "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
      "5bc94fbc3221a5db94fae95ae7121a47",
      "GCM specification (McGrew, Viega), test case 4" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 192 },
      "feffe9928665731c6d6a8f9467308308feffe9928665731c" GCM_SALT,
      "",
      GCM_IV,
      GCM_A,
      GCM_P,
      "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"
      "7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710",
      "2519498e80f1478f37ba55bd6d27618c",
      "GCM specification, test case 10" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
      "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308" GCM_SALT,
      "",
      GCM_IV,
      GCM_A,
      GCM_P,
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
      "76fc6ece0f4e1768cddf8853bb2d551b",
      "GCM specification, test case 16" },
    { { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      K32 "a0a1a2a3",
      "",
      "1011121314151617",
      "0102030400000005",
      "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
      "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
      "2425262728292a2b2c2d2e2f303132333435363701020204",
      "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
      "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
      "cbec163fac469b502773f6fb94e664da9165b82829f641e0",
      "76aaa8266b7fb0f7b11b369907e1ad43",
      "RFC 7634 appendix A" },
    { { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = AUTH_HMAC_SHA1_96 },
      K16,
      M20,
      IV16,
      SPI8,
      P32,
      "59f73393ef1b849dedab4afc52553c6d60c3d2a210f0a6fa7dc5516cbee71c48",
      "ea8758d9f1ab3a8deb5be3d1",
      "openssl enc, openssl dgst" },
    { { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = AUTH_HMAC_SHA2_256_128 },
      K24,
      M32,
      IV16,
      SPI8,
      P32,
      "cf139ef00cddecd89b16e4743b6695f6f8ee9814eb61af909fb9a860b4a5d551",
      "365fef25d49e3d5e9cf47f5ea4b9d104",
      "openssl enc, openssl dgst" },
    { { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_384_192 },
      K32,
      M48,
      IV16,
      SPI8,
      P32,
      "2373b9ead01e4c75a52dbfed064ff55a2a0827028f0b927634e243ce451a4b8d",
      "31266e0ed8e0579219e80d794dad18a7acb26dd988487197",
      "openssl enc, openssl dgst" },
    { { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_512_256 },
      K32,
      M64,
      IV16,
      SPI8,
      P32,
      "2373b9ead01e4c75a52dbfed064ff55a2a0827028f0b927634e243ce451a4b8d",
      "83b3c654add9565048c76c9062da3c1f9b2613c60f83aa97801b4aa1f55a1197",
      "openssl enc, openssl dgst" },
    { { .encr = ENCR_3DES, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      K24,
      M20,
      "1a1b1c1d1e1f2a2b",
      SPI8,
      P32,
      "02bd644bfacb64caaafcc60a85d5045d2c13e505968f34b74f40722112c22a0a",
      "3403e1a32ae6a06e676b2ef8",
      "openssl enc, openssl dgst" },
};

/* Every cipher with every integrity algorithm that goes with it, by the suite table. */
typedef void (*EachSuite)(const Suite *suite);

static inline unsigned
each_suite(EachSuite each)
{
    const SuiteAlg *encr, *integ;
    unsigned n = 0;

    for (size_t e = 0; (encr = suite_at(e)); e++) {
        if (encr->type != TRANSFORM_ENCR || !encr->implemented)
            continue;
        for (size_t b = 0; b < G_N_ELEMENTS(encr->key_bits) && encr->key_bits[b]; b++) {
            Suite s = { .encr = encr->id, .key_bits = encr->key_bits[b] };

            if (encr->aead) {
                each(&s);
                n++;
                continue;
            }
            for (size_t i = 0; (integ = suite_at(i)); i++) {
                if (integ->type != TRANSFORM_INTEG || !integ->implemented)
                    continue;
                s.integ = integ->id;
                each(&s);
                n++;
            }
        }
    }
    return n;
}

static const uint8_t key_octets[128] = { [0] = 1, [20] = 2, [40] = 3, [63] = 4 };

static inline Aead *
aead_of(const Suite *s, AeadUse use)
{
    return aead_new(s, (Slice){ key_octets, suite_encr_key_len(s) },
                    (Slice){ key_octets, suite_integ_key_len(s) }, use);
}
