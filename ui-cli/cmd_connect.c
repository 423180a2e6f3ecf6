#include <string.h>
#include <unistd.h>

#include "ui-cli/ask_private.h"
#include "ui-cli/cli.h"

typedef struct ConnectOptions {
    char *user, *group, *answers_file, *password_file, *credential, *askpass;
    char **answers, **pins;
    gboolean password_stdin, accept_banner;
    int password_fd; /* -1: none */
} ConnectOptions;

static void
connect_options_clear(ConnectOptions *o)
{
    g_free(o->user);
    g_free(o->group);
    g_free(o->answers_file);
    g_free(o->password_file);
    g_free(o->credential);
    g_free(o->askpass);
    g_strfreev(o->answers);
    g_strfreev(o->pins);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ConnectOptions, connect_options_clear)

static bool
parse(Cli *cli, char **argv, ConnectOptions *o, char ***ret, int *ret_exit)
{
    const GOptionEntry own[] = {
        { "user", 0, 0, G_OPTION_ARG_STRING, &o->user, "The user name", "NAME" },
        { "group", 0, 0, G_OPTION_ARG_STRING, &o->group, "The group to log in to", "NAME" },
        { "answer", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->answers,
          "The answer for the field NAME; other users can see it in ps", "NAME=VALUE" },
        { "answers", 0, 0, G_OPTION_ARG_FILENAME, &o->answers_file, "NAME=VALUE lines", "FILE" },
        { "password-stdin", 0, 0, G_OPTION_ARG_NONE, &o->password_stdin,
          "The password is the first line of standard input", NULL },
        { "password-fd", 0, 0, G_OPTION_ARG_INT, &o->password_fd, "... of the descriptor N", "N" },
        { "password-file", 0, 0, G_OPTION_ARG_FILENAME, &o->password_file, "... of FILE", "FILE" },
        { "credential", 0, 0, G_OPTION_ARG_STRING, &o->credential,
          "... of the systemd credential NAME", "NAME" },
        { "askpass", 0, 0, G_OPTION_ARG_FILENAME, &o->askpass, "... of what PROGRAM prints",
          "PROGRAM" },
        { "accept-banner", 0, 0, G_OPTION_ARG_NONE, &o->accept_banner,
          "Accept the gateway's message unasked", NULL },
        { "trust", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->pins, "Accept a certificate with this pin",
          "PIN" },
        G_OPTION_ENTRY_NULL,
    };

    return cli_parse(cli, argv, own, 0, 1, ret, ret_exit);
}

/* Answers to y/n questions come from options of their own. */
static bool
may_be_stored(const char *line, const char *source, GError **error)
{
    g_autofree char *name = g_strndup(line, strcspn(line, "="));

    if (!ask_reserved(name))
        return true;
    g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: %s is answered by %s", source, name,
                g_str_equal(name, "banner") ? "--accept-banner" : "--trust or acclient trust add");
    return false;
}

static bool
store_answers(Cli *cli, Answers *to, const ConnectOptions *o, GError **error)
{
    for (char **line = o->answers; line && *line; line++) {
        if (!may_be_stored(*line, "--answer", error) ||
            !answers_put_line(to, *line, "--answer", error))
            return false;
        if (strstr(*line, "pass") == *line)
            out_warning(&cli->out, "--answer: other users can see a password on the command line; "
                                   "--password-stdin and --answers FILE hide it");
    }
    if (o->answers_file && !answers_load(to, o->answers_file, error))
        return false;
    /* Less special than an answer by name, hence no matter when there is one already. */
    if (o->user)
        (void)answers_put(to, "username", slice_of(o->user), "--user");
    if (o->group)
        (void)answers_put(to, "group_list", slice_of(o->group), "--group");
    return true;
}

static bool
store_passwords(Cli *cli, Answers *to, const ConnectOptions *o, GError **error)
{
    LinesStop stop = { .cancel = cli->cancel };

    if (o->password_stdin + (o->password_fd >= 0) + !!o->password_file > 1) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                    "one of --password-stdin, --password-fd and --password-file is enough");
        return false;
    }
    if (o->password_stdin && cli->opt.scripted) {
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE,
                    "-s and --password-stdin both want standard input");
        return false;
    }
    answers_askpass(to, o->askpass);
    if (o->password_stdin &&
        !answers_password_fd(to, STDIN_FILENO, "--password-stdin", &stop, error))
        return false;
    if (o->password_fd >= 0 &&
        !answers_password_fd(to, o->password_fd, "--password-fd", &stop, error))
        return false;
    if (o->password_file && !answers_password_file(to, o->password_file, &stop, error))
        return false;
    return !o->credential || answers_credential(to, o->credential, &stop, error);
}

/* One attempt, from Connect until it is up or has failed. */
typedef struct Attempt {
    Cli *cli;
    Ask ask;
    guint64 open;     /* the prompt that is being asked */
    bool began, over; /* the agent was seen on its way; and then disconnected again */
    bool up;
    bool refused; /* by us: the agent still has to be told that it is over */
    char *hint;
} Attempt;

