/* test_esp_replay.c - agent/esp/esp_replay.c */

#include <glib.h>

#include "agent/esp/esp_replay.h"
#include "tests/support/test.h"

/* Each row marks or asks; the window is 1024 wide: the right edge is the highest number marked, the
 * left edge 1023 below it (RFC 4303 §3.4.3). */
typedef struct Step {
    uint32_t seq;
    bool fresh; /* what is answered; fresh ones are then marked */
    const char *why;
} Step;

static void
walk(const Step *steps, size_t n)
{
    EspReplay r = { 0 };

    for (size_t i = 0; i < n; i++) {
        bool fresh = esp_replay_fresh(&r, steps[i].seq);

        if (fresh != steps[i].fresh)
            print_error("step %zu, number %u: %s\n", i, steps[i].seq, steps[i].why);
        assert_int_equal(fresh, steps[i].fresh);
        if (fresh)
            esp_replay_mark(&r, steps[i].seq);
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
    walk(steps, G_N_ELEMENTS(steps));
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
    walk(steps, G_N_ELEMENTS(steps));
}

/* The ring has 17 words: walk it many times round and compare with a set that forgets nothing. */
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
    walk(steps, G_N_ELEMENTS(steps));
}

static void
test_the_ring_agrees_with_a_plain_set(void **state)
{
    enum { SPAN = 200000 };
    g_autofree uint8_t *seen = g_malloc0(SPAN);
    uint32_t top = 0, random = 12345;
    EspReplay r = { 0 };

    (void)state;
    for (int i = 0; i < 300000; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t ahead = (random >> 8) % 1600; /* back to 1300 behind, up to 300 ahead */
        uint32_t seq = top + ahead > 1300 ? top + ahead - 1300 : 1;

        if (random >> 24 == 7)
            seq = top + 64 * (random >> 8 & 31); /* whole words at once */
        if (seq >= SPAN || seq == 0)
            continue;
        bool expect = seq > top || (top - seq < 1024 && !seen[seq]);

        assert_int_equal(esp_replay_fresh(&r, seq), expect);
        if (!expect)
            continue;
        esp_replay_mark(&r, seq);
        seen[seq] = 1;
        top = seq > top ? seq : top;
        assert_int_equal(esp_replay_top(&r), top);
    }
    assert_true(top > 100 * ESP_REPLAY_BITS);
}

static void
test_marking_left_of_the_window_changes_nothing(void **state)
{
    EspReplay r = { 0 };

    (void)state;
    esp_replay_mark(&r, 5000);
    esp_replay_mark(&r, 5000 - 17 * 64); /* the same ring position as 5000 */
    assert_int_equal(esp_replay_top(&r), 5000);
    assert_true(esp_replay_fresh(&r, 5000 - 1023));
    assert_int_equal(esp_replay_newest(&r), 1);
}

static void
test_the_newest_are_shown_from_the_top_down(void **state)
{
    EspReplay r = { 0 };

    (void)state;
    assert_int_equal(esp_replay_newest(&r), 0);
    esp_replay_mark(&r, 1);
    assert_int_equal(esp_replay_newest(&r), 1);
    esp_replay_mark(&r, 4);
    assert_int_equal(esp_replay_newest(&r), 0x9);
    esp_replay_mark(&r, 3);
    assert_int_equal(esp_replay_newest(&r), 0xb);
    for (uint32_t seq = 100; seq < 200; seq++)
        esp_replay_mark(&r, seq);
    assert_true(esp_replay_newest(&r) == UINT64_MAX);
    esp_replay_mark(&r, 230);
    assert_true(esp_replay_newest(&r) == (UINT64_MAX << 31 | 1));
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
        cmocka_unit_test(test_the_newest_are_shown_from_the_top_down),
    };

    return cmocka_run_group_tests_name("esp_replay", tests, NULL, NULL);
}
