#include "agent/link/ike_driver.h"

#include <errno.h>
#include <sys/random.h>

#include "agent/link/resident.h"

/* One timer for all drivers of a thread, because GLib looks at every source it has at every turn of
 * its loop, and a gateway has thousands of drivers. */
typedef struct Timer {
    GSource source;
    GSequence *drivers; /* by ->due */
} Timer;

static __thread Timer *timer; /* NULL while there is no driver */

struct IkeDriver {
    IkeSa *sa;
    const UdpDoors *doors;
    IkeDriverEvent on_event;
    void *user;
    Usec due;
    GSequenceIter *place; /* in the timer */
    bool busy;            /* inside ike_driver_kick() */
    bool *gone;           /* while busy: set when the driver is freed under its feet */
};

static int
by_due(gconstpointer a, gconstpointer b, gpointer unused)
{
    Usec x = ((const IkeDriver *)a)->due, y = ((const IkeDriver *)b)->due;

    (void)unused;
    return (x > y) - (x < y);
}

/* Usec is GLib's monotonic unit; USEC_NEVER becomes -1, which is GLib's "never". */
static void
timer_set(void)
{
    const IkeDriver *first = g_sequence_get(g_sequence_get_begin_iter(timer->drivers));

    g_source_set_ready_time(&timer->source, (gint64)first->due);
}

static void
set_due(IkeDriver *d, Usec due)
{
    if (d->due == due)
        return;
    d->due = due;
    g_sequence_sort_changed(d->place, by_due, NULL);
    timer_set();
}

/* One at a time: what it does may free any of them, and the rest of the loop has its turn. */
static gboolean
timer_dispatch(GSource *source, GSourceFunc unused, gpointer user)
{
    IkeDriver *d = g_sequence_get(g_sequence_get_begin_iter(((Timer *)source)->drivers));
    Usec now = ike_driver_now();

    (void)unused, (void)user;
    if (d->due > now)
        return G_SOURCE_CONTINUE;
    set_due(d, USEC_NEVER);
    ike_sa_tick(d->sa, now);
    ike_driver_kick(d);
    return G_SOURCE_CONTINUE;
}

static void
timer_finalize(GSource *source)
{
    g_sequence_free(((Timer *)source)->drivers);
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch, .finalize = timer_finalize };

static void
timer_add(IkeDriver *d)
{
    if (!timer) {
        timer = (Timer *)g_source_new(&timer_funcs, sizeof(Timer));
        timer->drivers = g_sequence_new(NULL);
        g_source_set_static_name(&timer->source, "ike_driver");
        g_source_attach(&timer->source, g_main_context_get_thread_default());
    }
    d->due = USEC_NEVER;
    d->place = g_sequence_insert_sorted(timer->drivers, d, by_due, NULL);
}

static void
timer_remove(IkeDriver *d)
{
    g_sequence_remove(d->place);
    if (!g_sequence_is_empty(timer->drivers)) {
        timer_set();
        return;
    }
    g_source_destroy(&timer->source);
    g_source_unref(&timer->source);
    timer = NULL;
}

IkeDriver *
ike_driver_new(IkeSa *sa, const UdpDoors *doors, IkeDriverEvent on_event, void *user)
{
    IkeDriver *d = g_new(IkeDriver, 1);

    *d = (IkeDriver){ .sa = sa, .doors = doors, .on_event = on_event, .user = user };
    timer_add(d);
    return d;
}

void
ike_driver_free(IkeDriver *d)
{
    if (!d)
        return;
    if (d->gone)
        *d->gone = true;
    timer_remove(d);
    g_free(d);
}

void
ike_driver_tell(IkeDriver *d, IkeDriverEvent on_event, void *user)
{
    d->on_event = on_event;
    d->user = user;
}

static void
send_all(IkeDriver *d)
{
    IkeDatagram out;

    while (ike_sa_pull_datagram(d->sa, &out))
        udp_doors_send(d->doors, &out);
}

void
ike_driver_kick(IkeDriver *d)
{
    bool gone = false;
    IkeEvent ev;

    if (d->busy)
        return; /* the loop below has yet to come round */
    d->busy = true;
    d->gone = &gone;
    /* What an event tells comes first: the peer must not hear of a child SA that is not there
     * yet, nor of the end of one that still carries packets. */
    while (ike_sa_pull_event(d->sa, &ev)) {
        bool alive;

        resident_used(); /* not with each datagram: one that is sent again runs no code */
        if (ev.kind == IKE_EV_CLOSED)
            send_all(d); /* who hears it frees the SA */
        alive = d->on_event(&ev, d->user);
        if (gone)
            return;
        if (!alive) { /* the SA is gone, the driver soon will be: busy for ever keeps it still */
            d->gone = NULL;
            set_due(d, USEC_NEVER);
            return;
        }
    }
    send_all(d);
    d->busy = false;
    d->gone = NULL;
    set_due(d, ike_sa_deadline(d->sa));
}

Usec
ike_driver_now(void)
{
    return (Usec)g_get_monotonic_time();
}

static void
kernel_random(void *user, uint8_t *ret, size_t len)
{
    (void)user;
    while (len > 0) {
        ssize_t n = getrandom(ret, len, 0);

        if (n < 0 && errno != EINTR)
            g_error("the kernel gives no random octets: %s", g_strerror(errno));
        if (n > 0) {
            ret += n;
            len -= (size_t)n;
        }
    }
}

/* Below 256 is reserved (RFC 4303 §2.1). */
static uint32_t
random_spi(void *user)
{
    uint32_t spi;

    do
        kernel_random(user, (uint8_t *)&spi, sizeof(spi));
    while (spi < 256);
    return spi;
}

static int64_t
wall_seconds(void *user)
{
    (void)user;
    return g_get_real_time() / G_USEC_PER_SEC;
}

const IkeEnv *
ike_driver_env(void)
{
    static const IkeEnv env = { .random = kernel_random,
                                .esp_spi = random_spi,
                                .wall = wall_seconds };

    return &env;
}
