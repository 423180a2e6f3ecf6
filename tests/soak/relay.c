#include "tests/soak/relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PORTS = 2, /* 500 and 4500 */
    SOCKS = RELAY_WAYS * PORTS,
    MESSAGES = 16, /* read at a time, each of many datagrams */
    MESSAGE_MAX = 65535,
    OUT_MAX = 64,                /* datagrams of a message that is sent (Linux takes as many) */
    OUT_OCTETS = 65535 - 60 - 8, /* and octets */
    HELD = 64,                   /* at a time */
    HELD_MAX = 2048,             /* octets of one that is held up */
    IDLE_MS = 3,                 /* then nothing more is coming that might overtake */
    BUFFER = 8 << 20,
    OPTION_SEGMENT = 103,
    OPTION_GRO = 104, /* UDP_SEGMENT, UDP_GRO of <linux/udp.h> */
    MARKER = 4,       /* zeros in front of IKE on port 4500 */
};

typedef struct Held {
    uint64_t until; /* as many have passed; 0: free */
    size_t len;
    uint8_t tos;
    uint8_t octets[HELD_MAX];
} Held;

/* A message that is being put together: its datagrams, of one size but for the last. */
typedef struct Out {
    size_t n, octets, size;
    uint8_t tos;
    bool full;
    struct iovec parts[OUT_MAX];
} Out;

typedef struct Way {
    RelayCounts counts; /* atomic */
    uint64_t passed;    /* on port 4500 */
    Held held[HELD];
    size_t n_held;
} Way;

struct Relay {
    RelaySetup setup;
    uint64_t state;
    int socks[SOCKS]; /* by way, then by port: those that are read */
    struct sockaddr_in
        to[SOCKS]; /* where what is sent by that socket goes; port 0: not known yet */
    Way ways[RELAY_WAYS];
    uint8_t *room; /* MESSAGES * MESSAGE_MAX octets */
};

typedef union Control {
    struct cmsghdr align;
    uint8_t octets[128];
} Control;

static uint64_t
draw(Relay *r) /* splitmix64 */
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool
chance(Relay *r, double part)
{
    return (double)(draw(r) >> 11) * 0x1p-53 < part;
}

static void
count(uint64_t *counter)
{
    __atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void
add_control(struct msghdr *msg, Control *c, int level, int type, const void *p, size_t len)
{
    struct cmsghdr head = { CMSG_LEN(len), level, type };
    uint8_t *at = c->octets + msg->msg_controllen;

    memset(at, 0, CMSG_SPACE(len));
    memcpy(at, &head, sizeof(head));
    memcpy(at + CMSG_LEN(0), p, len);
    msg->msg_control = c;
    msg->msg_controllen += CMSG_SPACE(len);
}

/* A full socket is waited for: only what is meant to be lost is lost. */
static void
flush(Relay *r, size_t sock, Out *o)
{
    struct msghdr msg = { .msg_name = &r->to[sock],
                          .msg_namelen = sizeof(r->to[sock]),
                          .msg_iov = o->parts,
                          .msg_iovlen = o->n };
    uint16_t size = (uint16_t)o->size;
    int tos = o->tos;
    Control c;

    if (o->n > 1)
        add_control(&msg, &c, IPPROTO_UDP, OPTION_SEGMENT, &size, sizeof(size));
    if (tos)
        add_control(&msg, &c, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    while (o->n && sendmsg(r->socks[sock], &msg, MSG_NOSIGNAL) < 0)
        if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN && errno != ECONNREFUSED)
            g_error("relay: sendmsg of %zu times %zu: %s", o->n, o->size, g_strerror(errno));
    *o = (Out){ 0 };
}

/* @p: good until the next flush(). */
static void
put(Relay *r, size_t sock, Out *o, const uint8_t *p, size_t len, uint8_t tos)
{
    if (o->n && (o->full || o->n == OUT_MAX || tos != o->tos || len > o->size ||
                 o->octets + len > OUT_OCTETS))
        flush(r, sock, o);
    if (o->n == 0)
        *o = (Out){ .size = len, .tos = tos };
    o->full = len < o->size;
    o->octets += len;
    o->parts[o->n++] = (struct iovec){ (void *)(uintptr_t)p, len };
}

/* Those that were held up long enough. */
static void
let_go(Relay *r, Way *w, size_t sock, Out *o, bool all)
{
    for (size_t i = 0; i < HELD && w->n_held; i++) {
        Held *h = &w->held[i];

        if (!h->until || (!all && h->until > w->passed))
            continue;
        put(r, sock, o, h->octets, h->len, h->tos);
        flush(r, sock, o);
        h->until = 0;
        w->n_held--;
    }
}

static bool
hold(Relay *r, Way *w, const uint8_t *p, size_t len, uint8_t tos)
{
    for (size_t i = 0; i < HELD && len <= HELD_MAX; i++) {
        Held *h = &w->held[i];

        if (h->until)
            continue;
        h->until = w->passed + 1 + draw(r) % RELAY_OVERTAKEN;
        h->len = len;
        h->tos = tos;
        memcpy(h->octets, p, len);
        w->n_held++;
        return true;
    }
    return false;
}

/* One datagram of port 4500 that goes out by @sock. */
static void
pass(Relay *r, Way *w, size_t sock, Out *o, const uint8_t *p, size_t len, uint8_t tos)
{
    static const uint8_t marker[MARKER];
    bool esp = len > MARKER && memcmp(p, marker, MARKER) != 0;
    int kind = !esp ? RELAY_NO_ESP : tos == RELAY_TOS ? RELAY_NUMBERED : RELAY_OTHER;

    if (chance(r, r->setup.loss)) {
        count(&w->counts.lost[kind]);
        return;
    }
    w->passed++;
    count(&w->counts.passed[kind]);
    if (esp && chance(r, r->setup.held) && hold(r, w, p, len, tos)) {
        count(&w->counts.held[kind]);
        return;
    }
    put(r, sock, o, p, len, tos);
    if (esp && chance(r, r->setup.twice)) {
        put(r, sock, o, p, len, tos);
        count(&w->counts.twice[kind]);
    }
    let_go(r, w, sock, o, false);
}

static void
read_control(struct msghdr *msg, size_t *ret_size, uint8_t *ret_tos)
{
    int size = 0;

    *ret_tos = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == OPTION_GRO)
            memcpy(&size, CMSG_DATA(c), sizeof(size));
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
            memcpy(ret_tos, CMSG_DATA(c), sizeof(*ret_tos));
    }
    if (size > 0)
        *ret_size = (size_t)size;
}

