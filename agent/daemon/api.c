#include "agent/daemon/api.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "agent/daemon/authz.h"
#include "agent/dbus/ac-dbus.h"
#include "agent/dbus/ac_error.h"
#include "agent/link/resident.h"

#define API_PATH "/org/acclient/Agent1"
#define API_NAME "org.acclient.Agent1"

struct Api {
    AcDBusAgent1 *iface;
    GDBusServer *server;
    GPtrArray *peers; /* of GDBusConnection *: front ends on the socket */
    char *socket_path;
    guint bus_name;
    Agent *agent;
};

/* Who may change something: a rule of [control] allow names the caller. */
static bool
caller(Api *api, GDBusMethodInvocation *call, uid_t *ret, GError **error)
{
    if (!authz_uid(call, ret, error))
        return false;
    if (authz_allowed(*ret, agent_settings(api->agent)->allow))
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_NOT_AUTHORISED,
                "user %u is not allowed to control the VPN ([control] allow in acclient.conf)",
                *ret);
    return false;
}

static gboolean
refuse(GDBusMethodInvocation *call, const GError *error)
{
    g_dbus_method_invocation_return_gerror(call, error);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_connect(AcDBusAgent1 *iface, GDBusMethodInvocation *call, const char *host, GVariant *options,
           gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    uint64_t attempt;
    uid_t uid;

    if (!caller(api, call, &uid, &error) ||
        !agent_connect(api->agent, uid, host, options, &attempt, &error))
        return refuse(call, error);
    ac_dbus_agent1_complete_connect(iface, call, attempt);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
disconnected(bool was_up, void *user)
{
    GDBusMethodInvocation *call = user;

    g_dbus_method_invocation_return_value(call, g_variant_new("(b)", was_up));
}

static gboolean
on_disconnect(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    uid_t uid;

    (void)iface;
    if (!caller(api, call, &uid, &error) ||
        !agent_disconnect(api->agent, uid, disconnected, call, &error))
        return refuse(call, error);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_answer(AcDBusAgent1 *iface, GDBusMethodInvocation *call, guint64 id, GVariant *answer,
          gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    uid_t uid;

    if (!caller(api, call, &uid, &error) || !agent_answer(api->agent, uid, id, answer, &error))
        return refuse(call, error);
    ac_dbus_agent1_complete_answer(iface, call);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_get_status(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    Api *api = user;

    ac_dbus_agent1_complete_get_status(iface, call, agent_status(api->agent));
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_get_stats(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    GVariant *stats = agent_stats(api->agent, &error);

    if (!stats)
        return refuse(call, error);
    ac_dbus_agent1_complete_get_stats(iface, call, stats);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_get_prompt(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    Api *api = user;

    ac_dbus_agent1_complete_get_prompt(iface, call, agent_prompt(api->agent));
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_list_hosts(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) problems = NULL;
    Api *api = user;
    GVariant *hosts;
    uid_t uid;

    if (!authz_uid(call, &uid, &error))
        return refuse(call, error);
    hosts = agent_hosts(api->agent, uid, &problems);
    ac_dbus_agent1_complete_list_hosts(iface, call, hosts, (const char *const *)problems);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_list_trust(AcDBusAgent1 *iface, GDBusMethodInvocation *call, gpointer user)
{
    Api *api = user;

    ac_dbus_agent1_complete_list_trust(iface, call, agent_trust(api->agent));
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_add_trust(AcDBusAgent1 *iface, GDBusMethodInvocation *call, const char *host, const char *pin,
             gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    uid_t uid;

    if (!caller(api, call, &uid, &error) || !agent_trust_add(api->agent, host, pin, &error))
        return refuse(call, error);
    ac_dbus_agent1_complete_add_trust(iface, call);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_remove_trust(AcDBusAgent1 *iface, GDBusMethodInvocation *call, const char *host, gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;
    bool there;
    uid_t uid;

    if (!caller(api, call, &uid, &error) || !agent_trust_remove(api->agent, host, &there, &error))
        return refuse(call, error);
    ac_dbus_agent1_complete_remove_trust(iface, call, there);
    return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_peer_closed(GDBusConnection *c, gboolean remote, GError *error, gpointer user)
{
    Api *api = user;

    (void)remote;
    (void)error;
    g_dbus_interface_skeleton_unexport_from_connection(G_DBUS_INTERFACE_SKELETON(api->iface), c);
    g_ptr_array_remove(api->peers, c);
}

static bool
uid_of(GDBusConnection *c, uid_t *ret)
{
    GCredentials *creds = g_dbus_connection_get_peer_credentials(c);

    *ret = creds ? g_credentials_get_unix_user(creds, NULL) : (uid_t)-1;
    return *ret != (uid_t)-1;
}

/* Anybody may look, but not from so many places that nobody else can. */
static bool
has_room_for(const Api *api, GDBusConnection *c)
{
    unsigned n = 0;
    uid_t uid, other;

    if (!uid_of(c, &uid))
        return false;
    for (guint i = 0; i < api->peers->len; i++)
        n += uid_of(api->peers->pdata[i], &other) && other == uid;
    return n < API_PEERS_MAX;
}

static gboolean
on_new_peer(GDBusServer *server, GDBusConnection *c, gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;

    (void)server;
    resident_used();
    if (!has_room_for(api, c))
        return FALSE;
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(api->iface), c, API_PATH,
                                          &error)) {
        log_at(LOG_WARNING, NULL, "control socket: %s", error->message);
        return FALSE;
    }
    g_ptr_array_add(api->peers, g_object_ref(c));
    g_signal_connect(c, "closed", G_CALLBACK(on_peer_closed), api);
    return TRUE;
}

/* EXTERNAL only: it is what gives the kernel's word on who is calling. */
static gboolean
allow_mechanism(GDBusAuthObserver *observer, const char *mechanism, gpointer user)
{
    (void)observer;
    (void)user;
    return g_str_equal(mechanism, "EXTERNAL");
}

static gboolean
authorise_peer(GDBusAuthObserver *observer, GIOStream *stream, GCredentials *creds, gpointer user)
{
    (void)observer;
    (void)stream;
    (void)user;
    return creds != NULL; /* anyone may look; what changes something is checked call by call */
}

/* An agent that still answers must not lose its socket to us. */
static bool
take_over_path(const char *path, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) addr = g_unix_socket_address_new(path);
    g_autoptr(GSocketConnection) c =
        g_socket_client_connect(client, G_SOCKET_CONNECTABLE(addr), NULL, NULL);
    struct stat st;

    if (c) {
        g_set_error(error, AC_ERROR, AC_ERROR_BUSY, "%s: another agent is running", path);
        return false;
    }
    if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
        g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s: is there, and is no socket", path);
        return false;
    }
    if (g_unlink(path) != 0 && errno != ENOENT) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return false;
    }
    return true;
}

static bool
listen_on(Api *api, GError **error)
{
    const char *path = api->socket_path;
    g_autoptr(GDBusAuthObserver) observer = g_dbus_auth_observer_new();
    g_autofree char *guid = g_dbus_generate_guid();
    g_autofree char *escaped = g_dbus_address_escape_value(path);
    g_autofree char *address = g_strdup_printf("unix:path=%s", escaped);

    g_signal_connect(observer, "allow-mechanism", G_CALLBACK(allow_mechanism), NULL);
    g_signal_connect(observer, "authorize-authenticated-peer", G_CALLBACK(authorise_peer), NULL);
    api->server =
        g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, observer, NULL, error);
    if (!api->server)
        return false;
    if (g_chmod(path, 0666) != 0)
        log_at(LOG_WARNING, NULL, "%s: %s", path, g_strerror(errno));
    g_signal_connect(api->server, "new-connection", G_CALLBACK(on_new_peer), api);
    return true;
}

static void
on_bus(GDBusConnection *bus, const char *name, gpointer user)
{
    g_autoptr(GError) error = NULL;
    Api *api = user;

    (void)name;
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(api->iface), bus, API_PATH,
                                          &error))
        log_at(LOG_WARNING, NULL, "system bus: %s", error->message);
}

static void
on_bus_lost(GDBusConnection *bus, const char *name, gpointer user)
{
    (void)user;
    log_at(LOG_INFO, NULL, "system bus: %s", bus ? name : "none here, the socket serves alone");
}

static void
connect_handlers(Api *api)
{
    static const struct {
        const char *signal;
        GCallback handler;
    } handlers[] = {
        { "handle-connect", G_CALLBACK(on_connect) },
        { "handle-disconnect", G_CALLBACK(on_disconnect) },
        { "handle-answer", G_CALLBACK(on_answer) },
        { "handle-get-status", G_CALLBACK(on_get_status) },
        { "handle-get-stats", G_CALLBACK(on_get_stats) },
        { "handle-get-prompt", G_CALLBACK(on_get_prompt) },
        { "handle-list-hosts", G_CALLBACK(on_list_hosts) },
        { "handle-list-trust", G_CALLBACK(on_list_trust) },
        { "handle-add-trust", G_CALLBACK(on_add_trust) },
        { "handle-remove-trust", G_CALLBACK(on_remove_trust) },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++)
        g_signal_connect(api->iface, handlers[i].signal, handlers[i].handler, api);
}

Api *
api_new(const char *socket_path, GError **error)
{
    g_autoptr(Api) api = g_new0(Api, 1);

    (void)ac_error_quark(); /* registers the names before the first error leaves */
    api->iface = ac_dbus_agent1_skeleton_new();
    api->peers = g_ptr_array_new_with_free_func(g_object_unref);
    api->socket_path = g_strdup(socket_path);
    ac_dbus_agent1_set_version(api->iface, AC_VERSION);
    ac_dbus_agent1_set_state(api->iface, "disconnected");
    connect_handlers(api);
    if (!take_over_path(socket_path, error))
        return NULL;
    return g_steal_pointer(&api);
}

bool
api_serve(Api *api, Agent *agent, GError **error)
{
    if (!listen_on(api, error))
        return false;
    api->agent = agent;
    g_dbus_server_start(api->server);
    api->bus_name = g_bus_own_name(G_BUS_TYPE_SYSTEM, API_NAME, G_BUS_NAME_OWNER_FLAGS_NONE, on_bus,
                                   NULL, on_bus_lost, api, NULL);
    return true;
}

void
api_free(Api *api)
{
    if (!api)
        return;
    if (api->bus_name)
        g_bus_unown_name(api->bus_name);
    for (guint i = 0; i < api->peers->len; i++) {
        GDBusConnection *c = api->peers->pdata[i];

        g_signal_handlers_disconnect_by_data(c, api);
        g_dbus_connection_flush_sync(c, NULL, NULL);
    }
    if (g_dbus_interface_skeleton_get_connection(G_DBUS_INTERFACE_SKELETON(api->iface)))
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(api->iface));
    if (api->server) {
        g_dbus_server_stop(api->server);
        g_unlink(api->socket_path);
        g_object_unref(api->server);
    }
    g_ptr_array_unref(api->peers);
    g_object_unref(api->iface);
    g_free(api->socket_path);
    g_free(api);
}

void
api_emit(GVariant *event, void *user)
{
    Api *api = user;

    if (api->agent)
        ac_dbus_agent1_set_state(api->iface, agent_word(api->agent));
    ac_dbus_agent1_emit_event(api->iface, event);
}
