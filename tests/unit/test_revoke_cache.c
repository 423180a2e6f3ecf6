#include "agent/link/revoke_cache.h"
#include "tests/support/test.h"

enum { NOW = 1000 };

static void
put(RevokeCache *c, const char *key, size_t octets, int64_t until)
{
    RevokeEntry e = { .url = g_strdup(key),
                      .words = x509_evidence_new(),
                      .octets = octets,
                      .at = NOW,
                      .until = until };

    revoke_cache_put(c, key, &e);
    assert_null(e.url);
    assert_null(e.words);
}

static void
test_an_answer_is_known_until_it_ends(void **state)
{
    g_autoptr(RevokeCache) c = revoke_cache_new();

    (void)state;
    assert_null(revoke_cache_find(c, "a", NOW));
    put(c, "a", 10, NOW + 60);
    assert_string_equal(revoke_cache_find(c, "a", NOW + 59)->url, "a");
    assert_null(revoke_cache_find(c, "b", NOW));
    assert_null(revoke_cache_find(c, "a", NOW + 60));
    assert_null(revoke_cache_find(c, "a", NOW)); /* it is gone */
}

static void
test_an_answer_of_the_past_is_not_kept(void **state)
{
    g_autoptr(RevokeCache) c = revoke_cache_new();

    (void)state;
    put(c, "a", 10, NOW + 60);
    put(c, "a", 10, NOW);
    put(c, "b", 10, 0);
    assert_null(revoke_cache_find(c, "a", NOW - 1));
    assert_null(revoke_cache_find(c, "b", NOW - 1));
}

static void
test_what_ends_first_gives_way(void **state)
{
    g_autoptr(RevokeCache) c = revoke_cache_new();

    (void)state;
    for (int i = 0; i < REVOKE_CACHE_MAX; i++) {
        g_autofree char *key = g_strdup_printf("%d", i);

        put(c, key, 1, NOW + 100 + (i == 7 ? -50 : i));
    }
    put(c, "one more", 1, NOW + 10);
    assert_null(revoke_cache_find(c, "7", NOW));
    assert_non_null(revoke_cache_find(c, "0", NOW));
    assert_non_null(revoke_cache_find(c, "one more", NOW));
}

static void
test_octets_are_bounded(void **state)
{
    g_autoptr(RevokeCache) c = revoke_cache_new();

    (void)state;
    put(c, "a", REVOKE_CACHE_OCTETS / 2, NOW + 1);
    put(c, "b", REVOKE_CACHE_OCTETS / 2, NOW + 2);
    assert_non_null(revoke_cache_find(c, "a", NOW));
    put(c, "c", 1, NOW + 3);
    assert_null(revoke_cache_find(c, "a", NOW));
    put(c, "d", REVOKE_CACHE_OCTETS, NOW + 4);
    assert_null(revoke_cache_find(c, "b", NOW));
    assert_null(revoke_cache_find(c, "c", NOW));
    put(c, "e", (size_t)REVOKE_CACHE_OCTETS + 1, NOW + 5);
    assert_null(revoke_cache_find(c, "e", NOW));
    assert_non_null(revoke_cache_find(c, "d", NOW));
}

static void
test_the_list_has_what_counts(void **state)
{
    g_autoptr(RevokeCache) c = revoke_cache_new();
    RevokeEntry failed = {
        .url = g_strdup("f"), .why = g_strdup("no answer"), .at = NOW, .until = NOW + 10
    };
    g_autoptr(GPtrArray) list = NULL;

    (void)state;
    put(c, "b", 1, NOW + 9);
    put(c, "over", 1, NOW + 1);
    put(c, "a", 1, NOW + 9);
    revoke_cache_put(c, "f", &failed);
    list = revoke_cache_list(c, NOW + 2);
    assert_int_equal(list->len, 2);
    assert_string_equal(((const RevokeEntry *)list->pdata[0])->url, "a");
    assert_string_equal(((const RevokeEntry *)list->pdata[1])->url, "b");
    assert_string_equal(revoke_cache_find(c, "f", NOW + 2)->why, "no answer");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_is_known_until_it_ends),
        cmocka_unit_test(test_an_answer_of_the_past_is_not_kept),
        cmocka_unit_test(test_what_ends_first_gives_way),
        cmocka_unit_test(test_octets_are_bounded),
        cmocka_unit_test(test_the_list_has_what_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
