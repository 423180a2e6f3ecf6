/* route_plan.h - which routes and rules a tunnel needs; pure, no kernel (agent/docs/ROUTES.md). */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"

/* What the gateway and the profile say about the inside. */
typedef struct NetSettings {
    char ifname[16];
    Prefix addrs[4]; /* inner addresses with their own prefix length (32/128) */
    size_t n_addrs;
    uint16_t mtu; /* octets, inner */
    Addr gateway; /* outer address of the gateway; never routed into the tunnel for our own packets
                   */
    GArray *include;   /* of Prefix; empty: everything of the families we have an address for (full
                          tunnel) */
    GArray *exclude;   /* of Prefix; stay outside */
    uint32_t fwmark;   /* carried by our own sockets */
    uint32_t table;    /* routing table that is ours alone */
    uint32_t priority; /* of our first rule; the next few numbers are ours too */
    bool gateway_rule; /* strict rp_filter is on: a rule for the gateway's address is needed too */
} NetSettings;

typedef enum RoutePlanKind {
    ROUTE_PLAN_ROUTE, /* @prefix through the interface, or, when @unreachable or @throw_, not */
    ROUTE_PLAN_RULE,  /* see flags */
} RoutePlanKind;

typedef struct RoutePlanItem {
    RoutePlanKind kind;
    uint8_t family;    /* AddrFamily */
    Prefix prefix;     /* route destination, or rule "to"; len 0 and no address: any */
    bool throw_;       /* route: fall through to the next rule (excluded networks) */
    uint32_t table;    /* route: where it stands; rule: which table to look up */
    uint32_t priority; /* rule */
    uint32_t fwmark;   /* rule: "not from packets with this mark"; 0: any */
} RoutePlanItem;

/* route_plan - the items in the order they are to be applied; undone last first. Of RoutePlanItem.
 */
GArray *route_plan(const NetSettings *s);
/* One item in the words of ip(8), for logs and tests; owned by the caller. */
char *route_plan_format(const RoutePlanItem *item, const char *ifname);
