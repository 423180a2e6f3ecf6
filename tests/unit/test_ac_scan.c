/* test_ac_scan.c - agent/eap/ac_scan.c */

#include "agent/eap/ac_scan.h"
#include "tests/support/test.h"

/* Kinds as letters: Text, Open, Empty, Close, Aside, Decl, Bad. */
static const struct {
    const char *what, *xml, *kinds;
} cases[] = {
    { "nothing", "", "" },
    { "text only", "plain", "T" },
    { "one element", "<a>x</a>", "OTC" },
    { "an empty element", "<a/>", "E" },
    { "an end tag with a space", "<a></a >", "OC" },
    { "declaration and comment", "<?xml version=\"1.0\"?><!-- <b> --><a/>", "AAE" },
    { "a '>' inside quotes ends no tag", "<a b='>' c=\"/>\">x</a>", "OTC" },
    { "a '/' inside a value makes no empty element", "<a b='/'>", "O" },
    { "CDATA is text", "<a><![CDATA[<b>]]]]></a>", "OTC" },
    { "a DTD", "<!DOCTYPE a [ <!ENTITY b 'c'> ]>", "DTDT" },
    { "a tag that does not end", "x<a b='", "TB" },
    { "a '<' inside a tag", "<a <b>", "B" },
    { "a comment that does not end", "<!-- ->", "B" },
    { "the shortest non-comment", "<!-->", "B" },
    { "CDATA that does not end", "<![CDATA[]]", "B" },
    { "an instruction that does not end", "<?xml ?", "B" },
    { "a tag without a name", "< a>", "B" },
    { "an end tag without a name", "</>", "B" },
};

static void
test_markup_is_cut_into_its_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Reader in = reader_init(slice_of(cases[i].xml));
        GString *kinds = g_string_new(NULL);
        AcTokenKind k;
        AcToken t;

        while ((k = ac_scan_next(&in, &t)) < AC_TOKEN_END)
            g_string_append_c(kinds, "TOECAD"[k]);
        if (k == AC_TOKEN_BAD)
            g_string_append_c(kinds, 'B');
        if (strcmp(kinds->str, cases[i].kinds) != 0)
            fail_msg("%s: %s", cases[i].what, kinds->str);
        g_string_free(kinds, TRUE);
    }
}

/* However a document is cut, the tokens are exactly its octets, in order. */
static void
test_tokens_are_all_of_the_text(void **state)
{
    static const char xml[] = "<?xml?><a b='1' c=\"2\"><!-- x --><b/>t<![CDATA[u]]>\n</a>\n";

    (void)state;
    for (size_t cut = 0; cut < sizeof(xml); cut++) {
        Reader in = reader_init((Slice){ (const uint8_t *)xml, cut });
        const uint8_t *at = in.p;
        AcTokenKind k;
        AcToken t;

        while ((k = ac_scan_next(&in, &t)) < AC_TOKEN_END) {
            assert_ptr_equal(t.octets.p, at);
            assert_true(t.octets.len > 0);
            at += t.octets.len;
        }
        assert_ptr_equal(at, in.p);
        assert_int_equal(reader_left(&in) == 0, k == AC_TOKEN_END);
    }
}

static void
test_attributes_are_counted_outside_quotes(void **state)
{
    Reader in = reader_init(slice_of("<a b='=' c = \"==\" d=''/>"));
    AcToken t;

    (void)state;
    assert_int_equal(ac_scan_next(&in, &t), AC_TOKEN_EMPTY);
    assert_int_equal(t.n_attrs, 3);
    assert_true(slice_equal(t.name, slice_of("a")));
}

static void
test_an_element_is_cut_out_with_what_is_in_it(void **state)
{
    static const char xml[] = "<r><o a='</o>'>\n<o/><p>x</p></o><o/></r>";
    static const char *const elements[] = { xml, "<o a='</o>'>\n<o/><p>x</p></o>", "<o/>",
                                            "<p>x</p>", "<o/>" };
    Slice got, name;

    (void)state;
    assert_int_equal(ac_scan_count(slice_of(xml)), G_N_ELEMENTS(elements));
    for (unsigned i = 0; i < G_N_ELEMENTS(elements); i++) {
        assert_true(ac_scan_element(slice_of(xml), i, &got, &name));
        assert_true(slice_equal(got, slice_of(elements[i])));
        assert_int_equal(name.len, 1);
    }
    assert_false(ac_scan_element(slice_of(xml), G_N_ELEMENTS(elements), &got, &name));
    assert_false(ac_scan_element(slice_of("<a><b>"), 0, &got, &name));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markup_is_cut_into_its_tokens),
        cmocka_unit_test(test_tokens_are_all_of_the_text),
        cmocka_unit_test(test_attributes_are_counted_outside_quotes),
        cmocka_unit_test(test_an_element_is_cut_out_with_what_is_in_it),
    };

    return cmocka_run_group_tests_name("ac_scan", tests, NULL, NULL);
}
