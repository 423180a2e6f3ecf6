#include "tests/support/gateway_world.h"

#include <glib/gstdio.h>

void
gateway_world_open(GatewayWorld *w, const char *text)
{
    g_autoptr(GError) error = NULL;

    w->config = asa_config_parse(slice_of(text), 0, &w->notes);
    assert_non_null(w->config);
    w->gateway = gateway_new(&(GatewaySetup){ .config = w->config, .state = w->state }, &error);
    if (!w->gateway)
        fail_msg("%s", error->message);
}

void
gateway_world_close(GatewayWorld *w)
{
    g_clear_pointer(&w->gateway, gateway_free);
    g_clear_pointer(&w->config, asa_config_free);
    asa_notes_clear(&w->notes);
}

int
gateway_world_make(void **state)
{
    GatewayWorld *w = g_new0(GatewayWorld, 1);

    w->state = g_dir_make_tmp("acheadend-XXXXXX", NULL);
    *state = w;
    return w->state ? 0 : -1;
}

int
gateway_world_end(void **state)
{
    gateway_world_close(*state);
    return 0;
}

int
gateway_world_free(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(GDir) dir = g_dir_open(w->state, 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(w->state, name, NULL);

        (void)g_unlink(path);
    }
    (void)g_rmdir(w->state);
    g_free(w->state);
    g_free(w);
    return 0;
}

static gboolean
too_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

void
gateway_world_wait(bool (*done)(void *user), void *user)
{
    bool late = false;
    guint timer = g_timeout_add_seconds(GATEWAY_WORLD_PATIENCE_S, too_late, &late);

    while (!done(user) && !late)
        g_main_context_iteration(NULL, TRUE);
    if (late)
        fail_msg("nothing more happens");
    g_source_remove(timer);
}

void
gateway_world_shows(GatewayWorld *w, const char *words, const char *part)
{
    g_autofree char *text = gateway_show(w->gateway, words);

    if (!strstr(text, part))
        fail_msg("show %s has no \"%s\":\n%s", words, part, text);
}

Session *
gateway_world_session(GatewayWorld *w)
{
    GHashTableIter it;
    gpointer s;

    assert_int_equal(g_hash_table_size(w->gateway->sessions), 1);
    g_hash_table_iter_init(&it, w->gateway->sessions);
    assert_true(g_hash_table_iter_next(&it, NULL, &s));
    return s;
}

UdpSock *
gateway_world_socket(const char *from, uint16_t port, bool natt)
{
    UdpSockSetup setup = { .natt = natt };
    g_autoptr(GError) error = NULL;
    UdpSock *s;

    assert_true(addr_parse(from, &setup.local.addr));
    assert_true(addr_parse("10.0.0.1", &setup.remote.addr));
    setup.remote.port = port;
    s = udp_sock_new(&setup, &error);
    if (!s)
        fail_msg("%s", error->message);
    return s;
}