/* What came to @from goes out by its counterpart of the other way. */
static void
pass_all(Relay *r, size_t from)
{
    size_t way = from / PORTS, port = from % PORTS, out = (1 - way) * PORTS + port;
    struct mmsghdr msgs[MESSAGES] = { 0 };
    struct sockaddr_in names[MESSAGES];
    struct iovec parts[MESSAGES];
    Control controls[MESSAGES];
    Out o = { 0 };
    int n;

    for (size_t i = 0; i < MESSAGES; i++) {
        parts[i] = (struct iovec){ r->room + i * MESSAGE_MAX, MESSAGE_MAX };
        msgs[i].msg_hdr = (struct msghdr){ .msg_name = &names[i],
                                           .msg_namelen = sizeof(names[i]),
                                           .msg_iov = &parts[i],
                                           .msg_iovlen = 1,
                                           .msg_control = &controls[i],
                                           .msg_controllen = sizeof(controls[i]) };
    }
    n = recvmmsg(r->socks[from], msgs, MESSAGES, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        size_t len = msgs[i].msg_len, size = len, at = 0;
        const uint8_t *p = parts[i].iov_base;
        uint8_t tos;

        if (way == RELAY_UP)
            r->to[from] = names[i]; /* where answers go: by the socket that the client knows */
        read_control(&msgs[i].msg_hdr, &size, &tos);
        for (; at < len && r->to[out].sin_port; at += size)
            if (port)
                pass(r, &r->ways[way], out, &o, p + at, MIN(size, len - at), tos);
            else
                put(r, out, &o, p + at, MIN(size, len - at), tos);
    }
    flush(r, out, &o);
}

static gpointer
run(gpointer data)
{
    Relay *r = data;
    struct pollfd polls[SOCKS];

    for (size_t i = 0; i < SOCKS; i++)
        polls[i] = (struct pollfd){ .fd = r->socks[i], .events = POLLIN };
    for (;;) {
        int n = poll(polls, SOCKS, IDLE_MS);

        for (size_t i = 0; i < SOCKS; i++)
            if (n > 0 && polls[i].revents)
                pass_all(r, i);
        for (size_t way = 0; n == 0 && way < RELAY_WAYS; way++) {
            Out o = { 0 };

            let_go(r, &r->ways[way], (1 - way) * PORTS + 1, &o, true);
        }
    }
    return NULL;
}

static struct sockaddr_in
at(const char *address, size_t port)
{
    static const uint16_t ports[PORTS] = { 500, 4500 };
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(ports[port]) };

    if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
        g_error("%s is no IPv4 address", address);
    return a;
}

static int
open_sock(const struct sockaddr_in *local)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = BUFFER, on = 1;

    if (fd < 0 || bind(fd, (const struct sockaddr *)local, sizeof(*local)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) != 0 ||
        setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)) != 0 ||
        setsockopt(fd, IPPROTO_UDP, OPTION_GRO, &on, sizeof(on)) != 0)
        g_error("relay: %s", g_strerror(errno));
    return fd;
}

/* A socket stays in the namespace in which it was made. */
static void
open_socks(Relay *r)
{
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int ns = open(r->setup.ns, O_RDONLY | O_CLOEXEC);

    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
        g_error("%s: %s", r->setup.ns, g_strerror(errno));
    for (size_t port = 0; port < PORTS; port++) {
        struct sockaddr_in front = at(r->setup.front, port), back = at(r->setup.back, port);

        r->socks[RELAY_UP * PORTS + port] = open_sock(&front);
        r->socks[RELAY_DOWN * PORTS + port] = open_sock(&back);
        r->to[RELAY_DOWN * PORTS + port] = at(r->setup.to, port);
    }
    if (setns(home, CLONE_NEWNET) != 0)
        g_error("own namespace: %s", g_strerror(errno));
    close(ns);
    close(home);
}

Relay *
relay_new(const RelaySetup *setup)
{
    Relay *r = g_new0(Relay, 1);

    r->setup = *setup;
    r->state = setup->seed;
    r->room = g_malloc((size_t)MESSAGES * MESSAGE_MAX);
    open_socks(r);
    g_thread_unref(g_thread_new("relay", run, r));
    return r;
}

static uint64_t
counted(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void
relay_counts(const Relay *r, int way, RelayCounts *ret)
{
    const RelayCounts *c = &r->ways[way].counts;

    for (int i = 0; i < RELAY_KINDS; i++) {
        ret->passed[i] = counted(&c->passed[i]);
        ret->lost[i] = counted(&c->lost[i]);
        ret->twice[i] = counted(&c->twice[i]);
        ret->held[i] = counted(&c->held[i]);
    }
}

uint64_t
relay_lost(const Relay *r, int way)
{
    return counted(&r->ways[way].counts.lost[RELAY_NUMBERED]);
}
