#include "ui-cli/cli.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

const CliCommand cli_commands[] = {
    { "connect", "up", "[HOST]", "connect to HOST, or to the last one", false, cmd_connect },
    { "disconnect", "down", "", "end the connection", false, cmd_disconnect },
    { "cancel", NULL, "", "end an attempt to connect", false, cmd_cancel },
    { "status", "state", "", "show the state; exit 0 when connected, else 11", false, cmd_status },
    { "stats", NULL, "", "show addresses, counters, routes and algorithms", false, cmd_stats },
    { "hosts", NULL, "", "list the hosts of the profiles", false, cmd_hosts },
    { "monitor", NULL, "", "show events until interrupted", false, cmd_monitor },
    { "wait", NULL, "STATE", "wait until the state is STATE", false, cmd_wait },
    { "trust", NULL, "[list | show HOST | add HOST PIN | remove HOST]",
      "servers whose certificate is remembered", false, cmd_trust },
    { "version", NULL, "", "show the versions of this program and of the agent", true,
      cmd_version },
    { "help", NULL, "[COMMAND]", "explain a command", true, cmd_help },
    { "shell", NULL, "", "a prompt for these commands; exit leaves it", true, cmd_shell },
    { NULL, NULL, NULL, NULL, false, NULL },
};

const CliCommand *
cli_find(const char *name)
{
    for (const CliCommand *c = cli_commands; c->name; c++)
        if (g_str_equal(c->name, name) || g_strcmp0(c->alias, name) == 0)
            return c;
    return NULL;
}

static GOptionContext *
context_new(CliOptions *o, const char *parameters, const GOptionEntry *own)
{
    const GOptionEntry global[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &o->json, "Answers and events as JSON", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet, "Nothing on the output but errors", NULL },
        { "verbose", 0, 0, G_OPTION_ARG_NONE, &o->verbose, "Tell where answers come from", NULL },
        { "script", 's', 0, G_OPTION_ARG_NONE, &o->scripted,
          "Take commands and answers from standard input", NULL },
        { "non-interactive", 0, 0, G_OPTION_ARG_NONE, &o->non_interactive, "Never ask a person",
          NULL },
        { "timeout", 0, 0, G_OPTION_ARG_DOUBLE, &o->timeout, "Give up after S seconds", "S" },
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &o->socket, "Where the agent listens", "PATH" },
        { "no-color", 0, 0, G_OPTION_ARG_NONE, &o->no_color, "Accepted: there is no colour", NULL },
        { "version", 'v', 0, G_OPTION_ARG_NONE, &o->version, "Show versions and end", NULL },
        { "help", 'h', 0, G_OPTION_ARG_NONE, &o->help, "Show this and end", NULL },
        G_OPTION_ENTRY_NULL,
    };
    GOptionContext *context = g_option_context_new(parameters);

    g_option_context_set_help_enabled(context, FALSE);
    if (own)
        g_option_context_add_main_entries(context, own, NULL);
    g_option_context_add_main_entries(context, global, NULL);
    return context;
}

static char *
help_commands(void)
{
    GString *text = g_string_new("VPN commands:\n");

    for (int misc = 0; misc <= 1; misc++) {
        if (misc)
            g_string_append(text, "\nOther commands:\n");
        for (const CliCommand *c = cli_commands; c->name; c++)
            if (c->misc == misc)
                g_string_append_printf(text, "  %-11s %s%s%s%s\n", c->name, c->summary,
                                       c->alias ? " (" : "", c->alias ? c->alias : "",
                                       c->alias ? ")" : "");
    }
    return g_string_free(text, FALSE);
}

static void
apply(Cli *cli)
{
    cli->out.json = cli->opt.json;
    cli->out.quiet = cli->opt.quiet;
    cli->out.verbose = cli->opt.verbose;
}

