/* test_ike_cp_reply.c - agent/ike/ike_cp_reply.c */

#include "agent/ike/ike_cp.h"
#include "tests/support/wire.h"

/* Attributes of a CFG_REPLY in hex, the way the message decoder lets them through. */
static bool
read_hex(const char *attrs, IkeCpReply *ret, char **ret_why)
{
    Hex wire = hex(attrs);
    Reader in;
    IkeCp cp;

    memmove(wire.b + 4, wire.b, wire.len);
    memcpy(wire.b, "\2\0\0\0", 4);
    in = reader_init((Slice){ wire.b, wire.len + 4 });
    assert_int_equal(ike_cp_decode(&in, &cp), IKE_OK);
    return ike_cp_reply_read(&cp, ret, ret_why);
}

static void
assert_addr(const Addr *a, const char *want)
{
    char text[ADDR_TEXT_MAX];

    assert_string_equal(addr_format(a, text), want);
}

static void
assert_prefix(const Prefix *p, const char *want)
{
    char text[PREFIX_TEXT_MAX];

    assert_string_equal(prefix_format(p, text), want);
}

/* agent/docs/WIRE.md §16.4, behind the 8 octets of head; XML cut to its NUL. */
#define SEED                                                                                       \
    "000100040a020201 0002000400000000 0005000400000000"                                           \
    "00070010415341203130302e372836293131 3600 7020000400000000 7021000400000708"                  \
    "7022000400000708 7023000101 702500040000001e 7026000400000014 700c000101 70270002057e"        \
    "7007000100 700b0004800b0001 7035000100 7036000100 7037000100 7039000100"

/* agent/docs/WIRE.md §7.4 */
static void
test_the_seed_reply_means_what_the_seed_client_printed(void **state)
{
    g_auto(IkeCpReply) r = { 0 };
    g_autofree char *why = NULL;

    (void)state;
    assert_true(read_hex(SEED, &r, &why));
    assert_addr(&r.ip4, "10.2.2.1");
    assert_addr(&r.ip4_mask, "255.0.0.0");
    assert_int_equal(r.ip6.family, ADDR_NONE);
    assert_int_equal(r.mtu, 1406);
    assert_int_equal(r.keepalive, 20);
    assert_int_equal(r.dpd_interval, 30);
    assert_int_equal(r.session_timeout, 0);
    assert_int_equal(r.idle_timeout, 1800);
    assert_string_equal(r.app_version, "ASA 100.7(6)116");
    assert_null(r.banner);
    assert_null(r.domain);
    assert_int_equal(r.n_dns + r.n_nbns + r.n_include + r.n_exclude, 0);
    assert_false(r.tunnel_all_dns || r.client_bypass);
}

/* tests/vectors/eap-anyconnect-capture.txt #14: address, DNS */
static void
test_a_foreign_reply_is_read(void **state)
{
    g_auto(IkeCpReply) r = { 0 };
    g_autofree char *why = NULL;

    (void)state;
    assert_true(read_hex("000100040a630001 00030004ac100935", &r, &why));
    assert_addr(&r.ip4, "10.99.0.1");
    assert_addr(&r.ip4_mask, "255.255.255.255");
    assert_int_equal(r.n_dns, 1);
    assert_addr(&r.dns[0], "172.16.9.53");
}

