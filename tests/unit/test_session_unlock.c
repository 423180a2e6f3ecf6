/* test_session_unlock.c - agent/daemon/session_unlock.c, through a whole session. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/daemon/session_private.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

typedef struct Bench {
    char *dir, *cert, *key_file;
    SigKey *key;
    HostSettings conf;
    Settings *settings;
    X509Store *anchors;
    Session *s;
    unsigned over;
} Bench;

static void
on_emit(GVariant *event, void *user)
{
    (void)user;
    g_variant_unref(g_variant_ref_sink(event));
}

static void
on_over(Session *s, void *user)
{
    Bench *b = user;

    (void)s;
    b->over++;
}

static void
put_cert(const char *path, const char *cn, const SigKey *key)
{
    CertSpec spec = { .cn = cn,
                      .key = sig_key_evp(key),
                      .not_before = 1,
                      .not_after = g_get_real_time() / G_USEC_PER_SEC + 86400 };
    g_autoptr(GBytes) der = certs_make(&spec);
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autofree char *pem = NULL;

    assert_true(x509_chain_add(chain, certs_view(der)));
    pem = x509_chain_to_pem(chain);
    assert_true(g_file_set_contents(path, pem, -1, NULL));
}

static void
put_key(const char *path, const SigKey *key, const char *passphrase)
{
    FILE *out = fopen(path, "we");

    assert_non_null(out);
    assert_int_equal(
        PEM_write_PKCS8PrivateKey(out, sig_key_evp(key), passphrase ? EVP_aes_256_cbc() : NULL,
                                  passphrase, passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
        1);
    fclose(out);
    assert_int_equal(chmod(path, 0600), 0);
}

static int
setup(void **state)
{
    Bench *b = g_new0(Bench, 1);

    b->dir = g_dir_make_tmp("unlock.XXXXXX", NULL);
    b->cert = g_build_filename(b->dir, "anu.pem", NULL);
    b->key_file = g_build_filename(b->dir, "anu.key", NULL);
    b->key = sig_key_generate_ecdsa(256);
    b->settings = settings_load("/nonexistent", NULL);
    b->anchors = x509_store_new();
    put_cert(b->cert, "anu", b->key);
    put_key(b->key_file, b->key, "sesame");
    *state = b;
    return 0;
}

static int
teardown(void **state)
{
    Bench *b = *state;
    const char *inside[] = { "client/private/one.key", "client/private/two.key", "client/one.pem",
                             "client/two.pem",         "client/private",         "client" };

    session_free(b->s);
    for (size_t i = 0; i < G_N_ELEMENTS(inside); i++) {
        g_autofree char *path = g_build_filename(b->dir, inside[i], NULL);

        g_remove(path);
    }
    g_unlink(b->cert);
    g_unlink(b->key_file);
    g_rmdir(b->dir);
    settings_free(b->settings);
    x509_store_free(b->anchors);
    sig_key_free(b->key);
    g_free(b->dir);
    g_free(b->cert);
    g_free(b->key_file);
    g_free(b);
    return 0;
}

/* By what @b->conf says, else from the machine's store, which is @b->dir. */
static void
start(Bench *b, bool ask)
{
    SessionOwner owner = { .emit = on_emit, .over = on_over, .user = b };
    ProfileHost *host = profile_host_new();
    g_autoptr(GError) error = NULL;
    Login *login;

    host->name = g_strdup("Anu-IKEV2");
    host->address = g_strdup("192.0.2.1");
    host->protocol = PROFILE_IPSEC;
    host->ask_certificate = ask;
    b->conf.auth = HOST_AUTH_CERTIFICATE;
    login = login_new(&(LoginSetup){ .host = host,
                                     .settings = &b->conf,
                                     .machine_store = b->dir,
                                     .now = g_get_real_time() / G_USEC_PER_SEC },
                      &error);
    assert_null(error);
    b->s = session_new(host, login,
                       &(SessionSetup){ .settings = b->settings, .anchors = b->anchors }, &owner);
    session_start(b->s);
}

static void
start_locked(Bench *b)
{
    b->conf.name = (char *)"Anu-IKEV2";
    b->conf.certificate = b->cert;
    b->conf.key = b->key_file;
    start(b, false);
}

static bool
answer(Bench *b, const char *field, const char *value, GError **error)
{
    g_auto(PromptAnswer) a = { .fields = ac_fields_new() };

    ac_fields_set(a.fields, field, slice_of(value));
    return session_answer(b->s, b->s->prompt_id, &a, error);
}

static void
shows(const Bench *b, const char *text)
{
    g_autofree char *prompt = NULL;

    assert_non_null(b->s->prompt);
    prompt = g_variant_print(b->s->prompt, FALSE);
    if (!strstr(prompt, text))
        fail_msg("no %s in %s", text, prompt);
}

