/* ike_offer.h - what one side offers or accepts: proposals by policy (RFC 8247, RFC 8221). */
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

/* ike_offer_policy - what a client of policy @rank offers for @proto: a proposal of AEAD ciphers,
 * then one of ciphers with an HMAC (RFC 7296 §3.3: never both in one).
 * modern: AES-GCM-16, ChaCha20-Poly1305, AES-CBC with SHA-2, groups 19 20 21 31 14 15 16;
 * compatible adds SHA-1 and group 5; legacy adds 3DES, groups 2 and 1. The weaker stand last. */
void ike_offer_policy(uint8_t proto, SuiteRank rank, IkeOffer *ret);
/* The byte-exact offers of the seed (agent/docs/WIRE.md §16.4), for the vector tests only. */
void ike_offer_seed(uint8_t proto, IkeOffer *ret);
/* ike_offer_add - append a transform to the last proposal; new one when @next. */
void ike_offer_add(IkeOffer *o, bool next, uint8_t type, uint16_t id, uint16_t key_bits);
/* ike_offer_prefer_ke - put @group first among the groups of every proposal that has it: the
 * initiator's next try after INVALID_KE_PAYLOAD, the responder's way to take the KE that came
 * (RFC 7296 §1.2). Returns false when no proposal has it. */
bool ike_offer_prefer_ke(IkeOffer *o, uint16_t group);
/* ike_offer_first_ke - the group of the first that has one; KE_NONE when none has. */
uint16_t ike_offer_first_ke(const IkeOffer *o);
/* ike_offer_drop_ke - without any group: of a child SA that gets its keys from the IKE SA alone, as
 * the first one does (RFC 7296 §1.2). @allowed: only what lets NONE pass; the rest goes. Returns
 * false, and leaves @o alone, when nothing is left. */
bool ike_offer_drop_ke(IkeOffer *o, bool allowed);
/* ike_offer_pfs - for rekeying, child SAs have a key exchange of their own: the groups of policy
 * @rank are added to every proposal of @o, for ESP, and NONE behind them unless @required. */
void ike_offer_pfs(IkeOffer *o, SuiteRank rank, bool required);
/* ike_offer_encode - the SA body of @o; @spi stands in every proposal. */
void ike_offer_encode(const IkeOffer *o, Slice spi, Writer *out);
