#include <string.h>

#include "tun/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A line that is a step is written as that very line. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *line = size ? g_strndup((const char *)data, size) : g_strdup("");
    g_autofree char *again = NULL;
    JournalStep step;

    if (!journal_step_parse(line, &step))
        return 0;
    again = journal_step_format(&step);
    if (!g_str_equal(line, again))
        g_error("parse/format disagree");
    return 0;
}
