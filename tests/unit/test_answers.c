/* test_answers.c - the order of stored answers, and that each is used once (agent/docs/CLI.md §3).
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"
#include "ui-cli/answers.h"

static const LinesStop no_stop = { 0 };

/* "value (source)", or "none", "spent", "failed". */
static char *
take(Answers *a, const char *name, bool secret)
{
    g_auto(Secret) value = { 0 };
    g_autoptr(GError) error = NULL;
    const char *source;

    switch (answers_take(a, name, "Label", secret, &no_stop, &value, &source, &error)) {
    case ANSWERS_FOUND:
        return g_strdup_printf("%.*s (%s)", (int)value.len, value.p ? (char *)value.p : "", source);
    case ANSWERS_SPENT:
        return g_strdup("spent");
    case ANSWERS_NONE:
        return g_strdup("none");
    case ANSWERS_FAILED:
        return g_strdup("failed");
    }
    return NULL;
}

static void
assert_take(Answers *a, const char *name, bool secret, const char *expected)
{
    g_autofree char *got = take(a, name, secret);

    assert_string_equal(got, expected);
}

static char *
write_file(const char *octets, gssize len)
{
    char *name = NULL;
    int fd = g_file_open_tmp("acclient-XXXXXX", &name, NULL);

    assert_true(fd >= 0);
    close(fd);
    assert_true(g_file_set_contents(name, octets, len, NULL));
    return name;
}

static void
test_a_name_beats_the_password_and_the_password_serves_the_first_secret(void **state)
{
    g_autofree char *file = write_file("from-file\nsecond line\n", -1);
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(answers_put(a, "username", slice_of("Anu"), "--user"));
    assert_true(answers_put(a, "password", slice_of("by-name"), "--answer"));
    assert_true(answers_password_file(a, file, &no_stop, NULL));
    assert_take(a, "group_list", false, "none");
    assert_take(a, "username", false, "Anu (--user)");
    assert_take(a, "password", true, "by-name (--answer)");
    g_autofree char *expected = g_strdup_printf("from-file (%s)", file);
    assert_take(a, "secondary_password", true, expected);
    assert_take(a, "third", true, "none");
    g_unlink(file);
}

static void
test_an_answer_is_used_once_and_no_other_takes_its_place(void **state)
{
    g_autofree char *file = write_file("from-file", -1);
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(answers_put(a, "password", slice_of("by-name"), "--answer"));
    assert_true(answers_password_file(a, file, &no_stop, NULL));
    answers_askpass(a, "/bin/false");
    assert_take(a, "password", true, "by-name (--answer)");
    assert_take(a, "password", true, "spent");
    g_unlink(file);
}

static void
test_of_two_passwords_one_is_sent(void **state)
{
    g_autofree char *one = write_file("one", -1), *two = write_file("two", -1);
    g_autofree char *expected = g_strdup_printf("one (%s)", one);
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(answers_password_file(a, one, &no_stop, NULL));
    assert_true(answers_password_file(a, two, &no_stop, NULL));
    assert_take(a, "password", true, expected);
    assert_take(a, "secondary_password", true, "none");
    g_unlink(one);
    g_unlink(two);
}

static void
test_a_refusal_spends_everything_that_was_stored(void **state)
{
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(answers_put(a, "username", slice_of("Anu"), "--user"));
    assert_true(answers_put(a, "password", slice_of("pw"), "--answer"));
    assert_take(a, "username", false, "Anu (--user)");
    answers_spend(a);
    assert_take(a, "username", false, "spent");
    assert_take(a, "password", true, "spent");
    /* What a script says after that is new. */
    assert_true(answers_put(a, "password", slice_of("again"), "-s"));
    assert_take(a, "password", true, "again (-s)");
}

static void
test_a_person_who_was_refused_can_be_asked_again(void **state)
{
    g_autoptr(Answers) a = answers_new();

    (void)state;
    answers_spend(a);
    assert_take(a, "password", true, "none");
}

static void
test_askpass_gets_the_label_and_is_only_for_secrets(void **state)
{
    g_autofree char *script = write_file("#!/bin/sh\necho \"$1 is secret\"\n", -1);
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_int_equal(g_chmod(script, 0700), 0);
    answers_askpass(a, script);
    assert_take(a, "username", false, "none");
    assert_take(a, "password", true, "Label is secret (--askpass)");
    assert_take(a, "password", true, "spent");
    g_unlink(script);
}

