/* Who may come in and how: webvpn, users, tunnel groups. */

#include "agent/headend/aaa.h"
#include "agent/headend/asa_parse_private.h"

static void
on_profile(AsaParse *p, const AsaArgs *a)
{
    AsaProfile *f = (AsaProfile *)asa_config_profile(p->config, a->v[0]);

    if (!f)
        f = asa_parse_add(p, p->config->profiles, sizeof(*f), "profiles");
    if (!f)
        return;
    f->line = p->line.number;
    f->name = asa_parse_keep(p, a->v[0]);
    f->path = asa_parse_keep(p, a->v[1]);
}

static void
on_group_list(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    p->config->group_list = true;
}

static AsaUser *
user_of(AsaParse *p, const char *name, AsaUserForm form)
{
    AsaUser *u = (AsaUser *)asa_config_user(p->config, name);

    if (!u)
        u = asa_parse_add(p, p->config->users, sizeof(*u), "users");
    if (!u)
        return NULL;
    u->line = p->line.number;
    u->name = asa_parse_keep(p, name);
    u->form = form;
    u->hash = NULL;
    secret_clear(&u->secret);
    return u;
}

static void
on_user(AsaParse *p, const AsaArgs *a)
{
    bool pbkdf2 = g_str_equal(a->v[2], "pbkdf2");
    AsaUser *u;

    if (!aaa_hash_valid(a->v[1], pbkdf2)) {
        asa_parse_fail(p, "user %s: the password is not a hash of the form %s", a->v[0],
                       pbkdf2 ? "$sha512$ROUNDS$SALT$HASH" : "that \"encrypted\" means");
        return;
    }
    if (!pbkdf2)
        asa_parse_warn(p, "user %s: this password hash is weak (MD5); prefer pbkdf2", a->v[0]);
    u = user_of(p, a->v[0], pbkdf2 ? ASA_USER_PBKDF2 : ASA_USER_MD5);
    if (u)
        u->hash = asa_parse_keep(p, a->v[1]);
}

static void
on_user_nt(AsaParse *p, const AsaArgs *a)
{
    g_auto(Secret) hash = { 0 };
    AsaUser *u;

    if (!asa_parse_hex(p, a->v[1], "nt-encrypted password", AAA_NT_LEN, AAA_NT_LEN, &hash))
        return;
    asa_parse_warn(
        p, "user %s: who reads an NT hash can log in with it; keep this file to yourself", a->v[0]);
    u = user_of(p, a->v[0], ASA_USER_NT);
    if (u)
        secret_move(&u->secret, &hash);
}

static void
on_user_plain(AsaParse *p, const AsaArgs *a)
{
    g_auto(Secret) password = { 0 };
    AsaUser *u;

    if (!asa_parse_secret(p, a->v[1], "password", 1, AAA_PASSWORD_MAX, &password))
        return;
    asa_parse_warn(p,
                   "user %s: the password stands here in clear text; \"acheadend password\" makes "
                   "a hash, which serves all but EAP-MSCHAPv2 and EAP-MD5",
                   a->v[0]);
    u = user_of(p, a->v[0], ASA_USER_PLAIN);
    if (u)
        secret_move(&u->secret, &password);
}

static void
on_user_attributes(AsaParse *p, const AsaArgs *a)
{
    p->object = (AsaUser *)asa_config_user(p->config, a->v[0]);
    if (!p->object)
        asa_parse_fail(p, "no line above is: username %s password ...", a->v[0]);
}

static void
on_user_policy(AsaParse *p, const AsaArgs *a)
{
    AsaUser *u = p->object;

    if (!u)
        return;
    u->policy = asa_parse_keep(p, a->v[0]);
    u->policy_line = p->line.number;
}

static void
on_user_lock(AsaParse *p, const AsaArgs *a)
{
    AsaUser *u = p->object;

    if (!u)
        return;
    u->lock = asa_parse_keep(p, a->v[0]);
    u->lock_line = p->line.number;
}

static AsaTunnelGroup *
tunnel_group_add(AsaParse *p, const char *name, bool remote_access)
{
    AsaTunnelGroup *g = (AsaTunnelGroup *)asa_config_tunnel_group(p->config, name);

    if (!g)
        g = asa_parse_add(p, p->config->tunnel_groups, sizeof(*g), "tunnel groups");
    if (!g)
        return NULL;
    g->line = p->line.number;
    g->name = asa_parse_keep(p, name);
    g->remote_access = remote_access;
    return g;
}

static void
on_tunnel_group(AsaParse *p, const AsaArgs *a)
{
    (void)tunnel_group_add(p, a->v[0], true);
}

/* Its name is the address of the peer: nothing else tells us who calls. */
static void
on_tunnel_group_l2l(AsaParse *p, const AsaArgs *a)
{
    Addr peer;

    if (addr_parse(a->v[0], &peer) || g_str_equal(a->v[0], "DefaultL2LGroup"))
        (void)tunnel_group_add(p, a->v[0], false);
    else
        asa_parse_fail(p, "the name of a site-to-site group is the address of its peer, not %s",
                       a->v[0]);
}

/* The attributes of a group, which an ASA has even without a line for two of them. */
static void
on_tunnel_group_attributes(AsaParse *p, const AsaArgs *a)
{
    p->object = (AsaTunnelGroup *)asa_config_tunnel_group(p->config, a->v[0]);
    if (p->object)
        return;
    if (g_str_equal(a->v[0], "DefaultWEBVPNGroup") || g_str_equal(a->v[0], "DefaultRAGroup"))
        p->object = tunnel_group_add(p, a->v[0], true);
    else
        asa_parse_fail(p, "no line above is: tunnel-group %s type remote-access|ipsec-l2l",
                       a->v[0]);
}

