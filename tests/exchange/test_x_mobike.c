/* test_x_mobike.c - a client that moves: MOBIKE (RFC 4555), and what happens without it. */
#include "agent/ike/ike_notify.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static const Addr *
gateway_addrs(void)
{
    static Addr a[3];

    if (!a[0].family) {
        assert_true(addr_parse("10.0.0.1", &a[0]));
        assert_true(addr_parse("2001:db8:a::1", &a[1]));
        assert_true(addr_parse("10.0.0.2", &a[2]));
    }
    return a;
}

static void
mobile(IkeConfig *client, IkeConfig *gateway)
{
    client->mobike = gateway->mobike = true;
    client->dpd_interval = 30 * USEC_PER_SEC;
    gateway->addrs = gateway_addrs();
    gateway->n_addrs = 3;
}

static void
only_the_client(IkeConfig *client, IkeConfig *gateway)
{
    mobile(client, gateway);
    gateway->mobike = false;
}

static void
neither(IkeConfig *client, IkeConfig *gateway)
{
    mobile(client, gateway);
    client->mobike = gateway->mobike = false;
}

static Sim *
connected(void (*tune)(IkeConfig *, IkeConfig *))
{
    Sim *sim = sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = tune });

    sim_connect(sim);
    return sim;
}

static IkeInfo
info_of(const IkeSa *sa)
{
    IkeInfo info;

    ike_sa_info(sa, &info);
    return info;
}

/* The gateway's idea of where IKE, and where ESP, go. */
static void
assert_client_at(const Sim *sim, const char *ike, const char *esp)
{
    IkeInfo info = info_of(sim->gateway.sa);
    char text[ENDPOINT_TEXT_MAX];

    assert_string_equal(endpoint_format(&info.path.remote, text), ike);
    assert_string_equal(endpoint_format(&info.esp_path.remote, text), esp);
}

static void
move(Sim *sim, const char *client, const char *gateway)
{
    IkePath path;

    sim->client_at = client;
    sim->gateway_at = gateway;
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
    sim_drain(sim);
}

static bool
client_arrived(const Sim *sim)
{
    return sim->client.paths > 0;
}

static bool
esp_moved(const Sim *sim)
{
    return sim->gateway.paths > 0;
}

static void
test_both_ends_must_want_it(void **state)
{
    g_autoptr(Sim) yes = connected(mobile), no = connected(only_the_client);
    IkeInfo info;

    (void)state;
    assert_true(info_of(yes->client.sa).mobike);
    assert_true(info_of(yes->gateway.sa).mobike);
    assert_false(info_of(no->client.sa).mobike);
    assert_false(info_of(no->gateway.sa).mobike);
    /* RFC 4555 §3.4: the gateway's other addresses, not the one in use */
    info = info_of(yes->client.sa);
    assert_int_equal(info.peer_addrs.n, 2);
    assert_true(addr_equal(&info.peer_addrs.v[0], &gateway_addrs()[1]));
    assert_true(addr_equal(&info.peer_addrs.v[1], &gateway_addrs()[2]));
    assert_int_equal(info_of(no->client.sa).peer_addrs.n, 0);
}

/* RFC 4555 §3.5: the client says so, the gateway asks, and only then does ESP follow. */
static void
test_esp_follows_a_move_that_is_proved(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);
    IkeChild before = sim->gateway.child;

    (void)state;
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, client_arrived, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.168.1.1:25171");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.0.2.7:25171");
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 2); /* a request, an answer */
    assert_int_equal(sim->gateway.sent[IKE_EXCHANGE_INFORMATIONAL], 2);
    assert_int_equal(sim->gateway.child.spi_in, before.spi_in); /* §3.5: nothing else changes */
    assert_int_equal(sim->client.child_downs + sim->gateway.child_downs, 0);
    ike_sa_close(sim->gateway.sa, sim->now);
    assert_true(sim_run(sim, sim_both_closed, USEC_PER_SEC));
}

