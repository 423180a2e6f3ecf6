#include "agent/link/http.h"

#include "agent/link/curl_lib_private.h"

enum { POLL_MS = 100 }; /* between two looks whether anybody still wants it */

typedef struct Fetch {
    GPtrArray *jobs;
    size_t max;
    long limit_ms;
} Fetch;

/* One transfer under way. */
typedef struct Transfer {
    const CurlLib *curl;
    CURL *easy;
    struct curl_slist *headers;
    HttpJob *job;
    GByteArray *body;
    size_t max;
} Transfer;

HttpJob *
http_job_new(const char *url, const char *type, GBytes *post)
{
    HttpJob *j = g_new0(HttpJob, 1);

    j->url = g_strdup(url);
    j->type = type;
    j->post = post ? g_bytes_ref(post) : NULL;
    return j;
}

void
http_job_free(HttpJob *j)
{
    if (!j)
        return;
    g_free(j->url);
    g_bytes_unref(j->post);
    g_bytes_unref(j->got);
    g_free(j->why);
    g_free(j);
}

static void
fetch_free(Fetch *f)
{
    g_clear_pointer(&f->jobs, g_ptr_array_unref);
    g_free(f);
}

static size_t
on_body(char *data, size_t size, size_t n, void *user)
{
    Transfer *t = user;

    n *= size;
    if (n > t->max - t->body->len)
        return 0; /* ends the transfer: larger than anything we asked for */
    g_byte_array_append(t->body, (const guint8 *)data, (guint)n);
    return n;
}

static void
transfer_start(Transfer *t, const CurlLib *curl, CURLM *multi, HttpJob *job, const Fetch *f)
{
    *t = (Transfer){ .curl = curl, .easy = curl->easy_init(), .job = job, .max = f->max };
    t->body = g_byte_array_new();
    curl->easy_setopt(t->easy, CURLOPT_URL, job->url);
    curl->easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http");
    curl->easy_setopt(t->easy, CURLOPT_PROXY, "");
    curl->easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, f->limit_ms);
    curl->easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl->easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl->easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    if (job->post) {
        g_autofree char *type = g_strconcat("Content-Type: ", job->type, NULL);
        gsize len;
        const void *p = g_bytes_get_data(job->post, &len);

        t->headers = curl->slist_append(NULL, type);
        curl->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
        curl->easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)len);
        curl->easy_setopt(t->easy, CURLOPT_POSTFIELDS, p);
    }
    curl->multi_add_handle(multi, t->easy);
}

static void
transfer_done(Transfer *t, CURLcode code)
{
    long status = 0;

    t->curl->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && status == 200)
        t->job->got = g_byte_array_free_to_bytes(g_steal_pointer(&t->body));
    else if (code == CURLE_OK)
        t->job->why = g_strdup_printf("HTTP status %ld", status);
    else if (code == CURLE_WRITE_ERROR)
        t->job->why = g_strdup_printf("larger than %zu octets", t->max);
    else
        t->job->why = g_strdup(t->curl->easy_strerror(code));
}

static void
transfer_end(Transfer *t, CURLM *multi)
{
    t->curl->multi_remove_handle(multi, t->easy);
    t->curl->easy_cleanup(t->easy);
    t->curl->slist_free_all(t->headers);
    if (t->body)
        g_byte_array_unref(t->body);
}

static void
run_all(const CurlLib *curl, CURLM *multi, GCancellable *cancellable)
{
    int running = 1, left;
    CURLMsg *m;

    while (running && !g_cancellable_is_cancelled(cancellable)) {
        if (curl->multi_perform(multi, &running) != CURLM_OK)
            return;
        while ((m = curl->multi_info_read(multi, &left))) {
            Transfer *t;

            curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
            transfer_done(t, m->data.result);
        }
        if (running)
            curl->multi_poll(multi, NULL, 0, POLL_MS, NULL);
    }
}

static void
fetch_all(const CurlLib *curl, const Fetch *f, GCancellable *cancellable)
{
    guint n = f->jobs->len;
    g_autofree Transfer *all = g_new0(Transfer, n);
    CURLM *multi = curl->multi_init();

    for (guint i = 0; i < n; i++)
        transfer_start(&all[i], curl, multi, g_ptr_array_index(f->jobs, i), f);
    run_all(curl, multi, cancellable);
    for (guint i = 0; i < n; i++)
        transfer_end(&all[i], multi);
    curl->multi_cleanup(multi);
}

static void
fetch_none(const Fetch *f, const char *why)
{
    for (guint i = 0; i < f->jobs->len; i++) {
        HttpJob *job = g_ptr_array_index(f->jobs, i);

        job->why = g_strdup(why);
    }
}

static void
in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    Fetch *f = data;
    const char *why;
    const CurlLib *curl = curl_lib(&why);

    (void)source;
    if (curl)
        fetch_all(curl, f, cancellable);
    else
        fetch_none(f, why);
    g_task_return_pointer(task, g_steal_pointer(&f->jobs), (GDestroyNotify)g_ptr_array_unref);
}

void
http_fetch(GPtrArray *jobs, size_t max, Usec limit, GCancellable *cancellable,
           GAsyncReadyCallback done, void *user)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, done, user);
    Fetch *f = g_new0(Fetch, 1);

    f->jobs = jobs;
    f->max = max;
    f->limit_ms = (long)(limit / USEC_PER_MSEC);
    g_task_set_task_data(task, f, (GDestroyNotify)fetch_free);
    g_task_run_in_thread(task, in_thread);
}

GPtrArray *
http_fetch_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
