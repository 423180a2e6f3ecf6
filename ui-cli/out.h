/* out.h - everything acclient prints: lines for people, or JSON (agent/docs/CLI.md §2, §5). */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdio.h>

#include "agent/dbus/ac_error.h"

typedef struct Out {
    FILE *out, *err; /* borrowed */
    bool json, quiet, verbose;
    const char *state; /* the last state word shown; the same word is not shown twice in a row */
} Out;

/* out_line - "  >> class: text"; without "class: " when @class is NULL. Nothing in JSON or when
 * quiet. Text of the gateway is cleaned by out_clean() here. */
void out_line(Out *o, const char *class, const char *format, ...) G_GNUC_PRINTF(3, 4);
void out_warning(Out *o, const char *format, ...) G_GNUC_PRINTF(2, 3); /* on stderr, always */
void out_verbose(Out *o, const char *format, ...) G_GNUC_PRINTF(2, 3); /* on stderr, --verbose */
/* Text as it stands, for tables and help; nothing in JSON or when quiet. */
void out_text(Out *o, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* out_state - "  >> state: Connecting"; "authenticating" reads Connecting too. */
void out_state(Out *o, const char *token);
const char *out_state_word(const char *token); /* connected -> Connected; unknown -> Unknown */
/* out_event - one Event dictionary: its line, or its JSON object. A state that is "quiet" has no
 * line: people are told at another moment. */
void out_event(Out *o, GVariant *event);
/* out_json - one answer: {"v":1, ...} on a line; nothing unless JSON is wanted. */
void out_json(Out *o, GVariant *dict);
/* out_error - what went wrong, and what to do about it. */
void out_error(Out *o, const char *token, int exit, const char *text, const char *hint);

/* out_clean - text of a gateway fit for a terminal: control characters and those that turn the
 * direction of writing become '?'. @one_line: line ends become blanks too. Owned by the caller. */
char *out_clean(const char *text, bool one_line);
