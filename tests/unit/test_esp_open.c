/* test_esp_open.c - agent/esp/esp_open.c: what comes in over one SA */

#include "tests/support/esp_exact.h"
#include "tests/support/hex.h"

/* Published packets. Those of the draft carry next header 1, as in transport mode: they show that
 * the ICV is right by being MALFORMED, which is decided behind it, and by moving the window. */
static const struct {
    const char *source;
    Suite suite;
    const char *key, *wire, *inner;
    uint32_t spi, seq;
    EspStatus status;
} published[] = {
    { "RFC 7634 Appendix A",
      { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      "808182838485868788898a8b8c8d8e8f 909192939495969798999a9b9c9d9e9f a0a1a2a3",
      "01020304 00000005 1011121314151617"
      "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
      "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
      "cbec163fac469b502773f6fb94e664da9165b82829f641e0"
      "76aaa8266b7fb0f7b11b369907e1ad43",
      "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
      "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
      "2425262728292a2b2c2d2e2f3031323334353637",
      0x01020304,
      5,
      ESP_OK },
    { "draft-mcgrew-gcm-test-01 §4, AES-128",
      { .encr = ENCR_AES_GCM_16, .key_bits = 128 },
      "feffe9928665731c6d6a8f9467308308 cafebabe",
      "0000a5f8 0000000a facedbaddecaf888"
      "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"
      "3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1"
      "83b70d3aa8bc6ee4c309e9d85a41ad4a",
      NULL,
      0xa5f8,
      10,
      ESP_MALFORMED },
    { "draft-mcgrew-gcm-test-01 §4, AES-192",
      { .encr = ENCR_AES_GCM_16, .key_bits = 192 },
      "feffe9928665731c6d6a8f9467308308feffe9928665731c cafebabe",
      "0000a5f8 0000000a facedbaddecaf888"
      "a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc77"
      "95457b9652037f5318027b5b4cd7a636",
      NULL,
      0xa5f8,
      10,
      ESP_MALFORMED },
    { "draft-mcgrew-gcm-test-01 §4, AES-256",
      { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
      "abbccddef00112233445566778899aababbccddef00112233445566778899aab 11223344",
      "4a2cbfe3 00000002 0102030405060708"
      "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
      "748a637985771d347f0545659f14e99def842d8e b335f4eecfdbf831824b4c4915956c96",
      NULL,
      0x4a2cbfe3,
      2,
      ESP_MALFORMED },
};

static void
test_published_packets_open(void **state)
{
    Selector all = selector_all(ADDR_V4);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(published); i++) {
        Hex key = hex(published[i].key), wire = hex(published[i].wire);
        Slice k = { key.b, key.len };
        g_autoptr(EspSa) sa = esp_sa_new(&(EspSaSetup){ .spi_in = published[i].spi,
                                                        .spi_out = 256,
                                                        .suite = published[i].suite,
                                                        .key_in = k,
                                                        .key_out = k,
                                                        .local = &all,
                                                        .n_local = 1,
                                                        .remote = &all,
                                                        .n_remote = 1 });
        EspStats stats;
        KitBuf room;
        EspBuf *b = kit_buf(&room, wire.b, wire.len);

        assert_non_null(sa);
        if (esp_sa_open(sa, b, NOW) != published[i].status)
            fail_msg("%s: %s", published[i].source, esp_status_name(b->status));
        esp_sa_stats(sa, &stats);
        assert_int_equal(stats.replay_top, published[i].seq);
        if (published[i].inner) {
            Hex inner = hex(published[i].inner);

            assert_int_equal(b->len, inner.len);
            assert_memory_equal(b->base + b->off, inner.b, inner.len);
        }
    }
}

/* A packet of A's as it stands on the wire, in a buffer of exactly its size. */
typedef struct Wire {
    uint8_t b[KIT_ROOM];
    size_t len;
} Wire;

static Wire
sealed_by(EspSa *a, bool v6, size_t payload)
{
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, v6, payload);
    Wire w = { .len = 0 };
    KitBuf k;
    EspBuf *b = kit_buf(&k, packet, len);

    assert_int_equal(esp_sa_seal(a, b, NOW), ESP_OK);
    w.len = b->len;
    memcpy(w.b, b->base + b->off, b->len);
    return w;
}

static void
test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        g_autoptr(EspSa) a = kit_sa(&kit_suites[i], 'A');
        g_autoptr(EspSa) b = kit_sa(&kit_suites[i], 'B');
        Wire w = sealed_by(a, false, 40);

        for (size_t cut = 0; cut < w.len; cut++) {
            EspStatus st = open_exact(b, w.b, cut);

            assert_true(st == ESP_MALFORMED || st == ESP_FORGED);
        }
        assert_int_equal(open_exact(b, w.b, w.len), ESP_OK); /* nothing above moved the window */
    }
}

