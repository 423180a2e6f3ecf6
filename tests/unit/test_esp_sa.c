/* test_esp_sa.c - agent/esp/esp_sa.c */

#include "agent/esp/esp_sa.h"
#include "tests/support/esp_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define CLIENT4 "10.0.0.5"
#define CLIENT6 "2001:db8::5"
#define SERVER4 "192.0.2.1"
#define SERVER6 "2001:db8:1::1"

enum { NOW = 77 };

static size_t
client_packet(uint8_t *out, bool v6, size_t payload)
{
    return v6 ? kit_ip(out, CLIENT6, SERVER6, 17, payload)
              : kit_ip(out, CLIENT4, SERVER4, 17, payload);
}

static void
round_trip(const KitSuite *s, EspSa *a, EspSa *b, bool v6, size_t payload)
{
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, v6, payload), overhead = esp_sa_overhead(a, len);
    KitBuf k;
    EspBuf *buf = kit_buf(&k, packet, len);

    if (esp_sa_seal(a, buf, NOW) != ESP_OK)
        fail_msg("%s: sealing %zu octets: %s", s->name, len, esp_status_name(buf->status));
    assert_int_equal(buf->len, len + overhead);
    assert_int_equal(esp_overhead(&s->suite, len), overhead);
    assert_int_equal((buf->len - 8 - s->iv - s->icv) % 4, 0); /* RFC 4303 §2.4 */
    if (esp_sa_open(b, buf, NOW + 1) != ESP_OK)
        fail_msg("%s: opening %zu octets: %s", s->name, len, esp_status_name(buf->status));
    assert_int_equal(buf->len, len);
    assert_memory_equal(buf->base + buf->off, packet, len);
}

static void
test_every_suite_round_trips_both_families_and_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        g_autoptr(EspSa) a = kit_sa(&kit_suites[i], 'A');
        g_autoptr(EspSa) b = kit_sa(&kit_suites[i], 'B');

        if (!a || !b)
            fail_msg("%s is missing", kit_suites[i].name);
        for (size_t payload = 0; payload < 70; payload++) {
            round_trip(&kit_suites[i], a, b, false, payload);
            round_trip(&kit_suites[i], a, b, true, payload);
        }
        round_trip(&kit_suites[i], a, b, false, 1380);
    }
}

static void
test_counters_tell_what_passed(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    g_autoptr(EspSa) b = kit_sa(&kit_suites[0], 'B');
    EspStats out, in;

    (void)state;
    round_trip(&kit_suites[0], a, b, false, 10);
    round_trip(&kit_suites[0], a, b, true, 10);
    esp_sa_stats(a, &out);
    esp_sa_stats(b, &in);
    assert_int_equal(out.packets_out, 2);
    assert_int_equal(out.octets_out, 20 + 10 + 40 + 10);
    assert_int_equal(out.packets_in, 0);
    assert_int_equal(out.last_out, NOW);
    assert_int_equal(out.last_in, 0);
    assert_int_equal(out.seq_out, 2);
    assert_int_equal(in.packets_in, 2);
    assert_int_equal(in.octets_in, 80);
    assert_int_equal(in.last_in, NOW + 1);
    assert_int_equal(in.replay_top, 2);
    assert_int_equal(in.replay_bits, 3);
}

/* RFC 4303 §2.4: padding is 1, 2, 3 ..., and here as little as alignment asks; §2.6: next header 4
 * or 41; RFC 4106 §3.1: the IV of a counter mode must not repeat, ours is the sequence number. */