static void
test_a_move_to_another_family_and_back(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    move(sim, "2001:db8:c::1", "2001:db8:a::1");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_client_at(sim, "[2001:db8:c::1]:25171", "[2001:db8:c::1]:25171");
    sim->gateway.paths = 0;
    move(sim, "192.168.1.1", "10.0.0.1");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_client_at(sim, "192.168.1.1:25171", "192.168.1.1:25171");
}

/* RFC 4555 §3.5: the latest wins, and what waits is repeated over the new path. */
static void
test_of_two_moves_at_once_the_latest_wins(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);
    Usec start;

    (void)state;
    sim->cut = true;
    move(sim, "192.0.2.7", "10.0.0.1");
    (void)sim_run(sim, sim_never, 3 * USEC_PER_SEC);
    sim->cut = false;
    start = sim->now;
    move(sim, "192.0.2.8", "10.0.0.1");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_true(sim->now - start < 200 * USEC_PER_MSEC); /* it does not wait for a retransmission */
    assert_true(sim_run(sim, client_arrived, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.8:25171", "192.0.2.8:25171");
    (void)sim_run(sim, sim_never, 5 * USEC_PER_SEC);
    assert_client_at(sim, "192.0.2.8:25171", "192.0.2.8:25171");
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

/* §3.7: a cookie that went to two addresses says nothing, so another one is sent. */
static void
test_a_move_during_the_check_is_checked_again(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, client_arrived, USEC_PER_SEC));
    sim->client.paths = 0;
    move(sim, "192.0.2.8", "10.0.0.1"); /* the question is on its way to 192.0.2.7 */
    assert_true(sim_run(sim, client_arrived, 5 * USEC_PER_SEC));
    assert_true(sim_run(sim, esp_moved, 5 * USEC_PER_SEC));
    (void)sim_run(sim, sim_never, 5 * USEC_PER_SEC);
    assert_int_equal(sim->gateway.paths, 1);
    assert_client_at(sim, "192.0.2.8:25171", "192.0.2.8:25171");
}

static void
test_moves_on_a_lossy_path_end_where_the_client_is(void **state)
{
    static const char *const places[] = { "192.0.2.1", "192.0.2.2", "2001:db8:c::3", "192.0.2.4" };

    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                  .delay = 10 * USEC_PER_MSEC,
                                                  .jitter = 40 * USEC_PER_MSEC,
                                                  .twice = 100,
                                                  .tune = mobile });

        sim_connect(sim);
        sim->setup.lose = 250;
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
            move(sim, places[i], strchr(places[i], ':') ? "2001:db8:a::1" : "10.0.0.1");
            (void)sim_run(sim, sim_never, seed * 50 * USEC_PER_MSEC);
        }
        sim->setup.lose = 0;
        (void)sim_run(sim, sim_never, 60 * USEC_PER_SEC);
        if (sim->client.closes + sim->gateway.closes)
            fail_msg("seed %u: %s, %s", seed, sim->client.why, sim->gateway.why);
        assert_client_at(sim, "192.0.2.4:25171", "192.0.2.4:25171");
    }
}

/* Notifies of one type in @l; @cut: those are taken out. */
static unsigned
notifies(SimLetter *l, uint16_t type, bool cut)
{
    unsigned count = 0;

    for (guint i = l->payloads->len; i > 0; i--) {
        const SimPayload *p = l->payloads->pdata[i - 1];
        Reader in = reader_init((Slice){ p->body->data, p->body->len });
        IkeNotify n;

        if (p->type != IKE_PAYLOAD_NOTIFY || ike_notify_decode(&in, &n) != IKE_OK || n.type != type)
            continue;
        count++;
        if (cut)
            g_ptr_array_remove_index(l->payloads, i - 1);
    }
    return count;
}

typedef enum Spoil { NO_COOKIE, OTHER_COOKIE, SHORT_COOKIE } Spoil;

