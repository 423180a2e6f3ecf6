#include <glib/gstdio.h>

#include "agent/link/revoke.h"
#include "tests/support/crls.h"
#include "tests/support/http_server.h"
#include "tests/support/test.h"

static EVP_PKEY *root_key, *leaf_key;

static int
make_keys(void **state)
{
    (void)state;
    root_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(leaf_key);
    return 0;
}

/* A certificate whose lists are at @lists, and its root. */
typedef struct Kit {
    GBytes *root, *leaf;
    X509Store *anchors;
    X509Chain *chain;
    RevokeCache *cache;
    RevokeSetup setup;
    RevokeResult result;
    bool done;
} Kit;

static Kit *
kit_new(const char *lists)
{
    g_autofree char *points = lists ? g_strconcat("URI:", lists, NULL) : NULL;
    CertSpec root = { .cn = "Root",
                      .constraints = "critical,CA:TRUE",
                      .usage = "critical,keyCertSign,cRLSign",
                      .key = root_key };
    CertSpec leaf = { .cn = "Client", .crl_points = points, .key = leaf_key, .issuer = &root };
    g_autoptr(X509Chain) one = x509_chain_new();
    g_autofree char *pem = NULL;
    Kit *k = g_new0(Kit, 1);

    k->root = certs_make(&root);
    k->leaf = certs_make(&leaf);
    k->anchors = x509_store_new();
    k->chain = x509_chain_new();
    k->cache = revoke_cache_new();
    assert_true(x509_chain_add(one, certs_view(k->root)));
    pem = x509_chain_to_pem(one);
    assert_true(x509_store_add_pem(k->anchors, slice_of(pem), NULL));
    assert_true(x509_chain_add(k->chain, certs_view(k->leaf)));
    k->setup = (RevokeSetup){ .chain = k->chain,
                              .anchors = k->anchors,
                              .steps = { { .lists = true } },
                              .n_steps = 1,
                              .cache = k->cache,
                              .cache_s = 3600,
                              .now = CERTS_NOW };
    return k;
}

static void
kit_free(Kit *k)
{
    g_bytes_unref(k->root);
    g_bytes_unref(k->leaf);
    x509_store_free(k->anchors);
    x509_chain_free(k->chain);
    revoke_cache_free(k->cache);
    revoke_result_clear(&k->result);
    g_free(k);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kit, kit_free)

static void
on_done(const RevokeResult *r, void *user)
{
    Kit *k = user;

    k->done = true;
    revoke_result_clear(&k->result);
    k->result = (RevokeResult){ r->problems, g_strdup(r->serial), g_strdup(r->why) };
}

static unsigned
check(Kit *k)
{
    g_autoptr(GCancellable) c = g_cancellable_new();

    k->done = false;
    revoke_check(&k->setup, c, on_done, k);
    assert_false(k->done); /* never from within */
    while (!k->done)
        g_main_context_iteration(NULL, TRUE);
    return k->result.problems;
}

static void
serve_list(HttpServer *s, const Kit *k, bool revoked, int64_t until)
{
    g_autoptr(GBytes) der =
        crls_der(crls_make(k->root, root_key, revoked, CERTS_NOW - CRLS_DAY, until));

    http_server_set_body(s, der);
}

static void
test_a_list_is_fetched_once_while_it_counts(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);

    (void)state;
    serve_list(s, k, false, CERTS_NOW + CRLS_DAY);
    assert_int_equal(check(k), 0);
    assert_null(k->result.why);
    assert_null(k->result.serial);
    k->setup.now += 3599;
    assert_int_equal(check(k), 0);
    assert_int_equal(s->n, 1);
    k->setup.now += 1; /* as long as an answer is kept */
    serve_list(s, k, true, CERTS_NOW + CRLS_DAY);
    assert_int_equal(check(k), X509_IS_REVOKED);
    assert_string_equal(k->result.serial, "12345678");
    assert_int_equal(s->n, 2);
    assert_int_equal(check(k), X509_IS_REVOKED);
    assert_int_equal(s->n, 2);
}

static void
test_a_list_is_not_kept_beyond_its_own_end(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);

    (void)state;
    serve_list(s, k, false, CERTS_NOW + 60);
    assert_int_equal(check(k), 0);
    k->setup.now += 60;
    assert_int_equal(check(k), X509_UNCHECKED); /* the same list again: it is over */
    assert_int_equal(s->n, 2);
}

static void
test_who_does_not_answer_is_left_alone_for_a_while(void **state)
{
    g_autoptr(HttpServer) s = http_server_new_text("HTTP/1.0 503 No\r\n\r\n");
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(check(k), X509_UNCHECKED);
        assert_non_null(strstr(k->result.why, "HTTP status 503"));
        assert_int_equal(s->n, 1);
    }
    k->setup.now += REVOKE_RETRY_S;
    serve_list(s, k, false, CERTS_NOW + CRLS_DAY);
    assert_int_equal(check(k), 0);
    assert_int_equal(s->n, 2);
}

