/* test_dn.c - agent/crypto/dn.c */

#include "agent/crypto/dn.h"
#include "tests/support/wire.h"

static const struct {
    const char *source, *der, *text;
} names[] = {
    { "agent/docs/WIRE.md §2.4", "301a3118301606092a864886f70d01090216094153412d494b455632",
      "unstructuredName=ASA-IKEV2" },
    /* tests/vectors/eap-anyconnect-capture.txt #4; RFC 2253 §2.1: last RDN first */
    { "the capture",
      "303f310b300906035504061302585831153013060355040a130c496e7465726f702054657374311930170603"
      "550403131076706e2e6578616d706c652e74657374",
      "CN=vpn.example.test,O=Interop Test,C=XX" },
    { "the empty name", "3000", "" },
    { "a comma (RFC 2253 §2.4)", "300e310c300a06035504030c03612c62", "CN=a\\,b" },
    { "a terminal escape", "300e310c300a06035504030c031b5b6d", "CN=\\1B[m" },
};

static void
test_names_read_as_rfc_2253_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Hex der = hex(names[i].der);
        g_autofree char *text = dn_format(wire_slice(&der), 200);

        assert_non_null(text);
        assert_string_equal(text, names[i].text);
    }
}

static bool
formats(Slice der)
{
    g_autofree char *text = dn_format(der, 200);

    return text != NULL;
}

static void
test_cuts_and_trailing_octets_are_refused(void **state)
{
    Hex longer = hex("300e310c300a06035504030c0361626300");

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Hex der = hex(names[i].der);

        wire_cuts(wire_slice(&der), formats);
    }
    assert_false(formats(wire_slice(&longer)));
}

static void
test_what_is_too_long_is_cut(void **state)
{
    Hex der = hex(names[1].der);
    g_autofree char *text = dn_format(wire_slice(&der), 10);

    (void)state;
    assert_string_equal(text, "CN=vpn.exa...");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_read_as_rfc_2253_says),
        cmocka_unit_test(test_cuts_and_trailing_octets_are_refused),
        cmocka_unit_test(test_what_is_too_long_is_cut),
    };

    return cmocka_run_group_tests_name("dn", tests, NULL, NULL);
}
