#include "agent/headend/session_login.h"

#include <string.h>

#include "agent/eap/ac_xml.h"
#include "agent/headend/cfg_reply.h"
#include "agent/headend/gateway_private.h"
#include "agent/headend/session_cert.h"
#include "agent/headend/session_private.h"

enum { CFG_REPLY_MAX = 60000 }; /* octets: an IKE payload holds 65535 with its head */

static const char busy[] = "too many logins are being checked";
static const char guessing[] = "too many failed logins from its address";

static void
lease_release(Lease *l)
{
    if (l->pool)
        pool_release(l->pool, &l->addr);
    *l = (Lease){ 0 };
}

void
session_login_clear(Session *s)
{
    lease_release(&s->ip4);
    lease_release(&s->ip6);
    secret_clear(&s->post_auth);
    if (s->job)
        checker_forget(s->job);
    s->job = NULL;
    session_cert_forget(s);
    for (size_t i = 0; i < G_N_ELEMENTS(s->logins); i++)
        forms_login_clear(&s->logins[i]);
}

static Addr
address_of(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return info.path.remote.addr;
}

static void
set_user(Session *s, const char *user)
{
    g_free(s->user);
    s->user = g_strdup(user);
}

static void
take(Session *s, const char *user, const AsaTunnelGroup *group, const AsaGroupPolicy *policy)
{
    set_user(s, user);
    s->group = group;
    s->policy = policy;
}

static void
say_passed(const Session *s)
{
    session_say(s, LOG_INFO, "user %s logged in through tunnel group %s", s->user, s->group->name);
}

void
session_login_failed(Session *s)
{
    Addr from = address_of(s);

    tries_failed(s->gateway->tries, &from, ike_driver_now());
}

void
session_login_peer(Session *s, const IkeEvent *ev)
{
    PeersCall call = { .idi = ev->idi, .idr = ev->idr, .method = ev->auth_method };
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    call.from = info.path.remote.addr;
    call.local = info.path.local.addr;
    call.standard = !info.peer_anyconnect;
    if (tries_allowed(s->gateway->tries, &call.from, ike_driver_now()))
        s->why = peers_find(s->gateway->peers, &call, &s->peers);
    else
        s->why = guessing;
    s->way = s->why ? NULL : peers_way(&s->peers.plan);
    s->group = s->peers.group;
    ike_sa_answer_peer(s->sa, s->why ? NULL : &s->peers.plan, ike_driver_now());
}

/* Whoever shows a certificate has its common name; else what he calls himself. */
static void
name_owner(Session *s, const X509Chain *chain, const IkeId *idi)
{
    g_autofree char *name = x509_chain_common_name(chain);

    if (!name)
        name = ike_id_format(idi);
    set_user(s, name ? name : "(unnamed)");
}

static void
answer_certificate(Session *s, const char *why)
{
    s->why = why;
    ike_sa_answer_certificate(s->sa, !why, ike_driver_now());
    ike_driver_kick(s->driver);
}

void
session_login_certificate(Session *s, const IkeEvent *ev)
{
    IkeInfo info;
    const IkeId *who;

    ike_sa_info(s->sa, &info);
    who = info.role == IKE_INITIATOR ? &ev->idr : &ev->idi;
    if (info.role == IKE_RESPONDER) /* whom we call has the name of its group */
        name_owner(s, ev->chain, who);
    session_cert_judge(s, s->group, ev->chain, who, answer_certificate);
}

/* The login is right: the last document, and its copy for the CFG_REPLY. */
static AcDoc *
complete(Session *s, bool aggregate)
{
    Gateway *g = s->gateway;
    const Identity *id = peers_identity(g->peers, g->config->trustpoint);
    uint8_t random[48];
    char token[FORMS_TOKEN_LEN + 1];
    AcDoc *d;

    s->index = gateway_next_index(g);
    g->env.random(g->env.user, random, sizeof(random));
    forms_token(random, token);
    d = forms_complete(s->forms, s->index, token, id->sha1, g->profiles);
    d->aggregate = aggregate;
    if (!ac_xml_write_flat(d, &s->post_auth))
        secret_clear(&s->post_auth); /* only a banner could be so long, and that is bounded */
    explicit_bzero(random, sizeof(random));
    explicit_bzero(token, sizeof(token));
    return d;
}

