/* test_ike_msg.c - agent/ike/ike_msg.c */

#include "agent/crypto/digest.h"
#include "agent/ike/ike_msg.h"
#include "agent/ike/ike_vendor.h"
#include "tests/support/reencode.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §16.3, all 386 octets */
static const char init_response[] =
    "58aff71141ba436bfc696330e6b94d7f21202220000000000000018222000030"
    "0000002c010100040300000c0100000c800e00c0030000080200000203000008"
    "0300000200000008040000012800006800010000c930f932d47cd1a75b717209"
    "6e7e910ce1ceb4a43cf28b744e2059b40ba1ff653788ccc4a4b6fa4a63039389"
    "e17ebd6a649a3824e2a840f5a3d6eff71adf33cca18efadc9c3445791a7c2905"
    "878aac02982e7dcb4151d6fefcc776831d03b0d72b000018c2287f8c7db31e51"
    "fcebf197ec97b867d5e7c2f52b000017434953434f2d44454c4554452d524541"
    "534f4e2b00003b434953434f28434f505952494748542926436f707972696768"
    "7420286329203230303920436973636f2053797374656d732c20496e632e2900"
    "0018434953434f2d414e59434f4e4e4543542d4541502900001c01004004f76e"
    "6b4e7f70dd9405c5015e6e0efb41d329f4ac2b00001c01004005f279b1df8d54"
    "5c58b94caf8098dd0820c44fd59c000000144048b7d56ebce88525e7de7f00d6"
    "c2d3";
static const char init_response_sha256[] =
    "C50B44BAED8FCBF85ED076E1E3B0B176A8E5FB4C5014ABFC291DDD12D12D1AA3";

/* A message of @n payloads of @type with @body_len zero octets each. */
static GByteArray *
chain_of(uint8_t type, size_t n, size_t body_len)
{
    size_t cap = IKE_HEADER_LEN + n * (4 + body_len);
    g_autofree uint8_t *buf = g_malloc(cap);
    g_autofree uint8_t *zeros = g_malloc0(body_len + 1);
    Writer out = { .base = buf, .cap = cap };
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = 1,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_INITIATOR },
                      &out);
    c = ike_chain_begin(&out, 0);
    for (size_t i = 0; i < n; i++)
        ike_chain_add(&c, type, (Slice){ zeros, body_len });
    ike_header_finish(&out, 0);
    assert_int_equal(writer_finish(&out), cap);
    return g_byte_array_new_take(g_steal_pointer(&buf), cap);
}

static IkeStatus
decode_status(const GByteArray *octets)
{
    IkeMsg m;

    return ike_msg_decode((Slice){ octets->data, octets->len }, &m, NULL);
}

