#include "agent/daemon/tunnel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/daemon/inner_nets.h"
#include "agent/dbus/ac_error.h"
#include "agent/link/ike_driver.h"
#include "tun/tun_dev.h"

enum {
    MTU_FLOOR = 576,
    MTU_FLOOR_V6 = 1280, /* RFC 8200 §5 */
    MTU_UNKNOWN_PATH = 1500,
    UDP_HEADER = 8,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40
};

struct Tunnel {
    int fd;
    NetSettings net;
    NetConfig *config;
    Pump *pump;
    ChildSas sas;
    Suite suite; /* of the child SA that packets go out over, or of the last one */
    size_t mtu_least,
        mtu_wanted; /* what the inner families take; what the gateway says, 0: nothing */
};

Tunnel *
tunnel_new(GError **error)
{
    g_autoptr(Tunnel) t = g_new0(Tunnel, 1);

    t->net = (NetSettings){ .fwmark = ROUTE_PLAN_FWMARK,
                            .table = ROUTE_PLAN_TABLE,
                            .priority = ROUTE_PLAN_PRIORITY,
                            .include = g_array_new(FALSE, FALSE, sizeof(Prefix)),
                            .exclude = g_array_new(FALSE, FALSE, sizeof(Prefix)) };
    t->fd = tun_dev_open("acc%d", t->net.ifname, error);
    if (t->fd < 0) {
        g_prefix_error(error, "VPN adapter: ");
        return NULL;
    }
    return g_steal_pointer(&t);
}

/* The pump goes first: nothing may be read from an adapter whose routes are being taken away. */
void
tunnel_free(Tunnel *t)
{
    if (!t)
        return;
    child_sas_clear(&t->sas);
    pump_free(t->pump);
    net_config_free(t->config);
    if (t->fd >= 0)
        close(t->fd);
    g_array_unref(t->net.include);
    g_array_unref(t->net.exclude);
    g_free(t);
}

/* What the kernel knows about the way to the gateway. */
static size_t
path_mtu(const UdpSock *natt)
{
    size_t mtu = udp_sock_mtu(natt);

    return mtu < MTU_FLOOR || mtu > MTU_UNKNOWN_PATH ? MTU_UNKNOWN_PATH : mtu;
}

/* The largest inner packet whose ESP packet passes the path whole, but no more than the gateway
 * said. With IPv6 inside never less than it takes: then the outer packets are fragmented (RFC 2473
 * §7.1). */
static uint16_t
inner_mtu(const Tunnel *t, const UdpSock *natt)
{
    size_t outer = (t->sas.at.addr.family == ADDR_V4 ? IPV4_HEADER : IPV6_HEADER) + UDP_HEADER;
    size_t path = path_mtu(natt), mtu = path;

    while (mtu > MTU_FLOOR && mtu + esp_overhead(&t->suite, mtu) + outer > path)
        mtu--;
    if (t->mtu_wanted >= MTU_FLOOR && t->mtu_wanted < mtu)
        mtu = t->mtu_wanted;
    return (uint16_t)MAX(mtu, t->mtu_least);
}

static void
plan(Tunnel *t, const IkeCpReply *reply, const IkeChild *child, const Endpoint *gateway)
{
    NetSettings *net = &t->net;

    if (reply->ip4.family)
        net->addrs[net->n_addrs++] = (Prefix){ reply->ip4, 32 };
    if (reply->ip6.family)
        net->addrs[net->n_addrs++] = (Prefix){ reply->ip6, 128 };
    net->gateway = gateway->addr;
    net->gateway_rule = net_config_rp_strict();
    inner_nets_plan(reply, &child->remote, net->include);
    g_array_append_vals(net->exclude, reply->exclude, (guint)reply->n_exclude);
}

bool
tunnel_configure(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, UdpSock *natt,
                 const Endpoint *gateway, const char *journal, PumpIke on_ike, void *user,
                 GError **error)
{
    g_autoptr(GError) why = NULL;

    plan(t, reply, child, gateway);
    t->sas.at = *gateway;
    t->suite = child->suite;
    t->mtu_least = reply->ip6.family ? MTU_FLOOR_V6 : MTU_FLOOR;
    t->mtu_wanted = reply->mtu;
    t->net.mtu = inner_mtu(t, natt);
    t->config = net_config_apply(&t->net, journal, &why);
    if (t->config)
        t->pump = pump_new(t->fd, natt, on_ike, user, &why);
    if (!t->pump) {
        g_set_error(error, AC_ERROR, AC_ERROR_HOST_SETUP, "%s", why->message);
        g_clear_pointer(&t->config, net_config_free);
        return false;
    }
    t->sas.pump = t->pump;
    if (child_sas_add(&t->sas, child, ike_driver_now()))
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_FAILED, "ESP: the agreed algorithms cannot be used");
    g_clear_pointer(&t->pump, pump_free);
    g_clear_pointer(&t->config, net_config_free);
    return false;
}

ChildSas *
tunnel_sas(Tunnel *t)
{
    return &t->sas;
}

void
tunnel_follow_mtu(Tunnel *t, const UdpSock *natt)
{
    const ChildSa *child = tunnel_child(t);
    g_autoptr(GError) error = NULL;
    uint16_t mtu;

    if (child)
        t->suite = child->suite;
    mtu = inner_mtu(t, natt);

    if (!t->config || mtu == t->net.mtu)
        return;
    if (!net_config_mtu(t->config, mtu, &error)) {
        log_at(LOG_WARNING, NULL, "%s: MTU %u: %s", t->net.ifname, mtu, error->message);
        return;
    }
    log_at(LOG_MESSAGE, NULL, "%s: MTU %u, it was %u: the path to the gateway carries %zu octets",
           t->net.ifname, mtu, t->net.mtu, path_mtu(natt));
    t->net.mtu = mtu;
}

void
tunnel_move(Tunnel *t, UdpSock *natt, const Endpoint *gateway)
{
    AddrFamily was = t->sas.at.addr.family, now = gateway->addr.family;

    pump_set_sock(t->pump, now, natt);
    child_sas_move(&t->sas, gateway);
    if (now != was)
        pump_set_sock(t->pump, was, NULL);
    tunnel_follow_mtu(t, natt);
}

uint64_t
tunnel_refusals(const Tunnel *t)
{
    return t->pump ? pump_refusals(t->pump) : 0;
}

const NetSettings *
tunnel_settings(const Tunnel *t)
{
    return &t->net;
}

const ChildSa *
tunnel_child(const Tunnel *t)
{
    return child_sas_current(&t->sas);
}

bool
tunnel_stats(const Tunnel *t, EspStats *ret)
{
    if (!t->pump)
        return false;
    child_sas_stats(&t->sas, ret);
    return true;
}

uint64_t
tunnel_drops(const Tunnel *t, EspStatus why)
{
    return t->pump ? pump_drops(t->pump, why) : 0;
}

static bool
has_family(const NetSettings *net, AddrFamily family)
{
    for (size_t i = 0; i < net->n_addrs; i++)
        if (net->addrs[i].addr.family == family)
            return true;
    return false;
}

const char *
tunnel_mode(const Tunnel *t, AddrFamily family)
{
    if (!has_family(&t->net, family))
        return "Not Available";
    if (t->net.include->len)
        return "Split Include";
    return t->net.exclude->len ? "Split Exclude" : "Tunnel All Traffic";
}
