#include <string.h>

#include "agent/base/log.h"
#include "agent/headend/ios_ike.h"
#include "agent/headend/site_private.h"

enum { SILENCE_S = 5 }; /* packets go out and none come in: is the peer there? */

static void say(const SiteSa *s, LogLevel level, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
say(const SiteSa *s, LogLevel level, const char *format, ...)
{
    g_autofree char *id = g_strdup_printf("%u", s->id);
    g_autofree char *text = NULL;
    char peer[ADDR_TEXT_MAX];
    IkeInfo info;
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, format);
    text = g_strdup_vprintf(format, ap);
    va_end(ap);
    ike_sa_info(s->sa, &info);
    addr_format(&info.path.remote.addr, peer);
    log_at(level, &(LogFields){ .session = id, .peer = peer }, "%s: IKE SA %u %s", peer, s->id,
           text);
}

void
site_sa_free(SiteSa *s)
{
    EspStats stats;

    if (!s)
        return;
    child_sas_clear(&s->sas);
    child_sas_stats(&s->sas, &stats);
    esp_stats_add(&s->site->past, &stats);
    ike_driver_free(s->driver);
    g_free(s);
}

void
site_sa_end(SiteSa *s, const char *why)
{
    if (s->ending)
        return;
    s->ending = true;
    s->why = why;
    child_sas_clear(&s->sas);
    ike_sa_close(s->sa, ike_driver_now());
    ike_driver_kick(s->driver);
}

static bool
is_address(const IkeId *id, Addr *ret)
{
    return id->type == IKE_ID_IPV4_ADDR && addr_from_octets(id->data, ret) &&
           ret->family == ADDR_V4;
}

/* `match identity remote address` of the profile. */
static bool
is_wanted(const SiteSa *s)
{
    IkeInfo info;
    Addr id;

    ike_sa_info(s->sa, &info);
    return is_address(&info.id_remote, &id) &&
           prefix_contains(&s->site->config->profile->peer, &id);
}

/* A peer behind a NAT comes from anywhere: what it calls itself, and the key that it has, say who
 * it is. */
static void
on_peer(SiteSa *s, const IkeEvent *ev)
{
    const IosConfig *c = s->site->config;
    const IosKey *key;
    IkeInfo info;
    Addr id;
    bool known = is_address(&ev->idi, &id) && prefix_contains(&c->profile->peer, &id);

    ike_sa_info(s->sa, &info);
    key = known ? ios_config_key_of(c, c->profile->ring, &id, &info.path.remote.addr) : NULL;
    if (key)
        ios_ike_plan(&s->site->ike, key, &s->plan);
    ike_sa_answer_peer(s->sa, key ? &s->plan : NULL, ike_driver_now());
}

/* What the field's routers ask for in a CFG_REQUEST are hints that assign nothing: there is no
 * reply. */
static void
on_config(SiteSa *s)
{
    IkeGrant grant = { .error = is_wanted(s) ? 0 : IKE_N_AUTHENTICATION_FAILED };

    grant.tsi = grant.tsr = (IkeTs){ .n = 1, .s = { selector_all(ADDR_V4) } };
    if (grant.error)
        say(s, LOG_WARNING, "is refused: the profile does not match the peer's identity");
    ike_sa_answer_config(s->sa, &grant, ike_driver_now());
}

static void
on_child_up(SiteSa *s, IkeChild *c)
{
    IkeInfo info;
    bool good;

    ike_sa_info(s->sa, &info);
    s->sas.plane = s->site->plane;
    if (s->sas.n == 0)
        s->sas.at = info.esp_path.remote;
    /* an initiator hears here first who has answered */
    good = is_wanted(s) && child_sas_add(&s->sas, c, ike_driver_now());
    ike_child_wipe(c);
    if (!good)
        site_sa_end(s, is_wanted(s) ? "its child SA cannot be made"
                                    : "the profile does not match the peer's identity");
    else if (s->up_at)
        say(s, LOG_MESSAGE, "has a new child SA, SPIs %08x in and %08x out, in place of %08x",
            c->spi_in, c->spi_out, c->replaces);
}

static void
on_child_down(SiteSa *s, const IkeChild *c)
{
    child_sas_retire(&s->sas, c->spi_in, ike_driver_now());
    if (s->sas.n == 0)
        site_sa_end(s, "its last child SA is gone");
}

static void
on_path(SiteSa *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    child_sas_move(&s->sas, &info.esp_path.remote);
}

static void
on_up(SiteSa *s, const IkeEvent *ev)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    s->up_at = s->made = ike_driver_now();
    say(s, LOG_MESSAGE, "is up, begun by %s", info.role == IKE_INITIATOR ? "us" : "the peer");
    if (ev->initial_contact)
        site_alone(s->site, s);
    site_up(s->site, s);
}

static void
on_rekeyed(SiteSa *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    s->made = ike_driver_now();
    say(s, LOG_MESSAGE, "is rekeyed, by %s", info.ours ? "us" : "the peer");
}

static void
on_closed(SiteSa *s, const IkeEvent *ev)
{
    const char *why = s->why ? s->why : ev->text && ev->text[0] ? ev->text : NULL;
    IkeInfo info;
    bool told;

    ike_sa_info(s->sa, &info);
    /* Else the peer comes again; and anybody can send an IKE_SA_INIT. */
    told = s->up_at ||
           (ev->reason != IKE_REASON_NONE && (info.role == IKE_INITIATOR || info.recv_id > 1));

    say(s, told ? LOG_MESSAGE : LOG_DEBUG, "%s: %s", s->up_at ? "is down" : "did not come up",
        why ? why : ike_reason_name(ev->reason));
}