static void
test_a_zero_mask_is_that_of_the_class(void **state)
{
    static const struct {
        const char *addr, *mask;
    } cases[] = {
        { "0001000401020304", "255.0.0.0" },     { "000100047f000000", NULL },
        { "0001000480000001", "255.255.0.0" },   { "00010004bfffffff", "255.255.0.0" },
        { "00010004c0000001", "255.255.255.0" }, { "00010004dfffffff", "255.255.255.0" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *attrs = g_strconcat(cases[i].addr, "0002000400000000", NULL);
        g_auto(IkeCpReply) r = { 0 };
        g_autofree char *why = NULL;

        assert_int_equal(read_hex(attrs, &r, &why), cases[i].mask != NULL);
        if (cases[i].mask)
            assert_addr(&r.ip4_mask, cases[i].mask);
    }
}

static void
test_everything_a_reply_may_say_is_read(void **state)
{
    g_auto(IkeCpReply) r = { 0 };
    g_autofree char *why = NULL;

    (void)state;
    assert_true(read_hex("000100040a020201 00020004ffffff00"
                         "0008001120010db8000000000000000000000007 40"
                         "000300040a000035 000a0010 20010db8000000000000000000000035"
                         "000400040a000036"
                         "000d0008 c0a80100 ffffff00"
                         "000f0011 20010db8ffff00000000000000000001 30"
                         "7004001c 0a010203 ffff0000 000000000000 0a200000 fff00000 000000000000"
                         "7006000e 00000000 ffffffff 000000000000"
                         "7002000c 636f72702e6578616d706c65"
                         "70030009 612e6578 2c622e6578"
                         "70000007 48690a1b5b6d00"
                         "70240001 01 70390001 01 7020000400015180"
                         "7fff0003 010203",
                         &r, &why));
    assert_addr(&r.ip4_mask, "255.255.255.0");
    assert_addr(&r.ip6, "2001:db8::7");
    assert_int_equal(r.ip6_len, 64);
    assert_int_equal(r.n_dns, 2);
    assert_addr(&r.dns[0], "10.0.0.53");
    assert_addr(&r.dns[1], "2001:db8::35");
    assert_int_equal(r.n_nbns, 1);
    assert_int_equal(r.n_include, 4);
    assert_prefix(&r.include[0], "192.168.1.0/24");
    assert_prefix(&r.include[1], "2001:db8:ffff::/48");
    assert_prefix(&r.include[2], "10.1.0.0/16");
    assert_prefix(&r.include[3], "10.32.0.0/12");
    assert_int_equal(r.n_exclude, 1);
    assert_prefix(&r.exclude[0], "0.0.0.0/32"); /* "local LAN" */
    assert_string_equal(r.domain, "corp.example");
    assert_string_equal(r.split_dns, "a.ex,b.ex");
    /* The terminal never sees the escape. */
    assert_string_equal(r.banner, "Hi\n\xef\xbf\xbd[m");
    assert_true(r.tunnel_all_dns && r.client_bypass);
    assert_int_equal(r.session_timeout, 86400);
}

/* RFC 7296 §3.15.1: a value of no octets is no value. */
static void
test_empty_values_are_no_values(void **state)
{
    g_auto(IkeCpReply) r = { 0 };
    g_autofree char *why = NULL;

    (void)state;
    assert_true(read_hex("000100040a020201 00030000 00080000 70270000 70000000 70040000 00010000",
                         &r, &why));
    assert_int_equal(r.n_dns, 0);
    assert_null(r.banner);
}

#define OK "000100040a020201"

static const struct {
    const char *attrs, *why;
} bad[] = {
    { "", "CFG_REPLY: no address is assigned" },
    { "00010000", "CFG_REPLY: no address is assigned" },
    { "000100030a0202", "CFG_REPLY: internal IP4 address: 3 octets, not 4" },
    { "000100050a02020100", "CFG_REPLY: internal IP4 address: 5 octets, not 4" },
    { "0001000400000000", "CFG_REPLY: internal IP4 address: 0.0.0.0 cannot be used" },
    { "000100047f000001", "CFG_REPLY: internal IP4 address: 127.0.0.1 cannot be used" },
    { "00010004e0000001", "CFG_REPLY: internal IP4 address: 224.0.0.1 cannot be used" },
    { "00010004ffffffff", "CFG_REPLY: internal IP4 address: 255.255.255.255 cannot be used" },
    { OK OK, "CFG_REPLY: internal IP4 address: it stands there twice" },
    { OK "00020004ff00ff00", "CFG_REPLY: internal IP4 netmask: the mask has holes" },
    { OK "000200020000", "CFG_REPLY: internal IP4 netmask: 2 octets, not 4" },
    { "00080010 20010db8000000000000000000000007",
      "CFG_REPLY: internal IP6 address: 16 octets, not 17" },
    { "00080011 20010db8000000000000000000000007 81",
      "CFG_REPLY: internal IP6 address: the prefix length is beyond 128" },
    { "00080011 00000000000000000000000000000001 40",
      "CFG_REPLY: internal IP6 address: ::1 cannot be used" },
    { "00080011 ff020000000000000000000000000001 40",
      "CFG_REPLY: internal IP6 address: ff02::1 cannot be used" },
    { OK "000300047f000035", "CFG_REPLY: internal IP4 DNS: 127.0.0.53 cannot be used" },
    { OK "000d0008 c0a80100 ff00ff00",
      "CFG_REPLY: internal IP4 subnet: 192.168.1.0 255.0.255.0 is no network" },
    { OK "000d0004 c0a80100", "CFG_REPLY: internal IP4 subnet: 4 octets, not 8" },
    { OK "000f0011 20010db8000000000000000000000000 ff",
      "CFG_REPLY: internal IP6 subnet: the prefix length is beyond 128" },
    { OK "7004000f 0a010203 ffff0000 00000000000000",
      "CFG_REPLY: split include: 15 octets are not a number of entries" },
    { OK "7006000e 0a010203 00ffff00 000000000000",
      "CFG_REPLY: split exclude: 10.1.2.3 0.255.255.0 is no network" },
    { OK "70270002 023f", "CFG_REPLY: MTU: below 576 octets" },
    { OK "70270001 ff", "CFG_REPLY: MTU: 1 octets, not 2" },
    { OK "70200002 0001", "CFG_REPLY: session timeout: 2 octets, not 4" },
    { OK "70240002 0001", "CFG_REPLY: tunnel all DNS: 2 octets, not 1" },
    { OK "70020006 612e623b726d",
      "CFG_REPLY: default domain: it holds a character no domain name has" },
    { OK "70030003 610a62", "CFG_REPLY: split DNS: it holds a character no domain name has" },
    { OK "70000001 61 70000001 62", "CFG_REPLY: banner: it stands there twice" },
};

static void
test_hostile_replies_are_refused_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(IkeCpReply) r = { .mtu = 77 };
        g_autofree char *why = NULL;

        if (read_hex(bad[i].attrs, &r, &why))
            fail_msg("%s", bad[i].why);
        assert_string_equal(why, bad[i].why);
        assert_int_equal(r.mtu, 77);
    }
}

