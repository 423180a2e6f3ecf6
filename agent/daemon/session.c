#include "agent/daemon/session.h"

#include "agent/daemon/session_private.h"

enum { TICK_S = 1 }; /* between two looks at what the tunnel has carried */

typedef struct Row {
    SessionState from;
    SessionTrigger on;
    SessionRun *run;
    SessionState to;
    const char *story;
} Row;

static SessionRun on_lost_before_login, on_up, on_up_by_key, on_stop, on_stop_early, on_ended,
    on_nothing;

/* One row a state and trigger; what stands nowhere cannot happen and is ignored. */
static const Row rows[] = {
    { SESSION_IDLE, SESSION_ON_START, session_on_begin, SESSION_UNLOCK, "is our key at hand" },
    { SESSION_UNLOCK, SESSION_ON_UNLOCKED, session_on_start, SESSION_RESOLVING,
      "looking up the gateway" },
    { SESSION_UNLOCK, SESSION_ON_CHOSEN, session_on_begin, SESSION_UNLOCK, "certificate chosen" },
    { SESSION_UNLOCK, SESSION_ON_LOCKED, session_on_locked, SESSION_UNLOCK, "another try" },
    { SESSION_UNLOCK, SESSION_ON_STOP, on_stop, SESSION_OVER, "stopped by request" },
    { SESSION_IDLE, SESSION_ON_STOP, on_stop_early, SESSION_OVER, "stopped before it began" },
    { SESSION_RESOLVING, SESSION_ON_RESOLVED, session_on_resolved, SESSION_NEGOTIATING,
      "IKE_SA_INIT sent" },
    { SESSION_RESOLVING, SESSION_ON_UNRESOLVED, on_nothing, SESSION_OVER, "no address found" },
    { SESSION_RESOLVING, SESSION_ON_STOP, on_stop_early, SESSION_OVER, "stopped by request" },
    { SESSION_NEGOTIATING, SESSION_ON_CERTIFICATE, session_on_certificate, SESSION_TRUST,
      "gateway proved its key" },
    { SESSION_NEGOTIATING, SESSION_ON_UP, on_up_by_key, SESSION_UP,
      "gateway proved the shared key, host configured" },
    { SESSION_NEGOTIATING, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_NEGOTIATING, SESSION_ON_ENDED, on_lost_before_login, SESSION_OVER, "no IKE SA" },
    { SESSION_TRUST, SESSION_ON_ANSWER, session_on_trust_answer, SESSION_LOGIN,
      "certificate accepted" },
    { SESSION_TRUST, SESSION_ON_CHECKED, session_on_checked, SESSION_LOGIN,
      "certificate not revoked" },
    { SESSION_TRUST, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_TRUST, SESSION_ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_LOGIN, SESSION_ON_QUESTION, session_on_question, SESSION_FORM, "gateway asks" },
    { SESSION_LOGIN, SESSION_ON_UP, on_up, SESSION_UP, "logged in, host configured" },
    { SESSION_LOGIN, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_LOGIN, SESSION_ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_LOGIN, SESSION_ON_SERVER, session_on_server, SESSION_SERVER,
      "EAP-TLS proved the server" },
    { SESSION_SERVER, SESSION_ON_CHECKED, session_on_server_checked, SESSION_LOGIN,
      "its certificate not revoked" },
    { SESSION_SERVER, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_SERVER, SESSION_ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_FORM, SESSION_ON_ANSWER, session_on_form_answer, SESSION_LOGIN, "answered" },
    { SESSION_FORM, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_FORM, SESSION_ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_UP, SESSION_ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_UP, SESSION_ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_CLOSING, SESSION_ON_ENDED, on_ended, SESSION_OVER, "Delete answered or given up" },
};

static const char *const state_names[] = {
    [SESSION_IDLE] = "IDLE",
    [SESSION_UNLOCK] = "UNLOCK",
    [SESSION_RESOLVING] = "RESOLVING",
    [SESSION_NEGOTIATING] = "NEGOTIATING",
    [SESSION_TRUST] = "TRUST",
    [SESSION_LOGIN] = "LOGIN",
    [SESSION_FORM] = "FORM",
    [SESSION_SERVER] = "SERVER",
    [SESSION_UP] = "UP",
    [SESSION_CLOSING] = "CLOSING",
    [SESSION_OVER] = "OVER",
};
static const char *const trigger_names[SESSION_N_TRIGGERS] = {
    [SESSION_ON_START] = "start",
    [SESSION_ON_UNLOCKED] = "unlocked",
    [SESSION_ON_LOCKED] = "locked",
    [SESSION_ON_CHOSEN] = "chosen",
    [SESSION_ON_RESOLVED] = "resolved",
    [SESSION_ON_UNRESOLVED] = "unresolved",
    [SESSION_ON_CERTIFICATE] = "certificate",
    [SESSION_ON_CHECKED] = "checked",
    [SESSION_ON_QUESTION] = "question",
    [SESSION_ON_SERVER] = "server",
    [SESSION_ON_ANSWER] = "answer",
    [SESSION_ON_UP] = "up",
    [SESSION_ON_STOP] = "stop",
    [SESSION_ON_ENDED] = "ended",
};

