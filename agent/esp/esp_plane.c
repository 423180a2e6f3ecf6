#include "agent/esp/esp_plane.h"

#include "agent/esp/esp_private.h"

/* Where an SA can be found: by its inbound SPI, or by one remote address. */
typedef struct Entry {
    EspAddr key;    /* the SPI stands in ->lo */
    EspRange range; /* of a remote selector */
    EspSa *sa;
    uint64_t age; /* higher is newer */
    struct Entry *next;
} Entry;

/* Chains sorted newest first. */
typedef struct Table {
    Entry **chains;
    unsigned bits; /* of the number of chains */
    size_t n;
} Table;

struct EspPlane {
    Table by_spi;
    Table by_host;   /* remote selectors of one address: a headend has one for each client */
    GPtrArray *wide; /* of Entry: the others, most specific first */
    uint64_t age;
    uint64_t drops[ESP_STATUS_N];
    AeadChoice choice;
    EspCrypto crypto;
};

enum { TABLE_BITS_FIRST = 4, TABLE_BITS_MAX = 24 };

static Entry **
table_chain(const Table *t, EspAddr key)
{
    /* Multiplicative hashing: the high bits of the product depend on every bit of the key. */
    uint64_t h = (key.hi ^ key.hi >> 32) * UINT64_C(0x9e3779b97f4a7c15) + key.lo;

    return &t->chains[(h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - t->bits)];
}

static void
table_init(Table *t)
{
    *t = (Table){ .bits = TABLE_BITS_FIRST, .chains = g_new0(Entry *, 1u << TABLE_BITS_FIRST) };
}

static void
table_link(Table *t, Entry *e)
{
    Entry **at = table_chain(t, e->key);

    while (*at && (*at)->age > e->age)
        at = &(*at)->next;
    e->next = *at;
    *at = e;
}

static void
table_grow(Table *t)
{
    Table old = *t;

    t->bits++;
    t->chains = g_new0(Entry *, (size_t)1 << t->bits);
    for (size_t i = 0; i < (size_t)1 << old.bits; i++)
        for (Entry *e = old.chains[i], *next; e; e = next) {
            next = e->next;
            table_link(t, e);
        }
    g_free(old.chains);
}

static void
table_add(Table *t, Entry *e)
{
    if (t->n >= (size_t)1 << t->bits && t->bits < TABLE_BITS_MAX)
        table_grow(t);
    table_link(t, e);
    t->n++;
}

static void
table_remove(Table *t, EspAddr key, const EspSa *sa)
{
    Entry **at = table_chain(t, key);

    while (*at) {
        Entry *e = *at;

        if (e->sa != sa || esp_addr_compare(e->key, key) != 0) {
            at = &e->next;
            continue;
        }
        *at = e->next;
        t->n--;
        g_free(e);
    }
}

static void
table_clear(Table *t)
{
    for (size_t i = 0; i < (size_t)1 << t->bits; i++)
        for (Entry *e = t->chains[i], *next; e; e = next) {
            next = e->next;
            g_free(e);
        }
    g_free(t->chains);
}

static EspAddr
key_of_spi(uint32_t spi)
{
    return (EspAddr){ .lo = spi };
}

EspPlane *
esp_plane_new(void)
{
    EspPlane *p = g_new0(EspPlane, 1);

    table_init(&p->by_spi);
    table_init(&p->by_host);
    p->wide = g_ptr_array_new_with_free_func(g_free);
    p->crypto.engine = aead_engine_new(AEAD_CHOICE_AUTO);
    return p;
}

void
esp_plane_use(EspPlane *p, AeadChoice choice)
{
    aead_engine_free(p->crypto.engine);
    p->crypto.engine = aead_engine_new(choice);
    p->choice = choice;
}

void
esp_plane_part(EspPlane *p)
{
    aead_engine_free(p->crypto.opener);
    p->crypto.opener = aead_engine_new(p->choice);
}

const char *
esp_plane_engine(EspPlane *p)
{
    return aead_engine_name(p->crypto.engine);
}

void
esp_plane_free(EspPlane *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < (size_t)1 << p->by_spi.bits; i++)
        for (Entry *e = p->by_spi.chains[i]; e; e = e->next)
            esp_sa_free(e->sa);
    table_clear(&p->by_spi);
    table_clear(&p->by_host);
    g_ptr_array_unref(p->wide);
    aead_engine_free(p->crypto.engine);
    aead_engine_free(p->crypto.opener);
    esp_ivs_clear(&p->crypto.ivs);
    g_free(p);
}

