/* test_gateway.c - agent/headend/gateway.c and session.c: real sockets, TUN and clients in a
 * network namespace of the test's own */

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/base/log.h"
#include "agent/esp/esp_sa.h"
#include "agent/headend/control.h"
#include "agent/headend/gateway.h"
#include "agent/headend/gateway_private.h"
#include "agent/link/ike_driver.h"
#include "agent/link/sock_addr.h"
#include "tests/support/netns.h"

enum { PATIENCE_S = 20, CLIENTS = 20 };

static unsigned n_refusals;
static const char *typist = "Anu", *device; /* of the clients that are started from now on */

/* One client: two sockets, no TUN. */
typedef struct Client {
    IkeConfig config;
    IkeSa *sa;
    IkeDriver *driver;
    UdpSock *init, *natt;
    UdpDoors doors;
    guint watch[2];
    const char *name, *passwords[4];
    unsigned n_typed;
    bool up, closed;
    IkeReason reason;
    Addr address, address6;
    EspSa *esp;
    Endpoint from;
} Client;

typedef struct World {
    AsaNotes notes;
    AsaConfig *config;
    Gateway *gateway;
    char *state;
} World;

static bool
client_event(const IkeEvent *ev, void *user)
{
    Client *c = user;

    if (ev->kind == IKE_EV_CERTIFICATE)
        ike_sa_answer_certificate(c->sa, true, ike_driver_now());
    if (ev->kind == IKE_EV_QUESTION) {
        g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

        if (ev->question->doc->type == AC_AUTH_REQUEST) {
            a.kind = EAP_ANSWER_FIELDS;
            a.fields = ac_fields_new();
            ac_fields_set(a.fields, "password", slice_of(c->passwords[c->n_typed]));
            ac_fields_set(a.fields, "username", slice_of(c->name));
            if (c->passwords[c->n_typed + 1])
                c->n_typed++;
        }
        ike_sa_answer_eap(c->sa, &a, ike_driver_now());
    }
    if (ev->kind == IKE_EV_CHILD_UP) {
        const IkeChild *k = ev->child;
        EspSaSetup setup = { .spi_in = k->spi_in,
                             .spi_out = k->spi_out,
                             .suite = k->suite,
                             .key_in = secret_view(&k->key_in),
                             .integ_in = secret_view(&k->integ_in),
                             .key_out = secret_view(&k->key_out),
                             .integ_out = secret_view(&k->integ_out),
                             .local = k->local.s,
                             .n_local = k->local.n,
                             .remote = k->remote.s,
                             .n_remote = k->remote.n };

        g_clear_pointer(&c->esp, esp_sa_free);
        c->esp = esp_sa_new(&setup);
    }
    if (ev->kind == IKE_EV_UP) {
        c->up = true;
        c->address = ev->reply->ip4;
        c->address6 = ev->reply->ip6;
    }
    if (ev->kind == IKE_EV_CLOSED) {
        c->closed = true;
        c->reason = ev->reason;
    }
    return true;
}

static gboolean
client_readable(gint fd, GIOCondition cond, gpointer user)
{
    Client *c = user;
    UdpSock *s = fd == udp_sock_fd(c->init) ? c->init : c->natt;
    IkeDatagram d;

    (void)cond;
    while (udp_sock_recv(s, &d)) {
        (void)ike_sa_recv(c->sa, &d.path, d.octets, ike_driver_now());
        ike_driver_kick(c->driver);
    }
    return G_SOURCE_CONTINUE;
}

static UdpSock *
client_socket(const char *from, uint16_t port, bool natt)
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

