/* A login that is nearly as old as it may be is made anew while the tunnel carries (RFC 7296
 * §2.8.3): a second IKE SA over the same socket logs in, its child SA takes over, and only when
 * nothing can be under way on the first any more it is deleted. Whatever goes wrong before that
 * leaves the first as it is. */
#include "agent/daemon/session_private.h"
#include "agent/ike/ike_life.h"

/* An IKE SA whose place another has; its child SAs still receive. */
struct SessionPast {
    Session *session;
    IkeSa *sa; /* NULL: deleted */
    IkeDriver *driver;
    guint timer; /* until our Delete */
    uint32_t spis[CHILD_SAS_MAX];
    size_t n;
};

static bool
on_unheard_event(const IkeEvent *ev, void *user)
{
    (void)ev;
    (void)user;
    return true;
}

/* A Delete, if there are keys for one; nobody waits for the answer. Either may be NULL. */
static void
leave(IkeSa *sa, IkeDriver *driver)
{
    if (sa) {
        ike_driver_tell(driver, on_unheard_event, NULL);
        ike_sa_close(sa, ike_driver_now());
        ike_driver_kick(driver);
    }
    ike_driver_free(driver);
    ike_sa_free(sa);
}

/* What was under way on them still comes in. */
static void
past_free(SessionPast *p)
{
    for (size_t i = 0; i < p->n && p->session->tunnel; i++)
        child_sas_retire(tunnel_sas(p->session->tunnel), p->spis[i], ike_driver_now());
    g_clear_handle_id(&p->timer, g_source_remove);
    leave(p->sa, p->driver);
    g_free(p);
}

static bool
on_past_event(const IkeEvent *ev, void *user)
{
    SessionPast *p = user;
    Session *s = p->session;
    LogFields fields = session_fields(s);

    if (ev->kind == IKE_EV_STATE || ev->kind == IKE_EV_TRACE)
        log_at(LOG_DEBUG, &fields, "%s", ev->text);
    if (ev->kind == IKE_EV_KEYS)
        key_file_add(s->setup.keys, ev->text);
    if (ev->kind == IKE_EV_CHILD_DOWN && s->tunnel)
        child_sas_retire(tunnel_sas(s->tunnel), ev->child->spi_in, ike_driver_now());
    if (ev->kind == IKE_EV_CHILD_UP) /* made where nobody looks any more */
        ike_sa_close(p->sa, ike_driver_now());
    if (ev->kind != IKE_EV_CLOSED)
        return true;
    g_clear_pointer(&p->driver, ike_driver_free);
    g_clear_pointer(&p->sa, ike_sa_free);
    g_ptr_array_remove_fast(s->renewal.past, p); /* frees it */
    session_look_for_child(s, IKE_REASON_PEER);
    return false;
}

static gboolean
on_drained(gpointer user)
{
    SessionPast *p = user;

    p->timer = 0;
    ike_sa_close(p->sa, ike_driver_now());
    ike_driver_kick(p->driver);
    return G_SOURCE_REMOVE;
}

/* @sa and @driver say goodbye on their own; taken. @heir: the child SAs that are there are @sa's,
 * but this one, and what is under way on them comes first; NULL: none is. */
static void
part_with(Session *s, IkeSa *sa, IkeDriver *driver, const IkeChild *heir)
{
    SessionPast *p = g_new0(SessionPast, 1);
    const ChildSas *sas = tunnel_sas(s->tunnel);

    *p = (SessionPast){ .session = s, .sa = sa, .driver = driver };
    for (size_t i = 0; i < sas->n && heir; i++)
        if (sas->all[i]->spi_in != heir->spi_in)
            p->spis[p->n++] = sas->all[i]->spi_in;
    if (!s->renewal.past)
        s->renewal.past = g_ptr_array_new_with_free_func((GDestroyNotify)past_free);
    g_ptr_array_add(s->renewal.past, p);
    ike_driver_tell(driver, on_past_event, p);
    if (heir) {
        ike_sa_yield(sa);
        p->timer = g_timeout_add((guint)(s->config.drain / 1000), on_drained, p);
    } else {
        ike_sa_close(sa, ike_driver_now());
    }
}

bool
session_renews_alone(const Session *s)
{
    return !login_way(s->login)->typed || !s->typed;
}

static void
drop_next(SessionRenewal *r)
{
    g_cancellable_cancel(r->checking); /* what it looks at is the IKE SA's */
    g_clear_object(&r->checking);
    g_clear_pointer(&r->driver, ike_driver_free);
    g_clear_pointer(&r->sa, ike_sa_free);
    ike_child_wipe(&r->child);
    verify_clear(&r->verify);
    r->certified = false;
}

