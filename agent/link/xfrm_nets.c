#include <errno.h>

#include "agent/base/log.h"
#include "agent/link/xfrm_private.h"
#include "tun/tun_error.h"

static bool
same_sels(const GArray *a, const GArray *b)
{
    if (a->len != b->len)
        return false;
    for (guint i = 0; i < a->len; i++)
        if (!xfrm_sel_equal(&g_array_index(a, XfrmSel, i), &g_array_index(b, XfrmSel, i)))
            return false;
    return true;
}

static bool
share_a_sel(const GArray *a, const GArray *b)
{
    for (guint i = 0; i < a->len; i++)
        for (guint k = 0; k < b->len; k++)
            if (xfrm_sel_equal(&g_array_index(a, XfrmSel, i), &g_array_index(b, XfrmSel, k)))
                return true;
    return false;
}

void
xfrm_nets_free(gpointer data)
{
    XfrmNets *nets = data;

    g_array_unref(nets->sels);
    g_free(nets);
}

XfrmNets *
xfrm_nets_take(XfrmPlane *p, const EspSaSetup *setup)
{
    g_autoptr(GArray) sels =
        xfrm_terms_sels(setup->local, setup->n_local, setup->remote, setup->n_remote);
    XfrmNets *nets;

    if (!sels)
        return NULL;
    for (guint i = 0; i < p->nets->len; i++) {
        nets = g_ptr_array_index(p->nets, i);
        if (same_sels(nets->sels, sels)) {
            nets->users++;
            return nets;
        }
    }
    nets = g_new(XfrmNets, 1);
    *nets = (XfrmNets){ .reqid = ++p->reqid, .sels = g_steal_pointer(&sels), .users = 1 };
    g_ptr_array_add(p->nets, nets);
    return nets;
}

/* The SA that packets go out over; NULL: none. */
static const XfrmPair *
current(const XfrmPlane *p, const XfrmNets *nets)
{
    const XfrmPair *best = NULL;
    GHashTableIter it;
    gpointer value;

    g_hash_table_iter_init(&it, p->pairs);
    while (g_hash_table_iter_next(&it, NULL, &value)) {
        const XfrmPair *pair = value;

        if (pair->nets == nets && pair->turn && (!best || pair->turn > best->turn))
            best = pair;
    }
    return best;
}

static void
remove_policy(XfrmPlane *p, const XfrmSel *sel, XfrmDir dir)
{
    g_autoptr(GError) error = NULL;
    NlRequest m;

    xfrm_msg_del_policy(&m, sel, dir, p->setup.if_id);
    if (!nl_request(p->nl, &m, NULL, NULL, &error) && !g_error_matches(error, TUN_ERROR, ENOENT))
        log_at(LOG_WARNING, NULL, "a policy stays in the kernel: %s", error->message);
}

static bool
put_policy(XfrmPlane *p, const XfrmPolicy *policy, GError **error)
{
    NlRequest m;

    xfrm_msg_put_policy(&m, policy);
    return nl_request(p->nl, &m, NULL, NULL, error);
}

/* What came in, for us or to be forwarded, is from the inner addresses of its SA: RFC 4301 §5.2. */
static bool
put_in(XfrmPlane *p, const XfrmNets *nets, const XfrmSel *sel, GError **error)
{
    XfrmPolicy policy = { .sel = xfrm_terms_back(sel),
                          .dir = XFRM_DIR_IN,
                          .if_id = p->setup.if_id,
                          .reqid = nets->reqid,
                          .family = sel->src.addr.family };

    if (!put_policy(p, &policy, error))
        return false;
    policy.dir = XFRM_DIR_FWD;
    return put_policy(p, &policy, error);
}

static bool
put_out(XfrmPlane *p, const XfrmNets *nets, const XfrmSel *sel, GError **error)
{
    const XfrmPair *pair = current(p, nets);

    if (!pair)
        return true;
    return put_policy(p,
                      &(XfrmPolicy){ .sel = *sel,
                                     .dir = XFRM_DIR_OUT,
                                     .if_id = p->setup.if_id,
                                     .reqid = nets->reqid,
                                     .family = pair->remote.addr.family,
                                     .src = pair->local.addr,
                                     .dst = pair->remote.addr,
                                     .spi = pair->spi_out },
                      error);
}

bool
xfrm_nets_put(XfrmPlane *p, const XfrmNets *nets, GError **error)
{
    for (guint i = 0; i < nets->sels->len; i++) {
        const XfrmSel *sel = &g_array_index(nets->sels, XfrmSel, i);

        if (!put_in(p, nets, sel, error) || !put_out(p, nets, sel, error))
            return false;
    }
    return true;
}

void
xfrm_nets_block(XfrmPlane *p, const XfrmNets *nets)
{
    for (guint i = 0; i < nets->sels->len; i++) {
        const XfrmSel *sel = &g_array_index(nets->sels, XfrmSel, i);
        XfrmSel back = xfrm_terms_back(sel);

        remove_policy(p, sel, XFRM_DIR_OUT);
        remove_policy(p, &back, XFRM_DIR_IN);
        remove_policy(p, &back, XFRM_DIR_FWD);
    }
}

static void
put_again(XfrmPlane *p, const XfrmNets *nets)
{
    g_autoptr(GError) error = NULL;

    if (!xfrm_nets_put(p, nets, &error))
        log_at(LOG_WARNING, NULL, "the kernel refuses a policy: %s", error->message);
}

/* A policy belongs to whoever put it last: where two share one, the other needs it again. */
static void
give_back(XfrmPlane *p, const XfrmNets *nets)
{
    for (guint i = 0; i < p->nets->len; i++) {
        const XfrmNets *other = g_ptr_array_index(p->nets, i);

        if (other != nets && share_a_sel(other->sels, nets->sels))
            put_again(p, other);
    }
}

void
xfrm_nets_close(XfrmPlane *p, const XfrmNets *nets)
{
    if (current(p, nets)) {
        put_again(p, nets);
        return;
    }
    for (guint i = 0; i < nets->sels->len; i++)
        remove_policy(p, &g_array_index(nets->sels, XfrmSel, i), XFRM_DIR_OUT);
    give_back(p, nets);
}

void
xfrm_nets_drop(XfrmPlane *p, XfrmNets *nets)
{
    if (--nets->users > 0)
        return;
    xfrm_nets_block(p, nets);
    give_back(p, nets);
    g_ptr_array_remove(p->nets, nets);
}
