/* test_journal.c - tun/journal.c */

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/test.h"
#include "tun/journal.h"
#include "tun/tun_error.h"

static const char *const good[] = {
    "link acc0 7 1500",
    "guard acc0",
    "addr 10.2.2.1/32",
    "addr 10.2.2.1/24",
    "addr 2001:db8::1/128",
    "route 4 44225 through 10.0.0.0/8",
    "route 4 44225 through 0.0.0.0/0",
    "route 6 44225 throw fe80::/10",
    "route 6 44225 unreachable ::/0",
    "rule 4 11000 254 to 198.51.100.1/32",
    "rule 6 11001 44225 not 0xacc1",
    "xfrm acc0 0xacc1000",
};

static const char *const garbage[] = {
    "",
    " ",
    "link",
    "link acc0 7",
    "link acc0 7 1500 ",
    "link acc0 -1 1500",
    "link acc0 4294967296 1500",
    "link a_name_of_sixteen 7 1500",
    "guard",
    "guard ",
    "guard acc0 acc1",
    "guard a_name_of_sixteen",
    "addr 10.2.2.1",
    "addr 10.2.2.1/33",
    "addr 10.2.2.1/032",
    "addr 10.2.2.1/32/1",
    "addr 10.2.2/24",
    "route 4 44225 through 10.0.0.1/8",
    "route 4 44225 through fe80::/10",
    "route 6 44225 through 10.0.0.0/8",
    "route 5 44225 through 10.0.0.0/8",
    "route 4 44225 around 10.0.0.0/8",
    "route 4 44225 unreach 10.0.0.0/8",
    "route 4 0x44225 through 10.0.0.0/8",
    "route 4 44225 through 10.0.0.0/8 again",
    "rule 4 11001 44225 not 0x0",
    "rule 4 11001 44225 not acc1",
    "rule 4 11001 44225 not 0xACC1",
    "rule 4 11001 44225 from 10.0.0.0/8",
    "rule 4 11001 44225",
    "xfrm acc0",
    "xfrm acc0 0x0",
    "xfrm acc0 acc1000",
    "xfrm acc0 0xacc1000 1",
    "xfrm a_name_of_sixteen 0xacc1000",
    "flush",
};

typedef struct Fixture {
    char *dir, *path;
} Fixture;

static int
make_folder(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("journal-XXXXXX", NULL);
    f->path = g_build_filename(f->dir, "net.journal", NULL);
    *state = f;
    return f->dir ? 0 : -1;
}

static int
remove_folder(void **state)
{
    Fixture *f = *state;
    g_autofree char *aside = g_strconcat(f->path, ".bad", NULL);
    g_autofree char *temp = g_strconcat(f->path, ".new", NULL);

    (void)g_unlink(f->path);
    (void)g_unlink(aside);
    (void)g_unlink(temp);
    (void)g_rmdir(f->dir);
    g_free(f->dir);
    g_free(f->path);
    g_free(f);
    return 0;
}

static GArray *
good_steps(void)
{
    GArray *steps = g_array_new(false, false, sizeof(JournalStep));

    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        JournalStep step;

        assert_true(journal_step_parse(good[i], &step));
        g_array_append_val(steps, step);
    }
    return steps;
}

static void
write_file(const char *path, const char *text, gssize len)
{
    assert_true(g_file_set_contents(path, text, len, NULL));
}

static void
test_every_step_reads_back_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *again = NULL;
        JournalStep step;

        if (!journal_step_parse(good[i], &step))
            fail_msg("refused: %s", good[i]);
        again = journal_step_format(&step);
        assert_string_equal(again, good[i]);
    }
}

