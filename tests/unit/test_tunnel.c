/* test_tunnel.c - agent/daemon/tunnel.c in a network namespace of its own: the inner MTU, and
 * what a new login changes. */
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
    static Selector all[2];
    IkeChild c = { .spi_in = 0x1000,
                   .spi_out = 0x2000,
                   .suite = { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
                   .local = { 2, all } };

    all[0] = selector_all(ADDR_V4);
    all[1] = selector_all(ADDR_V6);
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
    t = tunnel_new(&(TunnelSetup){ .child = &c }, &error);
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

typedef struct Renewed {
    char *dir, *journal;
    UdpSock *sock;
    Tunnel *t;
} Renewed;

static Renewed
tunnel_of(const IkeCpReply *reply)
{
    Endpoint gateway = { addr("198.51.100.1"), 4500 };
    g_autoptr(GError) error = NULL;
    IkeChild c = child();
    Renewed r = { .dir = g_dir_make_tmp("tunnel.XXXXXX", NULL) };

    r.journal = g_build_filename(r.dir, "journal", NULL);
    r.sock = udp_sock_new(&(UdpSockSetup){ .local = { .addr = { .family = ADDR_V4 } },
                                           .remote = gateway,
                                           .fwmark = ROUTE_PLAN_FWMARK,
                                           .natt = true },
                          &error);
    assert_non_null(r.sock);
    r.t = tunnel_new(&(TunnelSetup){ .child = &c }, &error);
    assert_non_null(r.t);
    if (!tunnel_configure(r.t, &c, reply, r.sock, &gateway, r.journal, nothing_comes, NULL, &error))
        fail_msg("%s", error->message);
    ike_child_wipe(&c);
    return r;
}

static void
end(Renewed *r)
{
    tunnel_free(r->t);
    udp_sock_free(r->sock);
    assert_int_equal(g_rmdir(r->dir), 0); /* the journal has gone */
    g_free(r->journal);
    g_free(r->dir);
}

static bool
renew(Renewed *r, uint32_t spi_in, const IkeCpReply *reply)
{
    g_autoptr(GError) error = NULL;
    IkeChild c = child();
    bool ok;

    c.spi_in = spi_in;
    c.outbound = true;
    ok = tunnel_renew(r->t, &c, reply, r->sock, &error);
    assert_true(ok == !error);
    assert_non_null(c.key_in.p); /* read, not moved */
    ike_child_wipe(&c);
    return ok;
}

static void
test_the_same_again_moves_packets_and_touches_nothing(void **state)
{
    IkeCpReply reply = { .ip4 = addr("10.2.2.1") };
    Renewed r = tunnel_of(&reply);
    g_autofree char *before = netns_state(), *after = NULL;

    (void)state;
    assert_true(renew(&r, 0x3000, &reply));
    assert_int_equal(tunnel_child(r.t)->spi_in, 0x3000);
    assert_int_equal(tunnel_sas(r.t)->n, 2); /* the old one still receives */
    after = netns_state();
    assert_string_equal(before, after);
    end(&r);
}

static void
test_another_address_is_changed_at_once(void **state)
{
    IkeCpReply reply = { .ip4 = addr("10.2.2.1") };
    g_autofree char *before = netns_state(), *up = NULL, *after = NULL;
    Renewed r = tunnel_of(&reply);

    (void)state;
    reply.ip4 = addr("10.2.2.77");
    assert_true(renew(&r, 0x3000, &reply));
    assert_true(addr_equal(&tunnel_settings(r.t)->addrs[0].addr, &reply.ip4));
    up = netns_run("ip -4 addr");
    assert_non_null(strstr(up, "10.2.2.77"));
    assert_null(strstr(up, "10.2.2.1/"));
    end(&r);
    after = netns_state();
    assert_string_equal(before, after);
}

/* Somebody else's route stands in the way. */
static void
test_what_the_host_refuses_leaves_packets_where_they_were(void **state)
{
    IkeCpReply reply = { .ip4 = addr("10.2.2.1") };
    Renewed r = tunnel_of(&reply);
    g_autofree char *before = netns_state(), *after = NULL;

    (void)state;
    reply.n_exclude = 1;
    assert_true(prefix_parse("203.0.113.0/24", &reply.exclude[0]));
    netns_do("ip route add throw 203.0.113.0/24 table 44225");
    assert_false(renew(&r, 0x3000, &reply));
    netns_do("ip route del throw 203.0.113.0/24 table 44225");
    assert_int_equal(tunnel_sas(r.t)->n, 1);
    assert_int_equal(tunnel_settings(r.t)->exclude->len, 0);
    after = netns_state();
    assert_string_equal(before, after);
    end(&r);
}

static bool
ipv6_is_blocked(void)
{
    g_autofree char *routes = netns_try("ip -6 route show table 44225");

    return routes && strstr(routes, "unreachable default");
}

/* client-bypass-protocol; a later login may say otherwise. */
static void
test_the_gateway_says_whether_the_other_family_is_blocked(void **state)
{
    IkeCpReply reply = { .ip4 = addr("10.2.2.1") };
    Renewed r = tunnel_of(&reply);

    (void)state;
    assert_true(ipv6_is_blocked());
    assert_string_equal(tunnel_mode(r.t, ADDR_V6), "Drop All Traffic");
    reply.client_bypass = true;
    assert_true(renew(&r, 0x3000, &reply));
    assert_false(ipv6_is_blocked());
    assert_string_equal(tunnel_mode(r.t, ADDR_V6), "Not Available");
    reply.client_bypass = false;
    assert_true(renew(&r, 0x4000, &reply));
    assert_true(ipv6_is_blocked());
    end(&r);
    assert_false(ipv6_is_blocked());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_largest_packet_that_passes_whole_is_the_mtu),
        cmocka_unit_test(test_ipv6_inside_has_1280_octets_whatever_the_path),
        cmocka_unit_test(test_the_same_again_moves_packets_and_touches_nothing),
        cmocka_unit_test(test_another_address_is_changed_at_once),
        cmocka_unit_test(test_what_the_host_refuses_leaves_packets_where_they_were),
        cmocka_unit_test(test_the_gateway_says_whether_the_other_family_is_blocked),
    };

    netns_enter();
    netns_do("ip link add up0 type veth peer name up1");
    netns_do("ip addr add 192.0.2.1/24 dev up0");
    netns_do("ip link set up1 addrgenmode none up");
    netns_do("ip link set up0 addrgenmode none up");
    netns_do("ip route add default via 192.0.2.254");
    return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
