/* test_login.c - agent/daemon/login.c */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/daemon/login.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

static const char strong[] = "q9tZ0Yx2mJ4vK7wRbN1sHcE5uLdP8gTa";

typedef struct Bench {
    char *dir, *machine;
    Caller caller;
    ProfileHost host;
    HostSettings conf;
    SigKey *key;
    char *cert, *key_file, *psk, *ppk;
} Bench;

static void
put(const char *path, const char *text, size_t len, mode_t mode)
{
    assert_true(g_file_set_contents(path, text, (gssize)len, NULL));
    assert_int_equal(chmod(path, mode), 0);
}

static void
put_cert_to(const char *path, const CertSpec *spec)
{
    g_autoptr(GBytes) der = certs_make(spec);
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autofree char *pem = NULL;

    assert_true(x509_chain_add(chain, certs_view(der)));
    pem = x509_chain_to_pem(chain);
    put(path, pem, strlen(pem), 0644);
}

static void
put_cert(const Bench *b, SigKey *key, int64_t not_after)
{
    put_cert_to(b->cert,
                &(CertSpec){ .cn = "anu", .key = sig_key_evp(key), .not_after = not_after });
}

static void
put_key_to(const char *path, const SigKey *key)
{
    g_auto(Secret) pem = { 0 };

    assert_true(sig_key_to_pem(key, &pem));
    put(path, (const char *)pem.p, pem.len, 0600);
}

static void
put_key(const Bench *b, const SigKey *key)
{
    put_key_to(b->key_file, key);
}

static void
put_stored(const Bench *b, bool mine, const char *name, CertSpec spec)
{
    g_autofree char *dir =
        g_build_filename(mine ? b->dir : b->machine, mine ? CERT_STORE_USER : "", "client", NULL);
    g_autofree char *private = g_build_filename(dir, "private", NULL);
    g_autofree char *cert = g_strdup_printf("%s/%s.pem", dir, name);
    g_autofree char *key = g_strdup_printf("%s/%s.key", private, name);

    assert_int_equal(g_mkdir_with_parents(private, 0700), 0);
    spec.key = sig_key_evp(b->key);
    put_cert_to(cert, &spec);
    put_key_to(key, b->key);
}

static int
setup(void **state)
{
    Bench *b = g_new0(Bench, 1);

    b->dir = g_dir_make_tmp("login.XXXXXX", NULL);
    b->machine = g_build_filename(b->dir, "machine", NULL);
    b->caller = (Caller){ .uid = getuid(), .gid = getgid(), .home = b->dir };
    b->cert = g_build_filename(b->dir, "anu.pem", NULL);
    b->key_file = g_build_filename(b->dir, "anu.key", NULL);
    b->psk = g_build_filename(b->dir, "psk", NULL);
    b->ppk = g_build_filename(b->dir, "ppk", NULL);
    b->key = sig_key_generate_ecdsa(256);
    b->host = (ProfileHost){ .name = (char *)"Anu-IKEV2", .protocol = PROFILE_IPSEC };
    put_cert(b, b->key, 0);
    put_key(b, b->key);
    put(b->psk, strong, strlen(strong), 0600);
    put(b->ppk, "0x0102", 6, 0600);
    *state = b;
    return 0;
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) d = g_dir_open(path, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *inside = g_build_filename(path, name, NULL);

        if (g_file_test(inside, G_FILE_TEST_IS_DIR) && !g_file_test(inside, G_FILE_TEST_IS_SYMLINK))
            remove_tree(inside);
        else
            g_unlink(inside);
    }
    g_rmdir(path);
}

static int
teardown(void **state)
{
    Bench *b = *state;

    g_unlink(b->cert);
    g_unlink(b->key_file);
    g_unlink(b->psk);
    g_unlink(b->ppk);
    remove_tree(b->dir);
    g_free(b->machine);
    sig_key_free(b->key);
    g_free(b->dir);
    g_free(b->cert);
    g_free(b->key_file);
    g_free(b->psk);
    g_free(b->ppk);
    g_free(b);
    return 0;
}

static Login *
make(const Bench *b, GError **error)
{
    return login_new(&(LoginSetup){ .host = &b->host,
                                    .settings = b->conf.name ? &b->conf : NULL,
                                    .caller = &b->caller,
                                    .machine_store = b->machine,
                                    .now = CERTS_NOW },
                     error);
}

static void
refused(const Bench *b, AcError code, const char *told)
{
    g_autoptr(GError) error = NULL;

    assert_null(make(b, &error));
    assert_true(g_error_matches(error, AC_ERROR, (int)code));
    assert_non_null(strstr(error->message, told));
}

