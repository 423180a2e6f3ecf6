#include "agent/link/revoke.h"

#include "agent/base/log.h"
#include "agent/link/http.h"

static const char ocsp_request_type[] = "application/ocsp-request"; /* RFC 6960 §A.1 */

/* One question under way. */
typedef struct Check {
    RevokeSetup setup;
    size_t step;
    X509Evidence *evidence;
    GPtrArray *asked; /* of X509Source *: those that are being fetched */
    GCancellable *cancellable;
    RevokeDone done;
    void *user;
    RevokeResult result;
} Check;

void
revoke_result_clear(RevokeResult *r)
{
    g_free(r->serial);
    g_free(r->why);
    *r = (RevokeResult){ 0 };
}

static void
check_free(Check *c)
{
    x509_evidence_free(c->evidence);
    g_clear_pointer(&c->asked, g_ptr_array_unref);
    g_object_unref(c->cancellable);
    revoke_result_clear(&c->result);
    g_free(c);
}

static void
complain(Check *c, const char *url, const char *why)
{
    if (!c->result.why)
        c->result.why = g_strdup_printf("%s: %s", url, why);
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
        complain(c, file, "no certificate revocation list");
}

static void
judge(Check *c)
{
    g_clear_pointer(&c->result.serial, g_free);
    c->result.problems = x509_chain_revoked(c->setup.chain, c->setup.anchors, c->evidence,
                                            c->setup.now, &c->result.serial);
}

/* What one address has said; why it is of no use, NULL when it is of some. */
static const char *
read_answer(const HttpJob *j, X509Evidence *words)
{
    Slice body = { 0 }, post = { 0 };

    if (!j->got)
        return j->why ? j->why : "no answer";
    body.p = g_bytes_get_data(j->got, &body.len);
    if (!j->post)
        return x509_evidence_add_crl(words, body) ? NULL : "the answer is malformed";
    post.p = g_bytes_get_data(j->post, &post.len);
    return x509_evidence_add_ocsp(words, body, post)
               ? NULL
               : "the answer is malformed, an error, or not to our question";
}

static void
take_answer(Check *c, const X509Source *s, const HttpJob *j)
{
    int64_t now = c->setup.now;
    RevokeEntry e = { .url = g_strdup(s->url), .words = x509_evidence_new(), .at = now };
    const char *why = read_answer(j, e.words);

    if (why) {
        log_at(LOG_INFO, NULL, "%s: %s", s->url, why);
        complain(c, s->url, why);
        g_clear_pointer(&e.words, x509_evidence_free);
        e.why = g_strdup(why);
        e.until = now + REVOKE_RETRY_S;
    } else {
        x509_evidence_add(c->evidence, e.words);
        e.octets = g_bytes_get_size(j->got);
        e.until = MIN(x509_evidence_until(e.words), now + c->setup.cache_s);
    }
    if (c->setup.cache)
        revoke_cache_put(c->setup.cache, s->key, &e);
    revoke_entry_clear(&e);
}

static void go_on(Check *c);

static void
on_fetched(GObject *source, GAsyncResult *result, gpointer user)
{
    Check *c = user;
    g_autoptr(GPtrArray) jobs = http_fetch_finish(result, NULL);

    (void)source;
    if (!jobs || g_cancellable_is_cancelled(c->cancellable)) {
        check_free(c); /* nobody wants it, and what was borrowed may be gone */
        return;
    }
    for (guint i = 0; i < jobs->len; i++)
        take_answer(c, g_ptr_array_index(c->asked, i), g_ptr_array_index(jobs, i));
    judge(c);
    go_on(c);
}

/* What is known of it already; false when it is to be asked (again). */
static bool
recall(Check *c, const X509Source *s)
{
    int64_t now = c->setup.now;
    const RevokeEntry *e = c->setup.cache ? revoke_cache_find(c->setup.cache, s->key, now) : NULL;

    if (!e)
        return false;
    if (e->words)
        x509_evidence_add(c->evidence, e->words);
    else
        complain(c, e->url, e->why);
    return now - e->at < REVOKE_RETRY_S;
}

/* One step; false when there is nobody to wait for. An answer that is kept and says nothing of this
 * chain is asked for anew: it may be a forgery, which only whoever needs it notices. */
static bool
ask(Check *c, const X509Asking *asking)
{
    g_autoptr(GPtrArray) sources =
        x509_chain_sources(c->setup.chain, c->setup.anchors, asking, c->setup.now);
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func((GDestroyNotify)http_job_free);

    g_clear_pointer(&c->asked, g_ptr_array_unref);
    c->asked = g_ptr_array_new_with_free_func((GDestroyNotify)x509_source_free);
    while (sources->len > 0) {
        X509Source *s = g_ptr_array_steal_index(sources, 0);

        if (recall(c, s)) {
            x509_source_free(s);
            continue;
        }
        g_ptr_array_add(jobs, http_job_new(s->url, ocsp_request_type, s->request));
        g_ptr_array_add(c->asked, s);
    }
    judge(c);
    if (c->result.problems != X509_UNCHECKED || jobs->len == 0)
        return false;
    http_fetch(g_steal_pointer(&jobs), X509_EVIDENCE_OCTETS, REVOKE_LIMIT_S * USEC_PER_SEC,
               c->cancellable, on_fetched, c);
    return true;
}

static void
go_on(Check *c)
{
    while (c->result.problems == X509_UNCHECKED && c->step < c->setup.n_steps)
        if (ask(c, &c->setup.steps[c->step++]))
            return;
    c->done(&c->result, c->user);
    check_free(c);
}

static gboolean
begin(gpointer user)
{
    Check *c = user;

    if (g_cancellable_is_cancelled(c->cancellable)) {
        check_free(c);
        return G_SOURCE_REMOVE;
    }
    if (c->setup.crl_file)
        add_file(c, c->setup.crl_file);
    judge(c);
    go_on(c);
    return G_SOURCE_REMOVE;
}

void
revoke_check(const RevokeSetup *setup, GCancellable *cancellable, RevokeDone done, void *user)
{
    Check *c = g_new0(Check, 1);

    *c = (Check){ .setup = *setup,
                  .evidence = x509_evidence_new(),
                  .cancellable = g_object_ref(cancellable),
                  .done = done,
                  .user = user };
    g_idle_add_full(G_PRIORITY_DEFAULT, begin, c, NULL);
}
