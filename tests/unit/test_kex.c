#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "agent/crypto/kex.h"
#include "agent/crypto/suite.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static Slice
view(const Hex *h)
{
    return (Slice){ h->b, h->len };
}

/* The other side, worked out here with plain arithmetic and checked against the RFCs' examples
 * before it is used to check the module. */

/* arctan(1/x), scaled by @one. */
static BIGNUM *
arctan_inverse(const BIGNUM *one, BN_ULONG x)
{
    BIGNUM *term = BN_dup(one), *sum = BN_new(), *part = BN_new();

    BN_div_word(term, x);
    for (BN_ULONG n = 1; !BN_is_zero(term); n += 2) {
        BN_copy(part, term);
        BN_div_word(part, n);
        if (n % 4 == 1)
            BN_add(sum, sum, part);
        else
            BN_sub(sum, sum, part);
        BN_div_word(term, x * x);
    }
    BN_free(term);
    BN_free(part);
    return sum;
}

/* floor(2^bits * pi) by Machin's formula. */
static BIGNUM *
pi_scaled(int bits)
{
    enum { GUARD = 64 };
    BIGNUM *one = BN_new(), *pi, *b;

    BN_set_bit(one, bits + GUARD);
    pi = arctan_inverse(one, 5);
    b = arctan_inverse(one, 239);
    BN_mul_word(pi, 16);
    BN_mul_word(b, 4);
    BN_sub(pi, pi, b);
    BN_rshift(pi, pi, GUARD);
    BN_free(one);
    BN_free(b);
    return pi;
}

/* RFC 7296 appendix B, RFC 3526: p = 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + c) */
static const struct {
    uint16_t group;
    int bits;
    BN_ULONG c;
} primes[] = {
    { KE_MODP768, 768, 149686 },   { KE_MODP1024, 1024, 129093 },  { KE_MODP1536, 1536, 741804 },
    { KE_MODP2048, 2048, 124476 }, { KE_MODP3072, 3072, 1690314 }, { KE_MODP4096, 4096, 240904 },
};

static BIGNUM *
prime_of(uint16_t group, int *ret_len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(primes); i++) {
        BIGNUM *p, *power;

        if (primes[i].group != group)
            continue;
        p = pi_scaled(primes[i].bits - 130);
        power = BN_new();
        BN_add_word(p, primes[i].c);
        BN_lshift(p, p, 64);
        BN_set_bit(power, primes[i].bits);
        BN_add(p, p, power);
        BN_zero(power);
        BN_set_bit(power, primes[i].bits - 64);
        BN_sub(p, p, power);
        BN_sub_word(p, 1);
        BN_free(power);
        *ret_len = primes[i].bits / 8;
        return p;
    }
    return NULL;
}

/* base^x mod p, padded; @base NULL is the generator 2. */
static Hex
modp_power(uint16_t group, const Hex *x, const Slice *base)
{
    int len = 0;
    BIGNUM *p = prime_of(group, &len), *e = BN_bin2bn(x->b, (int)x->len, NULL), *y = BN_new(),
           *g = base ? BN_bin2bn(base->p, (int)base->len, NULL) : BN_new();
    BN_CTX *ctx = BN_CTX_new();
    Hex out = { .len = (size_t)len };

    assert_non_null(p);
    if (!base)
        BN_set_word(g, 2);
    assert_true(BN_mod_exp(y, g, e, p, ctx));
    assert_int_equal(BN_bn2binpad(y, out.b, len), len);
    BN_free(p);
    BN_free(e);
    BN_free(y);
    BN_free(g);
    BN_CTX_free(ctx);
    return out;
}

