#include "agent/headend/session.h"

#include <string.h>

#include "agent/base/log.h"
#include "agent/eap/ac_xml.h"
#include "agent/headend/asa_offer.h"
#include "agent/headend/cfg_reply.h"
#include "agent/headend/gateway_private.h"

enum { CFG_REPLY_MAX = 60000 }; /* octets: an IKE payload holds 65535 with its head */

static void say(const Session *s, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
say(const Session *s, LogLevel level, const char *format, ...)
{
    g_autofree char *index = s->index ? g_strdup_printf("%u", s->index) : NULL;
    g_autofree char *text = NULL;
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    log_at(level, &(LogFields){ .session = index, .peer = s->peer }, "%s: %s", s->peer, text);
}

static void
lease_release(Lease *l)
{
    if (l->pool)
        pool_release(l->pool, &l->addr);
    *l = (Lease){ 0 };
}

static void
drop_child(Session *s)
{
    if (!s->spi_in)
        return;
    (void)pump_stats(s->gateway->pump, s->spi_in, &s->stats);
    pump_remove(s->gateway->pump, s->spi_in);
    g_hash_table_remove(s->gateway->spis, GUINT_TO_POINTER(s->spi_in));
    s->spi_in = s->spi_out = 0;
}

static void
give_back(Session *s)
{
    drop_child(s);
    lease_release(&s->ip4);
    lease_release(&s->ip6);
    secret_clear(&s->post_auth);
}

void
session_free(Session *s)
{
    if (!s)
        return;
    give_back(s);
    ike_driver_free(s->driver);
    g_free(s);
}

void
session_end(Session *s, const char *why)
{
    if (s->ending)
        return;
    s->ending = true;
    s->why = why;
    give_back(s);
    ike_sa_close(s->sa, ike_driver_now());
    ike_driver_kick(s->driver);
}

/* The login is right: the last document, and its copy for the CFG_REPLY. */
static AcDoc *
complete(Session *s, bool aggregate)
{
    Gateway *g = s->gateway;
    uint8_t random[48];
    char token[FORMS_TOKEN_LEN + 1];
    AcDoc *d;

    s->index = gateway_next_index(g);
    g->env.random(g->env.user, random, sizeof(random));
    forms_token(random, token);
    d = forms_complete(&s->forms, s->index, token, g->identity.sha1, g->profiles);
    d->aggregate = aggregate;
    if (!ac_xml_write_flat(d, &s->post_auth))
        secret_clear(&s->post_auth); /* only a banner could be so long, and that is bounded */
    explicit_bzero(random, sizeof(random));
    explicit_bzero(token, sizeof(token));
    return d;
}

static void
on_question(Session *s, const AcDoc *question)
{
    g_auto(EapAnswer) answer = { .kind = EAP_ANSWER_DOC };
    FormsVerdict verdict = forms_step(&s->forms, question, &answer.doc);

    if (s->forms.text[0])
        say(s, LOG_MESSAGE, "%s", s->forms.text);
    if (verdict == FORMS_PASSED) {
        answer.doc = complete(s, question->aggregate);
        say(s, LOG_INFO, "user %s logged in through tunnel group %s", s->forms.user->name,
            s->forms.group->name);
    }
    if (verdict == FORMS_REFUSED) {
        answer.kind = EAP_ANSWER_DECLINE;
        answer.text = g_strdup(s->forms.text);
    }
    ike_sa_answer_eap(s->sa, &answer, ike_driver_now());
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

            if (pool_lease(pool, s->forms.user->name, &ret->addr)) {
                ret->pool = pool;
                ret->from = from;
                return true;
            }
        }
    return false;
}

static bool
lease_addresses(Session *s, const IkeCp *request)
{
    const AsaTunnelGroup *group = s->forms.group;
    const AsaGroupPolicy *policy = &s->forms.policy;
    Slice unused;
    bool any = false;

    if (ike_cp_find(request, IKE_CP_IP4_ADDRESS, &unused))
        any |= lease_from(s, &policy->pools, &group->pools, ADDR_V4, &s->ip4);
    if (ike_cp_find(request, IKE_CP_IP6_ADDRESS, &unused))
        any |= lease_from(s, &policy->pools6, &group->pools6, ADDR_V6, &s->ip6);
    return any;
}

