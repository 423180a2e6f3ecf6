/* test_inner_nets.c - agent/daemon/inner_nets.c */
#include "agent/daemon/inner_nets.h"
#include "tests/support/test.h"

static const struct {
    const char *what;
    const char *ip4, *ip6;
    const char *pushed;    /* prefixes, with blanks between */
    const char *selectors; /* the same; FIRST-LAST for a range */
    const char *routes;
} rows[] = {
    { "everything", "10.2.2.1", NULL, "", "0.0.0.0/0", "" },
    { "everything, both families", "10.2.2.1", "2001:db8::1", "", "0.0.0.0/0 ::/0", "" },
    { "a family without an address does not matter", "10.2.2.1", NULL, "", "0.0.0.0/0 ::/0", "" },
    { "split by selectors", "10.2.2.1", NULL, "", "10.0.0.0/8 192.168.1.0/24",
      "10.0.0.0/8 192.168.1.0/24" },
    { "a range", "10.2.2.1", NULL, "", "10.0.0.1-10.0.0.6",
      "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32" },
    { "one family whole, the other narrow", "10.2.2.1", "2001:db8::1", "", "10.0.0.0/8 ::/0",
      "10.0.0.0/8 ::/0" },
    { "one family whole, the other not at all", "10.2.2.1", "2001:db8::1", "", "0.0.0.0/0",
      "0.0.0.0/0" },
    { "pushed", "10.2.2.1", NULL, "10.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8" },
    { "pushed more than the selectors allow", "10.2.2.1", NULL, "10.0.0.0/8 172.16.0.0/12",
      "10.1.0.0/16", "10.1.0.0/16" },
    { "pushed nothing that they allow", "10.2.2.1", NULL, "172.16.0.0/12", "10.1.0.0/16",
      "10.1.0.0/16" },
    { "the same twice", "10.2.2.1", NULL, "10.0.0.0/8 10.0.0.0/8", "0.0.0.0/0 10.0.0.0/8",
      "10.0.0.0/8" },
};

static Selector
selector(const char *text)
{
    g_auto(GStrv) ends = g_strsplit(text, "-", 2);
    Selector s = selector_all(ADDR_V4);
    Prefix p;

    if (ends[1]) {
        assert_true(addr_parse(ends[0], &s.first));
        assert_true(addr_parse(ends[1], &s.last));
        return s;
    }
    assert_true(prefix_parse(text, &p));
    return selector_of_prefix(&p);
}

enum { SELECTORS_MAX = 8 };

static Selectors
fill(size_t row, IkeCpReply *reply, Selector room[static SELECTORS_MAX])
{
    g_auto(GStrv) pushed = g_strsplit(rows[row].pushed, " ", -1);
    g_auto(GStrv) selectors = g_strsplit(rows[row].selectors, " ", -1);

    if (rows[row].ip4)
        assert_true(addr_parse(rows[row].ip4, &reply->ip4));
    if (rows[row].ip6)
        assert_true(addr_parse(rows[row].ip6, &reply->ip6));
    for (char **p = pushed; *p && **p; p++)
        assert_true(prefix_parse(*p, &reply->include[reply->n_include++]));
    assert_true(g_strv_length(selectors) <= SELECTORS_MAX);
    for (size_t i = 0; selectors[i]; i++)
        room[i] = selector(selectors[i]);
    return (Selectors){ g_strv_length(selectors), room };
}

static void
test_routes_follow_the_selectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree IkeCpReply *reply = g_new0(IkeCpReply, 1);
        g_autoptr(GArray) nets = g_array_new(FALSE, FALSE, sizeof(Prefix));
        g_autoptr(GString) got = g_string_new(NULL);
        Selector room[SELECTORS_MAX];

        inner_nets_plan(reply, fill(i, reply, room), nets);
        for (guint n = 0; n < nets->len; n++) {
            char text[PREFIX_TEXT_MAX];

            g_string_append_printf(got, "%s%s", n ? " " : "",
                                   prefix_format(&g_array_index(nets, Prefix, n), text));
        }
        if (!g_str_equal(got->str, rows[i].routes))
            fail_msg("%s: %s, not %s", rows[i].what, got->str, rows[i].routes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_follow_the_selectors),
    };

    return cmocka_run_group_tests_name("inner_nets", tests, NULL, NULL);
}
