/* esp_inner.h - the IP packet inside, as far as selectors and padding need to know it, and ranges
 * of addresses in the form that is quick to compare. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/selector.h"

/* An address as a number; IPv4 stands in @lo. The family is kept beside it, never inside. */
typedef struct EspAddr {
    uint64_t hi, lo;
} EspAddr;

typedef struct EspInner {
    uint8_t family; /* AddrFamily */
    uint32_t len;   /* octets by its own header: what is behind is padding */
    EspAddr src, dst;
    Slice packet; /* view of just these octets */

    /* Looked up when a selector asks for them: most never do. */
    bool upper_known;
    uint8_t proto;               /* upper-layer protocol, behind any extension headers */
    bool has_ports;              /* false in a later fragment and in protocols without any */
    uint16_t src_port, dst_port; /* ICMP: type and code in both (RFC 4301 §4.4.1.1) */
} EspInner;

/* esp_inner_decode - family, length and addresses of the IP packet at the start of @packet.
 * Octets behind the packet are allowed. Returns false, leaving @ret alone, when it is no IP packet,
 * its header is cut, or it claims more octets than there are. */
bool esp_inner_decode(Slice packet, EspInner *ret) G_GNUC_WARN_UNUSED_RESULT;
/* esp_inner_upper - fill in protocol and ports. What cannot be found stays unknown: no ports, the
 * protocol as far as the headers led. */
void esp_inner_upper(EspInner *inner);

/* esp_inner_asks - must whoever gets the packet answer? TCP (but a reset), an echo request, a
 * question to a name server. */
bool esp_inner_asks(EspInner *inner);
/* esp_inner_mark - one of 64 bits for an address: who has been heard, as far as that is enough. */
uint64_t esp_inner_mark(EspAddr a);

typedef struct EspRange {
    EspAddr first, last; /* inclusive */
    uint8_t family;
    uint8_t proto; /* 0: any */
    uint16_t port_first, port_last;
    bool any_upper; /* protocol and ports do not matter */
} EspRange;

EspRange esp_range_of(const Selector *s);
/* esp_range_covers - is the source (@src), or the destination, of @inner in one of @ranges, with
 * its protocol and port? */
bool esp_range_covers(const EspRange *ranges, size_t n, EspInner *inner, bool src);

static inline int
esp_addr_compare(EspAddr a, EspAddr b)
{
    if (a.hi != b.hi)
        return a.hi < b.hi ? -1 : 1;
    return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static inline bool
esp_range_has(const EspRange *r, uint8_t family, EspAddr a)
{
    return r->family == family && esp_addr_compare(r->first, a) <= 0 &&
           esp_addr_compare(a, r->last) <= 0;
}

/* One address: what a hash can hold. */
static inline bool
esp_range_is_host(const EspRange *r)
{
    return esp_addr_compare(r->first, r->last) == 0;
}
