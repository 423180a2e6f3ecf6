/* test_sig_signer.c - sig.c with a key that signs elsewhere. */
#include "tests/support/raw_signer.h"

static void
test_a_token_signs_in_every_way(void **state)
{
    g_autoptr(SigKey) rsa = sig_key_generate_rsa(2048);
    g_autoptr(SigKey) p256 = sig_key_generate_ecdsa(256);
    g_autoptr(SigKey) p384 = sig_key_generate_ecdsa(384);
    g_autoptr(SigKey) p521 = sig_key_generate_ecdsa(521);
    g_autoptr(SigKey) ed = sig_key_generate_ed25519();
    const struct {
        const SigKey *key;
        uint8_t method;
        SigHash hash;
    } rows[] = {
        { rsa, SIG_METHOD_RSA, SIG_SHA1 },
        { rsa, SIG_METHOD_RSA, SIG_SHA2_256 },
        { rsa, SIG_METHOD_RSA, SIG_SHA2_512 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA1 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_256 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_384 },
        { rsa, SIG_METHOD_DIGITAL, SIG_SHA2_512 },
        { p256, SIG_METHOD_ECDSA_256, SIG_SHA2_256 },
        { p384, SIG_METHOD_ECDSA_384, SIG_SHA2_384 },
        { p521, SIG_METHOD_ECDSA_521, SIG_SHA2_512 },
        { p256, SIG_METHOD_DIGITAL, SIG_SHA2_512 },
        { p521, SIG_METHOD_DIGITAL, SIG_SHA2_256 },
        { ed, SIG_METHOD_DIGITAL, SIG_IDENTITY },
    };
    static const SigPolicy policy = { .sha1_ok = true, .min_rsa = 2048 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        bool freed;
        RawToken t;
        SigKey *k = raw_token_behind(&t, rows[i].key, &freed);
        g_autoptr(GByteArray) auth = g_byte_array_new();

        assert_true(sig_sign(k, rows[i].method, rows[i].hash, slice_of("octets"), auth));
        assert_int_equal(t.asked, 1);
        assert_true(sig_verify(rows[i].key, rows[i].method, &policy, slice_of("octets"),
                               (Slice){ auth->data, auth->len }, NULL, NULL));
        sig_key_free(k);
        assert_true(freed);
    }
}

static void
test_a_token_that_refuses_leaves_nothing_behind(void **state)
{
    g_autoptr(SigKey) p256 = sig_key_generate_ecdsa(256);
    bool freed;
    RawToken t;
    g_autoptr(SigKey) k = raw_token_behind(&t, p256, &freed);
    g_autoptr(GByteArray) auth = g_byte_array_new();

    (void)state;
    t.refuses = true;
    assert_false(sig_sign(k, SIG_METHOD_DIGITAL, SIG_SHA2_256, slice_of("octets"), auth));
    assert_false(sig_sign(k, SIG_METHOD_ECDSA_256, SIG_SHA2_256, slice_of("octets"), auth));
    assert_int_equal(auth->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_signs_in_every_way),
        cmocka_unit_test(test_a_token_that_refuses_leaves_nothing_behind),
    };

    return cmocka_run_group_tests_name("sig_signer", tests, NULL, NULL);
}
