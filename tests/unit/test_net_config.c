/* test_net_config.c - tun/net_config.c against the real kernel, in a namespace of its own; what a
 * killed process leaves is test_net_config_recover.c */

#include <errno.h>
#include <sys/wait.h>

#include "tests/support/net_host.h"

/* The way a packet takes: "dev acc0" is in the answer of ip(8), or it is not. */
static void
assert_way(const char *to, const char *through)
{
    g_autofree char *command = g_strdup_printf("ip route get %s", to);
    g_autofree char *way = netns_run(command);
    g_autofree char *dev = g_strdup_printf("dev %s ", through);

    if (!strstr(way, dev))
        fail_msg("%s: not through %s but %s", to, through, way);
}

/* Told at once, not after a time. What ip(8) asks of IPv6 is answered, with that word. */
static void
assert_blocked(const char *to)
{
    g_autofree char *command = g_strdup_printf("ip route get %s", to);
    g_autofree char *way = netns_try(command);

    if (way && !g_str_has_prefix(way, "unreachable "))
        fail_msg("%s: not blocked but %s", to, way);
}

static void
test_ipv6_is_blocked_beside_a_full_tunnel_of_ipv4(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = NULL;

    add_prefix(f->exclude, "2001:db8:7::/48");
    c = apply(f);
    assert_way("8.8.8.8", "acc0");
    assert_blocked("2001:db8:8::8");
    assert_blocked("2001:db8:9::77"); /* of the link, as for a family in the tunnel */
    assert_way("2001:db8:8::8 mark 0xacc1", "out0");
    assert_way("2001:db8:7::1", "out0"); /* excluded */
    assert_way("fe80::1 oif out0", "out0");
    assert_way("ff02::1:2 oif out0", "out0");
    assert_way("::1", "lo");
    assert_way("2001:db8:9::2", "lo");
}

static void
test_ipv4_is_blocked_beside_a_full_tunnel_of_ipv6(void **state)
{
    Fixture *f = *state;
    g_autofree char *heard = NULL;
    g_autoptr(NetConfig) c = NULL;

    f->s.n_addrs = 0;
    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    assert_way("2001:db8:8::8", "acc0");
    assert_blocked("8.8.8.8");
    assert_blocked("192.0.2.77");
    assert_way("8.8.8.8 mark 0xacc1", "out0");
    assert_way("224.0.0.251", "out0");
    assert_way("127.0.0.1", "lo");
    if (!netns_write("/proc/sys/net/ipv4/conf/out0/rp_filter", "2"))
        return;
    heard = netns_try("ip route get 192.0.2.2 from 198.51.100.1 iif out0");
    assert_true(netns_write("/proc/sys/net/ipv4/conf/out0/rp_filter", "0"));
    assert_non_null(heard);
}

static void
test_what_is_not_tunnelled_is_left_alone_beside_a_split_tunnel_or_when_allowed(void **state)
{
    Fixture *f = *state;
    NetConfig *c;

    f->s.bypass_family = true;
    c = apply(f);
    assert_way("2001:db8:8::8", "out0");
    f->s.bypass_family = false;
    assert_true(net_config_change(c, &f->s, NULL));
    assert_blocked("2001:db8:8::8");
    add_prefix(f->include, "10.0.0.0/8");
    assert_true(net_config_change(c, &f->s, NULL));
    assert_way("2001:db8:8::8", "out0");
    net_config_free(c);
}

static void
test_where_ipv6_is_off_it_is_blocked_all_the_same(void **state)
{
    Fixture *f = *state;
    static const char path[] = "/proc/sys/net/ipv6/conf/lo/disable_ipv6";

    if (!netns_write(path, "1"))
        skip();
    net_config_free(apply(f));
    assert_true(netns_write(path, "0"));
    netns_await("ip -6 route show table local", "local ::1");
    g_free(f->before); /* switching it back is a change of the test's, not of ours */
    f->before = netns_state();
}

