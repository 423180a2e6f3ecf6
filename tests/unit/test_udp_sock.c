/* test_udp_sock.c - agent/link/udp_sock.c, in a network namespace of its own */

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/link/sock_addr.h"
#include "agent/link/udp_sock.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"

static Endpoint
endpoint(const char *text)
{
    Endpoint e = { .port = 0 };

    if (text)
        assert_true(endpoint_parse(text, &e));
    return e;
}

static UdpSock *
open_sock(const char *local, const Endpoint *remote, bool natt)
{
    UdpSockSetup setup = { .local = endpoint(local), .natt = natt };
    g_autoptr(GError) error = NULL;
    UdpSock *s;

    if (remote)
        setup.remote = *remote;
    s = udp_sock_new(&setup, &error);
    if (!s)
        fail_msg("%s", error->message);
    return s;
}

/* A socket of the system's, to say and hear what a UdpSock would not. */
static int
raw_to(const UdpSock *s)
{
    Endpoint to = udp_sock_local(s);
    SockAddr addr;
    int fd;

    if (addr_is_unspecified(&to.addr))
        assert_true(addr_parse(to.addr.family == ADDR_V4 ? "127.0.0.1" : "::1", &to.addr));
    addr = sock_addr_of(&to);
    fd = socket(addr.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr.storage, addr.len), 0);
    return fd;
}

static void
say(int fd, const void *octets, size_t len)
{
    assert_int_equal(send(fd, octets, len, 0), len);
}

static void
send_text(UdpSock *s, const Endpoint *to, const char *text)
{
    udp_sock_send(s, &(IkeDatagram){ .path.remote = *to, .octets = slice_of(text) });
}

/* Even on loopback a datagram may take its time. Returns how often nothing came. */
static int
wait_recv(UdpSock *s, IkeDatagram *ret)
{
    struct pollfd in = { .fd = udp_sock_fd(s), .events = POLLIN };
    int misses = 0;

    for (;; misses++) {
        assert_int_equal(poll(&in, 1, -1), 1);
        if (udp_sock_recv(s, ret))
            return misses;
    }
}

static void
assert_recv(UdpSock *s, const char *text, IkeDatagram *ret)
{
    (void)wait_recv(s, ret);
    assert_true(slice_equal(ret->octets, slice_of(text)));
}

static void
test_the_marker_is_put_in_and_taken_out(void **state)
{
    static const char *const locals[] = { "127.0.0.1:0", "[::1]:0" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(locals); i++) {
        g_autoptr(UdpSock) a = open_sock(locals[i], NULL, true);
        g_autoptr(UdpSock) b = open_sock(locals[i], NULL, true);
        Endpoint to = udp_sock_local(b);
        int fd = raw_to(a);
        IkeDatagram d;
        uint8_t wire[16];
        struct sockaddr_storage self;
        socklen_t self_len = sizeof(self);
        Endpoint raw;

        send_text(a, &to, "abc");
        assert_recv(b, "abc", &d);
        assert_true(d.path.natt);
        assert_true(udp_sock_natt(b));
        Endpoint from = udp_sock_local(a);

        assert_true(endpoint_equal(&d.path.remote, &from));
        assert_true(endpoint_equal(&d.path.local, &to));

        /* RFC 3948 §2.2, as the system sees it. */
        assert_int_equal(getsockname(fd, (struct sockaddr *)&self, &self_len), 0);
        assert_true(sock_addr_to_endpoint(&self, &raw));
        send_text(a, &raw, "abc");
        assert_int_equal(recv(fd, wire, sizeof(wire), 0), 7);
        assert_memory_equal(wire, "\0\0\0\0abc", 7);
        udp_sock_send(a, &(IkeDatagram){ .path.remote = raw, .keepalive = true });
        assert_int_equal(recv(fd, wire, sizeof(wire), 0), 1); /* §2.3 */
        assert_int_equal(wire[0], 0xff);
        close(fd);
    }
}

