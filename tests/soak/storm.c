/* storm.c - damaged copies of what passes a router, from forged sources, to one of the two ends.
 *
 * storm --hear DEVICE --send DEVICE --to ADDRESS --pid NUMBER [OPTION...]
 *
 * Hears IKE and ESP that come in by --hear for --to, and sends what mutate.h makes of them by
 * --send, never more than a few ahead of what the program --pid at --to has read: each datagram
 * that is counted has been looked at. What that program has in memory of its own is read after
 * --warm datagrams and at the end; it fails when there is more than --grow KiB between. Pages of
 * files are the kernel's: they are given back at every rest, and come again. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/soak/mutate.h"

enum {
    BATCH = 32,
    AHEAD = 96,       /* fit a small socket buffer even when all are large */
    WAIT_US = 100,    /* for it to read on */
    PATIENCE = 20000, /* such waits; then what is missing is taken for lost */
    HEARD_MAX = 64,
    STILL = 3,  /* waits in which nothing more was read: so nothing more is there */
    HEADS = 28, /* IPv4 and UDP */
    ETHERTYPE_IPV4 = 0x0800,
};

static char *hear, *send_by, *to;
static gint pid, warm = 100000, count = 1000000, grow = 512, samples = 4;
static gint64 seed = 1;
static gboolean faithful;

static const GOptionEntry options[] = {
    { "hear", 0, 0, G_OPTION_ARG_STRING, &hear, "where the samples come in", "DEVICE" },
    { "send", 0, 0, G_OPTION_ARG_STRING, &send_by, "where they go out, damaged", "DEVICE" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &to, "to whom", "ADDRESS" },
    { "pid", 0, 0, G_OPTION_ARG_INT, &pid, "the program there", "NUMBER" },
    { "warm", 0, 0, G_OPTION_ARG_INT, &warm, "datagrams before memory counts", "N" },
    { "count", 0, 0, G_OPTION_ARG_INT, &count, "datagrams after that", "N" },
    { "grow", 0, 0, G_OPTION_ARG_INT, &grow, "what it may grow in them", "KIB" },
    { "samples", 0, 0, G_OPTION_ARG_INT, &samples, "real datagrams to wait for first", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "what the damage is drawn from", "N" },
    { "faithful", 0, 0, G_OPTION_ARG_NONE, &faithful, "always from the real source", NULL },
    { 0 },
};

typedef struct Storm {
    Mutator mutator;
    int in, out, snmp, smaps;
    struct in_addr to;
    uint16_t packet; /* IP identification */
    uint16_t
        ports[2]; /* of the target in the newest sample, by ->natt: it may have closed others */
    Sample heard[HEARD_MAX];
    size_t n_heard;
    uint64_t passed; /* real datagrams that went to the target */
    uint64_t sent, lost;
    uint64_t read_before, gone_before; /* when it began */
    uint8_t room[BATCH][HEADS + MUTATE_MAX];
} Storm;

static void G_GNUC_NORETURN
die(const char *what)
{
    fprintf(stderr, "storm: %s: %s\n", what, g_strerror(errno));
    exit(1);
}

static void
read_proc(int fd, char *ret, size_t cap)
{
    ssize_t n = pread(fd, ret, cap - 1, 0);

    if (n <= 0)
        die("the program is not there any more");
    ret[n] = '\0';
}

/* What UDP has counted where the program is: @ret_read by programs, @ret_gone thrown away. */
static void
udp_counts(const Storm *s, uint64_t *ret_read, uint64_t *ret_gone)
{
    char text[4096], *at;
    uint64_t in, no_port, bad;

    read_proc(s->snmp, text, sizeof(text));
    at = strstr(text, "\nUdp: In");
    at = at ? strstr(at + 1, "\nUdp: ") : NULL;
    if (!at || sscanf(at, "\nUdp: %" SCNu64 " %" SCNu64 " %" SCNu64, &in, &no_port, &bad) != 3)
        die("/proc/PID/net/snmp");
    *ret_read = in - s->read_before;
    *ret_gone = no_port + bad - s->gone_before;
}

