#include "ui-cli/bus.h"

#include "agent/dbus/ac-dbus.h"
#include "agent/dbus/ac_error.h"

#define BUS_NAME "org.acclient.Agent1"
#define BUS_PATH "/org/acclient/Agent1"

enum {
    CALL_TIMEOUT = 60000, /* ms: Disconnect waits for the gateway's answer to a Delete */
};

struct Bus {
    GDBusConnection *connection;
    AcDBusAgent1 *agent;
    GQueue events; /* of GVariant * */
    bool gone;
};

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
    GAsyncResult **slot = user;

    (void)source;
    *slot = g_object_ref(result);
}

static void
await(GAsyncResult **slot)
{
    while (!*slot)
        g_main_context_iteration(NULL, TRUE);
}

static void
on_event(AcDBusAgent1 *agent, GVariant *event, gpointer user)
{
    Bus *b = user;

    (void)agent;
    g_queue_push_tail(&b->events, g_variant_ref(event));
}

static void
on_closed(GDBusConnection *connection, gboolean vanished, GError *error, gpointer user)
{
    Bus *b = user;

    (void)connection;
    (void)vanished;
    (void)error;
    b->gone = true;
}

static void
on_owner(GObject *agent, GParamSpec *what, gpointer user)
{
    Bus *b = user;
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(agent));

    (void)what;
    b->gone = !owner;
}

