/* test_esp_split.c - agent/esp/esp_split.c. */
#include "agent/esp/esp_split.h"
#include "tests/support/gso_kit.h"
#include "tests/support/test.h"

typedef struct Row {
    GsoKit kit;
    size_t size;
} Row;

static const char timestamps[] = "0101080a1234567887654321";

static const Row rows[] = {
    { { .payload = 14000, .seq = 1000 }, 1400 },
    { { .payload = 14001, .seq = 0xffffff00 }, 1400 }, /* across the end of the numbers */
    { { .payload = 65535 - 52, .id = 65530, .options = timestamps }, 1348 },
    { { .payload = 65535 - 40 - 32, .v6 = true, .options = timestamps }, 1328 },
    { { .payload = 3000, .v6 = true, .tos = 0xb9 }, 1220 },
    { { .payload = 1400 }, 1400 }, /* one segment */
    { { .payload = 100 }, 1400 },
    { { .payload = 1401 }, 1400 },
    { { .payload = 2000,
        .ip_options = "07070400000000"
                      "01" },
      999 },
    { { .payload = 2000 }, 8 },
    { { .payload = 60000, .udp = true, .id = 7 }, 1372 },
    { { .payload = 12345, .udp = true, .v6 = true }, 1232 },
    { { .payload = 128, .udp = true, .may_fragment = true, .id = 0xffff }, 1 },
};

/* The segments of @k, as its host would have sent them one by one. */
static void
assert_segments(const Row *row, uint8_t flags)
{
    g_autofree uint8_t *whole = g_malloc(GSO_KIT_MAX + 1), *got = g_malloc(GSO_KIT_MAX + 1);
    GsoKit k = row->kit;
    size_t n = 0, at = 0, len;
    EspSplit s;

    k.flags = flags;
    len = gso_kit(&k, whole);
    size_t header = gso_header_len(whole);
    EspGso g = gso_whole(whole, len, row->size);

    if (flags & 0x80)
        g.type |= ESP_GSO_ECN;
    assert_int_equal(esp_split_init(&s, &g, (Slice){ whole, len }), ESP_GSO_OK);
    while ((len = esp_split_next_len(&s)) > 0) {
        uint8_t want[2048];
        GsoKit one = k;
        bool last;

        one.payload = MIN(row->size, k.payload - at);
        last = at + one.payload == k.payload;
        one.id = (uint16_t)(k.id + n);
        one.seq = k.udp ? 0 : (uint32_t)(k.seq + at);
        one.fill = k.udp ? (uint32_t)at : 0;
        if (!last)
            one.flags &= (uint8_t)~0x09; /* FIN, PSH */
        if (n > 0)
            one.flags &= (uint8_t)~0x80; /* CWR */
        assert_int_equal(len, gso_kit(&one, want));
        memcpy(want + header, whole + header + at, one.payload);
        gso_sum_up(want, len);
        memset(got, 0xa5, len + 1);
        esp_split_next(&s, got);
        assert_memory_equal(got, want, len);
        assert_int_equal(got[len], 0xa5);
        assert_true(gso_sums_right(got, len));
        at += one.payload;
        n++;
    }
    assert_int_equal(at, k.payload);
    assert_int_equal(n, (k.payload + row->size - 1) / row->size);
}

static void
test_segments_are_those_the_host_would_have_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        assert_segments(&rows[i], 0x10);
}

