/* test_tun_port.c - agent/link/tun_port.c: a socket pair in place of the interface, and a real one
 * in a network namespace of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/esp/esp_split.h"
#include "agent/link/tun_port.h"
#include "tests/support/gso_kit.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/tun_dev.h"

enum { BATCH = 128 };

typedef struct Fix {
    TunPort *port;
    int inside, fd; /* the host's end; the port's */
    EspBuf bufs[BATCH];
} Fix;

static void
fix_init(Fix *f, unsigned offload)
{
    int fds[2], room = 4 << 20;

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    for (int i = 0; i < 2; i++)
        (void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    *f = (Fix){ .inside = fds[0], .fd = fds[1] };
    f->port = tun_port_new(f->fd, offload);
}

static void
fix_clear(Fix *f)
{
    tun_port_free(f->port);
    close(f->inside);
    close(f->fd);
}

static void
host_sends(const Fix *f, const EspGso *g, const uint8_t *packet, size_t len)
{
    g_autofree uint8_t *room = g_malloc(ESP_GSO_HEADER + len);

    if (g)
        esp_gso_encode(g, room);
    memcpy(room + ESP_GSO_HEADER, packet, len);
    assert_true(
        send(f->inside, room + (g ? 0 : ESP_GSO_HEADER), len + (g ? ESP_GSO_HEADER : 0), 0) > 0);
}

/* Returns the length of what the host gets next, header and all; 0: nothing more. */
static size_t
host_gets(const Fix *f, uint8_t *room)
{
    ssize_t len = recv(f->inside, room, 65536 + ESP_GSO_HEADER, 0);

    return len > 0 ? (size_t)len : 0;
}

static void
assert_roomy(const EspBuf *b)
{
    assert_true(b->off >= ESP_HEADROOM && b->cap - b->off - b->len >= ESP_TAILROOM);
    memset(b->base, 0, ESP_HEADROOM); /* the sanitizer looks */
    memset(b->base + b->off + b->len, 0, ESP_TAILROOM);
}

static void
test_without_offload_packets_are_as_they_are(void **state)
{
    uint8_t p[2048], got[65536 + ESP_GSO_HEADER];
    int error;
    Fix f;

    (void)state;
    fix_init(&f, 0);
    for (size_t i = 0; i < 10; i++)
        host_sends(&f, NULL, p, gso_kit(&(GsoKit){ .payload = i * 100 }, p));
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 10);
    assert_int_equal(error, 0);
    for (size_t i = 0; i < 10; i++) {
        size_t len = gso_kit(&(GsoKit){ .payload = i * 100 }, p);

        assert_int_equal(f.bufs[i].len, len);
        assert_memory_equal(f.bufs[i].base + f.bufs[i].off, p, len);
        assert_roomy(&f.bufs[i]);
    }
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 0);
    assert_int_equal(error, 0);
    for (size_t i = 0; i < 3; i++) {
        size_t len = gso_kit(&(GsoKit){ .payload = 100, .seq = (uint32_t)i * 100 }, p);

        tun_port_put(f.port, p, len);
        assert_int_equal(host_gets(&f, got), len);
        assert_memory_equal(got, p, len);
    }
    tun_port_flush(f.port);
    assert_int_equal(host_gets(&f, got), 0);
    fix_clear(&f);
}

/* More segments than a call takes, more octets than a buffer holds: nothing is lost or doubled. */
static void
test_large_packets_are_cut_over_as_many_calls_as_it_takes(void **state)
{
    static const size_t sizes[] = { 1400, 64, 8, 30000, 500 };
    g_autofree uint8_t *whole = g_malloc(65536);
    uint8_t small[64], want[32768];
    int error;
    Fix f;

    (void)state;
    fix_init(&f, TUN_OFFLOAD);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
        for (size_t max = 1; max <= BATCH; max = max * 3 + 4) {
            size_t len = gso_kit(&(GsoKit){ .payload = 65000, .seq = 9 }, whole), n = 0;
            EspGso g = gso_whole(whole, len, sizes[i]), none = { .type = ESP_GSO_NONE };
            size_t small_len = gso_kit(&(GsoKit){ .udp = true, .payload = 5 }, want);
            EspSplit s;

            memcpy(small, want, small_len);
            host_sends(&f, &none, small, small_len);
            host_sends(&f, &g, whole, len);
            host_sends(&f, &none, small, small_len);
            assert_int_equal(esp_split_init(&s, &g, (Slice){ whole, len }), ESP_GSO_OK);
            for (;;) {
                size_t got = tun_port_read(f.port, f.bufs, max, &error);

                assert_true(got <= max && error == 0);
                if (got == 0)
                    break;
                for (size_t k = 0; k < got; k++, n++) {
                    const EspBuf *b = &f.bufs[k];
                    size_t next = esp_split_next_len(&s);
                    bool is_small = n == 0 || !next;

                    if (!is_small)
                        esp_split_next(&s, want);
                    assert_int_equal(b->len, is_small ? small_len : next);
                    assert_memory_equal(b->base + b->off, is_small ? small : want, b->len);
                    assert_roomy(b);
                }
            }
            assert_false(tun_port_pending(f.port));
            assert_int_equal(n, 2 + (65000 + sizes[i] - 1) / sizes[i]);
        }
    fix_clear(&f);
}

