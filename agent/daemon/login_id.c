#include "agent/daemon/login_id.h"

#include "agent/base/addr.h"
#include "agent/crypto/dn.h"
#include "agent/dbus/ac_error.h"

enum { ID_MAX = 255, LABEL_MAX = 63 };

static bool
refuse(GError **error, const char *what)
{
    g_set_error(error, AC_ERROR, AC_ERROR_CONFIG, "%s", what);
    return false;
}

/* Letters, digits and hyphens, in two labels at least; no wildcard (RFC 4945 §3.1.2). */
static bool
is_fqdn(const char *text)
{
    g_auto(GStrv) labels = g_strsplit(text, ".", -1);

    if (g_strv_length(labels) < 2)
        return false;
    for (char **l = labels; *l; l++) {
        size_t len = strlen(*l);

        if (len == 0 || len > LABEL_MAX ||
            strspn(*l, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != len)
            return false;
    }
    return true;
}

static bool
is_email(const char *text)
{
    const char *at = strchr(text, '@');

    return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " ,=");
}

/* "CN=" and the like: letters or an OID before the first '='. */
static bool
looks_like_dn(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.");

    return n > 0 && text[n] == '=' && text[n + 1];
}

static bool
set_octets(LoginId *ret, uint8_t type, Slice octets)
{
    login_id_set(ret, type, g_bytes_new(octets.p, octets.len));
    return true;
}

static bool
read_text(LoginId *ret, uint8_t type, const char *text)
{
    return set_octets(ret, type, slice_of(text));
}

static bool
read_address(LoginId *ret, const char *text)
{
    Addr a;

    return addr_parse(text, &a) &&
           set_octets(ret, a.family == ADDR_V4 ? IKE_ID_IPV4_ADDR : IKE_ID_IPV6_ADDR,
                      addr_view(&a));
}

static bool
read_dn(LoginId *ret, const char *text, GError **error)
{
    g_autoptr(GError) why = NULL;
    GBytes *der = dn_parse(text, &why);

    if (!der)
        return refuse(error, why ? why->message : "is no distinguished name");
    login_id_set(ret, IKE_ID_DER_ASN1_DN, der);
    return true;
}

static bool
read_as(LoginId *ret, uint8_t type, const char *text, GError **error)
{
    switch (type) {
    case IKE_ID_FQDN:
        return is_fqdn(text) ? read_text(ret, type, text)
                             : refuse(error, "is no domain name of two labels or more");
    case IKE_ID_RFC822_ADDR:
        return is_email(text) ? read_text(ret, type, text) : refuse(error, "is no e-mail address");
    case IKE_ID_IPV4_ADDR:
        return read_address(ret, text) || refuse(error, "is no address");
    case IKE_ID_DER_ASN1_DN:
        return read_dn(ret, text, error);
    default:
        return read_text(ret, type, text);
    }
}

static const struct {
    const char *prefix;
    uint8_t type; /* IKE_ID_IPV4_ADDR stands for both families */
} prefixes[] = {
    { "keyid:", IKE_ID_KEY_ID },      { "fqdn:", IKE_ID_FQDN },
    { "email:", IKE_ID_RFC822_ADDR }, { "dn:", IKE_ID_DER_ASN1_DN },
    { "address:", IKE_ID_IPV4_ADDR }, { "group:", IKE_ID_GROUP },
};

static uint8_t
type_of(const char *text)
{
    Addr a;

    if (g_str_equal(text, LOGIN_ID_ANYCONNECT))
        return IKE_ID_GROUP;
    if (addr_parse(text, &a))
        return IKE_ID_IPV4_ADDR;
    if (is_email(text))
        return IKE_ID_RFC822_ADDR;
    if (looks_like_dn(text))
        return IKE_ID_DER_ASN1_DN;
    return is_fqdn(text) ? IKE_ID_FQDN : IKE_ID_KEY_ID;
}

bool
login_id_parse(const char *text, LoginId *ret, GError **error)
{
    size_t len = strlen(text);

    if (len == 0 || len > ID_MAX)
        return refuse(error, "an identity has 1 to 255 octets");
    if (!g_utf8_validate(text, (gssize)len, NULL))
        return refuse(error, "is not UTF-8");
    for (size_t i = 0; i < len; i++)
        if (g_ascii_iscntrl(text[i]))
            return refuse(error, "has control characters");
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++)
        if (g_str_has_prefix(text, prefixes[i].prefix)) {
            text += strlen(prefixes[i].prefix);
            return *text ? read_as(ret, prefixes[i].type, text, error)
                         : refuse(error, "has nothing behind its prefix");
        }
    return read_as(ret, type_of(text), text, error);
}

void
login_id_set(LoginId *id, uint8_t type, GBytes *data)
{
    login_id_clear(id);
    *id = (LoginId){ type, data };
}

void
login_id_clear(LoginId *id)
{
    g_clear_pointer(&id->data, g_bytes_unref);
    id->type = 0;
}

IkeId
login_id_view(const LoginId *id)
{
    gsize len = 0;
    const uint8_t *p = id->data ? g_bytes_get_data(id->data, &len) : NULL;

    return (IkeId){ id->type, { p, len } };
}

bool
login_id_is(const LoginId *id, const IkeId *got)
{
    IkeId want = login_id_view(id);

    if (want.type != got->type || want.data.len != got->data.len)
        return false;
    if (want.type != IKE_ID_FQDN)
        return slice_equal(want.data, got->data);
    return g_ascii_strncasecmp((const char *)want.data.p, (const char *)got->data.p,
                               want.data.len) == 0;
}
