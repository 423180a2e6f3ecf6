#include "agent/ike/ike_redirect.h"

enum { LABEL_MAX = 63 };

static bool
good_label(const char *p, size_t len)
{
    if (len == 0 || len > LABEL_MAX || p[0] == '-' || p[len - 1] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isalnum(p[i]) && p[i] != '-' && p[i] != '_')
            return false;
    return true;
}

/* "2130706433" and "0x7f.1" are addresses to many a resolver: the last label begins with a letter.
 */
static bool
read_name(Slice s, char ret[static IKE_REDIRECT_NAME_MAX + 1])
{
    const char *p = (const char *)s.p;
    size_t at = 0;

    if (s.len == 0 || s.len > IKE_REDIRECT_NAME_MAX)
        return false;
    for (;;) {
        const char *dot = memchr(p + at, '.', s.len - at);
        size_t len = dot ? (size_t)(dot - p) - at : s.len - at;

        if (!good_label(p + at, len) || (!dot && !g_ascii_isalpha(p[at])))
            return false;
        if (!dot)
            break;
        at += len + 1;
    }
    memcpy(ret, p, s.len);
    ret[s.len] = '\0';
    return true;
}

/*                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * | GW Ident Type |  GW Ident Len | New Responder GW Identity ..  |
 * | Nonce Data ..                                                 | */
IkeStatus
ike_redirect_decode(Slice data, IkeRedirect *ret, Slice *ret_nonce)
{
    Reader in = reader_init(data);
    IkeRedirect r = { 0 };
    uint8_t type, len;
    Slice id;

    if (!reader_u8(&in, &type) || !reader_u8(&in, &len) || !reader_slice(&in, len, &id))
        return IKE_N_INVALID_SYNTAX;
    r.kind = type;
    switch (type) {
    case IKE_REDIRECT_IP4:
    case IKE_REDIRECT_IP6:
        if (id.len != (type == IKE_REDIRECT_IP4 ? 4 : 16) || !addr_from_octets(id, &r.addr))
            return IKE_N_INVALID_SYNTAX;
        break;
    case IKE_REDIRECT_FQDN:
        if (!read_name(id, r.name))
            return IKE_N_INVALID_SYNTAX;
        break;
    default:
        return IKE_N_INVALID_SYNTAX;
    }
    *ret = r;
    *ret_nonce = reader_rest(&in);
    return IKE_OK;
}

void
ike_redirect_encode(const IkeRedirect *r, Slice nonce, Writer *out)
{
    Slice id = r->kind == IKE_REDIRECT_FQDN ? slice_of(r->name) : addr_view(&r->addr);

    writer_u8(out, (uint8_t)r->kind);
    writer_u8(out, (uint8_t)id.len);
    writer_slice(out, id);
    writer_slice(out, nonce);
}

bool
ike_redirect_parse(const char *text, IkeRedirect *ret)
{
    IkeRedirect r = { .kind = IKE_REDIRECT_FQDN };

    if (addr_parse(text, &r.addr))
        r.kind = r.addr.family == ADDR_V4 ? IKE_REDIRECT_IP4 : IKE_REDIRECT_IP6;
    else if (!read_name(slice_of(text), r.name))
        return false;
    *ret = r;
    return true;
}

const char *
ike_redirect_format(const IkeRedirect *r, char buf[static IKE_REDIRECT_NAME_MAX + 1])
{
    if (r->kind != IKE_REDIRECT_FQDN)
        return addr_format(&r->addr, buf);
    g_strlcpy(buf, r->name, IKE_REDIRECT_NAME_MAX + 1);
    return buf;
}
