/* test_x_proofs.c - proofs that do not hold, in either role and every way but EAP alone. */
#include "tests/support/sim_lie.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

/* Neither end comes up, each says why in its own log, and nothing is left over. */
static void
assert_refused(Sim *sim, IkeReason client, const char *client_why, const char *gateway_why)
{
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 400 * USEC_PER_SEC));
    assert_int_equal(sim->client.ups, 0);
    assert_int_equal(ike_listen_count(sim->listen), 0);
    assert_string_equal(ike_reason_name(sim->client.reason), ike_reason_name(client));
    if (!strstr(sim->client.why, client_why))
        fail_msg("the client's \"%s\" does not say \"%s\"", sim->client.why, client_why);
    if (gateway_why && !strstr(sim->gateway.why, gateway_why))
        fail_msg("the gateway's \"%s\" does not say \"%s\"", sim->gateway.why, gateway_why);
}

#define TOLD "AUTHENTICATION_FAILED (24)"

static void
test_a_wrong_pre_shared_key_is_refused_by_who_finds_it(void **state)
{
    g_autoptr(Sim) a = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });
    g_autoptr(Sim) b = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });

    (void)state;
    a->config[SIM_GATEWAY].plan.psk_theirs = slice_of("another");
    assert_refused(a, IKE_REASON_LOGIN, TOLD, "the pre-shared keys differ");
    b->config[SIM_GATEWAY].plan.psk_ours = slice_of("another");
    assert_refused(b, IKE_REASON_SERVER_AUTH, "the pre-shared keys differ", NULL);
}

/* CVE-2024-2357: the association is gone, and what is sent again hits nothing. */
static void
test_a_gateway_without_its_secret_refuses_and_forgets(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .twice = 1000, .tune = sim_psk });
    g_autoptr(Sim) keyless = sim_new(&(SimSetup){ .seed = 1, .twice = 1000, .tune = sim_cert });

    (void)state;
    sim->config[SIM_GATEWAY].plan.psk_theirs = (Slice){ 0 };
    assert_refused(sim, IKE_REASON_LOGIN, TOLD, "no pre-shared key of the peer");
    keyless->config[SIM_GATEWAY].plan.key = NULL;
    assert_refused(keyless, IKE_REASON_LOGIN, TOLD, "no certificate of ours");
}

static void
test_a_client_without_its_secret_does_not_start(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });

    (void)state;
    sim->config[SIM_CLIENT].plan.psk_ours = (Slice){ 0 };
    assert_refused(sim, IKE_REASON_LOCAL, "no pre-shared key of ours", NULL);
    assert_int_equal(sim->client.n_log, 0);
}

static void
test_a_key_that_is_not_the_certificates_is_refused(void **state)
{
    g_autoptr(Sim) a = sim_new(&(SimSetup){ .seed = 1, .tune = sim_cert });
    g_autoptr(Sim) b = sim_new(&(SimSetup){ .seed = 1, .tune = sim_cert });

    (void)state;
    a->config[SIM_CLIENT].plan.key = sim_key(SIM_GATEWAY, SIM_P256);
    assert_refused(a, IKE_REASON_LOGIN, TOLD, "the signature does not match");
    assert_int_equal(a->gateway.certificates, 0);
    b->config[SIM_GATEWAY].plan.key = sim_key(SIM_CLIENT, SIM_P256);
    assert_refused(b, IKE_REASON_SERVER_AUTH, "the signature does not match", NULL);
    assert_int_equal(b->client.certificates, 0);
}

static void
test_a_gateway_of_another_name_is_refused(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });

    (void)state;
    sim->config[SIM_GATEWAY].plan.id = (IkeId){ IKE_ID_FQDN, slice_of("evil.example.org") };
    assert_refused(sim, IKE_REASON_SERVER_AUTH,
                   "calls itself evil.example.org (FQDN), not gw.example.org (FQDN)", NULL);
}

static void
test_a_refused_certificate_ends_it_at_either_end(void **state)
{
    static const SimWay *const ways[] = { &sim_ways[1], &sim_ways[4] };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_autoptr(Sim) a = sim_new(&(SimSetup){ .seed = 1, .tune = ways[i]->tune });
        g_autoptr(Sim) b = sim_new(&(SimSetup){ .seed = 1, .tune = ways[i]->tune });

        a->play.distrust_client = true;
        assert_refused(a, IKE_REASON_LOGIN, TOLD, "the client's certificate was refused");
        assert_int_equal(a->gateway.reason, IKE_REASON_CERT_REFUSED);
        b->play.distrust = true;
        assert_refused(b, IKE_REASON_CERT_REFUSED, "the gateway's certificate was refused", NULL);
        assert_int_equal(b->client.questions, 0);
    }
}

/* What one end wants and the other does, for each pair of ways that differ; a gateway that has done
 * its part is up until it hears better. */
