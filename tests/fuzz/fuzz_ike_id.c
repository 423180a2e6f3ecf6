#include "agent/ike/ike_id.h"
#include "tests/support/fuzz.h"

/* As it came, but for the reserved octets; and it must be showable. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first[FUZZ_MAX + 1], again[FUZZ_MAX + 1];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    Reader in = reader_init((Slice){ data, size });
    IkeId v;

    if (size > FUZZ_MAX || ike_id_decode(&in, &v) != IKE_OK)
        return 0;
    g_autofree char *text = ike_id_format(&v);

    for (const char *at = text; *at; at++)
        if (*at < 0x20 || *at == 0x7f)
            g_error("id: %02x would reach a terminal", (unsigned)(uint8_t)*at);
    ike_id_encode(&v, &one);
    writer_u8(&two, data[0]);
    writer_zeros(&two, 3);
    writer_slice(&two, (Slice){ data + 4, size - 4 });
    fuzz_same(&one, &two, "id");
    return 0;
}
