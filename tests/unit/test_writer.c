#include "agent/base/writer.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static void
write_all(Writer *w)
{
    writer_u8(w, 0x01);
    writer_u16(w, 0x0203);
    writer_u32(w, 0x04050607);
    writer_u64(w, UINT64_C(0x08090a0b0c0d0e0f));
    writer_zeros(w, 2);
    writer_slice(w, slice_of("xy"));
    writer_patch_u16(w, 1, 0xaabb);
}

static void
test_numbers_are_written_in_network_order(void **state)
{
    Hex want = hex("01 aabb 04050607 08090a0b0c0d0e0f 0000 7879");
    uint8_t buf[64];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    write_all(&w);
    assert_int_equal(writer_finish(&w), want.len);
    assert_true(slice_equal(writer_view(&w), (Slice){ want.b, want.len }));
}

/* Exactly sized heap blocks: a sanitizer sees one octet too far. */
static void
test_every_buffer_that_is_too_small_overflows_for_good(void **state)
{
    enum { WHOLE = 19 };

    (void)state;
    for (size_t cap = 0; cap < WHOLE; cap++) {
        g_autofree uint8_t *buf = g_malloc(MAX(cap, 1));
        Writer w = { .base = buf, .cap = cap };

        write_all(&w);
        assert_int_equal(writer_finish(&w), -1);
        assert_int_equal(writer_view(&w).len, 0);
        writer_u8(&w, 1);
        assert_int_equal(writer_finish(&w), -1);
    }
}

static void
test_a_length_beyond_16_bits_overflows(void **state)
{
    uint8_t buf[4];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    writer_u16(&w, 0);
    writer_patch_u16(&w, 0, 0xffff);
    assert_int_equal(writer_finish(&w), 2);
    writer_patch_u16(&w, 0, 0x10000);
    assert_int_equal(writer_finish(&w), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_written_in_network_order),
        cmocka_unit_test(test_every_buffer_that_is_too_small_overflows_for_good),
        cmocka_unit_test(test_a_length_beyond_16_bits_overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
