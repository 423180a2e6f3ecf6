/* test_trust.c - agent/daemon/trust.c */
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "agent/daemon/trust.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

#define PIN_A "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "pin-sha256:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

typedef struct Fixture {
    char *dir, *file;
} Fixture;

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("trust.XXXXXX", NULL);
    f->file = g_build_filename(f->dir, "trust.conf", NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;

    g_unlink(f->file);
    g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f->file);
    g_free(f);
    return 0;
}

static void
test_what_was_put_is_there_after_a_restart(void **state)
{
    Fixture *f = *state;
    g_autoptr(Trust) t = trust_load(f->file, NULL);
    TrustEntry e = {
        .host = "Anu-IKEV2", .pin = PIN_A, .subject = "CN=a", .problems = 5, .added = 9
    };
    struct stat st;

    assert_true(trust_put(t, &e, NULL));
    e.pin = PIN_B;
    assert_true(trust_put(t, &e, NULL)); /* one slot a host: the newer one counts */
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    g_autoptr(Trust) again = trust_load(f->file, NULL);
    const TrustEntry *found = trust_find(again, "Anu-IKEV2");

    assert_non_null(found);
    assert_string_equal(found->pin, PIN_B);
    assert_string_equal(found->subject, "CN=a");
    assert_int_equal(found->problems, 5);
    assert_int_equal(found->added, 9);
    assert_null(trust_find(again, "anu-ikev2"));
}

static void
test_a_removed_host_is_asked_about_again(void **state)
{
    Fixture *f = *state;
    g_autoptr(Trust) t = trust_load(f->file, NULL);
    bool there;

    assert_true(trust_put(t, &(TrustEntry){ .host = "a", .pin = PIN_A }, NULL));
    assert_true(trust_put(t, &(TrustEntry){ .host = "b", .pin = PIN_B }, NULL));
    assert_true(trust_remove(t, "a", &there, NULL));
    assert_true(there);
    assert_true(trust_remove(t, "a", &there, NULL));
    assert_false(there);

    g_autoptr(Trust) again = trust_load(f->file, NULL);

    assert_null(trust_find(again, "a"));
    assert_non_null(trust_find(again, "b"));
}

static const char *const bad_pins[] = {
    "",
    "pin-sha256:",
    "pin-sha256:AAAA",
    "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
    "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!!=",
    "pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=x",
};

static void
test_what_is_no_pin_or_no_host_is_refused(void **state)
{
    Fixture *f = *state;
    g_autoptr(Trust) t = trust_load(f->file, NULL);
    const char *bad_hosts[] = { "", "a[b", "a]b", "a\nb", "\xff" };

    assert_true(trust_pin_valid(PIN_A));
    for (size_t i = 0; i < G_N_ELEMENTS(bad_pins); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(trust_put(t, &(TrustEntry){ .host = "h", .pin = bad_pins[i] }, &error));
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_USAGE));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(bad_hosts); i++)
        assert_false(trust_put(t, &(TrustEntry){ .host = bad_hosts[i], .pin = PIN_A }, NULL));
    assert_false(g_file_test(f->file, G_FILE_TEST_EXISTS));
}

static void
test_a_broken_file_is_an_error_and_is_left_alone(void **state)
{
    Fixture *f = *state;
    const char *texts[] = { "garbage", "[h]\npin=x\n", "[h]\nsubject=only\n" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *after = NULL;

        assert_true(g_file_set_contents(f->file, texts[i], -1, NULL));
        assert_null(trust_load(f->file, &error));
        assert_non_null(strstr(error->message, f->file));
        assert_true(g_file_get_contents(f->file, &after, NULL, NULL));
        assert_string_equal(after, texts[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_was_put_is_there_after_a_restart, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_removed_host_is_asked_about_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_pin_or_no_host_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_broken_file_is_an_error_and_is_left_alone, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("trust", tests, NULL, NULL);
}