static void
answer(Session *s, EapAnswer *a)
{
    ike_sa_answer_eap(s->sa, a, ike_driver_now());
    ike_driver_kick(s->driver);
}

static void
refuse(Session *s, const char *why)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DECLINE, .text = g_strdup(why) };

    answer(s, &a);
}

/* The document of an AnyConnect, and whose its passwords are if it has any. */
static void
step_forms(Session *s)
{
    const AcDoc *question = s->question->doc;
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC };
    FormsVerdict verdict = forms_step(s->forms, question, s->right, &a.doc);

    if (s->forms->text[0]) {
        session_say(s, LOG_MESSAGE, "%s", s->forms->text);
        session_login_failed(s);
    }
    if (verdict == FORMS_PASSED) {
        take(s, s->forms->user ? s->forms->user->name : s->owner, s->forms->group,
             s->forms->policy);
        say_passed(s);
        a.doc = complete(s, question->aggregate);
    }
    if (verdict == FORMS_REFUSED) {
        a.kind = EAP_ANSWER_DECLINE;
        a.text = g_strdup(s->forms->text);
    }
    answer(s, &a);
}

/* May @u, whose password is right, come in through the group of this session? */
static bool
admit(Session *s, const AsaUser *u)
{
    const AsaGroupPolicy *policy =
        asa_config_policy(s->gateway->config, u->policy ? u->policy : s->group->policy);
    const char *why = forms_barred(u, s->group, policy);

    if (why) {
        session_say(s, LOG_MESSAGE, "login failed: user %s %s", u->name, why);
        return false;
    }
    take(s, u->name, s->group, policy);
    return true;
}

static void
step_typed(Session *s)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

    if (s->right[0] && admit(s, s->right[0])) {
        say_passed(s);
        answer(s, &a);
        return;
    }
    if (!s->right[0])
        session_say(s, LOG_MESSAGE, "login failed: a wrong user or password");
    refuse(s, "the user or the password is wrong");
}

static void check_next(Session *s);

static void
on_checked(const AsaUser *user, void *data)
{
    Session *s = data;

    s->job = NULL;
    s->right[s->n_checked] = user;
    forms_login_clear(&s->logins[s->n_checked++]);
    check_next(s);
}

/* Both factors are always checked, so that the time does not tell which was wrong. */
static void
check_next(Session *s)
{
    const FormsLogin *l = &s->logins[s->n_checked];

    if (s->n_checked == s->n_logins) {
        if (s->question->doc)
            step_forms(s);
        else
            step_typed(s);
        return;
    }
    s->job = checker_ask(s->gateway->checker, l->name, secret_view(&l->password), on_checked, s);
    if (!s->job) {
        session_say(s, LOG_WARNING, "%s", busy);
        refuse(s, busy);
    }
}

static void
start_check(Session *s)
{
    Addr from = address_of(s);

    s->n_checked = 0;
    s->right[0] = s->right[1] = NULL;
    if (s->n_logins && !tries_allowed(s->gateway->tries, &from, ike_driver_now())) {
        session_say(s, LOG_MESSAGE, "login refused: %s", guessing);
        refuse(s, guessing);
        return;
    }
    check_next(s);
}

/* A domain in front of the name is that of the client's own world. */
static const AsaUser *
find_user(const Session *s, const char *name)
{
    const AsaUser *u = asa_config_user(s->gateway->config, name);
    const char *slash = strrchr(name, '\\');

    return u || !slash ? u : asa_config_user(s->gateway->config, slash + 1);
}

/* For a method that proves the password without showing it. Nobody learns whether there is such a
 * user: who is not there has a secret that nobody knows. */
