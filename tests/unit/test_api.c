/* test_api.c - agent/daemon/api.c: the control socket under front ends that mean no good. */
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "agent/daemon/api.h"
#include "agent/dbus/ac-dbus.h"
#include "tests/support/test.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

enum { MANY = 200, PATIENCE_S = 20 };

typedef struct World {
    char *folder, *socket;
    Api *api;
    Agent *agent;
    GPtrArray *ends; /* of GDBusConnection */
    unsigned closed, failed;
} World;

static int
open_world(void **state)
{
    World *w = g_new0(World, 1);

    w->folder = g_dir_make_tmp("api.XXXXXX", NULL);
    w->socket = g_build_filename(w->folder, "agent.sock", NULL);
    g_autofree char *config = g_build_filename(w->folder, "acclient.conf", NULL);

    w->api = api_new(w->socket, NULL);
    w->agent =
        agent_new(&(AgentPaths){ .config = config, .profiles = w->folder, .state = w->folder },
                  api_emit, w->api, NULL);
    w->ends = g_ptr_array_new_with_free_func(g_object_unref);
    *state = w;
    return w->agent && api_serve(w->api, w->agent, NULL) ? 0 : -1;
}

static int
close_world(void **state)
{
    World *w = *state;

    agent_free(w->agent);
    api_free(w->api);
    g_ptr_array_unref(w->ends);
    (void)g_rmdir(w->folder);
    g_free(w->folder);
    g_free(w->socket);
    g_free(w);
    return 0;
}

/* A connection may be found closed before its signal says so: it counts once. */
static void
count_closed(World *w, GDBusConnection *c)
{
    if (g_object_get_data(G_OBJECT(c), "counted"))
        return;
    g_object_set_data(G_OBJECT(c), "counted", w);
    w->closed++;
}

static void
on_closed(GDBusConnection *c, gboolean remote, GError *error, gpointer user)
{
    (void)remote, (void)error;
    count_closed(user, c);
}

static void
on_connected(GObject *source, GAsyncResult *result, gpointer user)
{
    World *w = user;
    GDBusConnection *c = g_dbus_connection_new_for_address_finish(result, NULL);

    (void)source;
    if (!c) {
        w->failed++;
        return;
    }
    g_signal_connect(c, "closed", G_CALLBACK(on_closed), w);
    if (g_dbus_connection_is_closed(c))
        count_closed(w, c);
    g_ptr_array_add(w->ends, c);
}

static gboolean
too_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

/* Its descriptors and memory are for everybody: one user may not have them all. */
static void
test_one_user_cannot_take_every_connection(void **state)
{
    World *w = *state;
    g_autofree char *address = g_strdup_printf("unix:path=%s", w->socket);
    bool late = false;

    for (int i = 0; i < MANY; i++)
        g_dbus_connection_new_for_address(address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
                                          NULL, NULL, on_connected, w);
    g_timeout_add_seconds(PATIENCE_S, too_late, &late);
    while (!late &&
           (w->ends->len + w->failed < MANY || w->closed + w->failed < MANY - API_PEERS_MAX))
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(MANY - w->closed - w->failed, API_PEERS_MAX);
}

/* A slip in --socket, and the agent is root. */
static void
test_only_a_socket_is_cleared_out_of_the_way(void **state)
{
    g_autofree char *folder = g_dir_make_tmp("api.XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "precious", NULL);
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Api) api = NULL;

    (void)state;
    assert_true(g_file_set_contents(path, "precious", -1, NULL));
    api = api_new(path, &error);
    assert_null(api);
    assert_non_null(strstr(error->message, path));
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    (void)g_unlink(path);
    (void)g_rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_user_cannot_take_every_connection, open_world,
                                        close_world),
        cmocka_unit_test(test_only_a_socket_is_cleared_out_of_the_way),
    };

#ifdef __SANITIZE_ADDRESS__
    __lsan_disable(); /* GDBus threads may outlive main() */
#endif
    /* No bus of this host has a part in it. */
    g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
