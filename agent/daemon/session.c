#include "agent/daemon/session.h"

#include "agent/daemon/session_private.h"

typedef enum Trigger {
    ON_START,
    ON_RESOLVED,
    ON_UNRESOLVED,
    ON_CERTIFICATE,
    ON_QUESTION,
    ON_ANSWER,
    ON_UP,
    ON_STOP,
    ON_ENDED, /* the IKE SA is gone */
    N_TRIGGERS,
} Trigger;

/* Where a handler sends the session. */
typedef enum Outcome {
    DONE,  /* the row's state */
    AGAIN, /* the next address: back to negotiating */
    FAIL,  /* session_set_error() has been called: close what is open */
} Outcome;

typedef struct Arg {
    const IkeEvent *ev;
    const PromptAnswer *answer;
    EapAnswer *eap; /* @answer as the core takes it: form and banner */
} Arg;

typedef Outcome Run(Session *s, const Arg *arg);
typedef struct Row {
    SessionState from;
    Trigger on;
    Run *run;
    SessionState to;
    const char *story;
} Row;

static void fire(Session *s, Trigger on, const Arg *arg);
static Run on_start, on_resolved, on_lost_before_login, on_certificate, on_trust_answer,
    on_question, on_form_answer, on_up, on_stop, on_stop_early, on_ended, on_nothing;

/* One row a state and trigger; what stands nowhere cannot happen and is ignored. */
static const Row rows[] = {
    { SESSION_IDLE, ON_START, on_start, SESSION_RESOLVING, "looking up the gateway" },
    { SESSION_IDLE, ON_STOP, on_stop_early, SESSION_OVER, "stopped before it began" },
    { SESSION_RESOLVING, ON_RESOLVED, on_resolved, SESSION_NEGOTIATING, "IKE_SA_INIT sent" },
    { SESSION_RESOLVING, ON_UNRESOLVED, on_nothing, SESSION_OVER, "no address found" },
    { SESSION_RESOLVING, ON_STOP, on_stop_early, SESSION_OVER, "stopped by request" },
    { SESSION_NEGOTIATING, ON_CERTIFICATE, on_certificate, SESSION_TRUST,
      "gateway proved its key" },
    { SESSION_NEGOTIATING, ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_NEGOTIATING, ON_ENDED, on_lost_before_login, SESSION_OVER, "no IKE SA" },
    { SESSION_TRUST, ON_ANSWER, on_trust_answer, SESSION_LOGIN, "certificate accepted" },
    { SESSION_TRUST, ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_TRUST, ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_LOGIN, ON_QUESTION, on_question, SESSION_FORM, "gateway asks" },
    { SESSION_LOGIN, ON_UP, on_up, SESSION_UP, "logged in, host configured" },
    { SESSION_LOGIN, ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_LOGIN, ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_FORM, ON_ANSWER, on_form_answer, SESSION_LOGIN, "answered" },
    { SESSION_FORM, ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_FORM, ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_UP, ON_STOP, on_stop, SESSION_CLOSING, "stopped by request" },
    { SESSION_UP, ON_ENDED, on_ended, SESSION_OVER, "IKE SA gone" },
    { SESSION_CLOSING, ON_ENDED, on_ended, SESSION_OVER, "Delete answered or given up" },
};

static const char *const state_names[] = {
    [SESSION_IDLE] = "IDLE",
    [SESSION_RESOLVING] = "RESOLVING",
    [SESSION_NEGOTIATING] = "NEGOTIATING",
    [SESSION_TRUST] = "TRUST",
    [SESSION_LOGIN] = "LOGIN",
    [SESSION_FORM] = "FORM",
    [SESSION_UP] = "UP",
    [SESSION_CLOSING] = "CLOSING",
    [SESSION_OVER] = "OVER",
};
static const char *const trigger_names[N_TRIGGERS] = {
    [ON_START] = "start",
    [ON_RESOLVED] = "resolved",
    [ON_UNRESOLVED] = "unresolved",
    [ON_CERTIFICATE] = "certificate",
    [ON_QUESTION] = "question",
    [ON_ANSWER] = "answer",
    [ON_UP] = "up",
    [ON_STOP] = "stop",
    [ON_ENDED] = "ended",
};

