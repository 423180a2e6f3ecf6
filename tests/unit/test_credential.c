/* test_credential.c - agent/daemon/credential.c and token.c: PEM files, and a token played by
 * SoftHSM in a folder of its own. */
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <p11-kit/p11-kit.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/crypto/sig_evp.h"
#include "agent/daemon/credential.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/certs.h"
#include "tests/support/test.h"

#define MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define URI    "pkcs11:token=anu%%20card;object=%s?module-path=" MODULE

typedef struct Bench {
    char *dir, *cert, *key;
} Bench;

static void
put(const char *path, const void *octets, size_t len, mode_t mode)
{
    assert_true(g_file_set_contents(path, octets, (gssize)len, NULL));
    assert_int_equal(chmod(path, mode), 0);
}

static void
run(const char *command)
{
    int status = -1;

    assert_true(g_spawn_command_line_sync(command, NULL, NULL, &status, NULL));
    assert_int_equal(status, 0);
}

static GBytes *
certificate_of(const SigKey *key)
{
    return certs_make(&(CertSpec){ .cn = "anu", .key = sig_key_evp(key) });
}

static void
put_cert(const Bench *b, const SigKey *key)
{
    g_autoptr(GBytes) der = certificate_of(key);
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autofree char *pem = NULL;

    assert_true(x509_chain_add(chain, certs_view(der)));
    pem = x509_chain_to_pem(chain);
    put(b->cert, pem, strlen(pem), 0644);
}

static void
put_key(const Bench *b, const SigKey *key, const char *passphrase)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *p;
    long len;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(
                         out, sig_key_evp(key), passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                         passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                     1);
    len = BIO_get_mem_data(out, &p);
    put(b->key, p, (size_t)len, 0600);
    BIO_free(out);
}

/* The certificate goes in through PKCS #11 itself: softhsm2-util knows keys only. */
static void
store_certificate(GBytes *der, const char *label, uint8_t id)
{
    CK_FUNCTION_LIST *module = p11_kit_module_load(MODULE, 0);
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_CERTIFICATE_TYPE type = CKC_X_509;
    CK_BBOOL yes = CK_TRUE;
    gsize len;
    const void *p = g_bytes_get_data(der, &len);
    CK_ATTRIBUTE attrs[] = { { CKA_CLASS, &class, sizeof(class) },
                             { CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
                             { CKA_TOKEN, &yes, sizeof(yes) },
                             { CKA_SUBJECT, (void *)"\x30\x00", 2 },
                             { CKA_LABEL, (void *)label, strlen(label) },
                             { CKA_ID, &id, 1 },
                             { CKA_VALUE, (void *)p, len } };
    CK_SLOT_ID slots[4];
    CK_ULONG n = G_N_ELEMENTS(slots);
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;

    assert_non_null(module);
    assert_int_equal(p11_kit_module_initialize(module), CKR_OK);
    assert_int_equal(module->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    assert_int_equal(
        module->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
        CKR_OK);
    assert_int_equal(module->C_Login(session, CKU_USER, (CK_BYTE *)"1234", 4), CKR_OK);
    assert_int_equal(module->C_CreateObject(session, attrs, G_N_ELEMENTS(attrs), &object), CKR_OK);
    assert_int_equal(module->C_CloseSession(session), CKR_OK);
    p11_kit_module_finalize(module);
    p11_kit_module_release(module);
}

static void
store(const Bench *b, const SigKey *key, const char *label, uint8_t id)
{
    g_autoptr(GBytes) der = certificate_of(key);
    g_autofree char *import =
        g_strdup_printf("softhsm2-util --import %s --token 'anu card' --label %s --id %02x "
                        "--pin 1234",
                        b->key, label, id);

    put_key(b, key, NULL);
    run(import);
    store_certificate(der, label, id);
}

static int
setup(void **state)
{
    Bench *b = g_new0(Bench, 1);
    g_autofree char *conf = NULL;
    g_autofree char *text = NULL;

    b->dir = g_dir_make_tmp("credential.XXXXXX", NULL);
    b->cert = g_build_filename(b->dir, "anu.pem", NULL);
    b->key = g_build_filename(b->dir, "anu.key", NULL);
    conf = g_build_filename(b->dir, "softhsm2.conf", NULL);
    text = g_strdup_printf("directories.tokendir = %s\nlog.level = ERROR\n", b->dir);
    put(conf, text, strlen(text), 0600);
    assert_true(g_setenv("SOFTHSM2_CONF", conf, TRUE));
    *state = b;
    return 0;
}

static int
teardown(void **state)
{
    Bench *b = *state;
    g_autofree char *remove = g_strdup_printf("rm -r %s", b->dir);

    run(remove);
    g_free(b->dir);
    g_free(b->cert);
    g_free(b->key);
    g_free(b);
    return 0;
}

static void
signs(const SigKey *key, const SigKey *public, uint8_t method, SigHash hash)
{
    static const SigPolicy policy = { .sha1_ok = true, .min_rsa = 2048 };
    g_autoptr(GByteArray) auth = g_byte_array_new();

    assert_true(sig_sign(key, method, hash, slice_of("octets"), auth));
    assert_true(sig_verify(public, method, &policy, slice_of("octets"),
                           (Slice){ auth->data, auth->len }, NULL, NULL));
}

/* As TLS 1.3 has it: PSS with an RSA key. */
static void
signs_for_tls(const SigKey *key, const SigKey *public)
{
    EVP_PKEY *evp = sig_evp_new(key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx;
    uint8_t sig[512];
    size_t len = sizeof(sig);
    bool rsa = EVP_PKEY_is_a(sig_key_evp(public), "RSA");

    assert_int_equal(EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, evp, NULL), 1);
    if (rsa)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"octets", 6), 1);
    EVP_MD_CTX_reset(ctx);
    assert_int_equal(
        EVP_DigestVerifyInit_ex(ctx, &pctx, "SHA256", NULL, NULL, sig_key_evp(public), NULL), 1);
    if (rsa)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_DigestVerify(ctx, sig, len, (const uint8_t *)"octets", 6), 1);
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(evp);
}

