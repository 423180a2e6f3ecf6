#include <libxml/tree.h>

#include "agent/base/writer.h"
#include "agent/eap/ac_xml.h"

/* One element a line, long form of empty elements: the form of the field (agent/docs/WIRE.md §4.2).
 */

typedef struct Out {
    Writer w;
    bool flat; /* without line feeds */
    bool bad;  /* something that XML cannot carry */
} Out;

static void
raw(Out *o, const char *text)
{
    writer_slice(&o->w, slice_of(text));
}

static void
line(Out *o)
{
    if (!o->flat)
        writer_u8(&o->w, '\n');
}

/* The reference that must stand for @c, NULL when it may stand for itself. */
static const char *
reference(uint8_t c, bool attr)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return attr ? "&quot;" : NULL;
    case '\n':
        return attr ? "&#10;" : NULL;
    case '\t':
        return attr ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

/* XML 1.0 §2.2 leaves out most control characters, surrogates and U+FFFE, U+FFFF; no reference
 * brings them back. */
static bool
is_xml_text(Slice text)
{
    const char *at = (const char *)text.p;

    if (text.len == 0)
        return true;
    if (!g_utf8_validate(at, (gssize)text.len, NULL))
        return false;
    for (const char *end = at + text.len; at < end; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xfffe || c == 0xffff)
            return false;
    }
    return true;
}

static void
escaped(Out *o, Slice text, bool attr)
{
    Reader in = reader_init(text);
    uint8_t c;

    o->bad = o->bad || !is_xml_text(text);
    while (reader_u8(&in, &c)) {
        const char *ref = reference(c, attr);

        if (ref)
            raw(o, ref);
        else
            writer_u8(&o->w, c);
    }
}

static void
attr(Out *o, const char *name, const char *value)
{
    if (!value)
        return;
    raw(o, " ");
    raw(o, name);
    raw(o, "=\"");
    escaped(o, slice_of(value), true);
    raw(o, "\"");
}

static void
open_tag(Out *o, const char *name)
{
    raw(o, "<");
    raw(o, name);
}

static void
close_tag(Out *o, const char *name)
{
    raw(o, "</");
    raw(o, name);
    raw(o, ">");
    line(o);
}

/* A start tag without attributes on a line of its own. */
static void
open_line(Out *o, const char *name)
{
    open_tag(o, name);
    raw(o, ">");
    line(o);
}

/* <name>text</name>, the start tag being open for attributes until now. */
static void
finish(Out *o, const char *name, Slice text)
{
    raw(o, ">");
    escaped(o, text, false);
    close_tag(o, name);
}

static void
element(Out *o, const char *name, const char *text)
{
    if (!text)
        return;
    open_tag(o, name);
    finish(o, name, slice_of(text));
}

/* The field's client puts the end tag of a parent on the line of its last child. */
static void
join_line(Out *o)
{
    if (!o->flat && !o->w.overflow && o->w.base[o->w.len - 1] == '\n')
        o->w.len--;
}

/* A %s in our text would be taken for a parameter's place: then the text is the parameter. */
static void
text_element(Out *o, const char *name, const AcText *t)
{
    bool literal = t->text && strstr(t->text, "%s");
    g_autofree char *id = t->id >= 0 ? g_strdup_printf("%d", t->id) : NULL;

    if (!t->text)
        return;
    open_tag(o, name);
    attr(o, "id", id);
    if (id || literal) {
        attr(o, "param1", literal ? t->text : "");
        attr(o, "param2", "");
    }
    finish(o, name, slice_of(literal ? "%s" : t->text));
}

static void
device(Out *o, const AcDoc *d)
{
    if (!d->device)
        return;
    open_tag(o, "device-id");
    attr(o, "computer-name", d->computer_name);
    attr(o, "device-type", d->device_type);
    attr(o, "platform-version", d->platform_version);
    attr(o, "unique-id", d->unique_id);
    finish(o, "device-id", slice_of(d->device));
}

