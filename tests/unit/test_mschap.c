/* test_mschap.c - agent/crypto/mschap.c; vectors of RFC 2759 §9.2 and RFC 3079 §3.5.3 */

#include "agent/crypto/mschap.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const char authenticator[] = "5b5d7c7d7b3f2f3e3c2c602132262628";
static const char peer[] = "21402324255e262a28295f2b3a337c7e";
static const char nt_hash[] = "44ebba8d5312b8d611474411f56989ae";
static const char nt_response[] = "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df";

static Slice
view(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

static void
test_the_password_hash_of_rfc_2759(void **state)
{
    g_auto(Secret) got = { 0 };
    Hex want = hex(nt_hash);

    (void)state;
    assert_true(mschap_nt_hash(slice_of("clientPass"), &got));
    assert_true(slice_equal(secret_view(&got), view(&want)));
}

static void
test_a_domain_takes_no_part_in_the_response_of_rfc_2759(void **state)
{
    Hex a = hex(authenticator), p = hex(peer), h = hex(nt_hash), want = hex(nt_response);
    static const char *const users[] = { "User", "EXAMPLE\\User" };
    uint8_t got[MSCHAP_RESPONSE];

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(users); i++) {
        MschapTalk t = { view(&a), view(&p), slice_of(users[i]) };

        assert_true(mschap_response(&t, view(&h), got));
        assert_memory_equal(got, want.b, sizeof(got));
    }
}

static void
test_the_authenticator_response_of_rfc_2759(void **state)
{
    Hex a = hex(authenticator), p = hex(peer), h = hex(nt_hash), r = hex(nt_response);
    Hex want = hex("407a5589115fd0d6209f510fe9c04566932cda56");
    MschapTalk t = { view(&a), view(&p), slice_of("User") };
    uint8_t got[MSCHAP_PROOF];

    (void)state;
    assert_true(mschap_proof(&t, view(&h), r.b, got));
    assert_memory_equal(got, want.b, sizeof(got));
}

/* RFC 3079 §3.5.3 names the server's send key, which is what the client receives by. */
static void
test_the_keys_of_rfc_3079(void **state)
{
    Hex h = hex(nt_hash), r = hex(nt_response), send = hex("8b7cdc149b993a1ba118cb153f56dccb");
    static const uint8_t zeros[32];
    g_auto(Secret) msk = { 0 };

    (void)state;
    assert_true(mschap_msk(view(&h), r.b, &msk));
    assert_int_equal(msk.len, MSCHAP_MSK);
    assert_memory_equal(msk.p + 16, send.b, send.len);
    assert_memory_not_equal(msk.p, msk.p + 16, 16);
    assert_memory_equal(msk.p + 32, zeros, sizeof(zeros));
}

static void
test_passwords_beyond_the_bound_or_no_text_are_refused(void **state)
{
    g_autofree char *long_one = g_strnfill(MSCHAP_TEXT_MAX + 1, 'a');
    static const uint8_t nul[] = { 'a', 0, 'b' };
    g_auto(Secret) got = { 0 };

    (void)state;
    assert_false(mschap_nt_hash(slice_of(long_one), &got));
    assert_false(mschap_nt_hash(slice_of("\xff\xfe"), &got));
    assert_false(mschap_nt_hash((Slice){ nul, sizeof(nul) }, &got));
    assert_null(got.p);
    long_one[MSCHAP_TEXT_MAX] = '\0';
    assert_true(mschap_nt_hash(slice_of(long_one), &got));
    assert_true(mschap_nt_hash(slice_of(""), &got));
}

static void
test_a_hash_of_another_length_makes_nothing(void **state)
{
    Hex a = hex(authenticator), p = hex(peer), h = hex("44ebba8d");
    MschapTalk t = { view(&a), view(&p), slice_of("User") };
    uint8_t response[MSCHAP_RESPONSE] = { 0 }, proof[MSCHAP_PROOF];
    g_auto(Secret) msk = { 0 };

    (void)state;
    assert_false(mschap_response(&t, view(&h), response));
    assert_false(mschap_proof(&t, view(&h), response, proof));
    assert_false(mschap_msk(view(&h), response, &msk));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_password_hash_of_rfc_2759),
        cmocka_unit_test(test_a_domain_takes_no_part_in_the_response_of_rfc_2759),
        cmocka_unit_test(test_the_authenticator_response_of_rfc_2759),
        cmocka_unit_test(test_the_keys_of_rfc_3079),
        cmocka_unit_test(test_passwords_beyond_the_bound_or_no_text_are_refused),
        cmocka_unit_test(test_a_hash_of_another_length_makes_nothing),
    };

    return cmocka_run_group_tests_name("mschap", tests, NULL, NULL);
}
