#include <stdio.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "tests/support/test.h"

/* What @say wrote to stderr at the level @at_most; owned by the caller. */
static char *
captured(LogLevel at_most, void (*say)(void))
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    char buf[4096];
    size_t len;

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    log_init("prog", at_most);
    say();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    len = fread(buf, 1, sizeof(buf), file);
    fclose(file);
    return g_strndup(buf, len);
}

static void
say_one_at_each_level(void)
{
    static const LogFields fields = { .session = "1", .peer = "10.0.0.1:500" };

    log_at(LOG_ERROR, NULL, "no %s", "socket");
    log_at(LOG_WARNING, &fields, "peer is silent");
    log_at(LOG_MESSAGE, &fields, "up");
    log_at(LOG_INFO, NULL, "exchange");
    log_at(LOG_DEBUG, NULL, "HDR\n  SA\n");
}

static void
test_the_level_word_stands_only_where_something_is_wrong(void **state)
{
    g_autofree char *text = captured(LOG_DEBUG, say_one_at_each_level);

    (void)state;
    assert_string_equal(text, "prog: error: no socket\n"
                              "prog: warning: peer is silent\n"
                              "prog: up\n"
                              "prog: exchange\n"
                              "prog: HDR\n"
                              "prog:   SA\n");
}

static void
test_levels_above_the_chosen_one_are_dropped(void **state)
{
    g_autofree char *text = captured(LOG_WARNING, say_one_at_each_level);

    (void)state;
    assert_string_equal(text, "prog: error: no socket\nprog: warning: peer is silent\n");
    assert_true(log_enabled(LOG_WARNING));
    assert_false(log_enabled(LOG_MESSAGE));
}

static void
say_as_a_library(void)
{
    g_log("GLib-GIO", G_LOG_LEVEL_WARNING, "hurt");
    g_log("GLib-GIO", G_LOG_LEVEL_MESSAGE, "chatter");
    g_log("GLib-GIO", G_LOG_LEVEL_DEBUG, "chatter");
}

static void
test_libraries_are_heard_only_when_something_is_wrong(void **state)
{
    g_autofree char *text = captured(LOG_DEBUG, say_as_a_library);

    (void)state;
    assert_string_equal(text, "prog: warning: hurt\n");
}

static void
test_every_level_has_a_word_and_no_other_word_is_one(void **state)
{
    static const char *const words[] = { "error", "warning", "message", "info", "debug" };
    LogLevel level;

    (void)state;
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        assert_true(log_level_parse(words[i], &level));
        assert_int_equal(level, i);
    }
    assert_false(log_level_parse("", &level));
    assert_false(log_level_parse("Debug", &level));
    assert_false(log_level_parse("7", &level));
}

static void
test_what_a_peer_says_cannot_move_the_cursor(void **state)
{
    static const char hostile[] = "a\r\n\x1b[31m\x00\x7f\xc3\xa9~";
    g_autofree char *all = log_escape(hostile, sizeof(hostile) - 1, 100);
    g_autofree char *some = log_escape("abcdef", 6, 3);
    g_autofree char *none = log_escape(NULL, 0, 3);

    (void)state;
    assert_string_equal(all, "a\\x0d\\x0a\\x1b[31m\\x00\\x7f\\xc3\\xa9~");
    assert_string_equal(some, "abc...");
    assert_string_equal(none, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_level_word_stands_only_where_something_is_wrong),
        cmocka_unit_test(test_levels_above_the_chosen_one_are_dropped),
        cmocka_unit_test(test_libraries_are_heard_only_when_something_is_wrong),
        cmocka_unit_test(test_every_level_has_a_word_and_no_other_word_is_one),
        cmocka_unit_test(test_what_a_peer_says_cannot_move_the_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