/* What to do about it, when nobody knows better. */
static const char *
usual_hint(int code)
{
    static const char *const hints[AC_ERROR_N] = {
        [AC_ERROR_FAILED] = "the agent's log may say more: journalctl -u acagentd",
        [AC_ERROR_TIMEOUT] = "--timeout S gives it more time",
        [AC_ERROR_NETWORK] = "is the network up, and the gateway reachable on UDP 500 and 4500?",
        [AC_ERROR_AUTH] = "check the user name, the password and the group",
        [AC_ERROR_CERTIFICATE] = "acclient trust list shows the certificates that are remembered",
        [AC_ERROR_CONFIG] = "acclient hosts names the profile files with problems",
        [AC_ERROR_NO_AGENT] = "start the agent: systemctl start acagentd, or run acagentd as root",
        [AC_ERROR_NOT_AUTHORISED] = "only root and users that the agent allows may do this",
        [AC_ERROR_NO_HOST] = "acclient hosts lists the names that are known",
        [AC_ERROR_NOT_CONNECTED] = "acclient connect HOST",
        [AC_ERROR_BUSY] = "acclient status shows what goes on; acclient disconnect ends it",
        [AC_ERROR_INPUT_NEEDED] = "run it at a terminal, or give answers: acclient help connect",
        [AC_ERROR_HOST_SETUP] = "the network of this computer is as before; the agent's log says "
                                "more: journalctl -u acagentd",
        [AC_ERROR_DECLINED] = "run it again to answer otherwise",
        [AC_ERROR_POLICY] = "ask who runs this computer or the gateway",
    };

    return code >= 0 && code < AC_ERROR_N ? hints[code] : NULL;
}

int
cli_fail(Cli *cli, const GError *error, const char *hint)
{
    AcError code = error->domain == AC_ERROR ? (AcError)error->code : AC_ERROR_FAILED;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        if (cli->interrupted) {
            out_error(&cli->out, "interrupted", CLI_INTERRUPTED, "Interrupted.", NULL);
            return CLI_INTERRUPTED;
        }
        out_error(&cli->out, ac_error_token(AC_ERROR_TIMEOUT), ac_error_exit_code(AC_ERROR_TIMEOUT),
                  "The time ran out.", usual_hint(AC_ERROR_TIMEOUT));
        return ac_error_exit_code(AC_ERROR_TIMEOUT);
    }
    if (code >= AC_ERROR_N) /* of a newer agent */
        code = AC_ERROR_FAILED;
    out_error(&cli->out, ac_error_token(code), ac_error_exit_code(code), error->message,
              hint && *hint ? hint : usual_hint((int)code));
    return ac_error_exit_code(code);
}

int
cli_usage(Cli *cli, const char *command, const char *format, ...)
{
    g_autofree char *hint =
        command ? g_strdup_printf("acclient help %s", command) : g_strdup("acclient help");
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(AC_ERROR, AC_ERROR_USAGE, format, args);
    va_end(args);
    return cli_fail(cli, error, hint);
}

/* -h and -v are answered wherever they stand. */
static bool
is_answered(Cli *cli, GOptionContext *context, int *ret_exit)
{
    char *version[] = { (char *)"version", NULL };
    bool wanted = cli->opt.help || cli->opt.version;

    *ret_exit = 0;
    if (cli->opt.help) {
        g_autofree char *text = g_option_context_get_help(context, FALSE, NULL);

        fputs(text, cli->out.out);
    } else if (cli->opt.version) {
        cli->opt.version = FALSE;
        *ret_exit = cmd_version(cli, version);
    }
    cli->opt.help = FALSE;
    return wanted;
}

static gboolean
on_timeout(gpointer user)
{
    Cli *cli = user;

    g_cancellable_cancel(cli->cancel);
    cli->timer = 0;
    return G_SOURCE_REMOVE;
}

bool
cli_parse(Cli *cli, char **argv, const GOptionEntry *own, guint min, guint max, char ***ret,
          int *ret_exit)
{
    const CliCommand *command = cli_find(argv[0]);
    g_autofree char *parameters = g_strdup_printf("%s - %s", command->arguments, command->summary);
    g_autoptr(GOptionContext) context = context_new(&cli->opt, parameters, own);
    g_autofree char *name = g_strdup_printf("acclient %s", command->name);
    g_auto(GStrv) left = g_strdupv(argv);
    g_autoptr(GError) error = NULL;
    guint n;

    g_free(left[0]);
    left[0] = g_steal_pointer(&name); /* what help calls the program */
    g_set_prgname(left[0]);
    if (!g_option_context_parse_strv(context, &left, &error)) {
        *ret_exit = cli_usage(cli, command->name, "%s", error->message);
        return false;
    }
    apply(cli);
    if (is_answered(cli, context, ret_exit))
        return false;
    n = g_strv_length(left) - 1;
    if (n < min || n > max) {
        *ret_exit =
            n < min
                ? cli_usage(cli, command->name, "%s wants %s", command->name, command->arguments)
                : cli_usage(cli, command->name, "%s: what is %s?", command->name, left[max + 1]);
        return false;
    }
    if (cli->opt.timeout < 0 || cli->opt.timeout > 1e6) {
        *ret_exit = cli_usage(cli, command->name, "--timeout: 0 to 1000000 seconds are possible");
        return false;
    }
    if (cli->opt.timeout > 0)
        cli->timer = g_timeout_add((guint)(cli->opt.timeout * 1000), on_timeout, cli);
    *ret = g_steal_pointer(&left);
    return true;
}