/* A client that starts to connect with the password, or with one after the other. */
static Client *
client_start(const char *from, const char *const *passwords)
{
    static const EapMethod *const methods[] = { &eap_anyconnect, NULL };
    Client *c = g_new0(Client, 1);
    IkePath init, natt;

    for (size_t i = 0; passwords[i]; i++)
        c->passwords[i] = passwords[i];
    c->name = typist;
    c->config = (IkeConfig){
        .sig = { .sha1_ok = true, .min_rsa = 1024 },
        .plan = { .ours = IKE_WAY_EAP,
                  .theirs = IKE_WAY_CERT,
                  .id = { IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") },
                  .eap = methods,
                  .eap_setup = { .ac = { .version = "3.0.1047",
                                         .device = "win",
                                         .group = "ASA-IKEV2",
                                         .unique_id = device } } },
        .app_version = "AnyConnect Windows 3.0.1047",
        .hostname = "winxp64template",
        .mtu = 1406,
        .ke_group = KE_MODP1024,
        .inner_ipv6 = true,
    };
    ike_offer_policy(IKE_PROTO_IKE, SUITE_LEGACY, &c->config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_LEGACY, &c->config.esp);
    c->sa = ike_sa_new(IKE_INITIATOR, &c->config, ike_driver_env());
    c->init = client_socket(from, 500, false);
    c->natt = client_socket(from, 4500, true);
    c->watch[0] = g_unix_fd_add(udp_sock_fd(c->init), G_IO_IN, client_readable, c);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(c->natt), G_IO_IN, client_readable, c);
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, client_event, c);
    init = (IkePath){ .local = udp_sock_local(c->init) };
    natt = (IkePath){ .local = udp_sock_local(c->natt), .natt = true };
    assert_true(addr_parse("10.0.0.1", &init.remote.addr));
    natt.remote.addr = init.remote.addr;
    init.remote.port = 500;
    natt.remote.port = 4500;
    c->from = natt.local;
    ike_sa_start(c->sa, &init, &natt, ike_driver_now());
    ike_driver_kick(c->driver);
    return c;
}

static void
client_free(Client *c)
{
    g_source_remove(c->watch[0]);
    g_source_remove(c->watch[1]);
    ike_driver_free(c->driver);
    ike_sa_free(c->sa);
    esp_sa_free(c->esp);
    udp_sock_free(c->init);
    udp_sock_free(c->natt);
    g_free(c);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

static gboolean
too_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

/* Turn the main loop until @done; a test that waits longer than that has failed. */
static void
wait_until(bool (*done)(void *user), void *user)
{
    bool late = false;
    guint timer = g_timeout_add_seconds(PATIENCE_S, too_late, &late);

    while (!done(user) && !late)
        g_main_context_iteration(NULL, TRUE);
    if (late)
        fail_msg("nothing more happens");
    g_source_remove(timer);
}

static bool
is_up(void *user)
{
    return ((Client *)user)->up || ((Client *)user)->closed;
}

/* The keys of a session before it got new ones. */
typedef struct Keys {
    const Session *session;
    uint32_t spi_in;
    uint64_t spi_i;
} Keys;

static Keys
keys_of(const Session *s)
{
    IkeInfo info;

    ike_sa_info(s->sa, &info);
    return (Keys){ s, child_sas_current(&s->sas)->spi_in, info.spi_i };
}

/* A new one, and the old one has gone. */
static bool
has_new_child(void *user)
{
    const Keys *was = user, now = keys_of(was->session);

    return now.spi_in != was->spi_in && was->session->sas.n == 1;
}

static bool
has_new_ike(void *user)
{
    const Keys *was = user, now = keys_of(was->session);

    return now.spi_i != was->spi_i;
}

static bool
is_closed(void *user)
{
    return ((Client *)user)->closed;
}

static const char *const right[] = { "cisco123", NULL };

static Client *
connect_one(const char *from)
{
    Client *c = client_start(from, right);

    wait_until(is_up, c);
    assert_true(c->up);
    return c;
}

static void
assert_addr(const Addr *a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, buf), text);
}

static void
assert_shows(World *w, const char *words, const char *part)
{
    g_autofree char *text = gateway_show(w->gateway, words);

    if (!strstr(text, part))
        fail_msg("show %s has no \"%s\":\n%s", words, part, text);
}

