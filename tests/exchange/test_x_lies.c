/* test_x_lies.c - a peer that holds the keys and breaks the protocol, in either role. */
#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_ts.h"
#include "tests/support/hex.h"
#include "tests/support/sim_lie.h"
#include "tests/support/test.h"

/* Change the message number @id from @from by @change. */
typedef struct Lie {
    SimSide from;
    uint32_t id;
    bool response;
    void (*change)(SimLetter *l, const void *with);
    const void *with;
    unsigned told;
} Lie;

static bool
tell(Sim *sim, SimLetter *l, void *user)
{
    Lie *lie = user;

    (void)sim;
    if (l->from != lie->from || l->id != lie->id || l->response != lie->response)
        return false;
    lie->change(l, lie->with);
    lie->told++;
    return true;
}

/* Run a login in which @lie is told; the client must end without a tunnel, and so must the gateway.
 */
static void
assert_refused(Lie *lie, IkeReason client, const char *why)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC });

    sim_lie(sim, tell, lie);
    sim_start(sim);
    assert_true(sim_run(sim, sim_both_closed, 300 * USEC_PER_SEC));
    assert_true(lie->told > 0);
    assert_int_equal(sim->client.ups, 0);
    assert_string_equal(ike_reason_name(sim->client.reason), ike_reason_name(client));
    if (!strstr(sim->client.why, why))
        fail_msg("\"%s\" does not say \"%s\"", sim->client.why, why);
}

static void
flip_last(SimLetter *l, const void *with)
{
    SimPayload *p = sim_letter_find(l, *(const uint8_t *)with);

    p->body->data[p->body->len - 1] ^= 1;
}

static void
drop(SimLetter *l, const void *with)
{
    sim_letter_remove(l, *(const uint8_t *)with);
}

/* Message ids of a login: 0 INIT, 1 identity, 2 init, 3 auth-reply, 4 ack, 5 final AUTH. */
static void
test_a_signature_that_does_not_verify_ends_it_before_any_eap(void **state)
{
    uint8_t auth = IKE_PAYLOAD_AUTH, idr = IKE_PAYLOAD_IDr, cert = IKE_PAYLOAD_CERT;

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, flip_last, &auth, 0 }, IKE_REASON_SERVER_AUTH,
                   "AUTH does not verify");
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, flip_last, &idr, 0 }, IKE_REASON_SERVER_AUTH,
                   "AUTH does not verify"); /* IDr is signed too */
    (void)cert;
}

static void
swap_method(SimLetter *l, const void *with)
{
    sim_letter_find(l, IKE_PAYLOAD_AUTH)->body->data[0] = *(const uint8_t *)with;
}

/* Only a certificate may prove the gateway: EAP-AnyConnect itself proves nothing
 * (agent/docs/WIRE.md §14). */
static void
test_a_gateway_must_prove_itself_by_certificate(void **state)
{
    uint8_t shared = IKE_AUTH_SHARED_KEY, null = 13;

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, swap_method, &shared, 0 }, IKE_REASON_SERVER_AUTH,
                   "not a signature by a certificate");
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, swap_method, &null, 0 }, IKE_REASON_SERVER_AUTH,
                   "not a signature by a certificate");
}

static void
test_a_gateway_that_leaves_out_its_proof_is_refused(void **state)
{
    static const uint8_t missing[] = { IKE_PAYLOAD_AUTH, IKE_PAYLOAD_IDr, IKE_PAYLOAD_EAP };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(missing); i++)
        assert_refused(&(Lie){ SIM_GATEWAY, 1, true, drop, &missing[i], 0 }, IKE_REASON_SERVER_AUTH,
                       "did not prove who it is");
}

static void
drop_certs(SimLetter *l, const void *with)
{
    (void)with;
    while (sim_letter_find(l, IKE_PAYLOAD_CERT))
        sim_letter_remove(l, IKE_PAYLOAD_CERT);
}

