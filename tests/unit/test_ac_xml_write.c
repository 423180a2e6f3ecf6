/* test_ac_xml_write.c - agent/eap/ac_xml_write.c */

#include "agent/eap/ac_xml.h"
#include "tests/support/test.h"

#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static void
writes(const AcDoc *d, const char *expected)
{
    g_auto(Secret) xml = { 0 };

    assert_true(ac_xml_write(d, &xml));
    if (!slice_equal(secret_view(&xml), slice_of(expected)))
        fail_msg("%.*s", (int)xml.len, (const char *)xml.p);
}

static void
test_complete_has_one_element_a_line(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_COMPLETE);

    (void)state;
    d->version = g_strdup("9.16(4)");
    d->session_id = g_strdup("8192");
    secret_set(&d->session_token, slice_of("TOKEN"));
    d->auth_id = g_strdup("success");
    d->banner.text = g_strdup("Welcome & enjoy");
    d->message = (AcText){ 0, g_strdup("") };
    d->server_cert_hash = g_strdup("DACE1C274785F28BA11D64453096BAE294A3172E");
    ac_doc_add_file(d, "profile", "user", "/CACHE/stc/profiles/corp.xml", "00FF");
    /* agent/docs/WIRE.md §6.7 */
    writes(d, DECL "<config-auth client=\"vpn\" type=\"complete\">\n"
                   "<version who=\"sg\">9.16(4)</version>\n"
                   "<session-id>8192</session-id>\n"
                   "<session-token>TOKEN</session-token>\n"
                   "<auth id=\"success\">\n"
                   "<banner>Welcome &amp; enjoy</banner>\n"
                   "<message id=\"0\" param1=\"\" param2=\"\"></message>\n"
                   "</auth>\n"
                   "<config client=\"vpn\" type=\"private\">\n"
                   "<vpn-base-config>\n"
                   "<server-cert-hash>DACE1C274785F28BA11D64453096BAE294A3172E"
                   "</server-cert-hash>\n"
                   "</vpn-base-config>\n"
                   "<opaque is-for=\"vpn-client\"></opaque>\n"
                   "<vpn-profile-manifest>\n"
                   "<vpn rev=\"1.0\">\n"
                   "<file type=\"profile\" service-type=\"user\">\n"
                   "<uri>/CACHE/stc/profiles/corp.xml</uri>\n"
                   "<hash type=\"sha1\">00FF</hash>\n"
                   "</file>\n"
                   "</vpn>\n"
                   "</vpn-profile-manifest>\n"
                   "</config>\n"
                   "</config-auth>\n");
}

/* Attribute 28727 is the same document without line feeds and with a NUL (WIRE.md §4.2). */
static void
test_the_flat_form_is_the_same_without_line_feeds(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_COMPLETE);
    g_auto(Secret) lines = { 0 }, flat = { 0 };
    g_autoptr(GString) joined = g_string_new(NULL);

    (void)state;
    d->version = g_strdup("100.7(6)116");
    d->session_id = g_strdup("8192");
    assert_true(ac_xml_write(d, &lines));
    assert_true(ac_xml_write_flat(d, &flat));
    for (size_t i = 0; i < lines.len; i++)
        if (lines.p[i] != '\n')
            g_string_append_c(joined, (char)lines.p[i]);
    assert_int_equal(flat.len, joined->len + 1);
    assert_memory_equal(flat.p, joined->str, flat.len);
    /* WIRE.md §16.4 prints the start of the field's */
    assert_true(g_str_has_prefix(
        joined->str, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><config-auth client=\"vpn\" "
                     "type=\"complete\"><version who=\"sg\">100.7(6)116</version>"
                     "<session-id>8192</session"));
}

