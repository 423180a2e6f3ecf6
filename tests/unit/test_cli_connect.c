/* test_cli_connect.c - acclient connect against an agent that plays written scenes: what it prints,
 * what it answers, how it ends (agent/docs/CLI.md). */
#include "agent/dbus/ac_error.h"
#include "tests/support/mock_scene.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define LOGIN_AGAIN                                                                                \
    "{'event': <'prompt'>, 'id': <uint64 3>, 'kind': <'form'>, 'mine': <true>,"                    \
    " 'error': <'Login failed.'>, 'fields': <" LOGIN_FIELDS ">}"
#define BANNER                                                                                     \
    "{'event': <'prompt'>, 'id': <uint64 4>, 'kind': <'banner'>, 'mine': <true>,"                  \
    " 'text': <'Staff only\n\033[2J'>}"
#define CERTIFICATE(more)                                                                          \
    "{'event': <'prompt'>, 'id': <uint64 1>, 'kind': <'certificate'>, 'mine': <true>,"             \
    " 'host': <'Anu-IKEV2'>, 'address': <'10.0.0.1'>, 'subject': <'CN=asa'>,"                      \
    " 'issuer': <'CN=asa'>, 'not_before': <int64 0>, 'not_after': <int64 86400>,"                  \
    " 'sha256': <'AA:BB'>, 'pin': <'pin-sha256:NEW='>,"                                            \
    " 'reasons': <['untrusted source', 'the name does not match']>,"                               \
    " 'chain': <['0: CN=asa']>, " more "}"
#define UNTRUSTED CERTIFICATE("'can_remember': <true>, 'may_accept': <true>")
#define CHANGED                                                                                    \
    CERTIFICATE("'can_remember': <true>, 'may_accept': <true>, 'changed': <true>,"                 \
                " 'old_pin': <'pin-sha256:OLD='>")

