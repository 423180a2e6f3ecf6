/* test_secret_file.c - agent/daemon/secret_file.c */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/daemon/secret_file.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

typedef struct Folder {
    char *dir, *file;
} Folder;

static int
setup(void **state)
{
    Folder *f = g_new0(Folder, 1);

    f->dir = g_dir_make_tmp("secret.XXXXXX", NULL);
    f->file = g_build_filename(f->dir, "psk", NULL);
    *state = f;
    return 0;
}

static int
teardown(void **state)
{
    Folder *f = *state;

    g_unlink(f->file);
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f->file);
    g_free(f);
    return 0;
}

static void
put(const Folder *f, const char *text, size_t len, mode_t mode)
{
    assert_true(g_file_set_contents(f->file, text, (gssize)len, NULL));
    assert_int_equal(chmod(f->file, mode), 0);
}

static void
refused(const Folder *f, const char *why)
{
    g_auto(Secret) s = { 0 };
    g_autoptr(GError) error = NULL;

    assert_false(secret_file_line(f->file, getuid(), &s, &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CONFIG));
    assert_non_null(strstr(error->message, f->file));
    assert_non_null(strstr(error->message, why));
    assert_null(s.p);
}

static void
test_the_first_line_is_the_secret(void **state)
{
    const Folder *f = *state;
    g_auto(Secret) s = { 0 };

    put(f, "correct horse\r\nsecond\n", 22, 0600);
    assert_true(secret_file_line(f->file, getuid(), &s, NULL));
    assert_true(slice_equal(secret_view(&s), slice_of("correct horse")));
    put(f, "0x00fF10\n", 9, 0400);
    assert_true(secret_file_line(f->file, getuid(), &s, NULL));
    assert_true(slice_equal(secret_view(&s), (Slice){ (const uint8_t *)"\x00\xff\x10", 3 }));
}

static void
test_a_file_that_others_may_touch_is_refused(void **state)
{
    static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0610 };
    const Folder *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        put(f, "secret\n", 7, modes[i]);
        refused(f, "chmod 600");
    }
}

static void
test_a_file_of_another_user_is_refused(void **state)
{
    const Folder *f = *state;

    if (getuid() != 0)
        skip();
    put(f, "secret\n", 7, 0600);
    assert_int_equal(chown(f->file, 12345, 0), 0);
    refused(f, "another user");
}

static void
test_what_is_no_secret_is_refused(void **state)
{
    const Folder *f = *state;
    g_autofree char *big = g_strnfill(SECRET_FILE_MAX + 1, 'x');

    refused(f, "No such file");
    put(f, "", 0, 0600);
    refused(f, "empty");
    put(f, "\nlater", 6, 0600);
    refused(f, "first line is empty");
    put(f, big, SECRET_FILE_MAX + 1, 0600);
    refused(f, "larger");
    put(f, "0x123", 5, 0600);
    refused(f, "hex");
    put(f, "0xzz", 4, 0600);
    refused(f, "hex");
    g_unlink(f->file);
    assert_int_equal(mkfifo(f->file, 0600), 0);
    refused(f, "regular");
}

static void
test_guessable_texts_are_worth_little(void **state)
{
    (void)state;
    assert_int_equal(secret_file_bits(slice_of("")), 0);
    assert_int_equal(secret_file_bits(slice_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")), 0);
    assert_true(secret_file_bits(slice_of("cisco123")) < 32);
    assert_true(secret_file_bits(slice_of("companyvpnsecret")) < 64);
    /* openssl rand -base64 24, openssl rand -hex 16 */
    assert_true(secret_file_bits(slice_of("q9tZ0Yx2mJ4vK7wRbN1sHcE5uLdP8gTa")) >= 128);
    assert_true(secret_file_bits(slice_of("9f86d081884c7d659a2feaa0c55ad015")) >= 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_line_is_the_secret, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_may_touch_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_file_of_another_user_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_secret_is_refused, setup, teardown),
        cmocka_unit_test(test_guessable_texts_are_worth_little),
    };

    return cmocka_run_group_tests_name("secret_file", tests, NULL, NULL);
}
