#include "agent/eap/ac_scan.h"

/* Octets up to and with the first @mark; 0 when it is not there. */
static size_t
through(Slice s, const char *mark)
{
    size_t n = strlen(mark);
    const uint8_t *at = s.len ? memmem(s.p, s.len, mark, n) : NULL;

    return at ? (size_t)(at - s.p) + n : 0;
}

static bool
starts(Slice s, const char *mark)
{
    size_t n = strlen(mark);

    return s.len >= n && memcmp(s.p, mark, n) == 0;
}

static bool
is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Octets of a tag: up to the '>' outside quotes; counts the '=' on the way. */
static size_t
tag_len(Slice s, unsigned *ret_attrs)
{
    uint8_t quote = 0;

    *ret_attrs = 0;
    for (size_t i = 1; i < s.len; i++) {
        uint8_t c = s.p[i];

        if (quote) {
            quote = c == quote ? 0 : quote;
            continue;
        }
        if (c == '"' || c == '\'')
            quote = c;
        else if (c == '=')
            ++*ret_attrs;
        else if (c == '>')
            return i + 1;
        else if (c == '<')
            return 0;
    }
    return 0;
}

static Slice
tag_name(Slice tag, size_t skip)
{
    size_t end = skip;

    while (end < tag.len && !is_space(tag.p[end]) && tag.p[end] != '/' && tag.p[end] != '>')
        end++;
    return (Slice){ tag.p + skip, end - skip };
}

static AcTokenKind
tag(Slice rest, AcToken *t)
{
    size_t len = tag_len(rest, &t->n_attrs);
    bool close = starts(rest, "</");

    if (len == 0)
        return AC_TOKEN_BAD;
    t->octets = (Slice){ rest.p, len };
    t->name = tag_name(t->octets, close ? 2 : 1);
    if (t->name.len == 0)
        return AC_TOKEN_BAD;
    if (close)
        return AC_TOKEN_CLOSE;
    return rest.p[len - 2] == '/' ? AC_TOKEN_EMPTY : AC_TOKEN_OPEN;
}

/* A token that ends in @mark. */
static AcTokenKind
marked(Slice rest, const char *mark, size_t skip, AcTokenKind kind, AcToken *t)
{
    size_t len = through((Slice){ rest.p + skip, rest.len - skip }, mark);

    t->octets = (Slice){ rest.p, len ? skip + len : 0 };
    return len ? kind : AC_TOKEN_BAD;
}

static AcTokenKind
classify(Slice rest, AcToken *t)
{
    const uint8_t *lt;

    if (rest.len == 0)
        return AC_TOKEN_END;
    lt = memchr(rest.p, '<', rest.len);
    if (lt != rest.p) {
        t->octets = (Slice){ rest.p, lt ? (size_t)(lt - rest.p) : rest.len };
        return AC_TOKEN_TEXT;
    }
    if (starts(rest, "<!--"))
        return marked(rest, "-->", 4, AC_TOKEN_ASIDE, t);
    if (starts(rest, "<?"))
        return marked(rest, "?>", 2, AC_TOKEN_ASIDE, t);
    if (starts(rest, "<![CDATA["))
        return marked(rest, "]]>", 9, AC_TOKEN_TEXT, t);
    if (starts(rest, "<!")) {
        t->octets = (Slice){ rest.p, 2 };
        return AC_TOKEN_DECL;
    }
    return tag(rest, t);
}

AcTokenKind
ac_scan_next(Reader *in, AcToken *ret)
{
    Reader peek = *in;
    AcToken t = { 0 };
    Slice taken;

    t.kind = classify(reader_rest(&peek), &t);
    if (t.kind == AC_TOKEN_BAD || !reader_slice(in, t.octets.len, &taken))
        t = (AcToken){ .kind = AC_TOKEN_BAD };
    *ret = t;
    return t.kind;
}

bool
ac_scan_element(Slice xml, unsigned nth, Slice *ret, Slice *ret_name)
{
    Reader in = reader_init(xml);
    AcToken t, first = { 0 };
    unsigned seen = 0, depth = 0;

    while (ac_scan_next(&in, &t) < AC_TOKEN_END) {
        bool start = t.kind == AC_TOKEN_OPEN || t.kind == AC_TOKEN_EMPTY;

        if (!first.octets.p && start && seen++ == nth)
            first = t;
        if (!first.octets.p)
            continue;
        if (t.kind == AC_TOKEN_OPEN)
            depth++;
        if (t.kind == AC_TOKEN_CLOSE)
            depth--;
        if (depth == 0) {
            *ret = (Slice){ first.octets.p, (size_t)(t.octets.p - first.octets.p) + t.octets.len };
            *ret_name = first.name;
            return true;
        }
    }
    return false;
}

unsigned
ac_scan_count(Slice xml)
{
    Reader in = reader_init(xml);
    unsigned n = 0;
    AcToken t;

    while (ac_scan_next(&in, &t) < AC_TOKEN_END)
        n += t.kind == AC_TOKEN_OPEN || t.kind == AC_TOKEN_EMPTY;
    return n;
}