static bool
spoil_cookie(Sim *sim, SimLetter *l, void *user)
{
    const Spoil *how = user;

    (void)sim;
    if (l->from != SIM_CLIENT || !l->response || notifies(l, IKE_N_COOKIE2, false) == 0)
        return false;
    for (guint i = 0; i < l->payloads->len; i++) {
        SimPayload *p = l->payloads->pdata[i];

        if (*how == OTHER_COOKIE)
            p->body->data[p->body->len - 1] ^= 1;
        if (*how == SHORT_COOKIE)
            g_byte_array_set_size(p->body, p->body->len - 1);
    }
    if (*how == NO_COOKIE)
        notifies(l, IKE_N_COOKIE2, true);
    return true;
}

/* RFC 4555 §3.7: the IKE SA MUST be closed. */
static void
test_a_wrong_cookie_closes_the_ike_sa(void **state)
{
    (void)state;
    for (Spoil how = NO_COOKIE; how <= SHORT_COOKIE; how++) {
        g_autoptr(Sim) sim = connected(mobile);

        sim_lie(sim, spoil_cookie, &how);
        move(sim, "192.0.2.7", "10.0.0.1");
        assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
        assert_int_equal(sim->gateway.paths, 0);
        assert_int_equal(sim->gateway.reason, IKE_REASON_PROTOCOL);
        assert_non_null(strstr(sim->gateway.why, "cookie"));
    }
}

/* C117: the NAT's mapping has changed, and only the answer's hash shows it. */
static void
test_a_liveness_check_notices_another_mapping(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    (void)sim_run(sim, sim_never, 61 * USEC_PER_SEC); /* two liveness checks */
    assert_client_at(sim, "192.168.1.1:25171", "192.168.1.1:25171");
    sim->moved = 7;
    assert_true(sim_run(sim, esp_moved, 31 * USEC_PER_SEC));
    assert_client_at(sim, "192.168.1.1:25178", "192.168.1.1:25178");
}

/* ... also when it has changed before the first of them. */
static void
test_the_first_liveness_check_says_where_we_are(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    sim->moved = 7;
    assert_true(sim_run(sim, esp_moved, 31 * USEC_PER_SEC));
    assert_client_at(sim, "192.168.1.1:25178", "192.168.1.1:25178");
}

static bool
lose_updates(Sim *sim, SimLetter *l, void *user)
{
    (void)sim;
    (void)user;
    return !l->response && notifies(l, IKE_N_UPDATE_SA_ADDRESSES, true) > 0;
}

/* RFC 4555 §3.8: a request without UPDATE_SA_ADDRESSES changes nothing; the path is the client's.
 */
static void
test_the_gateway_does_not_move_unasked(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    sim_lie(sim, lose_updates, NULL);
    sim->moved = 7;
    (void)sim_run(sim, sim_never, 100 * USEC_PER_SEC);
    assert_client_at(sim, "192.168.1.1:25171", "192.168.1.1:25171");
    assert_int_equal(sim->gateway.paths, 0);
    assert_string_equal(sim_state(sim, SIM_CLIENT),
                        "READY"); /* answers go where questions come from */
}

static void
heard_from(Sim *sim, const char *where)
{
    Endpoint e;

    assert_true(endpoint_parse(where, &e));
    ike_sa_heard_from(sim->gateway.sa, &e, sim->now);
    sim_drain(sim);
}

static void
test_esp_from_elsewhere_is_followed_as_far_as_it_may(void **state)
{
    g_autoptr(Sim) with = connected(mobile), without = connected(neither);

    (void)state;
    heard_from(without, "192.168.1.1:4444");
    assert_client_at(without, "192.168.1.1:4444", "192.168.1.1:4444");
    heard_from(without, "192.0.2.9:4444");
    assert_client_at(without, "192.0.2.9:4444", "192.0.2.9:4444");
    assert_int_equal(without->gateway.paths, 2);
    heard_from(with, "192.168.1.1:4444");
    assert_client_at(with, "192.168.1.1:25171", "192.168.1.1:4444");
    heard_from(with, "192.0.2.9:4444");
    assert_client_at(with, "192.168.1.1:25171", "192.168.1.1:4444");
}

