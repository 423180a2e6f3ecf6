/* test_ac_form.c - agent/eap/ac_form.c; the rules are those of agent/docs/WIRE.md §6.2 */

#include "agent/eap/ac_form.h"
#include "tests/support/test.h"

static AcDoc *
new_form(const char *auth_id)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->auth_id = g_strdup(auth_id);
    return d;
}

/* The form of agent/docs/WIRE.md §6.3. */
static AcDoc *
staff_form(const char *auth_id)
{
    AcDoc *d = new_form(auth_id);
    AcInput *in;

    ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    in = ac_doc_add_input(d, AC_PASSWORD, "secondary_password", "PIN:", NULL);
    in->second_auth = true;
    ac_doc_add_input(d, AC_HIDDEN, "x", NULL, "1");
    ac_doc_add_input(d, AC_SUBMIT, "Login", NULL, "Login");
    in = ac_doc_add_input(d, AC_SELECT, "group_list", "GROUP:", NULL);
    ac_input_add_option(in, "ONE", "One", false);
    ac_input_add_option(in, "STAFF", "Staff", true);
    ac_input_add_option(in, "TWO", "Two factors", false)->second_auth = true;
    return d;
}

static char *
names(const GPtrArray *fields)
{
    GString *s = g_string_new(NULL);

    for (guint i = 0; i < fields->len; i++) {
        const AcField *f = fields->pdata[i];

        g_string_append_printf(s, "%s%s=%.*s", i ? " " : "", f->name, (int)f->value.len,
                               (const char *)f->value.p);
    }
    return g_string_free(s, FALSE);
}

/* "a=b c=d" to fields. */
static GPtrArray *
fields_of(const char *text)
{
    GPtrArray *fields = ac_fields_new();
    g_auto(GStrv) pairs = g_strsplit(text, " ", -1);

    for (size_t i = 0; pairs[i]; i++) {
        g_auto(GStrv) kv = g_strsplit(pairs[i], "=", 2);

        ac_fields_set(fields, kv[0], slice_of(kv[1]));
    }
    return fields;
}

static void
test_a_group_is_found_by_value_or_else_by_label(void **state)
{
    g_autoptr(AcDoc) d = staff_form("main");

    (void)state;
    assert_string_equal(ac_form_group(d, NULL)->value, "STAFF"); /* selected */
    assert_string_equal(ac_form_group(d, "TWO")->value, "TWO");
    assert_string_equal(ac_form_group(d, "Two factors")->value, "TWO");
    assert_null(ac_form_group(d, "THREE"));

    g_autoptr(AcDoc) plain = new_form("main");

    assert_null(ac_form_groups(plain));
    assert_null(ac_form_group(plain, NULL));
}

static void
test_without_a_mark_the_first_group_is_preselected(void **state)
{
    g_autoptr(AcDoc) d = new_form("main");
    AcInput *in = ac_doc_add_input(d, AC_SELECT, "group_list", NULL, NULL);

    (void)state;
    assert_null(ac_form_groups(d)); /* a select with no options chooses nothing */
    ac_input_add_option(in, "A", "A", false);
    ac_input_add_option(in, "B", "B", false);
    assert_string_equal(ac_form_group(d, NULL)->value, "A");
}

static void
test_a_person_is_asked_for_what_only_a_person_knows(void **state)
{
    g_autoptr(AcDoc) d = staff_form("main");
    static const bool staff[] = { true, true, false, false, false, false };
    static const bool two[] = { true, true, true, false, false, false };

    (void)state;
    for (guint i = 0; i < d->inputs->len; i++) {
        assert_int_equal(ac_form_asks(d, d->inputs->pdata[i], NULL), staff[i]);
        assert_int_equal(ac_form_asks(d, d->inputs->pdata[i], "TWO"), two[i]);
    }
}

static void
test_names_that_go_as_password(void **state)
{
    static const struct {
        const char *name, *as;
    } rows[] = {
        { "username", "username" },     { "password", "password" },
        { "answer", "password" },       { "whichpin", "password" },
        { "new_password", "password" }, { "secondary_password", "secondary_password" },
        { "verify_password", NULL },    { "verify_pin", NULL },
        { "group_list", NULL },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const AcInput in = { .type = AC_TEXT, .name = (char *)rows[i].name };
        const char *as = ac_form_sent_as(&in);

        assert_int_equal(g_strcmp0(as, rows[i].as), 0);
    }
    assert_null(ac_form_sent_as(&(AcInput){ .type = AC_SUBMIT, .name = (char *)"Login" }));
}

