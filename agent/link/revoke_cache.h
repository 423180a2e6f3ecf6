/* revoke_cache.h - CRLs and OCSP responses that have been fetched, and who did not answer: so that
 * one login need not wait for what another has asked. */
#pragma once

#include "agent/crypto/x509_evidence.h"

enum {
    REVOKE_CACHE_MAX = 64,          /* entries */
    REVOKE_CACHE_OCTETS = 16 << 20, /* of all answers together: two of the largest */
    REVOKE_RETRY_S = 10,            /* nobody is asked the same twice in this time */
};

/* The last answer to one question. */
typedef struct RevokeEntry {
    char *url;
    X509Evidence *words; /* NULL: there was no answer that can be used, */
    char *why;           /* because of this */
    size_t octets;
    int64_t at, until; /* seconds since 1970 */
} RevokeEntry;

typedef struct RevokeCache RevokeCache;
RevokeCache *revoke_cache_new(void);
void revoke_cache_free(RevokeCache *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RevokeCache, revoke_cache_free)
/* revoke_cache_find - what is known at @now about the question @key (X509Source); NULL when nothing
 * is. Borrowed until something else is put. */
const RevokeEntry *revoke_cache_find(RevokeCache *c, const char *key, int64_t now);
/* revoke_cache_put - @entry, moved out of, in place of what was known; the entries that end first
 * give way. One that is over already, or too large, is not kept. */
void revoke_cache_put(RevokeCache *c, const char *key, RevokeEntry *entry);
void revoke_entry_clear(RevokeEntry *e);
/* revoke_cache_list - the answers that still count at @now, by their addresses; of const
 * RevokeEntry *, which stay the cache's. */
GPtrArray *revoke_cache_list(RevokeCache *c, int64_t now);
