#include "tests/support/eap_fuzz.h"
#include "tests/support/fuzz.h"

/* Packets of a hostile gateway, or of a hostile client, after EAP-MSCHAPv2; the first octet says
 * which. Nobody gets in without the password, and a failure has a sentence. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const EapMethod *const methods[] = { &eap_mschapv2, NULL };

    if (size > 0)
        eap_fuzz_half(methods, data[0] % 2 == 0, true, (Slice){ data + 1, size - 1 });
    return 0;
}
