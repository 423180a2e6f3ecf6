#include "tests/support/mock_agent.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "agent/dbus/ac-dbus.h"
#include "agent/dbus/ac_error.h"

struct MockAgent {
    char *directory, *socket;
    GDBusServer *server;
    AcDBusAgent1 *iface;
    GPtrArray *connections;
    const char *const *scene;   /* what is still to come; NULL: nothing */
    const char *const *watched; /* what comes after a GetStatus */
    char *state, *host, *options;
    GError *refusal;
    GVariant *prompt;
    GPtrArray *answers;
    guint disconnects;
};

static GVariant *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    GVariant *v = g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

    if (!v)
        g_error("scene: %s: %s", text, error->message);
    return v;
}

static void
hang_up(MockAgent *m)
{
    for (guint i = 0; i < m->connections->len; i++) {
        (void)g_dbus_connection_flush_sync(m->connections->pdata[i], NULL, NULL);
        g_dbus_connection_close(m->connections->pdata[i], NULL, NULL, NULL);
    }
}

static void
play(MockAgent *m)
{
    while (m->scene && *m->scene) {
        gboolean goes_on = FALSE;

        if (g_str_equal(*m->scene, MOCK_HANG_UP)) {
            hang_up(m);
            m->scene = NULL;
            return;
        }
        GVariant *event = parse(*m->scene++);
        const char *state, *kind = "";

        if (g_variant_lookup(event, "state", "&s", &state))
            mock_agent_state(m, state);
        (void)g_variant_lookup(event, "event", "&s", &kind);
        ac_dbus_agent1_emit_event(m->iface, event);
        (void)g_variant_lookup(event, "goes_on", "b", &goes_on);
        if (g_str_equal(kind, "prompt") && !goes_on) {
            m->prompt = event;
            return;
        }
        g_variant_unref(event);
    }
}

static gboolean
on_connect(AcDBusAgent1 *iface, GDBusMethodInvocation *call, const char *host, GVariant *options,
           gpointer user)
{
    MockAgent *m = user;

    g_free(m->host);
    m->host = g_strdup(host);
    g_free(m->options);
    m->options = g_variant_print(options, FALSE);
    if (m->refusal) {
        g_dbus_method_invocation_return_gerror(call, m->refusal);
        return TRUE;
    }
    ac_dbus_agent1_complete_connect(iface, call, 1);
    play(m);
    return TRUE;
}

static gboolean
on_disconnect(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    MockAgent *m = user;
    bool was_up = !g_str_equal(m->state, "disconnected");

    m->disconnects++;
    m->scene = NULL;
    g_clear_pointer(&m->prompt, g_variant_unref);
    if (was_up) {
        g_autoptr(GVariant) event = parse("{'event': <'state'>, 'state': <'disconnected'>}");

        mock_agent_state(m, "disconnected");
        ac_dbus_agent1_emit_event(iface, event);
    }
    ac_dbus_agent1_complete_disconnect(iface, call, was_up);
    return TRUE;
}

static void
print_flag(GString *out, GVariant *dict, const char *key)
{
    gboolean yes;

    if (g_variant_lookup(dict, key, "b", &yes))
        g_string_append_printf(out, " %s=%s", key, yes ? "yes" : "no");
}

static char *
print_answer(GVariant *answer)
{
    GString *out = g_string_new(NULL);
    g_autoptr(GVariant) fields = g_variant_lookup_value(answer, "fields", G_VARIANT_TYPE("a{say}"));
    GVariantIter iter;
    const char *name, *text;
    GVariant *value;

    print_flag(out, answer, "cancel");
    print_flag(out, answer, "accept");
    print_flag(out, answer, "remember");
    if (g_variant_lookup(answer, "group", "&s", &text))
        g_string_append_printf(out, " group=%s", text);
    g_variant_iter_init(&iter, fields ? fields : answer);
    while (fields && g_variant_iter_next(&iter, "{&s@ay}", &name, &value)) {
        gsize len;
        const char *octets = g_variant_get_fixed_array(value, &len, 1);

        g_string_append_printf(out, " %s:%.*s", name, (int)len, octets ? octets : "");
        g_variant_unref(value);
    }
    return g_string_free(out, FALSE);
}

