/* test_key_file.c - agent/link/key_file.c */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/link/key_file.h"
#include "tests/support/test.h"

typedef struct Fixture {
    char *top, *dir, *ike, *esp;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->top = g_dir_make_tmp("key_file.XXXXXX", NULL);
    f->dir = g_build_filename(f->top, "keys", NULL);
    f->ike = g_build_filename(f->dir, "ikev2_decryption_table", NULL);
    f->esp = g_build_filename(f->dir, "esp_sa", NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    g_unlink(f->ike);
    g_unlink(f->esp);
    if (g_rmdir(f->dir) != 0)
        g_unlink(f->dir);
    g_rmdir(f->top);
    g_free(f->top);
    g_free(f->dir);
    g_free(f->ike);
    g_free(f->esp);
    g_free(f);
    return 0;
}

static void
assert_refused(const Fixture *f, const char *why)
{
    g_autoptr(GError) error = NULL;

    assert_null(key_file_open(f->dir, &error));
    assert_non_null(strstr(error->message, f->dir));
    if (!strstr(error->message, why))
        fail_msg("%s", error->message);
}

static void
assert_mode(const char *path, mode_t mode)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void
test_each_row_goes_to_the_file_of_its_table(void **state)
{
    Fixture *f = *state;
    g_autofree char *ike = NULL, *esp = NULL;

    umask(0);
    for (int run = 0; run < 2; run++) { /* the second adds to what the first wrote */
        g_autoptr(KeyFile) k = key_file_open(f->dir, NULL);

        assert_non_null(k);
        key_file_add(k, "ikev2_decryption_table:a,b");
        key_file_add(k, "esp_sa:\"c\"");
        key_file_add(k, "esp_sab:no such table");
    }
    assert_true(g_file_get_contents(f->ike, &ike, NULL, NULL));
    assert_true(g_file_get_contents(f->esp, &esp, NULL, NULL));
    assert_string_equal(ike, "a,b\na,b\n");
    assert_string_equal(esp, "\"c\"\n\"c\"\n");
    assert_mode(f->dir, 0700);
    assert_mode(f->ike, 0600);
    assert_mode(f->esp, 0600);
}

static void
test_a_folder_that_others_may_enter_is_refused(void **state)
{
    Fixture *f = *state;

    assert_int_equal(mkdir(f->dir, 0700), 0);
    assert_int_equal(chmod(f->dir, 0750), 0);
    assert_refused(f, "only root can enter");
    assert_int_equal(chmod(f->dir, 0700), 0);
    assert_int_equal(chown(f->dir, 65534, 0), 0);
    assert_refused(f, "only root can enter");
    assert_int_equal(access(f->esp, F_OK), -1);
}

static void
test_a_link_is_not_followed(void **state)
{
    Fixture *f = *state;

    assert_int_equal(symlink(f->top, f->dir), 0);
    assert_refused(f, "");
    assert_int_equal(unlink(f->dir), 0);
    assert_int_equal(mkdir(f->dir, 0700), 0);
    assert_int_equal(symlink("/dev/null", f->esp), 0);
    assert_refused(f, "esp_sa");
}

static void
test_a_file_that_others_may_read_is_refused(void **state)
{
    Fixture *f = *state;

    assert_int_equal(mkdir(f->dir, 0700), 0);
    assert_true(g_file_set_contents(f->ike, "", 0, NULL));
    assert_int_equal(chmod(f->ike, 0644), 0);
    assert_refused(f, "only root can read");
}

static void
test_nobody_but_root_exports_keys(void **state)
{
    Fixture *f = *state;

    assert_int_equal(seteuid(65534), 0);
    assert_refused(f, "only root may do that");
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(access(f->dir, F_OK), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_row_goes_to_the_file_of_its_table, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_that_others_may_enter_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_link_is_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_file_that_others_may_read_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_but_root_exports_keys, set_up, tear_down),
    };

    if (geteuid() != 0)
        return 77;
    return cmocka_run_group_tests_name("key_file", tests, NULL, NULL);
}
