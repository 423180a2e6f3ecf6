#include "agent/eap/ac_xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "agent/base/log.h"
#include "agent/eap/ac_bounds.h"
#include "agent/eap/ac_scan.h"

/* The text is bounded by a scan before libxml2 sees it, and read from its SAX events: no tree is
 * built, so that a password stands in our own wiped buffers and nowhere else. */

typedef enum Elem {
    EL_UNKNOWN, /* and everything below it */
    EL_NONE,    /* above the root */
    EL_ROOT,
    EL_VERSION,
    EL_DEVICE,
    EL_GROUP_SELECT,
    EL_GROUP_ACCESS,
    EL_CAPABILITIES,
    EL_AUTH_METHOD,
    EL_SESSION_ID,
    EL_SESSION_TOKEN,
    EL_OPAQUE,
    EL_CSPORT,
    EL_CERT_REQUEST,
    EL_CERT_FAIL,
    EL_AUTH,
    EL_TITLE,
    EL_MESSAGE,
    EL_BANNER,
    EL_ERROR,
    EL_AUTH_COMPLETE,
    EL_FORM,
    EL_INPUT,
    EL_SELECT,
    EL_OPTION,
    EL_FIELD, /* any child of <auth> in an auth-reply */
    EL_CONFIG,
    EL_BASE_CONFIG,
    EL_CERT_HASH,
    EL_MANIFEST,
    EL_MANIFEST_VPN,
    EL_FILE,
    EL_FILE_URI,
    EL_FILE_HASH,
} Elem;

#define AT(field) offsetof(AcDoc, field)
enum { NOWHERE = 0 }; /* @type is the first member and no text */

/* Where each element may stand; with @text, what it says is kept there without the white space
 * around it. */
static const struct {
    Elem parent;
    const char *name;
    Elem self;
    size_t text;
} elements[] = {
    { EL_NONE, "config-auth", EL_ROOT, NOWHERE },
    { EL_ROOT, "version", EL_VERSION, AT(version) },
    { EL_ROOT, "device-id", EL_DEVICE, AT(device) },
    { EL_ROOT, "group-select", EL_GROUP_SELECT, AT(group_select) },
    { EL_ROOT, "group-access", EL_GROUP_ACCESS, AT(group_access) },
    { EL_ROOT, "capabilities", EL_CAPABILITIES, NOWHERE },
    { EL_CAPABILITIES, "auth-method", EL_AUTH_METHOD, NOWHERE },
    { EL_ROOT, "session-id", EL_SESSION_ID, AT(session_id) },
    { EL_ROOT, "session-token", EL_SESSION_TOKEN, NOWHERE },
    { EL_ROOT, "opaque", EL_OPAQUE, NOWHERE },
    { EL_ROOT, "csport", EL_CSPORT, NOWHERE },
    { EL_ROOT, "client-cert-request", EL_CERT_REQUEST, NOWHERE },
    { EL_ROOT, "client-cert-fail", EL_CERT_FAIL, NOWHERE },
    { EL_ROOT, "auth", EL_AUTH, NOWHERE },
    { EL_AUTH, "title", EL_TITLE, AT(title) },
    { EL_AUTH, "message", EL_MESSAGE, NOWHERE },
    { EL_AUTH, "banner", EL_BANNER, NOWHERE },
    { EL_AUTH, "error", EL_ERROR, NOWHERE },
    { EL_ROOT, "error", EL_ERROR, NOWHERE },
    { EL_AUTH, "authentication-complete", EL_AUTH_COMPLETE, NOWHERE },
    { EL_AUTH, "form", EL_FORM, NOWHERE },
    { EL_FORM, "input", EL_INPUT, NOWHERE },
    { EL_FORM, "select", EL_SELECT, NOWHERE },
    { EL_SELECT, "option", EL_OPTION, NOWHERE },
    { EL_ROOT, "config", EL_CONFIG, NOWHERE },
    { EL_CONFIG, "vpn-base-config", EL_BASE_CONFIG, NOWHERE },
    { EL_BASE_CONFIG, "server-cert-hash", EL_CERT_HASH, AT(server_cert_hash) },
    { EL_CONFIG, "vpn-profile-manifest", EL_MANIFEST, NOWHERE },
    { EL_MANIFEST, "vpn", EL_MANIFEST_VPN, NOWHERE },
    { EL_MANIFEST_VPN, "file", EL_FILE, NOWHERE },
    { EL_FILE, "uri", EL_FILE_URI, NOWHERE },
    { EL_FILE, "hash", EL_FILE_HASH, NOWHERE },
};

/* Attributes of one element, as SAX2 gives them: five pointers each, the value being [3] to [4]. */
typedef struct Attrs {
    const xmlChar *const *at;
    int n;
} Attrs;

