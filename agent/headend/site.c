#include "agent/headend/site.h"

#include <glib-unix.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/headend/ios_ike.h"
#include "agent/headend/site_private.h"

enum {
    PORT_IKE = 500,
    PORT_NATT = 4500,
    TICK_S = 1,
    GOODBYE_S = 3,
    PATIENCE_S = 3, /* that an IKE SA of the peer's has to come up before we begin our own */
    GRACE_S = 2,    /* that two IKE SAs stand beside each other before one goes */
    AGAIN_MAX_S = 16,
    HELD_PACKETS = 32, /* that wait for a tunnel */
};

static SiteSa *
sa_at(const Site *site, guint i)
{
    return g_ptr_array_index(site->sas, i);
}

static SiteSa *
find_sa(const Site *site, const IkeSa *sa)
{
    for (guint i = 0; i < site->sas->len; i++)
        if (sa_at(site, i)->sa == sa)
            return sa_at(site, i);
    return NULL;
}

static bool
begun_by_us(const SiteSa *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return info.role == IKE_INITIATOR;
}

static SiteSa *
add_sa(Site *site, IkeSa *sa)
{
    SiteSa *s = site_sa_new(site, sa);

    g_ptr_array_add(site->sas, s);
    return s;
}

static bool
from_peer(const SiteSa *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return addr_equal(&info.path.remote.addr, &s->site->peer);
}

/* Is there an IKE SA that carries packets, or soon may? One of the peer's that does not come up is
 * not waited for: anybody can send an IKE_SA_INIT in its name. */
static bool
has_sa(const Site *site, Usec now)
{
    for (guint i = 0; i < site->sas->len; i++) {
        const SiteSa *s = sa_at(site, i);
        bool young = now < usec_add(s->born, PATIENCE_S * USEC_PER_SEC);

        if (!s->ending && (s->up_at || begun_by_us(s) || (young && from_peer(s))))
            return true;
    }
    return false;
}

/* A packet wants to go through the tunnel, or the peer believes that there is one. */
static void
begin(Site *site, Usec now)
{
    const IkePath init = { .local = { site->local, PORT_IKE }, .remote = { site->peer, PORT_IKE } };
    const IkePath natt = { .local = { site->local, PORT_NATT },
                           .remote = { site->peer, PORT_NATT },
                           .natt = true };
    SiteSa *s;

    if (site->stopping || now < site->again || has_sa(site, now))
        return;
    s = add_sa(site, ike_listen_begin(site->listen, &site->ike));
    ike_sa_start(s->sa, &init, &natt, now);
    ike_driver_kick(s->driver);
}

static void
forget(Site *site, SiteSa *s)
{
    IkeSa *sa = s->sa;

    g_ptr_array_remove(site->sas, s); /* frees it */
    ike_listen_remove(site->listen, sa);
}

void
site_alone(Site *site, const SiteSa *s)
{
    for (guint i = site->sas->len; i-- > 0;) {
        SiteSa *old = sa_at(site, i);

        /* One that came up meanwhile is the peer's too: both have begun at the same time. Goodbye
         * is said even so: a peer that was told to come again with another group knows it. */
        if (old != s && old->up_at && old->up_at < s->born)
            site_sa_end(old, "the peer has begun anew");
    }
}

void
site_up(Site *site, SiteSa *s)
{
    (void)s;
    site->failed = 0;
    site->again = 0;
    site->wanted = 0;
}

static gboolean
say_stopped(gpointer user)
{
    Site *site = user;

    site->stop_timer = 0;
    if (site->on_stopped)
        site->on_stopped(site->stopped_user);
    return G_SOURCE_REMOVE;
}

