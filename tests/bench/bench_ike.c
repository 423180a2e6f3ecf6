/* bench_ike.c - what a gateway's answer to an IKE_SA_INIT costs in memory, on one core, without a
 * socket: a cookie, and the key exchange of a half-open IKE SA.
 * bench_ike */
#include <stdio.h>
#include <time.h>

#include "agent/ike/ike_listen.h"
#include "agent/link/ike_driver.h"

enum { CLIENTS = 1000, COOKIE_ROUNDS = 20 };

static IkeConfig config;
static const IkePath from = {
    .local = { { .family = ADDR_V4, .b = { 10, 0, 0, 1 } }, 500 },
    .remote = { { .family = ADDR_V4, .b = { 192, 168, 1, 1 } }, 500 },
};

static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static GBytes *
make_request(void)
{
    g_autoptr(IkeSa) sa = ike_sa_new(IKE_INITIATOR, &config, ike_driver_env());
    const IkePath there = { .local = from.remote, .remote = from.local };
    IkeDatagram d;

    ike_sa_start(sa, &there, &there, 1);
    if (!ike_sa_pull_datagram(sa, &d))
        g_error("no request");
    return g_bytes_new(d.octets.p, d.octets.len);
}

/* Returns octets sent. */
static size_t
answer(IkeListen *l, GBytes *request)
{
    IkeDatagram d;
    bool made;
    Slice in;
    IkeSa *sa;
    size_t sent = 0;

    in.p = g_bytes_get_data(request, &in.len);
    sa = ike_listen_recv(l, &from, in, 1, &made);
    while (sa ? ike_sa_pull_datagram(sa, &d) : ike_listen_pull(l, &d))
        sent += d.octets.len;
    return sent;
}

/* Microseconds of an answer. */
static double
run(GBytes *const requests[static CLIENTS], const IkeLimits *limits, unsigned rounds)
{
    g_autoptr(IkeListen) l = ike_listen_new(&config, ike_driver_env(), limits);
    double begun = cpu_seconds();

    for (unsigned r = 0; r < rounds; r++)
        for (size_t i = 0; i < CLIENTS; i++)
            if (answer(l, requests[i]) == 0)
                g_error("no answer");
    return (cpu_seconds() - begun) / (rounds * CLIENTS) * 1e6;
}

int
main(void)
{
    const IkeLimits wary = { .half_open = CLIENTS, .half_open_address = CLIENTS, .all = CLIENTS };
    IkeLimits trusting = wary;
    GBytes *requests[CLIENTS];

    trusting.cookie_from = IKE_COOKIE_NEVER;
    config = (IkeConfig){ .plan = { .ours = IKE_WAY_PSK,
                                    .theirs = IKE_WAY_PSK,
                                    .id = { IKE_ID_FQDN, slice_of("gw.bench") },
                                    .psk_ours = slice_of("key"),
                                    .psk_theirs = slice_of("key") } };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &config.esp);
    for (size_t i = 0; i < CLIENTS; i++)
        requests[i] = make_request();
    printf("in memory, processor time of an answer, us: with a cookie %.2f, with a key exchange "
           "%.1f\n",
           run(requests, &wary, COOKIE_ROUNDS), run(requests, &trusting, 1));
    for (size_t i = 0; i < CLIENTS; i++)
        g_bytes_unref(requests[i]);
    return 0;
}
