/* test_x_failing.c - a crypto library that fails: each call in its turn, once or from then on. What
 * cannot be computed is never used, and what cannot be sealed never leaves. The calls of our own
 * code are wrapped by the linker (tests/rooms/proof.cmake). */
#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/crypto/aead.h"
#include "tests/support/sim_plan.h"
#include "tests/support/test.h"

static struct {
    unsigned calls;                      /* seen so far */
    unsigned fail;                       /* the number of the call that fails, 0: none */
    bool for_ever;                       /* and all after it */
    enum { ANY, SEALING, HASHING } only; /* encryption or hashes fail, and nothing else */
    unsigned failed;                     /* how many have */
} shim;

static bool
fails(void)
{
    shim.calls++;
    if (shim.only != ANY || shim.fail == 0 || shim.calls < shim.fail)
        return false;
    if (shim.calls > shim.fail && !shim.for_ever)
        return false;
    shim.failed++;
    return true;
}

/* Encryption and plain hashes that fail end the program, on purpose: they have a test of their own.
 */
static bool
cipher_fails(const EVP_CIPHER_CTX *ctx)
{
    return EVP_CIPHER_CTX_is_encrypting(ctx) ? shim.only == SEALING : fails();
}

static bool
hash_fails(void)
{
    return shim.only == HASHING;
}

/* WRAP - @name as our code calls it: the real one, or 0 as OpenSSL says that it has failed. */
#define WRAP(name, failing, args, ...)                                                             \
    int __real_##name args;                                                                        \
    int __wrap_##name args;                                                                        \
    int __wrap_##name args                                                                         \
    {                                                                                              \
        return failing ? 0 : __real_##name(__VA_ARGS__);                                           \
    }

WRAP(EVP_MAC_init, fails(),
     (EVP_MAC_CTX * ctx, const unsigned char *key, size_t len, const OSSL_PARAM params[]), ctx, key,
     len, params)
WRAP(EVP_MAC_update, fails(), (EVP_MAC_CTX * ctx, const unsigned char *data, size_t len), ctx, data,
     len)
WRAP(EVP_MAC_final, fails(), (EVP_MAC_CTX * ctx, unsigned char *out, size_t *len, size_t size), ctx,
     out, len, size)
WRAP(EVP_DigestInit_ex2, hash_fails(),
     (EVP_MD_CTX * ctx, const EVP_MD *md, const OSSL_PARAM params[]), ctx, md, params)
WRAP(EVP_DigestUpdate, hash_fails(), (EVP_MD_CTX * ctx, const void *data, size_t len), ctx, data,
     len)
WRAP(EVP_DigestFinal_ex, hash_fails(), (EVP_MD_CTX * ctx, unsigned char *out, unsigned *len), ctx,
     out, len)
WRAP(EVP_DigestSign, fails(),
     (EVP_MD_CTX * ctx, unsigned char *sig, size_t *len, const unsigned char *data, size_t n), ctx,
     sig, len, data, n)
WRAP(EVP_DigestVerify, fails(),
     (EVP_MD_CTX * ctx, const unsigned char *sig, size_t len, const unsigned char *data, size_t n),
     ctx, sig, len, data, n)
WRAP(EVP_PKEY_derive_init, fails(), (EVP_PKEY_CTX * ctx), ctx)
WRAP(EVP_PKEY_derive, fails(), (EVP_PKEY_CTX * ctx, unsigned char *key, size_t *len), ctx, key, len)
WRAP(EVP_CipherInit_ex2, cipher_fails(ctx),
     (EVP_CIPHER_CTX * ctx, const EVP_CIPHER *cipher, const unsigned char *key,
      const unsigned char *iv, int enc, const OSSL_PARAM params[]),
     ctx, cipher, key, iv, enc, params)
WRAP(EVP_CipherUpdate, cipher_fails(ctx),
     (EVP_CIPHER_CTX * ctx, unsigned char *out, int *len, const unsigned char *in, int n), ctx, out,
     len, in, n)
WRAP(EVP_CipherFinal_ex, cipher_fails(ctx), (EVP_CIPHER_CTX * ctx, unsigned char *out, int *len),
     ctx, out, len)

static const struct {
    const char *name;
    void (*tune)(IkeConfig *client, IkeConfig *gateway);
} ways[] = {
    { "EAP", NULL },
    { "PSK", sim_psk },
    { "certificates", sim_cert },
    { "certificate, then EAP", sim_cert_eap },
};

/* A login and a rekeying in which call number @fail fails; at its end either nothing is up, or what
 * is up is the same at both ends. Returns the calls of the whole run. */
