#include "agent/headend/checker.h"

struct Checker {
    const Aaa *aaa;
    GThread *thread;    /* one: logins are rare, and this host has other work */
    GAsyncQueue *asked; /* of CheckerJob *, for the thread; the Checker itself: no more */
    GMainContext *context;
    GHashTable *jobs; /* CheckerJob * -> itself */
};

struct CheckerJob {
    Checker *checker;
    char *name;
    Secret password;
    CheckerDone done; /* NULL: forgotten */
    void *data;
    const AsaUser *user; /* the verdict, written before @source is attached */
    GSource *source;     /* wakes the main loop; made with the job */
};

static void
job_free(gpointer p)
{
    CheckerJob *j = p;

    g_source_destroy(j->source);
    g_source_unref(j->source);
    g_free(j->name);
    secret_clear(&j->password);
    g_free(j);
}

static gboolean
on_main_loop(gpointer p)
{
    CheckerJob *j = p;
    CheckerDone done = j->done;
    const AsaUser *user = j->user;
    void *data = j->data;

    g_hash_table_remove(j->checker->jobs, j);
    if (done)
        done(user, data);
    return G_SOURCE_REMOVE;
}

static gpointer
in_thread(gpointer p)
{
    const Checker *c = p;
    CheckerJob *j;

    while ((j = g_async_queue_pop(c->asked)) != p) {
        j->user = aaa_check(c->aaa, j->name, secret_view(&j->password));
        g_source_attach(j->source, c->context);
    }
    return NULL;
}

Checker *
checker_new(const Aaa *aaa)
{
    Checker *c = g_new0(Checker, 1);

    c->aaa = aaa;
    c->context = g_main_context_ref_thread_default();
    c->jobs = g_hash_table_new_full(NULL, NULL, job_free, NULL);
    c->asked = g_async_queue_new();
    c->thread = g_thread_new("checker", in_thread, c);
    return c;
}

void
checker_free(Checker *c)
{
    if (!c)
        return;
    g_async_queue_push_front(c->asked, c);
    g_thread_join(c->thread);
    g_async_queue_unref(c->asked);
    g_hash_table_unref(c->jobs);
    g_main_context_unref(c->context);
    g_free(c);
}

CheckerJob *
checker_ask(Checker *c, const char *name, Slice password, CheckerDone done, void *data)
{
    CheckerJob *j;

    if (g_hash_table_size(c->jobs) >= CHECKER_WAITING_MAX)
        return NULL;
    j = g_new0(CheckerJob, 1);
    j->checker = c;
    j->name = g_strdup(name);
    secret_set(&j->password, password);
    j->done = done;
    j->data = data;
    j->source = g_idle_source_new();
    g_source_set_priority(j->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(j->source, on_main_loop, j, NULL);
    g_hash_table_add(c->jobs, j);
    g_async_queue_push(c->asked, j);
    return j;
}

void
checker_forget(CheckerJob *job)
{
    job->done = NULL;
}
