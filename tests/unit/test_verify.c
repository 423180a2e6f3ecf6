/* test_verify.c - agent/daemon/verify.c: every way to a verdict about a gateway's certificate. */
#include <gio/gio.h>
#include <glib/gstdio.h>

#include "agent/daemon/verify.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

typedef struct Fixture {
    char *file;
    Trust *trust;
    Settings settings;
    ProfileHost host;
    X509Chain *chain;
    X509Store *anchors;
    char *pin, *pin_sha512;
} Fixture;

static X509Chain *
self_signed(int64_t not_after)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509Chain *chain = x509_chain_new();
    g_autoptr(GBytes) der = certs_make(&(CertSpec){ .cn = "gateway",
                                                    .san = "IP:10.0.0.1",
                                                    .purpose = "serverAuth",
                                                    .not_after = not_after,
                                                    .key = key });
    gsize len;
    const uint8_t *p = g_bytes_get_data(der, &len);

    assert_true(x509_chain_add(chain, (Slice){ p, len }));
    EVP_PKEY_free(key);
    return chain;
}

static int
set_up(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    g_autofree char *dir = g_dir_make_tmp("verify.XXXXXX", NULL);

    f->file = g_build_filename(dir, "trust.conf", NULL);
    f->trust = trust_load(f->file, NULL);
    f->host = (ProfileHost){ .name = (char *)"Anu-IKEV2",
                             .address = (char *)"10.0.0.1",
                             .pins = g_ptr_array_new() };
    f->chain = self_signed(0);
    f->anchors = x509_store_new();
    g_autoptr(X509Info) info = x509_chain_info(f->chain, 0);

    f->pin = g_strdup(info->pin_sha256);
    f->pin_sha512 = g_strdup(info->pin_sha512);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *f = *state;
    g_autofree char *dir = g_path_get_dirname(f->file);

    g_unlink(f->file);
    g_rmdir(dir);
    trust_free(f->trust);
    x509_chain_free(f->chain);
    x509_store_free(f->anchors);
    g_ptr_array_unref(f->host.pins);
    g_free(f->pin);
    g_free(f->pin_sha512);
    g_free(f->file);
    g_free(f);
    return 0;
}

static void
judge(Fixture *f, const X509Chain *chain, char *const *pins, Verify *ret)
{
    verify_chain(chain,
                 &(VerifySetup){ .settings = &f->settings,
                                 .policy = f->settings.policy,
                                 .trust = f->trust,
                                 .host = &f->host,
                                 .address = "10.0.0.1",
                                 .known_as = "Anu-IKEV2",
                                 .anchors = f->anchors,
                                 .pins = pins,
                                 .now = CERTS_NOW },
                 ret);
}

static void
remember(Fixture *f, const char *pin, unsigned problems)
{
    assert_true(trust_put(
        f->trust, &(TrustEntry){ .host = "Anu-IKEV2", .pin = pin, .problems = problems }, NULL));
}

static void
test_an_unknown_certificate_is_asked_about(void **state)
{
    Fixture *f = *state;
    g_auto(Verify) v = { 0 };

    judge(f, f->chain, NULL, &v);
    assert_int_equal(v.verdict, VERIFY_ASK);
    assert_int_equal(v.problems, X509_UNTRUSTED);
    assert_false(v.changed);
}

static void
test_nobody_is_asked_when_untrusted_gateways_are_blocked(void **state)
{
    Fixture *f = *state;
    g_auto(Verify) v = { 0 };

    f->settings.block_untrusted = true;
    judge(f, f->chain, NULL, &v);
    assert_int_equal(v.verdict, VERIFY_REFUSED);
    assert_non_null(strstr(v.why, "block_untrusted"));
}

