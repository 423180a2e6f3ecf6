/* test_netwatch.c - tun/netwatch.c, in a network namespace of its own */
#include <net/if.h>
#include <unistd.h>

#include "tests/support/netns.h"
#include "tests/support/test.h"
#include "tun/link.h"
#include "tun/link_addr.h"
#include "tun/netwatch.h"
#include "tun/nl.h"
#include "tun/tun_dev.h"

typedef struct Seen {
    unsigned n;
    Netwatch *watch;
    bool free_it;
} Seen;

static void
changed(void *user)
{
    Seen *s = user;

    s->n++;
    if (s->free_it)
        g_clear_pointer(&s->watch, netwatch_free);
}

static void
test_many_changes_are_told_once(void **state)
{
    g_autoptr(Nl) nl = nl_open(NULL);
    char name[IF_NAMESIZE];
    int fd = tun_dev_open("acc%d", NULL, name, NULL);
    unsigned index = if_nametoindex(name);
    Prefix p = { .len = 32 };
    Seen seen = { 0 };

    (void)state;
    assert_non_null(nl);
    assert_true(fd >= 0);
    seen.watch = netwatch_new(changed, &seen, NULL);
    assert_non_null(seen.watch);
    assert_true(link_up(nl, index, 1400, NULL));
    for (uint32_t i = 1; i <= 20; i++) {
        p.addr = addr_v4(0x0a090900 + i);
        assert_true(link_addr_add(nl, index, &p, NULL));
    }
    while (seen.n == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(seen.n, 1); /* all were made before it was told of the first */
    close(fd);                   /* the interface goes, and its addresses with it */
    while (seen.n == 1)
        g_main_context_iteration(NULL, TRUE);
    netwatch_free(seen.watch);
}

static void
test_the_watch_may_be_freed_by_what_it_tells(void **state)
{
    g_autoptr(Nl) nl = nl_open(NULL);
    char name[IF_NAMESIZE];
    int fd = tun_dev_open("acc%d", NULL, name, NULL);
    Seen seen = { .free_it = true };

    (void)state;
    seen.watch = netwatch_new(changed, &seen, NULL);
    assert_true(link_up(nl, if_nametoindex(name), 1400, NULL));
    while (seen.n == 0)
        g_main_context_iteration(NULL, TRUE);
    assert_null(seen.watch);
    close(fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_changes_are_told_once),
        cmocka_unit_test(test_the_watch_may_be_freed_by_what_it_tells),
    };

    netns_enter();
    return cmocka_run_group_tests_name("netwatch", tests, NULL, NULL);
}
