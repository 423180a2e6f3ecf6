#include "tun/route_plan.h"

#include <string.h>

enum { TABLE_MAIN = 254 }; /* RT_TABLE_MAIN */

/* Belongs to the link or to nobody, so a full tunnel must not swallow it. */
static const char *const of_the_link[] = {
    "224.0.0.0/4",        /* multicast, RFC 5771 */
    "169.254.0.0/16",     /* link-local, RFC 3927 */
    "255.255.255.255/32", /* limited broadcast, RFC 919 */
    "fe80::/10",          /* link-local, RFC 4291 §2.5.6 */
    "ff00::/8",           /* multicast, RFC 4291 §2.7 */
};

static const uint8_t families[] = { ADDR_V4, ADDR_V6 };

/* What a list says about one family. */
static const Prefix *
next_of_family(const GArray *list, uint8_t family, size_t *at)
{
    while (list && *at < list->len) {
        const Prefix *p = &g_array_index(list, Prefix, (*at)++);

        if (p->addr.family == family)
            return p;
    }
    return NULL;
}

static bool
carries(const NetSettings *s, uint8_t family)
{
    for (size_t i = 0; i < s->n_addrs; i++) {
        if (s->addrs[i].addr.family == family)
            return true;
    }
    return false;
}

static bool
is_full(const NetSettings *s, uint8_t family)
{
    const Prefix *p;

    if (!s->include || s->include->len == 0)
        return true;
    for (size_t i = 0; (p = next_of_family(s->include, family, &i));) {
        if (p->len == 0)
            return true;
    }
    return false;
}

bool
route_plan_blocks(const NetSettings *s, uint8_t family)
{
    uint8_t other = family == ADDR_V4 ? ADDR_V6 : ADDR_V4;

    return !s->bypass_family && !carries(s, family) && carries(s, other) && is_full(s, other);
}

static bool
takes_part(const NetSettings *s, uint8_t family)
{
    if (!carries(s, family))
        return route_plan_blocks(s, family);
    return is_full(s, family) || next_of_family(s->include, family, &(size_t){ 0 });
}

/* The kernel refuses a destination with host bits set; a gateway may send one. */
static Prefix
without_host_bits(const Prefix *p)
{
    Addr mask = prefix_mask(p);
    Prefix net = *p;

    for (size_t i = 0; i < sizeof(net.addr.b); i++)
        net.addr.b[i] &= mask.b[i];
    return net;
}

/* One destination stands once in a table: the first to name it wins, and throws come first. */
static void
add_route(GArray *plan, const NetSettings *s, const Prefix *p, RoutePlanWay way)
{
    RoutePlanItem item = {
        .kind = ROUTE_PLAN_ROUTE,
        .family = p->addr.family,
        .prefix = without_host_bits(p),
        .way = way,
        .table = s->table,
    };

    for (guint i = 0; i < plan->len; i++) {
        if (prefix_equal(&g_array_index(plan, RoutePlanItem, i).prefix, &item.prefix))
            return;
    }
    g_array_append_val(plan, item);
}

static void
add_routes(GArray *plan, const NetSettings *s, uint8_t family)
{
    bool blocked = route_plan_blocks(s, family), all = blocked || is_full(s, family);
    const Prefix *p;

    for (size_t i = 0; all && i < G_N_ELEMENTS(of_the_link); i++) {
        Prefix special;

        if (!prefix_parse(of_the_link[i], &special))
            g_assert_not_reached();
        if (special.addr.family == family)
            add_route(plan, s, &special, ROUTE_PLAN_THROW);
    }
    for (size_t i = 0; (p = next_of_family(s->exclude, family, &i));)
        add_route(plan, s, p, ROUTE_PLAN_THROW);
    for (size_t i = 0; !blocked && (p = next_of_family(s->include, family, &i));)
        add_route(plan, s, p, ROUTE_PLAN_THROUGH);
    if (all)
        add_route(plan, s, &(Prefix){ .addr.family = family },
                  blocked ? ROUTE_PLAN_UNREACHABLE : ROUTE_PLAN_THROUGH);
}

