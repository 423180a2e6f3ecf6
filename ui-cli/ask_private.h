/* ask_private.h - what the kinds of questions share. */
#pragma once

#include "ui-cli/ask.h"

typedef enum AskGot {
    ASK_GOT_LINE,
    ASK_GOT_NOBODY, /* no terminal, or the script has no more lines */
    ASK_GOT_END,    /* the person ended the input: Ctrl-D */
    ASK_GOT_GONE,
    ASK_GOT_FAILED, /* @error is set */
} AskGot;

/* ask_line - a line from the person; from a script also "NAME=VALUE" lines, which are kept for
 * their own question when it is another one. */
AskGot ask_line(Ask *a, const char *name, const char *question, bool secret, Secret *ret,
                GError **error);
/* ask_choice - one of @n names, by number or name.
 * @preset: what an empty line means, -1 for nothing. @ret: the index. */
AskGot ask_choice(Ask *a, const char *field, const char *label, const char *const *names, size_t n,
                  int preset, int *ret, GError **error);
/* The index of a name in any case, or of a number of the list; -1 for neither. */
int ask_chosen(const char *word, const char *const *names, size_t n);
bool ask_is_yes(const char *word);
bool ask_is_no(const char *word);
/* Show something to whoever is asked, or on the output when nobody is. */
void ask_say(Ask *a, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ask_refuse - ASK_REFUSED with @error and @hint (NULL: none), and @answer for the agent. */
AskResult ask_refuse(Ask *a, GVariant **ret, const char *answer, AcError code, const char *hint,
                     GError **error, const char *format, ...) G_GNUC_PRINTF(7, 8);
/* What to return when ask_line() got no line: gone, cancelled, or @code with @text. */
AskResult ask_without(Ask *a, AskGot got, GVariant **ret, const char *answer, GError **error);

AskResult ask_certificate(Ask *a, GVariant *prompt, GVariant **ret, GError **error);
AskResult ask_form(Ask *a, GVariant *prompt, GVariant **ret, GError **error);
/* Text of a dictionary, "" when absent; borrowed. */
const char *ask_text(GVariant *dict, const char *key);
bool ask_flag(GVariant *dict, const char *key);
