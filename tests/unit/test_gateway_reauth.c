/* test_gateway_reauth.c - a client of the gateway logs in anew while it stands (RFC 7296 §2.8.3):
 * real sockets, TUN and clients in a network namespace of the test's own */

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/esp/esp_sa.h"
#include "agent/headend/gateway.h"
#include "agent/headend/gateway_private.h"
#include "agent/link/ike_driver.h"
#include "agent/link/sock_addr.h"
#include "tests/support/netns.h"

enum { PATIENCE_S = 20, LOGINS = 4, CHILD_LIFE_S = 3600 };

typedef struct Host Host;

/* One IKE SA of a host. */
typedef struct Login {
    Host *host;
    const char *user;
    IkeConfig config;
    IkeSa *sa;
    IkeDriver *driver;
    bool up, closed;
    Addr address, address6;
    EspSa *esp, *replaced; /* of the newest child SA, of the one before */
} Login;

/* Two sockets, no TUN; all its IKE SAs use them. */
struct Host {
    UdpSock *init, *natt;
    UdpDoors doors;
    guint watch[2];
    Login logins[LOGINS];
    size_t n;
};

typedef struct World {
    AsaNotes notes;
    AsaConfig *config;
    Gateway *gateway;
    char *state;
} World;

static EspSa *
esp_of(const IkeChild *k)
{
    return esp_sa_new(&(EspSaSetup){ .spi_in = k->spi_in,
                                     .spi_out = k->spi_out,
                                     .suite = k->suite,
                                     .key_in = secret_view(&k->key_in),
                                     .integ_in = secret_view(&k->integ_in),
                                     .key_out = secret_view(&k->key_out),
                                     .integ_out = secret_view(&k->integ_out),
                                     .local = k->local.s,
                                     .n_local = k->local.n,
                                     .remote = k->remote.s,
                                     .n_remote = k->remote.n });
}

static void
type(Login *l, const EapQuestion *q)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_ACCEPT };

    if (q->doc->type == AC_AUTH_REQUEST) {
        a.kind = EAP_ANSWER_FIELDS;
        a.fields = ac_fields_new();
        ac_fields_set(a.fields, "password", slice_of("cisco123"));
        ac_fields_set(a.fields, "username", slice_of(l->user));
    }
    ike_sa_answer_eap(l->sa, &a, ike_driver_now());
}

static bool
on_event(const IkeEvent *ev, void *user)
{
    Login *l = user;

    if (ev->kind == IKE_EV_CERTIFICATE)
        ike_sa_answer_certificate(l->sa, true, ike_driver_now());
    if (ev->kind == IKE_EV_QUESTION)
        type(l, ev->question);
    if (ev->kind == IKE_EV_CHILD_UP) {
        assert_null(l->replaced);
        l->replaced = l->esp;
        l->esp = esp_of(ev->child);
    }
    if (ev->kind == IKE_EV_UP) {
        l->up = true;
        l->address = ev->reply->ip4;
        l->address6 = ev->reply->ip6;
    }
    if (ev->kind == IKE_EV_CLOSED)
        l->closed = true;
    return true;
}

static gboolean
readable(gint fd, GIOCondition cond, gpointer user)
{
    Host *h = user;
    UdpSock *s = fd == udp_sock_fd(h->init) ? h->init : h->natt;
    IkeDatagram d;

    (void)cond;
    while (udp_sock_recv(s, &d))
        for (size_t i = 0; i < h->n; i++)
            if (ike_sa_recv(h->logins[i].sa, &d.path, d.octets, ike_driver_now()) != IKE_DROP) {
                ike_driver_kick(h->logins[i].driver);
                break;
            }
    return G_SOURCE_CONTINUE;
}

