/* test_ike_ts.c - agent/ike/ike_ts.c */

#include "agent/ike/ike_ts.h"
#include "tests/support/wire.h"

#define ALL_V4 "07000010 0000ffff 00000000 ffffffff"
#define ONE_V4 "07000010 0000ffff 0a020201 0a020201"
#define ALL_V6 "08000028 0000ffff 00000000000000000000000000000000 ffffffffffffffffffffffffffffffff"

/* Selectors in text: first-last/proto/port-port. */
static const struct {
    const char *source, *wire, *text;
} good[] = {
    { "agent/docs/WIRE.md §16.4 TSi request", "01000000" ALL_V4,
      "0.0.0.0-255.255.255.255/0/0-65535" },
    { "agent/docs/WIRE.md §16.4 TSi reply", "01000000" ONE_V4, "10.2.2.1-10.2.2.1/0/0-65535" },
    { "dual stack (§2.3)", "02000000" ALL_V4 ALL_V6,
      "0.0.0.0-255.255.255.255/0/0-65535 "
      "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0/0-65535" },
    { "TCP 443 (RFC 7296 §3.13.1)", "01000000 07060010 01bb01bb 0a000000 0a0000ff",
      "10.0.0.0-10.0.0.255/6/443-443" },
};

static char *
ts_text(const IkeTs *ts)
{
    g_autoptr(GString) s = g_string_new(NULL);

    for (size_t i = 0; i < ts->n; i++) {
        char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];

        g_string_append_printf(s, "%s%s-%s/%u/%u-%u", i ? " " : "",
                               addr_format(&ts->s[i].first, first),
                               addr_format(&ts->s[i].last, last), ts->s[i].proto,
                               ts->s[i].port_first, ts->s[i].port_last);
    }
    return g_string_free(g_steal_pointer(&s), FALSE);
}

static IkeStatus
decode_hex(const char *text, IkeTs *ret)
{
    Hex wire = hex(text);
    Reader in = reader_init(wire_slice(&wire));

    return ike_ts_decode(&in, ret);
}

static bool
decode(Slice s)
{
    Reader in = reader_init(s);
    IkeTs ts = { .n = 77 };
    IkeStatus st = ike_ts_decode(&in, &ts);

    assert_true(st == IKE_OK || ts.n == 77);
    return st == IKE_OK;
}

static void
test_good_bodies_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex wire = hex(good[i].wire);
        g_autofree char *text = NULL;
        uint8_t buf[128];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeTs ts;

        assert_int_equal(decode_hex(good[i].wire, &ts), IKE_OK);
        text = ts_text(&ts);
        assert_string_equal(text, good[i].text);
        ike_ts_encode(ike_ts_view(&ts), &out);
        wire_equal(&out, wire_slice(&wire));
        wire_cuts(wire_slice(&wire), decode);
    }
}

static void
test_bad_bodies_are_refused(void **state)
{
    static const char *const bad[] = {
        "00000000",                                     /* no selector at all */
        "02000000" ALL_V4,                              /* a count that lies */
        "01000000" ALL_V4 ONE_V4,                       /* the other way */
        "01000000 07000010 0000ffff 0a000002 0a000001", /* start behind end */
        "01000000 07000010 01bb01ba 0a000001 0a000001", /* ports likewise */
        "01000000 0700000f 0000ffff 000000 ffffffff",   /* 15 octets of IPv4 */
        "01000000 07000028 0000ffff 00000000 ffffffff", /* length beyond the body */
        "01000000 08000010 0000ffff 00000000 ffffffff", /* IPv6 as short as IPv4 */
        "01000000 07000003",                            /* a length below its own head */
        "01000000 07000000 0000ffff 00000000 ffffffff",
        "01000000 09000003 00",
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        Hex wire = hex(bad[i]);

        if (decode(wire_slice(&wire)))
            fail_msg("%s", bad[i]);
    }
}

/* RFC 7296 §2.9: a selector not understood narrows; it is no error. */
static void
test_unknown_types_and_opaque_ports_are_left_out(void **state)
{
    g_autofree char *text = NULL;
    IkeTs ts;

    (void)state;
    assert_int_equal(decode_hex("04000000 0900000c 1122334455667788" ALL_V4 "0a000004"
                                "07110010 ffff0000 0a000001 0a000001",
                                &ts),
                     IKE_OK);
    text = ts_text(&ts);
    assert_string_equal(text, good[0].text);
    assert_int_equal(decode_hex("01000000 09000004", &ts), IKE_OK);
    assert_int_equal(ts.n, 0);
}

