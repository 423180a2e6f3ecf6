#include "agent/ike/ike_listen.h"

#include "agent/crypto/digest.h"
#include "agent/ike/ike_cfrag.h"
#include "agent/ike/ike_cookie.h"
#include "agent/ike/ike_sa_private.h"

enum {
    FAREWELLS_MAX = 64,         /* last answers kept of IKE SAs that are gone */
    FAREWELL_S = 35,            /* as long as a client of ours repeats a request */
    COMPLAINTS_PER_SECOND = 10, /* unprotected errors of the door's own (RFC 7296 §2.21.4) */
    NOTIFY_HEADS = IKE_PAYLOAD_HEADER_LEN + 4,
    COOKIE_ANSWER = IKE_HEADER_LEN + NOTIFY_HEADS + IKE_COOKIE_LEN,
    REDIRECT_DATA_MAX = 2 + IKE_REDIRECT_NAME_MAX + 256 /* nonce */,
    ANSWER_MAX = IKE_HEADER_LEN + NOTIFY_HEADS + REDIRECT_DATA_MAX,
    SITE_LEN = 8, /* octets of an IPv6 prefix that one owner has as a rule (RFC 8019 §4.2) */
};

/* The last answer of an IKE SA that ended: if it was lost, the peer asks again, and "login failed"
 * must not become "no answer" (RFC 7296 §2.1). */
typedef struct Farewell {
    uint64_t spi; /* ours */
    uint8_t digest[IKE_ASKED_LEN];
    GBytes *answer;
    Usec until;
} Farewell;

/* Which IKE_SA_INIT made an SA: all its octets, so a repetition is told from a new attempt. */
typedef struct Entry {
    IkeSa *sa;
    uint8_t digest[IKE_ASKED_LEN];
    Addr from;  /* IPv6: of the /64 only */
    GList half; /* in the list of the half-open, while ->data is set */
} Entry;

struct IkeListen {
    const IkeConfig *config;
    const IkeEnv *env;
    IkeLimits limits;
    IkeListenCount count;
    IkeCookieJar jar;
    size_t half_open;
    GQueue half;           /* of Entry *, oldest first; some may be half-open no more */
    GQueue ended;          /* of IkeSa * that gave way */
    GHashTable *entries;   /* IkeSa * -> Entry, owned */
    GHashTable *by_spi;    /* each SPI that an SA has chosen -> that SA, which keeps it here */
    GHashTable *by_digest; /* digest in the Entry -> Entry */
    GQueue farewells;      /* of Farewell *, oldest first */
    GQueue out;            /* of IkeOut * */
    IkeOut *lent;
    Usec second; /* since when @complaints are counted */
    unsigned complaints;
};

static guint
digest_hash(gconstpointer p)
{
    guint h;

    memcpy(&h, p, sizeof(h)); /* SHA-256 is as even as a hash gets */
    return h;
}

static gboolean
digest_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, IKE_ASKED_LEN) == 0;
}

static void
entry_free(Entry *e)
{
    ike_sa_free(e->sa);
    g_free(e);
}

static void
farewell_free(Farewell *f)
{
    g_bytes_unref(f->answer);
    g_free(f);
}

static void
out_free(IkeOut *o)
{
    if (!o)
        return;
    g_bytes_unref(o->octets);
    g_free(o);
}

IkeListen *
ike_listen_new(const IkeConfig *config, const IkeEnv *env, const IkeLimits *limits)
{
    IkeListen *l = g_new0(IkeListen, 1);

    l->config = config;
    l->env = env;
    l->limits = *limits;
    l->entries = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)entry_free);
    l->by_spi = g_hash_table_new(g_int64_hash, g_int64_equal);
    l->by_digest = g_hash_table_new(digest_hash, digest_equal);
    g_queue_init(&l->half);
    g_queue_init(&l->ended);
    g_queue_init(&l->farewells);
    g_queue_init(&l->out);
    return l;
}

void
ike_listen_free(IkeListen *l)
{
    if (!l)
        return;
    g_hash_table_unref(l->by_digest);
    g_hash_table_unref(l->entries);
    g_hash_table_unref(l->by_spi);
    g_queue_clear(&l->ended);
    ike_cookie_clear(&l->jar);
    g_queue_clear_full(&l->farewells, (GDestroyNotify)farewell_free);
    g_queue_clear_full(&l->out, (GDestroyNotify)out_free);
    out_free(l->lent);
    g_free(l);
}

