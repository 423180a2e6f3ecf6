/* test_ike_id.c - agent/ike/ike_id.c */

#include "agent/ike/ike_id.h"
#include "tests/support/wire.h"

static const struct {
    const char *source, *wire;
    uint8_t type;
    const char *text;
} good[] = {
    { "agent/docs/WIRE.md §16.4 IDi", "c9000000 2a24416e79436f6e6e656374436c69656e74242a", 201,
      "*$AnyConnectClient$*" },
    { "agent/docs/WIRE.md §16.4 IDr",
      "09000000 301a311830160609 2a864886f70d010902 "
      "16094153412d494b455632",
      9, "unstructuredName=ASA-IKEV2" },
    { "RFC 7296 §3.5 ID_IPV4_ADDR", "01000000 0a000001", 1, "10.0.0.1" },
    { "RFC 7296 §3.5 ID_IPV6_ADDR", "05000000 20010db8000000000000000000000001", 5, "2001:db8::1" },
    { "RFC 7296 §3.5 ID_FQDN", "02000000 76706e2e6578616d706c65", 2, "vpn.example" },
    { "a key id with a terminal escape", "0b000000 1b5b324a ff", 11, "\\x1b[2J\\xff" },
    { "no DN at all", "09000000 ffff", 9, "0xffff" },
    { "a DN with an octet too many", "09000000 300000", 9, "0x300000" },
    { "a DN with a line feed in it", "09000000 3010310e300c06035504030c05610a62c3a9", 9,
      "CN=a\\0Ab\\C3\\A9" },
    { "a general name", "0a000000 8203616263", 10, "0x8203616263" },
    { "an empty key id", "0b000000", 11, "" },
};

static void
test_identities_round_trip_and_read_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);
        Reader in = reader_init(wire_slice(&wire));
        g_autofree char *text = NULL;
        uint8_t buf[64];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeId id;

        assert_int_equal(ike_id_decode(&in, &id), IKE_OK);
        assert_int_equal(id.type, good[i].type);
        text = ike_id_format(&id);
        assert_string_equal(text, good[i].text);
        ike_id_encode(&id, &out);
        wire_equal(&out, wire_slice(&wire));
    }
}

static void
test_reserved_octets_are_ignored(void **state)
{
    Hex wire = hex("01 ffffff 0a000001");
    Reader in = reader_init(wire_slice(&wire));
    IkeId id;

    (void)state;
    assert_int_equal(ike_id_decode(&in, &id), IKE_OK);
    assert_int_equal(id.data.len, 4);
}

static bool
decode(Slice cut)
{
    Reader in = reader_init(cut);
    IkeId id = { .type = 77 };
    IkeStatus st = ike_id_decode(&in, &id);

    assert_true(st == IKE_OK || id.type == 77);
    return st == IKE_OK;
}

static void
test_every_truncation_of_an_address_is_refused(void **state)
{
    Hex v4 = hex("01000000 0a000001"), v6 = hex("05000000 20010db8000000000000000000000001");

    (void)state;
    wire_cuts(wire_slice(&v4), decode);
    wire_cuts(wire_slice(&v6), decode);
}

static void
test_an_address_with_an_octet_too_many_is_refused(void **state)
{
    Hex v4 = hex("01000000 0a00000100"), v6 = hex("05000000 0a000001");

    (void)state;
    assert_false(decode(wire_slice(&v4)));
    assert_false(decode(wire_slice(&v6)));
}

static void
test_long_text_is_cut(void **state)
{
    g_autofree char *text = NULL;
    g_autofree char *hex_text = NULL;
    uint8_t octets[4000];

    (void)state;
    memset(octets, 'x', sizeof(octets));
    text = ike_id_format(&(IkeId){ IKE_ID_KEY_ID, { octets, sizeof(octets) } });
    hex_text = ike_id_format(&(IkeId){ IKE_ID_DER_ASN1_GN, { octets, sizeof(octets) } });
    assert_true(g_str_has_suffix(text, "x...") && strlen(text) < 300);
    assert_true(g_str_has_suffix(hex_text, "78...") && strlen(hex_text) < 300);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identities_round_trip_and_read_well),
        cmocka_unit_test(test_reserved_octets_are_ignored),
        cmocka_unit_test(test_every_truncation_of_an_address_is_refused),
        cmocka_unit_test(test_an_address_with_an_octet_too_many_is_refused),
        cmocka_unit_test(test_long_text_is_cut),
    };

    return cmocka_run_group_tests_name("ike_id", tests, NULL, NULL);
}
