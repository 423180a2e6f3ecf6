/* tty.h - who answers questions: a person at a terminal, or the lines of a script (-s). */
#pragma once

#include <stdbool.h>

#include "ui-cli/lines.h"

typedef struct Tty Tty;
/* tty_open - the controlling terminal; NULL when there is none. */
Tty *tty_open(void);
/* tty_script - lines of @in, which stays the caller's; what is said goes to @out (-1: nowhere). */
Tty *tty_script(int in, int out);
void tty_free(Tty *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tty, tty_free)

bool tty_is_script(const Tty *t);
void tty_say(Tty *t, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* tty_ask - show @question and read one line; a secret is not echoed. The terminal is as before
 * when this returns, whatever the reason. */
LinesStatus tty_ask(Tty *t, const char *question, bool secret, const LinesStop *stop,
                    Secret *ret) G_GNUC_WARN_UNUSED_RESULT;
