#include "agent/ike/ike_mobike.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first octet chooses the notify; whatever decodes must encode to the very octets. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t buf[64];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    uint16_t type;
    Endpoint src, dst;
    Slice body;
    Addr a;

    if (size < 1)
        return 0;
    body = (Slice){ data + 1, size - 1 };
    type = data[0] & 1 ? IKE_N_ADDITIONAL_IP4_ADDRESS : IKE_N_ADDITIONAL_IP6_ADDRESS;
    if (data[0] & 2) {
        if (!ike_mobike_no_nats_decode(body, &src, &dst))
            return 0;
        ike_mobike_no_nats_encode(&src, &dst, &out);
    } else {
        if (!ike_mobike_addr_decode(type, body, &a))
            return 0;
        if (ike_mobike_addr_type(&a) != type)
            g_error("another notify for the same address");
        writer_slice(&out, addr_view(&a));
    }
    if (out.overflow || !slice_equal(writer_view(&out), body))
        g_error("decode/encode disagree");
    return 0;
}
