#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "agent/crypto/digest.h"
#include "agent/crypto/sig.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define OCTETS "message octets"

static const SigPolicy strict = { .sha1_ok = false, .min_rsa = 1024 };
static const SigPolicy lax = { .sha1_ok = true, .min_rsa = 1024 };

static SigKey *
load(const char *file)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "sig", file, NULL);
    g_autofree char *pem = NULL;
    gsize len;

    assert_true(g_file_get_contents(path, &pem, &len, NULL));
    return sig_key_from_pem((Slice){ (uint8_t *)pem, len }, NULL);
}

static bool
verify(const SigKey *k, uint8_t method, const SigPolicy *policy, Slice auth, const char **why)
{
    SigHash hash = 0;

    *why = NULL;
    return sig_verify(k, method, policy, slice_of(OCTETS), auth, &hash, why);
}

/* Signatures of "message octets" by "openssl dgst -sign" and "openssl pkeyutl -rawin". */
#define RSA_SHA1                                                                                   \
    "6b7b986ce385a3279b74804627172c216613820ec69212f5c225dbf6c67be34362744b412ba25c27ebf6524089c5" \
    "22e8883f628594ba4857160e70694b833d9b94d75548347228871a6e40ccbe2a14ca360d42c64b137c7eeef8ce5a" \
    "f37e6f10268b5eaf1a747021cc83f7583ac80d56bb35547c1f6351799cb7dd7623e0dfc0"
#define RSA_SHA256                                                                                 \
    "02e19df722e368d55932e945766825905c33c2c8e90292373026aadf8daf2972a944b1815f85dcf70959bfd642ff" \
    "9bb5c4612e3a983090dd90b851ae5405a6501a5ca78f302f677082d0b02949bd07febb14977e3a5a4666ed0d1f7b" \
    "c3772492cbc05cc68cbf43a7f3a7ac2963ee890475e06161541dd77f4856e5d90fc45403"
#define RSA_SHA384                                                                                 \
    "65962f3b99b8e88d16f00403dda85e6d167201cb9c4519bb1c7f8cc3e721a035f8316d9d21b26c6e137564fb01c5" \
    "71551dec6fae1c330f3600ebbc71a392e80976918ee90e8e8f0d8b941163c1096a3c459f976c7ae8de081b0bee45" \
    "10720ca662e4658183c5213e2327168df2c0e67ba459c66a79f0288b6b325b2af36fba0a"
#define RSA_SHA512                                                                                 \
    "9248c7260b211e6ea99b32632d02260e07a103fbe5888a8c0775cbabdc3e12fe490ba16b5abe978010a678c095e7" \
    "bac8c1bd2be042a6da9ebd9a1d4f5701717edcc47d3e5245378674bda9672401304f39c82d804f8347fc19f4b868" \
    "9faad9593e3e4c8f4cfb107a4dd78e1b7a99ec6b841ebbc644e63b9e296f894000af544c"
#define RSA_MD5                                                                                    \
    "84da0f4a264008eaad4121080d35d09347e672a2445ba40904698e93154d511cb1d959668f3f9426df1df87ff7ff" \
    "1eb19a4fe02ebaf3696a6590c9db7451a7c61e536393a64a21c2db10ac604be2e32995adaeddda13d10fe8ea08b7" \
    "c879688f96104df43d10214dc8e6cb1ee48f7d480d056ceb1fa0995d383cb594135c397a"
#define PSS_SHA256_SALT20                                                                          \
    "a8cfb7a78267aa6593acd783edb5971e6df1973a95e673ef4c072ca9ba0517991160b535cc4d762ce31aac6ed845" \
    "754fbcf4c6a57d0c871c7554eb15c748e2540b65bb1ffa1dcde94c3de5f584c12b02725448866223f463672d43eb" \
    "505a0d7cda1a063ecd00834021963dae465787aa7f5f039da36681e26a148a5f6d92237e"
