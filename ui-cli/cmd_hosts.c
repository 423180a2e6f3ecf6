#include "ui-cli/cli.h"
#include "ui-cli/table.h"

static bool
flag(GVariant *dict, const char *key)
{
    gboolean yes = FALSE;

    (void)g_variant_lookup(dict, key, "b", &yes);
    return yes;
}

static void
show_host(Out *o, GVariant *host)
{
    g_autofree char *name = table_value(host, "name", TABLE_PLAIN);
    g_autofree char *address = table_value(host, "address", TABLE_PLAIN);
    g_autofree char *group = table_value(host, "group", TABLE_PLAIN);
    g_autofree char *protocol = table_value(host, "protocol", TABLE_PLAIN);
    g_autofree char *login = table_value(host, "login", TABLE_PLAIN);
    g_autofree char *file = table_value(host, "file", TABLE_PLAIN);

    out_text(o, "  %c %-24s %s%s%s%s%s%s%s%s%s\n",
             flag(host, "current") ? '>' : (flag(host, "last") ? '*' : ' '), name ? name : "",
             address ? address : "", group ? "/" : "", group ? group : "", protocol ? "  " : "",
             protocol ? protocol : "", login ? ", " : "", login ? login : "", file ? "  " : "",
             file ? file : "");
}

static GVariant *
answer(GVariant *hosts, char **problems)
{
    g_auto(GVariantDict) d = G_VARIANT_DICT_INIT(NULL);

    g_variant_dict_insert_value(&d, "hosts", hosts);
    g_variant_dict_insert(&d, "problems", "^as", problems);
    return g_variant_ref_sink(g_variant_dict_end(&d));
}

int
cmd_hosts(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL, problems = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) hosts = NULL, dict = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (cli_bus(cli, &error))
        hosts = bus_hosts(cli->bus, &problems, cli->cancel, &error);
    if (!hosts)
        return cli_fail(cli, error, NULL);
    dict = answer(hosts, problems);
    out_json(&cli->out, dict);
    if (!g_variant_n_children(hosts))
        out_line(&cli->out, "note", "No profile has a host.");
    for (gsize i = 0; i < g_variant_n_children(hosts); i++) {
        g_autoptr(GVariant) host = g_variant_get_child_value(hosts, i);

        show_host(&cli->out, host);
    }
    for (char **p = problems; !cli->out.json && *p; p++)
        out_warning(&cli->out, "%s", *p);
    return 0;
}