static unsigned
try_one(size_t way, unsigned fail, bool for_ever)
{
    g_autoptr(Sim) sim =
        sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = ways[way].tune });

    memset(&shim, 0, sizeof(shim));
    shim.fail = fail;
    shim.for_ever = for_ever;
    sim_start(sim);
    (void)sim_run(sim, sim_both_up, 200 * USEC_PER_SEC);
    if (sim->client.ups && !sim->client.closes)
        ike_sa_rekey(sim->client.sa, sim->now);
    sim_drain(sim);
    (void)sim_run(sim, sim_never, 100 * USEC_PER_SEC);
    if (sim->client.closes == 0 && sim->gateway.closes == 0) {
        if (sim_pairs(sim) != 1)
            fail_msg("%s, call %u: %u pairs", ways[way].name, fail, sim_pairs(sim));
    }
    if (for_ever && shim.failed && sim->client.ups && fail + 20 < shim.calls)
        assert_true(sim->client.closes || sim->client.rekeyed == 0);
    if (fail)
        assert_true(shim.failed > 0);
    fail = shim.calls;
    shim.fail = 0; /* what is freed now may compute */
    return fail;
}

static void
test_no_call_that_fails_lets_anybody_in(void **state)
{
    (void)state;
    for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
        unsigned all;

        (void)sim_key(SIM_CLIENT, SIM_P256); /* keys are made once, and not in our way */
        (void)sim_key(SIM_GATEWAY, SIM_P256);
        all = try_one(way, 0, false);
        print_message("%s: %u calls\n", ways[way].name, all);
        assert_true(all > 50);
        for (unsigned n = 1; n <= all; n += way < 2 ? 1 : 3)
            (void)try_one(way, n, false);
    }
}

static void
test_crypto_that_has_gone_for_good_ends_it_in_bounded_time(void **state)
{
    (void)state;
    for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
        unsigned all = try_one(way, 0, false);

        for (unsigned n = 1; n <= all; n += 9)
            (void)try_one(way, n, true);
    }
}

/* A verification that cannot be done is one that has failed, at either end. */
static void
test_nobody_is_proved_by_a_verification_that_fails(void **state)
{
    (void)state;
    for (size_t way = 0; way < G_N_ELEMENTS(ways); way++) {
        g_autoptr(Sim) sim =
            sim_new(&(SimSetup){ .seed = 1, .delay = USEC_PER_MSEC, .tune = ways[way].tune });

        memset(&shim, 0, sizeof(shim));
        sim_reach(sim, SIM_CLIENT, "AUTH_SENT");
        shim.fail = shim.calls + 1;
        shim.for_ever = true;
        assert_true(sim_run(sim, sim_client_closed, 400 * USEC_PER_SEC));
        assert_int_equal(sim->client.ups, 0);
        assert_int_equal(sim->client.questions, 0);
        shim.fail = 0;
    }
}

/* Whichever step of opening fails: nothing was opened. With a MAC beside the cipher, too. */
static void
test_nothing_opens_when_a_step_fails(void **state)
{
    static const Suite suites[] = {
        { .encr = ENCR_AES_GCM_16, .key_bits = 256 },
        { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA2_256_128 },
        { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
    };
    static const uint8_t key[64], integ[64];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(suites); i++) {
        Slice k = { key, suite_encr_key_len(&suites[i]) };
        Slice ik = { integ, suite_integ_key_len(&suites[i]) };
        g_autoptr(Aead) seal = aead_new(&suites[i], k, ik, AEAD_SEAL);
        g_autoptr(Aead) open = aead_new(&suites[i], k, ik, AEAD_OPEN);
        uint8_t iv[16] = { 1 }, data[32], icv[32], sealed[32] = { 0 };
        Slice aad = { iv, 8 };
        unsigned all;

        assert_true(seal && open);
        aead_seal(seal, aad, iv, sealed, sizeof(sealed), icv);
        memset(&shim, 0, sizeof(shim));
        memcpy(data, sealed, sizeof(data));
        assert_true(aead_open(open, aad, iv, data, sizeof(data), icv));
        all = shim.calls;
        assert_true(all >= 4);
        for (unsigned n = 1; n <= all; n++) {
            memset(&shim, 0, sizeof(shim));
            shim.fail = n;
            memcpy(data, sealed, sizeof(data));
            assert_false(aead_open(open, aad, iv, data, sizeof(data), icv));
            assert_int_equal(shim.failed, 1);
        }
        shim.fail = 0;
    }
}

/* What is not sealed must not leave, and what is not hashed must not be compared: the program ends.
 */
static void
test_what_cannot_be_sealed_or_hashed_ends_the_program(void **state)
{
    (void)state;
    for (int only = SEALING; only <= HASHING; only++) {
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0) {
            g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = sim_psk });

            (void)signal(SIGABRT, SIG_DFL);
            (void)signal(SIGTRAP, SIG_DFL);
            (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
            memset(&shim, 0, sizeof(shim));
            shim.only = only;
            sim_start(sim);
            (void)sim_run(sim, sim_both_up, 60 * USEC_PER_SEC);
            _exit(1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_call_that_fails_lets_anybody_in),
        cmocka_unit_test(test_crypto_that_has_gone_for_good_ends_it_in_bounded_time),
        cmocka_unit_test(test_nobody_is_proved_by_a_verification_that_fails),
        cmocka_unit_test(test_nothing_opens_when_a_step_fails),
        cmocka_unit_test(test_what_cannot_be_sealed_or_hashed_ends_the_program),
    };

    return cmocka_run_group_tests_name("x_failing", tests, NULL, NULL);
}
