#include "agent/base/selector.h"

/* RFC 7296 §3.13.1: start 65535, end 0 stands for OPAQUE, "the port could not be seen". */
static bool
ports_opaque(const Selector *s)
{
    return s->port_first > s->port_last;
}

static bool
ports_any(const Selector *s)
{
    return s->port_first == 0 && s->port_last == UINT16_MAX;
}

static bool
addrs_valid(const Selector *s)
{
    return addr_len(&s->first) > 0 && s->first.family == s->last.family &&
           addr_compare(&s->first, &s->last) <= 0;
}

void
selectors_copy(Selectors *ret, Selectors from)
{
    const Selector *copy = g_memdup2(from.s, from.n * sizeof(*from.s));

    selectors_clear(ret);
    *ret = (Selectors){ from.n, copy };
}

void
selectors_clear(Selectors *s)
{
    g_free((Selector *)s->s);
    *s = (Selectors){ 0 };
}

Selector
selector_all(AddrFamily family)
{
    Prefix all = { .addr.family = (uint8_t)family };

    return selector_of_prefix(&all);
}

Selector
selector_of_prefix(const Prefix *p)
{
    return (Selector){ .first = p->addr, .last = prefix_last(p), .port_last = UINT16_MAX };
}

bool
selector_equal(const Selector *a, const Selector *b)
{
    return addr_equal(&a->first, &b->first) && addr_equal(&a->last, &b->last) &&
           a->proto == b->proto && a->port_first == b->port_first && a->port_last == b->port_last;
}

bool
selector_has_addr(const Selector *s, const Addr *a)
{
    return addrs_valid(s) && a->family == s->first.family && addr_compare(&s->first, a) <= 0 &&
           addr_compare(a, &s->last) <= 0;
}

bool
selector_within(const Selector *inner, const Selector *outer)
{
    Selector both;

    return selector_intersect(inner, outer, &both) && selector_equal(&both, inner);
}

/* OPAQUE meets only itself and ANY (RFC 4301 §4.4.1.1: ANY includes OPAQUE). */
static bool
ports_intersect(const Selector *a, const Selector *b, Selector *ret)
{
    if (ports_opaque(a) || ports_opaque(b)) {
        const Selector *opaque = ports_opaque(a) ? a : b;
        const Selector *other = opaque == a ? b : a;

        if (!ports_any(other) && !ports_opaque(other))
            return false;
        ret->port_first = opaque->port_first;
        ret->port_last = opaque->port_last;
        return true;
    }
    ret->port_first = MAX(a->port_first, b->port_first);
    ret->port_last = MIN(a->port_last, b->port_last);
    return ret->port_first <= ret->port_last;
}

bool
selector_intersect(const Selector *a, const Selector *b, Selector *ret)
{
    Selector s = { .proto = a->proto ? a->proto : b->proto };

    if (!addrs_valid(a) || !addrs_valid(b) || a->first.family != b->first.family)
        return false;
    if (a->proto && b->proto && a->proto != b->proto)
        return false;
    s.first = addr_compare(&a->first, &b->first) >= 0 ? a->first : b->first;
    s.last = addr_compare(&a->last, &b->last) <= 0 ? a->last : b->last;
    if (!addrs_valid(&s) || !ports_intersect(a, b, &s))
        return false;
    *ret = s;
    return true;
}

char *
selector_format(const Selector *s)
{
    char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];

    return g_strdup_printf("%s/%u - %s/%u", addr_format(&s->first, first), s->port_first,
                           addr_format(&s->last, last), s->port_last);
}

/* The widest prefix that begins at @first and does not pass @last. */
static Prefix
widest_prefix(const Addr *first, const Addr *last)
{
    uint8_t full = (uint8_t)(addr_len(first) * 8);
    Prefix p = { *first, full };

    while (p.len > 0) {
        Prefix wider = { *first, (uint8_t)(p.len - 1) };
        Addr end = prefix_last(&wider);
        uint8_t bit = (uint8_t)(0x80 >> (wider.len % 8));

        if (first->b[wider.len / 8] & bit || addr_compare(&end, last) > 0)
            break; /* not aligned, or too wide */
        p = wider;
    }
    return p;
}

size_t
selector_prefixes(const Selector *s, Prefix *ret, size_t max)
{
    Addr at = s->first;
    size_t n = 0;

    if (!addrs_valid(s))
        return 0;
    do {
        if (n == max)
            return 0;
        ret[n] = widest_prefix(&at, &s->last);
        at = prefix_last(&ret[n]);
        n++;
    } while (addr_compare(&at, &s->last) < 0 && addr_next(&at, &at));
    return n;
}
