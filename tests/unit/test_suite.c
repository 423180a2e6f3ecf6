#include "agent/crypto/suite.h"
#include "tests/support/test.h"

/* The registry as it stands at IANA, so that a slip in our table shows. */
static void
test_transform_ids_are_those_of_iana(void **state)
{
    static const struct {
        uint8_t type;
        uint16_t id;
        const char *word;
    } rows[] = {
        { 1, 2, "DES" },       { 1, 3, "3DES" },        { 1, 11, "NULL" },
        { 1, 12, "AES-CBC" },  { 1, 20, "AES-GCM" },    { 1, 28, "CHACHA20-POLY1305" },
        { 2, 1, "MD5" },       { 2, 2, "SHA1" },        { 2, 5, "SHA256" },
        { 2, 6, "SHA384" },    { 2, 7, "SHA512" },      { 3, 1, "MD5" },
        { 3, 2, "SHA1" },      { 3, 12, "SHA256" },     { 3, 13, "SHA384" },
        { 3, 14, "SHA512" },   { 4, 1, "MODP768" },     { 4, 2, "MODP1024" },
        { 4, 5, "MODP1536" },  { 4, 14, "MODP2048" },   { 4, 15, "MODP3072" },
        { 4, 16, "MODP4096" }, { 4, 19, "ECP256" },     { 4, 20, "ECP384" },
        { 4, 21, "ECP521" },   { 4, 31, "CURVE25519" }, { 5, 0, "NO-ESN" },
        { 5, 1, "ESN" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const SuiteAlg *alg = suite_find(rows[i].type, rows[i].id);

        assert_non_null(alg);
        assert_string_equal(alg->word, rows[i].word);
        assert_ptr_equal(suite_find_word(rows[i].type, rows[i].word), alg);
    }
    assert_non_null(suite_at(G_N_ELEMENTS(rows) - 1));
    assert_null(suite_at(G_N_ELEMENTS(rows)));
    assert_null(suite_find(1, 4));
    assert_null(suite_find(9, 1));
    assert_null(suite_find_word(2, "AES-CBC"));
    assert_ptr_equal(suite_find_word(2, "sha256"), suite_find(2, 5));
}

/* RFC 8247 §2, RFC 8221 §5 and §6. */
static void
test_weak_algorithms_are_ranked_and_broken_ones_are_never_chosen(void **state)
{
    static const struct {
        uint8_t type;
        uint16_t id;
        SuiteRank rank;
    } weak[] = {
        { 1, ENCR_3DES, SUITE_LEGACY },         { 4, KE_MODP768, SUITE_LEGACY },
        { 4, KE_MODP1024, SUITE_LEGACY },       { 4, KE_MODP1536, SUITE_COMPATIBLE },
        { 2, PRF_HMAC_SHA1, SUITE_COMPATIBLE }, { 3, AUTH_HMAC_SHA1_96, SUITE_COMPATIBLE },
        { 1, ENCR_DES, SUITE_NEVER },           { 1, ENCR_NULL, SUITE_NEVER },
        { 2, PRF_HMAC_MD5, SUITE_NEVER },       { 3, AUTH_HMAC_MD5_96, SUITE_NEVER },
    };
    const SuiteAlg *alg;
    size_t n_weak = 0;

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(weak); i++)
        assert_int_equal(suite_find(weak[i].type, weak[i].id)->rank, weak[i].rank);
    for (size_t i = 0; (alg = suite_at(i)); i++) {
        n_weak += alg->rank != SUITE_MODERN;
        assert_int_equal(alg->implemented, alg->rank != SUITE_NEVER);
    }
    assert_int_equal(n_weak, G_N_ELEMENTS(weak));
}

