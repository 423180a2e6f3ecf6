#include "agent/base/reader.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static void
test_numbers_are_read_in_network_order(void **state)
{
    Hex h = hex("01 0203 04050607 08090a0b0c0d0e0f ff");
    Reader r = reader_init((Slice){ h.b, h.len });
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;

    (void)state;
    assert_true(reader_u8(&r, &a) && reader_u16(&r, &b) && reader_u32(&r, &c) &&
                reader_u64(&r, &d));
    assert_int_equal(a, 0x01);
    assert_int_equal(b, 0x0203);
    assert_int_equal(c, 0x04050607);
    assert_true(d == UINT64_C(0x08090a0b0c0d0e0f));
    assert_int_equal(reader_left(&r), 1);
}

static void
test_numbers_stand_at_any_place(void **state)
{
    Hex h = hex("01020304050607080910");
    Slice s = { h.b, h.len };

    (void)state;
    assert_int_equal(slice_u16(s, 0), 0x0102);
    assert_int_equal(slice_u16(s, 8), 0x0910);
    assert_int_equal(slice_u32(s, 1), 0x02030405);
    assert_int_equal(slice_u32(s, 6), 0x07080910);
    assert_true(slice_u64(s, 2) == UINT64_C(0x0304050607080910));
}

/* One octet short: nothing is consumed and nothing is written. */
static void
test_a_read_beyond_the_end_takes_nothing(void **state)
{
    static const uint8_t octets[7];

    (void)state;
    for (size_t have = 0; have <= sizeof(octets); have++) {
        Reader r = reader_init((Slice){ octets, have });
        uint16_t b = 77;
        uint32_t c = 77;
        uint64_t d = 77;
        Slice s = { NULL, 77 };

        assert_false(reader_u64(&r, &d));
        assert_false(reader_slice(&r, have + 1, &s));
        assert_false(reader_slice(&r, SIZE_MAX, &s));
        assert_true(have >= 4 || !reader_u32(&r, &c));
        assert_true(have >= 2 || !reader_u16(&r, &b));
        if (have < 2)
            assert_int_equal(b, 77);
        assert_true(d == 77 && s.len == 77);
        assert_true(have >= 4 || reader_left(&r) == have);
    }
}

static void
test_the_rest_is_what_is_left_and_then_nothing_is(void **state)
{
    static const uint8_t octets[] = { 1, 2, 3 };
    Reader r = reader_init((Slice){ octets, sizeof(octets) });
    uint8_t a;
    Slice s;

    (void)state;
    assert_true(reader_u8(&r, &a));
    s = reader_rest(&r);
    assert_true(slice_equal(s, (Slice){ octets + 1, 2 }));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_rest(&r).len, 0);
    assert_true(reader_slice(&r, 0, &s));
}

static void
test_slices_are_equal_by_content(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of("abc"), slice_of("abc")));
    assert_false(slice_equal(slice_of("abc"), slice_of("abd")));
    assert_false(slice_equal(slice_of("abc"), slice_of("ab")));
    assert_true(slice_equal((Slice){ 0 }, slice_of("")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_read_in_network_order),
        cmocka_unit_test(test_numbers_stand_at_any_place),
        cmocka_unit_test(test_a_read_beyond_the_end_takes_nothing),
        cmocka_unit_test(test_the_rest_is_what_is_left_and_then_nothing_is),
        cmocka_unit_test(test_slices_are_equal_by_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
