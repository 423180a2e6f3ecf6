/* test_thread_choice.c - agent/link/thread_choice.c. */
#include <glib.h>

#include "agent/link/thread_choice.h"
#include "tests/support/test.h"

static void
test_each_name_says_how_many(void **state)
{
    static const struct {
        const char *name;
        unsigned of_one, of_three, of_four, of_many;
    } rows[] = { { "auto", 1, 1, 2, 2 }, { "1", 1, 1, 1, 1 }, { "2", 2, 2, 2, 2 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ThreadChoice c = THREADS_AUTO;

        assert_true(thread_choice_parse(rows[i].name, &c));
        assert_string_equal(thread_choice_names[c], rows[i].name);
        assert_int_equal(thread_choice_count(c, 1), rows[i].of_one);
        assert_int_equal(thread_choice_count(c, 3), rows[i].of_three);
        assert_int_equal(thread_choice_count(c, 4), rows[i].of_four);
        assert_int_equal(thread_choice_count(c, 256), rows[i].of_many);
    }
    assert_null(thread_choice_names[G_N_ELEMENTS(rows)]);
}

static void
test_any_other_name_is_refused(void **state)
{
    static const char *const bad[] = { "", "0", "3", "two", "Auto", "1 ", "-1" };
    ThreadChoice c = THREADS_TWO;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(thread_choice_parse(bad[i], &c));
    assert_int_equal(c, THREADS_TWO);
}

static unsigned n_told;

static GLogWriterOutput
count_told(GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer user)
{
    (void)flags, (void)user;
    for (gsize i = 0; i < n; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            n_told += strstr(fields[i].value, "threads = 2 has no meaning") != NULL;
    return G_LOG_WRITER_HANDLED;
}

static void
test_only_a_number_that_is_of_no_use_is_told_of(void **state)
{
    (void)state;
    g_log_set_writer_func(count_told, NULL, NULL);
    thread_choice_idle(THREADS_AUTO);
    assert_int_equal(n_told, 0);
    thread_choice_idle(THREADS_TWO);
    assert_int_equal(n_told, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_name_says_how_many),
        cmocka_unit_test(test_any_other_name_is_refused),
        cmocka_unit_test(test_only_a_number_that_is_of_no_use_is_told_of),
    };

    return cmocka_run_group_tests_name("thread_choice", tests, NULL, NULL);
}
