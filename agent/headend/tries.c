#include "agent/headend/tries.h"

#include <string.h>

enum { KEY_LEN = 9 };

/* A bucket that leaks, one failure each TRIES_EACH_S. */
typedef struct Bucket {
    uint8_t key[KEY_LEN]; /* family, then 4 octets or the first 8 */
    Usec empty_at;
} Bucket;

struct Tries {
    GHashTable *buckets; /* Bucket * -> itself */
};

static guint
bucket_hash(gconstpointer p)
{
    const Bucket *b = p;
    guint h = 5381;

    for (size_t i = 0; i < KEY_LEN; i++)
        h = h * 33 + b->key[i];
    return h;
}

static gboolean
bucket_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(((const Bucket *)a)->key, ((const Bucket *)b)->key, KEY_LEN) == 0;
}

static Bucket
key_of(const Addr *a)
{
    Bucket b = { .key = { (uint8_t)a->family } };

    memcpy(b.key + 1, a->b, a->family == ADDR_V6 ? 8 : 4);
    return b;
}

Tries *
tries_new(void)
{
    Tries *t = g_new0(Tries, 1);

    t->buckets = g_hash_table_new_full(bucket_hash, bucket_equal, g_free, NULL);
    return t;
}

void
tries_free(Tries *t)
{
    if (!t)
        return;
    g_hash_table_unref(t->buckets);
    g_free(t);
}

bool
tries_allowed(const Tries *t, const Addr *a, Usec now)
{
    const Bucket key = key_of(a), *b = g_hash_table_lookup(t->buckets, &key);

    return !b || b->empty_at <= now + (Usec)(TRIES_BURST - 1) * TRIES_EACH_S * USEC_PER_SEC;
}

/* Those that are empty go; if there is none, the one that is next. */
static void
make_room(Tries *t, Usec now)
{
    Bucket *first = NULL;
    GHashTableIter it;
    gpointer p;

    g_hash_table_iter_init(&it, t->buckets);
    while (g_hash_table_iter_next(&it, &p, NULL)) {
        Bucket *b = p;

        if (b->empty_at <= now)
            g_hash_table_iter_remove(&it);
        else if (!first || b->empty_at < first->empty_at)
            first = b;
    }
    if (g_hash_table_size(t->buckets) >= TRIES_ADDRESSES_MAX)
        g_hash_table_remove(t->buckets, first);
}

void
tries_failed(Tries *t, const Addr *a, Usec now)
{
    const Bucket key = key_of(a);
    Bucket *b = g_hash_table_lookup(t->buckets, &key);

    if (!b) {
        if (g_hash_table_size(t->buckets) >= TRIES_ADDRESSES_MAX)
            make_room(t, now);
        b = g_memdup2(&key, sizeof(key));
        g_hash_table_add(t->buckets, b);
    }
    b->empty_at = usec_add(MAX(b->empty_at, now), TRIES_EACH_S * USEC_PER_SEC);
}