/* The gateway of the seed's configuration and @more. */
static void
open_world(World *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, more, NULL);
    w->config = asa_config_parse(slice_of(text), 0, &w->notes);
    assert_non_null(w->config);
    w->gateway = gateway_new(w->config, w->state, false, &error);
    if (!w->gateway)
        fail_msg("%s", error->message);
}

static void
close_world(World *w)
{
    g_clear_pointer(&w->gateway, gateway_free);
    g_clear_pointer(&w->config, asa_config_free);
    asa_notes_clear(&w->notes);
}

/* Whatever a test found, the next one finds the ports free. */
#define TEST(f) cmocka_unit_test_teardown(f, end_test)

static void
test_a_client_connects_and_is_shown(void **state)
{
    World *w = *state;
    g_autoptr(Client) c = NULL;

    open_world(w, "");
    c = connect_one("192.168.1.1");
    assert_addr(&c->address, "10.2.2.1");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Username       : Anu ");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Assigned IP    : 10.2.2.1 ");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Public IP     : 192.168.1.1");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Client Ver     : 3.0.1047");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "AES192 AES256");
    assert_shows(w, "crypto ikev2 sa", "keysize: 192, Hash: SHA96, DH Grp:2, Auth sign: RSA");
    assert_shows(w, "crypto ikev2 sa detail", "Local id: hostname=ASA-IKEV2");
    assert_shows(w, "crypto ikev2 sa detail", "Remote id: *$AnyConnectClient$*");
    assert_shows(w, "crypto ikev2 sa detail", "remote selector 10.2.2.1/0 - 10.2.2.1/65535");
    assert_shows(w, "crypto ipsec sa", "current_peer: 192.168.1.1, username: Anu");
}

static bool
is_empty(void *user)
{
    World *w = user;
    g_autofree char *text = gateway_show(w->gateway, "vpn-sessiondb detail anyconnect");

    return g_str_has_prefix(text, "INFO: There are presently no active sessions");
}

static void
test_a_client_that_leaves_frees_its_address(void **state)
{
    World *w = *state;

    open_world(w, "");
    for (int i = 0; i < 3; i++) {
        g_autoptr(Client) c = connect_one("192.168.1.1");

        assert_addr(&c->address, "10.2.2.1");
        ike_sa_close(c->sa, ike_driver_now());
        ike_driver_kick(c->driver);
        wait_until(is_closed, c);
        wait_until(is_empty, w);
    }
}

static void
test_a_wrong_password_may_be_corrected_but_not_for_ever(void **state)
{
    static const char *const second[] = { "wrong", "cisco123", NULL };
    static const char *const never[] = { "wrong", NULL };
    World *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;

    open_world(w, "");
    a = client_start("192.168.1.1", second);
    wait_until(is_up, a);
    assert_true(a->up);
    b = client_start("192.168.1.2", never);
    wait_until(is_up, b);
    assert_false(b->up);
    assert_int_equal(b->reason, IKE_REASON_LOGIN);
}

