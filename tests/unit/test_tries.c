/* test_tries.c - agent/headend/tries.c */

#include "agent/headend/tries.h"
#include "tests/support/test.h"

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static void
fail_often(Tries *t, const Addr *a, unsigned n, Usec now)
{
    for (unsigned i = 0; i < n; i++)
        tries_failed(t, a, now);
}

static void
test_a_guesser_waits_and_others_do_not(void **state)
{
    g_autoptr(Tries) t = tries_new();
    Addr bad = addr("192.0.2.1"), good = addr("192.0.2.2");
    Usec now = 1000 * USEC_PER_SEC;

    (void)state;
    fail_often(t, &bad, TRIES_BURST - 1, now);
    assert_true(tries_allowed(t, &bad, now));
    tries_failed(t, &bad, now);
    assert_false(tries_allowed(t, &bad, now));
    assert_true(tries_allowed(t, &good, now));
}

static void
test_a_failure_is_forgotten_in_time(void **state)
{
    g_autoptr(Tries) t = tries_new();
    Addr a = addr("192.0.2.1");
    Usec now = 1000 * USEC_PER_SEC;

    (void)state;
    fail_often(t, &a, TRIES_BURST, now);
    assert_false(tries_allowed(t, &a, now + TRIES_EACH_S * USEC_PER_SEC - 1));
    assert_true(tries_allowed(t, &a, now + TRIES_EACH_S * USEC_PER_SEC));
    tries_failed(t, &a, now + TRIES_EACH_S * USEC_PER_SEC);
    assert_false(tries_allowed(t, &a, now + TRIES_EACH_S * USEC_PER_SEC));
}

/* A host has 2^64 addresses of its own. */
static void
test_ipv6_addresses_count_by_their_network(void **state)
{
    g_autoptr(Tries) t = tries_new();
    Addr a = addr("2001:db8::1"), b = addr("2001:db8::2"), c = addr("2001:db8:0:1::1");
    Usec now = 1000 * USEC_PER_SEC;

    (void)state;
    fail_often(t, &a, TRIES_BURST, now);
    assert_false(tries_allowed(t, &b, now));
    assert_true(tries_allowed(t, &c, now));
}

static void
test_many_addresses_push_out_the_least_guilty(void **state)
{
    g_autoptr(Tries) t = tries_new();
    Addr bad = addr("192.0.2.1");
    Usec now = 1000 * USEC_PER_SEC;

    (void)state;
    fail_often(t, &bad, TRIES_BURST, now);
    for (unsigned i = 0; i < 3 * TRIES_ADDRESSES_MAX; i++) {
        Addr other = { .family = ADDR_V4,
                       .b = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };

        tries_failed(t, &other, now);
    }
    assert_false(tries_allowed(t, &bad, now));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_guesser_waits_and_others_do_not),
        cmocka_unit_test(test_a_failure_is_forgotten_in_time),
        cmocka_unit_test(test_ipv6_addresses_count_by_their_network),
        cmocka_unit_test(test_many_addresses_push_out_the_least_guilty),
    };

    return cmocka_run_group_tests_name("tries", tests, NULL, NULL);
}
