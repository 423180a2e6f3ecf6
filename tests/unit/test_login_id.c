/* test_login_id.c - agent/daemon/login_id.c */
#include "agent/daemon/login_id.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

static const struct {
    const char *text;
    uint8_t type;
    const char *shown; /* NULL: as it stands */
} rows[] = {
    { "*$AnyConnectClient$*", IKE_ID_GROUP, NULL },
    { "STAFF", IKE_ID_KEY_ID, NULL },
    { "ANU-IKEV2 of office", IKE_ID_KEY_ID, NULL },
    { "vpn.example.org", IKE_ID_FQDN, NULL },
    { "anu@example.org", IKE_ID_RFC822_ADDR, NULL },
    { "192.0.2.7", IKE_ID_IPV4_ADDR, NULL },
    { "2001:db8::7", IKE_ID_IPV6_ADDR, NULL },
    { "CN=anu,O=Example", IKE_ID_DER_ASN1_DN, NULL },
    { "keyid:vpn.example.org", IKE_ID_KEY_ID, "vpn.example.org" },
    { "group:STAFF", IKE_ID_GROUP, "STAFF" },
    { "fqdn:a.b", IKE_ID_FQDN, "a.b" },
    { "email:a@b", IKE_ID_RFC822_ADDR, "a@b" },
    { "dn:CN=x", IKE_ID_DER_ASN1_DN, "CN=x" },
    { "address:::1", IKE_ID_IPV6_ADDR, "::1" },
    { "a@b@c", IKE_ID_KEY_ID, NULL },
    { "10.0.0.300", IKE_ID_FQDN, NULL },
    { "*.example.org", IKE_ID_KEY_ID, NULL },
};

static void
test_the_type_follows_from_the_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(LoginId) id = { 0 };
        g_autofree char *shown = NULL;
        IkeId view;

        assert_true(login_id_parse(rows[i].text, &id, NULL));
        view = login_id_view(&id);
        shown = ike_id_format(&view);
        assert_int_equal(view.type, rows[i].type);
        assert_string_equal(shown, rows[i].shown ? rows[i].shown : rows[i].text);
    }
}

static void
test_what_cannot_be_sent_is_refused_with_a_reason(void **state)
{
    g_autofree char *long_one = g_strnfill(256, 'a');
    const char *const bad[] = { "",          long_one,         "a\nb",          "\xff\xfe",
                                "fqdn:word", "fqdn:a..b",      "fqdn:*.a.b",    "email:nobody",
                                "address:x", "dn:CN",          "CN=a,nonsense", "keyid:",
                                "dn:Q=x",    "address:10.0.0", "fqdn:a b.c" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(LoginId) id = { 0 };
        g_autoptr(GError) error = NULL;

        assert_false(login_id_parse(bad[i], &id, &error));
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CONFIG));
        assert_null(id.data);
    }
}

static void
test_the_gateway_is_compared_by_type_and_octets(void **state)
{
    g_auto(LoginId) name = { 0 }, key = { 0 };
    IkeId got = { IKE_ID_FQDN, slice_of("VPN.example.ORG") };

    (void)state;
    assert_true(login_id_parse("vpn.example.org", &name, NULL));
    assert_true(login_id_parse("keyid:vpn.example.org", &key, NULL));
    assert_true(login_id_is(&name, &got));
    assert_false(login_id_is(&key, &got));
    got.data = slice_of("vpn.example.or");
    assert_false(login_id_is(&name, &got));
    got.data = (Slice){ (const uint8_t *)"vpn.example.org\0.evil", 21 };
    assert_false(login_id_is(&name, &got));
    got = (IkeId){ IKE_ID_KEY_ID, slice_of("VPN.example.org") };
    assert_false(login_id_is(&key, &got));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_type_follows_from_the_form),
        cmocka_unit_test(test_what_cannot_be_sent_is_refused_with_a_reason),
        cmocka_unit_test(test_the_gateway_is_compared_by_type_and_octets),
    };

    return cmocka_run_group_tests_name("login_id", tests, NULL, NULL);
}
