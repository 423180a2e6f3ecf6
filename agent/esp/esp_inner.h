/* esp_inner.h - the IP packet inside, as far as selectors and padding need to know it, and ranges
 * of addresses in the form that is quick to compare. */
#pragma once

#include "agent/base/reader.h"
#include "agent/base/selector.h"

/* An address as a number; IPv4 stands in @lo. The family is kept beside it, never inside. */
typedef struct EspAddr {
    uint64_t hi, lo;
} EspAddr;

enum { ESP_INNER_V4 = 20, ESP_INNER_V6 = 40 };            /* octets of a header without options */
enum { ESP_INNER_ADDRS_V4 = 8, ESP_INNER_ADDRS_V6 = 32 }; /* and of both addresses in it */

typedef struct EspInner {
    uint8_t family; /* AddrFamily */
    uint32_t len;   /* octets by its own header: what is behind is padding */
    EspAddr src, dst;
    Slice packet; /* view of just these octets */

    /* Looked up when a selector asks for them: most never do. */
    bool upper_known;
    bool later;                  /* a later fragment: the upper layer's header is in the first */
    uint8_t proto;               /* upper-layer protocol, behind any extension headers */
    bool has_ports;              /* false in a later fragment and in protocols without any */
    uint16_t src_port, dst_port; /* ICMP: type and code in both (RFC 4301 §4.4.1.1) */
} EspInner;

/* RFC 791 §3.1; options are skipped by the header length. */
static inline bool
esp_inner_bound_v4(Slice packet, Slice *ret)
{
    if (packet.len < ESP_INNER_V4)
        return false;
    uint32_t header = (packet.p[0] & 15u) * 4u, total = slice_u16(packet, 2);

    if (header < ESP_INNER_V4 || header > total || total > packet.len)
        return false;
    *ret = (Slice){ packet.p, total };
    return true;
}

/* RFC 8200 §3. A jumbogram cannot be: no path here carries one. */
static inline bool
esp_inner_bound_v6(Slice packet, Slice *ret)
{
    if (packet.len < ESP_INNER_V6)
        return false;
    uint32_t payload = slice_u16(packet, 4);

    if (payload > packet.len - ESP_INNER_V6)
        return false;
    *ret = (Slice){ packet.p, ESP_INNER_V6 + payload };
    return true;
}

/* esp_inner_bound - the IP packet at the start of @packet, which may be followed by more.
 * @ret: view of just its octets.
 * Returns its family, or ADDR_NONE, leaving @ret alone, when it is no IP packet, its header is cut,
 * or it claims more octets than there are. */
G_GNUC_WARN_UNUSED_RESULT static inline uint8_t
esp_inner_bound(Slice packet, Slice *ret)
{
    unsigned version = packet.len ? packet.p[0] >> 4 : 0;

    if (version == 4)
        return esp_inner_bound_v4(packet, ret) ? ADDR_V4 : ADDR_NONE;
    return version == 6 && esp_inner_bound_v6(packet, ret) ? ADDR_V6 : ADDR_NONE;
}

/* esp_inner_addrs - where both addresses stand in the header of a packet that has been bounded. */
static inline Slice
esp_inner_addrs(Slice packet, uint8_t family)
{
    return family == ADDR_V4 ? (Slice){ packet.p + 12, ESP_INNER_ADDRS_V4 }
                             : (Slice){ packet.p + 8, ESP_INNER_ADDRS_V6 };
}

/* esp_inner_fill - what a packet is that esp_inner_bound() has found. */
void esp_inner_fill(Slice bound, uint8_t family, EspInner *ret);
/* esp_inner_decode - both. Returns false where the former finds none. */
G_GNUC_WARN_UNUSED_RESULT bool esp_inner_decode(Slice packet, EspInner *ret);

/* esp_inner_upper - fill in protocol and ports. What cannot be found stays unknown: no ports, the
 * protocol as far as the headers led. */
void esp_inner_upper(EspInner *inner);

/* esp_inner_asks_any - as the following, in as many steps as it takes. */
bool esp_inner_asks_any(Slice packet, uint8_t family);
/* esp_inner_asks - must whoever gets @packet, as decoded, answer? TCP (but a reset), an echo
 * request, a question to a name server. */
static inline bool
esp_inner_asks(Slice packet, uint8_t family)
{
    enum { PLAIN = 0x45, TCP = 6, UDP = 17, LATER = 0x1fff, RST = 4, DNS = 53 };

    /* Most are TCP or UDP, whole, right behind an IPv4 header: a few steps will do. */
    if (packet.len < 34 || packet.p[0] != PLAIN || (slice_u16(packet, 6) & LATER) != 0)
        return esp_inner_asks_any(packet, family);
    if (packet.p[9] == TCP)
        return !(packet.p[33] & RST);
    if (packet.p[9] == UDP)
        return slice_u16(packet, 22) == DNS;
    return esp_inner_asks_any(packet, family);
}
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
