/* test_x_keys.c - IKE_EV_KEYS: both ends give the same keys away, and only when they are told to.
 */
#include "tests/support/sim.h"
#include "tests/support/test.h"

static void
exporting(IkeConfig *client, IkeConfig *gateway)
{
    client->export_keys = gateway->export_keys = true;
}

static int
by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The rows of one end in an order that is the same at both. */
static char *
sorted(const SimPeer *p)
{
    g_auto(GStrv) rows = g_strsplit(p->trace->str, "\n", -1);

    qsort(rows, g_strv_length(rows), sizeof(*rows), by_text);
    return g_strjoinv("\n", rows);
}

static void
test_both_ends_export_the_same_keys(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1, .tune = exporting });
    g_autofree char *client = NULL, *gateway = NULL;
    g_auto(GStrv) rows = NULL;
    unsigned ike = 0, esp = 0;

    (void)state;
    sim_connect(sim);
    client = sorted(&sim->client);
    gateway = sorted(&sim->gateway);
    assert_string_equal(client, gateway);
    rows = g_strsplit(client, "\n", -1);
    for (char **row = rows; *row; row++) {
        ike += g_str_has_prefix(*row, "ikev2_decryption_table:");
        esp += g_str_has_prefix(*row, "esp_sa:");
    }
    assert_int_equal(ike, 1);
    assert_int_equal(esp, 4); /* two directions, for each outer family */
}

static void
test_no_key_is_exported_unless_it_is_wanted(void **state)
{
    g_autoptr(Sim) sim = sim_new(&(SimSetup){ .seed = 1 });

    (void)state;
    sim_connect(sim);
    assert_int_equal(sim->client.trace->len + sim->gateway.trace->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ends_export_the_same_keys),
        cmocka_unit_test(test_no_key_is_exported_unless_it_is_wanted),
    };

    return cmocka_run_group_tests_name("x_keys", tests, NULL, NULL);
}
