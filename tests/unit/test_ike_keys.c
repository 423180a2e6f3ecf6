/* test_ike_keys.c - agent/ike/ike_keys.c */
#include "agent/ike/ike_keys.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

/* SKEYSEED and prf+ written down in Python's hmac and hashlib, straight from RFC 7296 §2.13, §2.14
 * and §2.17: Ni = 10..2f, Nr = 80..93, g^ir = 01..30, SPIs of agent/docs/WIRE.md §16.1. */
static const struct {
    const char *what;
    Suite ike, child;
    const char *d, *ai, *ar, *ei, *er, *pi, *pr;
    const char *child_ei, *child_ai, *child_er, *child_ar;
} vectors[] = {
    { "AES-CBC-192, HMAC-SHA1",
      { .encr = ENCR_AES_CBC, .key_bits = 192, .prf = PRF_HMAC_SHA1, .integ = AUTH_HMAC_SHA1_96 },
      { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA1_96 },
      "d99b6f8f25a2f6b90ab1f18630a30a822ec3cc2d",
      "fde19009275dfbd23689f155bf29d9b05999c120",
      "83470e3436345159790f3e806d018dc8f6c6dbb2",
      "92b01bb92f9d49f5bc7631fd2c6454561afc6898c44f6dad",
      "9c79aebdfcd25a193f374388fe14d76634ae891383e1bd25",
      "c6925f5985930d3d23c201f0ec16bf3073e5b174",
      "af803353f9d27f5335f4428783811466eb496d23",
      "1d03fe3ab7dbf5becd5f082cc1e3911026d4775dc2c8be1c7d6d986cb430bf2c",
      "bf5a110cab5b3f3e26cd7e1df1a0422c56d8d4e4",
      "a6ecfc00ceb30477d3322171bd254f80b90d509758fa1d9a8adc1ccf6f5c257d",
      "bec351352caea14dec91956fd9da015f55e822bc" },
    { "AES-GCM-16-256, HMAC-SHA2-384; the salt is part of the key (RFC 5282 §7.1)",
      { .encr = ENCR_AES_GCM_16, .key_bits = 256, .prf = PRF_HMAC_SHA2_384 },
      { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      "384fe35ea633c4b011a90cbed04d71f4856baba8c666a6c3861b6175e16f1c3b8aae95c45c8bb315ba549b953b99"
      "4399",
      "",
      "",
      "d6e9391aa9fd7246a8f64e197d77f9d5bee5f6707527c1ae2153324e8db624cf49a05de9",
      "abc117515d1d78495923041f5fca13fc1e11a96bef6bbf785742e838928a602529c3dde9",
      "78c0cf99e46914f4d90c694626b7f796dc0c28d42d5d4a8a6b5830b07939380d89abf8dc88d3defd90035081576e"
      "61a7",
      "14d5cd943a0bec16bda073a28a50069f368566384b2051d4a13ebda25c9217ff7d35aaeb8aec28a63095683d3869"
      "8aaa",
      "c0968d5efc6ca37386f886aa03ef73804e9893e3",
      "",
      "94924a9e8f0345761dd0a71aac4d27de761adb92",
      "" },
};

static void
assert_secret(const Secret *s, const char *expected)
{
    Hex h = hex(expected);

    assert_int_equal(s->len, h.len);
    if (h.len)
        assert_memory_equal(s->p, h.b, h.len);
}

static Slice
count_up(uint8_t *buf, uint8_t from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf[i] = (uint8_t)(from + i);
    return (Slice){ buf, len };
}

static void
test_keys_are_those_of_an_independent_computation(void **state)
{
    uint8_t a[32], b[20], c[48];
    Slice ni = count_up(a, 0x10, sizeof(a)), nr = count_up(b, 0x80, sizeof(b));
    Slice g_ir = count_up(c, 1, sizeof(c));

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_auto(IkeKeys) k = { 0 };
        g_auto(IkeChildKeys) child = { 0 };

        assert_true(ike_keys_derive(&vectors[i].ike, g_ir, ni, nr, 0x58aff71141ba436b,
                                    0xfc696330e6b94d7f, &k));
        assert_secret(&k.d, vectors[i].d);
        assert_secret(&k.ai, vectors[i].ai);
        assert_secret(&k.ar, vectors[i].ar);
        assert_secret(&k.ei, vectors[i].ei);
        assert_secret(&k.er, vectors[i].er);
        assert_secret(&k.pi, vectors[i].pi);
        assert_secret(&k.pr, vectors[i].pr);
        assert_true(ike_keys_child(vectors[i].ike.prf, &k, &vectors[i].child, (Slice){ 0 }, ni, nr,
                                   &child));
        assert_secret(&child.ei, vectors[i].child_ei);
        assert_secret(&child.ai, vectors[i].child_ai);
        assert_secret(&child.er, vectors[i].child_er);
        assert_secret(&child.ar, vectors[i].child_ar);
    }
}

