#include "agent/link/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/link/inbox.h"
#include "agent/link/link_private.h"
#include "agent/link/sock_addr.h"

enum {
    BATCH = 64,         /* packets handled between two looks at the other side */
    PACKET_MAX = 65535, /* inner packet or UDP payload */
    /* One buffer. The odd part keeps the heads of buffers out of each other's cache sets; pages
     * that no packet reaches are never touched. */
    ROOM = ESP_HEADROOM + 65536 + ESP_TAILROOM + 4096 + 192,
    SEND_WAIT = 100, /* ms that a full socket may hold up a batch */
};

enum { SOCKS = 2 }; /* one a family */
typedef enum PollSlot { POLL_WAKE, POLL_TUN, POLL_UDP, POLL_N = POLL_UDP + SOCKS } PollSlot;

/* Where the packets of one SA go: its user pointer. */
typedef struct Peer {
    EspSa *sa;
    SockAddr to;   /* written under ->lock by the data thread, as is: */
    SockAddr came; /* where the newest packet came from; at first ->to */
} Peer;

/* What the main thread wants of the data thread; it waits until that is done. */
typedef struct Command {
    EspSa *add;           /* for packets that come in */
    uint32_t out, remove; /* SPIs, 0: none */
    Peer *move;           /* to ->to */
    SockAddr to;
    const AddrFamily *family; /* whose socket is @natt from now on; NULL: none changes */
    UdpSock *natt;
    Hold *hold;
    bool stop;
} Command;

struct Pump {
    /* the main thread's */
    GThread *thread;
    GHashTable *peers; /* SPI -> Peer */

    /* of both */
    GMutex lock;
    GCond done;
    const Command *command;
    int wake_fd;
    Inbox *inbox;
    uint64_t refusals; /* atomic */

    /* the data thread's */
    UdpSock *natt[SOCKS]; /* by slot_of(); NULL: none */
    int tun_fd;
    EspPlane *plane;
    Hold *hold; /* NULL: what no SA takes is lost */
    bool stop;
    struct pollfd polls[POLL_N];
    uint8_t *room; /* BATCH * ROOM octets */
    EspBuf bufs[BATCH];
    uint8_t slots[BATCH]; /* received: the message that ->bufs[i] was */
    struct mmsghdr msgs[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage names[BATCH];
    UdpControl controls[BATCH];
};

static size_t
slot_of(AddrFamily family)
{
    return family == ADDR_V6;
}

static size_t
slot_to(const SockAddr *to)
{
    return to->storage.ss_family == AF_INET6;
}

static void
set_sock(Pump *p, AddrFamily family, UdpSock *natt)
{
    size_t slot = slot_of(family);

    p->natt[slot] = natt;
    p->polls[POLL_UDP + slot] =
        (struct pollfd){ .fd = natt ? udp_sock_fd(natt) : -1, .events = POLLIN };
}

static uint8_t *
room_of(const Pump *p, size_t i)
{
    return p->room + i * ROOM;
}

static void
set_buf(Pump *p, size_t n, size_t room, size_t len)
{
    p->bufs[n] = (EspBuf){
        .base = room_of(p, room), .cap = ROOM, .off = ESP_HEADROOM, .len = (uint32_t)len
    };
}

/* The interface was removed, or somebody closed it: nothing will ever come again. */
static void
lose_tun(Pump *p, int e)
{
    p->polls[POLL_TUN].fd = -1;
    log_at(LOG_WARNING, NULL, "no more packets are read from the TUN interface: %s", g_strerror(e));
}

/* What is there, up to a batch. Returns the number of packets in ->bufs. */
static size_t
read_tun(Pump *p, short revents)
{
    size_t n = 0;

    while (n < BATCH) {
        ssize_t len = read(p->tun_fd, room_of(p, n) + ESP_HEADROOM, PACKET_MAX);

        if (len > 0) {
            set_buf(p, n, n, (size_t)len);
            n++;
            continue;
        }
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM)
            lose_tun(p, errno);
        else if (n == 0 && (revents & (POLLERR | POLLHUP | POLLNVAL)))
            lose_tun(p, ENODEV);
        break;
    }
    return n;
}

