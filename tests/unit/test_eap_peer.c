/* test_eap_peer.c - agent/eap/eap_peer.c, against packets written by hand */

#include "agent/eap/eap_peer.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const EapSetup me = { .ac = { .version = "3.0.1047", .device = "linux-64" },
                             .identity = "Anu" };
static const EapMethod *const methods[] = { &eap_anyconnect, NULL };

static EapPeer *
new_peer(void)
{
    return eap_peer_new(methods, &me);
}

static EapVerdict
recv(EapPeer *p, const char *packet)
{
    Hex h = hex(packet);

    return eap_peer_recv(p, (Slice){ h.b, h.len });
}

static void
out_is(const EapPeer *p, const char *packet)
{
    Hex h = hex(packet);

    assert_true(slice_equal(eap_peer_out(p), (Slice){ h.b, h.len }));
}

/* One request of EAP-AnyConnect with a document. */
static EapVerdict
recv_doc(EapPeer *p, uint8_t id, const char *xml)
{
    uint8_t data[2048], packet[2048];
    Writer d = { .base = data, .cap = sizeof(data) }, w = { .base = packet, .cap = sizeof(packet) };

    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_XML, slice_of(xml) }, &d);
    eap_packet_encode(&(EapPacket){ .code = EAP_REQUEST,
                                    .id = id,
                                    .type = EAP_TYPE_EXPANDED,
                                    .vendor = EAP_VENDOR_CISCO,
                                    .vendor_type = EAP_CISCO_ANYCONNECT,
                                    .data = writer_view(&d) },
                      &w);
    assert_true(writer_finish(&w) > 0);
    return eap_peer_recv(p, writer_view(&w));
}

#define HELLO "<config-auth type='hello'/>"
#define FORM                                                                                       \
    "<config-auth type='auth-request'><auth id='main'><form>"                                      \
    "<input type='password' name='password'/></form></auth></config-auth>"
#define COMPLETE "<config-auth type='complete'><session-token>T</session-token></config-auth>"

static void
fill(EapPeer *p, EapVerdict expected)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

    ac_fields_set(a.fields, "password", slice_of("cisco123"));
    assert_int_equal(eap_peer_answer(p, &a), expected);
    assert_int_equal(a.fields != NULL, expected == EAP_DROP); /* taken, unless nobody asked */
}

static void
test_identity_and_notification_are_answered(void **state)
{
    g_autoptr(EapPeer) p = new_peer();

    (void)state;
    assert_int_equal(recv(p, "01 05 0005 01"), EAP_SEND);
    out_is(p, "02 05 0008 01 416e75"); /* "Anu" */
    assert_int_equal(recv(p, "01 06 0007 02 6869"), EAP_SEND);
    out_is(p, "02 06 0005 02");
}

/* RFC 3748 §5.3: a Nak names what we would do. */
static void
test_an_unknown_method_is_answered_with_a_nak(void **state)
{
    g_autoptr(EapPeer) p = new_peer();

    (void)state;
    assert_int_equal(recv(p, "01 01 0005 04"), EAP_SEND); /* MD5-Challenge */
    out_is(p, "02 01 0006 03 fe");
    assert_int_equal(recv(p, "01 02 000c fe 000137 00000018"), EAP_SEND); /* of another vendor */
    out_is(p, "02 02 0014 fe 000000 00000003 fe 000009 44425250");
    assert_int_equal(recv_doc(p, 3, HELLO), EAP_SEND); /* then what we do */
}

/* RFC 3748 §4.1 */
static void
test_a_repeated_request_gets_the_same_response(void **state)
{
    g_autoptr(EapPeer) p = new_peer();
    g_autofree uint8_t *first = NULL;
    size_t len;

    (void)state;
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
    len = eap_peer_out(p).len;
    first = g_memdup2(eap_peer_out(p).p, len);
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND); /* a second hello would be out of turn */
    assert_true(slice_equal(eap_peer_out(p), (Slice){ first, len }));
    assert_int_equal(recv_doc(p, 2, FORM), EAP_ASK);
    assert_int_equal(recv_doc(p, 2, FORM), EAP_DROP); /* the person is still typing */
    assert_int_equal(eap_peer_out(p).len, 0);
    fill(p, EAP_SEND);
    assert_int_equal(eap_peer_out(p).p[1], 2);
}

