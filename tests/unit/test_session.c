/* test_session.c - the state table of agent/daemon/session.c, read from its graph. */
#include <stdio.h>

#include "agent/daemon/session_private.h"
#include "tests/support/test.h"

typedef struct Edge {
    char from[32], to[32], on[32];
} Edge;

static size_t
edges(Edge *ret, size_t max)
{
    g_autofree char *dot = session_dot();
    g_auto(GStrv) lines = g_strsplit(dot, "\n", -1);
    size_t n = 0;

    for (char **line = lines; *line; line++)
        if (n < max &&
            sscanf(*line, " %31s -> %31s [label=\"%31[^:]", ret[n].from, ret[n].to, ret[n].on) == 3)
            n++;
    return n;
}

/* Grow the set of states by following edges, forwards or backwards, until it is closed. */
static GHashTable *
closure(const Edge *e, size_t n, const char *start, bool forwards)
{
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    guint before;

    g_hash_table_add(seen, (char *)start);
    do {
        before = g_hash_table_size(seen);
        for (size_t i = 0; i < n; i++) {
            const char *here = forwards ? e[i].from : e[i].to;

            if (g_hash_table_contains(seen, here))
                g_hash_table_add(seen, (char *)(forwards ? e[i].to : e[i].from));
        }
    } while (g_hash_table_size(seen) > before);
    return seen;
}

static const char *const states[] = { "IDLE",  "UNLOCK",  "RESOLVING", "NEGOTIATING",
                                      "TRUST", "LOGIN",   "FORM",      "SERVER",
                                      "UP",    "CLOSING", "OVER" };

static void
test_every_state_is_reached_and_leads_to_the_end(void **state)
{
    Edge e[64];
    size_t n = edges(e, G_N_ELEMENTS(e));
    g_autoptr(GHashTable) reached = closure(e, n, "IDLE", true);
    g_autoptr(GHashTable) ends = closure(e, n, "OVER", false);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
        assert_true(g_hash_table_contains(reached, states[i]));
        assert_true(g_hash_table_contains(ends, states[i]));
    }
    assert_int_equal(g_hash_table_size(reached), G_N_ELEMENTS(states));
}

static void
test_no_row_hides_another(void **state)
{
    Edge e[64];
    size_t n = edges(e, G_N_ELEMENTS(e));

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_string_not_equal(e[i].from, "OVER");
        for (size_t k = i + 1; k < n; k++)
            assert_false(g_str_equal(e[i].from, e[k].from) && g_str_equal(e[i].on, e[k].on));
    }
}

/* A person may stop at any time; a gateway may vanish at any time once there is an IKE SA. */
static void
test_stop_and_loss_are_foreseen_in_every_live_state(void **state)
{
    Edge e[64];
    size_t n = edges(e, G_N_ELEMENTS(e));

    (void)state;
    for (size_t s = 0; s < G_N_ELEMENTS(states); s++) {
        bool stop = false, ended = false;

        for (size_t i = 0; i < n; i++) {
            stop |= g_str_equal(e[i].from, states[s]) && g_str_equal(e[i].on, "stop");
            ended |= g_str_equal(e[i].from, states[s]) && g_str_equal(e[i].on, "ended");
        }
        if (!g_str_equal(states[s], "CLOSING") && !g_str_equal(states[s], "OVER"))
            assert_true(stop);
        if (!g_str_equal(states[s], "IDLE") && !g_str_equal(states[s], "UNLOCK") &&
            !g_str_equal(states[s], "RESOLVING") && !g_str_equal(states[s], "OVER"))
            assert_true(ended);
    }
}

/* Else the gateway's Delete of the child would name nothing that the IKE SA knows. */
static void
test_the_session_takes_the_keys_and_leaves_the_spis(void **state)
{
    static const SessionOwner nobody = { 0 };
    static const uint8_t key[16] = { 7 };
    ProfileHost *host = profile_host_new();
    g_autoptr(Settings) settings = settings_load("/nonexistent", NULL);
    g_autoptr(X509Store) anchors = x509_store_new();
    g_autoptr(Session) s = NULL;
    Login *login;
    IkeChild child = { .spi_in = 0x1000, .spi_out = 0x2000 };

    (void)state;
    host->name = g_strdup("Anu-IKEV2");
    host->address = g_strdup("10.0.0.1");
    host->protocol = PROFILE_IPSEC;
    login = login_new(&(LoginSetup){ .host = host }, NULL);
    assert_non_null(login);
    s = session_new(host, login, &(SessionSetup){ .settings = settings, .anchors = anchors },
                    &nobody);
    secret_set(&child.key_in, (Slice){ key, sizeof(key) });
    assert_true(session_on_ike_event(&(IkeEvent){ .kind = IKE_EV_CHILD_UP, .child = &child }, s));
    assert_null(child.key_in.p);
    assert_memory_equal(s->child.key_in.p, key, sizeof(key));
    assert_int_equal(child.spi_in, 0x1000);
    assert_int_equal(child.spi_out, 0x2000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_is_reached_and_leads_to_the_end),
        cmocka_unit_test(test_no_row_hides_another),
        cmocka_unit_test(test_stop_and_loss_are_foreseen_in_every_live_state),
        cmocka_unit_test(test_the_session_takes_the_keys_and_leaves_the_spis),
    };

    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
