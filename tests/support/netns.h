/* netns.h - a network namespace of the test's own, and what ip(8) says about it. */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { NETNS_SKIP = 77 };

static inline bool
netns_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return ok;
}

static inline bool
netns_unshare(void)
{
    g_autofree char *uid_map = g_strdup_printf("0 %u 1", geteuid());
    g_autofree char *gid_map = g_strdup_printf("0 %u 1", getegid());

    if (unshare(CLONE_NEWNET) == 0)
        return true;
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
           netns_write("/proc/self/setgroups", "deny") &&
           netns_write("/proc/self/uid_map", uid_map) && netns_write("/proc/self/gid_map", gid_map);
}

/* netns_enter - move this process into an empty namespace; ends it with "skipped" when it may not,
 * or when there is no ip(8) or no TUN driver to work with. */
static inline void
netns_enter(void)
{
    g_autofree char *ip = g_find_program_in_path("ip");
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    if (tun >= 0)
        close(tun);
    if (ip && tun >= 0 && netns_unshare())
        return;
    fprintf(stderr, "needs ip(8), /dev/net/tun and a network namespace\n");
    exit(NETNS_SKIP);
}

/* netns_try - one command without a shell; its output, or NULL when it fails. */
static inline char *
netns_try(const char *command)
{
    g_autofree char *out = NULL, *err = NULL;
    int status;

    if (!g_spawn_command_line_sync(command, &out, &err, &status, NULL) ||
        !g_spawn_check_wait_status(status, NULL))
        return NULL;
    return g_steal_pointer(&out);
}

/* netns_run - one command that must not fail; its output, owned by the caller. */
static inline char *
netns_run(const char *command)
{
    char *out = netns_try(command);

    if (!out)
        fail_msg("failed: %s", command);
    return out;
}

static inline void
netns_do(const char *command)
{
    g_free(netns_run(command));
}

/* netns_await - until @text is in the output of @command: the kernel makes the local routes of IPv6
 * addresses from a work queue, after the address has been added. */
static inline void
netns_await(const char *command, const char *text)
{
    gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

    for (;;) {
        g_autofree char *out = netns_run(command);

        if (strstr(out, text))
            return;
        if (g_get_monotonic_time() > deadline)
            fail_msg("%s: never said %s", command, text);
        g_usleep(1000);
    }
}

/* netns_state - interfaces, addresses, rules, the routes of every table, and what nftables holds.
 */
static inline char *
netns_state(void)
{
    static const char *const ask[] = {
        "ip -br link",
        "ip -br addr",
        "ip -4 rule",
        "ip -6 rule",
        "ip -d -4 route show table all",
        "ip -d -6 route show table all",
    };
    GString *all = g_string_new(NULL);
    g_autofree char *nft = netns_try("nft -s list ruleset");

    for (size_t i = 0; i < G_N_ELEMENTS(ask); i++) {
        g_autofree char *part = netns_run(ask[i]);

        g_string_append_printf(all, "# %s\n%s", ask[i], part);
    }
    g_string_append_printf(all, "# nft\n%s", nft ? nft : "not here\n");
    return g_string_free(all, FALSE);
}
