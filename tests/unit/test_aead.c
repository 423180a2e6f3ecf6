#include <openssl/crypto.h>
#include <stdlib.h>

#include "tests/support/aead_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static Slice
view(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

static void
test_sealing_gives_the_published_octets_and_opening_takes_them_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(aead_vectors); i++) {
        Hex key = hex(aead_vectors[i].key), integ_key = hex(aead_vectors[i].integ_key);
        Hex iv = hex(aead_vectors[i].iv), aad = hex(aead_vectors[i].aad),
            plain = hex(aead_vectors[i].plain);
        Hex cipher = hex(aead_vectors[i].cipher), icv = hex(aead_vectors[i].icv), data = plain;
        g_autoptr(Aead) seal =
            aead_new(&aead_vectors[i].suite, view(&key), view(&integ_key), AEAD_SEAL);
        g_autoptr(Aead) open =
            aead_new(&aead_vectors[i].suite, view(&key), view(&integ_key), AEAD_OPEN);
        uint8_t got[64];

        assert_non_null(seal);
        assert_non_null(open);
        assert_int_equal(aead_iv_len(seal), iv.len);
        assert_int_equal(aead_icv_len(seal), icv.len);
        for (int again = 0; again < 2; again++) { /* a context is used for many packets */
            aead_seal(seal, view(&aad), iv.b, data.b, data.len, got);
            assert_memory_equal(data.b, cipher.b, cipher.len);
            assert_memory_equal(got, icv.b, icv.len);
            assert_true(aead_open(open, view(&aad), iv.b, data.b, data.len, got));
            assert_memory_equal(data.b, plain.b, plain.len);
        }
    }
}

enum { DATA_MAX = 1504 };

static void
round_trip(const Suite *s)
{
    static const size_t blocks[] = { 0, 1, 2, 5, 93 };
    g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL);
    g_autoptr(Aead) open = aead_of(s, AEAD_OPEN);
    Slice aad = { key_octets, 8 };

    assert_non_null(seal);
    assert_non_null(open);
    assert_int_equal(aead_iv_len(seal), suite_iv_len(s));
    assert_int_equal(aead_icv_len(seal), suite_icv_len(s));
    assert_int_equal(aead_block_len(seal), suite_block_len(s));
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        size_t len = blocks[i] * aead_block_len(seal);
        uint8_t data[DATA_MAX], plain[DATA_MAX], iv[16] = { 0 }, icv[64];

        memset(plain, 0x5a, sizeof(plain));
        memset(iv, (int)i, sizeof(iv));
        memcpy(data, plain, sizeof(data));
        aead_seal(seal, aad, iv, data, len, icv);
        assert_true(len < 8 || memcmp(data, plain, len) != 0);
        assert_true(aead_open(open, aad, iv, data, len, icv));
        assert_memory_equal(data, plain, len + 1); /* nor is the octet behind touched */
    }
}

static void
test_every_pair_of_algorithms_opens_what_it_seals(void **state)
{
    (void)state;
    /* GCM x 3, ChaCha20; CBC x 3 and 3DES, each with four HMACs. */
    assert_int_equal(each_suite(round_trip), 4 + 4 * 4);
}

static void
forge(const Suite *s)
{
    g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL);
    g_autoptr(Aead) open = aead_of(s, AEAD_OPEN);
    size_t len = 2 * aead_block_len(seal);
    uint8_t data[32] = { 7 }, iv[16] = { 9 }, aad[8] = { 5 }, icv[64], copy[32];
    struct {
        uint8_t *p;
        size_t len;
    } parts[] = {
        { data, len }, { iv, aead_iv_len(seal) }, { aad, sizeof(aad) }, { icv, aead_icv_len(seal) }
    };

    aead_seal(seal, (Slice){ aad, sizeof(aad) }, iv, data, len, icv);
    for (size_t part = 0; part < G_N_ELEMENTS(parts); part++)
        for (size_t bit = 0; bit < 8 * parts[part].len; bit++) {
            parts[part].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            memcpy(copy, data, len);
            assert_false(aead_open(open, (Slice){ aad, sizeof(aad) }, iv, copy, len, icv));
            parts[part].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    memcpy(copy, data, len);
    assert_false(aead_open(open, (Slice){ aad, sizeof(aad) - 1 }, iv, copy, len, icv));
    memcpy(copy, data, len);
    assert_false(aead_open(open, (Slice){ aad, sizeof(aad) }, iv, copy, len / 2, icv));
    if (aead_block_len(seal) > 1)
        assert_false(aead_open(open, (Slice){ aad, sizeof(aad) }, iv, copy, len - 1, icv));
    assert_true(aead_open(open, (Slice){ aad, sizeof(aad) }, iv, data, len, icv));
}