static void
test_a_plain_key_beside_its_certificate_is_open(void **state)
{
    const Bench *b = *state;
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(Credential) c = NULL;

    put_cert(b, key);
    put_key(b, key, NULL);
    c = credential_open(b->cert, b->key, getuid(), NULL);
    assert_false(credential_locked(c));
    assert_false(credential_in_token(c));
    signs(credential_key(c), key, SIG_METHOD_DIGITAL, SIG_SHA2_256);
}

static void
test_a_locked_key_asks_for_its_passphrase(void **state)
{
    const Bench *b = *state;
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(Credential) c = NULL;
    g_autofree char *question = NULL;

    put_cert(b, key);
    put_key(b, key, "open sesame");
    c = credential_open(b->cert, b->key, getuid(), NULL);
    assert_true(credential_locked(c));
    assert_null(credential_key(c));
    question = credential_question(c);
    assert_true(g_str_has_prefix(question, "Passphrase of "));
    assert_int_equal(credential_unlock(c, slice_of("sesame"), NULL), CREDENTIAL_WRONG);
    assert_int_equal(credential_unlock(c, slice_of(""), NULL), CREDENTIAL_WRONG);
    assert_int_equal(credential_unlock(c, slice_of("open sesame"), NULL), CREDENTIAL_OPEN);
    signs(credential_key(c), key, SIG_METHOD_ECDSA_256, SIG_SHA2_256);
}

static void
test_a_locked_key_of_another_certificate_is_refused(void **state)
{
    const Bench *b = *state;
    g_autoptr(SigKey) key = sig_key_generate_ecdsa(256);
    g_autoptr(SigKey) other = sig_key_generate_ecdsa(256);
    g_autoptr(Credential) c = NULL;
    g_autoptr(GError) error = NULL;

    put_cert(b, key);
    put_key(b, other, "x");
    c = credential_open(b->cert, b->key, getuid(), NULL);
    assert_int_equal(credential_unlock(c, slice_of("x"), &error), CREDENTIAL_FAILED);
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CLIENT_CERT));
    assert_non_null(strstr(error->message, "is not the key of"));
}

