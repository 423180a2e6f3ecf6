/* test_pump_pieces.c - agent/link/pump.c: many packets at a time, in large pieces and without, and
 * what is told of each of them. */

#include <fcntl.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <poll.h>

#include "agent/esp/esp_split.h"
#include "agent/link/udp_recv.h"
#include "tests/support/gso_kit.h"
#include "tests/support/pump_kit.h"

/* More than a batch waits before the pump sees the first: all arrive, in order. */
static void
test_bursts_longer_than_a_batch_arrive_in_order(void **state)
{
    enum { N = 150 };
    uint8_t packet[KIT_ROOM];
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    for (size_t i = 0; i < N; i++)
        put(&a, packet, kit_ip(packet, CLIENT4, SERVER4, 17, i));
    for (size_t i = 0; i < N; i++)
        assert_get(&b, packet, kit_ip(packet, CLIENT4, SERVER4, 17, i));
    end_clear(&a);
    end_clear(&b);
}

/* /dev/zero always has one more packet, such as it is, and takes what is written. */
static void
test_an_inside_that_never_rests_does_not_hold_up_what_comes_in(void **state)
{
    enum { N = 100 };
    uint8_t packet[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 100);
    EspStats stats;
    Endpoint to, from;
    End a, b;

    (void)state;
    end_init(&b, 'B', "127.0.0.1:0", NULL, -1);
    to = udp_sock_local(b.natt);
    end_init(&a, 'A', "127.0.0.1:0", &to, open("/dev/zero", O_RDWR | O_CLOEXEC));
    from = udp_sock_local(a.natt);
    pump_add(a.pump, kit_sa(&kit_suites[0], 'A'), &to);
    pump_add(b.pump, kit_sa(&kit_suites[0], 'B'), &from);
    for (size_t i = 0; i < N; i++)
        put(&b, packet, len);
    do {
        g_thread_yield();
        assert_true(pump_stats(a.pump, KIT_SPI_A, &stats));
    } while (stats.packets_in < N);
    while (pump_drops(a.pump, ESP_MALFORMED) == 0) /* another thread's */
        g_thread_yield();
    end_clear(&a);
    end_clear(&b);
}

/* Packets of many segments go in, and come out again as such: the same segments, each once. */
static void
test_large_packets_pass_as_the_segments_they_stand_for(void **state)
{
    static const GsoKit kits[] = {
        { .payload = 60000, .seq = 1000, .flags = 0x18 },
        { .payload = 64000, .v6 = true, .seq = 5 },
        { .payload = 9000, .udp = true },
        { .payload = 3000, .seq = 77, .options = "0101080a0000000100000002" },
    };
    g_autofree uint8_t *whole = g_malloc(65536), *piece = g_malloc(65536);
    uint8_t want[2048], got[2048];
    EspStats stats;
    End a, b;

    (void)state;
    if (!kit_tun)
        return; /* the rest of the tests is about these */
    pair_init(&a, &b, &kit_suites[0]);
    for (size_t i = 0; i < 20 * G_N_ELEMENTS(kits); i++) {
        size_t len = gso_kit(&kits[i % G_N_ELEMENTS(kits)], whole);
        EspGso g = gso_whole(whole, len, 1000 + i);
        EspSplit sent;

        assert_int_equal(esp_split_init(&sent, &g, (Slice){ whole, len }), ESP_GSO_OK);
        put_behind(&a, &g, whole, len);
        while (esp_split_next_len(&sent)) {
            EspSplit came;
            size_t piece_len = get(&b, &g, piece, 65536);
            bool one = g.type == ESP_GSO_NONE;

            if (!one)
                assert_int_equal(esp_split_init(&came, &g, (Slice){ piece, piece_len }),
                                 ESP_GSO_OK);
            do {
                size_t n = esp_split_next_len(&sent);

                esp_split_next(&sent, want);
                if (!one) {
                    assert_int_equal(esp_split_next_len(&came), n);
                    esp_split_next(&came, got);
                }
                assert_memory_equal(one ? piece : got, want, n);
            } while (!one && esp_split_next_len(&came));
        }
        assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    }
    for (PumpLoss why = 0; why < PUMP_LOSS_N; why++)
        assert_int_equal(pump_losses(a.pump, why) + pump_losses(b.pump, why), 0);
    end_clear(&a);
    end_clear(&b);
}

static void
test_headers_that_lie_are_counted_and_disturb_nothing(void **state)
{
    GsoKit k = { .payload = 1500 };
    uint8_t whole[2048];
    size_t len = gso_kit(&k, whole);
    EspGso g = gso_whole(whole, len, 500), lie;
    End a, b;

    (void)state;
    if (!kit_tun)
        return;
    pair_init(&a, &b, &kit_suites[0]);
    assert_int_equal(send(a.inside, "short", 5, 0), 5);
    for (unsigned i = 0; i < 200; i++) { /* more than are read in one go */
        lie = g;
        lie.size = 0;
        put_behind(&a, &lie, whole, len);
    }
    lie = g;
    lie.csum_start = 2000;
    put_behind(&a, &lie, whole, len);
    lie.type = ESP_GSO_NONE;
    put_behind(&a, &lie, whole, len);
    put_behind(&a, &g, whole, len - 1);
    put_behind(&a, &(EspGso){ .type = 0 }, whole, 0);
    carry(&a, &b, 8);
    assert_losses(&a, PUMP_OFFLOAD_HEADER, 201);
    assert_losses(&a, PUMP_OFFLOAD_CHECKSUM, 2);
    assert_losses(&a, PUMP_OFFLOAD_PACKET, 1);
    assert_drops(&a, 0, ESP_MALFORMED, 1);
    end_clear(&a);
    end_clear(&b);
}

