/* test_ike_sk.c - agent/ike/ike_sk.c */

#include "agent/ike/ike_msg.h"
#include "agent/ike/ike_sk.h"
#include "tests/support/wire.h"

enum { MESSAGE_MAX = 5000 };

static Aead *
sha1_cbc(AeadUse use)
{
    static const uint8_t key[24] = { 1 }, integ_key[20] = { 2 };
    Suite suite = { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 };

    return aead_new(&suite, (Slice){ key, 24 }, (Slice){ integ_key, 20 }, use);
}

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

/* Header of @h, then SK around @plain. */
static size_t
seal(Aead *a, const IkeHeader *h, uint8_t first, Slice plain, uint8_t *buf, size_t cap)
{
    Writer out = { .base = buf, .cap = cap };
    uint8_t iv[16];

    for (size_t i = 0; i < sizeof(iv); i++)
        iv[i] = (uint8_t)(0xa0 + i);
    ike_header_encode(h, &out);
    ike_sk_seal(a, &out, 0, first, plain, iv);
    return writer_finish(&out) < 0 ? 0 : out.len;
}

static bool
open_message(Aead *a, Slice message, uint8_t *scratch, Slice *ret)
{
    IkeMsg m;

    if (ike_msg_decode(message, &m, NULL) != IKE_OK || m.n != 1)
        return false;
    return ike_sk_open(a, message, m.p[0].body, scratch, ret);
}

/* agent/docs/WIRE.md §3: all rows of the seed, and seed 004's two with HMAC-SHA2-256-128. */
static const struct {
    uint16_t integ;
    size_t plain, pad, sk, message;
} rows[] = {
    { AUTH_HMAC_SHA1_96, 465, 14, 512, 540 },  { AUTH_HMAC_SHA1_96, 1218, 13, 1264, 1292 },
    { AUTH_HMAC_SHA1_96, 256, 15, 304, 332 },  { AUTH_HMAC_SHA1_96, 461, 2, 496, 524 },
    { AUTH_HMAC_SHA1_96, 424, 7, 464, 492 },   { AUTH_HMAC_SHA1_96, 4239, 0, 4272, 4300 },
    { AUTH_HMAC_SHA1_96, 177, 14, 224, 252 },  { AUTH_HMAC_SHA1_96, 8, 7, 48, 76 },
    { AUTH_HMAC_SHA1_96, 28, 3, 64, 92 },      { AUTH_HMAC_SHA1_96, 4332, 3, 4368, 4396 },
    { AUTH_HMAC_SHA2_256_128, 0, 15, 52, 80 }, { AUTH_HMAC_SHA2_256_128, 10, 5, 52, 80 },
};

static void
test_message_lengths_are_those_of_the_seed(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Suite suite = { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = rows[i].integ };
        g_autoptr(Aead) out = counting_keys(&suite, AEAD_SEAL);
        g_autoptr(Aead) in = counting_keys(&suite, AEAD_OPEN);
        g_autofree uint8_t *plain = g_malloc0(rows[i].plain + 1);
        IkeHeader h = { .spi_i = 1, .spi_r = 2, .version = IKE_VERSION, .exchange = 35 };
        uint8_t buf[MESSAGE_MAX], scratch[MESSAGE_MAX];
        size_t len = seal(out, &h, 48, (Slice){ plain, rows[i].plain }, buf, sizeof(buf));
        Slice opened;

        assert_int_equal(len, rows[i].message);
        assert_int_equal(ike_sk_message_len(out, rows[i].plain), rows[i].message);
        assert_int_equal(buf[30] << 8 | buf[31], rows[i].sk);
        assert_int_equal(buf[16], IKE_PAYLOAD_SK);
        assert_int_equal(buf[28], 48);
        assert_true(open_message(in, (Slice){ buf, len }, scratch, &opened));
        assert_int_equal(opened.len, rows[i].plain);
        assert_int_equal(scratch[rows[i].plain + rows[i].pad], rows[i].pad);
    }
}

/* One EAP-Success (agent/docs/WIRE.md §4.1) sealed by another library: Python's cryptography 48,
 * hmac and hashlib, put together from RFC 7296 §3.14 and RFC 5282 §3. */