static void
test_more_selectors_than_we_keep_are_read_to_the_end(void **state)
{
    uint8_t wire[4 + 255 * 16] = { 255 };
    IkeTs ts;
    Reader in;

    (void)state;
    for (unsigned i = 0; i < 255; i++) {
        Hex one = hex(ONE_V4);

        memcpy(wire + 4 + 16 * i, one.b, 16);
    }
    in = reader_init((Slice){ wire, sizeof(wire) });
    assert_int_equal(ike_ts_decode(&in, &ts), IKE_OK);
    assert_int_equal(ts.n, IKE_TS_MAX);
    wire[sizeof(wire) - 1] = 0; /* the very last ends before it starts */
    assert_false(decode((Slice){ wire, sizeof(wire) }));
}

static const struct {
    const char *what, *offered, *allowed, *both; /* NULL: nothing */
} narrowings[] = {
    { "everything to one address", "01000000" ALL_V4, "01000000" ONE_V4,
      "10.2.2.1-10.2.2.1/0/0-65535" },
    { "one address of everything", "01000000" ONE_V4, "01000000" ALL_V4,
      "10.2.2.1-10.2.2.1/0/0-65535" },
    { "nothing of another family", "01000000" ALL_V6, "01000000" ALL_V4, NULL },
    { "in the order offered, once", "03000000" ALL_V6 ONE_V4 ONE_V4, "02000000" ALL_V4 ALL_V6,
      "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/0/0-65535 10.2.2.1-10.2.2.1/0/0-65535" },
    { "protocol and port of the narrower", "01000000 07060010 005001bb 0a000000 0affffff",
      "01000000 07000010 0100ffff 0a010000 0a01ffff", "10.1.0.0-10.1.255.255/6/256-443" },
    { "other protocols", "01000000 07060010 0000ffff 00000000 ffffffff",
      "01000000 07110010 0000ffff 00000000 ffffffff", NULL },
};

static void
test_narrowing_gives_what_both_cover(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(narrowings); i++) {
        g_autofree char *text = NULL;
        IkeTs offered, allowed, both = { .n = 77 };

        assert_int_equal(decode_hex(narrowings[i].offered, &offered), IKE_OK);
        assert_int_equal(decode_hex(narrowings[i].allowed, &allowed), IKE_OK);
        assert_int_equal(ike_ts_narrow(ike_ts_view(&offered), ike_ts_view(&allowed), &both),
                         narrowings[i].both != NULL);
        if (!narrowings[i].both) {
            assert_int_equal(both.n, 77);
            continue;
        }
        text = ts_text(&both);
        assert_string_equal(text, narrowings[i].both);
        assert_true(ike_ts_within(ike_ts_view(&both), ike_ts_view(&offered)));
        assert_true(ike_ts_within(ike_ts_view(&both), ike_ts_view(&allowed)));
    }
}

static void
test_within_wants_every_selector_covered(void **state)
{
    IkeTs all, one, dual;

    (void)state;
    assert_int_equal(decode_hex("01000000" ALL_V4, &all), IKE_OK);
    assert_int_equal(decode_hex("01000000" ONE_V4, &one), IKE_OK);
    assert_int_equal(decode_hex("02000000" ALL_V4 ALL_V6, &dual), IKE_OK);
    assert_true(ike_ts_within(ike_ts_view(&one), ike_ts_view(&all)));
    assert_false(ike_ts_within(ike_ts_view(&all), ike_ts_view(&one)));
    assert_true(ike_ts_within(ike_ts_view(&all), ike_ts_view(&dual)));
    assert_false(ike_ts_within(ike_ts_view(&dual), ike_ts_view(&all)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_bodies_round_trip),
        cmocka_unit_test(test_bad_bodies_are_refused),
        cmocka_unit_test(test_unknown_types_and_opaque_ports_are_left_out),
        cmocka_unit_test(test_more_selectors_than_we_keep_are_read_to_the_end),
        cmocka_unit_test(test_narrowing_gives_what_both_cover),
        cmocka_unit_test(test_within_wants_every_selector_covered),
    };

    return cmocka_run_group_tests_name("ike_ts", tests, NULL, NULL);
}
