/* test_tunnel.c - agent/daemon/tunnel.c in a network namespace of its own: the inner MTU. */
#include <glib/gstdio.h>

#include "agent/daemon/tunnel.h"
#include "tests/support/netns.h"

/* IPv4, UDP, ESP head, IV, ICV, trailer: RFC 4303 §2, RFC 4106; what is left and the trailer are a
 * multiple of four. */
enum { OUTER = 20 + 8 + 8 + 8 + 16 + 2 };

static void
nothing_comes(const IkeDatagram *d, void *user)
{
    (void)d, (void)user;
    fail();
}

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static IkeChild
child(void)
{
    static const uint8_t key[36] = { 1 };
    IkeChild c = { .spi_in = 0x1000,
                   .spi_out = 0x2000,
                   .suite = { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
                   .local = { .n = 2, .s = { selector_all(ADDR_V4), selector_all(ADDR_V6) } } };

    c.remote = c.local;
    secret_set(&c.key_in, (Slice){ key, sizeof(key) });
    secret_set(&c.key_out, (Slice){ key, sizeof(key) });
    return c;
}

/* The MTU of a tunnel over a path of @path octets to a gateway that says @said. */
static uint32_t
inner_mtu(unsigned path, uint16_t said, bool ipv6)
{
    IkeCpReply reply = { .ip4 = addr("10.2.2.1"), .mtu = said };
    Endpoint gateway = { addr("198.51.100.1"), 4500 };
    g_autofree char *mtu = g_strdup_printf("ip link set up0 mtu %u", path);
    g_autofree char *dir = g_dir_make_tmp("tunnel.XXXXXX", NULL);
    g_autofree char *journal = g_build_filename(dir, "journal", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Tunnel) t = NULL;
    g_autoptr(UdpSock) sock = NULL;
    IkeChild c = child();
    uint32_t ret;

    netns_do(mtu);
    if (ipv6)
        reply.ip6 = addr("2001:db8::1");
    sock = udp_sock_new(&(UdpSockSetup){ .local = { .addr = { .family = ADDR_V4 } },
                                         .remote = gateway,
                                         .fwmark = ROUTE_PLAN_FWMARK,
                                         .natt = true },
                        &error);
    assert_non_null(sock);
    t = tunnel_new(&error);
    assert_non_null(t);
    if (!tunnel_configure(t, &c, &reply, sock, &gateway, journal, nothing_comes, NULL, &error))
        fail_msg("%s", error->message);
    ret = tunnel_settings(t)->mtu;
    secret_clear(&c.key_in);
    secret_clear(&c.key_out);
    g_clear_pointer(&t, tunnel_free);
    assert_int_equal(g_rmdir(dir), 0); /* the journal has gone */
    return ret;
}

static void
test_the_largest_packet_that_passes_whole_is_the_mtu(void **state)
{
    (void)state;
    assert_int_equal(inner_mtu(1500, 0, false), 1500 - OUTER);
    assert_int_equal(inner_mtu(1500, 1200, false), 1200);
    assert_int_equal(inner_mtu(1300, 1406, false), 1300 - OUTER);
}

/* RFC 8200 §5: IPv6 takes no less than 1280 octets; the outer packets are fragmented then. */
static void
test_ipv6_inside_has_1280_octets_whatever_the_path(void **state)
{
    (void)state;
    assert_int_equal(inner_mtu(1300, 1406, true), 1280);
    assert_int_equal(inner_mtu(1500, 1200, true), 1280);
    assert_int_equal(inner_mtu(1500, 1400, true), 1400);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_packet_that_passes_whole_is_the_mtu),
        cmocka_unit_test(test_ipv6_inside_has_1280_octets_whatever_the_path),
    };

    netns_enter();
    netns_do("ip link add up0 type veth peer name up1");
    netns_do("ip addr add 192.0.2.1/24 dev up0");
    netns_do("ip link set up1 up");
    netns_do("ip link set up0 up");
    netns_do("ip route add default via 192.0.2.254");
    return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
