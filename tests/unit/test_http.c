#include <string.h>

#include "agent/link/http.h"
#include "tests/support/test.h"

/* A server that answers every connection with the same octets; NULL: never. */
typedef struct Server {
    GSocketService *service;
    const char *answer;
    guint16 port;
    GPtrArray *held; /* connections that get no answer */
    char seen[512];  /* the start of the last request */
} Server;

static gboolean
on_incoming(GSocketService *service, GSocketConnection *c, GObject *source, gpointer user)
{
    Server *s = user;
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(c));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(c));
    gssize n;

    (void)service;
    (void)source;
    n = g_input_stream_read(in, s->seen, sizeof(s->seen) - 1, NULL, NULL);
    s->seen[MAX(n, 0)] = 0;
    if (s->answer)
        g_output_stream_write_all(out, s->answer, strlen(s->answer), NULL, NULL, NULL);
    else
        g_ptr_array_add(s->held, g_object_ref(c));
    return TRUE;
}

static Server *
server_new(const char *answer)
{
    Server *s = g_new0(Server, 1);

    s->answer = answer;
    s->held = g_ptr_array_new_with_free_func(g_object_unref);
    s->service = g_socket_service_new();
    s->port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(s->service), NULL, NULL);
    g_signal_connect(s->service, "incoming", G_CALLBACK(on_incoming), s);
    return s;
}

static void
server_free(Server *s)
{
    g_socket_service_stop(s->service);
    g_object_unref(s->service);
    g_ptr_array_unref(s->held);
    g_free(s);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)

static char *
url_of(const Server *s)
{
    return g_strdup_printf("http://127.0.0.1:%u/", s->port);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
    GAsyncResult **ret = user;

    (void)source;
    *ret = g_object_ref(result);
}

static GPtrArray *
fetch(GPtrArray *jobs, size_t max, Usec limit, GCancellable *cancellable, GError **error)
{
    g_autoptr(GAsyncResult) result = NULL;

    http_fetch(jobs, max, limit, cancellable, on_done, &result);
    while (!result)
        g_main_context_iteration(NULL, TRUE);
    return http_fetch_finish(result, error);
}

static GPtrArray *
one_job(const char *url, GBytes *post)
{
    GPtrArray *jobs = g_ptr_array_new_with_free_func((GDestroyNotify)http_job_free);

    g_ptr_array_add(jobs, http_job_new(url, "text/plain", post));
    return jobs;
}

static const HttpJob *
job(const GPtrArray *jobs, guint i)
{
    return g_ptr_array_index(jobs, i);
}

static void
test_bodies_are_fetched_at_once(void **state)
{
    g_autoptr(Server) a = server_new("HTTP/1.0 200 OK\r\n\r\nfirst");
    g_autoptr(Server) b = server_new("HTTP/1.0 200 OK\r\n\r\nsecond");
    g_autofree char *url_a = url_of(a), *url_b = url_of(b);
    g_autoptr(GBytes) post = g_bytes_new_static("question", 8);
    GPtrArray *jobs = one_job(url_a, NULL);
    g_autoptr(GPtrArray) got = NULL;

    (void)state;
    g_ptr_array_add(jobs, http_job_new(url_b, "application/x-question", post));
    got = fetch(jobs, 100, 10 * USEC_PER_SEC, NULL, NULL);
    assert_int_equal(got->len, 2);
    assert_int_equal(g_bytes_get_size(job(got, 0)->got), 5);
    assert_memory_equal(g_bytes_get_data(job(got, 1)->got, NULL), "second", 6);
    assert_non_null(strstr(a->seen, "GET / "));
    assert_non_null(strstr(b->seen, "POST / "));
    assert_non_null(strstr(b->seen, "Content-Type: application/x-question\r\n"));
}

static void
assert_no_body(const char *answer, const char *why)
{
    g_autoptr(Server) s = server_new(answer);
    g_autofree char *url = url_of(s);
    g_autoptr(GPtrArray) got = fetch(one_job(url, NULL), 10, 10 * USEC_PER_SEC, NULL, NULL);

    assert_null(job(got, 0)->got);
    assert_non_null(strstr(job(got, 0)->why, why));
}

static void
test_what_is_no_good_answer_is_none(void **state)
{
    (void)state;
    assert_no_body("HTTP/1.0 404 Not Found\r\n\r\nno", "404");
    assert_no_body("HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "302");
    assert_no_body("HTTP/1.0 200 OK\r\n\r\n0123456789a", "larger than 10 octets");
    assert_no_body("nonsense", "");
}

static void
test_only_http_is_spoken(void **state)
{
    g_autoptr(GPtrArray) got =
        fetch(one_job("file:///etc/hostname", NULL), 10, USEC_PER_SEC, NULL, NULL);

    (void)state;
    assert_null(job(got, 0)->got);
    assert_non_null(job(got, 0)->why);
}

static void
test_a_server_that_never_answers_is_given_up(void **state)
{
    g_autoptr(Server) s = server_new(NULL);
    g_autofree char *url = url_of(s);
    g_autoptr(GPtrArray) got = fetch(one_job(url, NULL), 10, 200 * USEC_PER_MSEC, NULL, NULL);

    (void)state;
    assert_null(job(got, 0)->got);
    assert_non_null(job(got, 0)->why);
}

static void
test_a_cancelled_fetch_gives_nothing(void **state)
{
    g_autoptr(Server) s = server_new(NULL);
    g_autofree char *url = url_of(s);
    g_autoptr(GCancellable) c = g_cancellable_new();
    g_autoptr(GError) error = NULL;

    (void)state;
    g_cancellable_cancel(c);
    assert_null(fetch(one_job(url, NULL), 10, 60 * USEC_PER_SEC, c, &error));
    assert_true(g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_are_fetched_at_once),
        cmocka_unit_test(test_what_is_no_good_answer_is_none),
        cmocka_unit_test(test_only_http_is_spoken),
        cmocka_unit_test(test_a_server_that_never_answers_is_given_up),
        cmocka_unit_test(test_a_cancelled_fetch_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
