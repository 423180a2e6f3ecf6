#include <errno.h>

#include "agent/link/pump_private.h"

enum { LAST_LOOKS = 512 }; /* more than sockets have room for: a flood holds up nobody for long */

static void
count(uint64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static bool
is_early(const Pump *p, Slice packet)
{
    Reader in = reader_init(packet);
    uint32_t spi;

    return p->expect && reader_u32(&in, &spi) && spi == p->expect;
}

/* IKE into the inbox: full, it is lost, and sent again. */
static void
post(Pump *p, const UdpSock *natt, Slice octets, struct msghdr *msg)
{
    IkeDatagram ike = { .octets = octets };

    if (!udp_sock_path(natt, msg, &ike.path) || !inbox_post(p->inbox, &ike))
        count(&p->ike_lost);
}

/* What comes next of what was received: ESP into ->came, IKE into the inbox. Messages stay whole,
 * as their packets may be merged. Returns the number of packets in ->came. */
static size_t
sort_batch(Pump *p, const UdpSock *natt, Usec now)
{
    size_t n = 0;
    UdpCame d;

    while (n < PUMP_BATCH && (n == 0 || n + udp_recv_ahead(p->recv) <= PUMP_BATCH) &&
           udp_recv_next(p->recv, &d)) {
        Slice octets;
        UdpKind kind = udp_sock_kind(natt, (Slice){ d.p, d.len }, &octets);

        if (kind == UDP_ESP && is_early(p, (Slice){ d.p, d.len })) {
            hold_keep(p->early, (Slice){ d.p, d.len }, d.tos, now);
        } else if (kind == UDP_ESP) {
            p->came[n] = (EspBuf){
                .base = d.p, .cap = (uint32_t)d.len, .len = (uint32_t)d.len, .tos = d.tos
            };
            p->slots[n++] = d.message;
        } else if (kind == UDP_IKE) {
            post(p, natt, octets, udp_recv_msg(p->recv, d.message));
        } else if (kind == UDP_JUNK) {
            count(&p->junk);
        }
    }
    return n;
}

/* The peer may have moved: what it sent last says where it is. */
static void
note_source(Pump *p, const EspBuf *b, const struct msghdr *msg)
{
    PumpPeer *peer = esp_sa_user(b->sa);

    if (!b->newest || (msg->msg_namelen == peer->came.len &&
                       memcmp(msg->msg_name, &peer->came.storage, peer->came.len) == 0))
        return;
    g_mutex_lock(&p->lock);
    peer->came.len = msg->msg_namelen;
    memcpy(&peer->came.storage, msg->msg_name, msg->msg_namelen);
    g_mutex_unlock(&p->lock);
}

static void
open_and_write(Pump *p, size_t n, Usec now)
{
    esp_plane_open(p->plane, p->came, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->came[i];

        if (b->status == ESP_NO_SA && p->hold)
            hold_call(p->hold);
        if (b->status != ESP_OK)
            continue;
        note_source(p, b, udp_recv_msg(p->recv, p->slots[i]));
        pump_clamp(p, b, esp_sa_user(b->sa), now);
        tun_port_put(p->tun_in, b->base + b->off, b->len);
    }
    tun_port_flush(p->tun_in);
}

bool
pump_udp_to_tun(Pump *p, const UdpSock *natt, Usec now)
{
    int n = udp_recv_fill(p->recv, natt);

    if (n < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH))
        count(&p->refusals); /* and now forgotten */
    while (n > 0 && udp_recv_ahead(p->recv) > 0)
        open_and_write(p, sort_batch(p, natt, now), now);
    return n > 0;
}

void
pump_last_look(Pump *p, Usec now)
{
    for (size_t i = 0; i < PUMP_SOCKS; i++)
        for (int n = 0; n < LAST_LOOKS; n++)
            if (!p->natt[i] || !pump_udp_to_tun(p, p->natt[i], now))
                break;
}

void
pump_catch_up(Pump *p, Usec now)
{
    uint8_t tos;
    size_t len;

    p->expect = 0;
    while ((len = hold_take(p->early, p->piece, PUMP_PACKET_MAX, &tos, now))) {
        EspBuf b = { .base = p->piece, .cap = PUMP_PIECE_ROOM, .len = (uint32_t)len, .tos = tos };

        esp_plane_open(p->plane, &b, 1, now);
        if (b.status == ESP_OK) {
            pump_clamp(p, &b, esp_sa_user(b.sa), now);
            tun_port_put(p->tun_in, b.base + b.off, b.len);
        }
        tun_port_flush(p->tun_in);
    }
}