static void
test_a_gateway_without_a_certificate_is_refused(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, drop_certs, NULL, 0 }, IKE_REASON_SERVER_AUTH,
                   "CERT");
}

static void
spoil_cert(SimLetter *l, const void *with)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_CERT);

    (void)with;
    g_byte_array_set_size(p->body, p->body->len - 3);
}

static void
test_a_leaf_that_cannot_be_read_is_refused(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 1, true, spoil_cert, NULL, 0 }, IKE_REASON_SERVER_AUTH,
                   "cannot be read");
}

static void
replace_eap(SimLetter *l, const void *with)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_EAP);
    const Hex *h = with;

    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, h->b, (guint)h->len);
}

/* RFC 3748 §4.2, CVE-2021-45079: a Success that nobody has earned. */
static void
test_an_early_success_is_no_success(void **state)
{
    static const uint32_t when[] = { 1, 2, 3 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(when); i++) {
        Hex success = hex("03 01 0004");

        success.b[1] = (uint8_t)when[i];
        assert_refused(&(Lie){ SIM_GATEWAY, when[i], true, replace_eap, &success, 0 },
                       IKE_REASON_PROTOCOL, "EAP-Success before");
    }
}

static void
test_malformed_eap_ends_the_login(void **state)
{
    static const char *const packets[] = {
        "01", "01 01 0003", "01 01 0004 fe", "02 01 0005 fe", "05 01 0004", "01 02 ffff fe"
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        Hex h = hex(packets[i]);

        assert_refused(&(Lie){ SIM_GATEWAY, 2, true, replace_eap, &h, 0 }, IKE_REASON_PROTOCOL,
                       "EAP");
    }
}

static void
test_an_eap_failure_is_a_refused_login(void **state)
{
    Hex failure = hex("04 02 0004");

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 2, true, replace_eap, &failure, 0 }, IKE_REASON_LOGIN,
                   "refused the login");
}

static void
test_a_final_auth_that_does_not_verify_ends_both_sides(void **state)
{
    uint8_t auth = IKE_PAYLOAD_AUTH;

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, flip_last, &auth, 0 }, IKE_REASON_SERVER_AUTH,
                   "final AUTH does not verify");
    assert_refused(&(Lie){ SIM_CLIENT, 5, false, flip_last, &auth, 0 }, IKE_REASON_LOGIN,
                   "AUTHENTICATION_FAILED");
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, drop, &auth, 0 }, IKE_REASON_PROTOCOL,
                   "lacks AUTH");
}

static void
test_a_missing_configuration_is_no_tunnel(void **state)
{
    uint8_t cp = IKE_PAYLOAD_CP;

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, drop, &cp, 0 }, IKE_REASON_CONFIG,
                   "no configuration");
}

static void
test_a_missing_child_is_no_tunnel(void **state)
{
    static const uint8_t missing[] = { IKE_PAYLOAD_SA, IKE_PAYLOAD_TSi, IKE_PAYLOAD_TSr };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(missing); i++)
        assert_refused(&(Lie){ SIM_GATEWAY, 5, true, drop, &missing[i], 0 }, IKE_REASON_CONFIG,
                       "no child SA");
}

/* The client offers IPv4 alone; this is more (RFC 7296 §2.9). */
static void
widen(SimLetter *l, const void *with)
{
    SimPayload *p = sim_letter_find(l, *(const uint8_t *)with);
    uint8_t buf[128];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    ike_ts_encode((Selectors){ 2, (Selector[]){ selector_all(ADDR_V4), selector_all(ADDR_V6) } },
                  &w);
    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, buf, (guint)w.len);
}

static void
test_selectors_wider_than_offered_are_refused(void **state)
{
    uint8_t tsi = IKE_PAYLOAD_TSi, tsr = IKE_PAYLOAD_TSr;

    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, widen, &tsi, 0 }, IKE_REASON_CONFIG,
                   "traffic selectors");
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, widen, &tsr, 0 }, IKE_REASON_CONFIG,
                   "traffic selectors");
}

