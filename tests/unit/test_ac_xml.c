/* test_ac_xml.c - agent/eap/ac_xml.c */

#include "agent/eap/ac_xml.h"
#include "tests/support/test.h"

#define DECL "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static AcDoc *
read_ok(const char *xml)
{
    g_autofree char *why = NULL;
    AcDoc *d = ac_xml_read(slice_of(xml), &why);

    if (!d)
        fail_msg("refused: %s", why);
    return d;
}

static const AcInput *
input(const AcDoc *d, guint i)
{
    return d->inputs->pdata[i];
}

/* The auth-request of the published debug log (agent/docs/WIRE.md §4.2), with its odd line break.
 */
static void
test_the_form_of_the_field_is_read(void **state)
{
    g_autoptr(AcDoc) d = read_ok(DECL "<config-auth client=\"vpn\"\ntype=\"auth-request\">\n"
                                      "<version who=\"sg\">9.0(2)8</version>\n"
                                      "<opaque is-for=\"sg\">\n"
                                      "<tunnel-group>ASA-IKEV2</tunnel-group>\n"
                                      "<config-hash>1367268141499</config-hash>\n"
                                      "</opaque>\n"
                                      "<csport>443</csport>\n"
                                      "<auth id=\"main\">\n"
                                      "<form>\n"
                                      "<input type=\"text\" name=\"username\"\n"
                                      "label=\"Username:\"></input>\n"
                                      "<input type=\"password\" name=\"password\"\n"
                                      "label=\"Password:\"></input>\n"
                                      "</form>\n</auth>\n</config-auth>\n");

    (void)state;
    assert_int_equal(d->type, AC_AUTH_REQUEST);
    assert_false(d->aggregate);
    assert_string_equal(d->version, "9.0(2)8");
    assert_int_equal(d->csport, 443);
    assert_string_equal(d->auth_id, "main");
    assert_true(d->has_form);
    assert_int_equal(d->inputs->len, 2);
    assert_int_equal(input(d, 0)->type, AC_TEXT);
    assert_string_equal(input(d, 0)->name, "username");
    assert_string_equal(input(d, 0)->label, "Username:");
    assert_int_equal(input(d, 1)->type, AC_PASSWORD);
    assert_null(d->error.text);
    assert_int_equal(d->error.id, -1);
}

/* The example of agent/docs/WIRE.md §6.3. */
static void
test_every_part_of_a_form_is_read(void **state)
{
    g_autoptr(AcDoc) d = read_ok(
        "<config-auth client='vpn' type='auth-request' aggregate-auth-version='2'>"
        "<auth id='main'><title>Login</title>"
        "<message id='7' param1='STAFF' param2=''>Sign in to %s.</message>"
        "<banner>Authorised use only</banner>"
        "<error id='15' param1='' param2=''>Login failed.</error>"
        "<form method='post' action='/'>"
        "<input type='hidden' name='x' value='1 &amp; &lt;2&gt; &#x26;&apos;'/>"
        "<select name='group_list' label='GROUP:'>"
        "<option value='STAFF' selected='true' auth-type='AAA'>Staff</option>"
        "<option value='TWO' second-auth='1' secondary_username='editable'>Two factors</option>"
        "<option>Three &amp; &#60;four&gt;</option>"
        "</select></form></auth></config-auth>");
    const AcOption *o;

    (void)state;
    assert_true(d->aggregate);
    assert_string_equal(d->title, "Login");
    assert_int_equal(d->message.id, 7);
    assert_string_equal(d->message.text, "Sign in to STAFF.");
    assert_string_equal(d->banner.text, "Authorised use only");
    assert_int_equal(d->error.id, 15);
    assert_string_equal(d->error.text, "Login failed.");
    assert_string_equal(d->form_method, "post");
    assert_string_equal(d->form_action, "/");
    assert_int_equal(input(d, 0)->type, AC_HIDDEN);
    assert_string_equal(input(d, 0)->value, "1 & <2> &'");
    assert_int_equal(input(d, 1)->type, AC_SELECT);
    assert_int_equal(input(d, 1)->options->len, 3);
    o = input(d, 1)->options->pdata[0];
    assert_true(o->selected && !o->second_auth);
    o = input(d, 1)->options->pdata[1];
    assert_true(!o->selected && o->second_auth);
    assert_string_equal(o->label, "Two factors");
    o = input(d, 1)->options->pdata[2];
    assert_string_equal(o->label, "Three & <four>");
    assert_string_equal(o->value, "Three & <four>"); /* no value: the text is the value */
}

