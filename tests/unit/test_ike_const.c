/* test_ike_const.c - agent/ike/ike_const.c */

#include <glib.h>

#include "agent/ike/ike_const.h"
#include "tests/support/test.h"

/* Typed from IANA "IKEv2 Parameters", not from our list. */
static void
test_numbers_have_the_names_of_the_registry(void **state)
{
    (void)state;
    assert_string_equal(ike_exchange_name(34), "IKE_SA_INIT");
    assert_string_equal(ike_exchange_name(35), "IKE_AUTH");
    assert_string_equal(ike_exchange_name(36), "CREATE_CHILD_SA");
    assert_string_equal(ike_exchange_name(37), "INFORMATIONAL");
    assert_string_equal(ike_notify_name(1), "UNSUPPORTED_CRITICAL_PAYLOAD");
    assert_string_equal(ike_notify_name(14), "NO_PROPOSAL_CHOSEN");
    assert_string_equal(ike_notify_name(24), "AUTHENTICATION_FAILED");
    assert_string_equal(ike_notify_name(16388), "NAT_DETECTION_SOURCE_IP");
    assert_string_equal(ike_notify_name(16430), "IKEV2_FRAGMENTATION_SUPPORTED");
    assert_string_equal(ike_id_type_name(9), "DER ASN1 DN");
    assert_string_equal(ike_id_type_name(201), "Group name"); /* agent/docs/WIRE.md §2.2 */
}

/* The words of the seed's log, agent/docs/WIRE.md §0. */
static void
test_payloads_have_the_words_of_the_field(void **state)
{
    static const char *const words[] = { "SA",   "KE",   "IDi",    "IDr",    "CERT", "CERTREQ",
                                         "AUTH", "N",    "NOTIFY", "DELETE", "VID",  "TSi",
                                         "TSr",  "ENCR", "CFG",    "EAP" };

    (void)state;
    assert_string_equal(ike_payload_name(0), "NONE");
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        assert_string_equal(ike_payload_name((uint8_t)(33 + i)), words[i]);
    assert_string_equal(ike_payload_name(53), "SKF");
}

static void
test_unassigned_numbers_are_a_question_mark(void **state)
{
    (void)state;
    assert_string_equal(ike_exchange_name(33), "?");
    assert_string_equal(ike_exchange_name(255), "?");
    assert_string_equal(ike_payload_name(1), "?"); /* IKEv1's SA */
    assert_string_equal(ike_payload_name(132), "?");
    assert_string_equal(ike_notify_name(0), "?");
    assert_string_equal(ike_notify_name(65535), "?");
    assert_string_equal(ike_id_type_name(0), "?");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_the_names_of_the_registry),
        cmocka_unit_test(test_payloads_have_the_words_of_the_field),
        cmocka_unit_test(test_unassigned_numbers_are_a_question_mark),
    };

    return cmocka_run_group_tests_name("ike_const", tests, NULL, NULL);
}
