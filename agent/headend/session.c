#include "agent/headend/session.h"

#include <string.h>

#include "agent/headend/asa_offer.h"
#include "agent/headend/gateway_private.h"
#include "agent/headend/session_login.h"
#include "agent/headend/session_private.h"

#define say session_say

void
session_say(const Session *s, LogLevel level, const char *format, ...)
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
forget_spi(Session *s, uint32_t spi_in)
{
    g_hash_table_remove(s->gateway->spis, GUINT_TO_POINTER(spi_in));
}

static void
drop_children(Session *s)
{
    for (size_t i = 0; i < s->sas.n; i++)
        forget_spi(s, s->sas.all[i]->spi_in);
    child_sas_clear(&s->sas);
    child_sas_stats(&s->sas, &s->stats);
}

static void
drop_late(Session *s)
{
    for (size_t i = 0; i < s->late.n; i++)
        forget_spi(s, s->late.all[i]->spi_in);
    child_sas_clear(&s->late);
}

/* What was sent before the Delete may come behind it. */
static void
inherit(Session *s, Session *past)
{
    drop_late(s);
    child_sas_stats(&past->sas, &past->stats);
    s->late = past->sas;
    s->late_until = ike_driver_now() + CHILD_LATE_S * USEC_PER_SEC;
    past->sas = (ChildSas){ .past = past->stats };
}

void
session_carry(Session *s)
{
    if (s->in_hand)
        child_sas_out(&s->sas, s->in_hand);
    s->in_hand = 0;
}

void
session_take_over(Session *s, Session *past)
{
    session_carry(s);
    s->follows = 0;
    inherit(s, past);
}

/* Whoever follows it is ready to carry what it carried. */
static void
leave(Session *s)
{
    gateway_hand_over(s->gateway, s);
    s->in_hand = 0;
    drop_late(s);
    drop_children(s);
}

static void
give_back(Session *s)
{
    leave(s);
    session_login_clear(s);
}

