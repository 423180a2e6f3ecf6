#include <glib/gstdio.h>

#include "agent/headend/small_file.h"
#include "tests/support/test.h"

static void
test_a_file_is_read_up_to_its_limit(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("small-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "file", NULL);
    g_autofree char *full = g_strnfill(SMALL_FILE_MAX, 'x');
    g_autofree char *over = g_strnfill(SMALL_FILE_MAX + 1, 'x');
    g_auto(Secret) got = { 0 };
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_true(g_file_set_contents(path, full, -1, NULL));
    assert_true(small_file_read(path, &got, &error));
    assert_int_equal(got.len, SMALL_FILE_MAX);
    assert_true(g_file_set_contents(path, over, -1, NULL));
    assert_false(small_file_read(path, &got, &error));
    assert_non_null(strstr(error->message, "larger than"));
    assert_non_null(strstr(error->message, path));
    assert_int_equal(got.len, SMALL_FILE_MAX); /* untouched */
    g_unlink(path);
    g_rmdir(dir);
}

static void
test_a_file_that_is_not_there_is_named(void **state)
{
    g_auto(Secret) got = { 0 };
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_false(small_file_read("/nowhere/at/all", &got, &error));
    assert_non_null(strstr(error->message, "/nowhere/at/all"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_read_up_to_its_limit),
        cmocka_unit_test(test_a_file_that_is_not_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