static void
use_psk(Bench *b)
{
    b->conf = (HostSettings){ .name = (char *)"Anu-IKEV2",
                              .auth = HOST_AUTH_PSK,
                              .gateway_psk = true,
                              .identity = (char *)"anu.example.org",
                              .psk_file = b->psk };
}

static void
use_cert(Bench *b)
{
    b->conf = (HostSettings){ .name = (char *)"Anu-IKEV2",
                              .auth = HOST_AUTH_CERTIFICATE,
                              .certificate = b->cert,
                              .key = b->key_file };
}

static void
test_the_field_s_login_needs_no_settings(void **state)
{
    g_autoptr(Login) l = make(*state, NULL);
    IkePlan plan;

    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_EAP);
    assert_int_equal(plan.theirs, IKE_WAY_CERT);
    assert_int_equal(plan.id.type, IKE_ID_GROUP);
    assert_true(slice_equal(plan.id.data, slice_of("*$AnyConnectClient$*")));
    assert_ptr_equal(plan.eap[0], &eap_anyconnect);
    assert_null(plan.key);
    assert_null(login_gateway(l));
    assert_null(login_warning(l));
}

static void
test_who_logs_in_by_password_is_typed(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    b->host.auth = PROFILE_EAP_MSCHAPV2;
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_EAP);
    assert_ptr_equal(plan.eap[0], &eap_mschapv2);
    assert_null(plan.eap_setup.identity);
    assert_int_equal(plan.id.type, IKE_ID_GROUP);
    assert_null(plan.eap_setup.key);
}

static void
test_eap_tls_names_its_certificate(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    use_cert(b);
    b->conf.auth = HOST_AUTH_EAP_TLS;
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_EAP);
    assert_ptr_equal(plan.eap[0], &eap_tls);
    assert_string_equal(plan.eap_setup.identity, "CN=anu");
    assert_int_equal(plan.id.type, IKE_ID_DER_ASN1_DN);
    assert_true(sig_key_same(plan.eap_setup.key, b->key));
    assert_int_equal(x509_chain_len(plan.eap_setup.chain), 1);
    b->conf.certificate = NULL;
    refused(b, AC_ERROR_CLIENT_CERT, "wants a client certificate");
}

static void
test_certificate_then_eap_has_both(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    use_cert(b);
    b->conf.auth = HOST_AUTH_CERTIFICATE_EAP;
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_CERT_EAP);
    assert_ptr_equal(plan.eap[0], &eap_mschapv2);
    assert_null(plan.eap_setup.identity);
    assert_int_equal(plan.id.type, IKE_ID_DER_ASN1_DN);
    assert_true(sig_key_same(plan.key, b->key));
}

static void
test_anyconnect_has_its_certificate_in_eap(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    use_cert(b);
    b->conf.auth = HOST_AUTH_PROFILE;
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_EAP);
    assert_int_equal(plan.id.type, IKE_ID_GROUP);
    assert_string_equal(plan.eap_setup.identity, "*$AnyConnectClient$*");
    assert_true(sig_key_same(plan.eap_setup.key, b->key));
}

static void
test_a_shared_key_makes_a_plan(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    use_psk(b);
    b->conf.gateway_identity = (char *)"hub.example.org";
    b->conf.ppk_id = (char *)"one";
    b->conf.ppk_file = b->ppk;
    b->conf.ppk_required = true;
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.ours, IKE_WAY_PSK);
    assert_int_equal(plan.theirs, IKE_WAY_PSK);
    assert_int_equal(plan.id.type, IKE_ID_FQDN);
    assert_true(slice_equal(plan.psk_ours, slice_of(strong)));
    assert_true(slice_equal(plan.psk_theirs, slice_of(strong)));
    assert_true(slice_equal(plan.ppk_id, slice_of("one")));
    assert_true(slice_equal(plan.ppk, (Slice){ (const uint8_t *)"\1\2", 2 }));
    assert_true(plan.ppk_required);
    assert_int_equal(login_gateway(l)->type, IKE_ID_FQDN);
}

/* A key proves only the end that has it: the other one stays empty. */
static void
test_a_shared_key_is_given_to_the_end_that_proves_by_it(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) one = NULL;
    g_autoptr(Login) two = NULL;
    IkePlan plan;

    use_psk(b);
    b->conf.gateway_psk = false;
    one = make(b, NULL);
    login_plan(one, &plan);
    assert_int_equal(plan.psk_theirs.len, 0);
    use_cert(b);
    b->conf.gateway_psk = true;
    b->conf.psk_file = b->psk;
    two = make(b, NULL);
    login_plan(two, &plan);
    assert_int_equal(plan.psk_ours.len, 0);
    assert_int_equal(plan.psk_theirs.len, strlen(strong));
}

