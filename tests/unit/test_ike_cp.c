/* test_ike_cp.c - agent/ike/ike_cp.c */

#include "agent/ike/ike_cp.h"
#include "agent/ike/ike_payload.h"
#include "tests/support/reencode.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §16.4: the whole payload, 196 octets */
static const char request[] = "210000c40100000000010000000200000003000000040000000500000007001b"
                              "416e79436f6e6e6563742057696e646f777320332e302e313034370008000000"
                              "0d0000700a000f77696e7870363474656d706c61746570200000702100007022"
                              "00007023000070240000702500007026000070000000700c000070270002057e"
                              "70020000702800007003000070070000700b0000702d0000702e0000702f0000"
                              "7030000070310000703200007033000070340000703500007036000070370000"
                              "70390000";

static void
test_the_seed_request_is_octet_for_octet(void **state)
{
    Hex want = hex(request);
    uint8_t buf[256];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeChain c = ike_chain_begin(&out, SIZE_MAX);

    (void)state;
    ike_chain_open(&c, IKE_PAYLOAD_CP);
    ike_cp_encode_anyconnect_request(&(IkeCpWish){ .mtu = 1406,
                                                   .app_version = "AnyConnect Windows 3.0.1047",
                                                   .hostname = "winxp64template" },
                                     &out);
    ike_chain_close(&c);
    ike_chain_open(&c, IKE_PAYLOAD_SA); /* what follows in the seed */
    out.len = want.len;
    wire_equal(&out, wire_slice(&want));
}

static void
test_the_seed_request_has_36_attributes(void **state)
{
    Hex wire = hex(request);
    Reader in = reader_init((Slice){ wire.b + 4, wire.len - 4 }), attrs;
    IkeCpAttr a;
    IkeCp cp;
    Slice v;
    size_t n = 0;

    (void)state;
    assert_int_equal(ike_cp_decode(&in, &cp), IKE_OK);
    assert_int_equal(cp.type, IKE_CFG_REQUEST);
    for (attrs = reader_init(cp.attrs); ike_cp_next(&attrs, &a);)
        n++;
    assert_int_equal(n, 36);
    assert_int_equal(reader_left(&attrs), 0);
    assert_true(ike_cp_find(&cp, IKE_CP_MTU, &v));
    assert_int_equal(v.p[0] << 8 | v.p[1], 1406);
    assert_true(ike_cp_find(&cp, IKE_CP_CLIENT_BYPASS, &v));
    assert_int_equal(v.len, 0);
    assert_false(ike_cp_find(&cp, IKE_CP_SPLIT_INCLUDE, &v));
}

static void
test_a_request_for_ipv6_asks_for_its_names_and_networks_too(void **state)
{
    Hex tail = hex("7039 0000 000a 0000 000f 0000"); /* IP6_DNS 10, IP6_SUBNET 15 */
    uint8_t buf[256];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    ike_cp_encode_anyconnect_request(&(IkeCpWish){ .ipv6 = true }, &out);
    assert_int_equal(writer_finish(&out), 4 + 38 * 4);
    assert_memory_equal(buf + out.len - tail.len, tail.b, tail.len);
}

static bool
decode(Slice s)
{
    Reader in = reader_init(s);
    IkeCp cp = { .type = 77 };
    IkeStatus st = ike_cp_decode(&in, &cp);

    assert_true(st == IKE_OK || cp.type == 77);
    return st == IKE_OK;
}

/* A body may end behind any attribute, and nowhere else. */
static void
test_every_cut_inside_an_attribute_is_refused(void **state)
{
    Hex wire = hex(request);
    Slice body = { wire.b + 4, wire.len - 4 };
    bool whole[256] = { false };
    Reader in = reader_init(body), attrs;
    IkeCpAttr a;
    IkeCp cp;

    (void)state;
    assert_int_equal(ike_cp_decode(&in, &cp), IKE_OK);
    whole[4] = true;
    for (attrs = reader_init(cp.attrs); ike_cp_next(&attrs, &a);)
        whole[body.len - reader_left(&attrs)] = true;
    for (size_t cut = 0; cut < body.len; cut++) {
        g_autofree void *owner = NULL;

        assert_int_equal(decode(wire_exact((Slice){ body.p, cut }, &owner)), whole[cut]);
    }
}

static void
test_reserved_bits_are_ignored(void **state)
{
    Hex wire = hex("01 ffffff 8001 0004 0a020201");
    Reader in = reader_init(wire_slice(&wire));
    IkeCp cp;
    Slice v;

    (void)state;
    assert_int_equal(ike_cp_decode(&in, &cp), IKE_OK);
    assert_true(ike_cp_find(&cp, IKE_CP_IP4_ADDRESS, &v));
    assert_int_equal(v.len, 4);
}

