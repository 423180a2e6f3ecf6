#include "agent/crypto/digest.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const struct {
    const char *name, *want, *source;
} of_abc[] = {
    { "MD5", "900150983CD24FB0D6963F7D28E17F72", "RFC 1321 §A.5" },
    { "SHA1", "A9993E364706816ABA3E25717850C26C9CD0D89D", "FIPS 180, example of one block" },
    { "SHA256", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", "FIPS 180" },
    { "SHA512",
      "DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A"
      "2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F",
      "FIPS 180" },
};

static void
test_digests_of_abc_are_the_published_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(of_abc); i++) {
        g_autofree char *text = digest_hex(of_abc[i].name, slice_of("abc"));

        assert_string_equal(text, of_abc[i].want);
    }
}

static void
test_parts_are_hashed_as_if_joined(void **state)
{
    Slice parts[] = { slice_of("a"), { 0 }, slice_of("bc") };
    uint8_t got[DIGEST_MAX];
    Hex want = hex(of_abc[2].want);

    (void)state;
    assert_int_equal(digest("SHA256", parts, G_N_ELEMENTS(parts), got), want.len);
    assert_memory_equal(got, want.b, want.len);
}

static void
test_an_unknown_name_has_no_digest(void **state)
{
    uint8_t got[DIGEST_MAX] = { 77 };

    (void)state;
    assert_int_equal(digest("SHA-NONE", NULL, 0, got), 0);
    assert_int_equal(got[0], 77);
    assert_null(digest_hex("SHA-NONE", (Slice){ 0 }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digests_of_abc_are_the_published_ones),
        cmocka_unit_test(test_parts_are_hashed_as_if_joined),
        cmocka_unit_test(test_an_unknown_name_has_no_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