static gboolean
tell_owner(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    s->owner.over(s, s->owner.user);
    return G_SOURCE_REMOVE;
}

void
session_defer(Session *s, GSourceFunc what)
{
    g_clear_handle_id(&s->idle, g_source_remove);
    s->idle = g_idle_add(what, s);
}

/* The only place that moves the state. */
static void
enter(Session *s, SessionState to, const char *story)
{
    LogFields fields = session_fields(s);

    log_at(LOG_DEBUG, &fields, "session %s -> %s: %s", state_names[s->state], state_names[to],
           story);
    s->state = to;
    if (to != SESSION_OVER)
        return;
    session_ike_close(s);
    session_emit_failed(s);
    session_emit_state(s, "disconnected", NULL, false);
    session_defer(s, tell_owner);
}

static const Row *
find_row(SessionState from, SessionTrigger on)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].from == from && rows[i].on == on)
            return &rows[i];
    return NULL;
}

void
session_fire(Session *s, SessionTrigger on, const SessionArg *arg)
{
    const Row *row = find_row(s->state, on);

    if (!row)
        return;
    switch (row->run(s, arg)) {
    case SESSION_DONE:
        enter(s, row->to, row->story);
        break;
    case SESSION_AGAIN:
        enter(s, s->sa ? SESSION_NEGOTIATING : SESSION_RESOLVING, "trying the next address");
        break;
    case SESSION_FAIL:
        (void)on_stop(s, arg);
        enter(s, s->sa ? SESSION_CLOSING : SESSION_OVER, s->error->message);
        break;
    }
    if (s->driver)
        ike_driver_kick(s->driver);
}

static SessionOutcome
on_nothing(Session *s, const SessionArg *arg)
{
    (void)s;
    (void)arg;
    return SESSION_DONE;
}

static gboolean
on_tick(gpointer user)
{
    Session *s = user;

    if (s->renewal.orphan)
        return G_SOURCE_CONTINUE;
    child_sas_tell(tunnel_sas(s->tunnel), s->sa, ike_driver_now());
    tunnel_follow_mtu(s->tunnel, s->natt);
    if (s->refusals != tunnel_refusals(s->tunnel)) {
        s->refusals = tunnel_refusals(s->tunnel);
        ike_sa_doubt(s->sa, ike_driver_now());
    }
    session_look(s); /* may end it, and with it this source */
    if (s->driver)
        ike_driver_kick(s->driver);
    return G_SOURCE_CONTINUE;
}

static void
on_network(void *user)
{
    session_roam(user);
}

/* Without it the session still lives as long as its first network does. */
static void
watch_network(Session *s)
{
    LogFields fields = session_fields(s);
    g_autoptr(GError) error = NULL;

    s->watch = netwatch_new(on_network, s, &error);
    if (!s->watch)
        log_at(LOG_WARNING, &fields, "changes of the network are not noticed: %s", error->message);
}

static void
drop_tunnel(Session *s)
{
    g_clear_handle_id(&s->tick, g_source_remove);
    g_clear_pointer(&s->watch, netwatch_free);
    g_clear_pointer(&s->tunnel, tunnel_free);
}

static bool
configure_host(Session *s, const IkeEvent *ev, GError **error)
{
    const Settings *settings = s->setup.settings;

    session_emit_notice(s, false, "Establishing VPN - Activating VPN adapter...");
    s->tunnel = tunnel_new(&(TunnelSetup){ .offload = settings->offload,
                                           .crypto = settings->crypto,
                                           .plane = settings->plane,
                                           .threads = settings->threads,
                                           .rules = settings->esp,
                                           .bypass_family = settings->bypass_family,
                                           .child = &s->child,
                                           .xfrm_journal = s->setup.xfrm_journal },
                           error);
    if (!s->tunnel)
        return false;
    session_emit_notice(s, false, "Establishing VPN - Configuring system...");
    session_ike_unwatch(s);
    return tunnel_configure(s->tunnel, &s->child, ev->reply, s->natt, &s->gateway, s->setup.journal,
                            session_ike_on_datagram, s, error);
}

