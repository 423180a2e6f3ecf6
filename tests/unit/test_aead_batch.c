#include "agent/crypto/aead_batch.h"
#include "tests/support/aead_kit.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

/* aad | iv | data | icv in a row, as ESP has them: what bursts are made of. */
enum { AAD = 8, DATA_MAX = 2000, ROOM = AAD + 16 + DATA_MAX + 32, PACKETS = 160 };

static const struct {
    AeadChoice seal, open;
} pairs[] = {
    { AEAD_CHOICE_OPENSSL, AEAD_CHOICE_AUTO },
    { AEAD_CHOICE_AUTO, AEAD_CHOICE_OPENSSL },
    { AEAD_CHOICE_AUTO, AEAD_CHOICE_AUTO },
};

static uint32_t random_state;

/* The same octets in every run (Numerical Recipes' generator). */
static uint8_t
next_octet(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint8_t)(random_state >> 24);
}

static void
fill(uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p[i] = next_octet();
}

static AeadJob
job_in(Aead *a, uint8_t *room, size_t aad_len, size_t len)
{
    uint8_t *iv = room + aad_len, *data = iv + aead_iv_len(a);

    return (AeadJob){
        .aead = a, .aad = { room, aad_len }, .iv = iv, .data = data, .len = len, .icv = data + len
    };
}

typedef struct Octets {
    uint8_t b[PACKETS][ROOM];
} Octets;

static void
test_every_engine_gives_the_published_octets(void **state)
{
    g_autofree Octets *rooms = g_new0(Octets, 1);

    (void)state;
    for (size_t v = 0; v < G_N_ELEMENTS(aead_vectors); v++)
        for (AeadChoice choice = AEAD_CHOICE_AUTO; choice <= AEAD_CHOICE_OPENSSL; choice++)
            for (size_t n = 1; n <= PACKETS; n = n * 2 + 1) {
                const struct AeadVector *is = &aead_vectors[v];
                Hex key = hex(is->key), integ_key = hex(is->integ_key), iv = hex(is->iv);
                Hex aad = hex(is->aad), plain = hex(is->plain), cipher = hex(is->cipher);
                Hex icv = hex(is->icv);
                Slice k = { key.b, key.len }, m = { integ_key.b, integ_key.len };
                g_autoptr(Aead) seal = aead_new(&is->suite, k, m, AEAD_SEAL | AEAD_BATCH);
                g_autoptr(Aead) open = aead_new(&is->suite, k, m, AEAD_OPEN | AEAD_BATCH);
                g_autoptr(AeadEngine) engine = aead_engine_new(choice);
                AeadJob jobs[PACKETS];

                for (size_t i = 0; i < n; i++) {
                    jobs[i] = job_in(seal, rooms->b[i], aad.len, plain.len);
                    memcpy(rooms->b[i], aad.b, aad.len);
                    memcpy(rooms->b[i] + aad.len, iv.b, iv.len);
                    memcpy(jobs[i].data, plain.b, plain.len);
                }
                aead_engine_run(engine, jobs, n);
                for (size_t i = 0; i < n; i++) {
                    assert_true(jobs[i].ok);
                    assert_memory_equal(jobs[i].data, cipher.b, cipher.len);
                    assert_memory_equal(jobs[i].icv, icv.b, icv.len);
                    jobs[i].aead = open;
                    jobs[i].ok = false;
                }
                aead_engine_run(engine, jobs, n);
                for (size_t i = 0; i < n; i++) {
                    assert_true(jobs[i].ok);
                    assert_memory_equal(jobs[i].data, plain.b, plain.len);
                    assert_memory_equal(jobs[i].icv, icv.b, icv.len); /* only read */
                }
            }
}

/* A batch with its plain octets kept. */
typedef struct Batch {
    Octets plain, rooms;
    AeadJob jobs[PACKETS];
    size_t n;
} Batch;

static void
batch_add(Batch *b, Aead *seal, size_t len)
{
    size_t i = b->n++;

    g_assert_true(b->n <= PACKETS && len <= DATA_MAX);
    fill(b->plain.b[i], ROOM);
    memcpy(b->rooms.b[i], b->plain.b[i], ROOM);
    b->jobs[i] = job_in(seal, b->rooms.b[i], AAD, len);
}

static size_t
sealed_len(const AeadJob *job)
{
    return AAD + aead_iv_len(job->aead) + job->len + aead_icv_len(job->aead);
}

/* The packets of @b as opened: @is_good tells which must be. */
static void
expect_opened(const Batch *b, const bool *is_good)
{
    for (size_t i = 0; i < b->n; i++) {
        const AeadJob *job = &b->jobs[i];
        size_t at = (size_t)(job->data - b->rooms.b[i]), end = sealed_len(job);

        assert_int_equal(job->ok, is_good ? is_good[i] : true);
        if (job->ok)
            assert_memory_equal(job->data, b->plain.b[i] + at, job->len);
        assert_memory_equal(b->rooms.b[i] + end, b->plain.b[i] + end, ROOM - end);
    }
}

