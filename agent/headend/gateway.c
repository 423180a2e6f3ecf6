#include <glib-unix.h>

#include "agent/base/log.h"
#include "agent/esp/esp_mss.h"
#include "agent/headend/gateway_private.h"
#include "agent/headend/manifest.h"

enum {
    PORT_IKE = 500,
    PORT_NATT = 4500,
    TICK_S = 1,
    GOODBYE_S = 3,
    STRANGERS_TOLD = 10, /* lines a minute about clients that got no further than IKE_SA_INIT */
    INDEX_MAX = UINT32_MAX / 4096, /* session-id is 4096 times the index */
};

Pool *
gateway_pool(Gateway *g, const AsaPool *pool)
{
    Pool *p = g_hash_table_lookup(g->pools, pool);

    if (!p) {
        p = pool_new(&pool->first, &pool->last);
        g_hash_table_insert(g->pools, (gpointer)pool, p);
    }
    return p;
}

static Session *
find_index(Gateway *g, uint32_t index)
{
    GHashTableIter it;
    gpointer s;

    g_hash_table_iter_init(&it, g->sessions);
    while (g_hash_table_iter_next(&it, NULL, &s))
        if (((Session *)s)->index == index)
            return s;
    return NULL;
}

uint32_t
gateway_next_index(Gateway *g)
{
    do {
        g->index_again = g->index_again || g->last_index >= INDEX_MAX;
        g->last_index = g->last_index >= INDEX_MAX ? 1 : g->last_index + 1;
    } while (g->index_again && find_index(g, g->last_index));
    return g->last_index;
}

static gboolean
say_stopped(gpointer user)
{
    Gateway *g = user;

    g->stop_timer = 0;
    if (g->on_stopped)
        g->on_stopped(g->stopped_user);
    return G_SOURCE_REMOVE;
}

void
gateway_forget(Gateway *g, Session *s)
{
    IkeSa *sa = s->sa;

    g_hash_table_remove(g->sessions, sa); /* frees the session */
    ike_listen_remove(g->listen, sa);
    if (g->stopping && g_hash_table_size(g->sessions) == 0 && g->stop_timer) {
        g_source_remove(g->stop_timer);
        /* Not from here: we stand deep inside the last session's driver. */
        g->stop_timer = g_idle_add(say_stopped, g);
    }
}

static void
sum_up_strangers(Gateway *g, Usec now)
{
    if (now - g->minute < 60 * USEC_PER_SEC)
        return;
    if (g->strangers > STRANGERS_TOLD)
        log_at(LOG_WARNING, NULL, "%u more clients got no further than IKE_SA_INIT",
               g->strangers - STRANGERS_TOLD);
    g->strangers = 0;
    g->minute = now;
}

bool
gateway_notes_stranger(Gateway *g)
{
    sum_up_strangers(g, ike_driver_now());
    return ++g->strangers <= STRANGERS_TOLD;
}

static int
by_index(gconstpointer a, gconstpointer b)
{
    const Session *x = *(Session *const *)a, *y = *(Session *const *)b;

    return (x->index > y->index) - (x->index < y->index);
}

/* A list of its own, for loops that end sessions: to end one never frees another. */
static GPtrArray *
all_sessions(Gateway *g)
{
    GPtrArray *ret = g_ptr_array_new();
    GHashTableIter it;
    gpointer s;

    g_hash_table_iter_init(&it, g->sessions);
    while (g_hash_table_iter_next(&it, NULL, &s))
        g_ptr_array_add(ret, s);
    return ret;
}

GPtrArray *
gateway_sessions(Gateway *g, const char *user)
{
    g_autoptr(GPtrArray) all = all_sessions(g);
    GPtrArray *ret = g_ptr_array_new();

    for (guint i = 0; i < all->len; i++) {
        Session *s = g_ptr_array_index(all, i);

        if (s->up && !s->ending && (!user || g_str_equal(s->user, user)))
            g_ptr_array_add(ret, s);
    }
    g_ptr_array_sort(ret, by_index);
    return ret;
}

