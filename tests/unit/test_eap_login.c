/* test_eap_login.c - whole logins: EapPeer and EapServer with EAP-AnyConnect, talking to each other
 */

#include "agent/eap/ac_form.h"
#include "agent/eap/eap_server.h"
#include "tests/support/test.h"

static const EapSetup client_id = {
    .ac = { .version = "5.0", .device = "linux-64", .computer_name = "lab1", .aggregate = true }
};
static const EapSetup server_id = { .ac = { .version = "9.16(4)", .aggregate = true } };
static const EapMethod *const methods[] = { &eap_anyconnect, NULL };

/* A login: what the person types, what the gateway's owner decides, what came of it. */
typedef struct Login {
    const char *password; /* of the first try; then "cisco123" */
    const char *group;    /* the person's choice, NULL: as preselected */
    bool by_button;       /* the group is chosen by itself, not with the fields */
    bool decline;         /* the banner */
    bool banner, groups, loop;

    EapVerdict client, server;
    unsigned tries, forms,
        banners;      /* auth-replies seen by the owner; forms and banners by the person */
    char *why, *seen; /* the client's sentence; the fields that came with the last try */
} Login;

static void
login_clear(Login *l)
{
    g_free(l->why);
    g_free(l->seen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Login, login_clear)

static AcDoc *
form_of(const Login *l, const char *group, bool again)
{
    AcDoc *d = ac_doc_new(AC_AUTH_REQUEST);
    AcInput *in;

    d->opaque_tunnel_group = g_strdup(group ? group : "ONE");
    d->auth_id = g_strdup("main");
    if (again)
        d->error = (AcText){ 15, g_strdup("Login failed.") };
    ac_doc_add_input(d, AC_TEXT, "username", "Username:", NULL);
    ac_doc_add_input(d, AC_PASSWORD, "password", "Password:", NULL);
    ac_doc_add_input(d, AC_HIDDEN, "ticket", NULL, "<77>");
    if (g_strcmp0(group, "TWO") == 0)
        ac_doc_add_input(d, AC_PASSWORD, "secondary_password", "PIN:", NULL);
    if (!l->groups)
        return d;
    in = ac_doc_add_input(d, AC_SELECT, "group_list", "GROUP:", NULL);
    ac_input_add_option(in, "ONE", "One", g_strcmp0(group, "TWO") != 0);
    ac_input_add_option(in, "TWO", "Two", g_strcmp0(group, "TWO") == 0);
    return d;
}

static AcDoc *
complete_of(const Login *l)
{
    AcDoc *d = ac_doc_new(AC_COMPLETE);

    d->session_id = g_strdup("8192");
    secret_set(&d->session_token, slice_of("TOKEN"));
    d->auth_id = g_strdup("success");
    if (l->banner)
        d->banner.text = g_strdup("Authorised use only,\n100% of the time.");
    return d;
}

static bool
field_is(const AcDoc *d, const char *name, const char *value)
{
    const Secret *s = ac_doc_field(d, name);

    return s && slice_equal(secret_view(s), slice_of(value));
}

/* The owner's part: which form, or is it right? It keeps the group itself. */
static EapVerdict
owner(Login *l, EapServer *s)
{
    const AcDoc *q = eap_server_question(s)->doc;
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_DOC };

    if (q->type == AC_INIT) {
        assert_string_equal(q->device, "linux-64");
        assert_string_equal(q->computer_name, "lab1");
        a.doc = form_of(l, q->group_select, false);
        return eap_server_answer(s, &a);
    }
    l->tries++;
    g_free(l->seen);
    l->seen = g_strdup("");
    for (guint i = 0; i < q->fields->len; i++) {
        const AcField *f = q->fields->pdata[i];
        char *more = g_strdup_printf("%s %s=%.*s", l->seen, f->name, (int)f->value.len,
                                     (const char *)f->value.p);

        g_free(l->seen);
        l->seen = more;
    }
    if (!l->loop && field_is(q, "username", "Anu") && field_is(q, "password", "cisco123")) {
        a.doc = complete_of(l);
        return eap_server_answer(s, &a);
    }
    if (!l->loop && l->tries == 3) {
        a.kind = EAP_ANSWER_DECLINE;
        a.text = g_strdup("three wrong passwords");
        return eap_server_answer(s, &a);
    }
    a.doc = form_of(l, NULL, true);
    return eap_server_answer(s, &a);
}

