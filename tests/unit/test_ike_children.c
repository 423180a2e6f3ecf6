/* test_ike_children.c - agent/ike/ike_children.c: the set of child SAs of one IkeSa. */
#include "agent/ike/ike_children.h"
#include "tests/support/test.h"

static IkeChildSa *
add(IkeChildren *set, uint32_t spi_in)
{
    IkeChildSa *child = ike_children_add(set);

    child->c.spi_in = spi_in;
    child->c.spi_out = spi_in + 0x1000;
    return child;
}

static void
test_a_new_one_is_live_and_never_due(void **state)
{
    IkeChildren set = { 0 };
    IkeChildSa *child = add(&set, 256);

    (void)state;
    assert_int_equal(child->stage, IKE_CHILD_LIVE);
    assert_true(child->due == USEC_NEVER && child->hard == USEC_NEVER);
    ike_children_clear(&set);
    assert_int_equal(set.n, 0);
}

static void
test_each_is_found_by_either_of_its_spis(void **state)
{
    IkeChildren set = { 0 };

    (void)state;
    for (uint32_t spi = 256; !ike_children_full(&set); spi++)
        add(&set, spi);
    assert_int_equal(set.n, IKE_CHILDREN_MAX);
    for (uint32_t spi = 256; spi < 256 + IKE_CHILDREN_MAX; spi++) {
        assert_int_equal(ike_children_in(&set, spi)->c.spi_in, spi);
        assert_int_equal(ike_children_out(&set, spi + 0x1000)->c.spi_in, spi);
        assert_null(ike_children_out(&set, spi));
        assert_null(ike_children_in(&set, spi + 0x1000));
    }
    ike_children_clear(&set);
}

static void
test_removal_keeps_the_others_in_order(void **state)
{
    IkeChildren set = { 0 };

    (void)state;
    for (uint32_t spi = 1; spi <= 5; spi++)
        add(&set, spi);
    ike_children_remove(&set, ike_children_in(&set, 3));
    ike_children_remove(&set, ike_children_in(&set, 5));
    ike_children_remove(&set, ike_children_in(&set, 1));
    assert_int_equal(set.n, 2);
    assert_int_equal(set.all[0]->c.spi_in, 2);
    assert_int_equal(set.all[1]->c.spi_in, 4);
    ike_children_clear(&set);
}

static void
test_the_oldest_of_a_stage_comes_first(void **state)
{
    IkeChildren set = { 0 };

    (void)state;
    for (uint32_t spi = 1; spi <= 4; spi++)
        add(&set, spi)->stage = spi % 2 ? IKE_CHILD_LIVE : IKE_CHILD_DOOMED;
    assert_int_equal(ike_children_first(&set, IKE_CHILD_LIVE)->c.spi_in, 1);
    assert_int_equal(ike_children_first(&set, IKE_CHILD_DOOMED)->c.spi_in, 2);
    assert_null(ike_children_first(&set, IKE_CHILD_DELETING));
    ike_children_clear(&set);
}

static void
test_heirs_are_told_apart_by_who_asked(void **state)
{
    IkeChildren set = { 0 };
    IkeChildSa *ours, *theirs;

    (void)state;
    add(&set, 1);
    assert_null(ike_children_heir(&set, 1, true));
    ours = add(&set, 2);
    theirs = add(&set, 3);
    ours->c.replaces = theirs->c.replaces = 1;
    ours->ours = true;
    assert_ptr_equal(ike_children_heir(&set, 1, true), ours);
    assert_ptr_equal(ike_children_heir(&set, 1, false), theirs);
    assert_null(ike_children_heir(&set, 2, true));
    ike_children_clear(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_one_is_live_and_never_due),
        cmocka_unit_test(test_each_is_found_by_either_of_its_spis),
        cmocka_unit_test(test_removal_keeps_the_others_in_order),
        cmocka_unit_test(test_the_oldest_of_a_stage_comes_first),
        cmocka_unit_test(test_heirs_are_told_apart_by_who_asked),
    };

    return cmocka_run_group_tests_name("ike_children", tests, NULL, NULL);
}