static unsigned
own_kib(const Storm *s)
{
    char text[4096], *at;

    read_proc(s->smaps, text, sizeof(text));
    at = strstr(text, "\nAnonymous:");
    if (!at)
        die("/proc/PID/smaps_rollup");
    return (unsigned)strtoul(at + strlen("\nAnonymous:"), NULL, 10);
}

static int
open_proc(const char *name)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        die(path);
    return fd;
}

static void
open_sockets(Storm *s)
{
    struct sockaddr_ll where = { .sll_family = AF_PACKET,
                                 .sll_protocol = htons(ETHERTYPE_IPV4),
                                 .sll_ifindex = (int)if_nametoindex(hear) };

    s->in = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETHERTYPE_IPV4));
    if (s->in < 0 || where.sll_ifindex == 0 || bind(s->in, (void *)&where, sizeof(where)) < 0)
        die(hear);
    s->out = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (s->out < 0 ||
        setsockopt(s->out, SOL_SOCKET, SO_BINDTODEVICE, send_by, (socklen_t)strlen(send_by)) < 0)
        die(send_by);
}

/* One IP packet; what is no IKE or ESP for the target, or but a part of it, is no sample. */
static bool
read_sample(const Storm *s, const uint8_t *p, size_t len, Sample *ret)
{
    struct iphdr ip;
    struct udphdr udp;
    size_t ip_len;

    if (len < sizeof(ip) + sizeof(udp))
        return false;
    memcpy(&ip, p, sizeof(ip));
    ip_len = ip.ihl * 4u;
    if (ip.protocol != IPPROTO_UDP || ip.daddr != s->to.s_addr || ntohs(ip.frag_off) & 0x3fff ||
        len < ip_len + sizeof(udp))
        return false;
    memcpy(&udp, p + ip_len, sizeof(udp));
    *ret = (Sample){ .from.s_addr = ip.saddr,
                     .sport = ntohs(udp.source),
                     .dport = ntohs(udp.dest),
                     .len = ntohs(udp.len) - sizeof(udp) };
    p += ip_len + sizeof(udp);
    if (ntohs(udp.len) < sizeof(udp) + 12 || ret->len > MUTATE_MAX ||
        ret->len > len - ip_len - sizeof(udp))
        return false;
    memcpy(ret->octets, p, ret->len);
    ret->natt = ret->sport == 4500 || ret->dport == 4500;
    if (ret->natt) {
        ret->esp = memcmp(ret->octets, "\0\0\0\0", 4) != 0;
        ret->at = ret->esp ? 0 : 4;
    }
    return true;
}

static void
listen_in(Storm *s)
{
    uint8_t packet[2048];
    struct sockaddr_ll from;
    socklen_t from_len = sizeof(from);
    ssize_t n;

    while (s->n_heard < HEARD_MAX &&
           (n = recvfrom(s->in, packet, sizeof(packet), 0, (void *)&from, &from_len)) > 0) {
        if (from.sll_pkttype != PACKET_OUTGOING &&
            read_sample(s, packet, (size_t)n, &s->heard[s->n_heard])) {
            s->n_heard++;
            s->passed++;
        }
        from_len = sizeof(from);
    }
}

/* Everything that went to the target has been read, the originals too: now they can be copied. A
 * copy that overtakes its original is believed (RFC 7296 §2.23), and the damaged one of an
 * IKE_SA_INIT spoils the login: who is on the path and holds originals back can do that, a storm
 * cannot. */
static void
learn(Storm *s)
{
    for (size_t i = 0; i < s->n_heard; i++) {
        mutate_learn(&s->mutator, &s->heard[i]);
        s->ports[s->heard[i].natt] = s->heard[i].dport;
    }
    s->n_heard = 0;
}

static size_t
make_packet(Storm *s, uint8_t *room)
{
    Mutator *m = &s->mutator;
    size_t len;
    const Sample *of = mutate_next(m, room + HEADS, &len);
    bool real = faithful || mutate_below(m, 2);
    struct iphdr ip = { .version = 4,
                        .ihl = 5,
                        .tot_len = htons((uint16_t)(HEADS + len)),
                        .id = htons(s->packet++),
                        .ttl = 64,
                        .protocol = IPPROTO_UDP,
                        .daddr = s->to.s_addr };
    struct udphdr udp = { .dest = htons(s->ports[of->natt]), .len = htons((uint16_t)(8 + len)) };

    ip.saddr = real ? of->from.s_addr : htonl(0x0b000000 | (uint32_t)mutate_below(m, 1 << 24));
    udp.source = htons(real ? of->sport : (uint16_t)(1 + mutate_below(m, 65535)));
    memcpy(room, &ip, sizeof(ip));
    memcpy(room + sizeof(ip), &udp, sizeof(udp));
    return HEADS + len;
}

