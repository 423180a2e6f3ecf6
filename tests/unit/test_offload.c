/* test_offload.c - agent/link/offload.c. */
#include "agent/link/offload.h"
#include "tests/support/test.h"
#include "tun/tun_dev.h"

static void
test_each_name_says_what_is_left(void **state)
{
    static const struct {
        const char *name;
        bool tun, udp;
    } rows[] = { { "all", true, true },
                 { "tun", true, false },
                 { "udp", false, true },
                 { "none", false, false } };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        Offload o = OFFLOAD_ALL;

        assert_true(offload_parse(rows[i].name, &o));
        assert_string_equal(offload_names[o], rows[i].name);
        assert_int_equal(offload_tun(o), rows[i].tun ? TUN_OFFLOAD | TUN_OFFLOAD_UDP : 0);
        assert_int_equal(offload_udp(o), rows[i].udp);
    }
    assert_null(offload_names[4]);
}

static void
test_any_other_name_is_refused(void **state)
{
    static const char *const bad[] = { "", "ALL", "tun udp", "on", "all " };
    Offload o = OFFLOAD_UDP;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_false(offload_parse(bad[i], &o));
    assert_int_equal(o, OFFLOAD_UDP);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_name_says_what_is_left),
        cmocka_unit_test(test_any_other_name_is_refused),
    };

    return cmocka_run_group_tests_name("offload", tests, NULL, NULL);
}
