#include "agent/base/selector.h"
#include "tests/support/test.h"

/* "10.0.0.0-10.0.0.255 6 80-90" */
static Selector
selector(const char *text)
{
    g_auto(GStrv) w = g_strsplit_set(text, " -", -1);
    Selector s = { .proto = (uint8_t)atoi(w[2]),
                   .port_first = (uint16_t)atoi(w[3]),
                   .port_last = (uint16_t)atoi(w[4]) };

    assert_true(addr_parse(w[0], &s.first) && addr_parse(w[1], &s.last));
    return s;
}

#define NONE NULL

static void
test_intersections_are_what_both_cover(void **state)
{
    static const struct {
        const char *a, *b, *both, *source;
    } rows[] = {
        { "0.0.0.0-255.255.255.255 0 0-65535", "10.2.2.1-10.2.2.1 0 0-65535",
          "10.2.2.1-10.2.2.1 0 0-65535", "RFC 7296 §2.9, narrowing to one address" },
        { "10.0.0.0-10.0.0.200 0 0-65535", "10.0.0.100-10.0.1.0 0 0-65535",
          "10.0.0.100-10.0.0.200 0 0-65535", "overlap" },
        { "10.0.0.0-10.0.0.9 0 0-65535", "10.0.0.10-10.0.0.20 0 0-65535", NONE, "neighbours" },
        { "10.0.0.0-10.0.0.9 6 0-65535", "10.0.0.0-10.0.0.9 0 80-90", "10.0.0.0-10.0.0.9 6 80-90",
          "RFC 7296 §3.13.1: protocol 0 is any" },
        { "10.0.0.0-10.0.0.9 6 0-65535", "10.0.0.0-10.0.0.9 17 0-65535", NONE, "TCP and UDP" },
        { "10.0.0.0-10.0.0.9 6 1-79", "10.0.0.0-10.0.0.9 6 80-90", NONE, "ports apart" },
        { "10.0.0.0-10.0.0.9 6 65535-0", "10.0.0.0-10.0.0.9 6 0-65535",
          "10.0.0.0-10.0.0.9 6 65535-0", "RFC 4301 §4.4.1.1: ANY includes OPAQUE" },
        { "10.0.0.0-10.0.0.9 6 65535-0", "10.0.0.0-10.0.0.9 6 500-500", NONE,
          "RFC 4301 §4.4.1.1: OPAQUE is no port" },
        { "10.0.0.0-10.0.0.9 6 65535-0", "10.0.0.0-10.0.0.9 6 65535-0",
          "10.0.0.0-10.0.0.9 6 65535-0", "OPAQUE is itself" },
        { "10.0.0.9-10.0.0.0 0 0-65535", "0.0.0.0-255.255.255.255 0 0-65535", NONE,
          "backwards covers nothing" },
        { "::-ffff:: 0 0-65535", "0.0.0.0-255.255.255.255 0 0-65535", NONE, "families" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Selector a = selector(rows[i].a), b = selector(rows[i].b), got = { .proto = 77 };
        Selector *pairs[][2] = { { &a, &b }, { &b, &a } };

        for (size_t swap = 0; swap < 2; swap++) {
            bool some = selector_intersect(pairs[swap][0], pairs[swap][1], &got);

            assert_int_equal(some, rows[i].both != NONE);
            if (some) {
                Selector want = selector(rows[i].both);

                assert_true(selector_equal(&got, &want));
                assert_true(selector_within(&got, &a) && selector_within(&got, &b));
            } else {
                assert_int_equal(got.proto, 77);
            }
        }
        assert_int_equal(selector_within(&a, &b),
                         rows[i].both && strcmp(rows[i].both, rows[i].a) == 0);
    }
}

static void
test_a_selector_of_all_has_every_address_of_its_family(void **state)
{
    static const char *const v4[] = { "0.0.0.0", "10.0.0.1", "255.255.255.255" };
    Selector all4 = selector_all(ADDR_V4), all6 = selector_all(ADDR_V6);
    Selector want = selector("::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 0 0-65535");
    Addr a;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(v4); i++) {
        assert_true(addr_parse(v4[i], &a));
        assert_true(selector_has_addr(&all4, &a));
        assert_false(selector_has_addr(&all6, &a));
    }
    assert_true(selector_equal(&all6, &want));
}

static void
test_a_selector_of_a_prefix_has_its_first_and_last_address_and_no_other(void **state)
{
    Selector s, want = selector("10.2.0.0-10.3.255.255 0 0-65535");
    Prefix p;
    Addr below, above;

    (void)state;
    assert_true(prefix_parse("10.2.0.0/15", &p));
    assert_true(addr_parse("10.1.255.255", &below) && addr_parse("10.4.0.0", &above));
    s = selector_of_prefix(&p);
    assert_true(selector_equal(&s, &want));
    assert_true(selector_has_addr(&s, &s.first) && selector_has_addr(&s, &s.last));
    assert_false(selector_has_addr(&s, &below) || selector_has_addr(&s, &above));
}

/* The form of "show crypto ikev2 sa detail" on an ASA. */
static void
test_selectors_are_printed_as_the_field_prints_them(void **state)
{
    Selector s = selector("10.2.2.1-10.2.2.1 0 0-65535");
    g_autofree char *text = selector_format(&s);

    (void)state;
    assert_string_equal(text, "10.2.2.1/0 - 10.2.2.1/65535");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intersections_are_what_both_cover),
        cmocka_unit_test(test_a_selector_of_all_has_every_address_of_its_family),
        cmocka_unit_test(test_a_selector_of_a_prefix_has_its_first_and_last_address_and_no_other),
        cmocka_unit_test(test_selectors_are_printed_as_the_field_prints_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
