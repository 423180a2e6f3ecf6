/* test_link.c - tun/tun_dev.c, tun/nl.c, tun/link.c, tun/link_addr.c and tun/route.c, each refusal
 * of the kernel by its own words, in a namespace of its own */

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/link.h"
#include "tun/link_addr.h"
#include "tun/route.h"
#include "tun/tun_dev.h"
#include "tun/tun_error.h"

enum { NO_SUCH_LINK = 999999 };

typedef struct Fixture {
    Nl *nl;
    int tun;
    char name[IF_NAMESIZE];
    unsigned index;
} Fixture;

static int
make_tun(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    *state = f;
    f->nl = nl_open(NULL);
    f->tun = tun_dev_open("acc%d", NULL, f->name, NULL);
    f->index = if_nametoindex(f->name);
    return f->nl && f->tun >= 0 && f->index ? 0 : -1;
}

static int
close_tun(void **state)
{
    Fixture *f = *state;

    close(f->tun);
    nl_free(f->nl);
    g_free(f);
    return 0;
}

static void
assert_refused(bool ok, GError **error, int code)
{
    assert_false(ok);
    assert_non_null(*error);
    if (!g_error_matches(*error, TUN_ERROR, code))
        fail_msg("not %d but %d: %s", code, (*error)->code, (*error)->message);
    g_clear_error(error);
}

static void
test_the_descriptor_is_ours_alone_and_does_not_block(void **state)
{
    Fixture *f = *state;
    char packet[64];

    assert_int_equal(fcntl(f->tun, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(read(f->tun, packet, sizeof(packet)), -1);
    assert_true(errno == EAGAIN || errno == EIO); /* EIO while it is down */
    assert_true(g_str_has_prefix(f->name, "acc"));
}

static void
test_the_interface_goes_with_its_descriptor(void **state)
{
    char name[IF_NAMESIZE];
    int fd = tun_dev_open("acc77", NULL, name, NULL);

    (void)state;
    assert_true(fd >= 0);
    assert_string_equal(name, "acc77");
    assert_true(if_nametoindex("acc77") > 0);
    close(fd);
    assert_int_equal(if_nametoindex("acc77"), 0);
}

static void
test_a_name_that_is_taken_or_no_name_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "a_name_of_sixteen", "a/b", "a b", "a:b", ".", "..", "acc%s", "acc%d%d", "acc%", "%n",
    };
    char name[IF_NAMESIZE] = "before";
    g_autoptr(GError) error = NULL;

    (void)state;
    netns_do("ip tuntap add kept0 mode tun"); /* persistent, nobody has it open, and still theirs */
    assert_refused(tun_dev_open("kept0", NULL, name, &error) >= 0, &error, EBUSY);
    assert_refused(tun_dev_open("lo", NULL, name, &error) >= 0, &error, EBUSY);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
        assert_refused(tun_dev_open(bad[i], NULL, name, &error) >= 0, &error, EINVAL);
    assert_string_equal(name, "before");
    netns_do("ip tuntap del kept0 mode tun");
}

static void
test_a_link_is_told_by_number_name_and_driver(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    Link link;

    assert_true(link_get(f->nl, f->index, &link, NULL));
    assert_string_equal(link.name, f->name);
    assert_int_equal(link.index, f->index);
    assert_int_equal(link.mtu, 1500);
    assert_true(link.is_tun);
    assert_true(link_get(f->nl, if_nametoindex("lo"), &link, NULL));
    assert_string_equal(link.name, "lo");
    assert_false(link.is_tun);
    assert_refused(link_get(f->nl, NO_SUCH_LINK, &link, &error), &error, ENODEV);
    assert_string_equal(link.name, "lo");
}

static void
test_a_link_goes_up_and_down_with_its_mtu(void **state)
{
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;
    Link link;

    assert_true(link_up(f->nl, f->index, 1380, NULL));
    assert_true(link_get(f->nl, f->index, &link, NULL));
    assert_int_equal(link.mtu, 1380);
    assert_true(link_down(f->nl, f->index, 1500, NULL));
    assert_true(link_get(f->nl, f->index, &link, NULL));
    assert_int_equal(link.mtu, 1500);
    assert_refused(link_up(f->nl, f->index, 67, &error), &error, EINVAL); /* minmtu is 68 */
    assert_refused(link_up(f->nl, NO_SUCH_LINK, 1400, &error), &error, ENODEV);
}