#define PSS_SHA256_SALT32                                                                          \
    "5f44212bc0efe82a0056203aab8d9e3f3d13e24fdaa80ffb9db5e04be7c126d56adff39bb5a345b69837e6a88c2f" \
    "9b0603a58f06886a6dd9c760dfea2d8f902979c3f94ff4bcfdfcf265e304cfed53f5afa9f4338b88b27ff8311e77" \
    "a4559e9352314cb3fc2de43682ceeab61c7423dc114de5dbdb01b057381f1c36aef70679"
#define EC256                                                                                      \
    "304502200f70a15923320e0e899a9c82f3fa52f17a68fd4ee169df90290f2eaf435186e20221009f388824de0d3e" \
    "a4260981d313ca21ecce0913c95e33c096ad222677916fc120"
#define EC384                                                                                      \
    "3066023100b3534c0844435b20ad48da59d98dcc01dcd1b56f39bd573e0440bd7ff92b4ced8bb59f73c39970d2e6" \
    "c2503d806ec96f023100a56c4aa266e3bc37f22821d4b062546218f30b82723ff76691c87512af932e2b6d63e36f" \
    "7a8af0ff6c117e8eaa722314"
#define EC521                                                                                      \
    "308187024201648369bfe85e3e4830f3eef09e725784d97358b93b6dd30a34715d3544fef6e1122bf64ba8029a3b" \
    "33e1c8391dd707d51467654a49d89cb6f5cb54eb029cfd58e602411f5962e43eebe52442b86054df502d243ed004" \
    "2bc175a667ee4ee4e0a9a6af69af082b1c05d76688f9ccb60ac97a5d4a2a5bb7f398f6a373dc9349275b866f2dd5"
#define ED25519                                                                                    \
    "8e316d4d4740fa80bc8ab997b81bd9cc5382dc3d26c15b0c56cf37cb7ddaadbe1ce100f94afcf6a894d9c08d3501" \
    "0909967a9a99059fbb76f08826816024df04"

/* AlgorithmIdentifiers with their length octet (RFC 7427 §3), as tested in test_sig_alg.c. */
#define ID_SHA1   "0f300d06092a864886f70d0101050500"
#define ID_SHA256 "0f300d06092a864886f70d01010b0500"
#define ID_SHA512 "0f300d06092a864886f70d01010d0500"
#define ID_PSS20                                                                                   \
    "3e303c06092a864886f70d01010a302fa00f300d06096086480165030402010500a11c301a06092a864886f70d01" \
    "0108300d06096086480165030402010500"
#define ID_PSS32                                                                                   \
    "43304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d01" \
    "0108300d06096086480165030402010500a203020120"
#define ID_EC256 "0c300a06082a8648ce3d040302"
#define ID_EC384 "0c300a06082a8648ce3d040303"
#define ID_EC521 "0c300a06082a8648ce3d040304"
#define ID_ED    "07300506032b6570"

static const struct {
    const char *key;
    uint8_t method;
    const char *auth;
    SigHash hash;
    bool strict_ok;
} good[] = {
    { "rsa1024.pem", 1, RSA_SHA1, SIG_SHA1, false },
    { "rsa1024.pem", 1, RSA_SHA256, SIG_SHA2_256, true },
    { "rsa1024.pem", 1, RSA_SHA384, SIG_SHA2_384, true },
    { "rsa1024.pem", 1, RSA_SHA512, SIG_SHA2_512, true },
    { "rsa1024.pem", 14, ID_SHA1 RSA_SHA1, SIG_SHA1, false },
    { "rsa1024.pem", 14, ID_SHA256 RSA_SHA256, SIG_SHA2_256, true },
    { "rsa1024.pem", 14, ID_SHA512 RSA_SHA512, SIG_SHA2_512, true },
    { "rsa1024.pem", 14, ID_PSS20 PSS_SHA256_SALT20, SIG_SHA2_256, true },
    { "rsa1024.pem", 14, ID_PSS32 PSS_SHA256_SALT32, SIG_SHA2_256, true },
    { "ec256.pem", 14, ID_EC256 EC256, SIG_SHA2_256, true },
    { "ec384.pem", 14, ID_EC384 EC384, SIG_SHA2_384, true },
    { "ec521.pem", 14, ID_EC521 EC521, SIG_SHA2_512, true },
    { "ed25519.pem", 14, ID_ED ED25519, SIG_IDENTITY, true },
};