/* ESP with AES-CBC-128 and SHA-1, which a modern client never offers. */
static void
weaken(SimLetter *l, const void *with)
{
    Hex body = hex("00000028 01030403 30b848a4 0300000c 0100000c 800e0080 03000008 03000002"
                   "00000008 05000000");
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_SA);

    (void)with;
    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, body.b, (guint)body.len);
}

static void
test_a_child_suite_that_was_not_offered_is_refused(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, weaken, NULL, 0 }, IKE_REASON_NO_PROPOSAL,
                   "compatible");
}

static void
reserve_spi(SimLetter *l, const void *with)
{
    SimPayload *p = sim_letter_find(l, IKE_PAYLOAD_SA);

    (void)with;
    memset(p->body->data + 8, 0, 4); /* ESP SPI 0 would be a non-ESP marker */
}

static void
test_a_reserved_esp_spi_is_refused(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_GATEWAY, 5, true, reserve_spi, NULL, 0 }, IKE_REASON_PROTOCOL,
                   "SPI");
}

static void
add_auth(SimLetter *l, const void *with)
{
    uint8_t body[24] = { IKE_AUTH_SHARED_KEY };

    (void)with;
    sim_letter_add(l, IKE_PAYLOAD_AUTH, (Slice){ body, sizeof(body) });
}

/* No other method than EAP is configured, so none may be used (CVE-2014-2338 and its kin). */
static void
test_a_client_that_skips_eap_is_refused(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_CLIENT, 1, false, add_auth, NULL, 0 }, IKE_REASON_LOGIN,
                   "AUTHENTICATION_FAILED");
}

static void
set_id_type(SimLetter *l, const void *with)
{
    sim_letter_find(l, IKE_PAYLOAD_IDi)->body->data[0] = *(const uint8_t *)with;
}

static void
test_identity_types_201_and_11_are_taken_and_no_other(void **state)
{
    uint8_t fqdn = IKE_ID_FQDN;

    (void)state;
    assert_refused(&(Lie){ SIM_CLIENT, 1, false, set_id_type, &fqdn, 0 }, IKE_REASON_LOGIN,
                   "AUTHENTICATION_FAILED");
}

static void
use_key_id(IkeConfig *client, IkeConfig *gateway)
{
    (void)gateway;
    client->plan.id.type = IKE_ID_KEY_ID;
}

static void
test_a_key_id_works_as_well(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = use_key_id });

    (void)state;
    sim_connect(sim);
}

/* Reserved octets of the ID payload are not judged, but they are signed (RFC 7296 §2.15): changed
 * on the way they break the final AUTH. */
static void
set_reserved(SimLetter *l, const void *with)
{
    (void)with;
    sim_letter_find(l, IKE_PAYLOAD_IDi)->body->data[2] = 0x55;
}

static void
test_reserved_octets_of_the_identity_are_signed(void **state)
{
    (void)state;
    assert_refused(&(Lie){ SIM_CLIENT, 1, false, set_reserved, NULL, 0 }, IKE_REASON_LOGIN,
                   "AUTHENTICATION_FAILED");
}

static void
add_unknown(SimLetter *l, const void *with)
{
    sim_letter_add(l, 200, slice_of("what is this"))->critical = *(const bool *)with;
}

/* RFC 7296 §2.5, in each message of each side. */
static void
test_unknown_payloads_pass_unless_they_are_critical(void **state)
{
    (void)state;
    for (uint32_t id = 1; id <= 5; id++)
        for (int critical = 0; critical <= 1; critical++)
            for (int response = 0; response <= 1; response++) {
                g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });
                bool bad = critical;
                Lie lie = {
                    response ? SIM_GATEWAY : SIM_CLIENT, id, response, add_unknown, &bad, 0
                };

                sim_lie(sim, tell, &lie);
                sim_start(sim);
                (void)sim_run(sim, sim_never, 20 * USEC_PER_SEC);
                assert_int_equal(sim->client.ups, !critical);
                assert_int_equal(sim->client.closes, critical);
                assert_int_equal(ike_listen_count(sim->listen), !critical);
            }
}

