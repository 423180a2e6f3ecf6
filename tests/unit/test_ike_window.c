/* test_ike_window.c - agent/ike/ike_window.c */
#include "agent/ike/ike_window.h"
#include "tests/support/test.h"

enum { FIRST = 500000, TRIES = 6 };

static GBytes *
bytes(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

static void
test_a_request_is_repeated_with_back_off_and_then_given_up(void **state)
{
    /* seconds after the first datagram, doubled each time (RFC 7296 §2.4: not prescribed) */
    static const double sent_at[] = { 0.5, 1.5, 3.5, 7.5, 15.5 };
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    assert_true(ike_window_due(&w) == USEC_NEVER);
    ike_window_send(&w, 34, bytes("request"), 0);
    for (size_t i = 0; i < G_N_ELEMENTS(sent_at); i++) {
        Usec at = (Usec)(sent_at[i] * 1e6);

        assert_int_equal(ike_window_due(&w), at);
        assert_int_equal(ike_window_tick(&w, at - 1), IKE_WINDOW_QUIET);
        assert_int_equal(ike_window_tick(&w, at), IKE_WINDOW_RESEND);
    }
    assert_int_equal(w.tries, TRIES);
    assert_int_equal(ike_window_due(&w), 31500000);
    assert_int_equal(ike_window_tick(&w, 31500000), IKE_WINDOW_GIVE_UP);
    assert_int_equal(ike_window_tick(&w, USEC_NEVER - 1), IKE_WINDOW_QUIET);
    assert_null(w.request);
    ike_window_clear(&w);
}

static void
test_message_ids_start_at_zero_and_count_our_requests(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    for (uint32_t id = 0; id < 3; id++) {
        assert_int_equal(w.send_id, id);
        assert_true(ike_window_may_send(&w));
        ike_window_send(&w, 35, bytes("x"), 0);
        assert_false(ike_window_may_send(&w)); /* window 1, §2.3 */
        assert_false(ike_window_expects(&w, 35, id + 1));
        assert_false(ike_window_expects(&w, 37, id));
        assert_true(ike_window_expects(&w, 35, id));
        ike_window_answered(&w);
        assert_false(ike_window_expects(&w, 35, id)); /* once */
    }
    ike_window_clear(&w);
}

static void
test_message_ids_never_wrap(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    w.send_id = w.recv_id = UINT32_MAX - 1;
    assert_true(ike_window_may_send(&w));
    ike_window_send(&w, 37, bytes("last"), 0);
    ike_window_answered(&w);
    assert_false(ike_window_may_send(&w));

    assert_int_equal(ike_window_judge(&w, UINT32_MAX - 1, slice_of("a")), IKE_WINDOW_NEW);
    ike_window_accept(&w, UINT32_MAX - 1, slice_of("a"));
    ike_window_answer(&w, bytes("r"));
    assert_int_equal(ike_window_judge(&w, UINT32_MAX, slice_of("b")), IKE_WINDOW_STRAY);
    assert_int_equal(ike_window_judge(&w, 0, slice_of("b")), IKE_WINDOW_STRAY);
    ike_window_clear(&w);
}

static void
test_a_request_is_answered_once_and_repeated_from_the_cache(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask")), IKE_WINDOW_NEW);
    ike_window_accept(&w, 0, slice_of("ask"));
    assert_true(ike_window_owes(&w));
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask")), IKE_WINDOW_REPEAT);
    assert_null(ike_window_said(&w, 0));
    /* nothing new while an answer is owed: the peer's window is 1 too */
    assert_int_equal(ike_window_judge(&w, 1, slice_of("next")), IKE_WINDOW_STRAY);
    ike_window_answer(&w, bytes("answer"));
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask")), IKE_WINDOW_REPEAT);
    assert_non_null(ike_window_said(&w, 0));
    assert_int_equal(ike_window_judge(&w, 1, slice_of("next")), IKE_WINDOW_NEW);
    ike_window_clear(&w);
}

static void
test_other_octets_under_the_same_id_get_nothing(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_accept(&w, 0, slice_of("ask"));
    ike_window_answer(&w, bytes("answer"));
    assert_int_equal(ike_window_judge(&w, 0, slice_of("asK")), IKE_WINDOW_STRAY);
    assert_int_equal(ike_window_judge(&w, 2, slice_of("ask")), IKE_WINDOW_STRAY);
    ike_window_accept(&w, 1, slice_of("ask 2"));
    ike_window_answer(&w, bytes("answer 2"));
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask")), IKE_WINDOW_STRAY); /* too old */
    ike_window_clear(&w);
}

static void
test_another_wording_starts_the_clock_anew(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_send(&w, 34, bytes("group 19"), 0);
    assert_int_equal(ike_window_tick(&w, 500000), IKE_WINDOW_RESEND);
    ike_window_replace(&w, bytes("group 14"), 600000);
    assert_int_equal(w.send_id, 1); /* the same Message ID */
    assert_int_equal(ike_window_due(&w), 1100000);
    assert_memory_equal(g_bytes_get_data(w.request, NULL), "group 14", 8);
    ike_window_clear(&w);
}

static void
test_a_hurried_request_is_given_up_after_few_more(void **state)
{
    unsigned sent = 0;
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_send(&w, 34, bytes("x"), 0);
    ike_window_hurry(&w, 2);
    while (ike_window_tick(&w, ike_window_due(&w)) == IKE_WINDOW_RESEND)
        sent++;
    assert_int_equal(sent, 2);
    ike_window_clear(&w);
}

/* An unauthenticated error hurried it, and then the good answer came: the rest is as ever. */
static void
test_only_the_waiting_request_is_hurried(void **state)
{
    IkeWindow w;
    unsigned sent = 0;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_send(&w, 34, bytes("x"), 0);
    ike_window_hurry(&w, 2);
    ike_window_answered(&w);
    ike_window_send(&w, 35, bytes("y"), 0);
    while (ike_window_tick(&w, ike_window_due(&w)) == IKE_WINDOW_RESEND)
        sent++;
    assert_int_equal(sent, TRIES - 1);
    ike_window_clear(&w);
}

/* §2.3: the peer may have so many under way; each is processed once, in whatever order they come.
 */
static void
test_a_wider_window_takes_requests_out_of_order_and_each_once(void **state)
{
    static const uint32_t order[] = { 2, 0, 4, 1, 3 };
    static const char *const asks[] = { "ask 0", "ask 1", "ask 2", "ask 3", "ask 4" };
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_widen(&w, 5);
    assert_int_equal(ike_window_judge(&w, 5, slice_of("ask 5")), IKE_WINDOW_STRAY);
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        uint32_t id = order[i];

        assert_int_equal(ike_window_judge(&w, id, slice_of(asks[id])), IKE_WINDOW_NEW);
        ike_window_accept(&w, id, slice_of(asks[id]));
        ike_window_answer(&w, bytes(asks[id]));
        assert_int_equal(ike_window_judge(&w, id, slice_of(asks[id])), IKE_WINDOW_REPEAT);
    }
    assert_int_equal(w.recv_id, 5);
    for (uint32_t id = 0; id < 5; id++) /* the peer may still ask for each again */
        assert_memory_equal(g_bytes_get_data(ike_window_said(&w, id), NULL), asks[id], 5);
    ike_window_accept(&w, 5, slice_of("ask 5"));
    assert_true(ike_window_owes(&w));
    assert_int_equal(ike_window_judge(&w, 6, slice_of("ask 6")), IKE_WINDOW_STRAY);
    ike_window_answer(&w, bytes("ask 5"));
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask 0")), IKE_WINDOW_STRAY); /* too old */
    assert_null(ike_window_said(&w, 0));
    ike_window_clear(&w);
}

