#include "agent/headend/revocation.h"

struct Revocation {
    const Peers *peers;
    GHashTable *caches; /* const AsaTrustpoint * -> RevokeCache * */
    GHashTable *jobs;   /* RevocationJob * -> itself */
};

struct RevocationJob {
    Revocation *owner;
    GCancellable *cancellable;
    RevocationDone done;
    void *data;
};

static void
job_free(gpointer p)
{
    RevocationJob *j = p;

    g_cancellable_cancel(j->cancellable);
    g_object_unref(j->cancellable);
    g_free(j);
}

Revocation *
revocation_new(const Peers *peers)
{
    Revocation *r = g_new0(Revocation, 1);

    r->peers = peers;
    r->caches = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)revoke_cache_free);
    r->jobs = g_hash_table_new_full(NULL, NULL, job_free, NULL);
    return r;
}

void
revocation_free(Revocation *r)
{
    if (!r)
        return;
    g_hash_table_unref(r->jobs);
    g_hash_table_unref(r->caches);
    g_free(r);
}

static RevokeCache *
cache_of(Revocation *r, const AsaTrustpoint *t)
{
    RevokeCache *c = g_hash_table_lookup(r->caches, t);

    if (!c) {
        c = revoke_cache_new();
        g_hash_table_insert(r->caches, (gpointer)t, c);
    }
    return c;
}

static X509Asking
asking_of(const AsaRevocation *r, AsaRevocationMethod m)
{
    if (m == ASA_REVOCATION_OCSP)
        return (X509Asking){ .ocsp = true, .responder = r->responder, .nonce = !r->no_nonce };
    return (
        X509Asking){ .lists = r->points, .own = r->urls, .n_own = r->own ? ASA_CRL_URLS_MAX : 0 };
}

static void
on_checked(const RevokeResult *result, void *user)
{
    RevocationJob *j = user;
    RevocationDone done = j->done;
    void *data = j->data;

    g_hash_table_remove(j->owner->jobs, j);
    done(result, data);
}

RevocationJob *
revocation_ask(Revocation *r, const AsaTrustpoint *t, const X509Chain *chain, int64_t now,
               RevocationDone done, void *data)
{
    RevokeSetup setup = { .chain = chain,
                          .anchors = peers_authorities(r->peers, t),
                          .n_steps = t->revocation.n,
                          .cache = cache_of(r, t),
                          .cache_s = t->revocation.cache_s,
                          .now = now };
    RevocationJob *j;

    if (g_hash_table_size(r->jobs) >= REVOCATION_WAITING_MAX)
        return NULL;
    for (size_t i = 0; i < t->revocation.n; i++)
        setup.steps[i] = asking_of(&t->revocation, t->revocation.methods[i]);
    j = g_new0(RevocationJob, 1);
    j->owner = r;
    j->cancellable = g_cancellable_new();
    j->done = done;
    j->data = data;
    g_hash_table_add(r->jobs, j);
    revoke_check(&setup, j->cancellable, on_checked, j);
    return j;
}

void
revocation_forget(RevocationJob *job)
{
    g_hash_table_remove(job->owner->jobs, job);
}

static void
add_lists(GPtrArray *ret, const AsaTrustpoint *t, const RevokeEntry *e)
{
    g_autoptr(GPtrArray) lists = x509_evidence_lists(e->words);

    for (guint i = 0; i < lists->len; i++) {
        const X509ListInfo *info = g_ptr_array_index(lists, i);
        ShowList *one = g_new0(ShowList, 1);

        *one = (ShowList){ .issuer = g_strdup(info->issuer),
                           .from = info->from,
                           .until = info->until,
                           .url = g_strdup(e->url),
                           .octets = info->octets,
                           .trustpoint = g_strdup(t->name) };
        g_ptr_array_add(ret, one);
    }
}

GPtrArray *
revocation_lists(Revocation *r, int64_t now)
{
    GPtrArray *ret = g_ptr_array_new_with_free_func((GDestroyNotify)show_list_free);
    GHashTableIter it;
    gpointer t, cache;

    g_hash_table_iter_init(&it, r->caches);
    while (g_hash_table_iter_next(&it, &t, &cache)) {
        g_autoptr(GPtrArray) kept = revoke_cache_list(cache, now);

        for (guint i = 0; i < kept->len; i++)
            add_lists(ret, t, g_ptr_array_index(kept, i));
    }
    return ret;
}
