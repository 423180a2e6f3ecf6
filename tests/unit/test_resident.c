#include <fcntl.h>
#include <glib.h>
#include <stdbool.h>
#include <unistd.h>

#include "agent/link/resident.h"
#include "tests/support/test.h"

/* The kernel may keep up to 2 MiB of a file in one piece and map all of it when a part is touched
 * (Linux 6.18): in the middle of the table is nothing else. */
enum { TABLE = 8 << 20, CHANGED = 1 << 16, PATIENCE_S = 120 };

static const uint8_t table[TABLE] = { [0] = 7, [TABLE / 2] = 11, [TABLE - 1] = 13 };
static uint8_t changed[CHANGED] = { 1 };

/* Is the page around @p mapped? (Documentation/admin-guide/mm/pagemap.rst: bit 63) */
static bool
present(const void *p)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t entry = 0;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)p / page * sizeof(entry))),
                     sizeof(entry));
    close(fd);
    return entry >> 63;
}

static unsigned
sum(const volatile uint8_t *p, size_t n)
{
    unsigned s = 0;

    for (size_t i = 0; i < n; i++)
        s += p[i];
    return s;
}

static gboolean
on_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_CONTINUE;
}

static void
test_nothing_happens_before_the_start(void **state)
{
    (void)state;
    resident_used();
    assert_null(g_main_context_find_source_by_user_data(NULL, NULL));
}

static void
test_at_rest_what_is_read_only_goes_and_what_was_written_stays(void **state)
{
    bool late = false;
    guint id = g_timeout_add_seconds(PATIENCE_S, on_late, &late);

    (void)state;
    changed[CHANGED / 2] = 2;
    assert_int_equal(sum(table, TABLE), 31);
    assert_true(present(&table[TABLE / 2]));
    resident_start();
    while (!late && present(&table[TABLE / 2]))
        g_main_context_iteration(NULL, TRUE);
    assert_false(late);
    g_source_remove(id);
    assert_true(present(&changed[CHANGED / 2]));
    assert_int_equal(sum(changed, CHANGED), 3);
    assert_int_equal(sum(table, TABLE), 31);
}

static void
test_it_rests_again_after_the_next_work(void **state)
{
    bool late = false;
    guint id = g_timeout_add_seconds(PATIENCE_S, on_late, &late);

    (void)state;
    assert_int_equal(sum(table, TABLE), 31);
    assert_true(present(&table[TABLE / 2]));
    resident_used();
    while (!late && present(&table[TABLE / 2]))
        g_main_context_iteration(NULL, TRUE);
    assert_false(late);
    g_source_remove(id);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_happens_before_the_start),
        cmocka_unit_test(test_at_rest_what_is_read_only_goes_and_what_was_written_stays),
        cmocka_unit_test(test_it_rests_again_after_the_next_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