/* Over http anybody on the way may put something in its place. */
static void
test_a_forged_list_does_not_stay(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);
    g_autoptr(GBytes) forged =
        crls_der(crls_make(k->root, leaf_key, false, CERTS_NOW - CRLS_DAY, CERTS_NOW + CRLS_DAY));

    (void)state;
    http_server_set_body(s, forged);
    assert_int_equal(check(k), X509_UNCHECKED);
    k->setup.now += REVOKE_RETRY_S;
    serve_list(s, k, true, CERTS_NOW + CRLS_DAY);
    assert_int_equal(check(k), X509_IS_REVOKED);
}

static void
test_the_second_step_is_for_what_the_first_leaves_open(void **state)
{
    g_autoptr(HttpServer) first = http_server_new_text("HTTP/1.0 200 OK\r\n\r\nnonsense");
    g_autoptr(HttpServer) second = http_server_new(NULL);
    g_autofree char *url = http_server_url(first), *own = http_server_url(second);
    const char *const lists[] = { own };
    g_autoptr(Kit) k = kit_new(NULL);

    (void)state;
    serve_list(second, k, false, CERTS_NOW + CRLS_DAY);
    k->setup.steps[0] = (X509Asking){ .ocsp = true, .responder = url };
    k->setup.steps[1] = (X509Asking){ .own = lists, .n_own = 1 };
    k->setup.n_steps = 2;
    assert_int_equal(check(k), 0);
    assert_non_null(strstr(first->seen, "POST / "));
    assert_int_equal(second->n, 1);
    k->setup.steps[1] = (X509Asking){ .ocsp = true, .responder = url };
    k->setup.steps[0] = (X509Asking){ .own = lists, .n_own = 1 };
    k->setup.now += REVOKE_RETRY_S;
    assert_int_equal(check(k), 0);
    assert_int_equal(first->n, 1);
}

static void
test_nobody_is_asked_about_a_chain_that_ends_nowhere(void **state)
{
    g_autoptr(HttpServer) s = http_server_new_text("HTTP/1.0 503 No\r\n\r\n");
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);
    g_autoptr(X509Store) nobody = x509_store_new();

    (void)state;
    k->setup.anchors = nobody;
    assert_int_equal(check(k), X509_UNCHECKED);
    assert_int_equal(s->n, 0);
}

static void
test_the_administrators_list_comes_first(void **state)
{
    g_autoptr(HttpServer) s = http_server_new_text("HTTP/1.0 503 No\r\n\r\n");
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);
    g_autoptr(GBytes) der =
        crls_der(crls_make(k->root, root_key, true, CERTS_NOW - CRLS_DAY, CERTS_NOW + CRLS_DAY));
    g_autofree char *dir = g_dir_make_tmp("revoke-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "list", NULL);

    (void)state;
    assert_true(g_file_set_contents(file, g_bytes_get_data(der, NULL),
                                    (gssize)g_bytes_get_size(der), NULL));
    k->setup.crl_file = file;
    assert_int_equal(check(k), X509_IS_REVOKED);
    assert_int_equal(s->n, 0);
    g_unlink(file);
    assert_int_equal(check(k), X509_UNCHECKED);
    assert_non_null(strstr(k->result.why, file));
    g_rmdir(dir);
}

static void
test_who_does_not_want_to_know_is_not_told(void **state)
{
    g_autoptr(HttpServer) s = http_server_new(NULL);
    g_autofree char *url = http_server_url(s);
    g_autoptr(Kit) k = kit_new(url);
    g_autoptr(GCancellable) early = g_cancellable_new(), late = g_cancellable_new();

    (void)state;
    revoke_check(&k->setup, early, on_done, k);
    g_cancellable_cancel(early);
    revoke_check(&k->setup, late, on_done, k);
    while (s->n == 0)
        g_main_context_iteration(NULL, TRUE);
    g_cancellable_cancel(late);
    /* the check has it, and so has its thread, which lets go without a word to this loop */
    while (g_atomic_int_get(&G_OBJECT(late)->ref_count) > 1) {
        g_main_context_iteration(NULL, FALSE);
        g_thread_yield();
    }
    assert_int_equal(G_OBJECT(early)->ref_count, 1);
    assert_false(k->done);
    assert_int_equal(s->n, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_is_fetched_once_while_it_counts),
        cmocka_unit_test(test_a_list_is_not_kept_beyond_its_own_end),
        cmocka_unit_test(test_who_does_not_answer_is_left_alone_for_a_while),
        cmocka_unit_test(test_a_forged_list_does_not_stay),
        cmocka_unit_test(test_the_second_step_is_for_what_the_first_leaves_open),
        cmocka_unit_test(test_nobody_is_asked_about_a_chain_that_ends_nowhere),
        cmocka_unit_test(test_the_administrators_list_comes_first),
        cmocka_unit_test(test_who_does_not_want_to_know_is_not_told),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
