/* test_ac_dialogue.c - agent/eap/ac_dialogue.c: the table, and each side against documents written
 * by hand */

#include "agent/eap/ac_dialogue.h"
#include "agent/eap/ac_xml.h"
#include "tests/support/test.h"

#define DOC(type, body) "<config-auth client='vpn' type='" type "'>" body "</config-auth>"
#define HELLO           DOC("hello", "<version who='sg'>1</version>")
#define FORM_WITH(extra)                                                                           \
    DOC("auth-request",                                                                            \
        "<opaque is-for='sg'> <x/></opaque><auth id='main'>" extra                                 \
        "<form><input type='text' name='username'/><input type='password' name='password'/>"       \
        "</form></auth>")
#define FORM FORM_WITH("")
#define GROUPS                                                                                     \
    DOC("auth-request",                                                                            \
        "<auth id='main'><form><input type='text' name='username'/>"                               \
        "<input type='password' name='password'/><select name='group_list'>"                       \
        "<option value='ONE'>One</option><option value='TWO'>Two</option></select></form></auth>")
#define CERT     DOC("auth-request", "<client-cert-request/>")
#define COMPLETE DOC("complete", "<session-token>T</session-token><auth id='success'/>")
#define BANNER                                                                                     \
    DOC("complete",                                                                                \
        "<session-token>T</session-token><auth id='success'><banner>Welcome</banner></auth>")

static const AcIdentity client_id = { .version = "3.0.1047", .device = "linux-64" };
static const AcIdentity server_id = { .version = "9.16(4)", .aggregate = true };

/* --- the table --- */

static void
test_every_state_of_a_side_is_reached_and_left(void **state)
{
    size_t n;
    const AcTransition *t = ac_dialogue_table(&n);
    static const bool used[2][AC_ST_MAX] = {
        [AC_CLIENT] = { [AC_ST_START] = true,
                        [AC_ST_FORM] = true,
                        [AC_ST_ASKING] = true,
                        [AC_ST_BANNER] = true,
                        [AC_ST_DONE] = true,
                        [AC_ST_FAILED] = true },
        [AC_SERVER] = { [AC_ST_START] = true,
                        [AC_ST_HELLO] = true,
                        [AC_ST_FORM] = true,
                        [AC_ST_ASKING] = true,
                        [AC_ST_COMPLETE] = true,
                        [AC_ST_DONE] = true,
                        [AC_ST_FAILED] = true },
    };

    (void)state;
    for (int side = AC_CLIENT; side <= AC_SERVER; side++) {
        bool reached[AC_ST_MAX] = { [AC_ST_START] = true }, left[AC_ST_MAX] = { 0 };

        for (int round = 0; round < AC_ST_MAX; round++)
            for (size_t i = 0; i < n; i++)
                if ((int)t[i].side == side && reached[t[i].from])
                    reached[t[i].to] = left[t[i].from] = true;
        for (int s = 0; s < AC_ST_MAX; s++) {
            bool final = s == AC_ST_DONE || s == AC_ST_FAILED;

            assert_int_equal(reached[s], used[side][s]);
            assert_int_equal(left[s], used[side][s] && !final);
        }
    }
}

/* First match wins, so a row is dead when an earlier one takes everything it would take. */
static void
test_no_row_is_shadowed_by_an_earlier_one(void **state)
{
    size_t n;
    const AcTransition *t = ac_dialogue_table(&n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            bool same = t[i].side == t[j].side && t[i].from == t[j].from && t[i].on == t[j].on;

            if (same && (t[j].need & ~t[i].need) == 0 && (t[j].without & ~t[i].without) == 0)
                fail_msg("\"%s\" is shadowed by \"%s\"", t[i].story, t[j].story);
        }
}

static void
test_every_row_says_what_it_does(void **state)
{
    size_t n;
    const AcTransition *t = ac_dialogue_table(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(t[i].story && *t[i].story);
        assert_true((t[i].need & t[i].without) == 0);
        /* what is said and where it leads agree */
        assert_int_equal(t[i].step == AC_FAIL, t[i].to == AC_ST_FAILED);
        assert_int_equal(t[i].step == AC_DONE, t[i].to == AC_ST_DONE);
        assert_int_equal(t[i].step == AC_ASK, t[i].to == AC_ST_ASKING || t[i].to == AC_ST_BANNER);
    }
}

