/* test_ike_proposal.c - agent/ike/ike_proposal.c */

#include "agent/ike/ike_proposal.h"
#include "tests/support/reencode.h"
#include "tests/support/wire.h"

/* Bodies of agent/docs/WIRE.md §16.3 and §16.4, the generic header left out. */
#define IKE_REPLY                                                                                  \
    "0000002c 01010004 0300000c 0100000c 800e00c0 03000008 02000002 03000008 03000002 "            \
    "00000008 04000001"
#define ESP_REPLY                                                                                  \
    "00000028 01030403 30b848a4 0300000c 0100000c 800e0100 03000008 03000002 00000008 05000000"
#define TWO "02000010 01010001 00000008 0100000c 00000010 02010001 00000008 01000014"

static bool
decode(Slice s)
{
    return ike_proposal_check(s) == IKE_OK;
}

static void
test_the_ike_reply_of_the_seed_is_read(void **state)
{
    Hex wire = hex(IKE_REPLY);
    Reader in = reader_init(wire_slice(&wire));
    IkeProposal p;

    (void)state;
    assert_int_equal(ike_proposal_next(&in, &p), IKE_OK);
    assert_int_equal(p.number, 1);
    assert_int_equal(p.proto, IKE_PROTO_IKE);
    assert_int_equal(p.spi.len, 0);
    assert_int_equal(p.n, 4);
    assert_int_equal(p.t[0].type, TRANSFORM_ENCR);
    assert_int_equal(p.t[0].id, ENCR_AES_CBC);
    assert_int_equal(p.t[0].key_bits, 192);
    assert_int_equal(p.t[1].id, PRF_HMAC_SHA1);
    assert_int_equal(p.t[1].key_bits, 0);
    assert_int_equal(p.t[2].id, AUTH_HMAC_SHA1_96);
    assert_int_equal(p.t[3].type, TRANSFORM_KE);
    assert_int_equal(p.t[3].id, KE_MODP768);
    assert_int_equal(ike_proposal_next(&in, &p), IKE_DROP);
}

static void
test_bodies_round_trip_and_every_truncation_is_refused(void **state)
{
    static const char *const bodies[] = { IKE_REPLY, ESP_REPLY, TWO };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        Hex wire = hex(bodies[i]);
        uint8_t buf[128];
        Writer out = { .base = buf, .cap = sizeof(buf) };

        assert_true(decode(wire_slice(&wire)));
        reencode_sa(wire_slice(&wire), &out);
        wire_equal(&out, wire_slice(&wire));
        wire_cuts(wire_slice(&wire), decode);
    }
}

static void
test_all_65536_ids_of_all_types_round_trip(void **state)
{
    (void)state;
    for (unsigned id = 0; id <= UINT16_MAX; id++) {
        uint8_t wire[] = {
            0, 0, 0, 16, 1, 1, 0, 1, 0, 0, 0, 8, (uint8_t)id, 0, (uint8_t)(id >> 8), (uint8_t)id
        };
        Reader in = reader_init((Slice){ wire, sizeof(wire) });
        uint8_t buf[32];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeProposal p;

        assert_int_equal(ike_proposal_next(&in, &p), IKE_OK);
        assert_int_equal(p.t[0].id, id);
        assert_int_equal(p.t[0].type, id & 0xff);
        ike_proposal_encode(&p, true, &out);
        wire_equal(&out, (Slice){ wire, sizeof(wire) });
    }
}