static void
test_a_full_tunnel_takes_all_but_our_own_packets_and_the_links(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = NULL;
    g_autofree char *link = NULL, *in_main4 = NULL, *in_main6 = NULL;

    f->s.addrs[0].addr = addr_v4(0x0a020201);
    f->s.addrs[0].len = 24; /* and still no route to 10.2.2.0/24 in the main table */
    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    in_main4 = netns_run("ip -4 route show table main dev acc0");
    in_main6 = netns_run("ip -6 route show table main dev acc0");
    assert_string_equal(in_main4, "");
    assert_string_equal(in_main6, "");
    assert_way("8.8.8.8", "acc0");
    assert_way("192.0.2.77", "acc0"); /* the local network too, unless it is excluded */
    assert_way("198.51.100.1", "acc0");
    assert_way("198.51.100.1 mark 0xacc1", "out0");
    assert_way("224.0.0.251", "out0");
    assert_way("2001:db8:8::8", "acc0");
    assert_way("2001:db8:8::8 mark 0xacc1", "out0");
    assert_way("10.2.2.1", "lo");
    link = netns_run("ip link show acc0");
    assert_non_null(strstr(link, "mtu 1400"));
    assert_non_null(strstr(link, ",UP"));
}

static void
test_another_mtu_is_undone_like_the_first(void **state)
{
    Fixture *f = *state;
    NetConfig *c = apply(f);
    g_autofree char *up = NULL, *down = NULL;

    assert_true(net_config_mtu(c, 1280, NULL));
    up = netns_run("ip link show acc0");
    assert_non_null(strstr(up, "mtu 1280"));
    assert_non_null(strstr(up, ",UP"));
    net_config_free(c);
    down = netns_run("ip link show acc0");
    assert_non_null(strstr(down, "mtu 1500"));
}

static void
replace(Fixture *f, const char *addr, const char *include)
{
    g_array_set_size(f->include, 0);
    f->s.n_addrs = 0;
    add_addr(&f->s, addr);
    add_prefix(f->include, "10.0.0.0/8");
    add_prefix(f->include, include);
}

static void
test_a_change_touches_only_what_differs(void **state)
{
    Fixture *f = *state;
    g_autofree char *up = NULL, *routes = NULL;
    NetConfig *c;

    replace(f, "10.2.2.1/32", "172.16.0.0/12");
    c = apply(f);
    assert_way("172.16.1.1", "acc0");
    netns_do("ip route change 10.0.0.0/8 dev acc0 table 44225 protocol 172 mtu 1300"); /* would be
                                                                                          lost */
    replace(f, "10.2.2.9/32", "198.18.0.0/15");
    assert_true(net_config_change(c, &f->s, NULL));
    assert_way("10.1.1.1", "acc0");
    assert_way("198.18.1.1", "acc0");
    assert_way("172.16.1.1", "out0");
    up = netns_run("ip addr show acc0");
    assert_non_null(strstr(up, "10.2.2.9/32"));
    assert_null(strstr(up, "10.2.2.1/32"));
    routes = netns_run("ip route show table 44225");
    assert_non_null(strstr(routes, "mtu 1300"));
    assert_true(net_config_change(c, &f->s, NULL)); /* to the same */
    net_config_free(c);
}

static void
test_a_change_that_the_kernel_refuses_changes_nothing(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL, *after = NULL;
    NetConfig *c;

    replace(f, "10.2.2.1/32", "172.16.0.0/12");
    c = apply(f);
    before = netns_state();
    replace(f, "10.2.2.9/32", "203.0.113.0/24"); /* stands in the host's list */
    assert_false(net_config_change(c, &f->s, &error));
    assert_true(g_error_matches(error, TUN_ERROR, EEXIST));
    after = netns_state();
    assert_string_equal(before, after);
    net_config_free(c);
}

static void
assert_guarded(const char *addr, bool is)
{
    g_autofree char *rules = netns_run("nft -s list table inet acclient_acc0");
    g_autofree char *rule = g_strdup_printf("daddr %s counter drop", addr);

    if (!strstr(rules, rule) == is)
        fail_msg("%s is%s guarded: %s", addr, is ? " not" : "", rules);
}

static void
test_the_guard_goes_with_the_addresses(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = NULL;

    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    assert_guarded("10.2.2.1", true);
    assert_guarded("2001:db8:2::1", true);
    f->s.n_addrs = 0;
    add_addr(&f->s, "10.2.2.9/32");
    assert_true(net_config_change(c, &f->s, NULL));
    assert_guarded("10.2.2.9", true);
    assert_guarded("10.2.2.1", false);
    assert_guarded("2001:db8:2::1", false);
}

static unsigned n_unguarded; /* times that was said */

static GLogWriterOutput
count_unguarded(GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer user)
{
    for (gsize i = 0; i < n && flags & G_LOG_LEVEL_WARNING; i++)
        if (g_str_equal(fields[i].key, "MESSAGE") && strstr(fields[i].value, "nftables refuses"))
            n_unguarded++;
    return g_log_writer_default(flags, fields, n, user);
}

