#include <string.h>

#include "profiles/profile_address.h"
#include "profiles/profile_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must_be_text(const char *text)
{
    if (text && !profile_text_check(text, NULL))
        g_error("a text that may not leave the parser did");
}

/* Whatever is read keeps the promises of profile.h; whatever is not has one sentence about it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) p = profile_xml_parse((const char *)data, size, "fuzz", &error);

    if (!p != (error != NULL) ||
        (error && (!g_str_has_prefix(error->message, "fuzz:") || strchr(error->message, '\n'))))
        g_error("no result or no sentence");
    for (guint i = 0; p && i < p->hosts->len; i++) {
        const ProfileHost *h = p->hosts->pdata[i];
        g_auto(ProfileAddress) address = { 0 };

        if (!h->name || !h->address || !profile_address_parse(h->address, &address, NULL))
            g_error("a host without a usable address");
        must_be_text(h->name);
        must_be_text(h->user_group);
        must_be_text(h->ike_identity);
    }
    return 0;
}
