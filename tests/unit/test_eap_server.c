/* test_eap_server.c - agent/eap/eap_server.c, against packets written by hand */

#include "agent/eap/eap_server.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const EapSetup me = { .ac = { .version = "9.16(4)" } };
static const EapMethod *const methods[] = { &eap_anyconnect, NULL };

static EapServer *
started(void)
{
    EapServer *s = eap_server_new(methods, &me);

    assert_int_equal(eap_server_start(s), EAP_SEND);
    assert_int_equal(eap_server_out(s).p[1], 1); /* ids count from 1 */
    return s;
}

static EapVerdict
recv(EapServer *s, const char *packet)
{
    Hex h = hex(packet);

    return eap_server_recv(s, (Slice){ h.b, h.len });
}

static EapVerdict
recv_doc(EapServer *s, uint8_t id, const char *xml)
{
    uint8_t data[2048], packet[2048];
    Writer d = { .base = data, .cap = sizeof(data) }, w = { .base = packet, .cap = sizeof(packet) };

    eap_ac_tlv_encode(&(EapAcTlv){ EAP_AC_TLV_XML, slice_of(xml) }, &d);
    eap_packet_encode(&(EapPacket){ .code = EAP_RESPONSE,
                                    .id = id,
                                    .type = EAP_TYPE_EXPANDED,
                                    .vendor = EAP_VENDOR_CISCO,
                                    .vendor_type = EAP_CISCO_ANYCONNECT,
                                    .data = writer_view(&d) },
                      &w);
    assert_true(writer_finish(&w) > 0);
    return eap_server_recv(s, writer_view(&w));
}

#define INIT  "<config-auth type='init'/>"
#define REPLY "<config-auth type='auth-reply'><auth><password>p</password></auth></config-auth>"

static EapVerdict
give(EapServer *s, AcDocType type)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC, .doc = ac_doc_new(type) };

    return eap_server_answer(s, &a);
}

static void
failure_is(const EapServer *s, uint8_t id, const char *why)
{
    const uint8_t packet[] = { EAP_FAILURE, id, 0, 4 };

    assert_true(slice_equal(eap_server_out(s), (Slice){ packet, sizeof(packet) }));
    assert_string_equal(eap_server_why(s), why);
}

static void
test_a_response_with_another_id_or_twice_is_dropped(void **state)
{
    g_autoptr(EapServer) s = started();

    (void)state;
    assert_int_equal(recv_doc(s, 0, INIT), EAP_DROP);
    assert_int_equal(recv_doc(s, 2, INIT), EAP_DROP);
    assert_int_equal(recv_doc(s, 1, INIT), EAP_ASK);
    assert_int_equal(recv_doc(s, 1, INIT), EAP_DROP); /* the question is open */
    assert_int_equal(eap_server_question(s)->doc->type, AC_INIT);
    assert_int_equal(give(s, AC_AUTH_REQUEST), EAP_SEND);
    assert_int_equal(eap_server_out(s).p[1], 2);
    assert_int_equal(recv_doc(s, 1, INIT), EAP_DROP); /* and now it is an old one */
    assert_null(eap_server_question(s));
    assert_int_equal(recv_doc(s, 2, REPLY), EAP_ASK);
}

static void
test_what_is_no_response_is_dropped(void **state)
{
    static const char *const packets[] = { "", "02 01 0006 01", "01 01 0005 01", "03 01 0004",
                                           "04 01 0004" };
    g_autoptr(EapServer) s = started();

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++)
        assert_int_equal(recv(s, packets[i]), EAP_DROP);
    assert_int_equal(recv_doc(s, 1, INIT), EAP_ASK);
}

static void
test_a_nak_of_either_kind_ends_it(void **state)
{
    g_autoptr(EapServer) legacy = started(), expanded = started(), other = started();

    (void)state;
    assert_int_equal(recv(legacy, "02 01 0006 03 1a"), EAP_FAILED);
    failure_is(legacy, 1, "the client does not do the EAP method asked for");
    assert_int_equal(recv(expanded, "02 01 0014 fe 000000 00000003 fe 000000 0000001a"),
                     EAP_FAILED);
    failure_is(expanded, 1, "the client does not do the EAP method asked for");
    assert_int_equal(recv(other, "02 01 0005 1a"), EAP_FAILED);
    failure_is(other, 1, "the client answered with another EAP type than it was asked for");
    assert_int_equal(recv_doc(other, 1, INIT), EAP_DROP); /* over is over */
}

static void
test_a_refused_login_is_a_failure_with_the_last_id(void **state)
{
    g_autoptr(EapServer) s = started();
    g_auto(EapAnswer)
        no = { .kind = EAP_ANSWER_DECLINE, .text = g_strdup("three wrong passwords") };

    (void)state;
    assert_int_equal(eap_server_answer(s, &no), EAP_DROP); /* nothing is asked yet */
    assert_non_null(no.text);
    assert_int_equal(recv_doc(s, 1, INIT), EAP_ASK);
    assert_int_equal(give(s, AC_AUTH_REQUEST), EAP_SEND);
    assert_int_equal(recv_doc(s, 2, REPLY), EAP_ASK);
    assert_int_equal(eap_server_answer(s, &no), EAP_FAILED);
    failure_is(s, 2, "three wrong passwords");
    assert_null(eap_server_question(s));
}

static void
test_a_document_that_cannot_be_read_is_a_failure(void **state)
{
    g_autoptr(EapServer) s = started();

    (void)state;
    assert_int_equal(recv_doc(s, 1, "<!DOCTYPE x><config-auth type='init'/>"), EAP_FAILED);
    failure_is(s, 1,
               "the client sent a document that cannot be read: the document has a DTD or an "
               "entity declaration, which is not read");
}

/* A client that answers with "init" for ever gets as many forms as any login takes. */
static void
test_a_looping_client_is_left_after_a_bounded_number_of_rounds(void **state)
{
    g_autoptr(EapServer) s = started();
    EapVerdict v = EAP_SEND;
    uint8_t id = 1;

    (void)state;
    while (v == EAP_SEND) {
        assert_int_equal(recv_doc(s, id++, INIT), EAP_ASK);
        v = give(s, AC_AUTH_REQUEST);
    }
    assert_int_equal(v, EAP_FAILED);
    assert_int_equal(id - 1, EAP_ROUNDS_MAX);
    failure_is(s, EAP_ROUNDS_MAX, "the client took more EAP rounds than any login takes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_response_with_another_id_or_twice_is_dropped),
        cmocka_unit_test(test_what_is_no_response_is_dropped),
        cmocka_unit_test(test_a_nak_of_either_kind_ends_it),
        cmocka_unit_test(test_a_refused_login_is_a_failure_with_the_last_id),
        cmocka_unit_test(test_a_document_that_cannot_be_read_is_a_failure),
        cmocka_unit_test(test_a_looping_client_is_left_after_a_bounded_number_of_rounds),
    };

    return cmocka_run_group_tests_name("eap_server", tests, NULL, NULL);
}