static const struct {
    Suite suite;
    const char *message;
} foreign[] = {
    { { .encr = ENCR_AES_CBC, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      "58aff71141ba436bfc696330e6b94d7f2e202320000000040000004c30000030a0a1a2a3a4a5a6a7a8a9aaabacad"
      "aeaf9d53870c41f251e8960e4f5a162e3ef4389efef211c8353f6e4688ec" },
    { { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_256_128 },
      "58aff71141ba436bfc696330e6b94d7f2e202320000000040000005030000034a0a1a2a3a4a5a6a7a8a9aaabacad"
      "aeafd5980c9fd515f7897e47814238d73eeebb9c8e221d8ca84dfbff9d698cd6a2fc" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
      "58aff71141ba436bfc696330e6b94d7f2e202320000000040000004130000025a0a1a2a3a4a5a6a743f3e93da0b1"
      "120632a34440dc378ec4d992d5aaf75e9264f8" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      "58aff71141ba436bfc696330e6b94d7f2e202320000000040000004130000025a0a1a2a3a4a5a6a7d2f9c757cd08"
      "dd538dee98e19ab1912920803bcf617277a897" },
    { { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      "58aff71141ba436bfc696330e6b94d7f2e202320000000040000004130000025a0a1a2a3a4a5a6a788e29c8b4f97"
      "7a07013bd2a271042e24027563f98b52348a76" },
};
static const IkeHeader foreign_header = { .spi_i = UINT64_C(0x58aff71141ba436b),
                                          .spi_r = UINT64_C(0xfc696330e6b94d7f),
                                          .version = IKE_VERSION,
                                          .exchange = IKE_EXCHANGE_IKE_AUTH,
                                          .flags = IKE_FLAG_RESPONSE,
                                          .message_id = 4 };

static void
test_messages_are_those_of_another_library(void **state)
{
    Hex plain = hex("00000008 03030004");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(Aead) out = counting_keys(&foreign[i].suite, AEAD_SEAL);
        g_autoptr(Aead) in = counting_keys(&foreign[i].suite, AEAD_OPEN);
        Hex want = hex(foreign[i].message);
        uint8_t buf[256], scratch[256];
        Slice opened;
        size_t len =
            seal(out, &foreign_header, IKE_PAYLOAD_EAP, wire_slice(&plain), buf, sizeof(buf));

        assert_int_equal(len, want.len);
        assert_memory_equal(buf, want.b, len);
        assert_true(open_message(in, wire_slice(&want), scratch, &opened));
        assert_true(slice_equal(opened, wire_slice(&plain)));
    }
}

/* Every bit of header, SK head, IV, data and ICV is covered. */
static void
test_every_flipped_bit_is_a_forgery(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++) {
        g_autoptr(Aead) in = counting_keys(&foreign[i].suite, AEAD_OPEN);
        Hex good = hex(foreign[i].message);

        for (size_t bit = 0; bit < good.len * 8; bit++) {
            Hex bad = good;
            Slice body = { bad.b + 32, bad.len - 32 }, opened = { 0 };
            uint8_t scratch[256];

            bad.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (ike_sk_open(in, wire_slice(&bad), body, scratch, &opened))
                fail_msg("bit %zu of vector %zu", bit, i);
            assert_null(opened.p);
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
            Slice message = wire_exact((Slice){ good.b, 32 + len }, &owner), opened;
            Slice body = { message.p + 32, len };
            uint8_t scratch[256];

            assert_false(ike_sk_open(in, message, body, scratch, &opened));
        }
    }
}

/* Pad Length is the last octet of the plaintext; one that reaches beyond the start is a lie. */
static void
test_padding_that_lies_is_refused(void **state)
{
    (void)state;
    for (unsigned pad = 0; pad < 256; pad++) {
        g_autoptr(Aead) out = sha1_cbc(AEAD_SEAL);
        g_autoptr(Aead) in = sha1_cbc(AEAD_OPEN);
        uint8_t message[28 + 4 + 16 + 32 + 12] = { 0 }, iv[16] = { 0 }, scratch[128];
        Writer w = { .base = message, .cap = sizeof(message) };
        Slice opened, body = { message + 32, sizeof(message) - 32 };

        ike_header_encode(&(IkeHeader){ .spi_i = 1, .next_payload = 46, .version = 0x20 }, &w);
        message[32 + 16 + 31] = (uint8_t)pad;
        aead_seal(out, (Slice){ message, 32 }, iv, message + 48, 32, message + 80);
        assert_int_equal(
            ike_sk_open(in, (Slice){ message, sizeof(message) }, body, scratch, &opened),
            pad <= 31);
        if (pad <= 31)
            assert_int_equal(opened.len, 31 - pad);
    }
}

