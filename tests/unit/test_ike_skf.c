/* test_ike_skf.c - agent/ike/ike_skf.c */

#include "agent/ike/ike_msg.h"
#include "agent/ike/ike_skf.h"
#include "tests/support/wire.h"

/* Keys count up from 00 and 80, IVs from a0, as the vectors below want them. */
static Aead *
counting_keys(const Suite *suite, AeadUse use)
{
    uint8_t octets[256];

    for (size_t i = 0; i < sizeof(octets); i++)
        octets[i] = (uint8_t)i;
    return aead_new(suite, (Slice){ octets, suite_encr_key_len(suite) },
                    (Slice){ octets + 0x80, suite_integ_key_len(suite) }, use);
}

/* Eight octets as fragments 1 and 2 of 3, sealed by another library: Python's cryptography 48 and
 * hmac, put together from RFC 7383 §2.5 (what is authenticated: all up to Total Fragments),
 * RFC 7296 §3.14 and RFC 5282 §3. */
static const struct {
    Suite suite;
    uint16_t number;
    const char *message;
} foreign[] = {
    { { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      1,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000503000003400010003a0a1a2a3a4a5a6a7a8a9"
      "aaabacadaeaf9d53870c41f251e8960e4f5a162e3ef47741019ff7e6ad22046a8505" },
    { { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      2,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000500000003400020003a0a1a2a3a4a5a6a7a8a9"
      "aaabacadaeaf9d53870c41f251e8960e4f5a162e3ef4f2941134e63b53ef09ac8fa2" },
    { { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_256_128 },
      1,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000543000003800010003a0a1a2a3a4a5a6a7a8a9"
      "aaabacadaeafd5980c9fd515f7897e47814238d73eee091e41cc64e638e0a5d8419daf7e5992" },
    { { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_256_128 },
      2,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000540000003800020003a0a1a2a3a4a5a6a7a8a9"
      "aaabacadaeafd5980c9fd515f7897e47814238d73eee62bc646ae753e2ffd0c06e2412845744" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
      1,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000453000002900010003a0a1a2a3a4a5a6a743f3"
      "e93da0b11206327c13fcb92c2bf476b3d169709a205279" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
      2,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000450000002900020003a0a1a2a3a4a5a6a743f3"
      "e93da0b1120632f200b022c2aa6bee2bdad5a69868a8f8" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      1,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000453000002900010003a0a1a2a3a4a5a6a7d2f9"
      "c757cd08dd538d3f885cf8c36f581aaf3bfee2e491e39d" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      2,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000450000002900020003a0a1a2a3a4a5a6a7d2f9"
      "c757cd08dd538d28bac9c21e6e02320a4e87718bd17f1b" },
    { { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      1,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000453000002900010003a0a1a2a3a4a5a6a788e2"
      "9c8b4f977a070154843fd7ceb6b3604cf6be4ca303c24b" },
    { { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      2,
      "58aff71141ba436bfc696330e6b94d7f3520232000000004000000450000002900020003a0a1a2a3a4a5a6a788e2"
      "9c8b4f977a07016c84a61a712aa6acb7a4bcb386094bdf" },
};
static const IkeHeader header = { .spi_i = UINT64_C(0x58aff71141ba436b),
                                  .spi_r = UINT64_C(0xfc696330e6b94d7f),
                                  .version = IKE_VERSION,
                                  .exchange = IKE_EXCHANGE_IKE_AUTH,
                                  .flags = IKE_FLAG_RESPONSE,
                                  .message_id = 4 };

static size_t
seal(Aead *a, const IkeSkf *f, uint8_t *buf, size_t cap)
{
    Writer out = { .base = buf, .cap = cap };
    uint8_t iv[16];

    for (size_t i = 0; i < sizeof(iv); i++)
        iv[i] = (uint8_t)(0xa0 + i);
    ike_header_encode(&header, &out);
    ike_skf_seal(a, &out, 0, IKE_PAYLOAD_EAP, f, iv);
    return writer_finish(&out) < 0 ? 0 : out.len;
}

static void
test_fragments_are_those_of_another_library(void **state)
{
    Hex plain = hex("00000008 03030004");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(Aead) out = counting_keys(&foreign[i].suite, AEAD_SEAL);
        g_autoptr(Aead) in = counting_keys(&foreign[i].suite, AEAD_OPEN);
        Hex want = hex(foreign[i].message);
        IkeSkf got, f = { .number = foreign[i].number, .total = 3, .plain = wire_slice(&plain) };
        uint8_t buf[256], scratch[256];
        IkeMsg m;

        assert_int_equal(seal(out, &f, buf, sizeof(buf)), want.len);
        assert_memory_equal(buf, want.b, want.len);
        assert_int_equal(ike_skf_message_len(out, plain.len), want.len);
        assert_int_equal(ike_msg_decode(wire_slice(&want), &m, NULL), IKE_OK);
        assert_int_equal(m.p[0].type, IKE_PAYLOAD_SKF);
        assert_true(ike_skf_open(in, m.octets, m.p[0].body, scratch, &got));
        assert_int_equal(got.number, f.number);
        assert_int_equal(got.total, 3);
        assert_true(slice_equal(got.plain, f.plain));
    }
}

/* Number and total are covered as everything else is. */
static void
test_every_flipped_bit_is_a_forgery(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(Aead) in = counting_keys(&foreign[i].suite, AEAD_OPEN);
        Hex good = hex(foreign[i].message);

        for (size_t bit = 0; bit < good.len * 8; bit++) {
            Hex bad = good;
            Slice body = { bad.b + 32, bad.len - 32 };
            uint8_t scratch[256];
            IkeSkf got;

            bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (ike_skf_open(in, wire_slice(&bad), body, scratch, &got))
                fail_msg("bit %zu of vector %zu", bit, i);
        }
    }
}

static void
test_every_length_of_a_body_is_survived(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(Aead) in = counting_keys(&foreign[i].suite, AEAD_OPEN);
        Hex good = hex(foreign[i].message);

        for (size_t len = 0; len + 32 < good.len; len++) {
            g_autofree void *owner = NULL;
            Slice message = wire_exact((Slice){ good.b, 32 + len }, &owner);
            uint8_t scratch[256];
            IkeSkf got;

            assert_false(ike_skf_open(in, message, (Slice){ message.p + 32, len }, scratch, &got));
        }
    }
}

/* With good integrity, so that the numbers alone are the reason. */
static void
test_impossible_numbers_are_refused(void **state)
{
    static const struct {
        uint16_t number, total;
        bool good;
    } rows[] = { { 1, 1, true },  { 65535, 65535, true }, { 0, 1, false },
                 { 0, 0, false }, { 1, 0, false },        { 3, 2, false } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Aead) out = counting_keys(&foreign[0].suite, AEAD_SEAL);
        g_autoptr(Aead) in = counting_keys(&foreign[0].suite, AEAD_OPEN);
        IkeSkf got, f = { .number = rows[i].number, .total = rows[i].total };
        uint8_t buf[256], scratch[256];
        size_t len = seal(out, &f, buf, sizeof(buf));

        assert_int_equal(
            ike_skf_open(in, (Slice){ buf, len }, (Slice){ buf + 32, len - 32 }, scratch, &got),
            rows[i].good);
    }
}

static void
test_a_fragment_fills_its_limit_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i += 2) {
        g_autoptr(Aead) a = counting_keys(&foreign[i].suite, AEAD_SEAL);

        assert_int_equal(ike_skf_room(a, 60), 0);
        for (size_t limit = 150; limit < 700; limit++) {
            size_t room = ike_skf_room(a, limit);

            assert_true(ike_skf_message_len(a, room) <= limit);
            assert_true(ike_skf_message_len(a, room + 1) > limit);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragments_are_those_of_another_library),
        cmocka_unit_test(test_every_flipped_bit_is_a_forgery),
        cmocka_unit_test(test_every_length_of_a_body_is_survived),
        cmocka_unit_test(test_impossible_numbers_are_refused),
        cmocka_unit_test(test_a_fragment_fills_its_limit_and_no_more),
    };

    return cmocka_run_group_tests_name("ike_skf", tests, NULL, NULL);
}
