/* route_plan.h - which routes and rules a tunnel needs; pure, no kernel (agent/docs/ROUTES.md). */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"

/* What the agent uses on every host, so that ip(8) shows the same everywhere. */
enum {
    ROUTE_PLAN_TABLE = 0xacc1, /* 44225 */
    ROUTE_PLAN_FWMARK = 0xacc1,
    ROUTE_PLAN_PRIORITY = 11000,   /* before main (32766), after local (0) */
    ROUTE_PLAN_METRIC_LAST = 2048, /* of what is unreachable: behind a route of the tunnel to the
                                      same network, so that one may follow the other */
    ROUTE_PLAN_PROTOCOL = 172,     /* on every route and rule of ours: undoing goes by it */
};

/* What the gateway and the profile say about the inside. */
typedef struct NetSettings {
    char ifname[16];
    Prefix addrs[4]; /* inner addresses with their own prefix length (32/128) */
    size_t n_addrs;
    uint16_t mtu; /* octets, inner */
    Addr gateway; /* outer address of the gateway; never routed into the tunnel for our own packets
                   */
    GArray *include;    /* of Prefix; empty: everything of the families we have an address for (full
                           tunnel) */
    GArray *exclude;    /* of Prefix; stay outside */
    uint32_t fwmark;    /* carried by our own sockets */
    uint32_t table;     /* routing table that is ours alone */
    uint32_t priority;  /* of our first rule; the next one is ours too */
    bool gateway_rule;  /* strict rp_filter is on: a rule for the gateway's address is needed too */
    bool bypass_family; /* what has no inner address goes its own way beside a full tunnel */
} NetSettings;

typedef enum RoutePlanKind {
    ROUTE_PLAN_ROUTE, /* what becomes of packets to @prefix: @way */
    ROUTE_PLAN_RULE,  /* look up @table for all but packets with @fwmark, or for those to @prefix */
} RoutePlanKind;

typedef enum RoutePlanWay {
    ROUTE_PLAN_THROUGH,     /* through the interface */
    ROUTE_PLAN_THROW,       /* fall through to the next rule: outside */
    ROUTE_PLAN_UNREACHABLE, /* nowhere, and the sender is told at once */
} RoutePlanWay;

typedef struct RoutePlanItem {
    RoutePlanKind kind;
    uint8_t family;    /* AddrFamily */
    Prefix prefix;     /* route destination, or rule "to"; len 0: any */
    RoutePlanWay way;  /* route */
    uint32_t table;    /* route: where it stands; rule: which table to look up */
    uint32_t priority; /* rule */
    uint32_t fwmark;   /* rule: "not from packets with this mark"; 0: any */
} RoutePlanItem;

/* route_plan - the items in the order they are to be applied; undone last first. Of RoutePlanItem.
 * A family with an address but without a network to include gets nothing. One without an address
 * gets nothing beside a split tunnel; beside a full one it is blocked: RFC 7359. */
GArray *route_plan(const NetSettings *s);
/* route_plan_blocks - is @family (AddrFamily) blocked beside a full tunnel of the other one? */
bool route_plan_blocks(const NetSettings *s, uint8_t family);
/* One item as the command of ip(8) that does the same, for logs and tests; owned by the caller. */
char *route_plan_format(const RoutePlanItem *item, const char *ifname);
