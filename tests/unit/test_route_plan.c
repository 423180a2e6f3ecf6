/* test_route_plan.c - tun/route_plan.c */

#include "tests/support/test.h"
#include "tun/route_plan.h"

typedef struct Case {
    const char *what;
    const char *addrs, *include, *exclude; /* blank-separated prefixes */
    const char *gateway;                   /* with strict rp_filter; NULL: without */
    const char *plan;
} Case;

#define LINK_V4                                                                                    \
    "ip -4 route add throw 224.0.0.0/4 table 44225 protocol 172\n"                                 \
    "ip -4 route add throw 169.254.0.0/16 table 44225 protocol 172\n"                              \
    "ip -4 route add throw 255.255.255.255/32 table 44225 protocol 172\n"
#define LINK_V6                                                                                    \
    "ip -6 route add throw fe80::/10 table 44225 protocol 172\n"                                   \
    "ip -6 route add throw ff00::/8 table 44225 protocol 172\n"
#define DEFAULT_V4 "ip -4 route add default dev acc0 table 44225 protocol 172\n"
#define DEFAULT_V6 "ip -6 route add default dev acc0 table 44225 protocol 172\n"
#define BLOCK_V4                                                                                   \
    LINK_V4 "ip -4 route add unreachable default table 44225 protocol 172 metric 2048\n"
#define BLOCK_V6                                                                                   \
    LINK_V6 "ip -6 route add unreachable default table 44225 protocol 172 metric 2048\n"
#define RULE_V4    "ip -4 rule add priority 11001 not fwmark 0xacc1 lookup 44225 protocol 172\n"
#define RULE_V6    "ip -6 rule add priority 11001 not fwmark 0xacc1 lookup 44225 protocol 172\n"
#define GW_RULE_V4 "ip -4 rule add priority 11000 to 198.51.100.1/32 lookup 254 protocol 172\n"

static const Case cases[] = {
    { "a full tunnel of one family blocks the other", "10.2.2.1/32", "", "", NULL,
      LINK_V4 DEFAULT_V4 BLOCK_V6 RULE_V4 RULE_V6 },
    { "what is excluded of the other is not blocked", "10.2.2.1/32", "", "2001:db8:6::/48", NULL,
      LINK_V4 DEFAULT_V4 LINK_V6
      "ip -6 route add throw 2001:db8:6::/48 table 44225 protocol 172\n"
      "ip -6 route add unreachable default table 44225 protocol 172 metric 2048\n" RULE_V4
          RULE_V6 },
    { "a full tunnel of both", "10.2.2.1/32 2001:db8:2::1/128", "", "", NULL,
      LINK_V4 DEFAULT_V4 LINK_V6 DEFAULT_V6 RULE_V4 RULE_V6 },
    { "IPv6 alone", "2001:db8:2::1/128", "", "", NULL,
      BLOCK_V4 LINK_V6 DEFAULT_V6 RULE_V4 RULE_V6 },
    { "no address, nothing to do", "", "", "", NULL, "" },
    { "split include", "10.2.2.1/32", "10.0.0.0/8 172.16.0.0/12", "", NULL,
      "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n"
      "ip -4 route add 172.16.0.0/12 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "networks of a family without an address are no use", "10.2.2.1/32",
      "2001:db8:5::/48 10.0.0.0/8", "2001:db8:6::/48", NULL,
      "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "a family that no included network names keeps its way", "10.2.2.1/32 2001:db8:2::1/128",
      "10.0.0.0/8", "2001:db8:6::/48", NULL,
      "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "split exclude", "10.2.2.1/32", "", "192.168.0.0/16", NULL,
      LINK_V4 "ip -4 route add throw 192.168.0.0/16 table 44225 protocol 172\n" DEFAULT_V4 BLOCK_V6
          RULE_V4 RULE_V6 },
    { "a hole in an included network", "10.2.2.1/32", "10.0.0.0/8", "10.9.0.0/16", NULL,
      "ip -4 route add throw 10.9.0.0/16 table 44225 protocol 172\n"
      "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "included everything is a full tunnel", "10.2.2.1/32", "0.0.0.0/0", "", NULL,
      LINK_V4 DEFAULT_V4 BLOCK_V6 RULE_V4 RULE_V6 },
    { "and blocks what is included of the other", "10.2.2.1/32", "0.0.0.0/0 2001:db8:5::/48", "",
      NULL, LINK_V4 DEFAULT_V4 BLOCK_V6 RULE_V4 RULE_V6 },
    { "named twice stands once, and excluded wins", "10.2.2.1/32",
      "10.0.0.0/8 10.0.0.0/8 172.16.0.0/12", "172.16.0.0/12", NULL,
      "ip -4 route add throw 172.16.0.0/12 table 44225 protocol 172\n"
      "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "strict rp_filter, full tunnel", "10.2.2.1/32", "", "", "198.51.100.1",
      LINK_V4 DEFAULT_V4 BLOCK_V6 GW_RULE_V4 RULE_V4 RULE_V6 },
    { "strict rp_filter, gateway inside an included network", "10.2.2.1/32", "198.51.100.0/24", "",
      "198.51.100.1",
      "ip -4 route add 198.51.100.0/24 dev acc0 table 44225 protocol 172\n" GW_RULE_V4 RULE_V4 },
    { "strict rp_filter, gateway never in the tunnel", "10.2.2.1/32", "10.0.0.0/8", "",
      "198.51.100.1", "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4 },
    { "strict rp_filter, gateway in an excluded network", "10.2.2.1/32", "", "198.51.100.0/24",
      "198.51.100.1",
      LINK_V4 "ip -4 route add throw 198.51.100.0/24 table 44225 protocol 172\n" DEFAULT_V4 BLOCK_V6
          RULE_V4 RULE_V6 },
    { "IPv6 inside an IPv4 gateway's tunnel", "2001:db8:2::1/128", "", "", "198.51.100.1",
      BLOCK_V4 LINK_V6 DEFAULT_V6 GW_RULE_V4 RULE_V4 RULE_V6 },
};

/* Where a family without an address may go its own way. */
static const Case bypassing[] = {
    { "a full tunnel of one family leaves the other alone", "10.2.2.1/32", "", "", NULL,
      LINK_V4 DEFAULT_V4 RULE_V4 },
    { "IPv6 alone and bypass", "2001:db8:2::1/128", "", "", NULL, LINK_V6 DEFAULT_V6 RULE_V6 },
    { "bypass is nothing to a family with an address", "10.2.2.1/32 2001:db8:2::1/128", "", "",
      NULL, LINK_V4 DEFAULT_V4 LINK_V6 DEFAULT_V6 RULE_V4 RULE_V6 },
    { "strict rp_filter, IPv6 inside an IPv4 gateway's tunnel, and bypass", "2001:db8:2::1/128", "",
      "", "198.51.100.1", LINK_V6 DEFAULT_V6 RULE_V6 },
};

static GArray *
prefixes(const char *text)
{
    GArray *list = g_array_new(false, false, sizeof(Prefix));
    g_auto(GStrv) word = g_strsplit(text, " ", -1);

    for (char **w = word; *w; w++) {
        Prefix p;

        if (!**w)
            continue;
        assert_true(prefix_parse(*w, &p));
        g_array_append_val(list, p);
    }
    return list;
}

static NetSettings
settings(const Case *c, GArray *include, GArray *exclude)
{
    g_autoptr(GArray) addrs = prefixes(c->addrs);
    NetSettings s = {
        .ifname = "acc0",
        .n_addrs = addrs->len,
        .include = include,
        .exclude = exclude,
        .fwmark = ROUTE_PLAN_FWMARK,
        .table = ROUTE_PLAN_TABLE,
        .priority = ROUTE_PLAN_PRIORITY,
        .gateway_rule = c->gateway != NULL,
    };

    for (guint i = 0; i < addrs->len; i++)
        s.addrs[i] = g_array_index(addrs, Prefix, i);
    if (c->gateway)
        assert_true(addr_parse(c->gateway, &s.gateway));
    return s;
}

static char *
plan_text(const NetSettings *s)
{
    g_autoptr(GArray) plan = route_plan(s);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < plan->len; i++) {
        g_autofree char *line =
            route_plan_format(&g_array_index(plan, RoutePlanItem, i), s->ifname);

        g_string_append_printf(text, "%s\n", line);
    }
    return g_string_free(text, FALSE);
}

