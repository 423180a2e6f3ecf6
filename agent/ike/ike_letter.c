#include "agent/ike/ike_letter.h"

enum { CRITICAL = 0x80 };

static void
part_free(IkePart *p)
{
    g_byte_array_unref(p->body);
    g_free(p);
}

void
ike_letter_init(IkeLetter *l, const IkeHeader *h, bool sealed)
{
    *l = (IkeLetter){ .h = *h, .sealed = sealed };
    l->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
}

bool
ike_letter_read(IkeLetter *l, uint8_t first, Slice octets)
{
    Reader in = reader_init(octets);
    uint8_t next, flags;
    uint16_t len;
    Slice body;

    for (uint8_t type = first; type != IKE_PAYLOAD_NONE; type = next) {
        IkePart *p;

        if (!reader_u8(&in, &next) || !reader_u8(&in, &flags) || !reader_u16(&in, &len) ||
            len < IKE_PAYLOAD_HEADER_LEN ||
            !reader_slice(&in, len - (size_t)IKE_PAYLOAD_HEADER_LEN, &body))
            return false;
        p = ike_letter_add(l, type, body);
        p->critical = (flags & CRITICAL) != 0;
        p->reserved = flags & (CRITICAL - 1);
    }
    return reader_left(&in) == 0;
}

void
ike_letter_clear(IkeLetter *l)
{
    g_clear_pointer(&l->parts, g_ptr_array_unref);
    g_clear_pointer(&l->raw, g_byte_array_unref);
}

bool
ike_letter_is_response(const IkeLetter *l)
{
    return (l->h.flags & IKE_FLAG_RESPONSE) != 0;
}

IkePart *
ike_letter_find(const IkeLetter *l, uint8_t type)
{
    for (guint i = 0; i < l->parts->len; i++) {
        IkePart *p = g_ptr_array_index(l->parts, i);

        if (p->type == type)
            return p;
    }
    return NULL;
}

IkePart *
ike_letter_add(IkeLetter *l, uint8_t type, Slice body)
{
    IkePart *p = g_new0(IkePart, 1);

    p->type = type;
    p->body = g_byte_array_append(g_byte_array_new(), body.p, (guint)body.len);
    g_ptr_array_add(l->parts, p);
    return p;
}

void
ike_part_set(IkePart *p, Slice body)
{
    g_byte_array_set_size(p->body, 0);
    g_byte_array_append(p->body, body.p, (guint)body.len);
}

void
ike_letter_write(const IkeLetter *l, IkeChain *c)
{
    if (l->raw) {
        writer_slice(c->out, (Slice){ l->raw->data, l->raw->len });
        return;
    }
    for (guint i = 0; i < l->parts->len; i++) {
        const IkePart *p = g_ptr_array_index(l->parts, i);

        ike_chain_open(c, p->type);
        if (!c->out->overflow)
            c->out->base[c->open_at + 1] = (uint8_t)((p->critical ? CRITICAL : 0) | p->reserved);
        writer_slice(c->out, (Slice){ p->body->data, p->body->len });
        ike_chain_close(c);
    }
}
