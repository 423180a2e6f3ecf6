/* test_ike_driver.c - agent/link/ike_driver.c, on an IkeSa that is a script. */

#include <poll.h>

#include "agent/link/ike_driver.h"
#include "tests/support/test.h"

/* Stands in for agent/ike/ike_sa.c: so many datagrams and events wait to be pulled. */
struct IkeSa {
    int datagrams, events, ticks;
    int per_event; /* datagrams that each event leads to, as an answer in it would */
    Usec deadline, ticked_at;
    Usec again; /* deadline after a tick */
    IkePath path;
};

bool
ike_sa_pull_datagram(IkeSa *sa, IkeDatagram *ret)
{
    if (sa->datagrams == 0)
        return false;
    sa->datagrams--;
    *ret = (IkeDatagram){ .path = sa->path, .octets = slice_of("hello") };
    return true;
}

bool
ike_sa_pull_event(IkeSa *sa, IkeEvent *ret)
{
    if (sa->events == 0)
        return false;
    sa->events--;
    *ret = (IkeEvent){ .kind = IKE_EV_TRACE, .text = "event" };
    return true;
}

void
ike_sa_tick(IkeSa *sa, Usec now)
{
    sa->ticks++;
    sa->ticked_at = now;
    sa->deadline = sa->again;
    sa->events++;
}

Usec
ike_sa_deadline(const IkeSa *sa)
{
    return sa->deadline;
}

typedef struct World {
    IkeSa *sa;
    IkeDriver *driver;
    UdpSock *init, *natt, *peer;
    UdpDoors doors;
    int seen, depth;
    int free_at; /* event at which the driver goes */
    bool free_sa, keep_driver;
} World;

static bool
on_event(const IkeEvent *ev, void *user)
{
    World *w = user;

    assert_string_equal(ev->text, "event");
    assert_int_equal(w->depth, 0); /* never one event inside another */
    w->depth++;
    w->seen++;
    w->sa->datagrams += w->sa->per_event;
    ike_driver_kick(w->driver);
    w->depth--;
    if (w->seen != w->free_at)
        return true;
    if (!w->keep_driver)
        g_clear_pointer(&w->driver, ike_driver_free);
    if (w->free_sa)
        g_clear_pointer(&w->sa, g_free);
    return false;
}

static UdpSock *
loopback(bool natt)
{
    UdpSockSetup setup = { .natt = natt };
    UdpSock *s;

    assert_true(addr_parse("127.0.0.1", &setup.local.addr));
    s = udp_sock_new(&setup, NULL);
    assert_non_null(s);
    return s;
}

static World
world(bool natt)
{
    World w = { .sa = g_new0(IkeSa, 1),
                .init = loopback(false),
                .natt = loopback(true),
                .peer = loopback(natt) };

    udp_doors_put(&w.doors, w.init);
    udp_doors_put(&w.doors, w.natt);
    w.sa->deadline = w.sa->again = USEC_NEVER;
    w.sa->path = (IkePath){ .remote = udp_sock_local(w.peer), .natt = natt };
    return w;
}

static void
world_clear(World *w)
{
    ike_driver_free(w->driver);
    udp_sock_free(w->init);
    udp_sock_free(w->natt);
    udp_sock_free(w->peer);
    g_free(w->sa);
}

/* Exactly @n came to the peer, and from @from. */
static void
assert_received(World *w, const UdpSock *from, int n)
{
    struct pollfd in = { .fd = udp_sock_fd(w->peer), .events = POLLIN };
    IkeDatagram d;

    while (n-- > 0) {
        assert_int_equal(poll(&in, 1, -1), 1);
        assert_true(udp_sock_recv(w->peer, &d));
        assert_true(slice_equal(d.octets, slice_of("hello")));
        assert_int_equal(d.path.remote.port, udp_sock_local(from).port);
    }
    assert_false(udp_sock_recv(w->peer, &d));
}

static void
test_a_kick_sends_over_the_socket_of_the_path_and_delivers(void **state)
{
    (void)state;
    for (int natt = 0; natt < 2; natt++) {
        World w = world(natt);

        w.driver = ike_driver_new(w.sa, &w.doors, on_event, &w);
        assert_int_equal(w.seen, 0);
        w.sa->datagrams = 3;
        w.sa->events = 2;
        w.sa->per_event = 1; /* sent although the kick inside the event was put off */
        ike_driver_kick(w.driver);
        assert_int_equal(w.seen, 2);
        assert_received(&w, natt ? w.natt : w.init, 5);
        world_clear(&w);
    }
}

