#include "tun/net_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "tun/guard.h"
#include "tun/journal.h"
#include "tun/link.h"
#include "tun/link_addr.h"
#include "tun/route.h"

enum {
    MTU_MIN = 68,      /* RFC 791 §3.2 */
    MTU_MIN_V6 = 1280, /* RFC 8200 §5 */
};

struct NetConfig {
    Nl *nl, *guard_nl; /* the latter NULL until needed */
    char ifname[IFNAMSIZ];
    unsigned ifindex;
    uint32_t mtu;
    GArray *steps; /* of JournalStep */
    guint n_taken; /* of them */
    bool guarded;
    Journal *journal;
};

/* ---- what is asked for ---- */

static bool
check_prefixes(const GArray *list, const char *what, GError **error)
{
    for (guint i = 0; list && i < list->len; i++) {
        const Prefix *p = &g_array_index(list, Prefix, i);

        if (addr_len(&p->addr) == 0 || p->len > 8 * addr_len(&p->addr)) {
            tun_error_set(error, EINVAL, "%s network %u, prefix length %u", what, i + 1, p->len);
            return false;
        }
    }
    return true;
}

static bool
check_settings(const NetSettings *s, GError **error)
{
    unsigned mtu_min = MTU_MIN;

    g_assert(s->table > 255 && s->fwmark != 0 && s->priority != 0); /* ours, not the gateway's */
    if (s->n_addrs == 0 || s->n_addrs > G_N_ELEMENTS(s->addrs)) {
        tun_error_set(error, EADDRNOTAVAIL, "%zu inner addresses for %s", s->n_addrs, s->ifname);
        return false;
    }
    for (size_t i = 0; i < s->n_addrs; i++) {
        if (addr_len(&s->addrs[i].addr) == 0 || s->addrs[i].len > 8 * addr_len(&s->addrs[i].addr)) {
            tun_error_set(error, EINVAL, "inner address %zu, prefix length %u", i + 1,
                          s->addrs[i].len);
            return false;
        }
        if (s->addrs[i].addr.family == ADDR_V6)
            mtu_min = MTU_MIN_V6;
    }
    if (s->mtu < mtu_min) {
        tun_error_set(error, EINVAL, "inner MTU of %u octets where %u are the least", s->mtu,
                      mtu_min);
        return false;
    }
    return check_prefixes(s->include, "included", error) &&
           check_prefixes(s->exclude, "excluded", error);
}

/* The number in a file of /proc/sys, or -1. */
static int
sysctl_number(const char *path)
{
    g_autofree char *text = NULL;
    gint64 n;

    if (!g_file_get_contents(path, &text, NULL, NULL) ||
        !g_ascii_string_to_signed(g_strchomp(text), 10, 0, INT_MAX, &n, NULL))
        return -1;
    return (int)n;
}

/* A kernel without IPv6; not one that has it switched off, here or there. */
static bool
ipv6_is_absent(void)
{
    return access("/proc/sys/net", F_OK) == 0 && access("/proc/sys/net/ipv6", F_OK) != 0;
}

static bool
ipv6_is_off(const char *ifname)
{
    g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", ifname);
    int off = sysctl_number(path);

    if (off >= 0)
        return off != 0;
    return ipv6_is_absent();
}

/* A gateway hands out IPv6 without knowing whether this host wants it. */
static void
drop_ipv6_where_off(NetSettings *s)
{
    size_t kept = 0;

    if (ipv6_is_absent())
        s->bypass_family = true; /* what is not there cannot be blocked, and leaks nothing */
    if (!ipv6_is_off(s->ifname))
        return;
    for (size_t i = 0; i < s->n_addrs; i++) {
        char text[PREFIX_TEXT_MAX];

        if (s->addrs[i].addr.family != ADDR_V6) {
            s->addrs[kept++] = s->addrs[i];
            continue;
        }
        log_at(LOG_WARNING, NULL, "Inner address %s is not used: IPv6 is switched off on %s",
               prefix_format(&s->addrs[i], text), s->ifname);
    }
    s->n_addrs = kept;
}

/* ---- steps ---- */

static char *
describe(const NetConfig *c, const JournalStep *step)
{
    g_autofree char *line = NULL;

    if (step->kind == JOURNAL_ITEM)
        return route_plan_format(&step->item, c->ifname);
    line = journal_step_format(step);
    if (step->kind == JOURNAL_LINK)
        return g_strdup_printf("%s, mtu %u", line, c->mtu);
    if (step->kind == JOURNAL_GUARD)
        return g_steal_pointer(&line);
    return g_strdup_printf("%s on %s", line, c->ifname);
}