static void
test_the_graph_has_an_edge_for_each_row(void **state)
{
    g_autofree char *dot = ac_dialogue_dot();
    unsigned edges = 0;
    size_t n;

    (void)state;
    (void)ac_dialogue_table(&n);
    for (const char *at = dot; (at = strstr(at, " -> ")); at++)
        edges++;
    assert_int_equal(edges, n);
    assert_non_null(strstr(dot, "c_START -> c_FORM"));
    assert_non_null(strstr(dot, "s_COMPLETE -> s_DONE"));
}

/* --- the client --- */

static AcStep
recv(AcDialogue *d, const char *xml)
{
    return ac_dialogue_recv(d, slice_of(xml));
}

/* What goes out, read again. */
static AcDoc *
out(AcDialogue *d)
{
    g_auto(Secret) xml = { 0 };
    AcDoc *doc;

    ac_dialogue_take_out(d, &xml);
    doc = ac_xml_read(secret_view(&xml), NULL);
    assert_non_null(doc);
    return doc;
}

static AcDialogue *
client_at_form(const char *form)
{
    AcDialogue *d = ac_dialogue_new(AC_CLIENT, &client_id);
    g_autoptr(AcDoc) init = NULL;

    assert_int_equal(recv(d, HELLO), AC_SEND);
    init = out(d);
    assert_int_equal(init->type, AC_INIT);
    assert_int_equal(recv(d, form), AC_ASK);
    return d;
}

static AcStep
fill(AcDialogue *d, const char *user, const char *password, const char *group)
{
    g_autoptr(GPtrArray) fields = ac_fields_new();

    ac_fields_set(fields, "username", slice_of(user));
    ac_fields_set(fields, "password", slice_of(password));
    if (group)
        ac_fields_set(fields, "group_list", slice_of(group));
    return ac_dialogue_fill(d, fields);
}

static void
failed(const AcDialogue *d, const char *why)
{
    assert_int_equal(ac_dialogue_state(d), AC_ST_FAILED);
    assert_string_equal(ac_dialogue_why(d), why);
}

static void
test_opaque_goes_back_as_it_came(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(FORM);
    g_auto(Secret) xml = { 0 };

    (void)state;
    assert_int_equal(fill(d, "Anu", "cisco123", NULL), AC_SEND);
    ac_dialogue_take_out(d, &xml);
    assert_non_null(memmem(xml.p, xml.len, "\n<opaque is-for='sg'> <x/></opaque>\n", 36));
    assert_null(ac_dialogue_question(d));
}

static void
test_a_wrong_password_asks_again_with_the_error(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(FORM);

    (void)state;
    assert_int_equal(fill(d, "Anu", "wrong", NULL), AC_SEND);
    assert_int_equal(
        recv(d, FORM_WITH("<error id='15' param1='x' param2=''>Login of %s failed.</error>")),
        AC_ASK);
    assert_string_equal(ac_dialogue_question(d)->error.text, "Login of x failed.");
    assert_int_equal(fill(d, "Anu", "cisco123", NULL), AC_SEND);
    assert_int_equal(recv(d, COMPLETE), AC_DONE);

    g_autoptr(AcDoc) ack = out(d);

    assert_int_equal(ack->type, AC_ACK);
    assert_true(slice_equal(secret_view(&ac_dialogue_complete(d)->session_token), slice_of("T")));
}

