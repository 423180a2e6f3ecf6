/* test_cli_commands.c - all of acclient but connect, against an agent that plays written scenes
 * (agent/docs/CLI.md). */
#include "agent/dbus/ac_error.h"
#include "tests/support/mock_scene.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

static void
test_the_shell_keeps_running_after_a_failure_and_says_goodbye(void **state)
{
    static const MockLine lines[] = {
        { "VPN> ", "frobnicate\r", false }, { "is no command", "", false },
        { "VPN> ", "state\r", false },      { "Connected", "", false },
        { "VPN> ", "exit\r", false },       { NULL, NULL, false }
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_state(m, "connected");
    g_auto(MockRun) r = mock_run_at_terminal(m, "shell", lines);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "goodbye...\r\n  >> note: VPN Connection is still active.\r\n");
}

static void
test_status_tells_by_its_exit_code(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) down = mock_run(m, "status -q", NULL);
    assert_int_equal(down.code, 11);
    assert_string_equal(down.out, "");
    assert_string_equal(down.err, "");
    mock_agent_state(m, "connected");
    g_auto(MockRun) up = mock_run(m, "state", NULL);
    assert_int_equal(up.code, 0);
    assert_has(up.out, "  >> state: Connected\n     Host:           Anu-IKEV2\n");
}

/* source: agent/docs/CLI.md §1, the sections and labels of stats */
static void
test_stats_has_the_known_sections_and_says_what_it_does_not_know(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_state(m, "connected");
    g_auto(MockRun) r = mock_run(m, "stats", NULL);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "[ Connection Information ]\n\n    Connection State:            Connected\n"
                      "    Tunnel Mode (IPv4):          Split Include\n"
                      "    Tunnel Mode (IPv6):          Not Available\n"
                      "    Duration:                    01:02:05\n");
    assert_has(r.out, "    SPI In:                      0x0000beef\n");
    assert_has(r.out, "[ Secured Routes (IPv4) ]\n\n    Network ");
    assert_has(r.out, "    10.0.0.0                                8\n");
    assert_has(r.out, "    replayed:                    2\n");
}

static void
test_disconnect_when_down_is_a_note_and_no_failure(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) r = mock_run(m, "disconnect", NULL);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.out, "  >> note: The VPN client is not connected.\n");
    mock_agent_state(m, "connected");
    g_auto(MockRun) up = mock_run(m, "down --json", NULL);
    assert_int_equal(up.code, 0);
    assert_string_equal(up.out, "{\"v\":1,\"event\":\"state\",\"state\":\"disconnected\"}\n"
                                "{\"v\":1,\"was_up\":true}\n");
}

static void
test_hosts_are_listed_and_broken_profiles_named(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) r = mock_run(m, "hosts", NULL);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "Anu-IKEV2                10.0.0.1  a.xml\n");
    assert_has(r.out, "Other                    10.0.0.2  IPsec, certificate\n");
    assert_string_equal(r.err, "  >> warning: broken.xml:3: no ServerList\n");
}

static void
test_wait_returns_at_once_or_when_the_time_is_up(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) there = mock_run(m, "wait disconnected", NULL);
    assert_int_equal(there.code, 0);
    g_auto(MockRun) late = mock_run(m, "wait connected --timeout 0.05", NULL);
    assert_int_equal(late.code, 3);
    g_auto(MockRun) wrong = mock_run(m, "wait happiness", NULL);
    assert_int_equal(wrong.code, 2);
}

static void
test_trust_is_shown_and_forgotten(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    g_auto(MockRun) list = mock_run(m, "trust", NULL);
    assert_int_equal(list.code, 0);
    assert_has(list.out, "    Anu-IKEV2\n        pin-sha256:AAAA\n");
    g_auto(MockRun) none = mock_run(m, "trust show X", NULL);
    assert_int_equal(none.code, 10);
    g_auto(MockRun) gone = mock_run(m, "trust remove Anu-IKEV2", NULL);
    assert_int_equal(gone.code, 0);
    assert_has(gone.out, "forgotten");
    g_auto(MockRun) usage = mock_run(m, "trust add X", NULL);
    assert_int_equal(usage.code, 2);
}

