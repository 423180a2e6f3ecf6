#include "tun/xfrm_dev.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "agent/base/log.h"
#include "tun/journal.h"
#include "tun/link.h"
#include "tun/tun_error.h"
#include "tun/xfrm_msg.h"

enum { DEVS_MAX = 64 }; /* of one kind on one host */

struct XfrmDev {
    Nl *route;
    Journal *journal;
    JournalStep step;
};

/* ---- what has a number ---- */

typedef struct Found {
    uint32_t if_id;
    GArray *sas, *policies; /* of XfrmSaInfo, XfrmPolicyInfo */
} Found;

static void
find_sa(const struct nlmsghdr *msg, void *user)
{
    const Found *found = user;
    XfrmSaInfo info;

    if (xfrm_msg_read_sa(msg, &info) && info.if_id == found->if_id)
        g_array_append_val(found->sas, info);
}

static void
find_policy(const struct nlmsghdr *msg, void *user)
{
    const Found *found = user;
    XfrmPolicyInfo info;

    if (xfrm_msg_read_policy(msg, &info) && info.if_id == found->if_id)
        g_array_append_val(found->policies, info);
}

/* Gone by itself, between the list and now. */
static bool
ask_away(Nl *nl, NlRequest *m, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (nl_request(nl, m, NULL, NULL, &why) || g_error_matches(why, TUN_ERROR, ESRCH) ||
        g_error_matches(why, TUN_ERROR, ENOENT))
        return true;
    g_propagate_error(error, g_steal_pointer(&why));
    return false;
}

static bool
remove_found(Nl *nl, const Found *found, GError **error)
{
    NlRequest m;

    for (guint i = 0; i < found->policies->len; i++) {
        const XfrmPolicyInfo *p = &g_array_index(found->policies, XfrmPolicyInfo, i);

        xfrm_msg_del_policy_number(&m, p->number, p->dir, p->if_id);
        if (!ask_away(nl, &m, error))
            return false;
    }
    for (guint i = 0; i < found->sas->len; i++) {
        const XfrmSaInfo *sa = &g_array_index(found->sas, XfrmSaInfo, i);

        xfrm_msg_del_sa(&m, &sa->dst, sa->spi);
        if (!ask_away(nl, &m, error))
            return false;
    }
    return true;
}

/* A kernel without XFRM has nothing of it. */
static bool
sweep(uint32_t if_id, size_t *n, GError **error)
{
    g_autoptr(Nl) nl = nl_open_on(NETLINK_XFRM, NULL);
    Found found = { if_id, g_array_new(false, false, sizeof(XfrmSaInfo)),
                    g_array_new(false, false, sizeof(XfrmPolicyInfo)) };
    bool ok = true;
    NlRequest m;

    if (nl) {
        nl_keep_secret(nl); /* a list of SAs has their keys */
        xfrm_msg_all_policies(&m);
        ok = nl_request(nl, &m, find_policy, &found, error);
    }
    if (nl && ok) {
        xfrm_msg_all_sas(&m);
        ok = nl_request(nl, &m, find_sa, &found, error) && remove_found(nl, &found, error);
    }
    *n += found.policies->len + found.sas->len;
    g_array_unref(found.policies);
    g_array_unref(found.sas);
    return ok;
}

/* The very interface, not another that has got its name since. */
static bool
remove_link(Nl *route, const JournalStep *step, size_t *n, GError **error)
{
    unsigned index = if_nametoindex(step->ifname);
    Link link;

    if (!index || !link_get(route, index, &link, NULL) || link.if_id != step->if_id)
        return true;
    if (!link_delete(route, index, error))
        return false;
    (*n)++;
    return true;
}

static bool
remove_all(Nl *route, const JournalStep *step, size_t *n, GError **error)
{
    if (sweep(step->if_id, n, error) && remove_link(route, step, n, error))
        return true;
    g_prefix_error(error, "undo \"%s\": ", step->ifname);
    return false;
}

