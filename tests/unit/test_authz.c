/* test_authz.c - agent/daemon/authz.c: the rules of [control] allow. */
#include "agent/daemon/authz.h"
#include "tests/support/test.h"

/* Users and groups that every Debian has: root 0, daemon 1, bin 2, sys 3, nobody 65534. */
static const struct {
    const char *rule;
    uid_t uid;
    bool may;
} cases[] = {
    { "", 0, true },
    { "", 1, false },
    { "any", 65534, true },
    { "user:daemon", 1, true },
    { "user:daemon", 2, false },
    { "user:1", 1, true },
    { "user:10", 1, false },
    { "user:nosuchuser", 1, false },
    { "user:", 1, false },
    { "group:daemon", 1, true },
    { "group:1", 1, true },
    { "group:daemon", 2, false },
    { "group:nosuchgroup", 1, false },
    { "group:1", 4242424, false }, /* no such user, so in no group */
    { "daemon", 1, false },
    { "ANY", 1, false },
    { "user:bin user:daemon", 1, true },
};

static void
test_root_always_others_only_by_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) rules = g_strsplit(cases[i].rule, " ", -1);

        assert_int_equal(authz_allowed(cases[i].uid, rules), cases[i].may);
    }
    assert_false(authz_allowed(1, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_root_always_others_only_by_a_rule) };

    return cmocka_run_group_tests_name("authz", tests, NULL, NULL);
}