static gboolean
tell_ended(gpointer user)
{
    Session *s = user;
    IkeEvent ev = { .kind = IKE_EV_CLOSED, .reason = s->renewal.reason, .text = s->renewal.why };

    s->idle = 0;
    session_fire(s, SESSION_ON_ENDED, &(SessionArg){ .ev = &ev });
    return G_SOURCE_REMOVE;
}

void
session_renew_drop(Session *s)
{
    SessionRenewal *r = &s->renewal;

    g_clear_handle_id(&r->timer, g_source_remove);
    leave(g_steal_pointer(&r->sa), g_steal_pointer(&r->driver));
    drop_next(r);
    g_clear_pointer(&r->past, g_ptr_array_unref);
    g_clear_pointer(&r->why, g_free);
    r->orphan = false;
}

void
session_renew_stop(Session *s)
{
    if (s->renewal.orphan) /* its own IKE SA has no end to wait for */
        session_defer(s, tell_ended);
    session_renew_drop(s);
}

/* As before there was another way: the gateway hears of the end, and the agent begins again. */
static void
begin_again(Session *s)
{
    s->anew = true;
    session_set_error(s, AC_ERROR_NETWORK, "the session is made anew",
                      "the login is as old as it may be");
    session_fire(s, SESSION_ON_STOP, NULL);
}

static void begin(Session *s);

static Usec
login_end(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return info.login_end;
}

static void
tell_person(Session *s)
{
    Usec now = ike_driver_now(), end = login_end(s);
    g_autoptr(GDateTime) here = g_date_time_new_now_local();
    g_autoptr(GDateTime) then = g_date_time_add(here, (GTimeSpan)(end > now ? end - now : 0));
    g_autofree char *at = g_date_time_format(then, "%H:%M:%S");
    LogFields fields = session_fields(s);

    log_at(LOG_WARNING, &fields,
           "the login is nearly as old as it may be, and a new one takes a person: the gateway "
           "will end the session at %s",
           at);
    session_emit_notice(s, false,
                        "The login expires soon: disconnect and connect again before %s to log in "
                        "anew.",
                        at);
}

static gboolean
on_timer(gpointer user)
{
    Session *s = user;

    s->renewal.timer = 0;
    if (ike_driver_now() >= login_end(s))
        begin_again(s);
    else
        begin(s);
    return G_SOURCE_REMOVE;
}

/* Before the login is too old, and then it is no longer tried. */
static void
try_later(Session *s)
{
    Usec now = ike_driver_now(), end = login_end(s);
    Usec at = usec_min(ike_life_retry(now, end, g_random_int()), MAX(end, now));

    g_clear_handle_id(&s->renewal.timer, g_source_remove);
    s->renewal.timer = g_timeout_add((guint)((at - now) / 1000 + 1), on_timer, s);
}

static void
give_up(Session *s, const char *reason)
{
    Usec now = ike_driver_now(), end = login_end(s);
    g_autofree char *why = g_strdup(reason); /* it may be the IKE SA's */
    LogFields fields = session_fields(s);

    drop_next(&s->renewal);
    if (s->renewal.orphan) {
        s->anew = true;
        session_set_error(s, AC_ERROR_NETWORK, "the session is made anew",
                          "the gateway ended the old login, and the new one did not succeed: %s",
                          why);
        s->renewal.orphan = false;
        session_defer(s, tell_ended);
        return;
    }
    if (!session_renews_alone(s)) {
        tell_person(s);
        return;
    }
    log_at(LOG_WARNING, &fields,
           "logging in anew did not succeed, and the tunnel goes on; it ends in %u s if no other "
           "try does: %s",
           (unsigned)(end > now ? (end - now) / USEC_PER_SEC : 0), why);
    try_later(s);
}

/* Nothing was lost: the tunnel stands, and the IKE SA that nobody needs is deleted. */
static void
refuse(Session *s, const char *why)
{
    IkeSa *sa = g_steal_pointer(&s->renewal.sa);
    IkeDriver *driver = g_steal_pointer(&s->renewal.driver);

    part_with(s, sa, driver, NULL);
    give_up(s, why);
    ike_driver_kick(driver);
}

static bool
is_wanted(const Session *s, const IkeId *idr)
{
    const LoginId *wanted = login_gateway(s->login);

    return !wanted || login_id_is(wanted, idr);
}

