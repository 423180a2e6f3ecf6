#include "agent/link/pump.h"

#include "agent/base/log.h"
#include "agent/link/pump_private.h"

static size_t
slot_of(AddrFamily family)
{
    return family == ADDR_V6;
}

static void
set_sock(Pump *p, AddrFamily family, UdpSock *natt)
{
    size_t slot = slot_of(family);
    UdpSock *old = p->natt[slot];

    if (old && old != natt)
        udp_sock_gather(old, false);
    if (natt)
        udp_sock_gather(natt, p->many);
    p->natt[slot] = natt;
    for (size_t i = 0; i < p->n_threads; i++) /* who does not read hears of errors: of paths */
        p->threads[i].polls[POLL_UDP + slot] =
            (struct pollfd){ .fd = natt ? udp_sock_fd(natt) : -1,
                             .events = p->threads[i].in ? POLLIN : 0 };
}

static void
expect(Pump *p, uint32_t spi_in)
{
    hold_drop(p->early);
    p->expect = spi_in;
}

static void
forget_sa(Pump *p, uint32_t spi_in)
{
    EspSa *sa = esp_plane_find(p->plane, spi_in);
    gpointer out = sa ? GUINT_TO_POINTER(esp_sa_spi_out(sa)) : NULL;

    if (sa && g_hash_table_lookup(p->by_out, out) == esp_sa_user(sa))
        g_hash_table_remove(p->by_out, out);
    esp_plane_remove(p->plane, spi_in);
}

static void
take_sa(Pump *p, EspSa *sa)
{
    forget_sa(p, esp_sa_spi_in(sa));
    esp_plane_add_in(p->plane, sa);
    g_hash_table_replace(p->by_out, GUINT_TO_POINTER(esp_sa_spi_out(sa)), esp_sa_user(sa));
}

/* What is known of the path is of the old one. */
static void
move(PumpPeer *peer, const SockAddr *to)
{
    peer->to = (UdpTo){ .addr = *to };
    peer->came = *to;
    peer->path = (PathMtu){ 0 };
    esp_sa_set_most(peer->sa, 0);
    path_mtu_set_segment(&peer->segment, &peer->path, 0);
}

void
pump_obey(Pump *p, const PumpCommand *c)
{
    Usec now = (Usec)g_get_monotonic_time();

    if (c->add)
        take_sa(p, c->add);
    if (c->add && p->expect && p->expect == esp_sa_spi_in(c->add))
        pump_catch_up(p, now);
    if (c->expect)
        expect(p, *c->expect);
    if (c->out)
        esp_plane_out(p->plane, c->out);
    if (c->hold)
        p->hold = c->hold;
    if (c->out && p->hold)
        pump_release(p, now);
    if (c->remove)
        forget_sa(p, c->remove);
    if (c->move)
        move(c->move, &c->to);
    if (c->family)
        set_sock(p, *c->family, c->natt);
    p->stop = c->stop;
}

Pump *
pump_new(const PumpSetup *setup, UdpSock *natt, GError **error)
{
    g_autoptr(Pump) p = g_new0(Pump, 1);

    p->many = setup->udp;
    p->rules = setup->rules;
    p->mss = MIN(setup->rules.tcp_mss, UINT16_MAX);
    g_mutex_init(&p->lock);
    g_cond_init(&p->done);
    g_cond_init(&p->obeyed);
    p->peers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    p->plane = esp_plane_new();
    esp_plane_use(p->plane, setup->crypto);
    p->inbox = inbox_new(setup->on_ike, setup->user);
    p->tun_out = tun_port_new(setup->tun_fd, setup->tun);
    p->tun_in = tun_port_new(setup->tun_fd, setup->tun);
    p->send = udp_send_new();
    p->recv = udp_recv_new();
    p->piece = g_malloc(PUMP_PIECE_ROOM);
    p->by_out = g_hash_table_new(NULL, NULL);
    if (!pump_threads_init(p, setup, error))
        return NULL;
    set_sock(p, ADDR_V4, NULL);
    set_sock(p, ADDR_V6, NULL);
    set_sock(p, udp_sock_local(natt).addr.family, natt);
    if (!pump_threads_start(p, error))
        return NULL;
    log_at(LOG_INFO, NULL, "packets are moved by %s",
           p->n_threads > 1 ? "two threads, one for each way" : "one thread");
    return g_steal_pointer(&p);
}

void
pump_free(Pump *p)
{
    if (!p)
        return;
    pump_threads_stop(p);
    set_sock(p, ADDR_V4, NULL); /* whoever reads them now expects one datagram at a time */
    set_sock(p, ADDR_V6, NULL);
    inbox_free(p->inbox);
    hold_free(p->early);
    esp_plane_free(p->plane);
    g_hash_table_unref(p->peers);
    g_hash_table_unref(p->by_out);
    tun_port_free(p->tun_out);
    tun_port_free(p->tun_in);
    udp_send_free(p->send);
    udp_recv_free(p->recv);
    g_free(p->piece);
    g_cond_clear(&p->done);
    g_cond_clear(&p->obeyed);
    g_mutex_clear(&p->lock);
    g_free(p);
}

