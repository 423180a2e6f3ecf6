#include "agent/headend/asa_offer.h"

#include "agent/crypto/suite.h"

static void
add_all(IkeOffer *o, uint8_t type, const AsaAlgs *algs)
{
    for (size_t i = 0; i < algs->n; i++)
        if (type != TRANSFORM_INTEG || algs->v[i].id != AUTH_NONE)
            ike_offer_add(o, false, type, algs->v[i].id, algs->v[i].bits);
}

/* The ciphers of @encr that are, or are not, AEADs, opening a proposal; false when there is none or
 * no room. */
static bool
open_proposal(IkeOffer *o, const AsaAlgs *encr, bool aead, bool *full)
{
    bool next = true;

    for (size_t i = 0; i < encr->n; i++) {
        if (encr->v[i].aead != aead)
            continue;
        if (next && o->n == IKE_OFFER_MAX) {
            *full = true;
            return false;
        }
        ike_offer_add(o, next, TRANSFORM_ENCR, encr->v[i].id, encr->v[i].bits);
        next = false;
    }
    return !next;
}

/* An ASA of our own takes long sequence numbers from who offers them with an AEAD; the CBC suites
 * are those of clients that know none. */
static void
add_esn(IkeOffer *o, bool aead)
{
    if (aead)
        ike_offer_add(o, false, TRANSFORM_ESN, ESN_YES, 0);
    ike_offer_add(o, false, TRANSFORM_ESN, ESN_NO, 0);
}

bool
asa_offer_add(IkeOffer *o, const AsaAlgs *encr, const AsaAlgs *integ, const AsaIkePolicy *ike,
              const AsaAlg *pfs)
{
    bool aead = encr->n && encr->v[0].aead, full = false;

    for (size_t k = 0; k < 2; k++, aead = !aead) {
        if (!open_proposal(o, encr, aead, &full))
            continue;
        if (ike)
            add_all(o, TRANSFORM_PRF, &ike->prf);
        if (!aead)
            add_all(o, TRANSFORM_INTEG, integ);
        if (ike)
            add_all(o, TRANSFORM_KE, &ike->group);
        else
            add_esn(o, aead);
        if (pfs && pfs->id != KE_NONE)
            ike_offer_add(o, false, TRANSFORM_KE, pfs->id, 0);
    }
    return !full;
}

bool
asa_offer_ike(const AsaConfig *c, IkeOffer *ret, AsaNotes *notes)
{
    *ret = (IkeOffer){ .proto = IKE_PROTO_IKE };
    for (guint i = 0; i < c->ike_policies->len; i++) {
        const AsaIkePolicy *p = g_ptr_array_index(c->ike_policies, i);

        if (!asa_offer_add(ret, &p->encr, &p->integ, p, NULL)) {
            asa_note(notes, true, p->line, "more than %d proposals in all IKE policies",
                     IKE_OFFER_MAX);
            return false;
        }
    }
    return true;
}

static bool
add_esp(const AsaConfig *c, const AsaNames *names, const AsaAlg *pfs, const char *map,
        IkeOffer *ret, AsaNotes *notes)
{
    for (size_t i = 0; i < names->n; i++) {
        const AsaIpsecProposal *p = asa_config_proposal(c, names->v[i]);

        if (!asa_offer_add(ret, &p->encr, &p->integ, NULL, pfs)) {
            asa_note(notes, true, names->line, "more than %d proposals up to crypto map %s",
                     IKE_OFFER_MAX, map);
            return false;
        }
    }
    return true;
}

bool
asa_offer_esp(const AsaConfig *c, IkeOffer *ret, AsaNotes *notes)
{
    *ret = (IkeOffer){ .proto = IKE_PROTO_ESP };
    for (guint i = 0; i < c->crypto_maps->len; i++) {
        const AsaCryptoMap *m = g_ptr_array_index(c->crypto_maps, i);

        if (g_str_equal(m->name, c->map_name) && !m->dynamic &&
            !add_esp(c, &m->proposals, &m->pfs, m->name, ret, notes))
            return false;
    }
    return !c->dynamic ||
           add_esp(c, &c->dynamic->proposals, &c->dynamic->pfs, c->dynamic->name, ret, notes);
}

bool
asa_offer_site(const AsaConfig *c, const AsaCryptoMap *m, IkeOffer *ret)
{
    g_auto(AsaNotes) notes = { 0 };

    *ret = (IkeOffer){ .proto = IKE_PROTO_ESP };
    return add_esp(c, &m->proposals, &m->pfs, m->name, ret, &notes) && ret->n > 0;
}

static bool
has(const AsaAlgs *algs, uint16_t id, uint16_t bits)
{
    for (size_t i = 0; i < algs->n; i++)
        if (algs->v[i].id == id && (bits == 0 || algs->v[i].bits == 0 || algs->v[i].bits == bits))
            return true;
    return false;
}

const AsaIkePolicy *
asa_offer_policy(const AsaConfig *c, const Suite *suite)
{
    for (guint i = 0; i < c->ike_policies->len; i++) {
        const AsaIkePolicy *p = g_ptr_array_index(c->ike_policies, i);

        if (has(&p->encr, suite->encr, suite->key_bits) && has(&p->prf, suite->prf, 0) &&
            has(&p->group, suite->ke, 0) &&
            (suite->integ == AUTH_NONE || has(&p->integ, suite->integ, 0)))
            return p;
    }
    return NULL;
}
