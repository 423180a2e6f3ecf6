/* test_ike_cert.c - agent/ike/ike_cert.c */

#include "agent/ike/ike_cert.h"
#include "tests/support/wire.h"

static void
test_certificate_bodies_round_trip(void **state)
{
    /* RFC 7296 §3.6, §3.7: encoding, data; a CERTREQ may name no authority */
    static const char *const bodies[] = { "04 3082 aabb", "04", "0c 00112233" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bodies); i++) {
        Hex wire = hex(bodies[i]);
        Reader in = reader_init(wire_slice(&wire));
        uint8_t buf[16];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeCert c;

        assert_int_equal(ike_cert_decode(&in, &c), IKE_OK);
        assert_int_equal(c.encoding, wire.b[0]);
        assert_int_equal(c.data.len, wire.len - 1);
        ike_cert_encode(&c, &out);
        wire_equal(&out, wire_slice(&wire));
    }
}

static void
test_an_empty_certificate_body_is_refused(void **state)
{
    Reader in = reader_init((Slice){ (const uint8_t *)"", 0 });
    IkeCert c = { .encoding = 77 };

    (void)state;
    assert_int_equal(ike_cert_decode(&in, &c), IKE_N_INVALID_SYNTAX);
    assert_int_equal(c.encoding, 77);
}

static void
test_an_auth_body_round_trips(void **state)
{
    /* agent/docs/WIRE.md §16.7: method 2, 20 octets: payload 28 */
    Hex wire = hex("02000000 dd601c7d82abec8578ae1cb6e1c050686916c11d");
    Reader in = reader_init(wire_slice(&wire));
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeAuth a;

    (void)state;
    assert_int_equal(ike_auth_decode(&in, &a), IKE_OK);
    assert_int_equal(a.method, IKE_AUTH_SHARED_KEY);
    assert_int_equal(a.data.len, 20);
    ike_auth_encode(&a, &out);
    wire_equal(&out, wire_slice(&wire));
}

static bool
decode_auth(Slice s)
{
    Reader in = reader_init(s);
    IkeAuth a = { .method = 77 };
    IkeStatus st = ike_auth_decode(&in, &a);

    assert_true(st == IKE_OK || a.method == 77);
    return st == IKE_OK;
}

static void
test_every_truncation_of_an_auth_head_is_refused(void **state)
{
    Hex wire = hex("02 ffffff"); /* reserved octets are ignored */

    (void)state;
    assert_true(decode_auth(wire_slice(&wire)));
    wire_cuts(wire_slice(&wire), decode_auth);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate_bodies_round_trip),
        cmocka_unit_test(test_an_empty_certificate_body_is_refused),
        cmocka_unit_test(test_an_auth_body_round_trips),
        cmocka_unit_test(test_every_truncation_of_an_auth_head_is_refused),
    };

    return cmocka_run_group_tests_name("ike_cert", tests, NULL, NULL);
}