static gboolean
on_answer(AcDBusAgent1 *iface, GDBusMethodInvocation *call, guint64 id, GVariant *answer,
          gpointer user)
{
    MockAgent *m = user;
    gboolean refused = FALSE, accepted = TRUE;

    (void)id;
    g_ptr_array_add(m->answers, print_answer(answer));
    (void)g_variant_lookup(answer, "cancel", "b", &refused);
    (void)g_variant_lookup(answer, "accept", "b", &accepted);
    g_clear_pointer(&m->prompt, g_variant_unref);
    ac_dbus_agent1_complete_answer(iface, call);
    if (!refused && accepted)
        play(m);
    return TRUE;
}

static gboolean
on_status(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    MockAgent *m = user;
    g_autofree char *text = g_strdup_printf(
        "{'state': <'%s'>, 'host': <'Anu-IKEV2'>, 'client4': <'10.2.2.1'>}", m->state);
    g_autoptr(GVariant) status = parse(text);

    ac_dbus_agent1_complete_get_status(iface, call, status);
    if (m->watched) {
        m->scene = m->watched;
        m->watched = NULL;
        play(m);
    }
    return TRUE;
}

static gboolean
on_prompt(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    MockAgent *m = user;
    g_autoptr(GVariant) none = parse("@a{sv} {}");

    ac_dbus_agent1_complete_get_prompt(iface, call, m->prompt ? m->prompt : none);
    return TRUE;
}

static gboolean
on_stats(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    MockAgent *m = user;
    g_autoptr(GVariant) stats =
        parse("{'state': <'connected'>, 'tunnel_mode4': <'Split Include'>, 'duration': "
              "<uint64 3725>, 'client4': <'10.2.2.1'>, 'bytes_sent': <uint64 1000>, "
              "'secured4': <['10.0.0.0/8']>, 'drops': <{'replayed': uint64 2}>, 'spi_in': "
              "<uint32 0xbeef>}");

    if (!g_str_equal(m->state, "connected")) {
        g_dbus_method_invocation_return_error(call, AC_ERROR, AC_ERROR_NOT_CONNECTED,
                                              "The VPN client is not connected.");
        return TRUE;
    }
    ac_dbus_agent1_complete_get_stats(iface, call, stats);
    return TRUE;
}

static gboolean
on_hosts(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    const char *const problems[] = { "broken.xml:3: no ServerList", NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) hosts = g_variant_parse(
        G_VARIANT_TYPE("aa{sv}"),
        "[{'name': <'Anu-IKEV2'>, 'address': <'10.0.0.1'>, 'file': <'a.xml'>}, {'name': "
        "<'Other'>, 'address': <'10.0.0.2'>, 'protocol': <'IPsec'>, 'login': <'certificate'>}]",
        NULL, NULL, &error);

    (void)user;
    g_assert_no_error(error);
    ac_dbus_agent1_complete_list_hosts(iface, call, hosts, problems);
    return TRUE;
}

static gboolean
on_list_trust(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    g_autoptr(GVariant) list =
        g_variant_parse(G_VARIANT_TYPE("aa{sv}"),
                        "[{'host': <'Anu-IKEV2'>, 'pin': <'pin-sha256:AAAA'>}]", NULL, NULL, NULL);

    (void)user;
    ac_dbus_agent1_complete_list_trust(iface, call, list);
    return TRUE;
}

static gboolean
on_remove_trust(AcDBusAgent1 *iface, GDBusMethodInvocation *call, const char *host, gpointer user)
{
    (void)user;
    ac_dbus_agent1_complete_remove_trust(iface, call, g_str_equal(host, "Anu-IKEV2"));
    return TRUE;
}

static gboolean
on_new_connection(GDBusServer *server, GDBusConnection *connection, gpointer user)
{
    MockAgent *m = user;
    g_autoptr(GError) error = NULL;

    (void)server;
    g_ptr_array_add(m->connections, g_object_ref(connection));
    g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(m->iface), connection,
                                     "/org/acclient/Agent1", &error);
    g_assert_no_error(error);
    return TRUE;
}