static void
allow(IkeTs *client, IkeTs *inside, const Lease *l)
{
    Prefix one = { l->addr, (uint8_t)(addr_len(&l->addr) * 8) };

    if (!l->pool)
        return;
    client->s[client->n++] = selector_of_prefix(&one);
    inside->s[inside->n++] = selector_all(l->addr.family);
}

static void
on_config(Session *s, const IkeCp *request)
{
    g_autofree uint8_t *buf = g_malloc(CFG_REPLY_MAX);
    Writer out = { .base = buf, .cap = CFG_REPLY_MAX };
    IkeGrant grant = { 0 };

    gateway_make_room(s->gateway, s->forms.user->name, s->forms.policy.logins);
    if (!lease_addresses(s, request)) {
        say(s, LOG_WARNING, "user %s gets no address: the pools of tunnel group %s have none left",
            s->forms.user->name, s->forms.group->name);
        grant.error = IKE_N_INTERNAL_ADDRESS_FAILURE;
        ike_sa_answer_config(s->sa, &grant, ike_driver_now());
        return;
    }
    cfg_reply_write(&(CfgReply){ .config = s->gateway->config,
                                 .policy = &s->forms.policy,
                                 .ip4 = s->ip4.addr,
                                 .ip4_mask = s->ip4.pool ? s->ip4.from->mask : (Addr){ 0 },
                                 .ip6 = s->ip6.addr,
                                 .ip6_len = s->ip6.pool ? s->ip6.from->net_len : 0,
                                 .post_auth = secret_view(&s->post_auth) },
                    request, &out);
    g_assert(writer_finish(&out) >= 0); /* everything in it is bounded well below */
    grant.cp_attrs = writer_view(&out);
    allow(&grant.tsi, &grant.tsr, &s->ip4);
    allow(&grant.tsi, &grant.tsr, &s->ip6);
    ike_sa_answer_config(s->sa, &grant, ike_driver_now());
    explicit_bzero(buf, CFG_REPLY_MAX); /* the session token */
}

static void
on_child_up(Session *s, IkeChild *c)
{
    const EspSaSetup setup = {
        .spi_in = c->spi_in,
        .spi_out = c->spi_out,
        .suite = c->suite,
        .key_in = secret_view(&c->key_in),
        .integ_in = secret_view(&c->integ_in),
        .key_out = secret_view(&c->key_out),
        .integ_out = secret_view(&c->integ_out),
        .local = c->local.s,
        .n_local = c->local.n,
        .remote = c->remote.s,
        .n_remote = c->remote.n,
    };
    EspSa *esp = esp_sa_new(&setup);
    IkeInfo info;

    ike_child_wipe(c);
    if (!esp) {
        session_end(s, "its child SA cannot be made");
        return;
    }
    ike_sa_info(s->sa, &info);
    s->at = info.esp_path.remote;
    pump_add(s->gateway->pump, esp, &s->at);
    g_hash_table_add(s->gateway->spis, GUINT_TO_POINTER(c->spi_in));
    s->spi_in = c->spi_in;
    s->spi_out = c->spi_out;
    s->child = c->suite;
    s->local = c->local;
    s->remote = c->remote;
    s->child_at = ike_driver_now();
    s->stats = (EspStats){ 0 };
}

static const char *
addresses(const Session *s, char ret[static 2 * ADDR_TEXT_MAX])
{
    char a[ADDR_TEXT_MAX], b[ADDR_TEXT_MAX];

    if (s->ip4.pool && s->ip6.pool)
        g_snprintf(ret, 2 * ADDR_TEXT_MAX, "%s and %s", addr_format(&s->ip4.addr, a),
                   addr_format(&s->ip6.addr, b));
    else
        addr_format(s->ip4.pool ? &s->ip4.addr : &s->ip6.addr, ret);
    return ret;
}

static void
on_up(Session *s)
{
    char ip[2 * ADDR_TEXT_MAX];
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    s->up = true;
    s->up_at = ike_driver_now();
    s->login_time = g_get_real_time() / G_USEC_PER_SEC;
    endpoint_format(&info.path.remote, s->peer);
    secret_clear(&s->post_auth);
    say(s, LOG_MESSAGE, "user %s connected: session %u, address %s, tunnel group %s",
        s->forms.user->name, s->index, addresses(s, ip), s->forms.group->name);
}

