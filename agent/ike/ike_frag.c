#include "agent/ike/ike_frag.h"

G_STATIC_ASSERT(IKE_FRAGMENTS_MAX <= 64); /* bits of ->have */

static uint64_t
bit(unsigned number)
{
    return UINT64_C(1) << (number - 1);
}

static void
forget(IkeFragSet *s, unsigned number)
{
    if ((s->have & bit(number)) == 0)
        return;
    s->have &= ~bit(number);
    s->held--;
    s->octets -= s->piece[number - 1].len;
    secret_clear(&s->piece[number - 1]);
}

void
ike_frag_clear(IkeFragSet *s)
{
    for (unsigned n = 1; n <= IKE_FRAGMENTS_MAX; n++)
        forget(s, n);
    g_free(s->piece);
    g_bytes_unref(s->datagram);
    *s = (IkeFragSet){ 0 };
}

/* Does @f belong to what is being collected? */
static bool
same_set(const IkeFragSet *s, const IkeFragment *f)
{
    return s->held > 0 && s->proven == f->proven && s->message_id == f->message_id &&
           s->id == f->id && (!f->proven || s->total == f->total);
}

/* May @f put an end to what is being collected? */
static bool
may_replace(const IkeFragSet *s, const IkeFragment *f)
{
    if (s->held == 0 || s->message_id != f->message_id)
        return true;
    if (s->proven && f->proven)
        return f->total > s->total;
    return !s->proven;
}

static void
begin(IkeFragSet *s, const IkeFragment *f, Usec now)
{
    ike_frag_clear(s);
    s->proven = f->proven;
    s->message_id = f->message_id;
    s->id = f->id;
    s->total = f->total;
    s->until = usec_add(now, IKE_FRAGMENTS_SPAN);
    s->piece = g_new0(Secret, IKE_FRAGMENTS_MAX);
}

/* Cisco's form: only the last fragment tells how many there are, and anybody may have said so. */
static void
believe_newest(IkeFragSet *s, const IkeFragment *f)
{
    forget(s, f->number);
    if (f->total) {
        s->total = f->total;
        for (unsigned n = f->total + 1u; n <= IKE_FRAGMENTS_MAX; n++)
            forget(s, n);
    } else if (s->total && f->number >= s->total) {
        s->total = 0;
    }
}

IkeFragVerdict
ike_frag_add(IkeFragSet *s, const IkeFragment *f, Usec now)
{
    if (f->number == 0 || f->number > IKE_FRAGMENTS_MAX || f->total > IKE_FRAGMENTS_MAX ||
        (f->total && f->number > f->total) || (f->proven && f->total == 0))
        return IKE_FRAG_DROPPED;
    if (!same_set(s, f)) {
        if (!may_replace(s, f))
            return IKE_FRAG_DROPPED;
        begin(s, f, now);
    } else if (!f->proven) {
        believe_newest(s, f);
    } else if (s->have & bit(f->number)) {
        return IKE_FRAG_DROPPED;
    }
    if (f->data.len > IKE_MESSAGE_MAX - s->octets) {
        ike_frag_clear(s); /* whatever it was, it is no IKE message */
        return IKE_FRAG_DROPPED;
    }
    secret_set(&s->piece[f->number - 1], f->data);
    s->have |= bit(f->number);
    s->held++;
    s->octets += f->data.len;
    if (f->number == 1 && f->proven)
        s->datagram = g_bytes_new(f->datagram.p, f->datagram.len);
    return s->held == s->total ? IKE_FRAG_COMPLETE : IKE_FRAG_KEPT;
}

void
ike_frag_join(const IkeFragSet *s, Secret *ret)
{
    Writer w;

    g_assert(s->held > 0 && s->held == s->total);
    secret_alloc(ret, s->octets);
    w = (Writer){ .base = ret->p, .cap = ret->len };
    for (unsigned n = 0; n < s->total; n++)
        if (s->piece[n].len) /* there may be no octets at all, so no buffer either */
            writer_slice(&w, secret_view(&s->piece[n]));
    g_assert(!w.overflow && w.len == s->octets);
}

Usec
ike_frag_due(const IkeFragSet *s)
{
    return s->held ? s->until : USEC_NEVER;
}

void
ike_frag_tick(IkeFragSet *s, Usec now)
{
    if (now >= ike_frag_due(s))
        ike_frag_clear(s);
}