static UdpSock *
open_socket(const char *from, uint16_t port)
{
    UdpSockSetup setup = { .natt = port == 4500 };
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

static Host *
host_new(const char *from)
{
    Host *h = g_new0(Host, 1);

    h->init = open_socket(from, 500);
    h->natt = open_socket(from, 4500);
    udp_doors_put(&h->doors, h->init);
    udp_doors_put(&h->doors, h->natt);
    h->watch[0] = g_unix_fd_add(udp_sock_fd(h->init), G_IO_IN, readable, h);
    h->watch[1] = g_unix_fd_add(udp_sock_fd(h->natt), G_IO_IN, readable, h);
    return h;
}

static void
host_free(Host *h)
{
    g_source_remove(h->watch[0]);
    g_source_remove(h->watch[1]);
    for (size_t i = 0; i < h->n; i++) {
        ike_driver_free(h->logins[i].driver);
        ike_sa_free(h->logins[i].sa);
        esp_sa_free(h->logins[i].esp);
        esp_sa_free(h->logins[i].replaced);
    }
    udp_sock_free(h->init);
    udp_sock_free(h->natt);
    g_free(h);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)

static gboolean
too_late(gpointer user)
{
    *(bool *)user = true;
    return G_SOURCE_REMOVE;
}

static gboolean
wake(gpointer user)
{
    (void)user;
    return G_SOURCE_CONTINUE; /* so that what the data thread does is looked at now and then */
}

/* Turn the main loop until @done; a test that waits longer than that has failed. */
static void
wait_until(bool (*done)(const Login *l), const Login *l)
{
    bool late = false;
    guint timer = g_timeout_add_seconds(PATIENCE_S, too_late, &late);
    guint waker = g_timeout_add(5, wake, NULL);

    while (!done(l) && !late)
        g_main_context_iteration(NULL, TRUE);
    if (late)
        fail_msg("nothing more happens");
    g_source_remove(timer);
    g_source_remove(waker);
}

static bool
is_decided(const Login *l)
{
    return l->up || l->closed;
}

static bool
is_closed(const Login *l)
{
    return l->closed;
}

static void
start(Login *l)
{
    IkePath init = { .local = udp_sock_local(l->host->init) };
    IkePath natt = { .local = udp_sock_local(l->host->natt), .natt = true };

    assert_true(addr_parse("10.0.0.1", &init.remote.addr));
    natt.remote.addr = init.remote.addr;
    init.remote.port = 500;
    natt.remote.port = 4500;
    ike_sa_start(l->sa, l->config.follows ? &natt : &init, &natt, ike_driver_now());
    ike_driver_kick(l->driver);
}

/* @user logs in from @h; @wish: the inner address he asks for, and by then he has another IKE SA;
 * NULL: any, and he has none. */
static Login *
try(Host *h, const char *user, const char *wish)
{
    static const EapMethod *const methods[] = { &eap_anyconnect, NULL };
    Login *l = &h->logins[h->n];

    assert_true(h->n < LOGINS);
    *l = (Login){ .host = h, .user = user };
    l->config = (IkeConfig){
        .sig = { .sha1_ok = true, .min_rsa = 1024 },
        .plan = { .ours = IKE_WAY_EAP,
                  .theirs = IKE_WAY_CERT,
                  .id = { IKE_ID_GROUP, slice_of("*$AnyConnectClient$*") },
                  .eap = methods,
                  .eap_setup = { .ac = { .version = "3.0.1047",
                                         .device = "win",
                                         .group = "ASA-IKEV2",
                                         .unique_id = "0123456789ABCDEF" } } },
        .ke_group = KE_MODP1024,
        .inner_ipv6 = true,
        .child_life = { .time = CHILD_LIFE_S * USEC_PER_SEC },
        .follows = wish != NULL,
    };
    if (wish && strchr(wish, ':'))
        assert_true(addr_parse(wish, &l->config.ip6));
    else if (wish)
        assert_true(addr_parse(wish, &l->config.ip4));
    ike_offer_policy(IKE_PROTO_IKE, SUITE_LEGACY, &l->config.ike);
    ike_offer_policy(IKE_PROTO_ESP, SUITE_LEGACY, &l->config.esp);
    l->sa = ike_sa_new(IKE_INITIATOR, &l->config, ike_driver_env());
    l->driver = ike_driver_new(l->sa, &h->doors, on_event, l);
    h->n++;
    start(l);
    return l;
}

static Login *
log_in(Host *h, const char *user, const char *wish)
{
    Login *l = try(h, user, wish);

    wait_until(is_decided, l);
    assert_true(l->up);
    return l;
}

static void
leave(Login *l)
{
    ike_sa_close(l->sa, ike_driver_now());
    ike_driver_kick(l->driver);
    wait_until(is_closed, l);
}

static void
assert_addr(const Addr *a, const char *text)
{
    char buf[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, buf), text);
}