static void
test_the_fields_of_a_step_are_those_of_its_line(void **state)
{
    JournalStep step;

    (void)state;
    assert_true(journal_step_parse("rule 6 11001 44225 not 0xacc1", &step));
    assert_int_equal(step.kind, JOURNAL_ITEM);
    assert_int_equal(step.item.kind, ROUTE_PLAN_RULE);
    assert_int_equal(step.item.family, ADDR_V6);
    assert_int_equal(step.item.priority, 11001);
    assert_int_equal(step.item.table, 44225);
    assert_int_equal(step.item.fwmark, 0xacc1);
    assert_true(journal_step_parse("link acc0 7 1400", &step));
    assert_int_equal(step.kind, JOURNAL_LINK);
    assert_string_equal(step.ifname, "acc0");
    assert_int_equal(step.ifindex, 7);
    assert_int_equal(step.mtu, 1400);
}

static void
test_garbage_is_no_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(garbage); i++) {
        JournalStep step = { .ifindex = 0xdead };

        if (journal_step_parse(garbage[i], &step))
            fail_msg("accepted: %s", garbage[i]);
        assert_int_equal(step.ifindex, 0xdead);
    }
}

static void
test_a_journal_survives_its_process_and_is_for_root_only(void **state)
{
    const Fixture *f = *state;
    g_autoptr(GArray) steps = good_steps();
    Journal *j = journal_create(f->path, steps, NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    struct stat st;

    assert_non_null(j);
    journal_free(j);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    assert_int_equal(g_strv_length(lines), G_N_ELEMENTS(good) + 2); /* heading, end */
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
        assert_string_equal(lines[i + 1], good[i]);

    j = journal_open(f->path, NULL);
    assert_non_null(j);
    assert_null(journal_complaint(j));
    assert_int_equal(journal_steps(j)->len, G_N_ELEMENTS(good));
    journal_remove(j);
    assert_int_equal(access(f->path, F_OK), -1);
}

static void
test_no_journal_is_no_error(void **state)
{
    const Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_null(journal_open(f->path, &error));
    assert_null(error);
}

static void
test_a_journal_of_a_living_process_is_not_touched(void **state)
{
    const Fixture *f = *state;
    g_autoptr(GArray) steps = good_steps();
    g_autoptr(Journal) j = journal_create(f->path, steps, NULL);
    g_autoptr(GError) error = NULL;

    assert_non_null(j);
    assert_null(journal_open(f->path, &error));
    assert_non_null(error);
    assert_non_null(strstr(error->message, "in use by a running agent"));
}

static void
test_a_journal_is_never_written_over(void **state)
{
    const Fixture *f = *state;
    g_autoptr(GArray) steps = good_steps();
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    write_file(f->path, "precious", -1);
    assert_null(journal_create(f->path, steps, &error));
    assert_true(g_error_matches(error, TUN_ERROR, EEXIST));
    assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
    assert_string_equal(text, "precious");
}

static void
test_a_journal_is_replaced_whole_and_stays_locked(void **state)
{
    const Fixture *f = *state;
    g_autoptr(GArray) steps = good_steps();
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) j = journal_create(f->path, steps, NULL);
    g_autoptr(Journal) found = NULL;

    assert_non_null(j);
    g_array_set_size(steps, 2);
    assert_true(journal_replace(j, steps, &error));
    assert_null(journal_open(f->path, &error));
    assert_non_null(strstr(error->message, "in use by a running agent"));
    g_clear_pointer(&j, journal_free);
    found = journal_open(f->path, NULL);
    assert_non_null(found);
    assert_int_equal(journal_steps(found)->len, 2);
    assert_null(journal_complaint(found));
}

static void
test_a_half_written_journal_of_a_dead_process_is_in_nobodys_way(void **state)
{
    const Fixture *f = *state;
    g_autofree char *temp = g_strconcat(f->path, ".new", NULL);
    g_autoptr(GArray) steps = good_steps();
    g_autoptr(Journal) j = NULL;

    write_file(temp, "acclient-jou", -1);
    j = journal_create(f->path, steps, NULL);
    assert_non_null(j);
    assert_int_equal(access(temp, F_OK), -1);
}

