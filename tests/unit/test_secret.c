#include "agent/base/secret.h"
#include "tests/support/test.h"

static const uint8_t octets[] = { 1, 2, 3, 4 };

static void
test_a_secret_is_a_copy(void **state)
{
    uint8_t buf[] = { 1, 2, 3, 4 };
    g_auto(Secret) s = { 0 };

    (void)state;
    secret_set(&s, (Slice){ buf, sizeof(buf) });
    buf[0] = 99;
    assert_true(slice_equal(secret_view(&s), (Slice){ octets, sizeof(octets) }));
}

static void
test_a_secret_may_be_set_to_a_part_of_itself(void **state)
{
    g_auto(Secret) s = { 0 };

    (void)state;
    secret_set(&s, (Slice){ octets, sizeof(octets) });
    secret_set(&s, (Slice){ s.p + 1, 2 });
    assert_true(slice_equal(secret_view(&s), (Slice){ octets + 1, 2 }));
}

static void
test_moving_leaves_the_source_empty(void **state)
{
    g_auto(Secret) a = { 0 }, b = { 0 };

    (void)state;
    secret_set(&a, (Slice){ octets, sizeof(octets) });
    secret_alloc(&b, 9);
    secret_move(&b, &a);
    assert_null(a.p);
    assert_int_equal(a.len, 0);
    assert_true(slice_equal(secret_view(&b), (Slice){ octets, sizeof(octets) }));
    secret_move(&b, &b);
    assert_int_equal(b.len, sizeof(octets));
}

static void
test_fresh_and_cleared_secrets_hold_nothing(void **state)
{
    static const uint8_t zeros[8];
    g_auto(Secret) s = { 0 };

    (void)state;
    secret_alloc(&s, sizeof(zeros));
    assert_true(slice_equal(secret_view(&s), (Slice){ zeros, sizeof(zeros) }));
    secret_clear(&s);
    secret_clear(&s);
    assert_int_equal(secret_view(&s).len, 0);
    secret_set(&s, (Slice){ 0 });
    assert_int_equal(secret_view(&s).len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_secret_is_a_copy),
        cmocka_unit_test(test_a_secret_may_be_set_to_a_part_of_itself),
        cmocka_unit_test(test_moving_leaves_the_source_empty),
        cmocka_unit_test(test_fresh_and_cleared_secrets_hold_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
