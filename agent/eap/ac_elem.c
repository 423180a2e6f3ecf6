#include <libxml/tree.h>

#include "agent/base/log.h"
#include "agent/eap/ac_elem_private.h"

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

void
ac_build_clear(AcBuild *b)
{
    g_clear_pointer(&b->param1, g_free);
    g_clear_pointer(&b->param2, g_free);
    g_clear_pointer(&b->why, g_free);
}

void
ac_build_refuse(AcBuild *b, const char *format, ...)
{
    va_list args;

    if (b->why)
        return;
    va_start(args, format);
    b->why = g_strdup_vprintf(format, args);
    va_end(args);
}

/* attrs_get - a copy of the value, owned by the caller; NULL when there is none. */
static char *
attrs_get(const AcAttrs *a, const char *name)
{
    for (int i = 0; i < a->n; i++) {
        const unsigned char *const *at = a->at + 5 * i;

        if (!at[1] && strcmp((const char *)at[0], name) == 0)
            return g_strndup((const char *)at[3], (gsize)(at[4] - at[3]));
    }
    return NULL;
}

bool
ac_attrs_is(const AcAttrs *a, const char *name, const char *value)
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
start_root(AcBuild *b, const AcAttrs *a)
{
    g_autofree char *type = attrs_get(a, "type");
    AcDocType t;

    if (!type || !ac_doc_type_parse(type, &t)) {
        g_autofree char *shown = log_escape(type ? type : "", type ? strlen(type) : 0, 40);

        ac_build_refuse(b, "<config-auth> has the unknown type \"%s\"", shown);
        return;
    }
    b->doc->type = t;
    b->doc->aggregate = ac_attrs_is(a, "aggregate-auth-version", "2");
}

static void
start_device(AcBuild *b, const AcAttrs *a)
{
    put(&b->doc->computer_name, attrs_get(a, "computer-name"));
    put(&b->doc->device_type, attrs_get(a, "device-type"));
    put(&b->doc->platform_version, attrs_get(a, "platform-version"));
    put(&b->doc->unique_id, attrs_get(a, "unique-id"));
}

static AcText *
text_of(AcDoc *d, Elem e)
{
    return e == EL_MESSAGE ? &d->message : e == EL_BANNER ? &d->banner : &d->error;
}

static void
start_text(AcBuild *b, Elem e, const AcAttrs *a)
{
    g_autofree char *id = attrs_get(a, "id");
    guint64 v;

    put(&b->param1, attrs_get(a, "param1"));
    put(&b->param2, attrs_get(a, "param2"));
    text_of(b->doc, e)->id =
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
start_input(AcBuild *b, Elem e, const AcAttrs *a)
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

        ac_build_refuse(b, "the input \"%s\" has a name that cannot be sent back", shown);
        return false;
    }
    if (b->doc->inputs->len == AC_INPUTS_MAX) {
        ac_build_refuse(b, "<form> has more than %d fields", AC_INPUTS_MAX);
        return false;
    }
    in = ac_doc_add_input(b->doc, t, name, label, value);
    in->second_auth = ac_attrs_is(a, "second-auth", "1");
    return true;
}

static void
start_option(AcBuild *b, const AcAttrs *a)
{
    AcInput *in = b->doc->inputs->pdata[b->doc->inputs->len - 1];
    g_autofree char *value = attrs_get(a, "value");
    AcOption *o;

    if (in->options->len == AC_OPTIONS_MAX) {
        ac_build_refuse(b, "<select> has more than %d options", AC_OPTIONS_MAX);
        return;
    }
    o = ac_input_add_option(in, value, NULL, ac_attrs_is(a, "selected", "true"));
    o->second_auth = ac_attrs_is(a, "second-auth", "1");
}

static void
start_file(AcBuild *b, const AcAttrs *a)
{
    g_autofree char *type = attrs_get(a, "type");
    g_autofree char *service = attrs_get(a, "service-type");

    if (b->doc->files->len == AC_FILES_MAX) {
        ac_build_refuse(b, "<vpn-profile-manifest> has more than %d files", AC_FILES_MAX);
        return;
    }
    ac_doc_add_file(b->doc, type, service, NULL, NULL);
}