static void
test_every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        g_autoptr(EspSa) a = kit_sa(&kit_suites[i], 'A');
        g_autoptr(EspSa) b = kit_sa(&kit_suites[i], 'B');
        Wire w = sealed_by(a, true, 24);

        for (size_t bit = 0; bit < w.len * 8; bit++) {
            EspStatus st;

            w.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            st = open_exact(b, w.b, w.len);
            w.b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (bit < 32)
                assert_int_equal(st, ESP_NO_SA);
            else if (bit >= 56 && bit < 57) /* sequence number 1 -> 0 */
                assert_int_equal(st, ESP_REPLAYED);
            else
                assert_int_equal(st, ESP_FORGED);
        }
        assert_int_equal(open_exact(b, w.b, w.len), ESP_OK);
    }
}

static void
test_a_packet_opens_once(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    g_autoptr(EspSa) b = kit_sa(&kit_suites[0], 'B');
    Wire first = sealed_by(a, false, 1), second = sealed_by(a, false, 1);
    EspStats stats;

    (void)state;
    assert_int_equal(open_exact(b, second.b, second.len), ESP_OK);
    assert_int_equal(open_exact(b, second.b, second.len), ESP_REPLAYED);
    assert_int_equal(open_exact(b, first.b, first.len), ESP_OK); /* late is not replayed */
    assert_int_equal(open_exact(b, first.b, first.len), ESP_REPLAYED);
    for (int i = 0; i < 1024; i++)
        second = sealed_by(a, false, 1);
    assert_int_equal(open_exact(b, second.b, second.len), ESP_OK);
    assert_int_equal(open_exact(b, first.b, first.len), ESP_REPLAYED); /* left of the window */
    esp_sa_stats(b, &stats);
    assert_int_equal(stats.drops[ESP_REPLAYED], 3);
    assert_int_equal(stats.packets_in, 3);
}

/* Authentic packets of a peer that lies: @tail stands behind an inner packet of 20 + 8 octets. */
static void
test_what_is_inside_an_authentic_packet_is_checked(void **state)
{
    static const struct {
        const char *what, *tail;
        int at; /* octet of the inner packet to set, -1: none */
        uint8_t value;
        EspStatus status;
    } rows[] = {
        { "as it should be", "01 02 02 04", -1, 0, ESP_OK },
        { "no padding", "00 04", -1, 0, ESP_OK },
        { "more padding than needed", "01 02 03 04 05 06 06 04", -1, 0, ESP_OK },
        { "TFC padding, RFC 4303 §2.7", "aa bb cc dd ee ff 01 02 02 04", -1, 0, ESP_OK },
        { "TFC padding of zeros", "00000000000000000000 00 04", -1, 0, ESP_OK },
        { "padding that does not count", "01 03 02 04", -1, 0, ESP_MALFORMED },
        { "padding from zero", "00 01 02 04", -1, 0, ESP_MALFORMED },
        { "pad length into the packet", "01 02 09 04", -1, 0, ESP_MALFORMED },
        { "pad length beyond the packet", "ff 04", -1, 0, ESP_MALFORMED },
        { "next header IPv6 before IPv4", "00 29", -1, 0, ESP_MALFORMED },
        { "next header UDP", "00 11", -1, 0, ESP_MALFORMED },
        { "next header 0", "00 00", -1, 0, ESP_MALFORMED },
        { "dummy, RFC 4303 §2.6", "00 3b", -1, 0, ESP_DUMMY },
        { "dummy with any content", "77 66 02 3b", 0, 0xff, ESP_DUMMY },
        { "inner version 5", "00 04", 0, 0x55, ESP_MALFORMED },
        { "inner version 6, next header 4", "00 04", 0, 0x60, ESP_MALFORMED },
        { "inner header length 4", "00 04", 0, 0x44, ESP_MALFORMED },
        { "inner length beyond the packet", "01 02 02 04", 3, 29, ESP_MALFORMED },
        { "inner length into the padding", "01 02 02 04", 3, 30, ESP_MALFORMED },
        { "inner length below its header", "00 04", 3, 19, ESP_MALFORMED },
        { "inner length shorter than sent", "00 04", 3, 24, ESP_OK },
    };
    const KitSuite *s = &kit_suites[0];
    KitKeys keys = kit_keys(s, 'A');
    g_autoptr(EspSa) b = kit_sa(s, 'B');
    EspStats stats;

    (void)state;
    for (uint32_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t plain[256], wire[256];
        size_t len = kit_ip(plain, CLIENT4, SERVER4, 17, 8);
        Hex tail = hex(rows[i].tail);
        EspStatus st;

        if (rows[i].at >= 0)
            plain[rows[i].at] = rows[i].value;
        memcpy(plain + len, tail.b, tail.len);
        len = kit_seal(s, &keys, KIT_SPI_B, i + 1, plain, len + tail.len, wire);
        st = open_exact(b, wire, len);
        if (st != rows[i].status)
            fail_msg("%s: %s", rows[i].what, esp_status_name(st));
        /* It was authentic, so it counts as seen whatever is inside. */
        assert_int_equal(open_exact(b, wire, len), ESP_REPLAYED);
    }
    esp_sa_stats(b, &stats);
    assert_int_equal(stats.replay_top, G_N_ELEMENTS(rows));
    assert_int_equal(stats.drops[ESP_DUMMY], 2);
    assert_int_equal(stats.packets_in, 6);
}

