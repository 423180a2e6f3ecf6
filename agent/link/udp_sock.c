#include "agent/link/udp_sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/link/link_private.h"
#include "agent/link/sock_addr.h"

enum {
    DATAGRAM_MAX = 65535,
    DISCARD = 9,             /* RFC 863: nobody speaks from there */
    MARKER_LEN = 4,          /* RFC 3948 §2.2 */
    KEEPALIVE = 0xff,        /* RFC 3948 §2.3 */
    SOCKET_BUFFER = 7 << 20, /* octets; a quarter of a second at 200 Mb/s, a burst at 10 Gb/s */
    OPTION_SEGMENT = 103,    /* UDP_SEGMENT and UDP_GRO of <linux/udp.h> */
    OPTION_GRO = 104,
    SKIP_MAX = 64, /* datagrams passed over in one call: the main loop has other work */
};

struct UdpSock {
    int fd, loose_fd; /* the latter is sent over only; may be the same */
    Endpoint local, remote;
    bool natt, connected, segments;
    uint8_t buf[DATAGRAM_MAX];
};

static bool
fail(GError **error, const char *doing)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "%s: %s", doing, g_strerror(e));
    return false;
}

static bool
set_int(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* More than net.core.{r,w}mem_max needs CAP_NET_ADMIN; without it, as much as there is. */
static void
enlarge(int fd, int force, int plain)
{
    if (!set_int(fd, SOL_SOCKET, force, SOCKET_BUFFER))
        (void)set_int(fd, SOL_SOCKET, plain, SOCKET_BUFFER);
}

static bool
set_options(UdpSock *s, const UdpSockSetup *setup, bool v6, GError **error)
{
    /* Path information gives replies the address the peer knows, whatever we are bound to. An IKE
     * message may be larger than the path: the kernel may fragment it (RFC 7296 §2). With
     * IP_PMTUDISC_WANT it sets no DF on many datagrams in one piece. */
    bool ok = v6 ? set_int(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
                       set_int(s->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) &&
                       set_int(s->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                               setup->discover ? IPV6_PMTUDISC_WANT : IPV6_PMTUDISC_DONT)
                 : set_int(s->fd, IPPROTO_IP, IP_PKTINFO, 1) &&
                       set_int(s->fd, IPPROTO_IP, IP_MTU_DISCOVER,
                               setup->discover ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);

    if (!ok)
        return fail(error, "cannot set the options of a UDP socket");
    if (setup->fwmark && !set_int(s->fd, SOL_SOCKET, SO_MARK, (int)setup->fwmark))
        return fail(error, "cannot mark a UDP socket");
    s->segments = set_int(s->fd, IPPROTO_UDP, OPTION_SEGMENT, 0); /* none, but it is known */
    /* Congestion met on the way; a kernel that does not tell loses no packet by it. */
    (void)(v6 ? set_int(s->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
              : set_int(s->fd, IPPROTO_IP, IP_RECVTOS, 1));
    enlarge(s->fd, SO_RCVBUFFORCE, SO_RCVBUF);
    enlarge(s->fd, SO_SNDBUFFORCE, SO_SNDBUF);
    return true;
}

/* Nobody believes for us what anybody may say of a path. */
static bool
set_probe(int fd, bool v6, GError **error)
{
    bool ok = v6 ? set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE) &&
                       set_int(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1) &&
                       set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)
                 : set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE) &&
                       set_int(fd, IPPROTO_IP, IP_RECVERR, 1);

    return ok || fail(error, "cannot have a UDP socket find paths out");
}

static bool
name_socket(UdpSock *s, const UdpSockSetup *setup, GError **error)
{
    char text[ENDPOINT_TEXT_MAX];
    SockAddr local = sock_addr_of(&setup->local), remote = sock_addr_of(&setup->remote);

    if (local.len && bind(s->fd, (struct sockaddr *)&local.storage, local.len) != 0) {
        (void)fail(error, "cannot bind");
        g_prefix_error(error, "UDP %s: ", endpoint_format(&setup->local, text));
        return false;
    }
    if (remote.len && connect(s->fd, (struct sockaddr *)&remote.storage, remote.len) != 0) {
        (void)fail(error, "cannot connect");
        g_prefix_error(error, "UDP %s: ", endpoint_format(&setup->remote, text));
        return false;
    }
    s->connected = remote.len != 0;
    local.len = sizeof(local.storage);
    if (getsockname(s->fd, (struct sockaddr *)&local.storage, &local.len) != 0 ||
        !sock_addr_to_endpoint(&local.storage, &s->local))
        return fail(error, "cannot tell the address of a UDP socket");
    return true;
}

/* Sends only, and is connected to where nothing comes from, so the kernel gives it nothing.
 * @discover: what passes whole does so; only what is known to be too large is cut, here. */
