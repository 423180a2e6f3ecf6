/* test_esp_toobig.c - agent/esp/esp_toobig.c */

#include "agent/esp/esp_inner.h"
#include "agent/esp/esp_toobig.h"
#include "tests/support/esp_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define SERVER4 "172.16.1.10"
#define CLIENT4 "10.2.3.1"
#define SERVER6 "2001:db8:1::10"
#define CLIENT6 "2001:db8:2::1"

static uint16_t
u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 1071, slowly: a sound header or message sums up to all ones. */
static void
assert_sums_up(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    assert_int_equal(sum, 0xffff);
}

static void
test_a_sender_of_ipv4_is_told(void **state)
{
    uint8_t packet[KIT_ROOM], told[ESP_TELL_MAX];
    Slice big = { packet, kit_ip(packet, SERVER4, CLIENT4, 6, 1380) };
    size_t len;

    (void)state;
    packet[6] = 0x40; /* DF */
    assert_false(esp_toobig_may_cut(big));
    len = esp_toobig_tell(big, 1238, told);
    assert_int_equal(len, 576); /* RFC 1812 §4.3.2.3 */
    assert_int_equal(u16(told + 2), len);
    assert_int_equal(told[0], 0x45);
    assert_int_equal(told[9], 1);
    assert_memory_equal(told + 12, packet + 16, 4); /* as if the receiver had sent it */
    assert_memory_equal(told + 16, packet + 12, 4);
    assert_sums_up(told, 20, 0);
    assert_memory_equal(told + 20, "\3\4", 2);
    assert_memory_equal(told + 24, "\0\0", 2);
    assert_int_equal(u16(told + 26), 1238); /* RFC 1191 §4 */
    assert_memory_equal(told + 28, packet, len - 28);
    assert_sums_up(told + 20, len - 20, 0);
}

static void
test_a_sender_of_ipv6_is_told(void **state)
{
    uint8_t packet[KIT_ROOM], told[ESP_TELL_MAX];
    Slice big = { packet, kit_ip(packet, SERVER6, CLIENT6, 6, 1400) };
    size_t len;

    (void)state;
    assert_false(esp_toobig_may_cut(big));
    len = esp_toobig_tell(big, 1280, told);
    assert_int_equal(len, 1280); /* RFC 4443 §3.2: no more than IPv6 takes everywhere */
    assert_int_equal(u16(told + 4), len - 40);
    assert_int_equal(told[6], 58);
    assert_memory_equal(told + 8, packet + 24, 16);
    assert_memory_equal(told + 24, packet + 8, 16);
    assert_memory_equal(told + 40, "\2\0", 2);
    assert_int_equal(u16(told + 46), 1280);
    assert_memory_equal(told + 48, packet, len - 48);
    assert_sums_up(told + 8, len - 8, (uint32_t)(len - 40) + 58);
}

static void
test_a_short_packet_is_quoted_whole(void **state)
{
    uint8_t packet[KIT_ROOM], told[ESP_TELL_MAX];
    Slice odd = { packet, kit_ip(packet, SERVER4, CLIENT4, 17, 101) };

    (void)state;
    assert_int_equal(esp_toobig_tell(odd, 68, told), 20 + 8 + 121);
    assert_sums_up(told + 20, 8 + 121, 0);
}

