/* test_hold.c - agent/link/hold.c */

#include <poll.h>

#include "agent/link/hold.h"
#include "tests/support/test.h"

enum { HELD = 32 };

static bool
is_called(const Hold *h)
{
    struct pollfd p = { .fd = hold_fd(h), .events = POLLIN };

    return poll(&p, 1, 0) == 1;
}

static void
test_a_call_is_heard_once(void **state)
{
    g_autoptr(Hold) h = hold_new(HELD, NULL);

    (void)state;
    assert_false(is_called(h));
    hold_call(h);
    hold_call(h);
    assert_true(is_called(h));
    hold_heard(h);
    assert_false(is_called(h));
    hold_heard(h);
}

static void
test_packets_come_back_in_order_and_once(void **state)
{
    g_autoptr(Hold) h = hold_new(HELD, NULL);
    uint8_t room[16], tag;

    (void)state;
    hold_keep(h, slice_of("one"), 7, 0);
    hold_keep(h, slice_of("three"), 0, 0);
    assert_int_equal(hold_take(h, room, sizeof(room), &tag, 1), 3);
    assert_int_equal(tag, 7);
    assert_memory_equal(room, "one", 3);
    assert_int_equal(hold_take(h, room, sizeof(room), NULL, 1), 5);
    assert_memory_equal(room, "three", 5);
    assert_int_equal(hold_take(h, room, sizeof(room), NULL, 1), 0);
}

static void
test_only_the_newest_are_kept(void **state)
{
    g_autoptr(Hold) h = hold_new(HELD, NULL);
    uint8_t room[4];
    size_t n = 0;

    (void)state;
    for (uint8_t i = 0; i < HELD + 3; i++)
        hold_keep(h, (Slice){ &i, 1 }, 0, 0);
    for (uint8_t want = 3; hold_take(h, room, sizeof(room), NULL, 0); want++, n++)
        assert_int_equal(room[0], want);
    assert_int_equal(n, HELD);
}

static void
test_a_stale_packet_and_one_too_large_are_dropped(void **state)
{
    g_autoptr(Hold) h = hold_new(HELD, NULL);
    uint8_t room[4];

    (void)state;
    hold_keep(h, slice_of("old"), 0, 0);
    hold_keep(h, slice_of("large"), 0, HOLD_S * USEC_PER_SEC);
    hold_keep(h, slice_of("new"), 0, HOLD_S * USEC_PER_SEC);
    assert_int_equal(hold_take(h, room, sizeof(room), NULL, HOLD_S * USEC_PER_SEC), 3);
    assert_memory_equal(room, "new", 3);
    assert_int_equal(hold_take(h, room, sizeof(room), NULL, HOLD_S * USEC_PER_SEC), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_is_heard_once),
        cmocka_unit_test(test_packets_come_back_in_order_and_once),
        cmocka_unit_test(test_only_the_newest_are_kept),
        cmocka_unit_test(test_a_stale_packet_and_one_too_large_are_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