/* An answer of the door's own: one Notify, unprotected. */
static void
answer(IkeListen *l, const IkePath *path, const IkeHeader *h, uint16_t type, Slice data)
{
    uint8_t buf[ANSWER_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };
    g_autoptr(GBytes) octets = NULL;
    IkeChain c;

    ike_header_encode(&(IkeHeader){ .spi_i = h->spi_i,
                                    .spi_r = h->spi_r,
                                    .version = IKE_VERSION,
                                    .exchange = h->exchange,
                                    .flags = IKE_FLAG_RESPONSE,
                                    .message_id = h->message_id },
                      &w);
    c = ike_chain_begin(&w, 0);
    ike_chain_notify(&c, IKE_PROTO_NONE, type, data);
    ike_header_finish(&w, 0);
    g_assert(!w.overflow);
    octets = g_bytes_new(buf, w.len);
    ike_out_push(&l->out, path, octets);
}

/* An error about a request, few a second: it must be no weapon (RFC 7296 §2.21.4). */
static void
complain(IkeListen *l, const IkePath *path, const IkeHeader *h, uint16_t error, Usec now)
{
    if (now - l->second >= USEC_PER_SEC) {
        l->second = now;
        l->complaints = 0;
    }
    if (l->complaints >= COMPLAINTS_PER_SECOND)
        return;
    l->complaints++;
    answer(l, path, h, error, (Slice){ 0 });
}

static void
digest_of(Slice octets, uint8_t ret[static IKE_ASKED_LEN])
{
    uint8_t d[DIGEST_MAX];

    g_assert(digest("SHA256", &octets, 1, d) == IKE_ASKED_LEN);
    memcpy(ret, d, IKE_ASKED_LEN);
}

/* A request that an SA which is gone has answered gets the same answer. */
static bool
say_farewell(IkeListen *l, const IkePath *path, uint64_t spi, Slice octets, Usec now)
{
    uint8_t digest[IKE_ASKED_LEN];
    Farewell *f;

    while ((f = g_queue_peek_head(&l->farewells)) && f->until <= now)
        farewell_free(g_queue_pop_head(&l->farewells));
    if (g_queue_is_empty(&l->farewells))
        return false;
    digest_of(ike_cfrag_identity(octets), digest);
    for (GList *i = l->farewells.head; i; i = i->next) {
        f = i->data;
        if (f->spi == spi && memcmp(f->digest, digest, sizeof(digest)) == 0) {
            ike_out_push(&l->out, path, f->answer);
            return true;
        }
    }
    return false;
}

/* By what the many are told from the one: nobody has fewer IPv6 addresses than a /64. */
static Addr
origin(const Addr *a)
{
    Addr ret = *a;

    if (a->family == ADDR_V6)
        memset(ret.b + SITE_LEN, 0, sizeof(ret.b) - SITE_LEN);
    return ret;
}

static void
unlink_half(IkeListen *l, Entry *e)
{
    if (!e->half.data)
        return;
    g_queue_unlink(&l->half, &e->half);
    e->half.data = NULL;
}

/* How many of @from are half-open. @ret_oldest: of them the oldest that could give way, or NULL. */
static size_t
count_half(IkeListen *l, const Addr *from, Entry **ret_oldest)
{
    size_t n = 0;

    *ret_oldest = NULL;
    for (GList *i = l->half.head, *next; i; i = next) {
        Entry *e = i->data;

        next = i->next;
        if (!e->sa->half_open) {
            unlink_half(l, e);
            continue;
        }
        if (from && !addr_equal(&e->from, from))
            continue;
        n++;
        if (!*ret_oldest && e->sa->state == IKE_STATE_INIT_SEEN)
            *ret_oldest = e;
    }
    return n;
}

/* The walk over the list is no longer than ->cookie_from: beyond that a cookie is asked anyway. */
static bool
wants_cookie(IkeListen *l, const Addr *from)
{
    Entry *oldest;

    if (l->limits.cookie_from == IKE_COOKIE_NEVER || l->half_open >= l->limits.cookie_from)
        return l->limits.cookie_from != IKE_COOKIE_NEVER;
    return count_half(l, from, &oldest) >= l->limits.half_open_address;
}

/* RFC 7296 §2.6: before any key exchange, and before anything is kept. A cookie that is not good is
 * as none, and the answer is a new one; it is never larger than the request. */