/* What an element's start tag means. Returns EL_UNKNOWN when it is to be passed over. */
static Elem
start_known(AcBuild *b, Elem e, const AcAttrs *a)
{
    AcDoc *d = b->doc;

    switch (e) {
    case EL_ROOT:
        start_root(b, a);
        break;
    case EL_DEVICE:
        start_device(b, a);
        break;
    case EL_AUTH:
        put(&d->auth_id, attrs_get(a, "id"));
        if (!d->auth_id)
            d->auth_id = g_strdup("");
        break;
    case EL_MESSAGE:
    case EL_BANNER:
    case EL_ERROR:
        start_text(b, e, a);
        break;
    case EL_FORM:
        d->has_form = true;
        put(&d->form_method, attrs_get(a, "method"));
        put(&d->form_action, attrs_get(a, "action"));
        break;
    case EL_INPUT:
    case EL_SELECT:
        return start_input(b, e, a) ? e : EL_UNKNOWN;
    case EL_OPTION:
        start_option(b, a);
        break;
    case EL_FILE:
        start_file(b, a);
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

static Elem
element_of(AcBuild *b, Elem parent, const char *name)
{
    if (parent == EL_AUTH && b->doc->type == AC_AUTH_REPLY)
        return EL_FIELD;
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0)
            return elements[i].self;
    if (parent == EL_NONE) {
        g_autofree char *shown = log_escape(name, strlen(name), 40);

        ac_build_refuse(b, "the root element is <%s>, not <config-auth>", shown);
    }
    return EL_UNKNOWN;
}

Elem
ac_elem_start(AcBuild *b, Elem parent, const char *name, const AcAttrs *a)
{
    return start_known(b, element_of(b, parent, name), a);
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
end_option(AcBuild *b, Slice text)
{
    AcInput *in = b->doc->inputs->pdata[b->doc->inputs->len - 1];
    AcOption *o = in->options->pdata[in->options->len - 1];

    put(&o->label, slice_dup(text));
    if (!o->value)
        o->value = slice_dup(text);
}

static void
end_file(AcBuild *b, Elem e, Slice text)
{
    AcFile *f = b->doc->files->pdata[b->doc->files->len - 1];

    put(e == EL_FILE_URI ? &f->uri : &f->sha1, slice_dup(text));
}

static void
end_field(AcBuild *b, const char *name, Slice raw)
{
    if (b->doc->fields->len == AC_INPUTS_MAX && !ac_doc_field(b->doc, name))
        ac_build_refuse(b, "<auth> has more than %d fields", AC_INPUTS_MAX);
    else
        ac_doc_set_field(b->doc, name, raw);
}

static void
end_capability(AcBuild *b, Slice text)
{
    g_autofree char *method = slice_dup(text);

    if (b->doc->capabilities && b->doc->capabilities->len == AC_INPUTS_MAX)
        ac_build_refuse(b, "<capabilities> has more than %d methods", AC_INPUTS_MAX);
    else
        ac_doc_add_capability(b->doc, method);
}

static void
end_csport(AcBuild *b, Slice text)
{
    g_autofree char *port = slice_dup(text);
    guint64 v;

    b->doc->csport =
        g_ascii_string_to_unsigned(port, 10, 1, UINT16_MAX, &v, NULL) ? (uint16_t)v : 0;
}

void
ac_elem_end(AcBuild *b, Elem e, const char *name, Slice raw)
{
    Slice text = trimmed(raw);

    switch (e) {
    case EL_MESSAGE:
    case EL_BANNER:
    case EL_ERROR:
        put(&text_of(b->doc, e)->text, with_params(text, b->param1, b->param2));
        return;
    case EL_SESSION_TOKEN:
        secret_set(&b->doc->session_token, text);
        b->doc->has_session = true;
        return;
    case EL_FIELD:
        end_field(b, name, raw);
        return;
    case EL_OPTION:
        end_option(b, text);
        return;
    case EL_FILE_URI:
    case EL_FILE_HASH:
        end_file(b, e, text);
        return;
    case EL_AUTH_METHOD:
        end_capability(b, text);
        return;
    case EL_CSPORT:
        end_csport(b, text);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (elements[i].self == e && elements[i].text != NOWHERE)
            put(G_STRUCT_MEMBER_P(b->doc, elements[i].text), slice_dup(text));
}
