/* test_host_settings.c - agent/daemon/host_settings.c */
#include "agent/daemon/host_settings.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

static HostSettings *
load(const char *text, GError **error)
{
    g_autoptr(GKeyFile) f = g_key_file_new();
    g_auto(GStrv) sections = NULL;

    assert_true(g_key_file_load_from_data(f, text, (gsize)-1, G_KEY_FILE_NONE, NULL));
    sections = g_key_file_get_groups(f, NULL);
    return host_settings_read(f, "acclient.conf", sections[0], error);
}

static void
test_every_key_is_read(void **state)
{
    g_autoptr(HostSettings) psk =
        load("[host Branch office]\nauth=psk\nidentity=branch.example.org\n"
             "gateway_identity=hub.example.org\npsk_file=/etc/acclient/psk\npsk_weak=true\n"
             "ppk_id=one\nppk_file=/etc/acclient/ppk\nppk_required=true\npolicy=legacy\n",
             NULL);
    g_autoptr(HostSettings) both = load("[host x]\nauth=certificate-eap\neap=eap-gtc\n"
                                        "certificate=pkcs11:token=t\nkey=/k.pem\n",
                                        NULL);
    g_autoptr(HostSettings) tls = load("[host x]\nauth=eap-tls\ntls_12=true\n", NULL);

    (void)state;
    assert_true(tls->tls_12);
    assert_string_equal(psk->name, "Branch office");
    assert_int_equal(psk->auth, HOST_AUTH_PSK);
    assert_string_equal(psk->identity, "branch.example.org");
    assert_string_equal(psk->gateway_identity, "hub.example.org");
    assert_true(psk->gateway_psk);
    assert_string_equal(psk->psk_file, "/etc/acclient/psk");
    assert_true(psk->psk_weak);
    assert_string_equal(psk->ppk_id, "one");
    assert_string_equal(psk->ppk_file, "/etc/acclient/ppk");
    assert_true(psk->ppk_required);
    assert_true(psk->has_policy);
    assert_int_equal(psk->policy, SUITE_LEGACY);
    assert_int_equal(both->auth, HOST_AUTH_CERTIFICATE_EAP);
    assert_int_equal(both->eap, HOST_AUTH_EAP_GTC);
    assert_string_equal(both->certificate, "pkcs11:token=t");
    assert_string_equal(both->key, "/k.pem");
    assert_false(both->gateway_psk);
    assert_false(both->has_policy);
}

static void
test_a_gateway_may_show_a_certificate_to_a_shared_key(void **state)
{
    g_autoptr(HostSettings) h =
        load("[host x]\nauth=psk\nidentity=a\npsk_file=/p\ngateway_auth=certificate\n", NULL);
    g_autoptr(HostSettings) back =
        load("[host x]\nauth=certificate\ncertificate=/c\npsk_file=/p\ngateway_auth=psk\n", NULL);

    (void)state;
    assert_false(h->gateway_psk);
    assert_true(back->gateway_psk);
}

static const struct {
    const char *text, *told;
} bad[] = {
    { "auth=none\n", "auth = none: must be one of profile, eap-anyconnect" },
    { "auth=PSK\n", "auth = PSK: must be one of" },
    { "auth=\n", "auth = : must be one of" },
    { "auth=psk\n", "psk_file: is needed" },
    { "gateway_auth=psk\n", "psk_file: is needed" },
    { "auth=psk\npsk_file=psk.txt\n", "psk_file = psk.txt: must be an absolute path" },
    { "psk_file=/p\n", "neither auth nor gateway_auth is psk" },
    { "auth=eap-md5\ngateway_auth=psk\npsk_file=/p\n", "needs a gateway with a certificate" },
    { "auth=certificate-eap\ngateway_auth=psk\npsk_file=/p\n", "needs a gateway with a certif" },
    { "gateway_auth=psk\npsk_file=/p\n", "needs a gateway with a certificate" },
    { "auth=certificate\neap=eap-gtc\n", "eap: only with auth = certificate-eap" },
    { "auth=certificate-eap\neap=eap-anyconnect\n", "has the certificate in it" },
    { "auth=certificate-eap\neap=psk\n", "eap: must be one of the eap- methods" },
    { "auth=psk\npsk_file=/p\ncertificate=/c\n", "certificate, key: auth uses none" },
    { "key=/k\n", "key: stands without certificate" },
    { "certificate=../c.pem\n", "must be an absolute path or a pkcs11: URI" },
    { "auth=eap-md5\ntls_12=true\n", "tls_12: only with EAP-TLS" },
    { "ppk_id=a\n", "one needs the other" },
    { "ppk_file=/a\n", "one needs the other" },
    { "ppk_required=true\n", "needs ppk_id and ppk_file" },
    { "ppk_required=1\n", "must be true or false" },
    { "identity=fqdn:word\n", "identity = fqdn:word: is no domain name" },
    { "gateway_identity=\n", "gateway_identity = : an identity has 1 to 255 octets" },
    { "gatway_identity=a\n", "gatway_identity: there is no such key" },
    { "policy=never\n", "policy = never: must be modern" },
};

static void
test_a_wrong_value_names_file_section_and_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *text = g_strconcat("[host Anu-IKEV2]\n", bad[i].text, NULL);
        g_autoptr(GError) error = NULL;

        assert_null(load(text, &error));
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CONFIG));
        assert_true(g_str_has_prefix(error->message, "acclient.conf: [host Anu-IKEV2] "));
        assert_non_null(strstr(error->message, bad[i].told));
    }
}

static void
test_a_section_without_a_name_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_null(load("[host  ]\nauth=psk\n", &error));
    assert_non_null(strstr(error->message, "lacks the name"));
}

static void
test_a_host_is_found_by_name_before_address(void **state)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    HostSettings by_address = { .name = (char *)"vpn.example.org" };
    HostSettings by_name = { .name = (char *)"anu-ikev2" };
    ProfileHost host = { .name = (char *)"Anu-IKEV2", .address = (char *)"vpn.example.org" };
    ProfileHost other = { .name = (char *)"Other", .address = (char *)"VPN.example.org" };
    ProfileHost none = { .name = (char *)"None", .address = (char *)"10.0.0.1" };

    (void)state;
    g_ptr_array_add(all, &by_address);
    g_ptr_array_add(all, &by_name);
    assert_ptr_equal(host_settings_find(all, &host), &by_name);
    assert_ptr_equal(host_settings_find(all, &other), &by_address);
    assert_null(host_settings_find(all, &none));
    assert_null(host_settings_find(NULL, &host));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_is_read),
        cmocka_unit_test(test_a_gateway_may_show_a_certificate_to_a_shared_key),
        cmocka_unit_test(test_a_wrong_value_names_file_section_and_key),
        cmocka_unit_test(test_a_section_without_a_name_is_refused),
        cmocka_unit_test(test_a_host_is_found_by_name_before_address),
    };

    return cmocka_run_group_tests_name("host_settings", tests, NULL, NULL);
}