MockAgent *
mock_agent_new(void)
{
    MockAgent *m = g_new0(MockAgent, 1);
    g_autoptr(GError) error = NULL;
    g_autofree char *address = NULL, *guid = g_dbus_generate_guid();

    (void)AC_ERROR;
    m->directory = g_dir_make_tmp("acclient-XXXXXX", &error);
    g_assert_no_error(error);
    m->socket = g_build_filename(m->directory, "agent.sock", NULL);
    m->state = g_strdup("disconnected");
    m->answers = g_ptr_array_new_with_free_func(g_free);
    m->connections = g_ptr_array_new_with_free_func(g_object_unref);
    m->iface = ac_dbus_agent1_skeleton_new();
    ac_dbus_agent1_set_version(m->iface, "9.9");
    g_signal_connect(m->iface, "handle-connect", G_CALLBACK(on_connect), m);
    g_signal_connect(m->iface, "handle-disconnect", G_CALLBACK(on_disconnect), m);
    g_signal_connect(m->iface, "handle-answer", G_CALLBACK(on_answer), m);
    g_signal_connect(m->iface, "handle-get-status", G_CALLBACK(on_status), m);
    g_signal_connect(m->iface, "handle-get-prompt", G_CALLBACK(on_prompt), m);
    g_signal_connect(m->iface, "handle-get-stats", G_CALLBACK(on_stats), m);
    g_signal_connect(m->iface, "handle-list-hosts", G_CALLBACK(on_hosts), m);
    g_signal_connect(m->iface, "handle-list-trust", G_CALLBACK(on_list_trust), m);
    g_signal_connect(m->iface, "handle-remove-trust", G_CALLBACK(on_remove_trust), m);
    address = g_strconcat("unix:path=", m->socket, NULL);
    m->server = g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, &error);
    g_assert_no_error(error);
    g_signal_connect(m->server, "new-connection", G_CALLBACK(on_new_connection), m);
    g_dbus_server_start(m->server);
    return m;
}

void
mock_agent_free(MockAgent *m)
{
    g_dbus_server_stop(m->server);
    g_signal_handlers_disconnect_by_data(m->server, m);
    g_signal_handlers_disconnect_by_data(m->iface, m);
    if (m->connections->len)
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(m->iface));
    g_object_unref(m->iface);
    g_object_unref(m->server);
    g_ptr_array_unref(m->connections);
    g_ptr_array_unref(m->answers);
    g_clear_pointer(&m->prompt, g_variant_unref);
    g_clear_error(&m->refusal);
    (void)g_unlink(m->socket);
    (void)g_rmdir(m->directory);
    g_free(m->socket);
    g_free(m->directory);
    g_free(m->state);
    g_free(m->host);
    g_free(m->options);
    g_free(m);
}

const char *
mock_agent_socket(const MockAgent *m)
{
    return m->socket;
}

void
mock_agent_scene(MockAgent *m, const char *const *events)
{
    m->scene = events;
}

void
mock_agent_after_status(MockAgent *m, const char *const *events)
{
    m->watched = events;
}

void
mock_agent_state(MockAgent *m, const char *state)
{
    g_free(m->state);
    m->state = g_strdup(state);
}

void
mock_agent_refuse(MockAgent *m, int code, const char *text)
{
    m->refusal = g_error_new_literal(AC_ERROR, code, text);
}

const char *
mock_agent_host(const MockAgent *m)
{
    return m->host ? m->host : "";
}

const char *
mock_agent_options(const MockAgent *m)
{
    return m->options ? m->options : "";
}

const char *
mock_agent_answer(const MockAgent *m, guint n)
{
    return n < m->answers->len ? m->answers->pdata[n] : NULL;
}

guint
mock_agent_disconnects(const MockAgent *m)
{
    return m->disconnects;
}

void
mock_run_clear(MockRun *r)
{
    g_free(r->out);
    g_free(r->err);
}

static char **
command_line(const char *args)
{
    g_autofree char *all = g_strconcat(AC_CLIENT " ", args, NULL);
    char **argv = NULL;
    gboolean ok = g_shell_parse_argv(all, NULL, &argv, NULL);

    g_assert_true(ok);
    return argv;
}

static void
take_result(GObject *source, GAsyncResult *result, gpointer user)
{
    GAsyncResult **slot = user;

    (void)source;
    *slot = g_object_ref(result);
}

/* No controlling terminal, so that the one of who runs the tests is not asked. */
static void
leave_terminal(gpointer user)
{
    (void)user;
    (void)setsid();
}

