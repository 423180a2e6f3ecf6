/* test_ike_trace.c - agent/ike/ike_trace.c, ike_trace_payload.c */

#include "agent/ike/ike_trace.h"
#include "tests/support/wire.h"

/* The head of the message of agent/docs/WIRE.md §16.3 and one payload of each kind it has. */
static const char init_response[] =
    "58aff71141ba436bfc696330e6b94d7f 21202220 00000000 0000009c"
    "22000030 0000002c010100040300000c0100000c800e00c003000008020000020300000803000002"
    "0000000804000001"
    "28000010 0001 0000 c930f932d47cd1a7"
    "2b000018 c2287f8c7db31e51fcebf197ec97b867d5e7c2f5"
    "29000014 4048b7d56ebce88525e7de7f00d6c2d3"
    "2b00000c 01004004f76e6b4e"
    "00000008 1b5b6dff";

/* The shape the field reads daily: the seed's debug log of this message, without its prefixes. */
static const char init_response_text[] =
    "Tx [L 10.0.0.1:500/R 192.168.1.1:25170] m_id: 0x0\n"
    "HDR[i:58AFF71141BA436B - r: FC696330E6B94D7F]\n"
    "IKEV2 HDR ispi: 58AFF71141BA436B - rspi: FC696330E6B94D7F\n"
    "Next payload: SA, version: 2.0\n"
    "Exchange type: IKE_SA_INIT, flags: RESPONDER MSG-RESPONSE\n"
    "Message id: 0x0, length: 156\n"
    "Payload contents:\n"
    " SA  Next payload: KE, reserved: 0x0, length: 48\n"
    "  last proposal: 0x0, reserved: 0x0, length: 44\n"
    "  Proposal: 1, Protocol id: IKE, SPI size: 0, #trans: 4\n"
    "    last transform: 0x3, reserved: 0x0: length: 12\n"
    "      type: 1, reserved: 0x0, id: AES-CBC, key length: 192\n"
    "    last transform: 0x3, reserved: 0x0: length: 8\n"
    "      type: 2, reserved: 0x0, id: SHA1\n"
    "    last transform: 0x3, reserved: 0x0: length: 8\n"
    "      type: 3, reserved: 0x0, id: SHA96\n"
    "    last transform: 0x0, reserved: 0x0: length: 8\n"
    "      type: 4, reserved: 0x0, id: DH_GROUP_768_MODP/Group 1\n"
    " KE  Next payload: N, reserved: 0x0, length: 16\n"
    "    DH group: 1, Reserved: 0x0\n"
    "     c9 30 f9 32 d4 7c d1 a7\n"
    " N  Next payload: VID, reserved: 0x0, length: 24\n"
    "     c2 28 7f 8c 7d b3 1e 51 fc eb f1 97 ec 97 b8 67\n"
    "     d5 e7 c2 f5\n"
    " VID  Next payload: NOTIFY, reserved: 0x0, length: 20\n"
    "    Vendor: FRAGMENTATION\n"
    " NOTIFY  Next payload: VID, reserved: 0x0, length: 12\n"
    "    Security protocol id: IKE, spi size: 0, type: NAT_DETECTION_SOURCE_IP\n"
    "     f7 6e 6b 4e\n"
    " VID  Next payload: NONE, reserved: 0x0, length: 8\n"
    "     1b 5b 6d ff\n";

static void
test_an_init_response_reads_as_in_the_field(void **state)
{
    Hex wire = hex(init_response);
    g_autofree char *text = NULL;
    IkeMsg m;

    (void)state;
    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, NULL), IKE_OK);
    text = ike_trace_msg(&m, true, "10.0.0.1:500", "192.168.1.1:25170");
    assert_string_equal(text, init_response_text);
}

/* A protected message of @exchange with @plain inside, as it is after opening; trace of it. */
static char *
trace_inner(uint8_t first, Slice plain)
{
    Hex wire = hex("58aff71141ba436bfc696330e6b94d7f 2e202308 00000001 00000028"
                   "2b00000c 0102030405060708");
    IkeMsg m;

    assert_int_equal(ike_msg_decode(wire_slice(&wire), &m, NULL), IKE_OK);
    assert_int_equal(ike_msg_decode_inner(&m, first, plain, NULL), IKE_OK);
    return ike_trace_msg(&m, false, "l", "r");
}

