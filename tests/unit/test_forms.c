/* test_forms.c - agent/headend/forms.c */

#include "agent/crypto/digest.h"
#include "agent/eap/ac_xml.h"
#include "agent/headend/forms.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

/* The time stamp of the seed's configuration. */
static const int64_t SEED_STAMP = 1367268141499;

static AsaConfig *
seed_and(const char *more)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    assert_true(g_file_get_contents(path, &seed, NULL, NULL));
    text = g_strconcat(seed, "!acheadend version 100.7(6)116\n", more, NULL);
    return asa_config_parse(slice_of(text), SEED_STAMP, &notes);
}

/* A second group, whose users give two passwords. */
static const char two_groups[] = "username Anu attributes\n"
                                 " group-lock value ASA-IKEV2\n"
                                 "tunnel-group TWO type remote-access\n"
                                 "tunnel-group TWO general-attributes\n"
                                 " address-pool webvpn1\n"
                                 " default-group-policy ASA-IKEV2\n"
                                 " secondary-authentication-server-group LOCAL\n"
                                 "tunnel-group TWO webvpn-attributes\n"
                                 " group-alias Second enable\n";

static char *
xml_of(const AcDoc *d)
{
    g_auto(Secret) xml = { 0 };

    assert_true(ac_xml_write(d, &xml));
    return g_strndup((const char *)xml.p, xml.len);
}

/* agent/docs/WIRE.md §16.5: 16 octets of head, then the text; length and SHA-256 of the whole. */
static void
test_the_seeds_form_is_the_seeds(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    g_autoptr(AcDoc) d = forms_auth_request(c, asa_config_group_of(c, "ASA-IKEV2"), false);
    g_autofree char *xml = xml_of(d);
    Hex head = hex("010201c9fe00000944425250000001b9");
    Slice parts[] = { { head.b, head.len }, slice_of(xml) };
    uint8_t md[DIGEST_MAX];
    Hex want = hex("7bc0fa893de15bff8c2df3d6b9596cf7fbfd6daf245922efcde8733fe9f7903e");

    (void)state;
    assert_int_equal(strlen(xml), 441);
    assert_int_equal(digest("SHA256", parts, 2, md), 32);
    assert_memory_equal(md, want.b, want.len);
}

/* One document, its passwords checked at once. */
static FormsVerdict
take_step(Forms *f, const AcDoc *d, AcDoc **ret)
{
    g_autoptr(Aaa) aaa = aaa_new(f->config);
    FormsLogin logins[FORMS_LOGINS_MAX] = { 0 };
    const AsaUser *right[FORMS_LOGINS_MAX] = { NULL };
    size_t n = forms_logins(f, d, logins);

    for (size_t i = 0; i < n; i++) {
        right[i] = aaa_check(aaa, logins[i].name, secret_view(&logins[i].password));
        forms_login_clear(&logins[i]);
    }
    return forms_step(f, d, right, ret);
}

/* Clients of version 4 and later say so, and are answered in kind (agent/docs/WIRE.md §6.1). */
static void
test_a_form_has_the_version_of_the_clients_document(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");

    (void)state;
    for (int newer = 0; newer < 2; newer++) {
        g_autoptr(AcDoc) init = ac_doc_new(AC_INIT);
        AcDoc *form = NULL;
        Forms f;

        init->aggregate = newer;
        forms_init(&f, c);
        assert_int_equal(take_step(&f, init, &form), FORMS_SEND);
        assert_int_equal(form->aggregate, newer);
        ac_doc_free(form);
    }
}

static AcDoc *
client_doc(AcDocType type, const char *user, const char *password)
{
    AcDoc *d = ac_doc_new(type);

    d->version = g_strdup("3.0.1047");
    d->device = g_strdup("win");
    if (user)
        ac_doc_set_field(d, "username", slice_of(user));
    if (password)
        ac_doc_set_field(d, "password", slice_of(password));
    return d;
}

/* One step of @f with a document that is freed; the answer, owned by the caller. */
static FormsVerdict
step(Forms *f, AcDoc *from_client, AcDoc **ret)
{
    g_autoptr(AcDoc) mine = from_client;

    *ret = NULL;
    return take_step(f, mine, ret);
}

static const char *
error_of(const AcDoc *d)
{
    return d->error.text ? d->error.text : "";
}