static void
test_a_way_that_was_not_agreed_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(sim_ways); i++)
        for (size_t j = 0; j <= G_N_ELEMENTS(sim_ways); j++) {
            g_autoptr(Sim) a = sim_new(&(SimSetup){ .seed = 1, .tune = sim_ways[i].tune });
            g_autoptr(Sim) b = sim_new(&(SimSetup){
                .seed = 1, .tune = j < G_N_ELEMENTS(sim_ways) ? sim_ways[j].tune : NULL });

            if (i == j)
                continue;
            a->config[SIM_GATEWAY].plan = b->config[SIM_GATEWAY].plan;
            a->config[SIM_CLIENT].plan.want = (IkeId){ 0 };
            sim_start(a);
            assert_true(sim_run(a, sim_both_closed, 400 * USEC_PER_SEC));
            if (a->client.ups)
                fail_msg("%s against %s came up", sim_ways[i].name,
                         j < G_N_ELEMENTS(sim_ways) ? sim_ways[j].name : "EAP");
            assert_int_equal(a->client.questions, 0);
        }
}

/* One payload of one message changed, by who holds the keys. */
typedef struct Lie {
    SimSide from;
    uint32_t id;
    bool response;
    void (*change)(SimLetter *l);
    unsigned told;
} Lie;

static bool
tell(Sim *sim, SimLetter *l, void *user)
{
    Lie *lie = user;

    (void)sim;
    if (l->from != lie->from || l->id != lie->id || l->response != lie->response)
        return false;
    lie->change(l);
    lie->told++;
    return true;
}

static void
assert_lie_refused(void (*tune)(IkeConfig *, IkeConfig *), Lie lie, IkeReason client,
                   const char *client_why, const char *gateway_why)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = tune });

    sim_lie(sim, tell, &lie);
    assert_refused(sim, client, client_why, gateway_why);
    assert_true(lie.told > 0);
}

static void
strip_auth(SimLetter *l)
{
    sim_letter_remove(l, IKE_PAYLOAD_AUTH);
}

static void
flip_auth(SimLetter *l)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_AUTH);

    p->body->data[p->body->len - 1] ^= 1;
}

static void
shorten_auth(SimLetter *l)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_AUTH);

    g_byte_array_set_size(p->body, p->body->len - 1);
}

static void
strip_cert(SimLetter *l)
{
    sim_letter_remove(l, IKE_PAYLOAD_CERT);
}

/* RFC 7296 §2.15: the three reserved octets of an ID are under AUTH as well. */
static void
mark_idi(SimLetter *l)
{
    sim_letter_find(l, IKE_PAYLOAD_IDi)->body->data[2] = 1;
}

static void
mark_idr(SimLetter *l)
{
    sim_letter_find(l, IKE_PAYLOAD_IDr)->body->data[3] = 1;
}

static void
test_auth_stripped_changed_or_cut_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        void (*tune)(IkeConfig *, IkeConfig *) = sim_ways[i].tune;

        assert_lie_refused(tune, (Lie){ SIM_CLIENT, 1, false, strip_auth, 0 }, IKE_REASON_LOGIN,
                           TOLD, "wants to log in with EAP");
        assert_lie_refused(tune, (Lie){ SIM_CLIENT, 1, false, flip_auth, 0 }, IKE_REASON_LOGIN,
                           TOLD, "the client's AUTH does not verify");
        assert_lie_refused(tune, (Lie){ SIM_CLIENT, 1, false, shorten_auth, 0 }, IKE_REASON_LOGIN,
                           TOLD, "the client's AUTH does not verify");
        assert_lie_refused(tune, (Lie){ SIM_CLIENT, 1, false, mark_idi, 0 }, IKE_REASON_LOGIN, TOLD,
                           "the client's AUTH does not verify");
        assert_lie_refused(tune, (Lie){ SIM_GATEWAY, 1, true, strip_auth, 0 },
                           IKE_REASON_SERVER_AUTH, "did not prove who it is", NULL);
        assert_lie_refused(tune, (Lie){ SIM_GATEWAY, 1, true, flip_auth, 0 },
                           IKE_REASON_SERVER_AUTH, "the gateway's AUTH does not verify", NULL);
        assert_lie_refused(tune, (Lie){ SIM_GATEWAY, 1, true, shorten_auth, 0 },
                           IKE_REASON_SERVER_AUTH, "the gateway's AUTH does not verify", NULL);
        assert_lie_refused(tune, (Lie){ SIM_GATEWAY, 1, true, mark_idr, 0 }, IKE_REASON_SERVER_AUTH,
                           "the gateway's AUTH does not verify", NULL);
    }
}

static void
test_a_certificate_that_is_not_there_is_missed(void **state)
{
    (void)state;
    assert_lie_refused(sim_cert, (Lie){ SIM_CLIENT, 1, false, strip_cert, 0 }, IKE_REASON_LOGIN,
                       TOLD, "certificate is missing");
    assert_lie_refused(sim_cert, (Lie){ SIM_GATEWAY, 1, true, strip_cert, 0 },
                       IKE_REASON_SERVER_AUTH, "certificate cannot be read", NULL);
}