static void
attempt_clear(Attempt *t)
{
    ask_clear(&t->ask);
    g_free(t->hint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Attempt, attempt_clear)

static void
set_hint(Attempt *t, const char *hint)
{
    g_free(t->hint);
    t->hint = g_strdup(hint);
}

/* An event that makes the open question pointless. */
static bool
closes(GVariant *event, const void *user)
{
    const Attempt *t = user;
    const char *kind = ask_text(event, "event");
    guint64 id = 0;

    (void)g_variant_lookup(event, "id", "t", &id);
    return (g_str_equal(kind, "prompt-done") && id == t->open) || g_str_equal(kind, "failed") ||
           g_str_equal(ask_text(event, "state"), "disconnected");
}

static bool
is_closed(void *user)
{
    Attempt *t = user;

    return bus_gone(t->cli->bus) || bus_any(t->cli->bus, closes, t);
}

/* An attempt that is not wanted any more; what the agent says to that is not waited for. */
static void
give_up(Attempt *t)
{
    (void)bus_disconnect(t->cli->bus, NULL, t->cli->clean_up, NULL);
}

static bool
on_prompt(Attempt *t, GVariant *prompt, GError **error)
{
    Cli *cli = t->cli;
    gboolean mine = TRUE;
    GVariant *answer = NULL;
    g_autoptr(GError) late = NULL;

    (void)g_variant_lookup(prompt, "mine", "b", &mine);
    (void)g_variant_lookup(prompt, "id", "t", &t->open);
    if (!mine) {
        out_line(&cli->out, "note", "Waiting for an answer elsewhere.");
        return true;
    }
    switch (ask_prompt(&t->ask, prompt, &answer, error)) {
    case ASK_GONE:
        out_line(&cli->out, "note", "The question is not open any more.");
        return true;
    case ASK_ANSWERED:
        if (bus_answer(cli->bus, t->open, answer, cli->cancel, &late) || is_closed(t))
            return true;
        g_propagate_error(error, g_steal_pointer(&late));
        t->refused = true;
        return false;
    case ASK_REFUSED:
        t->refused = true;
        (void)bus_answer(cli->bus, t->open, answer, cli->clean_up, NULL);
        set_hint(t, t->ask.hint);
        return false;
    }
    g_assert_not_reached();
}

static bool
on_failed(Attempt *t, GVariant *event, GError **error)
{
    const char *text = ask_text(event, "text");
    AcError code = AC_ERROR_FAILED;

    (void)ac_error_from_token(ask_text(event, "error"), &code);
    g_set_error(error, AC_ERROR, (int)code, "%s", *text ? text : "Connection attempt has failed.");
    set_hint(t, ask_text(event, "hint"));
    return false;
}

static bool
on_event(Attempt *t, GVariant *event, GError **error)
{
    const char *kind = ask_text(event, "event"), *state = ask_text(event, "state");

    out_event(&t->cli->out, event);
    if (g_str_equal(kind, "prompt"))
        return on_prompt(t, event, error);
    if (g_str_equal(kind, "failed"))
        return on_failed(t, event, error);
    if (!g_str_equal(kind, "state"))
        return true;
    t->up = g_str_equal(state, "connected");
    t->over = t->began && g_str_equal(state, "disconnected");
    t->began = t->began || !g_str_equal(state, "disconnected");
    return true;
}

/* What has come by now; false when the attempt has failed. */
static bool
drain(Attempt *t, GError **error)
{
    for (;;) {
        g_autoptr(GVariant) event = bus_poll(t->cli->bus);

        if (!event)
            return true;
        if (!on_event(t, event, error))
            return false;
    }
}

static bool
is_prompt(GVariant *event, const void *user)
{
    (void)user;
    return g_str_equal(ask_text(event, "event"), "prompt");
}

/* The attempt may be an older one that was joined: up already, or with a question open. */
static bool
join(Attempt *t, GError **error)
{
    Bus *bus = t->cli->bus;
    g_autoptr(GVariant) status = bus_status(bus, t->cli->cancel, error);
    g_autoptr(GVariant) prompt = status ? bus_prompt(bus, t->cli->cancel, error) : NULL;

    if (!prompt)
        return false;
    if (g_variant_n_children(prompt) && !bus_any(bus, is_prompt, NULL)) {
        g_auto(GVariantDict) event = G_VARIANT_DICT_INIT(prompt);

        g_variant_dict_insert(&event, "event", "s", "prompt");
        bus_push(bus, g_variant_dict_end(&event));
    }
    if (!g_str_equal(ask_text(status, "state"), "connected"))
        return true;
    if (!drain(t, error))
        return false;
    if (!t->up) {
        out_state(&t->cli->out, "connected");
        out_line(&t->cli->out, "notice", "Connected to %s.", ask_text(status, "host"));
    }
    t->up = true;
    return true;
}

/* The agent said disconnected and not why: it had its chance to while this was answered. */
static bool
ended_silently(Attempt *t, GError **error)
{
    g_autoptr(GVariant) status = bus_status(t->cli->bus, t->cli->cancel, error);
    const char *why;

    if (!status || !drain(t, error))
        return false;
    why = ask_text(status, "error");
    g_set_error(error, AC_ERROR, *why ? AC_ERROR_FAILED : AC_ERROR_DECLINED, "%s",
                *why ? why : "The attempt was ended by somebody else.");
    return false;
}

static bool
attempt_run(Attempt *t, const char *host, GVariant *options, GError **error)
{
    bus_forget(t->cli->bus);
    if (!bus_connect(t->cli->bus, host, options, t->cli->cancel, error) || !join(t, error))
        return false;
    while (!t->up) {
        g_autoptr(GVariant) event = bus_next(t->cli->bus, t->cli->cancel, error);

        if (!event || !on_event(t, event, error))
            return false;
        if (t->over)
            return ended_silently(t, error);
    }
    return true;
}

static GVariant *
connect_options(const ConnectOptions *o)
{
    g_auto(GVariantDict) d = G_VARIANT_DICT_INIT(NULL);

    if (o->pins)
        g_variant_dict_insert(&d, "trust", "^as", o->pins);
    if (o->user)
        g_variant_dict_insert(&d, "user", "s", o->user);
    if (o->group)
        g_variant_dict_insert(&d, "group", "s", o->group);
    return g_variant_dict_end(&d);
}

/* The last lines of a good connect, and the status for JSON. */
static int
connected(Attempt *t)
{
    Cli *cli = t->cli;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) status = bus_status(cli->bus, cli->cancel, &error);

    if (!status || !drain(t, &error))
        return cli_fail(cli, error, t->hint);
    out_json(&cli->out, status);
    return 0;
}