static void
test_the_seed_response_is_read_and_written_again_octet_for_octet(void **state)
{
    static const struct {
        uint8_t type;
        size_t len; /* agent/docs/WIRE.md §1.3 */
    } chain[] = { { IKE_PAYLOAD_SA, 48 },     { IKE_PAYLOAD_KE, 104 },
                  { IKE_PAYLOAD_NONCE, 24 },  { IKE_PAYLOAD_VENDOR, 23 },
                  { IKE_PAYLOAD_VENDOR, 59 }, { IKE_PAYLOAD_VENDOR, 24 },
                  { IKE_PAYLOAD_NOTIFY, 28 }, { IKE_PAYLOAD_NOTIFY, 28 },
                  { IKE_PAYLOAD_VENDOR, 20 } };
    Hex wire = hex(init_response);
    g_autofree char *sha = digest_hex("SHA256", wire_slice(&wire));
    const char *why = NULL;
    uint8_t buf[512];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeNotify n;
    IkeMsg m;

    (void)state;
    assert_string_equal(sha, init_response_sha256);
    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, &why), IKE_OK);
    assert_int_equal(m.n, G_N_ELEMENTS(chain));
    for (size_t i = 0; i < m.n; i++) {
        assert_int_equal(m.p[i].type, chain[i].type);
        assert_int_equal(m.p[i].body.len + 4, chain[i].len);
        assert_false(m.p[i].critical || m.p[i].inner);
    }
    assert_true(m.outer ==
                (IKE_SET(SA) | IKE_SET(KE) | IKE_SET(NONCE) | IKE_SET(VENDOR) | IKE_SET(NOTIFY)));
    assert_true(m.inner == 0);
    assert_true(ike_msg_is_response(&m));
    assert_true(ike_msg_has_vendor(&m, IKE_VID_ANYCONNECT_EAP, false));
    assert_true(ike_msg_has_vendor(&m, slice_of("CISCO(COPYRIGHT)"), true));
    assert_false(ike_msg_has_vendor(&m, slice_of("CISCO(COPYRIGHT)"), false));
    assert_false(ike_msg_has_vendor(&m, IKE_VID_FLEXVPN, false));
    assert_true(ike_msg_notify(&m, IKE_N_NAT_DETECTION_DESTINATION_IP, &n));
    assert_int_equal(n.data.p[0], 0xf2);
    assert_false(ike_msg_notify(&m, IKE_N_COOKIE, &n));
    assert_false(ike_msg_error(&m, &n));
    reencode_clear(&m, &out);
    wire_equal(&out, wire_slice(&wire));
}

/* A foreign implementation's whole messages. */
static void
test_captured_messages_are_read_and_written_again(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        WireCapture c = wire_capture(i);
        uint8_t buf[1024];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeMsg m;

        assert_true(c.whole);
        assert_int_equal(ike_msg_decode(wire_capture_view(&c), &m, NULL), IKE_OK);
        assert_int_equal(ike_msg_is_response(&m), c.response);
        assert_int_equal(m.n, i == 1 ? 14 : 16);
        reencode_clear(&m, &out);
        wire_equal(&out, wire_capture_view(&c));
        g_byte_array_unref(c.octets);
    }
}

/* Its decrypted chains, every payload there is in a login. */
static void
test_captured_inner_chains_are_read_and_written_again(void **state)
{
    (void)state;
    for (unsigned i = 3; i <= 16; i++) {
        g_autoptr(GByteArray) outer = chain_of(IKE_PAYLOAD_SK, 1, 64);
        WireCapture c = wire_capture(i);
        uint8_t buf[4096];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeMsg m;

        assert_int_equal(ike_msg_decode((Slice){ outer->data, outer->len }, &m, NULL), IKE_OK);
        assert_int_equal(ike_msg_decode_inner(&m, (uint8_t)c.first, wire_capture_view(&c), NULL),
                         IKE_OK);
        assert_true(m.outer == IKE_SET(SK));
        reencode_chain(&m, true, SIZE_MAX, &out);
        wire_equal(&out, wire_capture_view(&c));
        g_byte_array_unref(c.octets);
    }
}

static bool
decode_whole(Slice cut)
{
    IkeMsg m;

    return ike_msg_decode(cut, &m, NULL) == IKE_OK;
}

static void
test_every_truncation_is_refused(void **state)
{
    Hex wire = hex(init_response);

    (void)state;
    wire_cuts(wire_slice(&wire), decode_whole);
}

/* The same with a header that tells the truth about the cut: now it is the chain that must notice.
 * What ends with a payload but says that another follows is cut too. */
static void
test_every_truncation_with_an_honest_length_is_refused(void **state)
{
    Hex wire = hex(init_response);

    (void)state;
    for (size_t cut = IKE_HEADER_LEN; cut < wire.len; cut++) {
        Hex shorter = wire;
        IkeMsg m;

        shorter.b[26] = (uint8_t)(cut >> 8);
        shorter.b[27] = (uint8_t)cut;
        assert_int_equal(ike_msg_decode((Slice){ shorter.b, cut }, &m, NULL), IKE_N_INVALID_SYNTAX);
        assert_true(m.h.spi_i == UINT64_C(0x58aff71141ba436b)); /* good for the refusal */
    }
}

