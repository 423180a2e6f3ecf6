/* test_udp_train.c - agent/link/udp_send.c and udp_recv.c, in a network namespace of their own over
 * loopback. */
#include <linux/udp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/link/udp_recv.h"
#include "agent/link/udp_send.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"

/* Kernels before 6.11 answer EIO where an interface sums nothing up; here it is said for them.
 * Nothing of a message that is refused has left, and nothing behind it. */
static struct {
    int why; /* errno; 0: all is sent */
    unsigned asked;
} refusal;

static bool
is_one_piece(const struct msghdr *msg)
{
    return msg->msg_iovlen > 1;
}

int
sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
    unsigned before = 0;

    while (refusal.why && before < n && !is_one_piece(&msgs[before].msg_hdr))
        before++;
    if (refusal.why && before == 0) {
        refusal.asked++;
        errno = refusal.why;
        return -1;
    }
    return (int)syscall(SYS_sendmmsg, fd, msgs, refusal.why ? before : n, flags);
}

typedef struct Far {
    UdpSock *sock;
    UdpRecv *recv;
    UdpTo to;
    size_t n; /* datagrams that have come */
} Far;

static UdpSock *
sock_new(const char *local)
{
    UdpSockSetup setup = { .natt = true };
    UdpSock *s;

    assert_true(endpoint_parse(local, &setup.local));
    s = udp_sock_new(&setup, NULL);
    assert_non_null(s);
    return s;
}

static void
far_init(Far *f, const char *local, bool gather)
{
    Endpoint at;

    *f = (Far){ .sock = sock_new(local), .recv = udp_recv_new() };
    udp_sock_gather(f->sock, gather);
    at = udp_sock_local(f->sock);
    f->to.addr = sock_addr_of(&at);
}

static void
far_clear(Far *f)
{
    udp_sock_free(f->sock);
    udp_recv_free(f->recv);
}

/* The next datagram, waited for. */
static UdpCame
next(Far *f)
{
    struct pollfd ready = { .fd = udp_sock_fd(f->sock), .events = POLLIN };
    UdpCame d;

    while (udp_recv_ahead(f->recv) == 0) {
        assert_int_equal(poll(&ready, 1, -1), 1);
        assert_true(udp_recv_fill(f->recv, f->sock) > 0);
    }
    assert_true(udp_recv_next(f->recv, &d));
    f->n++;
    return d;
}

static void
make(uint8_t *p, size_t len, size_t mark)
{
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(mark * 31 + i + i / 256);
}

static void
assert_next(Far *f, size_t len, size_t mark)
{
    g_autofree uint8_t *want = g_malloc(len + 1);
    UdpCame d = next(f);

    make(want, len, mark);
    assert_int_equal(d.len, len);
    assert_memory_equal(d.p, want, len);
}

typedef struct Near {
    UdpSock *sock;
    UdpSend *send;
    uint8_t rooms[UDP_SEND_MAX][4096];
    size_t n;
} Near;

static Near near_end;

static void
near_init(const char *local)
{
    near_end.sock = sock_new(local);
    near_end.send = udp_send_new();
}

static void
near_clear(void)
{
    udp_sock_free(near_end.sock);
    udp_send_free(near_end.send);
}

static void
begin(bool many, Usec now)
{
    near_end.n = 0;
    udp_send_begin(near_end.send, near_end.sock, many ? UDP_SEND_MANY : 0, now);
}

static void
add_as(Far *to, size_t len, size_t mark, uint8_t tos)
{
    uint8_t *room = near_end.rooms[near_end.n++];

    make(room, len, mark);
    udp_send_add(near_end.send, &to->to, (Slice){ room, len }, tos);
}

static void
add(Far *to, size_t len, size_t mark)
{
    add_as(to, len, mark, 0);
}

/* One size, a shorter one at the end or in between, growing, many more than fit into a message. */
static size_t
len_of(size_t pattern, size_t i)
{
    switch (pattern) {
    case 0:
        return 1000;
    case 1:
        return i % 20 == 19 ? 300 : 1400;
    case 2:
        return 1 + i * 10;
    case 3:
        return 1300 - i * 10;
    case 4:
        return i % 2 ? 60 : 1400;
    default:
        return i == 5 ? 0 : 80;
    }
}