static void
test_signatures_of_the_openssl_program_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(SigKey) k = load(good[i].key);
        Hex auth = hex(good[i].auth);
        Slice a = { auth.b, auth.len };
        const char *why = NULL;
        SigHash hash = 0;

        assert_true(sig_verify(k, good[i].method, &lax, slice_of(OCTETS), a, &hash, &why));
        assert_int_equal(hash, good[i].hash);
        assert_null(why);
        assert_int_equal(verify(k, good[i].method, &strict, a, &why), good[i].strict_ok);
        if (!good[i].strict_ok)
            assert_non_null(strstr(why, "SHA-1"));
        assert_true(sig_verify(k, good[i].method, &lax, slice_of(OCTETS), a, NULL, NULL));
    }
}

static void
test_no_bit_of_a_signature_or_of_what_is_signed_may_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(SigKey) k = load(good[i].key);
        Hex auth = hex(good[i].auth);
        const char *why;

        for (size_t at = 0; at < auth.len; at++) {
            auth.b[at] ^= (uint8_t)(1 << at % 8);
            assert_false(verify(k, good[i].method, &lax, (Slice){ auth.b, auth.len }, &why));
            assert_non_null(why);
            auth.b[at] ^= (uint8_t)(1 << at % 8);
        }
        for (size_t cut = 0; cut < auth.len; cut++)
            assert_false(verify(k, good[i].method, &lax, (Slice){ auth.b, cut }, &why));
        auth.b[auth.len] = 0;
        assert_false(verify(k, good[i].method, &lax, (Slice){ auth.b, auth.len + 1 }, &why));
        assert_false(sig_verify(k, good[i].method, &lax, slice_of("message octet"),
                                (Slice){ auth.b, auth.len }, NULL, &why));
    }
}

/* PKCS #1 v1.5 and Ed25519 have one signature only: ours must be that of the openssl program. */
static void
test_deterministic_signatures_are_those_of_the_openssl_program(void **state)
{
    static const struct {
        const char *key;
        uint8_t method;
        SigHash hash;
        const char *want;
    } rows[] = {
        { "rsa1024.pem", 1, SIG_SHA1, RSA_SHA1 },
        { "rsa1024.pem", 1, SIG_SHA2_256, RSA_SHA256 },
        { "rsa1024.pem", 1, SIG_SHA2_384, RSA_SHA384 },
        { "rsa1024.pem", 1, SIG_SHA2_512, RSA_SHA512 },
        { "rsa1024.pem", 14, SIG_SHA1, ID_SHA1 RSA_SHA1 },
        { "ed25519.pem", 14, SIG_IDENTITY, ID_ED ED25519 },
        { "ed25519.pem", 14, SIG_SHA2_256, ID_ED ED25519 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(SigKey) k = load(rows[i].key);
        g_autoptr(GByteArray) got = g_byte_array_new();
        Hex want = hex(rows[i].want);

        g_byte_array_append(got, (const uint8_t *)"x", 1); /* what was there stays */
        assert_true(sig_sign(k, rows[i].method, rows[i].hash, slice_of(OCTETS), got));
        assert_int_equal(got->len, want.len + 1);
        assert_memory_equal(got->data + 1, want.b, want.len);
    }
}

/* r | s of a DER signature, each @half octets. */
static Hex
raw_of(const char *der_text, int half)
{
    Hex der = hex(der_text), out = { .len = (size_t)(2 * half) };
    const uint8_t *p = der.b;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.len);

    assert_non_null(sig);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out.b, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out.b + half, half);
    ECDSA_SIG_free(sig);
    return out;
}

