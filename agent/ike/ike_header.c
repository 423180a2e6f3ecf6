#include "agent/ike/ike_header.h"

/*                      1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |                    IKE SA Initiator's SPI (8)                 |
 * |                    IKE SA Responder's SPI (8)                 |
 * |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
 * |                          Message ID                           |
 * |                            Length                             | */
IkeStatus
ike_header_decode(Reader *in, IkeHeader *ret)
{
    IkeHeader h;
    Slice octets;
    Reader r;

    if (!reader_slice(in, IKE_HEADER_LEN, &octets))
        return IKE_DROP;
    r = reader_init(octets);
    if (!reader_u64(&r, &h.spi_i) || !reader_u64(&r, &h.spi_r) || !reader_u8(&r, &h.next_payload) ||
        !reader_u8(&r, &h.version) || !reader_u8(&r, &h.exchange) || !reader_u8(&r, &h.flags) ||
        !reader_u32(&r, &h.message_id) || !reader_u32(&r, &h.length))
        return IKE_DROP;
    *ret = h;
    return IKE_OK;
}

void
ike_header_encode(const IkeHeader *h, Writer *out)
{
    writer_u64(out, h->spi_i);
    writer_u64(out, h->spi_r);
    writer_u8(out, h->next_payload);
    writer_u8(out, h->version);
    writer_u8(out, h->exchange);
    writer_u8(out, h->flags);
    writer_u32(out, h->message_id);
    writer_u32(out, h->length);
}

void
ike_header_finish(Writer *out, size_t header_at)
{
    writer_patch_u16(out, header_at + 24, 0);
    writer_patch_u16(out, header_at + 26, out->len - header_at);
}
