#include "agent/ike/ike_sa.h"

#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_life.h"
#include "agent/ike/ike_sa_private.h"

enum {
    RETRANSMIT_FIRST = 500 * USEC_PER_MSEC,
    RETRANSMIT_TRIES = 6, /* 31.5 s in all */
    AUTH_LIMIT_S = 30,    /* agent/docs/WIRE.md §0 */
    USER_LIMIT_S = 120,
    OVERDRAWN_S = 20,   /* for a rekeying that begins when the limit is reached already: a fast line
                           carries much between two looks, and to lose the tunnel is worse */
    FAREWELL_WAITS = 7, /* times the first wait: three datagrams of a Delete, then it ends anyway */
};

const char *
ike_reason_name(IkeReason r)
{
    static const char *const names[] = {
        [IKE_REASON_NONE] = "none",
        [IKE_REASON_LOCAL] = "local",
        [IKE_REASON_PEER] = "peer",
        [IKE_REASON_TIMEOUT] = "timeout",
        [IKE_REASON_USER_TIMEOUT] = "user_timeout",
        [IKE_REASON_NO_PROPOSAL] = "no_proposal",
        [IKE_REASON_PROTOCOL] = "protocol",
        [IKE_REASON_SERVER_AUTH] = "server_auth",
        [IKE_REASON_CERT_REFUSED] = "cert_refused",
        [IKE_REASON_LOGIN] = "login",
        [IKE_REASON_DECLINED] = "declined",
        [IKE_REASON_CONFIG] = "config",
        [IKE_REASON_REDIRECT] = "redirect",
        [IKE_REASON_OUR_KEY] = "our_key",
        [IKE_REASON_LIFETIME] = "lifetime",
        [IKE_REASON_NAT] = "nat",
    };

    g_assert((size_t)r < G_N_ELEMENTS(names));
    return names[r];
}

Slice
ike_sa_bytes(const GBytes *b)
{
    Slice s = { 0 };

    if (b)
        s.p = g_bytes_get_data((GBytes *)b, &s.len);
    return s;
}

IkeId
ike_sa_id(const GBytes *body)
{
    Reader in = reader_init(ike_sa_bytes(body));
    IkeId id = { 0 };

    return body && ike_id_decode(&in, &id) == IKE_OK ? id : (IkeId){ 0 };
}

GBytes *
ike_sa_random(IkeSa *sa, size_t len)
{
    uint8_t *p = g_malloc(len);

    sa->env->random(sa->env->user, p, len);
    return g_bytes_new_take(p, len);
}

uint32_t
ike_sa_chance(IkeSa *sa)
{
    uint32_t n;

    sa->env->random(sa->env->user, (uint8_t *)&n, sizeof(n));
    return n;
}

uint64_t
ike_sa_draw_spi(IkeSa *sa)
{
    uint64_t spi = 0;

    while (spi == 0) /* zero means "not known yet" (RFC 7296 §3.1) */
        sa->env->random(sa->env->user, (uint8_t *)&spi, sizeof(spi));
    return spi;
}

IkeSa *
ike_sa_new(IkeRole role, const IkeConfig *config, const IkeEnv *env)
{
    IkeSa *sa = g_new0(IkeSa, 1);
    Usec first = config->retransmit_first ? config->retransmit_first : RETRANSMIT_FIRST;

    sa->role = role;
    sa->config = config;
    sa->plan = &config->plan;
    sa->env = env;
    sa->ike = ike_epoch_new(role == IKE_INITIATOR, first,
                            config->retransmit_tries ? config->retransmit_tries : RETRANSMIT_TRIES);
    sa->at = sa->ike;
    if (role == IKE_INITIATOR)
        sa->reply = g_new0(IkeCpReply, 1);
    *ike_epoch_spi(sa->ike) = ike_sa_draw_spi(sa);
    sa->ike_life = config->ike_life;
    sa->child_life = config->child_life;
    sa->dpd = config->dpd_interval ? config->dpd_interval : config->dpd_default;
    sa->keepalive = config->keepalive;
    sa->limit = sa->reauth = sa->login_end = USEC_NEVER;
    g_queue_init(&sa->out);
    g_queue_init(&sa->news);
    return sa;
}