static const struct {
    const char *key;
    uint8_t method;
    int half; /* octets, RFC 4754 §7 */
    const char *der;
    SigHash hash;
} curves[] = {
    { "ec256.pem", SIG_METHOD_ECDSA_256, 32, EC256, SIG_SHA2_256 },
    { "ec384.pem", SIG_METHOD_ECDSA_384, 48, EC384, SIG_SHA2_384 },
    { "ec521.pem", SIG_METHOD_ECDSA_521, 66, EC521, SIG_SHA2_512 },
};

static void
test_classic_ecdsa_is_two_numbers_of_fixed_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(curves); i++) {
        g_autoptr(SigKey) k = load(curves[i].key);
        g_autoptr(GByteArray) ours = g_byte_array_new();
        Hex raw = raw_of(curves[i].der, curves[i].half), der = hex(curves[i].der), bad;
        Slice a = { raw.b, raw.len };
        const char *why;
        SigHash hash;

        assert_int_equal(sig_classic_method(k), curves[i].method);
        assert_true(sig_verify(k, curves[i].method, &strict, slice_of(OCTETS), a, &hash, &why));
        assert_int_equal(hash, curves[i].hash);
        assert_true(sig_sign(k, curves[i].method, SIG_SHA1, slice_of(OCTETS), ours));
        assert_int_equal(ours->len, 2 * curves[i].half);
        assert_true(verify(k, curves[i].method, &strict, (Slice){ ours->data, ours->len }, &why));

        assert_false(verify(k, curves[i].method, &lax, (Slice){ der.b, der.len }, &why));
        assert_false(verify(k, curves[i].method, &lax, (Slice){ raw.b, raw.len - 1 }, &why));
        assert_false(verify(k, curves[i].method, &lax, (Slice){ raw.b, raw.len + 1 }, &why));
        for (size_t j = 0; j < G_N_ELEMENTS(curves); j++)
            if (j != i)
                assert_false(verify(k, curves[j].method, &lax, a, &why));
        bad = raw;
        memset(bad.b, 0, bad.len); /* r = s = 0 */
        assert_false(verify(k, curves[i].method, &lax, (Slice){ bad.b, bad.len }, &why));
        memset(bad.b, 0xff, bad.len); /* beyond the order */
        assert_false(verify(k, curves[i].method, &lax, (Slice){ bad.b, bad.len }, &why));
    }
}

static void
test_every_kind_of_key_verifies_what_it_signs(void **state)
{
    static const SigHash hashes[] = { SIG_SHA1, SIG_SHA2_256, SIG_SHA2_384, SIG_SHA2_512 };
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048);
    g_autoptr(SigKey) ec = sig_key_generate_ecdsa(384);
    const SigKey *const keys[] = { rsa, ec };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        for (size_t h = 0; h < G_N_ELEMENTS(hashes); h++) {
            g_autoptr(GByteArray) a = g_byte_array_new();
            const char *why;
            SigHash hash;

            assert_true(sig_sign(keys[i], 14, hashes[h], slice_of(OCTETS), a));
            assert_true(sig_verify(keys[i], 14, &lax, slice_of(OCTETS), (Slice){ a->data, a->len },
                                   &hash, &why));
            assert_int_equal(hash, hashes[h]);
        }
}

/* RFC 8247 §3.2: RSASSA-PSS is what method 14 means for RSA. */
static void
test_method_14_signs_with_pss(void **state)
{
    g_autoptr(SigKey) k = load("rsa1024.pem");
    g_autoptr(GByteArray) a = g_byte_array_new();
    Hex head = hex(ID_PSS32);

    (void)state;
    assert_true(sig_sign(k, 14, SIG_SHA2_256, slice_of(OCTETS), a));
    assert_int_equal(a->len, head.len + 128);
    assert_memory_equal(a->data, head.b, head.len);
}

