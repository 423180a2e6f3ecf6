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

typedef enum PollSlot { POLL_WAKE, POLL_UDP, POLL_TUN, POLL_N } PollSlot;

/* Where the packets of one SA go: its user pointer. */
typedef struct Peer {
    EspSa *sa;
    SockAddr to;
} Peer;

/* What the main thread wants of the data thread; it waits until that is done. */
typedef struct Command {
    EspSa *add;
    uint32_t remove; /* SPI, 0: none */
    Peer *move;      /* to ->to */
    SockAddr to;
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

    /* the data thread's */
    UdpSock *natt;
    int tun_fd;
    EspPlane *plane;
    bool stop;
    struct pollfd polls[POLL_N];
    uint8_t *room; /* BATCH * ROOM octets */
    EspBuf bufs[BATCH];
    struct mmsghdr msgs[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage names[BATCH];
    UdpControl controls[BATCH];
};

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
wait_writable(Pump *p)
{
    struct pollfd out = { .fd = udp_sock_fd(p->natt), .events = POLLOUT };

    return poll(&out, 1, SEND_WAIT) > 0;
}

/* One datagram that cannot be sent (no route, a filter, an ICMP error of an earlier one) is lost,
 * as on any network; the next one may have a better path. */
static void
send_batch(Pump *p, unsigned n)
{
    unsigned sent = 0;

    while (sent < n) {
        int r =
            sendmmsg(udp_sock_fd(p->natt), p->msgs + sent, n - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (r > 0)
            sent += (unsigned)r;
        else if (r < 0 && errno == EAGAIN && !wait_writable(p))
            return;
        else if (r == 0 || (errno != EINTR && errno != EAGAIN))
            sent++;
    }
}

static void
tun_to_udp(Pump *p, short revents, Usec now)
{
    size_t n = read_tun(p, revents);
    bool connected = udp_sock_connected(p->natt);
    unsigned n_out = 0;

    esp_plane_seal(p->plane, p->bufs, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        if (b->status != ESP_OK)
            continue;
        Peer *peer = esp_sa_user(b->sa);

        p->parts[n_out] = (struct iovec){ b->base + b->off, b->len };
        p->msgs[n_out] =
            (struct mmsghdr){ .msg_hdr = { .msg_iov = &p->parts[n_out], .msg_iovlen = 1 } };
        if (!connected) {
            p->msgs[n_out].msg_hdr.msg_name = &peer->to.storage;
            p->msgs[n_out].msg_hdr.msg_namelen = peer->to.len;
        }
        n_out++;
    }
    send_batch(p, n_out);
}

static int
receive_batch(Pump *p)
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
    return recvmmsg(udp_sock_fd(p->natt), p->msgs, BATCH, MSG_DONTWAIT, NULL);
}

/* ESP into ->bufs, IKE into the inbox. Returns the number of packets in ->bufs. */
static size_t
sort_batch(Pump *p, size_t n_in)
{
    size_t n = 0;

    for (size_t i = 0; i < n_in; i++) {
        struct msghdr *msg = &p->msgs[i].msg_hdr;
        Slice datagram = { room_of(p, i) + ESP_HEADROOM, p->msgs[i].msg_len };
        IkeDatagram ike = { .keepalive = false };
        UdpKind kind = udp_sock_kind(p->natt, datagram, &ike.octets);

        if (kind == UDP_ESP) {
            set_buf(p, n, i, datagram.len);
            n++;
        } else if (kind == UDP_IKE && udp_sock_path(p->natt, msg, &ike.path)) {
            (void)inbox_post(p->inbox, &ike); /* full: lost, and sent again */
        }
    }
    return n;
}

static void
udp_to_tun(Pump *p, Usec now)
{
    int n_in = receive_batch(p);

    if (n_in <= 0) /* nothing, or an ICMP error, now forgotten */
        return;
    size_t n = sort_batch(p, (size_t)n_in);

    esp_plane_open(p->plane, p->bufs, n, now);
    for (size_t i = 0; i < n; i++) {
        const EspBuf *b = &p->bufs[i];

        /* An interface that is down or gone takes nothing: the packet is lost. */
        if (b->status == ESP_OK && write(p->tun_fd, b->base + b->off, b->len) < 0)
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
            esp_plane_add(p->plane, c->add);
        if (c->remove)
            esp_plane_remove(p->plane, c->remove);
        if (c->move)
            c->move->to = c->to;
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
        if (p->polls[POLL_UDP].revents)
            udp_to_tun(p, now);
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

    p->natt = natt;
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
    p->polls[POLL_UDP] = (struct pollfd){ .fd = udp_sock_fd(natt), .events = POLLIN };
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
pump_add(Pump *p, EspSa *sa, const Endpoint *remote)
{
    gpointer spi = GUINT_TO_POINTER(esp_sa_spi_in(sa));
    Peer *peer = g_new(Peer, 1);

    *peer = (Peer){ .sa = sa, .to = sock_addr_of(remote) };
    esp_sa_set_user(sa, peer);
    command(p, &(Command){ .add = sa });
    g_hash_table_replace(p->peers, spi, peer); /* a former one of this SPI is unused by now */
}

void
pump_move(Pump *p, uint32_t spi_in, const Endpoint *remote)
{
    Peer *peer = g_hash_table_lookup(p->peers, GUINT_TO_POINTER(spi_in));

    if (peer)
        command(p, &(Command){ .move = peer, .to = sock_addr_of(remote) });
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