static bool
is_good(const Session *s, const RevokeResult *r)
{
    bool strict = s->setup.settings->revocation == X509_REVOCATION_STRICT;

    return !(r->problems & X509_IS_REVOKED) && !(r->problems && strict);
}

static void
on_revoke(const RevokeResult *result, void *user)
{
    Session *s = user;
    SessionRenewal *r = &s->renewal;

    r->certified = is_good(s, result);
    ike_sa_answer_certificate(r->sa, r->certified, ike_driver_now());
    ike_driver_kick(r->driver);
}

/* What a person has accepted for this session counts for the whole of it. */
static void
judge(Session *s, const IkeEvent *ev)
{
    const Settings *settings = s->setup.settings;
    int64_t now = g_get_real_time() / G_USEC_PER_SEC;
    SessionRenewal *r = &s->renewal;

    verify_clear(&r->verify);
    session_verify(s, ev->chain, now, &r->verify);
    if (is_wanted(s, &ev->idr) && r->verify.verdict == VERIFY_TRUSTED) {
        if (r->verify.problems == 0 && settings->revocation != X509_REVOCATION_OFF) {
            session_ask_issuers(s, ev->chain, now, &r->checking, on_revoke);
            return;
        }
        r->certified = true;
    }
    ike_sa_answer_certificate(r->sa, r->certified, ike_driver_now());
}

static void
on_server_revoke(const RevokeResult *result, void *user)
{
    Session *s = user;
    g_auto(EapAnswer) a = { .kind = is_good(s, result) ? EAP_ANSWER_ACCEPT : EAP_ANSWER_DECLINE };

    ike_sa_answer_eap(s->renewal.sa, &a, ike_driver_now());
    ike_driver_kick(s->renewal.driver);
}

/* A banner that was accepted is accepted again; anything else takes a person. */
static void
answer(Session *s, const EapQuestion *q)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DECLINE };

    if (q->chain) { /* of the server inside EAP-TLS */
        session_ask_issuers(s, q->chain, g_get_real_time() / G_USEC_PER_SEC, &s->renewal.checking,
                            on_server_revoke);
        return;
    }
    if (q->doc && q->doc->type == AC_COMPLETE && g_strcmp0(q->doc->banner.text, s->banner) == 0)
        a.kind = EAP_ANSWER_ACCEPT;
    else
        s->typed = true;
    ike_sa_answer_eap(s->renewal.sa, &a, ike_driver_now());
}

static void
say_renewed(Session *s)
{
    const ChildSa *child = tunnel_child(s->tunnel);
    LogFields fields = session_fields(s);
    g_autofree char *text = NULL;
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    text = g_strdup_printf(
        "logged in anew by %s while the tunnel carried: IKE SPIs "
        "%016" G_GINT64_MODIFIER "x, %016" G_GINT64_MODIFIER "x, SPIs %08x in, %08x out",
        login_way(s->login)->name, info.spi_i, info.spi_r, child->spi_in, child->spi_out);
    log_at(LOG_MESSAGE, &fields, "%s", text);
    session_emit_rekeyed(s, "login", child, text);
    x509_store_rest(s->setup.anchors);
}

/* From here on the new IKE SA is the session's. */
static void
take_over(Session *s, const IkeCpReply *reply)
{
    SessionRenewal *r = &s->renewal;
    IkeSa *was = s->sa;
    IkeDriver *driver = s->driver;
    g_autoptr(GError) error = NULL;

    if (!tunnel_renew(s->tunnel, &r->child, reply, s->natt, &error)) {
        refuse(s, error->message);
        return;
    }
    s->sa = g_steal_pointer(&r->sa);
    s->driver = g_steal_pointer(&r->driver);
    ike_driver_tell(s->driver, session_on_ike_event, s);
    part_with(s, was, driver, &r->child);
    drop_next(r);
    if (r->orphan)
        g_clear_pointer(&r->past, g_ptr_array_unref); /* it has been deleted before */
    r->orphan = false;
    say_renewed(s);
}

static void
on_up(Session *s, const IkeEvent *ev)
{
    IkeInfo info;

    ike_sa_info(s->renewal.sa, &info);
    if (login_way(s->login)->theirs != IKE_WAY_PSK && !s->renewal.certified)
        refuse(s, "the gateway showed no certificate");
    else if (!is_wanted(s, &info.id_remote))
        refuse(s, "the gateway calls itself something else now");
    else
        take_over(s, ev->reply);
}