/* RFC 1122 §3.2.2, RFC 4443 §2.4 e. The first octets of the payload decide, or the header. */
static const struct {
    const char *what, *src, *dst;
    uint8_t proto;
    const char *payload;
    uint8_t frag[2];
} untold[] = {
    { "unreachable", SERVER4, CLIENT4, 1, "0301", { 0 } },
    { "source quench", SERVER4, CLIENT4, 1, "0400", { 0 } },
    { "redirect", SERVER4, CLIENT4, 1, "0501", { 0 } },
    { "time exceeded", SERVER4, CLIENT4, 1, "0b00", { 0 } },
    { "parameter problem", SERVER4, CLIENT4, 1, "0c00", { 0 } },
    { "a later fragment", SERVER4, CLIENT4, 17, "0000", { 0x40, 1 } },
    { "to many", SERVER4, "224.0.0.5", 17, "0000", { 0 } },
    { "to everybody", SERVER4, "255.255.255.255", 17, "0000", { 0 } },
    { "from nobody", "0.0.0.0", CLIENT4, 17, "0000", { 0 } },
    { "from many", "239.1.2.3", CLIENT4, 17, "0000", { 0 } },
    { "from this host", "127.0.0.1", CLIENT4, 17, "0000", { 0 } },
    { "ICMPv6: too big itself", SERVER6, CLIENT6, 58, "0200", { 0 } },
    { "ICMPv6: unknown error", SERVER6, CLIENT6, 58, "7f00", { 0 } },
    { "IPv6 to many", SERVER6, "ff02::1", 17, "0000", { 0 } },
    { "IPv6 from nobody", "::", CLIENT6, 17, "0000", { 0 } },
    { "IPv6 from this host", "::1", CLIENT6, 17, "0000", { 0 } },
    { "IPv6, a later fragment", SERVER6, CLIENT6, 44, "1100000800000001", { 0 } },
    { "IPv6, a later fragment of ICMPv6", SERVER6, CLIENT6, 44, "3a00000800000001", { 0 } },
};

static void
test_nobody_is_told_of_what_is_itself_an_error_or_for_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(untold); i++) {
        Hex payload = hex(untold[i].payload);
        uint8_t packet[KIT_ROOM], told[ESP_TELL_MAX];
        size_t len = kit_ip(packet, untold[i].src, untold[i].dst, untold[i].proto, 1380);
        size_t head = packet[0] >> 4 == 4 ? 20 : 40;

        memcpy(packet + head, payload.b, payload.len);
        if (head == 20)
            memcpy(packet + 6, untold[i].frag, 2);
        if (esp_toobig_tell((Slice){ packet, len }, 1280, told) != 0)
            fail_msg("told: %s", untold[i].what);
    }
}