/* The person's part. */
static EapVerdict
person(Login *l, EapPeer *p)
{
    const AcDoc *q = eap_peer_question(p)->doc;
    g_auto(EapAnswer) a = { .kind = EAP_ANSWER_FIELDS };

    if (q->type == AC_COMPLETE) {
        assert_string_equal(q->banner.text, "Authorised use only,\n100% of the time.");
        l->banners++;
        a.kind = l->decline ? EAP_ANSWER_DECLINE : EAP_ANSWER_ACCEPT;
        return eap_peer_answer(p, &a);
    }
    assert_int_equal(l->forms > 0 && l->tries > 0, q->error.text != NULL);
    l->forms++;
    if (l->by_button && l->group) {
        a.kind = EAP_ANSWER_GROUP;
        a.text = g_strdup(l->group);
        l->group = NULL;
        return eap_peer_answer(p, &a);
    }
    a.fields = ac_fields_new();
    ac_fields_set(a.fields, "username", slice_of("Anu"));
    ac_fields_set(a.fields, "secondary_password", slice_of("1234"));
    ac_fields_set(a.fields, "password", slice_of(l->password ? l->password : "cisco123"));
    if (!l->loop && l->tries == 0 && l->password && strcmp(l->password, "never") != 0)
        l->password = NULL;
    if (l->group)
        ac_fields_set(a.fields, "group_list", slice_of(l->group));
    return eap_peer_answer(p, &a);
}

/* Until one side has nothing to send. */
static void
login(Login *l)
{
    g_autoptr(EapServer) s = eap_server_new(methods, &server_id);
    g_autoptr(EapPeer) p = eap_peer_new(methods, &client_id);

    l->server = eap_server_start(s);
    do {
        l->client = eap_peer_recv(p, eap_server_out(s));
        while (l->client == EAP_ASK)
            l->client = person(l, p);
        if (l->client != EAP_SEND || l->server != EAP_SEND)
            break;
        l->server = eap_server_recv(s, eap_peer_out(p));
        while (l->server == EAP_ASK)
            l->server = owner(l, s);
    } while (true);
    l->why = g_strdup(eap_peer_why(p));
    if (l->client == EAP_SUCCEEDED)
        assert_true(
            slice_equal(secret_view(&eap_peer_complete(p)->session_token), slice_of("TOKEN")));
}

static void
is_up(Login *l)
{
    login(l);
    assert_int_equal(l->client, EAP_SUCCEEDED);
    assert_int_equal(l->server, EAP_SUCCEEDED);
    assert_string_equal(l->why, "");
}

static void
test_a_right_password_logs_in(void **state)
{
    g_auto(Login) l = { 0 };

    (void)state;
    is_up(&l);
    assert_int_equal(l.tries, 1);
    assert_string_equal(l.seen, " password=cisco123 username=Anu ticket=<77>");
}

static void
test_a_wrong_password_and_then_the_right_one_logs_in(void **state)
{
    g_auto(Login) l = { .password = "wr<o>ng" };

    (void)state;
    is_up(&l);
    assert_int_equal(l.tries, 2);
    assert_int_equal(l.forms, 2);
}

static void
test_three_wrong_passwords_are_refused(void **state)
{
    g_auto(Login) l = { .password = "never" };

    (void)state;
    login(&l);
    assert_int_equal(l.server, EAP_FAILED);
    assert_int_equal(l.client, EAP_FAILED);
    assert_int_equal(l.tries, 3);
    assert_string_equal(l.why, "the gateway refused the login");
}

static void
test_the_preselected_group_takes_one_form(void **state)
{
    g_auto(Login) l = { .groups = true };
    g_auto(Login) said = { .groups = true, .group = "One" };

    (void)state;
    is_up(&l);
    assert_int_equal(l.forms, 1);
    is_up(&said);
    assert_int_equal(said.forms, 1);
}

static void
test_another_group_brings_its_own_form(void **state)
{
    g_auto(Login) l = { .groups = true, .group = "TWO" };
    g_auto(Login) button = { .groups = true, .group = "TWO", .by_button = true };

    (void)state;
    is_up(&l);
    assert_int_equal(l.forms, 2);
    assert_int_equal(l.tries, 1); /* nothing typed into the first form was sent */
    assert_string_equal(l.seen,
                        " password=cisco123 username=Anu secondary_password=1234 ticket=<77>");
    is_up(&button);
    assert_int_equal(button.forms, 2);
}

static void
test_a_banner_is_accepted_or_ends_it(void **state)
{
    g_auto(Login) yes = { .banner = true };
    g_auto(Login) no = { .banner = true, .decline = true };

    (void)state;
    is_up(&yes);
    assert_int_equal(yes.banners, 1);
    login(&no);
    assert_int_equal(no.client, EAP_FAILED);
    assert_int_equal(no.server, EAP_SEND); /* complete is out, no ack came */
    assert_string_equal(no.why, "the banner was declined");
}

static void
test_a_server_that_never_ends_is_left(void **state)
{
    g_auto(Login) l = { .password = "never", .loop = true };

    (void)state;
    login(&l);
    assert_int_equal(l.client, EAP_FAILED);
    assert_true(l.forms < EAP_ROUNDS_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_right_password_logs_in),
        cmocka_unit_test(test_a_wrong_password_and_then_the_right_one_logs_in),
        cmocka_unit_test(test_three_wrong_passwords_are_refused),
        cmocka_unit_test(test_the_preselected_group_takes_one_form),
        cmocka_unit_test(test_another_group_brings_its_own_form),
        cmocka_unit_test(test_a_banner_is_accepted_or_ends_it),
        cmocka_unit_test(test_a_server_that_never_ends_is_left),
    };

    return cmocka_run_group_tests_name("eap_login", tests, NULL, NULL);
}