/* Would the table keep @a from the host's own routes? Longest prefix, as the kernel does it. */
static bool
table_catches(const GArray *plan, const Addr *a)
{
    const RoutePlanItem *best = NULL;

    for (guint i = 0; i < plan->len; i++) {
        const RoutePlanItem *item = &g_array_index(plan, RoutePlanItem, i);

        if (item->kind == ROUTE_PLAN_ROUTE && prefix_contains(&item->prefix, a) &&
            (!best || item->prefix.len > best->prefix.len))
            best = item;
    }
    return best && best->way != ROUTE_PLAN_THROW;
}

/* Packets of the gateway are looked up without the mark. Strict reverse path filtering refuses them
 * when the answer is another interface; an answer that they cannot come at all (unreachable) is
 * refused by the loose kind too, and by a firewall's for IPv6. */
static bool
needs_gateway_rule(const GArray *plan, const NetSettings *s, uint8_t family)
{
    return s->gateway.family == family && (s->gateway_rule || route_plan_blocks(s, family)) &&
           table_catches(plan, &s->gateway);
}

static void
add_rules(GArray *plan, const NetSettings *s, uint8_t family)
{
    RoutePlanItem capture = {
        .kind = ROUTE_PLAN_RULE,
        .family = family,
        .prefix.addr.family = family,
        .table = s->table,
        .priority = s->priority + 1,
        .fwmark = s->fwmark,
    };

    if (needs_gateway_rule(plan, s, family)) {
        RoutePlanItem gateway = {
            .kind = ROUTE_PLAN_RULE,
            .family = family,
            .prefix = { s->gateway, (uint8_t)(8 * addr_len(&s->gateway)) },
            .table = TABLE_MAIN,
            .priority = s->priority,
        };

        g_array_append_val(plan, gateway);
    }
    g_array_append_val(plan, capture);
}

/* All routes before the first rule: the table is complete when traffic begins to look into it. */
GArray *
route_plan(const NetSettings *s)
{
    GArray *plan = g_array_new(false, false, sizeof(RoutePlanItem));

    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        if (takes_part(s, families[i]))
            add_routes(plan, s, families[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        if (takes_part(s, families[i]))
            add_rules(plan, s, families[i]);
    }
    return plan;
}

static char *
format_route(const RoutePlanItem *item, const char *to, const char *ifname)
{
    if (item->way == ROUTE_PLAN_THROW)
        return g_strdup_printf("ip -%u route add throw %s table %u protocol %d", item->family, to,
                               item->table, ROUTE_PLAN_PROTOCOL);
    if (item->way == ROUTE_PLAN_UNREACHABLE)
        return g_strdup_printf("ip -%u route add unreachable %s table %u protocol %d metric %d",
                               item->family, to, item->table, ROUTE_PLAN_PROTOCOL,
                               ROUTE_PLAN_METRIC_LAST);
    return g_strdup_printf("ip -%u route add %s dev %s table %u protocol %d", item->family, to,
                           ifname, item->table, ROUTE_PLAN_PROTOCOL);
}

char *
route_plan_format(const RoutePlanItem *item, const char *ifname)
{
    char text[PREFIX_TEXT_MAX];
    const char *to = item->prefix.len == 0 ? "default" : prefix_format(&item->prefix, text);

    if (item->kind == ROUTE_PLAN_ROUTE)
        return format_route(item, to, ifname);
    if (item->fwmark == 0)
        return g_strdup_printf("ip -%u rule add priority %u to %s lookup %u protocol %d",
                               item->family, item->priority, to, item->table, ROUTE_PLAN_PROTOCOL);
    return g_strdup_printf("ip -%u rule add priority %u not fwmark 0x%x lookup %u protocol %d",
                           item->family, item->priority, item->fwmark, item->table,
                           ROUTE_PLAN_PROTOCOL);
}
