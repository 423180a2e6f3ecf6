/* test_gateway.c - agent/headend/gateway.c and session.c: who gets a session, and how it ends; real
 * sockets, TUN and clients in a network namespace of the test's own */

#include <glib/gstdio.h>

#include "agent/headend/control.h"
#include "tests/support/gateway_client.h"
#include "tests/support/netns.h"

enum { CLIENTS = 20 };

static void
assert_addr(const Addr *a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, buf), text);
}

static void
test_a_client_connects_and_is_shown(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    assert_addr(&c->address, "10.2.2.1");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Username       : Anu ");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Assigned IP    : 10.2.2.1 ");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Public IP     : 192.168.1.1");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Client Ver     : 3.0.1047");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "AES192 AES256");
    gateway_world_shows(w, "crypto ikev2 sa",
                        "keysize: 192, Hash: SHA96, DH Grp:2, Auth sign: RSA");
    gateway_world_shows(w, "crypto ikev2 sa detail", "Local id: hostname=ASA-IKEV2");
    gateway_world_shows(w, "crypto ikev2 sa detail", "Remote id: *$AnyConnectClient$*");
    gateway_world_shows(w, "crypto ikev2 sa detail", "remote selector 10.2.2.1/0 - 10.2.2.1/65535");
    gateway_world_shows(w, "crypto ipsec sa", "current_peer: 192.168.1.1, username: Anu");
}

static bool
is_empty(void *user)
{
    GatewayWorld *w = user;
    g_autofree char *text = gateway_show(w->gateway, "vpn-sessiondb detail anyconnect");

    return g_str_has_prefix(text, "INFO: There are presently no active sessions");
}

static void
test_a_client_that_leaves_frees_its_address(void **state)
{
    GatewayWorld *w = *state;

    client_open_world(w, "");
    for (int i = 0; i < 3; i++) {
        g_autoptr(Client) c = client_connect("192.168.1.1");

        assert_addr(&c->address, "10.2.2.1");
        ike_sa_close(c->sa, ike_driver_now());
        ike_driver_kick(c->driver);
        gateway_world_wait(client_is_closed, c);
        gateway_world_wait(is_empty, w);
    }
}

static void
test_a_wrong_password_may_be_corrected_but_not_for_ever(void **state)
{
    static const char *const second[] = { "wrong", "cisco123", NULL };
    static const char *const never[] = { "wrong", NULL };
    GatewayWorld *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;

    client_open_world(w, "");
    a = client_start("192.168.1.1", second);
    gateway_world_wait(client_is_up, a);
    assert_true(a->up);
    b = client_start("192.168.1.2", never);
    gateway_world_wait(client_is_up, b);
    assert_false(b->up);
    assert_int_equal(b->reason, IKE_REASON_LOGIN);
}

static void
test_twenty_clients_at_once_have_twenty_addresses(void **state)
{
    GatewayWorld *w = *state;
    Client *c[CLIENTS];

    client_open_world(w, "ip local pool many 10.4.0.1-10.4.0.200\n"
                         "group-policy ASA-IKEV2 attributes\n address-pools value many\n"
                         " vpn-simultaneous-logins 100\n");
    for (int i = 0; i < CLIENTS; i++) {
        g_autofree char *from = g_strdup_printf("192.168.1.%d", i + 1);

        c[i] = client_start(from, client_right);
    }
    for (int i = 0; i < CLIENTS; i++) {
        gateway_world_wait(client_is_up, c[i]);
        assert_true(c[i]->up);
        for (int k = 0; k < i; k++)
            assert_false(addr_equal(&c[i]->address, &c[k]->address));
    }
    for (int i = 0; i < CLIENTS; i++)
        client_free(c[i]);
}

static void
test_the_oldest_session_of_a_user_goes_when_there_are_too_many(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    g_autoptr(Client) c = NULL;

    client_open_world(w, "group-policy ASA-IKEV2 attributes\n vpn-simultaneous-logins 2\n");
    a = client_connect("192.168.1.1");
    b = client_connect("192.168.1.2");
    c = client_connect("192.168.1.3");
    gateway_world_wait(client_is_closed, a);
    assert_int_equal(a->reason, IKE_REASON_PEER);
    assert_false(b->closed);
    assert_addr(&c->address, "10.2.2.1"); /* a's, free at once */
}

