/* ike_choose.h - the choice between two offers (RFC 7296 §2.7, §3.3.6). */
#pragma once

#include "agent/ike/ike_offer.h"

/* ike_choose - the responder's choice: the first of *our* proposals (and of our transforms in it)
 * that the peer's SA body contains completely. Transforms not implemented are never chosen, nor is
 * a proposal with a transform type we do not know, or with one missing that is mandatory.
 * @ret_number, @ret_spi: of the peer's proposal.
 * Returns IKE_OK, IKE_N_NO_PROPOSAL_CHOSEN or IKE_N_INVALID_SYNTAX. */
IkeStatus ike_choose(const IkeOffer *ours, Slice sa_body, Suite *ret, uint8_t *ret_number,
                     Slice *ret_spi) G_GNUC_WARN_UNUSED_RESULT;
/* ike_choose_check - the initiator's check of the answer: exactly one proposal, one transform per
 * type, all of it offered (§2.7); IKE_N_NO_PROPOSAL_CHOSEN otherwise. */
IkeStatus ike_choose_check(const IkeOffer *ours, Slice sa_body, Suite *ret,
                           Slice *ret_spi) G_GNUC_WARN_UNUSED_RESULT;
/* ike_choose_write - the answer: one proposal with the chosen transforms in the order ENCR PRF
 * INTEG KE, or ENCR INTEG KE ESN. */
void ike_choose_write(uint8_t proto, uint8_t number, Slice spi, const Suite *s, Writer *out);
/* ike_choose_explain - why a peer's SA body has nothing for our policy: names the peer's suites and
 * the lowest policy that would allow one of them ("offers only 3DES, MODP1024; policy = legacy
 * would allow it"). Owned by the caller. */
char *ike_choose_explain(uint8_t proto, Slice sa_body);
