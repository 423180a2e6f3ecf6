/* test_checksum.c - agent/base/checksum.c. */
#include "agent/base/checksum.h"
#include "tests/support/test.h"

/* RFC 1071 §4.1, word for word. */
static uint16_t
plain_sum(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (; len > 1; p += 2, len -= 2)
        sum += (uint32_t)p[0] << 8 | p[1];
    if (len > 0)
        sum += (uint32_t)p[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* RFC 1071 §3: the example. */
static void
test_the_example_of_the_rfc(void **state)
{
    static const uint8_t octets[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

    (void)state;
    assert_int_equal(checksum_sum((Slice){ octets, sizeof(octets) }), 0xddf2);
}

static void
fill(uint8_t *p, size_t len, uint32_t seed)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);

    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)g_rand_int(rand);
}

static void
test_every_length_at_every_place(void **state)
{
    enum { LEN = 520, PLACES = 33 };
    uint8_t in[LEN + PLACES], out[LEN + 2 * PLACES];

    (void)state;
    fill(in, sizeof(in), 1);
    for (size_t place = 0; place < PLACES; place++)
        for (size_t len = 0; len <= LEN; len++) {
            Slice s = { in + place, len };
            uint8_t *to = out + PLACES - place / 2;

            memset(out, 0xa5, sizeof(out));
            assert_int_equal(checksum_sum(s), plain_sum(s.p, len));
            assert_int_equal(checksum_copy(to, s), plain_sum(s.p, len));
            assert_memory_equal(to, s.p, len);
            assert_int_equal(to[-1], 0xa5);
            assert_int_equal(to[len], 0xa5);
        }
}

/* Every carry there can be. */
static void
test_large_packets_of_ones_and_of_chance(void **state)
{
    g_autofree uint8_t *in = g_malloc(65535), *out = g_malloc(65535);

    (void)state;
    for (uint32_t round = 0; round < 20; round++) {
        if (round == 0)
            memset(in, 0xff, 65535);
        else
            fill(in, 65535, round);
        for (size_t len = 65535; len > 65000; len -= 67) {
            assert_int_equal(checksum_sum((Slice){ in, len }), plain_sum(in, len));
            assert_int_equal(checksum_copy(out, (Slice){ in, len }), plain_sum(in, len));
            assert_memory_equal(in, out, len);
        }
    }
}

static void
test_pieces_add_up_to_the_whole(void **state)
{
    uint8_t in[2000];

    (void)state;
    fill(in, sizeof(in), 7);
    for (size_t cut = 0; cut <= sizeof(in); cut += 2)
        assert_int_equal(checksum_fold((uint64_t)checksum_sum((Slice){ in, cut }) +
                                       checksum_sum((Slice){ in + cut, sizeof(in) - cut })),
                         plain_sum(in, sizeof(in)));
}

static void
test_a_sum_folds_to_nothing_only_from_nothing(void **state)
{
    (void)state;
    assert_int_equal(checksum_fold(0), 0);
    assert_int_equal(checksum_fold(0xffff), 0xffff);
    assert_int_equal(checksum_fold(0x10000), 1);
    assert_int_equal(checksum_fold(0xffff0000), 0xffff);
    assert_int_equal(checksum_fold(UINT64_MAX), 0xffff);
    assert_int_equal(checksum_fold(UINT64_C(0x1ffffffff)), 1);
    assert_int_equal(checksum_sum((Slice){ NULL, 0 }), 0);
    assert_int_equal(checksum_copy(NULL, (Slice){ NULL, 0 }), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_rfc),
        cmocka_unit_test(test_every_length_at_every_place),
        cmocka_unit_test(test_large_packets_of_ones_and_of_chance),
        cmocka_unit_test(test_pieces_add_up_to_the_whole),
        cmocka_unit_test(test_a_sum_folds_to_nothing_only_from_nothing),
    };

    return cmocka_run_group_tests_name("checksum", tests, NULL, NULL);
}