static void
tell_secret(Session *s, const char *name)
{
    const AsaUser *u = find_user(s, name);
    bool usable = u && (u->form == ASA_USER_PLAIN || u->form == ASA_USER_NT);
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_SECRET };
    uint8_t random[AAA_NT_LEN];

    if (!usable)
        session_say(s, LOG_MESSAGE, "login of %s: %s", u ? u->name : "(unknown)",
                    u ? "only a one-way hash of its password is there, which this method cannot use"
                      : "there is no such user");
    if (usable && admit(s, u)) {
        secret_set(&a.secret, secret_view(&u->secret));
        a.nt_hash = u->form == ASA_USER_NT;
    } else {
        s->gateway->env.random(s->gateway->env.user, random, sizeof(random));
        secret_set(&a.secret, (Slice){ random, sizeof(random) });
        a.nt_hash = true;
    }
    answer(s, &a);
}

static void
refuse_certificate(Session *s, const char *why)
{
    session_say(s, LOG_MESSAGE, "login failed: %s", why);
    refuse(s, why);
}

/* The owner of a certificate that EAP has proved. */
static void
step_owner(Session *s, const char *why)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };
    const AsaGroupPolicy *policy = asa_config_policy(s->gateway->config, s->group->policy);
    g_autofree char *name = x509_chain_common_name(s->question->chain);

    if (!why)
        why = forms_barred(NULL, s->group, policy);
    if (why) {
        refuse_certificate(s, why);
        return;
    }
    take(s, name ? name : "(unnamed)", s->group, policy);
    say_passed(s);
    answer(s, &a);
}

static void
start_forms(Session *s)
{
    s->n_logins = forms_logins(s->forms, s->question->doc, s->logins);
    start_check(s);
}

static void
step_certified(Session *s, const char *why)
{
    if (why) {
        refuse_certificate(s, why);
        return;
    }
    g_free(s->owner);
    s->owner = x509_chain_common_name(s->question->chain);
    if (!s->owner)
        s->owner = g_strdup("(unnamed)");
    s->forms->certified = true;
    start_forms(s);
}

/* The document of an AnyConnect, and the certificate that has come with it, if the group that it
 * means trusts it. */
static void
read_document(Session *s)
{
    const EapQuestion *q = s->question;

    if (!s->forms) {
        s->forms = g_new(Forms, 1);
        forms_init(s->forms, s->gateway->config);
    }
    s->forms->certified = false;
    if (q->chain && forms_group(s->forms, q->doc)->certificate)
        session_cert_judge(s, NULL, q->chain, NULL, step_certified);
    else
        start_forms(s);
}

void
session_login_question(Session *s, const EapQuestion *q)
{
    s->question = q;
    if (q->doc) {
        read_document(s);
    } else if (q->chain) {
        session_cert_judge(s, s->group, q->chain, NULL, step_owner);
    } else if (q->password) {
        const AsaUser *u = find_user(s, q->user);

        s->n_logins = 1;
        s->logins[0].name = g_strdup(u ? u->name : q->user);
        secret_set(&s->logins[0].password, secret_view(q->password));
        start_check(s);
    } else {
        tell_secret(s, q->user);
    }
}

/* The first pool of @names, then of @more, that has an address left. */
static bool
lease_from(Session *s, const AsaNames *names, const AsaNames *more, AddrFamily family, Lease *ret)
{
    const AsaNames *const lists[] = { names, more };

    for (size_t k = 0; k < G_N_ELEMENTS(lists); k++)
        for (size_t i = 0; i < lists[k]->n; i++) {
            const AsaPool *from = asa_config_pool(s->gateway->config, lists[k]->v[i], family);
            Pool *pool = gateway_pool(s->gateway, from);

            if (pool_lease(pool, s->user, &ret->addr)) {
                ret->pool = pool;
                ret->from = from;
                return true;
            }
        }
    return false;
}

/* The address that the client would like to have. */
static bool
wished(const IkeCp *request, uint16_t type, Addr *ret)
{
    size_t len = type == IKE_CP_IP4_ADDRESS ? 4 : 16;
    Slice value;

    return ike_cp_find(request, type, &value) && value.len >= len &&
           addr_from_octets((Slice){ value.p, len }, ret) && !addr_is_unspecified(ret);
}

/* A client that stands and logs in anew keeps what it has (RFC 7296 §2.8.3); nobody else gets an
 * address by naming it. */