typedef struct Read {
    xmlParserCtxtPtr xml;
    AcDoc *doc;
    Elem open[AC_DEPTH_MAX + 1]; /* [0] is EL_NONE */
    char *names[AC_DEPTH_MAX + 1];
    unsigned depth;
    unsigned elements; /* start tags so far */
    unsigned opaque;   /* which of them is the gateway's <opaque>, from 1; 0: none */
    Secret text;       /* of the innermost element so far; as large as the whole document */
    size_t text_len;
    char *param1, *param2; /* of the message, banner or error that is open */
    char *why;
} Read;

static void G_GNUC_PRINTF(2, 3) refuse(Read *r, const char *format, ...)
{
    va_list args;

    if (!r->why) {
        va_start(args, format);
        r->why = g_strdup_vprintf(format, args);
        va_end(args);
    }
    if (r->xml)
        xmlStopParser(r->xml);
}

/* attrs_get - a copy of the value, owned by the caller; NULL when there is none. */
static char *
attrs_get(const Attrs *a, const char *name)
{
    for (int i = 0; i < a->n; i++) {
        const xmlChar *const *at = a->at + 5 * i;

        if (!at[1] && strcmp((const char *)at[0], name) == 0)
            return g_strndup((const char *)at[3], (gsize)(at[4] - at[3]));
    }
    return NULL;
}

static bool
attrs_is(const Attrs *a, const char *name, const char *value)
{
    g_autofree char *has = attrs_get(a, name);

    return g_strcmp0(has, value) == 0;
}

/* Text @to takes the place of what was there. */
static void
put(char **to, char *taken)
{
    g_free(*to);
    *to = taken;
}

static void
start_root(Read *r, const Attrs *a)
{
    g_autofree char *type = attrs_get(a, "type");
    AcDocType t;

    if (!type || !ac_doc_type_parse(type, &t)) {
        g_autofree char *shown = log_escape(type ? type : "", type ? strlen(type) : 0, 40);

        refuse(r, "<config-auth> has the unknown type \"%s\"", shown);
        return;
    }
    r->doc->type = t;
    r->doc->aggregate = attrs_is(a, "aggregate-auth-version", "2");
}

static void
start_device(Read *r, const Attrs *a)
{
    put(&r->doc->computer_name, attrs_get(a, "computer-name"));
    put(&r->doc->device_type, attrs_get(a, "device-type"));
    put(&r->doc->platform_version, attrs_get(a, "platform-version"));
    put(&r->doc->unique_id, attrs_get(a, "unique-id"));
}

static AcText *
text_of(AcDoc *d, Elem e)
{
    return e == EL_MESSAGE ? &d->message : e == EL_BANNER ? &d->banner : &d->error;
}

static void
start_text(Read *r, Elem e, const Attrs *a)
{
    g_autofree char *id = attrs_get(a, "id");
    guint64 v;

    put(&r->param1, attrs_get(a, "param1"));
    put(&r->param2, attrs_get(a, "param2"));
    text_of(r->doc, e)->id =
        id && g_ascii_string_to_unsigned(id, 10, 0, G_MAXINT, &v, NULL) ? (int)v : -1;
}

static bool
input_type(const char *name, AcInputType *ret)
{
    static const struct {
        const char *name;
        AcInputType type;
    } known[] = {
        { "text", AC_TEXT },     { "password", AC_PASSWORD }, { "hidden", AC_HIDDEN },
        { "submit", AC_SUBMIT }, { "reset", AC_SUBMIT },      { "sso", AC_SSO },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(known[i].name, name) == 0) {
            *ret = known[i].type;
            return true;
        }
    return false;
}

/* Returns false for an input that says nothing to us: no name, or a type from the future. */
static bool
start_input(Read *r, Elem e, const Attrs *a)
{
    g_autofree char *name = attrs_get(a, "name");
    g_autofree char *label = attrs_get(a, "label");
    g_autofree char *value = attrs_get(a, "value");
    g_autofree char *type = attrs_get(a, "type");
    AcInputType t = AC_SELECT;
    AcInput *in;

    if (e == EL_INPUT && !input_type(type ? type : "text", &t))
        return false;
    if (!name || !*name)
        return false;
    if (xmlValidateNCName((const xmlChar *)name, 0) != 0) {
        g_autofree char *shown = log_escape(name, strlen(name), 40);

        refuse(r, "the input \"%s\" has a name that cannot be sent back", shown);
        return false;
    }
    if (r->doc->inputs->len == AC_INPUTS_MAX) {
        refuse(r, "<form> has more than %d fields", AC_INPUTS_MAX);
        return false;
    }
    in = ac_doc_add_input(r->doc, t, name, label, value);
    in->second_auth = attrs_is(a, "second-auth", "1");
    return true;
}