static void
version(Out *o, const AcDoc *d, const char *who)
{
    if (!d->version)
        return;
    open_tag(o, "version");
    attr(o, "who", who);
    finish(o, "version", slice_of(d->version));
}

static void
session_token(Out *o, const AcDoc *d)
{
    if (!d->has_session && d->session_token.len == 0)
        return;
    open_tag(o, "session-token");
    finish(o, "session-token", secret_view(&d->session_token));
}

static void
session_id(Out *o, const AcDoc *d)
{
    bool empty = d->has_session && ac_doc_type_is_client(d->type);

    element(o, "session-id", d->session_id ? d->session_id : empty ? "" : NULL);
}

static void
opaque(Out *o, const AcDoc *d)
{
    if (d->opaque) {
        gsize len;
        const uint8_t *p = g_bytes_get_data(d->opaque, &len);

        writer_slice(&o->w, (Slice){ p, len });
        line(o);
        return;
    }
    if (!d->opaque_tunnel_group && !d->opaque_config_hash)
        return;
    raw(o, "<opaque is-for=\"sg\">");
    line(o);
    element(o, "tunnel-group", d->opaque_tunnel_group);
    element(o, "config-hash", d->opaque_config_hash);
    close_tag(o, "opaque");
}

static void
capabilities(Out *o, const AcDoc *d)
{
    if (!d->capabilities)
        return;
    open_line(o, "capabilities");
    for (guint i = 0; i < d->capabilities->len; i++)
        element(o, "auth-method", d->capabilities->pdata[i]);
    join_line(o);
    close_tag(o, "capabilities");
}

static void
fields(Out *o, const AcDoc *d)
{
    raw(o, "<auth>");
    line(o);
    for (guint i = 0; i < d->fields->len; i++) {
        const AcField *f = d->fields->pdata[i];

        o->bad = o->bad || xmlValidateNCName((const xmlChar *)f->name, 0) != 0;
        open_tag(o, f->name);
        finish(o, f->name, secret_view(&f->value));
    }
    join_line(o);
    close_tag(o, "auth");
}

static void
client_body(Out *o, const AcDoc *d)
{
    device(o, d);
    version(o, d, "vpn");
    if (d->type == AC_INIT) {
        element(o, "group-select", d->group_select);
        element(o, "group-access", d->group_access);
    }
    capabilities(o, d);
    session_token(o, d);
    session_id(o, d);
    opaque(o, d);
    if (d->type != AC_INIT)
        element(o, "group-select", d->group_select);
    if (d->client_cert_fail)
        element(o, "client-cert-fail", "");
    if (d->type == AC_AUTH_REPLY)
        fields(o, d);
}

static void
select_element(Out *o, const AcInput *in)
{
    open_tag(o, "select");
    attr(o, "name", in->name);
    attr(o, "label", in->label);
    attr(o, "second-auth", in->second_auth ? "1" : NULL);
    raw(o, ">");
    line(o);
    for (guint i = 0; i < in->options->len; i++) {
        const AcOption *opt = in->options->pdata[i];

        open_tag(o, "option");
        attr(o, "value", opt->value);
        attr(o, "selected", opt->selected ? "true" : NULL);
        attr(o, "second-auth", opt->second_auth ? "1" : NULL);
        finish(o, "option", slice_of(opt->label ? opt->label : ""));
    }
    close_tag(o, "select");
}

static void
input_element(Out *o, const AcInput *in)
{
    static const char *const types[] = {
        [AC_TEXT] = "text",     [AC_PASSWORD] = "password", [AC_HIDDEN] = "hidden",
        [AC_SUBMIT] = "submit", [AC_SSO] = "sso",
    };

    if (in->type == AC_SELECT) {
        select_element(o, in);
        return;
    }
    open_tag(o, "input");
    attr(o, "type", types[in->type]);
    attr(o, "name", in->name);
    attr(o, "label", in->label);
    attr(o, "value", in->value);
    attr(o, "second-auth", in->second_auth ? "1" : NULL);
    finish(o, "input", (Slice){ 0 });
}