/* x * base as X | Y, or X alone; @base NULL is the generator. */
static Hex
ecp_multiply(int nid, const Hex *x, const Slice *base, bool only_x)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
    EC_POINT *r = EC_POINT_new(group), *q = base ? EC_POINT_new(group) : NULL;
    BIGNUM *k = BN_bin2bn(x->b, (int)x->len, NULL);
    uint8_t buf[200] = { 4 };
    Hex out = { 0 };

    if (base) {
        memcpy(buf + 1, base->p, base->len);
        assert_true(EC_POINT_oct2point(group, q, buf, base->len + 1, NULL));
    }
    assert_true(EC_POINT_mul(group, r, base ? NULL : k, q, base ? k : NULL, NULL));
    out.len =
        EC_POINT_point2oct(group, r, POINT_CONVERSION_UNCOMPRESSED, buf, sizeof(buf), NULL) - 1;
    if (only_x)
        out.len /= 2;
    memcpy(out.b, buf + 1, out.len);
    EC_POINT_free(r);
    EC_POINT_free(q);
    EC_GROUP_free(group);
    BN_free(k);
    return out;
}

static Hex
x25519(const Hex *x, const Slice *base)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, x->b, x->len);
    EVP_PKEY *peer =
        base ? EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, base->p, base->len) : NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    Hex out = { .len = 32 };

    if (!base)
        assert_int_equal(EVP_PKEY_get_raw_public_key(key, out.b, &out.len), 1);
    else
        assert_true(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
                    EVP_PKEY_derive(ctx, out.b, &out.len) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(key);
    return out;
}

/* The public value of @x, or with @base the shared secret. */
static Hex
reference(uint16_t group, const Hex *x, const Slice *base)
{
    switch (group) {
    case KE_ECP256:
        return ecp_multiply(NID_X9_62_prime256v1, x, base, base != NULL);
    case KE_ECP384:
        return ecp_multiply(NID_secp384r1, x, base, base != NULL);
    case KE_ECP521:
        return ecp_multiply(NID_secp521r1, x, base, base != NULL);
    case KE_CURVE25519:
        return x25519(x, base);
    default:
        return modp_power(group, x, base);
    }
}

static const struct {
    uint16_t group;
    const char *i, *gi, *r, *gr, *gir, *source;
} examples[] = {
    { KE_ECP256, "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
      "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
      "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
      "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
      "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
      "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
      "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE", "RFC 5903 §8.1" },
    { KE_ECP384,
      "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655E35B538041E649EE3FAEF896783A"
      "B194",
      "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6DE3AC808ACB4BDB4C88732AEE95F"
      "41AA"
      "9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38EEB9FCFF3C2C947DAE69B4C634573"
      "A81C",
      "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942E0308312916B8ED2960E4BD55A74"
      "48FC",
      "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D0D1AC43A0336DEF96FDA41D0774A"
      "3571"
      "DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FFF83FA40142209DFF5EAAD96DB9E6"
      "386C",
      "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4D603135569B9E9D09CF5D4A270F5"
      "9746",
      "RFC 5903 §8.2" },
    { KE_ECP521,
      "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C2952C6771D937BA"
      "9777"
      "F5957B2639BAB072462F68C27A57382D4A52",
      "0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBEE1E3BF42E00B8E380AEAE57C2D10"
      "7564"
      "941885942AF5A7F4601723C4195D176CED3E"
      "017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10AD8A788015AC405D7799DC75E7B7D"
      "5B6C"
      "F2261A6A7F1507438BF01BEB6CA3926F9582",
      "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C677D600B343757A3BDBF2A3163"
      "E4C2"
      "F869CCA7458AA4A4EFFC311F5CB151685EB9",
      "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A219B97C356436ADC6E95BB0352F6BE"
      "64A6"
      "C2912D4EF2D0433CED2B6171640012D9460F"
      "015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87220B6536C5C408A1D2AEBB8E86D6"
      "78AE"
      "49CB57091F4732296579AB44FCD17F0FC56A",
      "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA240A3478685981"
      "0C06"
      "B3C715A3A8CC3151F2BEE417996D19F3DDEA",
      "RFC 5903 §8.3" },
    { KE_CURVE25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
      "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", "RFC 7748 §6.1" },
};

