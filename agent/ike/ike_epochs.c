/* The IKE SAs that one IkeSa has been and is: which of them a message belongs to, and how one
 * follows another (RFC 7296 §2.8, §2.18). */
#include "agent/ike/ike_life.h"
#include "agent/ike/ike_sa_private.h"

enum {
    REPLACED_S = 120, /* the peer deletes what it has replaced, or we forget it */
    REPEAT_S = 35,    /* as long as a client of ours repeats a request */
};

static bool
is_of(IkeEpoch *e, const IkeHeader *h)
{
    bool from_initiator = (h->flags & IKE_FLAG_INITIATOR) != 0;

    return from_initiator != e->ours && h->spi_i == e->spi_i && h->spi_r == e->spi_r;
}

IkeEpoch *
ike_epochs_find(const IkeSa *sa, const IkeHeader *h)
{
    if (is_of(sa->ike, h))
        return sa->ike;
    if (sa->rival && is_of(sa->rival, h))
        return sa->rival;
    for (size_t i = 0; i < sa->n_replaced; i++)
        if (is_of(sa->replaced[i], h))
            return sa->replaced[i];
    return NULL;
}

IkeEpoch *
ike_epochs_new(IkeSa *sa, bool ours)
{
    const IkeWindow *w = &sa->ike->window;
    IkeEpoch *e = ike_epoch_new(ours, w->first, w->max_tries);

    e->rekeyed = true;
    ike_window_widen(&e->window, ike_sa_window(sa));
    *ike_epoch_spi(e) = ike_sa_draw_spi(sa);
    if (sa->by_spi)
        g_hash_table_insert(sa->by_spi, ike_epoch_spi(e), sa);
    return e;
}

void
ike_epochs_free(IkeSa *sa, IkeEpoch *e)
{
    if (!e)
        return;
    if (sa->by_spi)
        g_hash_table_remove(sa->by_spi, ike_epoch_spi(e));
    if (sa->at == e)
        sa->at = sa->ike;
    ike_epoch_free(e);
}

void
ike_epochs_clear(IkeSa *sa)
{
    while (sa->n_replaced > 0)
        ike_epochs_free(sa, sa->replaced[--sa->n_replaced]);
    ike_epochs_free(sa, sa->rival);
    ike_epochs_free(sa, sa->attempt.next);
    ike_epochs_free(sa, sa->ike);
}

void
ike_epochs_age(IkeSa *sa, Usec now)
{
    Usec span = sa->ike_life.time;

    sa->ike->since = now;
    sa->ike->hard = ike_life_until(now, span);
    sa->ike->due = span ? usec_add(now, ike_life_soft(span, ike_sa_chance(sa))) : USEC_NEVER;
}

static void
remove_at(IkeSa *sa, size_t i)
{
    IkeEpoch *e = sa->replaced[i];

    memmove(&sa->replaced[i], &sa->replaced[i + 1],
            (sa->n_replaced - i - 1) * sizeof(sa->replaced[0]));
    sa->n_replaced--;
    ike_epochs_free(sa, e);
}

void
ike_epochs_remove(IkeSa *sa, IkeEpoch *e)
{
    for (size_t i = 0; i < sa->n_replaced; i++)
        if (sa->replaced[i] == e) {
            remove_at(sa, i);
            return;
        }
}

void
ike_epochs_replace(IkeSa *sa, IkeEpoch *e, Usec now)
{
    if (sa->n_replaced == IKE_REPLACED_MAX)
        remove_at(sa, 0);
    e->until = usec_add(now, REPLACED_S * USEC_PER_SEC);
    sa->replaced[sa->n_replaced++] = e;
}

void
ike_epochs_adopt(IkeSa *sa, IkeEpoch *e, Usec now)
{
    IkeEpoch *old = sa->ike;

    if (e == sa->rival)
        sa->rival = NULL;
    sa->ike = e;
    ike_epochs_age(sa, now);
    if (sa->state == IKE_STATE_READY)
        sa->limit = e->hard;
    ike_epochs_replace(sa, old, now);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_REKEYED });
}

/* Nothing is asked under it any more; its last answer is repeated for a while. */
static void
forget(IkeSa *sa, IkeEpoch *e, Usec now)
{
    bool waits = e->window.request;

    ike_window_answered(&e->window);
    e->gone = true;
    e->until = usec_add(now, REPEAT_S * USEC_PER_SEC);
    if (waits)
        ike_job_lost(sa, e, now);
}

bool
ike_epochs_deleted(IkeSa *sa, IkeEpoch *e, Usec now)
{
    if (e == sa->ike && !sa->rival)
        return true;
    if (e == sa->ike) { /* §2.8.2: the peer does not know of our own rekeying, and we drop it */
        ike_epochs_adopt(sa, sa->rival, now);
    } else if (e == sa->rival) { /* it has lost before our own is answered */
        sa->rival = NULL;
        ike_epochs_replace(sa, e, now);
    }
    forget(sa, e, now);
    return false;
}

static Usec
due_of(const IkeSa *sa, const IkeEpoch *e)
{
    Usec window = sa->held ? USEC_NEVER : ike_window_due(&e->window);

    return usec_min(usec_min(window, e->until),
                    usec_min(ike_frag_due(&e->fragments[0]), ike_frag_due(&e->fragments[1])));
}

Usec
ike_epochs_deadline(const IkeSa *sa)
{
    Usec due = due_of(sa, sa->ike);

    if (sa->rival)
        due = usec_min(due, due_of(sa, sa->rival));
    for (size_t i = 0; i < sa->n_replaced; i++)
        due = usec_min(due, due_of(sa, sa->replaced[i]));
    return due;
}

static IkeWindowTick
tick_one(IkeSa *sa, IkeEpoch *e, Usec now)
{
    IkeWindowTick said = sa->held ? IKE_WINDOW_QUIET : ike_window_tick(&e->window, now);

    for (size_t i = 0; i < G_N_ELEMENTS(e->fragments); i++)
        ike_frag_tick(&e->fragments[i], now);
    if (said == IKE_WINDOW_RESEND)
        ike_path_again(sa, e, now);
    return said;
}

IkeWindowTick
ike_epochs_tick(IkeSa *sa, Usec now)
{
    if (sa->rival)
        (void)tick_one(sa, sa->rival, now);
    for (size_t i = sa->n_replaced; i > 0; i--) {
        IkeEpoch *e = sa->replaced[i - 1];

        /* who does not answer our Delete of it has deleted it before */
        if (tick_one(sa, e, now) == IKE_WINDOW_GIVE_UP || now >= e->until)
            remove_at(sa, i - 1);
    }
    return tick_one(sa, sa->ike, now);
}