static bool
share_address(int fd, const Endpoint *local, bool discover)
{
    SockAddr here = sock_addr_of(local);
    SockAddr nobody = sock_addr_of(&(Endpoint){ local->addr, DISCARD });
    bool v6 = local->addr.family == ADDR_V6;

    return (v6 ? set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) &&
                     set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT)
               : set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
                         discover ? IP_PMTUDISC_WANT : IP_PMTUDISC_DONT)) &&
           bind(fd, (struct sockaddr *)&here.storage, here.len) == 0 &&
           connect(fd, (struct sockaddr *)&nobody.storage, nobody.len) == 0;
}

/* Both share the address for no longer than it takes: anybody else could share it, too. */
static bool
add_loose(UdpSock *s, const UdpSockSetup *setup, GError **error)
{
    int fd = socket(s->local.addr.family == ADDR_V6 ? AF_INET6 : AF_INET,
                    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
    bool ok;

    if (fd < 0)
        return fail(error, "cannot open a UDP socket");
    s->loose_fd = fd;
    ok = set_int(s->fd, SOL_SOCKET, SO_REUSEADDR, 1) && set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1) &&
         (!setup->fwmark || set_int(fd, SOL_SOCKET, SO_MARK, (int)setup->fwmark)) &&
         share_address(fd, &s->local, setup->discover);
    if (!ok)
        return fail(error, "cannot share the address of a UDP socket");
    enlarge(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    return (set_int(s->fd, SOL_SOCKET, SO_REUSEADDR, 0) &&
            set_int(fd, SOL_SOCKET, SO_REUSEADDR, 0)) ||
           fail(error, "cannot keep the address of a UDP socket");
}

UdpSock *
udp_sock_new(const UdpSockSetup *setup, GError **error)
{
    uint8_t family =
        setup->local.addr.family ? setup->local.addr.family : setup->remote.addr.family;
    g_autoptr(UdpSock) s = NULL;
    int fd;

    g_assert(family != ADDR_NONE);
    fd = socket(family == ADDR_V6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                IPPROTO_UDP);
    if (fd < 0) {
        (void)fail(error, "cannot open a UDP socket");
        return NULL;
    }
    s = g_new0(UdpSock, 1);
    s->fd = s->loose_fd = fd;
    s->natt = setup->natt;
    s->remote = setup->remote;
    if (!set_options(s, setup, family == ADDR_V6, error) || !name_socket(s, setup, error))
        return NULL;
    if (setup->probe && !set_probe(fd, family == ADDR_V6, error))
        return NULL;
    if ((setup->probe || (setup->discover && family == ADDR_V4)) && !add_loose(s, setup, error))
        return NULL;
    return g_steal_pointer(&s);
}

void
udp_sock_free(UdpSock *s)
{
    if (!s)
        return;
    if (s->loose_fd != s->fd)
        close(s->loose_fd);
    close(s->fd);
    g_free(s);
}

int
udp_sock_fd(const UdpSock *s)
{
    return s->fd;
}

int
udp_sock_loose_fd(const UdpSock *s)
{
    return s->loose_fd;
}

bool
udp_sock_natt(const UdpSock *s)
{
    return s->natt;
}

bool
udp_sock_names(const UdpSock *s, int fd)
{
    return !s->connected || fd != s->fd;
}

bool
udp_sock_cuts(const UdpSock *s)
{
    return s->connected && s->loose_fd != s->fd;
}

bool
udp_sock_segments(const UdpSock *s)
{
    return s->segments;
}

void
udp_sock_no_segments(UdpSock *s)
{
    s->segments = false;
}

/* Linux before 5.12 loses datagrams of odd lengths when it sums up what it has put together. */
static bool
kernel_gathers(void)
{
    struct utsname name;
    unsigned major, minor;

    return uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
           (major > 5 || (major == 5 && minor >= 12));
}

void
udp_sock_gather(UdpSock *s, bool on)
{
    if (!on || kernel_gathers())
        (void)set_int(s->fd, IPPROTO_UDP, OPTION_GRO, on);
}

Endpoint
udp_sock_local(const UdpSock *s)
{
    return s->local;
}

Endpoint
udp_sock_remote(const UdpSock *s)
{
    return s->remote;
}

size_t
udp_sock_mtu(const UdpSock *s)
{
    bool v6 = s->local.addr.family == ADDR_V6;
    int mtu = 0;
    socklen_t len = sizeof(mtu);

    if (getsockopt(s->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &len) != 0)
        return 0;
    return mtu > 0 ? (size_t)mtu : 0;
}

/* Ask for @local as the source address of @msg, as the peer expects it. */
static void
set_source(struct msghdr *msg, UdpControl *control, const Addr *local)
{
    struct cmsghdr *c = &control->align;

    memset(control, 0, sizeof(*control));
    msg->msg_control = control;
    if (local->family == ADDR_V4) {
        struct in_pktinfo info = { 0 };

        memcpy(&info.ipi_spec_dst, local->b, sizeof(info.ipi_spec_dst));
        *c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IP, IP_PKTINFO };
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        msg->msg_controllen = CMSG_SPACE(sizeof(info));
    } else {
        struct in6_pktinfo info = { 0 };

        memcpy(&info.ipi6_addr, local->b, sizeof(info.ipi6_addr));
        *c = (struct cmsghdr){ CMSG_LEN(sizeof(info)), IPPROTO_IPV6, IPV6_PKTINFO };
        memcpy(CMSG_DATA(c), &info, sizeof(info));
        msg->msg_controllen = CMSG_SPACE(sizeof(info));
    }
}

