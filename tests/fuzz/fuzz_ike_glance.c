#include "agent/ike/ike_glance.h"
#include "agent/ike/ike_msg.h"
#include "tests/support/fuzz.h"

/* A message that the strict decoder takes is seen by the glance as the decoder sees it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Slice octets = { data, size };
    Reader in = reader_init(octets);
    const IkePayload *nonce;
    IkeGlance g = { 0 };
    IkeHeader h;
    IkeMsg m;
    IkeNotify n;
    bool seen;

    if (size > FUZZ_MAX || ike_header_decode(&in, &h) != IKE_OK || h.length != size)
        return 0;
    seen = ike_glance(octets, &h, &g);
    if (seen && (g.nonce.p < data || g.nonce.p + g.nonce.len > data + size))
        g_error("the nonce is not in the message");
    if (seen && g.cookie.len > size)
        g_error("the cookie is larger than the message");
    if (!seen || ike_msg_decode(octets, &m, NULL) != IKE_OK)
        return 0;
    nonce = ike_msg_find(&m, IKE_PAYLOAD_NONCE, NULL);
    if (!nonce || !slice_equal(nonce->body, g.nonce))
        g_error("another nonce");
    if (g.cookie.len > 0 &&
        (!ike_msg_notify(&m, IKE_N_COOKIE, &n) || !slice_equal(n.data, g.cookie)))
        g_error("another cookie");
    return 0;
}