static void
test_twenty_clients_at_once_have_twenty_addresses(void **state)
{
    World *w = *state;
    Client *c[CLIENTS];

    open_world(w, "ip local pool many 10.4.0.1-10.4.0.200\n"
                  "group-policy ASA-IKEV2 attributes\n address-pools value many\n"
                  " vpn-simultaneous-logins 100\n");
    for (int i = 0; i < CLIENTS; i++) {
        g_autofree char *from = g_strdup_printf("192.168.1.%d", i + 1);

        c[i] = client_start(from, right);
    }
    for (int i = 0; i < CLIENTS; i++) {
        wait_until(is_up, c[i]);
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
    World *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    g_autoptr(Client) c = NULL;

    open_world(w, "group-policy ASA-IKEV2 attributes\n vpn-simultaneous-logins 2\n");
    a = connect_one("192.168.1.1");
    b = connect_one("192.168.1.2");
    c = connect_one("192.168.1.3");
    wait_until(is_closed, a);
    assert_int_equal(a->reason, IKE_REASON_PEER);
    assert_false(b->closed);
    assert_addr(&c->address, "10.2.2.1"); /* a's, free at once */
}

/* RFC 7296 §2.4: the older session of the same user on the same device goes, and no other. */
static void
test_initial_contact_ends_the_same_users_older_session_only(void **state)
{
    World *w = *state;
    g_autoptr(Client) other_device = NULL;
    g_autoptr(Client) other_user = NULL;
    g_autoptr(Client) first = NULL;
    g_autoptr(Client) again = NULL;

    open_world(w, "username Eve password cisco123\n");
    device = "0123456789ABCDEF";
    first = connect_one("192.168.1.1");
    device = "FEDCBA9876543210";
    other_device = connect_one("192.168.1.2");
    device = "0123456789ABCDEF";
    typist = "Eve";
    other_user = connect_one("192.168.1.3");
    assert_true(other_user->up);
    assert_false(first->closed); /* Eve says the same device, and she is not Anu */
    typist = "Anu";
    again = connect_one("192.168.1.4");
    wait_until(is_closed, first);
    assert_true(again->up);
    assert_false(other_device->closed || other_user->closed);
    device = NULL;
}

static void
test_an_empty_pool_refuses_and_lets_in_again(void **state)
{
    World *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    g_autoptr(Client) c = NULL;

    open_world(w, "ip local pool one 10.4.0.1-10.4.0.1\n"
                  "tunnel-group ASA-IKEV2 general-attributes\n address-pool one\n");
    a = connect_one("192.168.1.1");
    b = client_start("192.168.1.2", right);
    wait_until(is_up, b);
    assert_false(b->up);
    assert_int_equal(b->reason, IKE_REASON_CONFIG);
    ike_sa_close(a->sa, ike_driver_now());
    ike_driver_kick(a->driver);
    wait_until(is_closed, a);
    wait_until(is_empty, w);
    c = connect_one("192.168.1.3");
    assert_addr(&c->address, "10.4.0.1");
}

static void
test_ipv6_is_leased_beside_ipv4(void **state)
{
    World *w = *state;
    g_autoptr(Client) c = NULL;

    open_world(w, "ipv6 local pool six 2001:db8:9::1/64 16\n"
                  "tunnel-group ASA-IKEV2 general-attributes\n ipv6-address-pool six\n");
    c = connect_one("192.168.1.1");
    assert_addr(&c->address, "10.2.2.1");
    assert_addr(&c->address6, "2001:db8:9::1");
    assert_shows(w, "vpn-sessiondb detail anyconnect", "Assigned IPv6  : 2001:db8:9::1");
}

/* An IPv4 header and eight octets of UDP from @from to 10.2.2.99; checksums do not matter here. */
static size_t
inner_packet(const Addr *from, uint8_t *at)
{
    static const uint8_t packet[28] = { 0x45, 0, 0, 28, 0, 0, 0,  0, 64, 17, 0, 0, 0,
                                        0,    0, 0, 10, 2, 2, 99, 0, 9,  0,  9, 0, 8 };

    memcpy(at, packet, sizeof(packet));
    memcpy(at + 12, from->b, 4);
    return sizeof(packet);
}

typedef struct Wanted {
    World *world;
    const char *part;
} Wanted;

static bool
is_shown(void *user)
{
    const Wanted *w = user;
    g_autofree char *text = gateway_show(w->world->gateway, "vpn-sessiondb detail anyconnect");

    g_usleep(1000);
    return strstr(text, w->part) != NULL;
}

static gboolean
wake(gpointer user)
{
    (void)user;
    return G_SOURCE_CONTINUE; /* so that the data thread's counters are looked at now and then */
}

static void
test_packets_of_a_client_are_opened_and_counted(void **state)
{
    World *w = *state;
    Wanted one = { w, "Pkts Rx       : 1\n" };
    g_autoptr(Client) c = NULL;
    uint8_t room[256] = { 0 };
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    guint timer = g_timeout_add(5, wake, NULL);

    open_world(w, "");
    c = connect_one("192.168.1.1");
    b.len = (uint32_t)inner_packet(&c->address, room + b.off);
    assert_int_equal(esp_sa_seal(c->esp, &b, ike_driver_now()), ESP_OK);
    assert_int_equal(send(udp_sock_fd(c->natt), b.base + b.off, b.len, 0), b.len);
    wait_until(is_shown, &one);
    g_source_remove(timer);
}

/* The way back: the host's own packet to the client goes into the TUN and comes out as ESP. */
static void
test_packets_for_a_client_reach_it_sealed(void **state)
{
    World *w = *state;
    Endpoint to = { .port = 9 };
    g_autoptr(Client) c = NULL;
    uint8_t room[2048];
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    struct pollfd ready;
    SockAddr address;
    ssize_t n;
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    open_world(w, "");
    c = connect_one("192.168.1.1");
    to.addr = c->address;
    address = sock_addr_of(&to);
    assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&address.storage, address.len), 5);
    close(s);
    ready = (struct pollfd){ .fd = udp_sock_fd(c->natt), .events = POLLIN };
    assert_int_equal(poll(&ready, 1, PATIENCE_S * 1000), 1);
    n = recv(ready.fd, room + b.off, sizeof(room) - b.off, 0);
    assert_true(n > 0);
    b.len = (uint32_t)n;
    assert_int_equal(esp_sa_open(c->esp, &b, ike_driver_now()), ESP_OK);
    assert_int_equal(b.len, 20 + 8 + 5);
    assert_memory_equal(room + b.off + 28, "hello", 5);
}

