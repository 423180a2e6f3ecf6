#include "agent/headend/asa_lex.h"

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The octets up to LF; the LF is consumed, a CR before it dropped. */
static Slice
cut_line(AsaLex *lex)
{
    const uint8_t *lf = memchr(lex->left.p, '\n', lex->left.len);
    size_t len = lf ? (size_t)(lf - lex->left.p) : lex->left.len;
    Slice line = { lex->left.p, len };

    lex->left.p += lf ? len + 1 : len;
    lex->left.len -= lf ? len + 1 : len;
    if (line.len > 0 && line.p[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* What no line of a configuration has; also keeps terminals safe when a line is quoted in a log. */
static const char *
unreadable(Slice raw)
{
    if (raw.len > ASA_LINE_MAX)
        return "is longer than 1024 octets";
    for (size_t i = 0; i < raw.len; i++)
        if ((raw.p[i] < 0x20 && raw.p[i] != '\t') || raw.p[i] == 0x7f)
            return "has a control character";
    if (!g_utf8_validate((const char *)raw.p, (gssize)raw.len, NULL))
        return "is not UTF-8";
    return NULL;
}

/* One word at @at of the text, written to @out. A quote that is never closed is an ordinary letter:
 * banners have apostrophes and inches. */
static const char *
take_word(const char *at, char **out)
{
    bool quoted = *at == '"' && strchr(at + 1, '"');

    if (quoted)
        at++;
    while (*at && (quoted ? *at != '"' : !is_blank(*at)))
        *(*out)++ = *at++;
    *(*out)++ = '\0';
    return quoted ? at + 1 : at;
}

/* Words beyond the last one kept are part of it: only free text is that long. */
static void
split_words(AsaLine *line)
{
    const char *at = line->text;
    char *out = line->words;

    for (;;) {
        while (is_blank(*at))
            at++;
        if (!*at)
            return;
        line->rest[line->n] = at;
        line->word[line->n++] = out;
        if (line->n == ASA_WORDS_MAX) {
            g_strlcpy(out, at, sizeof(line->words) - (size_t)(out - line->words));
            return;
        }
        at = take_word(at, &out);
    }
}

bool
asa_lex_next(AsaLex *lex, AsaLine *ret)
{
    Slice raw;

    if (lex->left.len == 0)
        return false;
    raw = cut_line(lex);
    ret->number = ++lex->number;
    ret->indent = 0;
    ret->n = 0;
    ret->text[0] = '\0';
    ret->error = unreadable(raw);
    if (ret->error)
        return true;
    while (ret->indent < raw.len && is_blank((char)raw.p[ret->indent]))
        ret->indent++;
    while (raw.len > ret->indent && is_blank((char)raw.p[raw.len - 1]))
        raw.len--;
    memcpy(ret->text, raw.p + ret->indent, raw.len - ret->indent);
    ret->text[raw.len - ret->indent] = '\0';
    /* A comment may hold any quote; only our own settings in comments have words. */
    if (ret->text[0] == '!' && !g_str_has_prefix(ret->text, "!acheadend"))
        return true;
    if (ret->text[0] != ':')
        split_words(ret);
    return true;
}