Bus *
cli_bus(Cli *cli, GError **error)
{
    const char *socket = cli->opt.socket;

    if (cli->bus && bus_gone(cli->bus))
        g_clear_pointer(&cli->bus, bus_free);
    if (!socket)
        socket = g_getenv("ACCLIENT_SOCKET");
    if (!cli->bus)
        cli->bus = bus_open(socket && *socket ? socket : NULL, cli->cancel, error);
    if (cli->bus)
        out_verbose(&cli->out, "agent %s", bus_version(cli->bus));
    return cli->bus;
}

Tty *
cli_tty(Cli *cli)
{
    if (cli->opt.non_interactive && !cli->opt.scripted)
        return NULL;
    if (!cli->tty && cli->opt.scripted)
        cli->tty = tty_script(STDIN_FILENO, cli->opt.json || cli->opt.quiet ? -1 : STDOUT_FILENO);
    else if (!cli->tty)
        cli->tty = tty_open();
    return cli->tty;
}

static gboolean
on_signal(gpointer user)
{
    Cli *cli = user;

    if (g_cancellable_is_cancelled(cli->cancel))
        g_cancellable_cancel(cli->clean_up);
    cli->interrupted = true;
    g_cancellable_cancel(cli->cancel);
    return G_SOURCE_CONTINUE;
}

int
cli_run(Cli *cli, char **argv)
{
    const CliCommand *command = cli_find(argv[0]);
    Cli outer = *cli; /* a shell, when it is one that runs this */
    int code;

    if (!command)
        return cli->opt.scripted ? cli_usage(cli, NULL, "a line of the script is no command")
                                 : cli_usage(cli, NULL, "%s is no command", argv[0]);
    cli->cancel = g_cancellable_new();
    cli->clean_up = g_cancellable_new();
    cli->interrupted = false;
    cli->timer = 0;
    code = command->run(cli, argv);
    if (cli->timer)
        g_source_remove(cli->timer);
    g_object_unref(cli->cancel);
    g_object_unref(cli->clean_up);
    cli->cancel = outer.cancel;
    cli->clean_up = outer.clean_up;
    cli->interrupted = outer.interrupted;
    cli->timer = outer.timer;
    if (cli->opt.socket != outer.opt.socket)
        g_free(cli->opt.socket);
    cli->opt = outer.opt; /* options of a command hold for this command */
    apply(cli);
    return code;
}

static GOptionContext *
global_context(CliOptions *o)
{
    GOptionContext *context = context_new(o, "COMMAND [ARGUMENT...]", NULL);
    g_autofree char *commands = help_commands();

    g_set_prgname("acclient");
    g_option_context_set_summary(context, commands);
    g_option_context_set_description(
        context, "acclient help COMMAND explains a command; acclient(1) has the exit codes.\n");
    g_option_context_set_strict_posix(context, TRUE);
    return context;
}

char *
cli_help(void)
{
    CliOptions none = { 0 };
    g_autoptr(GOptionContext) context = global_context(&none);

    return g_option_context_get_help(context, FALSE, NULL);
}

/* Only what stands before the command; the command parses the rest. */
static bool
parse_global(Cli *cli, char ***argv, int *ret_exit)
{
    g_autoptr(GOptionContext) context = global_context(&cli->opt);
    g_autoptr(GError) error = NULL;

    if (!g_option_context_parse_strv(context, argv, &error)) {
        *ret_exit = cli_usage(cli, NULL, "%s", error->message);
        return false;
    }
    apply(cli);
    return !is_answered(cli, context, ret_exit);
}

static int
run(Cli *cli, char **argv)
{
    char *shell[] = { (char *)"shell", NULL };
    g_auto(GStrv) left = g_strdupv(argv);
    int code;

    if (!parse_global(cli, &left, &code))
        return code;
    if (left[1])
        return cli_run(cli, left + 1);
    if (cli->opt.scripted || isatty(STDIN_FILENO))
        return cli_run(cli, shell);
    return cli_usage(cli, NULL, "a command is wanted");
}

int
cli_main(int argc, char **argv)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    Cli cli = { .out = { .out = stdout, .err = stderr } };
    guint sources[G_N_ELEMENTS(signals)];
    int code;

    (void)argc;
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        sources[i] = g_unix_signal_add(signals[i], on_signal, &cli);
    code = run(&cli, argv);
    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
        g_source_remove(sources[i]);
    bus_free(cli.bus);
    tty_free(cli.tty);
    g_free(cli.opt.socket);
    fflush(stdout);
    return code;
}