static void
every_length(const Suite *s)
{
    for (size_t p = 0; p < G_N_ELEMENTS(pairs); p++) {
        g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL | AEAD_BATCH);
        g_autoptr(Aead) open = aead_of(s, AEAD_OPEN | AEAD_BATCH);
        g_autoptr(AeadEngine) here = aead_engine_new(pairs[p].seal);
        g_autoptr(AeadEngine) there = aead_engine_new(pairs[p].open);
        g_autofree Batch *b = g_new0(Batch, 1);
        size_t block = aead_block_len(seal);

        for (size_t len = 0; len <= DATA_MAX; len += block) {
            batch_add(b, seal, len);
            if (b->n < PACKETS && len + block <= DATA_MAX)
                continue;
            aead_engine_run(here, b->jobs, b->n);
            for (size_t i = 0; i < b->n; i++) {
                assert_true(b->jobs[i].ok);
                assert_memory_equal(b->rooms.b[i], b->plain.b[i], AAD + aead_iv_len(seal));
                b->jobs[i].aead = open;
            }
            aead_engine_run(there, b->jobs, b->n);
            expect_opened(b, NULL);
            b->n = 0;
        }
    }
}

static void
test_what_one_engine_seals_another_opens_whatever_its_length(void **state)
{
    (void)state;
    assert_int_equal(each_suite(every_length), 4 + 4 * 4);
}

/* Every third packet is left alone; of the others one bit is changed, anywhere in the packet. */
static void
some_forged(const Suite *s)
{
    for (unsigned round = 0; round < 4; round++) {
        g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL | AEAD_BATCH);
        g_autoptr(Aead) open = aead_of(s, AEAD_OPEN | AEAD_BATCH);
        g_autoptr(AeadEngine) engine = aead_engine_new(AEAD_CHOICE_AUTO);
        g_autofree Batch *b = g_new0(Batch, 1);
        bool good[PACKETS];

        for (size_t i = 0; i < PACKETS; i++)
            batch_add(b, seal, aead_block_len(seal) * (1 + i % 5));
        aead_engine_run(engine, b->jobs, b->n);
        for (size_t i = 0; i < b->n; i++) {
            size_t bits = 8 * sealed_len(&b->jobs[i]), bit = (round * 3571 + i * 977) % bits;

            good[i] = i % 3 == 0;
            if (!good[i])
                b->rooms.b[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
            b->jobs[i].aead = open;
        }
        aead_engine_run(engine, b->jobs, b->n);
        expect_opened(b, good);
    }
}

static void
test_forged_packets_are_refused_and_their_neighbours_opened(void **state)
{
    (void)state;
    assert_true(each_suite(some_forged) > 0);
}

/* Each bit of a packet in its turn, beside packets that are good. */
static void
each_bit(const Suite *s)
{
    g_autoptr(Aead) seal = aead_of(s, AEAD_SEAL | AEAD_BATCH);
    g_autoptr(Aead) open = aead_of(s, AEAD_OPEN | AEAD_BATCH);
    g_autoptr(AeadEngine) engine = aead_engine_new(AEAD_CHOICE_AUTO);
    g_autofree Batch *b = g_new0(Batch, 1);
    size_t len = 2 * aead_block_len(seal), bits;

    batch_add(b, seal, len);
    bits = 8 * sealed_len(&b->jobs[0]);
    b->n = 0;
    for (size_t bit = 0; bit < bits;) {
        bool good[PACKETS];
        size_t first = bit;

        for (size_t i = 0; i < PACKETS; i++)
            batch_add(b, seal, len);
        aead_engine_run(engine, b->jobs, b->n);
        for (size_t i = 0; i < b->n; i++) {
            good[i] = i % 2 == 0 || bit >= bits;
            if (!good[i]) {
                b->rooms.b[i][bit / 8] ^= (uint8_t)(1 << bit % 8);
                bit++;
            }
            b->jobs[i].aead = open;
        }
        assert_true(bit > first);
        aead_engine_run(engine, b->jobs, b->n);
        expect_opened(b, good);
        b->n = 0;
    }
}

static void
test_one_bit_changed_anywhere_is_forged(void **state)
{
    (void)state;
    assert_true(each_suite(each_bit) > 0);
}

/* All suites at once, by turns: a batch is filled from any number of SAs. */
static struct {
    Aead *seal, *open;
} mixed[32];
static size_t n_mixed;

static void
mix(const Suite *s)
{
    g_assert_true(n_mixed < G_N_ELEMENTS(mixed));
    mixed[n_mixed].seal = aead_of(s, AEAD_SEAL | AEAD_BATCH);
    mixed[n_mixed++].open = aead_of(s, AEAD_OPEN | AEAD_BATCH);
}