/* RFC 3748 §4.2: Success is not protected; before the method is done it says nothing. */
static void
test_an_early_success_is_a_failure(void **state)
{
    (void)state;
    for (int stage = 0; stage < 4; stage++) {
        g_autoptr(EapPeer) p = new_peer();

        if (stage > 0)
            assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
        if (stage > 1)
            assert_int_equal(recv_doc(p, 2, FORM), EAP_ASK);
        if (stage > 2)
            fill(p, EAP_SEND);
        assert_int_equal(recv(p, stage > 1 ? "03 02 0004"
                                 : stage   ? "03 01 0004"
                                           : "03 00 0004"),
                         EAP_FAILED);
        assert_string_equal(eap_peer_why(p),
                            "the gateway sent EAP-Success before the login was done");
        assert_null(eap_peer_question(p));
        assert_int_equal(eap_peer_out(p).len, 0);
        assert_int_equal(recv_doc(p, 3, COMPLETE), EAP_DROP); /* over is over */
    }
}

static void
test_success_after_the_ack_is_success(void **state)
{
    g_autoptr(EapPeer) p = new_peer();

    (void)state;
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
    assert_null(eap_peer_complete(p));
    assert_int_equal(recv_doc(p, 2, FORM), EAP_ASK);
    assert_non_null(eap_peer_question(p)->doc);
    fill(p, EAP_SEND);
    assert_null(eap_peer_question(p));
    fill(p, EAP_DROP); /* a second answer finds no question */
    assert_int_equal(recv_doc(p, 3, COMPLETE), EAP_SEND);
    assert_non_null(eap_peer_complete(p));
    assert_int_equal(recv(p, "03 02 0004"), EAP_DROP); /* not of the last request */
    assert_int_equal(recv(p, "03 03 0004"), EAP_SUCCEEDED);
    assert_string_equal(eap_peer_why(p), "");
    assert_int_equal(eap_peer_out(p).len, 0); /* nothing typed is kept */
}

static void
test_failure_ends_it_at_any_time(void **state)
{
    g_autoptr(EapPeer) p = new_peer(), fresh = new_peer();

    (void)state;
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
    assert_int_equal(recv_doc(p, 2, FORM), EAP_ASK);
    fill(p, EAP_SEND);
    assert_int_equal(recv(p, "04 02 0004"), EAP_FAILED);
    assert_string_equal(eap_peer_why(p), "the gateway refused the login");
    assert_int_equal(recv(fresh, "04 00 0004"), EAP_FAILED);
}

static void
test_the_method_cannot_be_changed_on_the_way(void **state)
{
    g_autoptr(EapPeer) p = new_peer();

    (void)state;
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
    assert_int_equal(recv(p, "01 02 0005 04"), EAP_FAILED);
    assert_string_equal(eap_peer_why(p), "the gateway changed the EAP method in the middle of it");
}

static void
test_a_looping_server_is_left_after_a_bounded_number_of_rounds(void **state)
{
    g_autoptr(EapPeer) forms = new_peer(), same = new_peer();
    int rounds = 0;
    EapVerdict v;

    (void)state;
    assert_int_equal(recv_doc(forms, 0, HELLO), EAP_SEND);
    while ((v = recv_doc(forms, (uint8_t)++rounds, FORM)) == EAP_ASK)
        fill(forms, EAP_SEND);
    assert_int_equal(v, EAP_FAILED);
    assert_int_equal(rounds, EAP_ROUNDS_MAX);
    assert_string_equal(eap_peer_why(forms),
                        "the gateway sent more EAP requests than any login takes");
    for (rounds = 0; (v = recv(same, "01 01 0005 01")) == EAP_SEND; rounds++)
        ;
    assert_int_equal(v, EAP_FAILED);
    assert_int_equal(rounds, EAP_ROUNDS_MAX);
}

static void
test_what_is_no_packet_or_not_for_a_peer_is_dropped(void **state)
{
    static const char *const packets[] = {
        "", "01", "01 01 0006 01", "02 01 0005 01", "07 01 0004", "03 01 0005 00"
    };
    g_autoptr(EapPeer) p = new_peer();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        assert_int_equal(recv(p, packets[i]), EAP_DROP);
    assert_int_equal(recv_doc(p, 1, HELLO), EAP_SEND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identity_and_notification_are_answered),
        cmocka_unit_test(test_an_unknown_method_is_answered_with_a_nak),
        cmocka_unit_test(test_a_repeated_request_gets_the_same_response),
        cmocka_unit_test(test_an_early_success_is_a_failure),
        cmocka_unit_test(test_success_after_the_ack_is_success),
        cmocka_unit_test(test_failure_ends_it_at_any_time),
        cmocka_unit_test(test_the_method_cannot_be_changed_on_the_way),
        cmocka_unit_test(test_a_looping_server_is_left_after_a_bounded_number_of_rounds),
        cmocka_unit_test(test_what_is_no_packet_or_not_for_a_peer_is_dropped),
    };

    return cmocka_run_group_tests_name("eap_peer", tests, NULL, NULL);
}