static bool
is_notify(const SimPayload *p, uint16_t type)
{
    return p->type == IKE_PAYLOAD_NOTIFY && (p->body->data[2] << 8 | p->body->data[3]) == type;
}

static void
strip_notify(SimLetter *l, uint16_t type)
{
    for (guint i = l->payloads->len; i > 0; i--)
        if (is_notify(g_ptr_array_index(l->payloads, i - 1), type))
            g_ptr_array_remove_index(l->payloads, i - 1);
}

static void
strip_another(SimLetter *l)
{
    strip_notify(l, IKE_N_ANOTHER_AUTH_FOLLOWS);
}

static void
strip_multiple(SimLetter *l)
{
    strip_notify(l, IKE_N_MULTIPLE_AUTH_SUPPORTED);
}

/* AUTH where the second name belongs: as if one proof had been enough. */
static void
skip_second(SimLetter *l)
{
    uint8_t body[4 + 32] = { 2 };

    sim_letter_remove(l, IKE_PAYLOAD_IDi);
    sim_letter_add(l, IKE_PAYLOAD_AUTH, (Slice){ body, sizeof(body) });
}

/* RFC 4739 §2.2: both proofs or none. Message ids: 1 certificate, 2 the second name, 3 to 5 EAP, 6
 * the last AUTH. */
static void
test_the_second_of_two_proofs_cannot_be_left_out(void **state)
{
    (void)state;
    assert_lie_refused(sim_cert_eap, (Lie){ SIM_CLIENT, 1, false, strip_another, 0 },
                       IKE_REASON_LOGIN, TOLD, "wants no second login");
    assert_lie_refused(sim_cert_eap, (Lie){ SIM_CLIENT, 2, false, skip_second, 0 },
                       IKE_REASON_LOGIN, "INVALID_SYNTAX", "lacks what it must carry");
    assert_lie_refused(sim_cert_eap, (Lie){ SIM_CLIENT, 6, false, flip_auth, 0 }, IKE_REASON_LOGIN,
                       TOLD, "the client's final AUTH does not verify");
    assert_lie_refused(sim_cert_eap, (Lie){ SIM_GATEWAY, 6, true, flip_auth, 0 },
                       IKE_REASON_SERVER_AUTH, "the gateway's final AUTH does not verify", NULL);
    assert_lie_refused(sim_cert_eap, (Lie){ SIM_GATEWAY, 0, true, strip_multiple, 0 },
                       IKE_REASON_LOGIN, "takes no second login", NULL);
}

static void
test_a_client_that_stops_after_the_first_proof_is_forgotten(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = sim_cert_eap });

    (void)state;
    sim_reach(sim, SIM_GATEWAY, "AGAIN");
    sim->cut = true;
    assert_true(sim_run(sim, sim_both_closed, 400 * USEC_PER_SEC));
    assert_int_equal(sim->gateway.ups, 0);
    assert_int_equal(sim->gateway.reason, IKE_REASON_TIMEOUT);
}

/* CVE-2015-4171: to a gateway that has not proved itself no EAP leaves, and no second name. */
static void
test_nothing_of_the_second_proof_goes_to_an_unproved_gateway(void **state)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = sim_cert_eap });

    (void)state;
    sim->config[SIM_GATEWAY].plan.key = sim_key(SIM_CLIENT, SIM_P256);
    assert_refused(sim, IKE_REASON_SERVER_AUTH, "the signature does not match", NULL);
    assert_int_equal(sim->client.questions, 0);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_IKE_AUTH], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_wrong_pre_shared_key_is_refused_by_who_finds_it),
        cmocka_unit_test(test_a_gateway_without_its_secret_refuses_and_forgets),
        cmocka_unit_test(test_a_client_without_its_secret_does_not_start),
        cmocka_unit_test(test_a_key_that_is_not_the_certificates_is_refused),
        cmocka_unit_test(test_a_gateway_of_another_name_is_refused),
        cmocka_unit_test(test_a_refused_certificate_ends_it_at_either_end),
        cmocka_unit_test(test_a_way_that_was_not_agreed_is_refused),
        cmocka_unit_test(test_auth_stripped_changed_or_cut_is_refused),
        cmocka_unit_test(test_a_certificate_that_is_not_there_is_missed),
        cmocka_unit_test(test_the_second_of_two_proofs_cannot_be_left_out),
        cmocka_unit_test(test_a_client_that_stops_after_the_first_proof_is_forgotten),
        cmocka_unit_test(test_nothing_of_the_second_proof_goes_to_an_unproved_gateway),
    };

    return cmocka_run_group_tests_name("x_proofs", tests, NULL, NULL);
}
