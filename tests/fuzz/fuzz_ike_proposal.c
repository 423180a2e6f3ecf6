#include "agent/ike/ike_choose.h"
#include "tests/support/fuzz.h"
#include "tests/support/reencode.h"

/* Whatever the responder picks from the peer's offer, an initiator who offered that must accept. */
static void
choose(uint8_t proto, Slice body)
{
    g_autofree char *why = ike_choose_explain(proto, body);
    Suite suite, checked;
    uint8_t buf[256], number;
    Writer out = { .base = buf, .cap = sizeof(buf) };
    IkeOffer offer;
    IkeStatus st;
    Slice spi;

    if (strlen(why) > 2048)
        g_error("proposal: an explanation of %zu octets", strlen(why));
    ike_offer_policy(proto, SUITE_LEGACY, &offer);
    st = ike_choose_check(&offer, body, &checked, &spi);
    if (st != IKE_OK && st != IKE_N_NO_PROPOSAL_CHOSEN)
        g_error("proposal: an answer can only be chosen or not");
    if (ike_choose(&offer, body, &suite, &number, &spi) != IKE_OK)
        return;
    for (size_t i = 0; i < offer.n; i++)
        offer.p[i].number = (uint8_t)(i + 1);
    for (size_t i = 1; i <= offer.n; i++) {
        out.len = 0;
        ike_choose_write(proto, (uint8_t)i, spi, &suite, &out);
        if (ike_choose_check(&offer, writer_view(&out), &checked, &spi) == IKE_OK)
            return;
    }
    g_error("proposal: nobody would accept what was chosen");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first[FUZZ_MAX], again[FUZZ_MAX];
    Writer one = { .base = first, .cap = sizeof(first) };
    Writer two = { .base = again, .cap = sizeof(again) };
    Slice body = { data, size };

    if (size > FUZZ_MAX || ike_proposal_check(body) != IKE_OK)
        return 0;
    reencode_sa(body, &one);
    if (ike_proposal_check(writer_view(&one)) != IKE_OK)
        g_error("proposal: cannot read what was written");
    reencode_sa(writer_view(&one), &two);
    fuzz_same(&one, &two, "proposal");
    choose(IKE_PROTO_IKE, body);
    choose(IKE_PROTO_ESP, body);
    return 0;
}
