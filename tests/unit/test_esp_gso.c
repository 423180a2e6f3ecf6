/* test_esp_gso.c - agent/esp/esp_gso.c. */
#include "agent/esp/esp_gso.h"
#include "tests/support/gso_kit.h"
#include "tests/support/test.h"

static void
test_a_header_reads_as_it_was_written(void **state)
{
    EspGso g = { 1, 0x84, 0x1234, 0x5678, 0x9abc, 0xdef0 }, got;
    uint8_t octets[ESP_GSO_HEADER];
    /* virtio 1.2 §5.1.6: little-endian */
    static const uint8_t want[] = { 1, 0x84, 0x34, 0x12, 0x78, 0x56, 0xbc, 0x9a, 0xf0, 0xde };

    (void)state;
    esp_gso_encode(&g, octets);
    assert_memory_equal(octets, want, sizeof(want));
    assert_true(esp_gso_decode((Slice){ octets, sizeof(octets) }, &got));
    assert_memory_equal(&got, &g, sizeof(g));
    for (size_t n = 0; n < sizeof(octets); n++)
        assert_false(esp_gso_decode((Slice){ octets, n }, &got));
}

static void
test_tcp_and_udp_show_where_their_headers_end(void **state)
{
    static const struct {
        GsoKit kit;
        size_t ip, header, csum;
    } rows[] = {
        { { .payload = 100 }, 20, 40, 16 },
        { { .payload = 0 }, 20, 40, 16 },
        { { .payload = 9, .options = "0101080a0000000100000002" }, 20, 52, 16 },
        { { .payload = 9, .ip_options = "01010101" }, 24, 44, 16 },
        { { .payload = 9, .v6 = true }, 40, 60, 16 },
        { { .payload = 9, .udp = true }, 20, 28, 6 },
        { { .payload = 0, .udp = true, .v6 = true }, 40, 48, 6 },
    };
    uint8_t p[256];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t len = gso_kit(&rows[i].kit, p);
        EspGsoShape s;

        assert_true(esp_gso_shape((Slice){ p, len }, &s));
        assert_int_equal(s.ip_len, rows[i].ip);
        assert_int_equal(s.header_len, rows[i].header);
        assert_int_equal(s.csum_offset, rows[i].csum);
        assert_int_equal(s.len, len);
        assert_int_equal(s.proto, rows[i].kit.udp ? 17 : 6);
        assert_int_equal(esp_gso_pseudo((Slice){ p, len }, &s, len - s.ip_len), gso_pseudo(p, len));
        for (size_t n = 0; n < len; n++) /* no truncation passes */
            assert_false(esp_gso_shape((Slice){ p, n }, &s));
        assert_false(esp_gso_shape((Slice){ p, len + 1 }, &s));
    }
}

static void
test_what_cannot_be_cut_has_no_shape(void **state)
{
    static const struct {
        GsoKit kit;
        size_t at;
        uint8_t octet;
    } rows[] = {
        { { .payload = 9 }, 0, 0x55 },             /* no IP */
        { { .payload = 9 }, 0, 0x44 },             /* a header of 16 octets */
        { { .payload = 9 }, 0, 0x4f },             /* one beyond the packet */
        { { .payload = 9 }, 3, 48 },               /* another length */
        { { .payload = 9 }, 6, 0x20 },             /* more fragments */
        { { .payload = 9 }, 7, 1 },                /* a later fragment */
        { { .payload = 9 }, 9, 1 },                /* ICMP */
        { { .payload = 9 }, 32, 0x40 },            /* TCP header of 16 octets */
        { { .payload = 9 }, 32, 0xf0 },            /* beyond the packet */
        { { .payload = 9, .v6 = true }, 5, 28 },   /* another length */
        { { .payload = 9, .v6 = true }, 6, 0 },    /* hop-by-hop options */
        { { .payload = 9, .v6 = true }, 6, 44 },   /* fragment header */
        { { .payload = 9, .udp = true }, 25, 16 }, /* length of UDP */
        { { .payload = 9, .udp = true }, 25, 18 },
    };
    uint8_t p[256];
    EspGsoShape s;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        size_t len = gso_kit(&rows[i].kit, p);

        assert_true(esp_gso_shape((Slice){ p, len }, &s));
        p[rows[i].at] = rows[i].octet;
        assert_false(esp_gso_shape((Slice){ p, len }, &s));
    }
    assert_false(esp_gso_shape((Slice){ NULL, 0 }, &s));
}

