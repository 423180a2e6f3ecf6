#include "agent/ike/ike_cfrag.h"
#include "tests/support/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t again[FUZZ_MAX];
    Writer w = { .base = again, .cap = sizeof(again) };
    Slice octets = { data, size }, known;
    IkeCfrag f, f2;
    IkeMsg m, m2;

    if (size > FUZZ_MAX)
        return 0;
    known = ike_cfrag_identity(octets);
    if (known.p < data || known.p + known.len != data + size)
        g_error("cfrag: identity outside the datagram");
    if (ike_msg_decode(octets, &m, NULL) != IKE_OK)
        return 0;
    if (ike_cfrag_joined(&m.h, octets, &m2) != ((m.outer & IKE_SET(SK)) != 0))
        g_error("cfrag: a message is not its own");
    if (!ike_cfrag_decode(&m, &f))
        return 0;
    if (!slice_equal(known, f.data))
        g_error("cfrag: identity is not the slice");
    ike_cfrag_encode(&m.h, &f, &w);
    if (ike_msg_decode(writer_view(&w), &m2, NULL) != IKE_OK || !ike_cfrag_decode(&m2, &f2) ||
        f2.id != f.id || f2.number != f.number || f2.last != f.last ||
        !slice_equal(f2.data, f.data))
        g_error("cfrag: what was written reads differently");
    return 0;
}
