/* test_ike_header.c - agent/ike/ike_header.c */

#include "agent/ike/ike_header.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §16.8 */
static const char sample[] = "21ff0438c0410657 ec3fe5f28836754c 2e 20 25 08 00000004 00000050";

static void
test_a_real_header_round_trips(void **state)
{
    Hex wire = hex(sample);
    Reader in = reader_init(wire_slice(&wire));
    uint8_t buf[IKE_HEADER_LEN];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeHeader h;

    (void)state;
    assert_int_equal(ike_header_decode(&in, &h), IKE_OK);
    assert_int_equal(reader_left(&in), 0);
    assert_true(h.spi_i == UINT64_C(0x21ff0438c0410657));
    assert_true(h.spi_r == UINT64_C(0xec3fe5f28836754c));
    assert_int_equal(h.next_payload, 46);
    assert_int_equal(h.version, IKE_VERSION);
    assert_int_equal(h.exchange, IKE_EXCHANGE_INFORMATIONAL);
    assert_int_equal(h.flags, IKE_FLAG_INITIATOR);
    assert_int_equal(h.message_id, 4);
    assert_int_equal(h.length, 80);
    ike_header_encode(&h, &out);
    wire_equal(&out, wire_slice(&wire));
}

static bool
decode(Slice cut)
{
    Reader in = reader_init(cut);
    IkeHeader h = { .message_id = 0xdead };
    IkeStatus st = ike_header_decode(&in, &h);

    assert_true(st == IKE_OK || h.message_id == 0xdead);
    return st == IKE_OK;
}

static void
test_every_truncation_is_dropped(void **state)
{
    Hex wire = hex(sample);

    (void)state;
    wire_cuts(wire_slice(&wire), decode);
}

static void
test_the_length_is_set_when_the_message_is_complete(void **state)
{
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    writer_zeros(&out, 4); /* a message need not stand at the start */
    ike_header_encode(&(IkeHeader){ .spi_i = 1, .version = IKE_VERSION, .length = 0xffffffff },
                      &out);
    writer_zeros(&out, 5);
    ike_header_finish(&out, 4);
    assert_int_equal(writer_finish(&out), 37);
    assert_memory_equal(buf + 4 + 24, "\0\0\0\x21", 4); /* 33, RFC 7296 §3.1 */
}

static void
test_a_buffer_too_small_is_reported(void **state)
{
    uint8_t buf[IKE_HEADER_LEN - 1];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    ike_header_encode(&(IkeHeader){ .spi_i = 1 }, &out);
    ike_header_finish(&out, 0);
    assert_int_equal(writer_finish(&out), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_real_header_round_trips),
        cmocka_unit_test(test_every_truncation_is_dropped),
        cmocka_unit_test(test_the_length_is_set_when_the_message_is_complete),
        cmocka_unit_test(test_a_buffer_too_small_is_reported),
    };

    return cmocka_run_group_tests_name("ike_header", tests, NULL, NULL);
}
