#include "agent/headend/pool.h"

/* One address. The memory of whose it was keeps a user's address the same from day to day. */
typedef struct Slot {
    char *user;     /* had it last; NULL: nobody */
    size_t holders; /* 0: free */
} Slot;

struct Pool {
    Addr first;
    size_t n, n_leased;
    Slot *slots;
    GHashTable *last; /* user name (a slot's) -> index + 1 */
};

/* @first + @n; the caller knows that it does not leave the address space. */
static Addr
addr_plus(const Addr *first, size_t n)
{
    Addr a = *first;

    for (size_t i = addr_len(first); i-- > 0 && n; n >>= 8) {
        size_t sum = a.b[i] + (n & 0xff);

        a.b[i] = (uint8_t)sum;
        n += sum > 0xff ? 0x100 : 0;
    }
    return a;
}

/* @a - @first; the caller knows that it is small. */
static size_t
addr_distance(const Addr *first, const Addr *a)
{
    size_t n = 0;

    for (size_t i = 0; i < addr_len(first); i++)
        n = (n << 8) + a->b[i] - first->b[i];
    return n;
}

Pool *
pool_new(const Addr *first, const Addr *last)
{
    Pool *p = g_new0(Pool, 1);

    g_assert(first->family == last->family && addr_compare(first, last) <= 0);
    p->first = *first;
    p->n = addr_distance(first, last) + 1;
    p->slots = g_new0(Slot, p->n);
    p->last = g_hash_table_new(g_str_hash, g_str_equal);
    return p;
}

void
pool_free(Pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n; i++)
        g_free(p->slots[i].user);
    g_hash_table_unref(p->last);
    g_free(p->slots);
    g_free(p);
}

static bool
find_slot(const Pool *p, const char *user, size_t *ret)
{
    size_t had = GPOINTER_TO_SIZE(g_hash_table_lookup(p->last, user));
    size_t any = p->n;

    if (had && p->slots[had - 1].holders == 0) {
        *ret = had - 1;
        return true;
    }
    for (size_t i = 0; i < p->n; i++) {
        if (p->slots[i].holders > 0)
            continue;
        if (!p->slots[i].user || g_str_equal(p->slots[i].user, user)) {
            *ret = i;
            return true;
        }
        any = MIN(any, i);
    }
    *ret = any;
    return any < p->n;
}

/* The slot forgets its last user, and the user it, unless he has moved on to another. */
static void
forget(Pool *p, size_t i)
{
    Slot *s = &p->slots[i];

    if (s->user && GPOINTER_TO_SIZE(g_hash_table_lookup(p->last, s->user)) == i + 1)
        g_hash_table_remove(p->last, s->user);
    g_clear_pointer(&s->user, g_free);
}

bool
pool_lease(Pool *p, const char *user, Addr *ret)
{
    size_t i;

    if (p->n_leased == p->n || !find_slot(p, user, &i))
        return false;
    forget(p, i);
    p->slots[i].holders = 1;
    p->slots[i].user = g_strdup(user);
    p->n_leased++;
    /* replace, not insert: the key must be the name that this slot owns. */
    g_hash_table_replace(p->last, p->slots[i].user, GSIZE_TO_POINTER(i + 1));
    *ret = addr_plus(&p->first, i);
    return true;
}

static Slot *
leased(Pool *p, const Addr *a)
{
    size_t i = addr_distance(&p->first, a);

    g_assert(a->family == p->first.family && i < p->n && p->slots[i].holders > 0);
    return &p->slots[i];
}

void
pool_share(Pool *p, const Addr *a)
{
    leased(p, a)->holders++;
}

void
pool_release(Pool *p, const Addr *a)
{
    if (--leased(p, a)->holders == 0)
        p->n_leased--;
}

size_t
pool_size(const Pool *p)
{
    return p->n;
}

size_t
pool_leased(const Pool *p)
{
    return p->n_leased;
}

/* Bits at the end of @a that are zero. */
static unsigned
trailing_zeros(const Addr *a)
{
    unsigned n = 0;

    for (size_t i = addr_len(a); i-- > 0; n += 8)
        if (a->b[i])
            return n + (unsigned)__builtin_ctz(a->b[i]);
    return n;
}

GArray *
pool_prefixes(const Pool *p)
{
    GArray *ret = g_array_new(FALSE, FALSE, sizeof(Prefix));

    for (size_t at = 0; at < p->n;) {
        Addr a = addr_plus(&p->first, at);
        unsigned bits = MIN(trailing_zeros(&a), 31);
        Prefix prefix;

        while ((size_t)1 << bits > p->n - at)
            bits--;
        prefix = (Prefix){ a, (uint8_t)(addr_len(&a) * 8 - bits) };
        g_array_append_val(ret, prefix);
        at += (size_t)1 << bits;
    }
    return ret;
}