static void
test_questions_are_told_of(void **state)
{
    static const struct {
        const char *src, *dst;
        uint8_t proto, type;
    } asked[] = { { SERVER4, CLIENT4, 1, 8 },
                  { SERVER4, CLIENT4, 1, 0 },
                  { SERVER6, CLIENT6, 58, 128 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
        uint8_t packet[KIT_ROOM], told[ESP_TELL_MAX];
        size_t len = kit_ip(packet, asked[i].src, asked[i].dst, asked[i].proto, 1380);

        packet[packet[0] >> 4 == 4 ? 20 : 40] = asked[i].type;
        assert_true(esp_toobig_tell((Slice){ packet, len }, 1280, told) > 0);
    }
}

static void
test_what_is_no_packet_is_neither_told_nor_cut(void **state)
{
    uint8_t packet[KIT_ROOM], ret[KIT_ROOM];
    size_t len = kit_ip(packet, SERVER4, CLIENT4, 17, 100), at = 0;

    (void)state;
    for (size_t n = 0; n < len; n++) {
        assert_false(esp_toobig_may_cut((Slice){ packet, n }));
        assert_int_equal(esp_toobig_cut((Slice){ packet, n }, 68, &at, ret), 0);
        assert_int_equal(esp_toobig_tell((Slice){ packet, n }, 68, ret), 0);
    }
}

/* The pieces of @packet, put together again as RFC 815 would. */
static void
assert_pieces(Slice packet, size_t mtu)
{
    size_t head = (packet.p[0] & 15u) * 4u, end = packet.len - head, at = 0, seen = 0, len;
    uint16_t first = u16(packet.p + 6);
    uint8_t piece[KIT_ROOM];

    while ((len = esp_toobig_cut(packet, mtu, &at, piece)) > 0) {
        size_t from = (size_t)(u16(piece + 6) & 0x1fff) * 8 - (size_t)(first & 0x1fff) * 8;
        bool last = seen + len - head == end;

        assert_true(len <= mtu && len > head);
        assert_int_equal(u16(piece + 2), len);
        assert_int_equal(from, seen);
        assert_int_equal((u16(piece + 6) & 0x2000) != 0, !last || (first & 0x2000) != 0);
        assert_true(last || (len - head) % 8 == 0);
        assert_memory_equal(piece + 4, packet.p + 4, 2); /* the identification */
        assert_memory_equal(piece + 8, packet.p + 8, 2);
        assert_memory_equal(piece + 12, packet.p + 12, 8);
        assert_memory_equal(piece + head, packet.p + head + seen, len - head);
        assert_sums_up(piece, head, 0);
        seen += len - head;
    }
    assert_int_equal(seen, end);
}

static void
test_a_packet_is_cut_into_pieces_that_fit(void **state)
{
    uint8_t packet[KIT_ROOM];

    (void)state;
    for (size_t payload = 1; payload <= 1480; payload += 13)
        for (size_t mtu = 68; mtu < 1500; mtu += 57) {
            Slice whole = { packet, kit_ip(packet, SERVER4, CLIENT4, 17, payload) };

            assert_true(esp_toobig_may_cut(whole));
            assert_pieces(whole, mtu);
            packet[6] = 0x20; /* it is a piece itself: more follow, and some stand before */
            packet[7] = 200;
            if (payload % 8 == 0)
                assert_pieces(whole, mtu);
        }
}

/* RFC 791 §3.1: record route is not copied, the security option is. */
static void
test_only_options_that_are_copied_stand_in_later_pieces(void **state)
{
    uint8_t packet[KIT_ROOM], piece[KIT_ROOM];
    Slice whole = { packet, kit_ip(packet, SERVER4, CLIENT4, 17, 1000) };
    size_t at = 0;

    (void)state;
    packet[0] = 0x48;
    memcpy(packet + 20, "\x07\x04\x04\x00\x82\x03\xaa\x00\x00\x00\x00\x00", 12);
    assert_int_equal(esp_toobig_cut(whole, 500, &at, piece), 32 + 464);
    assert_memory_equal(piece + 20, packet + 20, 12);
    assert_int_equal(esp_toobig_cut(whole, 500, &at, piece), 32 + 464);
    assert_memory_equal(piece + 20, "\1\1\1\1\x82\x03\xaa\x00", 8);
    assert_pieces(whole, 500);
    memcpy(packet + 20, "\x07\xff\x04\x00", 4); /* one that is longer than there is room */
    at = 464;
    assert_int_equal(esp_toobig_cut(whole, 500, &at, piece), 32 + 464);
    assert_memory_equal(piece + 20, "\1\1\1\1\1\1\1\1\1\1\1\1", 12);
}

static void
test_a_path_that_takes_no_piece_gets_none(void **state)
{
    uint8_t packet[KIT_ROOM], piece[KIT_ROOM];
    Slice whole = { packet, kit_ip(packet, SERVER4, CLIENT4, 17, 1000) };
    size_t at = 0;

    (void)state;
    assert_int_equal(esp_toobig_cut(whole, 27, &at, piece), 0);
    assert_int_equal(esp_toobig_cut(whole, 28, &at, piece), 28);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sender_of_ipv4_is_told),
        cmocka_unit_test(test_a_sender_of_ipv6_is_told),
        cmocka_unit_test(test_a_short_packet_is_quoted_whole),
        cmocka_unit_test(test_nobody_is_told_of_what_is_itself_an_error_or_for_many),
        cmocka_unit_test(test_questions_are_told_of),
        cmocka_unit_test(test_what_is_no_packet_is_neither_told_nor_cut),
        cmocka_unit_test(test_a_packet_is_cut_into_pieces_that_fit),
        cmocka_unit_test(test_only_options_that_are_copied_stand_in_later_pieces),
        cmocka_unit_test(test_a_path_that_takes_no_piece_gets_none),
    };

    return cmocka_run_group_tests_name("esp_toobig", tests, NULL, NULL);
}
