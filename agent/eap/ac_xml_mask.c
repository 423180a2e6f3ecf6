#include "agent/eap/ac_bounds.h"
#include "agent/eap/ac_scan.h"
#include "agent/eap/ac_xml.h"

/* Hidden wherever they stand. */
static const char *const secret[] = {
    "password",      "secondary_password", "answer",           "new_password",
    "session-token", "sso-token",          "host-scan-ticket", "host-scan-token",
};

/* What may be shown of <auth>; anything else there may be an answer of the user's. */
static const char *const shown_in_auth[] = {
    "username", "secondary_username",      "title", "message", "banner", "error",
    "form",     "authentication-complete",
};

static bool
among(Slice name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal(name, slice_of(list[i])))
            return true;
    return false;
}

static void
show(GString *out, Slice text)
{
    Reader in = reader_init(text);
    uint8_t c;

    while (reader_u8(&in, &c)) {
        if (c == '\n' || (c >= 0x20 && c < 0x7f))
            g_string_append_c(out, (char)c);
        else if (c != '\r')
            g_string_append_printf(out, "\\x%02x", c);
    }
}

/* A name without its namespace prefix. */
static Slice
local(Slice name)
{
    const uint8_t *colon = memchr(name.p, ':', name.len);
    size_t skip = colon ? (size_t)(colon - name.p) + 1 : 0;

    return (Slice){ name.p + skip, name.len - skip };
}

typedef struct Mask {
    GString *out;
    Slice open[AC_DEPTH_MAX]; /* names of the open elements */
    unsigned depth;
    unsigned hidden; /* depth of the element whose contents are hidden, 0: none */
} Mask;

static bool
in_auth(const Mask *m)
{
    return m->depth > 0 && slice_equal(local(m->open[m->depth - 1]), slice_of("auth"));
}

static bool
is_secret(const Mask *m, Slice name)
{
    return among(local(name), secret, G_N_ELEMENTS(secret)) ||
           (in_auth(m) && !among(name, shown_in_auth, G_N_ELEMENTS(shown_in_auth)));
}

/* Attributes of a hidden element are hidden too. */
static void
start(Mask *m, const AcToken *t)
{
    bool hide = m->hidden == 0 && is_secret(m, t->name);

    if (hide) {
        g_string_append_c(m->out, '<');
        show(m->out, t->name);
        g_string_append(m->out, t->kind == AC_TOKEN_EMPTY ? "/>" : ">****");
    } else if (m->hidden == 0) {
        show(m->out, t->octets);
    }
    if (t->kind == AC_TOKEN_EMPTY)
        return;
    m->open[m->depth++] = t->name;
    if (hide)
        m->hidden = m->depth;
}

static bool
end(Mask *m, const AcToken *t)
{
    if (m->depth == 0 || !slice_equal(m->open[m->depth - 1], t->name))
        return false;
    if (m->hidden == m->depth)
        m->hidden = 0;
    m->depth--;
    if (m->hidden == 0)
        show(m->out, t->octets);
    return true;
}

static void
text(Mask *m, Slice octets)
{
    if (m->hidden)
        return;
    if (in_auth(m) && ac_bounds_trim(octets).len > 0)
        g_string_append(m->out, "****");
    else
        show(m->out, octets);
}

static bool
mask(Mask *m, Slice xml)
{
    Reader in = reader_init(xml);
    AcToken t;

    while (ac_scan_next(&in, &t) < AC_TOKEN_END) {
        if (t.kind == AC_TOKEN_OPEN || t.kind == AC_TOKEN_EMPTY)
            start(m, &t);
        else if (t.kind == AC_TOKEN_TEXT)
            text(m, t.octets);
        else if (t.kind == AC_TOKEN_CLOSE && !end(m, &t))
            return false;
    }
    return t.kind == AC_TOKEN_END && m->depth == 0;
}

char *
ac_xml_mask(Slice xml)
{
    Slice trimmed = ac_bounds_trim(xml);
    Mask m = { .out = g_string_sized_new(trimmed.len <= AC_XML_MAX ? trimmed.len : 0) };
    g_autofree char *why = NULL;

    if (ac_bounds_check(trimmed, &why) && mask(&m, trimmed))
        return g_string_free(m.out, FALSE);
    g_string_free(m.out, TRUE);
    return g_strdup_printf("(%zu octets that are not config-auth XML)", xml.len);
}