static void
test_a_key_signs_only_with_its_own_methods(void **state)
{
    static const struct {
        const char *key;
        uint8_t method;
        SigHash hash;
    } bad[] = {
        { "rsa1024.pem", 9, SIG_SHA2_256 },  { "rsa1024.pem", 2, SIG_SHA2_256 },
        { "rsa1024.pem", 1, SIG_IDENTITY },  { "rsa1024.pem", 14, SIG_IDENTITY },
        { "rsa1024.pem", 14, SIG_SHA2_512 }, /* a PSS salt of 64 needs 1040 bits */
        { "ec256.pem", 1, SIG_SHA2_256 },    { "ec256.pem", 10, SIG_SHA2_384 },
        { "ec256.pem", 14, (SigHash)0 },     { "ed25519.pem", 1, SIG_IDENTITY },
        { "ed25519.pem", 9, SIG_SHA2_256 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(SigKey) k = load(bad[i].key);
        g_autoptr(GByteArray) a = g_byte_array_new();

        assert_false(sig_sign(k, bad[i].method, bad[i].hash, slice_of(OCTETS), a));
        assert_int_equal(a->len, 0);
    }
}

static void
test_methods_and_identifiers_must_fit_the_key(void **state)
{
    static const struct {
        const char *key;
        uint8_t method;
        const char *auth, *why;
    } bad[] = {
        { "ec256.pem", 1, RSA_SHA256, "method does not fit" },
        { "rsa1024.pem", 9, RSA_SHA256, "method does not fit" },
        { "ed25519.pem", 1, ED25519, "method does not fit" },
        { "rsa1024.pem", 2, RSA_SHA256, "no signature" },
        { "rsa1024.pem", 3, RSA_SHA256, "no signature" },
        { "rsa1024.pem", 14, RSA_SHA256, "AlgorithmIdentifier" },
        { "rsa1024.pem", 14, "", "cut short" },
        { "rsa1024.pem", 14, "00" RSA_SHA256, "none that we know" },
        { "rsa1024.pem", 14, ID_EC256 EC256, "does not fit" },
        { "ec256.pem", 14, ID_SHA256 RSA_SHA256, "does not fit" },
        { "ec256.pem", 14, ID_ED ED25519, "does not fit" },
        { "rsa1024.pem", 14, ID_SHA512 RSA_SHA256, "not made with the hash" },
        { "rsa1024.pem", 14, ID_PSS32 PSS_SHA256_SALT20, "does not match" },
        { "rsa1024.pem", 14, ID_PSS32 RSA_SHA256, "does not match" },
        { "rsa1024.pem", 14, ID_SHA256 PSS_SHA256_SALT32, "does not match" },
        { "rsa1024.pem", 1, RSA_MD5, "MD5" },
        { "rsa1024.pem", 14, ID_SHA256 RSA_MD5, "MD5" },
        { "ec384.pem", 14, ID_EC256 EC384, "does not match" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(SigKey) k = load(bad[i].key);
        Hex auth = hex(bad[i].auth);
        const char *why;

        assert_false(verify(k, bad[i].method, &lax, (Slice){ auth.b, auth.len }, &why));
        if (!strstr(why, bad[i].why))
            fail_msg("row %zu: %s", i, why);
    }
}

static void
test_an_rsa_key_below_the_policy_is_refused(void **state)
{
    static const SigPolicy modern = { .min_rsa = 2048 };
    g_autoptr(SigKey) k = load("rsa1024.pem");
    Hex auth = hex(RSA_SHA256);
    const char *why;

    (void)state;
    assert_false(verify(k, 1, &modern, (Slice){ auth.b, auth.len }, &why));
    assert_non_null(strstr(why, "shorter than the policy"));
}

enum { RSA_MAX = 256, DIGEST_INFO = 51 /* octets with SHA-256 */ };

static size_t
modulus_len(const SigKey *k)
{
    return sig_key_bits(k) / 8;
}

/* The private key applied to @em itself: a signature over whatever a forger would like. */
static void
raw_sign(const SigKey *k, const uint8_t em[static RSA_MAX], uint8_t ret[static RSA_MAX])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(sig_key_evp(k), NULL);
    size_t len = RSA_MAX;

    assert_true(EVP_PKEY_sign_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
                EVP_PKEY_sign(ctx, ret, &len, em, modulus_len(k)) == 1);
    EVP_PKEY_CTX_free(ctx);
}

#define HEAD_SHA256 "3031300d060960864801650304020105000420" /* RFC 8017 §9.2 note 1 */

/* 00 01 ff..ff 00, then @head | SHA-256 | @tail, the ffs filling what is left of @len. */
static void
em_make(uint8_t em[static RSA_MAX], size_t len, const char *head, const char *tail)
{
    Hex h = hex(head), t = hex(tail);
    Slice octets = slice_of(OCTETS);
    uint8_t hash[DIGEST_MAX];
    size_t hash_len = digest("SHA256", &octets, 1, hash);
    size_t at = len - h.len - hash_len - t.len;

    memset(em, 0xff, len);
    em[0] = 0;
    em[1] = 1;
    em[at - 1] = 0;
    memcpy(em + at, h.b, h.len);
    memcpy(em + at + h.len, hash, hash_len);
    memcpy(em + at + h.len + hash_len, t.b, t.len);
}

static bool
em_accepted(const SigKey *k, const uint8_t em[static RSA_MAX])
{
    uint8_t sig[RSA_MAX];
    const char *why;

    raw_sign(k, em, sig);
    return verify(k, 1, &lax, (Slice){ sig, modulus_len(k) }, &why);
}

static void
test_only_the_one_encoding_of_a_digest_is_accepted(void **state)
{
    static const struct {
        const char *head, *tail, *what;
    } bad[] = {
        { HEAD_SHA256, "00", "an octet of garbage behind" },
        { HEAD_SHA256, "0500", "NULL behind the hash" },
        { HEAD_SHA256, "0123456789abcdef0123456789abcdef0123456789abcdef", "much garbage behind" },
        { "", "", "the hash alone" },
        { "0420", "", "an OCTET STRING alone" },
        { "302f300b06096086480165030402010420", "", "no NULL" },
        { "3033300f0609608648016503040201050005000420", "", "two NULLs" },
        { "308131300d060960864801650304020105000420", "", "a long length (BER)" },
        { "3032300e06096086480165030402010501000420", "", "NULL with content" },
        { "3031300d060960864801650304020205000420", "", "named SHA-384" },
        { "3031300d060960864801650304020105000421", "", "a length one too long" },
        { "3021300906052b0e03021a05000420", "", "named SHA-1" },
    };
    g_autoptr(SigKey) k = load("rsa1024.pem");
    uint8_t em[RSA_MAX];

    (void)state;
    em_make(em, modulus_len(k), HEAD_SHA256, "");
    assert_true(em_accepted(k, em)); /* so that the others fail for their own sake */
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        em_make(em, modulus_len(k), bad[i].head, bad[i].tail);
        if (em_accepted(k, em))
            fail_msg("accepted: %s", bad[i].what);
    }
}

