#include "agent/eap/ac_xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "agent/base/log.h"
#include "agent/eap/ac_bounds.h"
#include "agent/eap/ac_elem_private.h"
#include "agent/eap/ac_scan.h"

/* The text is bounded by a scan before libxml2 sees it, and read from its SAX events: no tree is
 * built, so that a password stands in our own wiped buffers and nowhere else. */

typedef struct Read {
    AcBuild build;
    xmlParserCtxtPtr xml;
    Elem open[AC_DEPTH_MAX + 1]; /* [0] is EL_NONE */
    char *names[AC_DEPTH_MAX + 1];
    unsigned depth;
    unsigned elements; /* start tags so far */
    unsigned opaque;   /* which of them is the gateway's <opaque>, from 1; 0: none */
    Secret text;       /* of the innermost element so far; as large as the whole document */
    size_t text_len;
} Read;

static void
stop_if_refused(Read *r)
{
    if (r->build.why)
        xmlStopParser(r->xml);
}

static void
on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
         int n_namespaces, const xmlChar **namespaces, int n_attrs, int n_defaulted,
         const xmlChar **attrs)
{
    Read *r = user;
    const AcAttrs a = { attrs, n_attrs };
    Elem e = EL_UNKNOWN;

    (void)uri, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    if (r->build.why)
        return;
    if (r->depth == AC_DEPTH_MAX) { /* ac_bounds_check() has counted; this stands behind it */
        ac_build_refuse(&r->build, "elements are nested more than %d deep", AC_DEPTH_MAX);
        stop_if_refused(r);
        return;
    }
    r->elements++;
    if (!prefix || r->depth == 0)
        e = ac_elem_start(&r->build, r->open[r->depth], (const char *)name, &a);
    if (e == EL_OPAQUE && r->opaque == 0 && ac_attrs_is(&a, "is-for", "sg"))
        r->opaque = r->elements;
    r->depth++;
    r->open[r->depth] = e;
    g_free(r->names[r->depth]);
    r->names[r->depth] = g_strdup((const char *)name);
    r->text_len = 0;
    stop_if_refused(r);
}

static void
on_text(void *user, const xmlChar *text, int len)
{
    Read *r = user;
    size_t n = (size_t)len;

    /* No reference is shorter than what it stands for; behind that stands this. */
    if (r->text.len - r->text_len < n)
        ac_build_refuse(&r->build, "an element is longer than the document");
    stop_if_refused(r);
    if (r->build.why)
        return;
    memcpy(r->text.p + r->text_len, text, n);
    r->text_len += n;
}

static void
on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Read *r = user;

    (void)name, (void)prefix, (void)uri;
    if (r->build.why)
        return;
    ac_elem_end(&r->build, r->open[r->depth], r->names[r->depth],
                (Slice){ r->text.p, r->text_len });
    r->depth--;
    r->text_len = 0;
    stop_if_refused(r);
}

/* The scan refuses a DTD before libxml2 sees it; this stands behind it. */
static void
on_doctype(void *user, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    Read *r = user;

    (void)name, (void)external, (void)system;
    ac_build_refuse(&r->build, "a DTD is not read");
    stop_if_refused(r);
}

/* In our words: libxml2's own would quote the text, and the text may be a password. */
static void
on_error(void *user, xmlErrorPtr e)
{
    static const struct {
        int code;
        const char *words;
    } known[] = {
        { XML_ERR_DOCUMENT_EMPTY, "there is no element" },
        { XML_ERR_DOCUMENT_END, "something follows the last element" },
        { XML_ERR_TAG_NAME_MISMATCH, "an end tag does not fit its start tag" },
        { XML_ERR_TAG_NOT_FINISHED, "the text is cut short" },
        { XML_ERR_UNDECLARED_ENTITY, "an entity is not one of the five predefined" },
        { XML_ERR_INVALID_CHAR, "a character is not allowed in XML" },
        { XML_ERR_ATTRIBUTE_REDEFINED, "an attribute is given twice" },
    };
    Read *r = user;
    const char *words = "the markup is wrong";
    g_autofree char *in = NULL;

    if (e->level != XML_ERR_FATAL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (known[i].code == e->code)
            words = known[i].words;
    if (r->depth > 0)
        in = log_escape(r->names[r->depth], strlen(r->names[r->depth]), 40);
    if (in)
        ac_build_refuse(&r->build, "line %d, in <%s>: %s", e->line, in, words);
    else
        ac_build_refuse(&r->build, "line %d: %s", e->line, words);
}

static const xmlSAXHandler handler = {
    .initialized = XML_SAX2_MAGIC,
    .internalSubset = on_doctype,
    .startElementNs = on_start,
    .endElementNs = on_end,
    .characters = on_text, /* and CDATA, which has no handler of its own */
    .ignorableWhitespace = on_text,
    .serror = on_error,
};

/* libxml2 reads @text where it stands: a string needs no buffer, which would keep a copy. */
static void
parse(Read *r, const uint8_t *text)
{
    xmlParserInputPtr input;

    r->xml = xmlNewParserCtxt();
    g_assert(r->xml);
    memcpy(r->xml->sax, &handler, sizeof(handler));
    r->xml->userData = r;
    /* NOENT: without it &amp; in an attribute comes as "&#38;". There are no other entities: a DTD
     * is refused. */
    xmlCtxtUseOptions(r->xml, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
    input = xmlNewStringInputStream(r->xml, text);
    g_assert(input);
    inputPush(r->xml, input);
    xmlParseDocument(r->xml);
    if (!r->xml->wellFormed)
        ac_build_refuse(&r->build, "the markup is wrong");
    xmlFreeParserCtxt(r->xml);
    r->xml = NULL;
}

/* The gateway's <opaque> as the octets it came in: it is echoed, not written anew
 * (agent/docs/WIRE.md §14.5). That the scan and the parser count the same elements shows that they
 * mean the same one. */
static void
keep_opaque(Read *r, Slice text)
{
    Slice octets, name;

    if (r->opaque == 0)
        return;
    if (ac_scan_count(text) != r->elements ||
        !ac_scan_element(text, r->opaque - 1, &octets, &name) ||
        !slice_equal(name, slice_of("opaque"))) {
        ac_build_refuse(&r->build, "the place of <opaque> is not clear");
        return;
    }
    r->build.doc->opaque = g_bytes_new(octets.p, octets.len);
}

static void
read_clear(Read *r)
{
    for (size_t i = 0; i < G_N_ELEMENTS(r->names); i++)
        g_free(r->names[i]);
    ac_build_clear(&r->build);
    secret_clear(&r->text);
}

AcDoc *
ac_xml_read(Slice xml, char **ret_why)
{
    Slice text = ac_bounds_trim(xml);
    g_autoptr(AcDoc) doc = ac_doc_new(AC_HELLO);
    g_auto(Secret) copy = { 0 };
    Read r = { .build = { .doc = doc }, .open = { EL_NONE } };
    char *why;

    if (ac_bounds_check(text, &r.build.why)) {
        secret_alloc(&copy, text.len + 1); /* ends in a NUL */
        memcpy(copy.p, text.p, text.len);
        secret_alloc(&r.text, text.len);
        parse(&r, copy.p);
        if (!r.build.why)
            keep_opaque(&r, text);
    }
    why = g_steal_pointer(&r.build.why);
    read_clear(&r);
    if (!why)
        return g_steal_pointer(&doc);
    if (ret_why)
        *ret_why = why;
    else
        g_free(why);
    return NULL;
}