static void
test_a_banner_in_complete_waits_for_the_person(void **state)
{
    g_autoptr(AcDialogue) yes = client_at_form(FORM), no = client_at_form(FORM);

    (void)state;
    assert_int_equal(fill(yes, "Anu", "cisco123", NULL), AC_SEND);
    assert_int_equal(recv(yes, BANNER), AC_ASK);
    assert_int_equal(ac_dialogue_question(yes)->type, AC_COMPLETE);
    assert_string_equal(ac_dialogue_question(yes)->banner.text, "Welcome");
    assert_int_equal(ac_dialogue_accept(yes, true), AC_DONE);

    g_autoptr(AcDoc) ack = out(yes);

    assert_int_equal(ack->type, AC_ACK);
    assert_int_equal(fill(no, "Anu", "cisco123", NULL), AC_SEND);
    assert_int_equal(recv(no, BANNER), AC_ASK);
    assert_int_equal(ac_dialogue_accept(no, false), AC_FAIL);
    failed(no, "the banner was declined");
}

static void
test_a_banner_in_a_form_is_shown_with_it(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(FORM_WITH("<banner>Keep out</banner>"));

    (void)state;
    assert_string_equal(ac_dialogue_question(d)->banner.text, "Keep out");
    assert_int_equal(fill(d, "Anu", "cisco123", NULL), AC_SEND);
}

static void
test_another_group_means_another_init_and_no_password(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(GROUPS);
    g_auto(Secret) xml = { 0 };
    g_autoptr(AcDoc) init = NULL;

    (void)state;
    assert_int_equal(fill(d, "Anu", "cisco123", "Two"), AC_SEND);
    ac_dialogue_take_out(d, &xml);
    assert_null(memmem(xml.p, xml.len, "cisco123", 8));
    init = ac_xml_read(secret_view(&xml), NULL);
    assert_int_equal(init->type, AC_INIT);
    assert_string_equal(init->group_select, "TWO");
    assert_string_equal(init->group_access, "TWO");

    /* The next form marks no group: it was made for the one just chosen. */
    assert_int_equal(recv(d, GROUPS), AC_ASK);
    assert_int_equal(fill(d, "Anu", "cisco123", "TWO"), AC_SEND);

    g_autoptr(AcDoc) reply = out(d);

    assert_int_equal(reply->type, AC_AUTH_REPLY);
    assert_string_equal(reply->group_select, "TWO");
}

static void
test_a_group_can_be_chosen_without_a_login(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(GROUPS);

    (void)state;
    assert_int_equal(ac_dialogue_choose_group(d, "Two"), AC_SEND);

    g_autoptr(AcDoc) init = out(d);

    assert_int_equal(init->type, AC_INIT);
    assert_string_equal(init->group_select, "TWO");
}

static void
test_a_certificate_is_refused_once_then_the_form_decides(void **state)
{
    g_autoptr(AcDialogue) d = ac_dialogue_new(AC_CLIENT, &client_id);
    g_autoptr(AcDoc) init = NULL, again = NULL;

    (void)state;
    assert_int_equal(recv(d, HELLO), AC_SEND);
    init = out(d);
    assert_false(init->client_cert_fail);
    assert_int_equal(recv(d, CERT), AC_SEND);
    again = out(d);
    assert_int_equal(again->type, AC_INIT);
    assert_true(again->client_cert_fail);
    assert_int_equal(recv(d, CERT), AC_FAIL);
    failed(d, "the gateway insists on a client certificate");
}

static void
test_nothing_left_to_fill_in_is_answered_with_an_empty_auth(void **state)
{
    g_autoptr(AcDialogue) d = ac_dialogue_new(AC_CLIENT, &client_id);

    (void)state;
    assert_int_equal(recv(d, HELLO), AC_SEND);
    assert_int_equal(
        recv(d, DOC("auth-request", "<auth id='main'><authentication-complete/></auth>")), AC_SEND);

    g_auto(Secret) xml = { 0 };

    ac_dialogue_take_out(d, &xml);
    assert_non_null(memmem(xml.p, xml.len, "<auth></auth>", 13));
}