/* @n attributes @one behind an address. */
static GString *
many(const char *one, size_t n)
{
    GString *s = g_string_new(OK);

    for (size_t i = 0; i < n; i++)
        g_string_append(s, one);
    return s;
}

static void
test_too_many_of_one_kind_are_refused(void **state)
{
    static const struct {
        const char *one, *why;
        size_t max;
    } kinds[] = {
        { "000300040a000035", "CFG_REPLY: internal IP4 DNS: more than 8 of them", 8 },
        { "000400040a000035", "CFG_REPLY: internal IP4 NBNS: more than 4 of them", 4 },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        for (size_t n = kinds[i].max; n <= kinds[i].max + 1; n++) {
            GString *attrs = many(kinds[i].one, n);
            g_auto(IkeCpReply) r = { 0 };
            g_autofree char *why = NULL;

            assert_int_equal(read_hex(attrs->str, &r, &why), n <= kinds[i].max);
            if (n > kinds[i].max)
                assert_string_equal(why, kinds[i].why);
            g_string_free(attrs, TRUE);
        }
}

/* 200 networks are kept, from however many attributes they come. */
static void
test_the_number_of_networks_is_bounded(void **state)
{
    (void)state;
    for (size_t n = 199; n <= 202; n++) {
        g_autoptr(GByteArray) a = g_byte_array_new();
        g_auto(IkeCpReply) r = { 0 };
        g_autofree char *why = NULL;
        const uint8_t addr[] = { 2, 0,  0, 0, 0,  1, 0, 4, 10,  2, 2, 1,
                                 0, 13, 0, 8, 10, 0, 0, 0, 255, 0, 0, 0 };
        const uint8_t head[] = { 0x70, 0x04, (uint8_t)((n - 1) * 14 >> 8),
                                 (uint8_t)((n - 1) * 14) };
        const uint8_t entry[14] = { 10, 1, 0, 0, 255, 255 };
        Reader in;
        IkeCp cp;

        g_byte_array_append(a, addr, sizeof(addr));
        g_byte_array_append(a, head, sizeof(head));
        for (size_t i = 0; i < n - 1; i++)
            g_byte_array_append(a, entry, sizeof(entry));
        in = reader_init((Slice){ a->data, a->len });
        assert_int_equal(ike_cp_decode(&in, &cp), IKE_OK);
        assert_int_equal(ike_cp_reply_read(&cp, &r, &why), n <= 200);
        if (n <= 200)
            assert_int_equal(r.n_include, n);
        else
            assert_string_equal(why, "CFG_REPLY: split include: more than 200 of them");
    }
}

static void
test_a_request_is_no_reply(void **state)
{
    g_auto(IkeCpReply) r = { 0 };
    g_autofree char *why = NULL;

    (void)state;
    assert_false(ike_cp_reply_read(&(IkeCp){ .type = IKE_CFG_REQUEST }, &r, &why));
    assert_string_equal(why, "the configuration payload is of type 1, not a reply");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_seed_reply_means_what_the_seed_client_printed),
        cmocka_unit_test(test_a_foreign_reply_is_read),
        cmocka_unit_test(test_a_zero_mask_is_that_of_the_class),
        cmocka_unit_test(test_everything_a_reply_may_say_is_read),
        cmocka_unit_test(test_empty_values_are_no_values),
        cmocka_unit_test(test_hostile_replies_are_refused_with_a_sentence),
        cmocka_unit_test(test_too_many_of_one_kind_are_refused),
        cmocka_unit_test(test_the_number_of_networks_is_bounded),
        cmocka_unit_test(test_a_request_is_no_reply),
    };

    return cmocka_run_group_tests_name("ike_cp_reply", tests, NULL, NULL);
}
