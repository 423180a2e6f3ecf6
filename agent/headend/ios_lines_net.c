/* Lines of a router about its name, interfaces and routes, and those that change nothing. */

#include <net/if.h>

#include "agent/headend/asa_parse_private.h"

static void
on_hostname(AsaParse *p, const AsaArgs *a)
{
    p->router->hostname = asa_parse_keep(p, a->v[0]);
}

static void
on_interface(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = (IosInterface *)ios_config_interface(p->router, a->v[0]);

    if (!i) {
        i = asa_parse_add(p, p->router->interfaces, sizeof(*i), "interfaces");
        if (i) {
            i->line = p->line.number;
            i->name = asa_parse_keep(p, a->v[0]);
        }
    }
    p->object = i;
}

static void
on_ip_address(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;
    Addr addr;
    Prefix net;

    if (!asa_parse_interface(p, a, &addr, &net) || !i)
        return;
    i->addr = addr;
    i->net = net;
}

static void
on_shutdown(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;

    (void)a;
    if (i)
        i->shutdown = true;
}

static void
on_mtu(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;
    uint32_t v;

    if (asa_parse_number(p, a->v[0], "mtu", 576, 9000, &v) && i)
        i->mtu = (uint16_t)v;
}

static void
on_source(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;

    if (i)
        i->source = asa_parse_keep(p, a->v[0]);
}

static void
on_destination(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;
    Addr addr;

    if (!asa_parse_addr(p, a->v[0], ADDR_V4, &addr))
        return;
    if (addr_is_unspecified(&addr) || addr_is_multicast(&addr) || addr_is_loopback(&addr))
        asa_parse_fail(p, "%s cannot be the other end of a tunnel", a->v[0]);
    else if (i)
        i->destination = addr;
}

static void
on_mode(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;

    (void)a;
    if (i)
        i->ipsec = true;
}

static void
on_tunnel_protection(AsaParse *p, const AsaArgs *a)
{
    IosInterface *i = p->object;

    if (!i)
        return;
    i->protection = asa_parse_keep(p, a->v[0]);
    i->protection_line = p->line.number;
}

/* "ip route A M WHERE": an interface has a letter in front. */
static void
on_route(AsaParse *p, const AsaArgs *a)
{
    IosRoute *r;
    Addr addr, mask, hop;
    Prefix to;
    bool via = g_ascii_isalpha(a->v[2][0]);

    if (!asa_parse_addr(p, a->v[0], ADDR_V4, &addr) ||
        !asa_parse_addr(p, a->v[1], ADDR_V4, &mask) ||
        (!via && !asa_parse_addr(p, a->v[2], ADDR_V4, &hop)))
        return;
    if (!prefix_from_mask(&addr, &mask, &to)) {
        asa_parse_fail(p, "\"%s\" is not a network mask", a->v[1]);
        return;
    }
    if (!prefix_contains(&to, &addr) || !addr_equal(&to.addr, &addr)) {
        asa_parse_fail(p, "%s has host bits behind its mask", a->v[0]);
        return;
    }
    r = asa_parse_add(p, p->router->routes, sizeof(*r), "routes");
    if (!r)
        return;
    r->line = p->line.number;
    r->to = to;
    r->via = via ? asa_parse_keep(p, a->v[2]) : NULL;
}

#define ONLY_IPSEC "only tunnel mode ipsec ipv4 is supported"

const AsaRule ios_lines_net[] = {
    { ASA_TOP, "hostname #", on_hostname, 0, NULL },
    { ASA_TOP, "interface #", on_interface, IOS_IN_INTERFACE, NULL },
    { IOS_IN_INTERFACE, "ip address # #", on_ip_address, 0, NULL },
    { IOS_IN_INTERFACE, "ip address *", NULL, 0, "an address is given with its mask, and once" },
    { IOS_IN_INTERFACE, "ip mtu #", on_mtu, 0, NULL },
    { IOS_IN_INTERFACE, "shutdown", on_shutdown, 0, NULL },
    { IOS_IN_INTERFACE, "tunnel source #", on_source, 0, NULL },
    { IOS_IN_INTERFACE, "tunnel destination #", on_destination, 0, NULL },
    { IOS_IN_INTERFACE, "tunnel mode ipsec ipv4", on_mode, 0, NULL },
    { IOS_IN_INTERFACE, "tunnel mode *", NULL, 0, ONLY_IPSEC },
    { IOS_IN_INTERFACE, "tunnel protection ipsec profile #", on_tunnel_protection, 0, NULL },
    { IOS_IN_INTERFACE, "no|description|duplex|speed|bandwidth|delay|load-interval|keepalive *",
      NULL, 0, NULL },
    { ASA_TOP, "ip route # # #", on_route, 0, NULL },
    { ASA_TOP, "ip route *", NULL, 0, "a route in this form is not supported" },
    { ASA_TOP, "version|service|boot|clock|enable|logging|ntp|line|no|memory-size|mmi *", NULL,
      ASA_IN_HARMLESS, NULL },
    { ASA_TOP, "boot-start-marker", NULL, 0, NULL },
    { ASA_TOP, "boot-end-marker", NULL, 0, NULL },
    { ASA_TOP, "ip cef", NULL, 0, NULL },
    { ASA_TOP, "ip domain|name-server|http|ssh *", NULL, 0, NULL },
    { ASA_TOP, "end", NULL, 0, NULL },
    { 0 },
};
