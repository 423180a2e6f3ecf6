#include "agent/headend/asa_check.h"

#include "agent/headend/asa_check_private.h"
#include "agent/ike/ike_ts.h"

static void
check_outside(AsaConfig *c, AsaNotes *notes)
{
    if (!c->ike_if) {
        asa_note(notes, true, 0, "no interface has IKEv2: there is no line crypto ikev2 enable");
        return;
    }
    c->outside = asa_config_nameif(c, c->ike_if);
    if (!c->outside)
        asa_note(notes, true, c->ike_line, "no interface is called %s", c->ike_if);
    else if (c->listen.family == ADDR_NONE && c->outside->addr.family == ADDR_NONE &&
             c->outside->addr6.family == ADDR_NONE)
        asa_note(notes, true, c->outside->line, "interface %s has no address", c->ike_if);
    else if (c->outside->shutdown)
        asa_note(notes, true, c->outside->line, "interface %s is shut down", c->ike_if);
}

bool
asa_check_has_certificate(AsaNotes *notes, const AsaTrustpoint *t)
{
    if (t->self || t->certificate)
        return true;
    asa_note(notes, true, t->line,
             "trustpoint %s has neither enrollment self nor a line !acheadend trustpoint %s "
             "certificate FILE key FILE",
             t->name, t->name);
    return false;
}

/* A group without ipsec-attributes is for AnyConnect, whose gateway shows this certificate. */
static bool
needs_trustpoint(const AsaConfig *c)
{
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        if (g->remote_access && !g->ours_line)
            return true;
    }
    return c->tunnel_groups->len == 0;
}

static void
check_trustpoint(AsaConfig *c, AsaNotes *notes)
{
    if (c->ssl_trustpoint && !asa_config_trustpoint(c, c->ssl_trustpoint))
        asa_note(notes, true, c->ssl_line, "there is no trustpoint %s", c->ssl_trustpoint);
    if (!c->trustpoint_name) {
        if (needs_trustpoint(c))
            asa_note(notes, true, 0,
                     "the gateway has no certificate: there is no line crypto ikev2 remote-access "
                     "trustpoint");
        return;
    }
    c->trustpoint = asa_config_trustpoint(c, c->trustpoint_name);
    if (!c->trustpoint)
        asa_note(notes, true, c->trustpoint_line, "there is no trustpoint %s", c->trustpoint_name);
    else
        (void)asa_check_has_certificate(notes, c->trustpoint);
}

/* Lists of our own are wanted; are there any? */
static void
check_lists(const AsaConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->trustpoints->len; i++) {
        const AsaTrustpoint *t = g_ptr_array_index(c->trustpoints, i);
        bool any = false;

        for (size_t k = 0; k < ASA_CRL_URLS_MAX; k++)
            any = any || t->revocation.urls[k];
        if (t->revocation.own && !any)
            asa_note(notes, true, t->revocation.policy_line,
                     "the lists of trustpoint %s have no line url NUMBER http://...", t->name);
    }
}

/* AEAD ciphers bring their own integrity, the others need one. */
static void
check_integrity(AsaNotes *notes, unsigned line, const char *what, const AsaAlgs *encr,
                const AsaAlgs *integ)
{
    bool plain = false, real = false;

    for (size_t i = 0; i < encr->n; i++)
        plain = plain || !encr->v[i].aead;
    for (size_t i = 0; i < integ->n; i++)
        real = real || integ->v[i].id != 0;
    if (encr->n == 0)
        asa_note(notes, true, line, "%s has no encryption", what);
    else if (plain && !real)
        asa_note(notes, true, line, "%s has no integrity for its encryption", what);
}

static int
by_number(gconstpointer a, gconstpointer b)
{
    const AsaIkePolicy *x = *(AsaIkePolicy *const *)a, *y = *(AsaIkePolicy *const *)b;

    return (x->number > y->number) - (x->number < y->number);
}

static void
check_ike_policies(AsaConfig *c, AsaNotes *notes)
{
    if (c->ike_policies->len == 0)
        asa_note(notes, true, 0, "there is no line crypto ikev2 policy");
    g_ptr_array_sort(c->ike_policies, by_number);
    for (guint i = 0; i < c->ike_policies->len; i++) {
        const AsaIkePolicy *p = g_ptr_array_index(c->ike_policies, i);
        g_autofree char *what = g_strdup_printf("IKE policy %u", p->number);

        check_integrity(notes, p->line, what, &p->encr, &p->integ);
        if (p->prf.n == 0)
            asa_note(notes, true, p->line, "%s has no prf", what);
        if (p->group.n == 0)
            asa_note(notes, true, p->line, "%s has no group", what);
    }
}

static const AsaDynamicMap *
find_dynamic(const AsaConfig *c, const char *name)
{
    const AsaDynamicMap *best = NULL;

    for (guint i = 0; i < c->dynamic_maps->len; i++) {
        const AsaDynamicMap *d = g_ptr_array_index(c->dynamic_maps, i);

        if (g_str_equal(d->name, name) && (!best || d->seq < best->seq))
            best = d;
    }
    return best;
}