static void
on_step(SiteSa *s, const IkeEvent *ev)
{
    switch (ev->kind) {
    case IKE_EV_PEER:
        on_peer(s, ev);
        break;
    case IKE_EV_CONFIG:
        on_config(s);
        break;
    case IKE_EV_CHILD_UP:
        on_child_up(s, ev->child);
        break;
    case IKE_EV_CHILD_OUT:
        child_sas_out(&s->sas, ev->child->spi_in);
        break;
    case IKE_EV_CHILD_DOWN:
        on_child_down(s, ev->child);
        break;
    case IKE_EV_UP:
        on_up(s, ev);
        break;
    case IKE_EV_REKEYED:
        on_rekeyed(s);
        break;
    case IKE_EV_PATH:
        on_path(s);
        break;
    case IKE_EV_NOTICE:
        say(s, LOG_WARNING, "%s", ev->text);
        break;
    default:
        break; /* of other ways to log in */
    }
}

static bool
on_event(const IkeEvent *ev, void *user)
{
    SiteSa *s = user;

    if (ev->kind == IKE_EV_STATE || ev->kind == IKE_EV_TRACE) {
        say(s, LOG_DEBUG, "%s", ev->text);
    } else if (ev->kind == IKE_EV_KEYS) {
        key_file_add(s->site->keys, ev->text);
    } else if (ev->kind == IKE_EV_CLOSED) {
        on_closed(s, ev);
        site_gone(s->site, s);
        return false;
    } else if (!s->ending) {
        on_step(s, ev); /* what was on its way when we said goodbye is of no use any more */
    }
    return true;
}

SiteSa *
site_sa_new(Site *site, IkeSa *sa)
{
    SiteSa *s = g_new0(SiteSa, 1);

    s->site = site;
    s->sa = sa;
    s->id = ++site->last_id;
    s->born = ike_driver_now();
    s->driver = ike_driver_new(sa, &site->doors, on_event, s);
    return s;
}

/* A peer that has lost its SAs says nothing: packets without an answer are the sign (RFC 7296
 * §2.4). Traffic of one direction costs a question now and then. */
static void
doubt_silence(SiteSa *s, Usec in, Usec out, Usec now)
{
    if (out <= in || out < s->silent_from)
        s->silent_from = 0;
    else if (!s->silent_from)
        s->silent_from = now;
    if (!s->silent_from || now < usec_add(s->silent_from, SILENCE_S * USEC_PER_SEC))
        return;
    s->silent_from = 0;
    ike_sa_doubt(s->sa, now);
}

void
site_sa_rekey(SiteSa *s, bool ike)
{
    Usec now = ike_driver_now();

    if (ike)
        ike_sa_rekey(s->sa, now);
    for (size_t i = 0; !ike && i < s->sas.n; i++)
        ike_sa_rekey_child(s->sa, s->sas.all[i]->spi_in, now);
    ike_driver_kick(s->driver);
}

void
site_sa_tick(SiteSa *s, Usec now)
{
    EspStats stats;
    Endpoint from;

    if (!s->up_at || s->ending)
        return;
    child_sas_tell(&s->sas, s->sa, now);
    child_sas_stats(&s->sas, &stats);
    if (child_sas_strayed(&s->sas, &from))
        ike_sa_heard_from(s->sa, &from, stats.last_in);
    doubt_silence(s, stats.last_in, stats.last_out, now);
    ike_driver_kick(s->driver);
}

static uint32_t
left(uint64_t whole, uint64_t used)
{
    return (uint32_t)(used < whole ? whole - used : 0);
}

static void
show_child(SiteSa *s, const ChildSa *c, Usec now, IosShowChild *ret)
{
    const IkeLife *life = &s->site->ike.child_life;
    EspStats stats = { 0 };

    (void)child_sas_one(&s->sas, c, &stats);
    *ret = (IosShowChild){
        .spi_in = c->spi_in,
        .spi_out = c->spi_out,
        .suite = c->suite,
        .outbound = c->outbound,
        .seconds = left(life->time / USEC_PER_SEC, (now - c->since) / USEC_PER_SEC),
        .kilobytes = left(life->octets / 1024, MAX(stats.octets_in, stats.octets_out) / 1024),
    };
}

void
site_sa_show(SiteSa *s, IosShowChild *children, GPtrArray *texts, IosShowSa *ret)
{
    Usec now = ike_driver_now(), since = s->made ? s->made : s->born;

    *ret = (IosShowSa){ .id = s->id,
                        .ending = s->ending,
                        .active = (uint32_t)((now - since) / USEC_PER_SEC),
                        .children = children,
                        .n_children = s->sas.n };
    ike_sa_info(s->sa, &ret->ike);
    for (size_t i = 0; i < s->sas.n; i++)
        show_child(s, s->sas.all[i], now, &children[i]);
    ret->id_local = ike_id_format(&ret->ike.id_local);
    ret->id_remote = ike_id_format(&ret->ike.id_remote);
    g_ptr_array_add(texts, (char *)ret->id_local);
    g_ptr_array_add(texts, (char *)ret->id_remote);
}