static void
test_a_checksum_that_is_left_to_us_is_filled_in(void **state)
{
    uint8_t p[2000], q[2000];

    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        GsoKit k = { .v6 = i & 1, .udp = i & 2, .payload = 700 + i, .fill = i };
        size_t len = gso_kit(&k, q);

        memcpy(p, q, len);
        EspGso g = gso_whole(p, len, 0);

        g.type = ESP_GSO_NONE;
        assert_memory_not_equal(p, q, len);
        assert_int_equal(esp_gso_finish(&g, p, len), ESP_GSO_OK);
        assert_memory_equal(p, q, len);
    }
}

/* RFC 768: a sum of zero is sent as 0xffff. */
static void
test_a_udp_checksum_of_zero_is_sent_as_ones(void **state)
{
    GsoKit k = { .udp = true, .payload = 2 };
    uint8_t p[128];
    size_t len = gso_kit(&k, p);

    (void)state;
    gso_put16(p + 28, 0);
    gso_sum_up(p, len);
    gso_put16(p + 28, gso_get16(p + 26)); /* what is missing to 0xffff */
    EspGso g = gso_whole(p, len, 0);

    g.type = ESP_GSO_NONE;
    assert_int_equal(esp_gso_finish(&g, p, len), ESP_GSO_OK);
    assert_int_equal(gso_get16(p + 26), 0xffff);
    assert_true(gso_sums_right(p, len));
}

static void
test_a_checksum_at_an_impossible_place_is_refused(void **state)
{
    static const struct {
        bool v6;
        uint16_t start, offset;
    } rows[] = {
        { false, 0, 16 },  { false, 19, 16 },        { false, 20, 32767 }, { false, 49, 0 },
        { false, 20, 29 }, { false, 20, 15 },        { false, 65535, 0 },  { true, 39, 16 },
        { true, 20, 16 },  { false, 65535, 65534u }, { false, 20, 30 },
    };
    uint8_t p[256], q[256];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        GsoKit k = { .v6 = rows[i].v6, .payload = 10 };
        size_t len = gso_kit(&k, p);
        EspGso g = { .flags = ESP_GSO_NEEDS_CSUM,
                     .csum_start = rows[i].start,
                     .csum_offset = rows[i].offset };

        memcpy(q, p, len);
        assert_int_equal(esp_gso_finish(&g, p, len), ESP_GSO_BAD_CHECKSUM);
        assert_memory_equal(p, q, len);
    }
    assert_int_equal(esp_gso_finish(&(EspGso){ .flags = 1 }, p, 0), ESP_GSO_BAD_CHECKSUM);
    assert_int_equal(esp_gso_finish(&(EspGso){ .flags = 0 }, p, 0), ESP_GSO_OK);
    assert_int_equal(esp_gso_finish(&(EspGso){ .type = ESP_GSO_TCP4 }, p, 50), ESP_GSO_BAD_HEADER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_header_reads_as_it_was_written),
        cmocka_unit_test(test_tcp_and_udp_show_where_their_headers_end),
        cmocka_unit_test(test_what_cannot_be_cut_has_no_shape),
        cmocka_unit_test(test_a_checksum_that_is_left_to_us_is_filled_in),
        cmocka_unit_test(test_a_udp_checksum_of_zero_is_sent_as_ones),
        cmocka_unit_test(test_a_checksum_at_an_impossible_place_is_refused),
    };

    return cmocka_run_group_tests_name("esp_gso", tests, NULL, NULL);
}
