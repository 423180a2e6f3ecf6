#include "agent/ike/ike_ts.h"

enum {
    TS_IPV4_ADDR_RANGE = 7,
    TS_IPV6_ADDR_RANGE = 8,
    TS_RESERVED = 3,
    TS_HEAD_LEN = 8, /* type, protocol, length, two ports */
};

/*  |   TS Type     |IP Protocol ID*|       Selector Length         |
 *  |           Start Port*         |           End Port*           |
 *  |        Starting Address*      |         Ending Address*       |  */
static IkeStatus
decode_range(uint8_t type, uint8_t proto, Slice rest, Selector *ret)
{
    size_t addr_octets = type == TS_IPV4_ADDR_RANGE ? 4 : 16;
    Selector s = { .proto = proto };
    Reader r = reader_init(rest);
    Slice first, last;

    if (!reader_u16(&r, &s.port_first) || !reader_u16(&r, &s.port_last) ||
        !reader_slice(&r, addr_octets, &first) || !reader_slice(&r, addr_octets, &last) ||
        reader_left(&r) != 0 || !addr_from_octets(first, &s.first) ||
        !addr_from_octets(last, &s.last) || addr_compare(&s.first, &s.last) > 0)
        return IKE_N_INVALID_SYNTAX;
    *ret = s;
    return IKE_OK;
}

/* Returns IKE_DROP for a selector that is well-formed but of no use to us. */
static IkeStatus
decode_one(Reader *in, Selector *ret)
{
    uint8_t type, proto;
    uint16_t len;
    Selector s;
    Slice rest;

    if (!reader_u8(in, &type) || !reader_u8(in, &proto) || !reader_u16(in, &len) || len < 4 ||
        !reader_slice(in, len - 4u, &rest))
        return IKE_N_INVALID_SYNTAX;
    if (type != TS_IPV4_ADDR_RANGE && type != TS_IPV6_ADDR_RANGE)
        return IKE_DROP;
    if (decode_range(type, proto, rest, &s) != IKE_OK)
        return IKE_N_INVALID_SYNTAX;
    /* OPAQUE ports (§3.13.1): a packet whose ports nobody can see. We select by what we see. */
    if (s.port_first == UINT16_MAX && s.port_last == 0)
        return IKE_DROP;
    if (s.port_first > s.port_last)
        return IKE_N_INVALID_SYNTAX;
    *ret = s;
    return IKE_OK;
}

IkeStatus
ike_ts_decode(Reader *in, IkeTs *ret)
{
    IkeTs ts = { .n = 0 };
    Slice reserved;
    uint8_t count;

    if (!reader_u8(in, &count) || !reader_slice(in, TS_RESERVED, &reserved) || count == 0)
        return IKE_N_INVALID_SYNTAX;
    for (; count > 0; count--) {
        Selector s;
        IkeStatus st = decode_one(in, &s);

        if (st > 0)
            return st;
        /* Leaving one out only ever narrows what is agreed. */
        if (st == IKE_OK && ts.n < IKE_TS_MAX)
            ts.s[ts.n++] = s;
    }
    if (reader_left(in) != 0)
        return IKE_N_INVALID_SYNTAX;
    *ret = ts;
    return IKE_OK;
}

void
ike_ts_encode(Selectors ts, Writer *out)
{
    writer_u8(out, (uint8_t)ts.n);
    writer_zeros(out, TS_RESERVED);
    for (size_t i = 0; i < ts.n; i++) {
        const Selector *s = &ts.s[i];

        writer_u8(out, s->first.family == ADDR_V4 ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE);
        writer_u8(out, s->proto);
        writer_u16(out, (uint16_t)(TS_HEAD_LEN + 2 * addr_len(&s->first)));
        writer_u16(out, s->port_first);
        writer_u16(out, s->port_last);
        writer_slice(out, addr_view(&s->first));
        writer_slice(out, addr_view(&s->last));
    }
}

static bool
ts_has(const IkeTs *ts, const Selector *s)
{
    for (size_t i = 0; i < ts->n; i++)
        if (selector_equal(&ts->s[i], s))
            return true;
    return false;
}

bool
ike_ts_narrow(Selectors offered, Selectors allowed, IkeTs *ret)
{
    IkeTs both = { .n = 0 };

    for (size_t i = 0; i < offered.n; i++)
        for (size_t k = 0; k < allowed.n; k++) {
            Selector s;

            if (selector_intersect(&offered.s[i], &allowed.s[k], &s) && !ts_has(&both, &s) &&
                both.n < IKE_TS_MAX)
                both.s[both.n++] = s;
        }
    if (both.n == 0)
        return false;
    *ret = both;
    return true;
}

static bool
within_one_of(const Selector *s, Selectors outer)
{
    for (size_t i = 0; i < outer.n; i++)
        if (selector_within(s, &outer.s[i]))
            return true;
    return false;
}

bool
ike_ts_within(Selectors inner, Selectors outer)
{
    for (size_t i = 0; i < inner.n; i++)
        if (!within_one_of(&inner.s[i], outer))
            return false;
    return true;
}