static void
news_free(IkeNews *n)
{
    if (!n)
        return;
    if (n->ev.kind == IKE_EV_KEYS)
        explicit_bzero(n->text, strlen(n->text));
    g_free(n->text);
    if (n->child)
        ike_child_wipe(n->child);
    g_free(n->child);
    g_free(n);
}

void
ike_sa_enlist(IkeSa *sa, GHashTable *by_spi)
{
    sa->by_spi = by_spi;
    g_hash_table_insert(by_spi, ike_epoch_spi(sa->ike), sa);
}

static void
left_half_open(IkeSa *sa)
{
    if (sa->half_open)
        --*sa->half_open;
    sa->half_open = NULL;
}

/* What nothing asks for any more when the login is over: half of what it takes. The EAP peer stays,
 * for IKE_EV_UP tells of its last document. */
static void
forget_login(IkeSa *sa)
{
    GBytes **octets[] = { &sa->init_i,   &sa->init_r,      &sa->ni,         &sa->nr,
                          &sa->cookie,   &sa->eap_kept,    &sa->idr_asked,  &sa->auth_kept,
                          &sa->ppk_kept, &sa->no_ppk_kept, &sa->cfg_request };

    for (size_t i = 0; i < G_N_ELEMENTS(octets); i++)
        g_clear_pointer(octets[i], g_bytes_unref);
    g_clear_pointer(&sa->kex, kex_free);
    g_clear_pointer(&sa->chain, x509_chain_free);
    g_clear_pointer(&sa->server, eap_server_free);
    secret_clear(&sa->eap_octets);
    ike_keys_clear(&sa->plain);
}

void
ike_sa_free(IkeSa *sa)
{
    if (!sa)
        return;
    left_half_open(sa);
    g_queue_clear_full(&sa->out, (GDestroyNotify)ike_out_free);
    g_queue_clear_full(&sa->news, (GDestroyNotify)news_free);
    ike_out_free(sa->lent_out);
#ifdef AC_IMPAIR
    ike_impaired_clear(sa->impaired);
#endif
    news_free(sa->lent_news);
    ike_attempt_clear(sa);
    ike_epochs_clear(sa);
    forget_login(sa);
    g_bytes_unref(sa->idi);
    g_bytes_unref(sa->idr);
    eap_peer_free(sa->peer);
    if (sa->reply)
        ike_cp_reply_clear(sa->reply);
    g_free(sa->reply);
    ike_child_wipe(&sa->child);
    ike_children_clear(&sa->children);
    selectors_clear(&sa->local);
    selectors_clear(&sa->remote);
    g_free(sa->redirect);
    g_free(sa->client_version);
    g_free(sa->init_why);
    g_free(sa->why);
    g_free(sa);
}

/* How long a state may last; retransmission bounds those that wait for an answer. */
static Usec
limit_of(const IkeSa *sa, IkeState s)
{
    Usec peer = sa->config->auth_limit ? sa->config->auth_limit : AUTH_LIMIT_S * USEC_PER_SEC;
    Usec person = sa->config->user_limit ? sa->config->user_limit : USER_LIMIT_S * USEC_PER_SEC;

    switch (s) {
    case IKE_STATE_TRUST:
    case IKE_STATE_TRUST_LAST:
    case IKE_STATE_ASKING:
    case IKE_STATE_PEER:
    case IKE_STATE_VERDICT:
    case IKE_STATE_DECIDING:
    case IKE_STATE_GRANTING:
        return person;
    case IKE_STATE_LOGIN:
        return sa->person ? person : peer;
    case IKE_STATE_INIT_SEEN:
    case IKE_STATE_AGAIN:
    case IKE_STATE_EAP_DONE:
        return peer;
    case IKE_STATE_READY:
        return sa->ike_life.time ? sa->ike_life.time : USEC_NEVER;
    case IKE_STATE_DELETING:
        return FAREWELL_WAITS * sa->ike->window.first;
    default:
        return USEC_NEVER;
    }
}

void
ike_sa_reauth_within(IkeSa *sa, Usec span, Usec now)
{
    if (span == 0)
        return;
    sa->reauth = usec_min(sa->reauth, usec_add(now, ike_life_soft(span, ike_sa_chance(sa))));
    sa->login_end = usec_min(sa->login_end, usec_add(now, span));
}

static void
begin(IkeSa *sa, Usec now)
{
    sa->established = now;
    forget_login(sa);
    ike_window_widen(&sa->ike->window, ike_sa_window(sa)); /* a login goes step by step */
    ike_epochs_age(sa, now);
    if (sa->role == IKE_INITIATOR)
        ike_sa_reauth_within(sa, sa->config->reauth, now);
}

