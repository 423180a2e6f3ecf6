#include "agent/ike/ike_window.h"

#include "agent/crypto/digest.h"

void
ike_window_init(IkeWindow *w, Usec first, unsigned tries)
{
    *w = (IkeWindow){ .first = first, .max_tries = tries, .due = USEC_NEVER, .size = 1 };
    w->asked = g_new0(IkeAsked, w->size);
}

void
ike_window_clear(IkeWindow *w)
{
    g_clear_pointer(&w->request, g_bytes_unref);
    for (unsigned i = 0; i < w->size; i++)
        g_clear_pointer(&w->asked[i].answer, g_bytes_unref);
    g_clear_pointer(&w->asked, g_free);
    w->size = 0;
    w->due = USEC_NEVER;
}

void
ike_window_widen(IkeWindow *w, unsigned size)
{
    IkeAsked *old = w->asked;
    unsigned n = w->size;

    g_assert(size <= IKE_WINDOW_MAX);
    if (size <= n)
        return;
    w->size = size;
    w->asked = g_new0(IkeAsked, size);
    for (unsigned i = 0; i < n; i++) /* at most @n consecutive ids: no two meet */
        if (old[i].used)
            w->asked[old[i].id % size] = old[i];
    g_free(old);
}

bool
ike_window_may_send(const IkeWindow *w)
{
    return !w->request && w->send_id < UINT32_MAX; /* §2.2: ids never wrap */
}

void
ike_window_send(IkeWindow *w, uint8_t exchange, GBytes *request, Usec now)
{
    g_assert(ike_window_may_send(w));
    w->request = request;
    w->exchange = exchange;
    w->send_id++;
    w->tries = 1;
    w->limit = w->max_tries;
    w->wait = w->first;
    w->due = usec_add(now, w->wait);
}

void
ike_window_replace(IkeWindow *w, GBytes *request, Usec now)
{
    g_assert(w->request);
    g_bytes_unref(w->request);
    w->request = request;
    w->tries = 1;
    w->wait = w->first;
    w->due = usec_add(now, w->wait);
}

void
ike_window_hurry(IkeWindow *w, unsigned more)
{
    w->limit = MIN(w->limit, w->tries + more);
}

void
ike_window_again(IkeWindow *w, Usec now)
{
    g_assert(w->request);
    w->tries = 1;
    w->limit = w->max_tries;
    w->wait = w->first;
    w->due = usec_add(now, w->wait);
}

bool
ike_window_expects(const IkeWindow *w, uint8_t exchange, uint32_t id)
{
    return w->request && w->exchange == exchange && id == w->send_id - 1;
}

void
ike_window_answered(IkeWindow *w)
{
    g_clear_pointer(&w->request, g_bytes_unref);
    w->due = USEC_NEVER;
}

Usec
ike_window_due(const IkeWindow *w)
{
    return w->due;
}

IkeWindowTick
ike_window_tick(IkeWindow *w, Usec now)
{
    if (now < w->due)
        return IKE_WINDOW_QUIET;
    if (w->tries >= w->limit) {
        ike_window_answered(w);
        return IKE_WINDOW_GIVE_UP;
    }
    w->tries++;
    w->wait = usec_add(w->wait, w->wait);
    w->due = usec_add(now, w->wait);
    return IKE_WINDOW_RESEND;
}

/* Requests are told apart by all their octets, and not one need be kept. */
static void
digest_of(Slice octets, uint8_t ret[static IKE_ASKED_LEN])
{
    uint8_t d[DIGEST_MAX];
    size_t len = digest("SHA256", &octets, 1, d);

    g_assert(len == IKE_ASKED_LEN);
    memcpy(ret, d, len);
}

static IkeAsked *
slot(const IkeWindow *w, uint32_t id)
{
    return &w->asked[id % w->size];
}

static bool
has_come(const IkeWindow *w, uint32_t id)
{
    const IkeAsked *a = slot(w, id);

    return a->used && a->id == id;
}

IkeWindowVerdict
ike_window_place(const IkeWindow *w, uint32_t id)
{
    if (has_come(w, id))
        return IKE_WINDOW_REPEAT;
    if (id < w->recv_id || id - w->recv_id >= w->size || id == UINT32_MAX || ike_window_owes(w))
        return IKE_WINDOW_STRAY;
    return IKE_WINDOW_NEW;
}

IkeWindowVerdict
ike_window_judge(const IkeWindow *w, uint32_t id, Slice octets)
{
    IkeWindowVerdict place = ike_window_place(w, id);
    uint8_t d[IKE_ASKED_LEN];

    if (place != IKE_WINDOW_REPEAT)
        return place;
    digest_of(octets, d);
    return memcmp(d, slot(w, id)->digest, sizeof(d)) == 0 ? IKE_WINDOW_REPEAT : IKE_WINDOW_STRAY;
}

void
ike_window_accept(IkeWindow *w, uint32_t id, Slice octets)
{
    IkeAsked *a = slot(w, id);

    g_assert(ike_window_place(w, id) == IKE_WINDOW_NEW);
    g_clear_pointer(&a->answer, g_bytes_unref);
    digest_of(octets, a->digest);
    a->used = true;
    a->id = w->last_id = id;
    while (has_come(w, w->recv_id))
        w->recv_id++;
}

const IkeAsked *
ike_window_last(const IkeWindow *w)
{
    return has_come(w, w->last_id) ? slot(w, w->last_id) : NULL;
}

GBytes *
ike_window_said(const IkeWindow *w, uint32_t id)
{
    return has_come(w, id) ? slot(w, id)->answer : NULL;
}

bool
ike_window_owes(const IkeWindow *w)
{
    const IkeAsked *last = ike_window_last(w);

    return last && !last->answer;
}

void
ike_window_answer(IkeWindow *w, GBytes *answer)
{
    g_assert(ike_window_owes(w));
    slot(w, w->last_id)->answer = answer;
}
