/* test_asa_ca.c - agent/headend/asa_lines_ca.c: what a trustpoint says of revocation */

#include "agent/headend/asa_config.h"
#include "tests/support/test.h"

/* The example of standard methods with @more behind it. */
static AsaConfig *
standard_and(const char *more, AsaNotes *notes)
{
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-standard.cfg", NULL);
    g_autofree char *text = NULL;
    g_autofree char *all = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    all = g_strconcat(text, more, NULL);
    return asa_config_parse(slice_of(all), 0, notes);
}

static void
test_nothing_said_is_nothing_asked(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = standard_and("", &notes);
    const AsaRevocation *r = &asa_config_trustpoint(c, "clients")->revocation;

    (void)state;
    assert_int_equal(r->n, 0);
    assert_true(r->points);
    assert_false(r->own);
    assert_int_equal(r->cache_s, 3600);
}

static void
test_methods_count_in_their_order(void **state)
{
    static const struct {
        const char *line;
        size_t n;
        AsaRevocationMethod first, second;
        bool soft;
    } rows[] = {
        { "revocation-check crl", 1, ASA_REVOCATION_CRL, 0, false },
        { "revocation-check ocsp", 1, ASA_REVOCATION_OCSP, 0, false },
        { "revocation-check crl none", 1, ASA_REVOCATION_CRL, 0, true },
        { "revocation-check ocsp none", 1, ASA_REVOCATION_OCSP, 0, true },
        { "revocation-check ocsp crl", 2, ASA_REVOCATION_OCSP, ASA_REVOCATION_CRL, false },
        { "revocation-check crl ocsp none", 2, ASA_REVOCATION_CRL, ASA_REVOCATION_OCSP, true },
        { "revocation-check none", 0, 0, 0, true },
        { "revocation-check crl\n no revocation-check", 0, 0, 0, false },
        { "crl required", 1, ASA_REVOCATION_CRL, 0, false },
        { "crl optional", 1, ASA_REVOCATION_CRL, 0, true },
        { "crl nocheck", 0, 0, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *more =
            g_strconcat("crypto ca trustpoint clients\n ", rows[i].line, "\n", NULL);
        g_autoptr(AsaConfig) c = standard_and(more, &notes);
        const AsaRevocation *r;

        assert_non_null(c);
        r = &asa_config_trustpoint(c, "clients")->revocation;
        assert_int_equal(r->n, rows[i].n);
        if (r->n > 0)
            assert_int_equal(r->methods[0], rows[i].first);
        if (r->n > 1)
            assert_int_equal(r->methods[1], rows[i].second);
        if (r->n > 0)
            assert_int_equal(r->soft, rows[i].soft);
    }
}

static void
test_whom_to_ask_is_read(void **state)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(AsaConfig) c = standard_and("crypto ca trustpoint clients\n"
                                          " revocation-check ocsp crl\n"
                                          " ocsp url http://ocsp.example.com/\n"
                                          " ocsp disable-nonce\n"
                                          " crl configure\n"
                                          "  policy both\n"
                                          "  url 1 http://a.example.com/x.crl\n"
                                          "  url 5 http://b.example.com/y.crl\n"
                                          "  cache-time 90\n"
                                          "  enforcenextupdate\n"
                                          "  protocol http\n"
                                          "  no protocol ldap\n"
                                          "crypto ca trustpoint gw\n"
                                          " crl configure\n"
                                          "  policy cdp\n",
                                          &notes);
    const AsaRevocation *r;

    (void)state;
    assert_non_null(c);
    r = &asa_config_trustpoint(c, "clients")->revocation;
    assert_true(r->points && r->own && r->no_nonce);
    assert_string_equal(r->responder, "http://ocsp.example.com/");
    assert_string_equal(r->urls[0], "http://a.example.com/x.crl");
    assert_null(r->urls[1]);
    assert_string_equal(r->urls[4], "http://b.example.com/y.crl");
    assert_int_equal(r->cache_s, 90 * 60);
    for (guint i = 0; notes.v && i < notes.v->len; i++) /* none of these lines is passed over */
        assert_null(strstr(((AsaNote *)g_ptr_array_index(notes.v, i))->text, "ignored"));
    assert_false(asa_config_trustpoint(c, "gw")->revocation.own);
}

static void
test_lines_that_cannot_be_obeyed_are_named(void **state)
{
    static const struct {
        const char *more;
        bool error;
        const char *part;
    } rows[] = {
        { "revocation-check none crl", true, "none last" },
        { "revocation-check crl crl", true, "none last" },
        { "revocation-check crl ocsp crl", true, "none last" },
        { "revocation-check ldap", true, "expected: revocation-check" },
        { "crl configure\n  policy static", true, "have no line url" },
        { "crl configure\n  policy dynamic", true, "expected: policy" },
        { "crl configure\n  url 1 https://x/", true, "begins with http://" },
        { "crl configure\n  url 6 http://x/", true, "not a number from 1 to 5" },
        { "crl configure\n  cache-time 0", true, "not a number from 1 to 1440" },
        { "crl configure\n  no protocol http", true, "by http alone" },
        { "crl configure\n  protocol ldap", false, "by http alone" },
        { "crl configure\n  ldap-dn cn=admin secret", false, "by http alone" },
        { "crl configure\n  no enforcenextupdate", false, "never believed" },
        { "ocsp url ldap://x/", true, "begins with http://" },
        { "match certificate m override ocsp 10 url http://x/", true, "use ocsp url" },
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(AsaNotes) notes = { 0 };
        g_autofree char *more =
            g_strconcat("crypto ca trustpoint clients\n ", rows[i].more, "\n", NULL);
        g_autoptr(AsaConfig) c = standard_and(more, &notes);
        bool found = false;

        assert_int_equal(c == NULL, rows[i].error);
        for (guint k = 0; notes.v && k < notes.v->len; k++) {
            const AsaNote *n = g_ptr_array_index(notes.v, k);

            found = found || (n->error == rows[i].error && strstr(n->text, rows[i].part));
            assert_null(strstr(n->text, "secret"));
        }
        if (!found)
            fail_msg("%s: nothing says %s", rows[i].more, rows[i].part);
        if (c)
            assert_null(strstr(c->running->str, "secret"));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_said_is_nothing_asked),
        cmocka_unit_test(test_methods_count_in_their_order),
        cmocka_unit_test(test_whom_to_ask_is_read),
        cmocka_unit_test(test_lines_that_cannot_be_obeyed_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
