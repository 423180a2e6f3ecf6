#include "agent/headend/asa_note.h"

static void
note_free(gpointer p)
{
    AsaNote *note = p;

    g_free(note->text);
    g_free(note);
}

void
asa_notes_clear(AsaNotes *n)
{
    g_clear_pointer(&n->v, g_ptr_array_unref);
    n->n_errors = n->n_warnings = 0;
}

void
asa_note(AsaNotes *n, bool error, unsigned line, const char *format, ...)
{
    AsaNote *note;
    va_list ap;

    if (error)
        n->n_errors++;
    else
        n->n_warnings++;
    if (!n->v)
        n->v = g_ptr_array_new_with_free_func(note_free);
    if (n->v->len == ASA_NOTES_MAX)
        return;
    note = g_new0(AsaNote, 1);
    note->error = error;
    note->line = line;
    va_start(ap, format);
    note->text = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_ptr_array_add(n->v, note);
}

static int
by_line(gconstpointer a, gconstpointer b)
{
    const AsaNote *x = *(AsaNote *const *)a, *y = *(AsaNote *const *)b;

    /* 0 wraps to the highest number: the file as a whole comes last. */
    return (x->line - 1 > y->line - 1) - (x->line - 1 < y->line - 1);
}

void
asa_notes_sort(AsaNotes *n)
{
    if (n->v)
        g_ptr_array_sort(n->v, by_line);
}

char *
asa_note_format(const AsaNote *note, const char *file)
{
    const char *word = note->error ? "error" : "warning";

    if (note->line)
        return g_strdup_printf("%s:%u: %s: %s", file, note->line, word, note->text);
    return g_strdup_printf("%s: %s: %s", file, word, note->text);
}