static void
test_an_address_is_added_once_and_removed_once(void **state)
{
    static const char *const addrs[] = { "10.2.2.1/32", "2001:db8:2::1/128" };
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_true(link_up(f->nl, f->index, 1400, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(addrs); i++) {
        Prefix p;

        assert_true(prefix_parse(addrs[i], &p));
        assert_true(link_addr_add(f->nl, f->index, &p, NULL));
        assert_refused(link_addr_add(f->nl, f->index, &p, &error), &error, EEXIST);
        assert_true(link_addr_del(f->nl, f->index, &p, NULL));
        assert_refused(link_addr_del(f->nl, f->index, &p, &error), &error, EADDRNOTAVAIL);
        assert_refused(link_addr_add(f->nl, NO_SUCH_LINK, &p, &error), &error, ENODEV);
    }
}

static void
test_a_route_is_added_once_and_removed_once(void **state)
{
    static const char *const nets[] = { "10.0.0.0/8", "2001:db8:5::/48" };
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    assert_true(link_up(f->nl, f->index, 1400, NULL));
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(nets); i++) {
        RoutePlanItem item = { .table = ROUTE_PLAN_TABLE,
                               .way = i % 2 ? ROUTE_PLAN_THROW : ROUTE_PLAN_THROUGH };

        assert_true(prefix_parse(nets[i / 2], &item.prefix));
        item.family = item.prefix.addr.family;
        assert_true(route_add(f->nl, &item, f->index, NULL));
        assert_refused(route_add(f->nl, &item, f->index, &error), &error, EEXIST);
        assert_true(route_del(f->nl, &item, NULL));
        assert_refused(route_del(f->nl, &item, &error), &error, ESRCH);
    }
}

static void
test_a_rule_is_added_once_and_removed_once(void **state)
{
    static const uint8_t families[] = { ADDR_V4, ADDR_V6 };
    Fixture *f = *state;
    g_autoptr(GError) error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        RoutePlanItem item = {
            .kind = ROUTE_PLAN_RULE,
            .family = families[i],
            .table = ROUTE_PLAN_TABLE,
            .priority = ROUTE_PLAN_PRIORITY,
            .fwmark = ROUTE_PLAN_FWMARK,
        };

        assert_true(route_add(f->nl, &item, 0, NULL));
        assert_refused(route_add(f->nl, &item, 0, &error), &error, EEXIST);
        assert_true(route_del(f->nl, &item, NULL));
        assert_refused(route_del(f->nl, &item, &error), &error, ENOENT);
    }
}

/* What does not fit while nobody reads is lost without anybody being told: 10 ms of 500,000 packets
 * a second must. */
static void
test_a_link_that_is_up_holds_what_comes_in_a_pause_of_its_reader(void **state)
{
    Fixture *f = *state;
    Link link;

    assert_true(link_up(f->nl, f->index, 1400, NULL));
    assert_true(link_get(f->nl, f->index, &link, NULL));
    assert_true(link.queue >= 5000);
    assert_true(link.direct);
}

/* An extended acknowledgement: more than strerror() has to say. */
static void
test_a_refusal_carries_the_kernel_s_own_words(void **state)
{
    Fixture *f = *state;
    RoutePlanItem item = {
        .family = ADDR_V4,
        .prefix = { addr_v4(0x0a010203), 8 }, /* host bits */
        .table = ROUTE_PLAN_TABLE,
    };
    g_autoptr(GError) error = NULL;

    assert_true(link_up(f->nl, f->index, 1400, NULL));
    assert_false(route_add(f->nl, &item, f->index, &error));
    assert_string_equal(error->message,
                        "Invalid argument (Invalid prefix for given prefix length)");
}

static void
count(const struct nlmsghdr *msg, void *user)
{
    (void)msg;
    (*(unsigned *)user)++;
}

/* Each request has a number of its own, and its answers come with it. */
static void
test_every_request_has_its_own_number_and_answer(void **state)
{
    Fixture *f = *state;

    for (unsigned i = 1; i <= 3; i++) {
        unsigned n = 0;
        NlRequest m;
        struct ifinfomsg *body = nl_begin(&m, RTM_GETLINK, 0, sizeof(*body));

        body->ifi_index = (int)f->index;
        assert_true(nl_request(f->nl, &m, count, &n, NULL));
        assert_int_equal(n, 1);
        assert_int_equal(m.head.nlmsg_seq, i);
    }
}

int
main(void)
{
#define WITH_TUN(test) cmocka_unit_test_setup_teardown(test, make_tun, close_tun)
    const struct CMUnitTest tests[] = {
        WITH_TUN(test_the_descriptor_is_ours_alone_and_does_not_block),
        WITH_TUN(test_the_interface_goes_with_its_descriptor),
        WITH_TUN(test_a_name_that_is_taken_or_no_name_is_refused),
        WITH_TUN(test_a_link_is_told_by_number_name_and_driver),
        WITH_TUN(test_a_link_goes_up_and_down_with_its_mtu),
        WITH_TUN(test_a_link_that_is_up_holds_what_comes_in_a_pause_of_its_reader),
        WITH_TUN(test_an_address_is_added_once_and_removed_once),
        WITH_TUN(test_a_route_is_added_once_and_removed_once),
        WITH_TUN(test_a_rule_is_added_once_and_removed_once),
        WITH_TUN(test_a_refusal_carries_the_kernel_s_own_words),
        WITH_TUN(test_every_request_has_its_own_number_and_answer),
    };

    netns_enter();
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
