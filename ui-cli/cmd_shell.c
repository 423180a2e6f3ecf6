#include <histedit.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "ui-cli/cli.h"

enum { HISTORY_LINES = 200 };

/* Where commands come from: line editing at a terminal, else plain lines. */
typedef struct Shell {
    Cli *cli;
    EditLine *edit;
    History *history;
    Tty *lines; /* instead of @edit; borrowed from @cli when scripted */
    int code;   /* of the last command */
} Shell;

static void
show_events(Shell *sh)
{
    for (;;) {
        g_autoptr(GVariant) event = sh->cli->bus ? bus_poll(sh->cli->bus) : NULL;

        if (!event)
            return;
        out_event(&sh->cli->out, event);
    }
}

/* Events are shown as they come, below the line that is being typed, which is then drawn anew. */
static bool
events_came(void *user)
{
    Shell *sh = user;
    GVariant *event = sh->cli->bus ? bus_poll(sh->cli->bus) : NULL;

    if (!event)
        return false;
    fputs("\n", sh->cli->out.out);
    out_event(&sh->cli->out, event);
    g_variant_unref(event);
    show_events(sh);
    el_set(sh->edit, EL_REFRESH);
    return false;
}

/* libedit's reader of one character, with the main loop running while it waits. */
static int
next_character(EditLine *edit, wchar_t *ret)
{
    mbstate_t partial = { 0 };
    Shell *sh;

    el_get(edit, EL_CLIENTDATA, &sh);
    for (;;) {
        LinesStop stop = { sh->cli->cancel, events_came, sh };
        char octet;

        if (lines_wait(STDIN_FILENO, &stop) != LINES_OK || read(STDIN_FILENO, &octet, 1) != 1)
            return 0;
        switch (mbrtowc(ret, &octet, 1, &partial)) {
        case (size_t)-2:
            continue;
        case (size_t)-1:
            memset(&partial, 0, sizeof(partial));
            continue;
        default:
            return 1;
        }
    }
}

static char *
prompt(EditLine *edit)
{
    (void)edit;
    return (char *)"VPN> ";
}

static void
edit_open(Shell *sh)
{
    HistEvent ev;

    sh->edit = el_init("acclient", stdin, stdout, stderr);
    if (!sh->edit)
        return;
    sh->history = history_init();
    history(sh->history, &ev, H_SETSIZE, HISTORY_LINES);
    el_set(sh->edit, EL_PROMPT, prompt);
    el_set(sh->edit, EL_EDITOR, "emacs");
    el_set(sh->edit, EL_HIST, history, sh->history);
    el_set(sh->edit, EL_CLIENTDATA, sh);
    el_set(sh->edit, EL_GETCFN, next_character);
}

static void
shell_close(Shell *sh)
{
    if (sh->edit)
        el_end(sh->edit);
    if (sh->history)
        history_end(sh->history);
    if (sh->lines && sh->lines != sh->cli->tty)
        tty_free(sh->lines);
}

/* Ctrl-C at the prompt throws the line away, and no more. */
static bool
was_interrupted(Shell *sh)
{
    Cli *cli = sh->cli;

    if (!cli->interrupted)
        return false;
    cli->interrupted = false;
    g_object_unref(cli->cancel);
    cli->cancel = g_cancellable_new();
    return true;
}

static char *
edited_line(Shell *sh)
{
    HistEvent ev;
    const char *line;
    int len;

    do {
        line = el_gets(sh->edit, &len);
        if (!line && !sh->cli->interrupted)
            return NULL;
        if (!line)
            fputs("\n", stdout);
    } while (was_interrupted(sh));
    if (*line && *line != '\n')
        history(sh->history, &ev, H_ENTER, line);
    return g_strstrip(g_strdup(line));
}

static char *
plain_line(Shell *sh)
{
    g_auto(Secret) line = { 0 };
    LinesStop stop = { .cancel = sh->cli->cancel };

    if (tty_ask(sh->lines, "VPN> ", false, &stop, &line) != LINES_OK)
        return NULL;
    return lines_word(&line);
}

/* False when @line leaves the shell. A script ends at its first failure: what follows was meant
 * for another situation, and may be a password. */
static bool
run_line(Shell *sh, const char *line)
{
    g_auto(GStrv) argv = NULL;

    if (!*line)
        return true;
    if (!g_shell_parse_argv(line, NULL, &argv, NULL)) {
        sh->code = cli_usage(sh->cli, NULL, "a quote is not closed");
        return sh->edit;
    }
    if (g_str_equal(argv[0], "exit") || g_str_equal(argv[0], "quit"))
        return false;
    if (cli_find(argv[0]) && cli_find(argv[0])->run == cmd_shell)
        return true;
    sh->code = cli_run(sh->cli, argv);
    return sh->edit || sh->code == 0 || sh->code == ac_error_exit_code(AC_ERROR_NOT_CONNECTED);
}

static bool
is_up(GVariant *status)
{
    const char *state = "";

    (void)g_variant_lookup(status, "state", "&s", &state);
    return g_str_equal(state, "connected");
}

static void
greet(Cli *cli, GVariant *status)
{
    const char *state = "", *host = "";

    (void)g_variant_lookup(status, "state", "&s", &state);
    (void)g_variant_lookup(status, "host", "&s", &host);
    out_text(&cli->out, "acclient %s\n\n", AC_VERSION);
    cli->out.state = NULL;
    out_state(&cli->out, state);
    if (is_up(status))
        out_line(&cli->out, "notice", "Connected to %s.", host);
    else
        out_line(&cli->out, "notice", "Ready to connect.");
    out_line(&cli->out, NULL, "registered with local VPN subsystem.");
}

static void
leave(Cli *cli)
{
    g_autoptr(GVariant) status = bus_status(cli->bus, cli->cancel, NULL);

    out_text(&cli->out, "goodbye...\n");
    if (status && is_up(status))
        out_line(&cli->out, "note", "VPN Connection is still active.");
}

int
cmd_shell(Cli *cli, char **argv)
{
    Shell sh = { .cli = cli };
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
    greet(cli, status);
    if (!cli->opt.scripted && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        edit_open(&sh);
    if (!sh.edit)
        sh.lines =
            cli->opt.scripted
                ? cli_tty(cli)
                : tty_script(STDIN_FILENO, cli->opt.json || cli->opt.quiet ? -1 : STDOUT_FILENO);
    for (bool more = true; more;) {
        g_autofree char *line = sh.edit ? edited_line(&sh) : plain_line(&sh);

        more = line && run_line(&sh, line);
    }
    leave(cli);
    code = sh.edit ? 0 : sh.code;
    shell_close(&sh);
    return code;
}