static void
test_key_lengths_are_asked_for_only_where_they_travel(void **state)
{
    const SuiteAlg *cbc = suite_find(1, ENCR_AES_CBC), *tdes = suite_find(1, ENCR_3DES);

    (void)state;
    for (unsigned bits = 0; bits <= 512; bits++) {
        bool aes = bits == 128 || bits == 192 || bits == 256;

        assert_int_equal(suite_key_bits_ok(cbc, (uint16_t)bits), aes);
        assert_int_equal(suite_key_bits_ok(tdes, (uint16_t)bits), bits == 0);
    }
}

static void
test_sizes_and_words_of_whole_suites(void **state)
{
    static const struct {
        Suite s;
        size_t encr_key, integ_key, iv, icv, block;
        const char *text, *source;
    } rows[] = {
        { { .encr = 12, .key_bits = 192, .prf = 2, .integ = 2, .ke = 2 },
          24,
          20,
          16,
          12,
          16,
          "AES-CBC-192/SHA1-96/PRF-SHA1/MODP1024",
          "RFC 3602, RFC 2404" },
        { { .encr = 12, .key_bits = 256, .prf = 5, .integ = 12, .ke = 14 },
          32,
          32,
          16,
          16,
          16,
          "AES-CBC-256/SHA256-128/PRF-SHA256/MODP2048",
          "RFC 4868" },
        { { .encr = 12, .key_bits = 128, .prf = 6, .integ = 13, .ke = 20 },
          16,
          48,
          16,
          24,
          16,
          "AES-CBC-128/SHA384-192/PRF-SHA384/ECP384",
          "RFC 4868" },
        { { .encr = 12, .key_bits = 128, .integ = 14, .esn = 1 },
          16,
          64,
          16,
          32,
          16,
          "AES-CBC-128/SHA512-256/ESN",
          "RFC 4868" },
        { { .encr = 20, .key_bits = 256, .prf = 7, .ke = 31 },
          36,
          0,
          8,
          16,
          1,
          "AES-GCM-256/PRF-SHA512/CURVE25519",
          "RFC 5282 §7.1, RFC 4106 §8.1" },
        { { .encr = 20, .key_bits = 128 }, 20, 0, 8, 16, 1, "AES-GCM-128", "RFC 4106 §8.1" },
        { { .encr = 28, .key_bits = 256 }, 36, 0, 8, 16, 1, "CHACHA20-POLY1305", "RFC 7634 §2" },
        { { .encr = 3, .key_bits = 192, .integ = 2 },
          24,
          20,
          8,
          12,
          8,
          "3DES/SHA1-96",
          "RFC 2451 §2" },
        { { .encr = 999 }, 0, 0, 0, 0, 1, "?", "no such transform" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = suite_format(&rows[i].s);

        assert_int_equal(suite_encr_key_len(&rows[i].s), rows[i].encr_key);
        assert_int_equal(suite_integ_key_len(&rows[i].s), rows[i].integ_key);
        assert_int_equal(suite_iv_len(&rows[i].s), rows[i].iv);
        assert_int_equal(suite_icv_len(&rows[i].s), rows[i].icv);
        assert_int_equal(suite_block_len(&rows[i].s), rows[i].block);
        assert_string_equal(text, rows[i].text);
    }
}

static void
test_ranks_have_names_and_only_these(void **state)
{
    SuiteRank rank;

    (void)state;
    for (SuiteRank i = SUITE_MODERN; i <= SUITE_NEVER; i++) {
        assert_true(suite_rank_parse(suite_rank_name(i), &rank));
        assert_int_equal(rank, i);
    }
    assert_string_equal(suite_rank_name(SUITE_COMPATIBLE), "compatible");
    assert_false(suite_rank_parse("Modern", &rank));
    assert_false(suite_rank_parse("", &rank));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transform_ids_are_those_of_iana),
        cmocka_unit_test(test_weak_algorithms_are_ranked_and_broken_ones_are_never_chosen),
        cmocka_unit_test(test_key_lengths_are_asked_for_only_where_they_travel),
        cmocka_unit_test(test_sizes_and_words_of_whole_suites),
        cmocka_unit_test(test_ranks_have_names_and_only_these),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
