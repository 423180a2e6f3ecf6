#include "agent/ike/ike_ppk.h"
#include "tests/support/fuzz.h"

/* Every octet is kept, so it is written as it came. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first[FUZZ_MAX + 1], again[FUZZ_MAX + 1];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    Reader in = reader_init((Slice){ data, size });
    IkePpkId v;

    if (size > FUZZ_MAX || ike_ppk_id_decode(&in, &v) != IKE_OK)
        return 0;
    ike_ppk_id_encode(&v, &one);
    writer_slice(&two, (Slice){ data, size });
    fuzz_same(&one, &two, "PPK_ID");
    return 0;
}
