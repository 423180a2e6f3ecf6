#include "profiles/profile_doc.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <string.h>

#include "agent/base/log.h"
#include "profiles/profile_xml.h"

enum {
    DEPTH_MAX = 32,        /* the schema needs 7 */
    ELEMENTS_MAX = 65536,  /* PROFILE_HOSTS_MAX with 15 elements each */
    DECLARATION_MAX = 256, /* octets of "<?xml ... ?>" that are looked at */
    SHOWN_MAX = 200,       /* octets of a parser's message */
};

#if LIBXML_VERSION >= 21200
typedef const xmlError *XmlErrorArg;
#else
typedef xmlError *XmlErrorArg;
#endif

/* One reading; @why is the first thing that was wrong. */
typedef struct Reading {
    const char *file;
    unsigned n_elements;
    GError *why;
} Reading;

G_GNUC_PRINTF(3, 4)
static void
refuse(Reading *r, int line, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    if (r->why)
        return;
    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    r->why = g_error_new(PROFILE_ERROR, PROFILE_ERROR_XML, "%s:%d: %s", r->file, line, what);
}

static void
on_error(void *user, XmlErrorArg e)
{
    const xmlParserCtxt *ctxt = user;
    g_autofree char *words = NULL;

    if (e->level < XML_ERR_ERROR)
        return;
    words = log_escape(e->message ? e->message : "", e->message ? strcspn(e->message, "\n") : 0,
                       SHOWN_MAX);
    refuse(ctxt->_private, e->line, "not well-formed XML: %s", words);
}

static void
on_doctype(void *user, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    xmlParserCtxt *ctxt = user;

    (void)name;
    (void)external;
    (void)system;
    refuse(ctxt->_private, xmlSAX2GetLineNumber(ctxt),
           "<!DOCTYPE> is refused: a profile has no DTD and no entities");
    xmlStopParser(ctxt);
}

static void
on_element(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
           int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
           const xmlChar **attributes)
{
    xmlParserCtxt *ctxt = user;
    Reading *r = ctxt->_private;

    if (ctxt->nodeNr >= DEPTH_MAX)
        refuse(r, xmlSAX2GetLineNumber(ctxt), "elements are nested deeper than %d", DEPTH_MAX);
    else if (++r->n_elements > ELEMENTS_MAX)
        refuse(r, xmlSAX2GetLineNumber(ctxt), "more than %d elements", ELEMENTS_MAX);
    if (r->why) {
        xmlStopParser(ctxt);
        return;
    }
    xmlSAX2StartElementNs(user, name, prefix, uri, n_namespaces, namespaces, n_attributes,
                          n_defaulted, attributes);
}

/* The value of encoding="..." in an XML declaration of ASCII octets, or NULL. */
static char *
declared_encoding(const char *data, size_t len)
{
    g_autofree char *head = NULL;
    char *at, *end;

    if (len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) { /* UTF-8 byte order mark */
        data += 3;
        len -= 3;
    }
    head = g_strndup(data, MIN(len, DECLARATION_MAX));
    end = strstr(head, "?>");
    if (!g_str_has_prefix(head, "<?xml") || !end)
        return NULL;
    *end = '\0';
    at = strstr(head, "encoding");
    if (!at || !(at = strpbrk(at, "\"'")) || !(end = strchr(at + 1, *at)))
        return NULL;
    return g_strndup(at + 1, (gsize)(end - at - 1));
}

/* Those libxml2 decodes by itself; iconv's two hundred others are not for octets of strangers. */
static bool
encoding_is_known(const char *name)
{
    static const char *const known[] = { "UTF-8",      "UTF8",   "US-ASCII", "ASCII",
                                         "ISO-8859-1", "UTF-16", "UTF-16LE", "UTF-16BE" };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (g_ascii_strcasecmp(name, known[i]) == 0)
            return true;
    }
    return false;
}

static bool
check_before_parsing(Reading *r, const char *data, size_t len)
{
    g_autofree char *encoding = NULL;
    g_autofree char *shown = NULL;

    if (len == 0) {
        refuse(r, 1, "the file is empty");
        return false;
    }
    encoding = declared_encoding(data, len);
    if (!encoding || encoding_is_known(encoding))
        return true;
    shown = log_escape(encoding, strlen(encoding), SHOWN_MAX);
    refuse(r, 1, "encoding \"%s\" is not one of UTF-8, UTF-16, ISO-8859-1, US-ASCII", shown);
    return false;
}

static xmlDoc *
parse(Reading *r, const char *data, size_t len)
{
    xmlParserCtxt *ctxt = xmlNewParserCtxt();
    xmlDoc *doc;

    g_assert(ctxt); /* out of memory otherwise */
    ctxt->_private = r;
    ctxt->sax->serror = on_error;
    ctxt->sax->internalSubset = on_doctype;
    ctxt->sax->startElementNs = on_element;
    doc = xmlCtxtReadMemory(ctxt, data, (int)len, NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_BIG_LINES);
    if (!r->why && (!doc || !xmlDocGetRootElement(doc)))
        refuse(r, 1, "not well-formed XML");
    xmlFreeParserCtxt(ctxt);
    return doc;
}

xmlDoc *
profile_doc_read(const char *data, size_t len, const char *file, GError **error)
{
    Reading r = { .file = file };
    g_autoptr(xmlDoc) doc = NULL;

    if (len > PROFILE_MAX) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ,
                    "%s: %zu octets are more than a profile may have (%d)", file, len, PROFILE_MAX);
        return NULL;
    }
    if (check_before_parsing(&r, data, len))
        doc = parse(&r, data, len);
    if (r.why) {
        g_propagate_error(error, r.why);
        return NULL;
    }
    return g_steal_pointer(&doc);
}