/* RFC 7296 §2.4: the older session of the same user on the same client_device goes, and no other.
 */
static void
test_initial_contact_ends_the_same_users_older_session_only(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) other_device = NULL;
    g_autoptr(Client) other_user = NULL;
    g_autoptr(Client) first = NULL;
    g_autoptr(Client) again = NULL;

    client_open_world(w, "username Eve password cisco123\n");
    client_device = "0123456789ABCDEF";
    first = client_connect("192.168.1.1");
    client_device = "FEDCBA9876543210";
    other_device = client_connect("192.168.1.2");
    client_device = "0123456789ABCDEF";
    client_typist = "Eve";
    other_user = client_connect("192.168.1.3");
    assert_true(other_user->up);
    assert_false(first->closed); /* Eve says the same client_device, and she is not Anu */
    client_typist = "Anu";
    again = client_connect("192.168.1.4");
    gateway_world_wait(client_is_closed, first);
    assert_true(again->up);
    assert_false(other_device->closed || other_user->closed);
    client_device = NULL;
}

static void
test_an_empty_pool_refuses_and_lets_in_again(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    g_autoptr(Client) c = NULL;

    client_open_world(w, "ip local pool one 10.4.0.1-10.4.0.1\n"
                         "tunnel-group ASA-IKEV2 general-attributes\n address-pool one\n");
    a = client_connect("192.168.1.1");
    b = client_start("192.168.1.2", client_right);
    gateway_world_wait(client_is_up, b);
    assert_false(b->up);
    assert_int_equal(b->reason, IKE_REASON_CONFIG);
    ike_sa_close(a->sa, ike_driver_now());
    ike_driver_kick(a->driver);
    gateway_world_wait(client_is_closed, a);
    gateway_world_wait(is_empty, w);
    c = client_connect("192.168.1.3");
    assert_addr(&c->address, "10.4.0.1");
}

static void
test_ipv6_is_leased_beside_ipv4(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;

    client_open_world(w, "ipv6 local pool six 2001:db8:9::1/64 16\n"
                         "tunnel-group ASA-IKEV2 general-attributes\n ipv6-address-pool six\n");
    c = client_connect("192.168.1.1");
    assert_addr(&c->address, "10.2.2.1");
    assert_addr(&c->address6, "2001:db8:9::1");
    gateway_world_shows(w, "vpn-sessiondb detail anyconnect", "Assigned IPv6  : 2001:db8:9::1");
}

static void
test_idle_and_session_limits_end_a_session(void **state)
{
    static const struct {
        const char *more;
        Usec minutes;
    } rows[] = {
        { "group-policy ASA-IKEV2 attributes\n vpn-idle-timeout 10\n", 10 },
        { "group-policy ASA-IKEV2 attributes\n vpn-idle-timeout none\n vpn-session-timeout 60\n",
          60 },
    };
    GatewayWorld *w = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Client) c = NULL;
        Session *s;

        client_open_world(w, rows[i].more);
        c = client_connect("192.168.1.1");
        s = gateway_world_session(w);
        session_tick(s, s->up_at + rows[i].minutes * 60 * USEC_PER_SEC - 1);
        assert_false(s->ending);
        session_tick(s, s->up_at + rows[i].minutes * 60 * USEC_PER_SEC);
        gateway_world_wait(client_is_closed, c);
        assert_int_equal(c->reason, IKE_REASON_PEER);
        gateway_world_close(w);
    }
}

static void
test_the_administrator_logs_a_user_off(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;
    g_autofree char *nobody = NULL;
    g_autofree char *wrong = NULL;
    g_autofree char *done = NULL;

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    nobody = gateway_logoff(w->gateway, "name Eve");
    assert_string_equal(nobody, "INFO: Number of sessions logged off : 0\n");
    wrong = gateway_logoff(w->gateway, "everybody");
    assert_true(g_str_has_prefix(wrong, "ERROR: "));
    done = gateway_logoff(w->gateway, "name Anu");
    assert_string_equal(done, "INFO: Number of sessions logged off : 1\n");
    gateway_world_wait(client_is_closed, c);
    assert_int_equal(c->reason, IKE_REASON_PEER);
}

static void
set_true(void *user)
{
    *(bool *)user = true;
}

static bool
is_true(void *user)
{
    return *(bool *)user;
}