static bool
guard_ready(NetConfig *c, GError **error)
{
    if (!c->guard_nl)
        c->guard_nl = guard_open(error);
    return c->guard_nl != NULL;
}

/* The addresses of all steps, taken or not: the guard is there before they are. A tunnel without it
 * is still better than none. */
static void
guard(NetConfig *c)
{
    g_autoptr(GError) error = NULL;
    Addr addrs[GUARD_ADDRS_MAX];
    size_t n = 0;

    for (guint i = 0; i < c->steps->len && n < G_N_ELEMENTS(addrs); i++) {
        const JournalStep *step = &g_array_index(c->steps, JournalStep, i);

        if (step->kind == JOURNAL_ADDR)
            addrs[n++] = step->addr.addr;
    }
    if (guard_ready(c, &error) && guard_set(c->guard_nl, c->ifname, addrs, n, &error))
        c->guarded = true;
    else
        log_at(
            LOG_WARNING, NULL,
            "Packets for the inner address are answered on every interface, for nftables refuses "
            "the rule against it: %s",
            error->message);
}

static bool
take(NetConfig *c, const JournalStep *step, GError **error)
{
    switch (step->kind) {
    case JOURNAL_LINK:
        return link_up(c->nl, c->ifindex, c->mtu, error);
    case JOURNAL_GUARD:
        guard(c);
        return true;
    case JOURNAL_ADDR:
        return link_addr_add(c->nl, c->ifindex, &step->addr, error);
    case JOURNAL_ITEM:
        return route_add(c->nl, &step->item, c->ifindex, error);
    case JOURNAL_XFRM: /* in a journal of its own: xfrm_dev */
        break;
    }
    g_assert_not_reached();
}

/* Take every step; stops at the first that fails, with @n_taken behind the last that did not. */
static bool
take_all(NetConfig *c, GError **error)
{
    while (c->n_taken < c->steps->len) {
        const JournalStep *step = &g_array_index(c->steps, JournalStep, c->n_taken);

        if (!take(c, step, error)) {
            g_autofree char *what = describe(c, step);

            g_prefix_error(error, "%s: ", what);
            return false;
        }
        c->n_taken++;
    }
    return true;
}

/* Undone by somebody else, or gone with the interface. */
static bool
is_gone(const GError *error)
{
    return error->domain == TUN_ERROR &&
           (error->code == ENOENT || error->code == ESRCH || error->code == ENODEV ||
            error->code == EADDRNOTAVAIL || error->code == ENXIO);
}

/* The three ways undoing a step ends. */
typedef enum Undone { UNDONE, UNDONE_BEFORE, UNDONE_REFUSED } Undone;

/* @failure is taken: forgiven, or handed on as @error. */
static Undone
undone(bool ok, GError *failure, GError **error)
{
    if (ok)
        return UNDONE;
    if (is_gone(failure)) {
        g_error_free(failure);
        return UNDONE_BEFORE;
    }
    g_propagate_error(error, failure);
    return UNDONE_REFUSED;
}

static Undone
undo(NetConfig *c, const JournalStep *step, GError **error)
{
    GError *failure = NULL;
    bool ok = false;

    switch (step->kind) {
    case JOURNAL_LINK:
        ok = link_down(c->nl, c->ifindex, step->mtu, &failure);
        break;
    case JOURNAL_GUARD:
        if (!c->guarded)
            return UNDONE_BEFORE;
        ok = guard_remove(c->guard_nl, step->ifname, &failure);
        break;
    case JOURNAL_ADDR:
        ok = link_addr_del(c->nl, c->ifindex, &step->addr, &failure);
        break;
    case JOURNAL_ITEM:
        ok = route_del(c->nl, &step->item, &failure);
        break;
    case JOURNAL_XFRM:
        g_assert_not_reached();
    }
    return undone(ok, failure, error);
}

static void
add_step(GArray *steps, const JournalStep *step)
{
    g_array_append_vals(steps, step, 1);
}

/* The interface first and the rules last: no packet is led where nothing is ready. */
static GArray *
steps_for(const NetSettings *s, const Link *link)
{
    GArray *steps = g_array_new(false, false, sizeof(JournalStep));
    g_autoptr(GArray) plan = route_plan(s);
    JournalStep first = { .kind = JOURNAL_LINK, .ifindex = link->index, .mtu = link->mtu };

    g_strlcpy(first.ifname, link->name, sizeof(first.ifname));
    add_step(steps, &first);
    first.kind = JOURNAL_GUARD;
    add_step(steps, &first);
    for (size_t i = 0; i < s->n_addrs; i++)
        add_step(steps, &(JournalStep){ .kind = JOURNAL_ADDR, .addr = s->addrs[i] });
    for (guint i = 0; i < plan->len; i++)
        add_step(steps, &(JournalStep){ .kind = JOURNAL_ITEM,
                                        .item = g_array_index(plan, RoutePlanItem, i) });
    return steps;
}