static void
test_one_bit_changed_anywhere_is_forged(void **state)
{
    (void)state;
    assert_true(each_suite(forge) > 0);
}

static void
wrong_lengths(const Suite *s)
{
    size_t key = suite_encr_key_len(s), integ = suite_integ_key_len(s);

    for (size_t k = 0; k <= 64; k++)
        for (size_t m = 0; m <= 65; m++) {
            g_autoptr(Aead) a =
                aead_new(s, (Slice){ key_octets, k }, (Slice){ key_octets, m }, AEAD_SEAL);

            assert_int_equal(a != NULL, k == key && m == integ);
        }
}

static void
test_keys_of_any_other_length_are_refused(void **state)
{
    (void)state;
    assert_true(each_suite(wrong_lengths) > 0);
}

static void
test_suites_that_make_no_sense_are_refused(void **state)
{
    static const Suite bad[] = {
        { .encr = ENCR_DES, .key_bits = 64, .integ = AUTH_HMAC_SHA1_96 },
        { .encr = ENCR_NULL, .integ = AUTH_HMAC_SHA1_96 },
        { .encr = ENCR_AES_CBC, .key_bits = 128 }, /* no integrity */
        { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = AUTH_HMAC_MD5_96 },
        { .encr = ENCR_AES_CBC, .key_bits = 160, .integ = AUTH_HMAC_SHA1_96 },
        { .encr = ENCR_AES_CBC, .integ = AUTH_HMAC_SHA1_96 },
        { .encr = ENCR_AES_GCM_16, .key_bits = 128, .integ = AUTH_HMAC_SHA1_96 },
        { .encr = 999, .key_bits = 128, .integ = AUTH_HMAC_SHA1_96 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_null(aead_of(&bad[i], AEAD_SEAL));
}

static size_t allocations;

static void *
counted_malloc(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return malloc(n);
}

static void *
counted_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    allocations++;
    return realloc(p, n);
}

static void
counted_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

/* The HMAC of OpenSSL 3.0 takes two blocks for its own states each time; AEADs take none. */
static void
count_allocations(const Suite *s)
{
    enum { PACKETS = 10, HMAC_BLOCKS = 2 };
    g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL);
    g_autoptr(Aead) open = aead_of(s, AEAD_OPEN);
    uint8_t data[DATA_MAX] = { 0 }, iv[16] = { 0 }, icv[64];
    Slice aad = { key_octets, 8 };
    size_t before = 0;

    for (int i = 0; i <= PACKETS; i++) {
        if (i == 1)
            before = allocations; /* the first packet may still set things up */
        aead_seal(seal, aad, iv, data, 96, icv);
        assert_true(aead_open(open, aad, iv, data, 96, icv));
    }
    assert_true(allocations - before <= (s->integ ? 2 * PACKETS * HMAC_BLOCKS : 0));
}

static void
test_packets_are_sealed_and_opened_without_allocating(void **state)
{
    (void)state;
    assert_true(each_suite(count_allocations) > 0);
    assert_true(allocations > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealing_gives_the_published_octets_and_opening_takes_them_back),
        cmocka_unit_test(test_every_pair_of_algorithms_opens_what_it_seals),
        cmocka_unit_test(test_one_bit_changed_anywhere_is_forged),
        cmocka_unit_test(test_keys_of_any_other_length_are_refused),
        cmocka_unit_test(test_suites_that_make_no_sense_are_refused),
        cmocka_unit_test(test_packets_are_sealed_and_opened_without_allocating),
    };

    /* Possible only before OpenSSL's first allocation. */
    if (!CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free))
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
