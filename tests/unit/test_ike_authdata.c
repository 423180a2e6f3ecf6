/* test_ike_authdata.c - agent/ike/ike_authdata.c */
#include "agent/crypto/suite.h"
#include "agent/crypto/x509.h"
#include "agent/ike/ike_authdata.h"
#include "tests/support/capture.h"
#include "tests/support/test.h"

static Slice
view(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

/* The body of the payload that starts at @at, generic header (RFC 7296 §3.2) taken off. */
static Slice
body_at(const Hex *plain, size_t at)
{
    size_t len = (size_t)(plain->b[at + 2] << 8 | plain->b[at + 3]);

    assert_true(at + len <= plain->len);
    return (Slice){ plain->b + at + 4, len - 4 };
}

/* agent/docs/WIRE.md §16.7: SK_pi = 00..13, RealMessage1 = "INIT-REQ". */
static void
test_the_mic_is_the_one_computed_for_the_wire_document(void **state)
{
    Hex sk_pi = hex("000102030405060708090a0b0c0d0e0f10111213");
    Hex nr = hex("c2287f8c7db31e51fcebf197ec97b867d5e7c2f5");
    Hex id = hex("c9000000 2a24416e79436f6e6e656374436c69656e74242a");
    Hex maced = hex("3b8c07a47ef08b81f80bc810fb5e030e3e92bc9f");
    Hex auth = hex("dd601c7d82abec8578ae1cb6e1c050686916c11d");
    g_auto(Secret) octets = { 0 };
    g_auto(Secret) mic = { 0 };

    (void)state;
    assert_true(ike_authdata_octets(PRF_HMAC_SHA1, slice_of("INIT-REQ"), view(&nr), view(&sk_pi),
                                    view(&id), &octets));
    assert_int_equal(octets.len, 8 + 20 + 20);
    assert_memory_equal(octets.p + 28, maced.b, maced.len);
    assert_true(ike_authdata_mic(PRF_HMAC_SHA1, view(&sk_pi), secret_view(&octets), &mic));
    assert_int_equal(mic.len, auth.len);
    assert_memory_equal(mic.p, auth.b, auth.len);
}

/* The nonces stand behind SA (48) and KE (264) of messages #1 and #2 of the capture. */
enum { NONCE_AT = 28 + 48 + 264 };

static void
test_both_final_auths_of_the_capture_verify(void **state)
{
    Hex m1 = capture_message("#1 IKE_SA_INIT request"), m2 = capture_message("#2 IKE_SA_INIT resp");
    Hex first = capture_message("#3 IKE_AUTH request"), reply = capture_message("#4 IKE_AUTH resp");
    Hex i = capture_message("#13 IKE_AUTH request"), r = capture_message("#14 IKE_AUTH response");
    Hex sk_pi = capture_key("SK_pi"), sk_pr = capture_key("SK_pr");
    g_auto(Secret) octets = { 0 };
    g_auto(Secret) mic = { 0 };

    (void)state;
    assert_int_equal(m1.len, 637);
    assert_int_equal(m2.len, 690);
    assert_true(ike_authdata_octets(PRF_HMAC_SHA2_256, view(&m1), body_at(&m2, NONCE_AT),
                                    view(&sk_pi), body_at(&first, 0), &octets));
    assert_true(ike_authdata_mic(PRF_HMAC_SHA2_256, view(&sk_pi), secret_view(&octets), &mic));
    assert_memory_equal(mic.p, body_at(&i, 0).p + 4, mic.len);
    assert_int_equal(mic.len, body_at(&i, 0).len - 4);

    assert_true(ike_authdata_octets(PRF_HMAC_SHA2_256, view(&m2), body_at(&m1, NONCE_AT),
                                    view(&sk_pr), body_at(&reply, 0), &octets));
    assert_true(ike_authdata_mic(PRF_HMAC_SHA2_256, view(&sk_pr), secret_view(&octets), &mic));
    assert_memory_equal(mic.p, body_at(&r, 0).p + 4, mic.len);
}

/* #4: IDr, CERT, AUTH with method 1 and the PRF's hash (agent/docs/WIRE.md §5.1). */
static void
test_the_gateways_signature_of_the_capture_verifies(void **state)
{
    Hex m1 = capture_message("#1 IKE_SA_INIT request"), m2 = capture_message("#2 IKE_SA_INIT resp");
    Hex reply = capture_message("#4 IKE_AUTH response"), sk_pr = capture_key("SK_pr");
    Slice idr = body_at(&reply, 0), cert = body_at(&reply, idr.len + 4);
    Slice auth = body_at(&reply, idr.len + 4 + cert.len + 4);
    g_autoptr(X509Chain) chain = x509_chain_new();
    g_autoptr(SigKey) key = NULL;
    g_auto(Secret) octets = { 0 };
    SigPolicy policy = { .min_rsa = 2048 };
    const char *why = NULL;
    SigHash hash;

    (void)state;
    assert_true(x509_chain_add(chain, (Slice){ cert.p + 1, cert.len - 1 }));
    key = x509_chain_leaf_key(chain);
    assert_int_equal(auth.p[0], SIG_METHOD_RSA);
    assert_true(ike_authdata_octets(PRF_HMAC_SHA2_256, view(&m2), body_at(&m1, NONCE_AT),
                                    view(&sk_pr), idr, &octets));
    assert_true(sig_verify(key, SIG_METHOD_RSA, &policy, secret_view(&octets),
                           (Slice){ auth.p + 4, auth.len - 4 }, &hash, &why));
    assert_int_equal(hash, SIG_SHA2_256);
    octets.p[3] ^= 1;
    assert_false(sig_verify(key, SIG_METHOD_RSA, &policy, secret_view(&octets),
                            (Slice){ auth.p + 4, auth.len - 4 }, &hash, &why));
}

/* RFC 7296 §2.15: the reserved octets of the ID payload are covered, as they came. */
static void
test_every_part_counts(void **state)
{
    Hex key = hex("0102030405"), other = hex("0102030406");
    g_auto(Secret) a = { 0 };
    g_auto(Secret) b = { 0 };

    (void)state;
    assert_true(ike_authdata_octets(PRF_HMAC_SHA1, slice_of("m"), slice_of("n"), view(&key),
                                    slice_of("id"), &a));
    assert_true(ike_authdata_octets(PRF_HMAC_SHA1, slice_of("m"), slice_of("n"), view(&other),
                                    slice_of("id"), &b));
    assert_false(slice_equal(secret_view(&a), secret_view(&b)));
    assert_true(ike_authdata_octets(PRF_HMAC_SHA1, slice_of("m"), slice_of("n"), view(&key),
                                    slice_of("ie"), &b));
    assert_false(slice_equal(secret_view(&a), secret_view(&b)));
    assert_false(
        ike_authdata_octets(999, slice_of("m"), slice_of("n"), view(&key), slice_of("id"), &b));
    assert_false(ike_authdata_mic(999, view(&key), slice_of("m"), &b));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mic_is_the_one_computed_for_the_wire_document),
        cmocka_unit_test(test_both_final_auths_of_the_capture_verify),
        cmocka_unit_test(test_the_gateways_signature_of_the_capture_verifies),
        cmocka_unit_test(test_every_part_counts),
    };

    return cmocka_run_group_tests_name("ike_authdata", tests, NULL, NULL);
}
