/* route.h - one item of the plan into the kernel and out of it again. */
#pragma once

#include "tun/nl.h"
#include "tun/route_plan.h"

/* route_add - EEXIST when it stands there already, whoever made it.
 * @index: interface the route leads through; not used for rules and throw routes. */
bool route_add(Nl *nl, const RoutePlanItem *item, unsigned index,
               GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* route_del - only what equals @item and carries ROUTE_PLAN_PROTOCOL, our mark; else ESRCH or
 * ENOENT. The interface of a route may be gone, it is not compared. */
bool route_del(Nl *nl, const RoutePlanItem *item, GError **error) G_GNUC_WARN_UNUSED_RESULT;
