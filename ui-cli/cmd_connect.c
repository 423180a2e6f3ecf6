#include <string.h>
#include <unistd.h>

#include "ui-cli/ask_private.h"
#include "ui-cli/attempt.h"

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
        if (g_strstr_len(*line, (gssize)strcspn(*line, "="), "pass"))
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
    return attempt_run(cli, host, connect_options(&o), answers, o.accept_banner);
}
