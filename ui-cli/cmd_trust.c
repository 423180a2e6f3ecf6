#include <string.h>

#include "ui-cli/cli.h"
#include "ui-cli/table.h"

static void
show_entry(Out *o, GVariant *entry)
{
    g_autofree char *host = table_value(entry, "host", TABLE_PLAIN);
    g_autofree char *pin = table_value(entry, "pin", TABLE_PLAIN);
    g_autofree char *subject = table_value(entry, "subject", TABLE_PLAIN);
    g_autofree char *added = table_value(entry, "added", TABLE_TIME);

    out_text(o, "    %s\n        %s\n", host ? host : "", pin ? pin : "");
    if (subject)
        out_text(o, "        %s\n", subject);
    if (added)
        out_text(o, "        since %s\n", added);
}

/* The entries of @host, or all when it is NULL. */
static GVariant *
matching(GVariant *entries, const char *host)
{
    g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

    for (gsize i = 0; i < g_variant_n_children(entries); i++) {
        g_autoptr(GVariant) entry = g_variant_get_child_value(entries, i);
        const char *name = "";

        (void)g_variant_lookup(entry, "host", "&s", &name);
        if (!host || g_ascii_strcasecmp(name, host) == 0)
            g_variant_builder_add_value(&b, entry);
    }
    return g_variant_ref_sink(g_variant_builder_end(&b));
}

static int
list(Cli *cli, const char *host)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) all = bus_trust_list(cli->bus, cli->cancel, &error);
    g_autoptr(GVariant) some = all ? matching(all, host) : NULL;
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(GVariant) dict = NULL;

    if (some && host && !g_variant_n_children(some))
        g_set_error(&error, AC_ERROR, AC_ERROR_NO_HOST, "no certificate is remembered for %s",
                    host);
    if (error)
        return cli_fail(cli, error, "acclient trust list");
    g_variant_dict_insert_value(&answer, "trust", some);
    dict = g_variant_ref_sink(g_variant_dict_end(&answer));
    out_json(&cli->out, dict);
    if (!g_variant_n_children(some))
        out_line(&cli->out, "note", "No certificate is remembered.");
    for (gsize i = 0; i < g_variant_n_children(some); i++) {
        g_autoptr(GVariant) entry = g_variant_get_child_value(some, i);

        show_entry(&cli->out, entry);
    }
    return 0;
}

static void
tell(Cli *cli, const char *host, bool changed, const char *text)
{
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(GVariant) dict = NULL;

    g_variant_dict_insert(&answer, "host", "s", host);
    g_variant_dict_insert(&answer, "changed", "b", changed);
    dict = g_variant_ref_sink(g_variant_dict_end(&answer));
    out_json(&cli->out, dict);
    out_line(&cli->out, "note", "%s: %s", host, text);
}

static int
add(Cli *cli, const char *host, const char *pin)
{
    g_autoptr(GError) error = NULL;

    if (!bus_trust_add(cli->bus, host, pin, cli->cancel, &error))
        return cli_fail(cli, error, NULL);
    tell(cli, host, true, "this certificate is trusted from now on");
    return 0;
}

static int
forget(Cli *cli, const char *host)
{
    g_autoptr(GError) error = NULL;
    bool was_there;

    if (!bus_trust_remove(cli->bus, host, &was_there, cli->cancel, &error))
        return cli_fail(cli, error, NULL);
    tell(cli, host, was_there, was_there ? "forgotten" : "nothing was remembered");
    return 0;
}

int
cmd_trust(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    const char *verb;
    guint n;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 3, &args, &code))
        return code;
    n = g_strv_length(args);
    verb = n > 1 ? args[1] : "list";
    if (!(g_str_equal(verb, "list") && n <= 2) && !(g_str_equal(verb, "show") && n == 3) &&
        !(g_str_equal(verb, "add") && n == 4) && !(g_str_equal(verb, "remove") && n == 3))
        return cli_usage(cli, "trust",
                         "trust: list, show HOST, add HOST PIN and remove HOST are possible");
    if (!cli_bus(cli, &error))
        return cli_fail(cli, error, NULL);
    if (g_str_equal(verb, "add"))
        return add(cli, args[2], args[3]);
    if (g_str_equal(verb, "remove"))
        return forget(cli, args[2]);
    return list(cli, n > 2 ? args[2] : NULL);
}
