/* test_xfrm_plane.c - agent/link/xfrm_plane.c on a kernel that has ESP, in a network namespace of
 * its own: a case of tests/kernel/run.sh. The kernel is the end A of esp_kit.h and answers pings
 * that come through the tunnel; the test is the other one, and the network. */

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <poll.h>

#include "agent/base/checksum.h"
#include "agent/link/sock_addr.h"
#include "agent/link/xfrm_plane.h"
#include "tests/support/esp_kit.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/xfrm_dev.h"

#define US    "10.0.0.5"
#define US6   "2001:db8::5"
#define THEM  "192.0.2.1"
#define THEM6 "2001:db8:1::1"

enum { PATIENCE_MS = 60000, HEAD4 = 20, HEAD6 = 40, ECHO_HEAD = 8, TRAILER = 2 };

/* Index of kit_suites. */
enum { GCM = 2, CHACHA = 3, CBC = 4 };

static XfrmDev *dev;

typedef struct World {
    UdpSock *natt;
    Plane *plane;
    Endpoint us, peer;
    int fd; /* the peer's */
} World;

/* A packet of ours as the peer opens it. */
typedef struct Heard {
    uint32_t spi, seq;
    uint8_t inner[KIT_ROOM];
    size_t len;
} Heard;

static Endpoint
endpoint(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

static int
socket_at(const char *local)
{
    Endpoint at = endpoint(local);
    SockAddr addr = sock_addr_of(&at);
    int fd = socket(addr.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.len), 0);
    return fd;
}

static void
on_ike(const IkeDatagram *d, void *user)
{
    (void)d;
    (void)user;
    fail_msg("nobody has sent IKE");
}

/* Of the test that runs; the teardown of each ends it, also when it has failed. */
static World w;

static void
world_up(const char *us, const char *peer, const EspRules *rules)
{
    g_autoptr(GError) error = NULL;

    w = (World){ .us = endpoint(us), .peer = endpoint(peer), .fd = socket_at(peer) };
    w.natt = udp_sock_new(&(UdpSockSetup){ .natt = true, .local = w.us }, &error);
    assert_non_null(w.natt);
    w.plane = plane_of_kernel(&(XfrmPlaneSetup){ .if_id = xfrm_dev_if_id(dev),
                                                 .rules = rules ? *rules : (EspRules){ 0 },
                                                 .on_ike = on_ike },
                              w.natt, &error);
    if (!w.plane)
        fail_msg("%s", error->message);
}

static int
world_down(void **state)
{
    (void)state;
    plane_free(w.plane);
    udp_sock_free(w.natt);
    if (w.fd > 0)
        close(w.fd);
    w = (World){ 0 };
    return 0;
}

