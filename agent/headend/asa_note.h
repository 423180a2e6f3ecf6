/* asa_note.h - what is to be said about a configuration file: errors and warnings with their lines.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { ASA_NOTES_MAX = 1000 }; /* kept; the rest is only counted */

typedef struct AsaNote {
    bool error;    /* else a warning */
    unsigned line; /* from 1; 0: the file as a whole */
    char *text;    /* one sentence, no dot */
} AsaNote;

typedef struct AsaNotes {
    GPtrArray *v; /* of AsaNote *, NULL while empty */
    unsigned n_errors, n_warnings;
} AsaNotes;

void asa_notes_clear(AsaNotes *n);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AsaNotes, asa_notes_clear)
void asa_note(AsaNotes *n, bool error, unsigned line, const char *format, ...) G_GNUC_PRINTF(4, 5);
void asa_notes_sort(AsaNotes *n); /* by line; those without a line last */
/* "FILE:14: error: ..." or "FILE: warning: ..."; owned by the caller. */
char *asa_note_format(const AsaNote *note, const char *file);
