/* test_esp_inner.c - agent/esp/esp_inner.c */

#include "agent/esp/esp_inner.h"
#include "tests/support/esp_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define V4_ADDRS "0a000001 0a000002"
#define V6_ADDRS "20010db8000000000000000000000001 20010db8000000000000000000000002"

/* Headers are written out by hand from RFC 791 §3.1 and RFC 8200 §3, §4. */
static const struct {
    const char *what, *wire;
    uint8_t family;
    uint32_t len;
    uint8_t proto;
    bool has_ports;
    uint16_t src_port, dst_port;
} good[] = {
    { "UDP", "4500001c 00010000 40110000 " V4_ADDRS " 1388 0035 0008 0000", ADDR_V4, 28, 17, true,
      5000, 53 },
    { "TCP behind options (IHL 6)",
      "46000020 00010000 40060000 " V4_ADDRS " 01010100 01bb1f90 00000000", ADDR_V4, 32, 6, true,
      443, 8080 },
    { "ICMP echo request: type and code",
      "4500001c 00010000 40010000 " V4_ADDRS " 0800 f7ff 00000000", ADDR_V4, 28, 1, true, 0x0800,
      0x0800 },
    { "a first fragment has ports", "4500001c 00012000 40110000 " V4_ADDRS " 1388 0035 0008 0000",
      ADDR_V4, 28, 17, true, 5000, 53 },
    { "a later fragment has none", "4500001c 00010010 40110000 " V4_ADDRS " 1388 0035 0008 0000",
      ADDR_V4, 28, 17, false, 0, 0 },
    { "no payload at all", "45000014 00010000 40110000 " V4_ADDRS, ADDR_V4, 20, 17, false, 0, 0 },
    { "GRE has no ports", "45000018 00010000 402f0000 " V4_ADDRS " 00000800", ADDR_V4, 24, 47,
      false, 0, 0 },
    { "octets behind the packet", "45000014 00010000 40060000 " V4_ADDRS " ffffffff", ADDR_V4, 20,
      6, false, 0, 0 },
    { "IPv6 UDP", "60000000 0008 1140 " V6_ADDRS " 1388 0035 0008 0000", ADDR_V6, 48, 17, true,
      5000, 53 },
    { "ICMPv6", "60000000 0008 3a40 " V6_ADDRS " 8700 0000 00000000", ADDR_V6, 48, 58, true, 0x8700,
      0x8700 },
    { "behind hop-by-hop and destination options",
      "60000000 0018 0040 " V6_ADDRS " 3c00 010400000000 0600 010400000000 01bb1f90 00000000",
      ADDR_V6, 64, 6, true, 443, 8080 },
    { "a long option header (16 octets)",
      "60000000 0018 3c40 " V6_ADDRS " 1101 010c 000000000000000000000000 1388003500080000",
      ADDR_V6, 64, 17, true, 5000, 53 },
    { "first fragment", "60000000 0010 2c40 " V6_ADDRS " 11000001 00000007 1388 0035 0008 0000",
      ADDR_V6, 56, 17, true, 5000, 53 },
    { "later fragment", "60000000 0010 2c40 " V6_ADDRS " 11000010 00000007 1388 0035 0008 0000",
      ADDR_V6, 56, 17, false, 0, 0 },
    { "an option header that is cut", "60000000 0004 0040 " V6_ADDRS " 11ff0000", ADDR_V6, 44, 0,
      false, 0, 0 },
};