/* An SA pair of @s; all networks are behind the peer, or only those of @behind. */
static bool
add(const KitSuite *s, uint32_t spi_in, uint32_t spi_out, const char *behind, bool out)
{
    Selector local[] = { kit_selector(US), kit_selector(US6) };
    Selector remote[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    size_t n = behind ? 1 : 2;
    KitKeys mine, theirs;
    EspSaSetup setup;

    if (behind)
        remote[0] = kit_selector(behind);
    setup = kit_setup(s, 'A', &mine, &theirs, local, n, remote, n);
    setup.spi_in = spi_in;
    setup.spi_out = spi_out;
    return plane_add(w.plane, &setup, &w.peer, out);
}

static void
put16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static bool
is_v6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* An echo request to us. Returns its length in @out. */
static size_t
echo_request(uint8_t *out, const char *from, uint16_t id, size_t payload, uint8_t tos)
{
    bool v6 = is_v6(from);
    size_t len =
        kit_ip(out, from, v6 ? US6 : US, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, ECHO_HEAD + payload);
    size_t head = v6 ? HEAD6 : HEAD4, message = len - head;
    uint8_t *icmp = out + head;
    uint64_t sum;

    memset(icmp, 0, ECHO_HEAD);
    icmp[0] = v6 ? 128 : 8;
    put16(icmp + 4, id);
    sum = checksum_sum((Slice){ icmp, message });
    if (v6)
        sum += checksum_sum((Slice){ out + 8, 32 }) + message + IPPROTO_ICMPV6;
    put16(icmp + 2, (uint16_t)~checksum_fold(sum));
    if (v6)
        return len;
    out[1] = tos;
    put16(out + 10, (uint16_t)~checksum_sum((Slice){ out, HEAD4 }));
    return len;
}

/* ---- the peer ---- */

/* Seals @inner as number @seq. Returns its length in @out. */
static size_t
seal(const KitSuite *s, uint32_t spi, uint64_t seq, const uint8_t *inner, size_t len, uint8_t *out)
{
    KitKeys keys = kit_keys(s, 'B');
    size_t block = MAX(s->block, 4), pad = (block - (len + TRAILER) % block) % block;
    uint8_t plain[KIT_ROOM];

    memcpy(plain, inner, len);
    for (size_t i = 0; i < pad; i++)
        plain[len + i] = (uint8_t)(i + 1);
    plain[len + pad] = (uint8_t)pad;
    plain[len + pad + 1] = inner[0] >> 4 == 6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
    return kit_seal(s, &keys, spi, seq, plain, len + pad + TRAILER, out);
}

static void throw(int fd, const uint8_t *packet, size_t len)
{
    SockAddr to = sock_addr_of(&w.us);

    assert_int_equal(sendto(fd, packet, len, 0, (struct sockaddr *)&to.storage, to.len), len);
}

static void
ask(const KitSuite *s, uint32_t spi, uint64_t seq, const char *from, uint16_t id, size_t payload)
{
    uint8_t inner[KIT_ROOM], packet[KIT_ROOM];
    size_t len = echo_request(inner, from, id, payload, 0);

    throw(w.fd, packet, seal(s, spi, seq, inner, len, packet));
}

static void
hear(int fd, const KitSuite *s, Heard *ret)
{
    KitKeys keys = kit_keys(s, 'A');
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    uint8_t packet[KIT_ROOM];
    ssize_t len, got;

    if (poll(&wait, 1, PATIENCE_MS) != 1)
        fail_msg("nothing comes");
    len = recv(fd, packet, sizeof(packet), 0);
    assert_true(len > 8);
    got = kit_open_at(s, &keys, 0, packet, (size_t)len, ret->inner);
    if (got < TRAILER)
        fail_msg("what comes does not open: %zd octets", len);
    ret->spi = ntohl(*(uint32_t *)(void *)packet);
    ret->seq = ntohl(*(uint32_t *)(void *)(packet + 4));
    ret->len = (size_t)got - TRAILER - ret->inner[got - 2];
}

static uint16_t
echo_id(const Heard *h)
{
    const uint8_t *icmp = h->inner + (h->inner[0] >> 4 == 6 ? HEAD6 : HEAD4);

    assert_true(icmp[0] == 0 || icmp[0] == 129);
    return (uint16_t)(icmp[4] << 8 | icmp[5]);
}

/* A ping there and back: whatever was sent before has been handled by then, and if it was answered,
 * then too early. */
static Heard
ping(const KitSuite *s, uint32_t spi, uint64_t seq, const char *from, size_t payload)
{
    static uint16_t last;
    Heard h;

    ask(s, spi, seq, from, ++last, payload);
    hear(w.fd, s, &h);
    assert_int_equal(echo_id(&h), last);
    assert_int_equal(h.len, (is_v6(from) ? HEAD6 : HEAD4) + ECHO_HEAD + payload);
    return h;
}

enum { NOBODY = 7 }; /* id of an echo request that is not answered */

static EspStats
stats(uint32_t spi_in)
{
    EspStats ret;

    assert_true(plane_stats(w.plane, spi_in, &ret));
    return ret;
}

/* ---- what it does ---- */

static void
one_suite(const KitSuite *s)
{
    static const char *const from[] = { THEM, THEM6 };
    static const size_t sizes[] = { 0, 1, 57, 1300 };
    g_autoptr(GError) error = NULL;
    uint64_t octets = 0, seq = 0;
    EspStats got;

    if (!xfrm_plane_can(&s->suite, &(EspRules){ 0 }, &error))
        fail_msg("%s", error->message);
    assert_true(add(s, KIT_SPI_A, KIT_SPI_B, NULL, true));
    for (size_t i = 0; i < G_N_ELEMENTS(from); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(sizes); k++) {
            Heard h = ping(s, KIT_SPI_A, ++seq, from[i], sizes[k]);

            assert_int_equal(h.spi, KIT_SPI_B);
            assert_int_equal(h.seq, seq);
            octets += h.len;
        }
    got = stats(KIT_SPI_A);
    assert_int_equal(got.packets_in, seq);
    assert_int_equal(got.packets_out, seq);
    assert_int_equal(got.octets_in, octets);
    assert_int_equal(got.octets_out, octets);
    assert_int_equal(got.seq_out, seq);
    assert_int_equal(got.replay_top, seq);
    assert_int_equal(got.replay_bits, (1 << seq) - 1);
    assert_true(got.last_in && got.last_out);
    plane_remove(w.plane, KIT_SPI_A);
    assert_false(plane_stats(w.plane, KIT_SPI_A, &got));
}

static void
test_every_suite_passes_both_ways_in_both_families(void **state)
{
    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        for (uint16_t esn = ESN_NO; esn <= ESN_YES; esn++) {
            KitSuite s = kit_suites[i];

            s.suite.esn = esn;
            one_suite(&s);
        }
}

static void
test_ipv6_outside_carries_both_families(void **state)
{

    (void)state;
    world_up("[2001:db8:f::1]:4500", "[2001:db8:f::2]:4500", NULL);
    assert_true(add(&kit_suites[CHACHA], KIT_SPI_A, KIT_SPI_B, NULL, true));
    (void)ping(&kit_suites[CHACHA], KIT_SPI_A, 1, THEM, 100);
    (void)ping(&kit_suites[CHACHA], KIT_SPI_A, 2, THEM6, 1300);
}

static void
test_what_is_refused_is_counted_by_reason(void **state)
{
    const KitSuite *s = &kit_suites[CBC];
    uint8_t inner[KIT_ROOM], packet[KIT_ROOM];
    size_t len;
    EspStats got;

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    assert_true(add(s, KIT_SPI_A, KIT_SPI_B, "192.0.2.0/24", true));
    (void)ping(s, KIT_SPI_A, 10, THEM, 5);
    ask(s, KIT_SPI_A, 10, THEM, NOBODY, 5);           /* again */
    ask(s, KIT_SPI_A + 1, 11, THEM, NOBODY, 5);       /* nobody's */
    ask(s, KIT_SPI_A + 1, 12, THEM, NOBODY, 5);       /* nobody's */
    ask(s, KIT_SPI_A, 13, "198.51.100.1", NOBODY, 5); /* not from behind the peer */
    len = seal(s, KIT_SPI_A, 14, inner, echo_request(inner, THEM, NOBODY, 5, 0), packet);
    packet[len - 1] ^= 1;
    throw(w.fd, packet, len);
    (void)ping(s, KIT_SPI_A, 14, THEM, 5); /* what was forged has not used up its number */
    got = stats(KIT_SPI_A);
    assert_int_equal(got.drops[ESP_REPLAYED], 1);
    assert_int_equal(got.drops[ESP_FORGED], 1);
    assert_int_equal(plane_drops(w.plane, ESP_NO_SA), 2);
    assert_int_equal(plane_drops(w.plane, ESP_SELECTOR), 1);
    assert_int_equal(plane_drops(w.plane, ESP_MALFORMED), 0);
}

/* A second plane begins at nought, whatever the host has counted before. */
static void
test_what_others_have_refused_is_not_ours(void **state)
{

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    for (EspStatus why = ESP_OK + 1; why < ESP_STATUS_N; why++)
        assert_int_equal(plane_drops(w.plane, why), 0);
}

/* The peer is somewhere else now. */
static void
go(const char *peer)
{
    close(w.fd);
    w.fd = socket_at(peer);
    w.peer = endpoint(peer);
}

static void
test_a_window_of_4096_goes_along_when_the_peer_moves(void **state)
{
    const KitSuite *s = &kit_suites[GCM];
    EspStats before, got;
    Heard h;

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", &(EspRules){ .replay_window = 4096 });
    assert_true(add(s, KIT_SPI_A, KIT_SPI_B, NULL, true));
    (void)ping(s, KIT_SPI_A, 5000, THEM, 5);
    (void)ping(s, KIT_SPI_A, 905, THEM, 5); /* 5000 - 4095 */
    ask(s, KIT_SPI_A, 904, THEM, NOBODY, 5);
    ask(s, KIT_SPI_A, 905, THEM, NOBODY, 5);
    h = ping(s, KIT_SPI_A, 4999, THEM, 5);
    before = stats(KIT_SPI_A);
    assert_int_equal(before.drops[ESP_REPLAYED], 2);

    go("127.0.0.3:4501");
    plane_move(w.plane, KIT_SPI_A, &w.peer);
    got = stats(KIT_SPI_A);
    assert_int_equal(got.packets_in, before.packets_in);
    assert_int_equal(got.octets_in, before.octets_in);
    assert_int_equal(got.packets_out, before.packets_out);
    assert_int_equal(got.octets_out, before.octets_out);
    assert_int_equal(got.drops[ESP_REPLAYED], 2);
    assert_int_equal(got.replay_top, 5000);
    assert_int_equal(got.replay_bits, before.replay_bits);
    ask(s, KIT_SPI_A, 905, THEM, NOBODY, 5);
    ask(s, KIT_SPI_A, 5000, THEM, NOBODY, 5);
    ask(s, KIT_SPI_A, 904, THEM, NOBODY, 5);
    assert_true(ping(s, KIT_SPI_A, 906, THEM, 5).seq > h.seq);
    got = stats(KIT_SPI_A);
    assert_int_equal(got.drops[ESP_REPLAYED], 5);
    assert_int_equal(got.packets_in, before.packets_in + 1);
}

/* RFC 4303 §A2.2: the half that is not sent. */
static void
test_long_sequence_numbers_pass_the_end_of_the_half_that_is_sent(void **state)
{
    static const size_t which[] = { GCM, CBC };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(which); i++) {
        KitSuite s = kit_suites[which[i]];

        s.suite.esn = ESN_YES;
        world_up("127.0.0.1:4500", "127.0.0.2:4500", &(EspRules){ .replay_window = 4096 });
        assert_true(add(&s, KIT_SPI_A, KIT_SPI_B, NULL, true));
        (void)ping(&s, KIT_SPI_A, 0xffffe000, THEM, 5);
        (void)ping(&s, KIT_SPI_A, 0xfffffff0, THEM, 5);
        (void)ping(&s, KIT_SPI_A, 0x100000005, THEM, 5);
        assert_int_equal(stats(KIT_SPI_A).replay_top, 0x100000005);
        go("127.0.0.3:4501");
        plane_move(w.plane, KIT_SPI_A, &w.peer);
        assert_int_equal(stats(KIT_SPI_A).replay_top, 0x100000005);
        ask(&s, KIT_SPI_A, 0xfffffff0, THEM, NOBODY, 5);
        ask(&s, KIT_SPI_A, 0x100000005, THEM, NOBODY, 5);
        (void)ping(&s, KIT_SPI_A, 0xfffffff1, THEM, 5); /* of the half before */
        (void)ping(&s, KIT_SPI_A, 0x100000006, THEM, 5);
        assert_int_equal(stats(KIT_SPI_A).drops[ESP_REPLAYED], 2);
        (void)world_down(NULL);
    }
}