static void
test_inner_truncations_are_refused_and_leave_the_message_alone(void **state)
{
    g_autoptr(GByteArray) outer = chain_of(IKE_PAYLOAD_SK, 1, 64);
    WireCapture c = wire_capture(14);
    IkeMsg m;

    (void)state;
    assert_int_equal(ike_msg_decode((Slice){ outer->data, outer->len }, &m, NULL), IKE_OK);
    for (size_t cut = 0; cut < c.octets->len; cut++) {
        g_autofree void *owner = NULL;
        const char *why = NULL;
        Slice s = wire_exact((Slice){ c.octets->data, cut }, &owner);

        assert_int_equal(ike_msg_decode_inner(&m, (uint8_t)c.first, s, &why), IKE_N_INVALID_SYNTAX);
        assert_non_null(why);
        assert_int_equal(m.n, 1);
        assert_true(m.inner == 0);
    }
    g_byte_array_unref(c.octets);
}

static void
test_header_faults_have_their_own_verdicts(void **state)
{
    static const struct {
        const char *what;
        size_t at;
        uint8_t value;
        IkeStatus want;
    } cases[] = {
        { "major version 3 (RFC 7296 §2.5)", 17, 0x30, IKE_N_INVALID_MAJOR_VERSION },
        { "major version 15", 17, 0xf0, IKE_N_INVALID_MAJOR_VERSION },
        { "IKEv1 is nobody's business here", 17, 0x10, IKE_DROP },
        { "a minor version is ignored", 17, 0x2f, IKE_OK },
        { "reserved flags are ignored (§3.1)", 19, 0xe7, IKE_OK },
        { "an exchange nobody knows is a matter of rules", 18, 99, IKE_OK },
        { "one octet more than there is", 27, 0x83, IKE_N_INVALID_SYNTAX },
        { "one octet less", 27, 0x81, IKE_N_INVALID_SYNTAX },
        { "4 GB", 24, 0xff, IKE_N_INVALID_SYNTAX },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Hex wire = hex(init_response);
        IkeMsg m;

        wire.b[cases[i].at] = cases[i].value;
        if (ike_msg_decode(wire_slice(&wire), &m, NULL) != cases[i].want)
            fail_msg("%s", cases[i].what);
    }
}

static void
test_an_initiator_spi_of_zero_is_dropped(void **state)
{
    Hex wire = hex(init_response);
    IkeMsg m;

    (void)state;
    memset(wire.b, 0, 8);
    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, NULL), IKE_DROP);
}

/* A payload length of 0 to 3 cannot hold its own header (RFC 7296 §3.2). */
static void
test_a_payload_length_below_four_is_refused_for_all_types(void **state)
{
    (void)state;
    for (unsigned type = 1; type < 256; type++)
        for (uint8_t len = 0; len < 4; len++) {
            g_autoptr(GByteArray) wire = chain_of((uint8_t)type, 1, 0);

            wire->data[IKE_HEADER_LEN + 3] = len;
            assert_int_equal(decode_status(wire), IKE_N_INVALID_SYNTAX);
        }
}

