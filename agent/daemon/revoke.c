#include "agent/daemon/revoke.h"

#include "agent/base/log.h"
#include "agent/link/http.h"

static const char ocsp_request_type[] = "application/ocsp-request"; /* RFC 6960 §A.1 */

/* One question under way. */
typedef struct Check {
    const X509Chain *chain;
    X509Store *anchors;
    int64_t now;
    X509Evidence *evidence;
    GCancellable *cancellable;
    RevokeDone done;
    void *user;
    RevokeResult result;
} Check;

void
revoke_result_clear(RevokeResult *r)
{
    g_free(r->why);
    *r = (RevokeResult){ 0 };
}

static void
check_free(Check *c)
{
    x509_evidence_free(c->evidence);
    g_object_unref(c->cancellable);
    revoke_result_clear(&c->result);
    g_free(c);
}

static void
finish(Check *c)
{
    if (!g_cancellable_is_cancelled(c->cancellable))
        c->done(&c->result, c->user);
    check_free(c);
}

static gboolean
finish_idle(gpointer user)
{
    finish(user);
    return G_SOURCE_REMOVE;
}

/* The administrator's own lists; a file that cannot be read is as good as none, and said. */
static void
add_file(Check *c, const char *file)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    gsize len;

    if (!g_file_get_contents(file, &text, &len, &error))
        c->result.why = g_strdup(error->message);
    else if (!x509_evidence_add_crl(c->evidence, (Slice){ (const uint8_t *)text, len }))
        c->result.why = g_strdup_printf("%s: no certificate revocation list", file);
}

static void
complain(Check *c, const HttpJob *j, const char *why)
{
    log_at(LOG_INFO, NULL, "%s: %s", j->url, why);
    if (!c->result.why)
        c->result.why = g_strdup_printf("%s: %s", j->url, why);
}

static void
judge(Check *c)
{
    c->result.problems = x509_chain_revoked(c->chain, c->anchors, c->evidence, c->now);
}

static void
on_fetched(GObject *source, GAsyncResult *result, gpointer user)
{
    Check *c = user;
    g_autoptr(GPtrArray) jobs = http_fetch_finish(result, NULL);

    (void)source;
    for (guint i = 0; jobs && i < jobs->len; i++) {
        const HttpJob *j = g_ptr_array_index(jobs, i);
        Slice body = { 0 };

        if (!j->got) {
            complain(c, j, j->why ? j->why : "no answer");
            continue;
        }
        body.p = g_bytes_get_data(j->got, &body.len);
        if (!(j->post ? x509_evidence_add_ocsp(c->evidence, body)
                      : x509_evidence_add_crl(c->evidence, body)))
            complain(c, j, "the answer is malformed");
    }
    if (jobs) /* else nobody wants it, and what was borrowed may be gone */
        judge(c);
    finish(c);
}

static GPtrArray *
jobs_of(const GPtrArray *sources)
{
    GPtrArray *jobs = g_ptr_array_new_with_free_func((GDestroyNotify)http_job_free);

    for (guint i = 0; i < sources->len; i++) {
        const X509Source *s = g_ptr_array_index(sources, i);

        g_ptr_array_add(jobs, http_job_new(s->url, ocsp_request_type, s->request));
    }
    return jobs;
}

void
revoke_check(const X509Chain *chain, X509Store *anchors, const Settings *settings, int64_t now,
             GCancellable *cancellable, RevokeDone done, void *user)
{
    g_autoptr(GPtrArray) sources = x509_chain_sources(chain, anchors, now);
    Check *c = g_new0(Check, 1);

    *c = (Check){ .chain = chain,
                  .anchors = anchors,
                  .now = now,
                  .evidence = x509_evidence_new(),
                  .cancellable = g_object_ref(cancellable),
                  .done = done,
                  .user = user };
    if (settings->crl_file)
        add_file(c, settings->crl_file);
    judge(c);
    if (c->result.problems == X509_UNCHECKED && sources->len > 0)
        http_fetch(jobs_of(sources), X509_EVIDENCE_OCTETS, REVOKE_LIMIT_S * USEC_PER_SEC,
                   cancellable, on_fetched, c);
    else
        g_idle_add(finish_idle, c);
}
