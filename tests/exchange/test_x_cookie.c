/* test_x_cookie.c - COOKIE in every order with INVALID_KE_PAYLOAD (RFC 7296 §2.6, §2.6.1). */
#include "agent/ike/ike_payload.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

static const IkeLimits always = {
    .half_open = 1000, .half_open_address = 1000, .all = 1000, .cookie_from = 0
};

static void
group_14_only(IkeConfig *client, IkeConfig *gateway)
{
    (void)client;
    gateway->ike = (IkeOffer){ .proto = IKE_PROTO_IKE };
    ike_offer_add(&gateway->ike, true, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
    ike_offer_add(&gateway->ike, false, TRANSFORM_PRF, PRF_HMAC_SHA2_256, 0);
    ike_offer_add(&gateway->ike, false, TRANSFORM_KE, KE_MODP2048, 0);
}

/* Every IKE_SA_INIT request as it left. */
static void
keep_requests(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    GPtrArray *kept = *(GPtrArray **)user;

    (void)sim;
    if (from == SIM_CLIENT && octets->data[18] == IKE_EXCHANGE_IKE_SA_INIT)
        g_ptr_array_add(kept, g_bytes_new(octets->data, octets->len));
}

static GPtrArray *
tap(Sim *sim)
{
    GPtrArray **user = g_new0(GPtrArray *, 1);

    *user = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    sim->tap = keep_requests;
    sim->tap_user = user;
    return *user;
}

static const uint8_t *
request(const GPtrArray *kept, guint i, size_t *len)
{
    assert_true(i < kept->len);
    return g_bytes_get_data(g_ptr_array_index(kept, i), len);
}

/* C023: COOKIE first and unchanged, and the rest octet for octet as it was. */
static void
test_the_cookie_goes_back_first_and_nothing_else_changes(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .limits = &always });
    g_autoptr(GPtrArray) kept = tap(sim);
    const uint8_t *one, *two;
    size_t a, b, cookie;

    (void)state;
    sim_connect(sim);
    assert_int_equal(kept->len, 2);
    one = request(kept, 0, &a);
    two = request(kept, 1, &b);
    cookie = b - a;
    assert_int_equal(two[16], IKE_PAYLOAD_NOTIFY);
    assert_int_equal(two[28 + 2] << 8 | two[28 + 3], cookie);
    assert_int_equal(two[28 + 6] << 8 | two[28 + 7], IKE_N_COOKIE);
    assert_int_equal(two[28], one[16]);                        /* then what was first before */
    assert_memory_equal(two + 28 + cookie, one + 28, a - 28);  /* and all of it */
    assert_memory_equal(two, one, 16);                         /* SPIs */
    assert_memory_equal(two + 20, (const uint8_t[4]){ 0 }, 4); /* Message ID 0 */
    assert_int_equal(sim->gateway.made,
                     1); /* AUTH verified, so the last request is the signed one */
}

static void
test_cookies_and_another_group_cost_a_round_trip_each(void **state)
{
    g_autoptr(Sim) sim = sim_new(
        &(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .limits = &always, .tune = group_14_only });

    (void)state;
    sim_connect(sim);
    /* none, cookie, cookie with group 14: the same cookie is good for both (§2.6.1) */
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 3);
    assert_int_equal(ike_listen_counted(sim->listen).cookies_asked, 1);
    assert_int_equal(ike_listen_counted(sim->listen).cookies_good, 2);
}

/* One Notify in answer to IKE_SA_INIT, as anybody could send it. */
static void
answer(Sim *sim, uint64_t spi_r, Slice body)
{
    uint8_t buf[512];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkeInfo info;
    IkeChain c;

    ike_sa_info(sim->client.sa, &info);
    ike_header_encode(&(IkeHeader){ .spi_i = info.spi_i,
                                    .spi_r = spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_RESPONSE },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_add(&c, IKE_PAYLOAD_NOTIFY, body);
    ike_header_finish(&w, 0);
    sim_inject(sim, SIM_CLIENT, false, writer_view(&w));
}

static void
answer_hex(Sim *sim, const char *text)
{
    Hex h = hex(text);

    answer(sim, 0, (Slice){ h.b, h.len });
}

/* Who gives the orders, one after the other: c a cookie (a new one each time), k another group. */
static void
obey(Sim *sim, const char *orders)
{
    static const char *const groups[] = { "00000011 000e", "00000011 0014" };
    unsigned cookies = 0, kes = 0;

    for (const char *o = orders; *o; o++) {
        g_autofree char *cookie = g_strdup_printf("00004006 aabb%02x", ++cookies);

        answer_hex(sim, *o == 'c' ? cookie : groups[kes++]);
    }
}

/* C025: in every order, and the last request has the last cookie and the last group. */
static void
test_cookie_and_group_in_every_order(void **state)
{
    static const char *const orders[] = { "c", "k", "ck", "kc", "ckc", "kck", "cckc", "kkcc" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
        g_autoptr(GPtrArray) kept = tap(sim);
        bool cookie = strchr(orders[i], 'c') != NULL;
        const uint8_t *last;
        size_t len;

        sim->cut = true;
        sim_start(sim);
        sim_drain(sim);
        obey(sim, orders[i]);
        assert_int_equal(kept->len, 1 + strlen(orders[i]));
        last = request(kept, kept->len - 1, &len);
        assert_int_equal(last[16], cookie ? IKE_PAYLOAD_NOTIFY : IKE_PAYLOAD_SA);
        sim->cut = false; /* it is not signed for anybody else: the real gateway takes it */
        assert_true(sim_run(sim, sim_both_up, 60 * USEC_PER_SEC));
    }
}

/* C024, C026: 1 to 64 octets, and whatever SPI the answer claims. */
static void
test_cookies_of_1_to_64_octets_are_returned(void **state)
{
    static const struct {
        size_t len;
        unsigned sent;
    } rows[] = { { 0, 1 }, { 1, 2 }, { 64, 2 }, { 65, 1 }, { 200, 1 } };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
        uint8_t body[256] = { 0, 0, 0x40, 0x06, 9 };

        sim->cut = true;
        sim_start(sim);
        sim_drain(sim);
        answer(sim, i % 2 ? UINT64_C(0x1234) : 0, (Slice){ body, 4 + rows[i].len });
        assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], rows[i].sent);
        sim->cut = false;
        assert_true(sim_run(sim, sim_both_up, 60 * USEC_PER_SEC));
    }
}