static void
init_token(void)
{
    run("softhsm2-util --init-token --free --label 'anu card' --pin 1234 --so-pin 567890");
}

static void
test_a_key_in_a_token_signs_in_every_way(void **state)
{
    const Bench *b = *state;
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048);
    g_autoptr(SigKey) ec = sig_key_generate_ecdsa(384);
    g_autofree char *rsa_uri = g_strdup_printf(URI, "rsa");
    g_autofree char *ec_uri = g_strdup_printf(URI, "ec");

    init_token();
    store(b, rsa, "rsa", 1);
    store(b, ec, "ec", 2);
    g_autoptr(Credential) one = credential_open(rsa_uri, NULL, 0, NULL);
    g_autofree char *question = credential_question(one);

    assert_true(credential_locked(one));
    assert_true(credential_in_token(one));
    assert_string_equal(question, "PIN of the token anu card:");
    assert_int_equal(credential_unlock(one, slice_of("9999"), NULL), CREDENTIAL_WRONG);
    assert_int_equal(credential_unlock(one, slice_of("1234"), NULL), CREDENTIAL_OPEN);
    signs(credential_key(one), rsa, SIG_METHOD_RSA, SIG_SHA1);
    signs(credential_key(one), rsa, SIG_METHOD_RSA, SIG_SHA2_256);
    signs(credential_key(one), rsa, SIG_METHOD_DIGITAL, SIG_SHA2_256);
    signs(credential_key(one), rsa, SIG_METHOD_DIGITAL, SIG_SHA2_512);
    signs_for_tls(credential_key(one), rsa);
    g_clear_pointer(&one, credential_free);

    g_autoptr(Credential) two = credential_open(ec_uri, NULL, 0, NULL);

    assert_int_equal(credential_unlock(two, slice_of("1234"), NULL), CREDENTIAL_OPEN);
    signs(credential_key(two), ec, SIG_METHOD_ECDSA_384, SIG_SHA2_384);
    signs(credential_key(two), ec, SIG_METHOD_DIGITAL, SIG_SHA2_256);
    signs_for_tls(credential_key(two), ec);
}

static void
refused(const char *uri, const char *told)
{
    g_autoptr(GError) error = NULL;

    assert_null(credential_open(uri, NULL, 0, &error));
    assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CLIENT_CERT));
    assert_non_null(strstr(error->message, told));
}

static void
test_what_a_token_has_not_is_told(void **state)
{
    const Bench *b = *state;
    g_autoptr(SigKey) ec = sig_key_generate_ecdsa(256);
    g_autoptr(GBytes) lonely = certificate_of(ec);
    g_autofree char *nothing = g_strdup_printf(URI, "nothing");
    g_autofree char *alone = g_strdup_printf(URI, "alone");
    g_autoptr(GError) error = NULL;

    init_token();
    store(b, ec, "one", 1);
    store_certificate(lonely, "alone", 7);
    refused("pkcs11:;;;", "RFC 7512");
    refused("pkcs11:token=anu?pin-value=1234", "a PIN has no place in a URI");
    refused("pkcs11:token=x?module-path=/nonexistent.so", "cannot be loaded");
    refused("pkcs11:token=another?module-path=" MODULE, "no token that is plugged in");
    refused(nothing, "no token that is plugged in");
    refused("pkcs11:?module-path=" MODULE, "several certificates");
    g_autoptr(Credential) c = credential_open(alone, NULL, 0, NULL);

    assert_int_equal(credential_unlock(c, slice_of("1234"), &error), CREDENTIAL_FAILED);
    assert_non_null(strstr(error->message, "has no private key"));
}

int
main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        ROW(test_a_plain_key_beside_its_certificate_is_open),
        ROW(test_a_locked_key_asks_for_its_passphrase),
        ROW(test_a_locked_key_of_another_certificate_is_refused),
        ROW(test_a_key_in_a_token_signs_in_every_way),
        ROW(test_what_a_token_has_not_is_told),
    };

    return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