/* Garbage from strangers and from the client's own address: the session goes on. */
static void
test_malformed_datagrams_change_nothing(void **state)
{
    World *w = *state;
    Wanted one = { w, "Pkts Rx       : 1\n" };
    g_autoptr(Client) c = NULL;
    UdpSock *stranger[2];
    uint8_t room[256] = { 0 };
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    guint timer = g_timeout_add(5, wake, NULL);
    uint8_t junk[600];

    open_world(w, "");
    c = connect_one("192.168.1.1");
    stranger[0] = client_socket("192.168.1.2", 500, false);
    stranger[1] = client_socket("192.168.1.2", 4500, true);
    for (size_t i = 0; i < 400; i++) {
        size_t len = i * 3 / 2;

        ike_driver_env()->random(NULL, junk, sizeof(junk));
        if (i % 2)
            memset(junk, 0, 4); /* the marker of IKE */
        (void)!send(udp_sock_fd(stranger[i % 4 == 0]), junk, len, 0);
        (void)!send(udp_sock_fd(c->natt), junk, len, 0);
    }
    b.len = (uint32_t)inner_packet(&c->address, room + b.off);
    assert_int_equal(esp_sa_seal(c->esp, &b, ike_driver_now()), ESP_OK);
    do
        (void)!send(udp_sock_fd(c->natt), b.base + b.off, b.len, 0); /* a full buffer may lose it */
    while (!is_shown(&one) && g_main_context_iteration(NULL, TRUE));
    assert_false(c->closed);
    udp_sock_free(stranger[0]);
    udp_sock_free(stranger[1]);
    g_source_remove(timer);
}

/* Lines of the log that speak of clients that did not get in. */
static GLogWriterOutput
count_refusals(GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer user)
{
    (void)user;
    for (gsize i = 0; i < n && flags & G_LOG_LEVEL_MESSAGE; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0 && strstr(fields[i].value, "not connected"))
            n_refusals++;
    return G_LOG_WRITER_HANDLED; /* nothing is shown: the log is not what is tested here */
}

