#include "agent/eap/ac_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* @xml read and written. Returns false when it cannot be; @ret_read says which. */
static bool
again(Slice xml, Secret *ret, bool *ret_read)
{
    g_autofree char *why = NULL;
    g_autoptr(AcDoc) d = ac_xml_read(xml, &why);

    *ret_read = d != NULL;
    if (!d && (!why || !*why))
        g_error("refused without a sentence");
    return d && ac_xml_write(d, ret);
}

/* What is written is read, and is written the same: nothing is lost or added on the way. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(Secret) first = { 0 }, second = { 0 };
    g_autofree char *masked = ac_xml_mask((Slice){ data, size });
    bool read;

    for (const char *at = masked; *at; at++)
        if (*at != '\n' && !g_ascii_isprint(*at))
            g_error("the mask lets an unprintable octet through");
    if (!again((Slice){ data, size }, &first, &read))
        return 0;
    if (!again(secret_view(&first), &second, &read))
        g_error("what was written is not %s", read ? "written again" : "read");
    if (!slice_equal(secret_view(&first), secret_view(&second)))
        g_error("read and write disagree");
    return 0;
}
