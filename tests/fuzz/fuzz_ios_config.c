#include <string.h>

#include "agent/headend/ios_config.h"
#include "agent/headend/ios_offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted has all that a router is run with, and its keys are never printed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_auto(AsaNotes) notes = { 0 };
    g_autoptr(IosConfig) c = NULL;
    IkeOffer offer;

    if (size > 65536)
        return 0;
    (void)ios_config_is((Slice){ data, size });
    c = ios_config_parse((Slice){ data, size }, &notes);
    if (!c)
        return 0;
    if (!c->tunnel || !c->profile || !c->key || !c->source.family)
        g_error("a configuration is accepted that cannot run");
    if (ios_offer_ike(c, &offer, &notes) && offer.n == 0)
        g_error("nothing is offered for IKE");
    if (ios_offer_esp(c, &offer, &notes) && offer.n == 0)
        g_error("nothing is offered for ESP");
    return 0;
}
