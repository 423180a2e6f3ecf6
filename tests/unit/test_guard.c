/* test_guard.c - tun/guard.c with packets put into two interfaces, in a namespace of its own */

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "agent/base/checksum.h"
#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/guard.h"
#include "tun/tun_dev.h"

enum {
    WAIT = 20000, /* milliseconds */
    ECHO_LEN = 8,
    MAX = 1500,
};

/* out0 is the link, acc0 the tunnel with the inner addresses. */
static const char *const host[] = {
    "ip link set lo up",
    "ip link set out0 addrgenmode none up",
    "ip link set acc0 addrgenmode none up",
    "ip addr add 192.0.2.2/24 dev out0",
    "ip addr add 2001:db8:9::2/64 dev out0 nodad",
    "ip addr add 10.2.2.1/24 dev acc0",
    "ip addr add 2001:db8:2::1/64 dev acc0 nodad",
};

static const char inner4[] = "10.2.2.1", inner6[] = "2001:db8:2::1";

typedef struct Fixture {
    int out, tun;
    char *before;
} Fixture;

static Nl *nl; /* one for all that a test asks */

static int
make_host(void **state)
{
    Fixture *f = g_new0(Fixture, 1);
    char name[IF_NAMESIZE];

    *state = f;
    nl = guard_open(NULL);
    assert_non_null(nl);
    f->out = tun_dev_open("out0", NULL, name, NULL);
    f->tun = tun_dev_open("acc0", NULL, name, NULL);
    assert_true(f->out >= 0 && f->tun >= 0);
    for (size_t i = 0; i < G_N_ELEMENTS(host); i++)
        netns_do(host[i]);
    netns_await("ip -6 route show table local", "local 2001:db8:9::2");
    netns_await("ip -6 route show table local", "local 2001:db8:2::1");
    f->before = netns_run("nft -s list ruleset");
    return 0;
}

static int
compare_host(void **state)
{
    Fixture *f = *state;
    g_autofree char *after = netns_run("nft -s list ruleset");
    bool same = g_str_equal(f->before, after);

    if (!same)
        print_error("left behind:\n%s\n", after);
    nl_free(nl);
    close(f->tun);
    close(f->out);
    g_free(f->before);
    g_free(f);
    return same ? 0 : -1;
}

/* ---- echo requests ---- */

static Addr
addr(const char *text)
{
    Addr a;

    assert_true(addr_parse(text, &a));
    return a;
}