static void
test_a_second_implementation_opens_what_we_seal(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        KitKeys keys = kit_keys(s, 'A');
        g_autoptr(EspSa) a = kit_sa(s, 'A');
        size_t align = MAX(s->block, 4u);

        for (uint32_t n = 1; n <= 40; n++) {
            uint8_t packet[KIT_ROOM], plain[KIT_ROOM];
            bool v6 = n % 2;
            size_t len = client_packet(packet, v6, n);
            size_t pad = (align - (len + 2) % align) % align;
            KitBuf k;
            EspBuf *buf = kit_buf(&k, packet, len);
            const uint8_t *wire;

            assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
            wire = buf->base + buf->off;
            assert_memory_equal(wire, "\x00\x02\x00\x2b\x00\x00\x00", 7); /* KIT_SPI_B */
            assert_int_equal(wire[7], n);
            if (!s->digest)
                assert_memory_equal(wire + 8, ((uint8_t[8]){ [7] = (uint8_t)n }), 8);
            assert_int_equal(kit_open(s, &keys, wire, buf->len, plain), len + pad + 2);
            assert_memory_equal(plain, packet, len);
            for (size_t p = 0; p < pad; p++)
                assert_int_equal(plain[len + p], p + 1);
            assert_int_equal(plain[len + pad], pad);
            assert_int_equal(plain[len + pad + 1], v6 ? 41 : 4);
        }
    }
}

/* RFC 3602 §3: the IV of CBC is not to be foretold; at the least it never shows a pattern such as
 * repetition, also beyond the pool it is drawn from. */
static void
test_no_cbc_iv_comes_twice(void **state)
{
    const KitSuite *s = &kit_suites[5];
    g_autoptr(EspSa) a = kit_sa(s, 'A');
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);

    (void)state;
    assert_string_equal(s->name, "AES-CBC-256/SHA1_96");
    for (int i = 0; i < 1000; i++) {
        KitBuf k;
        EspBuf *buf = kit_buf(&k, packet, len);

        assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
        assert_true(g_hash_table_add(seen, g_bytes_new(buf->base + buf->off + 8, s->iv)));
    }
}

/* RFC 4106 §3.1, RFC 7634 §2: the same nonce twice under one key would give the key away. */
static void
test_no_iv_of_an_aead_comes_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        g_autoptr(EspSa) a = NULL;
        uint8_t packet[KIT_ROOM];
        size_t len = client_packet(packet, false, 8);
        uint64_t last = 0;

        if (s->digest) /* CBC: its IVs are random */
            continue;
        a = kit_sa(s, 'A');
        for (int k = 0; k < 100000; k++) {
            KitBuf b;
            EspBuf *buf = kit_buf(&b, packet, len);
            uint64_t iv = 0;

            assert_int_equal(esp_sa_seal(a, buf, NOW), ESP_OK);
            for (size_t at = 0; at < s->iv; at++)
                iv = iv << 8 | buf->base[buf->off + 8 + at];
            assert_true(iv > last); /* it only ever counts up */
            last = iv;
        }
    }
}

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

static EspStatus
open_exact(EspSa *sa, const uint8_t *wire, size_t len)
{
    g_autofree uint8_t *exact = g_memdup2(wire, len);
    EspBuf b = { .base = exact, .cap = (uint32_t)len, .len = (uint32_t)len };
    EspStatus st = esp_sa_open(sa, &b, NOW);

    assert_int_equal(b.status, st);
    if (st != ESP_OK) { /* a refused packet is left where it was */
        assert_int_equal(b.off, 0);
        assert_int_equal(b.len, len);
    }
    return st;
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
    for (int i = 0; i < ESP_REPLAY_WINDOW; i++)
        second = sealed_by(a, false, 1);
    assert_int_equal(open_exact(b, second.b, second.len), ESP_OK);
    assert_int_equal(open_exact(b, first.b, first.len), ESP_REPLAYED); /* left of the window */
    esp_sa_stats(b, &stats);
    assert_int_equal(stats.drops[ESP_REPLAYED], 3);
    assert_int_equal(stats.packets_in, 3);
}

static EspStatus
seal_packet(EspSa *sa, const uint8_t *packet, size_t len)
{
    KitBuf k;
    EspBuf *b = kit_buf(&k, packet, len);
    EspStatus st = esp_sa_seal(sa, b, NOW);

    if (st != ESP_OK) {
        assert_int_equal(b->off, ESP_HEADROOM);
        assert_int_equal(b->len, len);
        assert_memory_equal(b->base + b->off, packet, len);
    }
    return st;
}

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