static void
test_datagrams_arrive_as_they_were_whatever_carries_them(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) { /* sent in one, gathered, IPv6 */
        Far far;

        near_init(way & 4 ? "[::1]:0" : "127.0.0.1:0");
        far_init(&far, way & 4 ? "[::1]:0" : "127.0.0.1:0", way & 2);
        for (size_t pattern = 0; pattern < 6; pattern++) {
            begin(way & 1, 1);
            for (size_t i = 0; i < UDP_SEND_MAX; i++)
                add(&far, len_of(pattern, i), i);
            udp_send_flush(near_end.send);
            for (size_t i = 0; i < UDP_SEND_MAX; i++)
                assert_next(&far, len_of(pattern, i), i);
        }
        assert_int_equal(udp_recv_ahead(far.recv), 0);
        assert_int_equal(udp_send_lost(near_end.send), 0);
        far_clear(&far);
        near_clear();
    }
}

static void
test_equal_datagrams_travel_in_one_piece(void **state)
{
    Far far;
    UdpCame first, d;

    (void)state;
    near_init("127.0.0.1:0");
    far_init(&far, "127.0.0.1:0", true);
    begin(true, 1);
    for (size_t i = 0; i < 40; i++)
        add(&far, i == 39 ? 10 : 1200, i);
    udp_send_flush(near_end.send);
    first = next(&far);
    assert_int_equal(udp_recv_ahead(far.recv), 39);
    for (size_t i = 1; i < 40; i++) {
        d = next(&far);
        assert_int_equal(d.message, first.message);
    }
    assert_int_equal(udp_recv_ahead(far.recv), 0);
    far_clear(&far);
    near_clear();
}

/* However they are sent and gathered; also when the interface cuts nothing. */
static void
test_each_datagram_keeps_its_traffic_class(void **state)
{
    static const uint8_t classes[] = { 0, 0, 0, 3, 3, 2, 1, 0xb8, 0xb8, 0xb9, 0xff, 0 };

    (void)state;
    for (int way = 0; way < 8; way++) { /* sent in one, gathered, IPv6 */
        Far far;

        near_init(way & 4 ? "[::1]:0" : "127.0.0.1:0");
        far_init(&far, way & 4 ? "[::1]:0" : "127.0.0.1:0", way & 2);
        for (size_t round = 0; round < 3; round++) {
            begin(way & 1, 1);
            for (size_t i = 0; i < UDP_SEND_MAX; i++)
                add_as(&far, 1000, i, classes[i / (1 + round) % G_N_ELEMENTS(classes)]);
            udp_send_flush(near_end.send);
            for (size_t i = 0; i < UDP_SEND_MAX; i++)
                assert_int_equal(next(&far).tos, classes[i / (1 + round) % G_N_ELEMENTS(classes)]);
        }
        assert_int_equal(udp_send_lost(near_end.send), 0);
        far_clear(&far);
        near_clear();
    }
}

static void
test_a_piece_has_one_traffic_class(void **state)
{
    Far far;

    (void)state;
    near_init("127.0.0.1:0");
    far_init(&far, "127.0.0.1:0", true);
    begin(true, 1);
    for (size_t i = 0; i < 30; i++)
        add_as(&far, 1200, i, i < 20 ? 2 : 3);
    udp_send_flush(near_end.send);
    assert_int_equal(next(&far).tos, 2);
    assert_int_equal(udp_recv_ahead(far.recv), 19);
    for (size_t i = 1; i < 20; i++)
        (void)next(&far);
    assert_int_equal(next(&far).tos, 3);
    assert_int_equal(udp_recv_ahead(far.recv), 9);
    for (size_t i = 1; i < 10; i++)
        (void)next(&far);
    far_clear(&far);
    near_clear();
}

static void
test_a_traffic_class_that_is_cut_is_none(void **state)
{
    UdpControl control = { .octets = { 0 } };
    struct msghdr msg = { .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int)) };
    int class = 0xb9;

    (void)state;
    control.align = (struct cmsghdr){ CMSG_LEN(sizeof(class)), IPPROTO_IPV6, IPV6_TCLASS };
    memcpy(CMSG_DATA(&control.align), &class, sizeof(class));
    assert_int_equal(udp_recv_tos(&msg), 0xb9);
    control.align.cmsg_len = CMSG_LEN(3);
    assert_int_equal(udp_recv_tos(&msg), 0);
    control.align = (struct cmsghdr){ CMSG_LEN(1), IPPROTO_IP, IP_TOS };
    *(uint8_t *)CMSG_DATA(&control.align) = 2;
    assert_int_equal(udp_recv_tos(&msg), 2);
    control.align.cmsg_len = CMSG_LEN(0);
    assert_int_equal(udp_recv_tos(&msg), 0);
    msg.msg_controllen = 0;
    assert_int_equal(udp_recv_tos(&msg), 0);
}

