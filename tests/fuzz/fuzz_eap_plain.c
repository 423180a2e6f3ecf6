#include "tests/support/eap_fuzz.h"
#include "tests/support/fuzz.h"

/* Packets of a hostile gateway, or of a hostile client, after EAP-GTC or EAP-MD5; the first octet
 * says which. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const EapMethod *const gtc[] = { &eap_gtc, NULL }, *const md5[] = { &eap_md5, NULL };

    if (size > 0)
        eap_fuzz_half(data[0] & 2 ? gtc : md5, data[0] % 2 == 0, false,
                      (Slice){ data + 1, size - 1 });
    return 0;
}