static void
test_checksums_are_complete_when_a_packet_is_read(void **state)
{
    uint8_t p[256], q[256];
    size_t len = gso_kit(&(GsoKit){ .payload = 100, .v6 = true }, p);
    EspGso g;
    int error;
    Fix f;

    (void)state;
    memcpy(q, p, len);
    g = gso_whole(q, len, 0);
    g.type = ESP_GSO_NONE;
    fix_init(&f, TUN_OFFLOAD);
    host_sends(&f, &g, q, len);
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 1);
    assert_memory_equal(f.bufs[0].base + f.bufs[0].off, p, len);
    fix_clear(&f);
}

static void
test_a_refused_packet_is_counted_and_the_next_one_read(void **state)
{
    uint8_t p[4096];
    size_t len = gso_kit(&(GsoKit){ .payload = 3000 }, p);
    EspGso good = gso_whole(p, len, 1000), bad;
    int error;
    Fix f;

    (void)state;
    fix_init(&f, TUN_OFFLOAD);
    bad = good;
    bad.type = ESP_GSO_TCP6;
    host_sends(&f, &bad, p, len);
    bad = good;
    bad.csum_offset = 6;
    host_sends(&f, &bad, p, len);
    host_sends(&f, &good, p, len - 1);
    assert_true(send(f.inside, "123456789", 9, 0) == 9);
    host_sends(&f, &good, p, len);
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 3);
    assert_int_equal(tun_port_drops(f.port, ESP_GSO_BAD_HEADER), 2);
    assert_int_equal(tun_port_drops(f.port, ESP_GSO_BAD_CHECKSUM), 1);
    assert_int_equal(tun_port_drops(f.port, ESP_GSO_BAD_PACKET), 1);
    assert_int_equal(f.bufs[2].len, 1040);
    /* Nothing but refusals: others have their turn. */
    for (int i = 0; i < 100; i++)
        host_sends(&f, &bad, p, len);
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 0);
    assert_in_range(tun_port_drops(f.port, ESP_GSO_BAD_CHECKSUM), 2, 100);
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 0);
    assert_int_equal(tun_port_drops(f.port, ESP_GSO_BAD_CHECKSUM), 101);
    fix_clear(&f);
}

static void
test_segments_are_written_as_one_packet(void **state)
{
    static uint8_t rooms[200][2048];
    g_autofree uint8_t *got = g_malloc(65536 + ESP_GSO_HEADER);
    uint8_t cut[2048], want[2048];
    size_t seen = 0, pieces = 0, len;
    Fix f;

    (void)state;
    fix_init(&f, TUN_OFFLOAD | TUN_OFFLOAD_UDP);
    for (size_t i = 0; i < 200; i++) /* more than a batch */
        tun_port_put(
            f.port, rooms[i],
            gso_kit(&(GsoKit){ .payload = 1000, .seq = (uint32_t)i * 1000, .id = (uint16_t)i },
                    rooms[i]));
    tun_port_flush(f.port);
    while ((len = host_gets(&f, got)) > 0) {
        EspSplit s;
        EspGso g;

        assert_true(esp_gso_decode((Slice){ got, len }, &g));
        assert_int_equal(
            esp_split_init(&s, &g, (Slice){ got + ESP_GSO_HEADER, len - ESP_GSO_HEADER }),
            ESP_GSO_OK);
        for (; (len = esp_split_next_len(&s)) > 0; seen++) {
            esp_split_next(&s, cut);
            assert_int_equal(len, gso_kit(&(GsoKit){ .payload = 1000,
                                                     .seq = (uint32_t)seen * 1000,
                                                     .id = (uint16_t)seen },
                                          want));
            assert_memory_equal(cut, want, len);
        }
        pieces++;
    }
    assert_int_equal(seen, 200);
    assert_int_equal(pieces, 4); /* 64 KiB, and what a batch ends */
    assert_int_equal(tun_port_unwritten(f.port), 0);
    fix_clear(&f);
}