/* Anybody can do that, from any address, a thousand times a second. */
static void
test_strangers_cannot_fill_the_log(void **state)
{
    World *w = *state;
    IkeConfig config = { .plan = { .ours = IKE_WAY_PSK,
                                   .theirs = IKE_WAY_PSK,
                                   .psk_ours = slice_of("a"),
                                   .psk_theirs = slice_of("b") } };
    IkePath path = { 0 };
    UdpSock *stranger;

    open_world(w, "");
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &config.ike); /* which the seed does not know */
    stranger = client_socket("192.168.1.2", 500, false);
    path.local = udp_sock_local(stranger);
    n_refusals = 0;
    for (int i = 0; i < 100; i++) {
        g_autoptr(IkeSa) sa = ike_sa_new(IKE_INITIATOR, &config, ike_driver_env());
        IkeDatagram d;

        ike_sa_start(sa, &path, &path, ike_driver_now());
        assert_true(ike_sa_pull_datagram(sa, &d));
        assert_int_equal(send(udp_sock_fd(stranger), d.octets.p, d.octets.len, 0), d.octets.len);
        while (!udp_sock_recv(stranger, &d)) /* the refusal */
            g_main_context_iteration(NULL, TRUE);
    }
    assert_in_range(n_refusals, 1, 20);
    udp_sock_free(stranger);
}

static Session *
only_session(World *w)
{
    GHashTableIter it;
    gpointer s;

    assert_int_equal(g_hash_table_size(w->gateway->sessions), 1);
    g_hash_table_iter_init(&it, w->gateway->sessions);
    assert_true(g_hash_table_iter_next(&it, NULL, &s));
    return s;
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
    World *w = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Client) c = NULL;
        Session *s;

        open_world(w, rows[i].more);
        c = connect_one("192.168.1.1");
        s = only_session(w);
        session_tick(s, s->up_at + rows[i].minutes * 60 * USEC_PER_SEC - 1);
        assert_false(s->ending);
        session_tick(s, s->up_at + rows[i].minutes * 60 * USEC_PER_SEC);
        wait_until(is_closed, c);
        assert_int_equal(c->reason, IKE_REASON_PEER);
        close_world(w);
    }
}

/* The client knows of no lifetimes: the gateway asks in time, by the policy's and the map's. */
static void
test_the_gateway_rekeys_before_a_lifetime_is_over(void **state)
{
    static const struct {
        const char *more;
        Usec seconds;
        bool ike;
    } rows[] = {
        { "", 28800, false }, /* built in */
        { "crypto ipsec security-association lifetime seconds 600\n", 600, false },
        { "crypto dynamic-map dynmap 1000 set security-association lifetime seconds 300\n", 300,
          false },
        { "crypto ikev2 policy 10\n lifetime seconds 3600\n", 3600, true },
    };
    World *w = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Client) c = NULL;
        Keys was, now;
        Session *s;

        open_world(w, rows[i].more);
        c = connect_one("192.168.1.1");
        s = only_session(w);
        was = keys_of(s);
        ike_sa_tick(s->sa, s->up_at + rows[i].seconds * USEC_PER_SEC * 91 / 100);
        ike_driver_kick(s->driver);
        wait_until(rows[i].ike ? has_new_ike : has_new_child, &was);
        now = keys_of(s);
        assert_int_equal(now.spi_i != was.spi_i, rows[i].ike);
        assert_int_equal(now.spi_in == was.spi_in, rows[i].ike);
        close_world(w);
    }
}

typedef struct Moved {
    const Session *session;
    Endpoint from;
} Moved;

static bool
has_moved(void *user)
{
    const Moved *m = user;

    return !endpoint_equal(&m->session->sas.at, &m->from);
}

