#include <errno.h>

#include "agent/base/log.h"
#include "agent/link/xfrm_private.h"
#include "tun/tun_error.h"

/* Of an SA that only sends; the kernel wants one with ESN. */
enum { WINDOW_OUT = 32 };

XfrmReplay
xfrm_sas_fresh(uint32_t window)
{
    return (XfrmReplay){ .window = window };
}

static XfrmSa
describe(const XfrmPlane *p, const XfrmPair *pair)
{
    return (XfrmSa){ .reqid = pair->nets->reqid,
                     .if_id = p->setup.if_id,
                     .aead = pair->algs.aead,
                     .crypt = pair->algs.crypt,
                     .auth = pair->algs.auth,
                     .icv = (uint32_t)suite_icv_len(&pair->suite),
                     .esn = pair->suite.esn == ESN_YES };
}

static bool
add_in(XfrmPlane *p, const XfrmPair *pair, const XfrmReplay *replay, GError **error)
{
    XfrmSa sa = describe(p, pair);
    NlRequest m;

    sa.src = pair->remote;
    sa.dst = pair->local;
    sa.spi = pair->spi_in;
    sa.key = secret_view(&pair->key_in);
    sa.integ = secret_view(&pair->integ_in);
    sa.inbound = true;
    sa.replay = replay;
    xfrm_msg_add_sa(&m, &sa);
    return nl_request(p->nl, &m, NULL, NULL, error);
}

static bool
add_out(XfrmPlane *p, const XfrmPair *pair, const XfrmReplay *replay, GError **error)
{
    XfrmReplay own = *replay;
    XfrmSa sa = describe(p, pair);
    NlRequest m;

    own.window = WINDOW_OUT;
    sa.src = pair->local;
    sa.dst = pair->remote;
    sa.spi = pair->spi_out;
    sa.key = secret_view(&pair->key_out);
    sa.integ = secret_view(&pair->integ_out);
    sa.mark = p->setup.fwmark;
    sa.hide_dscp = p->setup.rules.dscp == ESP_DSCP_ZERO;
    sa.clear_df = p->setup.rules.df == ESP_DF_CLEAR;
    sa.replay = &own;
    xfrm_msg_add_sa(&m, &sa);
    return nl_request(p->nl, &m, NULL, NULL, error);
}

static void
remove_one(XfrmPlane *p, const Addr *dst, uint32_t spi)
{
    g_autoptr(GError) error = NULL;
    NlRequest m;

    xfrm_msg_del_sa(&m, dst, spi);
    if (!nl_request(p->nl, &m, NULL, NULL, &error) && !g_error_matches(error, TUN_ERROR, ESRCH))
        log_at(LOG_WARNING, NULL, "SA %08x stays in the kernel: %s", spi, error->message);
}

bool
xfrm_sas_add(XfrmPlane *p, const XfrmPair *pair, const XfrmReplay *in, const XfrmReplay *out,
             GError **error)
{
    if (!add_in(p, pair, in, error))
        return false;
    if (add_out(p, pair, out, error))
        return true;
    remove_one(p, &pair->local.addr, pair->spi_in);
    return false;
}

void
xfrm_sas_remove(XfrmPlane *p, const XfrmPair *pair)
{
    remove_one(p, &pair->remote.addr, pair->spi_out);
    remove_one(p, &pair->local.addr, pair->spi_in);
}

typedef struct Wanted {
    XfrmSaInfo *info;
    bool found;
} Wanted;

static void
take(const struct nlmsghdr *msg, void *user)
{
    Wanted *w = user;

    w->found |= xfrm_msg_read_sa(msg, w->info);
}

static bool
read_one(XfrmPlane *p, const Addr *dst, uint32_t spi, XfrmSaInfo *ret)
{
    Wanted w = { ret, false };
    NlRequest m;

    xfrm_msg_get_sa(&m, dst, spi);
    return nl_request(p->nl, &m, take, &w, NULL) && w.found;
}

bool
xfrm_sas_read(XfrmPlane *p, const XfrmPair *pair, XfrmSaInfo *ret_in, XfrmSaInfo *ret_out)
{
    return read_one(p, &pair->local.addr, pair->spi_in, ret_in) &&
           read_one(p, &pair->remote.addr, pair->spi_out, ret_out);
}
