#include "agent/ike/ike_skf.h"

enum { HEAD_LEN = 4 };

/*  | Next Payload  |C|  RESERVED   |         Payload Length        |
 *  |        Fragment Number        |        Total Fragments        |
 *  |                     Initialization Vector                     |
 *  ~                      Encrypted content                        ~ ... as SK */
void
ike_skf_seal(Aead *a, Writer *out, size_t header_at, uint8_t first, const IkeSkf *f,
             const uint8_t *iv)
{
    uint8_t head[HEAD_LEN];
    Writer w = { .base = head, .cap = sizeof(head) };

    writer_u16(&w, f->number);
    writer_u16(&w, f->total);
    ike_sk_seal_as(a, out, header_at, IKE_PAYLOAD_SKF, f->number == 1 ? first : IKE_PAYLOAD_NONE,
                   writer_view(&w), f->plain, iv);
}

bool
ike_skf_open(Aead *a, Slice message, Slice skf_body, uint8_t *scratch, IkeSkf *ret)
{
    Reader in = reader_init(skf_body);
    IkeSkf f;

    if (!reader_u16(&in, &f.number) || !reader_u16(&in, &f.total) || f.number == 0 ||
        f.number > f.total || !ike_sk_open(a, message, reader_rest(&in), scratch, &f.plain))
        return false;
    *ret = f;
    return true;
}

size_t
ike_skf_message_len(const Aead *a, size_t plain_len)
{
    return ike_sk_message_len(a, plain_len) + HEAD_LEN;
}

size_t
ike_skf_room(const Aead *a, size_t limit)
{
    size_t block = aead_block_len(a), least = ike_skf_message_len(a, 0);

    /* the least message has one block for the pad length octet alone */
    return limit < least ? 0 : (limit - least) / block * block + block - 1;
}
