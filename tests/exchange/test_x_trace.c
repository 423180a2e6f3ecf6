/* test_x_trace.c - the log that explains itself, and keeps its mouth shut. */
#include "tests/support/sim.h"
#include "tests/support/test.h"

static void
traced(IkeConfig *client, IkeConfig *gateway)
{
    client->trace = gateway->trace = true;
}

static unsigned
count(const char *text, const char *what)
{
    unsigned n = 0;

    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

static void
test_every_transition_of_a_login_tells_its_story(void **state)
{
    static const char *const client[] = {
        "CurState: IDLE -> INIT_SENT: IKE_SA_INIT sent",
        "CurState: INIT_SENT -> AUTH_SENT: keys agreed",
        "CurState: AUTH_SENT -> TRUST: gateway's AUTH verified",
        "CurState: TRUST -> EAP: certificate accepted",
        "CurState: EAP -> ASKING: ",
        "CurState: ASKING -> EAP: person answered",
        "CurState: EAP -> AUTH_FINAL: EAP succeeded",
        "CurState: AUTH_FINAL -> READY: gateway's final AUTH verified",
    };
    static const char *const gateway[] = {
        "CurState: IDLE -> INIT_SEEN: ",    "CurState: INIT_SEEN -> PEER: ",
        "CurState: PEER -> LOGIN: ",        "CurState: LOGIN -> DECIDING: ",
        "CurState: DECIDING -> LOGIN: ",    "CurState: LOGIN -> EAP_DONE: ",
        "CurState: EAP_DONE -> GRANTING: ", "CurState: GRANTING -> READY: ",
    };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = traced });
    const char *at = NULL;

    (void)state;
    sim_connect(sim);
    at = sim->client.trace->str;
    for (size_t i = 0; i < G_N_ELEMENTS(client); i++) {
        at = strstr(at, client[i]);
        if (!at)
            fail_msg("no \"%s\" where it should be", client[i]);
    }
    at = sim->gateway.trace->str;
    for (size_t i = 0; i < G_N_ELEMENTS(gateway); i++) {
        at = strstr(at, gateway[i]);
        if (!at)
            fail_msg("no \"%s\" where it should be", gateway[i]);
    }
}

/* Both logs show the XML, and neither the password nor the token of the session in it. */
static void
test_no_log_holds_a_secret(void **state)
{
    static const char *const secrets[] = { "S3cretOfAnu", "18wA0TtGmDxPKPQCJywC7fB7EWLCEgz" };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = traced });
    const char *logs[2];

    (void)state;
    sim->play.passwords[0] = sim->play.right = secrets[0];
    sim_connect(sim);
    logs[0] = sim->client.trace->str;
    logs[1] = sim->gateway.trace->str;
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(strstr(logs[i], "auth-reply"));
        assert_non_null(strstr(logs[i], "<username>"));
        for (size_t j = 0; j < G_N_ELEMENTS(secrets); j++)
            assert_null(strstr(logs[i], secrets[j]));
        /* nor a key in hexadecimal, nor one as it is */
        for (size_t k = 0; k + 4 <= sim->client.child.key_in.len; k += 4) {
            const uint8_t *p = sim->client.child.key_in.p + k;
            g_autofree char *hex = g_strdup_printf("%02x%02x%02x%02x", p[0], p[1], p[2], p[3]);

            assert_null(strstr(logs[i], hex));
        }
    }
}

/* Six messages each way: each end shows what it sent and what it received. */
static void
test_each_message_is_shown_at_both_ends(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = traced });

    (void)state;
    sim_connect(sim);
    assert_int_equal(count(sim->client.trace->str, "Exchange type: IKE_AUTH"), 10);
    assert_int_equal(count(sim->gateway.trace->str, "Exchange type: IKE_AUTH"), 10);
    assert_int_equal(count(sim->client.trace->str, "Exchange type: IKE_SA_INIT"), 2);
    assert_int_equal(count(sim->gateway.trace->str, "Exchange type: IKE_SA_INIT"), 2);
}

static void
test_without_trace_nothing_is_made(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    assert_int_equal(sim->client.trace->len + sim->gateway.trace->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_transition_of_a_login_tells_its_story),
        cmocka_unit_test(test_no_log_holds_a_secret),
        cmocka_unit_test(test_each_message_is_shown_at_both_ends),
        cmocka_unit_test(test_without_trace_nothing_is_made),
    };

    return cmocka_run_group_tests_name("x_trace", tests, NULL, NULL);
}
