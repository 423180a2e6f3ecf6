/* tsan_glib.c - what GLib promises between threads, said to the thread sanitizer: GLib is not built
 * with it, and its locks are its own (futexes), which nobody sees from outside. Linked into
 * programs it stands in front of these few functions, and says of each what was released and what
 * acquired by it. */
#include <dlfcn.h>
#include <gio/gio.h>
#include <sanitizer/tsan_interface.h>

/* The function of this name that GLib has. */
#define REAL(name) ((__typeof__(&(name)))real(#name))

static void *
real(const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    g_assert(f);
    return f;
}

void
g_mutex_lock(GMutex *m)
{
    static __typeof__(&g_mutex_lock) f;

    if (!f)
        f = REAL(g_mutex_lock);
    f(m);
    __tsan_acquire(m);
}

void
g_mutex_unlock(GMutex *m)
{
    static __typeof__(&g_mutex_unlock) f;

    if (!f)
        f = REAL(g_mutex_unlock);
    __tsan_release(m);
    f(m);
}

void
g_cond_wait(GCond *c, GMutex *m)
{
    __tsan_release(m);
    REAL(g_cond_wait)(c, m);
    __tsan_acquire(m);
}

gboolean
g_cond_wait_until(GCond *c, GMutex *m, gint64 until)
{
    gboolean woken;

    __tsan_release(m);
    woken = REAL(g_cond_wait_until)(c, m, until);
    __tsan_acquire(m);
    return woken;
}

void
g_async_queue_push(GAsyncQueue *q, gpointer data)
{
    __tsan_release(q);
    REAL(g_async_queue_push)(q, data);
}

void
g_async_queue_push_front(GAsyncQueue *q, gpointer data)
{
    __tsan_release(q);
    REAL(g_async_queue_push_front)(q, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *q)
{
    gpointer data = REAL(g_async_queue_pop)(q);

    __tsan_acquire(q);
    return data;
}

/* ---- threads of a pool, which are used again ---- */

typedef struct Pool {
    GFunc f;
    gpointer user;
} Pool;

static void
in_pool(gpointer data, gpointer user)
{
    const Pool *p = user;

    __tsan_acquire(user);
    p->f(data, p->user);
}

GThreadPool *
g_thread_pool_new(GFunc f, gpointer user, gint max, gboolean exclusive, GError **error)
{
    Pool *p = g_new(Pool, 1); /* as long as its pool, and GLib's live as long as the program */

    *p = (Pool){ f, user };
    return REAL(g_thread_pool_new)(in_pool, p, max, exclusive, error);
}

gboolean
g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error)
{
    __tsan_release(pool->user_data);
    return REAL(g_thread_pool_push)(pool, data, error);
}

/* ---- what another thread gives a main loop to do: under the lock of its context, and seen by the
 * eventfd only when the loop slept ---- */

static GMainContext *
one(GMainContext *c)
{
    return c ? c : g_main_context_default();
}

guint
g_source_attach(GSource *source, GMainContext *c)
{
    __tsan_release(one(c));
    return REAL(g_source_attach)(source, c);
}

void
g_source_set_ready_time(GSource *source, gint64 when)
{
    GMainContext *c = g_source_get_context(source);

    if (c)
        __tsan_release(c);
    REAL(g_source_set_ready_time)(source, when);
}

gboolean
g_main_context_iteration(GMainContext *which, gboolean may_block)
{
    GMainContext *c = one(which);
    g_autofree GPollFD *fds = NULL;
    gint priority, timeout, n = 0, need;
    gboolean ready;

    g_assert(g_main_context_acquire(c)); /* each has one thread here */
    g_main_context_prepare(c, &priority);
    while ((need = g_main_context_query(c, priority, &timeout, fds, n)) > n) {
        fds = g_renew(GPollFD, fds, need);
        n = need;
    }
    g_poll(fds, (guint)need, may_block ? timeout : 0);
    ready = g_main_context_check(c, priority, fds, need);
    __tsan_acquire(c);
    if (ready)
        g_main_context_dispatch(c);
    g_main_context_release(c);
    return ready;
}

GMainLoop *
g_main_loop_new(GMainContext *c, gboolean running)
{
    (void)running; /* nobody here asks before it runs, or runs it twice */
    return REAL(g_main_loop_new)(c, TRUE);
}

void
g_main_loop_run(GMainLoop *loop)
{
    while (g_main_loop_is_running(loop))
        g_main_context_iteration(g_main_loop_get_context(loop), TRUE);
}
