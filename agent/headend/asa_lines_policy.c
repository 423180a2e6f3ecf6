/* Group policies: what a session gets. */

#include "agent/headend/asa_parse_private.h"

/* The policy below whose line we stand, marked as having said @field. */
static AsaGroupPolicy *
said(AsaParse *p, AsaPolicyField field)
{
    AsaGroupPolicy *g = p->object;

    if (g)
        g->set |= 1u << field;
    return g;
}

static AsaGroupPolicy *
policy_add(AsaParse *p, const char *name)
{
    AsaGroupPolicy *g = asa_parse_add(p, p->config->group_policies, sizeof(*g), "group policies");

    if (!g)
        return NULL;
    g->line = p->line.number;
    g->name = asa_parse_keep(p, name);
    return g;
}

static void
on_internal(AsaParse *p, const AsaArgs *a)
{
    if (!asa_config_group_policy(p->config, a->v[0]))
        (void)policy_add(p, a->v[0]);
}

static void
on_attributes(AsaParse *p, const AsaArgs *a)
{
    p->object = (AsaGroupPolicy *)asa_config_group_policy(p->config, a->v[0]);
    if (p->object)
        return;
    if (g_str_equal(a->v[0], "DfltGrpPolicy"))
        p->object = policy_add(p, a->v[0]);
    else
        asa_parse_fail(p, "no line above is: group-policy %s internal", a->v[0]);
}

/* The words of * as IPv4 or IPv6 addresses. */
static bool
parse_servers(AsaParse *p, const AsaArgs *a, size_t max, Addr *ret, size_t *ret_n)
{
    size_t n = p->line.n - a->rest;
    Addr v[4];

    g_assert(max <= G_N_ELEMENTS(v));
    if (n > max) {
        asa_parse_fail(p, "more than %zu servers", max);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!asa_parse_addr(p, p->line.word[a->rest + i], ADDR_NONE, &v[i]))
            return false;
        if (addr_is_unspecified(&v[i]) || addr_is_loopback(&v[i]) || addr_is_multicast(&v[i])) {
            asa_parse_fail(p, "%s cannot be a server", p->line.word[a->rest + i]);
            return false;
        }
    }
    memcpy(ret, v, n * sizeof(*v));
    *ret_n = n;
    return true;
}

static void
on_dns(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_DNS);

    if (g)
        (void)!parse_servers(p, a, G_N_ELEMENTS(g->dns), g->dns, &g->n_dns);
}

static void
on_dns_none(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_DNS);

    (void)a;
    if (g)
        g->n_dns = 0;
}

static void
on_wins(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_WINS);

    if (g && parse_servers(p, a, G_N_ELEMENTS(g->wins), g->wins, &g->n_wins))
        for (size_t i = 0; i < g->n_wins; i++)
            if (g->wins[i].family != ADDR_V4)
                asa_parse_fail(p, "a WINS server has an IPv4 address");
}

static void
on_wins_none(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_WINS);

    (void)a;
    if (g)
        g->n_wins = 0;
}

static void
on_domain_value(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_DOMAIN);

    if (strlen(a->v[0]) > 255)
        asa_parse_fail(p, "the domain is longer than 255 octets");
    else if (g)
        g->domain = asa_parse_keep(p, a->v[0]);
}

static void
on_domain_none(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_DOMAIN);

    (void)a;
    if (g)
        g->domain = NULL;
}

static void
on_split(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_SPLIT);

    if (!g)
        return;
    g->split = g_str_equal(a->v[0], "tunnelall")         ? ASA_TUNNEL_ALL
               : g_str_equal(a->v[0], "tunnelspecified") ? ASA_TUNNEL_SPECIFIED
                                                         : ASA_EXCLUDE_SPECIFIED;
    g->split_line = p->line.number;
}

static void
on_split_list(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_SPLIT_LIST);

    if (!g)
        return;
    g->split_list = a->n ? asa_parse_keep(p, a->v[0]) : NULL;
    g->split_line = p->line.number;
}

static void
on_split_dns(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_SPLIT_DNS);

    if (g)
        g->split_dns = a->n ? asa_parse_keep(p, a->v[0]) : NULL;
}