/* RFC 7296 §2.23: it SHOULD NOT, as anybody could draw its packets away. */
static void
test_a_gateway_behind_a_nat_follows_nobody(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = neither });

    (void)state;
    sim->hidden_at = "172.31.0.1";
    sim_connect(sim);
    assert_true(info_of(sim->gateway.sa).nat_here);
    heard_from(sim, "192.0.2.9:4444");
    sim->moved = 7;
    (void)sim_run(sim, sim_never, 31 * USEC_PER_SEC);
    assert_client_at(sim, "192.168.1.1:25171", "192.168.1.1:25171");
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

static void
test_a_gateway_behind_a_nat_follows_mobike(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = mobile });

    (void)state;
    sim->hidden_at = "172.31.0.1";
    sim_connect(sim);
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.0.2.7:25171");
}

/* Without MOBIKE the client goes on from where it is, and asks at once. */
static void
test_a_move_without_mobike_is_followed_as_a_nat_s(void **state)
{
    g_autoptr(Sim) sim = connected(neither);

    (void)state;
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, client_arrived, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.0.2.7:25171");
    assert_int_equal(sim->gateway.paths, 1);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

static void
test_an_address_that_is_none_is_refused(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);

    (void)state;
    move(sim, "224.0.0.9", "10.0.0.1");
    assert_true(sim_run(sim, sim_both_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->gateway.paths, 0);
    assert_non_null(strstr(sim->client.why, "new address"));
}

static bool
forbid_nats(Sim *sim, SimLetter *l, void *user)
{
    /* from 192.168.1.1:25171 to 10.0.0.1:4500, as nobody sees it after the move */
    Hex body = hex("00004012c0a801010a00000162531194");
    unsigned *refusals = user;

    (void)sim;
    *refusals += notifies(l, IKE_N_UNEXPECTED_NAT_DETECTED, false);
    if (l->response || notifies(l, IKE_N_UPDATE_SA_ADDRESSES, false) == 0)
        return false;
    sim_letter_add(l, IKE_PAYLOAD_NOTIFY, (Slice){ body.b, body.len });
    return true;
}

/* RFC 4555 §3.9 */
static void
test_a_nat_that_the_client_forbids_stops_the_move(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);
    unsigned refusals = 0;

    (void)state;
    sim_lie(sim, forbid_nats, &refusals);
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, client_arrived, USEC_PER_SEC));
    assert_int_equal(refusals, 1);
    assert_client_at(sim, "192.168.1.1:25171", "192.168.1.1:25171");
}