void
site_gone(Site *site, SiteSa *s)
{
    if (!s->up_at && begun_by_us(s)) {
        Usec wait = MIN(AGAIN_MAX_S, 1u << MIN(site->failed, 8)) * USEC_PER_SEC;

        site->failed++;
        site->again = usec_add(ike_driver_now(), wait);
    }
    forget(site, s);
    if (site->stopping && site->sas->len == 0 && site->stop_timer) {
        g_source_remove(site->stop_timer);
        /* Not from here: we stand deep inside the last one's driver. */
        site->stop_timer = g_idle_add(say_stopped, site);
    }
}

/* Identities are addresses, and no NAT changes them. */
static bool
is_lower(const SiteSa *s)
{
    IkeInfo info;
    Addr ours, theirs;

    ike_sa_info(s->sa, &info);
    return addr_from_octets(info.id_local.data, &ours) &&
           addr_from_octets(info.id_remote.data, &theirs) && addr_compare(&ours, &theirs) < 0;
}

/* Both ends have begun at the same time, and both IKE SAs stand. The one that the end with the
 * lower identity has begun goes, so that both mean the same; that end deletes it, when the other
 * one has stood for a moment. */
static void
settle(Site *site, Usec now)
{
    SiteSa *ours = NULL, *theirs = NULL;

    for (guint i = 0; i < site->sas->len; i++) {
        SiteSa *s = sa_at(site, i);

        if (s->up_at && !s->ending && begun_by_us(s))
            ours = s;
        else if (s->up_at && !s->ending)
            theirs = s;
    }
    if (ours && theirs && is_lower(ours) &&
        now >= usec_add(theirs->up_at, GRACE_S * USEC_PER_SEC) &&
        now >= usec_add(ours->up_at, GRACE_S * USEC_PER_SEC))
        site_sa_end(ours, "the peer has begun one at the same time, and one is enough");
}

static gboolean
on_tick(gpointer user)
{
    Site *site = user;
    Usec now = ike_driver_now();

    for (guint i = site->sas->len; i-- > 0;)
        site_sa_tick(sa_at(site, i), now);
    settle(site, now);
    if (site->wanted && now < usec_add(site->wanted, HOLD_S * USEC_PER_SEC))
        begin(site, now);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_wanted(gint fd, GIOCondition cond, gpointer user)
{
    Site *site = user;

    (void)fd, (void)cond;
    hold_heard(site->hold);
    site->wanted = ike_driver_now();
    begin(site, site->wanted);
    return G_SOURCE_CONTINUE;
}

/* IKE SAs that had to give way to others tell so. */
static void
kick_ended(Site *site)
{
    IkeSa *sa;

    while ((sa = ike_listen_ended(site->listen))) {
        SiteSa *s = find_sa(site, sa);

        if (s)
            ike_driver_kick(s->driver);
    }
}

/* From anywhere: after a NAT the address says nothing of who it is. */
static void
on_datagram(const IkeDatagram *d, void *user)
{
    Site *site = user;
    bool is_new;
    IkeDatagram out;
    IkeSa *sa;
    SiteSa *s;

    sa = ike_listen_recv(site->listen, &d->path, d->octets, ike_driver_now(), &is_new);
    while (ike_listen_pull(site->listen, &out))
        udp_doors_send(&site->doors, &out);
    if (!sa)
        return;
    s = find_sa(site, sa);
    ike_driver_kick((s ? s : add_sa(site, sa))->driver);
    kick_ended(site);
}

/* At most a batch at a time, so that a flood on one port does not starve the rest. */
static gboolean
on_init(gint fd, GIOCondition cond, gpointer user)
{
    Site *site = user;
    IkeDatagram d;

    (void)fd, (void)cond;
    for (int i = 0; i < 64 && udp_sock_recv(site->doors.v4.init, &d); i++)
        on_datagram(&d, site);
    return G_SOURCE_CONTINUE;
}

static bool
make_ike_config(Site *site, bool trace, GError **error)
{
    g_auto(AsaNotes) notes = { 0 };

    if (!ios_ike_config(site->config, &site->ike, &notes)) {
        const AsaNote *note = g_ptr_array_index(notes.v, 0);

        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "line %u: %s", note->line,
                    note->text);
        return false;
    }
    site->ike.drain = CHILD_LATE_S * USEC_PER_SEC;
    site->ike.trace = trace;
    return true;
}