static void
test_a_batch_holds_packets_of_any_suites(void **state)
{
    g_autofree Batch *b = g_new0(Batch, 1);

    (void)state;
    for (size_t p = 0; p < G_N_ELEMENTS(pairs); p++)
        for (size_t sas = 1; sas <= 20; sas++) {
            g_autoptr(AeadEngine) here = aead_engine_new(pairs[p].seal);
            g_autoptr(AeadEngine) there = aead_engine_new(pairs[p].open);
            bool good[PACKETS];

            each_suite(mix);
            for (b->n = 0; b->n < PACKETS;)
                batch_add(b, mixed[b->n * 7 % sas].seal, 48 * (b->n % 9));
            aead_engine_run(here, b->jobs, b->n);
            for (size_t i = 0; i < b->n; i++) {
                assert_true(b->jobs[i].ok);
                good[i] = i % 11 != 5;
                if (!good[i])
                    b->jobs[i].icv[3] ^= 1;
                b->jobs[i].aead = mixed[i * 7 % sas].open;
            }
            aead_engine_run(there, b->jobs, b->n);
            expect_opened(b, good);
            for (size_t i = 0; i < n_mixed; i++) {
                g_clear_pointer(&mixed[i].seal, aead_free);
                g_clear_pointer(&mixed[i].open, aead_free);
            }
            n_mixed = 0;
        }
}

/* IKE's are: no key of theirs is kept for any other engine. */
static void
test_what_was_not_made_for_batches_may_stand_in_one(void **state)
{
    Suite s = { .encr = ENCR_AES_GCM_16, .key_bits = 256 };
    g_autoptr(Aead) seal = aead_of(&s, AEAD_SEAL);
    g_autoptr(Aead) open = aead_of(&s, AEAD_OPEN | AEAD_BATCH);
    g_autoptr(AeadEngine) engine = aead_engine_new(AEAD_CHOICE_AUTO);
    g_autofree Batch *b = g_new0(Batch, 1);

    (void)state;
    batch_add(b, seal, 100);
    aead_engine_run(engine, b->jobs, b->n);
    assert_true(b->jobs[0].ok);
    b->jobs[0].aead = open;
    aead_engine_run(engine, b->jobs, b->n);
    expect_opened(b, NULL);
    aead_engine_run(engine, b->jobs, 0);
    aead_engine_run(engine, NULL, 0);
}

/* Where the HMAC's octets do not stand in a row, and where a packet is longer than the lanes of a
 * burst can count. */
static void
test_what_fits_no_burst_is_done_all_the_same(void **state)
{
    enum { MANY = 40, LONG = 65536 };
    Suite s = { .encr = ENCR_AES_CBC, .key_bits = 256, .integ = AUTH_HMAC_SHA1_96 };
    g_autoptr(Aead) seal = aead_of(&s, AEAD_SEAL | AEAD_BATCH);
    g_autoptr(Aead) open = aead_of(&s, AEAD_OPEN | AEAD_BATCH);
    g_autoptr(AeadEngine) engine = aead_engine_new(AEAD_CHOICE_AUTO);
    g_autofree uint8_t *data = g_malloc0((size_t)MANY * LONG);
    uint8_t aad[AAD] = { 1 }, iv[16] = { 2 }, icv[MANY][12];
    AeadJob jobs[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        jobs[i] = (AeadJob){ .aead = seal,
                             .aad = { aad, AAD },
                             .iv = iv,
                             .data = data + i * LONG,
                             .len = i % 2 ? LONG : 64,
                             .icv = icv[i] };
    aead_engine_run(engine, jobs, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_true(jobs[i].ok);
        jobs[i].aead = open;
    }
    jobs[1].icv[0] ^= 1;
    jobs[2].len = 63; /* no multiple of the block */
    aead_engine_run(engine, jobs, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(jobs[i].ok, i != 1 && i != 2);
        for (size_t at = 0; jobs[i].ok && at < jobs[i].len; at++)
            assert_int_equal(jobs[i].data[at], 0);
    }
}

static void
test_the_engine_is_the_one_asked_for(void **state)
{
    g_autoptr(AeadEngine) plain = aead_engine_new(AEAD_CHOICE_OPENSSL);
    g_autoptr(AeadEngine) engine = aead_engine_new(AEAD_CHOICE_AUTO);
    AeadChoice choice;

    (void)state;
    assert_string_equal(aead_engine_name(plain), "OpenSSL");
#ifdef AC_IPSEC_MB
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul"))
        assert_non_null(strstr(aead_engine_name(engine), "intel-ipsec-mb"));
#else
    assert_string_equal(aead_engine_name(engine), "OpenSSL");
#endif
    assert_true(aead_choice_parse("openssl", &choice));
    assert_int_equal(choice, AEAD_CHOICE_OPENSSL);
    assert_true(aead_choice_parse("auto", &choice));
    assert_int_equal(choice, AEAD_CHOICE_AUTO);
    assert_false(aead_choice_parse("Auto", &choice));
    assert_false(aead_choice_parse("", &choice));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_engine_gives_the_published_octets),
        cmocka_unit_test(test_what_one_engine_seals_another_opens_whatever_its_length),
        cmocka_unit_test(test_forged_packets_are_refused_and_their_neighbours_opened),
        cmocka_unit_test(test_one_bit_changed_anywhere_is_forged),
        cmocka_unit_test(test_a_batch_holds_packets_of_any_suites),
        cmocka_unit_test(test_what_was_not_made_for_batches_may_stand_in_one),
        cmocka_unit_test(test_what_fits_no_burst_is_done_all_the_same),
        cmocka_unit_test(test_the_engine_is_the_one_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
