#include "agent/headend/ios_offer.h"

#include "agent/crypto/suite.h"
#include "agent/headend/asa_offer.h"

/* Without a line prf the hash of each integrity algorithm is the PRF too. */
static const struct {
    uint16_t integ, prf;
} prf_of[] = {
    { AUTH_HMAC_SHA1_96, PRF_HMAC_SHA1 },
    { AUTH_HMAC_SHA2_256_128, PRF_HMAC_SHA2_256 },
    { AUTH_HMAC_SHA2_384_192, PRF_HMAC_SHA2_384 },
    { AUTH_HMAC_SHA2_512_256, PRF_HMAC_SHA2_512 },
};

static const IosProposal default_proposal = {
    .name = "default",
    .encr = { 3,
              { { ENCR_AES_CBC, 256, false },
                { ENCR_AES_CBC, 192, false },
                { ENCR_AES_CBC, 128, false } } },
    .integ = { 4,
               { { AUTH_HMAC_SHA2_512_256, 0, false },
                 { AUTH_HMAC_SHA2_384_192, 0, false },
                 { AUTH_HMAC_SHA2_256_128, 0, false },
                 { AUTH_HMAC_SHA1_96, 0, false } } },
    .group = { 2, { { KE_MODP1536, 0, false }, { KE_MODP1024, 0, false } } },
};

static void
add_prfs(const AsaAlgs *integ, AsaAlgs *ret)
{
    for (size_t i = 0; i < integ->n; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(prf_of); k++)
            if (prf_of[k].integ == integ->v[i].id)
                ret->v[ret->n++] = (AsaAlg){ prf_of[k].prf, 0, false };
}

static bool
add(const IosProposal *p, IkeOffer *ret, AsaNotes *notes)
{
    AsaIkePolicy ike = { .encr = p->encr, .integ = p->integ, .prf = p->prf, .group = p->group };

    if (ike.prf.n == 0)
        add_prfs(&p->integ, &ike.prf);
    if (asa_offer_add(ret, &ike.encr, &ike.integ, &ike, NULL))
        return true;
    asa_note(notes, true, p->line, "more than %d proposals in all IKEv2 policies", IKE_OFFER_MAX);
    return false;
}

bool
ios_offer_ike(const IosConfig *c, IkeOffer *ret, AsaNotes *notes)
{
    *ret = (IkeOffer){ .proto = IKE_PROTO_IKE };
    for (guint i = 0; i < c->policies->len; i++) {
        const IosPolicy *p = g_ptr_array_index(c->policies, i);

        for (size_t k = 0; k < p->proposals.n; k++)
            if (!add(ios_config_proposal(c, p->proposals.v[k]), ret, notes))
                return false;
    }
    return ret->n > 0 || add(&default_proposal, ret, notes);
}

bool
ios_offer_esp(const IosConfig *c, IkeOffer *ret, AsaNotes *notes)
{
    const AsaNames *names = &c->protection->transforms;

    *ret = (IkeOffer){ .proto = IKE_PROTO_ESP };
    for (size_t i = 0; i < names->n; i++) {
        const IosTransform *t = ios_config_transform(c, names->v[i]);
        const AsaAlgs encr = { 1, { t->encr } };
        const AsaAlgs integ = { t->integ.id != AUTH_NONE, { t->integ } };

        if (!asa_offer_add(ret, &encr, &integ, NULL, &c->protection->pfs)) {
            asa_note(notes, true, names->line, "more than %d transform sets", IKE_OFFER_MAX);
            return false;
        }
        if (c->protection->pfs.id)
            ike_offer_add(ret, false, TRANSFORM_KE, c->protection->pfs.id, 0);
    }
    return true;
}