static void
test_what_the_host_sends_is_checked_too(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);
    KitBuf k;
    EspBuf *b;

    (void)state;
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(seal_packet(a, packet, cut), ESP_MALFORMED);
    /* Octets behind the packet stay at home. */
    b = kit_buf(&k, packet, len + 100);
    assert_int_equal(esp_sa_seal(a, b, NOW), ESP_OK);
    assert_int_equal(b->len, len + esp_sa_overhead(a, len));
}

static void
test_a_buffer_without_room_is_refused_untouched(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        const KitSuite *s = &kit_suites[i];
        g_autoptr(EspSa) a = kit_sa(s, 'A');
        uint8_t packet[KIT_ROOM];
        size_t len = client_packet(packet, false, 9), head = 8 + s->iv;
        size_t need = len + esp_sa_overhead(a, len);

        for (size_t missing = 0; missing < 2; missing++) {
            /* Exactly sized: a sanitizer sees one octet too far. */
            g_autofree uint8_t *room = g_malloc(need);
            EspBuf front = { .base = room,
                             .cap = (uint32_t)need,
                             .off = (uint32_t)(head - missing) };
            EspBuf back = front;

            memcpy(room + front.off, packet, len);
            front.len = (uint32_t)len;
            assert_int_equal(esp_sa_seal(a, &front, NOW), missing ? ESP_MALFORMED : ESP_OK);
            memcpy(room + head, packet, len);
            back.off = (uint32_t)head;
            back.len = (uint32_t)len;
            back.cap = (uint32_t)(need - missing);
            assert_int_equal(esp_sa_seal(a, &back, NOW), missing ? ESP_MALFORMED : ESP_OK);
        }
    }
}

/* RFC 4303 §3.3.3: a sequence number is never used twice; before that the SA is spent. */
static void
test_the_packet_limit_is_kept(void **state)
{
    const KitSuite *s = &kit_suites[0];
    Selector all = selector_all(ADDR_V4);
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(s, 'A', &mine, &theirs, &all, 1, &all, 1);
    uint8_t packet[KIT_ROOM];
    size_t len = client_packet(packet, false, 8);
    EspStats stats;

    (void)state;
    setup.max_packets = 3;
    g_autoptr(EspSa) a = esp_sa_new(&setup);

    for (int i = 0; i < 3; i++)
        assert_int_equal(seal_packet(a, packet, len), ESP_OK);
    assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
    assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.seq_out, 3);
    assert_int_equal(stats.drops[ESP_SPENT], 2);
}

static void
test_an_impossible_setup_is_refused(void **state)
{
    const KitSuite *gcm = &kit_suites[0];
    Selector all = selector_all(ADDR_V4), many[ESP_SELECTORS_MAX + 1];
    KitKeys mine, theirs;
    EspSaSetup good = kit_setup(gcm, 'A', &mine, &theirs, &all, 1, &all, 1), bad;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = all;
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        bad = good;                                                                                \
        bad.field = (value);                                                                       \
        assert_null(esp_sa_new(&bad));                                                             \
    } while (0)
    REFUSED(spi_in, 0);
    REFUSED(spi_in, 255);
    REFUSED(spi_out, 0); /* it would read as the non-ESP marker */
    REFUSED(spi_out, 255);
    REFUSED(n_local, 0);
    REFUSED(n_remote, 0);
    REFUSED(key_in.len, good.key_in.len - 1);
    REFUSED(key_out.len, good.key_out.len + 1);
    REFUSED(integ_in, ((Slice){ mine.integ, 20 }));
    REFUSED(suite.esn, ESN_YES);
    REFUSED(suite.encr, ENCR_NULL);
    REFUSED(suite.encr, ENCR_DES);
    REFUSED(suite.encr, 9999);
    REFUSED(suite.key_bits, 100);
    REFUSED(suite.integ, AUTH_HMAC_SHA1_96);
