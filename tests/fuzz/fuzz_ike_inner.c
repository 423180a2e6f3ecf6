#include "agent/ike/ike_rules.h"
#include "agent/ike/ike_trace.h"
#include "tests/support/fuzz.h"
#include "tests/support/reencode.h"

/* A protected message before it is opened; RFC 7296 §3.1, §3.14. */
static const uint8_t closed[] = {
    0x58, 0xaf, 0xf7, 0x11, 0x41, 0xba, 0x43, 0x6b, 0xfc, 0x69, 0x63, 0x30,
    0xe6, 0xb9, 0x4d, 0x7f, 46,   0x20, 35,   0x08, 0,    0,    0,    1,
    0,    0,    0,    36,   0,    0,    0,    8,    0,    0,    0,    0,
};

/* The first octet of the input is SK's next-payload octet, the second chooses exchange and
 * direction. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[FUZZ_MAX], again[FUZZ_MAX];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    g_autofree char *text = NULL;
    const char *why = NULL;
    IkeMsg m, m2;

    if (size < 2 || size > FUZZ_MAX || ike_msg_decode((Slice){ closed, sizeof(closed) }, &m, NULL))
        return 0;
    m.h.exchange = (uint8_t)(34 + data[1] % 4);
    m.h.flags = data[1] & 0x80 ? IKE_FLAG_RESPONSE : IKE_FLAG_INITIATOR;
    m2 = m;
    if (ike_msg_decode_inner(&m, data[0], (Slice){ data + 2, size - 2 }, &why) != IKE_OK) {
        if (!why || m.n != 1 || m.inner != 0)
            g_error("inner: a refusal left something behind");
        return 0;
    }
    if (ike_rules_check(&m, &why) != IKE_OK && !why)
        g_error("rules: refused without a reason");
    text = ike_trace_msg(&m, true, "10.0.0.1:4500", "192.168.1.1:4500");
    if (!g_utf8_validate(text, -1, NULL) || strchr(text, 0x1b))
        g_error("trace: octets that no terminal should see");
    reencode_chain(&m, true, SIZE_MAX, &one);
    if (m.inner & (IKE_SET(TSi) | IKE_SET(TSr))) /* selectors may have been left out */
        return 0;
    if (ike_msg_decode_inner(&m2, m.n > 1 ? m.p[1].type : 0, writer_view(&one), &why) != IKE_OK)
        g_error("inner: cannot read what was written: %s", why);
    reencode_chain(&m2, true, SIZE_MAX, &two);
    fuzz_same(&one, &two, "inner");
    return 0;
}
