/* test_ike_cookie.c - agent/ike/ike_cookie.c: for whom a cookie is good, and how long. */
#include "agent/ike/ike_cookie.h"
#include "tests/support/test.h"

#define PERIOD (IKE_COOKIE_PERIOD_S * USEC_PER_SEC)
#define START  (5000 * USEC_PER_SEC)

static void
count_up(void *user, uint8_t *ret, size_t len)
{
    uint32_t *next = user;

    for (size_t i = 0; i < len; i++, ++*next)
        ret[i] = (uint8_t)(*next >> (i % 2 ? 8 : 0));
}

typedef struct Kitchen {
    IkeCookieJar jar;
    uint32_t random;
    IkeEnv env;
    Addr from;
    uint8_t nonce[32], cookie[IKE_COOKIE_LEN];
    IkeGlance g;
} Kitchen;

static int
open_kitchen(void **state)
{
    Kitchen *k = g_new0(Kitchen, 1);

    k->env = (IkeEnv){ .random = count_up, .user = &k->random };
    k->from = addr_v4(0xc0a80101);
    k->nonce[0] = 1;
    k->g = (IkeGlance){ .spi_i = 0x1122334455667788, .nonce = { k->nonce, sizeof(k->nonce) } };
    ike_cookie_bake(&k->jar, &k->env, &k->from, &k->g, START, k->cookie);
    k->g.cookie = (Slice){ k->cookie, sizeof(k->cookie) };
    *state = k;
    return 0;
}

static int
close_kitchen(void **state)
{
    Kitchen *k = *state;

    ike_cookie_clear(&k->jar);
    g_free(k);
    return 0;
}

static bool
good(Kitchen *k, Usec now)
{
    return ike_cookie_good(&k->jar, &k->env, &k->from, &k->g, now);
}

static void
test_a_cookie_is_good_for_the_one_who_got_it(void **state)
{
    Kitchen *k = *state;

    assert_true(good(k, START));
    assert_true(good(k, START + PERIOD - 1));
    k->from.b[3]++;
    assert_false(good(k, START));
    k->from.b[3]--;
    k->g.spi_i++;
    assert_false(good(k, START));
    k->g.spi_i--;
    k->nonce[31] ^= 1;
    assert_false(good(k, START));
    k->nonce[31] ^= 1;
    assert_true(good(k, START));
}

static void
test_a_mangled_cookie_is_refused_in_every_octet(void **state)
{
    Kitchen *k = *state;

    for (size_t i = 0; i < sizeof(k->cookie); i++) {
        k->cookie[i] ^= 0x40;
        assert_false(good(k, START));
        k->cookie[i] ^= 0x40;
    }
    for (size_t len = 0; len < sizeof(k->cookie); len++) {
        k->g.cookie.len = len;
        assert_false(good(k, START));
    }
}

/* RFC 7296 §2.6: the secret changes often, and the cookies of the one before are taken a while. */
static void
test_the_secret_turns_and_the_old_one_is_good_once_more(void **state)
{
    Kitchen *k = *state;
    uint8_t next[IKE_COOKIE_LEN];

    ike_cookie_bake(&k->jar, &k->env, &k->from, &k->g, START + PERIOD, next);
    assert_memory_not_equal(next, k->cookie, sizeof(next));
    assert_true(good(k, START + PERIOD));
    assert_true(good(k, START + 2 * PERIOD - 1));
    assert_false(good(k, START + 2 * PERIOD));
    k->g.cookie = (Slice){ next, sizeof(next) };
    assert_true(good(k, START + 2 * PERIOD));
}

static void
test_after_a_long_silence_nothing_old_is_good(void **state)
{
    Kitchen *k = *state;

    assert_false(good(k, START + 2 * PERIOD));
    assert_false(good(k, START + 100 * PERIOD));
}

/* The version octet wraps: what was made 256 secrets ago is still not taken for new. */
static void
test_versions_that_come_round_again_are_other_secrets(void **state)
{
    Kitchen *k = *state;
    uint8_t other[IKE_COOKIE_LEN];

    for (Usec i = 1; i <= 256; i++)
        ike_cookie_bake(&k->jar, &k->env, &k->from, &k->g, START + i * PERIOD, other);
    assert_int_equal(other[0], k->cookie[0]);
    assert_false(good(k, START + 256 * PERIOD));
}

static void
test_a_new_jar_knows_no_cookie(void **state)
{
    Kitchen *k = *state;
    IkeCookieJar jar = { 0 };

    k->random = 77777;
    assert_false(ike_cookie_good(&jar, &k->env, &k->from, &k->g, START));
    ike_cookie_clear(&jar);
}

static void
test_both_families_have_cookies(void **state)
{
    Kitchen *k = *state;

    assert_true(addr_parse("2001:db8::1", &k->from));
    assert_false(good(k, START));
    ike_cookie_bake(&k->jar, &k->env, &k->from, &k->g, START, k->cookie);
    assert_true(good(k, START));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_kitchen, close_kitchen)
    const struct CMUnitTest tests[] = {
        T(test_a_cookie_is_good_for_the_one_who_got_it),
        T(test_a_mangled_cookie_is_refused_in_every_octet),
        T(test_the_secret_turns_and_the_old_one_is_good_once_more),
        T(test_after_a_long_silence_nothing_old_is_good),
        T(test_versions_that_come_round_again_are_other_secrets),
        T(test_a_new_jar_knows_no_cookie),
        T(test_both_families_have_cookies),
    };

    return cmocka_run_group_tests_name("ike_cookie", tests, NULL, NULL);
}