static void
test_endless_cookies_come_to_an_end(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim->cut = true;
    sim_start(sim);
    sim_drain(sim);
    obey(sim, "cccccccccccccccccccc");
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_SA_INIT], 6);
    assert_true(sim_run(sim, sim_client_closed, 60 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_PROTOCOL);
    assert_non_null(strstr(sim->client.why, "cookie"));
}

/* A gateway that answers every request with the same demand, whatever is in it. */
static void
demand(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    (void)sim;
    (void)user;
    if (from == SIM_GATEWAY)
        octets->data[octets->len - 1] = 7, octets->data[octets->len - 2] = 7; /* never good */
}

static void
test_a_cookie_that_is_mangled_on_the_way_gets_another(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .limits = &always });

    (void)state;
    sim->tap = demand;
    sim_start(sim);
    assert_true(sim_run(sim, sim_client_closed, 300 * USEC_PER_SEC));
    assert_int_equal(sim->client.reason, IKE_REASON_PROTOCOL);
    assert_int_equal(ike_listen_count(sim->listen), 0);
    assert_int_equal(ike_listen_counted(sim->listen).cookies_good, 0);
    assert_true(ike_listen_counted(sim->listen).cookies_bad > 0);
}

static void
test_a_bad_link_does_not_confuse_cookies(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 40; seed++) {
        g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = seed,
                                                  .delay = 10 * USEC_PER_MSEC,
                                                  .jitter = 200 * USEC_PER_MSEC,
                                                  .lose = 100,
                                                  .twice = 300,
                                                  .limits = &always,
                                                  .tune = seed % 2 ? group_14_only : NULL });

        sim_connect(sim);
        assert_int_equal(sim->gateway.configs, 1);
    }
}

/* 256 IKE_SA_INITs from nowhere do not keep a client out (C141). */
static void
test_a_flood_of_forged_requests_keeps_nobody_out(void **state)
{
    static const size_t from[] = { 128, IKE_COOKIE_NEVER };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(from); i++) {
        IkeLimits limits = IKE_LIMITS_DEFAULT;
        g_autoptr(Sim) sim = NULL;
        g_autoptr(Sim) other = sim_new(&(SimSetup){ .seed = 9 });
        g_autoptr(GPtrArray) kept = tap(other);
        g_autoptr(GByteArray) forged = g_byte_array_new();
        const uint8_t *octets;
        size_t len;

        limits.cookie_from = from[i];
        sim = sim_new(&(SimSetup){ .seed = 1, .delay = 20 * USEC_PER_MSEC, .limits = &limits });
        sim_start(other);
        sim_drain(other);
        octets = request(kept, 0, &len);
        g_byte_array_append(forged, octets, (guint)len);
        for (unsigned n = 0; n < 600; n++) {
            IkePath path = sim_path(sim, SIM_GATEWAY, false);
            bool fresh;
            IkeSa *sa;

            path.remote.addr = addr_v4(0x0b000000 + n);
            forged->data[len - 1] = (uint8_t)n;
            forged->data[len - 2] = (uint8_t)(n >> 8);
            sa = ike_listen_recv(sim->listen, &path, (Slice){ forged->data, forged->len }, sim->now,
                                 &fresh);
            if (sa)
                g_ptr_array_add(sim->sas, sa);
            sim_drain(sim);
        }
        assert_true(ike_listen_count(sim->listen) <= limits.half_open);
        sim_start(sim);
        assert_true(sim_run(sim, sim_both_up, 5 * USEC_PER_SEC));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_cookie_goes_back_first_and_nothing_else_changes),
        cmocka_unit_test(test_cookies_and_another_group_cost_a_round_trip_each),
        cmocka_unit_test(test_cookie_and_group_in_every_order),
        cmocka_unit_test(test_cookies_of_1_to_64_octets_are_returned),
        cmocka_unit_test(test_endless_cookies_come_to_an_end),
        cmocka_unit_test(test_a_cookie_that_is_mangled_on_the_way_gets_another),
        cmocka_unit_test(test_a_bad_link_does_not_confuse_cookies),
        cmocka_unit_test(test_a_flood_of_forged_requests_keeps_nobody_out),
    };

    return cmocka_run_group_tests_name("x_cookie", tests, NULL, NULL);
}
