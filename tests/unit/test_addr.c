#include "agent/base/addr.h"
#include "tests/support/test.h"

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static Prefix
prefix(const char *text)
{
    Prefix p;

    assert_true(prefix_parse(text, &p));
    return p;
}

static void
test_addresses_are_printed_in_their_canonical_form(void **state)
{
    static const struct {
        const char *in, *out, *source;
    } rows[] = {
        { "10.0.0.1", "10.0.0.1", "RFC 791" },
        { "255.255.255.255", "255.255.255.255", "RFC 919" },
        { "0.0.0.0", "0.0.0.0", "RFC 1122" },
        { "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "RFC 5952 §4.2.3" },
        { "2001:0DB8::0001", "2001:db8::1", "RFC 5952 §4.1, §4.3" },
        { "::", "::", "RFC 4291 §2.5.2" },
        { "::ffff:192.0.2.1", "::ffff:192.0.2.1", "RFC 5952 §5" },
    };
    char buf[ADDR_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Addr a = addr(rows[i].in);

        assert_string_equal(addr_format(&a, buf), rows[i].out);
    }
}

static void
test_what_is_no_address_is_refused_and_leaves_ret_alone(void **state)
{
    static const char *const bad[] = {
        "",          "10",       "10.0.0",      "10.0.0.256", "10.0.0.1 ", " 10.0.0.1",
        "10.0.0.01", "0x0a.1.1", "10.0.0.1.2",  "[::1]",      "fe80::1%1", "::1::",
        "1:2:3",     "g::",      "10.0.0.1/32", "localhost",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Addr a = { .family = 77 };

        assert_false(addr_parse(bad[i], &a));
        assert_int_equal(a.family, 77);
    }
}

static void
test_octets_of_any_other_length_are_no_address(void **state)
{
    static const uint8_t octets[20] = { 192, 0, 2, 1 };
    Addr a;

    (void)state;
    for (size_t len = 0; len <= sizeof(octets); len++)
        assert_int_equal(addr_from_octets((Slice){ octets, len }, &a), len == 4 || len == 16);
    assert_true(addr_from_octets((Slice){ octets, 4 }, &a));
    assert_true(slice_equal(addr_view(&a), (Slice){ octets, 4 }));
    assert_true(addr_from_octets((Slice){ octets, 16 }, &a));
    assert_int_equal(addr_len(&a), 16);
}

static void
test_no_address_prints_none_and_is_empty(void **state)
{
    Addr none = { 0 }, v4 = addr_v4(0x0a000001), want = addr("10.0.0.1");
    char buf[ADDR_TEXT_MAX];

    (void)state;
    assert_string_equal(addr_format(&none, buf), "none");
    assert_int_equal(addr_view(&none).len, 0);
    assert_false(addr_equal(&none, &v4));
    assert_true(addr_equal(&v4, &want));
}

static void
test_order_is_family_then_octets(void **state)
{
    static const char *const rising[] = { "0.0.0.0", "9.255.255.255", "10.0.0.0",  "255.0.0.0",
                                          "::",      "::1",           "2001:db8::" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rising); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(rising); j++) {
            Addr a = addr(rising[i]), b = addr(rising[j]);
            int cmp = addr_compare(&a, &b);

            assert_int_equal((cmp > 0) - (cmp < 0), (i > j) - (i < j));
        }
}

static void
test_kinds_of_address_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        bool unspecified, loopback, multicast;
        const char *source;
    } rows[] = {
        { "0.0.0.0", true, false, false, "RFC 1122 §3.2.1.3" },
        { "::", true, false, false, "RFC 4291 §2.5.2" },
        { "127.0.0.1", false, true, false, "RFC 1122 §3.2.1.3" },
        { "127.255.255.255", false, true, false, "RFC 1122 §3.2.1.3" },
        { "::1", false, true, false, "RFC 4291 §2.5.3" },
        { "::2", false, false, false, "RFC 4291 §2.5.3" },
        { "223.255.255.255", false, false, false, "RFC 5771" },
        { "224.0.0.0", false, false, true, "RFC 5771" },
        { "239.255.255.255", false, false, true, "RFC 5771" },
        { "240.0.0.0", false, false, false, "RFC 1112 §4" },
        { "255.255.255.255", false, false, true, "RFC 919" },
        { "ff02::1", false, false, true, "RFC 4291 §2.7" },
        { "fe80::1", false, false, false, "RFC 4291 §2.5.6" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Addr a = addr(rows[i].text);

        assert_int_equal(addr_is_unspecified(&a), rows[i].unspecified);
        assert_int_equal(addr_is_loopback(&a), rows[i].loopback);
        assert_int_equal(addr_is_multicast(&a), rows[i].multicast);
    }
}

static void
test_next_address_carries_and_ends(void **state)
{
    static const char *const pairs[][2] = {
        { "10.0.0.1", "10.0.0.2" },
        { "10.0.255.255", "10.1.0.0" },
        { "2001:db8::ffff:ffff", "2001:db8::1:0:0" },
    };
    Addr next, top4 = addr("255.255.255.255"),
               top6 = addr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), none = { 0 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        Addr a = addr(pairs[i][0]), want = addr(pairs[i][1]);

        assert_true(addr_next(&a, &next));
        assert_true(addr_equal(&next, &want));
    }
    assert_false(addr_next(&top4, &next));
    assert_false(addr_next(&top6, &next));
    assert_false(addr_next(&none, &next));
}