static void
test_good_packets_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex h = hex(good[i].wire);
        g_autofree uint8_t *exact = g_memdup2(h.b, h.len);
        Slice packet = { exact, h.len };
        EspInner inner;

        if (!esp_inner_decode(packet, &inner))
            fail_msg("%s", good[i].what);
        esp_inner_upper(&inner);
        if (inner.proto != good[i].proto || inner.has_ports != good[i].has_ports)
            fail_msg("%s: protocol %u, ports %d", good[i].what, inner.proto, inner.has_ports);
        assert_int_equal(inner.family, good[i].family);
        assert_int_equal(inner.len, good[i].len);
        if (inner.has_ports) {
            assert_int_equal(inner.src_port, good[i].src_port);
            assert_int_equal(inner.dst_port, good[i].dst_port);
        }
        if (inner.family == ADDR_V4) {
            assert_int_equal(inner.src.lo, 0x0a000001);
            assert_int_equal(inner.dst.lo, 0x0a000002);
        } else {
            assert_true(inner.src.hi == UINT64_C(0x20010db800000000) && inner.src.lo == 1);
            assert_true(inner.dst.hi == UINT64_C(0x20010db800000000) && inner.dst.lo == 2);
        }
    }
}

/* A packet claims its own length: every cut of it is refused, and nothing behind it is read. */
static void
test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex h = hex(good[i].wire);

        for (size_t cut = 0; cut < good[i].len; cut++) {
            g_autofree uint8_t *exact = g_memdup2(h.b, cut);
            EspInner inner = { .family = 99 };

            assert_false(esp_inner_decode((Slice){ exact, cut }, &inner));
            assert_int_equal(inner.family, 99);
        }
    }
}

static void
test_bad_headers_are_refused(void **state)
{
    static const struct {
        const char *what, *wire;
    } bad[] = {
        { "version 5", "55000014 00010000 40110000 " V4_ADDRS },
        { "version 0", "05000014 00010000 40110000 " V4_ADDRS },
        { "IHL below 5", "44000014 00010000 40110000 " V4_ADDRS },
        { "IHL beyond the total length", "4f000014 00010000 40110000 " V4_ADDRS },
        { "total length below the header", "45000013 00010000 40110000 " V4_ADDRS },
        { "total length 0", "45000000 00010000 40110000 " V4_ADDRS },
        { "total length beyond the packet", "45000015 00010000 40110000 " V4_ADDRS },
        { "IPv6 payload beyond the packet", "60000000 0001 1140 " V6_ADDRS },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex h = hex(bad[i].wire);
        EspInner inner;

        if (esp_inner_decode((Slice){ h.b, h.len }, &inner))
            fail_msg("%s", bad[i].what);
    }
}

static void
test_ranges_keep_families_apart(void **state)
{
    Selector all4 = selector_all(ADDR_V4), all6 = selector_all(ADDR_V6);
    EspRange r4 = esp_range_of(&all4), r6 = esp_range_of(&all6);
    EspAddr ten = { .lo = 0x0a000001 };

    (void)state;
    assert_true(esp_range_has(&r4, ADDR_V4, ten));
    assert_false(esp_range_has(&r4, ADDR_V6, ten));
    assert_false(esp_range_has(&r6, ADDR_V4, ten));
    assert_true(r6.last.hi == UINT64_MAX && r6.last.lo == UINT64_MAX);
    assert_true(r4.any_upper && r6.any_upper);
    assert_false(esp_range_is_host(&r4));
}

static void
test_a_range_includes_both_ends(void **state)
{
    Selector s = selector_all(ADDR_V4);
    EspAddr below = { .lo = 0x0a0000ff }, first = { .lo = 0x0a000100 }, last = { .lo = 0x0a0001ff },
            above = { .lo = 0x0a000200 };

    (void)state;
    assert_true(addr_parse("10.0.1.0", &s.first) && addr_parse("10.0.1.255", &s.last));
    EspRange r = esp_range_of(&s);

    assert_false(esp_range_has(&r, ADDR_V4, below));
    assert_true(esp_range_has(&r, ADDR_V4, first));
    assert_true(esp_range_has(&r, ADDR_V4, last));
    assert_false(esp_range_has(&r, ADDR_V4, above));
}

