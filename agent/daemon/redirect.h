/* redirect.h - may a gateway send this client elsewhere: how often, and whereto (RFC 5685 §7, §11)?
 * Pure. */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"
#include "agent/base/usec.h"

enum { REDIRECT_MAX = 5, REDIRECT_SPAN_S = 300 };

/* A value: {0} before the first. */
typedef struct RedirectCount {
    Usec at[REDIRECT_MAX]; /* of the last so many, in a ring */
    unsigned n;            /* of all */
} RedirectCount;

/* redirect_count - one more at @now; false when there have been REDIRECT_MAX in REDIRECT_SPAN_S
 * already: gateways that send a client round do so for ever. */
bool redirect_count(RedirectCount *c, Usec now) G_GNUC_WARN_UNUSED_RESULT;
/* redirect_listed - does @target, a name or an address as text, match one of @patterns (of char *;
 * `*` stands for any characters, letters for both cases)? An empty list lets all pass. */
bool redirect_listed(const GPtrArray *patterns, const char *target);
/* redirect_refusal - why no gateway can be at @a, as a clause ("is a loopback address"); NULL: one
 * can. */
const char *redirect_refusal(const Addr *a);
