/* pump_kit.h - two pumps over loopback, a socket pair in place of the inside, and every way of
 * moving packets that a pump knows. */
#pragma once

#include <sys/socket.h>

#include "agent/esp/esp_gso.h"
#include "agent/link/pump.h"
#include "agent/link/sock_addr.h"
#include "tests/support/esp_kit.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/tun_dev.h"

#define CLIENT4 "10.0.0.5"
#define SERVER4 "192.0.2.1"

/* What a run of all tests has. */
static bool kit_many;            /* datagrams go many in a piece */
static ThreadChoice kit_threads; /* of each pump */
static unsigned kit_tun;         /* TunOffload of the socket pair */

typedef struct End {
    UdpSock *natt;
    Pump *pump;
    int inside; /* the test's end of the socket pair */
    int tun_fd; /* the pump's end */
    char side;
    unsigned n_ike;
    size_t ike_len;
    IkePath ike_path;
    unsigned free_at; /* IKE datagram at which the pump is freed */
} End;

static inline void
on_ike(const IkeDatagram *d, void *user)
{
    End *e = user;

    e->n_ike++;
    e->ike_len = d->octets.len;
    e->ike_path = d->path;
    if (e->n_ike == e->free_at)
        g_clear_pointer(&e->pump, pump_free);
}

static inline Endpoint
endpoint(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

static inline void
end_init(End *e, char side, const char *local, const Endpoint *remote, int tun_fd)
{
    UdpSockSetup setup = { .natt = true, .local = endpoint(local) };
    g_autoptr(GError) error = NULL;
    int fds[2] = { -1, tun_fd }, room = 1 << 20;

    if (remote)
        setup.remote = *remote;
    if (tun_fd < 0)
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2;
         i++) /* bursts wait in it; what the system does not grant is not needed */
        if (tun_fd < 0)
            (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    *e = (End){ .side = side, .inside = fds[0], .tun_fd = fds[1] };
    e->natt = udp_sock_new(&setup, &error);
    assert_non_null(e->natt);
    PumpSetup pump = {
        .tun_fd = fds[1], .udp = kit_many, .threads = kit_threads, .on_ike = on_ike, .user = e
    };
    pump.tun = kit_tun;
    e->pump = pump_new(&pump, e->natt, &error);
    assert_non_null(e->pump);
}

static inline void
end_clear(End *e)
{
    pump_free(e->pump);
    udp_sock_free(e->natt);
    close(e->tun_fd);
    if (e->inside >= 0)
        close(e->inside);
}

/* Client 'A' connected to headend 'B', as the programs do it, with one SA pair of @suite. */
static inline void
pair_init(End *a, End *b, const KitSuite *suite)
{
    end_init(b, 'B', "127.0.0.1:0", NULL, -1);
    Endpoint to = udp_sock_local(b->natt), from;

    end_init(a, 'A', "127.0.0.1:0", &to, -1);
    from = udp_sock_local(a->natt);
    pump_add(a->pump, kit_sa(suite, 'A'), &to);
    pump_add(b->pump, kit_sa(suite, 'B'), &from);
}

static inline size_t
header_len(void)
{
    return kit_tun ? ESP_GSO_HEADER : 0;
}

/* @packet behind @g, where there are such headers. */
static inline void
put_behind(const End *e, const EspGso *g, const void *packet, size_t len)
{
    g_autofree uint8_t *room = g_malloc(ESP_GSO_HEADER + len);

    esp_gso_encode(g, room);
    memcpy(room + ESP_GSO_HEADER, packet, len);
    assert_int_equal(send(e->inside, room + ESP_GSO_HEADER - header_len(), header_len() + len, 0),
                     header_len() + len);
}

static inline void
put(const End *e, const void *packet, size_t len)
{
    put_behind(e, &(EspGso){ .type = ESP_GSO_NONE }, packet, len);
}

/* Returns the length of the next piece; @ret_gso: what stands in front of it. */
static inline size_t
get(const End *e, EspGso *ret_gso, uint8_t *room, size_t size)
{
    g_autofree uint8_t *got = g_malloc(ESP_GSO_HEADER + 65536);
    ssize_t len = recv(e->inside, got, ESP_GSO_HEADER + 65536, 0);

    assert_true(len >= (ssize_t)header_len() && (size_t)len <= size + header_len());
    *ret_gso = (EspGso){ .type = ESP_GSO_NONE };
    if (kit_tun)
        assert_true(esp_gso_decode((Slice){ got, (size_t)len }, ret_gso));
    memcpy(room, got + header_len(), (size_t)len - header_len());
    return (size_t)len - header_len();
}

static inline void
assert_get(const End *e, const void *packet, size_t len)
{
    g_autofree uint8_t *got = g_malloc(65536);
    EspGso g;

    assert_int_equal(get(e, &g, got, 65536), len);
    assert_memory_equal(got, packet, len);
    assert_int_equal(g.type, ESP_GSO_NONE);
}

/* One packet from @from that comes out at @to: whatever was sent before has been handled by then.
 */
static inline void
carry(const End *from, const End *to, size_t payload)
{
    uint8_t packet[KIT_ROOM];
    size_t len = from->side == 'A' ? kit_ip(packet, CLIENT4, SERVER4, 17, payload)
                                   : kit_ip(packet, SERVER4, CLIENT4, 17, payload);

    put(from, packet, len);
    assert_get(to, packet, len);
}

/* The data thread counts when it comes to it: wait for @n, then that must be all. */
static inline void
assert_drops(const End *e, uint32_t spi, EspStatus why, uint64_t n)
{
    EspStats stats;
    uint64_t got;

    do {
        assert_true(spi == 0 || pump_stats(e->pump, spi, &stats));
        got = spi ? stats.drops[why] : pump_drops(e->pump, why);
        g_thread_yield();
    } while (got < n);
    assert_int_equal(got, n);
}

static inline int
raw_to(const End *e)
{
    Endpoint to = udp_sock_local(e->natt);
    SockAddr addr = sock_addr_of(&to);
    int fd = socket(addr.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&addr.storage, addr.len), 0);
    return fd;
}

static inline void
say(int fd, const void *octets, size_t len)
{
    assert_int_equal(send(fd, octets, len, 0), len);
}

static inline void
assert_losses(const End *e, PumpLoss why, uint64_t n)
{
    while (pump_losses(e->pump, why) < n)
        g_thread_yield();
    assert_int_equal(pump_losses(e->pump, why), n);
}

static inline int
pump_kit_run_as(const char *name, bool many, unsigned tun, const struct CMUnitTest *tests, size_t n)
{
    int failed = 0;

    kit_many = many;
    kit_tun = tun;
    for (kit_threads = THREADS_ONE; kit_threads <= THREADS_TWO; kit_threads++) {
        g_autofree char *title =
            g_strdup_printf("pump, %s, threads: %s", name, thread_choice_names[kit_threads]);

        failed += _cmocka_run_group_tests(title, tests, n, NULL, NULL);
    }
    return failed;
}

/* pump_kit_run - @tests with single packets and datagrams, and with large pieces of either kind; by
 * one thread and by one for each way. Returns how many failed. */
static inline int
pump_kit_run(const struct CMUnitTest *tests, size_t n)
{
    unsigned large = TUN_OFFLOAD | TUN_OFFLOAD_UDP;

    netns_enter();
    netns_do("ip link set lo up");
    return pump_kit_run_as("one by one", false, 0, tests, n) +
           pump_kit_run_as("many datagrams in a piece", true, 0, tests, n) +
           pump_kit_run_as("large packets too", true, large, tests, n) +
           pump_kit_run_as("only large packets", false, large, tests, n);
}