static SessionOutcome
on_up(Session *s, const SessionArg *arg)
{
    LogFields fields = session_fields(s);
    g_autoptr(GError) error = NULL;

    session_emit_state(s, "connecting", "session", false);
    session_emit_notice(s, false, "Establishing VPN session...");
    session_emit_notice(s, false, "Establishing VPN - Initiating connection...");
    session_emit_notice(s, false, "Establishing VPN - Examining system...");
    if (!configure_host(s, arg->ev, &error)) {
        session_set_error(s, AC_ERROR_HOST_SETUP, "what was done to the host has been undone", "%s",
                          error->message);
        return SESSION_FAIL;
    }
    ike_child_wipe(&s->child);
    watch_network(s);
    s->silence = (EspSilence){ .span = s->setup.settings->silence };
    s->tick = g_timeout_add_seconds(TICK_S, on_tick, s);
    session_emit_notice(s, false, "Establishing VPN...");
    s->since = g_get_real_time();
    session_emit_state(s, "connected", NULL, false);
    session_emit_notice(s, false, "Connected to %s.", s->host->name);
    log_at(LOG_MESSAGE, &fields, "connected to %s as %s by %s", s->host->name,
           s->user ? s->user : "?", login_way(s->login)->name);
    x509_store_rest(s->setup.anchors);
    return SESSION_DONE;
}

/* A shared key proves the gateway without a certificate; nobody is asked. */
static SessionOutcome
on_up_by_key(Session *s, const SessionArg *arg)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    if (login_way(s->login)->theirs != IKE_WAY_PSK) { /* never without its certificate */
        session_set_error(s, AC_ERROR_CERTIFICATE, NULL, "the gateway showed no certificate");
        return SESSION_FAIL;
    }
    if (!session_gateway_is(s, &info.id_remote))
        return SESSION_FAIL;
    return on_up(s, arg);
}

static SessionOutcome
on_stop_early(Session *s, const SessionArg *arg)
{
    (void)arg;
    g_cancellable_cancel(s->resolving);
    return SESSION_DONE;
}

/* The host is set right before anything is waited for. */
static SessionOutcome
on_stop(Session *s, const SessionArg *arg)
{
    (void)arg;
    session_asked(s);
    session_renew_stop(s);
    if (s->state == SESSION_UP)
        session_emit_state(s, "disconnecting", NULL, false);
    if (s->tunnel) {
        drop_tunnel(s);
        session_ike_watch(s);
    }
    if (s->sa)
        ike_sa_close(s->sa, ike_driver_now());
    return SESSION_DONE;
}

static SessionOutcome
on_ended(Session *s, const SessionArg *arg)
{
    session_asked(s);
    drop_tunnel(s);
    if (s->state == SESSION_CLOSING)
        return SESSION_DONE;
    if (arg->ev->redirect && !s->error)
        return session_follow(s, arg);
    session_set_reason(s, arg->ev->reason, arg->ev->text);
    return SESSION_DONE;
}

enum { NATTED_MAX = 3 }; /* logins begun before a NAT in the way is believed in */

/* Nothing of the user has been sent yet: another address may do better. */
static SessionOutcome
on_lost_before_login(Session *s, const SessionArg *arg)
{
    SessionOutcome ended = on_ended(s, arg);

    /* RFC 4555 §3.9: who can change one packet must not end it */
    if (arg->ev->reason == IKE_REASON_NAT && ++s->natted < NATTED_MAX)
        return session_find_again(s);
    if (arg->ev->reason != IKE_REASON_TIMEOUT)
        return ended;
    session_ike_close(s);
    return session_find_next(s) == SESSION_FAIL ? SESSION_DONE : SESSION_AGAIN;
}

