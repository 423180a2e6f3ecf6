#include <string.h>

#include "agent/link/http.h"
#include "tests/support/http_server.h"
#include "tests/support/test.h"

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
    g_autoptr(HttpServer) a = http_server_new_text("HTTP/1.0 200 OK\r\n\r\nfirst");
    g_autoptr(HttpServer) b = http_server_new_text("HTTP/1.0 200 OK\r\n\r\nsecond");
    g_autofree char *url_a = http_server_url(a), *url_b = http_server_url(b);
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
    g_autoptr(HttpServer) s = http_server_new_text(answer);
    g_autofree char *url = http_server_url(s);
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

/* The octets behind a Location may be anybody's. */
static void
test_a_redirection_is_not_followed(void **state)
{
    g_autoptr(HttpServer) target = http_server_new_text("HTTP/1.0 200 OK\r\n\r\nx");
    g_autofree char *there = http_server_url(target);
    g_autofree char *answer =
        g_strdup_printf("HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", there);
    g_autoptr(HttpServer) s = http_server_new_text(answer);
    g_autofree char *url = http_server_url(s);
    g_autoptr(GPtrArray) got = fetch(one_job(url, NULL), 10, 10 * USEC_PER_SEC, NULL, NULL);

    (void)state;
    assert_null(job(got, 0)->got);
    assert_int_equal(s->n, 1);
    assert_int_equal(target->n, 0);
}

static void
test_a_body_in_chunks_is_joined_and_bounded(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n";
    g_autoptr(HttpServer) s = http_server_new_text(answer);
    g_autofree char *url = http_server_url(s);
    g_autoptr(GPtrArray) whole = fetch(one_job(url, NULL), 10, 10 * USEC_PER_SEC, NULL, NULL);
    g_autoptr(GPtrArray) cut = fetch(one_job(url, NULL), 9, 10 * USEC_PER_SEC, NULL, NULL);

    (void)state;
    assert_int_equal(g_bytes_get_size(job(whole, 0)->got), 10);
    assert_memory_equal(g_bytes_get_data(job(whole, 0)->got, NULL), "0123456789", 10);
    assert_null(job(cut, 0)->got);
    assert_string_equal(job(cut, 0)->why, "larger than 9 octets");
}

/* A length that is said is no reason to wait for it, nor one to believe it. */
static void
test_a_body_that_stops_short_or_says_too_much_is_none(void **state)
{
    (void)state;
    assert_no_body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfew", "");
    assert_no_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\nx", "");
    assert_no_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx", "");
}

static gboolean
drip(gpointer user)
{
    HttpServer *s = user;

    for (guint i = 0; i < s->held->len; i++) {
        GOutputStream *out = g_io_stream_get_output_stream(s->held->pdata[i]);

        (void)g_output_stream_write(out, "x", 1, NULL, NULL);
    }
    return G_SOURCE_CONTINUE;
}

/* The time is for the whole, not for the next octet. */
static void
test_a_server_that_answers_drop_by_drop_is_given_up(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    guint timer = g_timeout_add(20, drip, s);
    g_autoptr(GPtrArray) got = fetch(one_job(url, NULL), 1 << 20, 500 * USEC_PER_MSEC, NULL, NULL);

    (void)state;
    assert_null(job(got, 0)->got);
    assert_non_null(job(got, 0)->why);
    g_source_remove(timer);
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
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(GPtrArray) got = fetch(one_job(url, NULL), 10, 200 * USEC_PER_MSEC, NULL, NULL);

    (void)state;
    assert_null(job(got, 0)->got);
    assert_non_null(job(got, 0)->why);
}

static void
test_a_cancelled_fetch_gives_nothing(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
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
        cmocka_unit_test(test_a_redirection_is_not_followed),
        cmocka_unit_test(test_a_body_in_chunks_is_joined_and_bounded),
        cmocka_unit_test(test_a_body_that_stops_short_or_says_too_much_is_none),
        cmocka_unit_test(test_a_server_that_answers_drop_by_drop_is_given_up),
        cmocka_unit_test(test_only_http_is_spoken),
        cmocka_unit_test(test_a_server_that_never_answers_is_given_up),
        cmocka_unit_test(test_a_cancelled_fetch_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
