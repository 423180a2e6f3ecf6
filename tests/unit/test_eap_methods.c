/* test_eap_methods.c - agent/eap/eap_gtc.c, eap_md5.c, eap_mschapv2.c: peer against server, and
 * each against packets made by hand */

#include "agent/crypto/mschap.h"
#include "agent/eap/eap_mschapv2.h"
#include "tests/support/eap_talk.h"

static const EapMethod *const gtc[] = { &eap_gtc, NULL };
static const EapMethod *const md5[] = { &eap_md5, NULL };
static const EapMethod *const mschap[] = { &eap_mschapv2, NULL };
static const EapMethod *const *const all[] = { gtc, md5, mschap };
static const size_t msk_len[] = { 0, 0, MSCHAP_MSK };

/* C064, RFC 7296 §2.16: who makes a key has the same at both ends, and the others have none. */
static void
test_each_password_method_ends_with_the_same_key_at_both_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        for (int ask = 0; ask < 2; ask++) {
            g_auto(EapTalk) t = { .peer_methods = all[i],
                                  .server_methods = all[i],
                                  .server_setup.ask_identity = ask,
                                  .user = "Anu",
                                  .typed = { "cisco123" },
                                  .right = "cisco123" };

            eap_talk_succeeds(&t, msk_len[i]);
            assert_int_equal(t.asked, 1); /* one form, whether asked at EAP-Identity or later */
            assert_string_equal(t.asked_user, "Anu");
        }
}

static void
test_a_wrong_password_is_refused_by_each_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_auto(EapTalk) t = { .peer_methods = all[i],
                              .server_methods = all[i],
                              .peer_setup.identity = "Anu",
                              .typed = { "wrong" },
                              .right = "cisco123" };

        eap_talk_run(&t, NULL);
        assert_int_equal(t.peer, EAP_FAILED);
        assert_int_equal(t.server, EAP_FAILED);
        assert_string_equal(eap_server_why(t.s), "wrong user name or password");
        assert_int_equal(eap_peer_msk(t.p).len, 0);
        assert_int_equal(eap_server_msk(t.s).len, 0);
        assert_int_equal(t.asked, all[i] == mschap ? 3 : 1);
    }
}

static void
test_an_unknown_user_is_refused_as_a_wrong_password_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_auto(EapTalk) t = { .peer_methods = all[i],
                              .server_methods = all[i],
                              .user = "Nobody",
                              .typed = { "cisco123" } };

        eap_talk_run(&t, NULL);
        assert_int_equal(t.server, EAP_FAILED);
        assert_string_equal(eap_server_why(t.s), "wrong user name or password");
        assert_string_equal(t.asked_user, "Nobody");
    }
}

static void
test_mschapv2_asks_again_and_takes_the_right_password_then(void **state)
{
    g_auto(EapTalk) t = { .peer_methods = mschap,
                          .server_methods = mschap,
                          .peer_setup.identity = "LAB\\Anu",
                          .typed = { "wrong", "cisco123" },
                          .right = "cisco123" };

    (void)state;
    eap_talk_succeeds(&t, MSCHAP_MSK);
    assert_int_equal(t.asked, 2);
    assert_string_equal(t.error, "wrong user name or password");
    assert_string_equal(t.asked_user, "LAB\\Anu");
}

static void
test_mschapv2_is_content_with_the_hash_of_the_password(void **state)
{
    g_auto(Secret) hash = { 0 };
    g_auto(EapTalk) t = { .peer_methods = mschap,
                          .server_methods = mschap,
                          .peer_setup.identity = "Anu",
                          .typed = { "cisco123" },
                          .right = "cisco123",
                          .by_hash = true };

    (void)state;
    assert_true(mschap_nt_hash(slice_of("cisco123"), &hash));
    eap_talk_run(&t, &hash);
    assert_int_equal(t.peer, EAP_SUCCEEDED);
    assert_int_equal(t.server, EAP_SUCCEEDED);
}

