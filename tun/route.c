#include "tun/route.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static const uint8_t types[] = {
    [ROUTE_PLAN_THROUGH] = RTN_UNICAST,
    [ROUTE_PLAN_THROW] = RTN_THROW,
    [ROUTE_PLAN_UNREACHABLE] = RTN_UNREACHABLE,
};

static void
begin_route(NlRequest *m, uint16_t type, uint16_t flags, const RoutePlanItem *item)
{
    struct rtmsg *body = nl_begin(m, type, flags, sizeof(*body));

    body->rtm_family = (uint8_t)nl_family(item->family);
    body->rtm_dst_len = item->prefix.len;
    body->rtm_protocol = ROUTE_PLAN_PROTOCOL;
    body->rtm_type = types[item->way];
    if (type == RTM_DELROUTE)
        body->rtm_scope = RT_SCOPE_NOWHERE; /* any */
    else
        body->rtm_scope = item->way == ROUTE_PLAN_THROUGH ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    mnl_attr_put_u32(&m->head, RTA_TABLE, item->table);
    if (item->way == ROUTE_PLAN_UNREACHABLE)
        mnl_attr_put_u32(&m->head, RTA_PRIORITY, ROUTE_PLAN_METRIC_LAST);
    if (item->prefix.len > 0)
        nl_put_addr(m, RTA_DST, &item->prefix.addr);
}

static void
begin_rule(NlRequest *m, uint16_t type, uint16_t flags, const RoutePlanItem *item)
{
    struct fib_rule_hdr *body = nl_begin(m, type, flags, sizeof(*body));

    body->family = (uint8_t)nl_family(item->family);
    body->action = FR_ACT_TO_TBL;
    body->dst_len = item->prefix.len;
    mnl_attr_put_u32(&m->head, FRA_TABLE, item->table);
    mnl_attr_put_u32(&m->head, FRA_PRIORITY, item->priority);
    mnl_attr_put_u8(&m->head, FRA_PROTOCOL, ROUTE_PLAN_PROTOCOL);
    if (item->prefix.len > 0)
        nl_put_addr(m, FRA_DST, &item->prefix.addr);
    if (item->fwmark != 0) {
        body->flags = FIB_RULE_INVERT;
        mnl_attr_put_u32(&m->head, FRA_FWMARK, item->fwmark);
        mnl_attr_put_u32(&m->head, FRA_FWMASK, UINT32_MAX);
    }
}

bool
route_add(Nl *nl, const RoutePlanItem *item, unsigned index, GError **error)
{
    NlRequest m;

    if (item->kind == ROUTE_PLAN_RULE) {
        begin_rule(&m, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, item);
    } else {
        begin_route(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, item);
        if (item->way == ROUTE_PLAN_THROUGH)
            mnl_attr_put_u32(&m.head, RTA_OIF, index);
    }
    return nl_request(nl, &m, NULL, NULL, error);
}

bool
route_del(Nl *nl, const RoutePlanItem *item, GError **error)
{
    NlRequest m;

    if (item->kind == ROUTE_PLAN_RULE)
        begin_rule(&m, RTM_DELRULE, 0, item);
    else
        begin_route(&m, RTM_DELROUTE, 0, item);
    return nl_request(nl, &m, NULL, NULL, error);
}
