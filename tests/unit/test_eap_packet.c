/* test_eap_packet.c - agent/eap/eap_packet.c */

#include "agent/eap/eap_packet.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static const struct {
    const char *source, *wire;
    uint8_t code, id, type;
    uint32_t vendor, vendor_type;
    size_t data_len;
} good[] = {
    { "Identity request, RFC 3748 §5.1", "01 07 0005 01", EAP_REQUEST, 7, 1, 0, 0, 0 },
    { "Identity response \"Anu\"", "02 07 0008 01 416e75", EAP_RESPONSE, 7, 1, 0, 0, 3 },
    { "Nak for type 254, RFC 3748 §5.3.1", "02 01 0006 03 fe", EAP_RESPONSE, 1, 3, 0, 0, 1 },
    { "Expanded Nak, RFC 3748 §5.3.2", "02 01 0014 fe 000000 00000003 fe 000009 44425250",
      EAP_RESPONSE, 1, 254, 0, 3, 8 },
    { "EAP-AnyConnect with an empty TLV, WIRE.md §4.1", "01 01 0010 fe 000009 44425250 0000 0000",
      EAP_REQUEST, 1, 254, 9, 0x44425250, 4 },
    { "Success, WIRE.md §16.5", "03 03 0004", EAP_SUCCESS, 3, 0, 0, 0, 0 },
    { "Failure, RFC 3748 §4.2", "04 03 0004", EAP_FAILURE, 3, 0, 0, 0, 0 },
};

static void
test_good_packets_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);
        uint8_t buf[64];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        EapPacket p;

        assert_true(eap_packet_decode((Slice){ wire.b, wire.len }, &p));
        assert_int_equal(p.code, good[i].code);
        assert_int_equal(p.id, good[i].id);
        assert_int_equal(p.type, good[i].type);
        assert_int_equal(p.vendor, good[i].vendor);
        assert_int_equal(p.vendor_type, good[i].vendor_type);
        assert_int_equal(p.data.len, good[i].data_len);
        eap_packet_encode(&p, &out);
        assert_int_equal(writer_finish(&out), wire.len);
        assert_memory_equal(buf, wire.b, wire.len);
    }
}

/* A cut packet does not have the length it says. */
static void
test_every_truncation_and_every_trailing_octet_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);
        EapPacket p = { .code = 99 };

        for (size_t cut = 0; cut < wire.len; cut++)
            assert_false(eap_packet_decode((Slice){ wire.b, cut }, &p));
        wire.b[wire.len] = 0;
        assert_false(eap_packet_decode((Slice){ wire.b, wire.len + 1 }, &p));
        assert_int_equal(p.code, 99);
    }
}

static void
test_lengths_that_are_true_but_too_short_are_refused(void **state)
{
    static const char *const bad[] = {
        "01 01 0004",                  /* a request without a type */
        "02 01 0005 fe",               /* expanded type without vendor */
        "02 01 000b fe 000009 444252", /* vendor type cut short */
        "03 01 0005 00",               /* Success with data */
        "04 01 0005 00",               /* Failure with data */
        "00 01 0005 01",
        "05 01 0004", /* no such code */
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex wire = hex(bad[i]);
        EapPacket p;

        assert_false(eap_packet_decode((Slice){ wire.b, wire.len }, &p));
    }
}

static void
test_encode_into_a_short_buffer_reports_it(void **state)
{
    uint8_t buf[11];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    eap_packet_encode(&(EapPacket){ .code = EAP_REQUEST, .type = EAP_TYPE_EXPANDED }, &out);
    assert_int_equal(writer_finish(&out), -1);
}

static void
test_a_packet_larger_than_its_length_field_is_not_written(void **state)
{
    g_autofree uint8_t *data = g_malloc0(70000), *buf = g_malloc(80000);
    Writer out = { .base = buf, .cap = 80000 };

    (void)state;
    eap_packet_encode(&(EapPacket){ .code = EAP_REQUEST, .type = 1, .data = { data, 70000 } },
                      &out);
    assert_int_equal(writer_finish(&out), -1);
}

static void
test_codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(eap_code_name(EAP_REQUEST), "request");
    assert_string_equal(eap_code_name(EAP_FAILURE), "failure");
    assert_string_equal(eap_code_name(0), "unknown");
    assert_string_equal(eap_code_name(200), "unknown");
}

/* The order of a certificate login, agent/docs/WIRE.md §4.3. */
static void
test_tlvs_come_in_the_order_they_stand(void **state)
{
    Hex wire = hex("0003 0002 3082 0001 0001 aa 0000 0000");
    Reader in = reader_init((Slice){ wire.b, wire.len });
    static const uint16_t types[] = { EAP_AC_TLV_PKCS7, EAP_AC_TLV_SIGN, EAP_AC_TLV_XML };
    static const size_t lens[] = { 2, 1, 0 };
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    bool bad = true;
    EapAcTlv t;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(eap_ac_tlv_next(&in, &t, &bad));
        assert_int_equal(t.type, types[i]);
        assert_int_equal(t.value.len, lens[i]);
        eap_ac_tlv_encode(&t, &out);
    }
    assert_false(eap_ac_tlv_next(&in, &t, &bad));
    assert_false(bad);
    assert_int_equal(writer_finish(&out), wire.len);
    assert_memory_equal(buf, wire.b, wire.len);
}

static void
test_a_tlv_cut_anywhere_is_bad(void **state)
{
    Hex wire = hex("0000 0004 3c612f3e");
    EapAcTlv t;

    (void)state;
    for (size_t cut = 1; cut < wire.len; cut++) {
        Reader in = reader_init((Slice){ wire.b, cut });
        bool bad = false;

        assert_false(eap_ac_tlv_next(&in, &t, &bad));
        assert_true(bad);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_packets_round_trip),
        cmocka_unit_test(test_every_truncation_and_every_trailing_octet_is_refused),
        cmocka_unit_test(test_lengths_that_are_true_but_too_short_are_refused),
        cmocka_unit_test(test_encode_into_a_short_buffer_reports_it),
        cmocka_unit_test(test_a_packet_larger_than_its_length_field_is_not_written),
        cmocka_unit_test(test_codes_have_names),
        cmocka_unit_test(test_tlvs_come_in_the_order_they_stand),
        cmocka_unit_test(test_a_tlv_cut_anywhere_is_bad),
    };

    return cmocka_run_group_tests_name("eap_packet", tests, NULL, NULL);
}
