/* Fragments of an IKE SA, in and out, both forms: RFC 7383, whose fragments are proven one by one,
 * and Cisco's, of which nothing is known before they are joined (agent/docs/WIRE.md §8). */
#include "agent/ike/ike_cfrag.h"
#include "agent/ike/ike_impair_private.h"
#include "agent/ike/ike_sa_private.h"
#include "agent/ike/ike_skf.h"

enum {
    PATH_IPV4 = 576, /* RFC 7383 §2.5.1 */
    PATH_IPV6 = 1280,
    IPV4_HEAD = 20,
    IPV6_HEAD = 40,
    UDP_HEAD = 8,
    MARKER = 4, /* counted on UDP 500 as well: 576 is 544 for the field */
};

bool
ike_sa_is_fragment(const IkeMsg *m)
{
    return (m->outer & IKE_SET(SKF)) != 0 || m->h.next_payload == IKE_PAYLOAD_CISCO_FRAGMENT;
}

static void G_GNUC_PRINTF(2, 3) say(IkeSa *sa, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (!sa->config->trace)
        return;
    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    ike_sa_tell(sa, &(IkeEvent){ .kind = IKE_EV_TRACE, .text = text });
}

/* Where a fragment of a message stands in the window; a response never is a REPEAT. */
static IkeWindowVerdict
place(const IkeEpoch *at, const IkeHeader *h)
{
    if ((h->flags & IKE_FLAG_RESPONSE) == 0)
        return ike_window_place(&at->window, h->message_id);
    return ike_window_expects(&at->window, h->exchange, h->message_id) ? IKE_WINDOW_NEW
                                                                       : IKE_WINDOW_STRAY;
}

static IkeFragSet *
set_of(IkeEpoch *at, const IkeHeader *h)
{
    return &at->fragments[(h->flags & IKE_FLAG_RESPONSE) != 0];
}

/* All fragments are there: the message is fragment 1 around all that was inside. */
static IkeStatus
join_skf(IkeSa *sa, const IkePath *path, IkeFragSet *set, Usec now)
{
    g_autoptr(GBytes) datagram = g_bytes_ref(set->datagram);
    g_auto(Secret) plain = { 0 };
    const IkePayload *skf;
    IkeMsg m;

    say(sa, "Reassembled packet, Number of fragments: %u\n", set->total);
    ike_frag_join(set, &plain);
    ike_frag_clear(set);
    if (ike_msg_decode(ike_sa_bytes(datagram), &m, NULL) != IKE_OK)
        return IKE_DROP;
    skf = ike_msg_find(&m, IKE_PAYLOAD_SKF, NULL);
    return ike_sa_recv_plain(sa, path, &m, skf->next, secret_view(&plain), m.octets, now);
}

static IkeStatus
recv_skf(IkeSa *sa, const IkePath *path, const IkeMsg *m, const IkePayload *skf, Usec now)
{
    IkeWindowVerdict verdict = place(sa->at, &m->h);
    IkeFragSet *set = set_of(sa->at, &m->h);
    g_auto(Secret) scratch = { 0 };
    g_autoptr(Aead) aead = NULL;
    IkeSkf f;

    if (verdict == IKE_WINDOW_STRAY)
        return IKE_DROP;
    aead = ike_epoch_aead(sa->at, AEAD_OPEN);
    secret_alloc(&scratch, m->octets.len);
    if (!aead || !ike_skf_open(aead, m->octets, skf->body, scratch.p, &f))
        return IKE_DROP;
    if (f.number > 1 && (skf->next != IKE_PAYLOAD_NONE || m->n > 1))
        return IKE_DROP; /* RFC 7383 §2.5, §2.5.3: they belong to the first */
    if (verdict == IKE_WINDOW_REPEAT) {
        if (f.number != 1)
            return IKE_DROP;
        ike_sa_repeat(sa, path, m->h.message_id, now); /* once a set (RFC 7383 §2.6.1) */
        return IKE_OK;
    }
    switch (ike_frag_add(set,
                         &(IkeFragment){ .proven = true,
                                         .message_id = m->h.message_id,
                                         .number = f.number,
                                         .total = f.total,
                                         .data = f.plain,
                                         .datagram = m->octets },
                         now)) {
    case IKE_FRAG_DROPPED:
        return IKE_DROP;
    case IKE_FRAG_KEPT:
        return IKE_OK;
    case IKE_FRAG_COMPLETE:
        break;
    }
    return join_skf(sa, path, set, now);
}

/* What comes out may be anything, so it is treated as a datagram that came whole. */
static IkeStatus
join_cisco(IkeSa *sa, const IkePath *path, const IkeHeader *outer, IkeFragSet *set, Usec now)
{
    g_auto(Secret) asked = { 0 }, octets = { 0 };
    IkeMsg m;

    say(sa, "Reassembled packet, Number of fragments: %u, Fragment ID: %u\n", set->total, set->id);
    secret_set(&asked, secret_view(&set->piece[0]));
    ike_frag_join(set, &octets);
    ike_frag_clear(set);
    if (!ike_cfrag_joined(outer, secret_view(&octets), &m))
        return IKE_DROP;
    return ike_sa_recv_sealed(sa, path, &m, secret_view(&asked), now);
}