static void
test_a_failing_askpass_is_no_answer(void **state)
{
    static const char *const programs[] = { "/bin/false", "/bin/true", "/nonexistent/askpass" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autoptr(Answers) a = answers_new();
        g_autoptr(GError) error = NULL;
        g_auto(Secret) value = { 0 };
        const char *source;

        answers_askpass(a, programs[i]);
        assert_int_equal(
            answers_take(a, "password", "Label", true, &no_stop, &value, &source, &error),
            ANSWERS_FAILED);
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_INPUT_NEEDED));
        assert_non_null(strstr(error->message, programs[i]));
    }
}

static void
test_a_file_of_answers_names_its_bad_line_but_does_not_quote_it(void **state)
{
    static const struct {
        const char *text;
        gssize len;
        unsigned line;
    } vectors[] = {
        { "# fine\n\nusername=Anu\nhunter2\n", -1, 4 },
        { "=hunter2\n", -1, 1 },
        { "password=a\npassword=hunter2\n", -1, 2 },
        { "password=hun\0ter2\n", 18, 1 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autofree char *file = write_file(vectors[i].text, vectors[i].len);
        g_autofree char *where = g_strdup_printf("%s:%u: ", file, vectors[i].line);
        g_autoptr(Answers) a = answers_new();
        g_autoptr(GError) error = NULL;

        assert_false(answers_load(a, file, &error));
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_USAGE));
        assert_true(g_str_has_prefix(error->message, where));
        assert_null(strstr(error->message, "hunter2"));
        g_unlink(file);
    }
}

static void
test_a_file_of_answers_keeps_blanks_and_signs_of_values(void **state)
{
    g_autofree char *file = write_file("# x=y\r\npassword = a=b \r\nusername=Anu", -1);
    g_autofree char *first = g_strdup_printf(" a=b  (%s:2)", file);
    g_autofree char *second = g_strdup_printf("Anu (%s:3)", file);
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(answers_load(a, file, NULL));
    assert_take(a, "password", true, first);
    assert_take(a, "username", false, second);
    g_unlink(file);
}

static void
test_credentials_come_from_the_directory_of_the_service_only(void **state)
{
    g_autofree char *directory = g_dir_make_tmp("acclient-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(directory, "vpn", NULL);
    g_autofree char *expected = g_strdup_printf("cred (%s)", file);
    static const char *const bad[] = { "../vpn", "", ".", "..", "missing" };
    g_autoptr(Answers) a = answers_new();

    (void)state;
    assert_true(g_file_set_contents(file, "cred\n", -1, NULL));
    g_unsetenv("CREDENTIALS_DIRECTORY");
    assert_false(answers_credential(a, "vpn", &no_stop, NULL));
    g_setenv("CREDENTIALS_DIRECTORY", directory, TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(answers_credential(a, bad[i], &no_stop, NULL));
    assert_true(answers_credential(a, "vpn", &no_stop, NULL));
    assert_take(a, "password", true, expected);
    g_unlink(file);
    g_rmdir(directory);
}

static void
test_an_empty_source_of_a_password_is_an_error(void **state)
{
    g_autofree char *file = write_file("", 0);
    g_autoptr(Answers) a = answers_new();
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_false(answers_password_file(a, file, &no_stop, &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_USAGE));
    g_unlink(file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_beats_the_password_and_the_password_serves_the_first_secret),
        cmocka_unit_test(test_an_answer_is_used_once_and_no_other_takes_its_place),
        cmocka_unit_test(test_of_two_passwords_one_is_sent),
        cmocka_unit_test(test_a_refusal_spends_everything_that_was_stored),
        cmocka_unit_test(test_a_person_who_was_refused_can_be_asked_again),
        cmocka_unit_test(test_askpass_gets_the_label_and_is_only_for_secrets),
        cmocka_unit_test(test_a_failing_askpass_is_no_answer),
        cmocka_unit_test(test_a_file_of_answers_names_its_bad_line_but_does_not_quote_it),
        cmocka_unit_test(test_a_file_of_answers_keeps_blanks_and_signs_of_values),
        cmocka_unit_test(test_credentials_come_from_the_directory_of_the_service_only),
        cmocka_unit_test(test_an_empty_source_of_a_password_is_an_error),
    };

    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
