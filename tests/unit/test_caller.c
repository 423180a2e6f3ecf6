/* test_caller.c - agent/daemon/caller.c */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/daemon/caller.h"
#include "tests/support/test.h"

static bool
opens(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* CVE-2025-9615: files of one user opened for another by a service that may open any. */
static void
test_anothers_file_stays_shut(void **state)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "caller.XXXXXX", NULL);
    Caller nobody = { .uid = 65534, .gid = 65534 };
    int fd = g_mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    if (geteuid() != 0) { /* there are no rights to give up */
        g_unlink(path);
        skip();
    }
    assert_int_equal(chmod(path, 0640), 0); /* root's group may read it too */
    assert_true(opens(path));
    assert_true(caller_enter(&nobody));
    assert_false(opens(path));
    caller_leave();
    assert_true(opens(path));
    assert_int_equal(chown(path, 65534, 65534), 0);
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(caller_enter(&nobody));
    assert_true(opens(path));
    caller_leave();
    g_unlink(path);
}

static void
test_ones_own_rights_are_no_change(void **state)
{
    g_auto(Caller) me = { 0 };

    (void)state;
    if (!caller_find(geteuid(), &me))
        me.uid = geteuid();
    assert_true(caller_enter(&me));
    caller_leave();
    caller_leave();
    assert_true(caller_enter(&me));
    caller_leave();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anothers_file_stays_shut),
        cmocka_unit_test(test_ones_own_rights_are_no_change),
    };

    return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
