#include "agent/crypto/prf.h"
#include "agent/crypto/suite.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define AA20 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AA80 AA20 AA20 AA20 AA20

/* "Test Using Larger Than Block-Size Key - Hash Key First" */
#define LARGER                                                                                     \
    "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"                             \
    "65204b6579202d2048617368204b6579204669727374"

static const struct {
    uint16_t id;
    const char *key, *data, *want, *source;
} macs[] = {
    { PRF_HMAC_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b617318655057264e28bc0b6fb378c8ef146be00", "RFC 2202 §3 case 1" },
    { PRF_HMAC_SHA1, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "RFC 2202 §3 case 2" },
    { PRF_HMAC_SHA1, AA80, LARGER, "aa4ae5e15272d00e95705637ce8a3b55ed402112",
      "RFC 2202 §3 case 6" },
    { PRF_HMAC_SHA2_256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "RFC 4231 §4.2" },
    { PRF_HMAC_SHA2_384, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
      "faea9ea9076ede7f4af152e8b2fa9cb6",
      "RFC 4231 §4.2" },
    { PRF_HMAC_SHA2_512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
      "RFC 4231 §4.2" },
    { PRF_HMAC_SHA2_256, "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "RFC 4231 §4.3" },
    { PRF_HMAC_SHA2_256, AA80 AA20 AA20 "aaaaaaaaaaaaaaaaaaaaaa", LARGER,
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", "RFC 4231 §4.7" },
    { PRF_HMAC_SHA2_384, AA80 AA20 AA20 "aaaaaaaaaaaaaaaaaaaaaa", LARGER,
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
      "0c2ef6ab4030fe8296248df163f44952",
      "RFC 4231 §4.7" },
    { PRF_HMAC_SHA2_512, AA80 AA20 AA20 "aaaaaaaaaaaaaaaaaaaaaa", LARGER,
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
      "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
      "RFC 4231 §4.7" },
    { PRF_HMAC_SHA2_256, "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
      "Python hmac.new(b'', b'', 'sha256')" },
};

static void
test_prf_is_hmac_however_the_data_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(macs); i++) {
        Hex key = hex(macs[i].key), data = hex(macs[i].data), want = hex(macs[i].want);

        assert_int_equal(prf_len(macs[i].id), want.len);
        for (size_t cut = 0; cut <= data.len; cut++) {
            Slice parts[] = { { data.b, cut }, { data.b + cut, data.len - cut } };
            g_auto(Secret) got = { 0 };

            assert_true(prf(macs[i].id, (Slice){ key.b, key.len }, parts, 2, &got));
            assert_true(slice_equal(secret_view(&got), (Slice){ want.b, want.len }));
        }
    }
}

/* Key 00..13, seed 40..77, 100 octets; Python's hmac through the formula of RFC 7296 §2.13. */
static const struct {
    uint16_t id;
    const char *first, *last_of_255;
} streams[] = {
    { PRF_HMAC_SHA1,
      "a70dd7d43cf166e66c6665030eaa4b18eb6644d22aa5761637c52eaa793eb0c78b8b5390707161d2ec3feed6490b"
      "b541"
      "b32afcad214ba3e8d63c3fcbc6b72cc181da12538e9e0ddfee40d49fb16522b22c05d04baeacc26d3b49e85616bc"
      "b385"
      "761ba856",
      "1b091468385bb32d" },
    { PRF_HMAC_SHA2_256,
      "1a1f9f14e9b8ca261b38204abb39c09684c83178b2063809fb85aa6a04e6dbc58df390a08c8c08600399b89f2aea"
      "84c8"
      "85da0438e37ee9d2fe9329a8dca48974e4690e4bb9ca01407eb591a2835147ca9d2f52d8346a3cfbca434d111793"
      "fe04"
      "4db36e8f",
      "6d06624bc7137c29" },
    { PRF_HMAC_SHA2_384,
      "7bd792584335dbfb5cd0cc521a8c7cc5d28894c0ed06d3cf5a2f7edebc9b2de113afe091a811f1393e23a12e2957"
      "5ded"
      "9c9e599abe826125d62e819621ae09414ece8f32c8155f9deb6179364203d196e675efb50b969cd70c9730a30802"
      "25ec"
      "52c859b8",
      "4882c14760bfc7e8" },
    { PRF_HMAC_SHA2_512,
      "795c38227986b3af6995309bffff3239e7cf132ad8e59ec863f8863f4196e23473335251940230a00f1150727553"
      "d9a0"
      "5d4925823f0bb5420b818fc47408a3d9f0a944d28390162816b80c676f45a1c207fb4f07ac78bdc0b30f51908ec6"
      "8af6"
      "a2d8e1d0",
      "6db0746d5bc004d3" },
};

static void
test_prf_plus_gives_any_length_up_to_255_rounds_and_no_more(void **state)
{
    uint8_t key[20], seed[56];

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof(seed); i++)
        seed[i] = (uint8_t)(0x40 + i);
    for (size_t i = 0; i < G_N_ELEMENTS(streams); i++) {
        Slice k = { key, sizeof(key) }, s = { seed, sizeof(seed) };
        Hex want = hex(streams[i].first), tail = hex(streams[i].last_of_255);
        size_t most = 255 * prf_len(streams[i].id);
        g_auto(Secret) got = { 0 };

        for (size_t len = 0; len <= want.len; len++) {
            assert_true(prf_plus(streams[i].id, k, s, len, &got));
            assert_true(slice_equal(secret_view(&got), (Slice){ want.b, len }));
        }
        assert_true(prf_plus(streams[i].id, k, s, most, &got));
        assert_memory_equal(got.p + most - tail.len, tail.b, tail.len);
        assert_false(prf_plus(streams[i].id, k, s, most + 1, &got));
        assert_int_equal(got.len, most);
    }
}

/* MD5 is in the table for its name only. */
static void
test_an_unknown_prf_is_refused_and_leaves_ret_alone(void **state)
{
    static const uint16_t bad[] = { 0, PRF_HMAC_MD5, 3, 4, 8, 0xffff };
    Slice key = slice_of("key");
    g_auto(Secret) got = { 0 };

    (void)state;
    secret_set(&got, slice_of("before"));
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_int_equal(prf_len(bad[i]), 0);
        assert_false(prf(bad[i], key, &key, 1, &got));
        assert_false(prf_plus(bad[i], key, key, 1, &got));
    }
    assert_true(slice_equal(secret_view(&got), slice_of("before")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prf_is_hmac_however_the_data_is_cut),
        cmocka_unit_test(test_prf_plus_gives_any_length_up_to_255_rounds_and_no_more),
        cmocka_unit_test(test_an_unknown_prf_is_refused_and_leaves_ret_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
