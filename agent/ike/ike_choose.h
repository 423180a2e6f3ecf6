/* ike_choose.h - offers, policies, and the choice between them (RFC 7296 §2.7, RFC 8247, RFC 8221).
 */
#pragma once

#include "agent/ike/ike_proposal.h"

enum { IKE_OFFER_MAX = 8 };

/* What one side offers or accepts: proposals in order of preference, each a set of transforms in
 * order. */
typedef struct IkeOffer {
    uint8_t proto; /* IKE_PROTO_IKE or IKE_PROTO_ESP */
    size_t n;
    IkeProposal p[IKE_OFFER_MAX]; /* numbers 1.., spi empty: filled in when sent */
} IkeOffer;

/* ike_offer_policy - what a client of policy @rank offers for @proto.
 * modern: AEAD proposals and CBC with SHA-2, groups 31 19 20 21 14 15 16; compatible adds SHA-1 and
 * group 5; legacy adds 3DES, groups 2 and 1. */
void ike_offer_policy(uint8_t proto, SuiteRank rank, IkeOffer *ret);
/* The byte-exact offers of the seed (agent/docs/WIRE.md §16.4), for the vector tests only. */
void ike_offer_seed(uint8_t proto, IkeOffer *ret);
/* ike_offer_add - append a transform to the last proposal; new one when @next. */
void ike_offer_add(IkeOffer *o, bool next, uint8_t type, uint16_t id, uint16_t key_bits);

/* ike_choose - the responder's choice: the first of *our* proposals (and of our transforms in it)
 * that the peer's SA body contains completely. Transforms not implemented are never chosen.
 * @ret_number, @ret_spi: of the peer's proposal.
 * Returns IKE_OK, IKE_N_NO_PROPOSAL_CHOSEN or IKE_N_INVALID_SYNTAX. */
IkeStatus ike_choose(const IkeOffer *ours, Slice sa_body, Suite *ret, uint8_t *ret_number,
                     Slice *ret_spi) G_GNUC_WARN_UNUSED_RESULT;
/* ike_choose_check - the initiator's check of the answer: exactly one proposal, one transform per
 * type, all of it offered (§2.7); IKE_N_NO_PROPOSAL_CHOSEN otherwise. */
IkeStatus ike_choose_check(const IkeOffer *ours, Slice sa_body, Suite *ret,
                           Slice *ret_spi) G_GNUC_WARN_UNUSED_RESULT;
/* ike_choose_write - the answer: one proposal with the chosen transforms in the order ENCR PRF
 * INTEG KE, or ENCR INTEG ESN. */
void ike_choose_write(uint8_t proto, uint8_t number, Slice spi, const Suite *s, Writer *out);
/* ike_choose_explain - why a peer's SA body has nothing for @ours: names the peer's suites and the
 * lowest policy that would allow one of them ("offers only 3DES, MODP1024; policy = legacy would
 * allow it"). Owned by the caller. */
char *ike_choose_explain(uint8_t proto, Slice sa_body);