static void
test_an_inside_that_is_gone_is_told(void **state)
{
    uint8_t p[256];
    size_t len = gso_kit(&(GsoKit){ .payload = 9 }, p);
    int error;
    Fix f;

    (void)state;
    fix_init(&f, TUN_OFFLOAD);
    close(f.inside);
    tun_port_put(f.port, p, len);
    tun_port_flush(f.port);
    assert_int_equal(tun_port_unwritten(f.port), 1);
    close(f.fd);
    assert_int_equal(tun_port_read(f.port, f.bufs, BATCH, &error), 0);
    assert_int_equal(error, EBADF);
    f.inside = f.fd = open("/dev/null", O_RDONLY);
    tun_port_free(f.port);
    close(f.fd);
}

/* The kernel's own datagrams, many in a piece, come out as they would have one by one; and put in
 * again with their addresses exchanged they reach the socket. */
static void
test_the_kernel_hands_over_and_takes_large_packets(void **state)
{
    enum { N = 30, SIZE = 1000 };
    struct sockaddr_in here = { .sin_family = AF_INET }, there = { .sin_family = AF_INET };
    unsigned offload = TUN_OFFLOAD | TUN_OFFLOAD_UDP;
    uint8_t sent[N * SIZE], got[SIZE + 1];
    char name[IF_NAMESIZE];
    int tun = tun_dev_open("large0", &offload, name, NULL), fd, size = SIZE, error;
    struct pollfd ready = { .fd = tun, .events = POLLIN };
    size_t n = 0;
    Fix f = { .fd = tun };

    (void)state;
    assert_true(tun >= 0);
    assert_true(offload & TUN_OFFLOAD);
    netns_do("ip addr add 10.9.0.1/32 dev large0");
    netns_do("ip link set large0 up mtu 1280");
    netns_do("ip route add 10.9.0.2/32 dev large0");
    f.port = tun_port_new(tun, offload);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memcpy(&here.sin_addr, "\x0a\x09\x00\x01", 4);
    memcpy(&there.sin_addr, "\x0a\x09\x00\x02", 4);
    memcpy(&there.sin_port, "\x13\x88", 2);
    assert_int_equal(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof(there)), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 7 + i / SIZE);
    assert_int_equal(send(fd, sent, sizeof(sent), 0), sizeof(sent));
    while (n < N) {
        assert_int_equal(poll(&ready, 1, -1), 1);
        size_t more = tun_port_read(f.port, f.bufs, BATCH, &error);

        for (size_t i = 0; i < more; i++) {
            uint8_t *p = f.bufs[i].base + f.bufs[i].off, keep[4];

            if (gso_proto(p) != 17 || p[0] >> 4 != 4)
                continue; /* the interface is told that it is up */
            assert_true(gso_sums_right(p, f.bufs[i].len));
            assert_int_equal(f.bufs[i].len, 28 + SIZE);
            assert_memory_equal(p + 28, sent + n++ * SIZE, SIZE);
            memcpy(keep, p + 12, 4);
            memcpy(p + 12, p + 16, 4);
            memcpy(p + 16, keep, 4);
            memcpy(keep, p + 20, 2);
            memcpy(p + 20, p + 22, 2);
            memcpy(p + 22, keep, 2); /* the sums stay as they are */
            tun_port_put(f.port, p, f.bufs[i].len);
        }
        tun_port_flush(f.port);
    }
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(recv(fd, got, sizeof(got), 0), SIZE);
        assert_memory_equal(got, sent + i * SIZE, SIZE);
    }
    assert_int_equal(tun_port_unwritten(f.port), 0);
    tun_port_free(f.port);
    close(fd);
    close(tun);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_offload_packets_are_as_they_are),
        cmocka_unit_test(test_large_packets_are_cut_over_as_many_calls_as_it_takes),
        cmocka_unit_test(test_checksums_are_complete_when_a_packet_is_read),
        cmocka_unit_test(test_a_refused_packet_is_counted_and_the_next_one_read),
        cmocka_unit_test(test_segments_are_written_as_one_packet),
        cmocka_unit_test(test_an_inside_that_is_gone_is_told),
        cmocka_unit_test(test_the_kernel_hands_over_and_takes_large_packets),
    };

    signal(SIGPIPE, SIG_IGN);
    netns_enter();
    return cmocka_run_group_tests_name("tun_port", tests, NULL, NULL);
}