/* What GDBus reports, in our words: callers see AC_ERROR, or that they cancelled. */
static void
translate(Bus *b, GError **error)
{
    AcError code = AC_ERROR_FAILED;

    if (!error || !*error)
        return;
    g_dbus_error_strip_remote_error(*error);
    if ((*error)->domain == AC_ERROR || g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (b->gone || g_dbus_connection_is_closed(b->connection) ||
        g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
        code = AC_ERROR_NO_AGENT;
    else if (g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
        code = AC_ERROR_NOT_AUTHORISED;
    else if (g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
             g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY))
        code = AC_ERROR_TIMEOUT;
    (*error)->domain = AC_ERROR;
    (*error)->code = (int)code;
    if (code == AC_ERROR_NO_AGENT) {
        g_free((*error)->message);
        (*error)->message = g_strdup("the agent has gone away");
    }
}

/* Failing to reach the agent: why, for the path that was tried. */
static void
explain_no_agent(GError **error, const char *where)
{
    bool denied = g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) ||
                  g_error_matches(*error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
    g_autofree char *why = g_strdup((*error)->message);

    if (g_error_matches(*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    g_dbus_error_strip_remote_error(*error);
    g_clear_error(error);
    g_set_error(error, AC_ERROR, denied ? AC_ERROR_NOT_AUTHORISED : AC_ERROR_NO_AGENT,
                denied ? "%s may not be used: %s" : "no agent at %s: %s", where, why);
}

static GDBusConnection *
connect_socket(const char *path, GCancellable *cancel, GError **error)
{
    g_autofree char *escaped = g_dbus_address_escape_value(path);
    g_autofree char *address = g_strconcat("unix:path=", escaped, NULL);
    g_autoptr(GAsyncResult) done = NULL;

    g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                      cancel, on_done, &done);
    await(&done);
    return g_dbus_connection_new_for_address_finish(done, error);
}

static bool
make_proxy(Bus *b, const char *name, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    g_autofree char *owner = NULL;

    ac_dbus_agent1_proxy_new(b->connection, G_DBUS_PROXY_FLAGS_NONE, name, BUS_PATH, cancel,
                             on_done, &done);
    await(&done);
    b->agent = ac_dbus_agent1_proxy_new_finish(done, error);
    if (!b->agent)
        return false;
    if (name) {
        owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(b->agent));
        if (!owner) {
            g_set_error(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
                        "nobody has this name");
            return false;
        }
        g_signal_connect(b->agent, "notify::g-name-owner", G_CALLBACK(on_owner), b);
    }
    g_dbus_proxy_set_default_timeout(G_DBUS_PROXY(b->agent), CALL_TIMEOUT);
    g_signal_connect(b->agent, "event", G_CALLBACK(on_event), b);
    return true;
}

static bool
open_socket(Bus *b, const char *path, GCancellable *cancel, GError **error)
{
    b->connection = connect_socket(path, cancel, error);
    if (b->connection)
        g_signal_connect(b->connection, "closed", G_CALLBACK(on_closed), b);
    if (b->connection && make_proxy(b, NULL, cancel, error))
        return true;
    if (error)
        explain_no_agent(error, path);
    return false;
}

static bool
open_system_bus(Bus *b, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;

    g_bus_get(G_BUS_TYPE_SYSTEM, cancel, on_done, &done);
    await(&done);
    b->connection = g_bus_get_finish(done, error);
    if (!b->connection)
        return false;
    /* The shared connection ends the program when it closes; we have something to say first. */
    g_dbus_connection_set_exit_on_close(b->connection, FALSE);
    g_signal_connect(b->connection, "closed", G_CALLBACK(on_closed), b);
    return make_proxy(b, BUS_NAME, cancel, error);
}

Bus *
bus_open(const char *socket, GCancellable *cancel, GError **error)
{
    g_autoptr(Bus) b = g_new0(Bus, 1);
    g_autoptr(GError) why = NULL;

    (void)AC_ERROR; /* registers the names of our errors before any arrives */
    g_queue_init(&b->events);
    if (open_socket(b, socket ? socket : BUS_SOCKET, cancel, &why))
        return g_steal_pointer(&b);
    if (!socket && !b->connection && g_error_matches(why, AC_ERROR, AC_ERROR_NO_AGENT) &&
        open_system_bus(b, cancel, NULL))
        return g_steal_pointer(&b);
    g_propagate_error(error, g_steal_pointer(&why));
    return NULL;
}

void
bus_free(Bus *b)
{
    if (!b)
        return;
    if (b->agent)
        g_signal_handlers_disconnect_by_data(b->agent, b);
    if (b->connection)
        g_signal_handlers_disconnect_by_data(b->connection, b);
    g_clear_object(&b->agent);
    g_clear_object(&b->connection);
    bus_forget(b);
    g_free(b);
}

const char *
bus_version(const Bus *b)
{
    const char *version = ac_dbus_agent1_get_version(b->agent);

    return version ? version : "";
}

GVariant *
bus_poll(Bus *b)
{
    return g_queue_pop_head(&b->events);
}

GVariant *
bus_next(Bus *b, GCancellable *cancel, GError **error)
{
    while (g_queue_is_empty(&b->events)) {
        if (g_cancellable_set_error_if_cancelled(cancel, error))
            return NULL;
        if (b->gone) {
            g_set_error(error, AC_ERROR, AC_ERROR_NO_AGENT, "the agent has gone away");
            return NULL;
        }
        g_main_context_iteration(NULL, TRUE);
    }
    return bus_poll(b);
}

void
bus_forget(Bus *b)
{
    g_queue_clear_full(&b->events, (GDestroyNotify)g_variant_unref);
}

void
bus_push(Bus *b, GVariant *event)
{
    g_queue_push_tail(&b->events, g_variant_ref_sink(event));
}

bool
bus_any(Bus *b, bool (*test)(GVariant *event, const void *user), const void *user)
{
    for (GList *i = b->events.head; i; i = i->next)
        if (test(i->data, user))
            return true;
    return false;
}

bool
bus_gone(const Bus *b)
{
    return b->gone;
}

bool
bus_connect(Bus *b, const char *host, GVariant *options, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    guint64 attempt;
    bool ok;

    ac_dbus_agent1_call_connect(b->agent, host, options, cancel, on_done, &done);
    await(&done);
    ok = ac_dbus_agent1_call_connect_finish(b->agent, &attempt, done, error);
    translate(b, error);
    return ok;
}

bool
bus_disconnect(Bus *b, bool *ret_was_up, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    gboolean was_up = FALSE;
    bool ok;

    ac_dbus_agent1_call_disconnect(b->agent, cancel, on_done, &done);
    await(&done);
    ok = ac_dbus_agent1_call_disconnect_finish(b->agent, &was_up, done, error);
    translate(b, error);
    if (ok && ret_was_up)
        *ret_was_up = was_up;
    return ok;
}

GVariant *
bus_status(Bus *b, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    GVariant *ret = NULL;

    ac_dbus_agent1_call_get_status(b->agent, cancel, on_done, &done);
    await(&done);
    (void)ac_dbus_agent1_call_get_status_finish(b->agent, &ret, done, error);
    translate(b, error);
    return ret;
}

GVariant *
bus_stats(Bus *b, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    GVariant *ret = NULL;

    ac_dbus_agent1_call_get_stats(b->agent, cancel, on_done, &done);
    await(&done);
    (void)ac_dbus_agent1_call_get_stats_finish(b->agent, &ret, done, error);
    translate(b, error);
    return ret;
}

GVariant *
bus_hosts(Bus *b, char ***ret_problems, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    GVariant *ret = NULL;

    ac_dbus_agent1_call_list_hosts(b->agent, cancel, on_done, &done);
    await(&done);
    (void)ac_dbus_agent1_call_list_hosts_finish(b->agent, &ret, ret_problems, done, error);
    translate(b, error);
    return ret;
}

GVariant *
bus_prompt(Bus *b, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    GVariant *ret = NULL;

    ac_dbus_agent1_call_get_prompt(b->agent, cancel, on_done, &done);
    await(&done);
    (void)ac_dbus_agent1_call_get_prompt_finish(b->agent, &ret, done, error);
    translate(b, error);
    return ret;
}

bool
bus_answer(Bus *b, guint64 id, GVariant *answer, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    bool ok;

    ac_dbus_agent1_call_answer(b->agent, id, answer, cancel, on_done, &done);
    await(&done);
    ok = ac_dbus_agent1_call_answer_finish(b->agent, done, error);
    translate(b, error);
    return ok;
}

GVariant *
bus_trust_list(Bus *b, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    GVariant *ret = NULL;

    ac_dbus_agent1_call_list_trust(b->agent, cancel, on_done, &done);
    await(&done);
    (void)ac_dbus_agent1_call_list_trust_finish(b->agent, &ret, done, error);
    translate(b, error);
    return ret;
}

bool
bus_trust_add(Bus *b, const char *host, const char *pin, GCancellable *cancel, GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    bool ok;

    ac_dbus_agent1_call_add_trust(b->agent, host, pin, cancel, on_done, &done);
    await(&done);
    ok = ac_dbus_agent1_call_add_trust_finish(b->agent, done, error);
    translate(b, error);
    return ok;
}

bool
bus_trust_remove(Bus *b, const char *host, bool *ret_was_there, GCancellable *cancel,
                 GError **error)
{
    g_autoptr(GAsyncResult) done = NULL;
    gboolean was_there = FALSE;
    bool ok;

    ac_dbus_agent1_call_remove_trust(b->agent, host, cancel, on_done, &done);
    await(&done);
    ok = ac_dbus_agent1_call_remove_trust_finish(b->agent, &was_there, done, error);
    translate(b, error);
    if (ok)
        *ret_was_there = was_there;
    return ok;
}
