/* test_gateway_traffic.c - agent/headend/gateway.c and session.c: packets of a session, its keys,
 * and what strangers send; real sockets, TUN and clients in a network namespace of the test's own
 */

#include <poll.h>
#include <sys/socket.h>

#include "agent/base/log.h"
#include "agent/link/sock_addr.h"
#include "tests/support/gateway_client.h"
#include "tests/support/netns.h"

static unsigned n_refusals;

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
    GatewayWorld *world;
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
    GatewayWorld *w = *state;
    Wanted one = { w, "Pkts Rx       : 1\n" };
    g_autofree char *gone = NULL;
    g_autoptr(Client) c = NULL;
    uint8_t room[256] = { 0 };
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    guint timer = g_timeout_add(5, wake, NULL);

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    b.len = (uint32_t)inner_packet(&c->address, room + b.off);
    assert_int_equal(esp_sa_seal(c->esp, &b, ike_driver_now()), ESP_OK);
    assert_int_equal(send(udp_sock_fd(c->natt), b.base + b.off, b.len, 0), b.len);
    gateway_world_wait(is_shown, &one);
    g_source_remove(timer);
    gateway_world_shows(w, "crypto ipsec stats",
                        "Active tunnels: 1\nInbound\n    Bytes: 28\n    Packets: 1\n");
    gone = gateway_logoff(w->gateway, "all");
    gateway_world_shows(w, "crypto ipsec stats",
                        "Active tunnels: 0\nInbound\n    Bytes: 28\n    Packets: 1\n");
}

/* The way back: the host's own packet to the client goes into the TUN and comes out as ESP. */
static void
test_packets_for_a_client_reach_it_sealed(void **state)
{
    GatewayWorld *w = *state;
    Endpoint to = { .port = 9 };
    g_autoptr(Client) c = NULL;
    uint8_t room[2048];
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    struct pollfd ready;
    SockAddr address;
    ssize_t n;
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    to.addr = c->address;
    address = sock_addr_of(&to);
    assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&address.storage, address.len), 5);
    close(s);
    ready = (struct pollfd){ .fd = udp_sock_fd(c->natt), .events = POLLIN };
    assert_int_equal(poll(&ready, 1, GATEWAY_WORLD_PATIENCE_S * 1000), 1);
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
    GatewayWorld *w = *state;
    Wanted one = { w, "Pkts Rx       : 1\n" };
    g_autoptr(Client) c = NULL;
    UdpSock *stranger[2];
    uint8_t room[256] = { 0 };
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM };
    guint timer = g_timeout_add(5, wake, NULL);
    uint8_t junk[600];

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    stranger[0] = gateway_world_socket("192.168.1.2", 500, false);
    stranger[1] = gateway_world_socket("192.168.1.2", 4500, true);
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
    GatewayWorld *w = *state;
    IkeConfig config = { .plan = { .ours = IKE_WAY_PSK,
                                   .theirs = IKE_WAY_PSK,
                                   .psk_ours = slice_of("a"),
                                   .psk_theirs = slice_of("b") } };
    IkePath path = { 0 };
    UdpSock *stranger;

    client_open_world(w, "");
    ike_offer_policy(IKE_PROTO_IKE, SUITE_MODERN, &config.ike); /* which the seed does not know */
    stranger = gateway_world_socket("192.168.1.2", 500, false);
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
    GatewayWorld *w = *state;

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Client) c = NULL;
        Keys was, now;
        Session *s;

        client_open_world(w, rows[i].more);
        c = client_connect("192.168.1.1");
        s = gateway_world_session(w);
        was = keys_of(s);
        ike_sa_tick(s->sa, s->up_at + rows[i].seconds * USEC_PER_SEC * 91 / 100);
        ike_driver_kick(s->driver);
        gateway_world_wait(rows[i].ike ? has_new_ike : has_new_child, &was);
        now = keys_of(s);
        assert_int_equal(now.spi_i != was.spi_i, rows[i].ike);
        assert_int_equal(now.spi_in == was.spi_in, rows[i].ike);
        gateway_world_close(w);
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
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;
    Endpoint to = { .port = 9 };
    SockAddr address;
    struct pollfd ready;
    Moved was;
    bool esp = false;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    was.session = gateway_world_session(w);
    was.from = was.session->sas.at;
    client_map_anew(c);
    ike_sa_tick(c->sa, ike_driver_now() + 31 * USEC_PER_SEC); /* a liveness check goes out */
    ike_driver_kick(c->driver);
    gateway_world_wait(has_moved, &was);
    to.addr = c->address;
    address = sock_addr_of(&to);
    assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&address.storage, address.len), 1);
    ready = (struct pollfd){ .fd = udp_sock_fd(c->natt), .events = POLLIN };
    while (!esp) { /* the answer to the check comes too, behind a marker of zeros */
        uint8_t packet[2048] = { 0 };

        assert_int_equal(poll(&ready, 1, GATEWAY_WORLD_PATIENCE_S * 1000), 1);
        assert_true(recv(ready.fd, packet, sizeof(packet), 0) > 0);
        esp = packet[0] || packet[1] || packet[2] || packet[3];
    }
    close(fd);
}

