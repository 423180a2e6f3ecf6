#include "ui-cli/cli.h"

int
cmd_help(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    const CliCommand *command;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 1, &args, &code))
        return code;
    if (!args[1]) {
        g_autofree char *text = cli_help();

        fprintf(cli->out.out, "%s", text);
        return 0;
    }
    command = cli_find(args[1]);
    if (!command)
        return cli_usage(cli, NULL, "%s is no command", args[1]);
    return cli_run(cli, (char *[]){ (char *)command->name, (char *)"--help", NULL });
}

int
cmd_version(Cli *cli, char **argv)
{
    g_auto(GStrv) args = NULL;
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    g_autoptr(GVariant) dict = NULL;
    const char *agent;
    int code;

    if (!cli_parse(cli, argv, NULL, 0, 0, &args, &code))
        return code;
    agent = cli_bus(cli, NULL) ? bus_version(cli->bus) : NULL;
    g_variant_dict_insert(&answer, "version", "s", AC_VERSION);
    if (agent)
        g_variant_dict_insert(&answer, "agent", "s", agent);
    dict = g_variant_ref_sink(g_variant_dict_end(&answer));
    out_json(&cli->out, dict);
    out_text(&cli->out, "acclient %s\n", AC_VERSION);
    out_text(&cli->out, "agent %s\n", agent ? agent : "not running");
    return 0;
}