/* A NAT forgets, and its next mapping has another port: packets go where IKE is heard from. */
static void
test_packets_follow_a_client_whose_port_has_changed(void **state)
{
    World *w = *state;
    g_autoptr(Client) c = NULL;
    Endpoint to = { .port = 9 };
    SockAddr address;
    struct pollfd ready;
    UdpSock *moved;
    Moved was;
    bool esp = false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    open_world(w, "");
    c = connect_one("192.168.1.1");
    was.session = only_session(w);
    was.from = was.session->sas.at;
    moved = client_socket("192.168.1.1", 4500, true);
    g_source_remove(c->watch[1]);
    c->watch[1] = g_unix_fd_add(udp_sock_fd(moved), G_IO_IN, client_readable, c);
    ike_driver_free(c->driver);
    udp_sock_free(c->natt);
    c->natt = moved;
    udp_doors_put(&c->doors, c->init);
    udp_doors_put(&c->doors, c->natt);
    c->driver = ike_driver_new(c->sa, &c->doors, client_event, c);
    ike_sa_tick(c->sa, ike_driver_now() + 31 * USEC_PER_SEC); /* a liveness check goes out */
    ike_driver_kick(c->driver);
    wait_until(has_moved, &was);
    to.addr = c->address;
    address = sock_addr_of(&to);
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&address.storage, address.len), 1);
    ready = (struct pollfd){ .fd = udp_sock_fd(moved), .events = POLLIN };
    while (!esp) { /* the answer to the check comes too, behind a marker of zeros */
        uint8_t packet[2048] = { 0 };

        assert_int_equal(poll(&ready, 1, PATIENCE_S * 1000), 1);
        assert_true(recv(ready.fd, packet, sizeof(packet), 0) > 0);
        esp = packet[0] || packet[1] || packet[2] || packet[3];
    }
    close(fd);
}

static void
test_the_administrator_gives_new_keys(void **state)
{
    World *w = *state;
    g_autoptr(Client) c = NULL;
    g_autofree char *nobody = NULL;
    g_autofree char *wrong = NULL;
    g_autofree char *child = NULL;
    g_autofree char *ike = NULL;
    Keys was, now;

    open_world(w, "");
    c = connect_one("192.168.1.1");
    was = keys_of(only_session(w));
    nobody = gateway_rekey(w->gateway, "index 4000 ike");
    assert_string_equal(nobody, "INFO: Number of sessions that get new keys : 0\n");
    wrong = gateway_rekey(w->gateway, "everybody");
    assert_true(g_str_has_prefix(wrong, "ERROR: "));
    child = gateway_rekey(w->gateway, "name Anu");
    assert_string_equal(child, "INFO: Number of sessions that get new keys : 1\n");
    wait_until(has_new_child, &was);
    now = keys_of(was.session);
    assert_true(now.spi_i == was.spi_i);
    assert_shows(w, "crypto ikev2 sa", "CHILD count:1");
    ike = gateway_rekey(w->gateway, "all ike");
    assert_string_equal(ike, "INFO: Number of sessions that get new keys : 1\n");
    wait_until(has_new_ike, &was);
    assert_int_equal(keys_of(was.session).spi_in, now.spi_in);
}

static void
test_the_administrator_logs_a_user_off(void **state)
{
    World *w = *state;
    g_autoptr(Client) c = NULL;
    g_autofree char *nobody = NULL;
    g_autofree char *wrong = NULL;
    g_autofree char *done = NULL;

    open_world(w, "");
    c = connect_one("192.168.1.1");
    nobody = gateway_logoff(w->gateway, "name Eve");
    assert_string_equal(nobody, "INFO: Number of sessions logged off : 0\n");
    wrong = gateway_logoff(w->gateway, "everybody");
    assert_true(g_str_has_prefix(wrong, "ERROR: "));
    done = gateway_logoff(w->gateway, "name Anu");
    assert_string_equal(done, "INFO: Number of sessions logged off : 1\n");
    wait_until(is_closed, c);
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
    World *w = *state;
    g_autoptr(Client) a = NULL;
    g_autoptr(Client) b = NULL;
    bool stopped = false;

    open_world(w, "");
    a = connect_one("192.168.1.1");
    b = connect_one("192.168.1.2");
    gateway_stop(w->gateway, set_true, &stopped);
    wait_until(is_true, &stopped);
    assert_int_equal(a->reason, IKE_REASON_PEER);
    assert_int_equal(b->reason, IKE_REASON_PEER);
}