static void
test_the_timer_ticks_once_a_deadline(void **state)
{
    World w = world(true);

    (void)state;
    w.driver = ike_driver_new(w.sa, &w.doors, on_event, &w);
    w.sa->deadline = ike_driver_now() + 2000;
    w.sa->per_event = 1;
    ike_driver_kick(w.driver);
    while (w.sa->ticks == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_true(w.sa->ticked_at <= ike_driver_now());
    assert_int_equal(w.seen, 1);
    assert_received(&w, w.natt, 1);
    assert_false(g_main_context_iteration(NULL, FALSE)); /* never again */
    assert_int_equal(w.sa->ticks, 1);

    w.sa->deadline = 1; /* long past: at once */
    w.sa->again = 1;
    ike_driver_kick(w.driver);
    for (int i = 2; i < 5; i++) {
        assert_true(g_main_context_iteration(NULL, TRUE));
        assert_int_equal(w.sa->ticks, i);
    }
    world_clear(&w);
}

static void
test_an_event_may_free_driver_and_sa(void **state)
{
    (void)state;
    for (int from_timer = 0; from_timer < 2; from_timer++) {
        World w = world(true);

        w.driver = ike_driver_new(w.sa, &w.doors, on_event, &w);
        w.sa->events = 5;
        w.free_at = 2;
        w.free_sa = true;
        if (from_timer) {
            w.sa->deadline = 1;
            w.sa->events = 0;
            ike_driver_kick(w.driver);
            w.sa->events = 5;
            g_main_context_iteration(NULL, TRUE);
        } else {
            ike_driver_kick(w.driver);
        }
        assert_int_equal(w.seen, 2);
        assert_null(w.driver);
        assert_false(g_main_context_iteration(NULL, FALSE));
        world_clear(&w);
    }
}

/* The SA goes first and the driver a little later: it must not be touched in between. */
static void
test_after_false_the_sa_is_left_alone(void **state)
{
    World w = world(true);

    (void)state;
    w.driver = ike_driver_new(w.sa, &w.doors, on_event, &w);
    w.sa->events = 5;
    w.sa->deadline = 1;
    w.free_at = 1;
    w.free_sa = w.keep_driver = true;
    ike_driver_kick(w.driver);
    assert_int_equal(w.seen, 1);
    ike_driver_kick(w.driver);
    assert_false(g_main_context_iteration(NULL, FALSE));
    assert_int_equal(w.seen, 1);
    world_clear(&w);
}

/* They share a timer: whose deadline comes first has its turn, and nobody else. */
static void
test_of_many_drivers_the_one_that_is_due_ticks(void **state)
{
    World w[3];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(w); i++) {
        w[i] = world(true);
        w[i].driver = ike_driver_new(w[i].sa, &w[i].doors, on_event, &w[i]);
        w[i].sa->deadline = i == 1 ? 2 : i == 2 ? 1 : USEC_NEVER;
        ike_driver_kick(w[i].driver);
    }
    assert_true(g_main_context_iteration(NULL, TRUE));
    assert_int_equal(w[2].sa->ticks, 1);
    assert_int_equal(w[1].sa->ticks, 0);
    assert_true(g_main_context_iteration(NULL, TRUE));
    assert_int_equal(w[1].sa->ticks, 1);
    assert_false(g_main_context_iteration(NULL, FALSE));
    w[0].sa->deadline = w[1].sa->deadline = 1; /* one of the two goes, and takes its turn along */
    ike_driver_kick(w[0].driver);
    ike_driver_kick(w[1].driver);
    g_clear_pointer(&w[0].driver, ike_driver_free);
    assert_true(g_main_context_iteration(NULL, TRUE));
    assert_false(g_main_context_iteration(NULL, FALSE));
    assert_int_equal(w[0].sa->ticks, 0);
    assert_int_equal(w[1].sa->ticks, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(w); i++)
        world_clear(&w[i]);
}

static void
test_spis_are_random_and_not_reserved(void **state)
{
    const IkeEnv *env = ike_driver_env();
    uint8_t a[16] = { 0 }, b[16] = { 0 }, zero[16] = { 0 };
    uint32_t last = 0;

    (void)state;
    env->random(env->user, a, sizeof(a));
    env->random(env->user, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, zero, sizeof(a));
    for (int i = 0; i < 100; i++) {
        uint32_t spi = env->esp_spi(env->user);

        assert_true(spi >= 256 && spi != last);
        last = spi;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_kick_sends_over_the_socket_of_the_path_and_delivers),
        cmocka_unit_test(test_the_timer_ticks_once_a_deadline),
        cmocka_unit_test(test_an_event_may_free_driver_and_sa),
        cmocka_unit_test(test_after_false_the_sa_is_left_alone),
        cmocka_unit_test(test_of_many_drivers_the_one_that_is_due_ticks),
        cmocka_unit_test(test_spis_are_random_and_not_reserved),
    };

    return cmocka_run_group_tests_name("ike_driver", tests, NULL, NULL);
}
