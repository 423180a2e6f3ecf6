#include "agent/ike/ike_payload.h"

enum {
    HEADER_NEXT_AT = 16, /* the next-payload octet of an IKE header, RFC 7296 §3.1 */
};

/* The octet at @at was written before, so only an overflow can have moved it out of reach. */
static void
patch_u8(Writer *out, size_t at, uint8_t v)
{
    if (!out->overflow)
        out->base[at] = v;
}

IkeChain
ike_chain_begin(Writer *out, size_t header_at)
{
    IkeChain c = { .out = out, .next_at = SIZE_MAX, .first = IKE_PAYLOAD_NONE };

    if (header_at != SIZE_MAX) {
        c.next_at = header_at + HEADER_NEXT_AT;
        patch_u8(out, c.next_at, IKE_PAYLOAD_NONE);
    }
    return c;
}

void
ike_chain_open(IkeChain *c, uint8_t type)
{
    if (c->first == IKE_PAYLOAD_NONE)
        c->first = type;
    if (c->next_at != SIZE_MAX)
        patch_u8(c->out, c->next_at, type);
    c->open_at = c->next_at = c->out->len;
    /* The critical bit stays clear for every type of RFC 7296 (§3.2). */
    writer_zeros(c->out, IKE_PAYLOAD_HEADER_LEN);
}

void
ike_chain_close(IkeChain *c)
{
    writer_patch_u16(c->out, c->open_at + 2, c->out->len - c->open_at);
}

void
ike_chain_add(IkeChain *c, uint8_t type, Slice body)
{
    ike_chain_open(c, type);
    writer_slice(c->out, body);
    ike_chain_close(c);
}
