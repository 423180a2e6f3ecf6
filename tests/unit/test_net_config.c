/* test_net_config.c - tun/net_config.c against the real kernel, in a namespace of its own */

#include <errno.h>
#include <glib/gstdio.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/net_config.h"
#include "tun/tun_dev.h"

/* The host before us: out0 with both families and a default route each, and things of others that
 * look like ours: in our table, with our priority, mark and table, but without our protocol. */
static const char *const host[] = {
    "ip link set lo up",
    "ip link set out0 addrgenmode none up",
    "ip addr add 192.0.2.2/24 dev out0",
    "ip addr add 2001:db8:9::2/64 dev out0 nodad",
    "ip -4 route add default via 192.0.2.1",
    "ip -6 route add default via 2001:db8:9::1",
    "ip -4 route add 203.0.113.0/24 dev out0 table 44225 protocol static",
    "ip -6 route add 2001:db8:113::/48 dev out0 table 44225 protocol static",
    "ip -4 rule add priority 11001 not fwmark 0xacc1 lookup 4711 protocol static",
    "ip -6 rule add priority 11001 not fwmark 0xacc1 lookup 44225 protocol static",
};

typedef struct Fixture {
    char *dir, *journal, *before;
    GArray *include, *exclude;
    int out, tun;
    NetSettings s;
} Fixture;

static void
add_prefix(GArray *list, const char *text)
{
    Prefix p;

    assert_true(prefix_parse(text, &p));
    g_array_append_val(list, p);
}

static void
add_addr(NetSettings *s, const char *text)
{
    assert_true(prefix_parse(text, &s->addrs[s->n_addrs++]));
}

static int
make_host(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    char name[IF_NAMESIZE];

    *state = f;
    f->out = tun_dev_open("out0", name, NULL);
    f->tun = tun_dev_open("acc%d", f->s.ifname, NULL);
    assert_true(f->out >= 0 && f->tun >= 0);
    for (size_t i = 0; i < G_N_ELEMENTS(host); i++)
        netns_do(host[i]);
    netns_await("ip -6 route show table local", "local ::1");
    netns_await("ip -6 route show table local", "local 2001:db8:9::2");
    f->dir = g_dir_make_tmp("net-config-XXXXXX", NULL);
    f->journal = g_build_filename(f->dir, "net.journal", NULL);
    f->include = g_array_new(false, false, sizeof(Prefix));
    f->exclude = g_array_new(false, false, sizeof(Prefix));
    f->s.mtu = 1400;
    f->s.gateway = addr_v4(0xc6336401); /* 198.51.100.1 */
    f->s.include = f->include;
    f->s.exclude = f->exclude;
    f->s.fwmark = ROUTE_PLAN_FWMARK;
    f->s.table = ROUTE_PLAN_TABLE;
    f->s.priority = ROUTE_PLAN_PRIORITY;
    add_addr(&f->s, "10.2.2.1/32");
    f->before = netns_state();
    return 0;
}

/* Every test ends with the host as it was before the tunnel, with no journal left. */
static int
compare_host(void **state)
{
    Fixture *f = *state;
    g_autofree char *after = netns_state();
    int bad = 0;

    if (!g_str_equal(f->before, after)) {
        print_error("before:\n%s\nafter:\n%s\n", f->before, after);
        bad = -1;
    }
    if (access(f->journal, F_OK) == 0) {
        print_error("journal left behind\n");
        bad = -1;
    }
    close(f->tun);
    close(f->out);
    netns_do("ip -4 rule del priority 11001");
    netns_do("ip -6 rule del priority 11001");
    (void)g_unlink(f->journal);
    (void)g_rmdir(f->dir);
    g_array_unref(f->include);
    g_array_unref(f->exclude);
    g_free(f->dir);
    g_free(f->journal);
    g_free(f->before);
    g_free(f);
    return bad;
}

static NetConfig *
apply(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    NetConfig *c = net_config_apply(&f->s, f->journal, &error);

    if (!c)
        fail_msg("apply: %s", error->message);
    return c;
}

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
test_a_family_without_an_address_is_left_alone(void **state)
{
    g_autoptr(NetConfig) c = apply(*state);

    assert_way("8.8.8.8", "acc0");
    assert_way("2001:db8:8::8", "out0");
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
    assert_way("8.8.8.8", "acc0");
    assert_way("2001:db8:8::8", "out0");
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
    net_config_free(c);
}

/* ---- crashes ---- */

/* A process that makes "acc9", applies, and is killed by SIGKILL. */
static void
apply_and_die(Fixture *f, bool interface_stays)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        int tun = tun_dev_open("acc9", f->s.ifname, NULL);

        if (tun < 0 || (interface_stays && ioctl(tun, TUNSETPERSIST, 1) < 0) ||
            !net_config_apply(&f->s, f->journal, NULL))
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(access(f->journal, F_OK), 0);
}

