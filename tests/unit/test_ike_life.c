/* test_ike_life.c - agent/ike/ike_life.c: when an SA is replaced. */
#include <glib.h>

#include "agent/ike/ike_life.h"
#include "tests/support/test.h"

static void
test_an_sa_is_replaced_between_80_and_90_percent_of_its_life(void **state)
{
    static const uint64_t wholes[] = { 10, 120 * USEC_PER_SEC, 86400 * USEC_PER_SEC, UINT64_MAX };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(wholes); i++) {
        uint64_t w = wholes[i], first = ike_life_soft(w, 0), last = ike_life_soft(w, UINT32_MAX);

        assert_true(first == w - w / 10);
        assert_true(last >= w - 2 * (w / 10) && last <= w - 2 * (w / 10) + w / 1000000 + 1);
        for (uint32_t chance = 1; chance; chance <<= 1)
            assert_true(ike_life_soft(w, chance) <= first && ike_life_soft(w, chance) >= last);
    }
}

static void
test_no_limit_is_never(void **state)
{
    (void)state;
    assert_true(ike_life_soft(0, 12345) == 0);
    assert_true(ike_life_until(77, 0) == USEC_NEVER);
    assert_true(ike_life_until(77, 23) == 100);
}

static void
test_a_retry_comes_later_but_before_the_end(void **state)
{
    static const uint32_t chances[] = { 0, 1, 1u << 31, UINT32_MAX };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(chances); i++) {
        Usec now = 1000 * USEC_PER_SEC, soon = now + 24 * USEC_PER_SEC;

        assert_true(ike_life_retry(now, soon, chances[i]) >= now + 6 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, soon, chances[i]) < now + 12 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, now, chances[i]) >= now + USEC_PER_SEC);
        assert_true(ike_life_retry(now, USEC_NEVER, chances[i]) >= now + 60 * USEC_PER_SEC);
        assert_true(ike_life_retry(now, USEC_NEVER, chances[i]) < now + 120 * USEC_PER_SEC);
    }
}

static void
test_no_more_is_carried_than_the_cipher_bears(void **state)
{
    const Suite gcm = { .encr = ENCR_AES_GCM_16, .key_bits = 128 };
    const Suite esn = { .encr = ENCR_AES_GCM_16, .key_bits = 128, .esn = ESN_YES };
    const Suite des3 = { .encr = ENCR_3DES, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 };
    IkeLife none = { 0 }, some = { .time = 7, .octets = 1000, .packets = 10 };

    (void)state;
    /* RFC 4303 §3.3.3 */
    assert_int_equal(ike_life_bear(none, &gcm).packets, UINT32_MAX);
    assert_int_equal(ike_life_bear(none, &gcm).octets, 0);
    assert_true(ike_life_bear(none, &esn).packets == UINT64_C(1) << 40);
    /* CVE-2016-2183: 2^27 blocks of eight octets */
    assert_int_equal(ike_life_bear(none, &des3).octets, 1 << 30);
    assert_int_equal(ike_life_bear(some, &des3).octets, 1000);
    assert_int_equal(ike_life_bear(some, &des3).packets, 10);
    assert_int_equal(ike_life_bear(some, &gcm).time, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_sa_is_replaced_between_80_and_90_percent_of_its_life),
        cmocka_unit_test(test_no_limit_is_never),
        cmocka_unit_test(test_no_more_is_carried_than_the_cipher_bears),
        cmocka_unit_test(test_a_retry_comes_later_but_before_the_end),
    };

    return cmocka_run_group_tests_name("ike_life", tests, NULL, NULL);
}