static bool
find_link(Nl *nl, const char *ifname, Link *ret, GError **error)
{
    unsigned index = if_nametoindex(ifname);

    if (index == 0) {
        tun_error_set(error, errno, "interface %s", ifname);
        return false;
    }
    return link_get(nl, index, ret, error);
}

NetConfig *
net_config_apply(const NetSettings *s, const char *journal, GError **error)
{
    NetSettings usable = *s;
    g_autoptr(NetConfig) c = g_new0(NetConfig, 1);
    Link link;
    size_t n;

    if (!net_config_recover(journal, &n, error))
        return NULL;
    drop_ipv6_where_off(&usable);
    if (!check_settings(&usable, error))
        return NULL;
    c->nl = nl_open(error);
    if (!c->nl || !find_link(c->nl, usable.ifname, &link, error))
        return NULL;
    c->ifindex = link.index;
    c->mtu = usable.mtu;
    g_strlcpy(c->ifname, link.name, sizeof(c->ifname));
    c->steps = steps_for(&usable, &link);
    c->journal = journal_create(journal, c->steps, error);
    if (!c->journal || !take_all(c, error))
        return NULL; /* undone by c's destructor */
    return g_steal_pointer(&c);
}

static bool
has_step(const GArray *steps, const JournalStep *step)
{
    g_autofree char *wanted = journal_step_format(step);

    for (guint i = 0; i < steps->len; i++) {
        g_autofree char *line = journal_step_format(&g_array_index(steps, JournalStep, i));

        if (g_str_equal(line, wanted))
            return true;
    }
    return false;
}

/* The steps of @from that @other lacks; a new array. */
static GArray *
lacking(const GArray *from, const GArray *other)
{
    GArray *ret = g_array_new(false, false, sizeof(JournalStep));

    for (guint i = 0; i < from->len; i++)
        if (!has_step(other, &g_array_index(from, JournalStep, i)))
            add_step(ret, &g_array_index(from, JournalStep, i));
    return ret;
}

static bool
has_addr(const GArray *steps)
{
    for (guint i = 0; i < steps->len; i++)
        if (g_array_index(steps, JournalStep, i).kind == JOURNAL_ADDR)
            return true;
    return false;
}

/* Returns false when the kernel refuses, which is said. */
static bool
undo_or_say(NetConfig *c, const JournalStep *step)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *what = NULL;

    if (undo(c, step, &error) != UNDONE_REFUSED)
        return true;
    what = describe(c, step);
    log_at(LOG_ERROR, NULL, "Cannot undo \"%s\": %s", what, error->message);
    return false;
}

/* Last first. */
static void
undo_some(NetConfig *c, const GArray *steps)
{
    for (guint i = steps->len; i > 0; i--)
        (void)undo_or_say(c, &g_array_index(steps, JournalStep, i - 1));
}

/* The journal that also has what is gone does no harm: that is undone twice. */
static void
settle(NetConfig *c)
{
    g_autoptr(GError) error = NULL;

    if (!journal_replace(c->journal, c->steps, &error))
        log_at(LOG_WARNING, NULL, "%s: it lists more than there is to undo", error->message);
}

bool
net_config_change(NetConfig *c, const NetSettings *s, GError **error)
{
    NetSettings usable = *s;
    const JournalStep *first = &g_array_index(c->steps, JournalStep, 0);
    Link link = { .index = c->ifindex, .mtu = first->mtu };
    g_autoptr(GArray) want = NULL, add = NULL, drop = NULL;
    guint before = c->steps->len;
    bool moves;

    drop_ipv6_where_off(&usable);
    usable.mtu = (uint16_t)c->mtu;
    if (!check_settings(&usable, error))
        return false;
    g_strlcpy(link.name, c->ifname, sizeof(link.name));
    want = steps_for(&usable, &link);
    add = lacking(want, c->steps);
    drop = lacking(c->steps, want);
    moves = c->guarded && (has_addr(add) || has_addr(drop));
    g_array_append_vals(c->steps, add->data, add->len);
    if (!journal_replace(c->journal, c->steps, error)) {
        g_array_set_size(c->steps, before);
        return false;
    }
    if (moves)
        guard(c); /* the addresses of before and those to come */
    if (!take_all(c, error)) {
        g_array_set_size(add, c->n_taken - before);
        undo_some(c, add);
        g_array_set_size(c->steps, before);
        c->n_taken = before;
        if (moves)
            guard(c);
        settle(c);
        return false;
    }
    undo_some(c, drop);
    g_array_unref(c->steps);
    c->steps = g_steal_pointer(&want);
    c->n_taken = c->steps->len;
    if (moves)
        guard(c);
    settle(c);
    return true;
}

