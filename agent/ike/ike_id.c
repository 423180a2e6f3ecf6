#include "agent/ike/ike_id.h"

#include "agent/base/addr.h"
#include "agent/base/log.h"
#include "agent/crypto/dn.h"

enum { ID_RESERVED = 3, ID_TEXT_MAX = 256 /* octets shown to a person */ };

IkeStatus
ike_id_decode(Reader *in, IkeId *ret)
{
    IkeId id;
    Slice reserved;

    if (!reader_u8(in, &id.type) || !reader_slice(in, ID_RESERVED, &reserved))
        return IKE_N_INVALID_SYNTAX;
    id.data = reader_rest(in);
    if ((id.type == IKE_ID_IPV4_ADDR && id.data.len != 4) ||
        (id.type == IKE_ID_IPV6_ADDR && id.data.len != 16))
        return IKE_N_INVALID_SYNTAX;
    *ret = id;
    return IKE_OK;
}

void
ike_id_encode(const IkeId *id, Writer *out)
{
    writer_u8(out, id->type);
    writer_zeros(out, ID_RESERVED);
    writer_slice(out, id->data);
}

static char *
format_hex(Slice data)
{
    size_t n = MIN(data.len, (size_t)ID_TEXT_MAX / 2);
    GString *s = g_string_new("0x");

    for (size_t i = 0; i < n; i++)
        g_string_append_printf(s, "%02x", data.p[i]);
    if (n < data.len)
        g_string_append(s, "...");
    return g_string_free(s, FALSE);
}

char *
ike_id_format(const IkeId *id)
{
    char buf[ADDR_TEXT_MAX];
    char *dn;
    Addr addr;

    switch (id->type) {
    case IKE_ID_IPV4_ADDR:
    case IKE_ID_IPV6_ADDR:
        if (!addr_from_octets(id->data, &addr))
            return format_hex(id->data);
        return g_strdup(addr_format(&addr, buf));
    case IKE_ID_DER_ASN1_DN:
        dn = dn_format(id->data, ID_TEXT_MAX);
        return dn ? dn : format_hex(id->data);
    case IKE_ID_DER_ASN1_GN:
        return format_hex(id->data);
    default:
        return log_escape((const char *)id->data.p, id->data.len, ID_TEXT_MAX);
    }
}
