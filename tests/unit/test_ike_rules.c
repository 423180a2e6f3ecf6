/* test_ike_rules.c - agent/ike/ike_rules.c */

#include "agent/ike/ike_rules.h"
#include "tests/support/wire.h"

/* A message as the decoder would leave it: @types, those behind a 0 are inside SK. */
static IkeMsg
message(uint8_t exchange, bool response, const uint8_t *types, size_t n)
{
    IkeMsg m = { .h = { .exchange = exchange, .flags = response ? IKE_FLAG_RESPONSE : 0 } };
    bool inner = false;

    for (size_t i = 0; i < n; i++) {
        if (types[i] == 0) {
            inner = true;
            continue;
        }
        m.p[m.n++] = (IkePayload){ .type = types[i], .inner = inner };
        *(inner ? &m.inner : &m.outer) |= IKE_SET_TYPE(types[i]);
    }
    return m;
}

static const struct {
    const char *what;
    uint8_t exchange;
    bool response;
    const char *types; /* numbers; 0 is the door of SK */
    IkeStatus want;
} cases[] = {
    /* What the field sends: agent/docs/WIRE.md §0, §17. */
    { "INIT request of the seed", 34, 0, "33 34 40 43 43 43 41 41 47 41 43", IKE_OK },
    { "INIT response with CERTREQ", 34, 1, "33 34 40 43 43 43 41 41 38 43", IKE_OK },
    { "INIT response: only a notify", 34, 1, "41", IKE_OK },
    { "AUTH request 1", 35, 0, "46 0 43 35 38 47 33 44 45 41 41 41", IKE_OK },
    { "AUTH response 1", 35, 1, "46 0 43 36 37 37 39 48", IKE_OK },
    { "EAP round, either way", 35, 0, "46 0 48", IKE_OK },
    { "EAP round, either way", 35, 1, "46 0 48", IKE_OK },
    { "last AUTH request", 35, 0, "46 0 39", IKE_OK },
    { "last AUTH response", 35, 1, "46 0 39 47 33 44 45 41 41", IKE_OK },
    { "refusal", 35, 1, "46 0 41", IKE_OK },
    { "AUTH without EAP (RFC 7296 C.2)", 35, 0, "46 0 35 37 41 38 36 39 47 41 33 44 45 41 43",
      IKE_OK },
    { "new child (C.4)", 36, 0, "46 0 41 47 41 33 40 34 44 45", IKE_OK },
    { "empty INFORMATIONAL", 37, 0, "46 0", IKE_OK },
    { "two Deletes and a notify", 37, 0, "46 0 42 42 41", IKE_OK },
    { "INVALID_IKE_SPI in the clear (§1.5)", 37, 1, "41", IKE_OK },
    { "unknown payloads anywhere", 34, 0, "33 200 34 132 40 1", IKE_OK },
    { "unknown payloads inside", 35, 0, "46 0 200 39 60", IKE_OK },

    { "two SAs", 34, 0, "33 33 34 40", IKE_N_INVALID_SYNTAX },
    { "two KEs", 34, 0, "33 34 34 40", IKE_N_INVALID_SYNTAX },
    { "two nonces", 34, 1, "33 34 40 40", IKE_N_INVALID_SYNTAX },
    { "two CPs in INIT", 34, 0, "33 34 40 47 47", IKE_N_INVALID_SYNTAX },
    { "an identity in the clear", 34, 0, "33 34 40 35", IKE_N_INVALID_SYNTAX },
    { "EAP in the clear", 34, 1, "33 34 40 48", IKE_N_INVALID_SYNTAX },
    { "Delete in the clear", 34, 0, "42", IKE_N_INVALID_SYNTAX },
    { "SK in INIT", 34, 0, "33 34 40 46 0", IKE_N_INVALID_SYNTAX },
    { "AUTH in the clear beside SK", 35, 0, "39 46 0 48", IKE_N_INVALID_SYNTAX },
    { "EAP outside SK", 35, 1, "48", IKE_N_INVALID_SYNTAX },
    { "Delete outside SK", 37, 0, "42", IKE_N_INVALID_SYNTAX },
    { "CP outside SK", 35, 1, "47", IKE_N_INVALID_SYNTAX },
    { "SKF", 35, 1, "53 0 36 39", IKE_OK },
    { "SKF in INFORMATIONAL", 37, 0, "53 0 42", IKE_OK },
    { "SKF in IKE_SA_INIT (RFC 7383 §2.2)", 34, 0, "53", IKE_N_INVALID_SYNTAX },
    { "two SKs", 35, 0, "46 46 0", IKE_N_INVALID_SYNTAX },
    { "two IDis", 35, 0, "46 0 35 35", IKE_N_INVALID_SYNTAX },
    { "IDi from the responder", 35, 1, "46 0 35 39", IKE_N_INVALID_SYNTAX },
    { "two AUTHs", 35, 1, "46 0 36 39 39", IKE_N_INVALID_SYNTAX },
    { "two EAPs", 35, 1, "46 0 48 48", IKE_N_INVALID_SYNTAX },
    { "two TSis", 35, 0, "46 0 33 44 44 45", IKE_N_INVALID_SYNTAX },
    { "two CPs", 35, 1, "46 0 39 47 47", IKE_N_INVALID_SYNTAX },
    { "EAP and a child SA (§2.16)", 35, 1, "46 0 36 39 48 33 44 45", IKE_N_INVALID_SYNTAX },
    { "EAP and a configuration", 35, 1, "46 0 48 47", IKE_N_INVALID_SYNTAX },
    { "EAP beside AUTH from the initiator", 35, 0, "46 0 48 39", IKE_N_INVALID_SYNTAX },
    { "EAP beside IDi", 35, 0, "46 0 35 48", IKE_N_INVALID_SYNTAX },
    { "a nonce in AUTH", 35, 0, "46 0 40", IKE_N_INVALID_SYNTAX },
    { "KE in AUTH", 35, 0, "46 0 34", IKE_N_INVALID_SYNTAX },
    { "Delete in AUTH", 35, 0, "46 0 42", IKE_N_INVALID_SYNTAX },
    { "EAP in CREATE_CHILD_SA", 36, 0, "46 0 48", IKE_N_INVALID_SYNTAX },
    { "AUTH in INFORMATIONAL", 37, 0, "46 0 39", IKE_N_INVALID_SYNTAX },
    { "SA in INFORMATIONAL", 37, 1, "46 0 33", IKE_N_INVALID_SYNTAX },
    { "exchange 33", 33, 0, "", IKE_N_INVALID_SYNTAX },
    { "exchange 0", 0, 0, "", IKE_N_INVALID_SYNTAX },
    { "exchange 255", 255, 1, "41", IKE_N_INVALID_SYNTAX },
};