static void
test_peers_are_served_beside_each_other_each_in_order(void **state)
{
    enum { PEERS = 7 };
    Far far[PEERS];

    (void)state;
    near_init("127.0.0.1:0");
    for (size_t i = 0; i < PEERS; i++)
        far_init(&far[i], "127.0.0.1:0", i % 2);
    for (size_t round = 0; round < 5; round++) {
        begin(true, 1);
        for (size_t i = 0; i < UDP_SEND_MAX; i++)
            add(&far[i % PEERS], len_of(round, i / PEERS), i);
        udp_send_flush(near_end.send);
        for (size_t i = 0; i < UDP_SEND_MAX; i++)
            assert_next(&far[i % PEERS], len_of(round, i / PEERS), i);
    }
    for (size_t i = 0; i < PEERS; i++)
        far_clear(&far[i]);
    near_clear();
}

/* Larger than the path: the kernel sends none of it in one piece; one by one they are cut into IP
 * fragments. It is tried again later. */
static void
test_what_the_path_does_not_take_in_one_piece_goes_one_by_one(void **state)
{
    Far far;

    (void)state;
    netns_do("ip link set lo mtu 1500");
    near_init("127.0.0.1:0");
    far_init(&far, "127.0.0.1:0", true);
    for (Usec now = 1; now < 4; now++) {
        begin(true, now);
        for (size_t i = 0; i < 20; i++)
            add(&far, 2000, i);
        add(&far, 100, 20);
        udp_send_flush(near_end.send);
        for (size_t i = 0; i < 20; i++)
            assert_next(&far, 2000, i);
        assert_next(&far, 100, 20);
        assert_int_equal(far.to.whole_max, 1999);
    }
    assert_true(udp_sock_segments(near_end.sock)); /* smaller ones still do */
    netns_do("ip link set lo mtu 65536");
    begin(true, far.to.again);
    for (size_t i = 0; i < 20; i++)
        add(&far, 2000, i);
    udp_send_flush(near_end.send);
    for (size_t i = 0; i < 20; i++)
        assert_next(&far, 2000, i);
    assert_int_equal(far.to.whole_max, 0);
    assert_int_equal(udp_send_lost(near_end.send), 0);
    far_clear(&far);
    near_clear();
}

/* As a client's socket: connected to @far, whose path it finds out. */
static void
near_init_to(const Far *far)
{
    UdpSockSetup setup = { .local.addr.family = ADDR_V4, .natt = true, .discover = true };

    setup.remote = udp_sock_local(far->sock);
    near_end.sock = udp_sock_new(&setup, NULL);
    assert_non_null(near_end.sock);
    near_end.send = udp_send_new();
}

/* What passes lo over IPv4. */
static int
tap_open(void)
{
    struct sockaddr_ll lo = { .sll_family = AF_PACKET,
                              .sll_protocol = g_htons(ETH_P_IP),
                              .sll_ifindex = (int)if_nametoindex("lo") };
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&lo, sizeof(lo)), 0);
    return fd;
}

/* @len: of what was sent altogether, UDP headers aside. */
static void
assert_all_stay_whole(int tap, uint16_t port, size_t len)
{
    g_autofree uint8_t *p = g_malloc(65536);

    while (len > 0) {
        struct sockaddr_ll from;
        socklen_t from_len = sizeof(from);
        ssize_t n = recvfrom(tap, p, 65536, 0, (struct sockaddr *)&from, &from_len);

        assert_true(n >= 28);
        if (from.sll_pkttype == PACKET_OUTGOING || (p[22] << 8 | p[23]) != port)
            continue;
        assert_int_equal(p[6] & 0x60, 0x40); /* DF, and not a fragment */
        assert_true((size_t)n - 28 <= len);
        len -= (size_t)n - 28;
    }
}

/* Also those that the kernel cuts out of one piece: a router that could cut them further would tell
 * nobody. */
static void
test_where_the_path_is_found_out_all_of_a_piece_must_stay_whole(void **state)
{
    int tap = tap_open();
    Far far;

    (void)state;
    netns_do("ip link set lo mtu 1500");
    far_init(&far, "127.0.0.1:0", true);
    near_init_to(&far);
    begin(true, 1);
    for (size_t i = 0; i < 20; i++)
        add(&far, 1400, i);
    add(&far, 100, 20);
    udp_send_flush(near_end.send);
    for (size_t i = 0; i < 21; i++)
        assert_next(&far, i < 20 ? 1400 : 100, i);
    assert_all_stay_whole(tap, udp_sock_local(far.sock).port, 20 * 1400 + 100);
    far_clear(&far);
    near_clear();
    close(tap);
    netns_do("ip link set lo mtu 65536");
}

