#include "ui-cli/attempt.h"

#include "ui-cli/ask_private.h"

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
go(Attempt *t, const char *host, GVariant *options, GError **error)
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

int
attempt_run(Cli *cli, const char *host, GVariant *options, Answers *answers, bool accept_banner)
{
    g_auto(Attempt) t = { .cli = cli };
    g_autoptr(GError) error = NULL;

    t.ask = (Ask){ .out = &cli->out,
                   .tty = cli_tty(cli),
                   .answers = answers,
                   .accept_banner = accept_banner,
                   .stop = { cli->cancel, is_closed, &t } };
    cli->out.state = NULL;
    if (go(&t, host, options, &error))
        return connected(&t);
    /* What the agent says has failed, it has ended. */
    if (t.refused || g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        give_up(&t);
    return cli_fail(cli, error, t.hint);
}
