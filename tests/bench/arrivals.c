#include "tests/bench/arrivals.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/link/link_private.h"
#include "agent/link/udp_recv.h"

enum {
    BATCH = 64,
    OCTETS = 65536,
    BUFFER = 32 << 20,
    OPTION_GRO = 104, /* UDP_GRO of <linux/udp.h> */
};

struct Arrivals {
    int fd;
    struct sockaddr_in at;
    uint64_t count; /* atomic */
};

static void
enter(int ns, const char *name)
{
    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
        g_error("%s: %s", name, g_strerror(errno));
    close(ns);
}

/* A socket stays in the namespace in which it was made. */
int
arrivals_socket(const char *ns)
{
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd, room = BUFFER;

    enter(open(ns, O_RDONLY | O_CLOEXEC), ns);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0)
        g_error("UDP socket: %s", g_strerror(errno));
    enter(home, "own namespace");
    return fd;
}

/* What the kernel has put together counts as what it was. */
static uint64_t
datagrams_of(struct mmsghdr *m)
{
    size_t size = udp_recv_segment(&m->msg_hdr, m->msg_len);

    return size ? (m->msg_len + size - 1) / size : 1;
}

static gpointer
count_all(gpointer data)
{
    Arrivals *a = data;
    uint8_t octets[OCTETS];
    struct iovec part = { octets, sizeof(octets) };
    struct mmsghdr msgs[BATCH];
    UdpControl controls[BATCH];

    for (;;) {
        uint64_t sum = 0;
        int n;

        for (size_t i = 0; i < BATCH; i++)
            msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &part,
                                                     .msg_iovlen = 1,
                                                     .msg_control = &controls[i],
                                                     .msg_controllen = sizeof(controls[i]) } };
        n = recvmmsg(a->fd, msgs, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++)
            sum += datagrams_of(&msgs[i]);
        __atomic_add_fetch(&a->count, sum, __ATOMIC_RELAXED);
    }
    return NULL;
}

void
arrivals_gather(const Arrivals *a)
{
    if (setsockopt(a->fd, IPPROTO_UDP, OPTION_GRO, &(int){ 1 }, sizeof(int)) != 0)
        g_error("UDP_GRO: %s", g_strerror(errno));
}

Arrivals *
arrivals_new(const char *ns, const char *address)
{
    Arrivals *a = g_new0(Arrivals, 1);
    socklen_t len = sizeof(a->at);

    a->at.sin_family = AF_INET;
    a->fd = arrivals_socket(ns);
    if (inet_pton(AF_INET, address, &a->at.sin_addr) != 1 ||
        bind(a->fd, (struct sockaddr *)&a->at, sizeof(a->at)) != 0 ||
        getsockname(a->fd, (struct sockaddr *)&a->at, &len) != 0)
        g_error("%s: %s", address, g_strerror(errno));
    g_thread_unref(g_thread_new("arrivals", count_all, a));
    return a;
}

struct sockaddr_in
arrivals_at(const Arrivals *a)
{
    return a->at;
}

uint64_t
arrivals_count(const Arrivals *a)
{
    return __atomic_load_n(&a->count, __ATOMIC_RELAXED);
}
