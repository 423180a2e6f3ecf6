/* tries.h - failed logins by address: whoever guesses has to wait. */
#pragma once

#include "agent/base/addr.h"
#include "agent/base/usec.h"

enum {
    TRIES_BURST = 10,           /* failures at once, as of many people behind one NAT */
    TRIES_EACH_S = 6,           /* seconds until one of them is forgotten */
    TRIES_ADDRESSES_MAX = 4096, /* remembered; then the one that failed longest ago is forgotten */
};

typedef struct Tries Tries;
Tries *tries_new(void);
void tries_free(Tries *t);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tries, tries_free)

/* tries_allowed - may somebody at @a try to log in? An IPv6 address counts as its /64, which one
 * host can have whole. */
bool tries_allowed(const Tries *t, const Addr *a, Usec now);
void tries_failed(Tries *t, const Addr *a, Usec now);