unsigned
ike_sa_window(const IkeSa *sa)
{
    return CLAMP(sa->config->window, 1, IKE_WINDOW_MAX);
}

void
ike_sa_enter(IkeSa *sa, IkeState to, const char *story, Usec now)
{
    IkeState next = to == IKE_STATE_STAY ? sa->state : to;

    if (sa->config->trace) {
        g_autofree char *text = g_strdup_printf("CurState: %s -> %s: %s", ike_state_name(sa->state),
                                                ike_state_name(next), story);

        ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_STATE, .text = text });
    }
    if (to == IKE_STATE_STAY)
        return;
    sa->state = to;
    sa->limit = usec_add(now, limit_of(sa, to));
    if (to == IKE_STATE_READY)
        begin(sa, now);
    if (to == IKE_STATE_READY || to == IKE_STATE_CLOSED)
        left_half_open(sa);
    if (to != IKE_STATE_CLOSED)
        return;
    ike_window_answered(&sa->ike->window);
    ike_sa_blame(sa, IKE_REASON_LOCAL, "closed");
    ike_sa_tell(sa,
                &(IkeEvent){ .kind = IKE_EV_CLOSED,
                             .reason = sa->reason,
                             .text = sa->why,
                             .redirect = sa->reason == IKE_REASON_REDIRECT ? sa->redirect : NULL });
}

static void G_GNUC_PRINTF(3, 0) blame(IkeSa *sa, IkeReason reason, const char *format, va_list args)
{
    if (sa->why)
        return;
    sa->reason = reason;
    sa->why = g_strdup_vprintf(format, args);
}

void
ike_sa_blame(IkeSa *sa, IkeReason reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    blame(sa, reason, format, args);
    va_end(args);
}

IkeStatus
ike_sa_fail(IkeSa *sa, uint16_t error, IkeReason reason, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    blame(sa, reason, format, args);
    va_end(args);
    sa->error = error;
    return error;
}

void
ike_sa_notice(IkeSa *sa, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_NOTICE, .text = text });
}

void
ike_sa_tell(IkeSa *sa, const IkeEvent *ev)
{
    IkeNews *n = g_new0(IkeNews, 1);

    n->ev = *ev;
    n->ev.text = n->text = g_strdup(ev->text);
    if (ev->kind == IKE_EV_CONFIG || ev->kind == IKE_EV_UP)
        n->ev.initial_contact = sa->initial_contact;
    if (ev->child)
        n->ev.child = n->child = g_new0(IkeChild, 1);
    if (ev->kind == IKE_EV_CHILD_UP) {
        ike_child_move(n->child, ev->child);
    } else if (ev->child) {
        n->child->spi_in = ev->child->spi_in;
        n->child->spi_out = ev->child->spi_out;
    }
    g_queue_push_tail(&sa->news, n);
}

void
ike_sa_start(IkeSa *sa, const IkePath *init, const IkePath *natt, Usec now)
{
    g_assert(sa->role == IKE_INITIATOR);
    sa->path = *init;
    sa->natt = *natt;
    sa->created = sa->heard = now;
    (void)ike_fsm_fire(sa, IKE_ON_START, NULL, now);
}

bool
ike_sa_pull_datagram(IkeSa *sa, IkeDatagram *ret)
{
    ike_out_free(sa->lent_out);
    sa->lent_out = ike_impair_pull(sa);
    if (!sa->lent_out)
        return false;
    *ret = (IkeDatagram){ .path = sa->lent_out->path,
                          .octets = ike_sa_bytes(sa->lent_out->octets),
                          .keepalive = !sa->lent_out->octets };
    return true;
}

bool
ike_sa_pull_event(IkeSa *sa, IkeEvent *ret)
{
    news_free(sa->lent_news);
    sa->lent_news = g_queue_pop_head(&sa->news);
    if (!sa->lent_news)
        return false;
    *ret = sa->lent_news->ev;
    return true;
}

/* The NAT's mapping must live while a person types, too. The initiator always counts as behind one,
 * because it says so (agent/docs/WIRE.md §1.6). */