static void
test_only_the_one_padding_is_accepted(void **state)
{
    g_autoptr(SigKey) k = load("rsa1024.pem");
    uint8_t good_em[RSA_MAX], em[RSA_MAX] = { 0 };
    size_t info_at = modulus_len(k) - DIGEST_INFO;

    (void)state;
    em_make(good_em, modulus_len(k), HEAD_SHA256, "");
    for (size_t i = 0; i < info_at; i++) { /* any octet in front of the DigestInfo */
        memcpy(em, good_em, sizeof(em));
        em[i] ^= i == 0 ? 0x01 : 0x55; /* the first must stay below the modulus */
        assert_false(em_accepted(k, em));
    }
    /* Bleichenbacher 2006: a short padding, and the hash far from the end. */
    memset(em, 0, sizeof(em));
    memcpy(em, good_em, 10);
    memcpy(em + 11, good_em + info_at, DIGEST_INFO);
    assert_false(em_accepted(k, em));
}

/* A key of @bits with the public exponent @e. */
static SigKey *
generate(unsigned bits, BN_ULONG e)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *bn = BN_new();
    EVP_PKEY *evp = NULL;
    SigKey *k;

    BN_set_word(bn, e);
    assert_true(
        EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1 &&
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, bn) == 1 && EVP_PKEY_keygen(ctx, &evp) == 1);
    k = sig_key_from_evp(evp);
    EVP_PKEY_free(evp);
    EVP_PKEY_CTX_free(ctx);
    BN_free(bn);
    return k;
}