/* RFC 3748 §5.3.1 */
static void
test_a_nak_chooses_another_method_of_the_server(void **state)
{
    static const EapMethod *const many[] = { &eap_mschapv2, &eap_gtc, &eap_md5, NULL };
    g_auto(EapTalk) t = { .peer_methods = md5,
                          .server_methods = many,
                          .user = "Anu",
                          .typed = { "cisco123" },
                          .right = "cisco123" };
    g_auto(EapTalk) none = { .peer_methods = gtc, .server_methods = mschap };

    (void)state;
    eap_talk_succeeds(&t, 0);
    eap_talk_run(&none, NULL);
    assert_int_equal(none.server, EAP_FAILED);
    assert_string_equal(eap_server_why(none.s), "the client does not do the EAP method asked for");
}

/* ---- EAP-MSCHAPv2 against a lying gateway ---- */

typedef struct Liar {
    EapPeer *p;
    uint8_t id;
} Liar;

static EapVerdict
say(Liar *l, Slice data)
{
    uint8_t packet[2048];
    Writer w = { .base = packet, .cap = sizeof(packet) };
    EapVerdict v;

    eap_packet_encode(
        &(EapPacket){ .code = EAP_REQUEST, .id = ++l->id, .type = EAP_TYPE_MSCHAPV2, .data = data },
        &w);
    v = eap_peer_recv(l->p, writer_view(&w));
    if (v == EAP_ASK) {
        g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

        ac_fields_set(a.fields, "username", slice_of("User"));
        ac_fields_set(a.fields, "password", slice_of("clientPass"));
        v = eap_peer_answer(l->p, &a);
    }
    return v;
}

static EapVerdict
say_text(Liar *l, uint8_t op, const char *text)
{
    uint8_t data[2048];
    Writer w = { .base = data, .cap = sizeof(data) };

    writer_u8(&w, op);
    writer_u8(&w, 1);
    writer_u16(&w, (uint16_t)(4 + strlen(text)));
    writer_slice(&w, slice_of(text));
    return say(l, writer_view(&w));
}

#define CHALLENGE "01 01 001b 10 5b5d7c7d7b3f2f3e3c2c602132262628 525253" /* of RFC 2759 §9.2 */

/* A peer that has answered @challenges challenges. */
static Liar
liar(unsigned challenges)
{
    static const EapSetup setup = { .random = eap_talk_random };
    Liar l = { .p = eap_peer_new(mschap, &setup) };
    Hex h = hex(CHALLENGE);

    h.b[3] = (uint8_t)h.len;
    h.b[2] = 0;
    for (unsigned i = 0; i < challenges; i++)
        assert_int_equal(say(&l, (Slice){ h.b, h.len }), EAP_SEND);
    return l;
}

/* B02: Success of EAP before the authenticator response is no success. */
static void
test_eap_success_before_the_gateway_has_proved_itself_is_refused(void **state)
{
    (void)state;
    for (unsigned answered = 0; answered < 2; answered++) {
        Liar l = liar(answered);
        uint8_t success[] = { EAP_SUCCESS, l.id, 0, 4 };

        assert_int_equal(eap_peer_recv(l.p, (Slice){ success, sizeof(success) }), EAP_FAILED);
        assert_int_equal(eap_peer_msk(l.p).len, 0);
        eap_peer_free(l.p);
    }
}

/* B03 */
static void
test_mschapv2_success_without_the_right_authenticator_response_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "S",
        "S=",
        "M=Welcome",
        "S=407A5589115FD0D6209F510FE9C04566932CDA5",
        "S=407A5589115FD0D6209F510FE9C04566932CDA56", /* of other challenges */
        "S=407A5589115FD0D6209F510FE9C04566932CDA5G M=x",
        "X=407A5589115FD0D6209F510FE9C04566932CDA56",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Liar l = liar(1);

        assert_int_equal(say_text(&l, 3, wrong[i]), EAP_FAILED);
        eap_peer_free(l.p);
    }
    {
        Liar early = liar(0);

        assert_int_equal(say_text(&early, 3, "S=407A5589115FD0D6209F510FE9C04566932CDA56"),
                         EAP_FAILED);
        assert_non_null(strstr(eap_peer_why(early.p), "before it was due"));
        eap_peer_free(early.p);
    }
}