/* A full socket is waited for, as a blocking one would be, but never for long. */
static bool
wait_writable(const UdpSock *natt)
{
    struct pollfd out = { .fd = udp_sock_fd(natt), .events = POLLOUT };

    return poll(&out, 1, SEND_WAIT) > 0;
}

/* ->msgs from @sent up to @n. One datagram that cannot be sent (no route, a filter, an ICMP error
 * of an earlier one) is lost, as on any network; the next one may have a better path. */
static void
send_batch(Pump *p, const UdpSock *natt, unsigned sent, unsigned n)
{
    while (natt && sent < n) {
        int r = sendmmsg(udp_sock_fd(natt), p->msgs + sent, n - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (r > 0)
            sent += (unsigned)r;
        else if (r < 0 && errno == EAGAIN && !wait_writable(natt))
            return;
        else if (r == 0 || (errno != EINTR && errno != EAGAIN))
            sent++;
    }
}

/* What no SA takes. */
static void
keep(Pump *p, const EspBuf *b, Usec now)
{
    Slice packet = { b->base + b->off, b->len };

    if (!p->hold || packet.p[0] >> 4 != 4)
        return;
    hold_keep(p->hold, packet, now);
    hold_call(p->hold);
}

/* The @n inner packets in ->bufs. */
static void
seal_and_send(Pump *p, size_t n, Usec now)
{
    const UdpSock *natt = NULL; /* of those not sent yet */
    unsigned n_out = 0, sent = 0;

    esp_plane_seal(p->plane, p->bufs, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        if (b->status == ESP_NO_SA)
            keep(p, b, now);
        if (b->status != ESP_OK)
            continue;
        Peer *peer = esp_sa_user(b->sa);
        const UdpSock *over = p->natt[slot_to(&peer->to)];

        if (!over)
            continue;
        if (over != natt) {
            send_batch(p, natt, sent, n_out);
            sent = n_out;
            natt = over;
        }
        p->parts[n_out] = (struct iovec){ b->base + b->off, b->len };
        p->msgs[n_out] =
            (struct mmsghdr){ .msg_hdr = { .msg_iov = &p->parts[n_out], .msg_iovlen = 1 } };
        if (!udp_sock_connected(over)) {
            p->msgs[n_out].msg_hdr.msg_name = &peer->to.storage;
            p->msgs[n_out].msg_hdr.msg_namelen = peer->to.len;
        }
        n_out++;
    }
    send_batch(p, natt, sent, n_out);
}

static void
tun_to_udp(Pump *p, short revents, Usec now)
{
    seal_and_send(p, read_tun(p, revents), now);
}

/* There is an SA now: what waited for one goes again, and in vain waits no longer. */
static void
release(Pump *p, Usec now)
{
    Hold *hold = g_steal_pointer(&p->hold);
    size_t n = 0, len;

    while (n < BATCH && (len = hold_take(hold, room_of(p, n) + ESP_HEADROOM, PACKET_MAX, now))) {
        set_buf(p, n, n, len);
        n++;
    }
    seal_and_send(p, n, now);
    p->hold = hold;
}

static int
receive_batch(Pump *p, const UdpSock *natt)
{
    for (size_t i = 0; i < BATCH; i++) {
        p->parts[i] = (struct iovec){ room_of(p, i) + ESP_HEADROOM, PACKET_MAX };
        p->msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &p->parts[i],
                                                    .msg_iovlen = 1,
                                                    .msg_name = &p->names[i],
                                                    .msg_namelen = sizeof(p->names[i]),
                                                    .msg_control = &p->controls[i],
                                                    .msg_controllen = sizeof(p->controls[i]) } };
    }
    return recvmmsg(udp_sock_fd(natt), p->msgs, BATCH, MSG_DONTWAIT, NULL);
}