bool
net_config_mtu(NetConfig *c, uint16_t mtu, GError **error)
{
    if (!link_up(c->nl, c->ifindex, mtu, error))
        return false;
    c->mtu = mtu;
    return true;
}

/* Undo what was taken, last first. Returns false when something is left. */
static bool
undo_all(NetConfig *c)
{
    bool clean = true;

    while (c->n_taken > 0)
        clean &= undo_or_say(c, &g_array_index(c->steps, JournalStep, --c->n_taken));
    return clean;
}

void
net_config_free(NetConfig *c)
{
    if (!c)
        return;
    if (c->journal) {
        if (undo_all(c))
            journal_remove(c->journal);
        else
            journal_free(c->journal);
    }
    if (c->steps)
        g_array_unref(c->steps);
    nl_free(c->nl);
    nl_free(c->guard_nl);
    g_free(c);
}

/* ---- after a crash ---- */

/* The very interface of the journal, not another that got its name or number since. */
static bool
is_still_there(Nl *nl, const JournalStep *step)
{
    Link link;

    return link_get(nl, step->ifindex, &link, NULL) && link.is_tun &&
           g_str_equal(link.name, step->ifname);
}

static bool
recover_guard(const char *ifname, GError **error)
{
    g_autoptr(Nl) nl = guard_open(error);

    return nl && guard_remove(nl, ifname, error);
}

static Undone
recover_step(Nl *nl, const JournalStep *step, GError **error)
{
    GError *failure = NULL;
    bool ok;

    if (step->kind == JOURNAL_ADDR)
        return UNDONE_BEFORE; /* gone with the interface, or about to be */
    if (step->kind == JOURNAL_ITEM)
        ok = route_del(nl, &step->item, &failure);
    else if (step->kind == JOURNAL_GUARD)
        ok = recover_guard(step->ifname, &failure);
    else if (is_still_there(nl, step))
        ok = link_delete(nl, step->ifindex, &failure);
    else
        return UNDONE_BEFORE;
    return undone(ok, failure, error);
}

/* All that can be undone is, whatever is refused between; @error tells of the first. */
static bool
recover_steps(const GArray *steps, size_t *ret_n, GError **error)
{
    g_autoptr(Nl) nl = nl_open(error);
    bool clean = true;
    size_t n = 0;

    if (!nl)
        return false;
    for (guint i = steps->len; i > 0; i--) {
        const JournalStep *step = &g_array_index(steps, JournalStep, i - 1);
        Undone how = recover_step(nl, step, clean ? error : NULL);

        n += how == UNDONE;
        if (how == UNDONE_REFUSED && clean) {
            g_autofree char *what = journal_step_format(step);

            g_prefix_error(error, "undo \"%s\": ", what);
            clean = false;
        }
    }
    if (clean)
        *ret_n = n;
    return clean;
}

bool
net_config_recover(const char *journal, size_t *ret_n, GError **error)
{
    GError *failure = NULL;
    g_autoptr(Journal) j = journal_open(journal, &failure);

    if (failure) {
        g_propagate_error(error, failure);
        return false;
    }
    if (!j) {
        *ret_n = 0;
        return true;
    }
    if (!recover_steps(journal_steps(j), ret_n, error))
        return false;
    if (journal_complaint(j)) {
        tun_error_set(error, EBADMSG, "%s; kept as %s.bad", journal_complaint(j), journal);
        journal_set_aside(g_steal_pointer(&j));
        return false;
    }
    journal_remove(g_steal_pointer(&j));
    return true;
}

/* The stricter of "all" and the interface's own counts, and 2 (loose) is above 1 (strict):
 * Documentation/networking/ip-sysctl.rst, rp_filter. */
bool
net_config_rp_strict(void)
{
    const char *folder = "/proc/sys/net/ipv4/conf";
    int all = sysctl_number("/proc/sys/net/ipv4/conf/all/rp_filter");
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, "rp_filter", NULL);

        if (g_str_equal(name, "all") || g_str_equal(name, "default") || g_str_equal(name, "lo"))
            continue;
        int own = sysctl_number(path);

        if (MAX(all, own) == 1)
            return true;
    }
    return false;
}