static void
test_a_peer_that_sends_from_elsewhere_is_told_of(void **state)
{
    const KitSuite *s = &kit_suites[GCM];
    uint8_t inner[KIT_ROOM], packet[KIT_ROOM];
    int other = socket_at("127.0.0.3:4501");
    size_t len = echo_request(inner, THEM, NOBODY, 5, 0);
    Endpoint from, at = endpoint("127.0.0.3:4501");
    Heard h;

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    assert_true(add(s, KIT_SPI_A, KIT_SPI_B, NULL, true));
    (void)ping(s, KIT_SPI_A, 1, THEM, 5);
    assert_false(plane_strayed(w.plane, KIT_SPI_A, &from));
    len = seal(s, KIT_SPI_A, 2, inner, len, packet);
    packet[len - 1] ^= 1;
    throw(other, packet, len); /* from anybody */
    (void)ping(s, KIT_SPI_A, 3, THEM, 5);
    assert_false(plane_strayed(w.plane, KIT_SPI_A, &from));
    packet[len - 1] ^= 1;
    throw(other, packet, len);
    hear(w.fd, s, &h); /* until it is told to move, we answer where the peer was */
    assert_int_equal(echo_id(&h), NOBODY);
    assert_true(plane_strayed(w.plane, KIT_SPI_A, &from));
    assert_true(endpoint_equal(&from, &at));
    plane_move(w.plane, KIT_SPI_A, &from);
    assert_false(plane_strayed(w.plane, KIT_SPI_A, &from));
    close(w.fd);
    w.fd = other;
    w.peer = at;
    (void)ping(s, KIT_SPI_A, 4, THEM, 5);
}

