/* full_rate.c - numbered datagrams through a tunnel, both ways at once, as many as it takes, over a
 * relay that loses, repeats and reorders what carries them.
 *
 * full_rate CLIENT ROUTER INSIDE SEED: files of network namespaces (/run/netns/name), seed of the
 * relay, which stands between 192.168.1.254 and 10.0.0.254. Each line "ADDRESS SECONDS" of standard
 * input sends from and to that inner address of the client for so long, and prints what became of
 * it; the end of the input ends it. A datagram that comes twice, changed, or late without the relay
 * having held it up is the end of the program. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/arrivals.h"
#include "tests/soak/relay.h"

enum {
    SIZE_MAX_OF_ALL = 1300,
    RUN = 24,      /* datagrams of one size, in one call */
    WINDOW = 1024, /* on their way at most: no queue of the kernel is full */
    BATCH = 64,
    PATTERN = 256,
    STALL_MS = 5000,  /* what has not come by then may have been lost: it holds up no other */
    DRAIN_MS = 60000, /* at the end: a busy machine may let any of the programs wait */
    NUMBERS_MAX = INT32_MAX,
    OPTION_SEGMENT = 103,
};

static const uint16_t sizes[] = { 64, 300, 1000, SIZE_MAX_OF_ALL };

/* One direction. */
typedef struct Flow {
    Relay *relay;
    int way, out, in;
    uint64_t sent;             /* the sender's */
    uint64_t lost_before;      /* by the relay, of others */
    uint64_t came, late, top;  /* the receiver's; atomic: ->came */
    uint64_t from, came_since; /* atomic: what is waited for begins here; so much of it has come */
    uint64_t lost_until;       /* by the relay, before that was sent */
    uint8_t *seen;             /* a bit a number */
    bool stop;                 /* atomic: of the receiver */
    double seconds;
} Flow;

static uint8_t pattern[PATTERN + SIZE_MAX_OF_ALL];

static double
now(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

static uint64_t
under_way(const Flow *f)
{
    uint64_t done = f->from + __atomic_load_n(&f->came_since, __ATOMIC_RELAXED) +
                    relay_lost(f->relay, f->way) - f->lost_until;

    return f->sent > done ? f->sent - done : 0;
}

/* What is under way may come yet, or never: it is not counted on. Whatever of it comes makes no
 * room for others, or there would be more on their way after each wait that was in vain. */
static void
give_up(Flow *f)
{
    __atomic_store_n(&f->from, f->sent, __ATOMIC_SEQ_CST);
    __atomic_store_n(&f->came_since, 0, __ATOMIC_SEQ_CST);
    f->lost_until = relay_lost(f->relay, f->way);
}

/* All that were sent, in the end. */
static uint64_t
outstanding(const Flow *f)
{
    uint64_t done =
        __atomic_load_n(&f->came, __ATOMIC_RELAXED) + relay_lost(f->relay, f->way) - f->lost_before;

    return f->sent > done ? f->sent - done : 0;
}

/* Until @count says so few; false when it does not change any more. */
static bool
wait_for(const Flow *f, uint64_t (*count)(const Flow *f), uint64_t few, unsigned ms)
{
    double last = now();
    uint64_t before = count(f), left;

    while ((left = count(f)) > few) {
        if (left != before)
            last = now();
        before = left;
        if (now() > last + ms / 1e3)
            return false;
        g_usleep(50);
    }
    return true;
}

static void
fill(uint8_t *at, uint64_t number, size_t size)
{
    memcpy(at, &number, sizeof(number));
    memcpy(at + sizeof(number), pattern + number % PATTERN, size - sizeof(number));
}

static gpointer
send_all(gpointer data)
{
    Flow *f = data;
    uint8_t octets[RUN * SIZE_MAX_OF_ALL];
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(uint16_t))];
    } control = { .head = { CMSG_LEN(sizeof(uint16_t)), IPPROTO_UDP, OPTION_SEGMENT } };
    double end = now() + f->seconds;

    while (now() < end) {
        uint16_t size = sizes[f->sent / RUN % G_N_ELEMENTS(sizes)];
        struct iovec part = { octets, (size_t)RUN * size };
        struct msghdr msg = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof(control.room) };

        if (!wait_for(f, under_way, WINDOW - RUN, STALL_MS))
            give_up(f);
        if (f->sent + RUN > NUMBERS_MAX)
            break;
        for (uint64_t i = 0; i < RUN; i++)
            fill(octets + i * size, f->sent + i, size);
        memcpy(CMSG_DATA(&control.head), &size, sizeof(size));
        if (sendmsg(f->out, &msg, 0) >= 0)
            f->sent += RUN;
        else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            g_error("send: %s", g_strerror(errno));
    }
    (void)wait_for(f, outstanding, 0, DRAIN_MS);
    return NULL;
}

static void
take(Flow *f, const uint8_t *p, size_t len)
{
    uint8_t expected[SIZE_MAX_OF_ALL];
    uint64_t number;

    if (len < sizeof(number) || len > SIZE_MAX_OF_ALL)
        g_error("a datagram of %zu octets", len);
    memcpy(&number, p, sizeof(number));
    fill(expected, number, len);
    if (number > NUMBERS_MAX || len != sizes[number / RUN % G_N_ELEMENTS(sizes)] ||
        memcmp(p, expected, len) != 0)
        g_error("datagram %" PRIu64 " has changed", number);
    if (f->seen[number / 8] & 1 << number % 8)
        g_error("datagram %" PRIu64 " came twice", number);
    f->seen[number / 8] |= (uint8_t)(1 << number % 8);
    if (number < f->top)
        f->late++;
    else
        f->top = number;
    if (number >= __atomic_load_n(&f->from, __ATOMIC_SEQ_CST))
        __atomic_add_fetch(&f->came_since, 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&f->came, 1, __ATOMIC_RELAXED);
}