static void
on_all_dns(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_ALL_DNS);

    if (g)
        g->all_dns = g_str_equal(a->v[0], "enable");
}

/* Several lines make one banner. */
static void
on_banner(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_BANNER);
    g_autofree char *all = NULL;

    if (!g)
        return;
    all = g->banner ? g_strconcat(g->banner, "\n", a->v[0], NULL) : g_strdup(a->v[0]);
    if (strlen(all) > 4000)
        asa_parse_fail(p, "the banner is longer than 4000 octets");
    else
        g->banner = asa_parse_keep(p, all);
}

static void
on_banner_none(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_BANNER);

    (void)a;
    if (g)
        g->banner = NULL;
}

static void
parse_minutes(AsaParse *p, const char *word, uint32_t *ret_seconds)
{
    uint32_t minutes = 0;

    if (g_str_equal(word, "none") ||
        asa_parse_number(p, word, "minutes", 1, 35791394, &minutes)) /* an ASA's own bound */
        *ret_seconds = minutes * 60;
}

static void
on_idle(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_IDLE);

    if (g)
        parse_minutes(p, a->v[0], &g->idle);
}

static void
on_session(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_SESSION);

    if (g)
        parse_minutes(p, a->v[0], &g->session);
}

static void
on_logins(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_LOGINS);
    uint32_t v;

    if (g && asa_parse_number(p, a->v[0], "vpn-simultaneous-logins", 0, INT32_MAX, &v))
        g->logins = v;
}

static void
on_protocol(AsaParse *p, const AsaArgs *a)
{
    static const char *const known[] = { "ikev1",      "ikev2",          "l2tp-ipsec",
                                         "ssl-client", "ssl-clientless", NULL };
    AsaGroupPolicy *g = said(p, ASA_GP_PROTOCOL);

    if (g)
        g->ikev2 = false;
    for (size_t i = a->rest; i < p->line.n; i++) {
        if (!g_strv_contains(known, p->line.word[i]))
            asa_parse_fail(p, "tunnel protocol \"%s\" does not exist", p->line.word[i]);
        if (g && g_str_equal(p->line.word[i], "ikev2"))
            g->ikev2 = true;
    }
}

static void
on_pools(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_POOLS);

    if (g && a->n)
        (void)!asa_parse_names(p, a, &g->pools);
    else if (g)
        g->pools.n = 0;
}

static void
on_pools6(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_POOLS6);

    if (g && a->n)
        (void)!asa_parse_names(p, a, &g->pools6);
    else if (g)
        g->pools6.n = 0;
}

static void
on_bypass(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_BYPASS);

    if (g)
        g->bypass = g_str_equal(a->v[0], "enable");
}

static void
on_smartcard(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_SMARTCARD);

    if (g)
        g->smartcard = g_str_equal(a->v[0], "enable");
}

static void
on_mtu(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_MTU);
    uint32_t v;

    if (g && asa_parse_number(p, a->v[0], "mtu", 576, 1462, &v))
        g->mtu = (uint16_t)v;
}

static void
on_keep(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_KEEP);

    if (g)
        g->keep = g_str_equal(a->v[0], "installed");
}

static void
on_dpd(AsaParse *p, const AsaArgs *a)
{
    bool client = g_str_equal(a->v[0], "client");
    AsaGroupPolicy *g = said(p, client ? ASA_GP_DPD_CLIENT : ASA_GP_DPD_GATEWAY);
    uint32_t seconds = 0;

    if (!g_str_equal(a->v[1], "none") &&
        !asa_parse_number(p, a->v[1], "dpd-interval", 5, 3600, &seconds))
        return;
    if (g)
        *(client ? &g->dpd_client : &g->dpd_gateway) = seconds;
}

static void
on_always_on(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_ALWAYS_ON);

    if (g)
        g->no_always_on = g_str_equal(a->v[0], "disable");
}

static void
on_profile(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_PROFILES);

    if (!g)
        return;
    if (g->profiles.n == ASA_NAMES_MAX) {
        asa_parse_fail(p, "more than %d profiles", ASA_NAMES_MAX);
        return;
    }
    g->profiles.line = p->line.number;
    g->profiles.v[g->profiles.n++] = asa_parse_keep(p, a->v[0]);
}

