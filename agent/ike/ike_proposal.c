#include "agent/ike/ike_proposal.h"

enum {
    PROPOSAL_MORE = 2, /* "last substructure" octets, RFC 7296 §3.3.1 and §3.3.2 */
    TRANSFORM_MORE = 3,
    PROPOSAL_HEAD_LEN = 8,
    TRANSFORM_HEAD_LEN = 8,
    ATTR_TV = 0x8000, /* attribute format bit: the value stands in the length field */
    ATTR_KEY_LENGTH = 14,
};

/* Key Length is the only attribute there is, and it comes once and in the short form (§3.3.5). */
static IkeStatus
decode_attributes(Reader in, IkeTransform *t)
{
    while (reader_left(&in) > 0) {
        uint16_t type, v;
        Slice value;

        if (!reader_u16(&in, &type) || !reader_u16(&in, &v))
            return IKE_N_INVALID_SYNTAX;
        if (type == (ATTR_TV | ATTR_KEY_LENGTH) && t->key_bits == 0 && v != 0) {
            t->key_bits = v;
            continue;
        }
        t->unknown_attr = true;
        if (!(type & ATTR_TV) && !reader_slice(&in, v, &value))
            return IKE_N_INVALID_SYNTAX;
    }
    return IKE_OK;
}

/*  | Last Substruc |   RESERVED    |        Transform Length       |
 *  |Transform Type |   RESERVED    |          Transform ID         |
 *  ~                      Transform Attributes                     ~  */
static IkeStatus
decode_transform(Reader *in, bool more, IkeTransform *ret)
{
    IkeTransform t = { .key_bits = 0 };
    uint8_t last, reserved;
    uint16_t len;
    Slice attrs;

    if (!reader_u8(in, &last) || !reader_u8(in, &reserved) || !reader_u16(in, &len) ||
        !reader_u8(in, &t.type) || !reader_u8(in, &reserved) || !reader_u16(in, &t.id) ||
        len < TRANSFORM_HEAD_LEN || !reader_slice(in, len - (size_t)TRANSFORM_HEAD_LEN, &attrs) ||
        last != (more ? TRANSFORM_MORE : 0))
        return IKE_N_INVALID_SYNTAX;
    if (decode_attributes(reader_init(attrs), &t) != IKE_OK)
        return IKE_N_INVALID_SYNTAX;
    *ret = t;
    return IKE_OK;
}

/* §3.3.1: an IKE SPI is 8 octets and left out in the first negotiation, the others have 4. */
static bool
spi_len_ok(uint8_t proto, size_t len)
{
    switch (proto) {
    case IKE_PROTO_IKE:
        return len == 0 || len == 8;
    case IKE_PROTO_AH:
    case IKE_PROTO_ESP:
        return len == 4;
    default:
        return len == 0 || len == 4 || len == 8;
    }
}

/*  | Last Substruc |   RESERVED    |         Proposal Length       |
 *  | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
 *  ~                        SPI (variable)                         ~
 *  ~                        <Transforms>                           ~  */
IkeStatus
ike_proposal_next(Reader *in, IkeProposal *ret)
{
    uint8_t last, reserved, spi_len, n;
    IkeProposal p = { .n = 0 };
    Slice rest;
    uint16_t len;
    Reader r;

    if (reader_left(in) == 0)
        return IKE_DROP;
    if (!reader_u8(in, &last) || !reader_u8(in, &reserved) || !reader_u16(in, &len) ||
        len < PROPOSAL_HEAD_LEN || !reader_slice(in, len - 4u, &rest) ||
        last != (reader_left(in) > 0 ? PROPOSAL_MORE : 0))
        return IKE_N_INVALID_SYNTAX;
    r = reader_init(rest);
    if (!reader_u8(&r, &p.number) || !reader_u8(&r, &p.proto) || !reader_u8(&r, &spi_len) ||
        !reader_u8(&r, &n) || !reader_slice(&r, spi_len, &p.spi) || !spi_len_ok(p.proto, spi_len) ||
        n == 0 || n > IKE_TRANSFORMS_MAX)
        return IKE_N_INVALID_SYNTAX;
    for (; p.n < n; p.n++)
        if (decode_transform(&r, p.n + 1u < n, &p.t[p.n]) != IKE_OK)
            return IKE_N_INVALID_SYNTAX;
    if (reader_left(&r) != 0)
        return IKE_N_INVALID_SYNTAX;
    *ret = p;
    return IKE_OK;
}

IkeStatus
ike_proposal_check(Slice body)
{
    Reader in = reader_init(body);

    for (size_t n = 0;; n++) {
        IkeProposal p;
        IkeStatus st = ike_proposal_next(&in, &p);

        if (st == IKE_DROP && n > 0)
            return IKE_OK;
        if (st != IKE_OK || n >= IKE_PROPOSALS_MAX)
            return IKE_N_INVALID_SYNTAX;
    }
}

static void
encode_transform(const IkeTransform *t, bool last, Writer *out)
{
    writer_u8(out, last ? 0 : TRANSFORM_MORE);
    writer_u8(out, 0);
    writer_u16(out, TRANSFORM_HEAD_LEN + (t->key_bits ? 4 : 0));
    writer_u8(out, t->type);
    writer_u8(out, 0);
    writer_u16(out, t->id);
    if (t->key_bits) {
        writer_u16(out, ATTR_TV | ATTR_KEY_LENGTH);
        writer_u16(out, t->key_bits);
    }
}

void
ike_proposal_encode(const IkeProposal *p, bool last, Writer *out)
{
    size_t at = out->len;

    writer_u8(out, last ? 0 : PROPOSAL_MORE);
    writer_u8(out, 0);
    writer_u16(out, 0);
    writer_u8(out, p->number);
    writer_u8(out, p->proto);
    writer_u8(out, (uint8_t)p->spi.len);
    writer_u8(out, (uint8_t)p->n);
    writer_slice(out, p->spi);
    for (size_t i = 0; i < p->n; i++)
        encode_transform(&p->t[i], i + 1 == p->n, out);
    writer_patch_u16(out, at + 2, out->len - at);
}
