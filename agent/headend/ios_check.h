/* ios_check.h - do the names of a router's configuration point at something, and is it one that we
 * can be? */
#pragma once

#include "agent/headend/ios_config.h"

/* ios_check - notes every reference that leads nowhere and everything that is missing; fills the
 * borrowed pointers of @c. */
void ios_check(IosConfig *c, AsaNotes *notes);