/* What a gateway may say instead of going on, and what a person is told. */
static void
test_what_is_no_login_is_a_failure(void **state)
{
    static const struct {
        const char *xml, *why;
    } rows[] = {
        { DOC("complete", "<auth id='success'/>"),
          "the gateway sent complete without a session token" },
        { DOC("complete", "<session-token> </session-token>"),
          "the gateway sent complete without a session token" },
        { DOC("complete", "<session-token>T</session-token><auth><error id='96'>Internal error"
                          "</error></auth>"),
          "the gateway refused the login: Internal error" },
        { DOC("complete", "<session-token>T</session-token><error id='96'/>"),
          "the gateway refused the login with error 96" },
        { DOC("auth-request", "<auth><error id='15'>Login\x1b[2J\nfailed.</error></auth>"), NULL },
        { DOC("auth-request", "<auth><error id='15'>Login&#10;failed.</error></auth>"),
          "the gateway refused the login: Login\\x0afailed." },
        { DOC("auth-request", "<auth id='main'/>"),
          "the gateway sent an auth-request that asks for nothing" },
        { DOC("hello", ""), "the gateway sent hello when auth-request or complete was expected" },
        { DOC("auth-reply", ""),
          "the gateway sent auth-reply when auth-request or complete was expected" },
        { DOC("logout", ""), "the gateway sent logout when auth-request or complete was expected" },
        { "config-auth",
          "the gateway sent a document that cannot be read: line 1: there is no element" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(AcDialogue) d = client_at_form(FORM);

        assert_int_equal(fill(d, "Anu", "cisco123", NULL), AC_SEND);
        assert_int_equal(recv(d, rows[i].xml), AC_FAIL);
        if (rows[i].why)
            failed(d, rows[i].why);
        assert_null(ac_dialogue_complete(d));
        /* and there is no way back */
        assert_int_equal(recv(d, COMPLETE), AC_FAIL);
    }
}

static void
test_the_first_document_must_be_hello(void **state)
{
    static const char *const early[] = { FORM, COMPLETE, DOC("ack", ""), DOC("init", "") };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(early); i++) {
        g_autoptr(AcDialogue) d = ac_dialogue_new(AC_CLIENT, &client_id);

        assert_int_equal(recv(d, early[i]), AC_FAIL);
        assert_int_equal(ac_dialogue_state(d), AC_ST_FAILED);
        assert_non_null(strstr(ac_dialogue_why(d), "when hello was expected"));
    }
}

static void
test_a_password_that_xml_cannot_carry_is_a_sentence(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(FORM);

    (void)state;
    assert_int_equal(fill(d, "Anu", "\x01", NULL), AC_FAIL);
    failed(d, "auth-reply cannot be written: it is larger than 65515 octets, or has text that XML "
              "cannot carry");
}

static void
test_giving_up_is_a_failure(void **state)
{
    g_autoptr(AcDialogue) d = client_at_form(FORM);

    (void)state;
    assert_int_equal(ac_dialogue_accept(d, false), AC_FAIL);
    failed(d, "the login was given up");
    assert_null(ac_dialogue_question(d));
}

/* --- the server --- */

#define INIT  DOC("init", "<device-id>win</device-id><version who='vpn'>3</version>")
#define REPLY DOC("auth-reply", "<auth><password>p</password><username>Anu</username></auth>")

static AcDialogue *
server_asked(void)
{
    AcDialogue *d = ac_dialogue_new(AC_SERVER, &server_id);
    g_autoptr(AcDoc) hello = NULL;

    assert_int_equal(ac_dialogue_start(d), AC_SEND);
    hello = out(d);
    assert_int_equal(hello->type, AC_HELLO);
    assert_string_equal(hello->version, "9.16(4)");
    assert_true(hello->aggregate);
    assert_int_equal(recv(d, INIT), AC_ASK);
    assert_int_equal(ac_dialogue_question(d)->type, AC_INIT);
    return d;
}

static AcStep
give(AcDialogue *d, AcDocType type)
{
    return ac_dialogue_reply(d, ac_doc_new(type));
}

static void
test_a_server_asks_for_each_reply_until_complete(void **state)
{
    g_autoptr(AcDialogue) d = server_asked();

    (void)state;
    assert_int_equal(give(d, AC_AUTH_REQUEST), AC_SEND);
    assert_null(ac_dialogue_question(d));
    assert_int_equal(recv(d, REPLY), AC_ASK);
    assert_true(
        slice_equal(secret_view(ac_doc_field(ac_dialogue_question(d), "password")), slice_of("p")));
    assert_int_equal(give(d, AC_AUTH_REQUEST), AC_SEND); /* wrong: again */
    assert_int_equal(recv(d, REPLY), AC_ASK);
    assert_int_equal(give(d, AC_COMPLETE), AC_SEND);
    assert_int_equal(recv(d, DOC("ack", "")), AC_DONE);
    assert_int_equal(ac_dialogue_state(d), AC_ST_DONE);
}

