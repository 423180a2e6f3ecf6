/* test_profile_address.c - profiles/profile_address.c */

#include <string.h>

#include "profiles/profile.h"
#include "profiles/profile_address.h"
#include "tests/support/test.h"

static const struct {
    const char *text, *host;
    uint16_t port;
    const char *group;
    bool is_ip;
} good[] = {
    { "vpn.example.org", "vpn.example.org", 0, NULL, false },
    { "vpn.example.org.", "vpn.example.org.", 0, NULL, false },
    { "gateway", "gateway", 0, NULL, false },
    { "asa_1.example.org", "asa_1.example.org", 0, NULL, false },
    { "10.0.0.1", "10.0.0.1", 0, NULL, true },
    { "10.0.0.1:8443", "10.0.0.1", 8443, NULL, true },
    { "[2001:db8::1]", "2001:db8::1", 0, NULL, true },
    { "[2001:db8::1]:500", "2001:db8::1", 500, NULL, true },
    { "2001:db8::1", "2001:db8::1", 0, NULL, true },
    { "vpn.example.org:443", "vpn.example.org", 443, NULL, false },
    { "vpn.example.org/STAFF", "vpn.example.org", 0, "STAFF", false },
    { "vpn.example.org/STAFF/", "vpn.example.org", 0, "STAFF", false },
    { "vpn.example.org/", "vpn.example.org", 0, NULL, false },
    { "[2001:db8::1]/STAFF", "2001:db8::1", 0, "STAFF", true },
    { "https://vpn.example.org", "vpn.example.org", 0, NULL, false },
    { "HTTPS://vpn.example.org:8443/a/b", "vpn.example.org", 8443, "a/b", false },
    { "https://[2001:db8::1]:443/Two%20words", "2001:db8::1", 443, "Two words", true },
    { "vpn.example.org/100%25", "vpn.example.org", 0, "100%25", false }, /* no URL, no escapes */
};

static const struct {
    const char *text, *why;
} bad[] = {
    { "", "is empty" },
    { "/group", "is no host name" },
    { "https://", "is no host name" },
    { "http://vpn.example.org/", "is not https" },
    { "ftp://vpn.example.org/", "is not https" },
    { "vpn.example.org:0", "port \"0\" is not between 1 and 65535" },
    { "vpn.example.org:65536", "port \"65536\" is not between" },
    { "vpn.example.org:", "port \"\" is not between" },
    { "vpn.example.org:44 3", "port \"44 3\" is not between" },
    { "vpn.example.org:+443", "port \"+443\" is not between" },
    { "[2001:db8::1", "lacks its closing bracket" },
    { "[10.0.0.1]", "is no IPv6 address" },
    { "[2001:db8::1]443", "\"443\" after the address" },
    { "2001:db8::1::2", "is no IPv6 address" },
    { "fe80::1%eth0", "is no IPv6 address" },
    { "10.0.0.999", "is no IPv4 address" },
    { "10.0.1", "is no IPv4 address" },
    { "167772161", "is no IPv4 address" },
    { "vpn..example.org", "is no host name" },
    { ".example.org", "is no host name" },
    { "-vpn.example.org", "is no host name" },
    { "vpn example.org", "is no host name" },
    { "vpn.example.org;id", "is no host name" },
    { "user@vpn.example.org", "is no host name" },
    { "vpn.ex\xc3\xa4mple.org", "is no host name" },
    { "vpn.example.org\n", "has a control character, U+000A" },
    { "vpn.example.org/\x01", "has a control character, U+0001" },
    { "https://vpn.example.org/%0a", "its path has a control character, U+000A" },
    { "https://vpn.example.org/%", "has a bad %-escape" },
    { "https://vpn.example.org/%00", "has a bad %-escape" },
    { "https://vpn.example.org/%ff", "its path is not UTF-8" },
    { "\xff\xfe", "is not UTF-8" },
};

static void
test_every_form_of_an_address_is_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        g_auto(ProfileAddress) a = { 0 };
        g_autoptr(GError) error = NULL;

        if (!profile_address_parse(good[i].text, &a, &error))
            fail_msg("%s: %s", good[i].text, error->message);
        assert_string_equal(a.host, good[i].host);
        assert_int_equal(a.port, good[i].port);
        assert_int_equal(a.is_ip, good[i].is_ip);
        if (g_strcmp0(a.group, good[i].group) != 0)
            fail_msg("%s: group %s", good[i].text, a.group);
    }
}

static void
test_what_is_no_address_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(ProfileAddress) a = { .port = 0xdead };
        g_autoptr(GError) error = NULL;

        if (profile_address_parse(bad[i].text, &a, &error))
            fail_msg("accepted: %s", bad[i].text);
        assert_int_equal(a.port, 0xdead);
        assert_true(g_error_matches(error, PROFILE_ERROR, PROFILE_ERROR_INVALID));
        if (!strstr(error->message, bad[i].why))
            fail_msg("%s: %s", bad[i].text, error->message);
    }
}

/* RFC 1035 §2.3.4: labels of 63 octets, names of 255 with their length octets. */
static void
test_long_names_end_at_the_limits_of_dns(void **state)
{
    g_autofree char *label63 = g_strnfill(63, 'a'), *label64 = g_strnfill(64, 'a');
    g_autofree char *fits = g_strconcat(label63, ".example", NULL);
    g_autofree char *label_too_long = g_strconcat(label64, ".example", NULL);
    g_autofree char *name_too_long =
        g_strjoin(".", label63, label63, label63, label63, NULL); /* 255 */
    g_autofree char *text_too_long = g_strnfill(256, 'a');
    g_auto(ProfileAddress) a = { 0 };

    (void)state;
    assert_true(profile_address_parse(fits, &a, NULL));
    assert_false(profile_address_parse(label_too_long, &a, NULL));
    assert_false(profile_address_parse(name_too_long, &a, NULL));
    assert_false(profile_address_parse(text_too_long, &a, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_form_of_an_address_is_taken_apart),
        cmocka_unit_test(test_what_is_no_address_is_refused_with_a_reason),
        cmocka_unit_test(test_long_names_end_at_the_limits_of_dns),
    };

    return cmocka_run_group_tests_name("profile_address", tests, NULL, NULL);
}