static void
test_a_second_challenge_is_refused(void **state)
{
    Liar l = liar(1);
    Hex h = hex(CHALLENGE);

    (void)state;
    h.b[3] = (uint8_t)h.len;
    assert_int_equal(say(&l, (Slice){ h.b, h.len }), EAP_FAILED);
    eap_peer_free(l.p);
}

/* B04: every length of a Failure, whatever its text. */
static void
test_a_failure_of_any_length_is_bounded(void **state)
{
    static const char text[] = "E=691 R=1 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=No. No, no.";

    (void)state;
    for (size_t len = 0; len <= strlen(text); len++) {
        g_autofree char *cut = g_strndup(text, len);
        EapMschapFailure f;
        Liar l = liar(1);

        assert_int_equal(say_text(&l, 4, cut), EAP_SEND); /* a new try, or the end confirmed */
        assert_int_equal(eap_peer_out(l.p).len, len < 9 ? 6 : 5 + 4 + 50 + 4);
        eap_mschapv2_failure_read(slice_of(cut), &f);
        assert_int_equal(f.retry, len >= 9);
        assert_int_equal(f.has_challenge, len >= 44);
        eap_peer_free(l.p);
    }
}

static void
test_the_words_of_a_failure_are_read(void **state)
{
    static const struct {
        const char *text;
        uint32_t error;
        bool retry, has_challenge;
        const char *message;
    } rows[] = {
        { "E=691 R=1 C=5B5D7C7D7B3F2F3E3C2C602132262628 V=3 M=No no", 691, true, true, "No no" },
        { "E=0000000647 R=0 V=3 M=", 647, false, false, "" },
        { "R=1 E=648", 648, true, false, "" },
        { "M=E=691 R=1", 0, false, false, "E=691 R=1" },
        { "E=99999999999 R=11", 0, false, false, "" },
        { "C=5B5D7C7D7B3F2F3E3C2C60213226262 R=1", 0, true, false, "" },
        { "C=5B5D7C7D7B3F2F3E3C2C60213226262X", 0, false, false, "" },
        { "E= R= C= =  = E", 0, false, false, "" },
        { "", 0, false, false, "" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        EapMschapFailure f;

        eap_mschapv2_failure_read(slice_of(rows[i].text), &f);
        assert_int_equal(f.error, rows[i].error);
        assert_int_equal(f.retry, rows[i].retry);
        assert_int_equal(f.has_challenge, rows[i].has_challenge);
        assert_true(slice_equal(f.message, slice_of(rows[i].message)));
    }
}

static void
test_why_the_gateway_refuses_is_said(void **state)
{
    Liar l = liar(1);
    uint8_t failure[] = { EAP_FAILURE, 0, 0, 4 };

    (void)state;
    assert_int_equal(say_text(&l, 4, "E=648 R=0 V=3 M=Ask \x1b[2J help desk"), EAP_SEND);
    failure[1] = l.id;
    assert_int_equal(eap_peer_recv(l.p, (Slice){ failure, sizeof(failure) }), EAP_FAILED);
    assert_string_equal(eap_peer_why(l.p), "the password has expired: Ask \\x1b[2J help desk");
    eap_peer_free(l.p);
}

/* ---- every truncation and overlength of everything, at both ends ---- */

static unsigned cut_at, cut_request;

static void
cut(EapTalk *t, GByteArray *packet)
{
    if (t->requests != cut_request || packet->len <= 5)
        return;
    if (cut_at < packet->len - 5)
        g_byte_array_set_size(packet, 5 + cut_at);
    packet->data[2] = (uint8_t)(packet->len >> 8);
    packet->data[3] = (uint8_t)packet->len;
}

static void
test_no_truncated_packet_logs_anybody_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        for (cut_request = 0; cut_request < 4; cut_request++)
            for (cut_at = 0; cut_at < 70; cut_at++)
                for (int side = 0; side < 2; side++) {
                    g_auto(EapTalk) t = { .peer_methods = all[i],
                                          .server_methods = all[i],
                                          .peer_setup.identity = "Anu",
                                          .typed = { "cisco123" },
                                          .right = "cisco123" };

                    t.on_request = side ? NULL : cut;
                    t.on_response = side ? cut : NULL;
                    eap_talk_run(&t, NULL);
                    /* what a cut leaves whole may succeed, but never with two keys */
                    if (t.peer == EAP_SUCCEEDED)
                        assert_true(slice_equal(eap_peer_msk(t.p), eap_server_msk(t.s)));
                    if (all[i] == mschap && t.peer == EAP_SUCCEEDED)
                        assert_int_equal(eap_peer_msk(t.p).len, MSCHAP_MSK);
                }
}

