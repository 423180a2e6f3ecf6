#include "agent/headend/host_tun.h"

#include <linux/rtnetlink.h>
#include <unistd.h>

#include "tun/link.h"
#include "tun/route.h"
#include "tun/tun_dev.h"

static bool
add_routes(Nl *nl, unsigned index, const GArray *prefixes, GError **error)
{
    for (guint i = 0; i < prefixes->len; i++) {
        const Prefix *p = &g_array_index(prefixes, Prefix, i);
        const RoutePlanItem item = {
            .kind = ROUTE_PLAN_ROUTE, .family = p->addr.family, .prefix = *p, .table = RT_TABLE_MAIN
        };
        char text[PREFIX_TEXT_MAX];

        if (!route_add(nl, &item, index, error)) {
            g_prefix_error(error, "route to the pool, %s: ", prefix_format(p, text));
            return false;
        }
    }
    return true;
}

static bool
make(HostTun *t, unsigned offload, GError **error)
{
    t->offload = offload;
    if (t->xfrm)
        g_strlcpy(t->name, xfrm_dev_name(t->xfrm), sizeof(t->name));
    else
        t->fd = tun_dev_open("achead%d", &t->offload, t->name, error);
    return t->xfrm || t->fd >= 0;
}

bool
host_tun_open(const GArray *prefixes, uint32_t mtu, unsigned offload, HostTun *t, GError **error)
{
    g_autoptr(Nl) nl = nl_open(error);
    unsigned index;

    if (!nl || !make(t, offload, error))
        return false;
    index = if_nametoindex(t->name);
    if (link_up(nl, index, mtu, error) && add_routes(nl, index, prefixes, error))
        return true;
    g_prefix_error(error, "%s: ", t->name);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    return false;
}

void
host_tun_close(HostTun *t)
{
    g_clear_pointer(&t->xfrm, xfrm_dev_free);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

bool
host_tun_forwards(AddrFamily family)
{
    g_autofree char *text = NULL;

    return g_file_get_contents(family == ADDR_V4 ? "/proc/sys/net/ipv4/ip_forward"
                                                 : "/proc/sys/net/ipv6/conf/all/forwarding",
                               &text, NULL, NULL) &&
           text[0] != '0';
}