/* Which bodies may be empty, and the smallest that is all zero. */
static void
test_every_type_has_its_least_body(void **state)
{
    static const struct {
        uint8_t type;
        bool empty_ok;
    } known[] = {
        { IKE_PAYLOAD_SA, false },     { IKE_PAYLOAD_KE, false },    { IKE_PAYLOAD_IDi, false },
        { IKE_PAYLOAD_IDr, false },    { IKE_PAYLOAD_CERT, false },  { IKE_PAYLOAD_CERTREQ, false },
        { IKE_PAYLOAD_AUTH, false },   { IKE_PAYLOAD_NONCE, false }, { IKE_PAYLOAD_NOTIFY, false },
        { IKE_PAYLOAD_DELETE, false }, { IKE_PAYLOAD_VENDOR, true }, { IKE_PAYLOAD_TSi, false },
        { IKE_PAYLOAD_TSr, false },    { IKE_PAYLOAD_SK, true },     { IKE_PAYLOAD_EAP, false },
        { IKE_PAYLOAD_SKF, false },    { IKE_PAYLOAD_CP, true }, /* clear: not looked at */
    };
    bool empty_ok[256];

    (void)state;
    memset(empty_ok, true, sizeof(empty_ok));
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        empty_ok[known[i].type] = known[i].empty_ok;
    for (unsigned type = 1; type < 256; type++) {
        g_autoptr(GByteArray) wire = chain_of((uint8_t)type, 1, 0);

        if (decode_status(wire) != (empty_ok[type] ? IKE_OK : IKE_N_INVALID_SYNTAX))
            fail_msg("empty payload of type %u", type);
    }
}

static void
test_nonces_have_16_to_256_octets(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 300; len++) {
        g_autoptr(GByteArray) wire = chain_of(IKE_PAYLOAD_NONCE, 1, len);

        assert_int_equal(decode_status(wire),
                         len >= 16 && len <= 256 ? IKE_OK : IKE_N_INVALID_SYNTAX);
    }
}

static void
test_the_number_of_payloads_is_bounded(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 1000; n++) {
        g_autoptr(GByteArray) wire = chain_of(IKE_PAYLOAD_VENDOR, n, 0);

        assert_int_equal(decode_status(wire),
                         n <= IKE_PAYLOADS_MAX ? IKE_OK : IKE_N_INVALID_SYNTAX);
    }
}

/* Unknown types, those of IKEv1 among them, are kept; only the critical bit makes them matter. */
static void
test_all_256_types_are_kept_and_only_unknown_critical_ones_reported(void **state)
{
    (void)state;
    for (unsigned type = 1; type < 256; type++)
        for (unsigned critical = 0; critical < 2; critical++) {
            g_autoptr(GByteArray) wire = chain_of((uint8_t)type, 1, 0);
            bool unknown = ike_payload_name((uint8_t)type)[0] == '?';
            IkeMsg m;

            wire->data[IKE_HEADER_LEN + 1] = critical ? 0xff : 0x7f; /* reserved bits: ignored */
            if (ike_msg_decode((Slice){ wire->data, wire->len }, &m, NULL) != IKE_OK)
                continue; /* the body of a known type may not be empty */
            assert_int_equal(m.p[0].type, type);
            assert_int_equal(m.p[0].critical, critical);
            assert_int_equal(m.unknown_critical, unknown && critical ? type : 0);
        }
}

static void
test_nothing_may_follow_an_encrypted_payload(void **state)
{
    static const uint8_t types[] = { IKE_PAYLOAD_SK, IKE_PAYLOAD_SKF };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GByteArray) wire = chain_of(types[i], 2, 4);

        assert_int_equal(decode_status(wire), IKE_N_INVALID_SYNTAX);
    }
}

static void
test_an_encrypted_payload_inside_another_is_refused(void **state)
{
    g_autoptr(GByteArray) outer = chain_of(IKE_PAYLOAD_SK, 1, 64);
    Hex inside = hex("00 00 0008 00000000");
    IkeMsg m;

    (void)state;
    assert_int_equal(ike_msg_decode((Slice){ outer->data, outer->len }, &m, NULL), IKE_OK);
    assert_int_equal(ike_msg_decode_inner(&m, IKE_PAYLOAD_SK, wire_slice(&inside), NULL),
                     IKE_N_INVALID_SYNTAX);
    assert_int_equal(ike_msg_decode_inner(&m, IKE_PAYLOAD_VENDOR, wire_slice(&inside), NULL),
                     IKE_OK);
}

