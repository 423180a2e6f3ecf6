/* selector.h - one traffic selector (RFC 7296 §3.13.1, RFC 4301 §4.4.1), shared by ike, esp and
 * routes. */
#pragma once

#include "agent/base/addr.h"

typedef struct Selector {
    Addr first, last; /* same family, inclusive */
    uint8_t proto;    /* 0: any */
    uint16_t port_first, port_last;
} Selector;

/* Selectors, borrowed as octets are by a Slice; selectors_copy() makes one that owns exactly so
 * many. */
typedef struct Selectors {
    size_t n;
    const Selector *s;
} Selectors;

void selectors_copy(Selectors *ret, Selectors from); /* frees what @ret owned */
void selectors_clear(Selectors *s);                  /* of selectors_copy(); {0} is fine */

/* A selector of every address of @family, any protocol, any port. */
Selector selector_all(AddrFamily family);
Selector selector_of_prefix(const Prefix *p);
bool selector_equal(const Selector *a, const Selector *b);
bool selector_has_addr(const Selector *s, const Addr *a);
/* True when everything @inner covers is covered by @outer (RFC 7296 §2.9). */
bool selector_within(const Selector *inner, const Selector *outer);
/* selector_intersect - what both cover; false when that is nothing. */
bool selector_intersect(const Selector *a, const Selector *b,
                        Selector *ret) G_GNUC_WARN_UNUSED_RESULT;
/* selector_prefixes - the fewest prefixes that cover exactly its addresses, low to high.
 * @max: room at @ret; an IPv4 range needs at most 62, an IPv6 range 254.
 * Returns how many, 0 when they do not fit. */
size_t selector_prefixes(const Selector *s, Prefix *ret, size_t max);
/* "10.2.2.1/0 - 10.2.2.1/65535" in the field's form (address/port - address/port). */
char *selector_format(const Selector *s);
