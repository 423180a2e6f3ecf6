/* test_xfrm_counts.c - agent/link/xfrm_counts.c */
#include "agent/link/xfrm_counts.h"
#include "tests/support/test.h"

/* As Linux 6.12 writes it. */
#define TEXT                                                                                       \
    "XfrmInError             \t1\n"                                                                \
    "XfrmInBufferError       \t2\n"                                                                \
    "XfrmInHdrError          \t3\n"                                                                \
    "XfrmInNoStates          \t5\n"                                                                \
    "XfrmInStateProtoError   \t7\n"                                                                \
    "XfrmInStateModeError    \t11\n"                                                               \
    "XfrmInStateSeqError     \t13\n"                                                               \
    "XfrmInTmplMismatch      \t17\n"                                                               \
    "XfrmInNoPols            \t19\n"                                                               \
    "XfrmOutNoStates         \t23\n"                                                               \
    "XfrmOutStateSeqError    \t18446744073709551615\n"

static void
test_each_line_counts_for_its_reason(void **state)
{
    XfrmCounts c;

    (void)state;
    xfrm_counts_parse(TEXT, &c);
    assert_int_equal(c.drops[ESP_MALFORMED], 3 + 11);
    assert_int_equal(c.drops[ESP_NO_SA], 5 + 23);
    assert_int_equal(c.drops[ESP_SELECTOR], 17 + 19);
    assert_int_equal(c.drops[ESP_SPENT], UINT64_MAX);
    assert_int_equal(c.drops[ESP_REPLAYED], 0); /* the SA has them */
    assert_int_equal(c.drops[ESP_FORGED], 0);
}

static void
test_lines_of_another_form_are_passed_over(void **state)
{
    static const char *const texts[] = {
        "", "\n\n", "XfrmInNoStates", "XfrmInNoStates many\n", "XfrmInNoStatesAtAll 4\n", "4\n",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        XfrmCounts c;

        xfrm_counts_parse(texts[i], &c);
        for (size_t why = 0; why < ESP_STATUS_N; why++)
            assert_int_equal(c.drops[why], 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_line_counts_for_its_reason),
        cmocka_unit_test(test_lines_of_another_form_are_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
