/* test_ac_error.c - names, exit codes and tokens of the errors that cross D-Bus. */
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

/* source: agent/docs/CLI.md §4; the D-Bus names are those of the comments in the interface XML */
static const struct {
    AcError code;
    const char *dbus;
    int exit;
    const char *token;
} vectors[] = {
    { AC_ERROR_FAILED, "org.acclient.Error.Failed", 1, "failed" },
    { AC_ERROR_NETWORK, "org.acclient.Error.Network", 4, "connect_failed" },
    { AC_ERROR_AUTH, "org.acclient.Error.Auth", 5, "auth_failed" },
    { AC_ERROR_NO_AGENT, "org.acclient.Error.NoAgent", 8, "agent_not_running" },
    { AC_ERROR_NO_HOST, "org.acclient.Error.NoHost", 10, "host_not_found" },
    { AC_ERROR_NOT_AUTHORISED, "org.acclient.Error.NotAuthorised", 9, "not_authorised" },
    { AC_ERROR_POLICY, "org.acclient.Error.Policy", 16, "refused_by_policy" },
    { AC_ERROR_CLIENT_CERT, "org.acclient.Error.ClientCert", 17, "client_certificate" },
};

static void
test_an_error_keeps_its_code_over_the_bus(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autoptr(GError) sent = g_error_new(AC_ERROR, (int)vectors[i].code, "why");
        g_autofree char *name = g_dbus_error_encode_gerror(sent);
        g_autoptr(GError) got = g_dbus_error_new_for_dbus_error(name, "why");

        assert_string_equal(name, vectors[i].dbus);
        assert_true(g_error_matches(got, AC_ERROR, (int)vectors[i].code));
    }
}

static void
test_exit_codes_and_tokens_are_those_of_the_contract(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        AcError code;

        assert_int_equal(ac_error_exit_code(vectors[i].code), vectors[i].exit);
        assert_string_equal(ac_error_token(vectors[i].code), vectors[i].token);
        assert_true(ac_error_from_token(vectors[i].token, &code));
        assert_int_equal(code, vectors[i].code);
    }
}

static void
test_an_unknown_token_leaves_the_result_alone(void **state)
{
    AcError code = AC_ERROR_BUSY;

    (void)state;
    assert_false(ac_error_from_token("Busy", &code));
    assert_false(ac_error_from_token("", &code));
    assert_int_equal(code, AC_ERROR_BUSY);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_error_keeps_its_code_over_the_bus),
        cmocka_unit_test(test_exit_codes_and_tokens_are_those_of_the_contract),
        cmocka_unit_test(test_an_unknown_token_leaves_the_result_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
