#include "agent/crypto/ct.h"
#include "tests/support/test.h"

static void
test_any_difference_is_seen(void **state)
{
    uint8_t a[16] = { 0 }, b[16] = { 0 };

    (void)state;
    assert_true(ct_equal((Slice){ a, sizeof(a) }, (Slice){ b, sizeof(b) }));
    assert_false(ct_equal((Slice){ a, sizeof(a) }, (Slice){ b, sizeof(b) - 1 }));
    assert_true(ct_equal((Slice){ a, 0 }, (Slice){ b, 0 }));
    for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
        b[bit / 8] = (uint8_t)(1 << bit % 8);
        assert_false(ct_equal((Slice){ a, sizeof(a) }, (Slice){ b, sizeof(b) }));
        b[bit / 8] = 0;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_any_difference_is_seen) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
