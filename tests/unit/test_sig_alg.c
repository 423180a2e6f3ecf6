#include "agent/crypto/sig_alg.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define PSS    "06092a864886f70d01010a"
#define MGF1   "06092a864886f70d010108"
#define SHA1   "300906052b0e03021a0500"
#define SHA256 "300d06096086480165030402010500"
#define SHA384 "300d06096086480165030402020500"
#define SHA512 "300d06096086480165030402030500"

/* Those that OpenSSL writes into certificates it signs ("openssl req -x509 -sigopt ..."), the OIDs
 * being those of RFC 7427 appendix A. */
static const struct {
    SigAlg alg;
    const char *der;
} exact[] = {
    { { SIG_RSA_PKCS1, SIG_SHA1, 0 }, "300d06092a864886f70d0101050500" },
    { { SIG_RSA_PKCS1, SIG_SHA2_256, 0 }, "300d06092a864886f70d01010b0500" },
    { { SIG_RSA_PKCS1, SIG_SHA2_384, 0 }, "300d06092a864886f70d01010c0500" },
    { { SIG_RSA_PKCS1, SIG_SHA2_512, 0 }, "300d06092a864886f70d01010d0500" },
    { { SIG_ECDSA, SIG_SHA1, 0 }, "300906072a8648ce3d0401" },
    { { SIG_ECDSA, SIG_SHA2_256, 0 }, "300a06082a8648ce3d040302" },
    { { SIG_ECDSA, SIG_SHA2_384, 0 }, "300a06082a8648ce3d040303" },
    { { SIG_ECDSA, SIG_SHA2_512, 0 }, "300a06082a8648ce3d040304" },
    { { SIG_ED25519, SIG_IDENTITY, 0 }, "300506032b6570" },
    { { SIG_RSA_PSS, SIG_SHA1, 20 }, "300d" PSS "3000" },
    { { SIG_RSA_PSS, SIG_SHA2_256, 32 },
      "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020120" },
    { { SIG_RSA_PSS, SIG_SHA2_384, 48 },
      "3041" PSS "3034a00f" SHA384 "a11c301a" MGF1 SHA384 "a203020130" },
    { { SIG_RSA_PSS, SIG_SHA2_512, 64 },
      "3041" PSS "3034a00f" SHA512 "a11c301a" MGF1 SHA512 "a203020140" },
    { { SIG_RSA_PSS, SIG_SHA2_256, 20 }, "303c" PSS "302fa00f" SHA256 "a11c301a" MGF1 SHA256 },
};

static Slice
view(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

static void
test_each_algorithm_has_one_encoding_and_reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(exact); i++) {
        Hex der = hex(exact[i].der);
        uint8_t buf[SIG_ALG_MAX];
        Writer w = { .base = buf, .cap = sizeof(buf) };
        SigAlg got;

        sig_alg_encode(&exact[i].alg, &w);
        assert_true(slice_equal(writer_view(&w), view(&der)));
        assert_true(sig_alg_decode(view(&der), &got));
        assert_memory_equal(&got, &exact[i].alg, sizeof(got));
    }
}