static void
assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void
assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" in:\n%s", part, text);
}

/* Payloads of agent/docs/WIRE.md §16.4 in the order of §2.3. */
static void
test_an_auth_request_reads_as_in_the_field(void **state)
{
    Hex plain = hex("2300001458aff611528db02cb8da3046be9156fa"
                    "2600001cc90000002a24416e79436f6e6e656374436c69656e74242a"
                    "2f000019 04 0000000000000000000000000000000000000000"
                    "2100001e 01000000 00010000 0007000a 416e79 1b 436f6e6e65 00 70200000"
                    "2c00002c0000002803 030403 30b848a4 0300000c0100000c800e0100 0300000803000002 "
                    "0000000805000000");
    g_autofree char *text = NULL;
    static const char *const parts[] = {
        "Rx [L l/R r] m_id: 0x1\n",
        "Next payload: ENCR, version: 2.0\nExchange type: IKE_AUTH, flags: INITIATOR\n",
        " ENCR  Next payload: VID, reserved: 0x0, length: 12\n    Encrypted data: 8 bytes\n",
        "Decrypted payload contents:\n VID  Next payload: IDi, reserved: 0x0, length: 20\n",
        "    Id type: Group name, Reserved: 0x0 0x0\n     *$AnyConnectClient$*\n"
        "     2a 24 41 6e 79 43 6f 6e 6e 65 63 74 43 6c 69 65\n     6e 74 24 2a\n",
        "    Cert encoding X.509 Certificate - signature\n    CertReq data: 20 bytes\n",
        " CFG  Next payload: SA, reserved: 0x0, length: 30\n"
        "    cfg type: CFG_REQUEST, reserved: 0x0, reserved: 0x0\n"
        "    attrib type: internal IP4 address, length: 0\n"
        "    attrib type: application version, length: 10\n"
        "     text: Any\\x1bConne\\x00\n"
        "    attrib type: session timeout, length: 0\n",
        "  Proposal: 3, Protocol id: ESP, SPI size: 4, #trans: 3\n     30 b8 48 a4\n",
        "      type: 5, reserved: 0x0, id: Don't use ESN\n",
        " TSi  Next payload: TSr, reserved: 0x0, length: 24\n"
        "    Num of TSs: 1, reserved 0x0, reserved 0x0\n"
        "    TS type: TS_IPV4_ADDR_RANGE, proto id: 0, length: 16\n"
        "    start port: 0, end port: 65535\n"
        "    start addr: 0.0.0.0, end addr: 255.255.255.255\n",
        "    Security protocol id: NONE, spi size: 0, type: Unknown - 40000\n",
    };
    Hex more = hex("2d00001801000000070000100000ffff00000000ffffffff"
                   "2900001801000000070000100000ffff0a0202010a020201"
                   "00000008 00009c40");

    (void)state;
    memcpy(plain.b + plain.len, more.b, more.len);
    plain.len += more.len;
    text = trace_inner(IKE_PAYLOAD_VENDOR, wire_slice(&plain));
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        assert_has(text, parts[i]);
}

static void
append_u16(GByteArray *a, size_t v)
{
    const uint8_t octets[2] = { (uint8_t)(v >> 8), (uint8_t)v };

    g_byte_array_append(a, octets, sizeof(octets));
}

/* An EAP-AnyConnect payload of one XML document (agent/docs/WIRE.md §4.1). */
static GByteArray *
eap_payload(const char *xml)
{
    GByteArray *a = g_byte_array_new();
    size_t len = strlen(xml);

    append_u16(a, 0);
    append_u16(a, len + 20);
    g_byte_array_append(a, (const uint8_t *)"\2\2", 2);
    append_u16(a, len + 16);
    g_byte_array_append(a, (const uint8_t *)"\xfe\0\0\x09\x44\x42\x52\x50\0\0", 10);
    append_u16(a, len);
    g_byte_array_append(a, (const uint8_t *)xml, (guint)len);
    return a;
}