static void
test_order_unknown_parts_and_line_ends_do_not_matter(void **state)
{
    static const char xml[] =
        "\r\n<?xml version='1.0'?>\r\n<!-- x --><config-auth future='1' type='complete'>\r\n"
        "<future><auth id='no'/><session-token>no</session-token></future>"
        "<x:session-token xmlns:x='u'>no</x:session-token>"
        "<auth id='success'/>\r\n<session-token>\r\n  <![CDATA[TOK]]>&#69;N\r\n</session-token>"
        "<session-id> 8192 </session-id></config-auth>\r\n\0\0";
    g_autofree char *why = NULL;
    g_autoptr(AcDoc) d = ac_xml_read((Slice){ (const uint8_t *)xml, sizeof(xml) }, &why);

    (void)state;
    assert_non_null(d);
    assert_string_equal(d->auth_id, "success");
    assert_true(slice_equal(secret_view(&d->session_token), slice_of("TOKEN")));
    assert_string_equal(d->session_id, "8192");
}

static void
test_fields_keep_every_octet(void **state)
{
    g_autoptr(AcDoc) d = read_ok("<config-auth type='auth-reply'><auth>"
                                 "<password> &lt;p&amp;ss&#x20AC;&quot; </password>"
                                 "<username>Anu</username><empty/><message>mine</message>"
                                 "</auth></config-auth>");

    (void)state;
    assert_true(
        slice_equal(secret_view(ac_doc_field(d, "password")), slice_of(" <p&ss\xe2\x82\xac\" ")));
    assert_int_equal(ac_doc_field(d, "empty")->len, 0);
    assert_non_null(ac_doc_field(d, "message")); /* in an auth-reply all are fields */
    assert_null(d->message.text);
}

