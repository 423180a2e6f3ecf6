#include "agent/daemon/tunnel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/daemon/inner_nets.h"
#include "agent/dbus/ac_error.h"
#include "agent/esp/esp_mss.h"
#include "agent/link/ike_driver.h"
#include "agent/link/xfrm_plane.h"
#include "tun/tun_dev.h"
#include "tun/xfrm_dev.h"

enum {
    MTU_FLOOR = 576,
    MTU_FLOOR_V6 = 1280, /* RFC 8200 §5 */
    MTU_UNKNOWN_PATH = 1500,
    UDP_HEADER = 8,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40
};

struct Tunnel {
    XfrmDev *dev; /* the adapter, when the kernel moves the packets; else: */
    int fd;
    unsigned tun; /* TunOffload of ->fd */
    bool udp;     /* datagrams may be moved many in a piece */
    AeadChoice crypto;
    ThreadChoice threads;
    bool bypass; /* the administrator lets a family without an address go its own way */
    NetSettings net;
    NetConfig *config;
    Plane *plane;
    ChildSas sas;
    EspRules rules; /* theirs, for ->plane */
    Suite suite;    /* of the child SA that packets go out over, or of the last one */
    size_t mtu_least,
        mtu_wanted; /* what the inner families take; what the gateway says, 0: nothing */
};

static bool
open_tun(Tunnel *t, GError **error)
{
    t->fd = tun_dev_open("acc%d", &t->tun, t->net.ifname, error);
    return t->fd >= 0;
}

/* Policies of the kernel do not say all that selectors can. */
static bool
policies_say(const IkeChild *c)
{
    g_autoptr(GArray) sels = xfrm_terms_sels(c->local.s, c->local.n, c->remote.s, c->remote.n);

    return sels != NULL;
}

/* Returns false without @error when it is to be a TUN interface. */
static bool
open_xfrm(Tunnel *t, const TunnelSetup *setup, GError **error)
{
    GError *why = NULL;

    if (!plane_choice_kernel(setup->plane, &setup->child->suite, 1, &setup->rules, error))
        return false;
    if (policies_say(setup->child))
        t->dev = xfrm_dev_open("acc", XFRM_DEV_AGENT, setup->xfrm_journal, &why);
    else
        g_set_error(&why, AC_ERROR, AC_ERROR_HOST_SETUP, "traffic selectors of ports or types");
    if (why)
        (void)plane_choice_fall_back(setup->plane, why, error);
    if (!t->dev)
        return false;
    g_strlcpy(t->net.ifname, xfrm_dev_name(t->dev), sizeof(t->net.ifname));
    thread_choice_idle(setup->threads);
    return true;
}

Tunnel *
tunnel_new(const TunnelSetup *setup, GError **error)
{
    g_autoptr(Tunnel) t = g_new0(Tunnel, 1);
    GError *why = NULL;

    t->net = (NetSettings){ .fwmark = ROUTE_PLAN_FWMARK,
                            .table = ROUTE_PLAN_TABLE,
                            .priority = ROUTE_PLAN_PRIORITY,
                            .include = g_array_new(FALSE, FALSE, sizeof(Prefix)),
                            .exclude = g_array_new(FALSE, FALSE, sizeof(Prefix)) };
    t->fd = -1;
    t->tun = offload_tun(setup->offload);
    t->udp = offload_udp(setup->offload);
    t->crypto = setup->crypto;
    t->threads = setup->threads;
    t->rules = setup->rules;
    t->bypass = setup->bypass_family;
    if (open_xfrm(t, setup, &why) || (!why && open_tun(t, &why)))
        return g_steal_pointer(&t);
    g_propagate_prefixed_error(error, why, "VPN adapter: ");
    return NULL;
}

/* The plane goes first: nothing may be read from an adapter whose routes are being taken away. */
void
tunnel_free(Tunnel *t)
{
    if (!t)
        return;
    child_sas_clear(&t->sas);
    plane_free(t->plane);
    net_config_free(t->config);
    xfrm_dev_free(t->dev);
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

/* What the gateway says, into @net, where the arrays are empty. */
static void
plan(const Tunnel *t, NetSettings *net, const IkeCpReply *reply, const IkeChild *child)
{
    net->bypass_family = t->bypass || reply->client_bypass;
    net->n_addrs = 0;
    if (reply->ip4.family)
        net->addrs[net->n_addrs++] = (Prefix){ reply->ip4, 32 };
    if (reply->ip6.family)
        net->addrs[net->n_addrs++] = (Prefix){ reply->ip6, 128 };
    inner_nets_plan(reply, child->remote, net->include);
    g_array_append_vals(net->exclude, reply->exclude, (guint)reply->n_exclude);
}

/* Nothing larger than the MTU passes whole, whatever is configured. */
static uint32_t
tcp_mss(const Tunnel *t)
{
    return esp_mss_of(t->rules.tcp_mss ? t->rules.tcp_mss : UINT32_MAX, t->net.mtu);
}

static void
take_mtu(Tunnel *t, const IkeCpReply *reply)
{
    t->mtu_least = reply->ip6.family ? MTU_FLOOR_V6 : MTU_FLOOR;
    t->mtu_wanted = reply->mtu;
}

static Plane *
start_plane(const Tunnel *t, UdpSock *natt, PumpIke on_ike, void *user, GError **error)
{
    PumpSetup setup = {
        .tun_fd = t->fd,
        .tun = t->tun,
        .udp = t->udp,
        .crypto = t->crypto,
        .threads = t->threads,
        .rules = t->rules,
        .on_ike = on_ike,
        .user = user,
    };

    setup.rules.tcp_mss = tcp_mss(t);
    if (!t->dev)
        return plane_of_pump(&setup, natt, error);
    return plane_of_kernel(&(XfrmPlaneSetup){ .if_id = xfrm_dev_if_id(t->dev),
                                              .fwmark = t->net.fwmark,
                                              .rules = t->rules,
                                              .on_ike = on_ike,
                                              .user = user },
                           natt, error);
}

bool
tunnel_configure(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, UdpSock *natt,
                 const Endpoint *gateway, const char *journal, PumpIke on_ike, void *user,
                 GError **error)
{
    g_autoptr(GError) why = NULL;

    plan(t, &t->net, reply, child);
    t->net.gateway = gateway->addr;
    t->net.gateway_rule = net_config_rp_strict();
    t->sas.at = *gateway;
    t->suite = child->suite;
    take_mtu(t, reply);
    t->net.mtu = inner_mtu(t, natt);
    t->config = net_config_apply(&t->net, journal, &why);
    if (t->config)
        t->plane = start_plane(t, natt, on_ike, user, &why);
    if (!t->plane) {
        g_set_error(error, AC_ERROR, AC_ERROR_HOST_SETUP, "%s", why->message);
        g_clear_pointer(&t->config, net_config_free);
        return false;
    }
    t->sas.plane = t->plane;
    if (child_sas_add(&t->sas, child, ike_driver_now()))
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_FAILED, "ESP: the agreed algorithms cannot be used");
    g_clear_pointer(&t->plane, plane_free);
    g_clear_pointer(&t->config, net_config_free);
    return false;
}