bool
xfrm_dev_recover(const char *journal, size_t *ret_n, GError **error)
{
    GError *failure = NULL;
    g_autoptr(Journal) j = journal_open(journal, &failure);
    g_autoptr(Nl) route = NULL;
    const GArray *steps;

    *ret_n = 0;
    if (failure) {
        g_propagate_error(error, failure);
        return false;
    }
    if (!j)
        return true;
    route = nl_open(error);
    if (!route)
        return false;
    steps = journal_steps(j);
    for (guint i = 0; i < steps->len; i++) {
        const JournalStep *step = &g_array_index(steps, JournalStep, i);

        if (step->kind == JOURNAL_XFRM && !remove_all(route, step, ret_n, error))
            return false;
    }
    if (journal_complaint(j)) {
        tun_error_set(error, EBADMSG, "%s; kept as %s.bad", journal_complaint(j), journal);
        journal_set_aside(g_steal_pointer(&j));
        return false;
    }
    journal_remove(g_steal_pointer(&j));
    return true;
}

/* ---- one of our own ---- */

static bool
write_journal(XfrmDev *d, const char *path, GError **error)
{
    g_autoptr(GArray) steps = g_array_new(false, false, sizeof(JournalStep));

    g_array_append_val(steps, d->step);
    if (d->journal)
        return journal_replace(d->journal, steps, error);
    d->journal = journal_create(path, steps, error);
    return d->journal != NULL;
}

static bool
make_link(Nl *route, const JournalStep *step, GError **error)
{
    struct nlattr *info, *data;
    NlRequest m;

    (void)nl_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(&m.head, IFLA_IFNAME, step->ifname);
    info = mnl_attr_nest_start(&m.head, IFLA_LINKINFO);
    mnl_attr_put_str(&m.head, IFLA_INFO_KIND, "xfrm");
    data = mnl_attr_nest_start(&m.head, IFLA_INFO_DATA);
    mnl_attr_put_u32(&m.head, IFLA_XFRM_IF_ID, step->if_id);
    mnl_attr_nest_end(&m.head, data);
    mnl_attr_nest_end(&m.head, info);
    return nl_request(route, &m, NULL, NULL, error);
}

/* Returns false when the next number may be tried: somebody has this one. */
static bool
try_number(XfrmDev *d, const char *journal, GError **error)
{
    GError *why = NULL;

    if (if_nametoindex(d->step.ifname) != 0)
        return false;
    if (write_journal(d, journal, &why) && make_link(d->route, &d->step, &why))
        return true;
    if (g_error_matches(why, TUN_ERROR, EEXIST)) {
        g_error_free(why);
        return false;
    }
    g_propagate_prefixed_error(error, why, "make XFRM interface %s: ", d->step.ifname);
    return true;
}

XfrmDev *
xfrm_dev_open(const char *stem, uint32_t first, const char *journal, GError **error)
{
    g_autoptr(XfrmDev) d = g_new0(XfrmDev, 1);
    GError *why = NULL;
    bool done = false;
    size_t n;

    d->step.kind = JOURNAL_XFRM;
    if (!xfrm_dev_recover(journal, &n, error))
        return NULL;
    d->route = nl_open(error);
    if (!d->route)
        return NULL;
    for (unsigned i = 0; !done && i < DEVS_MAX; i++) {
        g_snprintf(d->step.ifname, sizeof(d->step.ifname), "%s%u", stem, i);
        d->step.if_id = first + i;
        done = try_number(d, journal, &why);
    }
    if (!done)
        tun_error_set(&why, EEXIST, "%d interfaces %s0 ...", DEVS_MAX, stem);
    if (!why)
        return g_steal_pointer(&d);
    if (d->journal)
        journal_remove(g_steal_pointer(&d->journal)); /* nothing has been made */
    g_propagate_error(error, why);
    return NULL;
}

void
xfrm_dev_free(XfrmDev *d)
{
    g_autoptr(GError) error = NULL;
    size_t n = 0;

    if (!d)
        return;
    if (d->journal && remove_all(d->route, &d->step, &n, &error)) {
        journal_remove(d->journal);
    } else if (d->journal) {
        log_at(LOG_ERROR, NULL, "%s", error->message);
        journal_free(d->journal);
    }
    nl_free(d->route);
    g_free(d);
}

const char *
xfrm_dev_name(const XfrmDev *d)
{
    return d->step.ifname;
}

uint32_t
xfrm_dev_if_id(const XfrmDev *d)
{
    return d->step.if_id;
}
