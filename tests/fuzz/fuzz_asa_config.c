#include <string.h>

#include "agent/headend/asa_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is in force without secrets, read again, is accepted and is in force the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(AsaNotes) notes = { 0 }, notes2 = { 0 };
    g_autoptr(AsaConfig) c = NULL;
    g_autoptr(AsaConfig) again = NULL;

    if (size > 65536)
        return 0;
    c = asa_config_parse((Slice){ data, size }, 0, &notes);
    if (!c || strstr(c->running->str, "*****"))
        return 0; /* what is printed hides its secrets, so it is no configuration any more */
    again =
        asa_config_parse((Slice){ (const uint8_t *)c->running->str, c->running->len }, 0, &notes2);
    if (!again || !g_string_equal(c->running, again->running))
        g_error("the running configuration does not read back");
    return 0;
}