static const char *
reason_words(const Session *s, const IkeEvent *ev)
{
    if (s->why)
        return s->why;
    if (ev->text && ev->text[0])
        return ev->text;
    return ike_reason_name(ev->reason);
}

/* Its first IKE_AUTH was authentic: somebody is where the datagrams come from. */
static bool
has_keys(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return info.recv_id > 1;
}

static void
on_closed(Session *s, const IkeEvent *ev)
{
    g_autofree char *duration = NULL;

    if (!s->up) {
        bool tell = has_keys(s) || gateway_notes_stranger(s->gateway);

        say(s, tell ? LOG_MESSAGE : LOG_DEBUG, "not connected: %s", reason_words(s, ev));
        return;
    }
    drop_child(s); /* reads the last counters */
    duration = show_duration((uint32_t)((ike_driver_now() - s->up_at) / USEC_PER_SEC));
    say(s, LOG_MESSAGE,
        "user %s disconnected after %s: %s; sent %" G_GUINT64_FORMAT ", received %" G_GUINT64_FORMAT
        " octets",
        s->forms.user->name, duration, reason_words(s, ev), (guint64)s->stats.octets_out,
        (guint64)s->stats.octets_in);
}

static void
on_path(Session *s)
{
    char was[ENDPOINT_TEXT_MAX];
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    if (!s->spi_in || endpoint_equal(&info.esp_path.remote, &s->at))
        return;
    endpoint_format(&s->at, was);
    s->at = info.esp_path.remote;
    pump_move(s->gateway->pump, s->spi_in, &s->at);
    endpoint_format(&s->at, s->peer);
    say(s, LOG_INFO, "session %u has moved here from %s", s->index, was);
}

static void
on_step(Session *s, const IkeEvent *ev)
{
    switch (ev->kind) {
    case IKE_EV_QUESTION:
        on_question(s, ev->question->doc);
        break;
    case IKE_EV_CONFIG:
        on_config(s, &ev->cp);
        break;
    case IKE_EV_CHILD_UP:
        on_child_up(s, ev->child);
        break;
    case IKE_EV_CHILD_DOWN:
        drop_child(s);
        break;
    case IKE_EV_UP:
        on_up(s);
        break;
    case IKE_EV_PATH:
        on_path(s);
        break;
    default:
        break; /* a client's question */
    }
}

static bool
on_event(const IkeEvent *ev, void *user)
{
    Session *s = user;

    if (ev->kind == IKE_EV_STATE || ev->kind == IKE_EV_TRACE) {
        say(s, LOG_DEBUG, "%s", ev->text);
    } else if (ev->kind == IKE_EV_KEYS) {
        key_file_add(s->gateway->keys, ev->text);
    } else if (ev->kind == IKE_EV_CLOSED) {
        on_closed(s, ev);
        gateway_forget(s->gateway, s);
        return false;
    } else if (!s->ending) {
        on_step(s, ev); /* what was on its way when we said goodbye is of no use any more */
    }
    return true;
}

Session *
session_new(Gateway *g, IkeSa *sa)
{
    Session *s = g_new0(Session, 1);
    IkeInfo info;

    s->gateway = g;
    s->sa = sa;
    forms_init(&s->forms, g->config, g->aaa);
    ike_sa_info(sa, &info);
    endpoint_format(&info.path.remote, s->peer);
    s->driver = ike_driver_new(sa, &g->doors, on_event, s);
    return s;
}

static uint32_t
ike_life(const Session *s, const IkeInfo *info)
{
    const AsaIkePolicy *policy = asa_offer_policy(s->gateway->config, &info->suite);

    return policy ? policy->lifetime : 0;
}

static uint32_t
child_life(const Session *s)
{
    const AsaConfig *c = s->gateway->config;

    return c->dynamic->seconds ? c->dynamic->seconds : c->sa_seconds;
}