static void
test_port_500_has_no_marker(void **state)
{
    g_autoptr(UdpSock) a = open_sock("127.0.0.1:0", NULL, false);
    g_autoptr(UdpSock) b = open_sock("127.0.0.1:0", NULL, false);
    Endpoint to = udp_sock_local(b);
    int fd = raw_to(b);
    IkeDatagram d;

    (void)state;
    send_text(a, &to, "plain");
    assert_recv(b, "plain", &d);
    assert_false(d.path.natt);
    say(fd, "\0\0\0\0five", 8);
    (void)wait_recv(b, &d);
    assert_int_equal(d.octets.len, 8);
    say(fd, "\xff", 1); /* a keepalive on the wrong port */
    say(fd, "", 0);
    assert_false(udp_sock_recv(b, &d));
    close(fd);
}

static void
test_esp_keepalives_and_junk_are_passed_over(void **state)
{
    g_autoptr(UdpSock) s = open_sock("127.0.0.1:0", NULL, true);
    int fd = raw_to(s);
    IkeDatagram d;

    (void)state;
    say(fd, "\xff", 1);
    say(fd, "", 0);
    say(fd, "\0\0\0", 3);
    say(fd, "\0\0\0\0", 4); /* a marker and nothing */
    say(fd, "\0\0\1\0 an ESP packet", 18);
    say(fd, "\xff\xff\xff\xff more", 9);
    say(fd, "\0\0\0\0ike", 7);
    assert_recv(s, "ike", &d);
    assert_false(udp_sock_recv(s, &d));
    close(fd);
}

/* A flood of what is passed over must not hold the main loop: one call ends before the queue does.
 */
static void
test_a_flood_of_esp_does_not_hold_the_caller(void **state)
{
    g_autoptr(UdpSock) s = open_sock("127.0.0.1:0", NULL, true);
    int fd = raw_to(s);
    IkeDatagram d;

    (void)state;
    for (int i = 0; i < 200; i++)
        say(fd, "\0\0\1\0 ESP", 8);
    say(fd, "\0\0\0\0ike", 7);
    assert_in_range(wait_recv(s, &d), 1, 200);
    assert_true(slice_equal(d.octets, slice_of("ike")));
    close(fd);
}

static void
test_the_path_has_the_address_that_was_asked_for(void **state)
{
    static const struct {
        const char *any, *addr;
    } rows[] = { { "0.0.0.0:0", "127.0.0.9" }, { "[::]:0", "2001:db8::9" } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(UdpSock) server = open_sock(rows[i].any, NULL, true);
        Endpoint to = udp_sock_local(server), from;
        IkeDatagram d, back;

        assert_true(addr_is_unspecified(&to.addr));
        assert_true(addr_parse(rows[i].addr, &to.addr));
        g_autoptr(UdpSock) client = open_sock(NULL, &to, true);

        send_text(client, &to, "question");
        assert_recv(server, "question", &d);
        assert_true(endpoint_equal(&d.path.local, &to));
        /* The answer leaves from there, or the connected client would never see it. */
        d.octets = slice_of("answer");
        udp_sock_send(server, &d);
        assert_recv(client, "answer", &back);
        assert_true(endpoint_equal(&back.path.remote, &to));
        from = udp_sock_local(client);
        assert_false(addr_is_unspecified(&from.addr));
        assert_true(endpoint_equal(&d.path.remote, &from));
    }
}

static void
test_a_connected_socket_hears_only_its_peer(void **state)
{
    g_autoptr(UdpSock) server = open_sock("127.0.0.1:0", NULL, true);
    Endpoint to = udp_sock_local(server), client_end;
    g_autoptr(UdpSock) client = open_sock(NULL, &to, true);
    g_autoptr(UdpSock) stranger = open_sock("127.0.0.1:0", NULL, true);
    IkeDatagram d;

    (void)state;
    client_end = udp_sock_local(client);
    send_text(stranger, &client_end, "psst");
    send_text(server, &client_end, "hello");
    assert_recv(client, "hello", &d);
}