#undef REFUSED
    bad = good;
    bad.local = bad.remote = many;
    bad.n_local = ESP_SELECTORS_MAX + 1;
    assert_null(esp_sa_new(&bad));
    bad.n_local = bad.n_remote = ESP_SELECTORS_MAX;
    g_autoptr(EspSa) sa = esp_sa_new(&bad);

    assert_non_null(sa);
}

/* For whom silence is a sign: who has been heard before, by this SA or the one before it. */
static void
test_questions_count_to_those_who_have_been_heard(void **state)
{
    g_autoptr(EspSa) a = kit_sa(&kit_suites[0], 'A');
    g_autoptr(EspSa) b = kit_sa(&kit_suites[0], 'B');
    uint8_t ask[128], answer[128];
    size_t n_ask = kit_ip(ask, CLIENT4, SERVER4, 1, 8),
           n_answer = kit_ip(answer, SERVER4, CLIENT4, 1, 8);
    EspStats stats;
    KitBuf k;
    EspBuf *p;

    (void)state;
    ask[20] = 8; /* echo request */
    assert_int_equal(esp_sa_seal(a, kit_buf(&k, ask, n_ask), 1), ESP_OK);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.asked, 0);
    assert_int_equal(stats.heard, 0);
    p = kit_buf(&k, answer, n_answer);
    assert_int_equal(esp_sa_seal(b, p, 2), ESP_OK);
    assert_int_equal(esp_sa_open(a, p, 3), ESP_OK);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(esp_sa_seal(a, kit_buf(&k, ask, n_ask), 4), ESP_OK);
        esp_sa_stats(a, &stats);
        assert_int_equal(stats.asked, i);
        assert_int_equal(__builtin_popcountll(stats.heard), 1);
        assert_true(stats.asked_of == stats.heard);
    }
    p = kit_buf(&k, answer, n_answer);
    assert_int_equal(esp_sa_seal(b, p, 5), ESP_OK);
    assert_int_equal(esp_sa_open(a, p, 6), ESP_OK);
    esp_sa_stats(a, &stats);
    assert_int_equal(stats.asked_of, 0);
    assert_int_equal(stats.asked, 3);
}

static void
test_every_status_has_its_own_name(void **state)
{
    (void)state;
    for (EspStatus a = 0; a < ESP_STATUS_N; a++)
        for (EspStatus b = 0; b < a; b++)
            assert_string_not_equal(esp_status_name(a), esp_status_name(b));
    assert_string_equal(esp_status_name(ESP_REPLAYED), "replayed");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_suite_round_trips_both_families_and_every_length),
        cmocka_unit_test(test_counters_tell_what_passed),
        cmocka_unit_test(test_a_second_implementation_opens_what_we_seal),
        cmocka_unit_test(test_no_cbc_iv_comes_twice),
        cmocka_unit_test(test_no_iv_of_an_aead_comes_twice),
        cmocka_unit_test(test_published_packets_open),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_a_packet_opens_once),
        cmocka_unit_test(test_addresses_outside_the_selectors_are_refused),
        cmocka_unit_test(test_protocol_and_ports_are_selectors_too),
        cmocka_unit_test(test_what_is_inside_an_authentic_packet_is_checked),
        cmocka_unit_test(test_an_empty_payload_is_malformed),
        cmocka_unit_test(test_what_the_host_sends_is_checked_too),
        cmocka_unit_test(test_a_buffer_without_room_is_refused_untouched),
        cmocka_unit_test(test_the_packet_limit_is_kept),
        cmocka_unit_test(test_an_impossible_setup_is_refused),
        cmocka_unit_test(test_questions_count_to_those_who_have_been_heard),
        cmocka_unit_test(test_every_status_has_its_own_name),
    };

    return cmocka_run_group_tests_name("esp_sa", tests, NULL, NULL);
}
