/* ike_proposal.h - SA payload body: proposals and transforms, RFC 7296 §3.3. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/writer.h"
#include "agent/crypto/suite.h"
#include "agent/ike/ike_const.h"

enum { IKE_PROPOSALS_MAX = 32, IKE_TRANSFORMS_MAX = 64 }; /* per SA payload, per proposal */

typedef struct IkeTransform {
    uint8_t type; /* TransformType or unknown */
    uint16_t id;
    uint16_t key_bits; /* key length attribute, 0: absent */
    bool unknown_attr; /* carries an attribute we do not know: never chosen (§3.3.6) */
} IkeTransform;

typedef struct IkeProposal {
    uint8_t number, proto;
    Slice spi; /* borrowed; 0, 4 or 8 octets */
    size_t n;
    IkeTransform t[IKE_TRANSFORMS_MAX];
} IkeProposal;

/* ike_proposal_next - the next proposal of an SA body.
 * Returns IKE_OK; IKE_DROP at the end of @in; IKE_N_INVALID_SYNTAX on lying lengths, counts or
 * "last" octets. */
IkeStatus ike_proposal_next(Reader *in, IkeProposal *ret) G_GNUC_WARN_UNUSED_RESULT;
/* ike_proposal_check - walk a whole SA body. */
IkeStatus ike_proposal_check(Slice body) G_GNUC_WARN_UNUSED_RESULT;
/* @last: no proposal follows. */
void ike_proposal_encode(const IkeProposal *p, bool last, Writer *out);