static bool
same_prefixes(const GArray *a, const GArray *b)
{
    if (a->len != b->len)
        return false;
    for (guint i = 0; i < a->len; i++)
        if (!prefix_equal(&g_array_index(a, Prefix, i), &g_array_index(b, Prefix, i)))
            return false;
    return true;
}

static bool
same_net(const NetSettings *a, const NetSettings *b)
{
    if (a->n_addrs != b->n_addrs || a->bypass_family != b->bypass_family ||
        !same_prefixes(a->include, b->include) || !same_prefixes(a->exclude, b->exclude))
        return false;
    for (size_t i = 0; i < a->n_addrs; i++)
        if (!prefix_equal(&a->addrs[i], &b->addrs[i]))
            return false;
    return true;
}

/* The host as @next says, and @next with what was there before. */
static bool
change_host(Tunnel *t, NetSettings *next, GError **error)
{
    NetSettings was = t->net;
    g_autoptr(GError) why = NULL;

    if (same_net(&t->net, next))
        return true;
    if (!net_config_change(t->config, next, &why)) {
        g_set_error(error, AC_ERROR, AC_ERROR_HOST_SETUP, "%s", why->message);
        return false;
    }
    log_at(LOG_MESSAGE, NULL, "%s: the gateway gives other addresses or networks than before",
           t->net.ifname);
    t->net = *next;
    *next = was;
    return true;
}

bool
tunnel_renew(Tunnel *t, const IkeChild *child, const IkeCpReply *reply, const UdpSock *natt,
             GError **error)
{
    IkeChild in = *child; /* its secrets are still @child's */
    NetSettings next = t->net;
    bool ok;

    in.outbound = false;
    if (!child_sas_add(&t->sas, &in, ike_driver_now())) {
        g_set_error(error, AC_ERROR, AC_ERROR_FAILED, "ESP: the agreed algorithms cannot be used");
        return false;
    }
    next.include = g_array_new(FALSE, FALSE, sizeof(Prefix));
    next.exclude = g_array_new(FALSE, FALSE, sizeof(Prefix));
    plan(t, &next, reply, child);
    ok = change_host(t, &next, error);
    g_array_unref(next.include);
    g_array_unref(next.exclude);
    if (!ok) {
        child_sas_remove(&t->sas, child->spi_in);
        return false;
    }
    child_sas_out(&t->sas, child->spi_in);
    take_mtu(t, reply);
    tunnel_follow_mtu(t, natt);
    return true;
}

void
tunnel_expect(Tunnel *t, uint32_t spi_in)
{
    plane_expect(t->plane, spi_in);
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
    plane_set_mss(t->plane, tcp_mss(t));
}

void
tunnel_move(Tunnel *t, UdpSock *natt, const Endpoint *gateway)
{
    AddrFamily was = t->sas.at.addr.family, now = gateway->addr.family;

    plane_set_sock(t->plane, now, natt);
    child_sas_move(&t->sas, gateway);
    if (now != was)
        plane_set_sock(t->plane, was, NULL);
    tunnel_follow_mtu(t, natt);
}

uint64_t
tunnel_refusals(const Tunnel *t)
{
    return t->plane ? plane_refusals(t->plane) : 0;
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
    if (!t->plane)
        return false;
    child_sas_stats(&t->sas, ret);
    return true;
}

uint64_t
tunnel_drops(const Tunnel *t, EspStatus why)
{
    return t->plane ? plane_drops(t->plane, why) : 0;
}

uint64_t
tunnel_losses(const Tunnel *t, PumpLoss why)
{
    return t->plane ? plane_losses(t->plane, why) : 0;
}

bool
tunnel_carries(const Tunnel *t, AddrFamily family)
{
    for (size_t i = 0; i < t->net.n_addrs; i++)
        if (t->net.addrs[i].addr.family == family)
            return true;
    return false;
}

const char *
tunnel_mode(const Tunnel *t, AddrFamily family)
{
    if (!tunnel_carries(t, family))
        return route_plan_blocks(&t->net, family) ? "Drop All Traffic" : "Not Available";
    if (t->net.include->len)
        return "Split Include";
    return t->net.exclude->len ? "Split Exclude" : "Tunnel All Traffic";
}
