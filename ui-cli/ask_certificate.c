#include <string.h>

#include "ui-cli/ask_private.h"

static void
say_row(Ask *a, const char *label, const char *text)
{
    g_autofree char *clean = out_clean(text, true);

    if (*text)
        ask_say(a, "     %-13s%s\n", label, clean);
}

static void
say_list(Ask *a, GVariant *prompt, const char *key, const char *lead)
{
    g_autofree const char **list = NULL;

    (void)g_variant_lookup(prompt, key, "^a&s", &list);
    for (size_t i = 0; list && list[i]; i++) {
        g_autofree char *clean = out_clean(list[i], true);

        ask_say(a, "%s%s\n", lead, clean);
    }
}

static char *
date(GVariant *prompt, const char *key)
{
    g_autoptr(GDateTime) t = NULL;
    gint64 seconds;

    if (g_variant_lookup(prompt, key, "x", &seconds))
        t = g_date_time_new_from_unix_utc(seconds);
    return t ? g_date_time_format(t, "%Y-%m-%d %H:%M:%S UTC") : g_strdup("unknown");
}

static char *
pin_text(const char *pin)
{
    return g_strconcat(!*pin || g_str_has_prefix(pin, "pin-sha256:") ? "" : "pin-sha256:", pin,
                       NULL);
}

static char *
joined(GVariant *prompt, const char *key, const char *between)
{
    g_autofree const char **list = NULL;

    (void)g_variant_lookup(prompt, key, "^a&s", &list);
    return list ? g_strjoinv(between, (char **)list) : g_strdup("");
}

static void
say_certificate(Ask *a, GVariant *prompt)
{
    g_autofree char *host = out_clean(ask_text(prompt, "host"), true);
    g_autofree char *from = date(prompt, "not_before"), *to = date(prompt, "not_after");
    g_autofree char *validity = g_strdup_printf("%s to %s", from, to);
    g_autofree char *pin = pin_text(ask_text(prompt, "pin"));
    g_autofree char *old_pin = pin_text(ask_text(prompt, "old_pin"));
    g_autofree char *names = joined(prompt, "names", ", ");

    ask_say(a, "  >> warning: cannot verify the VPN server: %s\n", host);
    say_list(a, prompt, "reasons", "     - ");
    say_row(a, "Server:", ask_text(prompt, "host"));
    say_row(a, "Address:", ask_text(prompt, "address"));
    say_row(a, "Subject:", ask_text(prompt, "subject"));
    say_row(a, "Issuer:", ask_text(prompt, "issuer"));
    say_row(a, "Names:", names);
    say_row(a, "Valid:", validity);
    say_row(a, "Key:", ask_text(prompt, "key"));
    say_row(a, "SHA-256:", ask_text(prompt, "sha256"));
    say_row(a, "Pin:", pin);
    if (ask_flag(prompt, "changed")) {
        ask_say(a, "  >> warning: this server showed another certificate when it was accepted; "
                   "somebody may be in between\n");
        say_row(a, "Pin before:", old_pin);
    }
}

/* "pin-sha256:..." for a hint; what the gateway says of itself must not look like an option. */
static char *
trust_hint(GVariant *prompt)
{
    g_autofree char *pin = pin_text(ask_text(prompt, "pin"));
    g_autofree char *host = g_shell_quote(ask_text(prompt, "host"));

    return g_strdup_printf("if you know that this is your server: acclient trust add %s %s", host,
                           pin);
}

static AskResult
not_trusted(Ask *a, GVariant *prompt, const char *hint, GVariant **ret, GError **error)
{
    g_autofree char *reasons = joined(prompt, "reasons", "; ");

    return ask_refuse(a, ret, "accept", AC_ERROR_CERTIFICATE, hint, error,
                      "cannot verify the VPN server %s: %s", ask_text(prompt, "host"),
                      *reasons ? reasons : "its certificate is not trusted");
}

static AskResult
declined(Ask *a, GVariant **ret, GError **error)
{
    return ask_refuse(a, ret, "accept", AC_ERROR_DECLINED, NULL, error,
                      "the certificate of the server was not accepted");
}

/* True for a word that accepts; @ret_again when it is neither yes nor no, or asks for the chain. */
static bool
accepts(Ask *a, GVariant *prompt, const char *word, bool changed, bool *ret_again)
{
    *ret_again = false;
    if (changed ? g_ascii_strcasecmp(word, "yes") == 0 : ask_is_yes(word))
        return true;
    if (g_ascii_strcasecmp(word, "v") == 0) {
        say_list(a, prompt, "chain", "     ");
        *ret_again = true;
        return false;
    }
    if (!*word || ask_is_no(word) || tty_is_script(a->tty))
        return false;
    if (ask_is_yes(word))
        ask_say(a, "  >> note: the certificate has changed: type the whole word yes\n");
    *ret_again = true;
    return false;
}

/* Only when the certificate is accepted at all; anything but yes means this time only. */
static AskGot
ask_remember(Ask *a, bool *ret, GError **error)
{
    g_auto(Secret) line = { 0 };
    g_autofree char *word = NULL;
    AskGot got = ask_line(a, "remember",
                          "Always trust this server and remember the certificate? [y/N]: ", false,
                          &line, error);

    *ret = false;
    if (got == ASK_GOT_LINE) {
        word = lines_word(&line);
        *ret = ask_is_yes(word);
    }
    return got == ASK_GOT_NOBODY ? ASK_GOT_LINE : got;
}

static AskResult
accepted(Ask *a, GVariant *prompt, GVariant **ret, GError **error)
{
    g_auto(GVariantDict) answer = G_VARIANT_DICT_INIT(NULL);
    bool remember = false;

    if (ask_flag(prompt, "can_remember")) {
        AskGot got = ask_remember(a, &remember, error);

        if (got == ASK_GOT_END)
            return declined(a, ret, error);
        if (got != ASK_GOT_LINE)
            return ask_without(a, got, ret, "accept", error);
    }
    g_variant_dict_insert(&answer, "accept", "b", TRUE);
    g_variant_dict_insert(&answer, "remember", "b", remember);
    *ret = g_variant_dict_end(&answer);
    return ASK_ANSWERED;
}

AskResult
ask_certificate(Ask *a, GVariant *prompt, GVariant **ret, GError **error)
{
    bool changed = ask_flag(prompt, "changed"), again = true;
    const char *question = changed ? "Connect anyway? [yes/N/v]: " : "Connect anyway? [y/N/v]: ";
    g_autofree char *hint = trust_hint(prompt);

    say_certificate(a, prompt);
    if (!ask_flag(prompt, "may_accept"))
        return not_trusted(a, prompt,
                           "the profile or a policy does not allow to accept it: ask who runs the "
                           "server",
                           ret, error);
    while (again) {
        g_auto(Secret) line = { 0 };
        g_autofree char *word = NULL;
        AskGot got = ask_line(a, "certificate", question, false, &line, error);

        if (got == ASK_GOT_NOBODY)
            return not_trusted(a, prompt, hint, ret, error);
        if (got == ASK_GOT_END)
            return declined(a, ret, error);
        if (got != ASK_GOT_LINE)
            return ask_without(a, got, ret, "accept", error);
        word = lines_word(&line);
        if (accepts(a, prompt, word, changed, &again))
            return accepted(a, prompt, ret, error);
    }
    return declined(a, ret, error);
}
