/* test_authz.c - agent/daemon/authz.c: who a caller is, and the rules of [control] allow. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "agent/daemon/authz.h"
#include "agent/dbus/ac-dbus.h"
#include "tests/support/test.h"

enum { SOMEBODY_ELSE = 54321 };

/* A server as the agent's, and one front end of it. */
typedef struct World {
    char *folder;
    GDBusServer *server;
    GDBusConnection *at_server, *at_client;
    uid_t said;
    bool answered;
} World;

static void
on_call(GDBusConnection *c, const char *sender, const char *path, const char *iface,
        const char *method, GVariant *args, GDBusMethodInvocation *call, gpointer user)
{
    World *w = user;
    g_autoptr(GError) error = NULL;

    (void)c, (void)sender, (void)path, (void)iface, (void)method, (void)args;
    if (authz_uid(call, &w->said, &error))
        g_dbus_method_invocation_return_value(call, g_variant_new("(a{sv})", NULL));
    else
        g_dbus_method_invocation_return_gerror(call, error);
}

static gboolean
on_connection(GDBusServer *server, GDBusConnection *c, gpointer user)
{
    static const GDBusInterfaceVTable calls = { .method_call = on_call };
    World *w = user;

    (void)server;
    w->at_server = g_object_ref(c);
    return g_dbus_connection_register_object(c, "/a", ac_dbus_agent1_interface_info(), &calls, w,
                                             NULL, NULL) != 0;
}

static void
on_connected(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)source;
    ((World *)user)->at_client = g_dbus_connection_new_for_address_finish(result, NULL);
}

static int
open_world(void **state)
{
    World *w = g_new0(World, 1);
    g_autofree char *guid = g_dbus_generate_guid();
    g_autofree char *address = NULL;

    w->folder = g_dir_make_tmp("authz.XXXXXX", NULL);
    address = g_strdup_printf("unix:path=%s/sock", w->folder);
    w->server = g_dbus_server_new_sync(address, G_DBUS_SERVER_FLAGS_NONE, guid, NULL, NULL, NULL);
    if (!w->server)
        return -1;
    g_signal_connect(w->server, "new-connection", G_CALLBACK(on_connection), w);
    g_dbus_server_start(w->server);
    g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                                      NULL, on_connected, w);
    while (!w->at_client || !w->at_server)
        g_main_context_iteration(NULL, TRUE);
    *state = w;
    return 0;
}

static int
close_world(void **state)
{
    World *w = *state;
    g_autofree char *socket = g_build_filename(w->folder, "sock", NULL);

    g_dbus_server_stop(w->server);
    g_object_unref(w->at_client);
    g_object_unref(w->at_server);
    g_object_unref(w->server);
    (void)g_unlink(socket);
    (void)g_rmdir(w->folder);
    g_free(w->folder);
    g_free(w);
    return 0;
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
    g_autoptr(GDBusMessage) answer =
        g_dbus_connection_send_message_with_reply_finish(G_DBUS_CONNECTION(source), result, NULL);

    assert_non_null(answer);
    assert_int_equal(g_dbus_message_get_message_type(answer), G_DBUS_MESSAGE_TYPE_METHOD_RETURN);
    ((World *)user)->answered = true;
}

/* @sender: the header field that a bus would set and nobody sets on a socket; NULL: none. */
static void
ask(World *w, const char *sender)
{
    g_autoptr(GDBusMessage) m =
        g_dbus_message_new_method_call(NULL, "/a", "org.acclient.Agent1", "GetStatus");

    g_dbus_message_set_sender(m, sender);
    g_dbus_connection_send_message_with_reply(w->at_client, m, G_DBUS_SEND_MESSAGE_FLAGS_NONE, -1,
                                              NULL, NULL, on_answer, w);
    while (!w->answered)
        g_main_context_iteration(NULL, TRUE);
}

/* On GDBus' own thread: what a bus would say, said by the front end itself. */
static GDBusMessage *
lie(GDBusConnection *c, GDBusMessage *m, gboolean incoming, gpointer user)
{
    g_autoptr(GDBusMessage) answer = NULL;

    (void)user;
    if (!incoming || g_strcmp0(g_dbus_message_get_member(m), "GetConnectionUnixUser") != 0)
        return m;
    answer = g_dbus_message_new_method_reply(m);
    g_dbus_message_set_body(answer, g_variant_new("(u)", SOMEBODY_ELSE));
    (void)g_dbus_connection_send_message(c, answer, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
    g_object_unref(m);
    return NULL;
}

static void
test_a_caller_on_the_socket_is_who_the_kernel_says(void **state)
{
    World *w = *state;

    ask(w, NULL);
    assert_int_equal(w->said, getuid());
}

static void
test_a_caller_on_the_socket_cannot_pose_as_one_on_a_bus(void **state)
{
    World *w = *state;
    guint filter = g_dbus_connection_add_filter(w->at_client, lie, NULL, NULL);

    ask(w, ":1.1");
    g_dbus_connection_remove_filter(w->at_client, filter);
    assert_int_equal(w->said, getuid());
}

/* Users and groups that every Debian has: root 0, daemon 1, bin 2, sys 3, nobody 65534. */
static const struct {
    const char *rule;
    uid_t uid;
    bool may;
} cases[] = {
    { "", 0, true },
    { "", 1, false },
    { "any", 65534, true },
    { "user:daemon", 1, true },
    { "user:daemon", 2, false },
    { "user:1", 1, true },
    { "user:10", 1, false },
    { "user:nosuchuser", 1, false },
    { "user:", 1, false },
    { "group:daemon", 1, true },
    { "group:1", 1, true },
    { "group:daemon", 2, false },
    { "group:nosuchgroup", 1, false },
    { "group:1", 4242424, false }, /* no such user, so in no group */
    { "daemon", 1, false },
    { "ANY", 1, false },
    { "user:bin user:daemon", 1, true },
};

static void
test_root_always_others_only_by_a_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) rules = g_strsplit(cases[i].rule, " ", -1);

        assert_int_equal(authz_allowed(cases[i].uid, rules), cases[i].may);
    }
    assert_false(authz_allowed(1, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_caller_on_the_socket_is_who_the_kernel_says,
                                        open_world, close_world),
        cmocka_unit_test_setup_teardown(test_a_caller_on_the_socket_cannot_pose_as_one_on_a_bus,
                                        open_world, close_world),
        cmocka_unit_test(test_root_always_others_only_by_a_rule),
    };

    return cmocka_run_group_tests_name("authz", tests, NULL, NULL);
}