bool
session_on_ike_event(const IkeEvent *ev, void *user)
{
    Session *s = user;
    LogFields fields = session_fields(s);
    SessionArg arg = { .ev = ev };

    switch (ev->kind) {
    case IKE_EV_STATE:
    case IKE_EV_TRACE:
        log_at(LOG_DEBUG, &fields, "%s", ev->text);
        return true;
    case IKE_EV_NOTICE:
        log_at(LOG_WARNING, &fields, "%s", ev->text);
        return true;
    case IKE_EV_CERTIFICATE:
        session_fire(s, SESSION_ON_CERTIFICATE, &arg);
        return true;
    case IKE_EV_QUESTION:
        session_fire(s, ev->question->chain ? SESSION_ON_SERVER : SESSION_ON_QUESTION, &arg);
        return true;
    case IKE_EV_PEER:
    case IKE_EV_CONFIG:
        return true; /* a responder's */
    case IKE_EV_CHILD_OUT:
        session_on_child_out(s, ev->child);
        return true;
    case IKE_EV_REKEYED:
        session_on_rekeyed(s);
        return true;
    case IKE_EV_REAUTH:
        session_on_reauth(s);
        return true;
    case IKE_EV_KEYS:
        key_file_add(s->setup.keys, ev->text);
        return true;
    case IKE_EV_CHILD_UP:
        session_on_child_up(s, ev->child);
        return true;
    case IKE_EV_PATH:
        session_on_path(s);
        return true;
    case IKE_EV_UP:
        session_fire(s, SESSION_ON_UP, &arg);
        return true;
    case IKE_EV_CHILD_DOWN:
        session_on_child_down(s, ev);
        return true;
    case IKE_EV_CLOSED:
        if (session_renew_outlives(s, ev))
            return true;
        session_fire(s, SESSION_ON_ENDED, &arg);
        return false;
    }
    g_assert_not_reached();
}

Session *
session_new(ProfileHost *host, Login *login, const SessionSetup *setup, const SessionOwner *owner)
{
    Session *s = g_new0(Session, 1);

    *s = (Session){ .host = host, .login = login, .setup = *setup, .owner = *owner };
    s->setup.pins = g_strdupv((char **)setup->pins);
    s->setup.group = g_strdup(setup->group);
    s->resolving = g_cancellable_new();
    s->addrs = g_array_new(FALSE, FALSE, sizeof(Addr));
    s->candidates = g_ptr_array_new();
    s->targets = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(s->candidates, host->address);
    g_ptr_array_extend(s->candidates, host->backups, NULL, NULL);
    session_ike_configure(s);
    return s;
}

void
session_free(Session *s)
{
    if (!s)
        return;
    g_cancellable_cancel(s->resolving);
    g_clear_handle_id(&s->idle, g_source_remove);
    drop_tunnel(s);
    session_ike_close(s);
    verify_clear(&s->verify);
    g_clear_pointer(&s->prompt, g_variant_unref);
    g_clear_error(&s->error);
    g_clear_pointer(&s->certreq, g_bytes_unref);
    g_object_unref(s->resolving);
    g_array_unref(s->addrs);
    g_ptr_array_unref(s->candidates);
    g_ptr_array_unref(s->targets);
    g_free(s->hint);
    g_free(s->user);
    g_free(s->banner);
    g_free(s->app_version);
    g_free(s->unique_id);
    g_free((char *)s->setup.group);
    g_strfreev((char **)s->setup.pins);
    g_clear_handle_id(&s->unlock_limit, g_source_remove);
    ac_doc_free(s->unlock);
    login_free(s->login);
    profile_host_free(s->host);
    g_free(s);
}

void
session_start(Session *s)
{
    session_fire(s, SESSION_ON_START, NULL);
}

void
session_stop(Session *s)
{
    session_fire(s, SESSION_ON_STOP, NULL);
}

bool
session_answer(Session *s, uint64_t id, PromptAnswer *answer, GError **error)
{
    if (s->prompt_kind == PROMPT_NONE || id != s->prompt_id) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "there is no open prompt %" G_GUINT64_FORMAT,
                    id);
        return false;
    }
    if (s->state == SESSION_UNLOCK)
        return session_unlock(s, answer, error);
    g_auto(EapAnswer) eap = { 0 };

    if (s->prompt_kind != PROMPT_CERTIFICATE && !session_eap_answer(s, answer, &eap, error))
        return false;
    session_fire(s, SESSION_ON_ANSWER, &(SessionArg){ .answer = answer, .eap = &eap });
    return true;
}

char *
session_dot(void)
{
    GString *dot = g_string_new("digraph session {\n");

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        g_string_append_printf(dot, "  %s -> %s [label=\"%s: %s\"];\n", state_names[rows[i].from],
                               state_names[rows[i].to], trigger_names[rows[i].on], rows[i].story);
    g_string_append(dot, "}\n");
    return g_string_free(dot, FALSE);
}
