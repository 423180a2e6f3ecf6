/* test_x_stray.c - packets drawn to where the client is not, and NATs that must not be there:
 * return routability of ESP's way, NO_NATS_ALLOWED (RFC 4555 §3.7, §3.9). */
#include "agent/ike/ike_notify.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static const char thief[] = "203.0.113.66:4500"; /* copies what he sees on the way */

static void
mobile(IkeConfig *client, IkeConfig *gateway)
{
    client->mobike = gateway->mobike = true;
}

static void
mobile_without_nats(IkeConfig *client, IkeConfig *gateway)
{
    mobile(client, gateway);
    client->no_nats = true;
}

static Sim *
sim_of(void (*tune)(IkeConfig *, IkeConfig *), unsigned seed)
{
    return sim_new(&(SimSetup){ .seed = seed, .delay = 10 * USEC_PER_MSEC, .tune = tune });
}

static Endpoint
endpoint(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

static bool
esp_goes_to(const Sim *sim, const char *where)
{
    Endpoint e = endpoint(where);
    IkeInfo info;

    ike_sa_info(sim->gateway.sa, &info);
    return endpoint_equal(&info.esp_path.remote, &e);
}

static bool
ike_goes_to(const Sim *sim, const char *where)
{
    Endpoint e = endpoint(where);
    IkeInfo info;

    ike_sa_info(sim->gateway.sa, &info);
    return endpoint_equal(&info.path.remote, &e);
}

/* A copy of every IKE_AUTH request arrives from the thief before the original does. */
static void
overtake(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    IkePath path = sim_path(sim, SIM_GATEWAY, true);
    Slice copy = { octets->data, octets->len };
    Reader in = reader_init(copy);
    IkeHeader h;
    bool fresh;

    (void)user;
    if (from != SIM_CLIENT || ike_header_decode(&in, &h) != IKE_OK ||
        h.exchange != IKE_EXCHANGE_IKE_AUTH)
        return;
    path.remote = endpoint(thief);
    (void)ike_listen_recv(sim->listen, &path, copy, sim->now, &fresh);
}

/* What the client sends over ESP arrives at the gateway from @where. */
static void
esp_from(Sim *sim, const char *where)
{
    Endpoint e = endpoint(where);

    ike_sa_heard_from(sim->gateway.sa, &e, sim->now);
    sim_drain(sim);
}

static Sim *
drawn_away(void)
{
    Sim *sim = sim_of(mobile, 1);

    sim->tap = overtake;
    sim_connect(sim);
    sim->tap = NULL;
    return sim;
}

/* The attack: until somebody says something, ESP goes to the thief. */
static void
test_a_copy_that_overtakes_the_login_draws_esp_away(void **state)
{
    g_autoptr(Sim) sim = drawn_away();

    (void)state;
    assert_true(esp_goes_to(sim, thief));
    assert_true(ike_goes_to(sim, thief));
}

static void
test_the_first_esp_of_the_client_brings_it_back(void **state)
{
    g_autoptr(Sim) sim = drawn_away();

    (void)state;
    esp_from(sim, "192.168.1.1:25171");
    assert_true(esp_goes_to(sim, thief)); /* not before the client has answered there */
    (void)sim_run(sim, sim_never, 50 * USEC_PER_MSEC);
    assert_true(esp_goes_to(sim, "192.168.1.1:25171"));
    assert_true(ike_goes_to(sim, "192.168.1.1:25171"));
    assert_int_equal(sim->gateway.paths, 1);
    /* the check, and the client's own UPDATE_SA_ADDRESSES, for it has not moved */
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 2);
    (void)sim_run(sim, sim_never, 60 * USEC_PER_SEC);
    assert_true(esp_goes_to(sim, "192.168.1.1:25171"));
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

/* ... also where every third datagram is lost. */
static void
test_it_comes_back_on_a_lossy_path(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        g_autoptr(Sim) sim = sim_of(mobile, seed);

        sim->tap = overtake;
        sim_connect(sim);
        sim->tap = NULL;
        sim->setup.lose = 300;
        for (int i = 0; i < 120 && !esp_goes_to(sim, "192.168.1.1:25171"); i++) {
            esp_from(sim, "192.168.1.1:25171");
            (void)sim_run(sim, sim_never, USEC_PER_SEC);
            if (!sim->gateway.sa)
                fail_msg("seed %u: %s", seed, sim->gateway.why);
        }
        if (!esp_goes_to(sim, "192.168.1.1:25171"))
            fail_msg("seed %u: ESP still goes to the thief", seed);
    }
}

/* Copies of the client's ESP from where nobody answers: neither ESP nor IKE follows, and the IKE SA
 * stays, for the question also goes to where the client was. */
static void
test_esp_from_where_nobody_answers_draws_nothing(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile, 1);

    (void)state;
    sim_connect(sim);
    for (int i = 0; i < 120; i++) {
        esp_from(sim, thief);
        (void)sim_run(sim, sim_never, USEC_PER_SEC);
        assert_true(esp_goes_to(sim, "192.168.1.1:25171"));
        assert_true(ike_goes_to(sim, "192.168.1.1:25171"));
    }
    assert_int_equal(sim->gateway.paths, 0);
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
    /* nor does it become a flood: a question every five seconds or more, sent three times */
    assert_in_range(sim->gateway.sent[IKE_EXCHANGE_INFORMATIONAL], 1, 4 * 120 / 5);
}

/* A move and its ESP arrive together: one of the two questions is enough to find out. */
static void
test_a_move_while_its_esp_is_checked(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile, 1);
    IkePath path;

    (void)state;
    sim_connect(sim);
    sim->client_at = "192.0.2.7";
    esp_from(sim, "192.0.2.7:25171");
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
    sim_drain(sim);
    (void)sim_run(sim, sim_never, USEC_PER_SEC);
    assert_true(esp_goes_to(sim, "192.0.2.7:25171"));
    assert_true(ike_goes_to(sim, "192.0.2.7:25171"));
    (void)sim_run(sim, sim_never, 60 * USEC_PER_SEC);
    assert_true(esp_goes_to(sim, "192.0.2.7:25171"));
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