static void
send_batch(Storm *s, size_t n)
{
    struct sockaddr_in dst = { .sin_family = AF_INET, .sin_addr = s->to };
    struct mmsghdr v[BATCH] = { 0 };
    struct iovec octets[BATCH];

    for (size_t i = 0; i < n; i++) {
        octets[i] = (struct iovec){ s->room[i], make_packet(s, s->room[i]) };
        v[i].msg_hdr = (struct msghdr){
            .msg_name = &dst, .msg_namelen = sizeof(dst), .msg_iov = &octets[i], .msg_iovlen = 1
        };
    }
    for (size_t done = 0; done < n;) {
        int k = sendmmsg(s->out, v + done, (unsigned)(n - done), 0);

        if (k < 0 && errno != ENOBUFS && errno != EINTR)
            die("sendmmsg");
        done += k > 0 ? (size_t)k : 0;
    }
    s->sent += n;
}

/* What has gone to the target and has not been read; more may have gone than was heard. */
static uint64_t
under_way(Storm *s, uint64_t done)
{
    if (done > s->sent + s->passed)
        s->passed = done - s->sent;
    return s->sent + s->passed - done;
}

/* On to @goal datagrams that were read. */
static void
blow(Storm *s, uint64_t goal)
{
    uint64_t read, gone, left, last = 0;
    unsigned idle = 0, waited = 0;

    for (;;) {
        listen_in(s); /* before the counts, which may then lack what was heard but nothing else */
        udp_counts(s, &read, &gone);
        if (read >= goal)
            return;
        left = under_way(s, read + gone + s->lost);
        if (s->n_heard == 0 && left < AHEAD && s->mutator.n >= (size_t)samples) {
            send_batch(s, BATCH);
            waited = 0;
            continue;
        }
        idle = read + gone == last ? idle + 1 : 0;
        last = read + gone;
        if (left == 0 && idle >= STILL)
            learn(s);
        if (++waited >= PATIENCE) {
            s->lost += left;
            waited = 0;
        }
        g_usleep(WAIT_US);
    }
}

static void
run(Storm *s)
{
    unsigned before, after;
    uint64_t read, gone;

    udp_counts(s, &read, &gone);
    s->read_before = read;
    s->gone_before = gone;
    s->passed = 0;
    blow(s, (uint64_t)warm);
    before = own_kib(s);
    printf("storm: %d datagrams read, %u KiB of its own\n", warm, before);
    fflush(stdout);
    for (int part = 1; part <= 10; part++) {
        blow(s, (uint64_t)warm + (uint64_t)count * (unsigned)part / 10);
        after = own_kib(s);
        printf("storm: and %" PRIu64 ", %u KiB of its own\n", (uint64_t)count * (unsigned)part / 10,
               after);
        fflush(stdout);
    }
    udp_counts(s, &read, &gone);
    printf("storm: sent %" PRIu64 ", read %" PRIu64 ", thrown away unread %" PRIu64 "\n", s->sent,
           read, gone);
    if (after <= before + (unsigned)grow)
        return;
    fprintf(stderr, "storm: seed %" PRId64 ": grown from %u to %u KiB\n", seed, before, after);
    exit(1);
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    g_autofree Storm *s = g_new0(Storm, 1);

    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || !hear || !send_by || !to ||
        !pid || inet_pton(AF_INET, to, &s->to) != 1) {
        fprintf(stderr, "storm: %s\n", error ? error->message : "see storm --help");
        return 2;
    }
    s->mutator.state = (uint64_t)seed;
    s->snmp = open_proc("net/snmp");
    s->smaps = open_proc("smaps_rollup");
    open_sockets(s);
    printf("storm: seed %" PRId64 "\n", seed);
    fflush(stdout);
    run(s);
    return 0;
}
