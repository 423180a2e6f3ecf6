#include "tun/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "tun/tun_error.h"

static const char heading[] = "acclient-journal 1";

enum {
    JOURNAL_MAX = 1 << 20, /* octets: some 20000 routes */
    SHOWN_MAX = 80,        /* octets of a line that is not understood */
};

/* In the order of RoutePlanWay. */
static const char *const ways[] = { "through", "throw", "unreachable", NULL };

struct Journal {
    char *path;
    int fd; /* holds the lock */
    GArray *steps;
    char *complaint;
};

static char *
format_item(const RoutePlanItem *item)
{
    char to[PREFIX_TEXT_MAX];

    (void)prefix_format(&item->prefix, to);
    if (item->kind == ROUTE_PLAN_ROUTE)
        return g_strdup_printf("route %u %u %s %s", item->family, item->table, ways[item->way], to);
    if (item->fwmark != 0)
        return g_strdup_printf("rule %u %u %u not 0x%x", item->family, item->priority, item->table,
                               item->fwmark);
    return g_strdup_printf("rule %u %u %u to %s", item->family, item->priority, item->table, to);
}

char *
journal_step_format(const JournalStep *step)
{
    char addr[ADDR_TEXT_MAX];

    switch (step->kind) {
    case JOURNAL_LINK:
        return g_strdup_printf("link %s %u %u", step->ifname, step->ifindex, step->mtu);
    case JOURNAL_GUARD:
        return g_strdup_printf("guard %s", step->ifname);
    case JOURNAL_ADDR:
        return g_strdup_printf("addr %s/%u", addr_format(&step->addr.addr, addr), step->addr.len);
    case JOURNAL_ITEM:
        return format_item(&step->item);
    case JOURNAL_XFRM:
        return g_strdup_printf("xfrm %s 0x%x", step->ifname, step->if_id);
    }
    g_assert_not_reached();
}

static bool
parse_number(const char *text, unsigned base, uint32_t *ret)
{
    guint64 n;

    if (!g_ascii_string_to_unsigned(text, base, 0, UINT32_MAX, &n, NULL))
        return false;
    *ret = (uint32_t)n;
    return true;
}

static bool
parse_addr(const char *text, Prefix *ret)
{
    g_auto(GStrv) part = g_strsplit(text, "/", 3);
    uint32_t len;

    if (g_strv_length(part) != 2 || !addr_parse(part[0], &ret->addr) ||
        !parse_number(part[1], 10, &len) || len > 8 * addr_len(&ret->addr))
        return false;
    ret->len = (uint8_t)len;
    return true;
}

static bool
parse_family(const char *text, RoutePlanItem *item)
{
    item->family = g_str_equal(text, "4") ? ADDR_V4 : g_str_equal(text, "6") ? ADDR_V6 : ADDR_NONE;
    item->prefix.addr.family = item->family;
    return item->family != ADDR_NONE;
}

/* route FAMILY TABLE through|throw|unreachable PREFIX */
static bool
parse_route(char **word, RoutePlanItem *item)
{
    item->kind = ROUTE_PLAN_ROUTE;
    if (!g_strv_contains(ways, word[3]))
        return false;
    while (!g_str_equal(ways[item->way], word[3]))
        item->way++;
    return parse_family(word[1], item) && parse_number(word[2], 10, &item->table) &&
           prefix_parse(word[4], &item->prefix) && item->prefix.addr.family == item->family;
}

/* rule FAMILY PRIORITY TABLE not MARK | to PREFIX */
static bool
parse_rule(char **word, RoutePlanItem *item)
{
    item->kind = ROUTE_PLAN_RULE;
    if (!parse_family(word[1], item) || !parse_number(word[2], 10, &item->priority) ||
        !parse_number(word[3], 10, &item->table))
        return false;
    if (g_str_equal(word[4], "not"))
        return g_str_has_prefix(word[5], "0x") && parse_number(word[5] + 2, 16, &item->fwmark) &&
               item->fwmark != 0;
    return prefix_parse(word[5], &item->prefix) && item->prefix.addr.family == item->family;
}

static bool
parse_ifname(const char *text, char ret[static IFNAMSIZ])
{
    return *text && g_strlcpy(ret, text, IFNAMSIZ) < IFNAMSIZ;
}

static bool
parse_words(char **word, JournalStep *step)
{
    guint n = g_strv_length(word);

    if (n == 4 && g_str_equal(word[0], "link")) {
        step->kind = JOURNAL_LINK;
        return parse_ifname(word[1], step->ifname) && parse_number(word[2], 10, &step->ifindex) &&
               parse_number(word[3], 10, &step->mtu);
    }
    if (n == 2 && g_str_equal(word[0], "guard")) {
        step->kind = JOURNAL_GUARD;
        return parse_ifname(word[1], step->ifname);
    }
    if (n == 3 && g_str_equal(word[0], "xfrm")) {
        step->kind = JOURNAL_XFRM;
        return parse_ifname(word[1], step->ifname) && g_str_has_prefix(word[2], "0x") &&
               parse_number(word[2] + 2, 16, &step->if_id) && step->if_id != 0;
    }
    if (n == 2 && g_str_equal(word[0], "addr")) {
        step->kind = JOURNAL_ADDR;
        return parse_addr(word[1], &step->addr);
    }
    step->kind = JOURNAL_ITEM;
    if (n == 5 && g_str_equal(word[0], "route"))
        return parse_route(word, &step->item);
    return n == 6 && g_str_equal(word[0], "rule") && parse_rule(word, &step->item);
}

