#include "agent/headend/asa_config.h"

void
asa_config_free(AsaConfig *c)
{
    if (!c)
        return;
    for (guint i = 0; i < c->acls->len; i++) {
        g_array_unref(((AsaAcl *)g_ptr_array_index(c->acls, i))->nets);
        g_array_unref(((AsaAcl *)g_ptr_array_index(c->acls, i))->others);
    }
    for (guint i = 0; i < c->users->len; i++)
        secret_clear(&((AsaUser *)g_ptr_array_index(c->users, i))->secret);
    for (guint i = 0; i < c->ppks->len; i++)
        secret_clear(&((AsaPpk *)g_ptr_array_index(c->ppks, i))->key);
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        secret_clear(&((AsaTunnelGroup *)g_ptr_array_index(c->tunnel_groups, i))->psk_ours);
        secret_clear(&((AsaTunnelGroup *)g_ptr_array_index(c->tunnel_groups, i))->psk_peer);
    }
    g_ptr_array_unref(c->interfaces);
    g_ptr_array_unref(c->pools);
    g_ptr_array_unref(c->acls);
    g_ptr_array_unref(c->ike_policies);
    g_ptr_array_unref(c->proposals);
    g_ptr_array_unref(c->dynamic_maps);
    g_ptr_array_unref(c->crypto_maps);
    g_ptr_array_unref(c->trustpoints);
    g_ptr_array_unref(c->profiles);
    g_ptr_array_unref(c->group_policies);
    g_ptr_array_unref(c->policies);
    g_ptr_array_unref(c->users);
    g_ptr_array_unref(c->tunnel_groups);
    g_ptr_array_unref(c->ppks);
    g_string_free(c->running, TRUE);
    g_string_chunk_free(c->strings);
    g_free(c);
}

/* One look-up by exact name for each kind of thing. */
#define FINDER(Type, function, array, key)                                                         \
    const Type *function(const AsaConfig *c, const char *name)                                     \
    {                                                                                              \
        for (guint i = 0; i < c->array->len; i++) {                                                \
            const Type *t = g_ptr_array_index(c->array, i);                                        \
            if (g_strcmp0(t->key, name) == 0)                                                      \
                return t;                                                                          \
        }                                                                                          \
        return NULL;                                                                               \
    }
FINDER(AsaInterface, asa_config_nameif, interfaces, nameif)
FINDER(AsaAcl, asa_config_acl, acls, name)
FINDER(AsaUser, asa_config_user, users, name)
FINDER(AsaTunnelGroup, asa_config_tunnel_group, tunnel_groups, name)
FINDER(AsaProfile, asa_config_profile, profiles, name)
FINDER(AsaIpsecProposal, asa_config_proposal, proposals, name)
FINDER(AsaTrustpoint, asa_config_trustpoint, trustpoints, name)
FINDER(AsaGroupPolicy, asa_config_group_policy, group_policies, name)
#undef FINDER

const AsaPool *
asa_config_pool(const AsaConfig *c, const char *name, AddrFamily family)
{
    for (guint i = 0; i < c->pools->len; i++) {
        const AsaPool *p = g_ptr_array_index(c->pools, i);

        if (p->first.family == family && g_str_equal(p->name, name))
            return p;
    }
    return NULL;
}

static bool
leads_to(const AsaCryptoMap *m, const Addr *peer)
{
    for (size_t i = 0; i < m->n_peers; i++)
        if (addr_equal(&m->peers[i], peer))
            return true;
    return false;
}

const AsaCryptoMap *
asa_config_map_to(const AsaConfig *c, const Addr *peer)
{
    const AsaCryptoMap *best = NULL;

    for (guint i = 0; i < c->crypto_maps->len; i++) {
        const AsaCryptoMap *m = g_ptr_array_index(c->crypto_maps, i);

        if (g_strcmp0(m->name, c->map_name) == 0 && leads_to(m, peer) &&
            (!best || m->seq < best->seq))
            best = m;
    }
    return best;
}

