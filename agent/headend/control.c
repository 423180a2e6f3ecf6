#include "agent/headend/control.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/link/resident.h"

enum { ANSWER_MAX = 64 << 20, CLIENTS_MAX = 16, PATIENCE_S = 5 };

/* Counted: callers whose line is still on its way hold it too. */
struct Control {
    char *path;
    ControlAnswer answer; /* NULL once control_free() was called */
    void *user;
    GSocketService *service;
    unsigned n_clients;
};

/* One caller: its line is read, answered, done. */
typedef struct Caller {
    Control *control;
    GSocketConnection *connection;
    char request[CONTROL_REQUEST_MAX];
    gsize len;
    char *answer;
} Caller;

static void
control_clear(gpointer p)
{
    Control *c = p;

    g_object_unref(c->service);
    g_free(c->path);
}

static void
caller_free(Caller *c)
{
    c->control->n_clients--;
    g_rc_box_release_full(c->control, control_clear);
    g_object_unref(c->connection);
    g_free(c->answer);
    g_free(c);
}

/* Root, or whoever we run as: nobody else learns who is connected. */
static bool
may_ask(GSocketConnection *connection)
{
    g_autoptr(GCredentials) who =
        g_socket_get_credentials(g_socket_connection_get_socket(connection), NULL);
    uid_t uid = who ? g_credentials_get_unix_user(who, NULL) : (uid_t)-1;

    return who && uid != (uid_t)-1 && (uid == 0 || uid == geteuid());
}

static char *
answer_of(Control *c, const char *request)
{
    if (!c->answer)
        return g_strdup("ERROR: the gateway is shutting down\n");
    return c->answer(request, c->user);
}

static void
on_written(GObject *stream, GAsyncResult *result, gpointer user)
{
    (void)g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL);
    caller_free(user); /* the last reference closes the connection */
}

static void read_more(Caller *c);

static void
on_read(GObject *stream, GAsyncResult *result, gpointer user)
{
    Caller *c = user;
    gssize n = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
    char *lf;

    if (n <= 0) {
        caller_free(c);
        return;
    }
    c->len += (gsize)n;
    lf = memchr(c->request, '\n', c->len);
    if (!lf && c->len == sizeof(c->request)) {
        caller_free(c);
        return;
    }
    if (!lf) {
        read_more(c);
        return;
    }
    *lf = '\0';
    resident_used();
    c->answer = answer_of(c->control, c->request);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(c->connection)),
                                    c->answer, strlen(c->answer), G_PRIORITY_DEFAULT, NULL,
                                    on_written, c);
}

static void
read_more(Caller *c)
{
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(c->connection)),
                              c->request + c->len, sizeof(c->request) - c->len, G_PRIORITY_DEFAULT,
                              NULL, on_read, c);
}

static gboolean
on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user)
{
    Control *control = user;
    Caller *c;

    (void)service, (void)source;
    if (control->n_clients >= CLIENTS_MAX || !may_ask(connection))
        return TRUE;
    g_socket_set_timeout(g_socket_connection_get_socket(connection), PATIENCE_S);
    control->n_clients++;
    c = g_new0(Caller, 1);
    c->control = g_rc_box_acquire(control);
    c->connection = g_object_ref(connection);
    read_more(c);
    return TRUE;
}

Control *
control_new(const char *path, ControlAnswer answer, void *user, GError **error)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(Control) c = g_rc_box_new0(Control);
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat st;
    mode_t mask;
    bool ok;

    (void)g_mkdir_with_parents(folder, 0755);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)g_unlink(path);
    c->answer = answer;
    c->user = user;
    c->service = g_socket_service_new();
    mask = umask(0177); /* the socket is born with mode 0600 */
    ok = g_socket_listener_add_address(G_SOCKET_LISTENER(c->service), address, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error);
    umask(mask);
    if (!ok) {
        g_prefix_error(error, "control socket %s: ", path);
        return NULL;
    }
    c->path = g_strdup(path);
    g_signal_connect(c->service, "incoming", G_CALLBACK(on_incoming), c);
    g_socket_service_start(c->service);
    return g_steal_pointer(&c);
}

void
control_free(Control *c)
{
    if (!c)
        return;
    g_socket_service_stop(c->service);
    g_socket_listener_close(G_SOCKET_LISTENER(c->service));
    g_signal_handlers_disconnect_by_data(c->service, c);
    if (c->path)
        (void)g_unlink(c->path);
    c->answer = NULL;
    g_rc_box_release_full(c, control_clear);
}

bool
control_ask(const char *path, const char *words, char **ret, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocketConnection) connection = NULL;
    g_autofree char *line = g_strconcat(words, "\n", NULL);
    g_autoptr(GString) answer = g_string_new(NULL);
    GInputStream *in;
    char buf[4096];
    gssize n;

    connection = g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, error);
    if (!connection ||
        !g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), line,
                                   strlen(line), NULL, NULL, error)) {
        g_prefix_error(error, "no acheadend answers on %s: ", path);
        return false;
    }
    in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    while ((n = g_input_stream_read(in, buf, sizeof(buf), NULL, error)) > 0 &&
           answer->len < ANSWER_MAX)
        g_string_append_len(answer, buf, n);
    if (n < 0 || answer->len == 0) {
        if (n == 0)
            g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                        "%s: closed without an answer (are you root?)", path);
        return false;
    }
    *ret = g_string_free(g_steal_pointer(&answer), FALSE);
    return true;
}