static void
on_pools(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g)
        (void)!asa_parse_names(p, a, &g->pools);
}

static void
on_pools6(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (g)
        (void)!asa_parse_names(p, a, &g->pools6);
}

static void
on_default_policy(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (!g)
        return;
    g->policy = asa_parse_keep(p, a->v[0]);
    g->policy_line = p->line.number;
}

static void
on_second(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    (void)a;
    if (g)
        g->second = true;
}

static void
on_second_same_user(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    (void)a;
    if (g)
        g->second = g->second_same_user = true;
}

static void
on_password_management(AsaParse *p, const AsaArgs *a)
{
    (void)a;
    asa_parse_warn(p, "local users' passwords do not age: password-management does nothing");
}

static void
on_alias(AsaParse *p, const AsaArgs *a)
{
    AsaTunnelGroup *g = p->object;

    if (!g)
        return;
    if (g->aliases.n == ASA_NAMES_MAX) {
        asa_parse_fail(p, "more than %d aliases", ASA_NAMES_MAX);
        return;
    }
    if (asa_config_group_of(p->config, a->v[0]) && asa_config_group_of(p->config, a->v[0]) != g) {
        asa_parse_fail(p, "alias %s means another tunnel group already", a->v[0]);
        return;
    }
    g->aliases.line = p->line.number;
    g->aliases.v[g->aliases.n++] = asa_parse_keep(p, a->v[0]);
}

#define ONLY_LOCAL "only users of this configuration can be asked: expected LOCAL"

const AsaRule asa_lines_access[] = {
    { ASA_TOP, "webvpn", NULL, ASA_IN_WEBVPN, NULL },
    { ASA_IN_WEBVPN, "enable #", NULL, 0, NULL },
    { ASA_IN_WEBVPN, "anyconnect enable", NULL, 0, NULL },
    { ASA_IN_WEBVPN, "anyconnect image *", NULL, 0, NULL },
    { ASA_IN_WEBVPN, "anyconnect profiles # #", on_profile, 0, NULL },
    { ASA_IN_WEBVPN, "tunnel-group-list enable", on_group_list, 0, NULL },
    { ASA_IN_WEBVPN, "error-recovery disable", NULL, 0, NULL },
    { ASA_IN_WEBVPN, "cache", NULL, ASA_IN_HARMLESS, NULL },
    { ASA_IN_WEBVPN, "no *", NULL, 0, NULL },
    { ASA_TOP, "username # password # encrypted|pbkdf2", on_user, 0, NULL },
    { ASA_TOP, "username # password # encrypted|pbkdf2 privilege #", on_user, 0, NULL },
    { ASA_TOP, "username # password # nt-encrypted", on_user_nt, 0, NULL },
    { ASA_TOP, "username # password # nt-encrypted privilege #", on_user_nt, 0, NULL },
    { ASA_TOP, "username # password #", on_user_plain, 0, NULL },
    { ASA_TOP, "username # password # privilege #", on_user_plain, 0, NULL },
    { ASA_TOP, "username # password *", NULL, 0,
      "expected: username NAME password HASH encrypted|pbkdf2|nt-encrypted; \"acheadend "
      "password\" makes one" },
    { ASA_TOP, "username # nopassword *", NULL, 0, "a user without password cannot log in" },
    { ASA_TOP, "username # nopassword", NULL, 0, "a user without password cannot log in" },
    { ASA_TOP, "username # attributes", on_user_attributes, ASA_IN_USER, NULL },
    { ASA_IN_USER, "vpn-group-policy #", on_user_policy, 0, NULL },
    { ASA_IN_USER, "group-lock none", NULL, 0, NULL },
    { ASA_IN_USER, "group-lock value #", on_user_lock, 0, NULL },
    { ASA_IN_USER, "service-type *", NULL, 0, NULL },
    { ASA_TOP, "tunnel-group # type remote-access", on_tunnel_group, 0, NULL },
    { ASA_TOP, "tunnel-group # type ipsec-l2l", on_tunnel_group_l2l, 0, NULL },
    { ASA_TOP, "tunnel-group # general-attributes", on_tunnel_group_attributes,
      ASA_IN_TUNNEL_GENERAL, NULL },
    { ASA_TOP, "tunnel-group # webvpn-attributes", on_tunnel_group_attributes, ASA_IN_TUNNEL_WEBVPN,
      NULL },
    { ASA_TOP, "tunnel-group # ipsec-attributes", on_tunnel_group_attributes, ASA_IN_TUNNEL_IPSEC,
      NULL },
    { ASA_IN_TUNNEL_GENERAL, "address-pool *", on_pools, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "ipv6-address-pool *", on_pools6, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "default-group-policy #", on_default_policy, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "authentication-server-group LOCAL", NULL, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "authentication-server-group *", NULL, 0, ONLY_LOCAL },
    { ASA_IN_TUNNEL_GENERAL, "secondary-authentication-server-group none", NULL, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "secondary-authentication-server-group LOCAL", on_second, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "secondary-authentication-server-group LOCAL use-primary-username",
      on_second_same_user, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "secondary-authentication-server-group *", NULL, 0, ONLY_LOCAL },
    { ASA_IN_TUNNEL_GENERAL, "password-management", on_password_management, 0, NULL },
    { ASA_IN_TUNNEL_GENERAL, "password-management *", on_password_management, 0, NULL },
    { ASA_IN_TUNNEL_WEBVPN, "group-alias # enable", on_alias, 0, NULL },
    { ASA_IN_TUNNEL_WEBVPN, "group-alias # disable", NULL, 0, NULL },
    { 0 },
};