static void
assert_nothing_of(const char *list)
{
    g_autofree char *out = netns_run(list);

    assert_string_equal(out, "");
}

/* RFC 7296 §2.8: both receive, packets go out over the one that is told. */
static void
test_a_new_pair_takes_over_when_it_is_told_to(void **state)
{
    const KitSuite *old = &kit_suites[GCM], *next = &kit_suites[CBC];
    Heard h;

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    assert_true(add(old, KIT_SPI_A, KIT_SPI_B, NULL, true));
    assert_true(add(next, KIT_SPI_A + 1, KIT_SPI_B + 1, NULL, false));
    assert_false(add(next, KIT_SPI_A + 1, KIT_SPI_B + 2, NULL, false));
    assert_int_equal(ping(old, KIT_SPI_A, 1, THEM, 5).spi, KIT_SPI_B);
    ask(next, KIT_SPI_A + 1, 1, THEM6, NOBODY, 5);
    hear(w.fd, old, &h);
    assert_int_equal(h.spi, KIT_SPI_B);
    plane_out(w.plane, KIT_SPI_A + 1);
    assert_int_equal(ping(next, KIT_SPI_A + 1, 2, THEM, 5).spi, KIT_SPI_B + 1);
    ask(old, KIT_SPI_A, 2, THEM, NOBODY, 5);
    hear(w.fd, next, &h);
    assert_int_equal(h.spi, KIT_SPI_B + 1);
    plane_remove(w.plane, KIT_SPI_A);
    ask(old, KIT_SPI_A, 3, THEM, NOBODY, 5);
    assert_int_equal(ping(next, KIT_SPI_A + 1, 3, THEM6, 5).spi, KIT_SPI_B + 1);
    /* with nothing in its place it is the last */
    plane_remove(w.plane, KIT_SPI_A + 1);
    assert_nothing_of("ip xfrm state list");
    assert_nothing_of("ip xfrm policy list");
}