static void
test_stopping_says_goodbye_to_everybody(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    bool stopped = false;

    client_open_world(w, "");
    a = client_connect("192.168.1.1");
    b = client_connect("192.168.1.2");
    gateway_stop(w->gateway, set_true, &stopped);
    gateway_world_wait(is_true, &stopped);
    assert_int_equal(a->reason, IKE_REASON_PEER);
    assert_int_equal(b->reason, IKE_REASON_PEER);
}

static void
test_the_certificate_is_made_once(void **state)
{
    GatewayWorld *w = *state;
    g_autofree char *path = g_build_filename(w->state, "trustpoint-Anu-ikev2.crt", NULL);
    g_autofree char *key = g_build_filename(w->state, "trustpoint-Anu-ikev2.key", NULL);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    GStatBuf st;

    client_open_world(w, "");
    gateway_world_close(w);
    assert_true(g_file_get_contents(path, &first, NULL, NULL));
    client_open_world(w, "");
    gateway_world_close(w);
    assert_true(g_file_get_contents(path, &second, NULL, NULL));
    assert_string_equal(first, second);
    assert_int_equal(g_stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* What the gateway did to the host is gone with it. */
static void
test_the_host_is_as_before(void **state)
{
    GatewayWorld *w = *state;
    g_autofree char *before = netns_state();
    g_autofree char *after = NULL;

    client_open_world(w, "");
    gateway_world_close(w);
    after = netns_state();
    assert_string_equal(after, before);
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
    (void)source;
    *(char **)user = g_task_propagate_pointer(G_TASK(result), NULL);
}

static void
ask_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
    char *answer = NULL;

    (void)source, (void)cancel;
    if (!control_ask(data, "show running-config", &answer, NULL))
        answer = g_strdup("no answer");
    g_task_return_pointer(task, answer, g_free);
}

static bool
is_set(void *user)
{
    return *(char **)user != NULL;
}

static void
test_the_control_socket_answers_one_line(void **state)
{
    GatewayWorld *w = *state;
    g_autofree char *path = g_build_filename(w->state, "control", NULL);
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;
    Control *control;
    GTask *task;
    GStatBuf st;

    client_open_world(w, "");
    control = control_new(path, gateway_answer, w->gateway, &error);
    assert_non_null(control);
    assert_int_equal(g_stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    task = g_task_new(NULL, NULL, on_answer, &answer);
    g_task_set_task_data(task, path, NULL);
    g_task_run_in_thread(task, ask_in_thread);
    gateway_world_wait(is_set, &answer);
    assert_string_equal(answer, w->config->running->str);
    g_object_unref(task);
    control_free(control);
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATEWAY_WORLD_TEST(test_a_client_connects_and_is_shown),
        GATEWAY_WORLD_TEST(test_a_client_that_leaves_frees_its_address),
        GATEWAY_WORLD_TEST(test_a_wrong_password_may_be_corrected_but_not_for_ever),
        GATEWAY_WORLD_TEST(test_twenty_clients_at_once_have_twenty_addresses),
        GATEWAY_WORLD_TEST(test_the_oldest_session_of_a_user_goes_when_there_are_too_many),
        GATEWAY_WORLD_TEST(test_initial_contact_ends_the_same_users_older_session_only),
        GATEWAY_WORLD_TEST(test_an_empty_pool_refuses_and_lets_in_again),
        GATEWAY_WORLD_TEST(test_ipv6_is_leased_beside_ipv4),
        GATEWAY_WORLD_TEST(test_idle_and_session_limits_end_a_session),
        GATEWAY_WORLD_TEST(test_the_administrator_logs_a_user_off),
        GATEWAY_WORLD_TEST(test_stopping_says_goodbye_to_everybody),
        GATEWAY_WORLD_TEST(test_the_certificate_is_made_once),
        GATEWAY_WORLD_TEST(test_the_host_is_as_before),
        GATEWAY_WORLD_TEST(test_the_control_socket_answers_one_line),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.168.1.0/24 dev lo");
    for (int i = 1; i <= CLIENTS; i++) {
        g_autofree char *add = g_strdup_printf("ip addr add 192.168.1.%d/32 dev lo", i);

        netns_do(add);
    }
    return cmocka_run_group_tests_name("gateway", tests, gateway_world_make, gateway_world_free);
}