static bool
on_next_event(const IkeEvent *ev, void *user)
{
    Session *s = user;
    LogFields fields = session_fields(s);

    switch (ev->kind) {
    case IKE_EV_STATE:
    case IKE_EV_TRACE:
        log_at(LOG_DEBUG, &fields, "%s", ev->text);
        return true;
    case IKE_EV_NOTICE:
        log_at(LOG_WARNING, &fields, "%s", ev->text);
        return true;
    case IKE_EV_KEYS:
        key_file_add(s->setup.keys, ev->text);
        return true;
    case IKE_EV_CERTIFICATE:
        judge(s, ev);
        return true;
    case IKE_EV_QUESTION:
        answer(s, ev->question);
        return true;
    case IKE_EV_CHILD_UP:
        ike_child_move(&s->renewal.child, ev->child);
        return true;
    case IKE_EV_UP:
        on_up(s, ev);
        return true;
    case IKE_EV_CLOSED:
        give_up(s, ev->text && *ev->text ? ev->text : ike_reason_name(ev->reason));
        return false;
    default:
        return true; /* a responder's, or what only a standing IKE SA has */
    }
}

static void
wish_for_what_there_is(const NetSettings *net, IkeConfig *c)
{
    c->ip4 = c->ip6 = (Addr){ 0 };
    for (size_t i = 0; i < net->n_addrs; i++)
        *(net->addrs[i].addr.family == ADDR_V4 ? &c->ip4 : &c->ip6) = net->addrs[i].addr;
}

/* The gateway may send over its half of a new child SA before we have ours. */
static uint32_t
draw_spi(void *user)
{
    const IkeEnv *env = ike_driver_env();
    uint32_t spi = env->esp_spi(env->user);
    Session *s = user;

    if (s->tunnel)
        tunnel_expect(s->tunnel, spi);
    return spi;
}

/* The socket of the tunnel is known to be let through, and the NAT's mapping is there. */
static void
begin(Session *s)
{
    SessionRenewal *r = &s->renewal;
    IkePath path = { udp_sock_local(s->natt), s->gateway, true };

    if (s->stranded) {
        try_later(s);
        return;
    }
    s->config.follows = true;
    s->config.redirected_from = NULL;
    wish_for_what_there_is(tunnel_settings(s->tunnel), &s->config);
    r->env = *ike_driver_env();
    r->env.esp_spi = draw_spi;
    r->env.user = s;
    r->sa = ike_sa_new(IKE_INITIATOR, &s->config, &r->env);
    r->driver = ike_driver_new(r->sa, &s->doors, on_next_event, s);
    ike_sa_start(r->sa, &path, &path, ike_driver_now());
    ike_driver_kick(r->driver);
}

void
session_on_reauth(Session *s)
{
    LogFields fields = session_fields(s);

    if (s->state != SESSION_UP || s->renewal.sa)
        return;
    if (!session_renews_alone(s)) {
        tell_person(s);
        return;
    }
    log_at(LOG_INFO, &fields, "the login is nearly as old as it may be: logging in anew");
    begin(s);
}

bool
session_renew_recv(Session *s, const IkeDatagram *d)
{
    SessionRenewal *r = &s->renewal;
    Usec now = ike_driver_now();

    if (r->sa && ike_sa_recv(r->sa, &d->path, d->octets, now) != IKE_DROP) {
        ike_driver_kick(r->driver);
        return true;
    }
    for (guint i = 0; r->past && i < r->past->len; i++) {
        SessionPast *p = g_ptr_array_index(r->past, i);

        if (!p->sa || ike_sa_recv(p->sa, &d->path, d->octets, now) == IKE_DROP)
            continue;
        ike_driver_kick(p->driver);
        return true;
    }
    return false;
}

void
session_renew_moved(Session *s)
{
    if (s->renewal.sa)
        give_up(s, "this host has moved to another network meanwhile");
}

bool
session_renew_outlives(Session *s, const IkeEvent *ev)
{
    SessionRenewal *r = &s->renewal;
    LogFields fields = session_fields(s);

    if (s->state != SESSION_UP || ev->redirect)
        return false;
    if (!r->sa) {
        s->anew |= r->timer != 0; /* as it was to be in the end */
        return false;
    }
    r->orphan = true;
    r->reason = ev->reason;
    g_free(r->why);
    r->why = g_strdup(ev->text);
    log_at(LOG_MESSAGE, &fields, "the old login has ended (%s), the new one is under way",
           ev->text && *ev->text ? ev->text : ike_reason_name(ev->reason));
    return true;
}