/* ---- the outer header ---- */

typedef struct Outer {
    bool df;
    uint8_t tos;
} Outer;

/* The next outer packet to the peer, as the wire has it. */
static Outer
see(int tap)
{
    for (;;) {
        struct pollfd wait = { .fd = tap, .events = POLLIN };
        uint8_t p[KIT_ROOM];

        if (poll(&wait, 1, PATIENCE_MS) != 1)
            fail_msg("nothing leaves");
        if (recv(tap, p, sizeof(p), 0) > HEAD4 && p[9] == IPPROTO_UDP &&
            memcmp(p + 16, w.peer.addr.b, 4) == 0)
            return (Outer){ .df = p[6] & 0x40, .tos = p[1] };
    }
}

/* A datagram of ours into the tunnel. */
static Outer
outer_of(int tap, int discover, int tos)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
    int fd = socket_at(US ":5000");
    Outer ret;
    Heard h;

    assert_int_equal(inet_pton(AF_INET, THEM, &to.sin_addr), 1);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover)), 0);
    assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)), 0);
    assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
    ret = see(tap);
    hear(w.fd, &kit_suites[GCM], &h);
    assert_int_equal(h.inner[1], tos);
    assert_int_equal(h.inner[6] & 0x40, discover == IP_PMTUDISC_DO ? 0x40 : 0);
    close(fd);
    return ret;
}

static int
tap_open(void)
{
    struct sockaddr_ll lo = { .sll_family = AF_PACKET,
                              .sll_protocol = htons(ETH_P_IP),
                              .sll_ifindex = 1 };
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IP));

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&lo, sizeof(lo)), 0);
    return fd;
}