static void
test_fin_and_push_are_in_the_last_and_cwr_in_the_first(void **state)
{
    static const uint8_t flags[] = { 0x18, 0x11, 0x19, 0x50, 0xd0, 0xd9, 0x90, 0x30 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (size_t f = 0; f < G_N_ELEMENTS(flags) && !rows[i].kit.udp; f++)
            assert_segments(&rows[i], flags[f]);
}

/* RFC 768: a sum of zero is sent as 0xffff, in the middle of a split too. */
static void
test_a_udp_checksum_of_zero_is_sent_as_ones(void **state)
{
    uint8_t whole[128], got[128];
    GsoKit k = { .udp = true, .payload = 2 };
    size_t len = gso_kit(&k, got);
    EspSplit s;

    (void)state;
    gso_put16(got + 28, 0);
    gso_sum_up(got, len);
    uint16_t missing = (uint16_t)gso_get16(got + 26);

    k.payload = 4;
    len = gso_kit(&k, whole);
    gso_put16(whole + 28, missing);
    gso_put16(whole + 30, missing);
    EspGso g = gso_whole(whole, len, 2);

    assert_int_equal(esp_split_init(&s, &g, (Slice){ whole, len }), ESP_GSO_OK);
    while ((len = esp_split_next_len(&s)) > 0) {
        esp_split_next(&s, got);
        assert_int_equal(gso_get16(got + 26), 0xffff);
        assert_true(gso_sums_right(got, len));
    }
}

static void
test_a_header_that_lies_is_refused(void **state)
{
    static const struct {
        GsoKit kit;
        EspGso off; /* added to each field; type and flags: exclusive or */
        EspGsoStatus want;
    } lies[] = {
        { { .payload = 3000 }, { .type = 4 ^ 1 }, ESP_GSO_BAD_HEADER }, /* TCP6 */
        { { .payload = 3000 }, { .type = 5 ^ 1 }, ESP_GSO_BAD_HEADER }, /* UDP */
        { { .payload = 3000 }, { .type = 3 ^ 1 }, ESP_GSO_BAD_HEADER }, /* UFO */
        { { .payload = 3000 }, { .type = 2 ^ 1 }, ESP_GSO_BAD_HEADER }, /* unknown */
        { { .payload = 3000 }, { .type = 1 }, ESP_GSO_BAD_HEADER },     /* none */
        { { .payload = 3000 }, { .type = 0x81 }, ESP_GSO_BAD_HEADER },  /* ECN of nothing */
        { { .payload = 3000, .udp = true }, { .type = 0x80 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000, .udp = true }, { .type = 1 ^ 5 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000, .v6 = true }, { .type = 1 ^ 4 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000 }, { .hdr_len = 3001 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000 }, { .size = (uint16_t)-1000 }, ESP_GSO_BAD_HEADER }, /* 0 */
        { { .payload = 3000 }, { .size = (uint16_t)-993 }, ESP_GSO_BAD_HEADER },  /* 7 */
        { { .payload = 3000, .udp = true }, { .size = (uint16_t)-1000 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000, .udp = true }, { .size = (uint16_t)-977 }, ESP_GSO_BAD_HEADER },
        { { .payload = 0 }, { .size = 0 }, ESP_GSO_BAD_HEADER },
        { { .payload = 0, .udp = true }, { .size = 0 }, ESP_GSO_BAD_HEADER },
        { { .payload = 3000 }, { .flags = 1 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000 }, { .csum_start = 1 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000 }, { .csum_start = (uint16_t)-20 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000 }, { .csum_start = 3020 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000 }, { .csum_offset = (uint16_t)-10 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000, .udp = true }, { .csum_offset = 10 }, ESP_GSO_BAD_CHECKSUM },
        { { .payload = 3000, .v6 = true }, { .csum_start = 8 }, ESP_GSO_BAD_CHECKSUM },
    };
    uint8_t p[4096], q[4096];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(lies); i++) {
        size_t len = gso_kit(&lies[i].kit, p);
        EspGso g = gso_whole(p, len, 1000);
        EspSplit s;

        assert_int_equal(esp_split_init(&s, &g, (Slice){ p, len }),
                         lies[i].kit.payload ? ESP_GSO_OK : ESP_GSO_BAD_HEADER);
        g.type ^= lies[i].off.type;
        g.flags ^= lies[i].off.flags;
        g.hdr_len = (uint16_t)(g.hdr_len + lies[i].off.hdr_len);
        g.size = (uint16_t)(g.size + lies[i].off.size);
        g.csum_start = (uint16_t)(g.csum_start + lies[i].off.csum_start);
        g.csum_offset = (uint16_t)(g.csum_offset + lies[i].off.csum_offset);
        memcpy(q, p, len);
        assert_int_equal(esp_split_init(&s, &g, (Slice){ p, len }), lies[i].want);
        assert_memory_equal(p, q, len);
    }
}

static void
test_a_packet_that_cannot_be_cut_is_refused(void **state)
{
    static const struct {
        bool v6;
        size_t at;
        uint8_t octet;
    } bad[] = {
        { false, 6, 0x20 }, { false, 7, 8 }, { false, 9, 17 }, { false, 0, 0x44 }, { false, 0, 0 },
        { false, 2, 0 },    { true, 6, 44 }, { true, 6, 60 },  { true, 4, 0 },
    };
    uint8_t p[4096];
    EspSplit s;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        GsoKit k = { .payload = 3000, .v6 = bad[i].v6 };
        size_t len = gso_kit(&k, p);
        EspGso g = gso_whole(p, len, 1000);

        p[bad[i].at] = bad[i].octet;
        assert_int_equal(esp_split_init(&s, &g, (Slice){ p, len }), ESP_GSO_BAD_PACKET);
        assert_int_equal(esp_split_init(&s, &g, (Slice){ p, len - 1 }), ESP_GSO_BAD_PACKET);
    }
    assert_int_equal(
        esp_split_init(&s, &(EspGso){ .type = ESP_GSO_TCP4, .size = 100 }, (Slice){ NULL, 0 }),
        ESP_GSO_BAD_PACKET);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_are_those_the_host_would_have_sent),
        cmocka_unit_test(test_fin_and_push_are_in_the_last_and_cwr_in_the_first),
        cmocka_unit_test(test_a_udp_checksum_of_zero_is_sent_as_ones),
        cmocka_unit_test(test_a_header_that_lies_is_refused),
        cmocka_unit_test(test_a_packet_that_cannot_be_cut_is_refused),
    };

    return cmocka_run_group_tests_name("esp_split", tests, NULL, NULL);
}