static bool
passes_cookie(IkeListen *l, const IkePath *path, const IkeHeader *h, const IkeGlance *g,
              const Addr *from, Usec now)
{
    uint8_t cookie[IKE_COOKIE_LEN];

    if (!wants_cookie(l, from))
        return true;
    if (g->cookie.len > 0 && ike_cookie_good(&l->jar, l->env, &path->remote.addr, g, now)) {
        l->count.cookies_good++;
        return true;
    }
    l->count.cookies_bad += g->cookie.len > 0;
    if (h->length < COOKIE_ANSWER)
        return false;
    l->count.cookies_asked++;
    ike_cookie_bake(&l->jar, l->env, &path->remote.addr, g, now, cookie);
    answer(l, path, h, IKE_N_COOKIE, (Slice){ cookie, sizeof(cookie) });
    return false;
}

/* RFC 5685 §3: before any key exchange too. An answer that would be larger than the request is not
 * given, and the client comes in. */
static bool
sends_elsewhere(IkeListen *l, const IkePath *path, const IkeHeader *h, const IkeGlance *g)
{
    uint8_t buf[REDIRECT_DATA_MAX];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    if (!l->config->redirect_init || !g->redirectable)
        return false;
    ike_redirect_encode(l->config->redirect_init, g->nonce, &w);
    if (h->length < IKE_HEADER_LEN + NOTIFY_HEADS + w.len)
        return false;
    l->count.redirected++;
    answer(l, path, h, IKE_N_REDIRECT, writer_view(&w));
    return true;
}

/* Is there room for one more from @from? @ret_victim: who has to go for it, or NULL. */
static bool
has_room(IkeListen *l, const Addr *from, Entry **ret_victim)
{
    if (count_half(l, from, ret_victim) >= l->limits.half_open_address)
        return *ret_victim != NULL;
    *ret_victim = NULL;
    if (l->half_open < l->limits.half_open && g_hash_table_size(l->entries) < l->limits.all)
        return true;
    (void)count_half(l, NULL, ret_victim);
    return *ret_victim != NULL;
}

static void
give_way(IkeListen *l, Entry *e, Usec now)
{
    ike_sa_blame(e->sa, IKE_REASON_TIMEOUT, "no IKE_AUTH yet, and newer clients need the room");
    (void)ike_fsm_fire(e->sa, IKE_ON_LIMIT, NULL, now);
    unlink_half(l, e);
    g_queue_push_tail(&l->ended, e->sa);
    l->count.given_way++;
}

/* A new IKE SA, if the request is good for one. */
static Entry *
make_entry(IkeListen *l, const IkePath *path, Slice octets, const uint8_t *digest, Usec now)
{
    Entry *e = g_new0(Entry, 1);

    memcpy(e->digest, digest, sizeof(e->digest));
    e->from = origin(&path->remote.addr);
    e->sa = ike_sa_new(IKE_RESPONDER, l->config, l->env);
    e->sa->created = now;
    if (g_hash_table_contains(l->by_spi, ike_epoch_spi(e->sa->ike)) ||
        ike_sa_recv(e->sa, path, octets, now) != IKE_OK) {
        entry_free(e);
        return NULL;
    }
    g_hash_table_insert(l->entries, e->sa, e);
    ike_sa_enlist(e->sa, l->by_spi);
    g_hash_table_insert(l->by_digest, e->digest, e);
    return e;
}

/* IKE_SA_INIT: the SA it made before, or a new one. */
static IkeSa *
recv_init(IkeListen *l, const IkePath *path, const IkeHeader *h, Slice octets, Usec now,
          bool *ret_new)
{
    Addr from = origin(&path->remote.addr);
    uint8_t digest[IKE_ASKED_LEN];
    Entry *e, *victim;
    IkeGlance g;

    if (!ike_glance(octets, h, &g))
        return NULL;
    digest_of(octets, digest);
    e = g_hash_table_lookup(l->by_digest, digest);
    if (e)
        return ike_sa_recv(e->sa, path, octets, now) == IKE_OK ? e->sa : NULL;
    if (!passes_cookie(l, path, h, &g, &from, now) || sends_elsewhere(l, path, h, &g))
        return NULL;
    if (!has_room(l, &from, &victim)) {
        l->count.refused++;
        return NULL;
    }
    e = make_entry(l, path, octets, digest, now);
    if (!e)
        return NULL;
    *ret_new = true;
    if (e->sa->state == IKE_STATE_CLOSED)
        return e->sa;
    l->half_open++;
    e->sa->half_open = &l->half_open;
    e->half.data = e;
    g_queue_push_tail_link(&l->half, &e->half);
    if (victim)
        give_way(l, victim, now);
    return e->sa;
}

