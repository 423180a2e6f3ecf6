#include "tun/route.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

static void
begin_route(NlRequest *m, uint16_t type, uint16_t flags, const RoutePlanItem *item)
{
    struct rtmsg *body = nl_begin(m, type, flags, sizeof(*body));

    body->rtm_family = (uint8_t)nl_family(item->family);
    body->rtm_dst_len = item->prefix.len;
    body->rtm_protocol = ROUTE_PLAN_PROTOCOL;
    body->rtm_type = item->throw_ ? RTN_THROW : RTN_UNICAST;
    if (type == RTM_DELROUTE)
        body->rtm_scope = RT_SCOPE_NOWHERE; /* any */
    else
        body->rtm_scope = item->throw_ ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    mnl_attr_put_u32(&m->head, RTA_TABLE, item->table);
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
        if (!item->throw_)
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
