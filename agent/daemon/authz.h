/* authz.h - who is calling, and may they. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <sys/types.h>

/* authz_uid - the caller of @call: SO_PEERCRED of the socket, or what the bus daemon says of a bus
 * name. */
bool authz_uid(GDBusMethodInvocation *call, uid_t *ret, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* authz_allowed - may @uid control the agent? @allow: rules of Settings.allow; root always may. */
bool authz_allowed(uid_t uid, char *const *allow);
