/* test_checker.c - agent/headend/checker.c */

#include "agent/headend/checker.h"
#include "tests/support/test.h"

typedef struct World {
    AsaConfig *config;
    Aaa *aaa;
    Checker *checker;
} World;

typedef struct Answer {
    unsigned n;
    const AsaUser *user;
} Answer;

static void
on_done(const AsaUser *user, void *data)
{
    Answer *a = data;

    a->n++;
    a->user = user;
}

/* Answers come when the main loop turns, never before. */
static void
wait_for(const Answer *a)
{
    while (a->n == 0)
        g_main_context_iteration(NULL, TRUE);
}

/* Anu's password is cisco123, and each check costs as many rounds as the costliest line. */
static int
make_world(void **state)
{
    World *w = g_new0(World, 1);
    g_autofree char *path = g_build_filename(AC_TEST_VECTORS, "asa-ikev2.cfg", NULL);
    g_auto(AsaNotes) notes = { 0 };
    g_autofree char *seed = NULL;
    g_autofree char *text = NULL;

    g_file_get_contents(path, &seed, NULL, NULL);
    text = g_strconcat(seed,
                       "username slow password $sha512$20000$ax8OLVxKOXiHlqW0w9Lh8A==$"
                       "6nbZs1fqDD63t1AcRA7Zzg== pbkdf2\n",
                       NULL);
    w->config = asa_config_parse(slice_of(text), 0, &notes);
    w->aaa = aaa_new(w->config);
    w->checker = checker_new(w->aaa);
    *state = w;
    return 0;
}

static int
free_world(void **state)
{
    World *w = *state;

    checker_free(w->checker);
    aaa_free(w->aaa);
    asa_config_free(w->config);
    g_free(w);
    return 0;
}

static void
test_right_and_wrong_are_told_on_the_main_loop(void **state)
{
    World *w = *state;
    Answer right = { 0 }, wrong = { 0 };

    assert_non_null(checker_ask(w->checker, "Anu", slice_of("cisco123"), on_done, &right));
    assert_non_null(checker_ask(w->checker, "Anu", slice_of("cisco124"), on_done, &wrong));
    assert_int_equal(right.n + wrong.n, 0);
    wait_for(&wrong);
    wait_for(&right);
    assert_ptr_equal(right.user, asa_config_user(w->config, "Anu"));
    assert_null(wrong.user);
    assert_int_equal(right.n, 1);
    assert_int_equal(wrong.n, 1);
}

static void
test_who_has_gone_is_not_told(void **state)
{
    World *w = *state;
    Answer gone = { 0 }, last = { 0 };

    checker_forget(checker_ask(w->checker, "Anu", slice_of("cisco123"), on_done, &gone));
    assert_non_null(checker_ask(w->checker, "Anu", slice_of("cisco123"), on_done, &last));
    wait_for(&last);
    assert_int_equal(gone.n, 0);
}

static void
test_the_queue_is_bounded(void **state)
{
    World *w = *state;
    Answer a = { 0 };

    for (unsigned i = 0; i < CHECKER_WAITING_MAX; i++)
        assert_non_null(checker_ask(w->checker, "Anu", slice_of("x"), on_done, &a));
    assert_null(checker_ask(w->checker, "Anu", slice_of("x"), on_done, &a));
    while (a.n < CHECKER_WAITING_MAX)
        g_main_context_iteration(NULL, TRUE);
    assert_non_null(checker_ask(w->checker, "Anu", slice_of("x"), on_done, &a));
}

/* The main loop turns freely while passwords are checked: it is never held up for one. */
static void
test_the_main_loop_does_not_wait_for_a_check(void **state)
{
    World *w = *state;
    Answer a = { 0 };

    for (unsigned i = 0; i < 8; i++)
        assert_non_null(checker_ask(w->checker, "Anu", slice_of("x"), on_done, &a));
    g_main_context_iteration(NULL, FALSE);
    assert_true(a.n < 8);
    while (a.n < 8)
        g_main_context_iteration(NULL, TRUE);
}

/* free_world() ends it with jobs in every state; nobody is called then. */
static void
test_a_checker_may_end_at_any_time(void **state)
{
    World *w = *state;
    Answer a = { 0 };

    for (unsigned i = 0; i < 16; i++)
        assert_non_null(checker_ask(w->checker, "Anu", slice_of("x"), on_done, &a));
    checker_free(w->checker);
    w->checker = checker_new(w->aaa);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    assert_int_equal(a.n, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_right_and_wrong_are_told_on_the_main_loop, make_world,
                                        free_world),
        cmocka_unit_test_setup_teardown(test_who_has_gone_is_not_told, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_the_queue_is_bounded, make_world, free_world),
        cmocka_unit_test_setup_teardown(test_the_main_loop_does_not_wait_for_a_check, make_world,
                                        free_world),
        cmocka_unit_test_setup_teardown(test_a_checker_may_end_at_any_time, make_world, free_world),
    };

    return cmocka_run_group_tests_name("checker", tests, NULL, NULL);
}