static void
test_the_certificate_is_made_once(void **state)
{
    World *w = *state;
    g_autofree char *path = g_build_filename(w->state, "trustpoint-Anu-ikev2.crt", NULL);
    g_autofree char *key = g_build_filename(w->state, "trustpoint-Anu-ikev2.key", NULL);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    GStatBuf st;

    open_world(w, "");
    close_world(w);
    assert_true(g_file_get_contents(path, &first, NULL, NULL));
    open_world(w, "");
    close_world(w);
    assert_true(g_file_get_contents(path, &second, NULL, NULL));
    assert_string_equal(first, second);
    assert_int_equal(g_stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* What the gateway did to the host is gone with it. */
static void
test_the_host_is_as_before(void **state)
{
    World *w = *state;
    g_autofree char *before = netns_state();
    g_autofree char *after = NULL;

    open_world(w, "");
    close_world(w);
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
    World *w = *state;
    g_autofree char *path = g_build_filename(w->state, "control", NULL);
    g_autofree char *answer = NULL;
    g_autoptr(GError) error = NULL;
    Control *control;
    GTask *task;
    GStatBuf st;

    open_world(w, "");
    control = control_new(path, gateway_answer, w->gateway, &error);
    assert_non_null(control);
    assert_int_equal(g_stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    task = g_task_new(NULL, NULL, on_answer, &answer);
    g_task_set_task_data(task, path, NULL);
    g_task_run_in_thread(task, ask_in_thread);
    wait_until(is_set, &answer);
    assert_string_equal(answer, w->config->running->str);
    g_object_unref(task);
    control_free(control);
    assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static int
end_test(void **state)
{
    close_world(*state);
    return 0;
}

static int
make_world(void **state)
{
    World *w = g_new0(World, 1);

    w->state = g_dir_make_tmp("acheadend-XXXXXX", NULL);
    *state = w;
    return w->state ? 0 : -1;
}

static int
free_world(void **state)
{
    World *w = *state;
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_client_connects_and_is_shown),
        TEST(test_a_client_that_leaves_frees_its_address),
        TEST(test_a_wrong_password_may_be_corrected_but_not_for_ever),
        TEST(test_twenty_clients_at_once_have_twenty_addresses),
        TEST(test_the_oldest_session_of_a_user_goes_when_there_are_too_many),
        TEST(test_initial_contact_ends_the_same_users_older_session_only),
        TEST(test_an_empty_pool_refuses_and_lets_in_again),
        TEST(test_ipv6_is_leased_beside_ipv4),
        TEST(test_packets_of_a_client_are_opened_and_counted),
        TEST(test_packets_for_a_client_reach_it_sealed),
        TEST(test_malformed_datagrams_change_nothing),
        TEST(test_strangers_cannot_fill_the_log),
        TEST(test_idle_and_session_limits_end_a_session),
        TEST(test_the_gateway_rekeys_before_a_lifetime_is_over),
        TEST(test_the_administrator_gives_new_keys),
        TEST(test_packets_follow_a_client_whose_port_has_changed),
        TEST(test_the_administrator_logs_a_user_off),
        TEST(test_stopping_says_goodbye_to_everybody),
        TEST(test_the_certificate_is_made_once),
        TEST(test_the_host_is_as_before),
        TEST(test_the_control_socket_answers_one_line),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.168.1.0/24 dev lo");
    for (int i = 1; i <= CLIENTS; i++) {
        g_autofree char *add = g_strdup_printf("ip addr add 192.168.1.%d/32 dev lo", i);

        netns_do(add);
    }
    g_log_set_writer_func(count_refusals, NULL, NULL);
    return cmocka_run_group_tests_name("gateway", tests, make_world, free_world);
}
