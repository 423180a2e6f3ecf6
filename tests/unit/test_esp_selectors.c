/* test_esp_selectors.c - agent/esp/esp_sa.c: what its traffic selectors let pass (RFC 4301 §5) */

#include "tests/support/esp_exact.h"

/* RFC 4301 §5.1, §5.2: what is outside the selectors goes neither out nor in. */
static void
test_addresses_outside_the_selectors_are_refused(void **state)
{
    static const struct {
        const char *src, *dst;
        EspStatus out;
    } rows[] = {
        { CLIENT4, SERVER4, ESP_OK },          { CLIENT6, SERVER6, ESP_OK },
        { "10.0.0.6", SERVER4, ESP_SELECTOR }, { "2001:db8::6", SERVER6, ESP_SELECTOR },
        { SERVER4, CLIENT4, ESP_SELECTOR },    { "10.0.0.4", SERVER4, ESP_SELECTOR },
        { "::a00:5", SERVER6, ESP_SELECTOR },  { "::ffff:10.0.0.5", SERVER6, ESP_SELECTOR },
    };
    const KitSuite *s = &kit_suites[0];
    KitKeys keys = kit_keys(s, 'A');
    g_autoptr(EspSa) a = kit_sa(s, 'A');
    g_autoptr(EspSa) b = kit_sa(s, 'B');

    (void)state;
    for (uint32_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t plain[KIT_ROOM], wire[KIT_ROOM];
        size_t len = kit_ip(plain, rows[i].src, rows[i].dst, 17, 2);

        assert_int_equal(seal_packet(a, plain, len), rows[i].out);
        /* The same packet from a peer that does not keep its own selectors. */
        plain[len] = 0;
        plain[len + 1] = plain[0] >> 4 == 4 ? 4 : 41;
        len = kit_seal(s, &keys, KIT_SPI_B, i + 1, plain, len + 2, wire);
        assert_int_equal(open_exact(b, wire, len), rows[i].out);
    }
}

static EspSa *
sa_with(Selector local, Selector remote)
{
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], 'A', &mine, &theirs, &local, 1, &remote, 1);

    return esp_sa_new(&setup);
}

static EspStatus
seal_udp(EspSa *sa, uint8_t proto, uint16_t src_port, uint16_t dst_port, bool later_fragment)
{
    uint8_t packet[64];
    size_t len = kit_ip(packet, CLIENT4, SERVER4, proto, 8);

    packet[7] = later_fragment;
    packet[20] = (uint8_t)(src_port >> 8);
    packet[21] = (uint8_t)src_port;
    packet[22] = (uint8_t)(dst_port >> 8);
    packet[23] = (uint8_t)dst_port;
    return seal_packet(sa, packet, len);
}

static void
test_protocol_and_ports_are_selectors_too(void **state)
{
    Selector local = kit_selector(CLIENT4), remote = kit_selector("0.0.0.0/0");

    (void)state;
    remote.proto = 17;
    remote.port_first = 53;
    remote.port_last = 55;
    g_autoptr(EspSa) dns = sa_with(local, remote);

    assert_int_equal(seal_udp(dns, 17, 5000, 53, false), ESP_OK);
    assert_int_equal(seal_udp(dns, 17, 5000, 55, false), ESP_OK);
    assert_int_equal(seal_udp(dns, 17, 5000, 56, false), ESP_SELECTOR);
    assert_int_equal(seal_udp(dns, 17, 53, 5000, false), ESP_SELECTOR);
    assert_int_equal(seal_udp(dns, 6, 5000, 53, false), ESP_SELECTOR);
    assert_int_equal(seal_udp(dns, 17, 5000, 53, true), ESP_SELECTOR);

    remote.port_first = 0;
    remote.port_last = UINT16_MAX;
    g_autoptr(EspSa) udp = sa_with(local, remote);

    assert_int_equal(seal_udp(udp, 17, 5000, 53, true), ESP_OK);
    assert_int_equal(seal_udp(udp, 6, 5000, 53, false), ESP_SELECTOR);

    remote.port_first = UINT16_MAX; /* OPAQUE, RFC 7296 §3.13.1 */
    remote.port_last = 0;
    g_autoptr(EspSa) opaque = sa_with(local, remote);

    assert_int_equal(seal_udp(opaque, 17, 5000, 53, true), ESP_OK);
    assert_int_equal(seal_udp(opaque, 17, 5000, 53, false), ESP_SELECTOR);
}

/* @chain: extension headers of 8 octets each, the first of the kind @first; behind them UDP to
 * port 53. */
static EspStatus
seal_behind(EspSa *sa, uint8_t first, const uint8_t (*chain)[8], size_t n)
{
    static const uint8_t dns[] = { 0x13, 0x88, 0, 53, 0, 8, 0, 0 };
    uint8_t packet[256];
    size_t len = kit_ip(packet, CLIENT6, SERVER6, n ? first : 17, n * 8 + sizeof(dns));

    for (size_t i = 0; i < n; i++)
        memcpy(packet + 40 + 8 * i, chain[i], 8);
    memcpy(packet + len - sizeof(dns), dns, sizeof(dns));
    return seal_packet(sa, packet, len);
}

/* RFC 4301 §4.4.1.1: a port that cannot be seen is none of those that are let pass. */
static void
test_ports_that_hide_are_refused_where_they_count(void **state)
{
    static const uint8_t first_fragment[][8] = { { 17, 0, 0, 1 } };
    static const uint8_t later_fragment[][8] = { { 17, 0, 0, 9 } };
    static const uint8_t too_long[][8] = { { 17, 255 } };
    Selector local = kit_selector(CLIENT6), remote = kit_selector("::/0");
    uint8_t options[8][8] = { 0 };

    (void)state;
    remote.proto = 17;
    remote.port_first = remote.port_last = 53;
    g_autoptr(EspSa) dns = sa_with(local, remote);

    for (size_t n = 0; n <= G_N_ELEMENTS(options); n++) {
        if (n > 1)
            options[n - 2][0] = 60;
        if (n > 0)
            options[n - 1][0] = 17;
        assert_int_equal(seal_behind(dns, 60, options, n),
                         n < G_N_ELEMENTS(options) ? ESP_OK : ESP_SELECTOR);
    }
    assert_int_equal(seal_behind(dns, 44, first_fragment, 1), ESP_OK);
    assert_int_equal(seal_behind(dns, 44, later_fragment, 1), ESP_SELECTOR);
    assert_int_equal(seal_behind(dns, 60, too_long, 1), ESP_SELECTOR);
    assert_int_equal(seal_behind(dns, 50, first_fragment, 1), ESP_SELECTOR); /* encrypted */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_outside_the_selectors_are_refused),
        cmocka_unit_test(test_protocol_and_ports_are_selectors_too),
        cmocka_unit_test(test_ports_that_hide_are_refused_where_they_count),
    };

    return cmocka_run_group_tests_name("esp_selectors", tests, NULL, NULL);
}
