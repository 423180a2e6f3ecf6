#include "ui-cli/ask.h"

#include <string.h>

#include "ui-cli/ask_private.h"

static const char *const reserved[] = { "certificate", "remember", "banner" };

void
ask_clear(Ask *a)
{
    g_clear_pointer(&a->group, g_free);
    g_clear_pointer(&a->hint, g_free);
}

bool
ask_reserved(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reserved); i++)
        if (g_str_equal(name, reserved[i]))
            return true;
    return false;
}

const char *
ask_text(GVariant *dict, const char *key)
{
    const char *text = "";

    (void)g_variant_lookup(dict, key, "&s", &text);
    return text;
}

bool
ask_flag(GVariant *dict, const char *key)
{
    gboolean flag = FALSE;

    (void)g_variant_lookup(dict, key, "b", &flag);
    return flag;
}

void
ask_say(Ask *a, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    if (a->tty)
        tty_say(a->tty, "%s", text);
    else
        out_text(a->out, "%s", text);
}

/* True for a field of the form that is open, and for the names of the other questions. */
static bool
is_name(const Ask *a, const char *name)
{
    g_autofree char *between = g_strconcat(" ", name, " ", NULL);

    return ask_reserved(name) || (a->fields && !strchr(name, ' ') && strstr(a->fields, between));
}

/* "NAME=VALUE" of a script: true when @line is one; then @line is the value when NAME is @wanted,
 * else it has been put by for its question. */
static bool
named(Ask *a, Secret *line, const char *wanted, bool *ret_mine)
{
    const uint8_t *sign = line->len ? memchr(line->p, '=', line->len) : NULL;
    g_autofree char *name = NULL;
    g_auto(Secret) value = { 0 };

    if (!sign || sign == line->p)
        return false;
    name = g_strndup((const char *)line->p, (gsize)(sign - line->p));
    if (!is_name(a, name))
        return false;
    secret_set(&value, (Slice){ sign + 1, line->len - (size_t)(sign + 1 - line->p) });
    *ret_mine = g_str_equal(name, wanted);
    if (*ret_mine)
        secret_move(line, &value);
    else
        (void)answers_put(a->answers, name, secret_view(&value), "-s");
    return true;
}

static AskGot
got_of(Ask *a, LinesStatus st, GError **error)
{
    switch (st) {
    case LINES_OK:
        return ASK_GOT_LINE;
    case LINES_EOF:
        return tty_is_script(a->tty) ? ASK_GOT_NOBODY : ASK_GOT_END;
    case LINES_STOPPED:
        if (g_cancellable_set_error_if_cancelled(a->stop.cancel, error))
            return ASK_GOT_FAILED;
        return ASK_GOT_GONE;
    case LINES_TOO_LONG:
        g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "an answer is longer than %d octets",
                    LINES_MAX);
        return ASK_GOT_FAILED;
    case LINES_BROKEN:
        break;
    }
    g_set_error(error, AC_ERROR, AC_ERROR_INPUT_NEEDED, "the terminal cannot be read");
    return ASK_GOT_FAILED;
}

AskGot
ask_line(Ask *a, const char *name, const char *question, bool secret, Secret *ret, GError **error)
{
    g_auto(Secret) line = { 0 };
    const char *source;
    LinesStatus st;
    bool mine = true;

    /* Only a script can have answered these before they are asked. */
    if (ask_reserved(name) &&
        answers_take(a->answers, name, "", false, &a->stop, ret, &source, NULL) == ANSWERS_FOUND)
        return ASK_GOT_LINE;
    if (!a->tty)
        return ASK_GOT_NOBODY;
    do {
        st = tty_ask(a->tty, question, secret, &a->stop, &line);
        question = "";
    } while (st == LINES_OK && tty_is_script(a->tty) && named(a, &line, name, &mine) && !mine);
    if (st == LINES_OK)
        secret_move(ret, &line);
    return got_of(a, st, error);
}

static GVariant *
refusal(const char *key)
{
    g_auto(GVariantDict) d = G_VARIANT_DICT_INIT(NULL);

    g_variant_dict_insert(&d, key, "b", g_str_equal(key, "cancel"));
    return g_variant_dict_end(&d);
}

AskResult
ask_refuse(Ask *a, GVariant **ret, const char *answer, AcError code, const char *hint,
           GError **error, const char *format, ...)
{
    va_list args;

    *ret = refusal(answer);
    g_free(a->hint);
    a->hint = g_strdup(hint);
    va_start(args, format);
    g_propagate_error(error, g_error_new_valist(AC_ERROR, (int)code, format, args));
    va_end(args);
    return ASK_REFUSED;
}