bool
journal_step_parse(const char *line, JournalStep *ret)
{
    g_auto(GStrv) word = g_strsplit(line, " ", 8);
    g_autofree char *again = NULL;
    JournalStep step = { 0 };

    if (!parse_words(word, &step))
        return false;
    again = journal_step_format(&step);
    if (!g_str_equal(line, again)) /* one spelling only: leading zeros and the like are garbage */
        return false;
    *ret = step;
    return true;
}

static void
complain(Journal *j, unsigned line, const char *text)
{
    g_autofree char *shown = log_escape(text, strlen(text), SHOWN_MAX);

    if (!j->complaint)
        j->complaint = g_strdup_printf("%s:%u: not understood: \"%s\"", j->path, line, shown);
}

/* @text ends in NUL; what stands behind a NUL of its own is not looked at but complained of. */
static void
read_steps(Journal *j, char *text, size_t len)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);

    if (n == 0 || !g_str_equal(lines[0], heading))
        complain(j, 1, n == 0 ? "" : lines[0]);
    for (guint i = 1; i < n && !(i == n - 1 && !*lines[i]); i++) {
        JournalStep step;

        if (i < n - 1 && journal_step_parse(lines[i], &step)) /* the last line lacks its end */
            g_array_append_val(j->steps, step);
        else
            complain(j, i + 1, lines[i]);
    }
    if (strlen(text) != len)
        complain(j, n, "NUL");
}

static Journal *
journal_at(const char *path, int fd)
{
    Journal *j = g_new0(Journal, 1);

    j->path = g_strdup(path);
    j->fd = fd;
    j->steps = g_array_new(false, false, sizeof(JournalStep));
    return j;
}

static bool
write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* @steps in a file at @path, locked. Not synced, which would hold a connect up by milliseconds: all
 * that is undone lives in the kernel, and is gone when it is. @flags: of renameat2(). Returns its
 * descriptor, or -1. */
static int
write_journal(const char *path, const GArray *steps, unsigned flags, GError **error)
{
    g_autofree char *temp = g_strconcat(path, ".new", NULL);
    g_autoptr(GString) text = g_string_new(heading);
    int code, fd;

    g_string_append_c(text, '\n');
    for (guint i = 0; i < steps->len; i++) {
        g_autofree char *line = journal_step_format(&g_array_index(steps, JournalStep, i));

        g_string_append_printf(text, "%s\n", line);
    }
    if (text->len > JOURNAL_MAX) {
        tun_error_set(error, EFBIG, "journal %s of %u steps", path, steps->len);
        return -1;
    }
    (void)unlink(temp); /* half written by a process that died */
    fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Locked while it has no name yet that anybody looks for. */
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || !write_all(fd, text->str, text->len) ||
        renameat2(AT_FDCWD, temp, AT_FDCWD, path, flags) < 0) {
        code = errno;
        tun_error_set(error, code, "journal %s", path);
        if (fd >= 0)
            close(fd);
        (void)unlink(temp);
        return -1;
    }
    return fd;
}

Journal *
journal_create(const char *path, const GArray *steps, GError **error)
{
    int fd = write_journal(path, steps, RENAME_NOREPLACE, error);

    return fd < 0 ? NULL : journal_at(path, fd);
}

bool
journal_replace(Journal *j, const GArray *steps, GError **error)
{
    int fd = write_journal(j->path, steps, 0, error);

    if (fd < 0)
        return false;
    close(j->fd); /* the lock of a file that has no name any more */
    j->fd = fd;
    return true;
}

static bool
read_all(int fd, char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* What a machine that lost its power may leave: a name, and nothing or zeros behind it. */
static bool
is_void(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i])
            return false;
    return true;
}

Journal *
journal_open(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(Journal) j = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        if (errno != ENOENT)
            tun_error_set(error, errno, "journal %s", path);
        return NULL;
    }
    j = journal_at(path, fd);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        tun_error_set(error, errno, "journal %s is in use by a running agent", path);
        return NULL;
    }
    if (fstat(fd, &st) == 0 && st.st_nlink == 0)
        return NULL; /* its owner removed it while we waited at the door */
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JOURNAL_MAX) {
        tun_error_set(error, EINVAL, "journal %s is no regular file of at most %d octets", path,
                      JOURNAL_MAX);
        return NULL;
    }
    text = g_malloc0((size_t)st.st_size + 1);
    if (!read_all(fd, text, (size_t)st.st_size)) {
        tun_error_set(error, EIO, "journal %s", path);
        return NULL;
    }
    if (!is_void(text, (size_t)st.st_size))
        read_steps(j, text, (size_t)st.st_size);
    return g_steal_pointer(&j);
}

const GArray *
journal_steps(const Journal *j)
{
    return j->steps;
}

const char *
journal_complaint(const Journal *j)
{
    return j->complaint;
}

void
journal_remove(Journal *j)
{
    (void)unlink(j->path);
    journal_free(j);
}

void
journal_set_aside(Journal *j)
{
    g_autofree char *aside = g_strconcat(j->path, ".bad", NULL);

    (void)rename(j->path, aside);
    journal_free(j);
}

void
journal_free(Journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    g_array_unref(j->steps);
    g_free(j->complaint);
    g_free(j->path);
    g_free(j);
}