static bool
open_socket(Site *site, bool natt, GError **error)
{
    UdpSock *s = udp_sock_new(
        &(UdpSockSetup){
            .local = { site->local, natt ? PORT_NATT : PORT_IKE }, .natt = natt, .probe = natt },
        error);

    if (s)
        udp_doors_put(&site->doors, s);
    return s != NULL;
}

static bool
open_all(Site *site, Offload offload, AeadChoice crypto, ThreadChoice threads, GError **error)
{
    if (!open_socket(site, false, error) || !open_socket(site, true, error) ||
        !site_host_open(site->config, offload_tun(offload), &site->host, error))
        return false;
    site->hold = hold_new(HELD_PACKETS, error);
    if (!site->hold)
        return false;
    site->plane = plane_of_pump(&(PumpSetup){ .tun_fd = site->host.tunnel_fd,
                                              .tun = site->host.offload,
                                              .rules = site->config->esp,
                                              .udp = offload_udp(offload),
                                              .crypto = crypto,
                                              .threads = threads,
                                              .on_ike = on_datagram,
                                              .user = site },
                                site->doors.v4.natt, error);
    if (site->plane)
        plane_hold(site->plane, site->hold);
    return site->plane != NULL;
}

static void
random_octets(void *user, uint8_t *ret, size_t len)
{
    const IkeEnv *env = ike_driver_env();

    (void)user;
    env->random(env->user, ret, len);
}

static bool
has_spi(const Site *site, uint32_t spi)
{
    for (guint i = 0; i < site->sas->len; i++)
        for (size_t k = 0; k < sa_at(site, i)->sas.n; k++)
            if (sa_at(site, i)->sas.all[k]->spi_in == spi)
                return true;
    return false;
}

static uint32_t
unused_spi(void *user)
{
    const IkeEnv *env = ike_driver_env();
    uint32_t spi;

    do
        spi = env->esp_spi(env->user);
    while (has_spi(user, spi));
    return spi;
}

