/* test_net_config_recover.c - tun/net_config.c: what a killed process has left is undone by the
 * next one; in a namespace of its own */

#include <linux/if_tun.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "tests/support/net_host.h"

/* A process that makes "acc9", applies, changes to @then if there is one, and is killed by SIGKILL.
 */
static void
change_and_die(Fixture *f, bool interface_stays, const NetSettings *then)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        int tun = tun_dev_open("acc9", NULL, f->s.ifname, NULL);
        NetConfig *c;

        if (tun < 0 || (interface_stays && ioctl(tun, TUNSETPERSIST, 1) < 0))
            _exit(1);
        c = net_config_apply(&f->s, f->journal, NULL);
        if (!c || (then && !net_config_change(c, then, NULL)))
            _exit(1);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(access(f->journal, F_OK), 0);
}

static void
apply_and_die(Fixture *f, bool interface_stays)
{
    change_and_die(f, interface_stays, NULL);
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
    assert_recovered(f, 2 + 5 + 1); /* rules, throw routes and guard outlive the interface */
}

static void
test_an_interface_that_outlived_its_process_is_removed(void **state)
{
    Fixture *f = *state;

    f->s.gateway_rule = true;
    apply_and_die(f, true);
    assert_recovered(f, 2 + 4 + 1 + 1); /* rules, routes, guard, interface */
}

static void
test_what_a_process_killed_after_a_change_left_is_undone(void **state)
{
    g_autoptr(GArray) exclude = g_array_new(false, false, sizeof(Prefix));
    Fixture *f = *state;
    NetSettings then = f->s;

    add_prefix(exclude, "192.168.0.0/16");
    then.exclude = exclude;
    change_and_die(f, false, &then);
    assert_recovered(f, 2);
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
    netns_do("nft delete table inet acclient_acc9");
    netns_do("ip -6 rule del priority 11001 lookup 44225 protocol 172");
    netns_do("ip -6 route flush table 44225 protocol 172");
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

/* The journal names it before it is there. */
static void
test_a_journal_of_a_guard_that_was_never_made_is_no_error(void **state)
{
    Fixture *f = *state;
    size_t n;

    assert_true(g_file_set_contents(f->journal, "acclient-journal 1\nguard acc0\n", -1, NULL));
    assert_true(net_config_recover(f->journal, &n, NULL));
    assert_int_equal(n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ON_HOST(test_what_a_killed_process_left_is_undone),
        ON_HOST(test_an_interface_that_outlived_its_process_is_removed),
        ON_HOST(test_what_a_process_killed_after_a_change_left_is_undone),
        ON_HOST(test_the_next_apply_recovers_first),
        ON_HOST(test_a_killed_process_s_rules_already_removed_by_hand_are_no_error),
        ON_HOST(test_recovery_touches_nothing_foreign),
        ON_HOST(test_a_damaged_journal_is_followed_as_far_as_it_goes_and_kept),
        ON_HOST(test_a_journal_of_a_guard_that_was_never_made_is_no_error),
    };

    netns_enter();
    return cmocka_run_group_tests_name("net_config, recovery", tests, NULL, NULL);
}
