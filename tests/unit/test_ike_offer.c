/* test_ike_offer.c - agent/ike/ike_offer.c */

#include "agent/ike/ike_offer.h"
#include "agent/ike/ike_payload.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §16.4: whole payloads, 168 and 124 octets. */
static const char ike_seed[] = "220000a8000000a4010100120300000c0100000c800e01000300000c0100000c"
                               "800e00c00300000c0100000c800e008003000008010000030300000801000002"
                               "0300000802000007030000080200000603000008020000050300000802000002"
                               "0300000802000001030000080300000e030000080300000d030000080300000c"
                               "0300000803000002030000080300000103000008040000050300000804000002"
                               "0000000804000001";
static const char esp_seed[] = "2c00007c000000780103040c77ee53480300000c0100000c800e01000300000c"
                               "0100000c800e00c00300000c0100000c800e0080030000080100000303000008"
                               "01000002030000080100000b030000080300000e030000080300000d03000008"
                               "0300000c030000080300000203000008030000010000000805000000";

/* @o as a payload, with the next-payload octet @next. */
static void
assert_payload(const IkeOffer *o, Slice spi, const char *want_hex, size_t want_len)
{
    Hex want = hex(want_hex);
    uint8_t buf[256];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&out, SIZE_MAX);

    assert_int_equal(want.len, want_len);
    ike_chain_open(&c, IKE_PAYLOAD_SA);
    ike_offer_encode(o, spi, &out);
    ike_chain_close(&c);
    buf[0] = want.b[0]; /* what follows is the caller's */
    wire_equal(&out, wire_slice(&want));
}

static void
test_the_offers_of_the_seed_are_octet_for_octet(void **state)
{
    Hex spi = hex("77ee5348");
    IkeOffer o;

    (void)state;
    ike_offer_seed(IKE_PROTO_IKE, &o);
    assert_payload(&o, (Slice){ 0 }, ike_seed, 168);
    ike_offer_seed(IKE_PROTO_ESP, &o);
    assert_payload(&o, wire_slice(&spi), esp_seed, 124);
}

static bool
has(const IkeOffer *o, uint8_t type, uint16_t id)
{
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->p[i].n; k++)
            if (o->p[i].t[k].type == type && o->p[i].t[k].id == id)
                return true;
    return false;
}

/* The three policies as RFC 8247 and RFC 8221 draw the lines: type, id, lowest policy. */
static const struct {
    uint8_t type;
    uint16_t id;
    SuiteRank from;
    bool ike_only;
} wanted[] = {
    { TRANSFORM_ENCR, ENCR_AES_GCM_16, SUITE_MODERN, false },
    { TRANSFORM_ENCR, ENCR_CHACHA20_POLY1305, SUITE_MODERN, false },
    { TRANSFORM_ENCR, ENCR_AES_CBC, SUITE_MODERN, false },
    { TRANSFORM_ENCR, ENCR_3DES, SUITE_LEGACY, false },
    { TRANSFORM_ENCR, ENCR_DES, SUITE_NEVER, false },
    { TRANSFORM_ENCR, ENCR_NULL, SUITE_NEVER, false },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, SUITE_MODERN, false },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_384_192, SUITE_MODERN, false },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA2_512_256, SUITE_MODERN, false },
    { TRANSFORM_INTEG, AUTH_HMAC_SHA1_96, SUITE_COMPATIBLE, false },
    { TRANSFORM_INTEG, AUTH_HMAC_MD5_96, SUITE_NEVER, false },
    { TRANSFORM_PRF, PRF_HMAC_SHA2_256, SUITE_MODERN, true },
    { TRANSFORM_PRF, PRF_HMAC_SHA2_384, SUITE_MODERN, true },
    { TRANSFORM_PRF, PRF_HMAC_SHA2_512, SUITE_MODERN, true },
    { TRANSFORM_PRF, PRF_HMAC_SHA1, SUITE_COMPATIBLE, true },
    { TRANSFORM_PRF, PRF_HMAC_MD5, SUITE_NEVER, true },
    { TRANSFORM_KE, KE_ECP256, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_ECP384, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_ECP521, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_CURVE25519, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_MODP2048, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_MODP3072, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_MODP4096, SUITE_MODERN, true },
    { TRANSFORM_KE, KE_MODP1536, SUITE_COMPATIBLE, true },
    { TRANSFORM_KE, KE_MODP1024, SUITE_LEGACY, true },
    { TRANSFORM_KE, KE_MODP768, SUITE_LEGACY, true },
};