/* The captured chains, sealed as their sender did: his message lengths are in the same file. */
static void
test_captured_chains_make_messages_of_the_captured_lengths(void **state)
{
    static const size_t lengths[] = { 320,  1456, 784, 256, 2704, 656, 800,
                                      1744, 592,  80,  112, 240,  80,  80 };

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
        Suite suite = { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_256_128 };
        /* SK_ei, SK_ai or SK_er, SK_ar of section I */
        Hex ei = hex("fefe861c92c21230280628ada13098466e8c1e3f4d8a27bbd631d5e664f3c9a6");
        Hex ai = hex("df86a8967fb26aabd91d9dac419a700f9f7500ad4223874fd927ed4a3a7f1797");
        Hex er = hex("9402a60a6df914e564d5348cdd8d1c6a6421d48c9e0cf1ebab87f1e766b4ceba");
        Hex ar = hex("9e844945b02fd0d354f9d76cb6726d5857ab4e3b47a2e5ae72cb2a0bb8088a3f");
        WireCapture c = wire_capture(3 + i);
        g_autoptr(Aead) out = aead_new(&suite, wire_slice(c.response ? &er : &ei),
                                       wire_slice(c.response ? &ar : &ai), AEAD_SEAL);
        g_autoptr(Aead) in = aead_new(&suite, wire_slice(c.response ? &er : &ei),
                                      wire_slice(c.response ? &ar : &ai), AEAD_OPEN);
        IkeHeader h = { .spi_i = UINT64_C(0xd21d00033294688a),
                        .spi_r = UINT64_C(0x7314540b89f0f156),
                        .version = IKE_VERSION,
                        .message_id = c.message_id };
        uint8_t buf[MESSAGE_MAX], scratch[MESSAGE_MAX];
        Slice opened;
        size_t len = seal(out, &h, (uint8_t)c.first, wire_capture_view(&c), buf, sizeof(buf));

        assert_int_equal(len, lengths[i]);
        assert_true(open_message(in, (Slice){ buf, len }, scratch, &opened));
        assert_true(slice_equal(opened, wire_capture_view(&c)));
        g_byte_array_unref(c.octets);
    }
}

static void
test_what_does_not_fit_is_reported(void **state)
{
    g_autoptr(Aead) a = sha1_cbc(AEAD_SEAL);
    g_autofree uint8_t *plain = g_malloc0(70000);
    g_autofree uint8_t *buf = g_malloc(80000);
    IkeHeader h = { .spi_i = 1, .version = IKE_VERSION };
    size_t most = 65535 - 28 - 4 - 16 - 12;

    (void)state;
    most = most / 16 * 16 - 1;
    assert_int_equal(seal(a, &h, 0, (Slice){ plain, 465 }, buf, 539), 0);
    assert_int_equal(seal(a, &h, 0, (Slice){ plain, 465 }, buf, 540), 540);
    assert_int_equal(seal(a, &h, 0, (Slice){ plain, most }, buf, 80000), most + 1 + 60);
    assert_int_equal(seal(a, &h, 0, (Slice){ plain, most + 1 }, buf, 80000), 0);
    assert_int_equal(seal(a, &h, 0, (Slice){ plain, 70000 }, buf, 80000), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_lengths_are_those_of_the_seed),
        cmocka_unit_test(test_messages_are_those_of_another_library),
        cmocka_unit_test(test_every_flipped_bit_is_a_forgery),
        cmocka_unit_test(test_every_length_of_a_body_is_survived),
        cmocka_unit_test(test_padding_that_lies_is_refused),
        cmocka_unit_test(test_captured_chains_make_messages_of_the_captured_lengths),
        cmocka_unit_test(test_what_does_not_fit_is_reported),
    };

    return cmocka_run_group_tests_name("ike_sk", tests, NULL, NULL);
}