/* The kernel puts datagrams of one sender together: each of them is what it was, with its path. */
static void
test_ike_among_datagrams_in_one_piece_is_found(void **state)
{
    enum { SIZE = 100, N = 20 };
    uint8_t piece[N * SIZE - 30] = { 0 };
    int fd, size = SIZE;
    Endpoint from;
    SockAddr name = { .len = sizeof(name.storage) };
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    fd = raw_to(&b);
    assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name.storage, &name.len), 0);
    assert_true(sock_addr_to_endpoint(&name.storage, &from));
    for (size_t i = 0; i < N; i++)
        piece[i * SIZE] = i % 3 == 1; /* the others have the marker of IKE */
    say(fd, piece, sizeof(piece));
    while (b.n_ike < 13)
        g_main_context_iteration(NULL, TRUE);
    assert_true(endpoint_equal(&b.ike_path.remote, &from));
    assert_int_equal(b.ike_len,
                     SIZE - 4); /* 0, 2, 3, 5, ... 18; the last, shorter one was no IKE */
    assert_drops(&b, 0, ESP_NO_SA, 7);
    carry(&a, &b, 8);
    assert_int_equal(b.n_ike, 13);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

/* What the inner packets say stands outside, also where many go in a piece, and comes back: the
 * peer's counters agree with what has been marked by hand. */
static void
test_congestion_on_the_way_is_told_inside(void **state)
{
    g_autoptr(EspSa) sealer = kit_sa(&kit_suites[0], 'A');
    uint8_t packet[KIT_ROOM], want[KIT_ROOM];
    int fd, marks[] = { 3, 0, 3 };
    EspStats stats;
    size_t len;
    End a, b;

    (void)state;
    pair_init(&a, &b, &kit_suites[0]);
    fd = raw_to(&b);
    len = kit_ip(packet, CLIENT4, SERVER4, 17, 100);
    for (int i = 0; i < 3; i++) { /* ECT(0) marked, ECT(0) unmarked, not ECT marked */
        KitBuf k;
        EspBuf *buf;

        packet[1] = i < 2 ? 2 : 0;
        buf = kit_buf(&k, packet, len);
        assert_int_equal(esp_sa_seal(sealer, buf, 1), ESP_OK);
        assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TOS, &marks[i], sizeof(marks[i])), 0);
        say(fd, buf->base + buf->off, buf->len);
    }
    memcpy(want, packet, len);
    want[1] = 3;
    want[10] = 0xff; /* one less than 0, which it was */
    want[11] = 0xfe;
    assert_get(&b, want, len);
    memcpy(want, packet, len);
    want[1] = 2;
    assert_get(&b, want, len);
    assert_drops(&b, KIT_SPI_B, ESP_CONGESTED, 1);
    assert_true(pump_stats(b.pump, KIT_SPI_B, &stats));
    assert_int_equal(stats.packets_in, 2);
    close(fd);
    end_clear(&a);
    end_clear(&b);
}

static void
test_what_is_said_inside_is_said_outside(void **state)
{
    struct sockaddr_storage name;
    UdpControl control;
    uint8_t packet[KIT_ROOM], wire[KIT_ROOM];
    struct iovec part = { wire, sizeof(wire) };
    EspSa *sa = kit_sa(&kit_suites[0], 'A');
    UdpSock *far;
    Endpoint to;
    End a;

    (void)state;
    far = udp_sock_new(&(UdpSockSetup){ .natt = true, .local = endpoint("127.0.0.1:0") }, NULL);
    to = udp_sock_local(far);
    end_init(&a, 'A', "127.0.0.1:0", &to, -1);
    pump_add(a.pump, sa, &to);
    for (unsigned i = 0; i < 8; i++) {
        struct pollfd ready = { .fd = udp_sock_fd(far), .events = POLLIN };
        struct msghdr msg = { .msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_name = &name,
                              .msg_namelen = sizeof(name),
                              .msg_control = &control,
                              .msg_controllen = sizeof(control) };
        size_t len = kit_ip(packet, CLIENT4, SERVER4, 17, 100);

        packet[1] = (uint8_t)(i * 37);
        put(&a, packet, len);
        assert_int_equal(poll(&ready, 1, -1), 1);
        assert_true(recvmsg(udp_sock_fd(far), &msg, 0) > 0);
        assert_int_equal(udp_recv_tos(&msg), (uint8_t)(i * 37));
    }
    end_clear(&a);
    udp_sock_free(far);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts_longer_than_a_batch_arrive_in_order),
        cmocka_unit_test(test_an_inside_that_never_rests_does_not_hold_up_what_comes_in),
        cmocka_unit_test(test_large_packets_pass_as_the_segments_they_stand_for),
        cmocka_unit_test(test_headers_that_lie_are_counted_and_disturb_nothing),
        cmocka_unit_test(test_ike_among_datagrams_in_one_piece_is_found),
        cmocka_unit_test(test_congestion_on_the_way_is_told_inside),
        cmocka_unit_test(test_what_is_said_inside_is_said_outside),
    };

    return pump_kit_run(tests, G_N_ELEMENTS(tests));
}
