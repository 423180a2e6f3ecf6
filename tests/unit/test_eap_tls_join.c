/* test_eap_tls_join.c - agent/eap/eap_tls_join.c */

#include "agent/eap/eap_tls_join.h"
#include "tests/support/hex.h"
#include "tests/support/test.h"

static void
test_fragments_are_joined_or_refused(void **state)
{
    static const struct {
        const char *parts[4];
        EapTlsPart last; /* what the last of them gives */
        const char *flight;
    } rows[] = {
        { { "00" }, EAP_TLS_WHOLE, "" },
        { { "00 0102" }, EAP_TLS_WHOLE, "0102" },
        { { "80 00000002 0102" }, EAP_TLS_WHOLE, "0102" },
        { { "c0 00000003 0102", "00 03" }, EAP_TLS_WHOLE, "010203" },
        { { "c0 00000003 01", "40 02", "00 03" }, EAP_TLS_WHOLE, "010203" },
        { { "c0 00000003 01", "c0 00000003 02", "80 00000003 03" }, EAP_TLS_WHOLE, "010203" },
        { { "1f 01" }, EAP_TLS_WHOLE, "01" }, /* reserved bits are ignored, RFC 5216 §3.1 */
        { { "00 01", "00 02" }, EAP_TLS_WHOLE, "02" },
        { { "" }, EAP_TLS_BAD, NULL },
        { { "80" }, EAP_TLS_BAD, NULL },
        { { "80 000000" }, EAP_TLS_BAD, NULL },
        { { "80 00000003 0102" }, EAP_TLS_BAD, NULL },                 /* less than was said */
        { { "80 00000001 0102" }, EAP_TLS_BAD, NULL },                 /* more */
        { { "c0 00000003" }, EAP_TLS_BAD, NULL },                      /* empty, to be continued */
        { { "40 01" }, EAP_TLS_BAD, NULL },                            /* does not say how long */
        { { "c0 00000000 01" }, EAP_TLS_BAD, NULL },                   /* */
        { { "c0 00010001 01" }, EAP_TLS_BAD, NULL },                   /* longer than any */
        { { "c0 ffffffff 01" }, EAP_TLS_BAD, NULL },                   /* */
        { { "c0 00000003 01", "c0 00000004 02" }, EAP_TLS_BAD, NULL }, /* changes its mind */
        { { "c0 00000003 0102", "40 0304" }, EAP_TLS_BAD, NULL },
        { { "c0 00000003 0102", "00" }, EAP_TLS_BAD, NULL },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        EapTlsPart got = EAP_TLS_BAD;
        EapTlsJoin j;

        eap_tls_join_init(&j);
        for (size_t k = 0; k < 4 && rows[i].parts[k]; k++) {
            Hex h = hex(rows[i].parts[k]);

            got = eap_tls_join_add(&j, (Slice){ h.b, h.len });
        }
        assert_int_equal(got, rows[i].last);
        if (rows[i].flight) {
            Hex h = hex(rows[i].flight);

            assert_true(slice_equal(eap_tls_join_view(&j), (Slice){ h.b, h.len }));
        }
        eap_tls_join_clear(&j);
    }
}

static void
test_all_flights_together_are_bounded(void **state)
{
    g_autofree uint8_t *flight = g_malloc0(1 + EAP_TLS_FLIGHT);
    EapTlsJoin j;

    (void)state;
    eap_tls_join_init(&j);
    assert_int_equal(eap_tls_join_add(&j, (Slice){ flight, 1 + EAP_TLS_FLIGHT }), EAP_TLS_WHOLE);
    assert_int_equal(eap_tls_join_add(&j, (Slice){ flight, 1 + EAP_TLS_TOTAL - EAP_TLS_FLIGHT }),
                     EAP_TLS_WHOLE);
    assert_int_equal(eap_tls_join_add(&j, (Slice){ flight, 2 }), EAP_TLS_BAD);
    eap_tls_join_clear(&j);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragments_are_joined_or_refused),
        cmocka_unit_test(test_all_flights_together_are_bounded),
    };

    return cmocka_run_group_tests_name("eap_tls_join", tests, NULL, NULL);
}