/* A table that is another process's as long as that lives: the kernel refuses it to all others. */
static void
test_without_a_guard_the_tunnel_goes_on_with_one_warning(void **state)
{
    char name[] = "nft", interactive[] = "-i", *argv[] = { name, interactive, NULL };
    char home[] = "HOME=/dev/null", *env[] = { home, NULL }; /* no history file */
    static const char command[] = "add table inet acclient_acc0 { flags owner; }\n";
    Fixture *f = *state;
    NetConfig *c;
    int to_nft, status;
    GPid nft;

    assert_true(g_spawn_async_with_pipes(NULL, argv, env,
                                         G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
                                             G_SPAWN_STDOUT_TO_DEV_NULL,
                                         NULL, NULL, &nft, &to_nft, NULL, NULL, NULL));
    assert_int_equal(write(to_nft, command, strlen(command)), strlen(command));
    netns_await("nft list ruleset", "flags owner");
    n_unguarded = 0;
    c = apply(f);
    assert_way("8.8.8.8", "acc0");
    f->s.n_addrs = 0;
    add_addr(&f->s, "10.2.2.9/32");
    assert_true(net_config_change(c, &f->s, NULL));
    net_config_free(c);
    assert_int_equal(n_unguarded, 1);
    netns_await("nft list ruleset", "flags owner"); /* not ours to remove */
    close(to_nft);
    assert_int_equal(waitpid(nft, &status, 0), nft);
}

static void
test_a_change_of_families_blocks_the_one_that_is_left(void **state)
{
    Fixture *f = *state;
    NetConfig *c;

    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    f->s.n_addrs = 1;
    assert_true(net_config_change(c, &f->s, NULL));
    assert_way("8.8.8.8", "acc0");
    assert_blocked("2001:db8:8::8");
    f->s.n_addrs = 0;
    add_addr(&f->s, "2001:db8:2::1/128");
    assert_true(net_config_change(c, &f->s, NULL));
    assert_blocked("8.8.8.8");
    assert_way("2001:db8:8::8", "acc0");
    net_config_free(c);
}

static void
test_undo_leaves_the_interface_as_it_was_found(void **state)
{
    Fixture *f = *state;
    g_autofree char *link = NULL;

    net_config_free(apply(f));
    link = netns_run("ip link show acc0");
    assert_non_null(strstr(link, "mtu 1500"));
    assert_null(strstr(link, ",UP"));
}

static void
test_the_inner_address_is_the_source_inside_and_only_there(void **state)
{
    Fixture *f = *state;
    g_autofree char *in = NULL, *out = NULL, *addr = NULL;
    g_autoptr(NetConfig) c = NULL;

    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    in = netns_run("ip route get 8.8.8.8");
    out = netns_run("ip route get 8.8.8.8 mark 0xacc1");
    addr = netns_run("ip -6 addr show dev acc0");
    assert_non_null(strstr(in, "src 10.2.2.1 "));
    assert_non_null(strstr(out, "src 192.0.2.2 "));
    assert_null(strstr(addr, "fe80"));
    assert_null(strstr(addr, "tentative"));
}

static void
test_split_include_takes_the_included_only(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = NULL;

    add_prefix(f->include, "10.0.0.0/8");
    add_prefix(f->include, "2001:db8:5::/48");
    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    assert_way("10.200.0.1", "acc0");
    assert_way("8.8.8.8", "out0");
    assert_way("2001:db8:5::1", "acc0");
    assert_way("2001:db8:8::8", "out0");
}

static void
test_an_excluded_network_falls_through_to_the_host_s_own_routes(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = NULL;

    add_prefix(f->exclude, "192.0.2.0/24");
    add_prefix(f->exclude, "172.16.0.0/12");
    add_prefix(f->exclude, "2001:db8:7::/48");
    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    assert_way("192.0.2.77", "out0");
    assert_way("172.16.0.1", "out0");
    assert_way("8.8.8.8", "acc0");
    assert_way("2001:db8:7::1", "out0");
    assert_way("2001:db8:8::8", "acc0");
}