/* RELIABILITY row of CVE-2018-5389: an impostor of the gateway can try guesses at home. */
static void
test_a_guessable_shared_key_is_refused_unless_allowed(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;

    use_psk(b);
    put(b->psk, "cisco123\n", 9, 0600);
    refused(b, AC_ERROR_POLICY, "psk_file: the pre-shared key can be guessed");
    b->conf.psk_weak = true;
    l = make(b, NULL);
    assert_non_null(l);
    assert_non_null(login_warning(l));
}

static void
test_a_shared_key_that_others_can_read_is_refused(void **state)
{
    Bench *b = *state;

    use_psk(b);
    chmod(b->psk, 0644);
    refused(b, AC_ERROR_CONFIG, "[host Anu-IKEV2] psk_file: ");
}

static void
test_a_shared_key_needs_an_identity(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;

    use_psk(b);
    b->conf.identity = NULL;
    refused(b, AC_ERROR_CONFIG, "identity: auth = psk needs one");
    b->host.ike_identity = (char *)"STAFF";
    l = make(b, NULL);
    assert_non_null(l);
}

static void
test_a_certificate_makes_a_plan_with_its_own_name(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    g_autofree char *shown = NULL;
    IkePlan plan;

    use_cert(b);
    l = make(b, NULL);
    login_plan(l, &plan);
    shown = login_identity(l);
    assert_int_equal(plan.ours, IKE_WAY_CERT);
    assert_true(sig_key_same(plan.key, b->key));
    assert_int_equal(x509_chain_len(plan.chain), 1);
    assert_int_equal(plan.id.type, IKE_ID_DER_ASN1_DN);
    assert_string_equal(shown, "CN=anu");
}

static void
test_the_profile_s_identity_is_sent(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    IkePlan plan;

    use_cert(b);
    b->host.ike_identity = (char *)"anu@example.org";
    l = make(b, NULL);
    login_plan(l, &plan);
    assert_int_equal(plan.id.type, IKE_ID_RFC822_ADDR);
    b->host.ike_identity = (char *)"fqdn:";
    refused(b, AC_ERROR_CONFIG, "IKEIdentity fqdn:: has nothing behind its prefix");
}

static void
test_a_key_of_another_certificate_is_refused(void **state)
{
    Bench *b = *state;
    g_autoptr(SigKey) other = sig_key_generate_ecdsa(256);

    use_cert(b);
    put_key(b, other);
    refused(b, AC_ERROR_CLIENT_CERT, "is not the key of");
}

static void
test_a_key_of_the_wrong_kind_is_refused(void **state)
{
    Bench *b = *state;

    use_cert(b);
    b->conf.auth = HOST_AUTH_PROFILE;
    b->host.auth = PROFILE_IKE_RSA;
    refused(b, AC_ERROR_CLIENT_CERT, "wants a certificate with an RSA key");
}

static void
test_a_certificate_out_of_date_is_refused(void **state)
{
    Bench *b = *state;

    use_cert(b);
    put_cert(b, b->key, CERTS_NOW - 1);
    refused(b, AC_ERROR_CLIENT_CERT, "the certificate CN=anu has expired");
}

static void
test_files_that_are_missing_or_broken_are_named(void **state)
{
    Bench *b = *state;

    use_cert(b);
    put(b->cert, "hello", 5, 0644);
    refused(b, AC_ERROR_CLIENT_CERT, b->cert);
    put_cert(b, b->key, 0);
    put(b->key_file, "hello", 5, 0600);
    refused(b, AC_ERROR_CLIENT_CERT, "there is no private key in PEM form");
    put_key(b, b->key);
    chmod(b->key_file, 0640);
    refused(b, AC_ERROR_CONFIG, "chmod 600");
    b->conf.certificate = NULL;
    b->conf.key = NULL;
    refused(b, AC_ERROR_CLIENT_CERT, "wants a client certificate");
}

static void
use_store(Bench *b)
{
    b->conf = (HostSettings){ .name = (char *)"Anu-IKEV2", .auth = HOST_AUTH_CERTIFICATE };
}

static void
taken(const Bench *b, const char *subject)
{
    g_autoptr(Login) l = make(b, NULL);
    g_autofree char *shown = l ? login_identity(l) : NULL;

    assert_non_null(l);
    assert_null(login_choices(l));
    assert_string_equal(shown, subject);
}

static void
test_the_stores_are_looked_into_as_the_profile_says(void **state)
{
    Bench *b = *state;

    use_store(b);
    refused(b, AC_ERROR_CLIENT_CERT, "wants a client certificate, and none that is valid is in");
    put_stored(b, true, "home", (CertSpec){ .cn = "home" });
    put_stored(b, false, "here", (CertSpec){ .cn = "here", .not_after = CERTS_NOW + 10 });
    taken(b, "CN=home"); /* valid longer */
    b->host.certs = PROFILE_CERTS_MACHINE;
    taken(b, "CN=here");
    b->host.certs = PROFILE_CERTS_USER;
    taken(b, "CN=home");
}

