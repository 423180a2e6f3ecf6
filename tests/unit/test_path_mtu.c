/* test_path_mtu.c - agent/link/path_mtu.c, and what a pump makes of it, in a network namespace of
 * its own: the loopback is the narrow path. */

#include <sys/socket.h>

#include "agent/esp/esp_toobig.h"
#include "agent/link/path_mtu.h"
#include "agent/link/pump.h"
#include "tests/support/esp_kit.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"

#define CLIENT4 "10.0.0.5"
#define CLIENT6 "2001:db8::5"
#define SERVER4 "192.0.2.1"
#define SERVER6 "2001:db8:1::1"

static const Usec start = 1000 * USEC_PER_SEC;

static PathMtuNews
news_of(const char *to, uint32_t octets, bool quoted)
{
    PathMtuNews news = { .octets = octets, .quoted = quoted };
    Endpoint e;

    assert_true(endpoint_parse(to, &e));
    news.to = sock_addr_of(&e);
    return news;
}

static void
test_what_is_said_is_believed_as_far_as_it_may_be(void **state)
{
    static const struct {
        const char *to;
        bool quoted, kernel;
        uint32_t said, believed;
    } rows[] = {
        { "192.0.2.1:4500", true, false, 1300, 1300 },
        { "192.0.2.1:4500", true, false, 576, 576 },
        { "192.0.2.1:4500", true, false, 68, 576 }, /* who lowers it further wants to do harm */
        { "192.0.2.1:4500", false, false, 1400, 1400 },
        { "192.0.2.1:4500", false, false, 600, 1280 }, /* anybody could have sent that */
        { "192.0.2.1:4500", false, true, 600, 600 },
        { "[2001:db8::1]:4500", true, false, 1300, 1300 },
        { "[2001:db8::1]:4500", true, false, 600, 1280 },
        { "[2001:db8::1]:4500", false, true, 600, 1280 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        PathMtuNews news = news_of(rows[i].to, rows[i].said, rows[i].quoted);
        PathMtu path = { 0 };

        news.kernel = rows[i].kernel;
        assert_true(path_mtu_learn(&path, &news, start));
        assert_int_equal(path.octets, rows[i].believed);
    }
}

static void
test_a_path_becomes_wider_only_with_time(void **state)
{
    PathMtuNews narrow = news_of("192.0.2.1:4500", 1000, true);
    PathMtuNews wide = news_of("192.0.2.1:4500", 1400, true);
    PathMtu path = { 0 };

    (void)state;
    assert_true(path_mtu_learn(&path, &narrow, start));
    assert_false(path_mtu_learn(&path, &wide, start));
    assert_false(path_mtu_learn(&path, &narrow, start));
    assert_int_equal(path.octets, 1000);
    assert_true(path.until == start + 600 * USEC_PER_SEC);
    assert_true(path_mtu_learn(&path, &wide, path.until));
    assert_int_equal(path.octets, 1400);
}

static void
test_the_largest_inner_packet_fits_and_one_more_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        for (uint32_t octets = 576; octets < 1500; octets += 37) {
            g_autoptr(EspSa) sa = kit_sa(&kit_suites[i], 'A');
            PathMtu path = { .octets = octets };
            uint32_t most = path_mtu_inner(&path, sa, AF_INET);

            assert_true(path_mtu_passes(&path, most + esp_sa_overhead(sa, most), AF_INET));
            assert_false(path_mtu_passes(&path, most + 1 + esp_sa_overhead(sa, most + 1), AF_INET));
            assert_true(path_mtu_inner(&path, sa, AF_INET6) < most);
        }
    assert_true(path_mtu_passes(&(PathMtu){ 0 }, 65000, AF_INET));
}

static void
test_tcp_is_told_of_a_path_as_long_as_that_is_known(void **state)
{
    PathMtu path = { .octets = 1300, .until = start };
    PathMtuSegment segment = { 0 };

    (void)state;
    assert_int_equal(path_mtu_segment(&segment, 1380, 1), 1380);
    assert_int_equal(path_mtu_segment(&segment, 0, 1), 0);
    path_mtu_set_segment(&segment, &path, 1238);
    assert_int_equal(path_mtu_segment(&segment, 1380, start - 1), 1198);
    assert_int_equal(path_mtu_segment(&segment, 0, start - 1), 1198);
    assert_int_equal(path_mtu_segment(&segment, 900, start - 1), 900);
    assert_int_equal(path_mtu_segment(&segment, 1380, start), 1380); /* it may have become wider */
    path_mtu_set_segment(&segment, &path, 0);
    assert_int_equal(path_mtu_segment(&segment, 1380, start - 1), 1380);
}