static void
test_an_identity_longer_than_any_is_refused(void **state)
{
    static const EapSetup setup = { .random = eap_talk_random };
    g_autoptr(EapServer) s = eap_server_new(gtc, &setup);
    uint8_t packet[5 + 254] = { EAP_RESPONSE, 1, 1, 3, EAP_TYPE_IDENTITY };

    (void)state;
    memset(packet + 5, 'a', 254);
    assert_int_equal(eap_server_start(s), EAP_SEND);
    assert_int_equal(eap_server_recv(s, (Slice){ packet, sizeof(packet) }), EAP_FAILED);
    assert_null(eap_server_identity(s));
}

/* RFC 1994 §4.1; the response is Python's hashlib.md5(b"\x07" + b"cisco123" + bytes(range(16))). */
static void
test_the_response_of_md5(void **state)
{
    Hex request = hex("01 07 0016 04 10 000102030405060708090a0b0c0d0e0f");
    Hex want = hex("02 07 0019 04 10 7ac5553b52b4f5582eb6d1c9a2cd079e 416e75");
    static const EapSetup setup = { .identity = "Anu" };
    g_autoptr(EapPeer) p = eap_peer_new(md5, &setup);
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS, .fields = ac_fields_new() };

    (void)state;
    ac_fields_set(a.fields, "password", slice_of("cisco123"));
    assert_int_equal(eap_peer_recv(p, (Slice){ request.b, request.len }), EAP_ASK);
    assert_int_equal(eap_peer_answer(p, &a), EAP_SEND);
    assert_true(slice_equal(eap_peer_out(p), (Slice){ want.b, want.len }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_password_method_ends_with_the_same_key_at_both_ends),
        cmocka_unit_test(test_a_wrong_password_is_refused_by_each_method),
        cmocka_unit_test(test_an_unknown_user_is_refused_as_a_wrong_password_is),
        cmocka_unit_test(test_mschapv2_asks_again_and_takes_the_right_password_then),
        cmocka_unit_test(test_mschapv2_is_content_with_the_hash_of_the_password),
        cmocka_unit_test(test_a_nak_chooses_another_method_of_the_server),
        cmocka_unit_test(test_eap_success_before_the_gateway_has_proved_itself_is_refused),
        cmocka_unit_test(test_mschapv2_success_without_the_right_authenticator_response_is_refused),
        cmocka_unit_test(test_a_second_challenge_is_refused),
        cmocka_unit_test(test_a_failure_of_any_length_is_bounded),
        cmocka_unit_test(test_the_words_of_a_failure_are_read),
        cmocka_unit_test(test_why_the_gateway_refuses_is_said),
        cmocka_unit_test(test_no_truncated_packet_logs_anybody_in),
        cmocka_unit_test(test_an_identity_longer_than_any_is_refused),
        cmocka_unit_test(test_the_response_of_md5),
    };

    return cmocka_run_group_tests_name("eap_methods", tests, NULL, NULL);
}