static void
test_what_cannot_log_in_is_passed_over(void **state)
{
    Bench *b = *state;
    g_autofree char *lone = g_build_filename(b->dir, CERT_STORE_USER, "client", "lone.pem", NULL);

    use_store(b);
    put_stored(b, true, "old", (CertSpec){ .cn = "old", .not_after = CERTS_NOW - 1 });
    put_stored(b, true, "web", (CertSpec){ .cn = "web", .purpose = "serverAuth" });
    put_cert_to(lone, &(CertSpec){ .cn = "lone", .key = sig_key_evp(b->key) });
    refused(b, AC_ERROR_CLIENT_CERT, "wants a client certificate");
    put_stored(b, true, "good", (CertSpec){ .cn = "good", .purpose = "clientAuth" });
    taken(b, "CN=good");
    b->conf.auth = HOST_AUTH_PROFILE;
    b->host.auth = PROFILE_IKE_RSA;
    refused(b, AC_ERROR_CLIENT_CERT, "has the right kind of key");
}

static void
test_of_several_a_person_chooses_when_the_profile_says_so(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) l = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *shown = NULL;

    use_store(b);
    b->host.ask_certificate = true;
    put_stored(b, true, "one", (CertSpec){ .cn = "one" });
    taken(b, "CN=one");
    put_stored(b, false, "one", (CertSpec){ .cn = "two", .not_after = CERTS_NOW + 10 });
    l = make(b, NULL);
    assert_int_equal(login_choices(l)->len, 2);
    assert_false(login_choose(l, "three", &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_USAGE));
    assert_int_equal(login_choices(l)->len, 2);
    assert_true(login_choose(l, "machine/one", NULL));
    assert_null(login_choices(l));
    shown = login_identity(l);
    assert_string_equal(shown, "CN=two");
}

/* Neither a link to another's file, nor a key that others can read. */
static void
test_a_store_gives_nothing_that_is_not_the_callers_own(void **state)
{
    Bench *b = *state;
    g_autofree char *dir = g_build_filename(b->dir, CERT_STORE_USER, "client", NULL);
    g_autofree char *key = g_build_filename(dir, "private", "mine.key", NULL);

    use_store(b);
    put_stored(b, true, "mine", (CertSpec){ .cn = "mine" });
    assert_int_equal(chmod(key, 0644), 0);
    refused(b, AC_ERROR_CLIENT_CERT, "chmod 600");
    g_unlink(key);
    put_key(b, b->key);
    assert_int_equal(symlink(b->key_file, key), 0);
    refused(b, AC_ERROR_CLIENT_CERT, "wants a client certificate");
}

static void
test_anyconnect_takes_from_a_store_what_needs_nobody(void **state)
{
    Bench *b = *state;
    g_autoptr(Login) without = make(b, NULL);
    g_autoptr(Login) with = NULL;
    IkePlan plan;

    login_plan(without, &plan);
    assert_null(plan.eap_setup.key);
    put_stored(b, true, "mine", (CertSpec){ .cn = "mine" });
    with = make(b, NULL);
    login_plan(with, &plan);
    assert_non_null(plan.eap_setup.key);
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ROW(test_the_field_s_login_needs_no_settings),
        ROW(test_who_logs_in_by_password_is_typed),
        ROW(test_eap_tls_names_its_certificate),
        ROW(test_certificate_then_eap_has_both),
        ROW(test_anyconnect_has_its_certificate_in_eap),
        ROW(test_a_shared_key_makes_a_plan),
        ROW(test_a_shared_key_is_given_to_the_end_that_proves_by_it),
        ROW(test_a_guessable_shared_key_is_refused_unless_allowed),
        ROW(test_a_shared_key_that_others_can_read_is_refused),
        ROW(test_a_shared_key_needs_an_identity),
        ROW(test_a_certificate_makes_a_plan_with_its_own_name),
        ROW(test_the_profile_s_identity_is_sent),
        ROW(test_a_key_of_another_certificate_is_refused),
        ROW(test_a_key_of_the_wrong_kind_is_refused),
        ROW(test_a_certificate_out_of_date_is_refused),
        ROW(test_the_stores_are_looked_into_as_the_profile_says),
        ROW(test_what_cannot_log_in_is_passed_over),
        ROW(test_of_several_a_person_chooses_when_the_profile_says_so),
        ROW(test_a_store_gives_nothing_that_is_not_the_callers_own),
        ROW(test_anyconnect_takes_from_a_store_what_needs_nobody),
        ROW(test_files_that_are_missing_or_broken_are_named),
    };

    return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}
