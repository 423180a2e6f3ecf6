/* test_login_way.c - agent/daemon/login_way.c */
#include "agent/daemon/login_way.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

static const struct {
    ProfileAuth profile;
    HostAuth conf; /* of acclient.conf */
    bool gateway_psk;
    IkeWay ours, theirs;
    bool certificate;
    const char *key_kind, *name;
} rows[] = {
    { PROFILE_EAP_ANYCONNECT, HOST_AUTH_PROFILE, false, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-AnyConnect" },
    { PROFILE_IKE_RSA, HOST_AUTH_PROFILE, false, IKE_WAY_CERT, IKE_WAY_CERT, true, "RSA",
      "certificate" },
    { PROFILE_IKE_ECDSA, HOST_AUTH_PROFILE, false, IKE_WAY_CERT, IKE_WAY_CERT, true, "ECDSA",
      "certificate" },
    { PROFILE_IKE_RSA, HOST_AUTH_CERTIFICATE, false, IKE_WAY_CERT, IKE_WAY_CERT, true, NULL,
      "certificate" },
    { PROFILE_EAP_ANYCONNECT, HOST_AUTH_CERTIFICATE, true, IKE_WAY_CERT, IKE_WAY_PSK, true, NULL,
      "certificate" },
    { PROFILE_EAP_GTC, HOST_AUTH_PSK, true, IKE_WAY_PSK, IKE_WAY_PSK, false, NULL,
      "pre-shared key" },
    { PROFILE_EAP_GTC, HOST_AUTH_PSK, false, IKE_WAY_PSK, IKE_WAY_CERT, false, NULL,
      "pre-shared key" },
    { PROFILE_EAP_MD5, HOST_AUTH_EAP_ANYCONNECT, false, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-AnyConnect" },
    { PROFILE_EAP_MSCHAPV2, HOST_AUTH_PROFILE, false, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-MSCHAPv2" },
    { PROFILE_EAP_GTC, HOST_AUTH_PROFILE, false, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-GTC" },
    { PROFILE_EAP_MD5, HOST_AUTH_PROFILE, false, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-MD5" },
    { PROFILE_EAP_GTC, HOST_AUTH_EAP_TLS, false, IKE_WAY_EAP, IKE_WAY_CERT, true, NULL, "EAP-TLS" },
    { PROFILE_IKE_RSA, HOST_AUTH_CERTIFICATE_EAP, false, IKE_WAY_CERT_EAP, IKE_WAY_CERT, true, NULL,
      "certificate and EAP-MSCHAPv2" },
    { PROFILE_EAP_GTC, HOST_AUTH_PROFILE, true, IKE_WAY_EAP, IKE_WAY_CERT, false, NULL,
      "EAP-GTC" }, /* RFC 7296 §2.16: no password for who only has a shared key */
};

/* Never two at once: the gateway would take the one that shows it the password. */
static const struct {
    HostAuth auth, eap;
    const EapMethod *method;
    bool typed;
} methods[] = {
    { HOST_AUTH_EAP_ANYCONNECT, HOST_AUTH_PROFILE, &eap_anyconnect, true },
    { HOST_AUTH_EAP_MSCHAPV2, HOST_AUTH_PROFILE, &eap_mschapv2, true },
    { HOST_AUTH_EAP_GTC, HOST_AUTH_PROFILE, &eap_gtc, true },
    { HOST_AUTH_EAP_MD5, HOST_AUTH_PROFILE, &eap_md5, true },
    { HOST_AUTH_EAP_TLS, HOST_AUTH_PROFILE, &eap_tls, false },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_PROFILE, &eap_mschapv2, true },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_MSCHAPV2, &eap_mschapv2, true },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_GTC, &eap_gtc, true },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_MD5, &eap_md5, true },
    { HOST_AUTH_CERTIFICATE_EAP, HOST_AUTH_EAP_TLS, &eap_tls, false },
};

static void
test_a_way_has_one_eap_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
        ProfileHost host = { .name = (char *)"h", .protocol = PROFILE_IPSEC };
        HostSettings conf = { .auth = methods[i].auth, .eap = methods[i].eap };
        LoginWay way;

        assert_true(login_way_decide(&host, &conf, &way, NULL));
        assert_ptr_equal(way.eap[0], methods[i].method);
        assert_null(way.eap[1]);
        assert_int_equal(way.typed, methods[i].typed);
        assert_int_equal(way.theirs, IKE_WAY_CERT);
        assert_non_null(strstr(way.name, methods[i].method->name));
    }
}

static void
test_the_profile_decides_unless_the_administrator_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ProfileHost host = { .name = (char *)"h",
                             .protocol = PROFILE_IPSEC,
                             .auth = rows[i].profile };
        HostSettings conf = { .auth = rows[i].conf, .gateway_psk = rows[i].gateway_psk };
        LoginWay way;

        assert_true(login_way_decide(&host, &conf, &way, NULL));
        assert_int_equal(way.ours, rows[i].ours);
        assert_int_equal(way.theirs, rows[i].theirs);
        assert_int_equal(way.certificate, rows[i].certificate);
        assert_int_equal(way.eap != NULL,
                         rows[i].ours == IKE_WAY_EAP || rows[i].ours == IKE_WAY_CERT_EAP);
        assert_string_equal(way.name, rows[i].name);
        if (rows[i].key_kind)
            assert_string_equal(way.key_kind, rows[i].key_kind);
        else
            assert_null(way.key_kind);
        if (rows[i].conf == HOST_AUTH_PROFILE)
            assert_true(login_way_decide(&host, NULL, &way, NULL));
    }
}

static void
test_ssl_is_refused_with_file_and_line(void **state)
{
    ProfileHost host = { .name = (char *)"Old", .file = (char *)"p.xml", .line = 7 };
    HostSettings conf = { .auth = HOST_AUTH_PSK };
    g_autoptr(GError) error = NULL;
    LoginWay way;

    (void)state;
    assert_false(login_way_decide(&host, &conf, &way, &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CONFIG));
    assert_string_equal(error->message, "p.xml:7: host entry Old: PrimaryProtocol is SSL; this "
                                        "client speaks IPsec only (OpenConnect speaks SSL)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_profile_decides_unless_the_administrator_does),
        cmocka_unit_test(test_a_way_has_one_eap_method),
        cmocka_unit_test(test_ssl_is_refused_with_file_and_line),
    };

    return cmocka_run_group_tests_name("login_way", tests, NULL, NULL);
}
