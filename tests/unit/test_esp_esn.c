/* test_esp_esn.c - extended sequence numbers in agent/esp/esp_sa.c (RFC 4303 §2.2.1, appendix A),
 * against a second implementation, around the place where the half that is sent begins anew. */

#include "tests/support/esp_exact.h"

static const uint64_t round_end = UINT64_C(1) << 32;

static KitSuite
long_suite(size_t i)
{
    KitSuite s = kit_suites[i];

    s.suite.esn = ESN_YES;
    return s;
}

static EspSa *
sa_at(const KitSuite *s, char side, uint64_t seq)
{
    Selector all[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    KitKeys mine, theirs;
    EspSaSetup setup = kit_setup(s, side, &mine, &theirs, all, 2, all, 2);

    setup.seq_from = seq;
    return esp_sa_new(&setup);
}

/* @packet sealed by @a, left at @ret: its length. */
static size_t
seal(EspSa *a, const uint8_t *packet, size_t len, uint8_t *ret)
{
    KitBuf k;
    EspBuf *b = kit_buf(&k, packet, len);

    assert_int_equal(esp_sa_seal(a, b, NOW), ESP_OK);
    memcpy(ret, b->base + b->off, b->len);
    return b->len;
}

static size_t
inner(uint8_t *packet)
{
    return kit_ip(packet, CLIENT4, SERVER4, 17, 100);
}

static void
test_both_ends_pass_the_end_of_the_half_that_is_sent(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        KitSuite s = long_suite(i);
        KitKeys keys = kit_keys(&s, 'A');
        g_autoptr(EspSa) a = sa_at(&s, 'A', round_end - 5);
        g_autoptr(EspSa) b = sa_at(&s, 'B', round_end - 5);
        uint8_t packet[KIT_ROOM], wire[KIT_ROOM], plain[KIT_ROOM];
        size_t len = inner(packet);
        EspStats stats;

        assert_non_null(a);
        for (uint64_t seq = round_end - 4; seq < round_end + 5; seq++) {
            size_t n = seal(a, packet, len, wire);

            /* the low half is on the wire, the high one counts; and no longer the old one */
            assert_int_equal(wire[7], (uint8_t)seq);
            assert_true(kit_open_at(&s, &keys, (uint32_t)(seq >> 32), wire, n, plain) > 0);
            assert_memory_equal(plain, packet, len);
            assert_true(kit_open_at(&s, &keys, !(seq >> 32), wire, n, plain) < 0);
            assert_int_equal(open_exact(b, wire, n), ESP_OK);
            assert_int_equal(open_exact(b, wire, n), ESP_REPLAYED);
        }
        esp_sa_stats(a, &stats);
        assert_true(stats.seq_out == round_end + 4);
        esp_sa_stats(b, &stats);
        assert_true(stats.replay_top == round_end + 4);
    }
}

