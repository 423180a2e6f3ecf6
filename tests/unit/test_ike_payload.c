/* test_ike_payload.c - agent/ike/ike_payload.c */

#include "agent/ike/ike_payload.h"
#include "tests/support/wire.h"

static void
test_a_chain_behind_a_header_names_each_next_payload(void **state)
{
    /* header, then NONCE -> VENDOR -> none, lengths 6 and 5 (RFC 7296 §3.1, §3.2) */
    Hex want = hex("0000000000000001 0000000000000000 28 20 22 08 00000000 00000027"
                   "2b 00 0006 aabb  00 00 0005 cc");
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeChain c;

    (void)state;
    ike_header_encode(
        &(IkeHeader){ .spi_i = 1, .next_payload = 99, .version = 0x20, .exchange = 34, .flags = 8 },
        &out);
    c = ike_chain_begin(&out, 0);
    ike_chain_open(&c, IKE_PAYLOAD_NONCE);
    writer_u16(&out, 0xaabb);
    ike_chain_close(&c);
    ike_chain_add(&c, IKE_PAYLOAD_VENDOR, (Slice){ (const uint8_t *)"\xcc", 1 });
    ike_header_finish(&out, 0);
    wire_equal(&out, wire_slice(&want));
}

static void
test_a_chain_inside_sk_tells_its_first_type(void **state)
{
    Hex want = hex("23 00 0004  00 00 0006 0102"); /* 35: IDi follows */
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&out, SIZE_MAX);

    (void)state;
    assert_int_equal(c.first, IKE_PAYLOAD_NONE);
    ike_chain_add(&c, IKE_PAYLOAD_VENDOR, (Slice){ 0 });
    ike_chain_add(&c, IKE_PAYLOAD_IDi, (Slice){ (const uint8_t *)"\1\2", 2 });
    assert_int_equal(c.first, IKE_PAYLOAD_VENDOR);
    wire_equal(&out, wire_slice(&want));
}

static void
test_a_header_without_payloads_says_none(void **state)
{
    uint8_t buf[IKE_HEADER_LEN];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    ike_header_encode(&(IkeHeader){ .next_payload = 99 }, &out);
    (void)ike_chain_begin(&out, 0);
    assert_int_equal(buf[16], IKE_PAYLOAD_NONE);
}

static void
test_overflow_anywhere_is_reported_and_writes_nothing_beyond(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 14; cap++) {
        g_autofree uint8_t *buf = g_malloc(cap);
        Writer out = { .base = buf, .cap = cap };
        IkeChain c = ike_chain_begin(&out, SIZE_MAX);

        ike_chain_add(&c, IKE_PAYLOAD_NONCE, (Slice){ (const uint8_t *)"abc", 3 });
        ike_chain_add(&c, IKE_PAYLOAD_NONCE, (Slice){ (const uint8_t *)"abc", 3 });
        assert_int_equal(writer_finish(&out), -1);
    }
}

static void
test_a_payload_longer_than_its_length_field_is_refused(void **state)
{
    g_autofree uint8_t *octets = g_malloc0(UINT16_MAX);
    g_autofree uint8_t *buf = g_malloc(2 * UINT16_MAX);
    Writer out = { .base = buf, .cap = 2 * UINT16_MAX };
    IkeChain c = ike_chain_begin(&out, SIZE_MAX);

    (void)state;
    ike_chain_add(&c, IKE_PAYLOAD_VENDOR, (Slice){ octets, UINT16_MAX - 4 });
    assert_int_equal(writer_finish(&out), UINT16_MAX);
    ike_chain_add(&c, IKE_PAYLOAD_VENDOR, (Slice){ octets, UINT16_MAX - 3 });
    assert_int_equal(writer_finish(&out), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_chain_behind_a_header_names_each_next_payload),
        cmocka_unit_test(test_a_chain_inside_sk_tells_its_first_type),
        cmocka_unit_test(test_a_header_without_payloads_says_none),
        cmocka_unit_test(test_overflow_anywhere_is_reported_and_writes_nothing_beyond),
        cmocka_unit_test(test_a_payload_longer_than_its_length_field_is_refused),
    };

    return cmocka_run_group_tests_name("ike_payload", tests, NULL, NULL);
}
