/* net_config.h - the one owner of all that is done to the host's network: one apply, one undo, a
 * journal. */
#pragma once

#include "tun/route_plan.h"
#include "tun/tun_error.h"

typedef struct NetConfig NetConfig;

/* net_config_apply - addresses and their guard, MTU, link up, routes, rules. All or nothing: on
 * failure what was done is undone. What a dead process left in @journal is undone first.
 * @s: copied as far as needed. IPv6 addresses are left out, with a warning, where the host has IPv6
 * switched off.
 * @journal: file that says what must be undone after a crash; written before the first
 * change, removed by undo, locked as long as the NetConfig lives. */
NetConfig *net_config_apply(const NetSettings *s, const char *journal, GError **error);
/* net_config_change - the addresses and networks of @s instead; what is in both is not touched, and
 * what is new is there before what is gone goes. Interface, MTU, table and mark stay.
 * Returns false with @error when the kernel refuses something new; all is then as it was. */
bool net_config_change(NetConfig *c, const NetSettings *s,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* net_config_mtu - another inner MTU from now on; undoing is as before. */
bool net_config_mtu(NetConfig *c, uint16_t mtu, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* net_config_free - undo, last first, and remove the journal. What is gone already is no error;
 * what the kernel refuses is logged and stays in the journal. The interface is left to its owner,
 * down and bare. */
void net_config_free(NetConfig *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NetConfig, net_config_free)

/* net_config_recover - undo what a dead process left, as its journal says; no journal: nothing to
 * do. Its interface is removed if it is still there.
 * @ret_n: things undone. Returns false with @error when the journal is in use by a living process,
 * when the kernel refuses something (the journal stays), or when a line of it is not understood
 * (the rest is undone and the file is kept aside as @journal.bad). */
bool net_config_recover(const char *journal, size_t *ret_n,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* net_config_rp_strict - is strict reverse path filtering (value 1) on for any interface of this
 * namespace? */
bool net_config_rp_strict(void);
