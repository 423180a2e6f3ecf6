/* test_esp_replay.c - agent/esp/esp_replay.c */

#include <glib.h>
#include <inttypes.h>

#include "agent/esp/esp_replay.h"
#include "tests/support/test.h"

/* Each row marks or asks; the window is 1024 wide: the right edge is the highest number marked, the
 * left edge 1023 below it (RFC 4303 §3.4.3). */
typedef struct Step {
    uint64_t seq;
    bool fresh; /* what is answered; fresh ones are then marked */
    const char *why;
} Step;

static void
walk(uint32_t bits, const Step *steps, size_t n)
{
    g_autoptr(EspReplay) r = esp_replay_new(bits);

    for (size_t i = 0; i < n; i++) {
        bool fresh = esp_replay_fresh(r, steps[i].seq);

        if (fresh != steps[i].fresh)
            print_error("step %zu, number %" PRIu64 ": %s\n", i, steps[i].seq, steps[i].why);
        assert_int_equal(fresh, steps[i].fresh);
        if (fresh)
            esp_replay_mark(r, steps[i].seq);
    }
}

static void
test_the_window_moves_with_the_highest_number(void **state)
{
    static const Step steps[] = {
        { 0, false, "no packet has number 0" },
        { 1, true, "the first" },
        { 1, false, "seen" },
        { 3, true, "a gap" },
        { 2, true, "late but new" },
        { 2, false, "late and seen" },
        { 1024, true, "right edge" },
        { 1, false, "left edge, seen" },
        { 4, true, "inside" },
        { 1025, true, "one further" },
        { 1, false, "left of the window" },
        { 5, true, "inside" },
        { 1030, true, "moves the left edge to 7" },
        { 6, false, "left of the window" },
        { 7, true, "exactly the left edge" },
        { 7, false, "seen" },
    };

    (void)state;
    walk(1024, steps, G_N_ELEMENTS(steps));
}

static void
test_a_far_jump_forgets_everything_old(void **state)
{
    static const Step steps[] = {
        { 10, true, "start" },
        { 1u << 20, true, "far" },
        { (1u << 20) - 1023, true, "left edge after the jump" },
        { (1u << 20) - 1024, false, "left of it" },
        { 10, false, "long gone" },
        { (1u << 20) - 1, true, "inside, never seen" },
        { UINT32_MAX, true, "the last number there is" },
        { UINT32_MAX, false, "seen" },
        { UINT32_MAX - 1023, true, "left edge at the very end" },
        { UINT32_MAX - 1024, false, "left of it" },
        { 0, false, "numbers do not wrap" },
        { 1, false, "numbers do not wrap" },
    };

    (void)state;
    walk(1024, steps, G_N_ELEMENTS(steps));
}

/* Where a signed number would turn negative nothing happens. */
static void
test_half_way_is_no_edge(void **state)
{
    static const Step steps[] = {
        { 0x7ffffffe, true, "just below 2^31" },
        { 0x80000001, true, "just above" },
        { 0x80000000, true, "between, late" },
        { 0x7fffffff, true, "below, late" },
        { 0x80000000, false, "seen" },
        { 0x80000001 - 1023, true, "left edge across 2^31" },
        { 0x80000001 - 1024, false, "left of it" },
        { 1, false, "long gone" },
    };

    (void)state;
    walk(1024, steps, G_N_ELEMENTS(steps));
}

/* Every width, also one that is no multiple of a word, from the first number on and across 2^32. */
static void
test_the_ring_agrees_with_a_plain_set(void **state)
{
    static const uint32_t widths[] = { 64, 65, 127, 128, 1000, 1024, 4095, 4096 };
    enum { SPAN = 100000 };

    (void)state;
    for (size_t k = 0; k < 2 * G_N_ELEMENTS(widths); k++) {
        uint32_t bits = widths[k / 2], random = 12345;
        uint64_t base = k % 2 ? (UINT64_C(1) << 32) - SPAN / 2 : 0, top = base;
        g_autofree uint8_t *seen = g_malloc0(SPAN);
        g_autoptr(EspReplay) r = esp_replay_new(bits);

        if (base)
            esp_replay_mark(r, base);
        seen[0] = 1;
        for (int i = 0; i < 150000; i++) {
            random = random * 1664525 + 1013904223;
            uint32_t ahead = (random >> 8) % (bits + bits / 2); /* a little further back, ahead */
            uint64_t seq = top - base + ahead > bits + 100 ? top + ahead - bits - 100 : base + 1;

            if (random >> 24 == 7)
                seq = top + 64 * (random >> 8 & 31); /* whole words at once */
            if (seq >= base + SPAN)
                continue;
            bool expect = seq > top || (top - seq < bits && !seen[seq - base]);

            assert_int_equal(esp_replay_fresh(r, seq), expect);
            if (top - seq < bits || seq - top < UINT32_MAX / 2)
                assert_true(esp_replay_guess(r, (uint32_t)seq) == seq);
            if (!expect)
                continue;
            esp_replay_mark(r, seq);
            seen[seq - base] = 1;
            top = seq > top ? seq : top;
            assert_true(esp_replay_top(r) == top);
        }
        assert_true(top - base > SPAN / 2);
    }
}

static void
test_marking_left_of_the_window_changes_nothing(void **state)
{
    g_autoptr(EspReplay) r = esp_replay_new(1024);

    (void)state;
    esp_replay_mark(r, 5000);
    esp_replay_mark(r, 5000 - 32 * 64); /* the same ring position as 5000 */
    assert_int_equal(esp_replay_top(r), 5000);
    assert_true(esp_replay_fresh(r, 5000 - 1023));
    assert_int_equal(esp_replay_newest(r), 1);
}

