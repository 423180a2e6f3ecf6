/* test_pump.c - agent/link/pump.c, in a network namespace of its own: two pumps over loopback, a
 * socket pair or a TUN interface in place of the inside. Every test runs with single packets and
 * datagrams, and with large pieces (test_pump_pieces.c is about these, test_pump_threads.c about
 * data without end). */

#include <netinet/in.h>
#include <poll.h>

#include "agent/base/checksum.h"
#include "tests/support/pump_kit.h"

static void
test_two_pumps_carry_packets_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        EspStats stats;
        End a, b;

        pair_init(&a, &b, &kit_suites[i]);
        for (size_t n = 0; n < 50; n++) {
            carry(&a, &b, n);
            carry(&b, &a, 1400 - n);
        }
        assert_true(pump_stats(a.pump, KIT_SPI_A, &stats));
        assert_int_equal(stats.packets_out, 50);
        assert_int_equal(stats.packets_in, 50);
        assert_true(stats.last_in > 0 && stats.last_out > 0);
        assert_false(pump_stats(a.pump, KIT_SPI_B, &stats));
        end_clear(&a);
        end_clear(&b);
    }
}

static void
test_junk_from_the_inside_does_not_disturb(void **state)
{
    g_autofree uint8_t *huge = g_malloc0(65535);
    uint8_t packet[KIT_ROOM];
    EspStats stats;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    put(&a, "\x45", 1);
    put(&a, "hello", 5);
    memset(huge, 0x55, 65535);
    put(&a, huge, 65535);
    put(&a, packet, kit_ip(packet, CLIENT4, SERVER4, 17, 100) - 1);
    put(&a, packet, kit_ip(packet, "10.0.0.6", SERVER4, 17, 100)); /* somebody else's address */
    put(&a, packet, kit_ip(packet, "fe80::1", "ff02::2", 58, 8));
    carry(&a, &b, 1);
    assert_drops(&a, 0, ESP_MALFORMED, 4);
    assert_drops(&a, KIT_SPI_A, ESP_SELECTOR, 2);
    assert_true(pump_stats(a.pump, KIT_SPI_A, &stats));
    assert_int_equal(stats.packets_out, 1);
    end_clear(&a);
    end_clear(&b);
}

/* The largest inner packet there is does not fit into UDP any more: lost, and life goes on. */
static void
test_a_packet_too_large_for_udp_is_only_lost(void **state)
{
    g_autofree uint8_t *huge = g_malloc0(65535);
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[5]);
    (void)kit_ip(huge, CLIENT4, SERVER4, 17, 0);
    huge[2] = huge[3] = 0xff;
    for (size_t i = 0; i < 30; i++) { /* also when others stand behind it in a batch */
        uint8_t small[KIT_ROOM];
        size_t len = kit_ip(small, CLIENT4, SERVER4, 17, i);

        put(&a, huge, 65535);
        put(&a, small, len);
        put(&a, small, len);
    }
    for (size_t i = 0; i < 60; i++) {
        uint8_t small[KIT_ROOM];

        assert_get(&b, small, kit_ip(small, CLIENT4, SERVER4, 17, i / 2));
    }
    assert_losses(&a, PUMP_UNSENT, 30);
    huge[2] = 0xfe; /* 65279 octets still do */
    put(&a, huge, 65279);
    assert_get(&b, huge, 65279);
    end_clear(&a);
    end_clear(&b);
}

