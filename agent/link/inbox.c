#include "agent/link/inbox.h"

/* A flood of IKE must cost neither memory nor the main loop's other work. */
enum {
    WAITING_MAX = 256, /* datagrams */
    WAITING_OCTETS_MAX = 1 << 20,
    TURN_MAX = 32, /* datagrams handled before other sources have their turn */
};

typedef struct Letter {
    IkePath path;
    size_t len;
    uint8_t octets[];
} Letter;

struct Inbox {
    GMutex lock;
    GQueue waiting; /* of Letter */
    size_t octets;  /* in ->waiting */
    GSource *source;
    InboxIke on_ike;
    void *user;
    bool *gone; /* while delivering: set when freed meanwhile */
};

typedef struct InboxSource {
    GSource source;
    Inbox *inbox;
} InboxSource;

static Letter *
take(Inbox *in)
{
    Letter *l;

    g_mutex_lock(&in->lock);
    l = g_queue_pop_head(&in->waiting);
    if (l)
        in->octets -= l->len;
    g_mutex_unlock(&in->lock);
    return l;
}

static gboolean
dispatch(GSource *source, GSourceFunc unused, gpointer user)
{
    Inbox *in = ((InboxSource *)source)->inbox;
    bool gone = false;

    (void)unused, (void)user;
    /* Asleep first: whatever is posted from here on wakes it again. */
    g_source_set_ready_time(source, -1);
    in->gone = &gone;
    for (int i = 0; i < TURN_MAX; i++) {
        g_autofree Letter *l = take(in);

        if (!l) {
            in->gone = NULL;
            return G_SOURCE_CONTINUE;
        }
        in->on_ike(&(IkeDatagram){ .path = l->path, .octets = { l->octets, l->len } }, in->user);
        if (gone)
            return G_SOURCE_REMOVE;
    }
    in->gone = NULL;
    g_source_set_ready_time(source, 0);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs inbox_funcs = { .dispatch = dispatch };

Inbox *
inbox_new(InboxIke on_ike, void *user)
{
    Inbox *in = g_new0(Inbox, 1);

    g_mutex_init(&in->lock);
    g_queue_init(&in->waiting);
    in->on_ike = on_ike;
    in->user = user;
    in->source = g_source_new(&inbox_funcs, sizeof(InboxSource));
    ((InboxSource *)in->source)->inbox = in;
    g_source_set_static_name(in->source, "inbox");
    g_source_attach(in->source, g_main_context_get_thread_default());
    return in;
}

void
inbox_free(Inbox *in)
{
    if (!in)
        return;
    if (in->gone)
        *in->gone = true;
    g_source_destroy(in->source);
    g_source_unref(in->source);
    g_queue_clear_full(&in->waiting, g_free);
    g_mutex_clear(&in->lock);
    g_free(in);
}

bool
inbox_post(Inbox *in, const IkeDatagram *d)
{
    bool fits;

    g_mutex_lock(&in->lock);
    fits = in->waiting.length < WAITING_MAX && d->octets.len <= WAITING_OCTETS_MAX - in->octets;
    if (fits) {
        Letter *l = g_malloc(sizeof(*l) + d->octets.len);

        l->path = d->path;
        l->len = d->octets.len;
        memcpy(l->octets, d->octets.p, d->octets.len);
        g_queue_push_tail(&in->waiting, l);
        in->octets += l->len;
    }
    g_mutex_unlock(&in->lock);
    if (fits)
        g_source_set_ready_time(in->source, 0);
    return fits;
}