void
session_free(Session *s)
{
    if (!s)
        return;
    give_back(s);
    ike_driver_free(s->driver);
    g_free(s->user);
    g_free(s->owner);
    g_free(s->forms);
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

bool
session_redirect(Session *s, const IkeRedirect *to)
{
    bool told = ike_sa_redirect(s->sa, to, ike_driver_now());

    if (told)
        ike_driver_kick(s->driver);
    return told;
}

static void
say_child(const Session *s, uint32_t replaces)
{
    const ChildSa *c = child_sas_current(&s->sas);
    g_autofree char *suite = c ? suite_format(&c->suite) : NULL;

    if (c && replaces)
        say(s, LOG_MESSAGE,
            "session %u has a new child SA: SPIs %08x in, %08x out, in place of %08x; %s", s->index,
            c->spi_in, c->spi_out, replaces, suite);
}

static void
on_child_up(Session *s, IkeChild *c)
{
    IkeInfo info;
    bool good;

    ike_sa_info(s->sa, &info);
    s->sas.plane = s->gateway->plane;
    if (s->sas.n == 0)
        s->sas.at = info.esp_path.remote;
    /* A client that has another way to be reached may yet have to learn of this one. */
    if (s->sas.n == 0 && s->follows) {
        c->outbound = false;
        s->in_hand = c->spi_in;
    }
    good = child_sas_add(&s->sas, c, ike_driver_now());
    ike_child_wipe(c);
    if (!good) {
        session_end(s, "its child SA cannot be made");
        return;
    }
    g_hash_table_add(s->gateway->spis, GUINT_TO_POINTER(c->spi_in));
    if (c->outbound) {
        s->in_hand = 0; /* the client knows of its successor */
        say_child(s, c->replaces);
    }
}

bool
session_carries(Session *s)
{
    EspStats stats;

    if (s->in_hand && plane_stats(s->sas.plane, s->in_hand, &stats) && stats.packets_in > 0)
        session_carry(s);
    return s->in_hand == 0;
}

static void
on_child_out(Session *s, const IkeChild *c)
{
    const ChildSa *was = child_sas_current(&s->sas);
    uint32_t replaces = was ? was->spi_in : 0;

    s->in_hand = 0;
    child_sas_out(&s->sas, c->spi_in);
    say_child(s, replaces);
}

static void
on_child_down(Session *s, const IkeEvent *ev)
{
    child_sas_retire(&s->sas, ev->child->spi_in, ike_driver_now());
    forget_spi(s, ev->child->spi_in);
    if (!child_sas_current(&s->sas))
        gateway_pass_on(s->gateway, s);
    if (s->sas.n == 0 && ev->reason == IKE_REASON_LIFETIME)
        session_end(s, "the lifetime of its child SA is over, and it could not be rekeyed");
}

static void
on_rekeyed(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    say(s, LOG_MESSAGE,
        "session %u has a new IKE SA: SPIs %016" G_GINT64_MODIFIER "x, %016" G_GINT64_MODIFIER "x",
        s->index, info.spi_i, info.spi_r);
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
    if (s->site)
        say(s, LOG_MESSAGE, "site %s connected: session %u, by %s", s->group->name, s->index,
            s->way);
    else
        say(s, LOG_MESSAGE, "user %s connected: session %u, address %s, tunnel group %s, by %s",
            s->user, s->index, addresses(s, ip), s->group->name, s->way);
    if (s->follows)
        say(s, LOG_MESSAGE, "session %u is session %u, logged in anew", s->index, s->follows);
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
        bool refused = ev->reason == IKE_REASON_LOGIN || ev->reason == IKE_REASON_CERT_REFUSED;
        bool tell = has_keys(s) || s->site || gateway_notes_stranger(s->gateway);

        say(s, tell ? LOG_MESSAGE : LOG_DEBUG, "not connected: %s", reason_words(s, ev));
        if (refused && !s->site && !(s->forms && s->forms->failed))
            session_login_failed(s); /* the forms have counted theirs */
        return;
    }
    leave(s); /* reads the last counters */
    duration = show_duration((uint32_t)((ike_driver_now() - s->up_at) / USEC_PER_SEC));
    say(s, LOG_MESSAGE,
        "user %s disconnected after %s: %s; sent %" G_GUINT64_FORMAT ", received %" G_GUINT64_FORMAT
        " octets",
        s->user, duration, reason_words(s, ev), (guint64)s->stats.octets_out,
        (guint64)s->stats.octets_in);
}

static void
on_path(Session *s)
{
    char was[ENDPOINT_TEXT_MAX];
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    if (s->sas.n == 0 || endpoint_equal(&info.esp_path.remote, &s->sas.at))
        return;
    endpoint_format(&s->sas.at, was);
    child_sas_move(&s->sas, &info.esp_path.remote);
    endpoint_format(&s->sas.at, s->peer);
    say(s, LOG_INFO, "session %u has moved here from %s", s->index, was);
}

