/* test_asa_lex.c - agent/headend/asa_lex.c */

#include "agent/headend/asa_lex.h"
#include "tests/support/test.h"

static AsaLine line;

static AsaLex
lex_of(const char *text)
{
    return (AsaLex){ .left = slice_of(text) };
}

static void
test_lines_have_numbers_indentation_and_words(void **state)
{
    AsaLex lex = lex_of("webvpn\r\n  enable outside \n\n!\nx");

    (void)state;
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.number, 1);
    assert_int_equal(line.n, 1);
    assert_string_equal(line.text, "webvpn");
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.number, 2);
    assert_int_equal(line.indent, 2);
    assert_int_equal(line.n, 2);
    assert_string_equal(line.word[1], "outside");
    assert_string_equal(line.text, "enable outside");
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.n, 0);
    assert_true(asa_lex_next(&lex, &line));
    assert_string_equal(line.text, "!");
    assert_int_equal(line.n, 0);
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.number, 5);
    assert_string_equal(line.word[0], "x");
    assert_false(asa_lex_next(&lex, &line));
}

static void
test_quotes_hold_words_together_and_a_lone_one_is_a_letter(void **state)
{
    AsaLex lex = lex_of("a \"b c\" d\nbanner value Don't \"panic\n\"\"");

    (void)state;
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.n, 3);
    assert_string_equal(line.word[1], "b c");
    assert_string_equal(line.rest[1], "\"b c\" d");
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.n, 4);
    assert_string_equal(line.word[3], "\"panic");
    assert_string_equal(line.rest[2], "Don't \"panic");
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.n, 1);
    assert_string_equal(line.word[0], "");
}

static void
test_words_beyond_the_last_are_one(void **state)
{
    g_autoptr(GString) text = g_string_new("w");
    AsaLex lex;

    (void)state;
    for (int i = 1; i < 100; i++)
        g_string_append(text, " w");
    lex = lex_of(text->str);
    assert_true(asa_lex_next(&lex, &line));
    assert_int_equal(line.n, ASA_WORDS_MAX);
    assert_string_equal(line.word[62], "w");
    assert_int_equal(strlen(line.word[63]), 2 * (100 - 63) - 1);
}

static void
test_lines_nobody_can_read_say_why(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        { "host\x01name x", "has a control character" },
        { "hostname \x1b[2J", "has a control character" },
        { "hostname \xff\xfe", "is not UTF-8" },
    };
    g_autofree char *longest = g_strnfill(ASA_LINE_MAX, 'x');
    g_autofree char *too_long = g_strnfill(ASA_LINE_MAX + 1, 'x');
    AsaLex lex = { .left = { (const uint8_t *)"a\0b\n", 4 } };

    (void)state;
    assert_true(asa_lex_next(&lex, &line));
    assert_string_equal(line.error, "has a control character");
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        lex = lex_of(bad[i].text);
        assert_true(asa_lex_next(&lex, &line));
        assert_string_equal(line.error, bad[i].why);
        assert_int_equal(line.n, 0);
    }
    lex = lex_of(longest);
    assert_true(asa_lex_next(&lex, &line));
    assert_null(line.error);
    lex = lex_of(too_long);
    assert_true(asa_lex_next(&lex, &line));
    assert_string_equal(line.error, "is longer than 1024 octets");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_have_numbers_indentation_and_words),
        cmocka_unit_test(test_quotes_hold_words_together_and_a_lone_one_is_a_letter),
        cmocka_unit_test(test_words_beyond_the_last_are_one),
        cmocka_unit_test(test_lines_nobody_can_read_say_why),
    };

    return cmocka_run_group_tests_name("asa_lex", tests, NULL, NULL);
}
