/* datagrams.c - how many datagrams a second a path carries.
 *
 * datagrams FROM TO ADDRESS SIZE SECONDS [gathered]
 *
 * FROM and TO are files of network namespaces (/run/netns/name), ADDRESS is one of TO, SIZE the
 * length of the inner IPv4 packet. Printed are the highest paced rate at which at most LOSS_MAX are
 * lost, found by bisection, and what still arrives when far more is sent; packets a second. They
 * are sent one by one, and received so, or, gathered, as the kernel has them (UDP_GRO). */
#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/bench/arrivals.h"

enum {
    HEADERS = 28, /* IPv4 and UDP */
    PAYLOAD_MAX = 1400,
    BURST = 32,    /* datagrams of a system call */
    STEPS = 8,     /* of the bisection */
    DRAIN_MS = 60, /* until what is on its way has come */
    FILL_MS = 100, /* until a flood has filled all queues */
};

static const double LOSS_MAX = 0.005;

typedef struct Path {
    int out;
    const Arrivals *in;
    size_t size; /* of the payload */
    double span;
} Path;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
doze(double seconds)
{
    struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

    nanosleep(&t, NULL);
}

static void
set_messages(struct mmsghdr *msgs, struct iovec *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        msgs[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = part, .msg_iovlen = 1 } };
}

typedef struct Result {
    double sent, came; /* a second */
    double loss;       /* part of those sent */
} Result;

/* What was sent in @span seconds, and how long that took. @rate: packets a second; 0: as many as it
 * goes. */
static uint64_t
send_for(const Path *p, double span, double rate, double *ret_span)
{
    uint8_t octets[PAYLOAD_MAX] = { 0 };
    struct iovec part = { octets, p->size };
    struct mmsghdr msgs[BURST];
    double begun = now(), at = begun;
    uint64_t sent = 0;

    set_messages(msgs, &part, BURST);
    for (; at < begun + span; at = now()) {
        double due = rate > 0 ? rate * (at - begun) - (double)sent : BURST;
        int n;

        if (due < 1) {
            doze((1 - due) / rate);
            continue;
        }
        n = sendmmsg(p->out, msgs, due < BURST ? (unsigned)due : BURST, 0);
        if (n > 0)
            sent += (uint64_t)n;
        else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED)
            g_error("send: %s", g_strerror(errno));
    }
    *ret_span = at - begun;
    return sent;
}

static Result
result(uint64_t sent, uint64_t came, double span)
{
    return (Result){ (double)sent / span, (double)came / span,
                     1 - (double)came / (double)MAX(sent, 1u) };
}

/* What is on its way at the end counts, too. */
static Result
pace(const Path *p, double rate)
{
    uint64_t before = arrivals_count(p->in), sent;
    double span;

    sent = send_for(p, p->span, rate, &span);
    doze(DRAIN_MS / 1e3);
    return result(sent, arrivals_count(p->in) - before, span);
}

/* Behind queues that are full, from beginning to end. */
static Result
flood(const Path *p)
{
    uint64_t before, sent;
    double span;

    (void)send_for(p, FILL_MS / 1e3, 0, &span);
    before = arrivals_count(p->in);
    sent = send_for(p, p->span, 0, &span);
    return result(sent, arrivals_count(p->in) - before, span);
}

/* A pause of the machine costs one try, not the rate. */
static bool
carries(const Path *p, double rate, double *ret)
{
    for (int tries = 0; tries < 2; tries++) {
        Result r = pace(p, rate);

        if (r.loss <= LOSS_MAX) {
            *ret = MAX(*ret, r.came);
            return r.sent > rate * 0.95; /* else there is no more in the sender */
        }
    }
    return false;
}

static double
bisect(const Path *p, double least, double most)
{
    double best = 0;

    for (int i = 0; i < STEPS; i++) {
        double rate = (least + most) / 2;

        if (carries(p, rate, &best))
            least = rate;
        else
            most = rate;
    }
    return best;
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to;
    Path p = { 0 };
    Result most;
    double best;
    bool gathered = argc == 7 && g_str_equal(argv[6], "gathered");

    if ((argc != 6 && !gathered) || atoi(argv[4]) < HEADERS || atoi(argv[4]) > PAYLOAD_MAX ||
        atof(argv[5]) <= 0) {
        fprintf(stderr, "datagrams FROM TO ADDRESS SIZE SECONDS [gathered]\n");
        return 2;
    }
    p.size = (size_t)atoi(argv[4]) - HEADERS;
    p.span = atof(argv[5]);
    p.in = arrivals_new(argv[2], argv[3]);
    if (gathered)
        arrivals_gather(p.in);
    p.out = arrivals_socket(argv[1]);
    to = arrivals_at(p.in);
    if (connect(p.out, (struct sockaddr *)&to, sizeof(to)) != 0)
        g_error("%s: %s", argv[3], g_strerror(errno));
    (void)pace(&p, 1000); /* paths and buffers are warm */
    most = flood(&p);
    best = bisect(&p, 0, MAX(most.sent, most.came));
    printf("%.0f %.0f\n", best, flood(&p).came);
    return 0;
}
