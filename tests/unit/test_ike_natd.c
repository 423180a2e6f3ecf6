/* test_ike_natd.c - agent/ike/ike_natd.c */
#include "agent/ike/ike_natd.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static Endpoint
endpoint(const char *text)
{
    Endpoint e;

    assert_true(endpoint_parse(text, &e));
    return e;
}

/* agent/docs/WIRE.md §16.7: the honest hashes of the seed's request, and §16.3: of the response. */
static const struct {
    const char *endpoint;
    uint64_t spi_r;
    const char *hash;
} vectors[] = {
    { "192.168.1.1:25170", 0, "20f6f3e86efd4162ef352e40c52aa17cd3bcd4d7" },
    { "10.0.0.1:500", 0, "5fcb5f37230696f99a8e30a3351a1c350cf11a43" },
    { "10.0.0.1:500", 0xfc696330e6b94d7f, "f76e6b4e7f70dd9405c5015e6e0efb41d329f4ac" },
    { "192.168.1.1:25170", 0xfc696330e6b94d7f, "f279b1df8d545c58b94caf8098dd0820c44fd59c" },
};

static void
test_hashes_are_those_of_the_wire_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        Endpoint e = endpoint(vectors[i].endpoint);
        Hex expected = hex(vectors[i].hash);
        uint8_t hash[IKE_NATD_LEN];

        ike_natd_hash(0x58aff71141ba436b, vectors[i].spi_r, &e, hash);
        assert_memory_equal(hash, expected.b, sizeof(hash));
    }
}

/* printf 00..08 00..00 | addr | port, openssl dgst -sha1 */
static void
test_an_ipv6_address_is_hashed_with_all_its_octets(void **state)
{
    Endpoint e = endpoint("[2001:db8::1]:4500");
    Hex expected = hex("98c75483db80168697635aa7844504963e87de33");
    uint8_t hash[IKE_NATD_LEN];

    (void)state;
    ike_natd_hash(0x0102030405060708, 0, &e, hash);
    assert_memory_equal(hash, expected.b, sizeof(hash));
}

typedef struct Message {
    uint8_t buf[512];
    IkeMsg m;
} Message;

/* An IKE_SA_INIT request with the given hashes; NULL leaves one out. */
static void
build(Message *b, const char *source, const char *second_source, const char *destination)
{
    Writer w = { .base = b->buf, .cap = sizeof(b->buf) };
    const char *const hashes[] = { source, second_source, destination };
    const uint16_t types[] = { IKE_N_NAT_DETECTION_SOURCE_IP, IKE_N_NAT_DETECTION_SOURCE_IP,
                               IKE_N_NAT_DETECTION_DESTINATION_IP };
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = 0x58aff71141ba436b,
                                    .version = IKE_VERSION,
                                    .exchange = IKE_EXCHANGE_IKE_SA_INIT,
                                    .flags = IKE_FLAG_INITIATOR },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_add(&c, IKE_PAYLOAD_NONCE, slice_of("0123456789abcdef"));
    for (size_t i = 0; i < 3; i++) {
        Hex h;

        if (!hashes[i])
            continue;
        h = hex(hashes[i]);
        ike_chain_open(&c, IKE_PAYLOAD_NOTIFY);
        ike_notify_encode(&(IkeNotify){ .type = types[i], .data = { h.b, h.len } }, &w);
        ike_chain_close(&c);
    }
    ike_header_finish(&w, 0);
    assert_int_equal(ike_msg_decode(writer_view(&w), &b->m, NULL), IKE_OK);
}

static void
assert_natd(const char *source, const char *second, const char *destination, bool here, bool there)
{
    Endpoint local = endpoint("10.0.0.1:500"), remote = endpoint("192.168.1.1:25170");
    bool got_here, got_there;
    Message b;

    build(&b, source, second, destination);
    ike_natd_check(&b.m, &local, &remote, &got_here, &got_there);
    assert_int_equal(got_here, here);
    assert_int_equal(got_there, there);
}

static void
test_who_is_behind_a_nat_shows_in_the_hashes(void **state)
{
    const char *source = "20f6f3e86efd4162ef352e40c52aa17cd3bcd4d7";
    const char *destination = "5fcb5f37230696f99a8e30a3351a1c350cf11a43";
    const char *wrong = "0000000000000000000000000000000000000001";

    (void)state;
    assert_natd(source, NULL, destination, false, false);
    assert_natd(wrong, NULL, destination, false, true);
    assert_natd(source, NULL, wrong, true, false);
    assert_natd(wrong, NULL, wrong, true, true);
    assert_natd(NULL, NULL, NULL, false, false);
    assert_natd(wrong, source, destination, false, false);   /* §2.23: several sources */
    assert_natd("20f6f3e8", NULL, destination, false, true); /* a short hash is a wrong one */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes_are_those_of_the_wire_document),
        cmocka_unit_test(test_an_ipv6_address_is_hashed_with_all_its_octets),
        cmocka_unit_test(test_who_is_behind_a_nat_shows_in_the_hashes),
    };

    return cmocka_run_group_tests_name("ike_natd", tests, NULL, NULL);
}
