/* test_inbox.c - agent/link/inbox.c */

#include "agent/link/inbox.h"
#include "tests/support/test.h"

typedef struct Seen {
    Inbox *inbox;
    GThread *on; /* where the last one was delivered */
    unsigned n, free_at;
    uint32_t last;
    size_t last_len;
    IkePath path;
    bool ordered;
} Seen;

static void
on_ike(const IkeDatagram *d, void *user)
{
    Seen *s = user;
    Reader r = reader_init(d->octets);
    uint32_t number = 0;

    assert_true(reader_u32(&r, &number));
    s->ordered = s->ordered && number == s->last + 1;
    s->last = number;
    s->last_len = d->octets.len;
    s->path = d->path;
    s->on = g_thread_self();
    s->n++;
    if (s->n == s->free_at)
        g_clear_pointer(&s->inbox, inbox_free);
}

static bool
post(Inbox *in, uint32_t number, size_t len)
{
    g_autofree uint8_t *octets = g_malloc0(len);
    IkeDatagram d = { .octets = { octets, len }, .path = { .natt = true, .remote.port = 4500 } };

    for (int i = 0; i < 4; i++)
        octets[i] = (uint8_t)(number >> (24 - 8 * i));
    return inbox_post(in, &d);
}

static void
drain(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static gpointer
post_ten(gpointer inbox)
{
    for (uint32_t i = 1; i <= 10; i++)
        if (!post(inbox, i, 100))
            return NULL;
    return inbox;
}

static void
test_another_thread_posts_and_the_main_loop_gets_it_in_order(void **state)
{
    Seen s = { .ordered = true };

    (void)state;
    s.inbox = inbox_new(on_ike, &s);
    assert_ptr_equal(g_thread_join(g_thread_new("poster", post_ten, s.inbox)), s.inbox);
    assert_int_equal(s.n, 0); /* never in the posting thread */
    drain();
    assert_int_equal(s.n, 10);
    assert_true(s.ordered);
    assert_int_equal(s.last_len, 100);
    assert_true(s.path.natt);
    assert_int_equal(s.path.remote.port, 4500);
    assert_ptr_equal(s.on, g_thread_self());
    inbox_free(s.inbox);
}

/* Nobody listens: a flood fills the box and no more; what was first stays. */
static void
test_a_full_inbox_drops_the_newest(void **state)
{
    Seen s = { .ordered = true };
    unsigned taken = 0, octets_taken = 0;

    (void)state;
    s.inbox = inbox_new(on_ike, &s);
    for (uint32_t i = 1; i <= 5000; i++)
        taken += post(s.inbox, i, 100);
    assert_in_range(taken, 1, 1000);
    drain();
    assert_int_equal(s.n, taken);
    assert_true(s.ordered);
    for (uint32_t i = 0; i < 100; i++) /* large ones: octets are bounded too */
        octets_taken += post(s.inbox, i, 65000);
    assert_in_range(octets_taken, 1, 17);
    drain();
    assert_int_equal(s.n, taken + octets_taken);
    assert_true(post(s.inbox, 1, 100)); /* room again */
    inbox_free(s.inbox);                /* with one inside */
}

static void
test_it_may_be_freed_while_it_delivers(void **state)
{
    Seen s = { .ordered = true, .free_at = 2 };

    (void)state;
    s.inbox = inbox_new(on_ike, &s);
    for (uint32_t i = 1; i <= 5; i++)
        assert_true(post(s.inbox, i, 4));
    drain();
    assert_int_equal(s.n, 2);
    assert_null(s.inbox);
}

static void
test_it_delivers_on_the_context_it_was_made_on(void **state)
{
    g_autoptr(GMainContext) own = g_main_context_new();
    Seen s = { .ordered = true };

    (void)state;
    g_main_context_push_thread_default(own);
    s.inbox = inbox_new(on_ike, &s);
    g_main_context_pop_thread_default(own);
    assert_true(post(s.inbox, 1, 4));
    drain();
    assert_int_equal(s.n, 0);
    while (g_main_context_iteration(own, FALSE))
        ;
    assert_int_equal(s.n, 1);
    inbox_free(s.inbox);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_thread_posts_and_the_main_loop_gets_it_in_order),
        cmocka_unit_test(test_a_full_inbox_drops_the_newest),
        cmocka_unit_test(test_it_may_be_freed_while_it_delivers),
        cmocka_unit_test(test_it_delivers_on_the_context_it_was_made_on),
    };

    return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