static void
test_not_everybody_is_told_at_once(void **state)
{
    PathMtuTold told = { 0 };
    unsigned n = 0;

    (void)state;
    for (int i = 0; i < 1000; i++)
        n += path_mtu_may_tell(&told, start);
    assert_int_equal(n, 20);
    assert_false(path_mtu_may_tell(&told, start + USEC_PER_SEC - 1));
    assert_true(path_mtu_may_tell(&told, start + USEC_PER_SEC));
}

/* ---- the pump ---- */

typedef struct End {
    UdpSock *natt;
    Pump *pump;
    int inside, tun_fd;
} End;

static void
on_ike(const IkeDatagram *d, void *user)
{
    (void)d;
    ++*(unsigned *)user;
}

static unsigned n_ike;
static ThreadChoice threads; /* of each pump */

static void
end_init(End *e, const char *local, bool probe)
{
    UdpSockSetup setup = { .natt = true, .probe = probe };
    g_autoptr(GError) error = NULL;
    int fds[2];

    assert_true(endpoint_parse(local, &setup.local));
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    *e = (End){ .inside = fds[0], .tun_fd = fds[1] };
    e->natt = udp_sock_new(&setup, &error);
    if (!e->natt)
        fail_msg("%s", error->message);
    e->pump = pump_new(&(PumpSetup){ .tun_fd = e->tun_fd,
                                     .udp = true,
                                     .threads = threads,
                                     .on_ike = on_ike,
                                     .user = &n_ike },
                       e->natt, &error);
    assert_non_null(e->pump);
}

static void
end_clear(End *e)
{
    pump_free(e->pump);
    udp_sock_free(e->natt);
    close(e->tun_fd);
    close(e->inside);
}

/* Headend 'B', which finds paths out, and a client 'A'. */
static void
pair_init(End *a, End *b, const char *local)
{
    Endpoint to, from;

    end_init(b, local, true);
    end_init(a, local, false);
    to = udp_sock_local(b->natt);
    from = udp_sock_local(a->natt);
    pump_add(a->pump, kit_sa(&kit_suites[0], 'A'), &to);
    pump_add(b->pump, kit_sa(&kit_suites[0], 'B'), &from);
}

static void
put(const End *e, const uint8_t *packet, size_t len)
{
    assert_int_equal(send(e->inside, packet, len, 0), len);
}

static size_t
get(const End *e, uint8_t *packet)
{
    ssize_t len = recv(e->inside, packet, KIT_ROOM, 0);

    assert_true(len > 0);
    return (size_t)len;
}

static void
lo_mtu(unsigned mtu)
{
    g_autofree char *line = g_strdup_printf("ip link set lo mtu %u", mtu);

    netns_do(line);
}

/* Into @e until something comes out inside again: the first that does not fit is lost, as nobody
 * knows of the path before. */
static size_t
provoke(const End *e, const uint8_t *packet, size_t len, uint8_t *ret)
{
    ssize_t got;

    do
        put(e, packet, len);
    while ((got = recv(e->inside, ret, KIT_ROOM, MSG_DONTWAIT)) < 0 && (g_usleep(1000), true));
    return (size_t)got;
}

static void
test_the_inside_is_told_what_the_path_takes(void **state)
{
    uint8_t packet[KIT_ROOM], told[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 1380), most;
    EspStats stats;
    End a, b;

    (void)state;
    lo_mtu(1300);
    pair_init(&a, &b, "127.0.0.1:0");
    packet[6] = 0x40;
    assert_int_equal(provoke(&b, packet, len, told), 576);
    assert_memory_equal(told + 20, "\3\4", 2);
    most = (size_t)(told[26] << 8 | told[27]);
    assert_in_range(most, 1230, 1240); /* 1300 without IP, UDP, ESP, IV, padding and ICV */
    assert_memory_equal(told + 12, "\x0a\0\0\5\xc0\0\2\1", 8);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_true(stats.drops[ESP_TOO_BIG] > 0);
    len = kit_ip(packet, SERVER4, CLIENT4, 17, most - 20);
    packet[6] = 0x40;
    put(&b, packet, len); /* what it names passes */
    assert_int_equal(get(&a, told), most);
    end_clear(&a);
    end_clear(&b);
    lo_mtu(65536);
}