static gpointer
receive_all(gpointer data)
{
    static const struct timeval limit = { .tv_usec = 100000 };
    Flow *f = data;
    uint8_t octets[BATCH][SIZE_MAX_OF_ALL + 1];
    struct iovec parts[BATCH];
    struct mmsghdr msgs[BATCH];

    setsockopt(f->in, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    for (size_t i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){ octets[i], sizeof(octets[i]) };
        msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &parts[i], .msg_iovlen = 1 } };
    }
    while (!__atomic_load_n(&f->stop, __ATOMIC_RELAXED)) {
        int n = recvmmsg(f->in, msgs, BATCH, MSG_WAITFORONE, NULL);

        for (int i = 0; i < n; i++)
            take(f, octets[i], msgs[i].msg_len);
    }
    return NULL;
}

static struct sockaddr_in
bound(int fd, const char *address)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t len = sizeof(a);

    if (inet_pton(AF_INET, address, &a.sin_addr) != 1 ||
        bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        g_error("%s: %s", address, g_strerror(errno));
    return a;
}

static void
open_flow(Flow *f, const char *from_ns, const char *from, const char *to_ns, const char *to)
{
    struct sockaddr_in there;
    int tos = RELAY_TOS;

    f->in = arrivals_socket(to_ns);
    f->out = arrivals_socket(from_ns);
    there = bound(f->in, to);
    (void)bound(f->out, from);
    if (connect(f->out, (struct sockaddr *)&there, sizeof(there)) != 0 ||
        setsockopt(f->out, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)) != 0)
        g_error("%s: %s", to, g_strerror(errno));
    f->seen = mmap(NULL, NUMBERS_MAX / 8 + 1, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (f->seen == MAP_FAILED)
        g_error("no memory: %s", g_strerror(errno));
}

/* Where the missing ones went: in front of the relay, or behind it. What carries the tunnel, as the
 * relay has seen it, is of all ESP and from the beginning. */
static void
report(const Flow *f, const RelayCounts *was)
{
    static const char *const names[] = { "up", "down" };
    uint64_t lost = relay_lost(f->relay, f->way) - f->lost_before, held, seen;
    RelayCounts c;

    relay_counts(f->relay, f->way, &c);
    held = c.held[RELAY_NUMBERED] - was->held[RELAY_NUMBERED];
    seen = c.passed[RELAY_NUMBERED] - was->passed[RELAY_NUMBERED] + lost;
    if (f->late > held)
        g_error("%" PRIu64 " datagrams were overtaken, of which the relay held up %" PRIu64,
                f->late, held);
    printf("%s sent %" PRIu64 " came %" PRIu64 " lost %" PRIu64 " before %" PRId64
           " behind %" PRId64 " late %" PRIu64 " rate %.0f\n",
           names[f->way], f->sent, f->came, lost, (int64_t)(f->sent - seen),
           (int64_t)(seen - lost - f->came), f->late, (double)f->sent / f->seconds);
    printf("%s-esp passed %" PRIu64 " lost %" PRIu64 " twice %" PRIu64 "\n", names[f->way],
           c.passed[RELAY_NUMBERED] + c.passed[RELAY_OTHER],
           c.lost[RELAY_NUMBERED] + c.lost[RELAY_OTHER],
           c.twice[RELAY_NUMBERED] + c.twice[RELAY_OTHER]);
}

static void
close_flow(Flow *f)
{
    close(f->in);
    close(f->out);
    munmap(f->seen, NUMBERS_MAX / 8 + 1);
}

static void
run(Relay *relay, char **ns, const char *address, double seconds)
{
    static const char *const inside = "172.16.1.10";
    Flow flows[RELAY_WAYS] = { 0 };
    GThread *senders[RELAY_WAYS], *receivers[RELAY_WAYS];
    RelayCounts was[RELAY_WAYS];

    open_flow(&flows[RELAY_UP], ns[0], address, ns[2], inside);
    open_flow(&flows[RELAY_DOWN], ns[2], inside, ns[0], address);
    for (int way = 0; way < RELAY_WAYS; way++) {
        Flow *f = &flows[way];

        f->relay = relay;
        f->way = way;
        f->seconds = seconds;
        relay_counts(relay, way, &was[way]);
        f->lost_before = f->lost_until = was[way].lost[RELAY_NUMBERED];
        receivers[way] = g_thread_new("receive", receive_all, f);
        senders[way] = g_thread_new("send", send_all, f);
    }
    for (int way = 0; way < RELAY_WAYS; way++)
        g_thread_join(senders[way]);
    for (int way = 0; way < RELAY_WAYS; way++) {
        __atomic_store_n(&flows[way].stop, true, __ATOMIC_RELAXED);
        g_thread_join(receivers[way]);
        report(&flows[way], &was[way]);
        close_flow(&flows[way]);
    }
    puts("done");
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    char address[INET_ADDRSTRLEN];
    double seconds;
    Relay *relay;

    if (argc != 5) {
        fprintf(stderr, "full_rate CLIENT ROUTER INSIDE SEED\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 167 + i / 256 * 59);
    relay = relay_new(&(RelaySetup){ .ns = argv[2],
                                     .front = "192.168.1.254",
                                     .back = "10.0.0.254",
                                     .to = "10.0.0.1",
                                     .seed = strtoull(argv[4], NULL, 10),
                                     .loss = 0.01,
                                     .twice = 0.002,
                                     .held = 0.01 });
    printf("seed %s\n", argv[4]);
    fflush(stdout);
    while (scanf("%15s %lf", address, &seconds) == 2)
        run(relay, (char *[]){ argv[1], argv[2], argv[3] }, address, seconds);
    return 0;
}