static void
on_step(Session *s, const IkeEvent *ev)
{
    switch (ev->kind) {
    case IKE_EV_PEER:
        session_login_peer(s, ev);
        break;
    case IKE_EV_CERTIFICATE:
        session_login_certificate(s, ev);
        break;
    case IKE_EV_QUESTION:
        session_login_question(s, ev->question);
        break;
    case IKE_EV_CONFIG:
        s->initial_contact = ev->initial_contact;
        session_login_config(s, &ev->cp);
        break;
    case IKE_EV_CHILD_UP:
        on_child_up(s, ev->child);
        break;
    case IKE_EV_CHILD_OUT:
        on_child_out(s, ev->child);
        break;
    case IKE_EV_CHILD_DOWN:
        on_child_down(s, ev);
        break;
    case IKE_EV_REKEYED:
        on_rekeyed(s);
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
    } else if (ev->kind == IKE_EV_NOTICE) {
        say(s, LOG_WARNING, "%s", ev->text);
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

G_STATIC_ASSERT(sizeof(Session) <= 1536); /* thousands stand; what few need is allocated */

Session *
session_new(Gateway *g, IkeSa *sa, const Endpoint *peer)
{
    Session *s = g_new0(Session, 1);

    s->gateway = g;
    s->sa = sa;
    endpoint_format(peer, s->peer);
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
    uint32_t own = s->site ? s->site->seconds : c->dynamic ? c->dynamic->seconds : 0;

    return own ? own : c->sa_seconds;
}

static uint32_t
child_kilobytes(const Session *s)
{
    const AsaConfig *c = s->gateway->config;
    uint32_t own = s->site ? s->site->kilobytes : c->dynamic ? c->dynamic->kilobytes : 0;

    return own ? own : c->sa_kilobytes;
}

void
session_set_lives(Session *s)
{
    IkeLife ike = { 0 }, child = { .time = child_life(s) * USEC_PER_SEC,
                                   .octets = (uint64_t)child_kilobytes(s) * 1024 };
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    ike.time = ike_life(s, &info) * USEC_PER_SEC;
    ike_sa_set_lives(s->sa, &ike, &child);
}

void
session_rekey(Session *s, bool ike)
{
    Usec now = ike_driver_now();

    if (ike)
        ike_sa_rekey(s->sa, now);
    /* Not only the one we send over: the client may just have replaced it. */
    for (size_t i = 0; !ike && i < s->sas.n; i++)
        ike_sa_rekey_child(s->sa, s->sas.all[i]->spi_in, now);
    ike_driver_kick(s->driver);
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
    const AsaGroupPolicy *p = s->policy;
    Endpoint from;

    if (!s->up || s->ending)
        return;
    (void)session_carries(s);
    if (s->late.n > 0 && now >= s->late_until)
        drop_late(s);
    child_sas_stats(&s->sas, &s->stats);
    child_sas_tell(&s->sas, s->sa, now);
    /* A NAT may give a client another port at any time, and ESP is the first to come from there. */
    if (child_sas_strayed(&s->sas, &from))
        ike_sa_heard_from(s->sa, &from, s->stats.last_in);
    ike_driver_kick(s->driver);
    if (s->ending)
        return;
    if (p->session && now - s->up_at >= p->session * USEC_PER_SEC)
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
    const ChildSa *child = child_sas_current(&s->sas);
    Usec now = ike_driver_now();
    char *local, *remote;
    EspStats one = { 0 };

    child_sas_stats(&s->sas, &s->stats);
    (void)child_sas_one(&s->sas, child, &one);
    *ret = (ShowSession){
        .index = s->index,
        .user = s->user,
        .group = s->group->name,
        .policy = s->policy->name,
        .client_version = s->forms ? s->forms->client : "",
        .client_os = s->forms ? s->forms->device : "",
        .ip4 = s->ip4.addr,
        .ip6 = s->ip6.addr,
        .kind = s->site          ? SHOW_L2L
                : s->peers.group ? SHOW_RA_IKEV2
                                 : SHOW_ANYCONNECT,
        .auth_sign = s->peers.plan.ours == IKE_WAY_PSK ? "PSK" : sig_key_kind(s->peers.plan.key),
        .auth_verify = s->peers.plan.theirs,
        .n_children = s->sas.n,
        .stats = s->stats,
        .login_time = s->login_time,
        .duration = seconds_since(s->up_at, now),
        .inactivity = seconds_since(last_heard(s), now),
        .idle_limit = s->policy->idle,
        .session_limit = s->policy->session,
        .child_life = child_life(s),
        .child_kilobytes = child_kilobytes(s),
        .child_carried = MAX(one.octets_in, one.octets_out) / 1024,
        .dpd = (uint32_t)(g->ike.dpd_interval / USEC_PER_SEC),
    };
    if (child) {
        ret->child = child->suite;
        ret->spi_in = child->spi_in;
        ret->spi_out = child->spi_out;
        ret->child_age = seconds_since(child->since, now);
    }
    ike_sa_info(s->sa, &ret->ike);
    ret->ike_age = seconds_since(ret->ike.since, now);
    ret->ike_life = ike_life(s, &ret->ike);
    local = id_text(&ret->ike.id_local);
    remote = id_text(&ret->ike.id_remote);
    g_ptr_array_add(texts, local);
    g_ptr_array_add(texts, remote);
    ret->id_local = local;
    ret->id_remote = remote;
}
