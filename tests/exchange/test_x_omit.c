/* test_x_omit.c - each payload of each message of a login left out, doubled, emptied: whatever
 * comes of it, nothing crashes and both ends come to rest. */
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

/* CVE-2013-6467, CVE-2009-1958: what was not there was used. */
typedef struct Omit {
    unsigned message, payload;
    unsigned seen;
    bool done, past_end;
} Omit;

static bool
omit_one(Sim *sim, SimLetter *l, void *user)
{
    Omit *o = user;

    (void)sim;
    if (o->done || o->past_end || o->seen++ != o->message)
        return false;
    if (o->payload >= l->payloads->len) {
        o->past_end = true;
        return false;
    }
    g_ptr_array_remove_index(l->payloads, o->payload);
    o->done = true;
    return true;
}

static unsigned
omit_each(void (*tune)(IkeConfig *, IkeConfig *), unsigned messages)
{
    unsigned runs = 0;

    for (unsigned message = 0; message < messages; message++)
        for (unsigned payload = 0;; payload++) {
            g_autoptr(Sim) sim =
                sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = tune });
            Omit omit = { .message = message, .payload = payload };

            sim_lie(sim, omit_one, &omit);
            sim_start(sim);
            (void)sim_run(sim, sim_never, 200 * USEC_PER_SEC);
            if (omit.past_end)
                break;
            runs++;
            assert_true(omit.done);
            assert_true(sim->client.ups + sim->client.closes == 1);
            assert_int_equal(ike_listen_half_open(sim->listen), 0);
            if (sim->client.closes)
                assert_int_equal(ike_listen_count(sim->listen), 0);
        }
    return runs;
}

static void
test_any_payload_of_any_message_may_be_missing(void **state)
{
    (void)state;
    assert_true(omit_each(NULL, 12) > 40);
    for (size_t i = 0; i < G_N_ELEMENTS(sim_ways); i++)
        assert_true(omit_each(sim_ways[i].tune, 2 * sim_ways[i].messages) > 20);
}

/* The same for each payload twice, and for each cut to nothing. */
typedef struct Twist {
    unsigned message, payload;
    unsigned seen;
    bool twice, done, past_end;
} Twist;

static bool
twist_one(Sim *sim, SimLetter *l, void *user)
{
    Twist *t = user;
    SimPayload *p;

    (void)sim;
    if (t->done || t->past_end || t->seen++ != t->message)
        return false;
    if (t->payload >= l->payloads->len) {
        t->past_end = true;
        return false;
    }
    p = g_ptr_array_index(l->payloads, t->payload);
    if (t->twice)
        sim_letter_add(l, p->type, (Slice){ p->body->data, p->body->len });
    else
        g_byte_array_set_size(p->body, 0);
    t->done = true;
    return true;
}

static void
test_any_payload_may_come_twice_or_empty(void **state)
{
    (void)state;
    for (int twice = 0; twice <= 1; twice++)
        for (unsigned message = 0; message < 12; message++)
            for (unsigned payload = 0;; payload++) {
                g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });
                Twist twist = { .message = message, .payload = payload, .twice = twice };

                sim_lie(sim, twist_one, &twist);
                sim_start(sim);
                (void)sim_run(sim, sim_never, 200 * USEC_PER_SEC);
                if (twist.past_end)
                    break;
                assert_true(sim->client.ups + sim->client.closes == 1);
                assert_int_equal(ike_listen_half_open(sim->listen), 0);
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_payload_of_any_message_may_be_missing),
        cmocka_unit_test(test_any_payload_may_come_twice_or_empty),
    };

    return cmocka_run_group_tests_name("x_omit", tests, NULL, NULL);
}