/* The same computation, §2.18 and §2.17: SK_d = a0..bf by PRF-HMAC-SHA2-256, the new IKE SA by
 * PRF-HMAC-SHA1. */
static void
test_keys_of_what_is_rekeyed_come_from_the_old_sk_d(void **state)
{
    static const Suite next = {
        .encr = ENCR_AES_CBC, .key_bits = 128, .prf = PRF_HMAC_SHA1, .integ = AUTH_HMAC_SHA1_96
    };
    static const Suite esp = { .encr = ENCR_AES_GCM_16, .key_bits = 128 };
    uint8_t a[32], b[20], c[48], d[32];
    Slice ni = count_up(a, 0x10, sizeof(a)), nr = count_up(b, 0x80, sizeof(b));
    Slice g_ir = count_up(c, 1, sizeof(c));
    g_auto(IkeKeys) old = { 0 }, k = { 0 };
    g_auto(IkeChildKeys) child = { 0 };

    (void)state;
    secret_set(&old.d, count_up(d, 0xa0, sizeof(d)));
    assert_true(ike_keys_rekey(&next, PRF_HMAC_SHA2_256, &old, g_ir, ni, nr, 0x58aff71141ba436b,
                               0xfc696330e6b94d7f, &k));
    assert_secret(&k.d, "fb494497e57ac0d8bdf57b9fdf4c12af2b9c521c");
    assert_secret(&k.ai, "511aa988e73053a3ccf5ef0b6d4468b7eec11ed6");
    assert_secret(&k.ar, "aa6cfe247e8b98c8bd27d15f95d5fd6ef174521a");
    assert_secret(&k.ei, "ab98e1acbc09ab0f1f5e42c1c3babaa1");
    assert_secret(&k.er, "0159322b86da2826b1bda3505b36d192");
    assert_secret(&k.pi, "016598a0b0145d34f3f7014b65370bcc36c5e388");
    assert_secret(&k.pr, "678edcd33c5c7d552b8fd192b0ba09a17470c88e");
    assert_true(ike_keys_child(PRF_HMAC_SHA2_256, &old, &esp, g_ir, ni, nr, &child));
    assert_secret(&child.ei, "7214f206aad5d2aa179bc346f3c78681977af6b0");
    assert_secret(&child.er, "402a612e7216a6071e60282a5dba5038128837ac");
}

static void
test_an_unknown_prf_makes_no_keys(void **state)
{
    uint8_t a[16];
    Slice s = count_up(a, 0, sizeof(a));
    Suite suite = { .encr = ENCR_AES_CBC, .key_bits = 128, .prf = 999 };
    g_auto(IkeKeys) k = { 0 };

    (void)state;
    assert_false(ike_keys_derive(&suite, s, s, s, 1, 2, &k));
    assert_null(k.d.p);
}

/* §2.10 allows 256 octets each; more is refused before it is written anywhere. */
static void
test_nonces_that_are_too_long_make_no_keys(void **state)
{
    uint8_t a[400] = { 0 };
    Suite suite = {
        .encr = ENCR_AES_CBC, .key_bits = 128, .prf = PRF_HMAC_SHA1, .integ = AUTH_HMAC_SHA1_96
    };
    g_auto(IkeKeys) k = { 0 };

    (void)state;
    assert_true(
        ike_keys_derive(&suite, (Slice){ a, 16 }, (Slice){ a, 256 }, (Slice){ a, 256 }, 1, 2, &k));
    assert_false(
        ike_keys_derive(&suite, (Slice){ a, 16 }, (Slice){ a, 400 }, (Slice){ a, 256 }, 1, 2, &k));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_are_those_of_an_independent_computation),
        cmocka_unit_test(test_keys_of_what_is_rekeyed_come_from_the_old_sk_d),
        cmocka_unit_test(test_an_unknown_prf_makes_no_keys),
        cmocka_unit_test(test_nonces_that_are_too_long_make_no_keys),
    };

    return cmocka_run_group_tests_name("ike_keys", tests, NULL, NULL);
}
