/* test_ike_keyrow.c - agent/ike/ike_keyrow.c. The names are those of Wireshark 4.0; that it takes
 * the rows, and the keys, is seen in tests/interop (scenario third-reader). */
#include "agent/ike/ike_keyrow.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

#define E128   "000102030405060708090a0b0c0d0e0f"
#define E192   "000102030405060708090a0b0c0d0e0f1011121314151617"
#define GCM128 "000102030405060708090a0b0c0d0e0f10111213" /* the salt last */
#define A20    "202122232425262728292a2b2c2d2e2f30313233"
#define A32    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define SPIS   "58aff71141ba436b,00000000000000ff"

static const struct {
    Suite suite;
    const char *e, *a, *ike, *esp;
} rows[] = {
    { { .encr = ENCR_AES_CBC, .key_bits = 128, .integ = AUTH_HMAC_SHA2_256_128 },
      E128,
      A32,
      "ikev2_decryption_table:" SPIS "," E128 "," E128 ",\"AES-CBC-128 [RFC3602]\"," A32 "," A32
      ",\"HMAC_SHA2_256_128 [RFC4868]\"",
      "esp_sa:\"IPv4\",\"*\",\"*\",\"0x0000beef\",\"AES-CBC [RFC3602]\",\"0x" E128
      "\",\"HMAC-SHA-256-128 [RFC4868]\",\"0x" A32 "\"" },
    { { .encr = ENCR_AES_GCM_16, .key_bits = 128, .integ = AUTH_NONE },
      GCM128,
      "",
      "ikev2_decryption_table:" SPIS "," GCM128 "," GCM128
      ",\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,\"NONE [RFC4306]\"",
      "esp_sa:\"IPv4\",\"*\",\"*\",\"0x0000beef\",\"AES-GCM with 16 octet ICV "
      "[RFC4106]\",\"0x" GCM128 "\",\"NULL\",\"\"" },
    { { .encr = ENCR_3DES, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      E192,
      A20,
      "ikev2_decryption_table:" SPIS "," E192 "," E192 ",\"3DES [RFC2451]\"," A20 "," A20
      ",\"HMAC_SHA1_96 [RFC2404]\"",
      "esp_sa:\"IPv4\",\"*\",\"*\",\"0x0000beef\",\"TripleDES-CBC [RFC2451]\",\"0x" E192
      "\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x" A20 "\"" },
};

static void
test_a_row_holds_both_spis_and_every_key_of_sk(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(IkeKeys) k = { 0 };
        Hex e = hex(rows[i].e), a = hex(rows[i].a);
        g_autofree char *got = NULL;

        secret_set(&k.ei, (Slice){ e.b, e.len });
        secret_set(&k.er, (Slice){ e.b, e.len });
        secret_set(&k.ai, (Slice){ a.b, a.len });
        secret_set(&k.ar, (Slice){ a.b, a.len });
        got = ike_keyrow_ike(UINT64_C(0x58aff71141ba436b), 255, &rows[i].suite, &k);
        assert_string_equal(got, rows[i].ike);
    }
}

static void
test_a_row_of_esp_holds_one_direction(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Hex e = hex(rows[i].e), a = hex(rows[i].a);
        g_autofree char *got = ike_keyrow_esp(ADDR_V4, 0xbeef, &rows[i].suite,
                                              (Slice){ e.b, e.len }, (Slice){ a.b, a.len });
        g_autofree char *v6 = ike_keyrow_esp(ADDR_V6, 0xbeef, &rows[i].suite, (Slice){ e.b, e.len },
                                             (Slice){ a.b, a.len });

        assert_string_equal(got, rows[i].esp);
        assert_true(g_str_has_prefix(v6, "esp_sa:\"IPv6\","));
    }
}

static void
test_what_wireshark_cannot_name_has_no_row(void **state)
{
    const Suite chacha = { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 };
    IkeKeys none = { 0 };

    (void)state;
    assert_null(ike_keyrow_ike(1, 2, &chacha, &none));
    assert_null(ike_keyrow_esp(ADDR_V4, 1, &chacha, (Slice){ 0 }, (Slice){ 0 }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row_holds_both_spis_and_every_key_of_sk),
        cmocka_unit_test(test_a_row_of_esp_holds_one_direction),
        cmocka_unit_test(test_what_wireshark_cannot_name_has_no_row),
    };

    return cmocka_run_group_tests_name("ike_keyrow", tests, NULL, NULL);
}