/* A packet of this host for the client at @address, which it gets over which of its IKE SAs? */
static Login *
comes_over(Host *h, const Addr *address)
{
    Endpoint to = { *address, 9 };
    SockAddr name = sock_addr_of(&to);
    struct pollfd ready = { .fd = udp_sock_fd(h->natt), .events = POLLIN };
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    uint8_t octets[2048];
    ssize_t n;

    assert_int_equal(sendto(s, "hello", 5, 0, (struct sockaddr *)&name.storage, name.len), 5);
    close(s);
    do {
        assert_int_equal(poll(&ready, 1, PATIENCE_S * 1000), 1);
        n = recv(ready.fd, octets, sizeof(octets), 0);
        assert_true(n > 0);
    } while (n < 8 || memcmp(octets, "\0\0\0\0", 4) == 0); /* an IKE message */
    for (size_t i = 0; i < h->n; i++) {
        uint8_t room[ESP_HEADROOM + sizeof(octets) + ESP_TAILROOM];
        EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM, .len = (uint32_t)n };

        memcpy(room + b.off, octets, (size_t)n);
        if (esp_sa_open(h->logins[i].esp, &b, ike_driver_now()) == ESP_OK)
            return &h->logins[i];
    }
    fail_msg("nobody can read it");
    return NULL;
}

/* An IPv4 header and eight octets of UDP to 10.2.2.99; checksums do not matter here. */
static void
speak_over(Login *l, EspSa *esp)
{
    static const uint8_t packet[28] = { 0x45, 0, 0, 28, 0, 0, 0,  0, 64, 17, 0, 0, 0,
                                        0,    0, 0, 10, 2, 2, 99, 0, 9,  0,  9, 0, 8 };
    uint8_t room[256] = { 0 };
    EspBuf b = { .base = room, .cap = sizeof(room), .off = ESP_HEADROOM, .len = sizeof(packet) };

    memcpy(room + b.off, packet, sizeof(packet));
    memcpy(room + b.off + 12, l->address.b, 4);
    assert_int_equal(esp_sa_seal(esp, &b, ike_driver_now()), ESP_OK);
    assert_int_equal(send(udp_sock_fd(l->host->natt), b.base + b.off, b.len, 0), b.len);
}

static void
speak(Login *l)
{
    speak_over(l, l->esp);
}

static void
open_world(World *w, const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, "username Eve password cisco123\n", more, NULL);
    w->config = asa_config_parse(slice_of(text), 0, &w->notes);
    assert_non_null(w->config);
    w->gateway = gateway_new(&(GatewaySetup){ .config = w->config, .state = w->state }, &error);
    if (!w->gateway)
        fail_msg("%s", error->message);
}

static void
test_the_address_stays_and_the_old_one_carries_until_its_delete(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    g_autoptr(Host) other = NULL;
    Login *first, *second;

    open_world(w, "");
    h = host_new("192.168.1.1");
    other = host_new("192.168.1.2");
    first = log_in(h, "Anu", NULL);
    assert_addr(&first->address, "10.2.2.1");
    second = log_in(h, "Anu", "10.2.2.1");
    assert_addr(&second->address, "10.2.2.1");
    assert_ptr_equal(comes_over(h, &first->address), first);
    leave(first);
    assert_false(second->closed);
    assert_ptr_equal(comes_over(h, &first->address), second);
    assert_addr(&log_in(other, "Eve", NULL)->address, "10.2.2.2"); /* it is not free */
    leave(second);
    assert_addr(&log_in(other, "Anu", NULL)->address, "10.2.2.1"); /* and now it is */
}

static bool
carries(const Login *l)
{
    return comes_over(l->host, &l->address) == l;
}

