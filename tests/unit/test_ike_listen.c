/* test_ike_listen.c - agent/ike/ike_listen.c: what the front door lets in, keeps, and answers. */
#include "agent/ike/ike_listen.h"
#include "tests/support/hex.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

/* The client's IKE_SA_INIT as it left. */
static void
keep_first(Sim *sim, SimSide from, GByteArray *octets, void *user)
{
    GByteArray *first = *(GByteArray **)user;

    (void)sim;
    if (from == SIM_CLIENT && first->len == 0)
        g_byte_array_append(first, octets->data, octets->len);
    g_byte_array_set_size(octets, 0); /* nothing arrives by itself */
}

typedef struct Door {
    Sim *sim;
    GByteArray *request;
    IkePath path;
} Door;

static int
knock(void **state)
{
    Door *d = g_new0(Door, 1);
    GByteArray **user = g_new0(GByteArray *, 1);

    d->sim = sim_new(&(SimSetup){ .seed = 1 });
    d->request = g_byte_array_new();
    *user = d->request;
    d->sim->tap = keep_first;
    d->sim->tap_user = user;
    sim_start(d->sim);
    sim_drain(d->sim);
    d->path = sim_path(d->sim, SIM_GATEWAY, false);
    *state = d;
    return 0;
}

static int
leave(void **state)
{
    Door *d = *state;

    sim_free(d->sim);
    g_byte_array_unref(d->request);
    g_free(d);
    return 0;
}

static IkeSa *
push(Door *d, bool *fresh)
{
    return ike_listen_recv(d->sim->listen, &d->path, (Slice){ d->request->data, d->request->len },
                           d->sim->now, fresh);
}

static void
test_a_repeated_init_finds_the_sa_it_made(void **state)
{
    Door *d = *state;
    IkeDatagram one, two;
    bool fresh;
    IkeSa *sa = push(d, &fresh);
    g_autofree uint8_t *copy = NULL;

    assert_non_null(sa);
    assert_true(fresh);
    assert_true(ike_sa_pull_datagram(sa, &one));
    copy = g_memdup2(one.octets.p, one.octets.len);
    assert_ptr_equal(push(d, &fresh), sa);
    assert_false(fresh);
    assert_true(ike_sa_pull_datagram(sa, &two));
    assert_memory_equal(two.octets.p, copy, two.octets.len); /* the very octets, §2.1 */
    assert_int_equal(ike_listen_count(d->sim->listen), 1);
    assert_int_equal(ike_listen_half_open(d->sim->listen), 1);
}

/* §2.1: the same SPI with another nonce is another attempt, of this client or of another. */
static void
test_other_octets_under_the_same_spi_are_a_new_attempt(void **state)
{
    Door *d = *state;
    bool fresh;
    IkeSa *a = push(d, &fresh), *b;

    d->request->data[d->request->len - 1] ^= 1;
    b = push(d, &fresh);
    assert_non_null(b);
    assert_true(fresh && a != b);
    assert_int_equal(ike_listen_count(d->sim->listen), 2);
}

static void
test_truncated_and_inflated_requests_make_no_sa(void **state)
{
    Door *d = *state;
    bool fresh;
    size_t len = d->request->len;

    for (size_t cut = 0; cut < len; cut++) {
        g_autofree uint8_t *copy = g_memdup2(d->request->data, cut);

        assert_null(ike_listen_recv(d->sim->listen, &d->path, (Slice){ copy, cut }, 0, &fresh));
        assert_false(fresh);
    }
    g_byte_array_append(d->request, (const uint8_t *)"", 1);
    assert_null(push(d, &fresh));
    assert_int_equal(ike_listen_count(d->sim->listen), 0);
    assert_int_equal(ike_listen_half_open(d->sim->listen), 0);
}

/* Another request each time: its nonce is another. */
static IkeSa *
knock_again(Door *d, IkeListen *l, Usec now)
{
    bool fresh;

    d->request->data[d->request->len - 1]++;
    return ike_listen_recv(l, &d->path, (Slice){ d->request->data, d->request->len }, now, &fresh);
}

