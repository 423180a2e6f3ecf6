/* Name, interfaces, pools, access lists, and the settings of our own. */

#include "agent/headend/asa_parse_private.h"

static void
on_hostname(AsaParse *p, const AsaArgs *a)
{
    p->config->hostname = asa_parse_keep(p, a->v[0]);
}

static void
on_domain(AsaParse *p, const AsaArgs *a)
{
    p->config->domain = asa_parse_keep(p, a->v[0]);
}

static void
on_interface(AsaParse *p, const AsaArgs *a)
{
    AsaInterface *i = asa_parse_add(p, p->config->interfaces, sizeof(*i), "interfaces");

    p->object = i;
    if (!i)
        return;
    i->line = p->line.number;
    i->name = asa_parse_keep(p, a->v[0]);
}

static void
on_nameif(AsaParse *p, const AsaArgs *a)
{
    AsaInterface *i = p->object;

    if (asa_config_nameif(p->config, a->v[0]))
        asa_parse_fail(p, "another interface is called %s", a->v[0]);
    else if (i)
        i->nameif = asa_parse_keep(p, a->v[0]);
}

static void
on_ip_address(AsaParse *p, const AsaArgs *a)
{
    AsaInterface *i = p->object;
    Addr addr;
    Prefix net;

    if (!asa_parse_interface(p, a, &addr, &net) || !i)
        return;
    i->addr = addr;
    i->net = net;
}

/* "2001:db8::1/64" with the host part kept. */
static bool
parse_addr6_len(AsaParse *p, const char *word, Addr *ret, Prefix *ret_net)
{
    const char *slash = strchr(word, '/');
    g_autofree char *host = slash ? g_strndup(word, (gsize)(slash - word)) : NULL;

    if (host && addr_parse(host, ret) && ret->family == ADDR_V6 && prefix_parse(word, ret_net))
        return true;
    asa_parse_fail(p, "\"%s\" is not an IPv6 address with its prefix length", word);
    return false;
}

static void
on_ipv6_address(AsaParse *p, const AsaArgs *a)
{
    AsaInterface *i = p->object;
    Addr addr;
    Prefix net;

    if (parse_addr6_len(p, a->v[0], &addr, &net) && i) {
        i->addr6 = addr;
        i->net6 = net;
    }
}

static void
on_shutdown(AsaParse *p, const AsaArgs *a)
{
    AsaInterface *i = p->object;

    (void)a;
    if (i)
        i->shutdown = true;
}

static AsaPool *
pool_add(AsaParse *p, const char *name, AddrFamily family)
{
    AsaPool *pool;

    if (asa_config_pool(p->config, name, family)) {
        asa_parse_fail(p, "pool %s is defined twice", name);
        return NULL;
    }
    pool = asa_parse_add(p, p->config->pools, sizeof(*pool), "pools");
    if (pool) {
        pool->line = p->line.number;
        pool->name = asa_parse_keep(p, name);
    }
    return pool;
}

static uint32_t
v4_number(const Addr *a)
{
    return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}

static void
on_pool(AsaParse *p, const AsaArgs *a)
{
    g_auto(GStrv) ends = g_strsplit(a->v[1], "-", 2);
    Addr first, last, mask = { 0 };
    Prefix net;
    AsaPool *pool;

    if (!asa_parse_addr(p, ends[0], ADDR_V4, &first) ||
        !asa_parse_addr(p, ends[1] ? ends[1] : ends[0], ADDR_V4, &last) ||
        (a->n == 3 && !asa_parse_addr(p, a->v[2], ADDR_V4, &mask)))
        return;
    if (a->n == 3 && !prefix_from_mask(&first, &mask, &net)) {
        asa_parse_fail(p, "\"%s\" is not a network mask", a->v[2]);
        return;
    }
    if (addr_compare(&first, &last) > 0) {
        asa_parse_fail(p, "pool %s ends before it begins", a->v[0]);
        return;
    }
    if (v4_number(&last) - v4_number(&first) >= ASA_POOL_MAX) {
        asa_parse_fail(p, "pool %s has more than %d addresses", a->v[0], ASA_POOL_MAX);
        return;
    }
    if (addr_is_unspecified(&first) || addr_is_loopback(&first) || addr_is_multicast(&last)) {
        asa_parse_fail(p, "pool %s has addresses that no host can have", a->v[0]);
        return;
    }
    pool = pool_add(p, a->v[0], ADDR_V4);
    if (!pool)
        return;
    pool->first = first;
    pool->last = last;
    pool->mask = mask;
}

static void
on_pool6(AsaParse *p, const AsaArgs *a)
{
    Addr first, last;
    Prefix net;
    uint32_t count;
    AsaPool *pool;

    if (!parse_addr6_len(p, a->v[1], &first, &net) ||
        !asa_parse_number(p, a->v[2], "count", 1, ASA_POOL_MAX, &count))
        return;
    last = first;
    for (uint32_t i = 1; i < count; i++)
        if (!addr_next(&last, &last))
            count = 0;
    if (count == 0 || !prefix_contains(&net, &last)) {
        asa_parse_fail(p, "pool %s has more addresses than its prefix", a->v[0]);
        return;
    }
    pool = pool_add(p, a->v[0], ADDR_V6);
    if (!pool)
        return;
    pool->first = first;
    pool->last = last;
    pool->net_len = net.len;
}