static void
test_a_repetition_must_repeat(void **state)
{
    static const struct {
        const char *what, *first, *second, *fields;
        bool ok;
    } rows[] = {
        { "the same name", "pin", "verify_pin", "pin=1234 verify_pin=1234", true },
        { "the same name, differing", "pin", "verify_pin", "pin=1234 verify_pin=1235", false },
        { "new_x", "new_password", "verify_password", "new_password=a verify_password=a", true },
        { "new_x, differing", "new_password", "verify_password", "new_password=a verify_password=b",
          false },
        { "the password before it", "answer", "verify_pin", "answer=7 verify_pin=7", true },
        { "the password before it, differing", "answer", "verify_pin", "answer=7 verify_pin=77",
          false },
        { "not repeated", "pin", "verify_pin", "pin=1234", false },
        { "neither given", "pin", "verify_pin", "other=1", true },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(AcDoc) d = new_form("new_pin");
        g_autoptr(GPtrArray) fields = fields_of(rows[i].fields);
        const char *name = NULL;

        ac_doc_add_input(d, AC_PASSWORD, rows[i].first, NULL, NULL);
        ac_doc_add_input(d, AC_PASSWORD, rows[i].second, NULL, NULL);
        if (ac_form_verify(d, fields, &name) != rows[i].ok)
            fail_msg("%s", rows[i].what);
        assert_int_equal(g_strcmp0(name, rows[i].ok ? NULL : rows[i].second), 0);
    }
}

static void
reply_is(const AcDoc *form, const char *given, const char *expected, const char *group)
{
    g_autoptr(AcDoc) reply = ac_doc_new(AC_AUTH_REPLY);
    g_autoptr(GPtrArray) fields = fields_of(given);
    g_autofree char *got = NULL;

    ac_form_reply(form, fields, reply);
    got = names(reply->fields);
    assert_string_equal(got, expected);
    assert_int_equal(g_strcmp0(reply->group_select, group), 0);
}

static void
test_a_reply_has_the_order_of_the_field_and_the_hidden_fields(void **state)
{
    g_autoptr(AcDoc) d = staff_form("main");

    (void)state;
    reply_is(d, "username=Anu password=cisco123", "password=cisco123 username=Anu x=1", "STAFF");
}

static void
test_a_second_login_is_sent_for_its_group_only(void **state)
{
    g_autoptr(AcDoc) d = staff_form("main");

    (void)state;
    reply_is(d, "username=Anu password=p secondary_password=1234", "password=p username=Anu x=1",
             "STAFF");
    reply_is(d, "username=Anu password=p secondary_password=1234 group_list=TWO",
             "password=p username=Anu secondary_password=1234 x=1", "TWO");
}

static void
test_what_the_form_did_not_ask_for_is_not_sent(void **state)
{
    g_autoptr(AcDoc) d = new_form("challenge");

    (void)state;
    ac_doc_add_input(d, AC_PASSWORD, "answer", "Next code:", NULL);
    reply_is(d, "username=Anu password=cisco123 answer=654321", "password=654321", NULL);
}

static void
test_a_challenge_reply_has_no_group(void **state)
{
    g_autoptr(AcDoc) d = staff_form("challenge");

    (void)state;
    reply_is(d, "username=Anu password=p", "password=p username=Anu x=1", NULL);
}

static void
test_what_was_not_typed_is_the_preset_or_empty(void **state)
{
    g_autoptr(AcDoc) d = new_form("main");

    (void)state;
    ac_doc_add_input(d, AC_TEXT, "username", NULL, "Anu");
    ac_doc_add_input(d, AC_PASSWORD, "password", NULL, NULL);
    ac_doc_add_input(d, AC_PASSWORD, "verify_password", NULL, NULL);
    reply_is(d, "other=1", "password= username=Anu", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group_is_found_by_value_or_else_by_label),
        cmocka_unit_test(test_without_a_mark_the_first_group_is_preselected),
        cmocka_unit_test(test_a_person_is_asked_for_what_only_a_person_knows),
        cmocka_unit_test(test_names_that_go_as_password),
        cmocka_unit_test(test_a_repetition_must_repeat),
        cmocka_unit_test(test_a_reply_has_the_order_of_the_field_and_the_hidden_fields),
        cmocka_unit_test(test_a_second_login_is_sent_for_its_group_only),
        cmocka_unit_test(test_what_the_form_did_not_ask_for_is_not_sent),
        cmocka_unit_test(test_a_challenge_reply_has_no_group),
        cmocka_unit_test(test_what_was_not_typed_is_the_preset_or_empty),
    };

    return cmocka_run_group_tests_name("ac_form", tests, NULL, NULL);
}