static void
test_junk_from_the_net_does_not_disturb(void **state)
{
    uint8_t esp[64] = { 0, 2, 0, 0x2b, 0, 0, 0, 1 }; /* KIT_SPI_B, forged */
    EspStats stats;
    End a, b;
    int fd;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    fd = raw_to(&b);
    say(fd, "", 0);
    say(fd, "\xff", 1);
    say(fd, "\0\0\0", 3);
    say(fd, "\0\0\0\0", 4);
    say(fd, "\1\2\3\4 nobody's", 13);
    say(fd, esp, 9);
    say(fd, esp, sizeof(esp));
    carry(&a, &b, 1);
    assert_drops(&b, 0, ESP_NO_SA, 1);
    assert_drops(&b, KIT_SPI_B, ESP_MALFORMED, 1);
    assert_drops(&b, KIT_SPI_B, ESP_FORGED, 1);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_int_equal(stats.packets_in, 1);
    assert_false(g_main_context_iteration(NULL, FALSE)); /* nothing of it was IKE */
    assert_int_equal(b.n_ike, 0);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

static void
test_ike_is_handed_to_the_main_loop_with_its_path(void **state)
{
    End a, b;
    Endpoint at_a, at_b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    at_a = udp_sock_local(a.natt);
    at_b = udp_sock_local(b.natt);
    udp_sock_send(a.natt, &(IkeDatagram){ .octets = slice_of("IKE!!") });
    while (b.n_ike == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(b.ike_len, 5);
    assert_true(b.ike_path.natt);
    assert_true(endpoint_equal(&b.ike_path.remote, &at_a));
    assert_true(endpoint_equal(&b.ike_path.local, &at_b));
    udp_sock_send(b.natt, &(IkeDatagram){ .path = b.ike_path, .octets = slice_of("answer") });
    while (a.n_ike == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(a.ike_len, 6);
    assert_true(endpoint_equal(&a.ike_path.remote, &at_b));
    end_clear(&a);
    end_clear(&b);
}

/* The main loop is busy elsewhere: IKE beyond the bound is lost, ESP goes through. */
static void
test_a_flood_of_ike_is_bounded_and_esp_passes_it(void **state)
{
    uint8_t ike[1000] = { 0 };
    End a, b;
    int fd;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    fd = raw_to(&b);
    ike[10] = 1;
    for (int i = 0; i < 2000; i++) {
        say(fd, ike, sizeof(ike));
        if (i % 100 == 0)
            carry(&a, &b, 8);
    }
    carry(&a, &b, 8);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_in_range(b.n_ike, 1, 500);
    assert_int_equal(b.ike_len, sizeof(ike) - 4);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

static void
test_the_pump_may_be_freed_by_what_it_delivers(void **state)
{
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    b.free_at = 2;
    for (int i = 0; i < 5; i++)
        udp_sock_send(a.natt, &(IkeDatagram){ .octets = slice_of("IKE!!") });
    while (b.pump)
        g_main_context_iteration(NULL, TRUE);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(b.n_ike, 2);
    end_clear(&a);
    end_clear(&b);
}

static void
test_an_sa_that_is_removed_carries_nothing(void **state)
{
    uint8_t packet[KIT_ROOM];
    size_t len = kit_ip(packet, CLIENT4, SERVER4, 17, 8);
    Endpoint to;
    EspStats stats;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    to = udp_sock_local(b.natt);
    carry(&a, &b, 1);
    pump_remove(a.pump, 0x12345); /* unknown is fine */
    pump_remove(a.pump, KIT_SPI_A);
    assert_false(pump_stats(a.pump, KIT_SPI_A, &stats));
    put(&a, packet, len);
    /* A new one of the same SPI, and another in its place at once: the latest is in charge. Its
     * numbers start again, so the mirror is new too. */
    pump_add(a.pump, kit_sa(&kit_suites[1], 'A'), &to);
    pump_add(a.pump, kit_sa(&kit_suites[0], 'A'), &to);
    to = udp_sock_local(a.natt);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &to);
    carry(&b, &a, 20);
    assert_true(pump_stats(a.pump, KIT_SPI_A, &stats));
    assert_int_equal(stats.packets_in, 1);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_int_equal(stats.packets_out, 1);
    end_clear(&a);
    end_clear(&b);
}

/* A NAT has given the client another port (RFC 7296 §2.23). */
/* The packet for which an SA is wanted is not lost with the waiting. */
static void
test_a_packet_that_no_sa_takes_waits_for_one(void **state)
{
    g_autoptr(Hold) hold = hold_new(8, NULL);
    uint8_t packet[KIT_ROOM], v6[40] = { 0x60 };
    struct pollfd called = { .fd = hold_fd(hold), .events = POLLIN };
    size_t len = kit_ip(packet, CLIENT4, SERVER4, 17, 100);
    Endpoint to, from;
    End a, b;

    (void)state;
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    to = udp_sock_local(b.natt);
    end_init(&a, 'A', "127.0.0.1:0", &to, -1);
    from = udp_sock_local(a.natt);
    pump_hold(a.pump, hold);
    put(&a, v6, sizeof(v6)); /* of no use here: it wakes nobody, and is not kept */
    assert_drops(&a, 0, ESP_NO_SA, 1);
    assert_int_equal(poll(&called, 1, 0), 0);
    put(&a, packet, len);
    assert_int_equal(poll(&called, 1, 10000), 1);
    hold_heard(hold);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    pump_add(a.pump, kit_sa(&kit_suites[0], 'A'), &to);
    assert_get(&b, packet, len);
    carry(&a, &b, 10);

    /* ESP that belongs to no SA says that its sender believes in one */
    pump_remove(a.pump, KIT_SPI_A);
    put(&b, packet, kit_ip(packet, SERVER4, CLIENT4, 17, 100));
    assert_int_equal(poll(&called, 1, 10000), 1);
    end_clear(&a);
    end_clear(&b);
}

/* @n packets of a client from one socket, then an IKE message: when it has come out, they have come
 * in. */
static void
say_packets(int fd, EspSa *client, unsigned n, End *to)
{
    static const uint8_t ike[] = { 0, 0, 0, 0, 'I', 'K', 'E' };
    unsigned before = to->n_ike;
    uint8_t packet[KIT_ROOM];
    size_t len = kit_ip(packet, CLIENT4, SERVER4, 17, 100);
    KitBuf room;

    for (unsigned i = 0; i < n; i++) {
        EspBuf *buf = kit_buf(&room, packet, len);

        assert_int_equal(esp_sa_seal(client, buf, 0), ESP_OK);
        say(fd, buf->base + buf->off, buf->len);
    }
    say(fd, ike, sizeof(ike));
    while (to->n_ike == before)
        g_main_context_iteration(NULL, TRUE);
}

/* The peer has its half of a new SA first. */
static void
test_what_comes_for_an_sa_that_is_expected_waits_for_it(void **state)
{
    enum { N = 100 }; /* more than a batch */
    g_autoptr(EspSa) client = kit_sa(&kit_suites[0], 'A');
    Endpoint from = endpoint("127.0.0.1:9");
    uint8_t packet[KIT_ROOM];
    size_t len = kit_ip(packet, CLIENT4, SERVER4, 17, 100);
    EspStats stats;
    End b;
    int fd;

    (void)state;
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    fd = raw_to(&b);
    pump_expect(b.pump, KIT_SPI_B);
    say_packets(fd, client, N, &b);
    assert_int_equal(pump_drops(b.pump, ESP_NO_SA), 0);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    for (int i = 0; i < N; i++)
        assert_get(&b, packet, len);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_int_equal(stats.packets_in, N);
    say_packets(fd, client, 1, &b); /* and goes on */
    assert_get(&b, packet, len);
    close(fd);
    end_clear(&b);
}

static void
test_what_was_expected_in_vain_is_lost(void **state)
{
    g_autoptr(EspSa) client = kit_sa(&kit_suites[0], 'A');
    Endpoint from = endpoint("127.0.0.1:9");
    EspStats stats;
    End b;
    int fd;

    (void)state;
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    fd = raw_to(&b);
    pump_expect(b.pump, KIT_SPI_B);
    say_packets(fd, client, 3, &b);
    pump_expect(b.pump, 0);
    say_packets(fd, client, 2, &b);
    assert_drops(&b, 0, ESP_NO_SA, 2);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_int_equal(stats.packets_in, 0);
    close(fd);
    end_clear(&b);
}

static void
test_packets_follow_a_peer_that_has_moved(void **state)
{
    UdpSockSetup elsewhere = { .natt = true, .local = endpoint("127.0.0.1:0") };
    UdpSock *moved = udp_sock_new(&elsewhere, NULL);
    Endpoint to = udp_sock_local(moved);
    uint8_t packet[KIT_ROOM];
    struct pollfd ready = { .fd = udp_sock_fd(moved), .events = POLLIN };
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    carry(&b, &a, 8);
    pump_move(b.pump, 0x12345, &to); /* unknown is fine */
    pump_move(b.pump, KIT_SPI_B, &to);
    put(&b, packet, kit_ip(packet, SERVER4, CLIENT4, 17, 8));
    assert_int_equal(poll(&ready, 1, -1), 1);
    assert_true(recv(ready.fd, packet, sizeof(packet), 0) > 28);
    carry(&a, &b, 8); /* what it sends is heard from anywhere: its ICV counts */
    udp_sock_free(moved);
    end_clear(&a);
    end_clear(&b);
}

/* Only what is authentic and newer than all before says where a peer is now. */
static void
test_the_newest_packet_says_where_a_peer_is(void **state)
{
    UdpSockSetup elsewhere = { .natt = true, .local = endpoint("127.0.0.1:0") };
    UdpSock *moved = udp_sock_new(&elsewhere, NULL);
    Endpoint to, came, new_place = udp_sock_local(moved);
    g_autoptr(EspSa) twin = kit_sa(&kit_suites[0], 'A');
    uint8_t room[2][KIT_ROOM] = { 0 }, packet[KIT_ROOM];
    EspBuf sealed[2];
    SockAddr name;
    EspGso g;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    to = udp_sock_local(b.natt);
    name = sock_addr_of(&to);
    for (size_t i = 0; i < 2; i++) {
        sealed[i] = (EspBuf){ .base = room[i], .cap = KIT_ROOM, .off = ESP_HEADROOM };
        sealed[i].len = (uint32_t)kit_ip(room[i] + ESP_HEADROOM, CLIENT4, SERVER4, 17, 8);
        assert_int_equal(esp_sa_seal(twin, &sealed[i], 1), ESP_OK);
    }
    assert_false(pump_strayed(b.pump, KIT_SPI_B, &came));
    assert_false(pump_strayed(b.pump, 0x12345, &came));
    /* the second packet, its ICV spoiled */
    room[1][sealed[1].off + 20] ^= 1;
    assert_true(sendto(udp_sock_fd(moved), room[1] + sealed[1].off, sealed[1].len, 0,
                       (struct sockaddr *)&name.storage, name.len) > 0);
    room[1][sealed[1].off + 20] ^= 1;
    carry(&a, &b, 8); /* the first sequence number, from the old place */
    assert_false(pump_strayed(b.pump, KIT_SPI_B, &came));
    /* as it is */
    assert_true(sendto(udp_sock_fd(moved), room[1] + sealed[1].off, sealed[1].len, 0,
                       (struct sockaddr *)&name.storage, name.len) > 0);
    assert_int_equal(get(&b, &g, packet, sizeof(packet)), 28);
    while (!pump_strayed(b.pump, KIT_SPI_B, &came))
        ;
    assert_true(endpoint_equal(&came, &new_place));
    pump_move(b.pump, KIT_SPI_B, &came);
    assert_false(pump_strayed(b.pump, KIT_SPI_B, &came));
    /* the first one again, and the second one, from the old place */
    for (size_t i = 0; i < 2; i++)
        assert_true(send(udp_sock_fd(a.natt), room[i] + sealed[i].off, sealed[i].len, 0) > 0);
    udp_sock_send(a.natt, &(IkeDatagram){ .octets = slice_of("IKE!!") });
    while (b.n_ike == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_false(pump_strayed(b.pump, KIT_SPI_B, &came));
    udp_sock_free(moved);
    end_clear(&a);
    end_clear(&b);
}

/* One pump, both families outside; the socket of one is taken away and given back. */
static void
test_peers_of_both_families_are_served(void **state)
{
    UdpSockSetup six = { .natt = true, .local = endpoint("[::1]:0") };
    UdpSock *server = udp_sock_new(&six, NULL), *other;
    Endpoint to = udp_sock_local(server), from;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    six.remote = to;
    other = udp_sock_new(&six, NULL);
    from = udp_sock_local(other);
    carry(&a, &b, 8);
    /* the client goes over to IPv6, the headend hears it on its second socket */
    pump_set_sock(b.pump, ADDR_V6, server);
    pump_set_sock(a.pump, ADDR_V6, other);
    pump_move(a.pump, KIT_SPI_A, &to);
    pump_set_sock(a.pump, ADDR_V4, NULL);
    carry(&a, &b, 8);
    pump_move(b.pump, KIT_SPI_B, &from);
    carry(&b, &a, 8);
    /* and back */
    pump_set_sock(a.pump, ADDR_V4, a.natt);
    to = udp_sock_local(b.natt);
    from = udp_sock_local(a.natt);
    pump_move(a.pump, KIT_SPI_A, &to);
    pump_move(b.pump, KIT_SPI_B, &from);
    carry(&a, &b, 8);
    carry(&b, &a, 8);
    end_clear(&a);
    end_clear(&b);
    udp_sock_free(server);
    udp_sock_free(other);
}

/* ICMP "port unreachable" comes back to a connected socket as an error of the next call. */
static void
test_a_peer_that_is_away_for_a_while_is_reached_again(void **state)
{
    uint8_t packet[KIT_ROOM];
    Endpoint to, from;
    char text[ENDPOINT_TEXT_MAX];
    EspStats stats;
    EspGso g;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    to = udp_sock_local(b.natt);
    from = udp_sock_local(a.natt);
    end_clear(&b);
    for (size_t i = 0; i < 100; i++)
        put(&a, packet, kit_ip(packet, CLIENT4, SERVER4, 17, i));
    do
        assert_true(pump_stats(a.pump, KIT_SPI_A, &stats));
    while (stats.packets_out < 100);
    while (pump_refusals(a.pump) == 0)
        g_thread_yield();
    end_init(&b, 'B', endpoint_format(&to, text), NULL, -1);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    /* Late ones of the hundred may still come; an error still pending swallows one of these. */
    for (int i = 0; i < 3; i++)
        put(&a, packet, kit_ip(packet, CLIENT4, SERVER4, 17, 500));
    while (get(&b, &g, packet, sizeof(packet)) != 520)
        ;
    carry(&b, &a, 5);
    end_clear(&a);
    end_clear(&b);
}

/* The inside closes: the rest goes on, and no one spins on the dead descriptor. */
static void
test_a_closed_inside_leaves_ike_working(void **state)
{
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    carry(&a, &b, 1);
    close(b.inside);
    b.inside = -1;
    udp_sock_send(a.natt, &(IkeDatagram){ .octets = slice_of("IKE!!") });
    while (b.n_ike == 0)
        g_main_context_iteration(NULL, TRUE);
    end_clear(&a);
    end_clear(&b);
}

/* A real interface: packets of the system's own go in and come out, then it is deleted. */
static void
test_a_tun_interface_that_goes_away_is_let_go(void **state)
{
    char name[IF_NAMESIZE];
    g_autoptr(GError) error = NULL;
    unsigned offload = kit_tun;
    int inside = tun_dev_open("pump%d", &offload, name, &error);
    uint8_t packet[KIT_ROOM];
    Endpoint to, from;
    EspGso g;
    End a, b;

    (void)state;
    if (inside < 0)
        fail_msg("%s", error->message);
    assert_int_equal(offload & TUN_OFFLOAD, kit_tun & TUN_OFFLOAD);
    g_autofree char *addr = g_strdup_printf("ip addr add " CLIENT4 "/32 dev %s", name);
    g_autofree char *up = g_strdup_printf("ip link set %s up mtu 1400", name);
    g_autofree char *route = g_strdup_printf("ip route add 192.0.2.0/24 dev %s", name);
    g_autofree char *del = g_strdup_printf("ip link del %s", name);

    netns_do(addr);
    netns_do(up);
    netns_do(route);
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    to = udp_sock_local(b.natt);
    end_init(&a, 'A', "127.0.0.1:0", &to, inside);
    from = udp_sock_local(a.natt);
    pump_add(a.pump, kit_sa(&kit_suites[5], 'A'), &to);
    pump_add(b.pump, kit_sa(&kit_suites[5], 'B'), &from);

    /* Out: the kernel's own UDP over IP comes out behind the other pump. */
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    Endpoint server = endpoint(SERVER4 ":5000"), client = endpoint(CLIENT4 ":5001");
    SockAddr server_addr = sock_addr_of(&server), client_addr = sock_addr_of(&client);

    assert_int_equal(bind(fd, (struct sockaddr *)&client_addr.storage, client_addr.len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&server_addr.storage, server_addr.len), 0);
    say(fd, "question", 8);
    assert_int_equal(get(&b, &g, packet, sizeof(packet)), 36);
    assert_memory_equal(packet + 28, "question", 8);

    /* Back: ports and addresses swapped; without a UDP checksum, which IPv4 allows. */
    memcpy(packet + 12, "\xc0\x00\x02\x01\x0a\x00\x00\x05", 8);
    memcpy(packet + 20,
           "\x13\x88\x13\x89\x00\x10\x00\x00"
           "answer!!",
           16);
    put(&b, packet, 36); /* the IP checksum does not change when addresses are swapped */
    assert_int_equal(recv(fd, packet, sizeof(packet), 0), 8);
    assert_memory_equal(packet, "answer!!", 8);

    netns_do(del);
    udp_sock_send(b.natt, &(IkeDatagram){ .path.remote = from, .octets = slice_of("IKE!!") });
    while (a.n_ike == 0)
        g_main_context_iteration(NULL, TRUE);
    pump_remove(a.pump, KIT_SPI_A);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

static void
test_datagrams_that_are_nothing_are_counted(void **state)
{
    End a, b;
    int fd;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    fd = raw_to(&b);
    say(fd, "\xff", 1); /* a keepalive is something */
    say(fd, "\xfe", 1);
    say(fd, "", 0);
    say(fd, "\0\0\0", 3);
    carry(&a, &b, 8);
    assert_losses(&b, PUMP_JUNK, 3);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

/* A SYN of TCP that asks for segments of @mss octets; its checksum is right. */
static size_t
make_syn(uint8_t *packet, const char *src, const char *dst, uint16_t mss)
{
    enum { HEAD = 20, SYN_LEN = 24 };
    size_t len = kit_ip(packet, src, dst, 6, SYN_LEN);
    uint8_t option[] = { 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss };
    EspGsoShape shape;
    uint16_t sum;

    packet[HEAD + 12] = SYN_LEN / 4 << 4;
    packet[HEAD + 13] = 2;
    memcpy(packet + HEAD + 20, option, sizeof(option));
    packet[HEAD + 16] = packet[HEAD + 17] = 0;
    assert_true(esp_gso_shape((Slice){ packet, len }, &shape));
    sum =
        (uint16_t)~checksum_fold((uint64_t)esp_gso_pseudo((Slice){ packet, len }, &shape, SYN_LEN) +
                                 checksum_sum((Slice){ packet + HEAD, SYN_LEN }));
    packet[HEAD + 16] = (uint8_t)(sum >> 8);
    packet[HEAD + 17] = (uint8_t)sum;
    return len;
}

/* The one end alone that has a rule does it for both ways, and its rule may change. */
static void
test_segments_of_tcp_are_bounded_both_ways(void **state)
{
    uint8_t packet[KIT_ROOM], want[KIT_ROOM];
    size_t len;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    for (uint16_t most = 1000; most >= 900; most = (uint16_t)(most - 100)) {
        pump_set_mss(a.pump, most);
        len = make_syn(packet, CLIENT4, SERVER4, 1460);
        put(&a, packet, len);
        (void)make_syn(want, CLIENT4, SERVER4, most);
        assert_get(&b, want, len);
        len = make_syn(packet, SERVER4, CLIENT4, 1460);
        put(&b, packet, len);
        (void)make_syn(want, SERVER4, CLIENT4, most);
        assert_get(&a, want, len);
        len = make_syn(packet, CLIENT4, SERVER4, 800); /* small enough */
        put(&a, packet, len);
        assert_get(&b, packet, len);
    }
    pump_set_mss(a.pump, 0);
    len = make_syn(packet, CLIENT4, SERVER4, 1460);
    put(&a, packet, len);
    assert_get(&b, packet, len);
    end_clear(&a);
    end_clear(&b);
}

static void
test_every_loss_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (PumpLoss a = 0; a < PUMP_LOSS_N; a++) {
        for (PumpLoss b = 0; b < a; b++)
            assert_string_not_equal(pump_loss_name(a), pump_loss_name(b));
        for (EspStatus s = 0; s < ESP_STATUS_N; s++)
            assert_string_not_equal(pump_loss_name(a), esp_status_name(s));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_pumps_carry_packets_both_ways),
        cmocka_unit_test(test_junk_from_the_inside_does_not_disturb),
        cmocka_unit_test(test_a_packet_too_large_for_udp_is_only_lost),
        cmocka_unit_test(test_junk_from_the_net_does_not_disturb),
        cmocka_unit_test(test_ike_is_handed_to_the_main_loop_with_its_path),
        cmocka_unit_test(test_a_flood_of_ike_is_bounded_and_esp_passes_it),
        cmocka_unit_test(test_the_pump_may_be_freed_by_what_it_delivers),
        cmocka_unit_test(test_an_sa_that_is_removed_carries_nothing),
        cmocka_unit_test(test_a_packet_that_no_sa_takes_waits_for_one),
        cmocka_unit_test(test_what_comes_for_an_sa_that_is_expected_waits_for_it),
        cmocka_unit_test(test_what_was_expected_in_vain_is_lost),
        cmocka_unit_test(test_packets_follow_a_peer_that_has_moved),
        cmocka_unit_test(test_the_newest_packet_says_where_a_peer_is),
        cmocka_unit_test(test_peers_of_both_families_are_served),
        cmocka_unit_test(test_a_peer_that_is_away_for_a_while_is_reached_again),
        cmocka_unit_test(test_a_closed_inside_leaves_ike_working),
        cmocka_unit_test(test_a_tun_interface_that_goes_away_is_let_go),
        cmocka_unit_test(test_datagrams_that_are_nothing_are_counted),
        cmocka_unit_test(test_segments_of_tcp_are_bounded_both_ways),
        cmocka_unit_test(test_every_loss_has_a_name_of_its_own),
    };

    return pump_kit_run(tests, G_N_ELEMENTS(tests));
}