static void
test_parameters_take_the_place_of_percent_s(void **state)
{
    static const struct {
        const char *xml, *text;
    } rows[] = {
        { "<error id='1' param1='a' param2='b'>%s and %s</error>", "a and b" },
        { "<error param1='a'>%s and %s and %s.</error>", "a and  and ." },
        { "<error param1='%s%n'>100% %d %s</error>", "100% %d %s%n" },
        { "<error param1='a'></error>", "" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = g_strconcat("<config-auth type='auth-request'><auth>", rows[i].xml,
                                           "</auth></config-auth>", NULL);
        g_autoptr(AcDoc) d = read_ok(xml);

        assert_string_equal(d->error.text, rows[i].text);
    }
}

/* agent/docs/WIRE.md §6.7 */
static void
test_complete_is_read(void **state)
{
    g_autoptr(AcDoc) d =
        read_ok("<config-auth type='complete'><session-id>8192</session-id>"
                "<session-token>OPAQUE64</session-token><auth id='success'><banner>Welcome</banner>"
                "<message id='0' param1='' param2=''></message></auth>"
                "<config client='vpn' type='private'><vpn-base-config>"
                "<server-cert-hash>DACE1C274785F28BA11D64453096BAE294A3172E</server-cert-hash>"
                "</vpn-base-config><opaque is-for='vpn-client'></opaque><vpn-profile-manifest>"
                "<vpn rev='1.0'><file type='profile' service-type='user'>"
                "<uri>/CACHE/stc/profiles/corp.xml</uri>"
                "<hash type='sha1'>6F2B8310AA26ADC0801985F3668A4147232A5316</hash></file></vpn>"
                "</vpn-profile-manifest></config></config-auth>");
    const AcFile *f;

    (void)state;
    assert_string_equal(d->server_cert_hash, "DACE1C274785F28BA11D64453096BAE294A3172E");
    assert_string_equal(d->banner.text, "Welcome");
    assert_int_equal(d->message.id, 0);
    assert_string_equal(d->message.text, "");
    assert_null(d->opaque); /* that one is not for the gateway */
    assert_int_equal(d->files->len, 1);
    f = d->files->pdata[0];
    assert_string_equal(f->type, "profile");
    assert_string_equal(f->service_type, "user");
    assert_string_equal(f->uri, "/CACHE/stc/profiles/corp.xml");
    assert_string_equal(f->sha1, "6F2B8310AA26ADC0801985F3668A4147232A5316");
}

static void
test_init_is_read(void **state)
{
    g_autoptr(AcDoc) d =
        read_ok("<config-auth type='init'><device-id computer-name='lab1' device-type='PC' "
                "platform-version='6.1' unique-id='AB'>linux-64</device-id><version>4.10</version>"
                "<group-select>STAFF</group-select><group-access>STAFF</group-access>"
                "<capabilities><auth-method>single-sign-on-v2</auth-method>"
                "<auth-method>multiple-cert</auth-method></capabilities><client-cert-fail/>"
                "</config-auth>");

    (void)state;
    assert_string_equal(d->device, "linux-64");
    assert_string_equal(d->computer_name, "lab1");
    assert_string_equal(d->device_type, "PC");
    assert_string_equal(d->platform_version, "6.1");
    assert_string_equal(d->unique_id, "AB");
    assert_string_equal(d->group_select, "STAFF");
    assert_string_equal(d->group_access, "STAFF");
    assert_int_equal(d->capabilities->len, 2);
    assert_string_equal(d->capabilities->pdata[1], "multiple-cert");
    assert_true(d->client_cert_fail);
}

/* Whatever quoting, references, comments and nesting it has. */
static void
test_opaque_is_kept_as_the_octets_it_came_in(void **state)
{
    static const char opaque[] = "<opaque\tis-for = 'sg' >\r\n<!-- </opaque> --><tunnel-group"
                                 ">A&amp;B</tunnel-group ><e/><![CDATA[</opaque>]]>\r\n</opaque >";
    g_autofree char *xml = g_strconcat(
        "<?xml version='1.0'?><config-auth type='auth-request'><a b='<opaque>'/>", NULL);
    g_autofree char *good = g_strconcat("<config-auth type='auth-request'>"
                                        "<opaque is-for='vpn-client'><x/></opaque><y><opaque "
                                        "is-for='sg'>no</opaque></y>",
                                        opaque, "<csport>443</csport></config-auth>", NULL);
    g_autoptr(AcDoc) d = read_ok(good);
    gsize len;
    const uint8_t *p = g_bytes_get_data(d->opaque, &len);

    (void)state;
    assert_true(slice_equal((Slice){ p, len }, slice_of(opaque)));
    assert_null(ac_xml_read(slice_of(xml), NULL));
}

/* Documents of a foreign implementation, as captured from it. */
static void
test_captured_documents_are_read(void **state)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GString) xml = g_string_new(NULL);
    unsigned seen[AC_LOGOUT + 1] = { 0 }, opaques = 0;

    (void)state;
    assert_true(
        g_file_get_contents(AC_TEST_VECTORS "/eap-anyconnect-capture.txt", &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i]; i++) {
        const char *at = strstr(lines[i], "          |");
        g_auto(GStrv) parts = at == lines[i] ? g_strsplit(at + 11, "<LF>", -1) : NULL;
        g_autofree char *joined = parts ? g_strjoinv("\n", parts) : NULL;

        if (joined) {
            g_string_append(xml, joined);
            continue;
        }
        if (xml->len == 0)
            continue;

        g_autoptr(AcDoc) d = read_ok(xml->str);

        seen[d->type]++;
        assert_true(d->aggregate);
        if (d->opaque) {
            gsize len;
            const void *p = g_bytes_get_data(d->opaque, &len);

            assert_non_null(memmem(xml->str, xml->len, p, len));
            opaques++;
        }
        if (d->type == AC_COMPLETE)
            assert_true(d->session_token.len > 0 && d->files->len > 0);
        if (d->type == AC_INIT || d->type == AC_ACK)
            assert_string_equal(d->device, "linux-64");
        g_string_truncate(xml, 0);
    }
    /* run A: a certificate login, with one auth-request for it and one after it */
    assert_int_equal(seen[AC_HELLO], 1);
    assert_int_equal(seen[AC_INIT], 2);
    assert_int_equal(seen[AC_AUTH_REQUEST], 2);
    assert_int_equal(seen[AC_AUTH_REPLY], 1);
    assert_int_equal(seen[AC_COMPLETE], 1);
    assert_int_equal(seen[AC_ACK], 1);
    assert_int_equal(opaques, 2);
}

static char *
repeat(const char *head, const char *piece, size_t n, const char *tail)
{
    GString *s = g_string_new(head);

    for (size_t i = 0; i < n; i++)
        g_string_append(s, piece);
    return g_string_free(g_string_append(s, tail), FALSE);
}

