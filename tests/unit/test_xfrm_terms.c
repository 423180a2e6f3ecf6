/* test_xfrm_terms.c - agent/link/xfrm_terms.c */
#include "agent/link/xfrm_terms.h"
#include "tests/support/test.h"

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static Selector
range(const char *first, const char *last)
{
    Selector s = { .first = addr(first), .last = addr(last), .port_last = UINT16_MAX };

    return s;
}

static void
test_suites_have_the_names_of_the_kernel(void **state)
{
    XfrmAlgs a;

    (void)state;
    assert_true(xfrm_terms_algs(&(Suite){ .encr = ENCR_AES_GCM_16 }, &a));
    assert_string_equal(a.aead, "rfc4106(gcm(aes))");
    assert_null(a.crypt);
    assert_true(xfrm_terms_algs(&(Suite){ .encr = ENCR_CHACHA20_POLY1305 }, &a));
    assert_string_equal(a.aead, "rfc7539esp(chacha20,poly1305)");
    assert_true(xfrm_terms_algs(&(Suite){ .encr = ENCR_AES_CBC, .integ = AUTH_HMAC_SHA1_96 }, &a));
    assert_null(a.aead);
    assert_string_equal(a.crypt, "cbc(aes)");
    assert_string_equal(a.auth, "hmac(sha1)");
    assert_true(
        xfrm_terms_algs(&(Suite){ .encr = ENCR_3DES, .integ = AUTH_HMAC_SHA2_512_256 }, &a));
    assert_string_equal(a.crypt, "cbc(des3_ede)");
    assert_string_equal(a.auth, "hmac(sha512)");
    assert_false(xfrm_terms_algs(&(Suite){ .encr = ENCR_NULL }, &a));
    assert_false(xfrm_terms_algs(&(Suite){ .encr = ENCR_AES_CBC }, &a));
}

/* All that we can negotiate has a name there. */
static void
test_every_suite_of_ours_is_known(void **state)
{
    XfrmAlgs a;

    (void)state;
    for (size_t i = 0; suite_at(i); i++) {
        const SuiteAlg *alg = suite_at(i);
        Suite cipher = { .encr = alg->id, .integ = alg->aead ? AUTH_NONE : AUTH_HMAC_SHA1_96 };
        Suite hash = { .encr = ENCR_AES_CBC, .integ = alg->id };

        if (!alg->implemented || alg->rank == SUITE_NEVER)
            continue;
        if (alg->type == TRANSFORM_ENCR && !xfrm_terms_algs(&cipher, &a))
            fail_msg("%s", alg->name);
        if (alg->type == TRANSFORM_INTEG && alg->id != AUTH_NONE && !xfrm_terms_algs(&hash, &a))
            fail_msg("%s", alg->name);
    }
}