static void
test_octets_behind_the_last_payload_are_refused(void **state)
{
    Hex wire = hex(init_response);
    const char *why = NULL;
    IkeMsg m;

    (void)state;
    wire.b[16] = IKE_PAYLOAD_NONE;
    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, &why), IKE_N_INVALID_SYNTAX);
    assert_string_equal(why, "octets follow the last payload");
}

/* agent/docs/WIRE.md §1.4: nobody knows what stands in it. */
static void
test_a_clear_cp_may_be_anything_and_an_inner_one_may_not(void **state)
{
    g_autoptr(GByteArray) clear = chain_of(IKE_PAYLOAD_CP, 1, 3);
    g_autoptr(GByteArray) outer = chain_of(IKE_PAYLOAD_SK, 1, 64);
    Hex inside = hex("00 00 0007 000000");
    const char *why = NULL;
    IkeMsg m;

    (void)state;
    assert_int_equal(decode_status(clear), IKE_OK);
    assert_int_equal(ike_msg_decode((Slice){ outer->data, outer->len }, &m, NULL), IKE_OK);
    assert_int_equal(ike_msg_decode_inner(&m, IKE_PAYLOAD_CP, wire_slice(&inside), &why),
                     IKE_N_INVALID_SYNTAX);
    assert_string_equal(why, "the CFG payload is malformed");
}

static void
test_the_first_error_notify_is_found_behind_status_ones(void **state)
{
    /* SET_WINDOW_SIZE, NO_PROPOSAL_CHOSEN, INVALID_KE_PAYLOAD (group 19) */
    Hex wire = hex("0000000000000001 0000000000000002 29 20 22 20 00000000 0000003a"
                   "29 00 000c 0000 4001 00000001"
                   "29 00 0008 0000 000e"
                   "00 00 000a 0000 0011 0013");
    const IkePayload *p = NULL;
    IkeNotify n;
    IkeMsg m;
    size_t seen = 0;

    (void)state;
    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, NULL), IKE_OK);
    assert_true(ike_msg_error(&m, &n));
    assert_int_equal(n.type, IKE_N_NO_PROPOSAL_CHOSEN);
    assert_true(ike_msg_notify(&m, IKE_N_INVALID_KE_PAYLOAD, &n));
    assert_int_equal(n.data.len, 2);
    while ((p = ike_msg_find(&m, IKE_PAYLOAD_NOTIFY, p)))
        seen++;
    assert_int_equal(seen, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seed_response_is_read_and_written_again_octet_for_octet),
        cmocka_unit_test(test_captured_messages_are_read_and_written_again),
        cmocka_unit_test(test_captured_inner_chains_are_read_and_written_again),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_every_truncation_with_an_honest_length_is_refused),
        cmocka_unit_test(test_inner_truncations_are_refused_and_leave_the_message_alone),
        cmocka_unit_test(test_header_faults_have_their_own_verdicts),
        cmocka_unit_test(test_an_initiator_spi_of_zero_is_dropped),
        cmocka_unit_test(test_a_payload_length_below_four_is_refused_for_all_types),
        cmocka_unit_test(test_every_type_has_its_least_body),
        cmocka_unit_test(test_nonces_have_16_to_256_octets),
        cmocka_unit_test(test_the_number_of_payloads_is_bounded),
        cmocka_unit_test(test_all_256_types_are_kept_and_only_unknown_critical_ones_reported),
        cmocka_unit_test(test_nothing_may_follow_an_encrypted_payload),
        cmocka_unit_test(test_an_encrypted_payload_inside_another_is_refused),
        cmocka_unit_test(test_octets_behind_the_last_payload_are_refused),
        cmocka_unit_test(test_a_clear_cp_may_be_anything_and_an_inner_one_may_not),
        cmocka_unit_test(test_the_first_error_notify_is_found_behind_status_ones),
    };

    return cmocka_run_group_tests_name("ike_msg", tests, NULL, NULL);
}