static AsaAcl *
acl_of(AsaParse *p, const char *name)
{
    AsaAcl *acl = (AsaAcl *)asa_config_acl(p->config, name);

    if (acl)
        return acl;
    acl = asa_parse_add(p, p->config->acls, sizeof(*acl), "access lists");
    if (!acl)
        return NULL;
    acl->line = p->line.number;
    acl->name = asa_parse_keep(p, name);
    acl->nets = g_array_new(FALSE, FALSE, sizeof(Prefix));
    acl->others = g_array_new(FALSE, FALSE, sizeof(Prefix));
    return acl;
}

/* "any", "any4", "any6", "host A", "A M", "P6/len" from word *@at on, which moves behind it. */
static bool
parse_network(const AsaLine *l, size_t *at, Prefix *ret)
{
    const char *word = *at < l->n ? l->word[*at] : "";
    const char *next = *at + 1 < l->n ? l->word[*at + 1] : "";
    Addr addr, mask;

    if (g_str_equal(word, "any") || g_str_equal(word, "any4") || g_str_equal(word, "any6")) {
        *ret = (Prefix){ .addr.family = word[3] == '6' ? ADDR_V6 : ADDR_V4 };
        *at += 1;
        return true;
    }
    if (strchr(word, ':')) {
        *at += 1;
        return prefix_parse(word, ret);
    }
    *at += 2;
    if (g_str_equal(word, "host"))
        return strchr(next, '/') == NULL && prefix_parse(next, ret);
    return addr_parse(word, &addr) && addr_parse(next, &mask) &&
           prefix_from_mask(&addr, &mask, ret);
}

/* An access list may serve other ends than split tunnelling, so an entry that such a list cannot
 * hold is only remembered; asa_check() objects when a group policy uses it. */
static void
acl_entry(AsaParse *p, const char *name, size_t at, bool extended)
{
    const AsaLine *l = &p->line;
    AsaAcl *acl = acl_of(p, name);
    bool good = at < l->n && g_str_equal(l->word[at], "permit");
    Prefix net, other;

    if (!acl)
        return;
    at++;
    if (extended) {
        good = good && at < l->n && g_str_equal(l->word[at], "ip");
        at++;
    }
    good = good && parse_network(l, &at, &net);
    if (extended)
        good = good && parse_network(l, &at, &other);
    if (good && at == l->n && acl->nets->len < ASA_ITEMS_MAX) {
        g_array_append_val(acl->nets, net);
        if (extended)
            g_array_append_val(acl->others, other);
    } else if (!acl->bad_line) {
        acl->bad_line = l->number;
        acl->bad_entry = asa_parse_keep(p, l->text);
    }
}

static void
on_acl_standard(AsaParse *p, const AsaArgs *a)
{
    acl_entry(p, a->v[0], a->rest, false);
}

/* The inside network is the source: the list is written from the gateway's view. */
static void
on_acl_extended(AsaParse *p, const AsaArgs *a)
{
    acl_entry(p, a->v[0], a->rest, true);
}

static void
on_listen(AsaParse *p, const AsaArgs *a)
{
    (void)!asa_parse_addr(p, a->v[0], ADDR_NONE, &p->config->listen);
}

static void
on_version(AsaParse *p, const AsaArgs *a)
{
    p->config->version = asa_parse_keep(p, a->v[0]);
}

static void
on_disk0(AsaParse *p, const AsaArgs *a)
{
    p->config->disk0 = asa_parse_keep(p, a->v[0]);
}

const AsaRule asa_lines_net[] = {
    { ASA_TOP, "hostname #", on_hostname, 0, NULL },
    { ASA_TOP, "domain-name #", on_domain, 0, NULL },
    { ASA_TOP, "interface #", on_interface, ASA_IN_INTERFACE, NULL },
    { ASA_IN_INTERFACE, "nameif #", on_nameif, 0, NULL },
    { ASA_IN_INTERFACE, "ip address # #", on_ip_address, 0, NULL },
    { ASA_IN_INTERFACE, "ip address # # standby #", on_ip_address, 0, NULL },
    { ASA_IN_INTERFACE, "ip address *", NULL, 0, "expected: ip address ADDRESS MASK" },
    { ASA_IN_INTERFACE, "ipv6 address autoconfig", NULL, 0,
      "cannot learn its own address: expected: ipv6 address ADDRESS/LENGTH" },
    { ASA_IN_INTERFACE, "ipv6 address # link-local", NULL, 0, NULL },
    { ASA_IN_INTERFACE, "ipv6 address #", on_ipv6_address, 0, NULL },
    { ASA_IN_INTERFACE, "ipv6 address # standby #", on_ipv6_address, 0, NULL },
    { ASA_IN_INTERFACE, "shutdown", on_shutdown, 0, NULL },
    { ASA_TOP, "ip local pool # #", on_pool, 0, NULL },
    { ASA_TOP, "ip local pool # # mask #", on_pool, 0, NULL },
    { ASA_TOP, "ip local pool *", NULL, 0, "expected: ip local pool NAME FIRST-LAST [mask MASK]" },
    { ASA_TOP, "ipv6 local pool # # #", on_pool6, 0, NULL },
    { ASA_TOP, "ipv6 local pool *", NULL, 0,
      "expected: ipv6 local pool NAME ADDRESS/LENGTH COUNT" },
    { ASA_TOP, "access-list # remark *", NULL, 0, NULL },
    { ASA_TOP, "access-list # standard *", on_acl_standard, 0, NULL },
    { ASA_TOP, "access-list # extended *", on_acl_extended, 0, NULL },
    { ASA_OWN, "listen #", on_listen, 0, NULL },
    { ASA_OWN, "version #", on_version, 0, NULL },
    { ASA_OWN, "disk0 #", on_disk0, 0, NULL },
    { 0 },
};
