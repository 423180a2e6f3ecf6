/* test_esp_mss.c - agent/esp/esp_mss.c */

#include "agent/base/checksum.h"
#include "agent/esp/esp_gso.h"
#include "agent/esp/esp_mss.h"
#include "tests/support/esp_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

enum { SYN = 2, ACK = 16, MOST = 1360 };

/* A segment with @options (hexadecimal, whole words) and a right checksum. Returns its length. */
static size_t
make(uint8_t *p, bool v6, uint8_t flags, const char *options, size_t payload)
{
    Hex o = hex(options);
    size_t head = v6 ? 40 : 20, upper = 20 + o.len + payload;
    size_t len = v6 ? kit_ip(p, "2001:db8::5", "2001:db8::1", 6, upper)
                    : kit_ip(p, "10.0.0.5", "192.0.2.1", 6, upper);
    EspGsoShape shape;
    uint16_t sum;

    p[head + 12] = (uint8_t)((20 + o.len) / 4 << 4);
    p[head + 13] = flags;
    memcpy(p + head + 20, o.b, o.len);
    p[head + 16] = p[head + 17] = 0;
    assert_true(esp_gso_shape((Slice){ p, len }, &shape));
    sum = (uint16_t)~checksum_fold((uint64_t)esp_gso_pseudo((Slice){ p, len }, &shape, upper) +
                                   checksum_sum((Slice){ p + head, upper }));
    p[head + 16] = (uint8_t)(sum >> 8);
    p[head + 17] = (uint8_t)sum;
    return len;
}

static void
assert_clamped(bool v6, uint8_t flags, const char *before, const char *after, size_t payload)
{
    uint8_t was[256], want[256];
    size_t len = make(was, v6, flags, before, payload);

    assert_int_equal(make(want, v6, flags, after, payload), len);
    esp_mss_clamp(was, len, MOST);
    assert_memory_equal(was, want, len);
}

static void
test_what_is_too_large_is_lowered(void **state)
{
    (void)state;
    assert_clamped(false, SYN, "020405b4", "02040550", 0);
    assert_clamped(true, SYN, "020405b4", "0204053c", 0);
    assert_clamped(false, SYN | ACK, "0204ffff", "02040550", 0);
    assert_clamped(true, SYN | ACK, "0204ffff", "0204053c", 0);
    /* among others, at an even and at an odd place, with data behind (TCP Fast Open) */
    assert_clamped(false, SYN, "0402080a0000000100000000020405b40103030700000000",
                   "0402080a0000000100000000020405500103030700000000", 7);
    assert_clamped(false, SYN, "01020405b4000000", "0102040550000000", 7);
    assert_clamped(true, SYN, "010303070101020405b40000", "0103030701010204053c0000", 33);
    assert_clamped(false, SYN, "0101010204ffff00", "0101010204055000", 1);
    assert_clamped(false, SYN, "020405b400ffffff", "0204055000ffffff", 0); /* behind the end */
}

static void
test_anything_else_stays_as_it_is(void **state)
{
    static const struct {
        uint8_t flags;
        const char *options;
    } rows[] = {
        { SYN, "" },
        { SYN, "0204053c" },         /* no more than that */
        { SYN, "02040000" },         /* less */
        { ACK, "020405b4" },         /* no SYN */
        { SYN, "00000000020405b4" }, /* behind the end of options */
        { SYN, "03030700" },         /* none */
        { SYN, "020305b4" },         /* of a wrong length, */
        { SYN, "020605b400000000" },
        { SYN, "03000000020405b4" }, /* and what cannot be passed over, */
        { SYN, "03010000020405b4" },
        { SYN, "020405b403ff0000" }, /* also behind it */
        { SYN, "01010102" },         /* cut */
        { SYN, "01010204" },
        { SYN, "01020405" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int v6 = 0; v6 < 2; v6++)
            assert_clamped(v6, rows[i].flags, rows[i].options, rows[i].options, 5);
}

/* @at of a good SYN becomes @value: nothing must change. */
static void
assert_left(bool v6, size_t at, uint8_t value)
{
    uint8_t p[256], was[256];
    size_t len = make(p, v6, SYN, "020405b4", 8);

    p[at] = value;
    memcpy(was, p, len);
    esp_mss_clamp(p, len, MOST);
    assert_memory_equal(p, was, len);
}

static void
test_what_is_no_whole_tcp_header_stays_as_it_is(void **state)
{
    (void)state;
    assert_left(false, 0, 0x55);
    assert_left(false, 0, 0x44);
    assert_left(false, 9, 17);
    assert_left(false, 7, 1);          /* a later fragment */
    assert_left(false, 3, 41);         /* it ends within the header */
    assert_left(false, 20 + 12, 0x40); /* data offset below its header, */
    assert_left(false, 20 + 12, 0xf0); /* and beyond the packet */
    assert_left(true, 6, 0);
    assert_left(true, 5, 19);
    assert_left(true, 40 + 12, 0xf0);
}

static void
test_a_wrong_checksum_stays_wrong(void **state)
{
    uint8_t p[256], want[256];
    size_t len = make(p, false, SYN, "020405b4", 8);

    (void)state;
    (void)make(want, false, SYN, "02040550", 8);
    p[30] ^= 1; /* of a header field: the sum no longer agrees, before or after */
    want[30] ^= 1;
    esp_mss_clamp(p, len, MOST);
    assert_memory_equal(p, want, len);
}

/* Every length a packet can be cut to, with not an octet to spare. */
static void
test_a_cut_packet_is_not_read_beyond(void **state)
{
    (void)state;
    for (int v6 = 0; v6 < 2; v6++) {
        uint8_t p[256];
        size_t len = make(p, v6, SYN, "01020405b4000000", 0);

        for (size_t n = 0; n < len; n++) {
            g_autofree uint8_t *exact = g_memdup2(p, n ? n : 1);

            esp_mss_clamp(exact, n, MOST);
            if (n)
                assert_memory_equal(exact, p, n);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_too_large_is_lowered),
        cmocka_unit_test(test_anything_else_stays_as_it_is),
        cmocka_unit_test(test_what_is_no_whole_tcp_header_stays_as_it_is),
        cmocka_unit_test(test_a_wrong_checksum_stays_wrong),
        cmocka_unit_test(test_a_cut_packet_is_not_read_beyond),
    };

    return cmocka_run_group_tests_name("esp_mss", tests, NULL, NULL);
}
