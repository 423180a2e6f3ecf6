/* profile_walk_private.h - going through the elements of a profile by tables of what may stand
 * where. */
#pragma once

#include <libxml/tree.h>

#include "profiles/profile.h"

/* One element being read; @error is that of the whole reading. */
typedef struct Walk {
    Profile *profile;
    GError **error;
} Walk;

/* A child element and who reads it; @into is the parent's. */
typedef struct WalkRule {
    const char *name;
    bool once;                                              /* a second one is an error */
    bool (*read)(Walk *w, const xmlNode *node, void *into); /* NULL: known, not used */
} WalkRule;

/* walk_children - each child element of @parent to its rule; those without one are listed as
 * unknown. @rules ends with a zero row and has at most 32 rows. */
bool walk_children(Walk *w, const xmlNode *parent, const WalkRule *rules, void *into);
/* The element's own text, children's left out, trimmed; owned by the caller. */
char *walk_text(const xmlNode *node);
/* walk_name - the text as a name (profile_text_check()); false with the error set. */
bool walk_name(Walk *w, const xmlNode *node, char **ret);
/* walk_bool - "true" or "false"; other spellings with a warning. False when it is neither. */
bool walk_bool(Walk *w, const char *text, const xmlNode *node, bool *ret);
/* "FILE:LINE: <ELEMENT> WHAT" as the error, false for the caller to return. */
bool walk_refuse(Walk *w, const xmlNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same as a warning. */
void walk_warn(Walk *w, const xmlNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);
void walk_unknown(Walk *w, const xmlNode *node);
/* The next element among @node and its later siblings, or NULL. */
const xmlNode *walk_element(const xmlNode *node);