static void
on_profile_none(AsaParse *p, const AsaArgs *a)
{
    AsaGroupPolicy *g = said(p, ASA_GP_PROFILES);

    (void)a;
    if (g)
        g->profiles.n = 0;
}

#define IN   ASA_IN_GROUP_POLICY
#define IN_W ASA_IN_GROUP_POLICY_WEBVPN

const AsaRule asa_lines_policy[] = {
    { ASA_TOP, "group-policy # internal", on_internal, 0, NULL },
    { ASA_TOP, "group-policy # external *", NULL, 0,
      "group policies from a server are not supported: expected internal" },
    { ASA_TOP, "group-policy # attributes", on_attributes, IN, NULL },
    { IN, "dns-server none", on_dns_none, 0, NULL },
    { IN, "dns-server value *", on_dns, 0, NULL },
    { IN, "wins-server none", on_wins_none, 0, NULL },
    { IN, "wins-server value *", on_wins, 0, NULL },
    { IN, "default-domain none", on_domain_none, 0, NULL },
    { IN, "default-domain value #", on_domain_value, 0, NULL },
    { IN, "split-tunnel-policy tunnelall|tunnelspecified|excludespecified", on_split, 0, NULL },
    { IN, "split-tunnel-policy *", NULL, 0,
      "expected: split-tunnel-policy tunnelall|tunnelspecified|excludespecified" },
    { IN, "split-tunnel-network-list none", on_split_list, 0, NULL },
    { IN, "split-tunnel-network-list value #", on_split_list, 0, NULL },
    { IN, "split-dns none", on_split_dns, 0, NULL },
    { IN, "split-dns value *", on_split_dns, 0, NULL },
    { IN, "split-tunnel-all-dns enable|disable", on_all_dns, 0, NULL },
    { IN, "banner none", on_banner_none, 0, NULL },
    { IN, "banner value *", on_banner, 0, NULL },
    { IN, "vpn-idle-timeout alert-interval #", NULL, 0, NULL },
    { IN, "vpn-idle-timeout #", on_idle, 0, NULL },
    { IN, "vpn-session-timeout alert-interval #", NULL, 0, NULL },
    { IN, "vpn-session-timeout #", on_session, 0, NULL },
    { IN, "vpn-simultaneous-logins #", on_logins, 0, NULL },
    { IN, "vpn-tunnel-protocol *", on_protocol, 0, NULL },
    { IN, "address-pools none", on_pools, 0, NULL },
    { IN, "address-pools value *", on_pools, 0, NULL },
    { IN, "ipv6-address-pools none", on_pools6, 0, NULL },
    { IN, "ipv6-address-pools value *", on_pools6, 0, NULL },
    { IN, "client-bypass-protocol enable|disable", on_bypass, 0, NULL },
    { IN, "smartcard-removal-disconnect enable|disable", on_smartcard, 0, NULL },
    /* Restrictions that we cannot enforce must not be passed over. */
    { IN, "vpn-filter none", NULL, 0, NULL },
    { IN, "vpn-filter *", NULL, 0, "filters of a session are not supported" },
    { IN, "vpn-access-hours none", NULL, 0, NULL },
    { IN, "vpn-access-hours *", NULL, 0, "hours of access are not supported" },
    { IN, "webvpn", NULL, IN_W, NULL },
    { IN_W, "anyconnect mtu #", on_mtu, 0, NULL },
    { IN_W, "anyconnect keep-installer installed|none", on_keep, 0, NULL },
    { IN_W, "anyconnect dpd-interval client|gateway #", on_dpd, 0, NULL },
    { IN_W, "anyconnect profiles none", on_profile_none, 0, NULL },
    { IN_W, "anyconnect profiles value # type user", on_profile, 0, NULL },
    { IN_W, "anyconnect profiles value # type #", NULL, 0,
      "only profiles of type user are supported" },
    { IN_W, "anyconnect modules|ssl|ask *", NULL, 0, NULL },
    { IN_W, "always-on-vpn profile-setting|disable", on_always_on, 0, NULL },
    { 0 },
};