IkeSa *
ike_listen_begin(IkeListen *l, const IkeConfig *config)
{
    Entry *e = g_new0(Entry, 1);

    e->sa = ike_sa_new(IKE_INITIATOR, config, l->env);
    while (g_hash_table_contains(l->by_spi, ike_epoch_spi(e->sa->ike)))
        *ike_epoch_spi(e->sa->ike) = ike_sa_draw_spi(e->sa);
    g_hash_table_insert(l->entries, e->sa, e);
    ike_sa_enlist(e->sa, l->by_spi);
    return e->sa;
}

IkeSa *
ike_listen_recv(IkeListen *l, const IkePath *path, Slice octets, Usec now, bool *ret_new)
{
    Reader in = reader_init(octets);
    uint64_t spi;
    IkeHeader h;
    IkeSa *sa;

    *ret_new = false;
    if (ike_header_decode(&in, &h) != IKE_OK || h.length != octets.len)
        return NULL;
    if (h.version >> 4 != IKE_VERSION >> 4) {
        /* a later version is told so; IKEv1 is not answered (RFC 7296 §2.5, RFC 9395) */
        if (h.version >> 4 > IKE_VERSION >> 4 && (h.flags & IKE_FLAG_RESPONSE) == 0)
            complain(l, path, &h, IKE_N_INVALID_MAJOR_VERSION, now);
        return NULL;
    }
    if (h.spi_r == 0 && (h.flags & IKE_FLAG_INITIATOR))
        return recv_init(l, path, &h, octets, now, ret_new);
    if (h.spi_r == 0 && (h.flags & IKE_FLAG_RESPONSE) == 0)
        return NULL;
    /* §2.6: who has not begun an IKE SA has chosen the responder's SPI; we may have rekeyed ours */
    spi = (h.flags & IKE_FLAG_INITIATOR) ? h.spi_r : h.spi_i;
    sa = g_hash_table_lookup(l->by_spi, &spi);
    if (sa)
        return ike_sa_recv(sa, path, octets, now) == IKE_OK ? sa : NULL;
    if ((h.flags & IKE_FLAG_RESPONSE) == 0 && !say_farewell(l, path, spi, octets, now))
        complain(l, path, &h, IKE_N_INVALID_IKE_SPI, now);
    return NULL;
}

bool
ike_listen_pull(IkeListen *l, IkeDatagram *ret)
{
    out_free(l->lent);
    l->lent = g_queue_pop_head(&l->out);
    if (!l->lent)
        return false;
    *ret = (IkeDatagram){ .path = l->lent->path, .octets = ike_sa_bytes(l->lent->octets) };
    return true;
}

IkeSa *
ike_listen_ended(IkeListen *l)
{
    return g_queue_pop_head(&l->ended);
}

/* Its last answer outlives it a while. */
static void
keep_farewell(IkeListen *l, IkeSa *sa)
{
    const IkeAsked *last = ike_window_last(&sa->at->window);
    Farewell *f;

    if (!last || !last->answer || !sa->at->armed)
        return;
    if (sa->role == IKE_RESPONDER && !sa->at->rekeyed && last->id == 0)
        return; /* a repeated IKE_SA_INIT is a new attempt */
    f = g_new0(Farewell, 1);
    f->spi = *ike_epoch_spi(sa->at);
    memcpy(f->digest, last->digest, sizeof(f->digest));
    f->answer = g_bytes_ref(last->answer);
    f->until = usec_add(sa->sent, FAREWELL_S * USEC_PER_SEC);
    g_queue_push_tail(&l->farewells, f);
    if (g_queue_get_length(&l->farewells) > FAREWELLS_MAX)
        farewell_free(g_queue_pop_head(&l->farewells));
}

void
ike_listen_remove(IkeListen *l, IkeSa *sa)
{
    Entry *e = g_hash_table_lookup(l->entries, sa);

    g_assert(e);
    keep_farewell(l, sa);
    unlink_half(l, e);
    g_queue_remove(&l->ended, sa);
    g_hash_table_remove(l->by_digest, e->digest);
    g_hash_table_remove(l->entries, sa);
}

size_t
ike_listen_count(const IkeListen *l)
{
    return g_hash_table_size(l->entries);
}

size_t
ike_listen_half_open(const IkeListen *l)
{
    return l->half_open;
}

IkeListenCount
ike_listen_counted(const IkeListen *l)
{
    return l->count;
}