void
udp_sock_send(UdpSock *s, const IkeDatagram *d)
{
    static const uint8_t marker[MARKER_LEN], keepalive = KEEPALIVE;
    SockAddr to = sock_addr_of(s->connected ? &s->remote : &d->path.remote);
    UdpControl control;
    struct iovec parts[2] = {
        { (void *)(uintptr_t)marker, s->natt ? MARKER_LEN : 0 },
        { (void *)(uintptr_t)d->octets.p, d->octets.len },
    };
    struct iovec alone = { (void *)(uintptr_t)&keepalive, 1 };
    struct msghdr msg = { .msg_iov = d->keepalive ? &alone : parts,
                          .msg_iovlen = d->keepalive ? 1 : 2 };

    if (udp_sock_names(s, s->loose_fd)) {
        msg.msg_name = &to.storage;
        msg.msg_namelen = to.len;
    }
    if (!s->connected && d->path.local.addr.family == s->local.addr.family &&
        !addr_is_unspecified(&d->path.local.addr))
        set_source(&msg, &control, &d->path.local.addr);
    /* A pending ICMP error of an earlier datagram is reported in place of sending: once more. */
    for (int tries = 0; tries < 2; tries++)
        if (sendmsg(s->loose_fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return;
}

bool
udp_sock_path(const UdpSock *s, struct msghdr *msg, IkePath *ret)
{
    IkePath path = { .local = s->local, .natt = s->natt };

    if (!sock_addr_to_endpoint(msg->msg_name, &path.remote))
        return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof(info));
            path.local.addr = (Addr){ .family = ADDR_V4 };
            memcpy(path.local.addr.b, &info.ipi_addr, sizeof(info.ipi_addr));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;

            memcpy(&info, CMSG_DATA(c), sizeof(info));
            path.local.addr = (Addr){ .family = ADDR_V6 };
            memcpy(path.local.addr.b, &info.ipi6_addr, sizeof(info.ipi6_addr));
        }
    }
    *ret = path;
    return true;
}

UdpKind
udp_sock_kind(const UdpSock *s, Slice datagram, Slice *ret_ike)
{
    Reader r = reader_init(datagram);
    uint32_t marker;

    if (s->natt) {
        if (!reader_u32(&r, &marker))
            return datagram.len == 1 && datagram.p[0] == KEEPALIVE ? UDP_KEEPALIVE : UDP_JUNK;
        if (marker != 0)
            return UDP_ESP; /* it was an SPI */
    } else if (datagram.len < MARKER_LEN) {
        return UDP_JUNK;
    }
    if (reader_left(&r) == 0)
        return UDP_JUNK;
    *ret_ike = reader_rest(&r);
    return UDP_IKE;
}

bool
udp_sock_recv(UdpSock *s, IkeDatagram *ret)
{
    for (int skipped = 0; skipped < SKIP_MAX; skipped++) {
        struct sockaddr_storage from;
        UdpControl control;
        struct iovec part = { s->buf, sizeof(s->buf) };
        struct msghdr msg = { .msg_name = &from,
                              .msg_namelen = sizeof(from),
                              .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof(control) };
        ssize_t len = recvmsg(s->fd, &msg, MSG_DONTWAIT);
        IkeDatagram d = { .keepalive = false };

        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (len < 0 || (msg.msg_flags & MSG_TRUNC)) /* the former: an ICMP error, now forgotten */
            continue;
        if (udp_sock_kind(s, (Slice){ s->buf, (size_t)len }, &d.octets) == UDP_IKE &&
            udp_sock_path(s, &msg, &d.path)) {
            *ret = d;
            return true;
        }
    }
    return false;
}

void
udp_doors_put(UdpDoors *d, UdpSock *s)
{
    bool v6 = s->local.addr.family == ADDR_V6;

    if (s->natt)
        *(v6 ? &d->v6.natt : &d->v4.natt) = s;
    else
        *(v6 ? &d->v6.init : &d->v4.init) = s;
}

UdpSock *
udp_doors_find(const UdpDoors *d, const Addr *remote, bool natt)
{
    bool v6 = remote->family == ADDR_V6;

    if (natt)
        return v6 ? d->v6.natt : d->v4.natt;
    return v6 ? d->v6.init : d->v4.init;
}

void
udp_doors_send(const UdpDoors *d, const IkeDatagram *datagram)
{
    UdpSock *s = udp_doors_find(d, &datagram->path.remote.addr, datagram->path.natt);

    if (s)
        udp_sock_send(s, datagram);
}