static void
test_right_password_passes_and_names_user_and_policy(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    g_autoptr(AcDoc) form = NULL;
    AcDoc *none;
    Forms f;

    (void)state;
    forms_init(&f, c);
    assert_int_equal(step(&f, client_doc(AC_INIT, NULL, NULL), &form), FORMS_SEND);
    assert_string_equal(error_of(form), "");
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "Anu", "cisco123"), &none), FORMS_PASSED);
    assert_string_equal(f.user->name, "Anu");
    assert_string_equal(f.policy->name, "ASA-IKEV2");
    assert_string_equal(f.group->name, "ASA-IKEV2");
    assert_string_equal(f.client, "3.0.1047");
    assert_string_equal(f.device, "win");
}

static void
test_three_wrong_passwords_are_all_there_are(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    AcDoc *d;
    Forms f;

    (void)state;
    forms_init(&f, c);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "Anu", "wrong"), &d), FORMS_SEND);
        assert_string_equal(error_of(d), "Login failed.");
        assert_int_equal(d->error.id, 15);
        assert_int_equal(d->inputs->len, 2);
        assert_non_null(strstr(f.text, "user Anu gave a wrong password"));
        ac_doc_free(d);
    }
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "Anu", "wrong"), &d), FORMS_REFUSED);
    assert_null(f.user);
}

/* People type passwords into the wrong field; the log must not have them. */
static void
test_an_unknown_name_is_not_repeated(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    AcDoc *d;
    Forms f;

    (void)state;
    forms_init(&f, c);
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "cisco123", "Anu"), &d), FORMS_SEND);
    assert_null(strstr(f.text, "cisco123"));
    assert_non_null(strstr(f.text, "(unknown)"));
    ac_doc_free(d);
}

static void
test_missing_fields_are_a_failed_login(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("");
    AcDoc *d;
    Forms f;

    (void)state;
    forms_init(&f, c);
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, NULL, NULL), &d), FORMS_SEND);
    assert_string_equal(error_of(d), "Login failed.");
    ac_doc_free(d);
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "Anu", NULL), &d), FORMS_SEND);
    ac_doc_free(d);
}

static const AcInput *
input_of(const AcDoc *d, const char *name)
{
    for (guint i = 0; i < d->inputs->len; i++) {
        const AcInput *in = g_ptr_array_index(d->inputs, i);

        if (g_strcmp0(in->name, name) == 0)
            return in;
    }
    return NULL;
}

static void
test_several_groups_make_a_list_and_the_client_chooses(void **state)
{
    g_autoptr(AsaConfig) c = seed_and(two_groups);
    g_autoptr(AcDoc) form = NULL;
    AcDoc *init = client_doc(AC_INIT, NULL, NULL);
    const AcInput *list;
    Forms f;

    (void)state;
    forms_init(&f, c);
    init->group_select = g_strdup("SECOND");
    assert_int_equal(step(&f, init, &form), FORMS_SEND);
    assert_string_equal(f.group->name, "TWO");
    list = input_of(form, "group_list");
    assert_non_null(list);
    assert_int_equal(list->type, AC_SELECT);
    assert_int_equal(list->options->len, 2);
    assert_false(((AcOption *)g_ptr_array_index(list->options, 0))->selected);
    assert_true(((AcOption *)g_ptr_array_index(list->options, 1))->selected);
    assert_string_equal(((AcOption *)g_ptr_array_index(list->options, 1))->value, "Second");
    assert_non_null(input_of(form, "secondary_username"));
    assert_non_null(input_of(form, "secondary_password"));
}

static void
test_both_factors_must_be_right(void **state)
{
    g_autoptr(AsaConfig) c = seed_and(two_groups);
    AcDoc *d, *reply;
    Forms f;

    (void)state;
    forms_init(&f, c);
    f.group = asa_config_group_of(c, "TWO");
    reply = client_doc(AC_AUTH_REPLY, "Anu", "cisco123");
    ac_doc_set_field(reply, "secondary_username", slice_of("Anu"));
    ac_doc_set_field(reply, "secondary_password", slice_of("wrong"));
    assert_int_equal(step(&f, reply, &d), FORMS_SEND);
    assert_non_null(strstr(f.text, "wrong password"));
    ac_doc_free(d);
    reply = client_doc(AC_AUTH_REPLY, "Anu", "cisco123");
    ac_doc_set_field(reply, "secondary_username", slice_of("Anu"));
    ac_doc_set_field(reply, "secondary_password", slice_of("cisco123"));
    assert_int_equal(step(&f, reply, &d), FORMS_SEND); /* right, but locked to the other group */
    assert_non_null(strstr(f.text, "locked to another tunnel group"));
    ac_doc_free(d);
}