static void
check_proposals(const AsaConfig *c, AsaNotes *notes, const AsaNames *names)
{
    for (size_t i = 0; i < names->n; i++) {
        const AsaIpsecProposal *p = asa_config_proposal(c, names->v[i]);
        g_autofree char *what = g_strdup_printf("ipsec-proposal %s", names->v[i]);

        if (!p)
            asa_note(notes, true, names->line, "there is no %s", what);
        else
            check_integrity(notes, p->line, what, &p->encr, &p->integ);
    }
}

static void
check_dynamic(AsaConfig *c, AsaNotes *notes)
{
    const AsaDynamicMap *d = c->dynamic;

    if (d->proposals.n == 0)
        asa_note(notes, true, d->line, "dynamic map %s has no ikev2 ipsec-proposal", d->name);
    check_proposals(c, notes, &d->proposals);
}

/* What stands for us at the far end must be a network, and must not swallow the way to the peer. */
static void
check_far_ends(AsaNotes *notes, const AsaCryptoMap *m, const AsaAcl *acl)
{
    for (guint i = 0; i < acl->others->len; i++) {
        const Prefix *far = &g_array_index(acl->others, Prefix, i);

        if (far->len == 0)
            asa_note(notes, true, acl->line,
                     "access list %s of a site-to-site tunnel sends everything to the peer: name "
                     "its networks",
                     acl->name);
        for (size_t k = 0; k < m->n_peers; k++)
            if (far->len && prefix_contains(far, &m->peers[k]))
                asa_note(notes, true, acl->line,
                         "access list %s has the peer's own address behind the peer", acl->name);
    }
}

static void
check_site(AsaConfig *c, AsaNotes *notes, const AsaCryptoMap *m)
{
    const AsaAcl *acl = m->acl ? asa_config_acl(c, m->acl) : NULL;

    if (!m->acl || !m->n_peers || !m->proposals.n) {
        asa_note(notes, true, m->line, "crypto map %s %u has no %s", m->name, m->seq,
                 !m->acl       ? "match address"
                 : !m->n_peers ? "set peer"
                               : "set ikev2 ipsec-proposal");
        return;
    }
    check_proposals(c, notes, &m->proposals);
    if (!acl) {
        asa_note(notes, true, m->acl_line, "there is no access list %s", m->acl);
        return;
    }
    if (acl->bad_line || acl->others->len != acl->nets->len) {
        asa_note(notes, true, acl->bad_line ? acl->bad_line : acl->line,
                 "cannot say what goes through a tunnel, which is extended permit ip A B: %s",
                 acl->bad_line ? acl->bad_entry : acl->name);
        return;
    }
    if (acl->nets->len == 0 || acl->nets->len > IKE_TS_MAX)
        asa_note(notes, true, acl->line, "a tunnel has 1 to %d pairs of networks, %s has %u",
                 IKE_TS_MAX, acl->name, acl->nets->len);
    check_far_ends(notes, m, acl);
}

static void
check_map(AsaConfig *c, AsaNotes *notes)
{
    bool any = false;

    if (!c->map_name) {
        asa_note(notes, true, 0,
                 "no crypto map is on an interface: there is no line crypto map "
                 "NAME interface INTERFACE");
        return;
    }
    if (c->ike_if && !g_str_equal(c->map_if, c->ike_if))
        asa_note(notes, true, c->map_line, "IKEv2 is enabled on %s, not on %s", c->ike_if,
                 c->map_if);
    for (guint i = 0; i < c->crypto_maps->len; i++) {
        const AsaCryptoMap *m = g_ptr_array_index(c->crypto_maps, i);

        if (!g_str_equal(m->name, c->map_name))
            continue;
        any = true;
        if (!m->dynamic)
            check_site(c, notes, m);
        else if (!c->map || m->seq < c->map->seq)
            c->map = m;
    }
    if (!any)
        asa_note(notes, true, c->map_line, "crypto map %s has no entry", c->map_name);
    if (!c->map)
        return;
    c->dynamic = find_dynamic(c, c->map->dynamic);
    if (c->dynamic)
        check_dynamic(c, notes);
    else
        asa_note(notes, true, c->map->line, "there is no dynamic map %s", c->map->dynamic);
}

static void
check_pools(const AsaConfig *c, AsaNotes *notes, const AsaNames *names, AddrFamily family)
{
    for (size_t i = 0; i < names->n; i++)
        if (!asa_config_pool(c, names->v[i], family))
            asa_note(notes, true, names->line, "there is no IPv%d pool %s", family, names->v[i]);
}

/* An address that stands in two pools would be leased twice. */
static void
check_overlaps(const AsaConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->pools->len; i++)
        for (guint k = 0; k < i; k++) {
            const AsaPool *a = g_ptr_array_index(c->pools, k);
            const AsaPool *b = g_ptr_array_index(c->pools, i);

            if (addr_compare(&a->first, &b->last) <= 0 && addr_compare(&b->first, &a->last) <= 0) {
                asa_note(notes, true, b->line, "pool %s has addresses of pool %s", b->name,
                         a->name);
                break;
            }
        }
}