static void
test_passwords_and_tokens_are_never_shown(void **state)
{
    g_autoptr(GByteArray) login = eap_payload(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<config-auth client=\"vpn\" type=\"auth-reply\">\n"
        "<session-token>TOPSECRET</session-token>\n"
        "<auth>\n<username>Anu</username><password>TOPSECRET</password></auth>\n</config-auth>\n");
    g_autoptr(GByteArray) broken = eap_payload("<config-auth><password>TOPSECRET");
    g_autofree char *text = trace_inner(IKE_PAYLOAD_EAP, (Slice){ login->data, login->len });
    g_autofree char *broken_text =
        trace_inner(IKE_PAYLOAD_EAP, (Slice){ broken->data, broken->len });

    (void)state;
    assert_has(text, "    Code: response: id: 2, length: ");
    assert_has(text, "    Type: EAP-AnyConnect - 254\n    EAP data: ");
    assert_has(text, "auth-reply");
    assert_has(text, "Anu");
    assert_has(text, "****");
    assert_has_not(text, "TOPSECRET");
    assert_has_not(broken_text, "TOPSECRET");
}

/* 28727 carries the `complete` document, and with it the session token. */
static void
test_the_post_auth_xml_is_masked_too(void **state)
{
    static const char xml[] = "<?xml version=\"1.0\"?><config-auth client=\"vpn\" "
                              "type=\"complete\"><session-token>TOPSECRET</session-token>"
                              "</config-auth>";
    g_autoptr(GByteArray) a = g_byte_array_new();
    g_autofree char *text = NULL;

    (void)state;
    append_u16(a, 0);
    append_u16(a, sizeof(xml) + 12);
    g_byte_array_append(a, (const uint8_t *)"\2\0\0\0\x70\x37", 6);
    append_u16(a, sizeof(xml)); /* its NUL included */
    g_byte_array_append(a, (const uint8_t *)xml, sizeof(xml));
    text = trace_inner(IKE_PAYLOAD_CP, (Slice){ a->data, a->len });
    assert_has(text, "attrib type: post-auth XML");
    assert_has(text, "complete");
    assert_has_not(text, "TOPSECRET");
    assert_has_not(text, "54 4f 50 53"); /* nor in hex */
}

/* Other methods carry names, passwords and hashes in the clear. */
static void
test_of_other_eap_methods_only_type_and_length_are_shown(void **state)
{
    Hex plain = hex("00000013 0201000f 06 544f50534543524554 00"); /* GTC: "TOPSECRET" */
    g_autofree char *text = NULL;

    (void)state;
    text = trace_inner(IKE_PAYLOAD_EAP, (Slice){ plain.b, plain.len });
    assert_has(text, "    Code: response: id: 1, length: 15\n    Type: Unknown - 6\n"
                     "    EAP data: 10 bytes\n");
    assert_has_not(text, "TOPSECRET");
    assert_has_not(text, "54 4f 50");
}

static void
test_auth_data_is_shown_by_its_length(void **state)
{
    Hex plain = hex("0000001c 02000000 dd601c7d82abec8578ae1cb6e1c050686916c11d");
    Hex other = hex("0000000a 63000000 dd60");
    g_autofree char *text = trace_inner(IKE_PAYLOAD_AUTH, wire_slice(&plain));
    g_autofree char *unknown = trace_inner(IKE_PAYLOAD_AUTH, wire_slice(&other));

    (void)state;
    assert_has(text, " AUTH  Next payload: NONE, reserved: 0x0, length: 28\n"
                     "    Auth method PSK, reserved: 0x0, reserved 0x0\n"
                     "    Auth data: 20 bytes\n");
    assert_has_not(text, "dd 60");
    assert_has(unknown, "    Auth method Unknown - 99,");
}

