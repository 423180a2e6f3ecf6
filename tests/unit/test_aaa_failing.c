/* test_aaa_failing.c - agent/headend/aaa.c when the crypto library has no SHA-256: nobody gets in.
 * digest() is wrapped by the linker (tests/rooms/proof.cmake). */

#include "agent/crypto/digest.h"
#include "agent/headend/aaa.h"
#include "tests/support/test.h"

static bool broken;

size_t __real_digest(const char *name, const Slice *parts, size_t n_parts,
                     uint8_t ret[static DIGEST_MAX]);
size_t __wrap_digest(const char *name, const Slice *parts, size_t n_parts,
                     uint8_t ret[static DIGEST_MAX]);

size_t
__wrap_digest(const char *name, const Slice *parts, size_t n_parts, uint8_t ret[static DIGEST_MAX])
{
    if (broken && g_str_equal(name, "SHA256"))
        return 0;
    return __real_digest(name, parts, n_parts, ret);
}

static void
test_no_password_passes_without_a_digest(void **state)
{
    AsaUser bob = { .name = "bob", .form = ASA_USER_PLAIN };
    AsaConfig c = { .users = g_ptr_array_new() };
    g_autoptr(Aaa) a = NULL;

    (void)state;
    secret_set(&bob.secret, slice_of("right"));
    g_ptr_array_add(c.users, &bob);
    a = aaa_new(&c);
    assert_ptr_equal(aaa_check(a, "bob", slice_of("right")), &bob);
    assert_null(aaa_check(a, "bob", slice_of("wrong")));
    broken = true;
    assert_null(aaa_check(a, "bob", slice_of("wrong")));
    assert_null(aaa_check(a, "bob", slice_of("right")));
    broken = false;
    secret_clear(&bob.secret);
    g_ptr_array_unref(c.users);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_password_passes_without_a_digest),
    };

    return cmocka_run_group_tests_name("aaa_failing", tests, NULL, NULL);
}