/* Why the keys may not be used any longer; NULL: they may. Nothing is rekeyed. */
static const char *
keys_spent(const Session *s, Usec now)
{
    uint32_t ike, child = child_life(s);
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    ike = ike_life(s, &info);
    if (ike && now >= usec_add(info.established, ike * USEC_PER_SEC))
        return "the lifetime of its IKE SA is over";
    if (!s->spi_in)
        return NULL;
    if (child && now >= usec_add(s->child_at, child * USEC_PER_SEC))
        return "the lifetime of its child SA is over";
    if (s->stats.drops[ESP_SPENT])
        return "its child SA has no sequence numbers left";
    return NULL;
}

/* Since when nothing has gone through the tunnel. */
static Usec
last_heard(const Session *s)
{
    return MAX(s->up_at, MAX(s->stats.last_in, s->stats.last_out));
}

void
session_tick(Session *s, Usec now)
{
    const AsaGroupPolicy *p = &s->forms.policy;
    const char *spent;
    Endpoint from;

    if (!s->up || s->ending)
        return;
    if (s->spi_in && pump_stats(s->gateway->pump, s->spi_in, &s->stats)) {
        if (s->stats.last_in)
            ike_sa_heard(s->sa, s->stats.last_in);
        if (s->stats.last_out)
            ike_sa_sent(s->sa, s->stats.last_out);
    }
    /* A NAT may give a client another port at any time, and ESP is the first to come from there. */
    if (s->spi_in && pump_strayed(s->gateway->pump, s->spi_in, &from)) {
        ike_sa_heard_from(s->sa, &from, s->stats.last_in);
        ike_driver_kick(s->driver);
    }
    spent = keys_spent(s, now);
    if (spent)
        session_end(s, spent);
    else if (p->session && now - s->up_at >= p->session * USEC_PER_SEC)
        session_end(s, "the session timeout has passed");
    else if (p->idle && now > last_heard(s) && now - last_heard(s) >= p->idle * USEC_PER_SEC)
        session_end(s, "the idle timeout has passed");
}

/* "hostname=ASA-IKEV2", as an ASA calls the only name in its own certificate. */
static char *
id_text(const IkeId *id)
{
    g_autofree char *text = ike_id_format(id);
    const char *name = text ? strchr(text, '=') : NULL;

    if (name && g_str_has_prefix(text, "unstructuredName="))
        return g_strconcat("hostname", name, NULL);
    return g_steal_pointer(&text);
}

static uint32_t
seconds_since(Usec then, Usec now)
{
    return now > then ? (uint32_t)((now - then) / USEC_PER_SEC) : 0;
}

void
session_show(Session *s, GPtrArray *texts, ShowSession *ret)
{
    const Gateway *g = s->gateway;
    const AsaDynamicMap *map = g->config->dynamic;
    Usec now = ike_driver_now();
    char *local, *remote;

    if (s->spi_in)
        (void)pump_stats(g->pump, s->spi_in, &s->stats);
    *ret = (ShowSession){
        .index = s->index,
        .user = s->forms.user->name,
        .group = s->forms.group->name,
        .policy = s->forms.policy.name,
        .client_version = s->forms.client,
        .client_os = s->forms.device,
        .ip4 = s->ip4.addr,
        .ip6 = s->ip6.addr,
        .auth_sign = sig_key_kind(g->identity.key),
        .child = s->child,
        .spi_in = s->spi_in,
        .spi_out = s->spi_out,
        .local = s->local,
        .remote = s->remote,
        .stats = s->stats,
        .login_time = s->login_time,
        .duration = seconds_since(s->up_at, now),
        .inactivity = seconds_since(last_heard(s), now),
        .idle_limit = s->forms.policy.idle,
        .session_limit = s->forms.policy.session,
        .child_life = child_life(s),
        .child_kilobytes = map->kilobytes ? map->kilobytes : g->config->sa_kilobytes,
        .child_age = seconds_since(s->child_at, now),
        .dpd = (uint32_t)(g->ike.dpd_interval / USEC_PER_SEC),
    };
    ike_sa_info(s->sa, &ret->ike);
    ret->ike_life = ike_life(s, &ret->ike);
    local = id_text(&ret->ike.id_local);
    remote = id_text(&ret->ike.id_remote);
    g_ptr_array_add(texts, local);
    g_ptr_array_add(texts, remote);
    ret->id_local = local;
    ret->id_remote = remote;
}
