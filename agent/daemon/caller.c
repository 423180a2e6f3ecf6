#include "agent/daemon/caller.h"

#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LINE_OCTETS = 65536 }; /* of a passwd entry */

/* What is to be put back. The rights to files belong to the thread; so do the groups, if the
 * system call is made without glibc, which would change them for all. */
static gid_t *old_groups; /* NULL: not entered */
static size_t n_groups;

bool
caller_find(uid_t uid, Caller *ret)
{
    g_autofree char *line = g_malloc(LINE_OCTETS);
    struct passwd pw, *found = NULL;

    if (getpwuid_r(uid, &pw, line, LINE_OCTETS, &found) != 0 || !found || !pw.pw_dir)
        return false;
    *ret = (Caller){ .uid = uid, .gid = pw.pw_gid, .home = g_strdup(pw.pw_dir) };
    return true;
}

void
caller_clear(Caller *c)
{
    g_free(c->home);
    *c = (Caller){ 0 };
}

static uid_t
fsuid(void)
{
    return (uid_t)setfsuid((uid_t)-1);
}

bool
caller_enter(const Caller *c)
{
    int n = getgroups(0, NULL);

    g_assert(!old_groups);
    if (geteuid() == c->uid)
        return true;
    if (n < 0)
        return false;
    old_groups = g_new0(gid_t, (gsize)n + 1);
    n_groups = (size_t)n;
    if (getgroups(n, old_groups) != n || syscall(SYS_setgroups, (size_t)0, NULL) != 0) {
        g_clear_pointer(&old_groups, g_free);
        return false;
    }
    (void)setfsgid(c->gid);
    (void)setfsuid(c->uid);
    if (fsuid() == c->uid && (gid_t)setfsgid((gid_t)-1) == c->gid)
        return true;
    caller_leave();
    return false;
}

void
caller_leave(void)
{
    long back;

    if (!old_groups)
        return;
    (void)setfsuid(geteuid());
    (void)setfsgid(getegid());
    back = syscall(SYS_setgroups, n_groups, old_groups);
    g_assert(back == 0 && fsuid() == geteuid());
    g_clear_pointer(&old_groups, g_free);
    (void)prctl(PR_SET_DUMPABLE, 0); /* setfsuid() has left it to a sysctl */
}