static void
test_selectors_of_both_families_are_policies_of_each(void **state)
{
    const Selector local[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    const Selector remote[] = { range("10.2.2.1", "10.2.2.1"),
                                range("2001:db8::1", "2001:db8::1") };
    g_autoptr(GArray) sels = xfrm_terms_sels(local, 2, remote, 2);
    const XfrmSel *s;
    XfrmSel back;

    (void)state;
    assert_non_null(sels);
    assert_int_equal(sels->len, 2);
    s = &g_array_index(sels, XfrmSel, 0);
    assert_int_equal(s->src.len, 0);
    assert_int_equal(s->dst.len, 32);
    assert_int_equal(s[1].dst.len, 128);
    back = xfrm_terms_back(s);
    assert_true(prefix_equal(&back.src, &s->dst));
    assert_true(prefix_equal(&back.dst, &s->src));
}

static void
test_a_range_is_the_prefixes_that_make_it(void **state)
{
    const Selector local = range("10.0.0.1", "10.0.0.1"), remote = range("10.1.0.0", "10.1.2.255");
    g_autoptr(GArray) sels = xfrm_terms_sels(&local, 1, &remote, 1);

    (void)state;
    assert_non_null(sels);
    assert_int_equal(sels->len, 2); /* 10.1.0.0/23, 10.1.2.0/24 */
    assert_int_equal(g_array_index(sels, XfrmSel, 0).dst.len, 23);
    assert_int_equal(g_array_index(sels, XfrmSel, 1).dst.len, 24);
}

static void
test_one_port_is_a_policy_and_some_are_none(void **state)
{
    Selector local = selector_all(ADDR_V4), remote = selector_all(ADDR_V4);
    g_autoptr(GArray) sels = NULL;
    XfrmSel back;

    (void)state;
    local.proto = remote.proto = 6;
    remote.port_first = remote.port_last = 443;
    sels = xfrm_terms_sels(&local, 1, &remote, 1);
    assert_non_null(sels);
    assert_int_equal(g_array_index(sels, XfrmSel, 0).proto, 6);
    assert_int_equal(g_array_index(sels, XfrmSel, 0).dport, 443);
    assert_int_equal(g_array_index(sels, XfrmSel, 0).dport_mask, 0xffff);
    assert_int_equal(g_array_index(sels, XfrmSel, 0).sport_mask, 0);
    back = xfrm_terms_back(&g_array_index(sels, XfrmSel, 0));
    assert_int_equal(back.sport, 443);
    remote.port_last = 444;
    assert_null(xfrm_terms_sels(&local, 1, &remote, 1));
    local.proto = remote.proto = 1; /* echo requests, RFC 4301 §4.4.1.1 */
    remote.port_first = remote.port_last = 0x800;
    assert_null(xfrm_terms_sels(&local, 1, &remote, 1));
}

static void
test_too_many_policies_are_none(void **state)
{
    const Selector local = range("10.0.0.1", "10.0.0.254"),
                   remote = range("10.1.0.1", "10.1.0.254");

    (void)state;
    assert_null(xfrm_terms_sels(&local, 1, &remote, 1)); /* 14 x 14 */
    assert_null(xfrm_terms_sels(&local, 1, NULL, 0));
}

static void
test_a_window_as_configured(void **state)
{
    uint32_t window;

    (void)state;
    assert_true(xfrm_terms_window(&(EspRules){ 0 }, true, &window));
    assert_int_equal(window, 1024);
    assert_true(xfrm_terms_window(&(EspRules){ .replay_window = 4096 }, true, &window));
    assert_int_equal(window, 4096);
    assert_true(xfrm_terms_window(&(EspRules){ .replay_window = ESP_REPLAY_OFF }, false, &window));
    assert_int_equal(window, 0);
    assert_false(xfrm_terms_window(&(EspRules){ .replay_window = ESP_REPLAY_OFF }, true, &window));
}

/* Number n is bit (n - 1) % window: net/xfrm/xfrm_replay.c. */
static void
test_the_newest_of_the_window(void **state)
{
    XfrmReplay r = { .in = 130, .window = 128 };

    (void)state;
    r.ring[0] = 0x3;        /* 129, 130 */
    r.ring[3] = 0x80000000; /* 128 */
    r.ring[2] = 0x8;        /* 68 */
    assert_int_equal(xfrm_terms_newest(&r), 0x7 | (uint64_t)1 << 62);
    r = (XfrmReplay){ .in = 2, .window = 64, .ring = { 0x3 } };
    assert_int_equal(xfrm_terms_newest(&r), 0x3);
    assert_int_equal(xfrm_terms_newest(&(XfrmReplay){ .in = 5 }), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suites_have_the_names_of_the_kernel),
        cmocka_unit_test(test_every_suite_of_ours_is_known),
        cmocka_unit_test(test_selectors_of_both_families_are_policies_of_each),
        cmocka_unit_test(test_a_range_is_the_prefixes_that_make_it),
        cmocka_unit_test(test_one_port_is_a_policy_and_some_are_none),
        cmocka_unit_test(test_too_many_policies_are_none),
        cmocka_unit_test(test_a_window_as_configured),
        cmocka_unit_test(test_the_newest_of_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
