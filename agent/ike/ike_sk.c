#include "agent/ike/ike_sk.h"

#include <string.h>

enum { HEADER_NEXT_AT = 16 };

/* Plaintext, padding and the pad length octet, to a whole number of blocks and not one more. */
static size_t
padded_len(const Aead *a, size_t plain_len)
{
    size_t block = aead_block_len(a);

    return (plain_len + 1 + block - 1) / block * block;
}

size_t
ike_sk_message_len(const Aead *a, size_t plain_len)
{
    return IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN + aead_iv_len(a) + padded_len(a, plain_len) +
           aead_icv_len(a);
}

/*  | Next Payload  |C|  RESERVED   |         Payload Length        |
 *  |                     Initialization Vector                     |
 *  ~                    Encrypted IKE Payloads                     ~
 *  +               +             Padding (0-255 octets)            |
 *  |                                               |  Pad Length   |
 *  ~                    Integrity Checksum Data                    ~  */
void
ike_sk_seal_as(Aead *a, Writer *out, size_t header_at, uint8_t type, uint8_t first, Slice head,
               Slice plain, const uint8_t *iv)
{
    size_t message_len = ike_sk_message_len(a, plain.len) + head.len;
    size_t len = padded_len(a, plain.len);
    size_t sk_at = header_at + IKE_HEADER_LEN;
    size_t aad_len = IKE_HEADER_LEN + IKE_PAYLOAD_HEADER_LEN + head.len;
    size_t data_at = header_at + aad_len + aead_iv_len(a);

    if (message_len > IKE_MESSAGE_MAX)
        out->overflow = true;
    if (out->overflow)
        return;
    g_assert(out->len == sk_at); /* it is all that follows the header */
    writer_u8(out, first);
    writer_u8(out, 0);
    writer_u16(out, (uint16_t)(message_len - IKE_HEADER_LEN));
    writer_slice(out, head);
    writer_slice(out, (Slice){ iv, aead_iv_len(a) });
    writer_slice(out, plain);
    writer_zeros(out, len - plain.len - 1);
    writer_u8(out, (uint8_t)(len - plain.len - 1));
    writer_zeros(out, aead_icv_len(a));
    ike_header_finish(out, header_at);
    if (out->overflow)
        return;
    out->base[header_at + HEADER_NEXT_AT] = type;
    aead_seal(a, (Slice){ out->base + header_at, aad_len }, iv, out->base + data_at, len,
              out->base + data_at + len);
}

void
ike_sk_seal(Aead *a, Writer *out, size_t header_at, uint8_t first, Slice plain, const uint8_t *iv)
{
    ike_sk_seal_as(a, out, header_at, IKE_PAYLOAD_SK, first, (Slice){ 0 }, plain, iv);
}

bool
ike_sk_open(Aead *a, Slice message, Slice sk_body, uint8_t *scratch, Slice *ret)
{
    size_t overhead = aead_iv_len(a) + aead_icv_len(a);
    Reader r = reader_init(message);
    Slice aad, iv, data, icv;
    size_t pad_len;

    if (sk_body.len > message.len || sk_body.len <= overhead ||
        !reader_slice(&r, message.len - sk_body.len, &aad) ||
        !reader_slice(&r, aead_iv_len(a), &iv) ||
        !reader_slice(&r, sk_body.len - overhead, &data) ||
        !reader_slice(&r, aead_icv_len(a), &icv))
        return false;
    memcpy(scratch, data.p, data.len);
    if (!aead_open(a, aad, iv.p, scratch, data.len, icv.p))
        return false;
    /* Any padding of the sender's choosing is accepted (§3.14), so only its length can lie. */
    pad_len = scratch[data.len - 1];
    if (pad_len + 1 > data.len)
        return false;
    *ret = (Slice){ scratch, data.len - 1 - pad_len };
    return true;
}
