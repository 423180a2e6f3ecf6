/* test_settings.c - agent/daemon/settings.c */
#include <glib/gstdio.h>

#include "agent/daemon/settings.h"
#include "agent/dbus/ac_error.h"
#include "tests/support/test.h"

static Settings *
load(const char *text, GError **error)
{
    g_autofree char *dir = g_dir_make_tmp("settings.XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "acclient.conf", NULL);
    Settings *s;

    assert_true(g_file_set_contents(file, text, -1, NULL));
    s = settings_load(file, error);
    g_unlink(file);
    g_rmdir(dir);
    return s;
}

static void
test_no_file_gives_the_safe_defaults(void **state)
{
    g_autoptr(Settings) s = settings_load("/nonexistent/acclient.conf", NULL);

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->policy, SUITE_MODERN);
    assert_false(s->block_untrusted);
    assert_true(s->system_store);
    assert_string_equal(s->allow[0], "group:acclient");
    assert_int_equal(s->ike_lifetime, 86400 * USEC_PER_SEC);
    assert_int_equal(s->child_lifetime, 28800 * USEC_PER_SEC);
    assert_int_equal(s->child_octets, 0);
    assert_int_equal(s->esp.dscp, ESP_DSCP_COPY);
    assert_int_equal(s->offload, OFFLOAD_ALL);
    assert_int_equal(s->threads, THREADS_AUTO);
}

static void
test_every_key_is_read(void **state)
{
    g_autoptr(Settings) s =
        load("[log]\nlevel=debug\n[control]\nallow = user:anu group:vpn\n"
             "[crypto]\npolicy=legacy\n[trust]\nblock_untrusted=true\n"
             "system_store=false\nca_file=/x.pem\n[connect]\nmanual_hosts=false\n"
             "[client]\nversion=5.1\n[ike]\nretransmit_tries=3\ndpd_interval=7\n"
             "ike_lifetime=600\nchild_lifetime=60\nchild_octets=5000000000\nsilence=9\nreauth=70\n"
             "allow_nat=false\n[tunnel]\noffload=udp\nplane=auto\nthreads=2\nbypass_family=true\n"
             "[esp]\ndscp=zero\nreplay_window=4096\ntcp_mss=1200\n",
             NULL);

    (void)state;
    assert_non_null(s);
    assert_int_equal(s->log_level, LOG_DEBUG);
    assert_string_equal(s->allow[1], "group:vpn");
    assert_int_equal(s->policy, SUITE_LEGACY);
    assert_true(s->block_untrusted);
    assert_false(s->system_store);
    assert_string_equal(s->ca_file, "/x.pem");
    assert_false(s->manual_hosts);
    assert_string_equal(s->client_version, "5.1");
    assert_int_equal(s->retransmit_tries, 3);
    assert_int_equal(s->dpd_interval, 7 * USEC_PER_SEC);
    assert_int_equal(s->ike_lifetime, 600 * USEC_PER_SEC);
    assert_int_equal(s->child_lifetime, 60 * USEC_PER_SEC);
    assert_int_equal(s->child_octets, 5000000000);
    assert_int_equal(s->silence, 9 * USEC_PER_SEC);
    assert_int_equal(s->reauth, 70 * USEC_PER_SEC);
    assert_false(s->allow_nat);
    assert_int_equal(s->esp.dscp, ESP_DSCP_ZERO);
    assert_int_equal(s->esp.replay_window, 4096);
    assert_int_equal(s->esp.tcp_mss, 1200);
    assert_int_equal(s->offload, OFFLOAD_UDP);
    assert_int_equal(s->plane, PLANE_AUTO);
    assert_int_equal(s->threads, THREADS_TWO);
    assert_true(s->bypass_family);
}

static const struct {
    const char *text, *told;
} bad[] = {
    { "[crypto]\npolicy=never\n", "[crypto] policy = never: must be modern, compatible or legacy" },
    { "[crypto]\npolicy=strong\n", "[crypto] policy = strong: must be" },
    { "[trust]\nblock_untrusted=yes\n", "[trust] block_untrusted = yes: must be true or false" },
    { "[esp]\nreplay_window=63\n", "[esp] replay_window = 63: must be at least 64" },
    { "[esp]\nreplay_window=4097\n", "[esp] replay_window = 4097: " },
    { "[esp]\ndscp=mark\n", "[esp] dscp = mark: must be one of copy, zero" },
    { "[ike]\nretransmit_tries=99\n", "[ike] retransmit_tries = 99: " },
    { "[ike]\ndpd_interval=-1\n", "[ike] dpd_interval = -1: " },
    { "[tunnel]\nplane=hardware\n", "[tunnel] plane = hardware: must be" },
    { "[tunnel]\nthreads=3\n", "[tunnel] threads = 3: must be one of auto, 1, 2" },
    { "[tunnel]\nthreads=\n", "[tunnel] threads = : must be" },
    { "[tunnel]\noffload=some\n", "[tunnel] offload = some: must be" },
    { "[log]\nlevel=loud\n", "[log] level = loud: must be" },
    { "policy=legacy\n", "acclient.conf: " },
};

static void
test_a_wrong_value_names_file_section_and_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(load(bad[i].text, &error));
        assert_true(g_error_matches(error, AC_ERROR, AC_ERROR_CONFIG));
        assert_non_null(strstr(error->message, "acclient.conf: "));
        assert_non_null(strstr(error->message, bad[i].told));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_file_gives_the_safe_defaults),
        cmocka_unit_test(test_every_key_is_read),
        cmocka_unit_test(test_a_wrong_value_names_file_section_and_key),
    };

    return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