static void
assert_recovered(Fixture *f, size_t least)
{
    g_autofree char *left = netns_state();
    g_autoptr(GError) error = NULL;
    size_t n;

    assert_string_not_equal(left, f->before);
    if (!net_config_recover(f->journal, &n, &error))
        fail_msg("recover: %s", error->message);
    assert_true(n >= least);
    assert_true(net_config_recover(f->journal, &n, NULL)); /* and once more */
    assert_int_equal(n, 0);
}

static void
test_what_a_killed_process_left_is_undone(void **state)
{
    Fixture *f = *state;

    add_addr(&f->s, "2001:db8:2::1/128");
    apply_and_die(f, false);
    assert_recovered(f, 2 + 5); /* rules and throw routes outlive the interface */
}

static void
test_an_interface_that_outlived_its_process_is_removed(void **state)
{
    Fixture *f = *state;

    f->s.gateway_rule = true;
    apply_and_die(f, true);
    assert_recovered(f, 2 + 4 + 1); /* rules, routes, interface */
}

static void
test_the_next_apply_recovers_first(void **state)
{
    Fixture *f = *state;
    char name[IF_NAMESIZE];

    g_strlcpy(name, f->s.ifname, sizeof(name));
    apply_and_die(f, false);
    g_strlcpy(f->s.ifname, name, sizeof(f->s.ifname));
    net_config_free(apply(f));
}

static void
test_a_killed_process_s_rules_already_removed_by_hand_are_no_error(void **state)
{
    Fixture *f = *state;
    size_t n;

    apply_and_die(f, false);
    netns_do("ip -4 rule del priority 11001 lookup 44225");
    netns_do("ip -4 route flush table 44225 protocol 172");
    assert_true(net_config_recover(f->journal, &n, NULL));
    assert_int_equal(n, 0);
}

/* Lines that fit something of others in all but what makes it ours. */
static void
test_recovery_touches_nothing_foreign(void **state)
{
    Fixture *f = *state;
    unsigned lo = if_nametoindex("lo"), out = if_nametoindex("out0");
    g_autofree char *text = g_strdup_printf("acclient-journal 1\n"
                                            "link lo %u 65536\n"  /* no TUN */
                                            "link acc0 %u 1500\n" /* out0's number */
                                            "addr 192.0.2.2/24\n"
                                            "route 4 254 through 0.0.0.0/0\n"
                                            "route 6 254 through ::/0\n"
                                            "route 4 44225 through 203.0.113.0/24\n"
                                            "route 6 44225 through 2001:db8:113::/48\n"
                                            "rule 4 11001 4711 not 0xacc1\n"
                                            "rule 6 11001 44225 not 0xacc1\n"
                                            "rule 4 32766 254 to 0.0.0.0/0\n",
                                            lo, out);
    size_t n;

    assert_true(g_file_set_contents(f->journal, text, -1, NULL));
    assert_true(net_config_recover(f->journal, &n, NULL));
    assert_int_equal(n, 0);
}

static void
test_a_damaged_journal_is_followed_as_far_as_it_goes_and_kept(void **state)
{
    Fixture *f = *state;
    g_autofree char *aside = g_strconcat(f->journal, ".bad", NULL);
    g_autofree char *text = NULL, *damaged = NULL;
    g_autoptr(GError) error = NULL;
    size_t n;

    apply_and_die(f, false);
    assert_true(g_file_get_contents(f->journal, &text, NULL, NULL));
    damaged = g_strconcat(text, "rule 4 110", NULL);
    assert_true(g_file_set_contents(f->journal, damaged, -1, NULL));
    assert_false(net_config_recover(f->journal, &n, &error));
    assert_non_null(strstr(error->message, "not understood: \"rule 4 110\"; kept as "));
    assert_int_equal(g_unlink(aside), 0);
}

int
main(void)
{
#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, make_host, compare_host)
    const struct CMUnitTest tests[] = {
        ON_HOST(test_a_full_tunnel_takes_all_but_our_own_packets_and_the_links),
        ON_HOST(test_another_mtu_is_undone_like_the_first),
        ON_HOST(test_undo_leaves_the_interface_as_it_was_found),
        ON_HOST(test_the_inner_address_is_the_source_inside_and_only_there),
        ON_HOST(test_a_family_without_an_address_is_left_alone),
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
        ON_HOST(test_what_a_killed_process_left_is_undone),
        ON_HOST(test_an_interface_that_outlived_its_process_is_removed),
        ON_HOST(test_the_next_apply_recovers_first),
        ON_HOST(test_a_killed_process_s_rules_already_removed_by_hand_are_no_error),
        ON_HOST(test_recovery_touches_nothing_foreign),
        ON_HOST(test_a_damaged_journal_is_followed_as_far_as_it_goes_and_kept),
    };

    netns_enter();
    return cmocka_run_group_tests_name("net_config", tests, NULL, NULL);
}