static void
test_packets_move_to_the_new_one_when_the_client_uses_it(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    Login *first, *second;

    open_world(w, "");
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    assert_ptr_equal(comes_over(h, &first->address), first);
    speak(second);
    wait_until(carries, second);
    assert_false(first->closed);
    leave(first);
    assert_ptr_equal(comes_over(h, &first->address), second);
}

static const World *the_world;

static bool
is_forgotten(const Login *l)
{
    EspStats stats;

    return !plane_stats(the_world->gateway->plane, esp_sa_spi_out(l->esp), &stats);
}

static bool
has_come_over(const EspSa *esp)
{
    EspStats stats;

    return plane_stats(the_world->gateway->plane, esp_sa_spi_out(esp), &stats) &&
           stats.packets_in == 1;
}

static bool
has_come(const Login *l)
{
    return has_come_over(l->esp);
}

static bool
has_new_keys(const Login *l)
{
    return l->replaced;
}

static bool
has_come_over_replaced(const Login *l)
{
    return has_come_over(l->replaced);
}

/* The path may let a Delete overtake what was sent before it. */
static void
test_packets_that_come_behind_the_delete_are_taken_for_a_moment(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    Login *first, *second;

    open_world(w, "");
    the_world = w;
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    leave(first);
    speak(first);
    wait_until(has_come, first);
    wait_until(is_forgotten, first);
    assert_false(is_forgotten(second));
    leave(second);
    assert_true(is_forgotten(second));
}

/* Its child SA is replaced before the gateway has heard the client over it, or the old one go. */
static void
test_new_keys_behind_the_new_one_stay(void **state)
{
    World *w = *state;
    g_autoptr(GPtrArray) sessions = NULL;
    g_autoptr(Host) h = NULL;
    g_autofree char *said = NULL;
    Login *first, *second;

    open_world(w, "");
    the_world = w;
    w->gateway->ike.drain = 60 * USEC_PER_SEC; /* the Delete of the one replaced is far away */
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    said = gateway_rekey(w->gateway, "index 2");
    assert_string_equal(said, "INFO: Number of sessions that get new keys : 1\n");
    wait_until(has_new_keys, second);
    wait_until(carries, second);
    speak_over(second, second->replaced);
    wait_until(has_come_over_replaced, second);
    sessions = gateway_sessions(w->gateway, "Anu");
    assert_true(session_carries(sessions->pdata[1]));
    assert_ptr_equal(comes_over(h, &first->address), second);
    leave(first);
    assert_ptr_equal(comes_over(h, &first->address), second);
}

/* Nobody makes it a new one: the place of its IKE SA is taken. */
static void
test_the_new_one_carries_when_the_old_ones_child_goes(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    Login *first, *second;

    open_world(w, "");
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    assert_ptr_equal(comes_over(h, &first->address), first);
    ike_sa_yield(first->sa);
    ike_sa_tick(first->sa, ike_driver_now() + CHILD_LIFE_S * USEC_PER_SEC);
    ike_driver_kick(first->driver);
    wait_until(carries, second);
    assert_false(first->closed);
    leave(first);
    assert_ptr_equal(comes_over(h, &first->address), second);
}

/* The client has not heard of it, or did not want it. */
static void
test_when_the_new_one_ends_the_old_one_goes_on(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    g_autoptr(Host) other = NULL;
    Login *first, *second;

    open_world(w, "");
    h = host_new("192.168.1.1");
    other = host_new("192.168.1.2");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    leave(second);
    assert_false(first->closed);
    assert_ptr_equal(comes_over(h, &first->address), first);
    assert_addr(&log_in(other, "Eve", NULL)->address, "10.2.2.2");
}

static void
test_one_that_was_never_heard_gives_way_to_the_next(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    Login *first, *lost, *third;

    open_world(w, "");
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    lost = log_in(h, "Anu", "10.2.2.1");
    third = log_in(h, "Anu", "10.2.2.1");
    wait_until(is_closed, lost);
    assert_addr(&third->address, "10.2.2.1");
    assert_ptr_equal(comes_over(h, &first->address), first);
    leave(first);
    assert_ptr_equal(comes_over(h, &first->address), third);
}