static void
test_each_policy_holds_what_it_tolerates_and_nothing_weaker(void **state)
{
    static const uint8_t protos[] = { IKE_PROTO_IKE, IKE_PROTO_ESP };

    (void)state;
    for (size_t p = 0; p < G_N_ELEMENTS(protos); p++)
        for (SuiteRank rank = SUITE_MODERN; rank <= SUITE_LEGACY; rank++) {
            IkeOffer o;

            ike_offer_policy(protos[p], rank, &o);
            for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
                bool want =
                    wanted[i].from <= rank && (protos[p] == IKE_PROTO_IKE || !wanted[i].ike_only);

                if (has(&o, wanted[i].type, wanted[i].id) != want)
                    fail_msg("proto %u, %s: type %u id %u", protos[p], suite_rank_name(rank),
                             wanted[i].type, wanted[i].id);
            }
            assert_int_equal(has(&o, TRANSFORM_ESN, ESN_NO), protos[p] == IKE_PROTO_ESP);
            assert_int_equal(has(&o, TRANSFORM_ESN, ESN_YES),
                             protos[p] == IKE_PROTO_ESP && rank == SUITE_MODERN);
        }
}

/* RFC 7296 §3.3, RFC 5282 §8: AEADs apart, and without an HMAC. */
static void
test_no_proposal_mixes_aead_and_other_ciphers(void **state)
{
    (void)state;
    for (SuiteRank rank = SUITE_MODERN; rank <= SUITE_LEGACY; rank++) {
        IkeOffer o;

        ike_offer_policy(IKE_PROTO_IKE, rank, &o);
        assert_int_equal(o.n, 2);
        for (size_t i = 0; i < o.n; i++) {
            assert_int_equal(o.p[i].number, i + 1);
            for (size_t k = 0; k < o.p[i].n; k++) {
                const IkeTransform *t = &o.p[i].t[k];

                if (t->type == TRANSFORM_ENCR)
                    assert_int_equal(suite_find(t->type, t->id)->aead, i == 0);
                assert_false(t->type == TRANSFORM_INTEG && i == 0);
            }
        }
    }
}

static uint16_t
first_group(const IkeOffer *o, size_t proposal)
{
    for (size_t k = 0; k < o->p[proposal].n; k++)
        if (o->p[proposal].t[k].type == TRANSFORM_KE)
            return o->p[proposal].t[k].id;
    return 0;
}

/* What is weaker never stands in front of what every policy has. */
static void
test_the_modern_algorithms_stay_first_in_every_policy(void **state)
{
    (void)state;
    for (SuiteRank rank = SUITE_MODERN; rank <= SUITE_LEGACY; rank++) {
        IkeOffer o;

        ike_offer_policy(IKE_PROTO_IKE, rank, &o);
        for (size_t i = 0; i < o.n; i++) {
            SuiteRank worst[8] = { 0 };

            for (size_t k = 0; k < o.p[i].n; k++) {
                const IkeTransform *t = &o.p[i].t[k];
                SuiteRank r = suite_find(t->type, t->id)->rank;

                assert_true(r >= worst[t->type]);
                worst[t->type] = r;
            }
            assert_int_equal(first_group(&o, i), KE_ECP256);
        }
    }
}

static void
test_a_group_can_be_put_first(void **state)
{
    IkeOffer o, before;

    (void)state;
    ike_offer_policy(IKE_PROTO_IKE, SUITE_LEGACY, &o);
    before = o;
    assert_true(ike_offer_prefer_ke(&o, KE_MODP1024));
    assert_int_equal(first_group(&o, 0), KE_MODP1024);
    assert_int_equal(first_group(&o, 1), KE_MODP1024);
    for (size_t i = 0; i < o.n; i++) {
        assert_int_equal(o.p[i].n, before.p[i].n);
        assert_true(has(&o, TRANSFORM_KE, KE_ECP256));
        for (size_t k = 0; k < o.p[i].n && o.p[i].t[k].type != TRANSFORM_KE; k++)
            assert_int_equal(o.p[i].t[k].id, before.p[i].t[k].id);
    }
    before = o;
    assert_true(ike_offer_prefer_ke(&o, KE_MODP1024));
    assert_memory_equal(&o, &before, sizeof(o));
    assert_false(ike_offer_prefer_ke(&o, 4711));
    assert_memory_equal(&o, &before, sizeof(o));
}

static unsigned
count(const IkeProposal *p, uint8_t type)
{
    unsigned n = 0;

    for (size_t i = 0; i < p->n; i++)
        n += p->t[i].type == type;
    return n;
}

static uint16_t
last_group(const IkeProposal *p)
{
    uint16_t id = 4711;

    for (size_t i = 0; i < p->n; i++)
        if (p->t[i].type == TRANSFORM_KE)
            id = p->t[i].id;
    return id;
}