/* ESP into ->bufs, IKE into the inbox. Returns the number of packets in ->bufs. */
static size_t
sort_batch(Pump *p, const UdpSock *natt, size_t n_in)
{
    size_t n = 0;

    for (size_t i = 0; i < n_in; i++) {
        struct msghdr *msg = &p->msgs[i].msg_hdr;
        Slice datagram = { room_of(p, i) + ESP_HEADROOM, p->msgs[i].msg_len };
        IkeDatagram ike = { .keepalive = false };
        UdpKind kind = udp_sock_kind(natt, datagram, &ike.octets);

        if (kind == UDP_ESP) {
            set_buf(p, n, i, datagram.len);
            p->slots[n++] = (uint8_t)i;
        } else if (kind == UDP_IKE && udp_sock_path(natt, msg, &ike.path)) {
            (void)inbox_post(p->inbox, &ike); /* full: lost, and sent again */
        }
    }
    return n;
}

/* The peer may have moved: what it sent last says where it is. */
static void
note_source(Pump *p, const EspBuf *b, const struct msghdr *msg)
{
    Peer *peer = esp_sa_user(b->sa);

    if (!b->newest || (msg->msg_namelen == peer->came.len &&
                       memcmp(msg->msg_name, &peer->came.storage, peer->came.len) == 0))
        return;
    g_mutex_lock(&p->lock);
    peer->came.len = msg->msg_namelen;
    memcpy(&peer->came.storage, msg->msg_name, msg->msg_namelen);
    g_mutex_unlock(&p->lock);
}

static void
udp_to_tun(Pump *p, const UdpSock *natt, Usec now)
{
    int n_in = receive_batch(p, natt);

    if (n_in < 0 && (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH))
        __atomic_add_fetch(&p->refusals, 1, __ATOMIC_RELAXED); /* and now forgotten */
    if (n_in <= 0)
        return;
    size_t n = sort_batch(p, natt, (size_t)n_in);

    esp_plane_open(p->plane, p->bufs, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        if (b->status == ESP_NO_SA && p->hold)
            hold_call(p->hold);
        if (b->status != ESP_OK)
            continue;
        note_source(p, b, &p->msgs[p->slots[i]].msg_hdr);
        /* An interface that is down or gone takes nothing: the packet is lost. */
        if (write(p->tun_fd, b->base + b->off, b->len) < 0)
            continue;
    }
}

static void
obey(Pump *p)
{
    uint64_t wakes;
    const Command *c;

    if (read(p->wake_fd, &wakes, sizeof(wakes)) < 0)
        return;
    g_mutex_lock(&p->lock);
    c = p->command;
    if (c) {
        if (c->add)
            esp_plane_add_in(p->plane, c->add);
        if (c->out)
            esp_plane_out(p->plane, c->out);
        if (c->hold)
            p->hold = c->hold;
        if (c->out && p->hold)
            release(p, (Usec)g_get_monotonic_time());
        if (c->remove)
            esp_plane_remove(p->plane, c->remove);
        if (c->move)
            c->move->to = c->move->came = c->to;
        if (c->family)
            set_sock(p, *c->family, c->natt);
        p->stop = c->stop;
        p->command = NULL;
        g_cond_signal(&p->done);
    }
    g_mutex_unlock(&p->lock);
}

static gpointer
run(gpointer data)
{
    Pump *p = data;

    while (!p->stop) {
        if (poll(p->polls, POLL_N, -1) < 0)
            continue;
        Usec now =
            (Usec)g_get_monotonic_time(); /* once in a batch: the clock of ike_driver_now() */

        if (p->polls[POLL_WAKE].revents)
            obey(p);
        for (size_t i = 0; i < SOCKS; i++)
            if (p->natt[i] && p->polls[POLL_UDP + i].revents)
                udp_to_tun(p, p->natt[i], now);
        if (p->polls[POLL_TUN].revents)
            tun_to_udp(p, p->polls[POLL_TUN].revents, now);
    }
    return NULL;
}