static void
test_deletes_and_unknown_payloads_are_shown(void **state)
{
    Hex plain = hex("c8000010 03040002 30b848a4 77ee5348 00800007 aabbcc");
    g_autofree char *text = trace_inner(IKE_PAYLOAD_DELETE, wire_slice(&plain));

    (void)state;
    assert_has(text, " DELETE  Next payload: 200, reserved: 0x0, length: 16\n"
                     "    Security protocol id: ESP, spi size: 4, num of spi: 2\n"
                     "     30 b8 48 a4 77 ee 53 48\n"
                     " 200  Next payload: NONE, reserved: 0x0, length: 7, critical\n"
                     "    unknown payload of 3 bytes\n");
}

/* The largest message of the smallest transforms, and one of nothing but text. */
static void
test_a_trace_is_bounded_whatever_comes(void **state)
{
    static const uint8_t types[] = { IKE_PAYLOAD_NOTIFY, IKE_PAYLOAD_VENDOR, IKE_PAYLOAD_KE,
                                     IKE_PAYLOAD_IDi };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GByteArray) a = g_byte_array_new();
        g_autofree char *text = NULL;

        for (size_t n = 0; n < 60; n++) {
            const uint8_t head[] = { n < 59 ? types[i] : 0, 0, 1000 >> 8, 1000 & 0xff };
            uint8_t body[996] = { 0 };

            memset(body + 4, 0x1b, sizeof(body) - 4);
            g_byte_array_append(a, head, sizeof(head));
            g_byte_array_append(a, body, sizeof(body));
        }
        text = trace_inner(types[i], (Slice){ a->data, a->len });
        assert_true(strlen(text) < 140 * 1024);
        assert_true(g_str_has_suffix(text, "\n"));
        assert_has_not(text, "\x1b");
    }
}

static void
test_a_huge_proposal_is_cut(void **state)
{
    g_autoptr(GByteArray) a = g_byte_array_new();
    g_autofree char *text = NULL;

    (void)state;
    append_u16(a, 0);
    append_u16(a, 4 + 32 * (8 + 64 * 8));
    for (unsigned p = 0; p < 32; p++) {
        const uint8_t head[] = {
            p < 31 ? 2 : 0, 0, 520 >> 8, 520 & 0xff, (uint8_t)(p + 1), 1, 0, 64
        };

        g_byte_array_append(a, head, sizeof(head));
        for (unsigned t = 0; t < 64; t++) {
            const uint8_t transform[] = { t < 63 ? 3 : 0, 0, 0, 8, 1, 0, 0xff, (uint8_t)t };

            g_byte_array_append(a, transform, sizeof(transform));
        }
    }
    text = trace_inner(IKE_PAYLOAD_SA, (Slice){ a->data, a->len });
    assert_true(strlen(text) < 140 * 1024);
    assert_true(g_str_has_suffix(text, "... the rest is left out\n"));
}

/* A whole login of a foreign implementation; nothing in it may stop the trace. */
static void
test_every_captured_chain_is_traced(void **state)
{
    (void)state;
    for (unsigned i = 3; i <= 16; i++) {
        WireCapture c = wire_capture(i);
        g_autofree char *text = trace_inner((uint8_t)c.first, wire_capture_view(&c));

        assert_true(g_str_has_suffix(text, "\n"));
        assert_has_not(text, "malformed");
        if (i == 10)
            assert_has_not(text, "973AC5"); /* the head of its session token */
        g_byte_array_unref(c.octets);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_init_response_reads_as_in_the_field),
        cmocka_unit_test(test_an_auth_request_reads_as_in_the_field),
        cmocka_unit_test(test_passwords_and_tokens_are_never_shown),
        cmocka_unit_test(test_the_post_auth_xml_is_masked_too),
        cmocka_unit_test(test_of_other_eap_methods_only_type_and_length_are_shown),
        cmocka_unit_test(test_auth_data_is_shown_by_its_length),
        cmocka_unit_test(test_deletes_and_unknown_payloads_are_shown),
        cmocka_unit_test(test_a_trace_is_bounded_whatever_comes),
        cmocka_unit_test(test_a_huge_proposal_is_cut),
        cmocka_unit_test(test_every_captured_chain_is_traced),
    };

    return cmocka_run_group_tests_name("ike_trace", tests, NULL, NULL);
}