static void
test_an_address_that_somebody_has_is_for_nobody_else(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    g_autoptr(Host) other = NULL;
    Login *first;

    open_world(w, "");
    h = host_new("192.168.1.1");
    other = host_new("192.168.1.2");
    first = log_in(h, "Anu", NULL);
    assert_addr(&log_in(other, "Eve", "10.2.2.1")->address, "10.2.2.2");
    assert_addr(&log_in(other, "Anu", "10.2.2.1")->address, "10.2.2.3"); /* from elsewhere */
    assert_addr(&log_in(h, "Eve", "10.2.2.1")->address, "10.2.2.4");     /* from there, as Eve */
    assert_ptr_equal(comes_over(h, &first->address), first);
    assert_false(first->closed);
}

/* A client that has nothing else gets what is free, whatever it asks for. */
static void
test_an_address_that_nobody_has_is_not_given_by_name(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;

    open_world(w, "");
    h = host_new("192.168.1.1");
    assert_addr(&log_in(h, "Anu", "10.2.2.7")->address, "10.2.2.1");
    assert_addr(&log_in(h, "Anu", "192.0.2.1")->address, "10.2.2.2");
}

static void
test_both_families_stay(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    Login *first, *second;

    open_world(w, "ipv6 local pool six 2001:db8:9::1/64 16\n"
                  "tunnel-group ASA-IKEV2 general-attributes\n ipv6-address-pool six\n");
    h = host_new("192.168.1.1");
    first = log_in(h, "Anu", NULL);
    assert_addr(&first->address6, "2001:db8:9::1");
    second = log_in(h, "Anu", "2001:db8:9::1");
    assert_addr(&second->address6, "2001:db8:9::1");
    assert_addr(&second->address, "10.2.2.2"); /* for it has not asked for the one it has */
    leave(first);
    assert_addr(&log_in(h, "Eve", NULL)->address6, "2001:db8:9::2");
}

static void
test_the_two_are_one_login(void **state)
{
    World *w = *state;
    g_autoptr(Host) h = NULL;
    g_autoptr(Host) other = NULL;
    Login *first, *second;

    open_world(w, "group-policy ASA-IKEV2 attributes\n vpn-simultaneous-logins 1\n");
    h = host_new("192.168.1.1");
    other = host_new("192.168.1.2");
    first = log_in(h, "Anu", NULL);
    second = log_in(h, "Anu", "10.2.2.1");
    assert_ptr_equal(comes_over(h, &first->address), first);
    assert_false(first->closed);
    (void)log_in(other, "Anu", "10.2.2.9");
    wait_until(is_closed, first);
    wait_until(is_closed, second);
}

/* Whatever a test found, the next one finds the ports free. */
static int
end_test(void **state)
{
    World *w = *state;

    g_clear_pointer(&w->gateway, gateway_free);
    g_clear_pointer(&w->config, asa_config_free);
    asa_notes_clear(&w->notes);
    return 0;
}

static int
make_world(void **state)
{
    World *w = g_new0(World, 1);

    w->state = g_dir_make_tmp("acclient-gateway-XXXXXX", NULL);
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

#define TEST(f) cmocka_unit_test_teardown(f, end_test)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_address_stays_and_the_old_one_carries_until_its_delete),
        TEST(test_packets_move_to_the_new_one_when_the_client_uses_it),
        TEST(test_packets_that_come_behind_the_delete_are_taken_for_a_moment),
        TEST(test_new_keys_behind_the_new_one_stay),
        TEST(test_the_new_one_carries_when_the_old_ones_child_goes),
        TEST(test_when_the_new_one_ends_the_old_one_goes_on),
        TEST(test_one_that_was_never_heard_gives_way_to_the_next),
        TEST(test_an_address_that_somebody_has_is_for_nobody_else),
        TEST(test_an_address_that_nobody_has_is_not_given_by_name),
        TEST(test_both_families_stay),
        TEST(test_the_two_are_one_login),
    };

    netns_enter();
    netns_do("ip link set lo up");
    netns_do("ip addr add 10.0.0.1/32 dev lo");
    netns_do("ip addr add 192.168.1.1/32 dev lo");
    netns_do("ip addr add 192.168.1.2/32 dev lo");
    return cmocka_run_group_tests_name("gateway_reauth", tests, make_world, free_world);
}