/* The largest number whose cube, @ret_cube, is not above @want. */
static void
cube_root(const uint8_t *want, uint8_t *ret_root, uint8_t *ret_cube, int len)
{
    BIGNUM *w = BN_bin2bn(want, len, NULL), *low = BN_new(), *high = BN_new(), *mid = BN_new(),
           *cube = BN_new();
    BN_CTX *ctx = BN_CTX_new();

    BN_set_bit(high, 8 * len / 3 + 1);
    do {
        BN_add(mid, low, high);
        BN_rshift1(mid, mid);
        BN_sqr(cube, mid, ctx);
        BN_mul(cube, cube, mid, ctx);
        BN_copy(BN_cmp(cube, w) <= 0 ? low : high, mid);
        BN_sub(mid, high, low);
    } while (!BN_is_one(mid));
    BN_sqr(cube, low, ctx);
    BN_mul(cube, cube, low, ctx);
    BN_bn2binpad(low, ret_root, len);
    BN_bn2binpad(cube, ret_cube, len);
    BN_free(w);
    BN_free(low);
    BN_free(high);
    BN_free(mid);
    BN_free(cube);
    BN_CTX_free(ctx);
}

/* With e = 3 it needs no private key: the cube of the "signature" is 00 01 ff x 8 00 DigestInfo and
 * then garbage. */
static void
test_a_cube_root_is_no_signature(void **state)
{
    enum { START = 11 + DIGEST_INFO };
    g_autoptr(SigKey) k = generate(8 * RSA_MAX, 3);
    uint8_t em[RSA_MAX], root[RSA_MAX], cube[RSA_MAX];
    const char *why;

    (void)state;
    em_make(em, RSA_MAX, HEAD_SHA256, "");
    assert_true(em_accepted(k, em)); /* the key itself is good */
    memmove(em + 11, em + RSA_MAX - DIGEST_INFO, DIGEST_INFO);
    em[10] = 0;
    memset(em + START, 0xff, sizeof(em) - START);
    cube_root(em, root, cube, RSA_MAX);
    assert_memory_equal(cube, em, START); /* the forgery is a real one */
    assert_false(verify(k, 1, &lax, (Slice){ root, sizeof(root) }, &why));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_of_the_openssl_program_are_accepted),
        cmocka_unit_test(test_no_bit_of_a_signature_or_of_what_is_signed_may_differ),
        cmocka_unit_test(test_deterministic_signatures_are_those_of_the_openssl_program),
        cmocka_unit_test(test_classic_ecdsa_is_two_numbers_of_fixed_length),
        cmocka_unit_test(test_every_kind_of_key_verifies_what_it_signs),
        cmocka_unit_test(test_method_14_signs_with_pss),
        cmocka_unit_test(test_a_key_signs_only_with_its_own_methods),
        cmocka_unit_test(test_methods_and_identifiers_must_fit_the_key),
        cmocka_unit_test(test_an_rsa_key_below_the_policy_is_refused),
        cmocka_unit_test(test_only_the_one_encoding_of_a_digest_is_accepted),
        cmocka_unit_test(test_only_the_one_padding_is_accepted),
        cmocka_unit_test(test_a_cube_root_is_no_signature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