const EspRules *
pump_rules(const Pump *p)
{
    return &p->rules;
}

void
pump_set_sock(Pump *p, AddrFamily family, UdpSock *natt)
{
    pump_command(p, &(PumpCommand){ .family = &family, .natt = natt });
}

void
pump_hold(Pump *p, Hold *hold)
{
    pump_command(p, &(PumpCommand){ .hold = hold });
}

void
pump_expect(Pump *p, uint32_t spi_in)
{
    if (!p->early)
        p->early = hold_new(PUMP_EARLY, NULL);
    if (p->early) /* else they are lost, as on any network */
        pump_command(p, &(PumpCommand){ .expect = &spi_in });
}

static void
add(Pump *p, EspSa *sa, const Endpoint *remote, uint32_t out)
{
    gpointer spi = GUINT_TO_POINTER(esp_sa_spi_in(sa));
    PumpPeer *peer = g_new(PumpPeer, 1);

    *peer = (PumpPeer){ .sa = sa, .to.addr = sock_addr_of(remote) };
    peer->came = peer->to.addr;
    esp_sa_set_user(sa, peer);
    pump_command(p, &(PumpCommand){ .add = sa, .out = out });
    g_hash_table_replace(p->peers, spi, peer); /* a former one of this SPI is unused by now */
}

void
pump_add(Pump *p, EspSa *sa, const Endpoint *remote)
{
    add(p, sa, remote, esp_sa_spi_in(sa));
}

void
pump_add_in(Pump *p, EspSa *sa, const Endpoint *remote)
{
    add(p, sa, remote, 0);
}

void
pump_out(Pump *p, uint32_t spi_in)
{
    pump_command(p, &(PumpCommand){ .out = spi_in });
}

void
pump_move(Pump *p, uint32_t spi_in, const Endpoint *remote)
{
    PumpPeer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));

    if (peer)
        pump_command(p, &(PumpCommand){ .move = peer, .to = sock_addr_of(remote) });
}

bool
pump_strayed(Pump *p, uint32_t spi_in, Endpoint *ret)
{
    const PumpPeer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));
    Endpoint to, came;
    bool known;

    if (!peer)
        return false;
    g_mutex_lock(&p->lock);
    known = sock_addr_to_endpoint(&peer->to.addr.storage, &to) &&
            sock_addr_to_endpoint(&peer->came.storage, &came);
    g_mutex_unlock(&p->lock);
    if (!known || endpoint_equal(&to, &came))
        return false;
    *ret = came;
    return true;
}

void
pump_set_mss(Pump *p, uint32_t octets)
{
    __atomic_store_n(&p->mss, MIN(octets, UINT16_MAX), __ATOMIC_RELAXED);
}

void
pump_remove(Pump *p, uint32_t spi_in)
{
    pump_command(p, &(PumpCommand){ .remove = spi_in });
    g_hash_table_remove(p->peers, GUINT_TO_POINTER(spi_in));
}

bool
pump_stats(Pump *p, uint32_t spi_in, EspStats *ret)
{
    const PumpPeer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));

    if (!peer)
        return false;
    esp_sa_stats(peer->sa, ret);
    return true;
}

uint64_t
pump_drops(Pump *p, EspStatus why)
{
    return esp_plane_drops(p->plane, why);
}

uint64_t
pump_refusals(Pump *p)
{
    return __atomic_load_n(&p->refusals, __ATOMIC_RELAXED);
}

static const char *const loss_names[PUMP_LOSS_N] = {
    [PUMP_OFFLOAD_HEADER] = "offload_header",
    [PUMP_OFFLOAD_CHECKSUM] = "offload_checksum",
    [PUMP_OFFLOAD_PACKET] = "offload_packet",
    [PUMP_JUNK] = "junk",
    [PUMP_IKE] = "ike",
    [PUMP_UNSENT] = "unsent",
    [PUMP_UNWRITTEN] = "unwritten",
};

const char *
pump_loss_name(PumpLoss why)
{
    g_assert(why < PUMP_LOSS_N);
    return loss_names[why];
}

uint64_t
pump_losses(Pump *p, PumpLoss why)
{
    switch (why) {
    case PUMP_OFFLOAD_HEADER:
        return tun_port_drops(p->tun_out, ESP_GSO_BAD_HEADER);
    case PUMP_OFFLOAD_CHECKSUM:
        return tun_port_drops(p->tun_out, ESP_GSO_BAD_CHECKSUM);
    case PUMP_OFFLOAD_PACKET:
        return tun_port_drops(p->tun_out, ESP_GSO_BAD_PACKET);
    case PUMP_JUNK:
        return __atomic_load_n(&p->junk, __ATOMIC_RELAXED);
    case PUMP_IKE:
        return __atomic_load_n(&p->ike_lost, __ATOMIC_RELAXED);
    case PUMP_UNSENT:
        return udp_send_lost(p->send);
    case PUMP_UNWRITTEN:
        return tun_port_unwritten(p->tun_in) + tun_port_unwritten(p->tun_out);
    default:
        g_assert_not_reached();
    }
}
