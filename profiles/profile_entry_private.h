/* profile_entry_private.h - <HostEntry>, and the lists of servers and pins that also stand alone.
 */
#pragma once

#include "profiles/profile_walk_private.h"

/* <HostEntry>; @into: not used, the host goes to the profile. */
bool profile_entry_read(Walk *w, const xmlNode *entry, void *into);
/* <BackupServerList>, @into: GPtrArray of char *. */
bool profile_entry_read_servers(Walk *w, const xmlNode *list, void *into);
/* <CertificatePinList>, @into: GPtrArray of char *. */
bool profile_entry_read_pins(Walk *w, const xmlNode *list, void *into);