static IkeStatus
recv_cisco(IkeSa *sa, const IkePath *path, const IkeMsg *m, Usec now)
{
    IkeFragSet *set = set_of(sa->at, &m->h);
    IkeCfrag f;

    if (!ike_cfrag_decode(m, &f))
        return IKE_DROP;
    switch (place(sa->at, &m->h)) {
    case IKE_WINDOW_STRAY:
        return IKE_DROP;
    case IKE_WINDOW_REPEAT:
        if (f.number != 1 ||
            ike_window_judge(&sa->at->window, m->h.message_id, f.data) != IKE_WINDOW_REPEAT)
            return IKE_DROP;
        ike_sa_repeat(sa, path, m->h.message_id, now);
        return IKE_OK;
    case IKE_WINDOW_NEW:
        break;
    }
    switch (ike_frag_add(set,
                         &(IkeFragment){ .message_id = m->h.message_id,
                                         .id = f.id,
                                         .number = f.number,
                                         .total = f.last ? f.number : 0,
                                         .data = f.data },
                         now)) {
    case IKE_FRAG_DROPPED:
        return IKE_DROP;
    case IKE_FRAG_KEPT:
        return IKE_OK;
    case IKE_FRAG_COMPLETE:
        break;
    }
    return join_cisco(sa, path, &m->h, set, now);
}

IkeStatus
ike_sa_recv_fragment(IkeSa *sa, const IkePath *path, const IkeMsg *m, Usec now)
{
    const IkePayload *skf = ike_msg_find(m, IKE_PAYLOAD_SKF, NULL);

    if (!sa->config->fragmentation || !sa->at->armed)
        return IKE_DROP;
    return skf ? recv_skf(sa, path, m, skf, now) : recv_cisco(sa, path, m, now);
}

IkeCut
ike_sa_cut(const IkeSa *sa, const IkePath *path, size_t len, size_t *ret_limit)
{
    bool v4 = path->remote.addr.family == ADDR_V4;
    size_t octets = sa->config->path_octets;

    if (octets == 0)
        octets = v4 ? PATH_IPV4 : PATH_IPV6;
    octets = MAX(octets, (size_t)IKE_PATH_LEAST);
    *ret_limit = octets - (v4 ? IPV4_HEAD : IPV6_HEAD) - UDP_HEAD - MARKER;
    if (!sa->config->fragmentation || len <= *ret_limit)
        return IKE_CUT_NONE;
    if (sa->peer_fragmentation && (sa->config->prefer_cisco || !sa->peer_skf))
        return IKE_CUT_CISCO;
    return sa->peer_skf ? IKE_CUT_SKF : IKE_CUT_NONE;
}

/* @room, or as much as is needed for a peer like us to take all the pieces of @len. */
static size_t
piece_len(size_t len, size_t room)
{
    return MAX(room, (len + IKE_FRAGMENTS_MAX - 1) / IKE_FRAGMENTS_MAX);
}

GBytes *
ike_sa_cut_sealed(IkeSa *sa, IkeEpoch *epoch, Slice wire, size_t limit)
{
    size_t room = piece_len(wire.len, limit - IKE_CFRAG_OVERHEAD);
    size_t total = (wire.len + room - 1) / room, cap = wire.len + total * IKE_CFRAG_OVERHEAD;
    g_autofree uint8_t *buf = g_malloc(cap);
    Writer w = { .base = buf, .cap = cap };
    Reader in = reader_init(wire);
    IkeHeader h;

    g_assert(ike_header_decode(&in, &h) == IKE_OK);
    in = reader_init(wire);
    epoch->fragment_id = epoch->fragment_id == UINT16_MAX ? 1 : epoch->fragment_id + 1;
    say(sa, "Fragmenting packet, Fragment MTU: %zu, Number of fragments: %zu, Fragment ID: %u\n",
        room + IKE_CFRAG_OVERHEAD, total, epoch->fragment_id);
    for (size_t n = 1; n <= total; n++) {
        IkeCfrag f = { .id = epoch->fragment_id, .number = (uint8_t)n, .last = n == total };

        g_assert(reader_slice(&in, MIN(room, reader_left(&in)), &f.data));
        ike_cfrag_encode(&h, &f, &w);
    }
    g_assert(!w.overflow && w.len == cap);
    return g_bytes_new_take(g_steal_pointer(&buf), cap);
}

GBytes *
ike_sa_seal_cut(IkeSa *sa, IkeEpoch *epoch, Aead *aead, const IkeHeader *h, uint8_t first,
                Slice plain, size_t limit)
{
    size_t room = piece_len(plain.len, ike_skf_room(aead, limit));
    size_t total = (plain.len + room - 1) / room;
    size_t cap = total * ike_skf_message_len(aead, room), iv_len = aead_iv_len(aead);
    g_autofree uint8_t *buf = g_malloc(cap);
    Reader in = reader_init(plain);
    size_t len = 0;
    uint8_t iv[32];

    g_assert(iv_len <= sizeof(iv));
    say(sa, "Fragmenting packet, Fragment MTU: %zu, Number of fragments: %zu\n",
        ike_skf_message_len(aead, room), total);
    for (size_t n = 1; n <= total; n++) {
        Writer w = { .base = buf + len, .cap = cap - len };
        IkeSkf f = { .number = (uint16_t)n, .total = (uint16_t)total };

        g_assert(reader_slice(&in, MIN(room, reader_left(&in)), &f.plain));
        ike_impair_fragment(sa, h, &f);
        ike_header_encode(h, &w);
        ike_sa_draw_iv(sa, epoch, iv, iv_len);
        ike_skf_seal(aead, &w, 0, first, &f, iv);
        g_assert(!w.overflow);
        len += w.len;
    }
    return g_bytes_new_take(g_steal_pointer(&buf), len);
}