static void
test_the_passphrase_is_asked_for_before_anything_is_sent(void **state)
{
    Bench *b = *state;

    start_locked(b);
    assert_int_equal(session_state(b->s), SESSION_UNLOCK);
    shows(b, "'passphrase'");
    assert_null(b->s->sa);
    assert_true(answer(b, "passphrase", "sesame", NULL));
    assert_int_equal(session_state(b->s), SESSION_RESOLVING);
    assert_null(b->s->prompt);
}

static void
test_a_wrong_passphrase_is_told_and_asked_again(void **state)
{
    Bench *b = *state;
    uint64_t first;

    start_locked(b);
    first = b->s->prompt_id;
    assert_true(answer(b, "passphrase", "wrong", NULL));
    assert_int_equal(session_state(b->s), SESSION_UNLOCK);
    assert_true(b->s->prompt_id > first);
    shows(b, "That is not the passphrase.");
    assert_true(answer(b, "passphrase", "sesame", NULL));
    assert_int_equal(session_state(b->s), SESSION_RESOLVING);
}

static void
test_three_wrong_ones_end_the_attempt(void **state)
{
    Bench *b = *state;

    start_locked(b);
    for (int i = 0; i < 3; i++)
        assert_true(answer(b, "passphrase", "wrong", NULL));
    assert_int_equal(session_state(b->s), SESSION_OVER);
    assert_true(g_error_matches(session_error(b->s), AC_ERROR, AC_ERROR_CLIENT_CERT));
    assert_null(b->s->prompt);
    while (b->over == 0)
        g_main_context_iteration(NULL, TRUE);
}

static void
test_an_answer_without_the_field_leaves_the_question_open(void **state)
{
    Bench *b = *state;
    g_autoptr(GError) error = NULL;

    start_locked(b);
    assert_false(answer(b, "password", "sesame", &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_INPUT_NEEDED));
    assert_int_equal(session_state(b->s), SESSION_UNLOCK);
    shows(b, "'passphrase'");
}

static void
test_who_gives_up_is_told_so(void **state)
{
    Bench *b = *state;
    g_auto(PromptAnswer) a = { .cancel = true };

    start_locked(b);
    assert_true(session_answer(b->s, b->s->prompt_id, &a, NULL));
    assert_int_equal(session_state(b->s), SESSION_OVER);
    assert_true(g_error_matches(session_error(b->s), AC_ERROR, AC_ERROR_DECLINED));
}

static void
put_stored(const Bench *b, const char *name, const char *passphrase)
{
    g_autofree char *private = g_build_filename(b->dir, "client", "private", NULL);
    g_autofree char *cert = g_strdup_printf("%s/client/%s.pem", b->dir, name);
    g_autofree char *key = g_strdup_printf("%s/%s.key", private, name);

    assert_int_equal(g_mkdir_with_parents(private, 0700), 0);
    put_cert(cert, name, b->key);
    put_key(key, b->key, passphrase);
}

static void
test_of_several_certificates_the_chosen_one_is_unlocked(void **state)
{
    Bench *b = *state;
    g_autoptr(GError) error = NULL;

    put_stored(b, "one", NULL);
    put_stored(b, "two", "sesame");
    start(b, true);
    assert_int_equal(session_state(b->s), SESSION_UNLOCK);
    shows(b, "'client_certificate'");
    shows(b, "CN=one, issued by CN=one");
    assert_false(answer(b, "client_certificate", "three", &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_USAGE));
    shows(b, "'client_certificate'");
    assert_true(answer(b, "client_certificate", "machine/two", NULL));
    assert_int_equal(session_state(b->s), SESSION_UNLOCK);
    shows(b, "'passphrase'");
    assert_string_equal(b->s->user, "CN=two");
    assert_true(answer(b, "passphrase", "sesame", NULL));
    assert_int_equal(session_state(b->s), SESSION_RESOLVING);
}

static void
test_a_key_that_is_not_locked_is_not_asked_about(void **state)
{
    Bench *b = *state;

    put_stored(b, "one", NULL);
    put_stored(b, "two", "sesame");
    start(b, true);
    assert_true(answer(b, "client_certificate", "machine/one", NULL));
    assert_null(b->s->prompt);
    while (session_state(b->s) == SESSION_UNLOCK)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(session_state(b->s), SESSION_RESOLVING);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ROW(test_the_passphrase_is_asked_for_before_anything_is_sent),
        ROW(test_a_wrong_passphrase_is_told_and_asked_again),
        ROW(test_three_wrong_ones_end_the_attempt),
        ROW(test_an_answer_without_the_field_leaves_the_question_open),
        ROW(test_who_gives_up_is_told_so),
        ROW(test_of_several_certificates_the_chosen_one_is_unlocked),
        ROW(test_a_key_that_is_not_locked_is_not_asked_about),
    };

    return cmocka_run_group_tests_name("session_unlock", tests, NULL, NULL);
}