static void
test_a_form_is_written_whole(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REQUEST);
    AcInput *in;

    (void)state;
    d->aggregate = true;
    d->auth_id = g_strdup("main");
    d->error = (AcText){ 15, g_strdup("Login failed.") };
    d->form_method = g_strdup("post");
    d->form_action = g_strdup("/");
    in = ac_doc_add_input(d, AC_SELECT, "group_list", "GROUP:", NULL);
    ac_input_add_option(in, "A\"&<>\n", "A & B", true);
    ac_input_add_option(in, "TWO", NULL, false)->second_auth = true;
    ac_doc_add_input(d, AC_HIDDEN, "x", NULL, "1")->second_auth = true;
    writes(d, DECL "<config-auth client=\"vpn\" type=\"auth-request\" "
                   "aggregate-auth-version=\"2\">\n"
                   "<auth id=\"main\">\n"
                   "<error id=\"15\" param1=\"\" param2=\"\">Login failed.</error>\n"
                   "<form method=\"post\" action=\"/\">\n"
                   "<select name=\"group_list\" label=\"GROUP:\">\n"
                   "<option value=\"A&quot;&amp;&lt;&gt;&#10;\" selected=\"true\">A &amp; B"
                   "</option>\n"
                   "<option value=\"TWO\" second-auth=\"1\"></option>\n"
                   "</select>\n"
                   "<input type=\"hidden\" name=\"x\" value=\"1\" second-auth=\"1\"></input>\n"
                   "</form>\n"
                   "</auth>\n"
                   "</config-auth>\n");
}

static void
test_a_reply_joins_the_end_of_auth_to_its_last_field(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REPLY);

    (void)state;
    writes(d, DECL "<config-auth client=\"vpn\" type=\"auth-reply\">\n<auth></auth>\n"
                   "</config-auth>\n");
    d->group_select = g_strdup("STAFF");
    ac_doc_set_field(d, "password", slice_of("<\xe2\x82\xac&>"));
    writes(d, DECL "<config-auth client=\"vpn\" type=\"auth-reply\">\n"
                   "<group-select>STAFF</group-select>\n<auth>\n"
                   "<password>&lt;\xe2\x82\xac&amp;&gt;</password></auth>\n</config-auth>\n");
}

/* A %s of ours must come out of the reader's substitution as it went in. */
static void
test_percent_s_survives_the_reader(void **state)
{
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REQUEST), back = NULL;
    g_auto(Secret) xml = { 0 };

    (void)state;
    d->message = (AcText){ -1, g_strdup("100%s of %s,\nreally %s") };
    assert_true(ac_xml_write(d, &xml));
    back = ac_xml_read(secret_view(&xml), NULL);
    assert_string_equal(back->message.text, d->message.text);
}

static void
test_what_xml_cannot_carry_is_not_written(void **state)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        { "password", "a\x01"
                      "b" },
        { "password", "\xff\xfe" },
        { "password", "\xef\xbf\xbf" },
        { "pass word", "x" },
        { "", "x" },
        { "x><y", "x" },
        { "1st", "x" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REPLY);
        g_auto(Secret) xml = { 0 };

        ac_doc_set_field(d, rows[i].name, slice_of(rows[i].value));
        assert_false(ac_xml_write(d, &xml));
        assert_null(xml.p);
    }
}

static void
test_a_document_too_large_is_not_written(void **state)
{
    g_autofree char *big = g_strnfill(AC_XML_MAX, 'x'), *amps = g_strnfill(AC_XML_MAX / 4, '&');
    g_autoptr(AcDoc) d = ac_doc_new(AC_AUTH_REPLY);
    g_auto(Secret) xml = { 0 };

    (void)state;
    ac_doc_set_field(d, "password", slice_of(big));
    assert_false(ac_xml_write(d, &xml));
    ac_doc_set_field(d, "password", slice_of(amps)); /* five octets each */
    assert_false(ac_xml_write(d, &xml));
    assert_null(xml.p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete_has_one_element_a_line),
        cmocka_unit_test(test_the_flat_form_is_the_same_without_line_feeds),
        cmocka_unit_test(test_a_form_is_written_whole),
        cmocka_unit_test(test_a_reply_joins_the_end_of_auth_to_its_last_field),
        cmocka_unit_test(test_percent_s_survives_the_reader),
        cmocka_unit_test(test_what_xml_cannot_carry_is_not_written),
        cmocka_unit_test(test_a_document_too_large_is_not_written),
    };

    return cmocka_run_group_tests_name("ac_xml_write", tests, NULL, NULL);
}
