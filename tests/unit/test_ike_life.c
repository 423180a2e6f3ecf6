/* test_ike_life.c - agent/ike/ike_life.c: when an SA is replaced. */
#include <glib.h>

#include "agent/ike/ike_life.h"
#include "tests/support/test.h"

static void
test_an_sa_is_replaced_between_80_and_90_percent_of_its_life(void **state)
{
    static const uint64_t wholes[] = { 10, 120 * USEC_PER_SEC, 86400 * USEC_PER_SEC, UINT64_MAX };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wholes); i++) {
        uint64_t w = wholes[i], first = ike_life_soft(w, 0), last = ike_life_soft(w, UINT32_MAX);

        assert_true(first == w - w / 10);
        assert_true(last >= w - 2 * (w / 10) && last <= w - 2 * (w / 10) + w / 1000000 + 1);
        for (uint32_t chance = 1; chance; chance <<= 1)
            assert_true(ike_life_soft(w, chance) <= first && ike_life_soft(w, chance) >= last);
    }
}

static void
test_no_limit_is_never(void **state)
{
    (void)state;
    assert_true(ike_life_soft(0, 12345) == 0);
    assert_true(ike_life_until(77, 0) == USEC_NEVER);
    assert_true(ike_life_until(77, 23) == 100);
}

static void
test_a_retry_comes_later_but_before_the_end(void **state)
{
    static const uint32_t chances[] = { 0, 1, 1u << 31, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(chances); i++) {
        Usec now = 1000 * USEC_PER_SEC, soon = now + 24 * USEC_PER_SEC;

        assert_true(ike_life_retry(now, soon, chances[i]) >= now + 6 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, soon, chances[i]) < now + 12 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, now, chances[i]) >= now + USEC_PER_SEC);
        assert_true(ike_life_retry(now, USEC_NEVER, chances[i]) >= now + 60 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, USEC_NEVER, chances[i]) < now + 120 * USEC_PER_SEC);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_sa_is_replaced_between_80_and_90_percent_of_its_life),
        cmocka_unit_test(test_no_limit_is_never),
        cmocka_unit_test(test_a_retry_comes_later_but_before_the_end),
    };

    return cmocka_run_group_tests_name("ike_life", tests, NULL, NULL);
}
