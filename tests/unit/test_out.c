/* test_out.c - lines for people and JSON for programs (agent/docs/CLI.md §2, §5). */
#include "tests/support/test.h"
#include "ui-cli/out.h"
#include "ui-cli/table.h"

typedef struct Screen {
    char *out, *err;
    size_t out_len, err_len;
    Out o;
} Screen;

static Screen *
screen_new(bool json, bool quiet)
{
    Screen *s = g_new0(Screen, 1);

    s->o = (Out){ .out = open_memstream(&s->out, &s->out_len),
                  .err = open_memstream(&s->err, &s->err_len),
                  .json = json,
                  .quiet = quiet };
    return s;
}

static void
screen_free(Screen *s)
{
    fclose(s->o.out);
    fclose(s->o.err);
    free(s->out);
    free(s->err);
    g_free(s);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Screen, screen_free)

static const char *
shown(Screen *s)
{
    fflush(s->o.out);
    return s->out;
}

static void
event(Screen *s, const char *text)
{
    g_autoptr(GVariant) v = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

    assert_non_null(v);
    out_event(&s->o, v);
}

static void
test_events_are_lines_of_the_known_grammar(void **state)
{
    g_autoptr(Screen) s = screen_new(false, false);

    (void)state;
    event(s, "{'event': <'notice'>, 'text': <'contacting host (h) for login information...'>, "
             "'plain': <true>}");
    event(s, "{'event': <'notice'>, 'text': <'Contacting H.'>}");
    event(s, "{'event': <'state'>, 'state': <'disconnecting'>, 'quiet': <true>}");
    event(s, "{'event': <'state'>, 'state': <'connecting'>, 'quiet': <false>}");
    event(s, "{'event': <'state'>, 'state': <'authenticating'>}");
    event(s, "{'event': <'state'>, 'state': <'connected'>}");
    event(s, "{'event': <'weather'>, 'text': <'rain'>}");
    event(s, "@a{sv} {}");
    assert_string_equal(shown(s), "  >> contacting host (h) for login information...\n"
                                  "  >> notice: Contacting H.\n"
                                  "  >> state: Connecting\n"
                                  "  >> state: Connected\n");
}

static void
test_json_puts_version_time_and_kind_first_and_keeps_types(void **state)
{
    g_autoptr(Screen) s = screen_new(true, false);

    (void)state;
    event(s, "{'text': <'a\"b\n\\u00e9'>, 'list': <['x']>, 'map': <{'k': uint64 9}>, 'dicts': "
             "<[{'b': <true>}]>, 'event': <'notice'>, 'ts': <int64 1700000000000000>}");
    out_line(&s->o, "note", "not in JSON");
    assert_string_equal(
        shown(s), "{\"v\":1,\"ts\":1700000000000000,\"event\":\"notice\",\"text\":"
                  "\"a\\\"b\\n\xc3\xa9\",\"list\":[\"x\"],\"map\":{\"k\":9},\"dicts\":[{\"b\":"
                  "true}]}\n");
}

static void
test_errors_have_a_line_for_the_cause_and_one_for_the_remedy(void **state)
{
    g_autoptr(Screen) text = screen_new(false, true), json = screen_new(true, true);

    (void)state;
    out_error(&text->o, "auth_failed", 5, "Login\nfailed.", "try again");
    out_error(&text->o, "auth_failed", 5, "x", NULL);
    out_error(&json->o, "auth_failed", 5, "Login failed.", "try again");
    fflush(text->o.err);
    assert_string_equal(text->err,
                        "  >> error: Login failed.\n     hint: try again\n  >> error: x\n");
    assert_string_equal(shown(json), "{\"v\":1,\"error\":{\"code\":\"auth_failed\",\"exit\":5,"
                                     "\"message\":\"Login failed.\",\"hint\":\"try again\"}}\n");
}

static void
test_quiet_is_silent_on_the_output(void **state)
{
    g_autoptr(Screen) s = screen_new(false, true);

    (void)state;
    event(s, "{'event': <'state'>, 'state': <'connected'>}");
    out_text(&s->o, "table\n");
    assert_string_equal(shown(s), "");
}

/* source: Unicode TR 9 §2 for the marks of direction; ECMA-48 §5 for C0 and C1 */
static void
test_text_of_a_gateway_cannot_steer_the_terminal(void **state)
{
    static const struct {
        const char *text, *one_line, *lines;
    } vectors[] = {
        { "plain \xc3\xa9", "plain \xc3\xa9", "plain \xc3\xa9" },
        { "a\nb\tc", "a b c", "a\nb\tc" },
        { "a\r\nb\rc", "a b?c", "a\nb?c" },
        { "\033[2J\007\177", "?[2J??", "?[2J??" },
        { "\xc2\x9b"
          "2J",
          "?2J", "?2J" },
        { "user\xe2\x80\xae"
          "nimda",
          "user?nimda", "user?nimda" },
        { "\xe2\x81\xa6"
          "x\xe2\x80\xa8",
          "?x?", "?x?" },
        { "bad\xff", "bad\xef\xbf\xbd", "bad\xef\xbf\xbd" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autofree char *one = out_clean(vectors[i].text, true);
        g_autofree char *more = out_clean(vectors[i].text, false);

        assert_string_equal(one, vectors[i].one_line);
        assert_string_equal(more, vectors[i].lines);
    }
}

static void
test_values_are_shown_by_kind(void **state)
{
    static const struct {
        const char *value;
        TableKind kind;
        const char *text; /* NULL: no value */
    } vectors[] = {
        { "<'x'>", TABLE_PLAIN, "x" },
        { "<''>", TABLE_PLAIN, NULL },
        { "<uint64 18>", TABLE_PLAIN, "18" },
        { "<uint32 48879>", TABLE_HEX, "0x0000beef" },
        { "<uint64 90061>", TABLE_DURATION, "25:01:01" },
        { "<'authenticating'>", TABLE_STATE, "Connecting" },
        { "<true>", TABLE_PLAIN, "yes" },
        { "<int64 9223372036854775807>", TABLE_TIME, NULL },
        { "<int64 1700000000>", TABLE_TIME, "2023-11-14 22:13:20 +0000" },
        { "<int64 1700000000999999>", TABLE_USEC, "2023-11-14 22:13:20 +0000" },
        { "<['list']>", TABLE_PLAIN, NULL },
    };

    (void)state;
    g_setenv("TZ", "UTC", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autofree char *dict = g_strdup_printf("{'k': %s}", vectors[i].value);
        g_autoptr(GVariant) v = g_variant_parse(G_VARIANT_TYPE_VARDICT, dict, NULL, NULL, NULL);
        g_autofree char *text = table_value(v, "k", vectors[i].kind);
        g_autofree char *none = table_value(v, "other", vectors[i].kind);

        assert_null(none);
        if (!vectors[i].text)
            assert_null(text);
        else
            assert_string_equal(text, vectors[i].text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_lines_of_the_known_grammar),
        cmocka_unit_test(test_json_puts_version_time_and_kind_first_and_keeps_types),
        cmocka_unit_test(test_errors_have_a_line_for_the_cause_and_one_for_the_remedy),
        cmocka_unit_test(test_quiet_is_silent_on_the_output),
        cmocka_unit_test(test_text_of_a_gateway_cannot_steer_the_terminal),
        cmocka_unit_test(test_values_are_shown_by_kind),
    };

    return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