/* Nobody listens: the ICMP error neither stops sending nor hides what comes afterwards. */
static void
test_a_refused_datagram_is_only_lost(void **state)
{
    g_autoptr(UdpSock) late = open_sock("127.0.0.1:0", NULL, true);
    Endpoint to = udp_sock_local(late), client_end;
    g_autoptr(UdpSock) client = NULL;
    char text[ENDPOINT_TEXT_MAX];
    IkeDatagram d;

    (void)state;
    g_clear_pointer(&late, udp_sock_free);
    client = open_sock(NULL, &to, true);
    send_text(client, &to, "one");
    send_text(client, &to, "two");
    assert_false(udp_sock_recv(client, &d));
    late = open_sock(endpoint_format(&to, text), NULL, true);
    send_text(client, &to, "three");
    assert_recv(late, "three", &d);
    client_end = udp_sock_local(client);
    send_text(late, &client_end, "four");
    assert_recv(client, "four", &d);
}

/* RFC 7296 §2: 3000 octets must be taken. Larger than the path: the kernel fragments, no DF. */
static void
test_a_datagram_larger_than_the_path_arrives(void **state)
{
    static const char *const locals[] = { "127.0.0.1:0", "[::1]:0" };
    g_autofree char *large = g_strnfill(60000, 'x');

    (void)state;
    netns_do("ip link set lo mtu 1300");
    for (size_t i = 0; i < G_N_ELEMENTS(locals); i++) {
        g_autoptr(UdpSock) a = open_sock(locals[i], NULL, true);
        g_autoptr(UdpSock) b = open_sock(locals[i], NULL, true);
        Endpoint to = udp_sock_local(b);
        IkeDatagram d;

        send_text(a, &to, large);
        assert_recv(b, large, &d);
    }
    netns_do("ip link set lo mtu 65536");
}

static void
test_the_mark_is_set(void **state)
{
    UdpSockSetup setup = { .local = endpoint("127.0.0.1:0"), .fwmark = 0x1234 };
    g_autoptr(GError) error = NULL;
    g_autoptr(UdpSock) s = udp_sock_new(&setup, &error);
    int mark = 0;
    socklen_t len = sizeof(mark);

    (void)state;
    assert_non_null(s);
    assert_int_equal(getsockopt(udp_sock_fd(s), SOL_SOCKET, SO_MARK, &mark, &len), 0);
    assert_int_equal(mark, 0x1234);
}

static void
test_an_address_that_is_taken_or_not_ours_is_named(void **state)
{
    g_autoptr(UdpSock) s = open_sock("127.0.0.1:0", NULL, true);
    UdpSockSetup setup = { .local = udp_sock_local(s) };
    char text[ENDPOINT_TEXT_MAX];
    GError *error = NULL;

    (void)state;
    assert_null(udp_sock_new(&setup, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE));
    assert_non_null(strstr(error->message, endpoint_format(&setup.local, text)));
    g_clear_error(&error);
    setup.local = endpoint("203.0.113.1:0");
    assert_null(udp_sock_new(&setup, &error));
    assert_non_null(strstr(error->message, "203.0.113.1"));
    g_clear_error(&error);
    setup = (UdpSockSetup){ .remote = endpoint("203.0.113.1:4500") }; /* no route in here */
    assert_null(udp_sock_new(&setup, &error));
    assert_non_null(strstr(error->message, "203.0.113.1:4500"));
    g_clear_error(&error);
}

/* The kernel makes a new IPv6 address reachable a little after it has taken it. */
static void
await_local_route(const char *addr)
{
    bool there;

    do {
        g_autofree char *routes = netns_run("ip -6 route show table local");

        there = strstr(routes, addr) != NULL;
    } while (!there);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_marker_is_put_in_and_taken_out),
        cmocka_unit_test(test_port_500_has_no_marker),
        cmocka_unit_test(test_esp_keepalives_and_junk_are_passed_over),
        cmocka_unit_test(test_a_flood_of_esp_does_not_hold_the_caller),
        cmocka_unit_test(test_the_path_has_the_address_that_was_asked_for),
        cmocka_unit_test(test_a_connected_socket_hears_only_its_peer),
        cmocka_unit_test(test_a_refused_datagram_is_only_lost),
        cmocka_unit_test(test_a_datagram_larger_than_the_path_arrives),
        cmocka_unit_test(test_the_mark_is_set),
        cmocka_unit_test(test_an_address_that_is_taken_or_not_ours_is_named),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 2001:db8::9/128 dev lo nodad");
    await_local_route("local 2001:db8::9");
    await_local_route("local ::1");
    return cmocka_run_group_tests_name("udp_sock", tests, NULL, NULL);
}