#define ROOT      "<config-auth type='auth-request'>"
#define FORM      ROOT "<auth id='main'><form>"
#define END       "</config-auth>"
#define NO_DTD    "the document has a DTD or an entity declaration, which is not read"
#define UTF8_ONLY ", only UTF-8 is read"
#define SLICE(lit)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(lit), sizeof(lit) - 1                                                    \
    }

/* What a hostile gateway or client may send, and what is said about it. */
static const struct {
    const char *what;
    Slice xml;
    const char *why;
} hostile[] = {
    { "nothing", SLICE(""), "the document is empty" },
    { "white space and NULs", SLICE(" \n\0\0"), "the document is empty" },
    { "no XML", SLICE("hello"), "line 1: there is no element" },
    { "a DTD", SLICE("<!DOCTYPE config-auth><config-auth type='hello'/>"), NO_DTD },
    { "billion laughs",
      SLICE("<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>"
            "<config-auth type='hello'>&c;" END),
      NO_DTD },
    { "an external entity",
      SLICE("<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/shadow'>]><config-auth "
            "type='hello'>&x;" END),
      NO_DTD },
    { "an external DTD",
      SLICE("<!DOCTYPE l SYSTEM 'http://192.0.2.1/x.dtd'><config-auth type='hello'/>"), NO_DTD },
    { "a parameter entity", SLICE("<!DOCTYPE l [<!ENTITY % x 'y'> %x;]><config-auth/>"), NO_DTD },
    { "an entity nobody declared", SLICE(ROOT "<version>&x;</version>" END),
      "line 1, in <version>: an entity is not one of the five predefined" },
    { "the same in an attribute", SLICE(ROOT "<auth id='&x;'/>" END),
      "line 1, in <config-auth>: an entity is not one of the five predefined" },
    { "a reference to no character", SLICE(ROOT "<version>&#0;</version>" END),
      "line 1, in <version>: a character is not allowed in XML" },
    { "another encoding", SLICE("<?xml version='1.0' encoding='ISO-8859-1'?><config-auth/>"),
      "the document says its encoding is \"ISO-8859-1\"" UTF8_ONLY },
    { "UTF-7 by name", SLICE("<?xml version='1.0' encoding='UTF-7'?>+ADw-config-auth/>"),
      "the document says its encoding is \"UTF-7\"" UTF8_ONLY },
    { "UTF-16 with a mark", SLICE("\xff\xfe<\0c\0/\0>\0"),
      "the document is in UTF-16 or UTF-32" UTF8_ONLY },
    { "UTF-16 without one", SLICE("\0<\0c\0/\0>"),
      "the document is in UTF-16 or UTF-32" UTF8_ONLY },
    { "Latin-1 that says nothing", SLICE("<config-auth type='hello'><version>\xe9</version>" END),
      "octet 36 of the document is not UTF-8" },
    { "a NUL inside", SLICE("<config-auth type='hel\0lo'/>"), "octet 23 of the document is a NUL" },
    { "cut short in text", SLICE("<config-auth type='hello'>\n<version>9.0"),
      "line 2, in <version>: the text is cut short" },
    { "cut short in a tag", SLICE("<config-auth type='hello'>\n<version wh"),
      "line 2, in <config-auth>: the markup is wrong" },
    { "a wrong end tag", SLICE("<config-auth type='hello'>\n<a></b>" END),
      "line 2, in <a>: an end tag does not fit its start tag" },
    { "two roots", SLICE("<config-auth type='hello'/><config-auth type='hello'/>"),
      "line 1: something follows the last element" },
    { "an attribute twice", SLICE("<config-auth type='hello' type='init'/>"),
      "line 1: an attribute is given twice" },
    { "a control character", SLICE("<config-auth type='hello'><version>\x01</version>" END),
      "line 1, in <version>: a character is not allowed in XML" },
    { "another root", SLICE("<html type='hello'/>"),
      "the root element is <html>, not <config-auth>" },
    { "no type", SLICE("<config-auth/>"), "<config-auth> has the unknown type \"\"" },
    { "an unknown type", SLICE("<config-auth type='he&#10;y'/>"),
      "<config-auth> has the unknown type \"he\\x0ay\"" },
    { "a field name that is no element name",
      SLICE(FORM "<input type='text' name='a b&gt;&lt;c'/></form></auth>" END),
      "the input \"a b><c\" has a name that cannot be sent back" },
};

