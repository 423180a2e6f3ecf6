/* profile_match_private.h - reading <CertificateMatch>. */
#pragma once

#include "profiles/profile_match.h"
#include "profiles/profile_walk_private.h"

/* <CertificateMatch>, @into: ProfileMatch. What is not understood is a warning, and nothing fits:
 * a filter that is left out would let everything through. */
bool profile_match_read(Walk *w, const xmlNode *node, void *into);
