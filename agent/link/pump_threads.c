#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/link/pump_private.h"

static void
wake(const PumpThread *t)
{
    /* Cannot fail: the counter is far from full, and only a full one would. */
    (void)!write(t->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
}

/* What came while the thread had no processor came in time. */
static void
look_before(const PumpThread *t)
{
    Pump *p = t->pump;
    bool goes;

    g_mutex_lock(&p->lock);
    goes = p->command->remove;
    g_mutex_unlock(&p->lock);
    if (goes)
        pump_last_look(p, (Usec)g_get_monotonic_time());
}

/* Who reads the sockets hears of a command first: what it has to do before holds up nobody else. */
static void
wake_others(const PumpThread *t)
{
    for (size_t i = 0; i < t->pump->n_threads; i++)
        if (&t->pump->threads[i] != t)
            wake(&t->pump->threads[i]);
}

/* The last of them to stand still does what is wanted: then nobody else touches what they share. */
static void
stand(PumpThread *t)
{
    Pump *p = t->pump;
    uint64_t wakes;
    unsigned turn;

    if (read(t->wake_fd, &wakes, sizeof(wakes)) < 0)
        return;
    if (t->in) {
        look_before(t);
        wake_others(t);
    }
    g_mutex_lock(&p->lock);
    turn = p->turn;
    if (++p->standing == p->n_threads) {
        pump_obey(p, p->command);
        p->command = NULL;
        p->standing = 0;
        p->turn++;
        g_cond_broadcast(&p->obeyed);
    }
    while (p->turn == turn)
        g_cond_wait(&p->obeyed, &p->lock);
    g_mutex_unlock(&p->lock);
    g_cond_signal(&p->done); /* behind the lock, or whoever wakes up would wait for it at once */
}

static void
carry(PumpThread *t, Usec now)
{
    Pump *p = t->pump;

    for (size_t i = 0; i < PUMP_SOCKS; i++) {
        short revents = p->natt[i] ? t->polls[POLL_UDP + i].revents : 0;

        if (t->out && (revents & POLLERR))
            pump_learn_paths(p, p->natt[i], now);
        if (t->in && revents)
            pump_udp_to_tun(p, p->natt[i], now);
    }
    if (t->out && (t->polls[POLL_TUN].revents || tun_port_pending(p->tun_out)))
        pump_tun_to_udp(p, t->polls[POLL_TUN].revents, now);
}

static gpointer
run(gpointer data)
{
    PumpThread *t = data;
    Pump *p = t->pump;

    while (!p->stop) {
        if (poll(t->polls, POLL_N, t->out && tun_port_pending(p->tun_out) ? 0 : -1) < 0)
            continue;
        if (t->polls[POLL_WAKE].revents)
            stand(t);
        carry(t, (Usec)g_get_monotonic_time()); /* once in a batch: ike_driver_now()'s clock */
    }
    return NULL;
}

void
pump_command(Pump *p, const PumpCommand *c)
{
    g_mutex_lock(&p->lock);
    p->command = c;
    wake(&p->threads[p->n_threads - 1]);
    while (p->command)
        g_cond_wait(&p->done, &p->lock);
    g_mutex_unlock(&p->lock);
}

static bool
fail(GError **error)
{
    int e = errno;

    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(e), "cannot start the data thread: %s",
                g_strerror(e));
    return false;
}

static bool
set_thread(Pump *p, size_t i, int tun_fd, GError **error)
{
    PumpThread *t = &p->threads[i];

    t->pump = p;
    t->out = i == 0;
    t->in = i == p->n_threads - 1;
    t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (t->wake_fd < 0)
        return fail(error);
    t->polls[POLL_WAKE] = (struct pollfd){ .fd = t->wake_fd, .events = POLLIN };
    t->polls[POLL_TUN] = (struct pollfd){ .fd = t->out ? tun_fd : -1, .events = POLLIN };
    return true;
}

bool
pump_threads_init(Pump *p, const PumpSetup *setup, GError **error)
{
    int flags = fcntl(setup->tun_fd, F_GETFL);

    for (size_t i = 0; i < PUMP_THREADS_MAX; i++)
        p->threads[i].wake_fd = -1;
    if (flags < 0 || fcntl(setup->tun_fd, F_SETFL, flags | O_NONBLOCK) != 0)
        return fail(error);
    p->n_threads = thread_choice_count(setup->threads, g_get_num_processors());
    for (size_t i = 0; i < p->n_threads; i++)
        if (!set_thread(p, i, setup->tun_fd, error))
            return false;
    p->tun_poll = &p->threads[0].polls[POLL_TUN];
    if (p->n_threads > 1)
        esp_plane_part(p->plane);
    return true;
}

static const char *
name_of(const PumpThread *t)
{
    if (t->in && t->out)
        return "pump";
    return t->in ? "pump-in" : "pump-out";
}

/* Signals are the main loop's. */
bool
pump_threads_start(Pump *p, GError **error)
{
    sigset_t all, old;
    size_t n = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (n < p->n_threads) {
        PumpThread *t = &p->threads[n];

        t->thread = g_thread_try_new(name_of(t), run, t, error);
        if (!t->thread)
            break;
        n++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (n == p->n_threads)
        return true;
    p->n_threads = n; /* these are to be stopped */
    return false;
}

void
pump_threads_stop(Pump *p)
{
    if (p->threads[0].thread)
        pump_command(p, &(PumpCommand){ .stop = true });
    for (size_t i = 0; i < PUMP_THREADS_MAX; i++)
        g_clear_pointer(&p->threads[i].thread, g_thread_join);
    for (size_t i = 0; i < PUMP_THREADS_MAX; i++)
        if (p->threads[i].wake_fd >= 0)
            close(p->threads[i].wake_fd);
}
