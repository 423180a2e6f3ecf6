/* test_prompt.c - agent/daemon/prompt.c */
#include "agent/daemon/prompt.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

/* The form of the seed, with a group list and a hidden field added. */
static AcDoc *
form(void)
{
    AcDoc *doc = ac_doc_new(AC_AUTH_REQUEST);
    AcInput *groups = ac_doc_add_input(doc, AC_SELECT, "group_list", "GROUP:", NULL);

    ac_input_add_option(groups, "STAFF", "Staff", true);
    ac_input_add_option(groups, "GUEST", "Guests", false);
    ac_doc_add_input(doc, AC_TEXT, "username", "Username:", NULL);
    ac_doc_add_input(doc, AC_PASSWORD, "password", "Password:", NULL);
    ac_doc_add_input(doc, AC_HIDDEN, "x", NULL, "1");
    return doc;
}

static GVariant *
answer(const char *const *pairs)
{
    g_auto(GVariantBuilder) fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{say}"));
    GVariantDict *d = g_variant_dict_new(NULL);

    for (; *pairs; pairs += 2)
        g_variant_builder_add(
            &fields, "{s@ay}", pairs[0],
            g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, pairs[1], strlen(pairs[1]), 1));
    g_variant_dict_insert_value(d, "fields", g_variant_builder_end(&fields));
    return g_variant_ref_sink(event_end(d));
}

static size_t
asked_fields(const char *group)
{
    g_autoptr(AcDoc) doc = form();
    GVariantDict *d = event_begin("prompt");

    prompt_form(d, doc, group);
    g_autoptr(GVariant) all = g_variant_ref_sink(event_end(d));
    g_autoptr(GVariant) fields = g_variant_lookup_value(all, "fields", G_VARIANT_TYPE("aa{sv}"));

    return g_variant_n_children(fields);
}

static void
test_only_what_a_person_must_answer_is_asked(void **state)
{
    (void)state;
    assert_int_equal(asked_fields(NULL), 3);    /* group, user, password; never the hidden one */
    assert_int_equal(asked_fields("STAFF"), 2); /* the profile names the group */
    assert_int_equal(asked_fields("NONE"), 3);  /* ... one that is not offered: ask */
}

static void
test_answers_and_the_group_come_back_in_form_order(void **state)
{
    const char *pairs[] = { "password", "cisco123", "username", "Anu", NULL };
    g_autoptr(GVariant) v = answer(pairs);
    g_autoptr(AcDoc) doc = form();
    g_auto(PromptAnswer) a = { 0 };
    const char *names[] = { "group_list", "username", "password" };
    const char *values[] = { "GUEST", "Anu", "cisco123" };

    (void)state;
    assert_true(prompt_answer_read(v, &a, NULL));
    g_autoptr(GPtrArray) all = prompt_form_fill(doc, "GUEST", a.fields, NULL);

    assert_non_null(all);
    assert_int_equal(all->len, 3);
    for (size_t i = 0; i < 3; i++) {
        const AcField *f = all->pdata[i];

        assert_string_equal(f->name, names[i]);
        assert_int_equal(f->value.len, strlen(values[i]));
        assert_memory_equal(f->value.p, values[i], f->value.len);
    }
}

/* The octets of the message that carried a password are gone once they have been read. */
static void
test_the_message_is_wiped(void **state)
{
    const char *pairs[] = { "password", "cisco123", NULL };
    g_autoptr(GVariant) built = answer(pairs);
    gsize size = g_variant_get_size(built);
    uint8_t *octets = g_malloc(size);
    g_autoptr(GVariant) v = NULL;
    g_auto(PromptAnswer) a = { 0 };

    (void)state;
    g_variant_store(built, octets);
    assert_non_null(memmem(octets, size, "cisco123", 8));
    v = g_variant_ref_sink(
        g_variant_new_from_data(G_VARIANT_TYPE_VARDICT, octets, size, TRUE, g_free, octets));
    assert_true(prompt_answer_read(v, &a, NULL));
    assert_null(memmem(octets, size, "cisco123", 8));
}

static void
test_a_missing_answer_is_named(void **state)
{
    const char *pairs[] = { "username", "Anu", NULL };
    g_autoptr(GVariant) v = answer(pairs);
    g_autoptr(AcDoc) doc = form();
    g_auto(PromptAnswer) a = { 0 };
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_true(prompt_answer_read(v, &a, NULL));
    assert_null(prompt_form_fill(doc, "STAFF", a.fields, &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_INPUT_NEEDED));
    assert_non_null(strstr(error->message, "Password:"));
}

static void
test_hostile_answers_are_refused(void **state)
{
    g_autofree char *huge = g_strnfill(5000, 'x');
    const char *cases[][3] = { { "password", huge, NULL }, { "password", "\xff\xfe", NULL } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GVariant) v = answer(cases[i]);
        g_auto(PromptAnswer) a = { 0 };
        g_autoptr(GError) error = NULL;

        assert_false(prompt_answer_read(v, &a, &error));
        assert_non_null(strstr(error->message, "field password"));
        assert_null(a.fields);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_a_person_must_answer_is_asked),
        cmocka_unit_test(test_answers_and_the_group_come_back_in_form_order),
        cmocka_unit_test(test_the_message_is_wiped),
        cmocka_unit_test(test_a_missing_answer_is_named),
        cmocka_unit_test(test_hostile_answers_are_refused),
    };

    return cmocka_run_group_tests_name("prompt", tests, NULL, NULL);
}
