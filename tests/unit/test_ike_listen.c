/* test_ike_listen.c - agent/ike/ike_listen.c: what the front door lets in, keeps, and answers. */
#include "agent/ike/ike_listen.h"
#include "tests/support/hex.h"
#include "tests/support/sim.h"
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

static void
test_half_open_sas_are_limited(void **state)
{
    Door *d = *state;
    IkeListen *l = ike_listen_new(&d->sim->config[SIM_GATEWAY], &d->sim->env, 3);
    unsigned made = 0;
    bool fresh;
    IkeSa *sa = NULL;
    IkeEvent ev;

    for (int i = 0; i < 10; i++) {
        IkeSa *got;

        d->request->data[d->request->len - 1]++;
        got = ike_listen_recv(l, &d->path, (Slice){ d->request->data, d->request->len }, 0, &fresh);
        made += got != NULL;
        sa = got ? got : sa;
    }
    assert_int_equal(made, 3);
    assert_int_equal(ike_listen_half_open(l), 3);
    ike_sa_tick(sa, 31 * USEC_PER_SEC); /* it did not go on: the place is free again */
    while (ike_sa_pull_event(sa, &ev))
        continue;
    assert_int_equal(ev.kind, IKE_EV_CLOSED);
    assert_int_equal(ike_listen_half_open(l), 2);
    ike_listen_remove(l, sa);
    assert_int_equal(ike_listen_count(l), 2);
    d->request->data[d->request->len - 1]++;
    assert_non_null(
        ike_listen_recv(l, &d->path, (Slice){ d->request->data, d->request->len }, 0, &fresh));
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_repeated_init_finds_the_sa_it_made, knock, leave),
        cmocka_unit_test_setup_teardown(test_other_octets_under_the_same_spi_are_a_new_attempt,
                                        knock, leave),
        cmocka_unit_test_setup_teardown(test_truncated_and_inflated_requests_make_no_sa, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_half_open_sas_are_limited, knock, leave),
        cmocka_unit_test_setup_teardown(test_unknown_spis_are_answered_at_a_limited_rate, knock,
                                        leave),
        cmocka_unit_test_setup_teardown(test_other_major_versions_make_no_sa, knock, leave),
        cmocka_unit_test_setup_teardown(test_a_refused_request_comes_back_closed, knock, leave),
    };

    return cmocka_run_group_tests_name("ike_listen", tests, NULL, NULL);
}