static void
test_a_pin_given_for_the_attempt_is_enough_and_only_the_right_one(void **state)
{
    Fixture *f = *state;
    char *right[] = { f->pin, NULL };
    char *wrong[] = { (char *)"pin-sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL };
    g_auto(Verify) yes = { 0 };
    g_auto(Verify) no = { 0 };

    judge(f, f->chain, right, &yes);
    assert_int_equal(yes.verdict, VERIFY_TRUSTED);
    judge(f, f->chain, wrong, &no);
    assert_int_equal(no.verdict, VERIFY_ASK);
}

static void
test_what_was_remembered_is_trusted_for_what_was_accepted(void **state)
{
    Fixture *f = *state;
    g_autoptr(X509Chain) expired = self_signed(CERTS_NOW - 1);
    g_autoptr(X509Info) info = x509_chain_info(expired, 0);
    g_auto(Verify) same = { 0 };
    g_auto(Verify) worse = { 0 };
    g_auto(Verify) other = { 0 };

    remember(f, f->pin, X509_UNTRUSTED);
    judge(f, f->chain, NULL, &same);
    assert_int_equal(same.verdict, VERIFY_TRUSTED);
    judge(f, expired, NULL, &other);
    assert_int_equal(other.verdict, VERIFY_ASK);
    assert_true(other.changed);
    assert_string_equal(other.old_pin, f->pin);

    remember(f, info->pin_sha256, X509_UNTRUSTED); /* it had not expired when it was accepted */
    judge(f, expired, NULL, &worse);
    assert_int_equal(worse.verdict, VERIFY_ASK);
    assert_false(worse.changed);
}

static void
test_an_anchor_makes_it_trusted_without_a_word(void **state)
{
    Fixture *f = *state;
    g_autofree char *pem = x509_chain_to_pem(f->chain);
    g_auto(Verify) v = { 0 };

    assert_true(x509_store_add_pem(f->anchors, slice_of(pem), NULL));
    judge(f, f->chain, NULL, &v);
    assert_int_equal(v.verdict, VERIFY_TRUSTED);
    assert_int_equal(v.problems, 0);
}

/* CertificatePinList: even a verified certificate must match; no person may overrule it. */
static void
test_the_profile_pins_bind(void **state)
{
    Fixture *f = *state;
    char *given[] = { f->pin, NULL };
    g_auto(Verify) no = { 0 };
    g_auto(Verify) yes = { 0 };

    g_ptr_array_add(f->host.pins, (char *)"AAAA");
    judge(f, f->chain, given, &no);
    assert_int_equal(no.verdict, VERIFY_REFUSED);
    assert_non_null(strstr(no.why, "CertificatePinList"));
    g_ptr_array_add(f->host.pins, f->pin_sha512);
    judge(f, f->chain, given, &yes);
    assert_int_equal(yes.verdict, VERIFY_TRUSTED);
}

static void
add(X509Chain *chain, const CertSpec *spec)
{
    g_autoptr(GBytes) der = certs_make(spec);

    assert_true(x509_chain_add(chain, certs_view(der)));
}

/* A certificate is public: whoever sends the right one along has not proved anything by it. */
static void
test_a_pinned_certificate_counts_only_where_it_has_signed(void **state)
{
    Fixture *f = *state;
    EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-256"), EVP_EC_gen("P-256") };
    CertSpec root = { .cn = "root", .constraints = "critical,CA:TRUE", .key = keys[0] };
    CertSpec between = {
        .cn = "between", .constraints = "critical,CA:TRUE", .key = keys[1], .issuer = &root
    };
    CertSpec leaf = { .cn = "gateway", .san = "IP:10.0.0.1", .key = keys[2], .issuer = &between };
    g_autoptr(X509Chain) good = x509_chain_new();
    g_autoptr(X509Chain) forged = self_signed(0);
    g_autofree char *anchors = NULL;
    g_autoptr(X509Info) pinned = NULL;
    g_auto(Verify) yes = { 0 };
    g_auto(Verify) no = { 0 };

    add(good, &leaf);
    add(good, &root); /* in any order */
    add(good, &between);
    pinned = x509_chain_info(good, 1);
    g_ptr_array_add(f->host.pins, pinned->pin_sha512);
    anchors = x509_chain_to_pem(good);
    assert_true(x509_store_add_pem(f->anchors, slice_of(anchors), NULL));
    judge(f, good, NULL, &yes);
    assert_int_equal(yes.verdict, VERIFY_TRUSTED);

    add(forged, &root);
    judge(f, forged, NULL, &no);
    assert_int_equal(no.verdict, VERIFY_REFUSED);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        EVP_PKEY_free(keys[i]);
}

static void
test_policies_decide_what_signatures_pass(void **state)
{
    (void)state;
    assert_false(verify_sig_policy(SUITE_MODERN).sha1_ok);
    assert_int_equal(verify_sig_policy(SUITE_MODERN).min_rsa, 2048);
    assert_true(verify_sig_policy(SUITE_COMPATIBLE).sha1_ok);
    assert_int_equal(verify_sig_policy(SUITE_COMPATIBLE).min_rsa, 2048);
    assert_int_equal(verify_sig_policy(SUITE_LEGACY).min_rsa, 1024);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(test_an_unknown_certificate_is_asked_about),
        WITH_FIXTURE(test_nobody_is_asked_when_untrusted_gateways_are_blocked),
        WITH_FIXTURE(test_a_pin_given_for_the_attempt_is_enough_and_only_the_right_one),
        WITH_FIXTURE(test_what_was_remembered_is_trusted_for_what_was_accepted),
        WITH_FIXTURE(test_an_anchor_makes_it_trusted_without_a_word),
        WITH_FIXTURE(test_the_profile_pins_bind),
        WITH_FIXTURE(test_a_pinned_certificate_counts_only_where_it_has_signed),
        cmocka_unit_test(test_policies_decide_what_signatures_pass),
    };

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