static IkeListen *
door_with(Door *d, const IkeLimits *limits)
{
    return ike_listen_new(&d->sim->config[SIM_GATEWAY], &d->sim->env, limits);
}

/* RFC 8019 §4: 3 places, and the newest is never the one who waits outside. */
static void
test_the_oldest_half_open_sa_gives_way_to_the_newest(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 3, 3, 100, IKE_COOKIE_NEVER };
    IkeListen *l = door_with(d, &limits);
    IkeSa *sa[10];
    IkeEvent ev;

    for (size_t i = 0; i < G_N_ELEMENTS(sa); i++) {
        sa[i] = knock_again(d, l, i);
        assert_non_null(sa[i]);
        assert_int_equal(ike_listen_half_open(l), MIN(i + 1, 3));
        if (i < 3) {
            assert_null(ike_listen_ended(l));
            continue;
        }
        assert_ptr_equal(ike_listen_ended(l), sa[i - 3]);
        assert_null(ike_listen_ended(l));
        assert_true(ike_sa_pull_event(sa[i - 3], &ev));
        assert_int_equal(ev.kind, IKE_EV_CLOSED);
        assert_non_null(strstr(ev.text, "room"));
        ike_listen_remove(l, sa[i - 3]);
    }
    assert_int_equal(ike_listen_count(l), 3);
    assert_int_equal(ike_listen_counted(l).given_way, 7);
    ike_listen_free(l);
}

/* Who has shown the right keys is not pushed out by those who have shown nothing. */
static void
test_a_client_that_is_logging_in_keeps_its_place(void **state)
{
    static const IkeLimits one = { 1, 1, 100, IKE_COOKIE_NEVER };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 2, .limits = &one });
    Door *d = *state;

    sim_reach(sim, SIM_GATEWAY, "DECIDING");
    assert_null(knock_again(d, sim->listen, sim->now));
    assert_null(ike_listen_ended(sim->listen));
    assert_int_equal(ike_listen_counted(sim->listen).refused, 1);
    sim_wake(sim);
    assert_true(sim_run(sim, sim_both_up, 60 * USEC_PER_SEC));
    assert_non_null(knock_again(d, sim->listen, sim->now)); /* the place is free again */
}

static void
test_one_address_cannot_take_all_places(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 10, 2, 100, IKE_COOKIE_NEVER };
    IkeListen *l = door_with(d, &limits);

    for (int i = 0; i < 5; i++)
        assert_non_null(knock_again(d, l, 0));
    assert_int_equal(ike_listen_half_open(l), 2);
    d->path.remote.addr = addr_v4(0xc6336401);
    assert_non_null(knock_again(d, l, 0));
    assert_int_equal(ike_listen_half_open(l), 3);
    ike_listen_free(l);
}

static void
test_one_ipv6_network_counts_as_one_address(void **state)
{
    static const struct {
        const char *addr;
        size_t half_open;
    } rows[] = { { "2001:db8::1", 1 },
                 { "2001:db8::2", 2 },
                 { "2001:db8::ffff:0:0:3", 2 },
                 { "2001:db8:0:1::1", 3 } };
    Door *d = *state;
    IkeLimits limits = { 10, 2, 100, IKE_COOKIE_NEVER };
    IkeListen *l = door_with(d, &limits);

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_true(addr_parse(rows[i].addr, &d->path.remote.addr));
        assert_non_null(knock_again(d, l, 0));
        assert_int_equal(ike_listen_half_open(l), rows[i].half_open);
    }
    ike_listen_free(l);
}

static void
test_no_more_sas_than_allowed_in_all(void **state)
{
    static const IkeLimits two = { 10, 10, 2, IKE_COOKIE_NEVER };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 2, .limits = &two });
    Door *d = *state;
    IkeSa *first, *second;

    sim_connect(sim);
    first = knock_again(d, sim->listen, sim->now);
    assert_non_null(first);
    second = knock_again(d, sim->listen, sim->now);
    assert_non_null(second);
    assert_ptr_equal(ike_listen_ended(sim->listen), first);
    ike_listen_remove(sim->listen, first);
    assert_int_equal(ike_listen_count(sim->listen), 2);
    assert_int_equal(sim->gateway.closes, 0); /* not the one that is up */
}

