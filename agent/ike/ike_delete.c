#include "agent/ike/ike_delete.h"

enum { ESP_SPI_LEN = 4 };

IkeStatus
ike_delete_decode(Reader *in, IkeDelete *ret)
{
    IkeDelete d;

    if (!reader_u8(in, &d.proto) || !reader_u8(in, &d.spi_size) || !reader_u16(in, &d.n_spis))
        return IKE_N_INVALID_SYNTAX;
    d.spis = reader_rest(in);
    if (d.spis.len != (size_t)d.spi_size * d.n_spis)
        return IKE_N_INVALID_SYNTAX;
    switch (d.proto) {
    case IKE_PROTO_IKE: /* the SPIs stand in the message's own header (§3.11) */
        if (d.spi_size != 0 || d.n_spis != 0)
            return IKE_N_INVALID_SYNTAX;
        break;
    case IKE_PROTO_AH:
    case IKE_PROTO_ESP:
        if (d.spi_size != ESP_SPI_LEN)
            return IKE_N_INVALID_SYNTAX;
        break;
    default:
        return IKE_N_INVALID_SYNTAX;
    }
    *ret = d;
    return IKE_OK;
}

void
ike_delete_encode(const IkeDelete *d, Writer *out)
{
    writer_u8(out, d->proto);
    writer_u8(out, d->spi_size);
    writer_u16(out, d->n_spis);
    writer_slice(out, d->spis);
}
