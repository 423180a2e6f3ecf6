/* asa_lex.h - a running-config as lines of words: numbers, indentation, quotes, bounds. */
#pragma once

#include "agent/base/reader.h"

enum {
    ASA_LINE_MAX = 1024, /* octets; twice what an ASA takes on its command line */
    ASA_WORDS_MAX = 64,  /* words of one line */
};

/* One line. Text and words are views into it, so it must not be copied. */
typedef struct AsaLine {
    unsigned number; /* from 1 */
    unsigned indent; /* columns of white space in front */
    size_t n;
    const char *word[ASA_WORDS_MAX]; /* without quotes */
    const char
        *rest[ASA_WORDS_MAX];    /* the text from this word to the end of the line, as written */
    char text[ASA_LINE_MAX + 1]; /* without indentation and trailing white space */
    char words[ASA_LINE_MAX + 1];
    const char *error; /* why the line cannot be read, static; NULL when it can */
} AsaLine;

typedef struct AsaLex {
    Slice left;
    unsigned number;
} AsaLex;

/* asa_lex_next - the next line of @lex, empty ones included; LF and CRLF end it.
 * A line that is too long, has control octets or is not UTF-8 has ->error set and no words. Returns
 * false at the end. */
bool asa_lex_next(AsaLex *lex, AsaLine *ret);