static void
test_where_the_path_is_known_to_be_too_narrow_datagrams_are_cut(void **state)
{
    uint8_t ike[3000] = { 1 };
    UdpCame came;
    Far far;

    (void)state;
    netns_do("ip link set lo mtu 1500");
    far_init(&far, "127.0.0.1:0", true);
    near_init_to(&far);
    for (Usec now = 1; now < 4; now++) {
        begin(now > 1, now);
        add(&far, 2000, 0);
        for (size_t i = 1; i < 20; i++)
            add(&far, i % 5 ? 2000 : 1000, i);
        udp_send_flush(near_end.send);
        for (size_t i = 0; i < 20; i++)
            assert_next(&far, !i || i % 5 ? 2000 : 1000, i);
    }
    udp_sock_send(near_end.sock, &(IkeDatagram){ .octets = { ike, sizeof(ike) } });
    came = next(&far);
    assert_int_equal(came.len, 4 + sizeof(ike));
    assert_memory_equal(came.p + 4, ike, sizeof(ike));
    assert_int_equal(udp_send_lost(near_end.send), 0);
    far_clear(&far);
    near_clear();
    netns_do("ip link set lo mtu 65536");
}

/* Nothing is lost, nothing comes twice, and the socket is not asked again. */
static void
test_a_socket_that_cuts_nothing_is_asked_once(void **state)
{
    static const int whys[] = { EIO, EOPNOTSUPP, ENOPROTOOPT };

    (void)state;
    for (size_t w = 0; w < G_N_ELEMENTS(whys); w++) {
        Far far, other;

        refusal.why = whys[w];
        refusal.asked = 0;
        near_init("127.0.0.1:0");
        far_init(&far, "127.0.0.1:0", true);
        far_init(&other, "127.0.0.1:0", false);
        for (Usec now = 1; now < 4; now++) {
            begin(true, now);
            add(&other, 70, 1000); /* alone: sent before anything is refused */
            for (size_t i = 0; i < 100; i++)
                add(&far, len_of(1, i), i);
            udp_send_flush(near_end.send);
            assert_next(&other, 70, 1000);
            for (size_t i = 0; i < 100; i++)
                assert_next(&far, len_of(1, i), i);
            assert_int_equal(udp_recv_ahead(far.recv), 0);
        }
        assert_false(udp_sock_segments(near_end.sock));
        assert_in_range(refusal.asked, 1, 10); /* messages that had been made already */
        assert_int_equal(udp_send_lost(near_end.send), 0);
        refusal.why = 0;
        far_clear(&far);
        far_clear(&other);
        near_clear();
    }
}

static void
test_what_cannot_be_sent_is_counted_and_the_rest_goes(void **state)
{
    Endpoint nowhere;
    Far far, lost = { .n = 0 };

    (void)state;
    near_init("127.0.0.1:0");
    far_init(&far, "127.0.0.1:0", true);
    assert_true(endpoint_parse("203.0.113.1:4500", &nowhere)); /* no route */
    lost.to.addr = sock_addr_of(&nowhere);
    begin(true, 1);
    for (size_t i = 0; i < 60; i++)
        add(i % 2 ? &far : &lost, 500, i);
    udp_send_flush(near_end.send);
    for (size_t i = 1; i < 60; i += 2)
        assert_next(&far, 500, i);
    assert_int_equal(udp_send_lost(near_end.send), 30);
    udp_send_begin(near_end.send, NULL, UDP_SEND_MANY, 1); /* no socket */
    add(&far, 10, 1);
    udp_send_flush(near_end.send);
    assert_int_equal(udp_send_lost(near_end.send), 31);
    far_clear(&far);
    near_clear();
}

/* KiB that are there of the mapping of @p: a sanitizer's own memory lies elsewhere. */
static size_t
resident(const void *p)
{
    g_autofree char *text = NULL;
    bool inside = false;
    char *save = NULL;

    assert_true(g_file_get_contents("/proc/self/smaps", &text, NULL, NULL));
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        unsigned long from, to, kib;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (uintptr_t)p >= from && (uintptr_t)p < to;
        else if (inside && sscanf(line, "Anonymous: %lu kB", &kib) == 1)
            return kib;
    }
    fail_msg("%p is nowhere", p);
    return 0;
}