/* The answer of the door's own, if there is one. */
static size_t
pull_answer(IkeListen *l, uint8_t *ret, size_t max)
{
    IkeDatagram out;

    if (!ike_listen_pull(l, &out))
        return 0;
    assert_true(out.octets.len <= max);
    memcpy(ret, out.octets.p, out.octets.len);
    return out.octets.len;
}

/* The request again, with the cookie of @answer in front. */
static GByteArray *
with_cookie(const Door *d, const uint8_t *answer, size_t len)
{
    GByteArray *ret = g_byte_array_new();
    uint8_t next = d->request->data[16];
    size_t size = d->request->len + len - 28;

    g_byte_array_append(ret, d->request->data, 28);
    g_byte_array_append(ret, answer + 28, (guint)(len - 28));
    g_byte_array_append(ret, d->request->data + 28, d->request->len - 28);
    ret->data[16] = IKE_PAYLOAD_NOTIFY;
    ret->data[28] = next;
    ret->data[26] = (uint8_t)(size >> 8);
    ret->data[27] = (uint8_t)size;
    return ret;
}

/* RFC 7296 §2.6: no state, an answer that is smaller than the question (CVE-2016-5361), and then
 * in.
 */
static void
test_under_pressure_a_cookie_comes_before_everything(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 10, 10, 100, 0 };
    IkeListen *l = door_with(d, &limits);
    g_autoptr(GByteArray) again = NULL;
    uint8_t answer[256];
    bool fresh;
    size_t len;

    assert_null(knock_again(d, l, 0));
    assert_int_equal(ike_listen_count(l), 0);
    len = pull_answer(l, answer, sizeof(answer));
    assert_true(len > 0 && len < d->request->len);
    assert_int_equal(answer[18], IKE_EXCHANGE_IKE_SA_INIT);
    assert_int_equal(answer[19], IKE_FLAG_RESPONSE);
    for (int i = 8; i < 16; i++)
        assert_int_equal(answer[i], 0); /* the responder's SPI */
    assert_int_equal(answer[34] << 8 | answer[35], IKE_N_COOKIE);
    again = with_cookie(d, answer, len);
    d->path.remote.addr.b[3] ^= 1; /* somebody else has overheard it */
    assert_null(ike_listen_recv(l, &d->path, (Slice){ again->data, again->len }, 0, &fresh));
    assert_int_equal(pull_answer(l, answer, sizeof(answer)), len);
    d->path.remote.addr.b[3] ^= 1;
    assert_non_null(ike_listen_recv(l, &d->path, (Slice){ again->data, again->len }, 0, &fresh));
    assert_true(fresh);
    assert_non_null(ike_listen_recv(l, &d->path, (Slice){ again->data, again->len }, 0, &fresh));
    assert_false(fresh); /* a repetition finds its SA, cookie or not */
    assert_int_equal(ike_listen_counted(l).cookies_asked, 2);
    assert_int_equal(ike_listen_counted(l).cookies_good, 1);
    assert_int_equal(ike_listen_counted(l).cookies_bad, 1);
    ike_listen_free(l);
}

static void
test_cookies_begin_at_the_threshold(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 10, 10, 100, 3 };
    IkeListen *l = door_with(d, &limits);
    uint8_t answer[256];

    for (int i = 0; i < 3; i++)
        assert_non_null(knock_again(d, l, 0));
    assert_null(knock_again(d, l, 0));
    assert_true(pull_answer(l, answer, sizeof(answer)) > 0);
    assert_int_equal(ike_listen_half_open(l), 3);
    ike_listen_free(l);
}

/* One address at its limit has to show that it is where it says; the others need not. */
static void
test_an_address_at_its_limit_needs_a_cookie(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 10, 2, 100, 8 };
    IkeListen *l = door_with(d, &limits);
    uint8_t answer[256];

    for (int i = 0; i < 2; i++)
        assert_non_null(knock_again(d, l, 0));
    assert_null(knock_again(d, l, 0));
    assert_true(pull_answer(l, answer, sizeof(answer)) > 0);
    d->path.remote.addr = addr_v4(0xc6336401);
    assert_non_null(knock_again(d, l, 0));
    ike_listen_free(l);
}

