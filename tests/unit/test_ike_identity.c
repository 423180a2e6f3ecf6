/* test_ike_identity.c - agent/ike/ike_identity.c */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/test.h"

static bool
equal(uint8_t type_a, Slice a, uint8_t type_b, Slice b)
{
    IkeId x = { type_a, a }, y = { type_b, b };

    g_assert(ike_identity_equal(&x, &y) == ike_identity_equal(&y, &x));
    return ike_identity_equal(&x, &y);
}

/* RFC 7296 §3.5: a name of the DNS in either case; all else octet by octet. */
static void
test_only_names_of_the_dns_ignore_case(void **state)
{
    Slice lower = slice_of("gw.example.org"), upper = slice_of("GW.Example.org");

    (void)state;
    assert_true(equal(IKE_ID_FQDN, lower, IKE_ID_FQDN, upper));
    assert_false(equal(IKE_ID_KEY_ID, lower, IKE_ID_KEY_ID, upper));
    assert_true(equal(IKE_ID_KEY_ID, lower, IKE_ID_KEY_ID, lower));
    assert_false(equal(IKE_ID_FQDN, lower, IKE_ID_KEY_ID, lower));
    assert_false(equal(IKE_ID_FQDN, lower, IKE_ID_FQDN, slice_of("gw.example.or")));
}

/* CVE-2009-2408: what stands behind a NUL counts. */
static void
test_a_nul_is_no_end_of_a_name(void **state)
{
    Slice good = slice_of("gw.example.org"), evil = { (const uint8_t *)"gw.exampl\0xorg", 14 };
    Slice other = { (const uint8_t *)"gw.exampl\0yorg", 14 };

    (void)state;
    assert_false(equal(IKE_ID_FQDN, good, IKE_ID_FQDN, evil));
    assert_false(equal(IKE_ID_FQDN, evil, IKE_ID_FQDN, other));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_names_of_the_dns_ignore_case),
        cmocka_unit_test(test_a_nul_is_no_end_of_a_name),
    };

    return cmocka_run_group_tests_name("ike_identity", tests, NULL, NULL);
}