static void
test_what_may_be_cut_arrives_in_pieces(void **state)
{
    uint8_t packet[KIT_ROOM], piece[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 1380), first, rest;
    End a, b;

    (void)state;
    lo_mtu(1300);
    pair_init(&a, &b, "127.0.0.1:0");
    packet[6] = 0x40;
    (void)provoke(&b, packet, len, piece);
    packet[6] = 0;
    put(&b, packet, len);
    first = get(&a, piece);
    assert_memory_equal(piece + 20, packet + 20, first - 20);
    assert_true(piece[6] & 0x20);
    rest = get(&a, piece);
    assert_memory_equal(piece + 20, packet + first, rest - 20);
    assert_int_equal(first + rest, len + 20);
    end_clear(&a);
    end_clear(&b);
    lo_mtu(65536);
}

/* RFC 2473 §7.1: IPv6 always gets 1280 octets through, in outer fragments if it must. */
static void
test_ipv6_gets_its_1280_octets_over_any_path(void **state)
{
    uint8_t packet[KIT_ROOM], got[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER6, CLIENT6, 17, 1360);
    End a, b;

    (void)state;
    lo_mtu(1300);
    pair_init(&a, &b, "127.0.0.1:0");
    assert_int_equal(provoke(&b, packet, len, got), 1280);
    assert_memory_equal(got + 40, "\2\0", 2);
    assert_memory_equal(got + 44, "\0\0\5\0", 4);
    len = kit_ip(packet, SERVER6, CLIENT6, 17, 1240);
    put(&b, packet, len);
    assert_int_equal(get(&a, got), 1280);
    assert_memory_equal(got, packet, len);
    end_clear(&a);
    end_clear(&b);
    lo_mtu(65536);
}

static void
test_a_peer_that_has_moved_has_another_path(void **state)
{
    uint8_t packet[KIT_ROOM], got[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 1380);
    Endpoint at;
    End a, b;

    (void)state;
    lo_mtu(1300);
    pair_init(&a, &b, "127.0.0.1:0");
    at = udp_sock_local(a.natt);
    packet[6] = 0x40;
    (void)provoke(&b, packet, len, got);
    lo_mtu(65536);
    pump_move(b.pump, KIT_SPI_B, &at);
    put(&b, packet, len);
    assert_int_equal(get(&a, got), len);
    end_clear(&a);
    end_clear(&b);
}