static void
test_other_lawful_encodings_are_read(void **state)
{
    static const struct {
        SigAlg alg;
        const char *der, *source;
    } rows[] = {
        { { SIG_RSA_PKCS1, SIG_SHA2_256, 0 },
          "300b06092a864886f70d01010b",
          "RFC 4055 §5: parameters left out must be accepted" },
        { { SIG_RSA_PSS, SIG_SHA2_256, 32 },
          "303d" PSS "3030a00d300b0609608648016503040201a11a3018" MGF1
          "300b0609608648016503040201a203020120",
          "RFC 4055 §2.1: NULL of a hash may be left out" },
        { { SIG_RSA_PSS, SIG_SHA1, 20 },
          "3039" PSS "302ca00b" SHA1 "a1183016" MGF1 SHA1 "a203020114",
          "defaults spelt out" },
        { { SIG_RSA_PSS, SIG_SHA2_256, 32 },
          "3046" PSS "3039a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020120a303020101",
          "trailer spelt out" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex der = hex(rows[i].der);
        SigAlg got;

        assert_true(sig_alg_decode(view(&der), &got));
        assert_memory_equal(&got, &rows[i].alg, sizeof(got));
    }
}

static void
test_everything_else_is_refused_and_leaves_ret_alone(void **state)
{
    static const struct {
        const char *der, *what;
    } rows[] = {
        { "", "nothing" },
        { "3000", "no OID" },
        { "300f06092a864886f70d01010b05000500", "two parameters" },
        { "300e06092a864886f70d01010b050100", "NULL with content" },
        { "300d06092a864886f70d01010b050000", "an octet behind" },
        { "30810d06092a864886f70d01010b0500", "a long length where a short one does" },
        { "308006092a864886f70d01010b05000000", "BER's indefinite length" },
        { "300d06092a864886f70d0101040500", "md5WithRSAEncryption" },
        { "300d06092a864886f70d0101010500", "rsaEncryption" },
        { "300906072a8648ce380403", "DSA with SHA-1" },
        { "300c06082a8648ce3d0403020500", "ECDSA with parameters (RFC 5758 §3.2)" },
        { "300706032b65700500", "Ed25519 with parameters (RFC 8410 §3)" },
        { "300506032b6571", "Ed448" },
        { "300b" PSS, "PSS without parameters" },
        { "300d" PSS "0500", "PSS with NULL" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA384 "a203020120", "two hashes" },
        { "301e" PSS "3011a00f" SHA256, "SHA-256, but MGF1 with SHA-1 by default" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a06092a864886f70d010109" SHA256 "a203020120",
          "a mask function that is not MGF1" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020100", "no salt" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020113", "a salt of 19" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020141", "a salt of 65" },
        { "3041" PSS "3034a00f" SHA256 "a11c301a" MGF1 SHA256 "a2030201a0", "a negative salt" },
        { "3042" PSS "3035a00f" SHA256 "a11c301a" MGF1 SHA256 "a20402020020", "a padded salt" },
        { "3040" PSS "3033a00f" SHA256 "a11c301a" MGF1 SHA256 "a2020200", "an empty salt" },
        { "3046" PSS "3039a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020120a303020102", "trailer 2" },
        { "3041" PSS "3034a11c301a" MGF1 SHA256 "a00f" SHA256 "a203020120", "out of order" },
        { "3046" PSS "3039a00f" SHA256 "a11c301a" MGF1 SHA256 "a203020120a203020120", "twice" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex der = hex(rows[i].der);
        SigAlg got = { .salt_len = 77 };

        if (sig_alg_decode(view(&der), &got))
            fail_msg("accepted: %s", rows[i].what);
        assert_int_equal(got.salt_len, 77);
    }
}

static void
test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(exact); i++) {
        Hex der = hex(exact[i].der);

        for (size_t cut = 0; cut < der.len; cut++) {
            g_autofree uint8_t *copy = g_memdup2(der.b, cut); /* exactly sized for the sanitizer */
            SigAlg got;

            assert_false(sig_alg_decode((Slice){ copy, cut }, &got));
        }
    }
}

static void
test_hashes_have_their_lengths(void **state)
{
    (void)state;
    assert_string_equal(sig_hash_name(SIG_SHA2_384), "SHA384");
    assert_int_equal(sig_hash_len(SIG_SHA1), 20);
    assert_int_equal(sig_hash_len(SIG_SHA2_256), 32);
    assert_int_equal(sig_hash_len(SIG_SHA2_384), 48);
    assert_int_equal(sig_hash_len(SIG_SHA2_512), 64);
    assert_null(sig_hash_name(SIG_IDENTITY));
    assert_null(sig_hash_name((SigHash)0));
    assert_int_equal(sig_hash_len((SigHash)99), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_algorithm_has_one_encoding_and_reads_back),
        cmocka_unit_test(test_other_lawful_encodings_are_read),
        cmocka_unit_test(test_everything_else_is_refused_and_leaves_ret_alone),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_hashes_have_their_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
