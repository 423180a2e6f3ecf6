/* test_ike_vendor.c - agent/ike/ike_vendor.c */

#include "agent/crypto/digest.h"
#include "agent/ike/ike_vendor.h"
#include "tests/support/wire.h"

/* agent/docs/WIRE.md §1.2 */
static const struct {
    const Slice *ours;
    const char *octets, *name;
} vids[] = {
    { &IKE_VID_DELETE_REASON, "434953434f2d44454c4554452d524541534f4e", "CISCO-DELETE-REASON" },
    { &IKE_VID_COPYRIGHT,
      "434953434f28434f505952494748542926436f7079726967687420286329203230303920436973636f2053797374"
      "656d732c20496e632e",
      "CISCO(COPYRIGHT)" },
    { &IKE_VID_ANYCONNECT_EAP, "434953434f2d414e59434f4e4e4543542d454150", "CISCO-ANYCONNECT-EAP" },
    { &IKE_VID_FRAGMENTATION, "4048b7d56ebce88525e7de7f00d6c2d3", "FRAGMENTATION" },
    { &IKE_VID_FLEXVPN, "464c455856504e2d535550504f52544544", "FLEXVPN-SUPPORTED" },
    { &IKE_VID_GRE_MODE, "434953434f2d4752452d4d4f4445", "CISCO-GRE-MODE" },
    { NULL, "434953434f2d4752452d4d4f444502", "CISCO-GRE-MODE" },
    { NULL, "434953434f2d414e59434f4e4e4543542d5354524150", "CISCO-ANYCONNECT-STRAP" },
    { NULL, "434953434f2d414e59434f4e4e4543542d53545241502d4448", "CISCO-ANYCONNECT-STRAP-DH" },
    { NULL, "434953434f2d4e47452d4c4556454c", "CISCO-NGE-LEVEL" },
    { NULL, "434953434f2d414e59434f4e4e4543542d4541", NULL }, /* cut short */
    { NULL, "434953434f2d44454c4554452d524541534f4e00", NULL },
    { NULL, "58aff611528db02cb8da3046be9156fa", NULL },
};

static void
test_vendor_ids_have_the_octets_and_names_of_the_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(vids); i++) {
        Hex wire = hex(vids[i].octets);
        const char *name = ike_vendor_name(wire_slice(&wire));

        if (vids[i].ours)
            assert_true(slice_equal(*vids[i].ours, wire_slice(&wire)));
        if (vids[i].name)
            assert_string_equal(name, vids[i].name);
        else
            assert_null(name);
    }
    assert_null(ike_vendor_name((Slice){ (const uint8_t *)"", 0 }));
}

static void
test_fragmentation_is_the_md5_of_its_name(void **state)
{
    uint8_t md5[DIGEST_MAX];
    Slice name = slice_of("FRAGMENTATION");

    (void)state;
    if (digest("MD5", &name, 1, md5) != 16) /* OpenSSL may be built without it */
        skip();
    assert_true(slice_equal(IKE_VID_FRAGMENTATION, (Slice){ md5, 16 }));
}

/* agent/docs/WIRE.md §2.1: the seed's, and the second transcript's head. */
static void
test_the_granite_vid_of_the_seed_is_reproduced(void **state)
{
    Hex client = hex("58aff611528db02cb8da3046be9156fa"), gateway = hex("dda3b483b7016a1f");
    uint8_t vid[IKE_VID_GRANITE_LEN];

    (void)state;
    ike_vendor_granite(UINT64_C(0x58aff71141ba436b), true, client.b + 8, vid);
    assert_memory_equal(vid, client.b, sizeof(vid));
    ike_vendor_granite(UINT64_C(0xdfa3b583a4369958), false, client.b + 8, vid);
    assert_memory_equal(vid, gateway.b, 8);
    assert_memory_equal(vid + 8, client.b + 8, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vendor_ids_have_the_octets_and_names_of_the_field),
        cmocka_unit_test(test_fragmentation_is_the_md5_of_its_name),
        cmocka_unit_test(test_the_granite_vid_of_the_seed_is_reproduced),
    };

    return cmocka_run_group_tests_name("ike_vendor", tests, NULL, NULL);
}
