#include "agent/link/xfrm_door.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { DATAGRAMS = 64 }; /* between two looks at what else there is to do */

struct XfrmDoor {
    UdpSock *sock;
    GSource *source;
    PumpIke on_ike;
    void *user;
    bool reading, freed; /* by the callback: then the call that reads is the last */
};

static bool
encapsulate(const UdpSock *sock, int how)
{
    return setsockopt(udp_sock_fd(sock), IPPROTO_UDP, UDP_ENCAP, &how, sizeof(how)) == 0;
}

/* What the network says of paths and peers, the kernel has heard: kept, it would wake us again. */
static void
forget_errors(const UdpSock *sock)
{
    uint8_t quoted[64], control[256];
    struct iovec part = { quoted, sizeof(quoted) };
    struct msghdr msg;

    do
        msg = (struct msghdr){ .msg_iov = &part,
                               .msg_iovlen = 1,
                               .msg_control = control,
                               .msg_controllen = sizeof(control) };
    while (recvmsg(udp_sock_fd(sock), &msg, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0);
}

static gboolean
on_readable(int fd, GIOCondition condition, gpointer user)
{
    XfrmDoor *d = user;
    IkeDatagram datagram;

    (void)fd;
    if (condition & G_IO_ERR)
        forget_errors(d->sock);
    d->reading = true;
    for (int i = 0; !d->freed && i < DATAGRAMS && udp_sock_recv(d->sock, &datagram); i++)
        d->on_ike(&datagram, d->user);
    d->reading = false;
    if (d->freed)
        g_free(d);
    return G_SOURCE_CONTINUE;
}

XfrmDoor *
xfrm_door_new(UdpSock *natt, PumpIke on_ike, void *user, GError **error)
{
    XfrmDoor *d;

    if (!encapsulate(natt, UDP_ENCAP_ESPINUDP)) {
        int e = errno;

        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e),
                    "the kernel takes no ESP from a UDP socket: %s", g_strerror(e));
        return NULL;
    }
    d = g_new(XfrmDoor, 1);
    *d = (XfrmDoor){ .sock = natt,
                     .source = g_unix_fd_source_new(udp_sock_fd(natt), G_IO_IN | G_IO_ERR),
                     .on_ike = on_ike,
                     .user = user };
    g_source_set_callback(d->source, G_SOURCE_FUNC(on_readable), d, NULL);
    g_source_attach(d->source, g_main_context_get_thread_default());
    return d;
}

void
xfrm_door_free(XfrmDoor *d)
{
    if (!d)
        return;
    (void)encapsulate(d->sock, 0);
    g_source_destroy(d->source);
    g_source_unref(d->source);
    d->freed = true;
    if (!d->reading)
        g_free(d);
}

UdpSock *
xfrm_door_sock(const XfrmDoor *d)
{
    return d->sock;
}