/* What a split-tunnel list must be to be told to a client. */
static void
check_split(const AsaConfig *c, AsaNotes *notes, const AsaGroupPolicy *p)
{
    const AsaAcl *acl = p->split_list ? asa_config_acl(c, p->split_list) : NULL;

    if (p->split_list && !acl) {
        asa_note(notes, true, p->split_line, "there is no access list %s", p->split_list);
        return;
    }
    if (p->split == ASA_TUNNEL_ALL)
        return;
    if (!acl) {
        asa_note(notes, true, p->split_line,
                 "group policy %s splits the tunnel but has no split-tunnel-network-list", p->name);
        return;
    }
    if (acl->bad_line)
        asa_note(notes, true, acl->bad_line, "cannot stand in a list for split tunnelling: %s",
                 acl->bad_entry);
    if (acl->nets->len == 0 || acl->nets->len > ASA_SPLIT_MAX)
        asa_note(notes, true, acl->line,
                 "a list for split tunnelling has 1 to %d networks, %s has %u", ASA_SPLIT_MAX,
                 acl->name, acl->nets->len);
    for (guint i = 0; i < acl->nets->len && p->split == ASA_EXCLUDE_SPECIFIED; i++)
        if (g_array_index(acl->nets, Prefix, i).addr.family == ADDR_V6) {
            asa_note(notes, false, acl->line,
                     "a client cannot be told of IPv6 networks to exclude: those of %s are left "
                     "out",
                     acl->name);
            break;
        }
}

static void
check_group_policies(const AsaConfig *c, AsaNotes *notes)
{
    for (guint i = 0; i < c->group_policies->len; i++) {
        const AsaGroupPolicy *own = g_ptr_array_index(c->group_policies, i);
        const AsaGroupPolicy *p = asa_config_policy(c, own->name);

        check_pools(c, notes, &own->pools, ADDR_V4);
        check_pools(c, notes, &own->pools6, ADDR_V6);
        if (own->set & (1u << ASA_GP_SPLIT | 1u << ASA_GP_SPLIT_LIST))
            check_split(c, notes, p);
        for (size_t k = 0; k < own->profiles.n; k++)
            if (!asa_config_profile(c, own->profiles.v[k]))
                asa_note(notes, true, own->profiles.line,
                         "webvpn has no line anyconnect profiles %s PATH", own->profiles.v[k]);
    }
}

static void
check_policy_name(const AsaConfig *c, AsaNotes *notes, const char *name, unsigned line)
{
    if (name && !g_str_equal(name, "DfltGrpPolicy") && !asa_config_group_policy(c, name))
        asa_note(notes, true, line, "there is no group policy %s", name);
}

static void
check_tunnel_groups(const AsaConfig *c, AsaNotes *notes)
{
    bool any = false;
    unsigned no_map = 0;

    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);
        const AsaGroupPolicy *p = asa_config_policy(c, g->policy);

        asa_check_peer(c, notes, g);
        any = true;
        if (!g->remote_access)
            continue;
        if (!c->map && !no_map++)
            asa_note(
                notes, true, g->line,
                "tunnel group %s needs a line crypto map %s SEQUENCE ipsec-isakmp dynamic NAME",
                g->name, c->map_name ? c->map_name : "NAME");
        check_pools(c, notes, &g->pools, ADDR_V4);
        check_pools(c, notes, &g->pools6, ADDR_V6);
        check_policy_name(c, notes, g->policy, g->policy_line);
        if (g->pools.n + g->pools6.n + p->pools.n + p->pools6.n == 0)
            asa_note(notes, false, g->line, "tunnel group %s has no address pool: nobody gets in",
                     g->name);
        if (!p->ikev2)
            asa_note(notes, false, g->line,
                     "group policy %s has no vpn-tunnel-protocol ikev2: nobody gets in through "
                     "tunnel group %s",
                     p->name, g->name);
    }
    if (!any)
        asa_note(notes, true, 0, "there is no line tunnel-group NAME type remote-access|ipsec-l2l");
}

static void
check_users(const AsaConfig *c, AsaNotes *notes)
{
    bool wanted = asa_check_wants_users(c);

    if (c->users->len == 0 && wanted)
        asa_note(notes, false, 0, "there is no user: nobody gets in");
    for (guint i = 0; i < c->users->len; i++) {
        const AsaUser *u = g_ptr_array_index(c->users, i);

        check_policy_name(c, notes, u->policy, u->policy_line);
        if (u->lock && !asa_config_tunnel_group(c, u->lock))
            asa_note(notes, true, u->lock_line, "there is no tunnel group %s", u->lock);
    }
}

void
asa_check(AsaConfig *c, AsaNotes *notes)
{
    asa_config_inherit(c);
    check_outside(c, notes);
    check_trustpoint(c, notes);
    check_lists(c, notes);
    check_ike_policies(c, notes);
    check_map(c, notes);
    check_overlaps(c, notes);
    check_group_policies(c, notes);
    check_tunnel_groups(c, notes);
    check_users(c, notes);
    asa_check_eap(c, notes);
}