/* A SYN that asks for segments of @mss octets. */
static size_t
make_syn(uint8_t *packet, const char *src, const char *dst, uint16_t mss)
{
    size_t len = kit_ip(packet, src, dst, 6, 24), tcp = len - 24;

    packet[tcp + 12] = 24 / 4 << 4;
    packet[tcp + 13] = 2;
    memcpy(packet + tcp + 20, (uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 4);
    return len;
}

static unsigned
syn_from(const End *a, const End *b, const char *src, const char *dst)
{
    uint8_t packet[KIT_ROOM];
    size_t len = make_syn(packet, src, dst, 1460);

    put(a, packet, len);
    while (get(b, packet) != len) /* what the inside was told comes first */
        ;
    return (unsigned)(packet[len - 2] << 8 | packet[len - 1]);
}

/* Of a peer behind a narrow path no more is asked than passes; what he may send is his to know. */
static void
test_tcp_learns_of_a_narrow_path_from_the_first_packet(void **state)
{
    uint8_t packet[KIT_ROOM], told[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 1380);
    unsigned most;
    Endpoint at;
    End a, b;

    (void)state;
    lo_mtu(1300);
    pair_init(&a, &b, "127.0.0.1:0");
    at = udp_sock_local(a.natt);
    assert_int_equal(syn_from(&a, &b, CLIENT4, SERVER4), 1460);
    packet[6] = 0x40;
    (void)provoke(&b, packet, len, told);
    most = (unsigned)(told[26] << 8 | told[27]) - 40;
    assert_in_range(most, 1190, 1200);
    assert_int_equal(syn_from(&a, &b, CLIENT4, SERVER4), most);
    assert_int_equal(syn_from(&a, &b, CLIENT6, SERVER6), most - 20);
    assert_int_equal(syn_from(&b, &a, SERVER4, CLIENT4), 1460);
    pump_set_mss(b.pump, 1000);
    assert_int_equal(syn_from(&a, &b, CLIENT4, SERVER4), 1000);
    pump_set_mss(b.pump, 1380);
    assert_int_equal(syn_from(&a, &b, CLIENT4, SERVER4), most);
    pump_move(b.pump, KIT_SPI_B, &at); /* another path */
    assert_int_equal(syn_from(&a, &b, CLIENT4, SERVER4), 1380);
    end_clear(&a);
    end_clear(&b);
    lo_mtu(65536);
}

/* One message of IKE may be larger than the path (RFC 7296 §2), and the second socket of the
 * address takes nothing away from the first. */
static void
test_ike_larger_than_the_path_arrives(void **state)
{
    g_autofree uint8_t *big = g_malloc0(3000);
    IkeDatagram d = { .octets = { big, 3000 } };
    End a, b;

    (void)state;
    lo_mtu(1300);
    big[0] = 1;
    for (size_t i = 0; i < 2; i++) {
        pair_init(&a, &b, "127.0.0.1:0");
        n_ike = 0;
        d.path.remote = udp_sock_local(i ? b.natt : a.natt);
        udp_sock_send(i ? a.natt : b.natt, &d);
        while (n_ike == 0)
            g_main_context_iteration(NULL, TRUE);
        end_clear(&a);
        end_clear(&b);
    }
    lo_mtu(65536);
}

/* Nobody else may listen there. */
static void
test_the_address_is_not_shared(void **state)
{
    Endpoint at;
    SockAddr addr;
    int one = 1, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    End e;

    (void)state;
    end_init(&e, "127.0.0.1:0", true);
    at = udp_sock_local(e.natt);
    addr = sock_addr_of(&at);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.len), -1);
    close(fd);
    end_clear(&e);
}

static void
test_ipv6_outside_is_learned_of_as_well(void **state)
{
    uint8_t packet[KIT_ROOM], told[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 1380);
    End a, b;

    (void)state;
    lo_mtu(1320);
    pair_init(&a, &b, "[::1]:0");
    packet[6] = 0x40;
    assert_int_equal(provoke(&b, packet, len, told), 576);
    assert_in_range((unsigned)(told[26] << 8 | told[27]), 1225, 1245);
    end_clear(&a);
    end_clear(&b);
    lo_mtu(65536);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said_is_believed_as_far_as_it_may_be),
        cmocka_unit_test(test_a_path_becomes_wider_only_with_time),
        cmocka_unit_test(test_the_largest_inner_packet_fits_and_one_more_does_not),
        cmocka_unit_test(test_tcp_is_told_of_a_path_as_long_as_that_is_known),
        cmocka_unit_test(test_not_everybody_is_told_at_once),
    };
    const struct CMUnitTest pump_tests[] = {
        cmocka_unit_test(test_the_inside_is_told_what_the_path_takes),
        cmocka_unit_test(test_what_may_be_cut_arrives_in_pieces),
        cmocka_unit_test(test_ipv6_gets_its_1280_octets_over_any_path),
        cmocka_unit_test(test_a_peer_that_has_moved_has_another_path),
        cmocka_unit_test(test_tcp_learns_of_a_narrow_path_from_the_first_packet),
        cmocka_unit_test(test_ike_larger_than_the_path_arrives),
        cmocka_unit_test(test_the_address_is_not_shared),
        cmocka_unit_test(test_ipv6_outside_is_learned_of_as_well),
    };
    int failed;

    netns_enter();
    netns_do("ip link set lo up");
    netns_await("ip -6 addr show dev lo", "::1");
    failed = cmocka_run_group_tests_name("path_mtu", tests, NULL, NULL);
    for (threads = THREADS_ONE; threads <= THREADS_TWO; threads++) {
        g_autofree char *title =
            g_strdup_printf("path_mtu, threads: %s", thread_choice_names[threads]);

        failed += _cmocka_run_group_tests(title, pump_tests, G_N_ELEMENTS(pump_tests), NULL, NULL);
    }
    return failed;
}
