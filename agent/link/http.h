/* http.h - fetch small things over plain http, several at once and off the main loop: CRLs and OCSP
 * responses, which are signed by themselves. */
#pragma once

#include <gio/gio.h>

#include "agent/base/usec.h"

/* One address. @type and @post make it a POST. */
typedef struct HttpJob {
    char *url;
    const char *type; /* Content-Type of @post; static */
    GBytes *post;     /* NULL: a GET */
    GBytes *got;      /* the body of a 200, NULL: none; @why says why */
    char *why;
} HttpJob;
HttpJob *http_job_new(const char *url, const char *type, GBytes *post);
void http_job_free(HttpJob *j);

/* http_fetch - all of @jobs (of HttpJob *, taken) at once; each is done when its server has
 * answered or failed, and none takes longer than @limit. No redirections, no proxy, no other
 * protocol.
 * @max: octets of one body. http_fetch_finish() gives @jobs back; NULL when it was cancelled. */
void http_fetch(GPtrArray *jobs, size_t max, Usec limit, GCancellable *cancellable,
                GAsyncReadyCallback done, void *user);
GPtrArray *http_fetch_finish(GAsyncResult *result, GError **error);
