#include "agent/link/ike_driver.h"

#include <errno.h>
#include <sys/random.h>

struct IkeDriver {
    IkeSa *sa;
    const UdpDoors *doors;
    IkeDriverEvent on_event;
    void *user;
    GSource *timer;
    bool busy;  /* inside ike_driver_kick() */
    bool *gone; /* while busy: set when the driver is freed under its feet */
};

typedef struct Timer {
    GSource source;
    IkeDriver *driver;
} Timer;

static gboolean
timer_dispatch(GSource *source, GSourceFunc unused, gpointer user)
{
    IkeDriver *d = ((Timer *)source)->driver;

    (void)unused, (void)user;
    g_source_set_ready_time(source, -1);
    ike_sa_tick(d->sa, ike_driver_now());
    ike_driver_kick(d);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

IkeDriver *
ike_driver_new(IkeSa *sa, const UdpDoors *doors, IkeDriverEvent on_event, void *user)
{
    IkeDriver *d = g_new(IkeDriver, 1);

    *d = (IkeDriver){ .sa = sa, .doors = doors, .on_event = on_event, .user = user };
    d->timer = g_source_new(&timer_funcs, sizeof(Timer));
    ((Timer *)d->timer)->driver = d;
    g_source_set_static_name(d->timer, "ike_driver");
    g_source_attach(d->timer, g_main_context_get_thread_default());
    return d;
}

void
ike_driver_free(IkeDriver *d)
{
    if (!d)
        return;
    if (d->gone)
        *d->gone = true;
    g_source_destroy(d->timer);
    g_source_unref(d->timer);
    g_free(d);
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

        if (ev.kind == IKE_EV_CLOSED)
            send_all(d); /* who hears it frees the SA */
        alive = d->on_event(&ev, d->user);
        if (gone)
            return;
        if (!alive) { /* the SA is gone, the driver soon will be: busy for ever keeps it still */
            d->gone = NULL;
            g_source_set_ready_time(d->timer, -1);
            return;
        }
    }
    send_all(d);
    d->busy = false;
    d->gone = NULL;
    /* Usec is GLib's monotonic unit; USEC_NEVER becomes -1, which is GLib's "never". */
    g_source_set_ready_time(d->timer, (gint64)ike_sa_deadline(d->sa));
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
