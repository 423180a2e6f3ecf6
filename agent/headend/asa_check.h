/* asa_check.h - do the names of a configuration point at something, and is there enough to run? */
#pragma once

#include "agent/headend/asa_config.h"

/* asa_check - notes every reference that leads nowhere and everything that is missing; fills the
 * borrowed pointers of @c. */
void asa_check(AsaConfig *c, AsaNotes *notes);
