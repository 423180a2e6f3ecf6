/* net_host.h - a host with a network of its own to which a NetConfig is applied, and which must be
 * as before when that is gone. */
#pragma once

#include <glib/gstdio.h>
#include <string.h>

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

static inline void
add_prefix(GArray *list, const char *text)
{
    Prefix p;

    assert_true(prefix_parse(text, &p));
    g_array_append_val(list, p);
}

static inline void
add_addr(NetSettings *s, const char *text)
{
    assert_true(prefix_parse(text, &s->addrs[s->n_addrs++]));
}

static inline int
make_host(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    char name[IF_NAMESIZE];

    *state = f;
    f->out = tun_dev_open("out0", NULL, name, NULL);
    f->tun = tun_dev_open("acc%d", NULL, f->s.ifname, NULL);
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
static inline int
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

static inline NetConfig *
apply(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    NetConfig *c = net_config_apply(&f->s, f->journal, &error);

    if (!c)
        fail_msg("apply: %s", error->message);
    return c;
}

#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, make_host, compare_host)