static void
test_the_newest_are_shown_from_the_top_down(void **state)
{
    g_autoptr(EspReplay) r = esp_replay_new(1024);

    (void)state;
    assert_int_equal(esp_replay_newest(r), 0);
    esp_replay_mark(r, 1);
    assert_int_equal(esp_replay_newest(r), 1);
    esp_replay_mark(r, 4);
    assert_int_equal(esp_replay_newest(r), 0x9);
    esp_replay_mark(r, 3);
    assert_int_equal(esp_replay_newest(r), 0xb);
    for (uint32_t seq = 100; seq < 200; seq++)
        esp_replay_mark(r, seq);
    assert_true(esp_replay_newest(r) == UINT64_MAX);
    esp_replay_mark(r, 230);
    assert_true(esp_replay_newest(r) == (UINT64_MAX << 31 | 1));
}

/* RFC 4303, appendix A2.2, both cases, and where a round ends. */
static void
test_the_high_half_is_the_one_that_fits_the_window(void **state)
{
    static const struct {
        uint64_t top;
        uint32_t low;
        uint64_t want;
    } rows[] = {
        { 0, 1, 1 },
        { 0, UINT32_MAX, UINT32_MAX }, /* there is no round before the first */
        { 10, UINT32_MAX, UINT32_MAX },
        { 63, 0, 0 }, /* case A begins: the left edge is 0 */
        { 62, 0, 0 },
        { 0xffffffff, 0, 0x100000000 },
        { 0xffffffff, 0xffffffff - 63, 0xffffffff - 63 },
        { 0xffffffff, 0xffffffff - 64, 0x100000000 + 0xffffffff - 64 },
        { 0x100000000, 0xffffffff, 0xffffffff },
        { 0x100000000, 0xffffffff - 62, 0xffffffff - 62 }, /* left edge */
        { 0x100000000, 0xffffffff - 63, 0x1ffffffff - 63 },
        { 0x10000003e, 0xffffffff, 0xffffffff },
        { 0x10000003f, 0xffffffff, 0x1ffffffff },
        { 0x10000003f, 0, 0x100000000 },
        { 0xffffffff00000005, 0xfffffff0, 0xfffffffefffffff0 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(EspReplay) r = esp_replay_new(64);

        if (rows[i].top)
            esp_replay_mark(r, rows[i].top);
        if (esp_replay_guess(r, rows[i].low) != rows[i].want)
            fail_msg("row %zu: %" PRIx64, i, esp_replay_guess(r, rows[i].low));
    }
}

static void
test_the_window_passes_the_end_of_the_low_half(void **state)
{
    static const Step steps[] = {
        { 0xfffffffe, true, "just below 2^32" },
        { 0x100000001, true, "just above" },
        { 0xffffffff, true, "between, late" },
        { 0x100000000, true, "between, late" },
        { 0xffffffff, false, "seen" },
        { 0x100000000, false, "seen" },
        { 0x100000001 - 63, true, "left edge" },
        { 0x100000001 - 64, false, "left of it" },
        { 1, false, "the low half says nothing" },
        { 0x200000001, true, "a whole round" },
        { 0x100000001, false, "long gone" },
    };

    (void)state;
    walk(64, steps, G_N_ELEMENTS(steps));
}

static void
test_what_is_taken_is_newest_or_late_and_once(void **state)
{
    static const struct {
        uint64_t seq;
        EspReplaySeen want;
    } rows[] = {
        { 0, ESP_REPLAY_STALE },   { 1, ESP_REPLAY_NEWEST },    { 1, ESP_REPLAY_STALE },
        { 3, ESP_REPLAY_NEWEST },  { 2, ESP_REPLAY_LATE },      { 2, ESP_REPLAY_STALE },
        { 66, ESP_REPLAY_NEWEST }, { 2, ESP_REPLAY_STALE },     { 4, ESP_REPLAY_LATE },
        { 67, ESP_REPLAY_NEWEST }, { 1000, ESP_REPLAY_NEWEST }, { 936, ESP_REPLAY_STALE },
        { 937, ESP_REPLAY_LATE },
    };
    g_autoptr(EspReplay) r = esp_replay_new(64);
    g_autoptr(EspReplay) any = esp_replay_new(0);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        if (esp_replay_take(r, rows[i].seq) != rows[i].want)
            fail_msg("row %zu", i);
    assert_int_equal(esp_replay_take(any, 7), ESP_REPLAY_NEWEST);
    assert_int_equal(esp_replay_take(any, 7), ESP_REPLAY_LATE);
    assert_int_equal(esp_replay_top(any), 7);
}

static void
test_without_a_window_everything_is_fresh(void **state)
{
    g_autoptr(EspReplay) r = esp_replay_new(0);

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(esp_replay_fresh(r, 7));
        esp_replay_mark(r, 7);
    }
    esp_replay_mark(r, 5000);
    assert_true(esp_replay_fresh(r, 7));
    esp_replay_mark(r, 7);
    assert_true(esp_replay_top(r) == 5000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_window_moves_with_the_highest_number),
        cmocka_unit_test(test_a_far_jump_forgets_everything_old),
        cmocka_unit_test(test_half_way_is_no_edge),
        cmocka_unit_test(test_the_ring_agrees_with_a_plain_set),
        cmocka_unit_test(test_marking_left_of_the_window_changes_nothing),
        cmocka_unit_test(test_the_high_half_is_the_one_that_fits_the_window),
        cmocka_unit_test(test_the_window_passes_the_end_of_the_low_half),
        cmocka_unit_test(test_what_is_taken_is_newest_or_late_and_once),
        cmocka_unit_test(test_without_a_window_everything_is_fresh),
        cmocka_unit_test(test_the_newest_are_shown_from_the_top_down),
    };

    return cmocka_run_group_tests_name("esp_replay", tests, NULL, NULL);
}
