/* test_ike_redirect.c - agent/ike/ike_redirect.c */
#include "agent/ike/ike_redirect.h"
#include "tests/support/wire.h"

/* Layout of RFC 5685 §9.2. */
static const struct {
    const char *octets, *text, *nonce;
    IkeRedirectKind kind;
} good[] = {
    { "01 04 0a000002", "10.0.0.2", "", IKE_REDIRECT_IP4 },
    { "01 04 0a000002 a1a2a3a4", "10.0.0.2", "a1a2a3a4", IKE_REDIRECT_IP4 },
    { "02 10 20010db8000000000000000000000001", "2001:db8::1", "", IKE_REDIRECT_IP6 },
    { "03 07 766e2e612d622e", NULL, "", IKE_REDIRECT_FQDN }, /* a dot at the end is one too many */
    { "03 06 76706e2e6575", "vpn.eu", "", IKE_REDIRECT_FQDN },
    { "03 03 6131 62 ff", "a1b", "ff", IKE_REDIRECT_FQDN },
};

static void
test_identities_are_read_and_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(good); i++) {
        Hex octets = hex(good[i].octets), want = hex(good[i].nonce);
        char text[IKE_REDIRECT_NAME_MAX + 1];
        uint8_t buf[600];
        Writer out = { .base = buf, .cap = sizeof(buf) };
        IkeRedirect r;
        Slice nonce;

        if (!good[i].text) {
            assert_int_equal(ike_redirect_decode(wire_slice(&octets), &r, &nonce),
                             IKE_N_INVALID_SYNTAX);
            continue;
        }
        assert_int_equal(ike_redirect_decode(wire_slice(&octets), &r, &nonce), IKE_OK);
        assert_int_equal(r.kind, good[i].kind);
        assert_string_equal(ike_redirect_format(&r, text), good[i].text);
        assert_true(slice_equal(nonce, wire_slice(&want)));
        ike_redirect_encode(&r, nonce, &out);
        wire_equal(&out, wire_slice(&octets));
    }
}

static bool
decodes(Slice s)
{
    IkeRedirect r;
    Slice nonce;

    return ike_redirect_decode(s, &r, &nonce) == IKE_OK;
}

static void
test_every_truncation_is_invalid_syntax(void **state)
{
    static const char *const rows[] = { "01 04 0a000002", "02 10 20010db8000000000000000000000001",
                                        "03 06 76706e2e6575" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex h = hex(rows[i]);

        wire_cuts(wire_slice(&h), decodes);
    }
}

static void
test_wrong_types_and_lengths_are_refused(void **state)
{
    static const char *const rows[] = { "00 04 0a000002", "04 04 0a000002",
                                        "01 03 0a0000",   "01 05 0a00000203",
                                        "02 04 0a000002", "03 00",
                                        "01 00",          "02 00" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex h = hex(rows[i]);

        assert_false(decodes(wire_slice(&h)));
    }
}

static bool
name_decodes(const char *name, size_t len)
{
    uint8_t buf[2 + 255] = { IKE_REDIRECT_FQDN, (uint8_t)len };

    memcpy(buf + 2, name, len);
    return decodes((Slice){ buf, 2 + len });
}

static void
test_hostile_names_are_refused(void **state)
{
    static const char *const bad[] = {
        "127.0.0.1", "2130706433",  "0x7f000001",    "1.2.3.0x4",     "a..b",
        ".a",        "a.",          "-a.b",          "a-.b",          "a b.c",
        "a/b",       "a%eth0",      "::1",           "[::1]",         "a:b",
        "a\nb",      "\xc3\xa4.de", "*.example.com", "vpn.example.1", "../etc",
        "a;b",       "$(a)",
    };
    static const char *const fine[] = { "a",     "vpn-1.example.com",     "_sip._udp.example.com",
                                        "1a.b2", "xn--bcher-kva.example", "localhost" };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_false(name_decodes(bad[i], strlen(bad[i])));
    for (size_t i = 0; i < G_N_ELEMENTS(fine); i++)
        assert_true(name_decodes(fine[i], strlen(fine[i])));
    assert_false(name_decodes("a\0b.c", 5));
}

static void
test_names_are_as_long_as_the_dns_allows(void **state)
{
    char name[256];

    (void)state;
    memset(name, 'a', sizeof(name));
    assert_true(name_decodes(name, 63));
    assert_false(name_decodes(name, 64));
    for (size_t i = 63; i < sizeof(name); i += 64)
        name[i] = '.';
    assert_true(name_decodes(name, 253));
    assert_false(name_decodes(name, 254));
}

static void
test_what_a_person_writes_is_an_address_or_a_name(void **state)
{
    IkeRedirect r;

    (void)state;
    assert_true(ike_redirect_parse("10.0.0.2", &r) && r.kind == IKE_REDIRECT_IP4);
    assert_true(ike_redirect_parse("2001:db8::1", &r) && r.kind == IKE_REDIRECT_IP6);
    assert_true(ike_redirect_parse("vpn.example.com", &r) && r.kind == IKE_REDIRECT_FQDN);
    assert_false(ike_redirect_parse("10.0.0.256", &r));
    assert_false(ike_redirect_parse("", &r));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identities_are_read_and_written),
        cmocka_unit_test(test_every_truncation_is_invalid_syntax),
        cmocka_unit_test(test_wrong_types_and_lengths_are_refused),
        cmocka_unit_test(test_hostile_names_are_refused),
        cmocka_unit_test(test_names_are_as_long_as_the_dns_allows),
        cmocka_unit_test(test_what_a_person_writes_is_an_address_or_a_name),
    };

    return cmocka_run_group_tests_name("ike_redirect", tests, NULL, NULL);
}
