/* profile_match.h - <CertificateMatch>: which of a user's certificates may be shown to a gateway.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* One <DistinguishedNameDefinition>. */
typedef struct ProfileName {
    const char *oid; /* of the attribute, dotted; static */
    bool issuer;     /* of the issuer's name, not the subject's */
    char *pattern;   /* one of its values equals this */
    bool not_equal;  /* none does */
    bool wildcard;   /* "equals" is "has it somewhere in it" */
    bool ignore_case;
} ProfileName;

typedef struct ProfileMatch {
    bool only_usage, only_purposes; /* a certificate without the extension does not fit */
    unsigned usage;      /* any one of these, bit n is bit n of RFC 5280 §4.2.1.3; 0: any */
    GPtrArray *purposes; /* of char *, dotted OIDs: all of these (§4.2.1.12) */
    GPtrArray *names;    /* of ProfileName *: all of these */
    bool never;          /* it asks for what nobody knows, so nothing fits */
} ProfileMatch;

ProfileMatch *profile_match_new(void);
ProfileMatch *profile_match_copy(const ProfileMatch *m);
void profile_match_free(ProfileMatch *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileMatch, profile_match_free)
