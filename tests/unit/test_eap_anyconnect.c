/* test_eap_anyconnect.c - agent/eap/eap_anyconnect.c: octets as agent/docs/WIRE.md §16.5 has them
 */

#include "agent/eap/eap_peer.h"
#include "agent/eap/eap_server.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const EapSetup win = { .ac = {
                                  .version = "3.0.1047", .device = "win", .group = "ASA-IKEV2" } };
static const EapSetup asa = { .ac = { .version = "100.7(6)116" } };
static const EapMethod *const methods[] = { &eap_anyconnect, NULL };

/* @packet against a row of §16.5: first sixteen octets, length, SHA-256. */
static void
packet_is(Slice packet, const char *head, size_t len, const char *sha256)
{
    Hex first = hex(head);
    g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, packet.p, packet.len);

    assert_int_equal(packet.len, len);
    assert_int_equal(first.len, 16);
    assert_memory_equal(packet.p, first.b, first.len);
    assert_string_equal(sum, sha256);
}

/* The form of the field; the tunnel-group and its time stamp are the seed's. */
static AcDoc *
seed_form(void)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);

    d->opaque_tunnel_group = g_strdup("ASA-IKEV2");
    d->opaque_config_hash = g_strdup("1367268141499");
    d->csport = 443;
    d->auth_id = g_strdup("main");
    ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    return d;
}

static void
answer_with_doc(EapServer *s, AcDoc *doc)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC, .doc = doc };

    assert_int_equal(eap_server_answer(s, &a), EAP_SEND);
    assert_null(a.doc);
}

static void
answer_login(EapPeer *p, const char *user, const char *password)
{
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

    ac_fields_set(a.fields, "username", slice_of(user));
    ac_fields_set(a.fields, "password", slice_of(password));
    assert_int_equal(eap_peer_answer(p, &a), EAP_SEND);
}

static void
test_the_exchange_of_the_field_octet_for_octet(void **state)
{
    g_autoptr(EapServer) s = eap_server_new(methods, &asa);
    g_autoptr(EapPeer) p = eap_peer_new(methods, &win);
    AcDoc *done = ac_doc_new(AC_COMPLETE);

    (void)state;
    assert_int_equal(eap_server_start(s), EAP_SEND);
    packet_is(eap_server_out(s), "01010096fe0000094442525000000086", 150,
              "46a2607d7445ca2492c90da4b057dba5b154a4035fed2c90bb277948675934d1");
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_SEND);
    packet_is(eap_peer_out(p), "020100fcfe00000944425250000000ec", 252,
              "7bb4f73bb44fe9b7cda323d62f1c33a21343314e0f9c7a3b4fabeda84525b7c9");
    assert_int_equal(eap_server_recv(s, eap_peer_out(p)), EAP_ASK);
    answer_with_doc(s, seed_form());
    packet_is(eap_server_out(s), "010201c9fe00000944425250000001b9", 457,
              "7bc0fa893de15bff8c2df3d6b9596cf7fbfd6daf245922efcde8733fe9f7903e");
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_ASK);
    answer_login(p, "Anu", "cisco123...");
    /* §4.2: 424 - 4 with an 11-octet password, and one octet for the LF of a verbatim <opaque> */
    assert_int_equal(eap_peer_out(p).len, 421);
    assert_int_equal(eap_server_recv(s, eap_peer_out(p)), EAP_ASK);
    secret_set(&done->session_token, slice_of("T"));
    answer_with_doc(s, done);
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_SEND);
    packet_is(eap_peer_out(p), "020300adfe000009444252500000009d", 173,
              "351dadd3e83af634201aa71248367044b039038022f1aa0ad917d528459c264f");
    assert_int_equal(eap_server_recv(s, eap_peer_out(p)), EAP_SUCCEEDED);

    Hex success = hex("03030004");

    assert_true(slice_equal(eap_server_out(s), (Slice){ success.b, success.len }));
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_SUCCEEDED);
}

/* §16.5: with the other run's version the lengths must be other ones. */
static void
test_the_version_of_the_other_run_gives_its_lengths(void **state)
{
    static const EapSetup other = { .ac = { .version = "9.0(2)8" } };
    g_autoptr(EapServer) s = eap_server_new(methods, &other);
    g_autoptr(EapPeer) p = eap_peer_new(methods, &win);

    (void)state;
    assert_int_equal(eap_server_start(s), EAP_SEND);
    assert_int_equal(eap_server_out(s).len, 146);
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_SEND);
    assert_int_equal(eap_server_recv(s, eap_peer_out(p)), EAP_ASK);
    answer_with_doc(s, seed_form());
    assert_int_equal(eap_server_out(s).len, 453);
}