static void
test_requests_for_more_children_leave_the_tunnel_alone(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_CREATE_CHILD_SA, false, 0, IKE_PAYLOAD_NONCE,
              slice_of("0123456789abcdef0123"));
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_CREATE_CHILD_SA], 1);
    sim_forge(sim, SIM_CLIENT, IKE_EXCHANGE_CREATE_CHILD_SA, false, 6, IKE_PAYLOAD_NONCE,
              slice_of("0123456789abcdef0123"));
    assert_int_equal(sim->gateway.sent[IKE_EXCHANGE_CREATE_CHILD_SA], 1);
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    assert_string_equal(sim_state(sim, SIM_GATEWAY), "READY");
}

/* RFC 7296 §2.21.3: malformed behind a good ICV is a broken peer, and both ends drop the SA. */
static void
test_a_malformed_request_behind_a_good_icv_ends_the_sa(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 0, IKE_PAYLOAD_DELETE,
              slice_of("\x03"));
    assert_int_equal(sim->client.reason, IKE_REASON_PROTOCOL);
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1); /* INVALID_SYNTAX */
}

static void
test_ids_outside_the_window_get_no_answer(void **state)
{
    static const uint32_t ids[] = { 1, 2, 1000, UINT32_MAX };
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, ids[i], 0, (Slice){ 0 });
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 0);
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, true, 3, 0, (Slice){ 0 }); /* unasked */
    assert_string_equal(sim_state(sim, SIM_CLIENT), "READY");
    sim_forge(sim, SIM_GATEWAY, IKE_EXCHANGE_INFORMATIONAL, false, 0, 0, (Slice){ 0 });
    assert_int_equal(sim->client.sent[IKE_EXCHANGE_INFORMATIONAL], 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_signature_that_does_not_verify_ends_it_before_any_eap),
        cmocka_unit_test(test_a_gateway_must_prove_itself_by_certificate),
        cmocka_unit_test(test_a_gateway_that_leaves_out_its_proof_is_refused),
        cmocka_unit_test(test_a_gateway_without_a_certificate_is_refused),
        cmocka_unit_test(test_a_leaf_that_cannot_be_read_is_refused),
        cmocka_unit_test(test_an_early_success_is_no_success),
        cmocka_unit_test(test_malformed_eap_ends_the_login),
        cmocka_unit_test(test_an_eap_failure_is_a_refused_login),
        cmocka_unit_test(test_a_final_auth_that_does_not_verify_ends_both_sides),
        cmocka_unit_test(test_a_missing_configuration_is_no_tunnel),
        cmocka_unit_test(test_a_missing_child_is_no_tunnel),
        cmocka_unit_test(test_selectors_wider_than_offered_are_refused),
        cmocka_unit_test(test_a_child_suite_that_was_not_offered_is_refused),
        cmocka_unit_test(test_a_reserved_esp_spi_is_refused),
        cmocka_unit_test(test_a_client_that_skips_eap_is_refused),
        cmocka_unit_test(test_identity_types_201_and_11_are_taken_and_no_other),
        cmocka_unit_test(test_a_key_id_works_as_well),
        cmocka_unit_test(test_reserved_octets_of_the_identity_are_signed),
        cmocka_unit_test(test_unknown_payloads_pass_unless_they_are_critical),
        cmocka_unit_test(test_requests_for_more_children_leave_the_tunnel_alone),
        cmocka_unit_test(test_a_malformed_request_behind_a_good_icv_ends_the_sa),
        cmocka_unit_test(test_ids_outside_the_window_get_no_answer),
    };

    return cmocka_run_group_tests_name("x_lies", tests, NULL, NULL);
}
