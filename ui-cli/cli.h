/* cli.h - one run of acclient: global options, the agent, how it may be ended, and the commands. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

#include "agent/dbus/ac_error.h"
#include "ui-cli/bus.h"
#include "ui-cli/out.h"
#include "ui-cli/tty.h"

enum { CLI_INTERRUPTED = 130 }; /* exit code: Ctrl-C, SIGTERM, SIGHUP */

/* What may stand before or after the name of a command; GOption writes here. */
typedef struct CliOptions {
    gboolean json, quiet, verbose, scripted, non_interactive, no_color, help, version;
    double timeout; /* seconds; 0: none */
    char *socket;   /* NULL: the usual ones */
} CliOptions;

typedef struct Cli {
    CliOptions opt;
    Out out;
    Bus *bus;               /* NULL until cli_bus() */
    Tty *tty;               /* NULL until cli_tty() */
    GCancellable *cancel;   /* of the command that runs: Ctrl-C and --timeout */
    GCancellable *clean_up; /* of what it does when it has been cancelled: the next Ctrl-C */
    bool interrupted;       /* why @cancel is: else the time ran out */
    guint timer;            /* of --timeout; 0: none */
} Cli;

typedef struct CliCommand {
    const char *name, *alias; /* @alias may be NULL */
    const char *arguments, *summary;
    bool misc; /* second group of help */
    /* @argv: from the command's name on, NULL at the end; GOption may move within it.
     * Returns the exit code. */
    int (*run)(Cli *cli, char **argv);
} CliCommand;
extern const CliCommand cli_commands[]; /* ends with a NULL name */
const CliCommand *cli_find(const char *name);

int cli_main(int argc, char **argv);
char *cli_help(void); /* what acclient -h shows; owned by the caller */
/* cli_run - one command line, from the command's name on; @argv is left as it is. */
int cli_run(Cli *cli, char **argv);

/* cli_parse - options and count of arguments of one command.
 * @own: options of this command, or NULL. @ret: what is left, argv[0] included; owned by the
 * caller. Returns false when all is said and done: the command ends with @ret_exit. */
bool cli_parse(Cli *cli, char **argv, const GOptionEntry *own, guint min, guint max, char ***ret,
               int *ret_exit) G_GNUC_WARN_UNUSED_RESULT;

/* The agent and who answers questions (NULL: nobody), opened when first wanted. */
Bus *cli_bus(Cli *cli, GError **error);
Tty *cli_tty(Cli *cli);

/* cli_fail - print why a command failed and return its exit code. @error: cancelled means that the
 * command was interrupted or its time ran out. @hint: NULL is the usual one of the code. */
int cli_fail(Cli *cli, const GError *error, const char *hint);
int cli_usage(Cli *cli, const char *command, const char *format, ...) G_GNUC_PRINTF(3, 4);

int cmd_cancel(Cli *cli, char **argv);
int cmd_connect(Cli *cli, char **argv);
int cmd_disconnect(Cli *cli, char **argv);
int cmd_help(Cli *cli, char **argv);
int cmd_hosts(Cli *cli, char **argv);
int cmd_monitor(Cli *cli, char **argv);
int cmd_shell(Cli *cli, char **argv);
int cmd_stats(Cli *cli, char **argv);
int cmd_status(Cli *cli, char **argv);
int cmd_trust(Cli *cli, char **argv);
int cmd_version(Cli *cli, char **argv);
int cmd_wait(Cli *cli, char **argv);
