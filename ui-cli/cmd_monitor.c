#include "ui-cli/cli.h"

/* The state first, as if it had just been reached. */
static GVariant *
state_event(GVariant *status)
{
    g_auto(GVariantDict) d = G_VARIANT_DICT_INIT(NULL);
    const char *state = "", *host = "";

    (void)g_variant_lookup(status, "state", "&s", &state);
    (void)g_variant_lookup(status, "host", "&s", &host);
    g_variant_dict_insert(&d, "ts", "x", g_get_real_time());
    g_variant_dict_insert(&d, "event", "s", "state");
    g_variant_dict_insert(&d, "state", "s", state);
    if (*host)
        g_variant_dict_insert(&d, "host", "s", host);
    return g_variant_ref_sink(g_variant_dict_end(&d));
}

/* What out_event() leaves to who asks the questions. */
static void
show_rest(Out *o, GVariant *event)
{
    const char *kind = "", *what = "", *text = "";
    guint64 id = 0;

    (void)g_variant_lookup(event, "event", "&s", &kind);
    (void)g_variant_lookup(event, "kind", "&s", &what);
    (void)g_variant_lookup(event, "text", "&s", &text);
    (void)g_variant_lookup(event, "id", "t", &id);
    if (g_str_equal(kind, "prompt"))
        out_line(o, "note", "question %" G_GUINT64_FORMAT " is open: %s", id, what);
    if (g_str_equal(kind, "prompt-done"))
        out_line(o, "note", "question %" G_GUINT64_FORMAT " is closed", id);
    if (g_str_equal(kind, "rekeyed"))
        out_line(o, "note", "%s", text);
    if (g_str_equal(kind, "failed"))
        out_line(o, "error", "%s", text);
}

int
cmd_monitor(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) status = NULL, event = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (cli_bus(cli, &error)) {
        bus_forget(cli->bus);
        status = bus_status(cli->bus, cli->cancel, &error);
    }
    if (!status)
        return cli_fail(cli, error, NULL);
    cli->out.state = NULL;
    for (event = state_event(status); event; event = bus_next(cli->bus, cli->cancel, &error)) {
        out_event(&cli->out, event);
        show_rest(&cli->out, event);
        g_variant_unref(event);
    }
    return cli_fail(cli, error, NULL);
}
