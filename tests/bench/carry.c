#include "tests/bench/carry.h"

#include <unistd.h>

#include "agent/base/checksum.h"
#include "agent/esp/esp_plane.h"
#include "agent/link/ike_driver.h"
#include "agent/link/udp_send.h"

enum {
    BURST = 32,    /* packets of a client's turn */
    PACKET = 1300, /* octets inside */
    ROOM = ESP_HEADROOM + PACKET + ESP_TAILROOM,
    IP = 20,
    UDP = 8,
    DRAIN_US = 60000, /* until what is on its way has come */
};

struct Carrier {
    EspPlane *plane;
    UdpSock *sock;
    UdpTo to;
    uint8_t packet[PACKET];
};

static void
put_u16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The same datagram again and again: zeros with a right checksum. */
static void
fill(uint8_t *p, const Addr *from, const struct sockaddr_in *to)
{
    const uint8_t head[] = { 0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 17 };

    memcpy(p, head, sizeof(head));
    put_u16(p + 2, PACKET);
    memcpy(p + 12, from->b, 4);
    memcpy(p + 16, &to->sin_addr, 4);
    put_u16(p + 10, (uint16_t)~checksum_sum((Slice){ p, IP }));
    put_u16(p + IP, 40000);
    memcpy(p + IP + 2, &to->sin_port, 2);
    put_u16(p + IP + 4, PACKET - IP);
    put_u16(p + IP + 6,
            (uint16_t)~checksum_fold((uint64_t)checksum_sum((Slice){ p + 12, PACKET - 12 }) + 17 +
                                     PACKET - IP));
}

Carrier *
carrier_new(IkeChild *child, UdpSock *sock, const Arrivals *to)
{
    Carrier *c = g_new0(Carrier, 1);
    struct sockaddr_in at = arrivals_at(to);
    EspSa *sa = esp_sa_new(&(EspSaSetup){ .spi_in = child->spi_in,
                                          .spi_out = child->spi_out,
                                          .suite = child->suite,
                                          .key_in = secret_view(&child->key_in),
                                          .integ_in = secret_view(&child->integ_in),
                                          .key_out = secret_view(&child->key_out),
                                          .integ_out = secret_view(&child->integ_out),
                                          .local = child->local.s,
                                          .n_local = child->local.n,
                                          .remote = child->remote.s,
                                          .n_remote = child->remote.n });

    if (!sa)
        g_error("no ESP SA");
    fill(c->packet, &child->local.s[0].first, &at);
    c->plane = esp_plane_new();
    esp_plane_add(c->plane, sa);
    c->sock = sock;
    return c;
}

static void
send_burst(Carrier *c, UdpSend *send, uint8_t *rooms, Usec now)
{
    EspBuf bufs[BURST];

    for (size_t i = 0; i < BURST; i++) {
        bufs[i] =
            (EspBuf){ .base = rooms + i * ROOM, .cap = ROOM, .off = ESP_HEADROOM, .len = PACKET };
        memcpy(bufs[i].base + ESP_HEADROOM, c->packet, PACKET);
    }
    esp_plane_seal(c->plane, bufs, BURST, now);
    udp_send_begin(send, c->sock, UDP_SEND_MANY, now);
    for (size_t i = 0; i < BURST; i++) {
        if (bufs[i].status != ESP_OK)
            g_error("not sealed: %s", esp_status_name(bufs[i].status));
        udp_send_add(send, &c->to, (Slice){ bufs[i].base + bufs[i].off, bufs[i].len }, 0);
    }
    udp_send_flush(send);
}

double
carry(Carrier *const *all, size_t n, const Arrivals *to, double seconds)
{
    g_autoptr(UdpSend) send = udp_send_new();
    g_autofree uint8_t *rooms = g_malloc((size_t)BURST * ROOM);
    uint64_t before = arrivals_count(to);
    Usec begun = ike_driver_now(), now = begun, end = begun + (Usec)(seconds * 1e6);

    for (size_t i = 0; now < end; now = ike_driver_now(), i = (i + 1) % n)
        send_burst(all[i], send, rooms, now);
    double rate = (double)(arrivals_count(to) - before) / ((double)(now - begun) / 1e6);

    g_usleep(DRAIN_US);
    return rate;
}
