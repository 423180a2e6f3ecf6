#include "agent/ike/ike_redirect.h"
#include "tests/support/fuzz.h"

/* Whatever decodes encodes to the very octets it came from, and reads the same as text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t buf[FUZZ_MAX];
    char text[IKE_REDIRECT_NAME_MAX + 1];
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeRedirect r, again;
    Slice nonce;

    if (size > FUZZ_MAX || ike_redirect_decode((Slice){ data, size }, &r, &nonce) != IKE_OK)
        return 0;
    ike_redirect_encode(&r, nonce, &out);
    if (writer_finish(&out) != (ssize_t)size || memcmp(buf, data, size) != 0)
        g_error("decode/encode disagree");
    if (!ike_redirect_parse(ike_redirect_format(&r, text), &again) || again.kind != r.kind)
        g_error("%s is something else as text", text);
    return 0;
}
