/* ac_elem_private.h - what each element of a config-auth document means (agent/docs/WIRE.md §6):
 * from start tags, attributes and text to an AcDoc. For ac_xml.c, which has them from libxml2. */
#pragma once

#include "agent/eap/ac_doc.h"

typedef enum Elem {
    EL_UNKNOWN, /* and everything below it */
    EL_NONE,    /* above the root */
    EL_ROOT,
    EL_VERSION,
    EL_DEVICE,
    EL_GROUP_SELECT,
    EL_GROUP_ACCESS,
    EL_CAPABILITIES,
    EL_AUTH_METHOD,
    EL_SESSION_ID,
    EL_SESSION_TOKEN,
    EL_OPAQUE,
    EL_CSPORT,
    EL_CERT_REQUEST,
    EL_CERT_FAIL,
    EL_AUTH,
    EL_TITLE,
    EL_MESSAGE,
    EL_BANNER,
    EL_ERROR,
    EL_AUTH_COMPLETE,
    EL_FORM,
    EL_INPUT,
    EL_SELECT,
    EL_OPTION,
    EL_FIELD, /* any child of <auth> in an auth-reply */
    EL_CONFIG,
    EL_BASE_CONFIG,
    EL_CERT_HASH,
    EL_MANIFEST,
    EL_MANIFEST_VPN,
    EL_FILE,
    EL_FILE_URI,
    EL_FILE_HASH,
} Elem;

/* Attributes of one element, as SAX2 gives them: five pointers each, [0] the name, [1] its prefix,
 * [3] to [4] the value. */
typedef struct AcAttrs {
    const unsigned char *const *at;
    int n;
} AcAttrs;
bool ac_attrs_is(const AcAttrs *a, const char *name, const char *value);

/* A document in the making. Once @why is set nothing more is taken in. */
typedef struct AcBuild {
    AcDoc *doc;
    char *param1, *param2; /* of the message, banner or error that is open */
    char *why;             /* the first thing that was wrong, as a sentence */
} AcBuild;
void ac_build_clear(AcBuild *b); /* but for the document */
void ac_build_refuse(AcBuild *b, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ac_elem_start - what <@name> inside @parent is, and what its start tag says. EL_UNKNOWN: it, and
 * all that is in it, is passed over. */
Elem ac_elem_start(AcBuild *b, Elem parent, const char *name, const AcAttrs *a);
/* ac_elem_end - what the text of @e says; @name is the one it started with. */
void ac_elem_end(AcBuild *b, Elem e, const char *name, Slice raw);