static gboolean
tell_owner(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    s->owner.over(s, s->owner.user);
    return G_SOURCE_REMOVE;
}

/* Later, from the main loop; at most one thing waits, and what comes after it makes it void. */
static void
defer(Session *s, GSourceFunc what)
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
    defer(s, tell_owner);
}

static const Row *
find_row(SessionState from, Trigger on)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].from == from && rows[i].on == on)
            return &rows[i];
    return NULL;
}

static void
fire(Session *s, Trigger on, const Arg *arg)
{
    const Row *row = find_row(s->state, on);

    if (!row)
        return;
    switch (row->run(s, arg)) {
    case DONE:
        enter(s, row->to, row->story);
        break;
    case AGAIN:
        enter(s, SESSION_NEGOTIATING, "trying the next address");
        break;
    case FAIL:
        (void)on_stop(s, arg);
        enter(s, s->sa ? SESSION_CLOSING : SESSION_OVER, s->error->message);
        break;
    }
    if (s->driver)
        ike_driver_kick(s->driver);
}

static Outcome
on_nothing(Session *s, const Arg *arg)
{
    (void)s;
    (void)arg;
    return DONE;
}

/* ------------------------------------------------------------------ finding the gateway */

static void resolve_next(Session *s);

static void
resolved(Session *s, const Addr *addrs, guint n)
{
    g_array_set_size(s->addrs, 0);
    g_array_append_vals(s->addrs, addrs, n);
    s->addr = 0;
    fire(s, ON_RESOLVED, NULL);
}

static void
on_lookup(GObject *source, GAsyncResult *result, gpointer user)
{
    g_autoptr(GError) error = NULL;
    GList *found = g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &error);
    g_autoptr(GArray) addrs = g_array_new(FALSE, FALSE, sizeof(Addr));
    Session *s = user;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* @s may be gone */
    for (GList *l = found; l; l = l->next) {
        const guint8 *octets = g_inet_address_to_bytes(l->data);
        Addr a;

        if (addr_from_octets((Slice){ octets, g_inet_address_get_native_size(l->data) }, &a))
            g_array_append_val(addrs, a);
    }
    g_resolver_free_addresses(found);
    if (addrs->len)
        resolved(s, (const Addr *)(void *)addrs->data, addrs->len);
    else {
        session_set_error(s, AC_ERROR_NETWORK, "check the name and this host's DNS", "%s: %s",
                          (const char *)s->candidates->pdata[s->candidate - 1],
                          error ? error->message : "no address");
        resolve_next(s);
    }
}

/* Every candidate is looked up in turn; what the last one lacked is the error that is told. */
static void
resolve_next(Session *s)
{
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    const char *name;
    Addr literal;

    if (s->candidate == s->candidates->len) {
        fire(s, ON_UNRESOLVED, NULL);
        return;
    }
    name = s->candidates->pdata[s->candidate++];
    if (addr_parse(name, &literal))
        resolved(s, &literal, 1);
    else
        g_resolver_lookup_by_name_async(resolver, name, s->resolving, on_lookup, s);
}

static gboolean
resolve_first(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    resolve_next(s);
    return G_SOURCE_REMOVE;
}

static Outcome
on_start(Session *s, const Arg *arg)
{
    (void)arg;
    session_emit_state(s, "connecting", "contacting", true);
    session_emit_notice(s, true, "contacting host (%s) for login information...", s->host->address);
    session_emit_notice(s, false, "Contacting %s.", s->host->name);
    defer(s, resolve_first);
    return DONE;
}