AskResult
ask_without(Ask *a, AskGot got, GVariant **ret, const char *answer, GError **error)
{
    if (got == ASK_GOT_GONE)
        return ASK_GONE;
    if (got == ASK_GOT_END)
        return ask_refuse(a, ret, answer, AC_ERROR_DECLINED, NULL, error,
                          "the question was not answered");
    *ret = refusal(answer);
    return ASK_REFUSED;
}

bool
ask_is_yes(const char *word)
{
    return g_ascii_strcasecmp(word, "y") == 0 || g_ascii_strcasecmp(word, "yes") == 0;
}

bool
ask_is_no(const char *word)
{
    return g_ascii_strcasecmp(word, "n") == 0 || g_ascii_strcasecmp(word, "no") == 0;
}

static AskResult
banner_declined(Ask *a, GVariant **ret, GError **error)
{
    return ask_refuse(a, ret, "accept", AC_ERROR_DECLINED,
                      "the gateway wants its message accepted before it lets anybody in", error,
                      "the message of the gateway was not accepted");
}

static AskResult
ask_banner(Ask *a, GVariant *prompt, GVariant **ret, GError **error)
{
    g_autofree char *text = out_clean(ask_text(prompt, "text"), false);
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);

    ask_say(a, "\n%s\n\n", text);
    while (!a->accept_banner) {
        g_auto(Secret) line = { 0 };
        g_autofree char *word = NULL;
        AskGot got = ask_line(a, "banner", "accept? [y/n]: ", false, &line, error);

        if (got == ASK_GOT_END || (got == ASK_GOT_NOBODY && a->tty))
            return banner_declined(a, ret, error);
        if (got == ASK_GOT_NOBODY)
            return ask_refuse(a, ret, "accept", AC_ERROR_INPUT_NEEDED,
                              "--accept-banner accepts it without a question", error,
                              "the gateway shows a message that somebody has to accept");
        if (got != ASK_GOT_LINE)
            return ask_without(a, got, ret, "accept", error);
        word = lines_word(&line);
        if (ask_is_yes(word))
            break;
        if (ask_is_no(word) || tty_is_script(a->tty))
            return banner_declined(a, ret, error);
    }
    g_variant_dict_insert(&answer, "accept", "b", TRUE);
    *ret = g_variant_dict_end(&answer);
    return ASK_ANSWERED;
}

int
ask_chosen(const char *word, const char *const *names, size_t n)
{
    guint64 at;

    for (size_t i = 0; i < n; i++)
        if (g_ascii_strcasecmp(names[i], word) == 0)
            return (int)i;
    if (n && g_ascii_string_to_unsigned(word, 10, 0, n - 1, &at, NULL))
        return (int)at;
    return -1;
}

static void
say_choices(Ask *a, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = out_clean(names[i], true);

        tty_say(a->tty, "    %zu) %s\n", i, name);
    }
}

AskGot
ask_choice(Ask *a, const char *field, const char *label, const char *const *names, size_t n,
           int preset, int *ret, GError **error)
{
    g_autofree char *shown = preset >= 0 ? out_clean(names[preset], true) : NULL;
    g_autofree char *question =
        shown ? g_strdup_printf("%s: [%s] ", label, shown) : g_strdup_printf("%s: ", label);

    if (a->tty)
        say_choices(a, names, n);
    for (;;) {
        g_auto(Secret) line = { 0 };
        g_autofree char *word = NULL;
        AskGot got = ask_line(a, field, question, false, &line, error);

        if (got != ASK_GOT_LINE)
            return got;
        word = lines_word(&line);
        *ret = *word || preset < 0 ? ask_chosen(word, names, n) : preset;
        if (*ret >= 0)
            return ASK_GOT_LINE;
        if (tty_is_script(a->tty)) {
            g_set_error(error, AC_ERROR, AC_ERROR_USAGE, "%s: no such choice", label);
            return ASK_GOT_FAILED;
        }
        tty_say(a->tty, "  >> note: a number or a name of the list is wanted\n");
    }
}

AskResult
ask_prompt(Ask *a, GVariant *prompt, GVariant **ret, GError **error)
{
    const char *kind = ask_text(prompt, "kind");

    if (g_str_equal(kind, "certificate"))
        return ask_certificate(a, prompt, ret, error);
    if (g_str_equal(kind, "form"))
        return ask_form(a, prompt, ret, error);
    if (g_str_equal(kind, "banner"))
        return ask_banner(a, prompt, ret, error);
    return ask_refuse(a, ret, "cancel", AC_ERROR_FAILED,
                      "the agent is newer than this program: see acclient version", error,
                      "the agent asks a question of a kind that is not known here: %s", kind);
}
