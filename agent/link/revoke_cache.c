#include "agent/link/revoke_cache.h"

struct RevokeCache {
    GHashTable *entries; /* char * -> RevokeEntry * */
    size_t octets;
};

void
revoke_entry_clear(RevokeEntry *e)
{
    g_free(e->url);
    x509_evidence_free(e->words);
    g_free(e->why);
    *e = (RevokeEntry){ 0 };
}

static void
entry_free(gpointer p)
{
    revoke_entry_clear(p);
    g_free(p);
}

RevokeCache *
revoke_cache_new(void)
{
    RevokeCache *c = g_new0(RevokeCache, 1);

    c->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return c;
}

void
revoke_cache_free(RevokeCache *c)
{
    if (!c)
        return;
    g_hash_table_unref(c->entries);
    g_free(c);
}

static void
drop(RevokeCache *c, const char *key)
{
    const RevokeEntry *e = g_hash_table_lookup(c->entries, key);

    if (!e)
        return;
    c->octets -= e->octets;
    g_hash_table_remove(c->entries, key);
}

const RevokeEntry *
revoke_cache_find(RevokeCache *c, const char *key, int64_t now)
{
    const RevokeEntry *e = g_hash_table_lookup(c->entries, key);

    if (e && e->until > now)
        return e;
    drop(c, key);
    return NULL;
}

static const char *
first_to_end(const RevokeCache *c)
{
    const char *first = NULL;
    int64_t until = INT64_MAX;
    GHashTableIter it;
    gpointer key, e;

    g_hash_table_iter_init(&it, c->entries);
    while (g_hash_table_iter_next(&it, &key, &e))
        if (!first || ((RevokeEntry *)e)->until < until) {
            first = key;
            until = ((RevokeEntry *)e)->until;
        }
    return first;
}

void
revoke_cache_put(RevokeCache *c, const char *key, RevokeEntry *entry)
{
    drop(c, key);
    if (entry->until <= entry->at || entry->octets > REVOKE_CACHE_OCTETS) {
        revoke_entry_clear(entry);
        return;
    }
    while (g_hash_table_size(c->entries) >= REVOKE_CACHE_MAX ||
           c->octets > REVOKE_CACHE_OCTETS - entry->octets)
        drop(c, first_to_end(c));
    c->octets += entry->octets;
    g_hash_table_insert(c->entries, g_strdup(key), g_memdup2(entry, sizeof(*entry)));
    *entry = (RevokeEntry){ 0 };
}

static int
by_url(gconstpointer a, gconstpointer b)
{
    const RevokeEntry *x = *(RevokeEntry *const *)a, *y = *(RevokeEntry *const *)b;

    return g_strcmp0(x->url, y->url);
}

GPtrArray *
revoke_cache_list(RevokeCache *c, int64_t now)
{
    GPtrArray *ret = g_ptr_array_new();
    GHashTableIter it;
    gpointer e;

    g_hash_table_iter_init(&it, c->entries);
    while (g_hash_table_iter_next(&it, NULL, &e))
        if (((RevokeEntry *)e)->words && ((RevokeEntry *)e)->until > now)
            g_ptr_array_add(ret, e);
    g_ptr_array_sort(ret, by_url);
    return ret;
}
