/* test_ac_doc.c - agent/eap/ac_doc.c */

#include "agent/eap/ac_doc.h"
#include "tests/support/test.h"

/* agent/docs/WIRE.md §6.1, and who sends what by §4.3 */
static const struct {
    AcDocType type;
    const char *name;
    bool client;
} types[] = {
    { AC_HELLO, "hello", false },
    { AC_INIT, "init", true },
    { AC_AUTH_REQUEST, "auth-request", false },
    { AC_AUTH_REPLY, "auth-reply", true },
    { AC_COMPLETE, "complete", false },
    { AC_ACK, "ack", true },
    { AC_LOGOUT, "logout", true },
};

static void
test_types_have_the_names_of_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        AcDocType t;

        assert_string_equal(ac_doc_type_name(types[i].type), types[i].name);
        assert_true(ac_doc_type_parse(types[i].name, &t));
        assert_int_equal(t, types[i].type);
        assert_int_equal(ac_doc_type_is_client(t), types[i].client);
    }

    AcDocType untouched = AC_ACK;

    assert_false(ac_doc_type_parse("Hello", &untouched));
    assert_int_equal(untouched, AC_ACK);
}

static void
test_a_field_set_twice_is_there_once(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REPLY);

    (void)state;
    ac_doc_set_field(d, "username", slice_of("Anu"));
    ac_doc_set_field(d, "password", slice_of("wrong"));
    ac_doc_set_field(d, "password", slice_of("cisco123"));
    assert_int_equal(d->fields->len, 2);
    assert_true(slice_equal(secret_view(ac_doc_field(d, "password")), slice_of("cisco123")));
    assert_null(ac_doc_field(d, "Password"));
}

static void
test_a_moved_value_leaves_nothing_behind(void **state)
{
    g_autoptr(GPtrArray) fields = ac_fields_new();
    g_auto(Secret) s = { 0 };

    (void)state;
    secret_set(&s, slice_of("cisco123"));
    ac_fields_move(fields, "password", &s);
    assert_null(s.p);
    assert_int_equal(s.len, 0);
    assert_int_equal(ac_fields_get(fields, "password")->len, 8);
    assert_null(ac_fields_get(NULL, "password"));
}

static void
test_only_a_select_has_options(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REQUEST);
    AcInput *text, *sel;

    (void)state;
    assert_false(d->has_form);
    text = ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    sel = ac_doc_add_input(d, AC_SELECT, "group_list", "GROUP:", NULL);
    assert_true(d->has_form);
    assert_null(text->options);
    ac_input_add_option(sel, "STAFF", "Staff", true);
    assert_int_equal(sel->options->len, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_have_the_names_of_the_field),
        cmocka_unit_test(test_a_field_set_twice_is_there_once),
        cmocka_unit_test(test_a_moved_value_leaves_nothing_behind),
        cmocka_unit_test(test_only_a_select_has_options),
    };

    return cmocka_run_group_tests_name("ac_doc", tests, NULL, NULL);
}