/* IKE SAs that had to give way to others tell their sessions. */
static void
kick_ended(Gateway *g)
{
    IkeSa *sa;
    Session *s;

    while ((sa = ike_listen_ended(g->listen)))
        if ((s = g_hash_table_lookup(g->sessions, sa)))
            ike_driver_kick(s->driver);
}

static void
on_datagram(Gateway *g, const IkeDatagram *d)
{
    bool is_new;
    IkeSa *sa = ike_listen_recv(g->listen, &d->path, d->octets, ike_driver_now(), &is_new);
    IkeDatagram out;
    Session *s;

    while (ike_listen_pull(g->listen, &out))
        udp_doors_send(&g->doors, &out);
    if (!sa)
        return;
    s = g_hash_table_lookup(g->sessions, sa);
    if (!s) {
        s = session_new(g, sa, &d->path.remote);
        g_hash_table_insert(g->sessions, sa, s);
    }
    ike_driver_kick(s->driver);
    kick_ended(g);
}

static void
on_natt(const IkeDatagram *d, void *user)
{
    on_datagram(user, d);
}

/* At most a batch at a time, so that a flood on one port does not starve the rest. */
static gboolean
on_init(gint fd, GIOCondition cond, gpointer user)
{
    Gateway *g = user;
    UdpSock *v4 = g->doors.v4.init;
    UdpSock *sock = v4 && udp_sock_fd(v4) == fd ? v4 : g->doors.v6.init;
    IkeDatagram d;

    (void)cond;
    for (int i = 0; i < 64 && udp_sock_recv(sock, &d); i++)
        on_datagram(g, &d);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_tick(gpointer user)
{
    Gateway *g = user;
    g_autoptr(GPtrArray) all = gateway_sessions(g, NULL);
    Usec now = ike_driver_now();

    sum_up_strangers(g, now);
    for (guint i = 0; i < all->len; i++)
        session_tick(g_ptr_array_index(all, i), now);
    outcalls_tick(g->outcalls, now);
    return G_SOURCE_CONTINUE;
}

static uint32_t
unused_spi(void *user)
{
    Gateway *g = user;
    const IkeEnv *env = ike_driver_env();
    uint32_t spi;

    do
        spi = env->esp_spi(env->user);
    while (g_hash_table_contains(g->spis, GUINT_TO_POINTER(spi)));
    return spi;
}

static void
random_octets(void *user, uint8_t *ret, size_t len)
{
    const IkeEnv *env = ike_driver_env();

    (void)user;
    env->random(env->user, ret, len);
}

/* Both addresses of the outside interface, or the one that is to be listened on. */
static void
find_locals(Gateway *g)
{
    const Addr *of_if[] = { &g->config->outside->addr, &g->config->outside->addr6 };

    if (g->config->listen.family) {
        g->locals[g->n_locals++] = g->config->listen;
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(of_if); i++)
        if (of_if[i]->family)
            g->locals[g->n_locals++] = *of_if[i];
}

static bool
open_socket(Gateway *g, const Addr *local, bool natt, GError **error)
{
    UdpSock *s = udp_sock_new(&(UdpSockSetup){ .local = { *local, natt ? PORT_NATT : PORT_IKE },
                                               .natt = natt,
                                               .probe = natt },
                              error);

    if (s)
        udp_doors_put(&g->doors, s);
    return s != NULL;
}

static bool
open_sockets(Gateway *g, GError **error)
{
    for (size_t i = 0; i < g->n_locals; i++)
        if (!open_socket(g, &g->locals[i], false, error) ||
            !open_socket(g, &g->locals[i], true, error))
            return false;
    return true;
}

static void
watch_sockets(Gateway *g)
{
    for (size_t i = 0; i < g->n_locals; i++)
        g->init_watch[i] = g_unix_fd_add(
            udp_sock_fd(udp_doors_find(&g->doors, &g->locals[i], false)), G_IO_IN, on_init, g);
}

static void
unwatch_sockets(Gateway *g)
{
    for (size_t i = 0; i < G_N_ELEMENTS(g->init_watch); i++)
        g_clear_handle_id(&g->init_watch[i], g_source_remove);
}

static void
add_route(GArray *routes, const Prefix *net)
{
    for (guint i = 0; i < routes->len; i++)
        if (prefix_equal(&g_array_index(routes, Prefix, i), net))
            return;
    g_array_append_vals(routes, net, 1);
}

/* What is behind the peers: it goes into the tunnel or nowhere, whether the tunnel is up or not. */
static void
add_sites(const AsaConfig *c, GArray *routes)
{
    for (guint i = 0; i < c->crypto_maps->len; i++) {
        const AsaCryptoMap *m = g_ptr_array_index(c->crypto_maps, i);
        const AsaAcl *acl = m->acl ? asa_config_acl(c, m->acl) : NULL;

        for (guint k = 0; acl && !m->dynamic && k < acl->others->len; k++)
            if (g_str_equal(m->name, c->map_name))
                add_route(routes, &g_array_index(acl->others, Prefix, k));
    }
}

static bool
open_inside(Gateway *g, const GatewaySetup *setup, GError **error)
{
    const AsaConfig *c = g->config;
    g_autoptr(GArray) routes = g_array_new(FALSE, FALSE, sizeof(Prefix));
    uint32_t mtu = 1280; /* the least that IPv6 takes */
    EspRules rules = g->config->esp;
    UdpSock *natt;

    for (guint i = 0; i < c->pools->len; i++) {
        g_autoptr(GArray) one = pool_prefixes(gateway_pool(g, g_ptr_array_index(c->pools, i)));

        g_array_append_vals(routes, one->data, one->len);
    }
    add_sites(c, routes);
    for (guint i = 0; i < c->tunnel_groups->len; i++) {
        const AsaTunnelGroup *t = g_ptr_array_index(c->tunnel_groups, i);

        mtu = MAX(mtu, asa_config_policy(c, t->policy)->mtu);
    }
    if (!host_tun_open(routes, mtu, offload_tun(setup->offload), &g->tun, error))
        return false;
    rules.tcp_mss = esp_mss_of(rules.tcp_mss, mtu);
    natt = udp_doors_find(&g->doors, &g->locals[0], true);
    if (g->tun.xfrm) {
        thread_choice_idle(setup->threads);
        g->plane = gateway_kernel_plane(g, natt, on_natt, error);
    } else {
        g->plane = plane_of_pump(&(PumpSetup){ .tun_fd = g->tun.fd,
                                               .tun = g->tun.offload,
                                               .rules = rules,
                                               .udp = offload_udp(setup->offload),
                                               .crypto = setup->crypto,
                                               .threads = setup->threads,
                                               .on_ike = on_natt,
                                               .user = g },
                                 natt, error);
    }
    for (size_t i = 1; g->plane && i < g->n_locals; i++)
        plane_set_sock(g->plane, g->locals[i].family,
                       udp_doors_find(&g->doors, &g->locals[i], true));
    return g->plane != NULL;
}

static void
announce_certificate(const AsaTrustpoint *t, const Identity *id)
{
    g_autoptr(X509Info) info = x509_chain_info(id->chain, 0);
    g_autoptr(GDateTime) until = g_date_time_new_from_unix_utc(info->not_after);
    g_autofree char *day = until ? g_date_time_format(until, "%Y-%m-%d") : g_strdup("?");

    log_at(LOG_MESSAGE, NULL, "certificate of trustpoint %s: %s, %s, until %s, SHA-256 %s", t->name,
           info->subject, info->key, day, info->sha256);
    if (info->not_after <= g_get_real_time() / G_USEC_PER_SEC)
        log_at(LOG_WARNING, NULL, "the certificate of trustpoint %s has expired", t->name);
}

static void
announce(const Gateway *g)
{
    char local[ADDR_TEXT_MAX], also[ADDR_TEXT_MAX];

    for (guint i = 0; i < g->config->trustpoints->len; i++) {
        const AsaTrustpoint *t = g_ptr_array_index(g->config->trustpoints, i);

        if (peers_identity(g->peers, t))
            announce_certificate(t, peers_identity(g->peers, t));
    }
    if (!host_tun_forwards(ADDR_V4))
        log_at(LOG_WARNING, NULL,
               "this host does not forward packets (net.ipv4.ip_forward is 0): clients get no "
               "further than here");
    log_at(LOG_MESSAGE, NULL, "listening on %s%s%s ports %d and %d, inside is %s",
           addr_format(&g->locals[0], local), g->n_locals > 1 ? " and " : "",
           g->n_locals > 1 ? addr_format(&g->locals[1], also) : "", PORT_IKE, PORT_NATT,
           g->tun.name);
}

Gateway *
gateway_new(const GatewaySetup *setup, GError **error)
{
    const AsaConfig *config = setup->config;
    g_autoptr(Gateway) g = g_new0(Gateway, 1);

    g->config = config;
    g->tun.fd = -1;
    g->aaa = aaa_new(config);
    find_locals(g);
    g->env = (IkeEnv){ random_octets, unused_spi, ike_driver_env()->wall, g };
    g->pools = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)pool_free);
    g->sessions = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)session_free);
    g->spis = g_hash_table_new(NULL, NULL);
    g->profiles = manifest_read(config, setup->state);
    g->checker = checker_new(g->aaa);
    g->tries = tries_new();
    g->peers = peers_new(config, setup->state, g_get_real_time() / G_USEC_PER_SEC, error);
    g->revocation = revocation_new(g->peers);
    if (!g->peers || !gateway_offer(g, setup->trace, error) || !open_sockets(g, error) ||
        !gateway_kernel_open(g, setup->plane, setup->state, error) || !open_inside(g, setup, error))
        return NULL;
    g->listen = ike_listen_new(&g->ike, &g->env, &g->limits);
    g->outcalls = outcalls_new(g);
    watch_sockets(g);
    g->tick = g_timeout_add_seconds(TICK_S, on_tick, g);
    announce(g);
    return g_steal_pointer(&g);
}

