#include "agent/eap/ac_bounds.h"

#include "agent/base/log.h"
#include "agent/eap/ac_scan.h"

Slice
ac_bounds_trim(Slice xml)
{
    while (xml.len && (xml.p[xml.len - 1] == 0 || g_ascii_isspace(xml.p[xml.len - 1])))
        xml.len--;
    while (xml.len && g_ascii_isspace(xml.p[0]))
        xml = (Slice){ xml.p + 1, xml.len - 1 };
    return xml;
}

/* XML starts with '<': a NUL beside it, or a byte order mark of two octets, is UTF-16 or UTF-32. */
static bool
is_wide(Slice xml)
{
    if (xml.len < 2)
        return false;
    return xml.p[0] == 0 || xml.p[1] == 0 || (xml.p[0] == 0xff && xml.p[1] == 0xfe) ||
           (xml.p[0] == 0xfe && xml.p[1] == 0xff);
}

static char *
check_octets(Slice xml)
{
    const char *end;

    if (xml.len == 0)
        return g_strdup("the document is empty");
    if (xml.len > AC_XML_MAX)
        return g_strdup_printf("the document has %zu octets, at most %d are read", xml.len,
                               AC_XML_MAX);
    if (is_wide(xml))
        return g_strdup("the document is in UTF-16 or UTF-32, only UTF-8 is read");
    if (g_utf8_validate((const char *)xml.p, (gssize)xml.len, &end))
        return NULL;
    return g_strdup_printf("octet %zu of the document is %s",
                           (size_t)((const uint8_t *)end - xml.p) + 1,
                           *end == 0 ? "a NUL" : "not UTF-8");
}

/* The XML declaration's encoding, when it names one, is UTF-8. */
static char *
check_encoding(Slice declaration)
{
    g_autofree char *text = g_strndup((const char *)declaration.p, declaration.len);
    char *at = strstr(text, "encoding"), *end;

    if (!g_str_has_prefix(text, "<?xml") || !at)
        return NULL;
    at += strcspn(at, "\"'");
    end = *at ? strchr(at + 1, *at) : NULL;
    if (!end)
        return NULL; /* the parser will find it */
    *end = 0;
    if (g_ascii_strcasecmp(at + 1, "UTF-8") == 0)
        return NULL;

    g_autofree char *shown = log_escape(at + 1, strlen(at + 1), 40);

    return g_strdup_printf("the document says its encoding is \"%s\", only UTF-8 is read", shown);
}

static char *
check_markup(Slice xml)
{
    Reader in = reader_init(xml);
    unsigned depth = 0, elements = 0;
    AcToken t;

    while (ac_scan_next(&in, &t) < AC_TOKEN_END) {
        bool element = t.kind == AC_TOKEN_OPEN || t.kind == AC_TOKEN_EMPTY;

        if (t.kind == AC_TOKEN_DECL)
            return g_strdup("the document has a DTD or an entity declaration, which is not read");
        if (element && depth == AC_DEPTH_MAX)
            return g_strdup_printf("elements are nested more than %d deep", AC_DEPTH_MAX);
        if (element && ++elements > AC_NODES_MAX)
            return g_strdup_printf("the document has more than %d elements", AC_NODES_MAX);
        if (element && t.n_attrs > AC_ATTRS_MAX) {
            g_autofree char *shown = log_escape((const char *)t.name.p, t.name.len, 40);

            return g_strdup_printf("<%s> has more than %d attributes", shown, AC_ATTRS_MAX);
        }
        if (t.kind == AC_TOKEN_OPEN)
            depth++;
        if (t.kind == AC_TOKEN_CLOSE && depth > 0)
            depth--;
    }
    return NULL;
}

bool
ac_bounds_check(Slice xml, char **ret_why)
{
    Reader in = reader_init(xml);
    char *why = check_octets(xml);
    AcToken first;

    if (!why && ac_scan_next(&in, &first) == AC_TOKEN_ASIDE)
        why = check_encoding(first.octets);
    if (!why)
        why = check_markup(xml);
    if (why)
        *ret_why = why;
    return !why;
}