/* Text, and how many steps are read from it before and after what is not understood. */
static const struct {
    const char *text;
    gssize len;
    unsigned n_steps;
    const char *complaint; /* after "PATH:" */
} torn[] = {
    { "acclient-journal 1\naddr 10.2.2.1/32\n", -1, 1, NULL },
    { "acclient-journal 1\n", -1, 0, NULL },
    { "acclient-journal 1\naddr 10.2.2.1/32\naddr 10.2.2.", -1, 1,
      "3: not understood: \"addr 10.2.2.\"" },
    { "acclient-journal 1\naddr 10.2.2.1/32", -1, 0, "2: not understood: \"addr 10.2.2.1/32\"" },
    { "acclient-journal 1\nrm -rf\naddr 10.2.2.1/32\n", -1, 1, "2: not understood: \"rm -rf\"" },
    { "acclient-journal 1\n\naddr 10.2.2.1/32\n", -1, 1, "2: not understood: \"\"" },
    { "acclient-journal 2\naddr 10.2.2.1/32\n", -1, 1,
      "1: not understood: \"acclient-journal 2\"" },
    { "acclient-journal 1\naddr 10.2.2.1/32\nab\0\n", 40, 1, "3: not understood: \"ab\"" },
    { "\x7f\x45\x4c\x46\n", -1, 0, "1: not understood: \"\\x7fELF\"" },
    { "\n", -1, 0, "1: not understood: \"\"" },
};

/* A machine that lost its power kept the name and not the octets, and none of what they told. */
static void
test_a_journal_without_a_word_has_no_steps_and_no_complaint(void **state)
{
    static const char zeros[40];
    const Fixture *f = *state;

    for (gssize len = 0; len <= (gssize)sizeof(zeros); len += (gssize)sizeof(zeros)) {
        g_autoptr(Journal) j = NULL;

        write_file(f->path, zeros, len);
        j = journal_open(f->path, NULL);
        assert_non_null(j);
        assert_int_equal(journal_steps(j)->len, 0);
        assert_null(journal_complaint(j));
    }
}

static void
test_what_is_torn_is_complained_of_and_the_rest_is_read(void **state)
{
    const Fixture *f = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(torn); i++) {
        g_autofree char *complaint = NULL;
        g_autoptr(Journal) j = NULL;

        write_file(f->path, torn[i].text, torn[i].len);
        if (torn[i].complaint)
            complaint = g_strdup_printf("%s:%s", f->path, torn[i].complaint);
        j = journal_open(f->path, NULL);
        assert_non_null(j);
        assert_int_equal(journal_steps(j)->len, torn[i].n_steps);
        if (complaint)
            assert_string_equal(journal_complaint(j), complaint);
        else
            assert_null(journal_complaint(j));
    }
}

static void
test_a_journal_too_large_or_no_file_is_refused(void **state)
{
    const Fixture *f = *state;
    g_autofree char *large = g_malloc0(2 << 20);
    g_autoptr(GError) error = NULL;

    write_file(f->path, large, 2 << 20);
    assert_null(journal_open(f->path, &error));
    assert_non_null(error);
    g_clear_error(&error);
    assert_null(journal_open(f->dir, &error));
    assert_non_null(error);
}

int
main(void)
{
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step_reads_back_as_it_was_written),
        cmocka_unit_test(test_the_fields_of_a_step_are_those_of_its_line),
        cmocka_unit_test(test_garbage_is_no_step),
        WITH_FOLDER(test_a_journal_survives_its_process_and_is_for_root_only),
        WITH_FOLDER(test_no_journal_is_no_error),
        WITH_FOLDER(test_a_journal_of_a_living_process_is_not_touched),
        WITH_FOLDER(test_a_journal_is_never_written_over),
        WITH_FOLDER(test_a_journal_is_replaced_whole_and_stays_locked),
        WITH_FOLDER(test_a_half_written_journal_of_a_dead_process_is_in_nobodys_way),
        WITH_FOLDER(test_a_journal_without_a_word_has_no_steps_and_no_complaint),
        WITH_FOLDER(test_what_is_torn_is_complained_of_and_the_rest_is_read),
        WITH_FOLDER(test_a_journal_too_large_or_no_file_is_refused),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