static void
test_df_and_dscp_are_as_the_rules_say(void **state)
{
    static const struct {
        EspRules rules;
        bool df;
        int tos;
    } rows[] = {
        { { .df = ESP_DF_COPY }, true, 0xb8 },
        { { .df = ESP_DF_SET, .dscp = ESP_DSCP_ZERO }, true, 0 },
        { { .df = ESP_DF_CLEAR }, false, 0xb8 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        int tap = tap_open();
        Outer o;

        world_up("127.0.0.1:4500", "127.0.0.2:4500", &rows[i].rules);
        assert_true(add(&kit_suites[GCM], KIT_SPI_A, KIT_SPI_B, NULL, true));
        o = outer_of(tap, IP_PMTUDISC_DO, 0xb8);
        assert_int_equal(o.df, rows[i].df);
        assert_int_equal(o.tos, rows[i].tos);
        o = outer_of(tap, IP_PMTUDISC_DONT, 0xba); /* ECT(0) shows in any case */
        assert_false(o.df);
        assert_int_equal(o.tos, rows[i].tos | 2);
        (void)world_down(NULL);
        close(tap);
    }
}

/* RFC 6040 §4.2, but for a sender that knows no marks: the kernel lets its packet pass. */
static void
test_congestion_on_the_way_is_told_inside(void **state)
{
    static const uint8_t rows[][2] = { { 2, 3 }, { 1, 3 }, { 0, 0 }, { 3, 3 } };
    uint8_t inner[KIT_ROOM], packet[KIT_ROOM];
    const KitSuite *s = &kit_suites[GCM];
    int marked = 3;
    Heard h;

    (void)state;
    world_up("127.0.0.1:4500", "127.0.0.2:4500", NULL);
    assert_true(add(s, KIT_SPI_A, KIT_SPI_B, NULL, true));
    assert_int_equal(setsockopt(w.fd, IPPROTO_IP, IP_TOS, &marked, sizeof(marked)), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t len = echo_request(inner, THEM, NOBODY, 5, rows[i][0]);

        throw(w.fd, packet, seal(s, KIT_SPI_A, i + 1, inner, len, packet));
        hear(w.fd, s, &h);
        assert_int_equal(h.inner[1], rows[i][1]); /* the answer to a ping has its TOS */
    }
}

/* ---- the namespace ---- */

static char *dir;

static void
ip(const char *words)
{
    g_autofree char *command = g_strdup_printf("ip %s dev %s", words, xfrm_dev_name(dev));

    netns_do(command);
}

static int
make_inside(void **state)
{
    g_autofree char *journal = NULL;
    g_autoptr(GError) error = NULL;

    (void)state;
    dir = g_dir_make_tmp("acclient.XXXXXX", NULL);
    journal = g_build_filename(dir, "xfrm.journal", NULL);
    dev = xfrm_dev_open("acc", XFRM_DEV_AGENT, journal, &error);
    if (!dev)
        fail_msg("%s", error->message);
    ip("addr add " US "/32");
    ip("addr add " US6 "/128 nodad");
    ip("link set mtu 1400 up");
    ip("route add default");
    ip("-6 route add default");
    netns_await("ip -6 route show table local", US6);
    return 0;
}

static int
remove_inside(void **state)
{
    (void)state;
    xfrm_dev_free(dev);
    assert_int_equal(rmdir(dir), 0); /* the journal went with the interface */
    g_free(dir);
    return 0;
}

#define CASE(name) cmocka_unit_test_teardown(name, world_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_every_suite_passes_both_ways_in_both_families),
        CASE(test_ipv6_outside_carries_both_families),
        CASE(test_what_is_refused_is_counted_by_reason),
        CASE(test_what_others_have_refused_is_not_ours),
        CASE(test_a_window_of_4096_goes_along_when_the_peer_moves),
        CASE(test_long_sequence_numbers_pass_the_end_of_the_half_that_is_sent),
        CASE(test_a_peer_that_sends_from_elsewhere_is_told_of),
        CASE(test_a_new_pair_takes_over_when_it_is_told_to),
        CASE(test_df_and_dscp_are_as_the_rules_say),
        CASE(test_congestion_on_the_way_is_told_inside),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 2001:db8:f::1/128 dev lo nodad");
    netns_do("ip addr add 2001:db8:f::2/128 dev lo nodad");
    netns_await("ip -6 route show table local", "2001:db8:f::2");
    return cmocka_run_group_tests(tests, make_inside, remove_inside);
}