/* TCP: RFC 9293 §3.1; echo requests: RFC 792, RFC 4443 §4.1. */
static void
test_who_must_be_answered(void **state)
{
    static const struct {
        const char *src, *dst;
        uint8_t proto;
        uint8_t payload[20];
        bool asks;
    } rows[] = {
        { "10.0.0.5", "192.0.2.1", 6, { 0x30, 1, 0, 22, [13] = 0x10 }, true },
        { "10.0.0.5", "192.0.2.1", 6, { 0x30, 1, 0, 22, [13] = 0x04 }, false }, /* a reset */
        { "2001:db8::5", "2001:db8::1", 6, { 0x30, 1, 0, 22, [13] = 0x02 }, true },
        { "2001:db8::5", "2001:db8::1", 6, { 0x30, 1, 0, 22, [13] = 0x14 }, false },
        { "10.0.0.5", "192.0.2.1", 17, { 0x30, 1, 0, 53 }, true },
        { "10.0.0.5", "192.0.2.1", 17, { 0, 53, 0x30, 1 }, false }, /* an answer */
        { "10.0.0.5", "192.0.2.1", 17, { 0x30, 1, 2, 2 }, false },  /* syslog */
        { "10.0.0.5", "192.0.2.1", 1, { 8, 0 }, true },
        { "10.0.0.5", "192.0.2.1", 1, { 0, 0 }, false },
        { "2001:db8::5", "2001:db8::1", 58, { 128, 0 }, true },
        { "2001:db8::5", "2001:db8::1", 58, { 135, 0 }, false },
        { "10.0.0.5", "192.0.2.1", 47, { 8, 0 }, false },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t packet[128];
        size_t len = kit_ip(packet, rows[i].src, rows[i].dst, rows[i].proto, 20);
        EspInner inner = { 0 };

        memcpy(packet + len - 20, rows[i].payload, 20);
        assert_true(esp_inner_decode((Slice){ packet, len }, &inner));
        assert_int_equal(esp_inner_asks(inner.packet, inner.family), rows[i].asks);
        len = kit_ip(packet, rows[i].src, rows[i].dst, rows[i].proto, 0);
        assert_true(esp_inner_decode((Slice){ packet, len }, &inner));
        assert_false(esp_inner_asks(inner.packet, inner.family)); /* a head alone */
    }
}

/* The few steps that most packets take, and those of any packet, whatever stands in it. */
static void
test_both_ways_to_tell_who_must_be_answered_agree(void **state)
{
    static const uint8_t protos[] = { 0, 1, 6, 17, 44, 58, 132 };
    static const char *const dsts[] = { "192.0.2.1", "2001:db8::1" };
    static const char *const srcs[] = { "10.0.0.5", "2001:db8::5" };
    g_autoptr(GRand) rand = g_rand_new_with_seed(7);

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t packet[128];
        int v6 = g_rand_boolean(rand);
        size_t len =
            kit_ip(packet, srcs[v6], dsts[v6], protos[g_rand_int_range(rand, 0, sizeof(protos))],
                   (size_t)g_rand_int_range(rand, 0, 48));
        EspInner inner;

        for (size_t k = v6 ? 40 : 20; k < len; k++)
            packet[k] = g_rand_boolean(rand) ? 0 : (uint8_t)g_rand_int_range(rand, 0, 64);
        if (!v6 && len >= 24 && g_rand_int_range(rand, 0, 4) == 0)
            packet[0] = 0x46; /* an option */
        if (!v6 && g_rand_int_range(rand, 0, 4) == 0)
            packet[7] = (uint8_t)g_rand_int_range(rand, 0, 3); /* a later fragment */
        assert_true(esp_inner_decode((Slice){ packet, len }, &inner));
        assert_int_equal(esp_inner_asks(inner.packet, inner.family),
                         esp_inner_asks_any(inner.packet, inner.family));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_packets_are_read),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_bad_headers_are_refused),
        cmocka_unit_test(test_ranges_keep_families_apart),
        cmocka_unit_test(test_a_range_includes_both_ends),
        cmocka_unit_test(test_who_must_be_answered),
        cmocka_unit_test(test_both_ways_to_tell_who_must_be_answered_agree),
    };

    return cmocka_run_group_tests_name("esp_inner", tests, NULL, NULL);
}
