/* ios_ike.h - a router's configuration in the terms of IKE. */
#pragma once

#include "agent/headend/ios_config.h"
#include "agent/ike/ike_sa.h"

/* ios_ike_config - for both roles, as whichever end has a packet first begins. @ret: keys and
 * identity are views into @c. Returns false, with a sentence in @notes, when @c asks for more than
 * IKE can offer. */
bool ios_ike_config(const IosConfig *c, IkeConfig *ret, AsaNotes *notes) G_GNUC_WARN_UNUSED_RESULT;
/* ios_ike_plan - for a peer that begins, and has @key. @ret: borrows from both. */
void ios_ike_plan(const IkeConfig *config, const IosKey *key, IkePlan *ret);