/* What reads as @text and then ends, whether anybody reads it or not. */
static int
input_of(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    int ends[2];

    g_assert_cmpint(pipe2(ends, O_CLOEXEC | O_NONBLOCK), ==, 0);
    g_assert_cmpint(fcntl(ends[0], F_SETFL, 0), ==, 0);
    g_assert_cmpint(write(ends[1], text, len), ==, (ssize_t)len);
    close(ends[1]);
    return ends[0];
}

MockRun
mock_run(MockAgent *m, const char *args, const char *input)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_auto(GStrv) argv = command_line(args);
    g_autoptr(GAsyncResult) done = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) child = NULL;
    MockRun r = { 0 };
    gboolean ok;

    g_subprocess_launcher_set_child_setup(launcher, leave_terminal, NULL, NULL);
    g_subprocess_launcher_setenv(launcher, "ACCLIENT_SOCKET", m->socket, TRUE);
    g_subprocess_launcher_take_stdin_fd(launcher, input_of(input));
    child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8_async(child, NULL, NULL, take_result, &done);
    while (!done)
        g_main_context_iteration(NULL, TRUE);
    ok = g_subprocess_communicate_utf8_finish(child, done, &r.out, &r.err, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    r.code = g_subprocess_get_if_exited(child) ? g_subprocess_get_exit_status(child) : -1;
    return r;
}

/* The person's side of a terminal. */
typedef struct Dialogue {
    int fd;
    GString *seen;
    size_t searched; /* where the next expected text may begin */
    const MockLine *next;
    bool echo_was_off, over;
    int status;
} Dialogue;

static bool
has_echo(int fd)
{
    struct termios t;

    return tcgetattr(fd, &t) == 0 && (t.c_lflag & ECHO);
}

static void
answer(Dialogue *d)
{
    const char *at;

    while (d->next->expect && (at = strstr(d->seen->str + d->searched, d->next->expect))) {
        ssize_t n;

        /* Before it is answered: after that the echo may be back at any time. */
        d->echo_was_off = d->echo_was_off && (!d->next->secret || !has_echo(d->fd));
        n = write(d->fd, d->next->send, strlen(d->next->send));
        g_assert_cmpint(n, ==, (ssize_t)strlen(d->next->send));
        d->searched = (size_t)(at - d->seen->str) + strlen(d->next->expect);
        d->next++;
    }
}

static gboolean
on_terminal(int fd, GIOCondition what, gpointer user)
{
    Dialogue *d = user;
    char buf[4096];
    ssize_t n = read(fd, buf, sizeof(buf));

    (void)what;
    if (n <= 0)
        return G_SOURCE_REMOVE;
    g_string_append_len(d->seen, buf, n);
    answer(d);
    return G_SOURCE_CONTINUE;
}

static void
on_ended(GPid pid, int status, gpointer user)
{
    Dialogue *d = user;

    (void)pid;
    d->status = status;
    d->over = true;
}

MockRun
mock_run_at_terminal(MockAgent *m, const char *args, const MockLine *lines)
{
    g_auto(GStrv) argv = command_line(args);
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "ACCLIENT_SOCKET", m->socket, TRUE);
    Dialogue d = { .seen = g_string_new(NULL), .next = lines, .echo_was_off = true };
    MockRun r;
    int slave;
    char name[64];
    pid_t pid = forkpty(&d.fd, name, NULL, NULL);

    g_assert_cmpint(pid, >=, 0);
    if (pid == 0) {
        execve(argv[0], argv, env);
        _exit(127);
    }
    slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC); /* keeps the terminal when acclient ends */
    g_unix_fd_add(d.fd, G_IO_IN, on_terminal, &d);
    g_child_watch_add(pid, on_ended, &d);
    while (!d.over)
        g_main_context_iteration(NULL, TRUE);
    while (g_main_context_iteration(NULL, FALSE)) /* the last words */
        ;
    g_source_remove_by_user_data(&d);
    r = (MockRun){ .out = g_string_free(d.seen, FALSE),
                   .code = WIFEXITED(d.status) ? WEXITSTATUS(d.status) : -1,
                   .echo_was_off = d.echo_was_off,
                   .echo_is_on = has_echo(slave) };
    close(d.fd);
    close(slave);
    return r;
}
