#include "tests/support/fuzz.h"
#include "tests/support/reencode.h"

static void
check_text(const char *text)
{
    if (text && (!g_utf8_validate(text, -1, NULL) || strchr(text, 0x1b)))
        g_error("cp: a text that is not fit to be shown");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[FUZZ_MAX], again[FUZZ_MAX];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    Reader in = reader_init((Slice){ data, size });
    g_auto(IkeCpReply) reply = { 0 };
    g_autofree char *why = NULL;
    IkeCp cp;

    if (size > FUZZ_MAX || ike_cp_decode(&in, &cp) != IKE_OK)
        return 0;
    reencode_cp((Slice){ data, size }, &one);
    reencode_cp(writer_view(&one), &two);
    fuzz_same(&one, &two, "cp");
    if (one.len != size)
        g_error("cp: %zu octets became %zu", size, one.len);
    if (!ike_cp_reply_read(&cp, &reply, &why)) {
        if (!why || !g_utf8_validate(why, -1, NULL))
            g_error("cp: refused without a sentence");
        return 0;
    }
    if (reply.ip4.family == ADDR_NONE && reply.ip6.family == ADDR_NONE)
        g_error("cp: a reply without address");
    check_text(reply.banner);
    check_text(reply.domain);
    check_text(reply.split_dns);
    check_text(reply.app_version);
    return 0;
}