/* source: the message sequence of agent/docs/CLI.md §2 */
static void
test_a_good_login_prints_the_known_lines_in_order(void **state)
{
    static const char *const scene[] = {
        "{'event': <'notice'>, 'plain': <true>, 'text': <'contacting host (10.0.0.1) for login "
        "information...'>}",
        "{'event': <'notice'>, 'text': <'Contacting Anu-IKEV2.'>}",
        LOGIN,
        CONNECTING,
        "{'event': <'state'>, 'state': <'authenticating'>}",
        "{'event': <'notice'>, 'text': <'Establishing VPN session...'>}",
        UP,
        NULL,
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2 --user Anu --password-stdin", "cisco123\n");
    assert_int_equal(r.code, 0);
    assert_string_equal(r.err, "");
    assert_string_equal(r.out, "  >> contacting host (10.0.0.1) for login information...\n"
                               "  >> notice: Contacting Anu-IKEV2.\n"
                               "  >> state: Connecting\n"
                               "  >> notice: Establishing VPN session...\n"
                               "  >> state: Connected\n"
                               "  >> notice: Connected to Anu-IKEV2.\n");
    assert_string_equal(mock_agent_host(m), "Anu-IKEV2");
    assert_string_equal(mock_agent_options(m), "{'user': <'Anu'>}");
    assert_string_equal(mock_agent_answer(m, 0), " username:Anu password:cisco123");
    assert_int_equal(mock_agent_disconnects(m), 0);
}

static void
test_an_untrusted_certificate_without_a_terminal_ends_with_6(void **state)
{
    static const char *const scene[] = { CONNECTING, UNTRUSTED, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 6);
    assert_has(r.out, "     - untrusted source\n     - the name does not match\n");
    assert_string_equal(r.err,
                        "  >> error: cannot verify the VPN server Anu-IKEV2: untrusted source; the "
                        "name does not match\n"
                        "     hint: if you know that this is your server: acclient trust add "
                        "'Anu-IKEV2' pin-sha256:NEW=\n");
    assert_string_equal(mock_agent_answer(m, 0), " accept=no");
    assert_int_equal(mock_agent_disconnects(m), 1);
}

static void
test_a_certificate_that_may_not_be_accepted_is_no_question(void **state)
{
    static const char *const scene[] = { CERTIFICATE("'may_accept': <false>"), NULL };
    static const MockLine lines[] = { { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 6);
    assert_lacks(r.out, "Connect anyway?");
}

static void
test_a_form_without_anybody_to_ask_ends_with_13(void **state)
{
    static const char *const scene[] = { LOGIN, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 13);
    assert_has(r.err, "  >> error: the gateway asks for Password and there is nobody to ask\n"
                      "     hint: ");
    assert_string_equal(mock_agent_answer(m, 0), " cancel=yes");
}

static void
test_a_wrong_stored_password_is_sent_once_and_ends_with_5(void **state)
{
    static const char *const scene[] = { LOGIN, LOGIN_AGAIN, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2 --password-stdin", "wrong\n");
    assert_int_equal(r.code, 5);
    assert_has(r.err, "  >> error: Login failed.\n     hint: ");
    assert_has(mock_agent_answer(m, 0), " password:wrong");
    assert_string_equal(mock_agent_answer(m, 1), " cancel=yes");
    assert_null(mock_agent_answer(m, 2));
}

static void
test_the_same_form_without_an_error_does_not_get_the_password_twice(void **state)
{
    static const char *const scene[] = { LOGIN, LOGIN, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2 --password-stdin", "wrong\n");
    assert_int_equal(r.code, 5);
    assert_string_equal(mock_agent_answer(m, 1), " cancel=yes");
}

static void
test_a_declined_banner_ends_with_15(void **state)
{
    static const char *const scene[] = { BANNER, UP, NULL };
    static const MockLine lines[] = { { "accept? [y/n]: ", "maybe\r", false },
                                      { "accept? [y/n]: ", "n\r", false },
                                      { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 15);
    assert_has(r.out, "Staff only");
    assert_lacks(r.out, "\033");
    assert_string_equal(mock_agent_answer(m, 0), " accept=no");
}

static void
test_a_banner_without_a_terminal_needs_the_option(void **state)
{
    static const char *const scene[] = { BANNER, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 13);
    assert_has(r.err, "--accept-banner");
    mock_agent_scene(m, scene);
    g_auto(MockRun) again = mock_run(m, "connect Anu-IKEV2 --accept-banner", NULL);
    assert_int_equal(again.code, 0);
}

static void
test_no_agent_ends_with_8(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) r = mock_run(m, "--socket /nonexistent/agent.sock connect X", NULL);
    assert_int_equal(r.code, 8);
    assert_has(r.err, "  >> error: no agent at /nonexistent/agent.sock: ");
    assert_has(r.err, "\n     hint: start the agent: ");
}

static void
test_a_refusal_of_the_agent_keeps_its_code(void **state)
{
    static const struct {
        AcError code;
        int exit;
    } vectors[] = { { AC_ERROR_BUSY, 12 },
                    { AC_ERROR_NO_HOST, 10 },
                    { AC_ERROR_NOT_AUTHORISED, 9 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autoptr(MockAgent) m = mock_agent_new();

        mock_agent_refuse(m, (int)vectors[i].code, "no, sorry");
        g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
        assert_int_equal(r.code, vectors[i].exit);
        assert_has(r.err, "  >> error: no, sorry\n     hint: ");
    }
}

static void
test_a_failure_keeps_the_code_text_and_hint_of_the_agent(void **state)
{
    static const char *const scene[] = {
        CONNECTING,
        "{'event': <'failed'>, 'error': <'connect_failed'>, 'exit': <4>, 'text': <'no answer from "
        "10.0.0.1'>, 'hint': <'ask the network'>}",
        NULL,
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 4);
    assert_string_equal(r.err, "  >> error: no answer from 10.0.0.1\n     hint: ask the network\n");
}

static void
test_a_timeout_ends_the_attempt_with_3(void **state)
{
    static const char *const scene[] = { CONNECTING, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2 --timeout 0.05", NULL);
    assert_int_equal(r.code, 3);
    assert_has(r.err, "  >> error: The time ran out.\n     hint: ");
}

static void
test_an_attempt_ended_elsewhere_is_no_hang(void **state)
{
    static const char *const scene[] = { CONNECTING,
                                         "{'event': <'state'>, 'state': <'disconnected'>}", NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 15);
}

static void
test_a_connection_that_is_up_is_joined(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_state(m, "connected");
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.out, "  >> state: Connected\n  >> notice: Connected to Anu-IKEV2.\n");
}

static void
test_json_has_an_object_a_line_and_the_status_last(void **state)
{
    static const char *const scene[] = { "{'ts': <int64 7>, 'state': <'connecting'>, 'event': "
                                         "<'state'>}",
                                         UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "--json connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.out,
                        "{\"v\":1,\"ts\":7,\"event\":\"state\",\"state\":\"connecting\"}\n"
                        "{\"v\":1,\"event\":\"state\",\"state\":\"connected\"}\n"
                        "{\"v\":1,\"event\":\"notice\",\"text\":\"Connected to Anu-IKEV2.\"}\n"
                        "{\"v\":1,\"state\":\"connected\",\"host\":\"Anu-IKEV2\",\"client4\":"
                        "\"10.2.2.1\"}\n");
}

static void
test_json_errors_are_objects_on_the_output(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) r = mock_run(m, "stats --json", NULL);
    assert_int_equal(r.code, 11);
    assert_string_equal(r.out, "{\"v\":1,\"error\":{\"code\":\"not_connected\",\"exit\":11,"
                               "\"message\":\"The VPN client is not connected.\",\"hint\":"
                               "\"acclient connect HOST\"}}\n");
    assert_string_equal(r.err, "");
}

/* source: the response.txt manner of agent/docs/CLI.md §3 */
static void
test_a_script_answers_in_the_order_of_questions(void **state)
{
    static const char *const scene[] = { CONNECTING, UNTRUSTED, LOGIN, BANNER, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r =
        mock_run(m, "-s", "connect Anu-IKEV2\ny\nn\nAnu\ncisco123\ny\nstate\nexit\n");
    assert_int_equal(r.code, 0);
    assert_string_equal(mock_agent_answer(m, 0), " accept=yes remember=no");
    assert_string_equal(mock_agent_answer(m, 1), " username:Anu password:cisco123");
    assert_string_equal(mock_agent_answer(m, 2), " accept=yes");
    assert_has(r.out, "  >> state: Disconnected\n  >> notice: Ready to connect.\n"
                      "  >> registered with local VPN subsystem.\nVPN> \n");
    assert_has(r.out, "Username: [anu] \nPassword: \n");
    assert_has(r.out, "goodbye...\n  >> note: VPN Connection is still active.\n");
    assert_lacks(r.out, "cisco123");
}

static void
test_named_lines_of_a_script_wait_for_their_question(void **state)
{
    static const char *const scene[] = { UNTRUSTED, LOGIN, BANNER, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r =
        mock_run(m, "-s connect Anu-IKEV2",
                 "banner=y\nremember=yes\ncertificate=y\npassword=a=b\nusername=Anu\n");
    assert_int_equal(r.code, 0);
    assert_string_equal(mock_agent_answer(m, 0), " accept=yes remember=yes");
    assert_string_equal(mock_agent_answer(m, 1), " username:Anu password:a=b");
    assert_string_equal(mock_agent_answer(m, 2), " accept=yes");
}

static void
test_a_script_that_ends_early_ends_with_what_is_missing(void **state)
{
    static const struct {
        const char *scene[3], *input;
        int exit;
    } vectors[] = {
        { { UNTRUSTED, UP }, "", 6 },
        { { LOGIN, UP }, "Anu\n", 13 },
        { { LOGIN, LOGIN_AGAIN }, "Anu\nwrong\n", 5 },
        { { BANNER }, "", 15 },
        { { CHANGED }, "y\n", 15 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_autoptr(MockAgent) m = mock_agent_new();

        mock_agent_scene(m, vectors[i].scene);
        g_auto(MockRun) r = mock_run(m, "-s connect Anu-IKEV2", vectors[i].input);
        assert_int_equal(r.code, vectors[i].exit);
    }
}

static void
test_a_failed_command_ends_the_script_before_its_answers_are_taken_for_commands(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_refuse(m, AC_ERROR_NO_HOST, "no such host");
    g_auto(MockRun) r = mock_run(m, "-s", "connect X\nAnu\ncisco123\n");
    assert_int_equal(r.code, 10);
    assert_lacks(r.err, "cisco123");
    assert_lacks(r.err, "Anu");
}

static void
test_at_a_terminal_secrets_are_not_echoed_and_the_echo_comes_back(void **state)
{
    static const char *const scene[] = { CONNECTING, UNTRUSTED, LOGIN, LOGIN_AGAIN, UP, NULL };
    static const MockLine lines[] = {
        { "Connect anyway? [y/N/v]: ", "v\r", false },
        { "Connect anyway? [y/N/v]: ", "y\r", false },
        { "Always trust this server and remember the certificate? [y/N]: ", "y\r", false },
        { "Username: [anu] ", "Anu\r", false },
        { "Password: ", "wrong-secret\r", true },
        { "Username: [anu] ", "\r", false },
        { "Password: ", "right-secret\r", true },
        { NULL, NULL, false },
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 0);
    assert_true(r.echo_was_off);
    assert_true(r.echo_is_on);
    assert_lacks(r.out, "secret");
    assert_has(r.out, "0: CN=asa");
    assert_has(r.out, "  >> warning: Login failed.");
    assert_string_equal(mock_agent_answer(m, 0), " accept=yes remember=yes");
    assert_string_equal(mock_agent_answer(m, 1), " username:Anu password:wrong-secret");
    assert_string_equal(mock_agent_answer(m, 2), " username:anu password:right-secret");
}

static void
test_a_changed_certificate_wants_the_whole_word(void **state)
{
    static const char *const scene[] = { CHANGED, UP, NULL };
    static const MockLine lines[] = {
        { "Connect anyway? [yes/N/v]: ", "y\r", false },
        { "Connect anyway? [yes/N/v]: ", "yes\r", false },
        { "remember the certificate? [y/N]: ", "\r", false },
        { NULL, NULL, false },
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "pin-sha256:OLD=");
    assert_string_equal(mock_agent_answer(m, 0), " accept=yes remember=no");
}

static void
test_an_empty_answer_declines_a_certificate(void **state)
{
    static const char *const scene[] = { UNTRUSTED, UP, NULL };
    static const MockLine lines[] = { { "[y/N/v]: ", "\r", false }, { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 15);
    assert_string_equal(mock_agent_answer(m, 0), " accept=no");
}

static void
test_ctrl_c_at_the_password_cancels_and_restores_the_echo(void **state)
{
    static const char *const scene[] = { CONNECTING, LOGIN, UP, NULL };
    static const MockLine lines[] = { { "Username: [anu] ", "\r", false },
                                      { "Password: ", "\003", true },
                                      { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 130);
    assert_true(r.echo_was_off);
    assert_true(r.echo_is_on);
    assert_int_equal(mock_agent_disconnects(m), 1);
}

static void
test_a_group_is_chosen_first_and_asked_once(void **state)
{
#define GROUPS                                                                                     \
    "{'name': <'group_list'>, 'label': <'GROUP:'>, 'type': <'select'>, 'group': <true>,"           \
    " 'options': <[{'value': <'staff'>, 'label': <'Staff'>, 'selected': <true>},"                  \
    " {'value': <'guest'>, 'label': <'Guest'>}]>}"
#define GROUP_FORM                                                                                 \
    "{'event': <'prompt'>, 'id': <uint64 2>, 'kind': <'form'>, 'fields': <["                       \
    "{'name': <'password'>, 'label': <'Password'>, 'type': <'password'>}, " GROUPS "]>}"
    static const char *const scene[] = { GROUP_FORM, GROUP_FORM, UP, NULL };
    static const MockLine lines[] = { { "GROUP: [Staff] ", "1\r", false },
                                      { "Password: ", "pw\r", true },
                                      { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "    0) Staff\r\n    1) Guest\r\n");
    assert_string_equal(mock_agent_answer(m, 0), " group=guest");
    assert_string_equal(mock_agent_answer(m, 1), " group_list:guest password:pw");
}

static void
test_a_group_that_is_not_offered_is_named(void **state)
{
    static const char *const scene[] = { GROUP_FORM, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2 --group boss", NULL);
    assert_int_equal(r.code, 2);
    assert_has(r.err, "boss is not a choice for GROUP; the gateway offers: Staff, Guest");
}

static void
test_without_a_host_a_terminal_gets_a_list_and_a_script_the_usage(void **state)
{
    static const char *const scene[] = { UP, NULL };
    static const MockLine lines[] = { { "Host: ", "7\r", false },
                                      { "Host: ", "1\r", false },
                                      { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect", lines);
    assert_int_equal(r.code, 0);
    assert_string_equal(mock_agent_host(m), "Other");
    mock_agent_state(m, "disconnected");
    g_auto(MockRun) none = mock_run(m, "connect", NULL);
    assert_int_equal(none.code, 2);
}

static void
test_an_agent_that_goes_away_ends_the_attempt_with_8(void **state)
{
    static const char *const scene[] = { CONNECTING, MOCK_HANG_UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 8);
    assert_has(r.err, "  >> error: the agent has gone away\n");
}

static void
test_a_question_answered_elsewhere_is_given_up(void **state)
{
    static const char *const scene[] = { "{'event': <'prompt'>, 'id': <uint64 9>, 'kind': "
                                         "<'form'>, 'goes_on': <true>, 'fields': <" LOGIN_FIELDS
                                         ">}",
                                         "{'event': <'prompt-done'>, 'id': <uint64 9>}", UP, NULL };
    static const MockLine lines[] = { { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "connect Anu-IKEV2", lines);
    assert_int_equal(r.code, 0);
    assert_null(mock_agent_answer(m, 0));
    assert_true(r.echo_is_on);
}

static void
test_a_question_of_somebody_else_is_waited_for(void **state)
{
    static const char *const scene[] = {
        "{'event': <'prompt'>, 'id': <uint64 9>, 'kind': <'form'>, 'mine': <false>, 'goes_on': "
        "<true>, 'fields': <" LOGIN_FIELDS ">}",
        UP, NULL
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r = mock_run(m, "connect Anu-IKEV2", NULL);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "  >> note: Waiting for an answer elsewhere.\n");
    assert_null(mock_agent_answer(m, 0));
}

int
main(void)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan_disable(); /* GDBus threads of the mock may outlive main(); acclient itself is still
                         checked */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_login_prints_the_known_lines_in_order),
        cmocka_unit_test(test_an_untrusted_certificate_without_a_terminal_ends_with_6),
        cmocka_unit_test(test_a_certificate_that_may_not_be_accepted_is_no_question),
        cmocka_unit_test(test_a_form_without_anybody_to_ask_ends_with_13),
        cmocka_unit_test(test_a_wrong_stored_password_is_sent_once_and_ends_with_5),
        cmocka_unit_test(test_the_same_form_without_an_error_does_not_get_the_password_twice),
        cmocka_unit_test(test_a_declined_banner_ends_with_15),
        cmocka_unit_test(test_a_banner_without_a_terminal_needs_the_option),
        cmocka_unit_test(test_no_agent_ends_with_8),
        cmocka_unit_test(test_a_refusal_of_the_agent_keeps_its_code),
        cmocka_unit_test(test_a_failure_keeps_the_code_text_and_hint_of_the_agent),
        cmocka_unit_test(test_a_timeout_ends_the_attempt_with_3),
        cmocka_unit_test(test_an_attempt_ended_elsewhere_is_no_hang),
        cmocka_unit_test(test_a_connection_that_is_up_is_joined),
        cmocka_unit_test(test_json_has_an_object_a_line_and_the_status_last),
        cmocka_unit_test(test_json_errors_are_objects_on_the_output),
        cmocka_unit_test(test_a_script_answers_in_the_order_of_questions),
        cmocka_unit_test(test_named_lines_of_a_script_wait_for_their_question),
        cmocka_unit_test(test_a_script_that_ends_early_ends_with_what_is_missing),
        cmocka_unit_test(
            test_a_failed_command_ends_the_script_before_its_answers_are_taken_for_commands),
        cmocka_unit_test(test_at_a_terminal_secrets_are_not_echoed_and_the_echo_comes_back),
        cmocka_unit_test(test_a_changed_certificate_wants_the_whole_word),
        cmocka_unit_test(test_an_empty_answer_declines_a_certificate),
        cmocka_unit_test(test_ctrl_c_at_the_password_cancels_and_restores_the_echo),
        cmocka_unit_test(test_a_group_is_chosen_first_and_asked_once),
        cmocka_unit_test(test_a_group_that_is_not_offered_is_named),
        cmocka_unit_test(test_without_a_host_a_terminal_gets_a_list_and_a_script_the_usage),
        cmocka_unit_test(test_an_agent_that_goes_away_ends_the_attempt_with_8),
        cmocka_unit_test(test_a_question_answered_elsewhere_is_given_up),
        cmocka_unit_test(test_a_question_of_somebody_else_is_waited_for),
    };

    return cmocka_run_group_tests_name("cli_connect", tests, NULL, NULL);
}