static void
test_a_gap_bounds_what_may_come(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_widen(&w, 3);
    ike_window_accept(&w, 2, slice_of("ask 2"));
    ike_window_answer(&w, bytes("answer"));
    assert_int_equal(w.recv_id, 0);
    assert_int_equal(ike_window_judge(&w, 3, slice_of("ask 3")), IKE_WINDOW_STRAY);
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask 0")), IKE_WINDOW_NEW);
    ike_window_clear(&w);
}

static void
test_a_window_grows_with_what_is_in_it_and_never_shrinks(void **state)
{
    IkeWindow w;

    (void)state;
    ike_window_init(&w, FIRST, TRIES);
    ike_window_accept(&w, 0, slice_of("ask 0"));
    ike_window_answer(&w, bytes("answer 0"));
    ike_window_widen(&w, IKE_WINDOW_MAX);
    assert_int_equal(ike_window_judge(&w, 0, slice_of("ask 0")), IKE_WINDOW_REPEAT);
    assert_non_null(ike_window_said(&w, 0));
    assert_int_equal(ike_window_judge(&w, IKE_WINDOW_MAX, slice_of("x")), IKE_WINDOW_NEW);
    assert_int_equal(ike_window_judge(&w, IKE_WINDOW_MAX + 1, slice_of("x")), IKE_WINDOW_STRAY);
    ike_window_widen(&w, 2);
    assert_int_equal(ike_window_judge(&w, IKE_WINDOW_MAX, slice_of("x")), IKE_WINDOW_NEW);
    ike_window_clear(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_repeated_with_back_off_and_then_given_up),
        cmocka_unit_test(test_message_ids_start_at_zero_and_count_our_requests),
        cmocka_unit_test(test_message_ids_never_wrap),
        cmocka_unit_test(test_a_request_is_answered_once_and_repeated_from_the_cache),
        cmocka_unit_test(test_other_octets_under_the_same_id_get_nothing),
        cmocka_unit_test(test_another_wording_starts_the_clock_anew),
        cmocka_unit_test(test_a_hurried_request_is_given_up_after_few_more),
        cmocka_unit_test(test_only_the_waiting_request_is_hurried),
        cmocka_unit_test(test_a_wider_window_takes_requests_out_of_order_and_each_once),
        cmocka_unit_test(test_a_gap_bounds_what_may_come),
        cmocka_unit_test(test_a_window_grows_with_what_is_in_it_and_never_shrinks),
    };

    return cmocka_run_group_tests_name("ike_window", tests, NULL, NULL);
}