/* What DfltGrpPolicy says on an ASA that was told nothing. */
static const AsaGroupPolicy built_in = {
    .name = "DfltGrpPolicy",
    .split = ASA_TUNNEL_ALL,
    .idle = 30 * 60,
    .logins = 3,
    .ikev2 = true,
    .smartcard = true,
    .keep = true,
    .mtu = 1406,
    .dpd_client = 30,
    .dpd_gateway = 30,
};

static void
overlay(AsaGroupPolicy *to, const AsaGroupPolicy *from)
{
#define TAKE(field, member)                                                                        \
    if (from->set & 1u << ASA_GP_##field)                                                          \
    to->member = from->member
    TAKE(DNS, n_dns);
    if (from->set & 1u << ASA_GP_DNS)
        memcpy(to->dns, from->dns, sizeof(to->dns));
    TAKE(WINS, n_wins);
    if (from->set & 1u << ASA_GP_WINS)
        memcpy(to->wins, from->wins, sizeof(to->wins));
    TAKE(DOMAIN, domain);
    TAKE(SPLIT, split);
    TAKE(SPLIT_LIST, split_list);
    TAKE(SPLIT_DNS, split_dns);
    TAKE(ALL_DNS, all_dns);
    TAKE(BANNER, banner);
    TAKE(IDLE, idle);
    TAKE(SESSION, session);
    TAKE(LOGINS, logins);
    TAKE(PROTOCOL, ikev2);
    TAKE(POOLS, pools);
    TAKE(POOLS6, pools6);
    TAKE(BYPASS, bypass);
    TAKE(SMARTCARD, smartcard);
    TAKE(MTU, mtu);
    TAKE(KEEP, keep);
    TAKE(DPD_CLIENT, dpd_client);
    TAKE(DPD_GATEWAY, dpd_gateway);
    TAKE(ALWAYS_ON, no_always_on);
    TAKE(PROFILES, profiles);
#undef TAKE
    if (from->split_line)
        to->split_line = from->split_line;
    to->set |= from->set;
}

void
asa_config_inherit(AsaConfig *c)
{
    const AsaGroupPolicy *own = asa_config_group_policy(c, built_in.name);
    AsaGroupPolicy *dflt = g_memdup2(&built_in, sizeof(built_in));

    if (own)
        overlay(dflt, own);
    g_ptr_array_add(c->policies, dflt);
    for (guint i = 0; i < c->group_policies->len; i++) {
        AsaGroupPolicy *p = g_memdup2(dflt, sizeof(*dflt));

        own = g_ptr_array_index(c->group_policies, i);
        overlay(p, own);
        p->name = own->name;
        p->line = own->line;
        g_ptr_array_add(c->policies, p);
    }
}

const AsaGroupPolicy *
asa_config_policy(const AsaConfig *c, const char *name)
{
    for (guint i = 1; i < c->policies->len; i++) {
        const AsaGroupPolicy *p = g_ptr_array_index(c->policies, i);

        if (g_strcmp0(p->name, name) == 0)
            return p;
    }
    return g_ptr_array_index(c->policies, 0);
}

static bool
means(const AsaTunnelGroup *g, const char *word)
{
    for (size_t i = 0; i < g->aliases.n; i++)
        if (g_ascii_strcasecmp(g->aliases.v[i], word) == 0)
            return true;
    return g_ascii_strcasecmp(g->name, word) == 0;
}

const AsaTunnelGroup *
asa_config_group_of(const AsaConfig *c, const char *word)
{
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *g = g_ptr_array_index(c->tunnel_groups, i);

        if (g->remote_access && means(g, word))
            return g;
    }
    return NULL;
}

char *
asa_config_fqdn(const AsaConfig *c)
{
    return c->domain ? g_strconcat(c->hostname, ".", c->domain, NULL) : g_strdup(c->hostname);
}