enum { LARGE = 60000 };

/* @n datagrams one by one, then all of them read; no heap is used, whose size is no matter here.
 * Returns where one of them was. */
static const void *
pass(Far *to, size_t n, size_t len)
{
    static uint8_t octets[LARGE];
    UdpCame d = { .p = NULL };

    for (size_t i = 0; i < n; i++) {
        make(octets, len, i);
        assert_int_equal(sendto(udp_sock_fd(near_end.sock), octets, len, 0,
                                (const struct sockaddr *)&to->to.addr.storage, to->to.addr.len),
                         len);
    }
    for (size_t i = 0; i < n; i++) {
        d = next(to);
        make(octets, len, i);
        assert_int_equal(d.len, len);
        assert_memory_equal(d.p, octets, len);
    }
    return d.p;
}

/* Many small messages, so that many buffers are offered, and then large ones into all of them. */
static void
test_buffers_that_bursts_have_filled_do_not_stay(void **state)
{
    enum { KEPT_KIB = 2048 };
    size_t before, most = 0;
    const void *room;
    Far far;

    (void)state;
#ifdef __SANITIZE_THREAD__
    return; /* what the sanitizer keeps of every octet is memory, too, and stays */
#endif
    near_init("127.0.0.1:0");
    far_init(&far, "127.0.0.1:0", false);
    room = pass(&far, 1, 100);
    before = resident(room);
    for (size_t round = 0; round < 5; round++) {
        (void)pass(&far, 200, 100);
        (void)pass(&far, 60, LARGE);
        most = MAX(most, resident(room));
        (void)pass(&far, 1, 100);
        assert_in_range(resident(room), 0, before + KEPT_KIB);
    }
    assert_true(most > before + KEPT_KIB); /* else nothing was tried */
    far_clear(&far);
    near_clear();
}

/* A kernel or a forger that says nonsense about a message. */
static void
test_the_size_of_a_segment_is_bounded(void **state)
{
    static const struct {
        int size;
        size_t want;
    } rows[] = { { 0, 1000 },    { -1, 1000 },        { INT32_MIN, 1000 }, { 1001, 1000 },
                 { 1000, 1000 }, { INT32_MAX, 1000 }, { 999, 999 },        { 1, 1 } };
    UdpControl control = { .octets = { 0 } };
    struct msghdr msg = { .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int)) };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        control.align = (struct cmsghdr){ CMSG_LEN(sizeof(int)), IPPROTO_UDP, UDP_GRO };
        memcpy(CMSG_DATA(&control.align), &rows[i].size, sizeof(int));
        assert_int_equal(udp_recv_segment(&msg, 1000), rows[i].want);
    }
    control.align.cmsg_len = CMSG_LEN(1); /* cut */
    assert_int_equal(udp_recv_segment(&msg, 1000), 1000);
    msg.msg_controllen = 0;
    assert_int_equal(udp_recv_segment(&msg, 1000), 1000);
    assert_int_equal(udp_recv_segment(&msg, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagrams_arrive_as_they_were_whatever_carries_them),
        cmocka_unit_test(test_equal_datagrams_travel_in_one_piece),
        cmocka_unit_test(test_each_datagram_keeps_its_traffic_class),
        cmocka_unit_test(test_a_piece_has_one_traffic_class),
        cmocka_unit_test(test_a_traffic_class_that_is_cut_is_none),
        cmocka_unit_test(test_peers_are_served_beside_each_other_each_in_order),
        cmocka_unit_test(test_what_the_path_does_not_take_in_one_piece_goes_one_by_one),
        cmocka_unit_test(test_where_the_path_is_found_out_all_of_a_piece_must_stay_whole),
        cmocka_unit_test(test_where_the_path_is_known_to_be_too_narrow_datagrams_are_cut),
        cmocka_unit_test(test_a_socket_that_cuts_nothing_is_asked_once),
        cmocka_unit_test(test_what_cannot_be_sent_is_counted_and_the_rest_goes),
        cmocka_unit_test(test_buffers_that_bursts_have_filled_do_not_stay),
        cmocka_unit_test(test_the_size_of_a_segment_is_bounded),
    };

    netns_enter();
    netns_do("ip link set lo up");
    return cmocka_run_group_tests_name("udp_train", tests, NULL, NULL);
}
