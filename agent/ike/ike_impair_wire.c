/* Lies about datagrams and fragments. What a lie puts into ->ready follows the datagram in hand. */
#include "agent/ike/ike_impair_private.h"

enum { LENGTH_AT = 24 /* RFC 7296 §3.1 */ };

static void
send_also(IkeSa *sa, const IkePath *path, Slice octets)
{
    IkeOut *o = g_new0(IkeOut, 1);

    o->path = *path;
    o->octets = g_bytes_new(octets.p, octets.len);
    g_queue_push_tail(&sa->impaired->ready, o);
}

static Slice
view(const GByteArray *octets)
{
    return (Slice){ octets->data, octets->len };
}

bool
ike_lie_drop(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)sa;
    (void)arg;
    g_byte_array_set_size(octets, 0);
    return true;
}

bool
ike_lie_double(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)arg;
    send_also(sa, &sa->impaired->last->path, view(octets));
    return true;
}

bool
ike_lie_delay(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    IkeOut *held = g_steal_pointer(&sa->impaired->held);

    (void)arg;
    if (held) {
        g_queue_push_tail(&sa->impaired->ready, held);
        return false;
    }
    sa->impaired->held = g_new0(IkeOut, 1);
    sa->impaired->held->path = sa->impaired->last->path;
    sa->impaired->held->octets = g_bytes_new(octets->data, octets->len);
    g_byte_array_set_size(octets, 0);
    return true;
}

bool
ike_lie_replay(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    const IkeOut *past = sa->impaired->past;

    (void)octets;
    (void)arg;
    if (!past)
        return false;
    send_also(sa, &past->path, ike_sa_bytes(past->octets));
    return true;
}

bool
ike_lie_corrupt(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)sa;
    (void)arg;
    octets->data[(IKE_HEADER_LEN + octets->len) / 2] ^= 1;
    return true;
}

bool
ike_lie_truncate(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)sa;
    (void)arg;
    g_byte_array_set_size(octets, octets->len / 2);
    return true;
}

bool
ike_lie_trailing(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)sa;
    (void)arg;
    g_byte_array_append(octets, (const uint8_t *)"and more", 8);
    return true;
}

bool
ike_lie_length(IkeSa *sa, GByteArray *octets, unsigned arg)
{
    (void)sa;
    (void)arg;
    octets->data[LENGTH_AT] = 0xff;
    return true;
}

bool
ike_lie_fragment(IkeSkf *f, unsigned arg)
{
    enum { ZERO, BEYOND, TWICE, MORE, FEWER, SHRUNK };

    if (f->number < 2)
        return false;
    switch (arg) {
    case ZERO:
        f->number = 0;
        break;
    case BEYOND:
        f->number = (uint16_t)(f->total + 1);
        break;
    case TWICE:
        f->number--;
        break;
    case MORE:
        f->total++;
        break;
    case FEWER:
        f->total--;
        break;
    case SHRUNK:
        f->plain.len /= 2;
        break;
    default:
        g_assert_not_reached();
    }
    return true;
}