static const Session *
find_past(Session *s, const IkeCp *request)
{
    static const uint16_t types[] = { IKE_CP_IP4_ADDRESS, IKE_CP_IP6_ADDRESS };
    const Session *past = NULL;
    Addr inner;

    for (size_t i = 0; i < G_N_ELEMENTS(types) && !past && !s->initial_contact; i++)
        if (wished(request, types[i], &inner))
            past = gateway_standing(s->gateway, s, &inner);
    if (past)
        s->follows = past->index;
    return past;
}

static bool
lease_share(const Lease *had, const IkeCp *request, uint16_t type, Lease *ret)
{
    Addr inner;

    if (!had || !had->pool || !wished(request, type, &inner) || !addr_equal(&inner, &had->addr))
        return false;
    pool_share(had->pool, &had->addr);
    *ret = *had;
    return true;
}

static bool
lease_addresses(Session *s, const Session *past, const IkeCp *request)
{
    const AsaGroupPolicy *policy = s->policy;
    Slice unused;
    bool any = false;

    if (ike_cp_find(request, IKE_CP_IP4_ADDRESS, &unused))
        any |= lease_share(past ? &past->ip4 : NULL, request, IKE_CP_IP4_ADDRESS, &s->ip4) ||
               lease_from(s, &policy->pools, &s->group->pools, ADDR_V4, &s->ip4);
    if (ike_cp_find(request, IKE_CP_IP6_ADDRESS, &unused))
        any |= lease_share(past ? &past->ip6 : NULL, request, IKE_CP_IP6_ADDRESS, &s->ip6) ||
               lease_from(s, &policy->pools6, &s->group->pools6, ADDR_V6, &s->ip6);
    return any;
}

/* What a client that is no AnyConnect may reach: traffic selectors are all it understands of a
 * split tunnel. A list longer than they can be is told in the CFG_REPLY alone. */
static const GArray *
split_of(const Session *s)
{
    const AsaAcl *acl;

    if (!s->peers.group || s->policy->split != ASA_TUNNEL_SPECIFIED || !s->policy->split_list)
        return NULL;
    acl = asa_config_acl(s->gateway->config, s->policy->split_list);
    return acl->nets->len <= IKE_TS_MAX ? acl->nets : NULL;
}

static void
allow(const Session *s, IkeTs *client, IkeTs *inside, const Lease *l)
{
    const GArray *split = split_of(s);
    Prefix one = { l->addr, (uint8_t)(addr_len(&l->addr) * 8) };

    if (!l->pool)
        return;
    client->s[client->n++] = selector_of_prefix(&one);
    if (!split)
        inside->s[inside->n++] = selector_all(l->addr.family);
    for (guint i = 0; split && i < split->len; i++) {
        const Prefix *net = &g_array_index(split, Prefix, i);

        if (net->addr.family == l->addr.family && inside->n < IKE_TS_MAX)
            inside->s[inside->n++] = selector_of_prefix(net);
    }
}

static void
grant_error(Session *s, uint16_t error)
{
    IkeGrant grant = { .error = error };

    ike_sa_answer_config(s->sa, &grant, ike_driver_now());
}

static void
grant_client(Session *s, const IkeCp *request)
{
    uint8_t buf[CFG_REPLY_MAX]; /* not of the heap: it would be wiped whole, and has little in it */
    Writer out = { .base = buf, .cap = CFG_REPLY_MAX };
    IkeGrant grant = { 0 };
    const Session *past;

    if (request->type != IKE_CFG_REQUEST) {
        grant_error(s, IKE_N_FAILED_CP_REQUIRED);
        return;
    }
    past = find_past(s, request);
    gateway_make_room(s->gateway, s);
    if (!lease_addresses(s, past, request)) {
        session_say(s, LOG_WARNING,
                    "user %s gets no address: the pools of tunnel group %s have none left", s->user,
                    s->group->name);
        grant_error(s, IKE_N_INTERNAL_ADDRESS_FAILURE);
        return;
    }
    cfg_reply_write(&(CfgReply){ .config = s->gateway->config,
                                 .policy = s->policy,
                                 .only_asked = s->peers.group != NULL,
                                 .ip4 = s->ip4.addr,
                                 .ip4_mask = s->ip4.pool ? s->ip4.from->mask : (Addr){ 0 },
                                 .ip6 = s->ip6.addr,
                                 .ip6_len = s->ip6.pool ? s->ip6.from->net_len : 0,
                                 .post_auth = secret_view(&s->post_auth) },
                    request, &out);
    g_assert(writer_finish(&out) >= 0); /* everything in it is bounded well below */
    grant.cp_attrs = writer_view(&out);
    allow(s, &grant.tsi, &grant.tsr, &s->ip4);
    allow(s, &grant.tsi, &grant.tsr, &s->ip6);
    ike_sa_answer_config(s->sa, &grant, ike_driver_now());
    explicit_bzero(buf, out.len); /* the session token */
}

