/* test_ike_cfrag.c - agent/ike/ike_cfrag.c */

#include "agent/ike/ike_cfrag.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §16.6: header and fragment head of the field's three cut messages. */
static const struct {
    const char *head;
    uint32_t message_id;
    uint16_t id;
    uint8_t number;
    bool last;
    size_t from, to; /* of the message */
} rows[] = {
    { "58aff71141ba436bfc696330e6b94d7f8420232000000001000002200000020400010100", 1, 1, 1, false, 0,
      508 },
    { "58aff71141ba436bfc696330e6b94d7f8420232000000001000002200000020400010200", 1, 1, 2, false,
      508, 1016 },
    { "58aff71141ba436bfc696330e6b94d7f8420232000000001000001380000011c00010301", 1, 1, 3, true,
      1016, 1292 },
    { "58aff71141ba436bfc696330e6b94d7f8420232000000003000002200000020400020100", 3, 2, 1, false, 0,
      508 },
    { "58aff71141ba436bfc696330e6b94d7f842023200000000300000110000000f400020901", 3, 2, 9, true,
      4064, 4300 },
    { "58aff71141ba436bfc696330e6b94d7f8420232000000005000001700000015400030901", 5, 3, 9, true,
      4064, 4396 },
};

static IkeHeader
header(uint32_t message_id)
{
    return (IkeHeader){ .spi_i = UINT64_C(0x58aff71141ba436b),
                        .spi_r = UINT64_C(0xfc696330e6b94d7f),
                        .next_payload = IKE_PAYLOAD_SK,
                        .version = IKE_VERSION,
                        .exchange = IKE_EXCHANGE_IKE_AUTH,
                        .flags = IKE_FLAG_RESPONSE,
                        .message_id = message_id };
}

static void
test_fragments_are_the_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        uint8_t message[4396], want[600], buf[600];
        Hex head = hex(rows[i].head);
        size_t len = rows[i].to - rows[i].from;
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeHeader h = header(rows[i].message_id);
        IkeCfrag got, f = { .id = rows[i].id, .number = rows[i].number, .last = rows[i].last };
        IkeMsg m;

        for (size_t j = 0; j < sizeof(message); j++)
            message[j] = (uint8_t)(j % 251);
        f.data = (Slice){ message + rows[i].from, len };
        memcpy(want, head.b, head.len);
        memcpy(want + head.len, f.data.p, len);
        ike_cfrag_encode(&h, &f, &out);
        wire_equal(&out, (Slice){ want, head.len + len });
        assert_int_equal(ike_msg_decode(writer_view(&out), &m, NULL), IKE_OK);
        assert_true(ike_cfrag_decode(&m, &got));
        assert_int_equal(got.id, f.id);
        assert_int_equal(got.number, f.number);
        assert_int_equal(got.last, f.last);
        assert_true(slice_equal(got.data, f.data));
    }
}

static bool
decode(Slice octets)
{
    IkeCfrag f;
    IkeMsg m;

    return ike_msg_decode(octets, &m, NULL) == IKE_OK && ike_cfrag_decode(&m, &f);
}

static void
test_every_cut_is_refused(void **state)
{
    Hex good =
        hex("58aff71141ba436bfc696330e6b94d7f84202320000000010000002600000000 00010100 aabb");

    (void)state;
    good.b[31] = 10; /* payload length: 8 and the slice */
    assert_true(decode(wire_slice(&good)));
    wire_cuts(wire_slice(&good), decode);
}

/* A length that is right, of too few octets. */
static void
test_a_fragment_without_number_or_contents_is_refused(void **state)
{
    static const char *const bad[] = { "", "00", "0001", "000101", "00010101", "0001000000aa" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex body = hex(bad[i]);
        uint8_t buf[100];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeHeader h = header(1);
        IkeChain c;

        ike_header_encode(&h, &out);
        c = ike_chain_begin(&out, 0);
        ike_chain_add(&c, IKE_PAYLOAD_CISCO_FRAGMENT, wire_slice(&body));
        ike_header_finish(&out, 0);
        assert_false(decode(writer_view(&out)));
    }
}

static void
test_what_is_joined_must_be_what_its_fragments_said(void **state)
{
    /* an SK payload of no sense */
    Hex whole = hex("58aff71141ba436bfc696330e6b94d7f2e20232000000001000000240000000800000000");
    static const size_t told[] = { 0, 8, 18, 19, 23 }; /* SPIs, exchange, flags, message id */
    IkeHeader outer = header(1);
    IkeMsg m;

    (void)state;
    assert_true(ike_cfrag_joined(&outer, wire_slice(&whole), &m));
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        Hex other = whole;

        other.b[told[i]] ^= 1;
        assert_false(ike_cfrag_joined(&outer, wire_slice(&other), &m));
    }
    for (size_t len = 0; len < whole.len; len++)
        assert_false(ike_cfrag_joined(&outer, (Slice){ whole.b, len }, &m));
    whole.b[27]++; /* a length that is not its own */
    assert_false(ike_cfrag_joined(&outer, wire_slice(&whole), &m));
}

static void
test_a_repetition_is_known_under_another_fragment_id(void **state)
{
    Hex whole = hex("58aff71141ba436bfc696330e6b94d7f2e20232000000001000000240000000800000000");
    Hex slice = hex("aabbccdd");

    (void)state;
    assert_true(slice_equal(ike_cfrag_identity(wire_slice(&whole)), wire_slice(&whole)));
    for (uint16_t id = 1; id < 4; id++) {
        uint8_t buf[100];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeHeader h = header(1);

        ike_cfrag_encode(&h, &(IkeCfrag){ .id = id, .number = 1, .data = wire_slice(&slice) },
                         &out);
        assert_true(slice_equal(ike_cfrag_identity(writer_view(&out)), wire_slice(&slice)));
        for (size_t cut = 0; cut < IKE_CFRAG_OVERHEAD; cut++)
            assert_int_equal(ike_cfrag_identity((Slice){ buf, cut }).len, cut);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragments_are_the_fields),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_a_fragment_without_number_or_contents_is_refused),
        cmocka_unit_test(test_what_is_joined_must_be_what_its_fragments_said),
        cmocka_unit_test(test_a_repetition_is_known_under_another_fragment_id),
    };

    return cmocka_run_group_tests_name("ike_cfrag", tests, NULL, NULL);
}
