/* asa_offer.h - the proposals of a configuration in the terms of IKE. */
#pragma once

#include "agent/headend/asa_config.h"
#include "agent/ike/ike_offer.h"

/* What the gateway accepts, in the order of the policies and of the proposals of the site-to-site
 * entries and the dynamic map. Which of them a client belongs to is known only when it has shown
 * who it is, so the ESP proposals of all are offered to each. A policy with AEAD ciphers and others
 * becomes two proposals (RFC 7296 §3.3); `set pfs` adds its group to those of its entry, for
 * rekeying. A configuration asks for more than IKE_OFFER_MAX of them:
 * false, with a sentence in @notes. */
bool asa_offer_ike(const AsaConfig *c, IkeOffer *ret, AsaNotes *notes) G_GNUC_WARN_UNUSED_RESULT;
bool asa_offer_esp(const AsaConfig *c, IkeOffer *ret, AsaNotes *notes) G_GNUC_WARN_UNUSED_RESULT;
/* asa_offer_site - the ESP proposals of one site-to-site entry: what we offer when we begin. */
bool asa_offer_site(const AsaConfig *c, const AsaCryptoMap *m,
                    IkeOffer *ret) G_GNUC_WARN_UNUSED_RESULT;
/* asa_offer_policy - the first IKE policy that has all of @suite; NULL: none. */
const AsaIkePolicy *asa_offer_policy(const AsaConfig *c, const Suite *suite);
/* asa_offer_add - the ciphers of @encr as one or two proposals of @o, AEADs apart, in the order of
 * whichever stands first. @ike: for IKE, its PRFs and groups; NULL: for ESP, and @pfs, where it
 * is not NULL and no KE_NONE, the group to rekey with. Returns false when there is no room for all.
 */
bool asa_offer_add(IkeOffer *o, const AsaAlgs *encr, const AsaAlgs *integ, const AsaIkePolicy *ike,
                   const AsaAlg *pfs) G_GNUC_WARN_UNUSED_RESULT;