static void
test_an_empty_payload_is_malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        KitKeys keys = kit_keys(s, 'A');
        g_autoptr(EspSa) b = kit_sa(s, 'B');
        uint8_t nothing[16] = { 0 }, wire[128];
        size_t len = kit_seal(s, &keys, KIT_SPI_B, 1, nothing, 0, wire);

        assert_int_equal(open_exact(b, wire, len), ESP_MALFORMED);
        nothing[15] = 4; /* no inner packet, next header IPv4 */
        len = kit_seal(s, &keys, KIT_SPI_B, 2, nothing, 16, wire);
        assert_int_equal(open_exact(b, wire, len), ESP_MALFORMED);
    }
}

static EspSa *
sa_with_window(uint32_t window)
{
    Selector narrow = kit_selector("10.0.0.5"), all = selector_all(ADDR_V4);
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(&kit_suites[0], 'B', &mine, &theirs, &all, 1, &narrow, 1);

    setup.rules.replay_window = window;
    return esp_sa_new(&setup);
}

static void
test_the_window_is_as_wide_as_configured(void **state)
{
    static const uint32_t widths[] = { 0, 64, 100, 1024, 4096 };
    KitKeys keys = kit_keys(&kit_suites[0], 'A');
    uint8_t plain[64], wire[128];
    size_t len = kit_ip(plain, CLIENT4, SERVER4, 17, 10), n;

    (void)state;
    plain[len++] = 0;
    plain[len++] = 4;
    for (size_t i = 0; i < G_N_ELEMENTS(widths); i++) {
        g_autoptr(EspSa) b = sa_with_window(widths[i]);
        uint32_t width = widths[i] ? widths[i] : 1024, top = 10000;
        const struct {
            uint32_t seq;
            EspStatus status;
        } steps[] = { { top, ESP_OK },
                      { top - width, ESP_REPLAYED },
                      { top - width + 1, ESP_OK },
                      { top - width + 1, ESP_REPLAYED },
                      { top, ESP_REPLAYED } };

        for (size_t k = 0; k < G_N_ELEMENTS(steps); k++) {
            n = kit_seal(&kit_suites[0], &keys, KIT_SPI_B, steps[k].seq, plain, len, wire);
            assert_int_equal(open_exact(b, wire, n), steps[k].status);
        }
    }
}

static void
test_without_a_window_packets_may_come_again(void **state)
{
    g_autoptr(EspSa) b = sa_with_window(ESP_REPLAY_OFF);
    KitKeys keys = kit_keys(&kit_suites[0], 'A');
    uint8_t plain[64], wire[128];
    size_t len = kit_ip(plain, CLIENT4, SERVER4, 17, 10), n;
    EspStats stats;

    (void)state;
    plain[len++] = 0;
    plain[len++] = 4;
    for (uint32_t i = 0; i < 3; i++) {
        n = kit_seal(&kit_suites[0], &keys, KIT_SPI_B, 5000 * (i & 1) + 1, plain, len, wire);
        assert_int_equal(open_exact(b, wire, n), ESP_OK);
        wire[n - 1] ^= 1;
        assert_int_equal(open_exact(b, wire, n), ESP_FORGED);
    }
    esp_sa_stats(b, &stats);
    assert_int_equal(stats.packets_in, 3);
}

static void
test_a_window_of_an_impossible_width_is_refused(void **state)
{
    static const uint32_t widths[] = { 1, 63, 4097, UINT32_MAX, ESP_REPLAY_OFF - 1 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(widths); i++)
        assert_null(sa_with_window(widths[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_packets_open),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_a_packet_opens_once),
        cmocka_unit_test(test_what_is_inside_an_authentic_packet_is_checked),
        cmocka_unit_test(test_an_empty_payload_is_malformed),
        cmocka_unit_test(test_the_window_is_as_wide_as_configured),
        cmocka_unit_test(test_without_a_window_packets_may_come_again),
        cmocka_unit_test(test_a_window_of_an_impossible_width_is_refused),
    };

    return cmocka_run_group_tests_name("esp_open", tests, NULL, NULL);
}
