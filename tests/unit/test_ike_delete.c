/* test_ike_delete.c - agent/ike/ike_delete.c */

#include "agent/ike/ike_delete.h"
#include "tests/support/wire.h"

static const struct {
    const char *source, *wire;
    uint8_t proto;
    size_t n;
} good[] = {
    { "tests/vectors/eap-anyconnect-capture.txt #15", "01 00 0000", IKE_PROTO_IKE, 0 },
    { "RFC 7296 §3.11: two ESP SPIs", "03 04 0002 30b848a4 77ee5348", IKE_PROTO_ESP, 2 },
    { "no SPI is nothing to delete", "03 04 0000", IKE_PROTO_ESP, 0 },
    { "AH", "02 04 0001 00000100", IKE_PROTO_AH, 1 },
};

static bool
decode(Slice s)
{
    Reader in = reader_init(s);
    IkeDelete d = { .proto = 77 };
    IkeStatus st = ike_delete_decode(&in, &d);

    assert_true(st == IKE_OK || d.proto == 77);
    return st == IKE_OK;
}

static void
test_good_bodies_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);
        Reader in = reader_init(wire_slice(&wire));
        uint8_t buf[32];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeDelete d;

        assert_int_equal(ike_delete_decode(&in, &d), IKE_OK);
        assert_int_equal(d.proto, good[i].proto);
        assert_int_equal(d.n_spis, good[i].n);
        assert_int_equal(d.spis.len, 4 * good[i].n);
        ike_delete_encode(&d, &out);
        wire_equal(&out, wire_slice(&wire));
    }
}

static void
test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);

        wire_cuts(wire_slice(&wire), decode);
    }
}

static void
test_lying_counts_and_sizes_are_refused(void **state)
{
    static const char *const bad[] = {
        "01 00 0001",                  /* a count of IKE SAs */
        "01 08 0001 1122334455667788", /* §3.11: "zero for IKE" */
        "03 00 0001",                  /* ESP without SPI */
        "03 08 0001 1122334455667788", /* ESP with an IKE SPI */
        "03 04 0001 11223344 55",      /* octets left over */
        "03 04 ffff 11223344",         /* 256 KB that are not there */
        "03 ff ffff",
        "00 00 0000", /* no protocol */
        "04 04 0001 11223344",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex wire = hex(bad[i]);

        if (decode(wire_slice(&wire)))
            fail_msg("%s", bad[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_bodies_round_trip),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_lying_counts_and_sizes_are_refused),
    };

    return cmocka_run_group_tests_name("ike_delete", tests, NULL, NULL);
}