/* What is refused leaves nobody worse off. */
static void
test_a_malformed_request_pushes_nobody_out(void **state)
{
    Door *d = *state;
    IkeLimits limits = { 1, 1, 100, IKE_COOKIE_NEVER };
    IkeListen *l = door_with(d, &limits);
    IkeSa *sa = knock_again(d, l, 0);

    assert_non_null(sa);
    d->request->data[28 + 4] ^= 0xff; /* inside the SA payload, where the door does not look */
    assert_null(knock_again(d, l, 0));
    assert_null(ike_listen_ended(l));
    assert_int_equal(ike_listen_half_open(l), 1);
    ike_listen_free(l);
}

static unsigned
answers(IkeListen *l, uint16_t *ret_type)
{
    IkeDatagram out;
    unsigned n = 0;

    for (; ike_listen_pull(l, &out); n++) {
        assert_int_equal(out.octets.len, 36); /* header and one empty Notify */
        assert_int_equal(out.octets.p[19], IKE_FLAG_RESPONSE);
        *ret_type = (uint16_t)(out.octets.p[34] << 8 | out.octets.p[35]);
    }
    return n;
}

/* §2.21.4: told to whoever asks under an unknown SPI, but only so often, and never about a
 * response. */
static void
test_unknown_spis_are_answered_at_a_limited_rate(void **state)
{
    Door *d = *state;
    IkeListen *l = d->sim->listen;
    Hex request = hex("58aff71141ba436b fc696330e6b94d7f 2e 20 25 08 00000004 00000050 00000034");
    Hex response = hex("58aff71141ba436b fc696330e6b94d7f 2e 20 25 28 00000004 00000050 00000034");
    uint16_t type = 0;
    bool fresh;

    request.len = response.len = 80;
    for (int i = 0; i < 100; i++) {
        assert_null(
            ike_listen_recv(l, &d->path, (Slice){ response.b, response.len }, d->sim->now, &fresh));
        assert_null(
            ike_listen_recv(l, &d->path, (Slice){ request.b, request.len }, d->sim->now, &fresh));
    }
    assert_int_equal(answers(l, &type), 10);
    assert_int_equal(type, IKE_N_INVALID_IKE_SPI);
    (void)ike_listen_recv(l, &d->path, (Slice){ request.b, request.len },
                          d->sim->now + USEC_PER_SEC, &fresh);
    assert_int_equal(answers(l, &type), 1);
}

/* §2.5: a later major version is told so; RFC 9395: IKEv1 is gone, and nothing is said to it. */
static void
test_other_major_versions_make_no_sa(void **state)
{
    Door *d = *state;
    uint16_t type = 0;
    bool fresh;

    d->request->data[17] = 0x30;
    assert_null(push(d, &fresh));
    assert_int_equal(answers(d->sim->listen, &type), 1);
    assert_int_equal(type, IKE_N_INVALID_MAJOR_VERSION);
    d->request->data[17] = 0x10;
    assert_null(push(d, &fresh));
    assert_int_equal(answers(d->sim->listen, &type), 0);
    d->request->data[17] = 0x21; /* a later minor one is ours, §2.5 */
    assert_non_null(push(d, &fresh));
}

static void
test_a_refused_request_comes_back_closed(void **state)
{
    Door *d = *state;
    IkeDatagram out;
    IkeEvent ev = { 0 };
    bool fresh;
    IkeSa *sa;

    d->sim->config[SIM_GATEWAY].ike.n = 0; /* nothing is acceptable */
    sa = push(d, &fresh);
    assert_non_null(sa);
    assert_true(fresh);
    assert_true(ike_sa_pull_datagram(sa, &out));
    assert_true(out.octets.len <= d->request->len); /* no amplifier */
    while (ike_sa_pull_event(sa, &ev))
        continue;
    assert_int_equal(ev.kind, IKE_EV_CLOSED);
    assert_int_equal(ev.reason, IKE_REASON_NO_PROPOSAL);
    assert_int_equal(ike_listen_half_open(d->sim->listen), 0);
    ike_listen_remove(d->sim->listen, sa);
    assert_int_equal(ike_listen_count(d->sim->listen), 0);
}

