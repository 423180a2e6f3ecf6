/* test_ac_bounds.c - agent/eap/ac_bounds.c */

#include "agent/eap/ac_bounds.h"
#include "tests/support/test.h"

static char *
repeat(const char *head, const char *piece, size_t n, const char *tail)
{
    GString *s = g_string_new(head);

    for (size_t i = 0; i < n; i++)
        g_string_append(s, piece);
    return g_string_free(g_string_append(s, tail), FALSE);
}

static void
check(Slice xml, const char *expected)
{
    g_autofree char *why = NULL;
    bool ok = ac_bounds_check(xml, &why);

    assert_int_equal(ok, expected == NULL);
    if (expected)
        assert_string_equal(why, expected);
    else
        assert_null(why);
}

static void
test_trim_takes_nuls_and_space_off_the_ends_only(void **state)
{
    static const char xml[] = " \r\n<a> </a>\n\0\0";
    Slice got = ac_bounds_trim((Slice){ (const uint8_t *)xml, sizeof(xml) });

    (void)state;
    assert_true(slice_equal(got, slice_of("<a> </a>")));
    assert_int_equal(ac_bounds_trim(slice_of(" \n")).len, 0);
    assert_int_equal(ac_bounds_trim((Slice){ 0 }).len, 0);
}

static void
test_the_size_limit_is_one_ike_payload(void **state)
{
    g_autofree char *fits = repeat("<a>", "x", AC_XML_MAX - 7, "</a>");
    g_autofree char *over = repeat("<a>", "x", AC_XML_MAX - 6, "</a>");

    (void)state;
    check(slice_of(fits), NULL);
    check(slice_of(over), "the document has 65516 octets, at most 65515 are read");
}

static void
test_depth_elements_and_attributes_are_bounded(void **state)
{
    g_autofree char *deep = repeat("", "<a>", AC_DEPTH_MAX, "");
    g_autofree char *deeper = repeat("", "<a>", AC_DEPTH_MAX, "<b/>");
    g_autofree char *many = repeat("<a>", "<b/>", AC_NODES_MAX - 1, "</a>");
    g_autofree char *more = repeat("<a>", "<b/>", AC_NODES_MAX, "</a>");
    g_autofree char *wide = repeat("<a ", "x='' ", AC_ATTRS_MAX, "/>");
    g_autofree char *wider = repeat("<a ", "x='' ", AC_ATTRS_MAX + 1, "/>");

    (void)state;
    check(slice_of(deep), NULL);
    check(slice_of(deeper), "elements are nested more than 32 deep");
    check(slice_of(many), NULL);
    check(slice_of(more), "the document has more than 2048 elements");
    check(slice_of(wide), NULL);
    check(slice_of(wider), "<a> has more than 32 attributes");
}

static void
test_only_utf8_passes(void **state)
{
    static const char nul[] = "<a>x\0y</a>";

    (void)state;
    check(slice_of(""), "the document is empty");
    check(slice_of("<a>\xc3\xa9</a>"), NULL);
    check(slice_of("\xef\xbb\xbf<a/>"), NULL); /* byte order mark of UTF-8 */
    check(slice_of("<a>\xe9</a>"), "octet 4 of the document is not UTF-8");
    check(slice_of("<a>\xed\xa0\x80</a>"), "octet 4 of the document is not UTF-8"); /* surrogate */
    check((Slice){ (const uint8_t *)nul, sizeof(nul) - 1 }, "octet 5 of the document is a NUL");
    check((Slice){ (const uint8_t *)"<\0a\0/\0>\0", 8 },
          "the document is in UTF-16 or UTF-32, only UTF-8 is read");
    check((Slice){ (const uint8_t *)"\xfe\xff\0<\0a\0/\0>", 10 },
          "the document is in UTF-16 or UTF-32, only UTF-8 is read");
    check(slice_of("<?xml version='1.0' encoding='utf-8'?><a/>"), NULL);
    check(slice_of("<?xml version='1.0' encoding = \"ISO-8859-1\"?><a/>"),
          "the document says its encoding is \"ISO-8859-1\", only UTF-8 is read");
}

static void
test_any_declaration_is_a_dtd(void **state)
{
    static const char *const with[] = {
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?><!-- x --><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<a><!ENTITY b 'c'></a>",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(with); i++)
        check(slice_of(with[i]),
              "the document has a DTD or an entity declaration, which is not read");
    check(slice_of("<a><!-- <!DOCTYPE a> --><![CDATA[<!ENTITY>]]></a>"), NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trim_takes_nuls_and_space_off_the_ends_only),
        cmocka_unit_test(test_the_size_limit_is_one_ike_payload),
        cmocka_unit_test(test_depth_elements_and_attributes_are_bounded),
        cmocka_unit_test(test_only_utf8_passes),
        cmocka_unit_test(test_any_declaration_is_a_dtd),
    };

    return cmocka_run_group_tests_name("ac_bounds", tests, NULL, NULL);
}