static Usec
keepalive_due(const IkeSa *sa)
{
    if (sa->state == IKE_STATE_CLOSED || sa->held || !sa->ike->armed || sa->keepalive == 0 ||
        !sa->path.natt || (sa->role == IKE_RESPONDER && !sa->nat_here))
        return USEC_NEVER;
    return usec_add(sa->sent, sa->keepalive);
}

/* What a login that stands has to watch. */
static Usec
upkeep_due(const IkeSa *sa)
{
    return sa->state == IKE_STATE_READY ? usec_min(sa->reauth, ike_child_deadline(sa)) : USEC_NEVER;
}

static void
upkeep(IkeSa *sa, Usec now)
{
    if (now < upkeep_due(sa))
        return;
    ike_child_expire(sa, now);
    if (now < sa->reauth)
        return;
    sa->reauth = USEC_NEVER;
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_REAUTH });
}

Usec
ike_sa_deadline(const IkeSa *sa)
{
    if (sa->state == IKE_STATE_CLOSED)
        return USEC_NEVER;
    return usec_min(usec_min(ike_epochs_deadline(sa), sa->limit),
                    usec_min(usec_min(ike_job_due(sa), keepalive_due(sa)), upkeep_due(sa)));
}

/* The next request, if one is due and the window is free. */
static void
work(IkeSa *sa, Usec now)
{
    if (now >= ike_job_due(sa))
        (void)ike_fsm_fire(sa, IKE_ON_WORK, NULL, now);
}

void
ike_sa_tick(IkeSa *sa, Usec now)
{
    if (now >= sa->limit)
        (void)ike_fsm_fire(sa, IKE_ON_LIMIT, NULL, now);
    if (sa->state == IKE_STATE_CLOSED)
        return;
    if (ike_epochs_tick(sa, now) == IKE_WINDOW_GIVE_UP)
        (void)ike_fsm_fire(sa, IKE_ON_GIVE_UP, NULL, now);
    upkeep(sa, now);
    work(sa, now);
    if (now >= keepalive_due(sa))
        ike_sa_push(sa, &sa->path, NULL, now);
}

static bool
reached(uint64_t n, uint64_t limit)
{
    return limit != 0 && n >= limit;
}

void
ike_sa_used(IkeSa *sa, uint32_t spi_in, uint64_t octets, uint64_t packets, Usec now)
{
    IkeChildSa *child = ike_children_in(&sa->children, spi_in);

    if (!child || sa->state != IKE_STATE_READY || child->stage != IKE_CHILD_LIVE)
        return;
    if (!child->c.outbound && octets > 0)
        ike_child_out(sa, child);
    if (reached(octets, child->life.octets) || reached(packets, child->life.packets))
        child->hard = usec_min(child->hard, usec_add(now, OVERDRAWN_S * USEC_PER_SEC));
    if (!child->pressed && (reached(octets, child->octets) || reached(packets, child->packets))) {
        child->pressed = true;
        child->due = usec_min(child->due, now);
    }
    upkeep(sa, now);
    work(sa, now);
}

void
ike_sa_set_lives(IkeSa *sa, const IkeLife *ike, const IkeLife *child)
{
    sa->ike_life = *ike;
    sa->child_life = *child;
}

void
ike_sa_rekey(IkeSa *sa, Usec now)
{
    sa->ike->due = usec_min(sa->ike->due, now);
    work(sa, now);
}

void
ike_sa_rekey_child(IkeSa *sa, uint32_t spi_in, Usec now)
{
    IkeChildSa *child = ike_children_in(&sa->children, spi_in);

    if (child && child->stage == IKE_CHILD_LIVE)
        child->due = usec_min(child->due, now);
    work(sa, now);
}

void
ike_sa_yield(IkeSa *sa)
{
    sa->yielded = true;
}

void
ike_sa_answer_peer(IkeSa *sa, const IkePlan *plan, Usec now)
{
    if (sa->state != IKE_STATE_PEER)
        return;
    if (!plan) {
        (void)ike_sa_fail(sa, IKE_N_AUTHENTICATION_FAILED, IKE_REASON_LOGIN,
                          "nobody here knows the client");
        (void)ike_fsm_fire(sa, IKE_ON_BROKEN, NULL, now);
        return;
    }
    sa->plan = plan;
    (void)ike_fsm_fire(sa, plan->theirs == IKE_WAY_EAP ? IKE_ON_EAP_PEER : IKE_ON_PROOF_PEER, NULL,
                       now);
}

