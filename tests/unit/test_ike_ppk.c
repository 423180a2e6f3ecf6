/* test_ike_ppk.c - agent/ike/ike_ppk.c */
#include "agent/crypto/suite.h"
#include "agent/ike/ike_ppk.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static void
fill(Secret *s, size_t len, uint8_t from)
{
    secret_alloc(s, len);
    for (size_t i = 0; i < len; i++)
        s->p[i] = (uint8_t)(from + i);
}

static void
assert_is(const Secret *s, const char *want)
{
    Hex h = hex(want);

    assert_int_equal(s->len, h.len);
    assert_memory_equal(s->p, h.b, h.len);
}

/* Computed with the hmac module of Python: HMAC(PPK, SK | 01), of the length of SK, with SK_d,
 * SK_pi and SK_pr = 00 01 02 .. in one row. */
static const struct {
    uint16_t prf;
    const char *d, *pi, *pr;
} vectors[] = {
    { PRF_HMAC_SHA2_256, "5df18d70e57b4a283508fb128f08ff77844588b290fcfef626f5e36cd68248cd",
      "530c09ae7ba66aa97a52c437d4714adae0c024c19996c8e1443472ed6855beea",
      "9629d5b1bc1dc961b0d868310307123c885f55d5ff1efc0d611d1f0708a50bca" },
    { PRF_HMAC_SHA2_512,
      "92c7b6e95f98e4cd8a1b8cfdedd4eb9ee0b3f0c06619cde30d90697d7efea6e330348c72bcf5966eea4e6bb7b702"
      "2601709c3fbfffdd1052144b74586c0fa28e",
      "dc8e2650078377a3ae3a4784923bde0f3fd0818263d05efa28219cadec63fd0adb16c70b0f582448c62cee04f5d9"
      "48f27aa1a691b56a7a779a9ab5f0f9ee0d85",
      "0faab0dcf91d1cd4772b7595c848bc01b84f31039746be7d3407af1e95dd8480717bd1fc778e607ac185d1cb196a"
      "bf8b0ce193699a33ef997d51d85694e9e16f" },
};

static void
test_the_three_keys_are_mixed_and_only_they(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        size_t n = vectors[i].prf == PRF_HMAC_SHA2_256 ? 32 : 64;
        g_auto(IkeKeys) k = { 0 };
        g_auto(IkeKeys) plain = { 0 };

        fill(&k.d, n, 0);
        fill(&k.pi, n, (uint8_t)n);
        fill(&k.pr, n, (uint8_t)(2 * n));
        fill(&k.ei, 16, 7);
        assert_true(ike_ppk_mix(vectors[i].prf, slice_of("not a quantum secret"), &k, &plain));
        assert_is(&k.d, vectors[i].d);
        assert_is(&k.pi, vectors[i].pi);
        assert_is(&k.pr, vectors[i].pr);
        assert_is(&k.ei, "0708090a0b0c0d0e0f10111213141516");
        ike_ppk_unmix(&k, &plain);
        assert_int_equal(k.d.p[1], 1);
        assert_int_equal(k.pi.p[0], n);
        assert_int_equal(k.pr.p[0], 2 * n);
        assert_int_equal(plain.d.len + plain.pi.len + plain.pr.len, 0);
    }
}

static void
test_an_unknown_prf_changes_nothing(void **state)
{
    g_auto(IkeKeys) k = { 0 };
    g_auto(IkeKeys) plain = { 0 };

    (void)state;
    fill(&k.d, 32, 0);
    assert_false(ike_ppk_mix(999, slice_of("x"), &k, &plain));
    assert_int_equal(k.d.p[1], 1);
    assert_int_equal(plain.d.len, 0);
}

/* RFC 8784 §5.1: type and octets; a type alone names nothing. */
static void
test_an_identity_is_a_type_and_octets(void **state)
{
    Hex good = hex("02 70706b31");
    Reader in = reader_init((Slice){ good.b, good.len });
    uint8_t buf[8];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    IkePpkId id = { .type = 9 };

    (void)state;
    assert_int_equal(ike_ppk_id_decode(&in, &id), IKE_OK);
    assert_int_equal(id.type, IKE_PPK_ID_FIXED);
    assert_true(slice_equal(id.data, slice_of("ppk1")));
    ike_ppk_id_encode(&id, &w);
    assert_int_equal(w.len, good.len);
    assert_memory_equal(buf, good.b, good.len);
    for (size_t len = 0; len < 2; len++) {
        in = reader_init((Slice){ good.b, len });
        assert_int_equal(ike_ppk_id_decode(&in, &id), IKE_N_INVALID_SYNTAX);
    }
    assert_true(slice_equal(id.data, slice_of("ppk1")));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_keys_are_mixed_and_only_they),
        cmocka_unit_test(test_an_unknown_prf_changes_nothing),
        cmocka_unit_test(test_an_identity_is_a_type_and_octets),
    };

    return cmocka_run_group_tests_name("ike_ppk", tests, NULL, NULL);
}