static void
test_only_the_four_types_of_the_rfc_are_read(void **state)
{
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t wire[] = { (uint8_t)type, 0, 0, 0 };

        assert_int_equal(decode((Slice){ wire, sizeof(wire) }), type >= 1 && type <= 4);
    }
}

static void
test_the_number_of_attributes_is_bounded(void **state)
{
    g_autofree uint8_t *wire = g_malloc0(4 + 4 * 1000);

    (void)state;
    wire[0] = IKE_CFG_REPLY;
    for (size_t n = 0; n <= 1000; n++)
        assert_int_equal(decode((Slice){ wire, 4 + 4 * n }), n <= IKE_CP_ATTRS_MAX);
}

static void
test_a_value_longer_than_its_length_field_is_refused(void **state)
{
    g_autofree uint8_t *octets = g_malloc0(UINT16_MAX + 1);
    g_autofree uint8_t *buf = g_malloc(2 * UINT16_MAX);
    Writer out = { .base = buf, .cap = 2 * UINT16_MAX };

    (void)state;
    ike_cp_encode(&(IkeCpAttr){ IKE_CP_BANNER, { octets, UINT16_MAX } }, &out);
    assert_int_equal(writer_finish(&out), UINT16_MAX + 4);
    ike_cp_encode(&(IkeCpAttr){ IKE_CP_BANNER, { octets, UINT16_MAX + 1 } }, &out);
    assert_int_equal(writer_finish(&out), -1);
}

/* RFC 7296 §3.15.1: nothing of anybody's own */
static void
test_a_plain_request_asks_for_what_the_rfc_knows(void **state)
{
    Hex v4 = hex("01000000 00010000 00020000 00030000 00040000 000d0000");
    Hex v6 =
        hex("01000000 00010000 00020000 00030000 00040000 000d0000 00080000 000a0000 000f0000");
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };

    (void)state;
    ike_cp_encode_request(&(IkeCpWish){ 0 }, &out);
    assert_int_equal(out.len, v4.len);
    assert_memory_equal(buf, v4.b, v4.len);
    out.len = 0;
    ike_cp_encode_request(&(IkeCpWish){ .ipv6 = true }, &out);
    assert_int_equal(out.len, v6.len);
    assert_memory_equal(buf, v6.b, v6.len);
}

/* RFC 7296 §3.15.1: the length of the prefix stands behind an IPv6 address */
static void
test_a_request_may_name_the_addresses_it_would_like(void **state)
{
    Hex want = hex("01000000 0001 0004 0a020201 00020000 00030000 00040000 000d0000"
                   "0008 0011 20010db8000200000000000000000007 80 000a0000 000f0000");
    IkeCpWish wish = { .ipv6 = true };
    uint8_t buf[256];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeCp cp = { 0 };
    Slice v;

    (void)state;
    assert_true(addr_parse("10.2.2.1", &wish.ip4));
    assert_true(addr_parse("2001:db8:2::7", &wish.ip6));
    ike_cp_encode_request(&wish, &out);
    assert_int_equal(out.len, want.len);
    assert_memory_equal(buf, want.b, want.len);
    out.len = 0;
    ike_cp_encode_anyconnect_request(&wish, &out);
    cp.attrs = (Slice){ buf + 4, (size_t)writer_finish(&out) - 4 };
    assert_true(ike_cp_find(&cp, IKE_CP_IP4_ADDRESS, &v));
    assert_int_equal(v.len, 4);
    assert_true(ike_cp_find(&cp, IKE_CP_IP6_ADDRESS, &v));
    assert_int_equal(v.len, 17);
}

/* agent/docs/WIRE.md §7.2 */
static void
test_attributes_have_names(void **state)
{
    (void)state;
    assert_string_equal(ike_cp_name(1), "internal IP4 address");
    assert_string_equal(ike_cp_name(28711), "MTU");
    assert_string_equal(ike_cp_name(28727), "post-auth XML");
    assert_string_equal(ike_cp_name(28728), "Unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seed_request_is_octet_for_octet),
        cmocka_unit_test(test_the_seed_request_has_36_attributes),
        cmocka_unit_test(test_a_request_for_ipv6_asks_for_its_names_and_networks_too),
        cmocka_unit_test(test_every_cut_inside_an_attribute_is_refused),
        cmocka_unit_test(test_reserved_bits_are_ignored),
        cmocka_unit_test(test_only_the_four_types_of_the_rfc_are_read),
        cmocka_unit_test(test_the_number_of_attributes_is_bounded),
        cmocka_unit_test(test_a_value_longer_than_its_length_field_is_refused),
        cmocka_unit_test(test_a_plain_request_asks_for_what_the_rfc_knows),
        cmocka_unit_test(test_a_request_may_name_the_addresses_it_would_like),
        cmocka_unit_test(test_attributes_have_names),
    };

    return cmocka_run_group_tests_name("ike_cp", tests, NULL, NULL);
}