EspSa *
esp_plane_find(const EspPlane *p, uint32_t spi_in)
{
    for (Entry *e = *table_chain(&p->by_spi, key_of_spi(spi_in)); e; e = e->next)
        if (e->key.lo == spi_in)
            return e->sa;
    return NULL;
}

/* Addresses in @r, less one. */
static EspAddr
range_size(const EspRange *r)
{
    return (EspAddr){
        .hi = r->last.hi - r->first.hi - (r->last.lo < r->first.lo),
        .lo = r->last.lo - r->first.lo,
    };
}

static void
wide_add(EspPlane *p, Entry *e)
{
    EspAddr size = range_size(&e->range);
    guint i = 0;

    while (i < p->wide->len) {
        const Entry *other = p->wide->pdata[i];

        if (esp_addr_compare(range_size(&other->range), size) >= 0)
            break;
        i++;
    }
    g_ptr_array_insert(p->wide, (gint)i, e);
}

static void
add_route(EspPlane *p, EspSa *sa, const EspRange *range)
{
    Entry *e = g_new(Entry, 1);

    *e = (Entry){ .key = range->first, .range = *range, .sa = sa, .age = p->age };
    if (esp_range_is_host(range))
        table_add(&p->by_host, e);
    else
        wide_add(p, e);
}

static void
add_routes(EspPlane *p, EspSa *sa)
{
    size_t n;
    const EspRange *remote = esp_sa_remote(sa, &n);

    p->age++;
    for (size_t i = 0; i < n; i++)
        add_route(p, sa, &remote[i]);
}

static void
remove_routes(EspPlane *p, const EspSa *sa)
{
    size_t n;
    const EspRange *remote = esp_sa_remote(sa, &n);

    for (size_t i = 0; i < n; i++)
        table_remove(&p->by_host, remote[i].first, sa);
    for (guint i = p->wide->len; i-- > 0;)
        if (((Entry *)p->wide->pdata[i])->sa == sa)
            g_ptr_array_remove_index(p->wide, i);
}

void
esp_plane_add_in(EspPlane *p, EspSa *sa)
{
    uint32_t spi = esp_sa_spi_in(sa);
    Entry *e = g_new(Entry, 1);

    esp_plane_remove(p, spi);
    p->age++;
    *e = (Entry){ .key = key_of_spi(spi), .sa = sa, .age = p->age };
    table_add(&p->by_spi, e);
}

void
esp_plane_add(EspPlane *p, EspSa *sa)
{
    esp_plane_add_in(p, sa);
    add_routes(p, sa);
}

void
esp_plane_out(EspPlane *p, uint32_t spi_in)
{
    EspSa *sa = esp_plane_find(p, spi_in);

    if (!sa)
        return;
    remove_routes(p, sa);
    add_routes(p, sa);
}

void
esp_plane_remove(EspPlane *p, uint32_t spi_in)
{
    EspSa *sa = esp_plane_find(p, spi_in);

    if (!sa)
        return;
    remove_routes(p, sa);
    table_remove(&p->by_spi, key_of_spi(spi_in), sa);
    esp_sa_free(sa);
}

EspSa *
esp_plane_find_out(const EspPlane *p, EspInner *inner, EspSa **ret_near)
{
    for (Entry *e = *table_chain(&p->by_host, inner->dst); e; e = e->next) {
        if (!esp_range_has(&e->range, inner->family, inner->dst))
            continue;
        if (esp_sa_covers_out(e->sa, inner))
            return e->sa;
        if (!*ret_near)
            *ret_near = e->sa;
    }
    for (guint i = 0; i < p->wide->len; i++) {
        Entry *e = p->wide->pdata[i];

        if (!esp_range_has(&e->range, inner->family, inner->dst))
            continue;
        if (esp_sa_covers_out(e->sa, inner))
            return e->sa;
        if (!*ret_near)
            *ret_near = e->sa;
    }
    return NULL;
}

EspCrypto *
esp_plane_crypto(EspPlane *p)
{
    return &p->crypto;
}

void
esp_plane_drop(EspPlane *p, EspBuf *b, EspStatus why)
{
    b->sa = NULL;
    b->status = why;
    __atomic_add_fetch(&p->drops[why], 1, __ATOMIC_RELAXED);
}

uint64_t
esp_plane_drops(const EspPlane *p, EspStatus why)
{
    g_assert(why < ESP_STATUS_N);
    return esp_counted(&p->drops[why]);
}