static void
test_monitor_shows_the_state_and_then_what_happens(void **state)
{
    static const char *const scene[] = {
        CONNECTING,
        "{'event': <'prompt'>, 'id': <uint64 4>, 'kind': <'banner'>, 'goes_on': <true>}",
        "{'event': <'prompt-done'>, 'id': <uint64 4>}",
        "{'event': <'failed'>, 'error': <'auth_failed'>, 'text': <'Login failed.'>}",
        MOCK_HANG_UP,
        NULL
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_after_status(m, scene);
    g_auto(MockRun) r = mock_run(m, "monitor", NULL);
    assert_int_equal(r.code, 8);
    assert_string_equal(r.out, "  >> state: Disconnected\n"
                               "  >> state: Connecting\n"
                               "  >> note: question 4 is open: banner\n"
                               "  >> note: question 4 is closed\n"
                               "  >> error: Login failed.\n");
}

static void
test_wait_sees_the_state_come(void **state)
{
    static const char *const scene[] = { CONNECTING, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_after_status(m, scene);
    g_auto(MockRun) r = mock_run(m, "wait connected", NULL);
    assert_int_equal(r.code, 0);
    assert_string_equal(r.out, "  >> state: Connected\n");
}

static void
test_the_shell_shows_events_while_it_waits_for_a_command(void **state)
{
    static const char *const scene[] = { CONNECTING, UP, NULL };
    static const MockLine lines[] = { { "notice: Connected to Anu-IKEV2.", "", false },
                                      { "VPN> ", "exit\r", false },
                                      { NULL, NULL, false } };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_after_status(m, scene);
    g_auto(MockRun) r = mock_run_at_terminal(m, "", lines);
    assert_int_equal(r.code, 0);
    assert_has(r.out, "  >> note: VPN Connection is still active.\r\n");
}

static void
test_cancel_ends_an_attempt_and_leaves_a_connection(void **state)
{
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_state(m, "connected");
    g_auto(MockRun) up = mock_run(m, "cancel", NULL);
    assert_int_equal(up.code, 0);
    assert_int_equal(mock_agent_disconnects(m), 0);
    mock_agent_state(m, "authenticating");
    g_auto(MockRun) trying = mock_run(m, "cancel", NULL);
    assert_int_equal(trying.code, 0);
    assert_int_equal(mock_agent_disconnects(m), 1);
}

static void
test_passwords_on_the_command_line_are_warned_about(void **state)
{
    static const char *const scene[] = { LOGIN, UP, NULL };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    mock_agent_scene(m, scene);
    g_auto(MockRun) r =
        mock_run(m, "connect Anu-IKEV2 --answer username=Anu --answer password=cisco123", NULL);
    assert_int_equal(r.code, 0);
    assert_string_equal(mock_agent_answer(m, 0), " username:Anu password:cisco123");
    assert_has(r.err, "  >> warning: --answer: other users can see");
    assert_lacks(r.err, "cisco123");
}

static void
test_contradicting_or_malformed_options_are_usage_errors(void **state)
{
    static const char *const vectors[] = {
        "connect X --password-stdin --password-fd 3",
        "-s connect X --password-stdin",
        "connect X --answer nothing",
        "connect X --answer a=1 --answer a=2",
        "connect X --answer certificate=y",
        "connect X --answer banner=y",
        "connect X --answers /nonexistent/file",
        "connect X --password-fd nine",
        "connect X --credential ../etc/passwd",
        "connect X --timeout -2",
        "connect X Y",
        "frobnicate",
        "",
    };
    g_autoptr(MockAgent) m = mock_agent_new();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        g_auto(MockRun) r = mock_run(m, vectors[i], "secret\n");

        if (r.code != 2)
            fail_msg("acclient %s: exit %d, not 2", vectors[i], r.code);
        assert_has(r.err, "  >> error: ");
        assert_has(r.err, "\n     hint: acclient help");
    }
    assert_string_equal(mock_agent_host(m), "");
}

static void
test_help_knows_every_command(void **state)
{
    static const char *const commands[] = { "connect", "disconnect", "cancel",  "status",
                                            "stats",   "hosts",      "monitor", "wait",
                                            "trust",   "version",    "help",    "shell" };
    g_autoptr(MockAgent) m = mock_agent_new();
    g_auto(MockRun) all = mock_run(m, "help", NULL);

    (void)state;
    assert_int_equal(all.code, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *args = g_strconcat("help ", commands[i], NULL);
        g_autofree char *usage = g_strconcat("acclient ", commands[i], NULL);
        g_auto(MockRun) one = mock_run(m, args, NULL);

        assert_has(all.out, commands[i]);
        assert_int_equal(one.code, 0);
        assert_has(one.out, usage);
    }
}

int
main(void)
{
#ifdef __SANITIZE_ADDRESS__
    __lsan_disable(); /* GDBus threads of the mock may outlive main(); acclient itself is still
                         checked */
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_shell_keeps_running_after_a_failure_and_says_goodbye),
        cmocka_unit_test(test_status_tells_by_its_exit_code),
        cmocka_unit_test(test_stats_has_the_known_sections_and_says_what_it_does_not_know),
        cmocka_unit_test(test_disconnect_when_down_is_a_note_and_no_failure),
        cmocka_unit_test(test_hosts_are_listed_and_broken_profiles_named),
        cmocka_unit_test(test_wait_returns_at_once_or_when_the_time_is_up),
        cmocka_unit_test(test_trust_is_shown_and_forgotten),
        cmocka_unit_test(test_monitor_shows_the_state_and_then_what_happens),
        cmocka_unit_test(test_wait_sees_the_state_come),
        cmocka_unit_test(test_the_shell_shows_events_while_it_waits_for_a_command),
        cmocka_unit_test(test_cancel_ends_an_attempt_and_leaves_a_connection),
        cmocka_unit_test(test_passwords_on_the_command_line_are_warned_about),
        cmocka_unit_test(test_contradicting_or_malformed_options_are_usage_errors),
        cmocka_unit_test(test_help_knows_every_command),
    };

    return cmocka_run_group_tests_name("cli_commands", tests, NULL, NULL);
}