static void
test_lying_lengths_counts_and_last_octets_are_refused(void **state)
{
    static const struct {
        const char *what, *wire;
    } bad[] = {
        { "nothing", "" },
        { "no transform", "00000008 01010000" },
        { "a count too high", "00000010 01010002 00000008 0100000c" },
        { "a count too low", "00000018 01010001 03000008 0100000c 00000008 02000002" },
        { "last, but another follows", "00000010 01010001 00000008 0100000c"
                                       "00000010 02010001 00000008 0100000c" },
        { "another follows, but it does not", "02000010 01010001 00000008 0100000c" },
        { "last octet 1", "01000010 01010001 00000008 0100000c" },
        { "transform says more follow", "00000010 01010001 03000008 0100000c" },
        { "transform says it is the last",
          "00000018 01010002 00000008 0100000c 00000008 02000002" },
        { "proposal length 0", "00000000 01010001 00000008 0100000c" },
        { "proposal length 7", "00000007 01010001 00000008 0100000c" },
        { "proposal length beyond the body", "00000011 01010001 00000008 0100000c" },
        { "proposal length short of the body", "0000000f 01010001 00000008 0100000c" },
        { "transform length 0", "00000010 01010001 00000000 0100000c" },
        { "transform length 7", "00000010 01010001 00000007 0100000c" },
        { "transform length beyond the proposal", "00000010 01010001 00000009 0100000c" },
        { "half an attribute", "00000012 01010001 0000000a 0100000c 800e" },
        { "a long attribute beyond the transform", "00000014 01010001 0000000c 0100000c 000e0001" },
        { "SPI longer than the proposal", "00000010 0101ff01 00000008 0100000c" },
        { "an IKE SPI of 4 octets (RFC 7296 §3.3.1)", "00000014 01010401 11223344 "
                                                      "00000008 0100000c" },
        { "an ESP proposal without SPI", "00000010 01030001 00000008 0100000c" },
        { "an ESP SPI of 8 octets", "00000018 01030801 1122334455667788 00000008 0100000c" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex wire = hex(bad[i].wire);
        g_autofree void *owner = NULL;

        if (decode(wire_exact(wire_slice(&wire), &owner)))
            fail_msg("%s", bad[i].what);
    }
}

/* RFC 7296 §3.3.6: the transform is there, but it is not one that may be chosen. */
static void
test_attributes_not_understood_mark_the_transform(void **state)
{
    static const struct {
        const char *wire;
        uint16_t key_bits;
        bool unknown;
    } cases[] = {
        { "00000014 01010001 0000000c 0100000c 800e0080", 128, false },
        { "00000014 01010001 0000000c 0100000c 800f0080", 0, true },      /* attribute 15 */
        { "00000014 01010001 0000000c 0100000c 800e0000", 0, true },      /* of 0 bits */
        { "00000016 01010001 0000000e 0100000c 000e0002 0080", 0, true }, /* in the long form */
        { "00000018 01010001 00000010 0100000c 800e0080 800e0100", 128, true }, /* twice */
        { "00000018 01010001 00000010 0100000c 000f0000 800e0100", 256, true },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Hex wire = hex(cases[i].wire);
        Reader in = reader_init(wire_slice(&wire));
        IkeProposal p;

        assert_int_equal(ike_proposal_next(&in, &p), IKE_OK);
        assert_int_equal(p.t[0].key_bits, cases[i].key_bits);
        assert_int_equal(p.t[0].unknown_attr, cases[i].unknown);
    }
}

/* @n proposals of @transforms transforms each. */
static GByteArray *
body_of(size_t n, size_t transforms)
{
    GByteArray *a = g_byte_array_new();

    for (size_t i = 0; i < n; i++) {
        uint16_t len = (uint16_t)(8 + 8 * transforms);
        const uint8_t head[] = {
            i + 1 < n ? 2 : 0,  0, (uint8_t)(len >> 8), (uint8_t)len, (uint8_t)(i + 1), 1, 0,
            (uint8_t)transforms
        };

        g_byte_array_append(a, head, sizeof(head));
        for (size_t k = 0; k < transforms; k++) {
            const uint8_t t[] = { k + 1 < transforms ? 3 : 0, 0, 0, 8, 1, 0, 0, 12 };

            g_byte_array_append(a, t, sizeof(t));
        }
    }
    return a;
}

static void
test_proposals_and_transforms_are_bounded(void **state)
{
    (void)state;
    for (size_t n = 1; n < 256; n++) {
        g_autoptr(GByteArray) many = body_of(n, 1);
        g_autoptr(GByteArray) wide = body_of(1, n);

        assert_int_equal(decode((Slice){ many->data, many->len }), n <= IKE_PROPOSALS_MAX);
        assert_int_equal(decode((Slice){ wide->data, wide->len }), n <= IKE_TRANSFORMS_MAX);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_ike_reply_of_the_seed_is_read),
        cmocka_unit_test(test_bodies_round_trip_and_every_truncation_is_refused),
        cmocka_unit_test(test_all_65536_ids_of_all_types_round_trip),
        cmocka_unit_test(test_lying_lengths_counts_and_last_octets_are_refused),
        cmocka_unit_test(test_attributes_not_understood_mark_the_transform),
        cmocka_unit_test(test_proposals_and_transforms_are_bounded),
    };

    return cmocka_run_group_tests_name("ike_proposal", tests, NULL, NULL);
}