static void
start_option(Read *r, const Attrs *a)
{
    AcInput *in = r->doc->inputs->pdata[r->doc->inputs->len - 1];
    g_autofree char *value = attrs_get(a, "value");
    AcOption *o;

    if (in->options->len == AC_OPTIONS_MAX) {
        refuse(r, "<select> has more than %d options", AC_OPTIONS_MAX);
        return;
    }
    o = ac_input_add_option(in, value, NULL, attrs_is(a, "selected", "true"));
    o->second_auth = attrs_is(a, "second-auth", "1");
}

static void
start_file(Read *r, const Attrs *a)
{
    g_autofree char *type = attrs_get(a, "type");
    g_autofree char *service = attrs_get(a, "service-type");

    if (r->doc->files->len == AC_FILES_MAX) {
        refuse(r, "<vpn-profile-manifest> has more than %d files", AC_FILES_MAX);
        return;
    }
    ac_doc_add_file(r->doc, type, service, NULL, NULL);
}

/* What an element's start tag means. Returns EL_UNKNOWN when it is to be passed over. */
static Elem
start_known(Read *r, Elem e, const Attrs *a)
{
    AcDoc *d = r->doc;

    switch (e) {
    case EL_ROOT:
        start_root(r, a);
        break;
    case EL_DEVICE:
        start_device(r, a);
        break;
    case EL_AUTH:
        put(&d->auth_id, attrs_get(a, "id"));
        if (!d->auth_id)
            d->auth_id = g_strdup("");
        break;
    case EL_MESSAGE:
    case EL_BANNER:
    case EL_ERROR:
        start_text(r, e, a);
        break;
    case EL_FORM:
        d->has_form = true;
        put(&d->form_method, attrs_get(a, "method"));
        put(&d->form_action, attrs_get(a, "action"));
        break;
    case EL_INPUT:
    case EL_SELECT:
        return start_input(r, e, a) ? e : EL_UNKNOWN;
    case EL_OPTION:
        start_option(r, a);
        break;
    case EL_FILE:
        start_file(r, a);
        break;
    case EL_OPAQUE:
        if (r->opaque == 0 && attrs_is(a, "is-for", "sg"))
            r->opaque = r->elements;
        break;
    case EL_CERT_REQUEST:
        d->client_cert_request = true;
        break;
    case EL_CERT_FAIL:
        d->client_cert_fail = true;
        break;
    case EL_AUTH_COMPLETE:
        d->auth_complete = true;
        break;
    default:
        break;
    }
    return e;
}

static size_t
element_find(const Read *r, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (elements[i].parent == r->open[r->depth] && strcmp(elements[i].name, name) == 0)
            return i;
    return G_N_ELEMENTS(elements);
}

static Elem
element_of(Read *r, const char *name)
{
    size_t i = element_find(r, name);

    if (r->open[r->depth] == EL_AUTH && r->doc->type == AC_AUTH_REPLY)
        return EL_FIELD;
    if (i < G_N_ELEMENTS(elements))
        return elements[i].self;
    if (r->open[r->depth] == EL_NONE) {
        g_autofree char *shown = log_escape(name, strlen(name), 40);

        refuse(r, "the root element is <%s>, not <config-auth>", shown);
    }
    return EL_UNKNOWN;
}

static void
on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
         int n_namespaces, const xmlChar **namespaces, int n_attrs, int n_defaulted,
         const xmlChar **attrs)
{
    Read *r = user;
    const Attrs a = { attrs, n_attrs };
    Elem e = EL_UNKNOWN;

    (void)uri, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    if (r->why)
        return;
    g_assert(r->depth < AC_DEPTH_MAX); /* ac_bounds_check() has counted */
    r->elements++;
    if (!prefix || r->depth == 0)
        e = start_known(r, element_of(r, (const char *)name), &a);
    r->depth++;
    r->open[r->depth] = e;
    put(&r->names[r->depth], g_strdup((const char *)name));
    r->text_len = 0;
}

static void
on_text(void *user, const xmlChar *text, int len)
{
    Read *r = user;
    size_t n = (size_t)len;

    if (r->why)
        return;
    g_assert(r->text.len - r->text_len >= n); /* no reference is shorter than what it stands for */
    memcpy(r->text.p + r->text_len, text, n);
    r->text_len += n;
}

static Slice
trimmed(Slice s)
{
    while (s.len && g_ascii_isspace(s.p[0]))
        s = (Slice){ s.p + 1, s.len - 1 };
    while (s.len && g_ascii_isspace(s.p[s.len - 1]))
        s.len--;
    return s;
}

static char *
slice_dup(Slice s)
{
    return g_strndup((const char *)s.p, s.len);
}

