/* link_addr.h - an address on an interface. */
#pragma once

#include "tun/nl.h"

/* link_addr_add - usable at once (no duplicate address detection: the gateway owns the network) and
 * without a route to its prefix (routes are the plan's business). EEXIST when it is there. */
bool link_addr_add(Nl *nl, unsigned index, const Prefix *p,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool link_addr_del(Nl *nl, unsigned index, const Prefix *p,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
