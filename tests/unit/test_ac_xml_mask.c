/* test_ac_xml_mask.c - agent/eap/ac_xml_mask.c */

#include "agent/eap/ac_xml.h"
#include "tests/support/test.h"

static const struct {
    const char *what, *xml, *shown;
} rows[] = {
    { "what is no secret is shown as it is",
      "<?xml version='1.0'?>\n<config-auth type='hello'>\n<version who='sg'>9.0</version>\n"
      "</config-auth>\n",
      "\n<config-auth type='hello'>\n<version who='sg'>9.0</version>\n</config-auth>" },
    { "a password is hidden, a name is not",
      "<c><auth><password>cisco123</password><username>Anu</username></auth></c>",
      "<c><auth><password>****</password><username>Anu</username></auth></c>" },
    { "an empty one looks the same as a full one", "<c><password></password></c>",
      "<c><password>****</password></c>" },
    { "every named secret",
      "<c><secondary_password>s</secondary_password><answer>s</answer>"
      "<new_password>s</new_password><session-token>s</session-token><sso-token>s</sso-token>"
      "<host-scan-ticket>s</host-scan-ticket><host-scan-token>s</host-scan-token></c>",
      "<c><secondary_password>****</secondary_password><answer>****</answer>"
      "<new_password>****</new_password><session-token>****</session-token>"
      "<sso-token>****</sso-token><host-scan-ticket>****</host-scan-ticket>"
      "<host-scan-token>****</host-scan-token></c>" },
    { "any unknown child of auth", "<c><auth><future a='s'>s<x>s</x>s</future></auth><y>t</y></c>",
      "<c><auth><future>****</future></auth><y>t</y></c>" },
    { "elements, CDATA, references and comments in a secret",
      "<c><password x='s'><password>s</password><![CDATA[s</password>]]>&#115;<!-- s --></password>"
      "</c>",
      "<c><password>****</password></c>" },
    { "text loose in auth", "<c><auth> s <![CDATA[s]]><!-- s --><?s s?></auth></c>",
      "<c><auth>********</auth></c>" },
    { "a namespace prefix hides nothing", "<c><x:auth><y:foo>s</y:foo></x:auth></c>",
      "<c><x:auth><y:foo>****</y:foo></x:auth></c>" },
    { "terminal codes and other scripts are shown as octets", "<c>\x1b[2J\xc3\xa9\r\n</c>",
      "<c>\\x1b[2J\\xc3\\xa9\n</c>" },
    { "an end tag that does not fit", "<c><password>s</c></password>",
      "(29 octets that are not config-auth XML)" },
    { "an end tag missing", "<c><password>s", "(14 octets that are not config-auth XML)" },
    { "a tag cut short", "<c><password>s</passw", "(21 octets that are not config-auth XML)" },
    { "a DTD", "<!DOCTYPE c><c/>", "(16 octets that are not config-auth XML)" },
    { "not UTF-8", "<c>\xff</c>", "(8 octets that are not config-auth XML)" },
    { "nothing", "", "(0 octets that are not config-auth XML)" },
};

static void
test_secrets_are_hidden(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *shown = ac_xml_mask(slice_of(rows[i].xml));

        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("%s: %s", rows[i].what, shown);
    }
}

/* However the document is cut, the password never shows. */
static void
test_no_cut_brings_a_password_out(void **state)
{
    static const char xml[] = "<?xml version='1.0'?><config-auth type='auth-reply'>"
                              "<session-token>QQQQ</session-token><auth>"
                              "<password>QQQQ</password><username>Anu</username></auth>"
                              "</config-auth>";

    (void)state;
    for (size_t i = 0; i < sizeof(xml); i++) {
        g_autofree char *cut = ac_xml_mask((Slice){ (const uint8_t *)xml, i });

        assert_null(strstr(cut, "QQQQ"));
    }
}

static void
test_ten_megabytes_are_only_counted(void **state)
{
    g_autofree char *big = g_strnfill(10 << 20, '<');
    g_autofree char *shown = ac_xml_mask(slice_of(big));

    (void)state;
    assert_string_equal(shown, "(10485760 octets that are not config-auth XML)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secrets_are_hidden),
        cmocka_unit_test(test_no_cut_brings_a_password_out),
        cmocka_unit_test(test_ten_megabytes_are_only_counted),
    };

    return cmocka_run_group_tests_name("ac_xml_mask", tests, NULL, NULL);
}
