#include "agent/base/usec.h"
#include "tests/support/test.h"

static void
test_adding_never_wraps(void **state)
{
    (void)state;
    assert_true(usec_add(1, 2) == 3);
    assert_true(usec_add(USEC_NEVER, 0) == USEC_NEVER);
    assert_true(usec_add(USEC_NEVER, 1) == USEC_NEVER);
    assert_true(usec_add(5, USEC_NEVER) == USEC_NEVER);
    assert_true(usec_add(USEC_NEVER - 5, 4) == USEC_NEVER - 1);
    assert_true(usec_add(USEC_NEVER - 5, 6) == USEC_NEVER);
}

static void
test_the_earlier_deadline_wins(void **state)
{
    (void)state;
    assert_true(usec_min(USEC_PER_MSEC, USEC_PER_SEC) == USEC_PER_MSEC);
    assert_true(usec_min(USEC_NEVER, 7) == 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding_never_wraps),
        cmocka_unit_test(test_the_earlier_deadline_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
