/* test_redirect.c - agent/daemon/redirect.c */
#include "agent/daemon/redirect.h"
#include "tests/support/test.h"

#define SEC(n) ((n)*USEC_PER_SEC)

static void
test_five_in_300_seconds_are_followed_and_no_more(void **state)
{
    RedirectCount c = { 0 };

    (void)state;
    for (Usec i = 0; i < 5; i++)
        assert_true(redirect_count(&c, SEC(1000 + i)));
    assert_false(redirect_count(&c, SEC(1005)));
    assert_false(redirect_count(&c, SEC(1299)));
    assert_true(redirect_count(&c, SEC(1300))); /* the first is long ago */
    assert_false(redirect_count(&c, SEC(1300)));
    assert_true(redirect_count(&c, SEC(1301)));
}

static bool
listed(const char *pattern, const char *target)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();

    if (pattern)
        g_ptr_array_add(list, (char *)pattern);
    return redirect_listed(list, target);
}

static void
test_an_empty_list_lets_all_pass_and_a_full_one_only_its_own(void **state)
{
    (void)state;
    assert_true(listed(NULL, "evil.example.com"));
    assert_true(listed("vpn2.example.com", "vpn2.example.com"));
    assert_true(listed("VPN2.example.com", "vpn2.Example.COM"));
    assert_true(listed("*.example.com", "vpn2.example.com"));
    assert_true(listed("vpn*.example.com", "vpn17.example.com"));
    assert_true(listed("10.0.0.*", "10.0.0.2"));
    assert_true(listed("*", "2001:db8::1"));
    assert_false(listed("*.example.com", "example.com"));
    assert_false(listed("*.example.com", "vpn2.example.com.evil.net"));
    assert_false(listed("vpn2.example.com", "vpn3.example.com"));
    assert_false(listed("vpn?.example.com", "vpn3.example.com"));
    assert_false(listed("10.0.0.*", "10.0.1.2"));
}

static void
test_no_gateway_is_at_addresses_that_are_nobodys(void **state)
{
    static const char *const bad[] = {
        "0.0.0.0",         "0.1.2.3",         "127.0.0.1", "127.9.9.9", "169.254.1.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1",       "::",        "::1",       "ff02::1",     "fe80::1",
        "febf::1",         "::ffff:127.0.0.1"
    };
    static const char *const good[] = { "10.0.0.1", "192.0.2.1", "223.255.255.255", "2001:db8::1",
                                        "fd00::1" };
    Addr a;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_true(addr_parse(bad[i], &a));
        if (!redirect_refusal(&a))
            fail_msg("%s was let pass", bad[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        assert_true(addr_parse(good[i], &a));
        assert_null(redirect_refusal(&a));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_five_in_300_seconds_are_followed_and_no_more),
        cmocka_unit_test(test_an_empty_list_lets_all_pass_and_a_full_one_only_its_own),
        cmocka_unit_test(test_no_gateway_is_at_addresses_that_are_nobodys),
    };

    return cmocka_run_group_tests_name("redirect", tests, NULL, NULL);
}