static void
test_the_reference_agrees_with_the_examples_of_the_rfcs(void **state)
{
    (void)state;
    for (size_t n = 0; n < G_N_ELEMENTS(examples); n++) {
        uint16_t group = examples[n].group;
        Hex i = hex(examples[n].i), gi = hex(examples[n].gi), r = hex(examples[n].r),
            gr = hex(examples[n].gr), gir = hex(examples[n].gir), got;
        Slice vi = view(&gi), vr = view(&gr);

        got = reference(group, &i, NULL);
        assert_true(slice_equal(view(&got), vi));
        got = reference(group, &r, NULL);
        assert_true(slice_equal(view(&got), vr));
        got = reference(group, &i, &vr);
        assert_true(slice_equal(view(&got), view(&gir)));
        got = reference(group, &r, &vi);
        assert_true(slice_equal(view(&got), view(&gir)));
    }
}

/* RFC 7296 §B.1 and RFC 3526 print the primes; these are the ends of group 1 and group 14. */
static void
test_the_reference_primes_are_those_that_are_printed(void **state)
{
    int len;
    BIGNUM *p1 = prime_of(KE_MODP768, &len), *p14 = prime_of(KE_MODP2048, &len);
    char *t1 = BN_bn2hex(p1), *t14 = BN_bn2hex(p14);

    (void)state;
    assert_string_equal(t1, "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD1"
                            "29024E088A67CC74020BBEA63B139B22514A08798E3404DD"
                            "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245"
                            "E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF");
    assert_true(g_str_has_suffix(t14, "15728E5A8AACAA68FFFFFFFFFFFFFFFF"));
    OPENSSL_free(t1);
    OPENSSL_free(t14);
    BN_free(p1);
    BN_free(p14);
}

static void
test_every_group_agrees_with_a_peer_that_is_not_ours(void **state)
{
    const SuiteAlg *alg;
    unsigned n = 0;

    (void)state;
    for (size_t i = 0; (alg = suite_at(i)); i++) {
        Hex x = hex("0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0"), y, want;
        g_autoptr(Kex) k = NULL;
        g_auto(Secret) got = { 0 };
        Slice ours;

        if (alg->type != TRANSFORM_KE)
            continue;
        k = kex_new(alg->id);
        assert_non_null(k);
        assert_int_equal(kex_group(k), alg->id);
        ours = kex_public(k);
        assert_int_equal(ours.len, alg->ke_len);
        y = reference(alg->id, &x, NULL);
        want = reference(alg->id, &x, &ours);
        assert_true(kex_finish(k, view(&y), &got));
        assert_true(slice_equal(secret_view(&got), view(&want)));
        n++;
    }
    assert_int_equal(n, 10);
}

static void
test_two_key_pairs_are_never_the_same(void **state)
{
    g_autoptr(Kex) a = kex_new(KE_ECP256), b = kex_new(KE_ECP256);

    (void)state;
    assert_false(slice_equal(kex_public(a), kex_public(b)));
}

/* RFC 7296 §2.14: zero octets in front are kept. One secret in 256 has one, so that the loop ends
 * long before its bound. */
static void
test_a_secret_that_starts_with_zero_keeps_its_length(void **state)
{
    g_autoptr(Kex) k = kex_new(KE_MODP768);
    Slice ours = kex_public(k);

    (void)state;
    for (unsigned i = 2; i < 20000; i++) {
        Hex x = { .b = { (uint8_t)(i >> 8), (uint8_t)i }, .len = 2 }, want, y;
        g_auto(Secret) got = { 0 };

        want = modp_power(KE_MODP768, &x, &ours);
        if (want.b[0])
            continue;
        y = modp_power(KE_MODP768, &x, NULL);
        assert_true(kex_finish(k, view(&y), &got));
        assert_true(slice_equal(secret_view(&got), view(&want)));
        return;
    }
    fail();
}

static void
refuse(Kex *k, Slice peer)
{
    g_auto(Secret) got = { 0 };

    secret_set(&got, slice_of("before"));
    assert_false(kex_finish(k, peer, &got));
    assert_true(slice_equal(secret_view(&got), slice_of("before")));
}

