#include "agent/ike/ike_ts.h"
#include "tests/support/fuzz.h"

/* What is written reads as the same selectors; narrowing to itself keeps what it covers. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first[FUZZ_MAX + 1], again[FUZZ_MAX + 1];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    Reader in = reader_init((Slice){ data, size });
    IkeTs v;

    if (size > FUZZ_MAX || ike_ts_decode(&in, &v) != IKE_OK)
        return 0;
    IkeTs narrow, v2;

    if (v.n == 0)
        return 0;
    ike_ts_encode(ike_ts_view(&v), &one);
    in = reader_init(writer_view(&one));
    if (ike_ts_decode(&in, &v2) != IKE_OK)
        g_error("ts: cannot read what was written");
    ike_ts_encode(ike_ts_view(&v2), &two);
    fuzz_same(&one, &two, "ts");
    if (!ike_ts_within(ike_ts_view(&v), ike_ts_view(&v)) ||
        !ike_ts_narrow(ike_ts_view(&v), ike_ts_view(&v), &narrow) ||
        !ike_ts_within(ike_ts_view(&narrow), ike_ts_view(&v)))
        g_error("ts: narrowed to itself it is something else");
    return 0;
}
