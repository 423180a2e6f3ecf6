/* ios_offer.h - the proposals of a router in the terms of IKE. */
#pragma once

#include "agent/headend/ios_config.h"
#include "agent/ike/ike_offer.h"

/* What it offers and accepts: the proposals of its policies in their order; without a policy the
 * default proposal of IOS, AES-CBC 256, 192 and 128 with SHA-512, 384, 256 and 1 and the groups 5
 * and 2. More than IKE_OFFER_MAX of them: false, with a sentence in @notes. */
bool ios_offer_ike(const IosConfig *c, IkeOffer *ret, AsaNotes *notes) G_GNUC_WARN_UNUSED_RESULT;
/* The transform sets of the tunnel's profile, in their order. */
bool ios_offer_esp(const IosConfig *c, IkeOffer *ret, AsaNotes *notes) G_GNUC_WARN_UNUSED_RESULT;
