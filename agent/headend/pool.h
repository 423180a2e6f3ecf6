/* pool.h - one address pool: leases, sticky per user while nobody else needs the address. */
#pragma once

#include <glib.h>

#include "agent/base/addr.h"

typedef struct Pool Pool;
/* pool_new - the addresses @first to @last, at most ASA_POOL_MAX, same family. */
Pool *pool_new(const Addr *first, const Addr *last);
void pool_free(Pool *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pool, pool_free)

/* pool_lease - an address that nobody has: the one @user had last, else another of his or one that
 * nobody had, else any. Returns false when none is left. */
bool pool_lease(Pool *p, const char *user, Addr *ret) G_GNUC_WARN_UNUSED_RESULT;
/* pool_share - @a, which somebody has, is had by one more: by the same client (RFC 7296 §2.8.3). */
void pool_share(Pool *p, const Addr *a);
/* pool_release - one has @a no more, and without any it is free again; an address that was not
 * leased from here is a mistake of ours. */
void pool_release(Pool *p, const Addr *a);
size_t pool_size(const Pool *p);
size_t pool_leased(const Pool *p);
/* pool_prefixes - the fewest prefixes that cover exactly the pool's addresses; a new array of
 * Prefix. */
GArray *pool_prefixes(const Pool *p);