/* Opens the next address that can be opened at all. */
static Outcome
try_address(Session *s)
{
    while (s->addr < s->addrs->len) {
        const Addr *a = &g_array_index(s->addrs, Addr, s->addr++);
        g_autoptr(GError) error = NULL;
        char text[ADDR_TEXT_MAX];

        if (session_ike_open(s, a, &error)) {
            g_clear_error(&s->error);
            g_clear_pointer(&s->hint, g_free);
            return DONE;
        }
        session_set_error(s, AC_ERROR_NETWORK, "check this host's network", "%s: %s",
                          addr_format(a, text), error->message);
    }
    return FAIL;
}

static Outcome
on_resolved(Session *s, const Arg *arg)
{
    (void)arg;
    return try_address(s);
}

/* ------------------------------------------------------------------ the gateway's certificate */

static Outcome
trust_leaf(Session *s, bool yes)
{
    LogFields fields = session_fields(s);

    log_at(LOG_MESSAGE, &fields, "certificate %s: %s", yes ? "trusted" : "refused",
           s->verify.why ? s->verify.why : "by the user");
    ike_sa_answer_certificate(s->sa, yes, ike_driver_now());
    return DONE;
}

static gboolean
trust_at_once(gpointer user)
{
    Session *s = user;

    s->idle = 0;
    fire(s, ON_ANSWER, &(Arg){ .answer = &(PromptAnswer){ .accept = true } });
    return G_SOURCE_REMOVE;
}

/* What is said about a certificate that nobody may accept. */
static Outcome
refuse_leaf(Session *s)
{
    g_autoptr(GPtrArray) reasons = verify_reasons(s->verify.problems);

    g_ptr_array_add(reasons, NULL);
    g_autofree char *all = g_strjoinv("; ", (char **)reasons->pdata);

    session_set_error(s, AC_ERROR_CERTIFICATE, "ask the administrator of the gateway",
                      "the certificate of %s is not trusted: %s%s%s", s->host->name, s->verify.why,
                      *all ? ": " : "", all);
    return FAIL;
}

static Outcome
on_certificate(Session *s, const Arg *arg)
{
    char address[ADDR_TEXT_MAX];
    GVariantDict *d;

    verify_clear(&s->verify);
    verify_chain(arg->ev->chain,
                 &(VerifySetup){ .settings = s->setup.settings,
                                 .trust = s->setup.trust,
                                 .host = s->host,
                                 .anchors = s->setup.anchors,
                                 .pins = s->setup.pins,
                                 .now = g_get_real_time() / G_USEC_PER_SEC },
                 &s->verify);
    if (s->verify.verdict == VERIFY_REFUSED)
        return refuse_leaf(s);
    if (s->verify.verdict == VERIFY_TRUSTED) {
        defer(s, trust_at_once);
        return DONE;
    }
    d = event_begin("prompt");
    prompt_certificate(d, &s->verify, arg->ev->chain, addr_format(&s->gateway.addr, address));
    session_ask(s, PROMPT_CERTIFICATE, d);
    return DONE;
}

static void
remember(Session *s)
{
    g_autoptr(GError) error = NULL;
    TrustEntry e = { .host = s->host->name,
                     .pin = s->verify.leaf->pin_sha256,
                     .subject = s->verify.leaf->subject,
                     .problems = s->verify.problems,
                     .added = g_get_real_time() / G_USEC_PER_SEC };

    if (!trust_put(s->setup.trust, &e, &error))
        session_emit_notice(s, false, "The certificate could not be remembered: %s",
                            error->message);
}

static Outcome
on_trust_answer(Session *s, const Arg *arg)
{
    session_asked(s);
    if (!arg->answer->accept || arg->answer->cancel) {
        session_set_error(s, AC_ERROR_DECLINED, NULL, "the certificate of %s was not accepted",
                          s->host->name);
        return FAIL;
    }
    if (arg->answer->remember)
        remember(s);
    session_emit_state(s, "authenticating", NULL, true);
    return trust_leaf(s, true);
}

/* ------------------------------------------------------------------ the login */

static const char *
wanted_group(const Session *s)
{
    return s->setup.group ? s->setup.group : s->host->user_group;
}

