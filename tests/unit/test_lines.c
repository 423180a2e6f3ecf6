/* test_lines.c - lines out of pipes: ends, limits, giving up. */
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"
#include "ui-cli/lines.h"

static int
pipe_with(const char *octets, size_t len, int *ret_in)
{
    int fds[2];
    ssize_t n;

    assert_int_equal(pipe(fds), 0);
    n = write(fds[1], octets, len);
    assert_int_equal(n, len);
    *ret_in = fds[1];
    return fds[0];
}

static void
test_lines_lose_their_ends_and_the_last_needs_none(void **state)
{
    static const char text[] = "one\ntwo\r\n\nlast";
    static const char *const expected[] = { "one", "two", "", "last" };
    int in, fd = pipe_with(text, strlen(text), &in);
    g_autoptr(Lines) lines = lines_new(fd);

    (void)state;
    close(in);
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_auto(Secret) line = { 0 };
        g_autofree char *word = NULL;

        assert_int_equal(lines_read(lines, &(LinesStop){ 0 }, &line), LINES_OK);
        word = lines_word(&line);
        assert_string_equal(word, expected[i]);
    }
    g_auto(Secret) none = { 0 };
    assert_int_equal(lines_read(lines, &(LinesStop){ 0 }, &none), LINES_EOF);
    assert_int_equal(lines_read(lines, &(LinesStop){ 0 }, &none), LINES_EOF);
    close(fd);
}

static void
test_the_longest_line_passes_and_one_octet_more_does_not(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        g_autofree char *text = g_strnfill(LINES_MAX + 2, 'x');
        int in, fd;
        g_autoptr(Lines) lines = NULL;
        g_auto(Secret) line = { 0 };

        if (!more)
            memcpy(text + LINES_MAX, "\r\n", 2);
        fd = pipe_with(text, LINES_MAX + 2, &in);
        lines = lines_new(fd);
        assert_int_equal(lines_read(lines, &(LinesStop){ 0 }, &line),
                         more ? LINES_TOO_LONG : LINES_OK);
        assert_int_equal(line.len, more ? 0 : LINES_MAX);
        close(in);
        close(fd);
    }
}

static gboolean
cancel(gpointer user)
{
    g_cancellable_cancel(user);
    return G_SOURCE_REMOVE;
}

static void
test_a_line_that_does_not_come_can_be_given_up(void **state)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    int in, fd = pipe_with("half", 4, &in);
    g_autoptr(Lines) lines = lines_new(fd);
    g_auto(Secret) line = { 0 };

    (void)state;
    g_idle_add(cancel, cancellable);
    assert_int_equal(lines_read(lines, &(LinesStop){ .cancel = cancellable }, &line),
                     LINES_STOPPED);
    assert_int_equal(line.len, 0);
    /* What had come is still there. */
    assert_int_equal(write(in, "-line\n", 6), 6);
    assert_int_equal(lines_read(lines, &(LinesStop){ 0 }, &line), LINES_OK);
    assert_true(slice_equal(secret_view(&line), slice_of("half-line")));
    close(in);
    close(fd);
}

static void
test_a_word_has_no_blanks_around_it(void **state)
{
    g_auto(Secret) line = { 0 };
    g_autofree char *empty = lines_word(&line), *word = NULL;

    (void)state;
    assert_string_equal(empty, "");
    secret_set(&line, slice_of(" \tyes "));
    word = lines_word(&line);
    assert_string_equal(word, "yes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_lose_their_ends_and_the_last_needs_none),
        cmocka_unit_test(test_the_longest_line_passes_and_one_octet_more_does_not),
        cmocka_unit_test(test_a_line_that_does_not_come_can_be_given_up),
        cmocka_unit_test(test_a_word_has_no_blanks_around_it),
    };

    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