/* RFC 6989 §2.1 */
static void
test_modp_values_that_give_the_secret_away_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(primes); i++) {
        g_autoptr(Kex) k = kex_new(primes[i].group);
        g_auto(Secret) got = { 0 };
        int len = 0;
        BIGNUM *p = prime_of(primes[i].group, &len);
        uint8_t y[512] = { 0 };
        Slice v = { y, (size_t)len };

        refuse(k, v); /* 0 */
        y[len - 1] = 1;
        refuse(k, v); /* 1 */
        y[len - 1] = 2;
        assert_true(kex_finish(k, v, &got)); /* the generator: weak for a peer, but in range */
        BN_sub_word(p, 1);
        BN_bn2binpad(p, y, len);
        refuse(k, v); /* p - 1 */
        BN_add_word(p, 1);
        BN_bn2binpad(p, y, len);
        refuse(k, v); /* p */
        BN_add_word(p, 1);
        BN_bn2binpad(p, y, len);
        refuse(k, v); /* p + 1 */
        memset(y, 0xff, sizeof(y));
        refuse(k, v);
        BN_free(p);
    }
}

/* RFC 6989 §2.3 */
static void
test_points_off_the_curve_are_refused(void **state)
{
    static const uint16_t groups[] = { KE_ECP256, KE_ECP384, KE_ECP521 };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(groups); i++) {
        g_autoptr(Kex) k = kex_new(groups[i]);
        g_autoptr(Kex) peer = kex_new(groups[i]);
        Slice good = kex_public(peer);
        g_auto(Secret) got = { 0 };
        uint8_t y[132];
        Slice v = { y, good.len };

        assert_true(kex_finish(k, good, &got));
        for (size_t at = 0; at < good.len; at += good.len / 2 - 1) {
            memcpy(y, good.p, good.len);
            y[good.len - 1 - at] ^= 1;
            refuse(k, v);
        }
        memset(y, 0, sizeof(y));
        refuse(k, v);
        memset(y, 0xff, sizeof(y));
        refuse(k, v);
    }
}

/* RFC 7748 §6.1: an all-zero result is refused; RFC 8031 §2 wants the same. */
static void
test_low_order_points_of_curve25519_are_refused(void **state)
{
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    g_autoptr(Kex) k = kex_new(KE_CURVE25519);

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(low); i++) {
        Hex y = hex(low[i]);

        refuse(k, view(&y));
    }
}

static void
test_public_values_of_any_other_length_are_refused(void **state)
{
    const SuiteAlg *alg;

    (void)state;
    for (size_t i = 0; (alg = suite_at(i)); i++) {
        uint8_t y[600] = { 4 }; /* where an uncompressed point would start */
        g_autoptr(Kex) k = NULL;
        Slice good;

        if (alg->type != TRANSFORM_KE)
            continue;
        k = kex_new(alg->id);
        good = kex_public(k);
        memcpy(y + 1, good.p, good.len);
        refuse(k, (Slice){ 0 });
        refuse(k, (Slice){ y, 1 });
        refuse(k, (Slice){ good.p, good.len - 1 });
        refuse(k, (Slice){ y, good.len + 1 });
    }
}

static void
test_unknown_groups_have_no_keys(void **state)
{
    static const uint16_t bad[] = { 0, 3, 4, 17, 18, 22, 23, 24, 25, 26, 27, 28, 30, 32, 0xffff };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_null(kex_new(bad[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_reference_agrees_with_the_examples_of_the_rfcs),
        cmocka_unit_test(test_the_reference_primes_are_those_that_are_printed),
        cmocka_unit_test(test_every_group_agrees_with_a_peer_that_is_not_ours),
        cmocka_unit_test(test_two_key_pairs_are_never_the_same),
        cmocka_unit_test(test_a_secret_that_starts_with_zero_keeps_its_length),
        cmocka_unit_test(test_modp_values_that_give_the_secret_away_are_refused),
        cmocka_unit_test(test_points_off_the_curve_are_refused),
        cmocka_unit_test(test_low_order_points_of_curve25519_are_refused),
        cmocka_unit_test(test_public_values_of_any_other_length_are_refused),
        cmocka_unit_test(test_unknown_groups_have_no_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
