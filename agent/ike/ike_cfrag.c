#include "agent/ike/ike_cfrag.h"

enum { FLAG_LAST = 0x01 };

static bool
decode_body(Slice body, IkeCfrag *ret)
{
    Reader in = reader_init(body);
    uint8_t flags;

    if (!reader_u16(&in, &ret->id) || !reader_u8(&in, &ret->number) || !reader_u8(&in, &flags) ||
        ret->number == 0 || reader_left(&in) == 0)
        return false;
    ret->last = flags & FLAG_LAST;
    ret->data = reader_rest(&in);
    return true;
}

bool
ike_cfrag_decode(const IkeMsg *m, IkeCfrag *ret)
{
    return m->n == 1 && m->p[0].type == IKE_PAYLOAD_CISCO_FRAGMENT &&
           decode_body(m->p[0].body, ret);
}

void
ike_cfrag_encode(const IkeHeader *h, const IkeCfrag *f, Writer *out)
{
    size_t at = out->len;
    IkeChain c;

    ike_header_encode(h, out);
    c = ike_chain_begin(out, at);
    ike_chain_open(&c, IKE_PAYLOAD_CISCO_FRAGMENT);
    writer_u16(out, f->id);
    writer_u8(out, f->number);
    writer_u8(out, f->last ? FLAG_LAST : 0);
    writer_slice(out, f->data);
    ike_chain_close(&c);
    ike_header_finish(out, at);
}

bool
ike_cfrag_joined(const IkeHeader *outer, Slice octets, IkeMsg *ret)
{
    return ike_msg_decode(octets, ret, NULL) == IKE_OK && (ret->outer & IKE_SET(SK)) != 0 &&
           ret->h.spi_i == outer->spi_i && ret->h.spi_r == outer->spi_r &&
           ret->h.message_id == outer->message_id && ret->h.exchange == outer->exchange &&
           ret->h.flags == outer->flags;
}

Slice
ike_cfrag_identity(Slice octets)
{
    Reader in = reader_init(octets);
    IkeHeader h;
    IkeCfrag f;
    Slice head;

    if (ike_header_decode(&in, &h) != IKE_OK || h.next_payload != IKE_PAYLOAD_CISCO_FRAGMENT ||
        !reader_slice(&in, IKE_PAYLOAD_HEADER_LEN, &head) || !decode_body(reader_rest(&in), &f))
        return octets;
    return f.data;
}