static void
test_a_new_init_instead_of_a_reply_asks_for_a_form_again(void **state)
{
    g_autoptr(AcDialogue) d = server_asked();

    (void)state;
    assert_int_equal(give(d, AC_AUTH_REQUEST), AC_SEND);
    assert_int_equal(recv(d, DOC("init", "<group-select>TWO</group-select>")), AC_ASK);
    assert_string_equal(ac_dialogue_question(d)->group_select, "TWO");
}

static void
test_a_refusal_carries_its_reason(void **state)
{
    g_autoptr(AcDialogue) d = server_asked(), silent = server_asked();

    (void)state;
    assert_int_equal(ac_dialogue_refuse(d, "three wrong passwords"), AC_FAIL);
    failed(d, "three wrong passwords");
    assert_int_equal(ac_dialogue_refuse(silent, NULL), AC_FAIL);
    failed(silent, "the login was refused");
}

static void
test_a_client_out_of_turn_is_told(void **state)
{
    static const char *const docs[] = { REPLY, DOC("ack", ""), HELLO,
                                        FORM,  COMPLETE,       DOC("logout", "") };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(docs); i++) {
        g_autoptr(AcDialogue) d = ac_dialogue_new(AC_SERVER, &server_id);

        assert_int_equal(ac_dialogue_start(d), AC_SEND);
        assert_int_equal(recv(d, docs[i]), AC_FAIL);
        assert_non_null(strstr(ac_dialogue_why(d), "when init was expected"));
    }

    g_autoptr(AcDialogue) late = server_asked();

    assert_int_equal(give(late, AC_AUTH_REQUEST), AC_SEND);
    assert_int_equal(recv(late, DOC("ack", "")), AC_FAIL);
    failed(late, "the client sent ack when auth-reply or init was expected");

    g_autoptr(AcDialogue) again = server_asked();

    assert_int_equal(give(again, AC_COMPLETE), AC_SEND);
    assert_int_equal(recv(again, REPLY), AC_FAIL);
    failed(again, "the client sent auth-reply when ack was expected");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_of_a_side_is_reached_and_left),
        cmocka_unit_test(test_no_row_is_shadowed_by_an_earlier_one),
        cmocka_unit_test(test_every_row_says_what_it_does),
        cmocka_unit_test(test_the_graph_has_an_edge_for_each_row),
        cmocka_unit_test(test_opaque_goes_back_as_it_came),
        cmocka_unit_test(test_a_wrong_password_asks_again_with_the_error),
        cmocka_unit_test(test_a_banner_in_complete_waits_for_the_person),
        cmocka_unit_test(test_a_banner_in_a_form_is_shown_with_it),
        cmocka_unit_test(test_another_group_means_another_init_and_no_password),
        cmocka_unit_test(test_a_group_can_be_chosen_without_a_login),
        cmocka_unit_test(test_a_certificate_is_refused_once_then_the_form_decides),
        cmocka_unit_test(test_nothing_left_to_fill_in_is_answered_with_an_empty_auth),
        cmocka_unit_test(test_what_is_no_login_is_a_failure),
        cmocka_unit_test(test_the_first_document_must_be_hello),
        cmocka_unit_test(test_a_password_that_xml_cannot_carry_is_a_sentence),
        cmocka_unit_test(test_giving_up_is_a_failure),
        cmocka_unit_test(test_a_server_asks_for_each_reply_until_complete),
        cmocka_unit_test(test_a_new_init_instead_of_a_reply_asks_for_a_form_again),
        cmocka_unit_test(test_a_refusal_carries_its_reason),
        cmocka_unit_test(test_a_client_out_of_turn_is_told),
    };

    return cmocka_run_group_tests_name("ac_dialogue", tests, NULL, NULL);
}
