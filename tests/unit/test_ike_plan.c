/* test_ike_plan.c - agent/ike/ike_plan.c */
#include "agent/ike/ike_sa_private.h"
#include "tests/support/test.h"

static const EapMethod *const anyconnect[] = { &eap_anyconnect, NULL };
static const EapMethod *const nothing[] = { NULL };

static IkePlan
plan(IkeWay ours, IkeWay theirs)
{
    return (IkePlan){ .ours = ours,
                      .theirs = theirs,
                      .psk_ours = slice_of("a"),
                      .psk_theirs = slice_of("b"),
                      .eap = anyconnect };
}

static void
assert_unsound(IkePlan p, IkeRole role, const char *why)
{
    const char *is = ike_plan_unsound(&p, role);

    if (!why) {
        if (is)
            fail_msg("refused: %s", is);
        return;
    }
    assert_non_null(is);
    assert_non_null(strstr(is, why));
}

/* RFC 7296 §2.16, and no password under a key that a whole group has. */
static void
test_eap_is_never_under_a_pre_shared_key(void **state)
{
    (void)state;
    assert_unsound(plan(IKE_WAY_EAP, IKE_WAY_PSK), IKE_INITIATOR, "with a certificate");
    assert_unsound(plan(IKE_WAY_CERT_EAP, IKE_WAY_PSK), IKE_INITIATOR, "with a certificate");
    assert_unsound(plan(IKE_WAY_PSK, IKE_WAY_EAP), IKE_RESPONDER, "with a certificate");
    assert_unsound(plan(IKE_WAY_EAP, IKE_WAY_CERT), IKE_INITIATOR, NULL);
    assert_unsound(plan(IKE_WAY_CERT, IKE_WAY_EAP), IKE_INITIATOR, "a gateway proves itself");
    assert_unsound(plan(IKE_WAY_EAP, IKE_WAY_PSK), IKE_RESPONDER, "a gateway proves itself");
}

static void
test_an_empty_secret_is_no_secret(void **state)
{
    IkePlan p = plan(IKE_WAY_PSK, IKE_WAY_PSK);

    (void)state;
    assert_unsound(p, IKE_INITIATOR, NULL);
    p.psk_ours.len = 0;
    assert_unsound(p, IKE_INITIATOR, "key of ours");
    p = plan(IKE_WAY_PSK, IKE_WAY_PSK);
    p.psk_theirs.len = 0;
    assert_unsound(p, IKE_RESPONDER, "key of the peer");
}

static void
test_a_certificate_needs_its_key_and_eap_a_method(void **state)
{
    IkePlan p = plan(IKE_WAY_EAP, IKE_WAY_CERT);

    (void)state;
    assert_unsound(plan(IKE_WAY_CERT, IKE_WAY_CERT), IKE_INITIATOR, "no certificate of ours");
    assert_unsound(plan(IKE_WAY_CERT, IKE_WAY_EAP), IKE_RESPONDER, "no certificate of ours");
    p.eap = nothing;
    assert_unsound(p, IKE_INITIATOR, "no EAP method");
    p.eap = NULL;
    assert_unsound(p, IKE_INITIATOR, "no EAP method");
}

static void
test_anyconnect_is_spoken_where_eap_may_be_anyconnect(void **state)
{
    IkePlan p = plan(IKE_WAY_EAP, IKE_WAY_CERT);

    (void)state;
    assert_true(ike_plan_anyconnect(&p));
    p.eap = nothing;
    assert_false(ike_plan_anyconnect(&p));
    p = plan(IKE_WAY_PSK, IKE_WAY_CERT);
    assert_false(ike_plan_anyconnect(&p));
    p = plan(IKE_WAY_CERT, IKE_WAY_EAP);
    assert_true(ike_plan_anyconnect(&p));
}

/* RFC 8784 */
static void
test_a_ppk_that_is_needed_must_be_there_and_have_a_name(void **state)
{
    IkePlan p = plan(IKE_WAY_PSK, IKE_WAY_PSK);

    (void)state;
    p.ppk_required = true;
    assert_unsound(p, IKE_INITIATOR, "there is no PPK");
    p.ppk = slice_of("x");
    assert_unsound(p, IKE_RESPONDER, "no identity");
    p.ppk_id = slice_of("y");
    assert_unsound(p, IKE_INITIATOR, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eap_is_never_under_a_pre_shared_key),
        cmocka_unit_test(test_an_empty_secret_is_no_secret),
        cmocka_unit_test(test_a_certificate_needs_its_key_and_eap_a_method),
        cmocka_unit_test(test_anyconnect_is_spoken_where_eap_may_be_anyconnect),
        cmocka_unit_test(test_a_ppk_that_is_needed_must_be_there_and_have_a_name),
    };

    return cmocka_run_group_tests_name("ike_plan", tests, NULL, NULL);
}