/* route_plan's words, run by ip(8), must give what our netlink requests give. */
static void
test_the_plan_as_told_is_the_plan_as_done(void **state)
{
    Fixture *f = *state;
    g_autofree char *ours = NULL, *theirs = NULL;
    g_autoptr(GArray) plan = NULL;
    NetConfig *c;

    add_addr(&f->s, "2001:db8:2::1/128");
    add_prefix(f->exclude, "192.168.0.0/16");
    add_prefix(f->exclude, "2001:db8:7::/48");
    f->s.gateway_rule = true;
    c = apply(f);
    netns_await("ip -6 route show table local",
                "local 2001:db8:2::1"); /* the kernel takes its time */
    ours = netns_state();
    plan = route_plan(&f->s);
    for (guint i = plan->len; i > 0; i--) {
        g_autofree char *add =
            route_plan_format(&g_array_index(plan, RoutePlanItem, i - 1), f->s.ifname);
        g_auto(GStrv) half = g_strsplit(add, " add ", 2);
        g_autofree char *del = g_strjoinv(" del ", half);

        netns_do(del); /* what was done is there under the words it was told with */
    }
    for (guint i = 0; i < plan->len; i++) {
        g_autofree char *add =
            route_plan_format(&g_array_index(plan, RoutePlanItem, i), f->s.ifname);

        netns_do(add);
    }
    theirs = netns_state();
    net_config_free(c);
    assert_string_equal(ours, theirs);
}

/* A packet from the gateway, as the kernel's source validation sees it. */
static const char from_gateway[] = "ip route get 192.0.2.2 from 198.51.100.1 iif out0";

static void
test_strict_rp_filter_is_seen_and_the_gateway_still_heard(void **state)
{
    Fixture *f = *state;
    static const char path[] = "/proc/sys/net/ipv4/conf/out0/rp_filter";
    g_autofree char *heard = NULL, *unheard = NULL;
    NetConfig *c;

    assert_false(net_config_rp_strict());
    if (!netns_write(path, "1"))
        skip(); /* /proc/sys is read-only here */
    assert_true(net_config_rp_strict());
    c = apply(f);
    unheard = netns_try(from_gateway);
    net_config_free(c);
    f->s.gateway_rule = true;
    c = apply(f);
    heard = netns_try(from_gateway);
    net_config_free(c);
    assert_null(unheard); /* why the rule is needed */
    assert_non_null(heard);
    assert_true(netns_write(path, "2"));
    assert_false(net_config_rp_strict());
    assert_true(netns_write(path, "0"));
}

static void
test_ipv6_is_left_out_where_the_host_has_it_off(void **state)
{
    Fixture *f = *state;
    g_autofree char *addr = NULL;
    NetConfig *c;

    if (!netns_write("/proc/sys/net/ipv6/conf/acc0/disable_ipv6", "1"))
        skip();
    add_addr(&f->s, "2001:db8:2::1/128");
    c = apply(f);
    addr = netns_run("ip -6 addr show dev acc0");
    assert_string_equal(addr, "");
    assert_way("8.8.8.8", "acc0");
    assert_blocked("2001:db8:8::8"); /* off on the tunnel only */
    net_config_free(c);
    assert_true(netns_write("/proc/sys/net/ipv6/conf/acc0/disable_ipv6", "0"));
    g_free(f->before); /* switching it back is a change of the test's, not of ours */
    f->before = netns_state();
}

/* What cannot be had, and what the error must name. The host is compared by the teardown. */
static void
assert_refused(Fixture *f, int code, const char *named)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(NetConfig) c = net_config_apply(&f->s, f->journal, &error);

    assert_null(c);
    assert_non_null(error);
    if (!g_error_matches(error, TUN_ERROR, code) || !strstr(error->message, named))
        fail_msg("not %d, \"%s\", but %d, \"%s\"", code, named, error->code, error->message);
}

static void
test_a_duplicate_address_undoes_the_interface(void **state)
{
    Fixture *f = *state;

    add_addr(&f->s, "10.2.2.1/32");
    assert_refused(f, EEXIST, "addr 10.2.2.1/32 on acc0: ");
}

static void
test_a_foreign_route_in_our_place_undoes_everything_before(void **state)
{
    Fixture *f = *state;

    add_prefix(f->include, "10.0.0.0/8");
    add_prefix(f->include, "203.0.113.0/24"); /* stands in the host's list */
    add_prefix(f->include, "172.16.0.0/12");
    assert_refused(f, EEXIST, "ip -4 route add 203.0.113.0/24 dev acc0 table 44225");
}