static void
put_u16(uint8_t *at, uint16_t n)
{
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

static size_t
echo4(uint8_t *p, const Addr *from, const Addr *to)
{
    memcpy(p, (uint8_t[]){ 0x45, 0, 0, 20 + ECHO_LEN, 0, 0, 0, 0, 64, 1 }, 10);
    memcpy(p + 12, from->b, 4);
    memcpy(p + 16, to->b, 4);
    put_u16(p + 10, (uint16_t)~checksum_sum((Slice){ p, 20 }));
    p[20] = 8; /* RFC 792 */
    put_u16(p + 22, (uint16_t)~checksum_sum((Slice){ p + 20, ECHO_LEN }));
    return 20 + ECHO_LEN;
}

static size_t
echo6(uint8_t *p, const Addr *from, const Addr *to)
{
    uint16_t sum;

    memcpy(p, (uint8_t[]){ 0x60, 0, 0, 0, 0, ECHO_LEN, 58, 64 }, 8);
    memcpy(p + 8, from->b, 16);
    memcpy(p + 24, to->b, 16);
    p[40] = 128; /* RFC 4443 §4.1 */
    sum = checksum_sum((Slice){ p + 8, 32 + ECHO_LEN });
    put_u16(p + 42, (uint16_t)~checksum_fold((uint64_t)sum + ECHO_LEN + 58));
    return 40 + ECHO_LEN;
}

static void
send_echo(int fd, const char *from, const char *to)
{
    Addr a = addr(from), b = addr(to);
    uint8_t p[MAX] = { 0 };
    size_t len = a.family == ADDR_V6 ? echo6(p, &a, &b) : echo4(p, &a, &b);

    assert_int_equal(write(fd, p, len), len);
}

/* Who answers next on @fd. */
static Addr
next_answer(int fd)
{
    for (;;) {
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        uint8_t p[MAX];
        ssize_t n;
        Addr a;

        assert_int_equal(poll(&ready, 1, WAIT), 1);
        n = read(fd, p, sizeof(p));
        if (n == 20 + ECHO_LEN && p[0] >> 4 == 4 && p[9] == 1 && p[20] == 0) {
            assert_true(addr_from_octets((Slice){ p + 12, 4 }, &a));
            return a;
        }
        if (n == 40 + ECHO_LEN && p[0] >> 4 == 6 && p[6] == 58 && p[40] == 129) {
            assert_true(addr_from_octets((Slice){ p + 8, 16 }, &a));
            return a;
        }
    }
}

/* Does @to answer @from, who is behind @fd? The question that follows is always answered. */
static bool
answers(int fd, const char *from, const char *to)
{
    const char *always = strchr(to, ':') ? "2001:db8:9::2" : "192.0.2.2";
    Addr wanted = addr(to), last = addr(always), got;

    send_echo(fd, from, to);
    send_echo(fd, from, always);
    got = next_answer(fd);
    if (addr_equal(&got, &last))
        return false;
    assert_true(addr_equal(&got, &wanted));
    got = next_answer(fd);
    assert_true(addr_equal(&got, &last));
    return true;
}

static void
set(const char *a, const char *b)
{
    Addr addrs[2] = { addr(a) };
    g_autoptr(GError) error = NULL;

    if (b)
        addrs[1] = addr(b);
    if (!guard_set(nl, "acc0", addrs, b ? 2 : 1, &error))
        fail_msg("guard: %s", error->message);
}

static void
unset(void)
{
    g_autoptr(GError) error = NULL;

    if (!guard_remove(nl, "acc0", &error))
        fail_msg("guard: %s", error->message);
}

/* ---- tests ---- */

static void
test_the_inner_address_is_silent_on_the_link(void **state)
{
    Fixture *f = *state;

    assert_true(answers(f->out, "192.0.2.77", inner4)); /* why the guard is needed */
    assert_true(answers(f->out, "2001:db8:9::77", inner6));
    set(inner4, inner6);
    assert_false(answers(f->out, "192.0.2.77", inner4));
    assert_false(answers(f->out, "2001:db8:9::77", inner6));
    unset();
    assert_true(answers(f->out, "192.0.2.77", inner4));
    assert_true(answers(f->out, "2001:db8:9::77", inner6));
}

static void
test_the_tunnel_and_the_host_itself_are_heard(void **state)
{
    Fixture *f = *state;

    set(inner4, inner6);
    assert_true(answers(f->tun, "10.2.2.99", inner4));
    assert_true(answers(f->tun, "2001:db8:2::99", inner6));
    netns_do("ping -q -c 1 -W 20 10.2.2.1"); /* by lo */
    netns_do("ping -q -c 1 -W 20 2001:db8:2::1");
    unset();
}

static void
test_what_was_dropped_is_counted(void **state)
{
    Fixture *f = *state;
    g_autofree char *rules = NULL;

    set(inner4, inner6);
    assert_false(answers(f->out, "192.0.2.77", inner4));
    rules = netns_run("nft list table inet acclient_acc0");
    unset();
    assert_non_null(strstr(rules, "hook prerouting priority raw; policy accept;"));
    assert_non_null(strstr(rules, "iifname != \"acc0\" iifname != \"lo\" ip daddr 10.2.2.1 "
                                  "counter packets 1 bytes 28 drop"));
    assert_non_null(strstr(rules, "iifname != \"acc0\" iifname != \"lo\" ip6 daddr 2001:db8:2::1 "
                                  "counter packets 0 bytes 0 drop"));
}

static void
test_other_addresses_replace_those_of_before(void **state)
{
    Fixture *f = *state;
    g_autofree char *rules = NULL;

    set(inner4, inner6);
    set("10.2.2.77", NULL);
    assert_true(answers(f->out, "192.0.2.77", inner4));
    rules = netns_run("nft -s list table inet acclient_acc0");
    unset();
    assert_non_null(strstr(rules, "10.2.2.77"));
    assert_null(strstr(rules, "10.2.2.1 "));
    assert_null(strstr(rules, inner6));
}

static void
test_two_tunnels_have_a_guard_each(void **state)
{
    Fixture *f = *state;
    Addr other = addr("10.2.3.1");

    set(inner4, NULL);
    assert_true(guard_set(nl, "acc1", &other, 1, NULL)); /* an interface still to come */
    assert_true(guard_remove(nl, "acc1", NULL));
    assert_false(answers(f->out, "192.0.2.77", inner4));
    unset();
}

static void
test_no_guard_to_remove_is_told_as_such(void **state)
{
    g_autoptr(GError) error = NULL;

    (void)state;
    assert_false(guard_remove(nl, "acc0", &error));
    assert_true(g_error_matches(error, TUN_ERROR, ENOENT));
}

static void
test_a_refused_guard_leaves_the_one_before(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    Addr none = { 0 };

    set(inner4, NULL);
    assert_false(
        guard_set(nl, "acc0", &none, 1, &error)); /* compares nothing: the kernel refuses */
    assert_int_equal(error->domain, TUN_ERROR);
    assert_false(answers(f->out, "192.0.2.77", inner4));
    unset(); /* whatever the kernel has still said about the refused one */
}

int
main(void)
{
#define ON_HOST(test) cmocka_unit_test_setup_teardown(test, make_host, compare_host)
    const struct CMUnitTest tests[] = {
        ON_HOST(test_the_inner_address_is_silent_on_the_link),
        ON_HOST(test_the_tunnel_and_the_host_itself_are_heard),
        ON_HOST(test_what_was_dropped_is_counted),
        ON_HOST(test_other_addresses_replace_those_of_before),
        ON_HOST(test_two_tunnels_have_a_guard_each),
        ON_HOST(test_no_guard_to_remove_is_told_as_such),
        ON_HOST(test_a_refused_guard_leaves_the_one_before),
    };

    netns_enter();
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
