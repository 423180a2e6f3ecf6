/* test_esp_silence.c - agent/esp/esp_silence.c */

#include "agent/esp/esp_silence.h"
#include "tests/support/test.h"

enum { SPAN = 20 };

typedef struct Line {
    EspSilence silence;
    EspStats stats;
    Usec now;
    unsigned silent, dead;
} Line;

static Line
line(void)
{
    return (Line){ .silence = { .span = SPAN * USEC_PER_SEC },
                   .stats = { .last_in = 5, .asked_of = 1 },
                   .now = 1000 * USEC_PER_SEC };
}

/* @seconds of a second each, with so many questions. */
static void
pass(Line *l, unsigned seconds, unsigned questions)
{
    while (seconds-- > 0) {
        EspVerdict v;

        l->now += USEC_PER_SEC;
        l->stats.asked += questions;
        v = esp_silence_look(&l->silence, &l->stats, l->now);
        l->silent += v == ESP_SILENT;
        l->dead += v == ESP_DEAD;
    }
}

static void
test_traffic_that_asks_nothing_is_never_a_sign(void **state)
{
    Line l = line();

    (void)state;
    pass(&l, 3600, 0);
    assert_int_equal(l.silent + l.dead, 0);
}

static void
test_questions_without_an_answer_are_told_once(void **state)
{
    Line l = line();

    (void)state;
    pass(&l, SPAN, 1);
    assert_int_equal(l.silent, 0);
    pass(&l, 2, 1);
    assert_int_equal(l.silent, 1);
    pass(&l, 600, 1); /* one host: it may be the host */
    assert_int_equal(l.silent, 1);
    assert_int_equal(l.dead, 0);
}

static void
test_two_hosts_that_do_not_answer_with_new_keys_either_are_the_end(void **state)
{
    Line l = line();

    (void)state;
    l.stats.asked_of = 3;
    pass(&l, SPAN + 2, 1);
    assert_int_equal(l.dead, 0);
    pass(&l, SPAN + 2, 1);
    assert_int_equal(l.silent, 1);
    assert_int_equal(l.dead, 1);
}

static void
test_any_packet_in_makes_it_begin_anew(void **state)
{
    Line l = line();

    (void)state;
    l.stats.asked_of = 3;
    for (unsigned i = 0; i < 100; i++) {
        pass(&l, SPAN - 2, 10);
        l.stats.last_in = l.now;
    }
    assert_int_equal(l.silent + l.dead, 0);
    pass(&l, 2 * SPAN + 4, 1);
    assert_int_equal(l.silent, 1);
    l.stats.last_in = l.now;
    pass(&l, SPAN + 3, 1); /* and so is what had been told */
    assert_int_equal(l.silent, 2);
}

/* Somebody has asked and gone, or asks once in a while. */
static void
test_few_questions_or_old_ones_are_no_sign(void **state)
{
    Line l = line();

    (void)state;
    pass(&l, 1, 4);
    pass(&l, 600, 0);
    assert_int_equal(l.silent, 0);
    pass(&l, 1, 100);
    pass(&l, 600, 0);
    assert_int_equal(l.silent, 0);
}

static void
test_it_can_be_switched_off(void **state)
{
    Line l = line();

    (void)state;
    l.silence.span = 0;
    pass(&l, 600, 10);
    assert_int_equal(l.silent, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_traffic_that_asks_nothing_is_never_a_sign),
        cmocka_unit_test(test_questions_without_an_answer_are_told_once),
        cmocka_unit_test(test_two_hosts_that_do_not_answer_with_new_keys_either_are_the_end),
        cmocka_unit_test(test_any_packet_in_makes_it_begin_anew),
        cmocka_unit_test(test_few_questions_or_old_ones_are_no_sign),
        cmocka_unit_test(test_it_can_be_switched_off),
    };

    return cmocka_run_group_tests_name("esp_silence", tests, NULL, NULL);
}
