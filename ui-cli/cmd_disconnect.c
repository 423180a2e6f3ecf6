#include "ui-cli/cli.h"

static bool
is_attempt(GVariant *status)
{
    const char *state = "";

    (void)g_variant_lookup(status, "state", "&s", &state);
    return g_str_equal(state, "connecting") || g_str_equal(state, "authenticating");
}

static int
end(Cli *cli, const char *nothing)
{
    GVariant *event;
    g_autoptr(GError) error = NULL;
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(GVariant) dict = NULL;
    bool was_up = false;

    bus_forget(cli->bus);
    if (!nothing && !bus_disconnect(cli->bus, &was_up, cli->cancel, &error))
        return cli_fail(cli, error, NULL);
    while ((event = bus_poll(cli->bus))) {
        out_event(&cli->out, event);
        g_variant_unref(event);
    }
    if (!was_up)
        out_line(&cli->out, "note", "%s", nothing ? nothing : "The VPN client is not connected.");
    g_variant_dict_insert(&answer, "was_up", "b", was_up);
    dict = g_variant_ref_sink(g_variant_dict_end(&answer));
    out_json(&cli->out, dict);
    return 0;
}

int
cmd_disconnect(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (!cli_bus(cli, &error))
        return cli_fail(cli, error, NULL);
    return end(cli, NULL);
}

int
cmd_cancel(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) status = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    if (cli_bus(cli, &error))
        status = bus_status(cli->bus, cli->cancel, &error);
    if (!status)
        return cli_fail(cli, error, NULL);
    return end(cli, is_attempt(status) ? NULL : "There is no attempt to cancel.");
}