/* ... and one that leads elsewhere than the ESP that is being checked wins. */
static void
test_the_client_s_word_counts_more_than_its_esp(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile, 1);
    IkePath path;

    (void)state;
    sim_connect(sim);
    esp_from(sim, thief);
    sim->client_at = "192.0.2.7";
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
    sim_drain(sim);
    (void)sim_run(sim, sim_never, 10 * USEC_PER_SEC);
    assert_true(esp_goes_to(sim, "192.0.2.7:25171"));
    assert_int_equal(sim->client.closes + sim->gateway.closes, 0);
}

/* A gateway behind a NAT follows nobody unasked, but it asks. */
static void
test_a_gateway_behind_a_nat_asks_as_well(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile, 1);

    (void)state;
    sim->hidden_at = "172.31.0.1";
    sim->tap = overtake;
    sim_connect(sim);
    sim->tap = NULL;
    assert_true(esp_goes_to(sim, thief));
    esp_from(sim, "192.168.1.1:25171");
    (void)sim_run(sim, sim_never, 50 * USEC_PER_MSEC);
    assert_true(esp_goes_to(sim, "192.168.1.1:25171"));
}

/* ---- NO_NATS_ALLOWED ---- */

typedef struct Seen {
    unsigned allowed_none, unexpected;
} Seen;

static bool
count(Sim *sim, SimLetter *l, void *user)
{
    Seen *seen = user;

    (void)sim;
    for (guint i = 0; i < l->payloads->len; i++) {
        const SimPayload *p = l->payloads->pdata[i];
        Reader in = reader_init((Slice){ p->body->data, p->body->len });
        IkeNotify n;

        if (p->type != IKE_PAYLOAD_NOTIFY || ike_notify_decode(&in, &n) != IKE_OK)
            continue;
        seen->allowed_none += n.type == IKE_N_NO_NATS_ALLOWED;
        seen->unexpected += n.type == IKE_N_UNEXPECTED_NAT_DETECTED;
    }
    return false;
}

static void
test_no_nats_are_forbidden_unless_it_is_configured(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile, 1);
    Seen *seen = g_new0(Seen, 1);

    (void)state;
    sim_lie(sim, count, seen);
    sim_connect(sim);
    assert_int_equal(seen->allowed_none, 0);
    g_free(seen);
}

static void
test_a_login_without_a_nat_says_that_none_may_be(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile_without_nats, 1);
    Seen *seen = g_new0(Seen, 1);
    IkePath path;

    (void)state;
    sim_lie(sim, count, seen);
    sim_connect(sim);
    assert_int_equal(seen->allowed_none, 1);
    assert_int_equal(seen->unexpected, 0);
    sim->client_at = "192.0.2.7";
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
    sim_drain(sim);
    (void)sim_run(sim, sim_never, USEC_PER_SEC);
    assert_int_equal(seen->allowed_none, 2);
    assert_int_equal(seen->unexpected, 0);
    assert_true(esp_goes_to(sim, "192.0.2.7:25171"));
    g_free(seen);
}

/* RFC 4555 §3.9: before anything of the login has been sent. */
static void
test_a_login_through_a_nat_that_is_forbidden_fails(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile_without_nats, 1);

    (void)state;
    sim->moved = 7;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 10 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_NAT);
    assert_non_null(strstr(sim->client.why, "UNEXPECTED_NAT_DETECTED"));
    assert_int_equal(sim->gateway.reason, IKE_REASON_NAT);
    assert_int_equal(sim->client.certificates + sim->client.questions, 0);
    assert_int_equal(sim->gateway.ups, 0);
}

static void
test_a_move_behind_a_nat_that_is_forbidden_ends_it(void **state)
{
    g_autoptr(Sim) sim = sim_of(mobile_without_nats, 1);
    Seen *seen = g_new0(Seen, 1);
    IkePath path;

    (void)state;
    sim_lie(sim, count, seen);
    sim_connect(sim);
    sim->client_at = "192.0.2.7";
    sim->moved = 7;
    path = sim_path(sim, SIM_CLIENT, true);
    ike_sa_move(sim->client.sa, &path, sim->now);
    sim_drain(sim);
    assert_true(sim_run(sim, sim_client_closed, 30 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_NAT);
    assert_int_equal(seen->unexpected, 3); /* one changed packet is no NAT */
    assert_int_equal(sim->gateway.paths, 0);
    g_free(seen);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_that_overtakes_the_login_draws_esp_away),
        cmocka_unit_test(test_the_first_esp_of_the_client_brings_it_back),
        cmocka_unit_test(test_it_comes_back_on_a_lossy_path),
        cmocka_unit_test(test_esp_from_where_nobody_answers_draws_nothing),
        cmocka_unit_test(test_a_move_while_its_esp_is_checked),
        cmocka_unit_test(test_the_client_s_word_counts_more_than_its_esp),
        cmocka_unit_test(test_a_gateway_behind_a_nat_asks_as_well),
        cmocka_unit_test(test_no_nats_are_forbidden_unless_it_is_configured),
        cmocka_unit_test(test_a_login_without_a_nat_says_that_none_may_be),
        cmocka_unit_test(test_a_login_through_a_nat_that_is_forbidden_fails),
        cmocka_unit_test(test_a_move_behind_a_nat_that_is_forbidden_ends_it),
    };

    return cmocka_run_group_tests_name("x_stray", tests, NULL, NULL);
}
