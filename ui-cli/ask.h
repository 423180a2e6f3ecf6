/* ask.h - from a question of the agent to its answer: stored answers first, then a person
 * (agent/docs/CLI.md §3). */
#pragma once

#include "ui-cli/answers.h"
#include "ui-cli/out.h"
#include "ui-cli/tty.h"

/* What questions of one attempt share; borrowed but for @group and @hint. */
typedef struct Ask {
    Out *out;
    Tty *tty; /* NULL: nobody to ask */
    Answers *answers;
    bool accept_banner;
    LinesStop stop;     /* to give up a question that somebody else has answered */
    const char *fields; /* while a form is asked: its field names, each between two blanks */
    char *group;        /* the group chosen in this attempt; not asked twice */
    char *hint;         /* goes with the error of ASK_REFUSED */
} Ask;
void ask_clear(Ask *a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ask, ask_clear)

typedef enum AskResult {
    ASK_ANSWERED,
    ASK_REFUSED, /* the attempt is to end: @error and hint say why; the answer tells the agent */
    ASK_GONE,    /* no answer is wanted any more */
} AskResult;

/* ask_prompt - answer one "prompt" event.
 * @ret: the dictionary for Answer, floating; set unless ASK_GONE. */
AskResult ask_prompt(Ask *a, GVariant *prompt, GVariant **ret,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* ask_reserved - names of answers that only a person or a script may give. */
bool ask_reserved(const char *name);