static Outcome
on_question(Session *s, const Arg *arg)
{
    const AcDoc *doc = arg->ev->question->doc;
    GVariantDict *d = event_begin("prompt");

    s->asked = doc;
    if (doc->type == AC_COMPLETE) {
        prompt_banner(d, doc);
        session_ask(s, PROMPT_BANNER, d);
    } else {
        prompt_form(d, doc, wanted_group(s));
        session_ask(s, PROMPT_FORM, d);
    }
    return DONE;
}

static void
note_user(Session *s, const GPtrArray *fields)
{
    const Secret *name = ac_fields_get(fields, "username");

    if (!name)
        return;
    g_free(s->user);
    s->user = log_escape((const char *)name->p, name->len, 64);
}

/* A person's answer as the core takes it; on failure the prompt stays open for a better one. */
static bool
eap_answer(Session *s, PromptAnswer *given, EapAnswer *ret, GError **error)
{
    if (given->cancel || (s->prompt_kind == PROMPT_BANNER && !given->accept)) {
        ret->kind = EAP_ANSWER_DECLINE;
        return true;
    }
    if (s->prompt_kind == PROMPT_BANNER) {
        ret->kind = EAP_ANSWER_ACCEPT;
        return true;
    }
    if (given->group) {
        ret->kind = EAP_ANSWER_GROUP;
        ret->text = g_strdup(given->group);
        return true;
    }
    ret->kind = EAP_ANSWER_FIELDS;
    ret->fields = prompt_form_fill(s->asked, wanted_group(s), given->fields, error);
    if (ret->fields)
        note_user(s, ret->fields);
    return ret->fields;
}

static Outcome
on_form_answer(Session *s, const Arg *arg)
{
    if (arg->eap->kind == EAP_ANSWER_DECLINE)
        session_set_error(s, AC_ERROR_DECLINED, NULL, "%s",
                          s->prompt_kind == PROMPT_BANNER ? "the banner was not accepted"
                                                          : "the login was cancelled");
    session_asked(s);
    ike_sa_answer_eap(s->sa, arg->eap, ike_driver_now());
    return DONE;
}

/* ------------------------------------------------------------------ up and down */

static bool
configure_host(Session *s, const IkeEvent *ev, GError **error)
{
    session_emit_notice(s, false, "Establishing VPN - Activating VPN adapter...");
    s->tunnel = tunnel_new(error);
    if (!s->tunnel)
        return false;
    session_emit_notice(s, false, "Establishing VPN - Configuring system...");
    session_ike_unwatch(s);
    return tunnel_configure(s->tunnel, &s->child, ev->reply, s->natt, &s->gateway, s->setup.journal,
                            session_ike_on_datagram, s, error);
}

static Outcome
on_up(Session *s, const Arg *arg)
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
        return FAIL;
    }
    secret_clear(&s->child.key_in);
    secret_clear(&s->child.key_out);
    secret_clear(&s->child.integ_in);
    secret_clear(&s->child.integ_out);
    session_emit_notice(s, false, "Establishing VPN...");
    s->since = g_get_real_time();
    session_emit_state(s, "connected", NULL, false);
    session_emit_notice(s, false, "Connected to %s.", s->host->name);
    log_at(LOG_MESSAGE, &fields, "connected to %s as %s", s->host->name, s->user ? s->user : "?");
    return DONE;
}

static Outcome
on_stop_early(Session *s, const Arg *arg)
{
    (void)arg;
    g_cancellable_cancel(s->resolving);
    return DONE;
}

/* The host is set right before anything is waited for. */
static Outcome
on_stop(Session *s, const Arg *arg)
{
    (void)arg;
    session_asked(s);
    if (s->state == SESSION_UP)
        session_emit_state(s, "disconnecting", NULL, false);
    if (s->tunnel) {
        g_clear_pointer(&s->tunnel, tunnel_free);
        session_ike_watch(s);
    }
    if (s->sa)
        ike_sa_close(s->sa, ike_driver_now());
    return DONE;
}

