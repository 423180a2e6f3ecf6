/* test_ike_frag.c - agent/ike/ike_frag.c */

#include "agent/ike/ike_frag.h"
#include "tests/support/test.h"

enum { START = 1000 };

/* One octet a piece tells which it was. */
static IkeFragVerdict
add(IkeFragSet *s, bool proven, uint16_t id, uint16_t number, uint16_t total, uint8_t what)
{
    return ike_frag_add(s,
                        &(IkeFragment){ .proven = proven,
                                        .message_id = 7,
                                        .id = id,
                                        .number = number,
                                        .total = total,
                                        .data = { &what, 1 },
                                        .datagram = { &what, 1 } },
                        START);
}

static IkeFragVerdict
skf(IkeFragSet *s, uint16_t number, uint16_t total, uint8_t what)
{
    return add(s, true, 0, number, total, what);
}

/* The last one is marked, the others do not know. */
static IkeFragVerdict
cisco(IkeFragSet *s, uint16_t id, uint16_t number, bool last, uint8_t what)
{
    return add(s, false, id, number, last ? number : 0, what);
}

static void
assert_joined(const IkeFragSet *s, const char *want)
{
    g_auto(Secret) all = { 0 };

    ike_frag_join(s, &all);
    assert_int_equal(all.len, strlen(want));
    if (all.len)
        assert_memory_equal(all.p, want, all.len);
}

static void
test_any_order_joins_to_the_same(void **state)
{
    static const uint8_t orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 },
                                         { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++)
        for (int proven = 0; proven < 2; proven++) {
            IkeFragSet s = { 0 };

            for (size_t j = 0; j < 3; j++) {
                uint8_t n = orders[i][j];
                uint8_t what = (uint8_t)('a' + n - 1);
                IkeFragVerdict v = proven ? skf(&s, n, 3, what) : cisco(&s, 1, n, n == 3, what);

                assert_int_equal(v, j == 2 ? IKE_FRAG_COMPLETE : IKE_FRAG_KEPT);
            }
            assert_joined(&s, "abc");
            ike_frag_clear(&s);
        }
}

/* An empty INFORMATIONAL has nothing inside, however it is cut. */
static void
test_pieces_may_be_empty(void **state)
{
    const uint8_t datagram = 0;
    IkeFragSet s = { 0 };

    (void)state;
    for (uint16_t n = 1; n <= 2; n++)
        assert_int_equal(ike_frag_add(&s,
                                      &(IkeFragment){ .proven = true,
                                                      .number = n,
                                                      .total = 2,
                                                      .datagram = { &datagram, 1 } },
                                      START),
                         n == 2 ? IKE_FRAG_COMPLETE : IKE_FRAG_KEPT);
    assert_joined(&s, "");
    ike_frag_clear(&s);
}