/* RFC 7296 §1.3.3: rekeying may do without, if NONE is offered, and behind everything else. */
static void
test_pfs_adds_the_groups_of_the_policy_to_every_proposal(void **state)
{
    (void)state;
    for (SuiteRank rank = SUITE_MODERN; rank <= SUITE_LEGACY; rank++)
        for (int required = 0; required < 2; required++) {
            IkeOffer plain, o, ike;

            ike_offer_policy(IKE_PROTO_IKE, rank, &ike);
            ike_offer_policy(IKE_PROTO_ESP, rank, &plain);
            assert_int_equal(ike_offer_first_ke(&plain), KE_NONE);
            o = plain;
            ike_offer_pfs(&o, rank, required);
            assert_int_equal(o.n, plain.n);
            assert_int_equal(ike_offer_first_ke(&o), KE_ECP256);
            for (size_t i = 0; i < o.n; i++) {
                unsigned groups = count(&ike.p[0], TRANSFORM_KE) + !required;

                assert_int_equal(count(&o.p[i], TRANSFORM_KE), groups);
                assert_int_equal(last_group(&o.p[i]) == KE_NONE, !required);
                assert_int_equal(o.p[i].n, plain.p[i].n + groups);
                assert_int_equal(o.p[i].number, i + 1);
                assert_memory_equal(o.p[i].t, plain.p[i].t, plain.p[i].n * sizeof(IkeTransform));
            }
        }
}

/* What the first child SA is, and one that is rekeyed without PFS, is as if there were no groups.
 */
static void
test_a_dropped_key_exchange_leaves_the_rest(void **state)
{
    IkeOffer plain, o;

    (void)state;
    ike_offer_policy(IKE_PROTO_ESP, SUITE_LEGACY, &plain);
    o = plain;
    assert_true(ike_offer_drop_ke(&o, true)); /* there is none to drop */
    assert_memory_equal(&o, &plain, sizeof(o));
    ike_offer_pfs(&o, SUITE_LEGACY, false);
    assert_true(ike_offer_drop_ke(&o, true));
    assert_memory_equal(&o, &plain, sizeof(o));
    ike_offer_pfs(&o, SUITE_LEGACY, true);
    assert_true(ike_offer_drop_ke(&o, false));
    assert_memory_equal(&o, &plain, sizeof(o));
}

static void
test_a_required_key_exchange_is_not_dropped(void **state)
{
    IkeOffer o, before;

    (void)state;
    ike_offer_policy(IKE_PROTO_ESP, SUITE_MODERN, &o);
    ike_offer_pfs(&o, SUITE_MODERN, true);
    before = o;
    assert_false(ike_offer_drop_ke(&o, true));
    assert_memory_equal(&o, &before, sizeof(o));
}

/* Of two proposals the one that insists on a group goes, and the other gets its place. */
static void
test_only_the_proposals_that_let_none_pass_are_left(void **state)
{
    IkeOffer o = { .proto = IKE_PROTO_ESP };

    (void)state;
    ike_offer_add(&o, true, TRANSFORM_ENCR, ENCR_AES_GCM_16, 256);
    ike_offer_add(&o, false, TRANSFORM_KE, KE_ECP256, 0);
    ike_offer_add(&o, true, TRANSFORM_ENCR, ENCR_AES_CBC, 128);
    ike_offer_add(&o, false, TRANSFORM_INTEG, AUTH_HMAC_SHA2_256_128, 0);
    ike_offer_add(&o, false, TRANSFORM_KE, KE_ECP384, 0);
    ike_offer_add(&o, false, TRANSFORM_KE, KE_NONE, 0);
    assert_true(ike_offer_drop_ke(&o, true));
    assert_int_equal(o.n, 1);
    assert_int_equal(o.p[0].number, 1);
    assert_int_equal(o.p[0].n, 2);
    assert_int_equal(o.p[0].t[0].id, ENCR_AES_CBC);
    assert_int_equal(o.p[0].t[1].id, AUTH_HMAC_SHA2_256_128);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_offers_of_the_seed_are_octet_for_octet),
        cmocka_unit_test(test_each_policy_holds_what_it_tolerates_and_nothing_weaker),
        cmocka_unit_test(test_no_proposal_mixes_aead_and_other_ciphers),
        cmocka_unit_test(test_the_modern_algorithms_stay_first_in_every_policy),
        cmocka_unit_test(test_a_group_can_be_put_first),
        cmocka_unit_test(test_pfs_adds_the_groups_of_the_policy_to_every_proposal),
        cmocka_unit_test(test_a_dropped_key_exchange_leaves_the_rest),
        cmocka_unit_test(test_a_required_key_exchange_is_not_dropped),
        cmocka_unit_test(test_only_the_proposals_that_let_none_pass_are_left),
    };

    return cmocka_run_group_tests_name("ike_offer", tests, NULL, NULL);
}