static void
test_what_a_second_implementation_seals_opens(void **state)
{
    static const uint64_t from[] = { 0,
                                     100,
                                     (UINT64_C(1) << 32) - 300,
                                     (UINT64_C(7) << 32) - 1,
                                     UINT64_C(7) << 32,
                                     UINT64_MAX - 2000 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        for (size_t f = 0; f < G_N_ELEMENTS(from); f++) {
            static const int64_t steps[] = { 1, 900, 899, 500, -100, 1500, 600, 601 };
            KitSuite s = long_suite(i);
            KitKeys keys = kit_keys(&s, 'A');
            g_autoptr(EspSa) b = sa_at(&s, 'B', from[f]);
            uint8_t plain[KIT_ROOM], wire[KIT_ROOM];
            size_t len = inner(plain), pad = (s.block * 16 - len - 2) % MAX(s.block, 4);

            for (size_t p = 0; p < pad; p++)
                plain[len++] = (uint8_t)(p + 1);
            plain[len++] = (uint8_t)pad;
            plain[len++] = 4;
            for (size_t k = 0; k < G_N_ELEMENTS(steps); k++) {
                uint64_t seq = from[f] + (uint64_t)steps[k];
                size_t n;

                if (steps[k] < 0 && from[f] < 200)
                    continue;
                n = kit_seal(&s, &keys, KIT_SPI_B, seq, plain, len, wire);
                assert_int_equal(open_exact(b, wire, n), ESP_OK);
                assert_int_equal(open_exact(b, wire, n), ESP_REPLAYED);
            }
        }
}

/* Late by more than the window, it is taken for one of the next round, whose ICV it does not have.
 */
static void
test_what_is_left_of_the_window_is_forged_or_seen(void **state)
{
    KitSuite s = long_suite(0);
    KitKeys keys = kit_keys(&s, 'A');
    g_autoptr(EspSa) b = sa_at(&s, 'B', 3 * round_end + 5000);
    uint8_t plain[KIT_ROOM], wire[KIT_ROOM];
    size_t len = inner(plain), n;
    EspStats stats;

    (void)state;
    plain[len++] = 0;
    plain[len++] = 4;
    n = kit_seal(&s, &keys, KIT_SPI_B, 3 * round_end + 5000 - 1024, plain, len, wire);
    assert_int_equal(open_exact(b, wire, n), ESP_FORGED);
    n = kit_seal(&s, &keys, KIT_SPI_B, 2 * round_end + 5001, plain, len, wire); /* an old round */
    assert_int_equal(open_exact(b, wire, n), ESP_FORGED);
    n = kit_seal(&s, &keys, KIT_SPI_B, 5001, plain, len, wire);
    assert_int_equal(open_exact(b, wire, n), ESP_FORGED);
    esp_sa_stats(b, &stats);
    assert_true(stats.replay_top == 3 * round_end + 5000);
    assert_int_equal(stats.drops[ESP_FORGED], 3);
    n = kit_seal(&s, &keys, KIT_SPI_B, 3 * round_end + 5000 - 1023, plain, len, wire);
    assert_int_equal(open_exact(b, wire, n), ESP_OK);
}

static void
test_every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++) {
        KitSuite s = long_suite(i);
        g_autoptr(EspSa) a = sa_at(&s, 'A', round_end);
        g_autoptr(EspSa) b = sa_at(&s, 'B', round_end);
        uint8_t packet[KIT_ROOM], wire[KIT_ROOM];
        size_t n = seal(a, packet, inner(packet), wire);

        for (size_t bit = 32; bit < 8 * n; bit++) { /* behind the SPI */
            wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(open_exact(b, wire, n), ESP_OK);
            wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        assert_int_equal(open_exact(b, wire, n), ESP_OK);
    }
}

/* RFC 4303 §3.3.3, for either length; the number before the last is the last but one. */
static void
test_no_sequence_number_comes_round(void **state)
{
    KitSuite s = kit_suites[0];
    uint8_t packet[KIT_ROOM];
    size_t len = inner(packet);

    (void)state;
    for (int esn = 0; esn < 2; esn++) {
        g_autoptr(EspSa) a = NULL;

        s.suite.esn = esn ? ESN_YES : ESN_NO;
        a = sa_at(&s, 'A', (esn ? UINT64_MAX : UINT32_MAX) - 2);
        assert_int_equal(seal_packet(a, packet, len), ESP_OK);
        assert_int_equal(seal_packet(a, packet, len), ESP_OK);
        assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
        assert_int_equal(seal_packet(a, packet, len), ESP_SPENT);
    }
    assert_null(sa_at(&kit_suites[0], 'A', UINT64_C(1) << 32));
}

/* One end that counts to 2^32 and one that counts on do not understand each other: nothing opens,
 * nothing breaks. */
static void
test_ends_that_do_not_agree_open_nothing(void **state)
{
    KitSuite s = long_suite(0);
    g_autoptr(EspSa) a = sa_at(&s, 'A', 0);
    g_autoptr(EspSa) b = sa_at(&kit_suites[0], 'B', 0);
    uint8_t packet[KIT_ROOM], wire[KIT_ROOM];
    size_t n = seal(a, packet, inner(packet), wire);

    (void)state;
    assert_int_equal(open_exact(b, wire, n), ESP_FORGED);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_pass_the_end_of_the_half_that_is_sent),
        cmocka_unit_test(test_what_a_second_implementation_seals_opens),
        cmocka_unit_test(test_what_is_left_of_the_window_is_forged_or_seen),
        cmocka_unit_test(test_every_flipped_bit_is_refused),
        cmocka_unit_test(test_no_sequence_number_comes_round),
        cmocka_unit_test(test_ends_that_do_not_agree_open_nothing),
    };

    return cmocka_run_group_tests_name("esp_esn", tests, NULL, NULL);
}