static void
command(Pump *p, const Command *c)
{
    g_mutex_lock(&p->lock);
    p->command = c;
    /* Cannot fail: the counter is far from full, and only a full one would. */
    (void)!write(p->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
    while (p->command)
        g_cond_wait(&p->done, &p->lock);
    g_mutex_unlock(&p->lock);
}

/* Signals are the main loop's. */
static GThread *
start_thread(Pump *p, GError **error)
{
    sigset_t all, old;
    GThread *thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    thread = g_thread_try_new("pump", run, p, error);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return thread;
}

static bool
open_fds(Pump *p, GError **error)
{
    int flags = fcntl(p->tun_fd, F_GETFL);

    p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->wake_fd >= 0 && flags >= 0 && fcntl(p->tun_fd, F_SETFL, flags | O_NONBLOCK) == 0)
        return true;
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "cannot start the data thread: %s",
                g_strerror(e));
    return false;
}

Pump *
pump_new(int tun_fd, UdpSock *natt, PumpIke on_ike, void *user, GError **error)
{
    g_autoptr(Pump) p = g_new0(Pump, 1);

    p->tun_fd = tun_fd;
    g_mutex_init(&p->lock);
    g_cond_init(&p->done);
    p->peers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    p->plane = esp_plane_new();
    p->inbox = inbox_new(on_ike, user);
    p->room = g_malloc((size_t)BATCH * ROOM);
    if (!open_fds(p, error))
        return NULL;
    p->polls[POLL_WAKE] = (struct pollfd){ .fd = p->wake_fd, .events = POLLIN };
    set_sock(p, ADDR_V4, NULL);
    set_sock(p, ADDR_V6, NULL);
    set_sock(p, udp_sock_local(natt).addr.family, natt);
    p->polls[POLL_TUN] = (struct pollfd){ .fd = tun_fd, .events = POLLIN };
    p->thread = start_thread(p, error);
    return p->thread ? g_steal_pointer(&p) : NULL;
}

void
pump_free(Pump *p)
{
    if (!p)
        return;
    if (p->thread) {
        command(p, &(Command){ .stop = true });
        g_thread_join(p->thread);
    }
    inbox_free(p->inbox);
    esp_plane_free(p->plane);
    g_hash_table_unref(p->peers);
    if (p->wake_fd >= 0)
        close(p->wake_fd);
    g_free(p->room);
    g_cond_clear(&p->done);
    g_mutex_clear(&p->lock);
    g_free(p);
}

void
pump_set_sock(Pump *p, AddrFamily family, UdpSock *natt)
{
    command(p, &(Command){ .family = &family, .natt = natt });
}

void
pump_hold(Pump *p, Hold *hold)
{
    command(p, &(Command){ .hold = hold });
}

static void
add(Pump *p, EspSa *sa, const Endpoint *remote, uint32_t out)
{
    gpointer spi = GUINT_TO_POINTER(esp_sa_spi_in(sa));
    Peer *peer = g_new(Peer, 1);

    *peer = (Peer){ .sa = sa, .to = sock_addr_of(remote) };
    peer->came = peer->to;
    esp_sa_set_user(sa, peer);
    command(p, &(Command){ .add = sa, .out = out });
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
    command(p, &(Command){ .out = spi_in });
}

void
pump_move(Pump *p, uint32_t spi_in, const Endpoint *remote)
{
    Peer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));

    if (peer)
        command(p, &(Command){ .move = peer, .to = sock_addr_of(remote) });
}

bool
pump_strayed(Pump *p, uint32_t spi_in, Endpoint *ret)
{
    const Peer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));
    Endpoint to, came;
    bool known;

    if (!peer)
        return false;
    g_mutex_lock(&p->lock);
    known = sock_addr_to_endpoint(&peer->to.storage, &to) &&
            sock_addr_to_endpoint(&peer->came.storage, &came);
    g_mutex_unlock(&p->lock);
    if (!known || endpoint_equal(&to, &came))
        return false;
    *ret = came;
    return true;
}

void
pump_remove(Pump *p, uint32_t spi_in)
{
    command(p, &(Command){ .remove = spi_in });
    g_hash_table_remove(p->peers, GUINT_TO_POINTER(spi_in));
}

bool
pump_stats(Pump *p, uint32_t spi_in, EspStats *ret)
{
    const Peer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));

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