static void
test_settings_that_make_no_sense_change_nothing(void **state)
{
    Fixture *f = *state;
    NetSettings good = f->s;
    Prefix bad = { .addr = addr_v4(0x0a000000), .len = 33 };

    g_array_append_val(f->include, bad);
    assert_refused(f, EINVAL, "included network 1, prefix length 33");
    g_array_set_size(f->include, 0);
    f->s.addrs[0].len = 33;
    assert_refused(f, EINVAL, "inner address 1, prefix length 33");
    f->s = good;
    f->s.n_addrs = 0;
    assert_refused(f, EADDRNOTAVAIL, "0 inner addresses");
    f->s = good;
    f->s.mtu = 67;
    assert_refused(f, EINVAL, "MTU of 67");
    f->s = good;
    f->s.mtu = 1279;
    add_addr(&f->s, "2001:db8:2::1/128");
    assert_refused(f, EINVAL, "MTU of 1279 octets where 1280");
    f->s = good;
    g_strlcpy(f->s.ifname, "nowhere0", sizeof(f->s.ifname));
    assert_refused(f, ENODEV, "interface nowhere0");
}

static void
test_no_journal_no_change(void **state)
{
    Fixture *f = *state;
    g_autofree char *nowhere = g_build_filename(f->dir, "none", "net.journal", NULL);
    g_autoptr(GError) error = NULL;

    assert_null(net_config_apply(&f->s, nowhere, &error));
    assert_true(g_error_matches(error, TUN_ERROR, ENOENT));
    assert_non_null(strstr(error->message, nowhere));
}

static void
test_two_cannot_hold_one_journal(void **state)
{
    Fixture *f = *state;
    g_autoptr(NetConfig) c = apply(f);
    g_autofree char *during = netns_state(), *after = NULL;

    assert_refused(f, EAGAIN, "in use by a running agent");
    after = netns_state();
    assert_string_equal(during, after);
}

static void
test_undo_finds_everything_gone_and_does_not_mind(void **state)
{
    NetConfig *c = apply(*state);

    netns_do("ip -4 rule del priority 11001 lookup 44225");
    netns_do("ip -4 route flush table 44225 protocol 172");
    netns_do("ip addr flush dev acc0");
    netns_do("nft delete table inet acclient_acc0");
    net_config_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(test_a_full_tunnel_takes_all_but_our_own_packets_and_the_links),
        ON_HOST(test_ipv6_is_blocked_beside_a_full_tunnel_of_ipv4),
        ON_HOST(test_ipv4_is_blocked_beside_a_full_tunnel_of_ipv6),
        ON_HOST(test_what_is_not_tunnelled_is_left_alone_beside_a_split_tunnel_or_when_allowed),
        ON_HOST(test_where_ipv6_is_off_it_is_blocked_all_the_same),
        ON_HOST(test_another_mtu_is_undone_like_the_first),
        ON_HOST(test_a_change_touches_only_what_differs),
        ON_HOST(test_a_change_that_the_kernel_refuses_changes_nothing),
        ON_HOST(test_the_guard_goes_with_the_addresses),
        ON_HOST(test_without_a_guard_the_tunnel_goes_on_with_one_warning),
        ON_HOST(test_a_change_of_families_blocks_the_one_that_is_left),
        ON_HOST(test_undo_leaves_the_interface_as_it_was_found),
        ON_HOST(test_the_inner_address_is_the_source_inside_and_only_there),
        ON_HOST(test_split_include_takes_the_included_only),
        ON_HOST(test_an_excluded_network_falls_through_to_the_host_s_own_routes),
        ON_HOST(test_the_plan_as_told_is_the_plan_as_done),
        ON_HOST(test_strict_rp_filter_is_seen_and_the_gateway_still_heard),
        ON_HOST(test_ipv6_is_left_out_where_the_host_has_it_off),
        ON_HOST(test_a_duplicate_address_undoes_the_interface),
        ON_HOST(test_a_foreign_route_in_our_place_undoes_everything_before),
        ON_HOST(test_settings_that_make_no_sense_change_nothing),
        ON_HOST(test_no_journal_no_change),
        ON_HOST(test_two_cannot_hold_one_journal),
        ON_HOST(test_undo_finds_everything_gone_and_does_not_mind),
    };

    netns_enter();
    g_log_set_writer_func(count_unguarded, NULL, NULL);
    return cmocka_run_group_tests_name("net_config", tests, NULL, NULL);
}