static int
run(Cli *cli, const char *host, const ConnectOptions *o, Answers *answers)
{
    g_auto(Attempt) t = { .cli = cli };
    g_autoptr(GError) error = NULL;

    t.ask = (Ask){ .out = &cli->out,
                   .tty = cli_tty(cli),
                   .answers = answers,
                   .accept_banner = o->accept_banner,
                   .stop = { cli->cancel, is_closed, &t } };
    cli->out.state = NULL;
    if (attempt_run(&t, host, connect_options(o), &error))
        return connected(&t);
    /* What the agent says has failed, it has ended. */
    if (t.refused || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        give_up(&t);
    return cli_fail(cli, error, t.hint);
}

/* No host was named: the last one, the only one, or one of a list. */
static bool
pick_host(Cli *cli, Answers *answers, char **ret, GError **error)
{
    g_auto(GStrv) problems = NULL;
    g_autoptr(GVariant) hosts = bus_hosts(cli->bus, &problems, cli->cancel, error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Ask ask = {
        .out = &cli->out, .tty = cli_tty(cli), .answers = answers, .stop = { .cancel = cli->cancel }
    };
    int last = -1, at;
    AskGot got;

    if (!hosts)
        return false;
    for (gsize i = 0; i < g_variant_n_children(hosts); i++) {
        g_autoptr(GVariant) host = g_variant_get_child_value(hosts, i);

        if (ask_flag(host, "current") || (last < 0 && ask_flag(host, "last")))
            last = (int)i;
        g_ptr_array_add(names, g_strdup(ask_text(host, "name")));
    }
    if (names->len == 1)
        last = 0;
    at = last;
    got = last >= 0 || !names->len
              ? ASK_GOT_LINE
              : ask_choice(&ask, "host", "Host", (const char *const *)names->pdata, names->len, -1,
                           &at, error);
    if (got == ASK_GOT_LINE && at >= 0) {
        *ret = g_strdup(names->pdata[at]);
        return true;
    }
    if (!*error)
        g_set_error(error, AC_ERROR, names->len ? AC_ERROR_USAGE : AC_ERROR_NO_HOST,
                    names->len ? "connect: which host?" : "no profile has a host");
    return false;
}

int
cmd_connect(Cli *cli, char **argv)
{
    g_auto(ConnectOptions) o = { .password_fd = -1 };
    g_autoptr(Answers) answers = answers_new();
    g_auto(GStrv) args = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *host = NULL;
    int code;

    if (!parse(cli, argv, &o, &args, &code))
        return code;
    if (!store_answers(cli, answers, &o, &error) || !store_passwords(cli, answers, &o, &error))
        return cli_fail(cli, error, "acclient help connect");
    host = g_strdup(args[1]);
    if (!cli_bus(cli, &error) || (!host && !pick_host(cli, answers, &host, &error)))
        return cli_fail(cli, error, NULL);
    return run(cli, host, &o, answers);
}