void
ike_sa_answer_certificate(IkeSa *sa, bool trusted, Usec now)
{
    IkeTrigger yes = sa->state == IKE_STATE_VERDICT && sa->plan->theirs == IKE_WAY_CERT_EAP
                         ? IKE_ON_HALF_TRUSTED
                         : IKE_ON_TRUSTED;

    (void)ike_fsm_fire(sa, trusted ? yes : IKE_ON_DISTRUSTED, NULL, now);
}

void
ike_sa_answer_eap(IkeSa *sa, EapAnswer *answer, Usec now)
{
    sa->answer = answer;
    (void)ike_fsm_fire(sa, IKE_ON_ANSWER, NULL, now);
    sa->answer = NULL;
}

void
ike_sa_answer_config(IkeSa *sa, const IkeGrant *grant, Usec now)
{
    IkeGrant g = *grant;
    IkeTs narrowed;

    if (g.error == 0 && (!ike_ts_narrow(sa->remote, ike_ts_view(&g.tsi), &narrowed) ||
                         !ike_ts_narrow(sa->local, ike_ts_view(&g.tsr), &narrowed)))
        g.error = IKE_N_TS_UNACCEPTABLE; /* RFC 7296 §2.9 */
    sa->grant = &g;
    (void)ike_fsm_fire(sa, g.error ? IKE_ON_REFUSAL : IKE_ON_GRANT, NULL, now);
    sa->grant = NULL;
}

void
ike_sa_close(IkeSa *sa, Usec now)
{
    if (sa->state != IKE_STATE_CLOSED)
        (void)ike_fsm_fire(sa, IKE_ON_CLOSE, NULL, now);
}

bool
ike_sa_redirect(IkeSa *sa, const IkeRedirect *to, Usec now)
{
    if (sa->role != IKE_RESPONDER || !sa->peer_redirect || sa->state != IKE_STATE_READY)
        return false;
    g_free(sa->redirect);
    sa->redirect = g_memdup2(to, sizeof(*to));
    sa->redirecting = true;
    if (ike_job_due(sa) <= now)
        (void)ike_fsm_fire(sa, IKE_ON_WORK, NULL, now);
    return true;
}

void
ike_sa_heard(IkeSa *sa, Usec now)
{
    sa->heard = MAX(sa->heard, now);
    if (!sa->moving)
        sa->ask_at = 0; /* nobody need be asked who has just spoken */
}

void
ike_sa_sent(IkeSa *sa, Usec now)
{
    sa->sent = MAX(sa->sent, now);
}

void
ike_sa_info(const IkeSa *sa, IkeInfo *ret)
{
    bool i = sa->role == IKE_INITIATOR, up = sa->state == IKE_STATE_READY;

    *ret = (IkeInfo){ .role = sa->role,
                      .state = ike_state_name(sa->state),
                      .spi_i = sa->ike->spi_i,
                      .spi_r = sa->ike->spi_r,
                      .ours = sa->ike->ours,
                      .suite = sa->ike->suite,
                      .local = sa->local,
                      .remote = sa->remote,
                      .path = sa->path,
                      .esp_path = sa->esp_path,
                      .up = up,
                      .half_open = !up && sa->established == 0 && sa->state != IKE_STATE_CLOSED,
                      .nat_here = sa->nat_here,
                      .nat_there = sa->nat_there,
                      .id_local = ike_sa_id(i ? sa->idi : sa->idr),
                      .id_remote = ike_sa_id(i ? sa->idr : sa->idi),
                      .send_id = sa->ike->window.send_id,
                      .recv_id = sa->ike->window.recv_id,
                      .created = sa->created,
                      .established = sa->established,
                      .since = sa->ike->since,
                      .login_end = sa->login_end,
                      .ppk = sa->ppk,
                      .peer_anyconnect = sa->peer_anyconnect,
                      .peer_delete_reason = sa->peer_delete_reason,
                      .peer_fragmentation = sa->peer_fragmentation,
                      .mobike = sa->mobike.on,
                      .peer_addrs = sa->mobike.peer_addrs,

                      .peer_redirect = sa->peer_redirect,
                      .window = ike_sa_window(sa),
                      .peer_window = MAX(sa->peer_window, 1) };
    if (sa->client_version)
        g_strlcpy(ret->client_version, sa->client_version, sizeof(ret->client_version));
}
