/* fuzz_ike_frag.c - any run of fragments against the bounds of a set. Six octets make a fragment:
 * kind and time, number, total, message, octets (in units of 32), contents. */
#include "agent/ike/ike_frag.h"
#include "tests/support/fuzz.h"

enum { RECORD = 6 };

static void
check(const IkeFragSet *s)
{
    size_t octets = 0;
    unsigned held = 0;

    if ((s->piece == NULL) != (s->held == 0))
        g_error("frag: %u held, memory for pieces: %s", s->held, s->piece ? "yes" : "no");
    for (size_t i = 0; i < IKE_FRAGMENTS_MAX; i++) {
        held += (s->have >> i) & 1;
        octets += s->piece ? s->piece[i].len : 0;
    }
    if (held != s->held || octets != s->octets || octets > IKE_MESSAGE_MAX)
        g_error("frag: held %u of %u, octets %zu of %zu", held, s->held, octets, s->octets);
    if (s->total && (s->have >> (s->total - 1u)) > 1)
        g_error("frag: a fragment beyond the last one");
    if ((ike_frag_due(s) == USEC_NEVER) != (held == 0))
        g_error("frag: a set without an end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t contents[32 * 255];
    IkeFragSet s = { 0 };
    Usec now = 0;

    for (size_t at = 0; at + RECORD <= size; at += RECORD) {
        const uint8_t *d = data + at;
        g_auto(Secret) all = { 0 };
        IkeFragment f = { .proven = d[0] & 1,
                          .message_id = d[3] & 3,
                          .id = d[0] & 1 ? 0 : d[3] >> 2,
                          .number = d[1],
                          .total = d[2],
                          .data = { contents, (size_t)d[4] * 32 },
                          .datagram = { d, RECORD } };

        if (!f.proven && f.total)
            f.total = f.number; /* as the decoder says it: the last, or unknown */
        memset(contents, d[5], f.data.len);
        now += (Usec)(d[0] >> 1) * USEC_PER_SEC;
        ike_frag_tick(&s, now);
        if (ike_frag_add(&s, &f, now) == IKE_FRAG_COMPLETE) {
            ike_frag_join(&s, &all);
            if (all.len != s.octets || (s.proven && !s.datagram))
                g_error("frag: joined %zu of %zu", all.len, s.octets);
            check(&s);
            ike_frag_clear(&s);
        }
        check(&s);
    }
    ike_frag_clear(&s);
    return 0;
}
