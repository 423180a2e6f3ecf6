#include "agent/eap/eap_tls_join.h"
#include "tests/support/fuzz.h"

/* Packets, each behind two octets of length. What is joined is never more than was said, than a
 * flight may have, or than came. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Reader in = reader_init((Slice){ data, size });
    EapTlsJoin j;
    uint16_t len;
    Slice packet;

    eap_tls_join_init(&j);
    while (reader_u16(&in, &len) && reader_slice(&in, MIN(len, reader_left(&in)), &packet)) {
        EapTlsPart part = eap_tls_join_add(&j, packet);
        Slice got = eap_tls_join_view(&j);

        if (part == EAP_TLS_BAD)
            break;
        if (got.len > EAP_TLS_FLIGHT || got.len > size || (j.length && got.len > j.length))
            g_error("more was joined than came");
        if (part == EAP_TLS_WHOLE && j.length && got.len != j.length)
            g_error("a flight of another length than was said");
    }
    eap_tls_join_clear(&j);
    return 0;
}