/* RFC 7383 §2.6; CVE-2016-1287. */
static void
test_impossible_numbers_are_dropped(void **state)
{
    static const struct {
        uint16_t number, total;
    } bad[] = { { 0, 1 }, { 0, 0 }, { 1, 0 }, { 2, 1 }, { 65, 65 }, { 1, 65 }, { 65535, 65535 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        IkeFragSet s = { 0 };

        assert_int_equal(skf(&s, bad[i].number, bad[i].total, 'x'), IKE_FRAG_DROPPED);
        assert_int_equal(s.held, 0);
        assert_true(ike_frag_due(&s) == USEC_NEVER);
    }
    for (uint16_t number = 0; number <= 255; number++) {
        IkeFragSet s = { 0 };

        assert_int_equal(cisco(&s, 1, number, false, 'x') == IKE_FRAG_KEPT,
                         number >= 1 && number <= 64);
        ike_frag_clear(&s);
    }
}

static void
test_a_proven_duplicate_or_smaller_total_is_dropped(void **state)
{
    IkeFragSet s = { 0 };

    (void)state;
    assert_int_equal(skf(&s, 1, 3, 'a'), IKE_FRAG_KEPT);
    assert_int_equal(skf(&s, 1, 3, 'X'), IKE_FRAG_DROPPED);
    assert_int_equal(skf(&s, 2, 2, 'X'), IKE_FRAG_DROPPED);
    assert_int_equal(skf(&s, 1, 1, 'X'), IKE_FRAG_DROPPED);
    assert_int_equal(skf(&s, 2, 3, 'b'), IKE_FRAG_KEPT);
    assert_int_equal(skf(&s, 3, 3, 'c'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "abc");
    ike_frag_clear(&s);
}

static void
test_a_larger_total_starts_anew(void **state)
{
    IkeFragSet s = { 0 };

    (void)state;
    assert_int_equal(skf(&s, 1, 2, 'a'), IKE_FRAG_KEPT);
    assert_int_equal(skf(&s, 3, 3, 'C'), IKE_FRAG_KEPT);
    assert_int_equal(s.held, 1);
    assert_null(s.datagram);
    assert_int_equal(skf(&s, 2, 2, 'b'), IKE_FRAG_DROPPED);
    assert_int_equal(skf(&s, 1, 3, 'A'), IKE_FRAG_KEPT);
    assert_int_equal(g_bytes_get_size(s.datagram), 1);
    assert_int_equal(skf(&s, 2, 3, 'B'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "ABC");
    ike_frag_clear(&s);
}

static void
test_a_proven_set_is_not_disturbed_by_what_is_not(void **state)
{
    IkeFragSet s = { 0 };

    (void)state;
    assert_int_equal(cisco(&s, 1, 1, false, 'X'), IKE_FRAG_KEPT);
    assert_int_equal(skf(&s, 1, 2, 'a'), IKE_FRAG_KEPT); /* takes its place */
    assert_int_equal(cisco(&s, 1, 2, true, 'X'), IKE_FRAG_DROPPED);
    assert_int_equal(cisco(&s, 9, 1, true, 'X'), IKE_FRAG_DROPPED);
    assert_int_equal(skf(&s, 2, 2, 'b'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "ab");
    ike_frag_clear(&s);
}

static void
test_another_message_or_fragment_id_is_another_set(void **state)
{
    IkeFragSet s = { 0 };
    uint8_t what = 'n';

    (void)state;
    assert_int_equal(cisco(&s, 1, 1, false, 'a'), IKE_FRAG_KEPT);
    assert_int_equal(cisco(&s, 2, 2, true, 'b'), IKE_FRAG_KEPT);
    assert_int_equal(s.held, 1);
    /* the same fragment id, the next message (agent/docs/WIRE.md §17) */
    assert_int_equal(
        ike_frag_add(&s,
                     &(IkeFragment){ .message_id = 8, .id = 2, .number = 1, .data = { &what, 1 } },
                     START),
        IKE_FRAG_KEPT);
    assert_int_equal(s.held, 1);
    ike_frag_clear(&s);
}

/* Whoever lied, all fragments of an honest repetition make the set right. */
static void
test_the_newest_wins_where_nothing_is_proven(void **state)
{
    IkeFragSet s = { 0 };

    (void)state;
    (void)cisco(&s, 1, 1, false, 'X');
    (void)cisco(&s, 1, 40, true, 'X'); /* "there are 40" */
    (void)cisco(&s, 1, 20, false, 'X');
    assert_int_equal(cisco(&s, 1, 1, false, 'a'), IKE_FRAG_KEPT);
    assert_int_equal(cisco(&s, 1, 2, false, 'b'), IKE_FRAG_KEPT);
    assert_int_equal(cisco(&s, 1, 3, true, 'c'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "abc");
    ike_frag_clear(&s);

    (void)cisco(&s, 1, 2, true, 'X'); /* "there are 2" */
    assert_int_equal(cisco(&s, 1, 3, true, 'c'), IKE_FRAG_KEPT);
    assert_int_equal(cisco(&s, 1, 1, false, 'a'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "aXc"); /* which fails its integrity check; the caller clears it */
    ike_frag_clear(&s);

    (void)cisco(&s, 1, 2, true, 'X');
    assert_int_equal(cisco(&s, 1, 2, false, 'b'), IKE_FRAG_KEPT); /* not the last after all */
    assert_int_equal(cisco(&s, 1, 1, false, 'a'), IKE_FRAG_KEPT);
    assert_int_equal(cisco(&s, 1, 3, true, 'c'), IKE_FRAG_COMPLETE);
    assert_joined(&s, "abc");
    ike_frag_clear(&s);
}

static void
test_octets_are_bounded(void **state)
{
    g_autofree uint8_t *much = g_malloc0(2000);

    (void)state;
    for (int proven = 0; proven < 2; proven++) {
        IkeFragSet s = { 0 };
        unsigned kept = 0;

        for (uint16_t n = 1; n <= 64; n++)
            kept += ike_frag_add(&s,
                                 &(IkeFragment){ .proven = proven,
                                                 .number = n,
                                                 .total = proven ? 64 : 0,
                                                 .data = { much, 2000 },
                                                 .datagram = { much, 2000 } },
                                 START) == IKE_FRAG_KEPT;
        assert_int_equal(kept, 63); /* 32 are 64000 octets; the next one empties the set */
        assert_true(s.octets <= IKE_MESSAGE_MAX);
        assert_int_equal(s.octets, s.held * 2000);
        ike_frag_clear(&s);
    }
}

static void
test_an_incomplete_set_ends_with_its_time(void **state)
{
    IkeFragSet s = { 0 };

    (void)state;
    assert_int_equal(skf(&s, 1, 2, 'a'), IKE_FRAG_KEPT);
    assert_true(ike_frag_due(&s) == START + 30 * USEC_PER_SEC);
    ike_frag_tick(&s, START + 30 * USEC_PER_SEC - 1);
    assert_int_equal(s.held, 1);
    ike_frag_tick(&s, START + 30 * USEC_PER_SEC);
    assert_int_equal(s.held, 0);
    assert_int_equal(s.octets, 0);
    assert_true(ike_frag_due(&s) == USEC_NEVER);
    assert_int_equal(skf(&s, 2, 2, 'b'), IKE_FRAG_KEPT);
    ike_frag_clear(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_joins_to_the_same),
        cmocka_unit_test(test_pieces_may_be_empty),
        cmocka_unit_test(test_impossible_numbers_are_dropped),
        cmocka_unit_test(test_a_proven_duplicate_or_smaller_total_is_dropped),
        cmocka_unit_test(test_a_larger_total_starts_anew),
        cmocka_unit_test(test_a_proven_set_is_not_disturbed_by_what_is_not),
        cmocka_unit_test(test_another_message_or_fragment_id_is_another_set),
        cmocka_unit_test(test_the_newest_wins_where_nothing_is_proven),
        cmocka_unit_test(test_octets_are_bounded),
        cmocka_unit_test(test_an_incomplete_set_ends_with_its_time),
    };

    return cmocka_run_group_tests_name("ike_frag", tests, NULL, NULL);
}
