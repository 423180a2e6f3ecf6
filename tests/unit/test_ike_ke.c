/* test_ike_ke.c - agent/ike/ike_ke.c */

#include "agent/ike/ike_ke.h"
#include "tests/support/wire.h"

static bool
decode(Slice s)
{
    Reader in = reader_init(s);
    IkeKe ke = { .group = 0xdead };
    IkeStatus st = ike_ke_decode(&in, &ke);

    assert_true(st == IKE_OK || ke.group == 0xdead);
    return st == IKE_OK;
}

static void
test_all_65536_groups_round_trip(void **state)
{
    (void)state;
    for (unsigned group = 0; group <= UINT16_MAX; group++) {
        uint8_t wire[] = { (uint8_t)(group >> 8), (uint8_t)group, 0, 0, 0xaa };
        Reader in = reader_init((Slice){ wire, sizeof(wire) });
        uint8_t buf[8];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeKe ke;

        assert_int_equal(ike_ke_decode(&in, &ke), IKE_OK);
        assert_int_equal(ke.group, group);
        assert_int_equal(ke.data.len, 1);
        ike_ke_encode(&ke, &out);
        wire_equal(&out, (Slice){ wire, sizeof(wire) });
    }
}

/* The head and one octet are the least there is. */
static void
test_every_truncation_is_refused(void **state)
{
    Hex wire = hex("0001 0000 eb");

    (void)state;
    wire_cuts(wire_slice(&wire), decode);
}

static void
test_reserved_octets_are_ignored(void **state)
{
    Hex wire = hex("0001 ffff eb");

    (void)state;
    assert_true(decode(wire_slice(&wire)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_65536_groups_round_trip),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_reserved_octets_are_ignored),
    };

    return cmocka_run_group_tests_name("ike_ke", tests, NULL, NULL);
}