static void
test_the_table_allows_what_the_field_sends_and_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *why = NULL;
        uint8_t types[16];
        size_t n = 0;
        IkeMsg m;
        IkeStatus st;

        for (const char *at = cases[i].types; *at; n++) {
            char *end;

            types[n] = (uint8_t)strtoul(at, &end, 10);
            at = end;
        }
        m = message(cases[i].exchange, cases[i].response, types, n);
        st = ike_rules_check(&m, &why);
        if (st != cases[i].want)
            fail_msg("%s: %d (%s)", cases[i].what, st, why ? why : "allowed");
        assert_true(st == IKE_OK || why);
    }
}

static void
test_the_reason_names_the_payload(void **state)
{
    const uint8_t types[] = { IKE_PAYLOAD_SK, 0, IKE_PAYLOAD_AUTH, IKE_PAYLOAD_AUTH };
    IkeMsg m = message(IKE_EXCHANGE_IKE_AUTH, true, types, G_N_ELEMENTS(types));
    const char *why = NULL;

    (void)state;
    assert_int_equal(ike_rules_check(&m, &why), IKE_N_INVALID_SYNTAX);
    assert_string_equal(why, "more than one AUTH payload");
    m.h.exchange = IKE_EXCHANGE_INFORMATIONAL;
    assert_int_equal(ike_rules_check(&m, &why), IKE_N_INVALID_SYNTAX);
    assert_string_equal(why, "AUTH payload where none belongs");
}

/* RFC 7296 §2.5: "if the critical flag is set and the payload type is unrecognized, the message
 * MUST be rejected" with UNSUPPORTED_CRITICAL_PAYLOAD. */
static void
test_an_unknown_critical_payload_has_its_own_verdict(void **state)
{
    const uint8_t types[] = { IKE_PAYLOAD_SA, 200 };
    IkeMsg m = message(IKE_EXCHANGE_IKE_SA_INIT, false, types, G_N_ELEMENTS(types));
    const char *why = NULL;

    (void)state;
    m.unknown_critical = 200;
    assert_int_equal(ike_rules_check(&m, &why), IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD);
    assert_non_null(why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_allows_what_the_field_sends_and_nothing_else),
        cmocka_unit_test(test_the_reason_names_the_payload),
        cmocka_unit_test(test_an_unknown_critical_payload_has_its_own_verdict),
    };

    return cmocka_run_group_tests_name("ike_rules", tests, NULL, NULL);
}