static void
test_the_administrator_gives_new_keys(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;
    g_autofree char *nobody = NULL;
    g_autofree char *wrong = NULL;
    g_autofree char *child = NULL;
    g_autofree char *ike = NULL;
    Keys was, now;

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    was = keys_of(gateway_world_session(w));
    nobody = gateway_rekey(w->gateway, "index 4000 ike");
    assert_string_equal(nobody, "INFO: Number of sessions that get new keys : 0\n");
    wrong = gateway_rekey(w->gateway, "everybody");
    assert_true(g_str_has_prefix(wrong, "ERROR: "));
    child = gateway_rekey(w->gateway, "name Anu");
    assert_string_equal(child, "INFO: Number of sessions that get new keys : 1\n");
    gateway_world_wait(has_new_child, &was);
    now = keys_of(was.session);
    assert_true(now.spi_i == was.spi_i);
    gateway_world_shows(w, "crypto ikev2 sa", "CHILD count:1");
    ike = gateway_rekey(w->gateway, "all ike");
    assert_string_equal(ike, "INFO: Number of sessions that get new keys : 1\n");
    gateway_world_wait(has_new_ike, &was);
    assert_int_equal(keys_of(was.session).spi_in, now.spi_in);
}

/* Child SAs of a session. */
typedef struct Children {
    const Session *session;
    size_t n;
} Children;

static bool
has_children(void *user)
{
    const Children *wanted = user;

    return wanted->session->sas.n == wanted->n;
}

/* The gateway sends over the old child SA until it hears the client over the new one. */
static void
test_new_keys_may_be_wanted_right_behind_the_clients_own(void **state)
{
    GatewayWorld *w = *state;
    g_autoptr(Client) c = NULL;
    g_autofree char *said = NULL;
    const Session *s;
    Keys was;

    client_open_world(w, "");
    c = client_connect("192.168.1.1");
    c->config.drain = 60 * USEC_PER_SEC;
    s = gateway_world_session(w);
    was = keys_of(s);
    ike_sa_rekey_child(c->sa, child_sas_current(&s->sas)->spi_out, ike_driver_now());
    ike_driver_kick(c->driver);
    gateway_world_wait(has_children, &(Children){ s, 2 });
    assert_int_equal(keys_of(s).spi_in, was.spi_in);
    said = gateway_rekey(w->gateway, "all");
    assert_string_equal(said, "INFO: Number of sessions that get new keys : 1\n");
    gateway_world_wait(has_children, &(Children){ s, 3 });
    assert_true(keys_of(s).spi_in != was.spi_in);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        GATEWAY_WORLD_TEST(test_packets_of_a_client_are_opened_and_counted),
        GATEWAY_WORLD_TEST(test_packets_for_a_client_reach_it_sealed),
        GATEWAY_WORLD_TEST(test_malformed_datagrams_change_nothing),
        GATEWAY_WORLD_TEST(test_strangers_cannot_fill_the_log),
        GATEWAY_WORLD_TEST(test_the_gateway_rekeys_before_a_lifetime_is_over),
        GATEWAY_WORLD_TEST(test_packets_follow_a_client_whose_port_has_changed),
        GATEWAY_WORLD_TEST(test_the_administrator_gives_new_keys),
        GATEWAY_WORLD_TEST(test_new_keys_may_be_wanted_right_behind_the_clients_own),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.168.1.0/24 dev lo");
    netns_do("ip addr add 192.168.1.1/32 dev lo");
    netns_do("ip addr add 192.168.1.2/32 dev lo");
    g_log_set_writer_func(count_refusals, NULL, NULL);
    return cmocka_run_group_tests_name("gateway_traffic", tests, gateway_world_make,
                                       gateway_world_free);
}