/* The auth-reply of the published log, all 13 lines; only the line feed before </opaque> is the
 * gateway's own, because we echo it. */
static void
test_the_auth_reply_has_the_lines_of_the_field(void **state)
{
    static const char xml[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<config-auth client=\"vpn\" type=\"auth-reply\">\n"
                              "<device-id>win</device-id>\n"
                              "<version who=\"vpn\">3.0.1047</version>\n"
                              "<session-token></session-token>\n"
                              "<session-id></session-id>\n"
                              "<opaque is-for=\"sg\">\n"
                              "<tunnel-group>ASA-IKEV2</tunnel-group>\n"
                              "<config-hash>1367268141499</config-hash>\n"
                              "</opaque>\n"
                              "<auth>\n"
                              "<password>cisco123</password>\n"
                              "<username>Anu</username></auth>\n"
                              "</config-auth>\n";
    g_autoptr(EapServer) s = eap_server_new(methods, &asa);
    g_autoptr(EapPeer) p = eap_peer_new(methods, &win);
    Slice got;

    (void)state;
    assert_int_equal(eap_server_start(s), EAP_SEND);
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_SEND);
    assert_int_equal(eap_server_recv(s, eap_peer_out(p)), EAP_ASK);
    answer_with_doc(s, seed_form());
    assert_int_equal(eap_peer_recv(p, eap_server_out(s)), EAP_ASK);
    answer_login(p, "Anu", "cisco123");
    got = eap_peer_out(p);
    assert_int_equal(got.len, 16 + 402); /* 401 as printed, and that line feed */
    assert_memory_equal(got.p + 16, xml, sizeof(xml) - 1);
}

/* --- framing --- */

/* What the client half says to TLVs. */
static EapStep
client_recv(const char *tlvs, const char *why)
{
    void *self = eap_anyconnect.open(AC_CLIENT, &win);
    Hex data = hex(tlvs);
    g_auto(Secret) out = { 0 };
    EapStep step = eap_anyconnect.recv(self, &(EapPacket){ .data = { data.b, data.len } }, &out);

    assert_int_equal(g_strcmp0(eap_anyconnect.why(self), why), 0);
    eap_anyconnect.close(self);
    return step;
}

/* <config-auth type='hello'/> */
#define HELLO "0000 001b 3c636f6e6669672d6175746820747970653d2768656c6c6f272f3e"

static void
test_unknown_tlvs_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(client_recv(HELLO, NULL), EAP_STEP_SEND);
    assert_int_equal(client_recv("0003 0002 aaaa 0001 0000 ffff 0001 00" HELLO, NULL),
                     EAP_STEP_SEND);
}

static void
test_wrong_framing_fails_with_a_sentence(void **state)
{
    g_autoptr(GString) many = g_string_new(NULL);

    (void)state;
    assert_int_equal(client_recv("", "an EAP-AnyConnect packet has no XML TLV"), EAP_STEP_FAIL);
    assert_int_equal(client_recv("0001 0000", "an EAP-AnyConnect packet has no XML TLV"),
                     EAP_STEP_FAIL);
    assert_int_equal(client_recv("0000 0002 3c", "a TLV of an EAP-AnyConnect packet is cut short"),
                     EAP_STEP_FAIL);
    assert_int_equal(client_recv(HELLO "00", "a TLV of an EAP-AnyConnect packet is cut short"),
                     EAP_STEP_FAIL);
    assert_int_equal(client_recv(HELLO HELLO, "an EAP-AnyConnect packet has two XML TLVs"),
                     EAP_STEP_FAIL);
    for (int i = 0; i < 17; i++)
        g_string_append(many, "00070000");
    assert_int_equal(client_recv(many->str, "an EAP-AnyConnect packet has more than 16 TLVs"),
                     EAP_STEP_FAIL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_exchange_of_the_field_octet_for_octet),
        cmocka_unit_test(test_the_version_of_the_other_run_gives_its_lengths),
        cmocka_unit_test(test_the_auth_reply_has_the_lines_of_the_field),
        cmocka_unit_test(test_unknown_tlvs_are_passed_over),
        cmocka_unit_test(test_wrong_framing_fails_with_a_sentence),
    };

    return cmocka_run_group_tests_name("eap_anyconnect", tests, NULL, NULL);
}
