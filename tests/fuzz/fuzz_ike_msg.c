#include "agent/ike/ike_rules.h"
#include "agent/ike/ike_trace.h"
#include "tests/support/fuzz.h"
#include "tests/support/reencode.h"

/* SK and SKF end a chain with the type of something else. */
static bool
is_protected(const IkeMsg *m)
{
    return m->outer & (IKE_SET(SK) | IKE_SET(SKF));
}

/* Some selectors are left out when read, and with the last of them the body. */
static bool
is_lossy(const IkeMsg *m)
{
    return m->outer & (IKE_SET(TSi) | IKE_SET(TSr) | IKE_SET(CP));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[FUZZ_MAX], again[FUZZ_MAX];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    g_autofree char *text = NULL;
    const char *why = NULL;
    IkeMsg m, m2;
    IkeStatus st;

    if (size > FUZZ_MAX)
        return 0;
    st = ike_msg_decode((Slice){ data, size }, &m, &why);
    if (st != IKE_OK) {
        if (!why)
            g_error("msg: refused without a reason");
        return 0;
    }
    st = ike_rules_check(&m, &why);
    if (st != IKE_OK && !why)
        g_error("rules: refused without a reason");
    text = ike_trace_msg(&m, false, "10.0.0.1:500", "192.168.1.1:500");
    if (!g_utf8_validate(text, -1, NULL) || strchr(text, 0x1b))
        g_error("trace: octets that no terminal should see");
    if (is_protected(&m) || is_lossy(&m))
        return 0;
    reencode_clear(&m, &one);
    if (ike_msg_decode(writer_view(&one), &m2, &why) != IKE_OK)
        g_error("msg: cannot read what was written: %s", why);
    reencode_clear(&m2, &two);
    fuzz_same(&one, &two, "msg");
    return 0;
}