static Outcome
on_ended(Session *s, const Arg *arg)
{
    session_asked(s);
    if (s->state != SESSION_CLOSING)
        session_set_reason(s, arg->ev->reason, arg->ev->text);
    g_clear_pointer(&s->tunnel, tunnel_free);
    return DONE;
}

/* Nothing of the user has been sent yet: another address may do better. */
static Outcome
on_lost_before_login(Session *s, const Arg *arg)
{
    bool silent = arg->ev->reason == IKE_REASON_TIMEOUT;

    (void)on_ended(s, arg);
    if (!silent || s->addr == s->addrs->len)
        return DONE;
    session_ike_close(s);
    return try_address(s) == DONE ? AGAIN : DONE;
}

bool
session_on_ike_event(const IkeEvent *ev, void *user)
{
    Session *s = user;
    LogFields fields = session_fields(s);
    Arg arg = { .ev = ev };

    switch (ev->kind) {
    case IKE_EV_STATE:
    case IKE_EV_TRACE:
        log_at(LOG_DEBUG, &fields, "%s", ev->text);
        return true;
    case IKE_EV_CERTIFICATE:
        fire(s, ON_CERTIFICATE, &arg);
        return true;
    case IKE_EV_QUESTION:
        fire(s, ON_QUESTION, &arg);
        return true;
    case IKE_EV_CONFIG:
        return true; /* a responder's */
    case IKE_EV_CHILD_UP:
        s->child = *ev->child;
        *ev->child = (IkeChild){ 0 }; /* the keys are ours now */
        return true;
    case IKE_EV_UP:
        fire(s, ON_UP, &arg);
        return true;
    case IKE_EV_CHILD_DOWN:
        session_set_error(s, AC_ERROR_NETWORK, NULL, "the gateway closed the tunnel");
        fire(s, ON_STOP, &arg);
        return true;
    case IKE_EV_CLOSED:
        fire(s, ON_ENDED, &arg);
        return false;
    }
    g_assert_not_reached();
}

/* ------------------------------------------------------------------ the object */

Session *
session_new(ProfileHost *host, const SessionSetup *setup, const SessionOwner *owner)
{
    Session *s = g_new0(Session, 1);

    *s = (Session){ .host = host, .setup = *setup, .owner = *owner };
    s->setup.pins = g_strdupv((char **)setup->pins);
    s->setup.group = g_strdup(setup->group);
    s->resolving = g_cancellable_new();
    s->addrs = g_array_new(FALSE, FALSE, sizeof(Addr));
    s->candidates = g_ptr_array_new();
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
    tunnel_free(s->tunnel);
    session_ike_close(s);
    verify_clear(&s->verify);
    g_clear_pointer(&s->prompt, g_variant_unref);
    g_clear_error(&s->error);
    g_clear_pointer(&s->certreq, g_bytes_unref);
    g_object_unref(s->resolving);
    g_array_unref(s->addrs);
    g_ptr_array_unref(s->candidates);
    g_free(s->hint);
    g_free(s->user);
    g_free(s->app_version);
    g_free(s->unique_id);
    g_free((char *)s->setup.group);
    g_strfreev((char **)s->setup.pins);
    profile_host_free(s->host);
    g_free(s);
}

void
session_start(Session *s)
{
    fire(s, ON_START, NULL);
}

void
session_stop(Session *s)
{
    fire(s, ON_STOP, NULL);
}

bool
session_answer(Session *s, uint64_t id, PromptAnswer *answer, GError **error)
{
    if (s->prompt_kind == PROMPT_NONE || id != s->prompt_id) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "there is no open prompt %" G_GUINT64_FORMAT,
                    id);
        return false;
    }
    g_auto(EapAnswer) eap = { 0 };

    if (s->prompt_kind != PROMPT_CERTIFICATE && !eap_answer(s, answer, &eap, error))
        return false;
    fire(s, ON_ANSWER, &(Arg){ .answer = answer, .eap = &eap });
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
