/* profile_settings_private.h - <ClientInitialization>. */
#pragma once

#include "profiles/profile_walk_private.h"

/* The lists that settings hold for hosts. */
typedef struct ProfileLists {
    GPtrArray *backups, *pins; /* of char * */
    ProfileMatch *match;       /* owned; NULL: none */
} ProfileLists;

/* <ClientInitialization>; @into: ProfileLists. */
bool profile_settings_read(Walk *w, const xmlNode *node, void *into);