/* What we begin ourselves is found by its datagrams too, and goes the same way. */
static void
test_an_sa_that_we_begin_is_found_by_its_answers(void **state)
{
    Door *d = *state;
    IkeListen *l = d->sim->listen;
    const IkePath *path = &d->path;
    uint8_t refusal[IKE_HEADER_LEN + 10];
    Writer w = { .base = refusal, .cap = sizeof(refusal) };
    IkeInfo info;
    bool fresh;
    IkeSa *sa;

    sim_psk(&d->sim->config[SIM_CLIENT], &d->sim->config[SIM_GATEWAY]);
    sa = ike_listen_begin(l, &d->sim->config[SIM_GATEWAY]);
    assert_int_equal(ike_listen_count(l), 1);
    assert_int_equal(ike_listen_half_open(l), 0); /* nobody else's doing */
    ike_sa_start(sa, path, path, d->sim->now);
    ike_sa_info(sa, &info);
    assert_true(info.ours);
    /* NO_PROPOSAL_CHOSEN: it has no responder's SPI yet */
    writer_u64(&w, info.spi_i);
    writer_u64(&w, 0);
    writer_u8(&w, IKE_PAYLOAD_NOTIFY);
    writer_u8(&w, IKE_VERSION);
    writer_u8(&w, IKE_EXCHANGE_IKE_SA_INIT);
    writer_u8(&w, IKE_FLAG_RESPONSE);
    writer_u32(&w, 0);
    writer_u32(&w, IKE_HEADER_LEN + 8);
    writer_u32(&w, 8);
    writer_u32(&w, IKE_N_NO_PROPOSAL_CHOSEN);
    assert_null(ike_listen_recv(l, path, writer_view(&w), d->sim->now, &fresh)); /* remembered */
    ike_sa_tick(sa, ike_sa_deadline(sa));
    while (ike_sa_deadline(sa) != USEC_NEVER)
        ike_sa_tick(sa, ike_sa_deadline(sa));
    for (IkeEvent ev; ike_sa_pull_event(sa, &ev);)
        if (ev.kind == IKE_EV_CLOSED)
            assert_int_equal(ev.reason, IKE_REASON_NO_PROPOSAL);
    ike_sa_info(sa, &info);
    assert_string_equal(info.state, "CLOSED");
    ike_listen_remove(l, sa);
    assert_int_equal(ike_listen_count(l), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_repeated_init_finds_the_sa_it_made, knock, leave),
        cmocka_unit_test_setup_teardown(test_other_octets_under_the_same_spi_are_a_new_attempt,
                                        knock, leave),
        cmocka_unit_test_setup_teardown(test_truncated_and_inflated_requests_make_no_sa, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_the_oldest_half_open_sa_gives_way_to_the_newest, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_a_client_that_is_logging_in_keeps_its_place, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_one_address_cannot_take_all_places, knock, leave),
        cmocka_unit_test_setup_teardown(test_one_ipv6_network_counts_as_one_address, knock, leave),
        cmocka_unit_test_setup_teardown(test_no_more_sas_than_allowed_in_all, knock, leave),
        cmocka_unit_test_setup_teardown(test_under_pressure_a_cookie_comes_before_everything, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_cookies_begin_at_the_threshold, knock, leave),
        cmocka_unit_test_setup_teardown(test_an_address_at_its_limit_needs_a_cookie, knock, leave),
        cmocka_unit_test_setup_teardown(test_a_malformed_request_pushes_nobody_out, knock, leave),
        cmocka_unit_test_setup_teardown(test_unknown_spis_are_answered_at_a_limited_rate, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_other_major_versions_make_no_sa, knock, leave),
        cmocka_unit_test_setup_teardown(test_an_sa_that_we_begin_is_found_by_its_answers, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_a_refused_request_comes_back_closed, knock, leave),
    };

    return cmocka_run_group_tests_name("ike_listen", tests, NULL, NULL);
}