static void
test_endpoints_survive_a_round_trip(void **state)
{
    static const char *const good[] = { "10.0.0.1:500", "0.0.0.0:0", "[2001:db8::1]:4500",
                                        "[::]:65535" };
    char buf[ENDPOINT_TEXT_MAX];
    Endpoint e;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        assert_true(endpoint_parse(good[i], &e));
        assert_string_equal(endpoint_format(&e, buf), good[i]);
    }
}

static void
test_what_is_no_endpoint_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "10.0.0.1",
        "10.0.0.1:",
        "10.0.0.1:65536",
        "10.0.0.1:-1",
        ":500",
        "10.0.0.1: 1",
        "::1:500",
        "[::1]",
        "[::1]500",
        "[10.0.0.1]:500",
        "[::1:500",
        "[]:500",
        "[:500",
        "10.0.0.1]:500",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1",
    };
    Endpoint e = { .port = 77 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(endpoint_parse(bad[i], &e));
    assert_int_equal(e.port, 77);
}

static void
test_prefixes_lose_their_host_bits(void **state)
{
    static const struct {
        const char *in, *out, *mask, *last;
    } rows[] = {
        { "10.1.2.3/8", "10.0.0.0/8", "255.0.0.0", "10.255.255.255" },
        { "10.1.2.3", "10.1.2.3/32", "255.255.255.255", "10.1.2.3" },
        { "10.1.2.255/30", "10.1.2.252/30", "255.255.255.252", "10.1.2.255" },
        { "10.1.2.3/0", "0.0.0.0/0", "0.0.0.0", "255.255.255.255" },
        { "2001:db8:ffff::1/33", "2001:db8:8000::/33",
          "ffff:ffff:8000::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff" },
        { "::1", "::1/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1" },
    };
    char buf[PREFIX_TEXT_MAX], abuf[ADDR_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Prefix p = prefix(rows[i].in), again;
        Addr mask = prefix_mask(&p), last = prefix_last(&p);

        assert_string_equal(prefix_format(&p, buf), rows[i].out);
        assert_string_equal(addr_format(&mask, abuf), rows[i].mask);
        assert_string_equal(addr_format(&last, abuf), rows[i].last);
        assert_true(prefix_contains(&p, &p.addr));
        assert_true(prefix_contains(&p, &last));
        assert_true(prefix_from_mask(&last, &mask, &again));
        assert_true(prefix_equal(&p, &again));
    }
}

static void
test_what_is_no_prefix_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "/8",
                                       "10.0.0.0/",
                                       "10.0.0.0/33",
                                       "10.0.0.0/-1",
                                       "10.0.0.0/+8",
                                       "10.0.0.0/8 ",
                                       "::/129",
                                       "10.0.0.0/8/8",
                                       "10.0.0/8",
                                       "10.0.0.0/255.0.0.0" };
    Prefix p = { .len = 77 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(prefix_parse(bad[i], &p));
    assert_int_equal(p.len, 77);
}

static void
test_a_prefix_ends_where_it_ends(void **state)
{
    Prefix p = prefix("10.2.0.0/15");
    Addr in = addr("10.3.255.255"), below = addr("10.1.255.255"), above = addr("10.4.0.0"),
         v6 = addr("a02::");

    (void)state;
    assert_true(prefix_contains(&p, &in));
    assert_false(prefix_contains(&p, &below));
    assert_false(prefix_contains(&p, &above));
    assert_false(prefix_contains(&p, &v6));
}

static void
test_a_mask_with_holes_is_refused(void **state)
{
    static const char *const bad[] = { "255.0.255.0", "0.0.0.255", "255.255.255.253", "::" };
    Addr a = addr("10.0.0.1");
    Prefix p = { .len = 77 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Addr mask = addr(bad[i]);

        assert_false(prefix_from_mask(&a, &mask, &p));
    }
    assert_int_equal(p.len, 77);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_printed_in_their_canonical_form),
        cmocka_unit_test(test_what_is_no_address_is_refused_and_leaves_ret_alone),
        cmocka_unit_test(test_octets_of_any_other_length_are_no_address),
        cmocka_unit_test(test_no_address_prints_none_and_is_empty),
        cmocka_unit_test(test_order_is_family_then_octets),
        cmocka_unit_test(test_kinds_of_address_are_told_apart),
        cmocka_unit_test(test_next_address_carries_and_ends),
        cmocka_unit_test(test_endpoints_survive_a_round_trip),
        cmocka_unit_test(test_what_is_no_endpoint_is_refused),
        cmocka_unit_test(test_prefixes_lose_their_host_bits),
        cmocka_unit_test(test_what_is_no_prefix_is_refused),
        cmocka_unit_test(test_a_prefix_ends_where_it_ends),
        cmocka_unit_test(test_a_mask_with_holes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
