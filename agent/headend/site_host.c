#include "agent/headend/site_host.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "tun/link.h"
#include "tun/link_addr.h"
#include "tun/route.h"
#include "tun/tun_dev.h"

/* Not said: what is left of 1500 octets behind ESP in UDP with any of our transforms. */
enum { MTU = 1400, MTU_LOOPBACK = 1500 };

/* One interface of the file, up and with its address. @offload: as tun_dev_open() has it.
 * Returns its TUN, or -1. */
static int
open_interface(Nl *nl, const IosInterface *i, uint32_t mtu, unsigned *offload, unsigned *ret_index,
               GError **error)
{
    Prefix addr = { i->addr, i->net.len };
    char name[IF_NAMESIZE];
    int fd = tun_dev_open(i->name, offload, name, error);

    if (fd < 0)
        return -1;
    *ret_index = if_nametoindex(name);
    if (link_addr_add(nl, *ret_index, &addr, error) && link_up(nl, *ret_index, mtu, error))
        return fd;
    g_prefix_error(error, "%s: ", i->name);
    close(fd);
    return -1;
}

static bool
add_route(Nl *nl, unsigned index, const Prefix *to, GError **error)
{
    const RoutePlanItem item = {
        .kind = ROUTE_PLAN_ROUTE, .family = to->addr.family, .prefix = *to, .table = RT_TABLE_MAIN
    };
    char text[PREFIX_TEXT_MAX];

    if (route_add(nl, &item, index, error))
        return true;
    g_prefix_error(error, "route to %s: ", prefix_format(to, text));
    return false;
}

/* The network of the tunnel itself, and what the file routes into it. */
static bool
add_routes(Nl *nl, unsigned index, const IosConfig *c, GError **error)
{
    if (c->tunnel->net.len < 32 && !add_route(nl, index, &c->tunnel->net, error))
        return false;
    for (guint i = 0; i < c->routes->len; i++) {
        const IosRoute *r = g_ptr_array_index(c->routes, i);

        if (r->via && g_str_equal(r->via, c->tunnel->name) && !add_route(nl, index, &r->to, error))
            return false;
    }
    return true;
}

static bool
open_all(Nl *nl, const IosConfig *c, SiteHost *h, GError **error)
{
    unsigned index;

    if (c->loopback) {
        h->loopback_fd = open_interface(nl, c->loopback, MTU_LOOPBACK, NULL, &index, error);
        if (h->loopback_fd < 0)
            return false;
    }
    h->mtu = c->tunnel->mtu ? c->tunnel->mtu : MTU;
    h->tunnel_fd = open_interface(nl, c->tunnel, h->mtu, &h->offload, &index, error);
    return h->tunnel_fd >= 0 && add_routes(nl, index, c, error);
}

bool
site_host_open(const IosConfig *config, unsigned offload, SiteHost *ret, GError **error)
{
    g_autoptr(Nl) nl = nl_open(error);
    SiteHost h = { .tunnel_fd = -1, .loopback_fd = -1, .offload = offload };

    if (nl && open_all(nl, config, &h, error)) {
        *ret = h;
        return true;
    }
    site_host_close(&h);
    return false;
}

void
site_host_close(SiteHost *h)
{
    if (h->tunnel_fd >= 0)
        close(h->tunnel_fd);
    if (h->loopback_fd >= 0)
        close(h->loopback_fd);
    h->tunnel_fd = h->loopback_fd = -1;
}