/* @text with its first two %s replaced; a parameter that is not there is empty. */
static char *
with_params(Slice text, const char *param1, const char *param2)
{
    const char *params[] = { param1, param2 };
    g_autofree char *whole = g_strndup((const char *)text.p, text.len);
    g_auto(GStrv) parts = g_strsplit(whole, "%s", -1);
    GString *out = g_string_sized_new(text.len);

    for (size_t i = 0; parts[i]; i++) {
        if (i > 0 && i <= G_N_ELEMENTS(params) && params[i - 1])
            g_string_append(out, params[i - 1]);
        g_string_append(out, parts[i]);
    }
    return g_strstrip(g_string_free(out, FALSE));
}

static void
end_option(Read *r, Slice text)
{
    AcInput *in = r->doc->inputs->pdata[r->doc->inputs->len - 1];
    AcOption *o = in->options->pdata[in->options->len - 1];

    put(&o->label, slice_dup(text));
    if (!o->value)
        o->value = slice_dup(text);
}

static void
end_file(Read *r, Elem e, Slice text)
{
    AcFile *f = r->doc->files->pdata[r->doc->files->len - 1];

    put(e == EL_FILE_URI ? &f->uri : &f->sha1, slice_dup(text));
}

static void
end_field(Read *r, Slice raw)
{
    const char *name = r->names[r->depth];

    if (r->doc->fields->len == AC_INPUTS_MAX && !ac_doc_field(r->doc, name))
        refuse(r, "<auth> has more than %d fields", AC_INPUTS_MAX);
    else
        ac_doc_set_field(r->doc, name, raw);
}

static void
end_capability(Read *r, Slice text)
{
    g_autofree char *method = slice_dup(text);

    if (r->doc->capabilities && r->doc->capabilities->len == AC_INPUTS_MAX)
        refuse(r, "<capabilities> has more than %d methods", AC_INPUTS_MAX);
    else
        ac_doc_add_capability(r->doc, method);
}

static void
end_csport(Read *r, Slice text)
{
    g_autofree char *port = slice_dup(text);
    guint64 v;

    r->doc->csport =
        g_ascii_string_to_unsigned(port, 10, 1, UINT16_MAX, &v, NULL) ? (uint16_t)v : 0;
}

static void
end_known(Read *r, Elem e, Slice raw)
{
    Slice text = trimmed(raw);

    switch (e) {
    case EL_MESSAGE:
    case EL_BANNER:
    case EL_ERROR:
        put(&text_of(r->doc, e)->text, with_params(text, r->param1, r->param2));
        return;
    case EL_SESSION_TOKEN:
        secret_set(&r->doc->session_token, text);
        r->doc->has_session = true;
        return;
    case EL_FIELD:
        end_field(r, raw);
        return;
    case EL_OPTION:
        end_option(r, text);
        return;
    case EL_FILE_URI:
    case EL_FILE_HASH:
        end_file(r, e, text);
        return;
    case EL_AUTH_METHOD:
        end_capability(r, text);
        return;
    case EL_CSPORT:
        end_csport(r, text);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (elements[i].self == e && elements[i].text != NOWHERE)
            put(G_STRUCT_MEMBER_P(r->doc, elements[i].text), slice_dup(text));
}

static void
on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Read *r = user;

    (void)name, (void)prefix, (void)uri;
    if (r->why)
        return;
    end_known(r, r->open[r->depth], (Slice){ r->text.p, r->text_len });
    r->depth--;
    r->text_len = 0;
}

/* The scan refuses a DTD before libxml2 sees it; this stands behind it. */
static void
on_doctype(void *user, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    refuse(user, "a DTD is not read");
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
        refuse(r, "line %d, in <%s>: %s", e->line, in, words);
    else
        refuse(r, "line %d: %s", e->line, words);
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
        refuse(r, "the markup is wrong");
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
        refuse(r, "the place of <opaque> is not clear");
        return;
    }
    r->doc->opaque = g_bytes_new(octets.p, octets.len);
}

static void
read_clear(Read *r)
{
    for (size_t i = 0; i < G_N_ELEMENTS(r->names); i++)
        g_free(r->names[i]);
    g_free(r->param1);
    g_free(r->param2);
    secret_clear(&r->text);
}

AcDoc *
ac_xml_read(Slice xml, char **ret_why)
{
    Slice text = ac_bounds_trim(xml);
    g_autoptr(AcDoc) doc = ac_doc_new(AC_HELLO);
    g_auto(Secret) copy = { 0 };
    Read r = { .doc = doc, .open = { EL_NONE } };

    if (ac_bounds_check(text, &r.why)) {
        secret_alloc(&copy, text.len + 1); /* ends in a NUL */
        memcpy(copy.p, text.p, text.len);
        secret_alloc(&r.text, text.len);
        parse(&r, copy.p);
        if (!r.why)
            keep_opaque(&r, text);
    }
    read_clear(&r);
    if (!r.why)
        return g_steal_pointer(&doc);
    if (ret_why)
        *ret_why = r.why;
    else
        g_free(r.why);
    return NULL;
}