void
gateway_export_keys(Gateway *g, KeyFile *keys)
{
    g->keys = keys;
    g->ike.export_keys = keys != NULL;
}

void
gateway_impair(Gateway *g, struct IkeImpair *impair)
{
    g->ike.impair = impair;
}

void
gateway_free(Gateway *g)
{
    if (!g)
        return;
    unwatch_sockets(g);
    g_clear_handle_id(&g->tick, g_source_remove);
    g_clear_handle_id(&g->stop_timer, g_source_remove);
    g_hash_table_remove_all(g->sessions); /* their leases, children and drivers */
    g_hash_table_unref(g->sessions);
    ike_listen_free(g->listen);
    outcalls_free(g->outcalls);
    plane_free(g->plane);
    host_tun_close(&g->tun);
    udp_sock_free(g->doors.v4.init);
    udp_sock_free(g->doors.v4.natt);
    udp_sock_free(g->doors.v6.init);
    udp_sock_free(g->doors.v6.natt);
    g_hash_table_unref(g->pools);
    g_hash_table_unref(g->spis);
    g_ptr_array_unref(g->profiles);
    revocation_free(g->revocation);
    peers_free(g->peers);
    tries_free(g->tries);
    checker_free(g->checker);
    aaa_free(g->aaa);
    g_free(g);
}

void
gateway_stop(Gateway *g, void (*on_stopped)(void *user), void *user)
{
    g_autoptr(GPtrArray) all = all_sessions(g);

    g->stopping = true;
    g->on_stopped = on_stopped;
    g->stopped_user = user;
    unwatch_sockets(g);
    g->stop_timer = g_timeout_add_seconds(GOODBYE_S, say_stopped, g);
    for (guint i = 0; i < all->len; i++)
        session_end(g_ptr_array_index(all, i), "the gateway is shutting down");
    if (g_hash_table_size(g->sessions) == 0) {
        g_clear_handle_id(&g->stop_timer, g_source_remove);
        (void)say_stopped(g);
    }
}
