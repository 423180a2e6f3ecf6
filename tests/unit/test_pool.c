/* test_pool.c - agent/headend/pool.c */

#include "agent/headend/pool.h"
#include "tests/support/test.h"

static Pool *
pool_of(const char *first, const char *last)
{
    Addr a, b;

    assert_true(addr_parse(first, &a) && addr_parse(last, &b));
    return pool_new(&a, &b);
}

static Addr
lease(Pool *p, const char *user)
{
    Addr a;

    assert_true(pool_lease(p, user, &a));
    return a;
}

static void
assert_addr(Addr a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(&a, buf), text);
}

static void
test_the_first_lease_is_the_first_address(void **state)
{
    g_autoptr(Pool) p = pool_of("10.2.2.1", "10.2.2.10");

    (void)state;
    assert_int_equal(pool_size(p), 10);
    assert_addr(lease(p, "Anu"), "10.2.2.1");
    assert_addr(lease(p, "Anu"), "10.2.2.2");
    assert_int_equal(pool_leased(p), 2);
}

static void
test_a_user_gets_his_address_back_while_nobody_needs_it(void **state)
{
    g_autoptr(Pool) p = pool_of("10.2.2.1", "10.2.2.3");
    Addr a = lease(p, "a"), b = lease(p, "b");

    (void)state;
    pool_release(p, &a);
    pool_release(p, &b);
    assert_addr(lease(p, "b"), "10.2.2.2");
    assert_addr(lease(p, "c"), "10.2.2.3"); /* remembered by nobody */
    assert_addr(lease(p, "d"), "10.2.2.1"); /* the last one: a's memory goes */
    assert_int_equal(pool_leased(p), pool_size(p));
}

static void
test_an_empty_pool_says_so_and_a_release_helps(void **state)
{
    g_autoptr(Pool) p = pool_of("10.2.2.1", "10.2.2.1");
    Addr a = lease(p, "a"), none;

    (void)state;
    assert_false(pool_lease(p, "b", &none));
    pool_release(p, &a);
    assert_addr(lease(p, "b"), "10.2.2.1");
}

static void
test_ten_thousand_leases_leave_nothing_behind(void **state)
{
    g_autoptr(Pool) p = pool_of("10.2.0.250", "10.2.1.5");

    (void)state;
    assert_int_equal(pool_size(p), 12);
    for (int i = 0; i < 10000; i++) {
        g_autofree char *user = g_strdup_printf("u%d", i % 37);
        Addr a = lease(p, user), b = lease(p, user);

        assert_false(addr_equal(&a, &b));
        pool_release(p, &a);
        pool_release(p, &b);
    }
    assert_int_equal(pool_leased(p), 0);
    for (int i = 0; i < 12; i++)
        (void)lease(p, "x");
}

static void
test_a_shared_address_is_free_when_the_last_one_gives_it_back(void **state)
{
    g_autoptr(Pool) p = pool_of("10.2.2.1", "10.2.2.2");
    Addr a = lease(p, "Anu"), b;

    (void)state;
    pool_share(p, &a);
    pool_release(p, &a);
    assert_int_equal(pool_leased(p), 1);
    b = lease(p, "Anu"); /* what he has cannot be given again, not even to him */
    assert_false(addr_equal(&a, &b));
    pool_release(p, &a);
    assert_int_equal(pool_leased(p), 1);
    assert_addr(lease(p, "Eve"), "10.2.2.1");
}

static void
test_ipv6_counts_across_octets(void **state)
{
    g_autoptr(Pool) p = pool_of("2001:db8::fffe", "2001:db8::1:1");

    (void)state;
    assert_int_equal(pool_size(p), 4);
    assert_addr(lease(p, "a"), "2001:db8::fffe");
    assert_addr(lease(p, "b"), "2001:db8::ffff");
    assert_addr(lease(p, "c"), "2001:db8::1:0");
    assert_addr(lease(p, "d"), "2001:db8::1:1");
}

static void
test_prefixes_cover_exactly_the_addresses(void **state)
{
    static const struct {
        const char *first, *last, *prefixes;
    } rows[] = {
        { "10.2.2.1", "10.2.2.10",
          "10.2.2.1/32 10.2.2.2/31 10.2.2.4/30 10.2.2.8/31 10.2.2.10/32 " },
        { "10.2.0.0", "10.2.255.255", "10.2.0.0/16 " },
        { "10.2.2.7", "10.2.2.7", "10.2.2.7/32 " },
        { "2001:db8::", "2001:db8::ff", "2001:db8::/120 " },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Pool) p = pool_of(rows[i].first, rows[i].last);
        g_autoptr(GArray) nets = pool_prefixes(p);
        g_autoptr(GString) text = g_string_new(NULL);
        char buf[PREFIX_TEXT_MAX];

        for (guint k = 0; k < nets->len; k++)
            g_string_append_printf(text, "%s ",
                                   prefix_format(&g_array_index(nets, Prefix, k), buf));
        assert_string_equal(text->str, rows[i].prefixes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_lease_is_the_first_address),
        cmocka_unit_test(test_a_user_gets_his_address_back_while_nobody_needs_it),
        cmocka_unit_test(test_an_empty_pool_says_so_and_a_release_helps),
        cmocka_unit_test(test_ten_thousand_leases_leave_nothing_behind),
        cmocka_unit_test(test_a_shared_address_is_free_when_the_last_one_gives_it_back),
        cmocka_unit_test(test_ipv6_counts_across_octets),
        cmocka_unit_test(test_prefixes_cover_exactly_the_addresses),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
