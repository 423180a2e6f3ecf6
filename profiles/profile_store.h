/* profile_store.h - all profile files of a folder, merged. */
#pragma once

#include "profiles/profile.h"

typedef struct ProfileStore ProfileStore;
/* profile_store_load - every *.xml of @dir in name order; a file that is broken is left out and
 * reported. Of two hosts of one name the first holds. */
ProfileStore *profile_store_load(const char *dir);
void profile_store_free(ProfileStore *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileStore, profile_store_free)
const GPtrArray *profile_store_hosts(const ProfileStore *s); /* of ProfileHost * */
const GPtrArray *
profile_store_problems(const ProfileStore *s); /* of char *: files left out and why, warnings */
/* profile_store_find - HostName exactly, then ignoring case, then HostAddress, then HostName as a
 * unique prefix (never for an IP address: 10.0.0.1 must not lead to 10.0.0.10). A text that fits
 * nothing but reads as ADDRESS or ADDRESS/GROUP makes an entry of its own (IPsec, EAP-AnyConnect)
 * when @manual and no profile forbids it; a single word without dot, port or group is taken for a
 * misspelled HostName. Returns a copy owned by the caller, or NULL with @error, which names the
 * known hosts and the broken files if there are any. */
ProfileHost *profile_store_find(const ProfileStore *s, const char *name, bool manual,
                                GError **error);