static void
test_a_policy_without_ikev2_lets_nobody_in(void **state)
{
    g_autoptr(AsaConfig) c = seed_and("group-policy ASA-IKEV2 attributes\n"
                                      " vpn-tunnel-protocol ssl-client\n");
    AcDoc *d;
    Forms f;

    (void)state;
    forms_init(&f, c);
    assert_int_equal(step(&f, client_doc(AC_AUTH_REPLY, "Anu", "cisco123"), &d), FORMS_SEND);
    assert_non_null(strstr(f.text, "without vpn-tunnel-protocol ikev2"));
    ac_doc_free(d);
}

static void
profile_free(gpointer p)
{
    FormsProfile *f = p;

    g_free(f->uri);
    g_free(f->sha1);
    g_free(f);
}

/* What a client reads of the last document; the start is that of agent/docs/WIRE.md §16.4. */
static void
test_complete_has_session_token_certificate_and_manifest(void **state)
{
    static const char token[] = "18wA0TtGmDxPKPQCJywC7fB7EWLCEgz-ZtjYpAyXx2yJH0H3G3H8t5xpBOx3Ixag";
    static const char cert[] = "DACE1C274785F28BA11D64453096BAE294A3172E";
    g_autoptr(AsaConfig) c = seed_and("group-policy ASA-IKEV2 attributes\n banner value hi\n");
    g_autoptr(GPtrArray) profiles = g_ptr_array_new_with_free_func(profile_free);
    FormsProfile *profile = g_new0(FormsProfile, 1);
    Forms f = { .config = c, .policy = asa_config_policy(c, "ASA-IKEV2") };
    g_autoptr(AcDoc) d = NULL;
    g_autoptr(AcDoc) read = NULL;
    g_autofree char *why = NULL;
    g_autofree char *xml = NULL;

    (void)state;
    profile->name = "Anyconnect-ikev2";
    profile->uri = g_strdup("/CACHE/stc/profiles/anyconnect-ikev2.xml");
    profile->sha1 = g_strdup("0123456789ABCDEF0123456789ABCDEF01234567");
    g_ptr_array_add(profiles, profile);
    d = forms_complete(&f, 2, token, cert, profiles);
    xml = xml_of(d);
    assert_true(g_str_has_prefix(
        xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<config-auth client=\"vpn\" type=\"complete\">\n"
             "<version who=\"sg\">100.7(6)116</version>\n<session-id>8192</session-id>\n"));
    assert_true(g_str_has_suffix(xml, "</vpn-profile-manifest>\n</config>\n</config-auth>\n"));
    read = ac_xml_read(slice_of(xml), &why);
    assert_non_null(read);
    assert_string_equal(read->session_id, "8192");
    assert_true(slice_equal(secret_view(&read->session_token), slice_of(token)));
    assert_string_equal(read->server_cert_hash, cert);
    assert_string_equal(read->banner.text, "hi");
    assert_int_equal(read->files->len, 1);
    assert_string_equal(((AcFile *)g_ptr_array_index(read->files, 0))->uri, profile->uri);
}

static void
test_a_token_has_64_letters_that_need_no_escape(void **state)
{
    uint8_t random[48];
    char token[FORMS_TOKEN_LEN + 1];

    (void)state;
    memset(random, 0xff, sizeof(random));
    forms_token(random, token);
    assert_int_equal(strlen(token), FORMS_TOKEN_LEN);
    assert_int_equal(strspn(token, "_"), FORMS_TOKEN_LEN); /* RFC 4648 §5: 63 is an underscore */
    memset(random, 0xfb, sizeof(random));
    forms_token(random, token);
    assert_null(strpbrk(token, "+/="));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seeds_form_is_the_seeds),
        cmocka_unit_test(test_a_form_has_the_version_of_the_clients_document),
        cmocka_unit_test(test_right_password_passes_and_names_user_and_policy),
        cmocka_unit_test(test_three_wrong_passwords_are_all_there_are),
        cmocka_unit_test(test_an_unknown_name_is_not_repeated),
        cmocka_unit_test(test_missing_fields_are_a_failed_login),
        cmocka_unit_test(test_several_groups_make_a_list_and_the_client_chooses),
        cmocka_unit_test(test_both_factors_must_be_right),
        cmocka_unit_test(test_a_policy_without_ikev2_lets_nobody_in),
        cmocka_unit_test(test_complete_has_session_token_certificate_and_manifest),
        cmocka_unit_test(test_a_token_has_64_letters_that_need_no_escape),
    };

    return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