static void
form(Out *o, const AcDoc *d)
{
    if (!d->has_form)
        return;
    open_tag(o, "form");
    attr(o, "method", d->form_method);
    attr(o, "action", d->form_action);
    raw(o, ">");
    line(o);
    for (guint i = 0; i < d->inputs->len; i++)
        input_element(o, d->inputs->pdata[i]);
    close_tag(o, "form");
}

static void
auth(Out *o, const AcDoc *d)
{
    if (!d->auth_id && !d->title && !d->message.text && !d->banner.text && !d->error.text &&
        !d->auth_complete && !d->has_form)
        return;
    open_tag(o, "auth");
    attr(o, "id", d->auth_id && *d->auth_id ? d->auth_id : NULL);
    raw(o, ">");
    line(o);
    element(o, "title", d->title);
    text_element(o, "banner", &d->banner);
    text_element(o, "message", &d->message);
    text_element(o, "error", &d->error);
    if (d->auth_complete)
        element(o, "authentication-complete", "");
    form(o, d);
    close_tag(o, "auth");
}

static void
manifest(Out *o, const AcDoc *d)
{
    if (d->files->len == 0)
        return;
    open_line(o, "vpn-profile-manifest");
    raw(o, "<vpn rev=\"1.0\">");
    line(o);
    for (guint i = 0; i < d->files->len; i++) {
        const AcFile *f = d->files->pdata[i];

        open_tag(o, "file");
        attr(o, "type", f->type);
        attr(o, "service-type", f->service_type);
        raw(o, ">");
        line(o);
        element(o, "uri", f->uri);
        if (f->sha1) {
            raw(o, "<hash type=\"sha1\"");
            finish(o, "hash", slice_of(f->sha1));
        }
        close_tag(o, "file");
    }
    close_tag(o, "vpn");
    close_tag(o, "vpn-profile-manifest");
}

/* What the client is given besides the session (agent/docs/WIRE.md §6.7). */
static void
config(Out *o, const AcDoc *d)
{
    raw(o, "<config client=\"vpn\" type=\"private\">");
    line(o);
    open_line(o, "vpn-base-config");
    element(o, "server-cert-hash", d->server_cert_hash);
    close_tag(o, "vpn-base-config");
    raw(o, "<opaque is-for=\"vpn-client\"></opaque>");
    line(o);
    manifest(o, d);
    close_tag(o, "config");
}

static void
server_body(Out *o, const AcDoc *d)
{
    version(o, d, "sg");
    session_id(o, d);
    session_token(o, d);
    opaque(o, d);
    if (d->csport) {
        char port[sizeof("65535")];

        g_snprintf(port, sizeof(port), "%u", d->csport);
        element(o, "csport", port);
    }
    if (d->client_cert_request)
        element(o, "client-cert-request", "");
    auth(o, d);
    if (d->type == AC_COMPLETE)
        config(o, d);
}

static void
document(Out *o, const AcDoc *d)
{
    raw(o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    line(o);
    raw(o, "<config-auth client=\"vpn\"");
    attr(o, "type", ac_doc_type_name(d->type));
    attr(o, "aggregate-auth-version", d->aggregate ? "2" : NULL);
    raw(o, ">");
    line(o);
    if (ac_doc_type_is_client(d->type))
        client_body(o, d);
    else
        server_body(o, d);
    close_tag(o, "config-auth");
}

static bool
written(const AcDoc *d, bool flat, Secret *ret)
{
    g_auto(Secret) buf = { 0 };
    Out o = { .flat = flat };

    secret_alloc(&buf, AC_XML_MAX);
    o.w = (Writer){ .base = buf.p, .cap = buf.len };
    document(&o, d);
    if (flat)
        writer_u8(&o.w, 0);
    if (o.bad || writer_finish(&o.w) < 0)
        return false;
    secret_set(ret, writer_view(&o.w));
    return true;
}

bool
ac_xml_write(const AcDoc *d, Secret *ret)
{
    return written(d, false, ret);
}

bool
ac_xml_write_flat(const AcDoc *d, Secret *ret)
{
    return written(d, true, ret);
}
