/* inner_nets.h - which networks are behind a tunnel: what the gateway pushed, within what the
 * selectors of the child SA allow; pure. */
#pragma once

#include <glib.h>

#include "agent/base/selector.h"
#include "agent/ike/ike_cp.h"

enum { INNER_NETS_MAX = 4096 }; /* routes of one tunnel; what is beyond stays outside */

/* inner_nets_plan - append to @include (of Prefix) what goes through the tunnel; nothing appended:
 * everything of the families that have an inner address. A standard gateway pushes no networks:
 * then its selectors say them (RFC 7296 §2.9). A route that no selector covers would lead packets
 * to where ESP drops them. */
void inner_nets_plan(const IkeCpReply *reply, Selectors remote, GArray *include);
