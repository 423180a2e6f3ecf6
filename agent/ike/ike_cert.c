#include "agent/ike/ike_cert.h"

enum { AUTH_RESERVED = 3 };

IkeStatus
ike_cert_decode(Reader *in, IkeCert *ret)
{
    IkeCert c;

    if (!reader_u8(in, &c.encoding))
        return IKE_N_INVALID_SYNTAX;
    c.data = reader_rest(in);
    *ret = c;
    return IKE_OK;
}

void
ike_cert_encode(const IkeCert *c, Writer *out)
{
    writer_u8(out, c->encoding);
    writer_slice(out, c->data);
}

IkeStatus
ike_auth_decode(Reader *in, IkeAuth *ret)
{
    IkeAuth a;
    Slice reserved;

    if (!reader_u8(in, &a.method) || !reader_slice(in, AUTH_RESERVED, &reserved))
        return IKE_N_INVALID_SYNTAX;
    a.data = reader_rest(in);
    *ret = a;
    return IKE_OK;
}

void
ike_auth_encode(const IkeAuth *a, Writer *out)
{
    writer_u8(out, a->method);
    writer_zeros(out, AUTH_RESERVED);
    writer_slice(out, a->data);
}
