#include <errno.h>

#include "agent/base/log.h"
#include "agent/esp/esp_toobig.h"
#include "agent/link/pump_private.h"

/* The interface was removed, or somebody closed it: nothing will ever come again. */
static void
lose_tun(Pump *p, int e)
{
    if (p->tun_poll->fd < 0)
        return;
    p->tun_poll->fd = -1;
    log_at(LOG_WARNING, NULL, "no more packets are read from the TUN interface: %s", g_strerror(e));
}

/* What no SA takes. */
static void
keep(Pump *p, const EspBuf *b, Usec now)
{
    Slice packet = { b->base + b->off, b->len };

    if (!p->hold || packet.p[0] >> 4 != 4)
        return;
    hold_keep(p->hold, packet, 0, now);
    hold_call(p->hold);
}

/* The ways out of this host: for each family a socket for what is to pass whole and one for what
 * may be fragmented. IPv6 inside may need more than the path takes whole (RFC 2473 §7.1). */
enum { WAYS = 2 * PUMP_SOCKS };

static size_t
way_of(const EspBuf *b)
{
    const PumpPeer *peer = esp_sa_user(b->sa);
    const SockAddr *to = &peer->to.addr;

    return 2 * pump_slot(to) +
           (b->loose || !path_mtu_passes(&peer->path, b->len, to->storage.ss_family));
}

/* Those of ->bufs that are sealed and go by @way. */
static void
send_by(Pump *p, size_t way, size_t n, Usec now)
{
    unsigned how = way % 2 ? UDP_SEND_LOOSE : p->many ? UDP_SEND_MANY : 0;

    udp_send_begin(p->send, p->natt[way / 2], how, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        if (b->status == ESP_OK && way_of(b) == way)
            udp_send_add(p->send, &((PumpPeer *)esp_sa_user(b->sa))->to,
                         (Slice){ b->base + b->off, b->len }, b->tos);
    }
    udp_send_flush(p->send);
}

/* The @n inner packets in ->bufs. */
static void
seal_and_send(Pump *p, size_t n, Usec now)
{
    bool ways[WAYS] = { false };

    for (size_t i = 0; i < n; i++)
        pump_clamp(p, &p->bufs[i], NULL, now);
    esp_plane_seal(p->plane, p->bufs, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        if (b->status == ESP_NO_SA)
            keep(p, b, now);
        if (b->status == ESP_OK)
            ways[way_of(b)] = true;
    }
    for (size_t way = 0; way < WAYS; way++)
        if (ways[way])
            send_by(p, way, n, now);
}

/* The packet of @len octets behind the headroom of ->piece. */
static void
send_piece(Pump *p, size_t len, Usec now)
{
    p->bufs[0] = (EspBuf){
        .base = p->piece, .cap = PUMP_PIECE_ROOM, .off = ESP_HEADROOM, .len = (uint32_t)len
    };
    seal_and_send(p, 1, now);
}

/* The inner packet @packet in pieces, one after the other. */
static void
cut_and_send(Pump *p, Slice packet, size_t most, Usec now)
{
    size_t at = 0, len;

    while ((len = esp_toobig_cut(packet, most, &at, p->piece + ESP_HEADROOM)))
        send_piece(p, len, now);
}

/* A packet that the path does not take; @b: untouched. */
static void
handle_too_big(Pump *p, const EspBuf *b, Usec now)
{
    PumpPeer *peer = esp_sa_user(b->sa);
    Slice packet = { b->base + b->off, b->len };
    uint32_t most = esp_sa_most(b->sa, packet.p[0] >> 4 == 6);
    uint8_t told[ESP_TELL_MAX];
    size_t len;

    if (now >= peer->path.until) { /* it may have become wider: let the next ones try */
        peer->path = (PathMtu){ 0 };
        esp_sa_set_most(b->sa, 0);
    }
    if (esp_toobig_may_cut(packet)) {
        cut_and_send(p, packet, most, now);
        return;
    }
    len = path_mtu_may_tell(&peer->told, now) ? esp_toobig_tell(packet, most, told) : 0;
    if (len) {
        tun_port_put(p->tun_out, told, len);
        tun_port_flush(p->tun_out);
    }
}

void
pump_tun_to_udp(Pump *p, short revents, Usec now)
{
    int error;
    size_t n = tun_port_read(p->tun_out, p->bufs, PUMP_BATCH, &error), n_big = 0;
    EspBuf big[PUMP_BATCH];

    if (error)
        lose_tun(p, error);
    else if (n == 0 && (revents & (POLLERR | POLLHUP | POLLNVAL)))
        lose_tun(p, ENODEV);
    seal_and_send(p, n, now);
    for (size_t i = 0; i < n; i++)
        if (p->bufs[i].status == ESP_TOO_BIG)
            big[n_big++] = p->bufs[i];
    for (size_t i = 0; i < n_big; i++)
        handle_too_big(p, &big[i], now);
}

/* The kernel names no port: of its own interface all of an address are told. */
static bool
speaks_of(const PathMtuNews *news, const SockAddr *to)
{
    Endpoint a, b;

    return sock_addr_to_endpoint(&news->to.storage, &a) &&
           sock_addr_to_endpoint(&to->storage, &b) && addr_equal(&a.addr, &b.addr) &&
           (news->kernel || a.port == b.port);
}

static void
learn_path(PumpPeer *peer, const PathMtuNews *news, Usec now)
{
    const SockAddr *to = &peer->to.addr;
    uint32_t most;

    if (!speaks_of(news, to) || !path_mtu_learn(&peer->path, news, now))
        return;
    most = path_mtu_inner(&peer->path, peer->sa, to->storage.ss_family);
    esp_sa_set_most(peer->sa, most);
    path_mtu_set_segment(&peer->segment, &peer->path, most);
}

void
pump_learn_paths(Pump *p, const UdpSock *natt, Usec now)
{
    PathMtuNews news;

    for (int i = 0; i < PUMP_BATCH && path_mtu_read(udp_sock_fd(natt), &news); i++) {
        GHashTableIter it;
        gpointer peer;

        if (news.quoted) {
            peer = g_hash_table_lookup(p->by_out, GUINT_TO_POINTER(news.spi));
            if (peer)
                learn_path(peer, &news, now);
            continue;
        }
        g_hash_table_iter_init(&it, p->by_out);
        while (g_hash_table_iter_next(&it, NULL, &peer))
            learn_path(peer, &news, now);
    }
}

void
pump_release(Pump *p, Usec now)
{
    Hold *hold = g_steal_pointer(&p->hold);
    size_t len;

    while ((len = hold_take(hold, p->piece + ESP_HEADROOM, PUMP_PACKET_MAX, NULL, now)))
        send_piece(p, len, now);
    p->hold = hold;
}