/* No way to the gateway for an hour: nothing is sent, nothing given up, and then it goes on. */
static void
test_a_client_without_a_network_waits(void **state)
{
    g_autoptr(Sim) sim = connected(mobile);
    unsigned sent;

    (void)state;
    sim->cut = true;
    (void)sim_run(sim, sim_never, 31 * USEC_PER_SEC); /* a liveness check is on its way */
    sent = sim->client.sent[IKE_EXCHANGE_INFORMATIONAL];
    ike_sa_hold(sim->client.sa);
    (void)sim_run(sim, sim_never, 3600 * USEC_PER_SEC);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], sent);
    assert_int_equal(sim->client.closes, 0);
    sim->cut = false;
    move(sim, "192.0.2.7", "10.0.0.1");
    assert_true(sim_run(sim, esp_moved, USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.0.2.7:25171");
}

/* RFC 7296 §2.21.4: what nobody signed at most makes us ask, and not often. */
static void
test_a_doubt_asks_once_in_ten_seconds(void **state)
{
    g_autoptr(Sim) sim = connected(neither);

    (void)state;
    for (int i = 0; i < 100; i++) {
        ike_sa_doubt(sim->client.sa, sim->now);
        (void)sim_run(sim, sim_never, 50 * USEC_PER_MSEC);
    }
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    (void)sim_run(sim, sim_never, 6 * USEC_PER_SEC);
    assert_in_range(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1, 2);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
}

/* RFC 7296 §2.21.4: anybody can send it. */
static void
test_an_invalid_ike_spi_at_most_makes_us_ask(void **state)
{
    g_autoptr(Sim) sim = connected(neither);
    IkeInfo info = info_of(sim->client.sa);
    uint8_t buf[64];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeHeader h = { .spi_i = info.spi_i,
                    .spi_r = info.spi_r,
                    .next_payload = IKE_PAYLOAD_NOTIFY,
                    .version = IKE_VERSION,
                    .exchange = IKE_EXCHANGE_INFORMATIONAL,
                    .flags = IKE_FLAG_RESPONSE,
                    .length = IKE_HEADER_LEN + 8 };
    Hex notify = hex("0000000800000004");

    (void)state;
    ike_header_encode(&h, &w);
    writer_slice(&w, (Slice){ notify.b, notify.len });
    for (int i = 0; i < 50; i++)
        sim_inject(sim, SIM_CLIENT, true, writer_view(&w));
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
    (void)sim_run(sim, sim_never, USEC_PER_SEC);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

static void
test_a_doubt_finds_a_dead_gateway_soon(void **state)
{
    g_autoptr(Sim) sim = connected(neither);
    Usec start = sim->now;

    (void)state;
    sim->cut = true;
    ike_sa_doubt(sim->client.sa, sim->now);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_true(sim->client.closed_at - start == 31500 * USEC_PER_MSEC);
    assert_int_equal(sim->client.reason, IKE_REASON_TIMEOUT);
}

/* A move while somebody types the password: the login goes on from there. */
static void
test_a_move_during_the_login(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = 10 * USEC_PER_MSEC, .tune = mobile });

    (void)state;
    sim_reach(sim, SIM_CLIENT, "ASKING");
    move(sim, "192.0.2.7", "10.0.0.1");
    sim_wake(sim);
    assert_true(sim_run(sim, sim_both_up, 10 * USEC_PER_SEC));
    assert_client_at(sim, "192.0.2.7:25171", "192.0.2.7:25171");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_must_want_it),
        cmocka_unit_test(test_esp_follows_a_move_that_is_proved),
        cmocka_unit_test(test_a_move_to_another_family_and_back),
        cmocka_unit_test(test_of_two_moves_at_once_the_latest_wins),
        cmocka_unit_test(test_a_move_during_the_check_is_checked_again),
        cmocka_unit_test(test_moves_on_a_lossy_path_end_where_the_client_is),
        cmocka_unit_test(test_a_wrong_cookie_closes_the_ike_sa),
        cmocka_unit_test(test_a_liveness_check_notices_another_mapping),
        cmocka_unit_test(test_the_first_liveness_check_says_where_we_are),
        cmocka_unit_test(test_the_gateway_does_not_move_unasked),
        cmocka_unit_test(test_esp_from_elsewhere_is_followed_as_far_as_it_may),
        cmocka_unit_test(test_a_gateway_behind_a_nat_follows_nobody),
        cmocka_unit_test(test_a_gateway_behind_a_nat_follows_mobike),
        cmocka_unit_test(test_a_move_without_mobike_is_followed_as_a_nat_s),
        cmocka_unit_test(test_an_address_that_is_none_is_refused),
        cmocka_unit_test(test_a_nat_that_the_client_forbids_stops_the_move),
        cmocka_unit_test(test_a_client_without_a_network_waits),
        cmocka_unit_test(test_a_doubt_asks_once_in_ten_seconds),
        cmocka_unit_test(test_an_invalid_ike_spi_at_most_makes_us_ask),
        cmocka_unit_test(test_a_doubt_finds_a_dead_gateway_soon),
        cmocka_unit_test(test_a_move_during_the_login),
    };

    return cmocka_run_group_tests_name("x_mobike", tests, NULL, NULL);
}