static void
refused(const char *what, Slice xml, const char *expected)
{
    /* an exactly sized copy: the sanitizer then sees one octet too far */
    g_autofree uint8_t *copy = g_memdup2(xml.p, xml.len);
    g_autofree char *why = NULL;
    g_autoptr(AcDoc) d = ac_xml_read((Slice){ copy, xml.len }, &why);

    if (d)
        fail_msg("%s: was read", what);
    if (g_strcmp0(why, expected) != 0)
        fail_msg("%s: %s", what, why);
}

static void
test_hostile_documents_are_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(hostile); i++)
        refused(hostile[i].what, hostile[i].xml, hostile[i].why);
}

static void
test_large_documents_are_refused_with_a_sentence(void **state)
{
    static const struct {
        const char *head, *piece;
        size_t n;
        const char *tail, *why;
    } rows[] = {
        { ROOT "<version>", "0123456789abcdef", 655360, "</version>" END,
          "the document has 10485826 octets, at most 65515 are read" },
        { ROOT, "<a>", 10000, "", "elements are nested more than 32 deep" },
        { ROOT, "<a/>", 10000, END, "the document has more than 2048 elements" },
        { ROOT, "<a/>", 100000, END, "the document has 400047 octets, at most 65515 are read" },
        { "<config-auth type='hello' ", "a='' ", 9000, "/>",
          "<config-auth> has more than 32 attributes" },
        { FORM, "<input type='text' name='a'/>", 33, "</form></auth>" END,
          "<form> has more than 32 fields" },
        { FORM "<select name='s'>", "<option/>", 257, "</select></form></auth>" END,
          "<select> has more than 256 options" },
        { ROOT "<config><vpn-profile-manifest><vpn>", "<file/>", 65,
          "</vpn></vpn-profile-manifest></config>" END,
          "<vpn-profile-manifest> has more than 64 files" },
        { ROOT "<capabilities>", "<auth-method/>", 33, "</capabilities>" END,
          "<capabilities> has more than 32 methods" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *xml = repeat(rows[i].head, rows[i].piece, rows[i].n, rows[i].tail);

        refused(rows[i].why, slice_of(xml), rows[i].why);
    }

    g_autoptr(GString) fields = g_string_new("<config-auth type='auth-reply'><auth>");

    for (int i = 0; i < 33; i++)
        g_string_append_printf(fields, "<f%d/>", i);
    g_string_append(fields, "</auth>" END);
    refused("33 fields", slice_of(fields->str), "<auth> has more than 32 fields");
}

/* No cut of a good document is good, but for the line feed after it. */
static void
test_every_truncation_is_refused(void **state)
{
    static const char xml[] = DECL "<config-auth client=\"vpn\" type=\"auth-reply\">\n"
                                   "<opaque is-for=\"sg\"><a>&amp;</a></opaque>\n"
                                   "<auth><password>cisco123</password></auth>\n</config-auth>\n";
    size_t whole = sizeof(xml) - 2;

    (void)state;
    for (size_t cut = 0; cut < whole; cut++) {
        g_autofree uint8_t *copy = g_memdup2(xml, cut);
        g_autofree char *why = NULL;

        assert_null(ac_xml_read((Slice){ copy, cut }, &why));
        assert_non_null(why);
        assert_null(strstr(why, "cisco")); /* a sentence never quotes what was typed */
    }
    assert_non_null(strstr(xml, "</config-auth>"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_form_of_the_field_is_read),
        cmocka_unit_test(test_every_part_of_a_form_is_read),
        cmocka_unit_test(test_order_unknown_parts_and_line_ends_do_not_matter),
        cmocka_unit_test(test_fields_keep_every_octet),
        cmocka_unit_test(test_parameters_take_the_place_of_percent_s),
        cmocka_unit_test(test_complete_is_read),
        cmocka_unit_test(test_init_is_read),
        cmocka_unit_test(test_opaque_is_kept_as_the_octets_it_came_in),
        cmocka_unit_test(test_captured_documents_are_read),
        cmocka_unit_test(test_hostile_documents_are_refused_with_a_sentence),
        cmocka_unit_test(test_large_documents_are_refused_with_a_sentence),
        cmocka_unit_test(test_every_truncation_is_refused),
    };

    return cmocka_run_group_tests_name("ac_xml", tests, NULL, NULL);
}