void
session_networks(IkeTs *ts, const GArray *nets)
{
    for (guint i = 0; i < nets->len && ts->n < IKE_TS_MAX; i++) {
        Selector one = selector_of_prefix(&g_array_index(nets, Prefix, i));
        bool known = false;

        for (size_t k = 0; k < ts->n; k++)
            known = known || selector_equal(&ts->s[k], &one);
        if (!known)
            ts->s[ts->n++] = one;
    }
}

/* The entry of the crypto map that leads to the site of @group. */
static const AsaCryptoMap *
map_of(const AsaConfig *c, const AsaTunnelGroup *group)
{
    Addr peer;

    return !group->remote_access && addr_parse(group->name, &peer) ? asa_config_map_to(c, &peer)
                                                                   : NULL;
}

static void
grant_site(Session *s)
{
    const AsaConfig *c = s->gateway->config;
    const AsaCryptoMap *m = s->site;
    const AsaAcl *acl;
    IkeGrant grant = { 0 };

    if (!m) {
        session_say(s, LOG_WARNING, "no crypto map has a line set peer %s", s->group->name);
        grant_error(s, IKE_N_TS_UNACCEPTABLE);
        return;
    }
    if (m->connection == ASA_ORIGINATE_ONLY) {
        session_say(s, LOG_WARNING, "crypto map %s %u is originate-only: we do not answer", m->name,
                    m->seq);
        s->site = NULL;
        grant_error(s, IKE_N_TS_UNACCEPTABLE);
        return;
    }
    acl = asa_config_acl(c, m->acl);
    session_networks(&grant.tsr, acl->nets);
    session_networks(&grant.tsi, acl->others);
    ike_sa_answer_config(s->sa, &grant, ike_driver_now());
}

/* Who has logged in without EAP: the key of a group or site, or a certificate. */
static bool
admit_owner(Session *s)
{
    const AsaGroupPolicy *policy = asa_config_policy(s->gateway->config, s->group->policy);
    const char *why = s->group->remote_access ? forms_barred(NULL, s->group, policy) : NULL;
    g_autofree char *user = g_strdup(s->user);
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    if (!user)
        user = ike_id_format(&info.id_remote);
    if (!why) {
        take(s, user ? user : "(unnamed)", s->group, policy);
        say_passed(s);
        return true;
    }
    session_say(s, LOG_MESSAGE, "login failed: tunnel group %s %s", s->group->name, why);
    return false;
}

void
session_login_call(Session *s, const AsaCryptoMap *site, const PeersFound *whom)
{
    const AsaTunnelGroup *group = whom->group;
    const AsaGroupPolicy *policy = asa_config_policy(s->gateway->config, group->policy);

    s->peers = *whom;
    s->site = site;
    s->way = peers_way(&whom->plan);
    take(s, group->name, group, policy);
    s->index = gateway_next_index(s->gateway);
    session_set_lives(s);
}

void
session_login_config(Session *s, const IkeCp *request)
{
    bool eap = s->peers.plan.theirs == IKE_WAY_EAP || s->peers.plan.theirs == IKE_WAY_CERT_EAP;

    if (!eap && !admit_owner(s)) {
        grant_error(s, IKE_N_AUTHENTICATION_FAILED);
        return;
    }
    if (!s->index)
        s->index = gateway_next_index(s->gateway);
    s->site = map_of(s->gateway->config, s->group);
    session_set_lives(s);
    if (s->initial_contact)
        gateway_forget_past(s->gateway, s);
    if (s->group->remote_access)
        grant_client(s, request);
    else
        grant_site(s);
}