Site *
site_new(const IosConfig *config, Offload offload, AeadChoice crypto, ThreadChoice threads,
         bool trace, GError **error)
{
    g_autoptr(Site) site = g_new0(Site, 1);
    char local[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
    IkeLimits limits = IKE_LIMITS_DEFAULT;

    site->config = config;
    site->local = config->source;
    site->peer = config->tunnel->destination;
    site->host = (SiteHost){ .tunnel_fd = -1, .loopback_fd = -1 };
    site->sas = g_ptr_array_new_with_free_func((GDestroyNotify)site_sa_free);
    site->env = (IkeEnv){ random_octets, unused_spi, ike_driver_env()->wall, site };
    if (!make_ike_config(site, trace, error) || !open_all(site, offload, crypto, threads, error))
        return NULL;
    site->listen = ike_listen_new(&site->ike, &site->env, &limits);
    site->init_watch = g_unix_fd_add(udp_sock_fd(site->doors.v4.init), G_IO_IN, on_init, site);
    site->wanted_watch = g_unix_fd_add(hold_fd(site->hold), G_IO_IN, on_wanted, site);
    site->tick = g_timeout_add_seconds(TICK_S, on_tick, site);
    log_at(LOG_MESSAGE, NULL,
           "%s: %s leads from %s to %s over UDP ports %d and %d; it is made when a packet wants to "
           "go there",
           config->hostname, config->tunnel->name, addr_format(&site->local, local),
           addr_format(&site->peer, peer), PORT_IKE, PORT_NATT);
    return g_steal_pointer(&site);
}

void
site_export_keys(Site *s, KeyFile *keys)
{
    s->keys = keys;
    s->ike.export_keys = keys != NULL;
}

void
site_impair(Site *s, struct IkeImpair *impair)
{
    s->ike.impair = impair;
}

void
site_free(Site *s)
{
    if (!s)
        return;
    g_clear_handle_id(&s->init_watch, g_source_remove);
    g_clear_handle_id(&s->wanted_watch, g_source_remove);
    g_clear_handle_id(&s->tick, g_source_remove);
    g_clear_handle_id(&s->stop_timer, g_source_remove);
    g_ptr_array_unref(s->sas); /* their children and drivers */
    ike_listen_free(s->listen);
    plane_free(s->plane);
    hold_free(s->hold);
    site_host_close(&s->host);
    udp_sock_free(s->doors.v4.init);
    udp_sock_free(s->doors.v4.natt);
    g_free(s);
}

void
site_stop(Site *s, void (*on_stopped)(void *user), void *user)
{
    s->stopping = true;
    s->on_stopped = on_stopped;
    s->stopped_user = user;
    g_clear_handle_id(&s->init_watch, g_source_remove);
    g_clear_handle_id(&s->wanted_watch, g_source_remove);
    s->stop_timer = g_timeout_add_seconds(GOODBYE_S, say_stopped, s);
    for (guint i = s->sas->len; i-- > 0;)
        site_sa_end(sa_at(s, i), "this router is shutting down");
    if (s->sas->len == 0) {
        g_clear_handle_id(&s->stop_timer, g_source_remove);
        (void)say_stopped(s);
    }
}

static char *
show(Site *s, const char *words)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree IosShowSa *sas = g_new0(IosShowSa, s->sas->len + 1);
    g_autofree IosShowChild *children = g_new0(IosShowChild, (s->sas->len + 1) * IKE_CHILDREN_MAX);
    const IosProfile *p = s->config->profile;
    ShowIpsec ipsec = { 0 };
    IosShow about = { .tunnel = s->config->tunnel->name,
                      .source_if = s->config->source_if,
                      .local = s->local,
                      .peer = s->peer,
                      .life = p->lifetime,
                      .dpd = p->dpd ? p->dpd : s->config->dpd,
                      .dpd_retry = p->dpd ? p->dpd_retry : s->config->dpd_retry,
                      .mtu = s->host.mtu,
                      .stats = s->past,
                      .sas = sas,
                      .n_sas = s->sas->len,
                      .running = s->config->running->str,
                      .ipsec = &ipsec };

    for (guint i = 0; i < s->sas->len; i++) {
        SiteSa *sa = sa_at(s, i);
        EspStats stats;

        site_sa_show(sa, children + i * IKE_CHILDREN_MAX, texts, &sas[i]);
        child_sas_stats(&sa->sas, &stats);
        esp_stats_add(&about.stats, &stats);
        if (!sa->sas.n)
            continue;
        about.peer = sas[i].ike.esp_path.remote.addr;
        about.port = sas[i].ike.esp_path.remote.port;
        ipsec.tunnels = 1;
    }
    ipsec.all = about.stats;
    plane_lost(s->plane, ipsec.all.drops, ipsec.losses);
    return ios_show_command(words, &about);
}

static char *
rekey(Site *s, bool ike)
{
    for (guint i = 0; i < s->sas->len; i++)
        site_sa_rekey(sa_at(s, i), ike);
    return g_strdup_printf("INFO: Number of IKE SAs that get new keys : %u\n", s->sas->len);
}

char *
site_answer(const char *request, void *site)
{
    Site *s = site;

    if (g_str_has_prefix(request, "show "))
        return show(s, request + 5);
    if (g_str_equal(request, "rekey all") || g_str_equal(request, "rekey all ike"))
        return rekey(s, g_str_has_suffix(request, " ike"));
    return g_strdup("ERROR: expected: show ..., rekey all or rekey all ike\n");
}
