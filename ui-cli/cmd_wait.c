#include "ui-cli/cli.h"

static bool
has_state(GVariant *dict, const char *wanted)
{
    const char *state = "";

    (void)g_variant_lookup(dict, "state", "&s", &state);
    return g_str_equal(state, wanted);
}

/* True once the state is @wanted. */
static bool
wait_for(Cli *cli, const char *wanted, GError **error)
{
    g_autoptr(GVariant) status = NULL;
    bool reached;

    bus_forget(cli->bus);
    status = bus_status(cli->bus, cli->cancel, error);
    if (!status)
        return false;
    reached = has_state(status, wanted);
    while (!reached) {
        g_autoptr(GVariant) event = bus_next(cli->bus, cli->cancel, error);

        if (!event)
            return false;
        reached = has_state(event, wanted);
    }
    return true;
}

int
cmd_wait(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) status = NULL;
    int code;

    if (!cli_parse(cli, argv, NULL, 1, 1, &args, &code))
        return code;
    if (g_str_equal(out_state_word(args[1]), "Unknown"))
        return cli_usage(cli, "wait",
                         "%s is no state: disconnected, connecting, authenticating, connected and "
                         "disconnecting are",
                         args[1]);
    if (!cli_bus(cli, &error) || !wait_for(cli, args[1], &error))
        return cli_fail(cli, error, NULL);
    cli->out.state = NULL;
    out_state(&cli->out, args[1]);
    status = cli->out.json ? bus_status(cli->bus, cli->cancel, NULL) : NULL;
    if (status)
        out_json(&cli->out, status);
    return 0;
}
