#include "agent/ike/ike_ke.h"

IkeStatus
ike_ke_decode(Reader *in, IkeKe *ret)
{
    IkeKe ke;
    uint16_t reserved;

    if (!reader_u16(in, &ke.group) || !reader_u16(in, &reserved) || reader_left(in) == 0)
        return IKE_N_INVALID_SYNTAX;
    ke.data = reader_rest(in);
    *ret = ke;
    return IKE_OK;
}

void
ike_ke_encode(const IkeKe *ke, Writer *out)
{
    writer_u16(out, ke->group);
    writer_u16(out, 0);
    writer_slice(out, ke->data);
}