static void
check(const Case *c, bool bypass_family)
{
    g_autoptr(GArray) include = prefixes(c->include);
    g_autoptr(GArray) exclude = prefixes(c->exclude);
    NetSettings s = settings(c, include, exclude);
    g_autofree char *text = NULL;

    s.bypass_family = bypass_family;
    text = plan_text(&s);
    if (!g_str_equal(text, c->plan))
        fail_msg("%s:\n%sinstead of\n%s", c->what, text, c->plan);
}

static void
test_each_tunnel_gets_its_routes_and_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check(&cases[i], false);
}

static void
test_a_family_without_an_address_may_be_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bypassing); i++)
        check(&bypassing[i], true);
}

/* The kernel refuses 10.1.2.3/8 as a destination; a gateway may send it all the same. */
static void
test_host_bits_of_a_network_are_cleared(void **state)
{
    g_autoptr(GArray) include = g_array_new(false, false, sizeof(Prefix));
    Prefix p = { .addr = addr_v4(0x0a010203), .len = 8 };
    NetSettings s = settings(&(Case){ .addrs = "10.2.2.1/32" }, include, NULL);
    g_autofree char *text = NULL;

    (void)state;
    g_array_append_val(include, p);
    text = plan_text(&s);
    assert_string_equal(text,
                        "ip -4 route add 10.0.0.0/8 dev acc0 table 44225 protocol 172\n" RULE_V4);
}

static void
test_no_lists_at_all_is_a_full_tunnel(void **state)
{
    NetSettings s = settings(&cases[0], NULL, NULL);
    g_autofree char *text = plan_text(&s);

    (void)state;
    assert_string_equal(text, cases[0].plan);
}

/* Whatever the setting for reverse path filtering: the loose kind refuses what is unreachable. */
static void
test_a_gateway_of_the_blocked_family_is_heard(void **state)
{
    g_autoptr(GArray) none = prefixes("");
    NetSettings s =
        settings(&(Case){ .addrs = "2001:db8:2::1/128", .gateway = "198.51.100.1" }, none, none);
    g_autofree char *text = NULL;

    (void)state;
    s.gateway_rule = false;
    text = plan_text(&s);
    assert_string_equal(text, BLOCK_V4 LINK_V6 DEFAULT_V6 GW_RULE_V4 RULE_V4 RULE_V6);
    assert_true(route_plan_blocks(&s, ADDR_V4));
    assert_false(route_plan_blocks(&s, ADDR_V6));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_tunnel_gets_its_routes_and_rules),
        cmocka_unit_test(test_a_family_without_an_address_may_be_left_alone),
        cmocka_unit_test(test_host_bits_of_a_network_are_cleared),
        cmocka_unit_test(test_no_lists_at_all_is_a_full_tunnel),
        cmocka_unit_test(test_a_gateway_of_the_blocked_family_is_heard),
    };

    return cmocka_run_group_tests_name("route_plan", tests, NULL, NULL);
}
