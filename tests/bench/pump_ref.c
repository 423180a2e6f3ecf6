/* pump_ref.c - what the data plane would be without ESP: packets between a TUN interface and UDP,
 * not even a header around them. It is the ceiling that the bench compares with.
 *
 * pump_ref plain|gso NAME LOCAL REMOTE     (both addresses with a port)
 *
 * plain: one packet a call, nothing in large pieces. gso: the same parts as in a Pump, one thread
 * for both directions. "ready" on its output says that the interface NAME is there. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/link/tun_port.h"
#include "agent/link/udp_recv.h"
#include "agent/link/udp_send.h"
#include "tun/tun_dev.h"

enum { BATCH = 128, PACKET_MAX = 65535 };
G_STATIC_ASSERT((int)BATCH <= (int)UDP_SEND_MAX);

typedef struct Ref {
    int tun_fd;
    UdpSock *sock;

    /* gso only */
    TunPort *tun;
    UdpSend *send;
    UdpRecv *recv;
    UdpTo to;
} Ref;

static void
plain_out(Ref *r)
{
    uint8_t packet[PACKET_MAX];
    ssize_t len;

    for (int i = 0; i < BATCH && (len = read(r->tun_fd, packet, sizeof(packet))) > 0; i++)
        if (send(udp_sock_fd(r->sock), packet, (size_t)len, MSG_NOSIGNAL) < 0 && errno == EAGAIN)
            return;
}

static void
plain_in(Ref *r)
{
    uint8_t packet[PACKET_MAX];
    ssize_t len;

    for (int i = 0; i < BATCH; i++) {
        len = recv(udp_sock_fd(r->sock), packet, sizeof(packet), MSG_DONTWAIT);
        if (len < 0 || write(r->tun_fd, packet, (size_t)len) < 0)
            return;
    }
}

static void
gso_out(Ref *r)
{
    EspBuf bufs[BATCH];
    int error;

    do {
        size_t n = tun_port_read(r->tun, bufs, BATCH, &error);

        udp_send_begin(r->send, r->sock, UDP_SEND_MANY, 1);
        for (size_t i = 0; i < n; i++)
            udp_send_add(r->send, &r->to, (Slice){ bufs[i].base + bufs[i].off, bufs[i].len }, 0);
        udp_send_flush(r->send);
    } while (tun_port_pending(r->tun));
}

static void
gso_in(Ref *r)
{
    UdpCame d;

    if (udp_recv_fill(r->recv, r->sock) <= 0)
        return;
    while (udp_recv_ahead(r->recv) > 0) { /* a message stays whole: its packets may be merged */
        size_t n = 0;

        while ((n == 0 || n + udp_recv_ahead(r->recv) <= BATCH) && udp_recv_next(r->recv, &d)) {
            if (d.len)
                tun_port_put(r->tun, d.p, d.len);
            n++;
        }
        tun_port_flush(r->tun);
    }
}

static void
serve(Ref *r)
{
    struct pollfd v[2] = { { .fd = r->tun_fd, .events = POLLIN },
                           { .fd = udp_sock_fd(r->sock), .events = POLLIN } };

    while (poll(v, 2, -1) >= 0 && !(v[0].revents & (POLLERR | POLLHUP | POLLNVAL))) {
        if (v[1].revents)
            (r->tun ? gso_in : plain_in)(r);
        if (v[0].revents)
            (r->tun ? gso_out : plain_out)(r);
    }
}

int
main(int argc, char **argv)
{
    bool gso = argc == 5 && !strcmp(argv[1], "gso");
    unsigned offload = gso ? TUN_OFFLOAD | TUN_OFFLOAD_UDP : 0;
    g_autoptr(GError) error = NULL;
    UdpSockSetup setup = { 0 };
    char name[IF_NAMESIZE];
    Ref r = { 0 };

    if (argc != 5 || (!gso && strcmp(argv[1], "plain") != 0) ||
        !endpoint_parse(argv[3], &setup.local) || !endpoint_parse(argv[4], &setup.remote)) {
        fprintf(stderr, "pump_ref plain|gso NAME LOCAL REMOTE\n");
        return 2;
    }
    r.tun_fd = tun_dev_open(argv[2], &offload, name, &error);
    if (r.tun_fd >= 0)
        r.sock = udp_sock_new(&setup, &error);
    if (!r.sock) {
        fprintf(stderr, "pump_ref: %s\n", error->message);
        return 1;
    }
    if (gso) {
        if (offload != (TUN_OFFLOAD | TUN_OFFLOAD_UDP))
            fprintf(stderr, "pump_ref: this kernel has not all of the offload\n");
        udp_sock_gather(r.sock, true);
        r.tun = tun_port_new(r.tun_fd, offload);
        r.send = udp_send_new();
        r.recv = udp_recv_new();
    }
    puts("ready");
    fflush(stdout);
    serve(&r);
    return 1;
}
