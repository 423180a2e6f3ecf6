#include "agent/esp/esp_inner.h"

/* IANA protocol numbers that selectors and extension header walking know. */
enum {
    PROTO_HOPOPTS = 0,
    PROTO_ICMP = 1,
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    PROTO_ROUTING = 43,
    PROTO_FRAGMENT = 44,
    PROTO_ICMPV6 = 58,
    PROTO_DSTOPTS = 60,
    PROTO_SCTP = 132,
    PROTO_MH = 135,
    PROTO_UDPLITE = 136,
};

enum { TCP_FLAGS_AT = 13, TCP_RST = 4, PORT_DNS = 53, ICMP_ECHO = 8, ICMPV6_ECHO = 128 };

enum {
    V4_HEADER = ESP_INNER_V4, /* and where its fields are: RFC 791 §3.1 */
    V4_FRAGMENT = 6,
    V4_PROTO = 9,
    V6_HEADER = ESP_INNER_V6, /* RFC 8200 §3 */
    V6_NEXT = 6,
    V4_OFFSET = 0x1fff, /* fragment offset, RFC 791 §3.1 */
    V6_OFFSET = 0xfff8, /* RFC 8200 §4.5 */
    V6_CHAIN_MAX = 8,   /* extension headers followed; more than RFC 8200 §4.1 names */
};

static EspAddr
addr_v6(Slice addrs, size_t at)
{
    return (EspAddr){ .hi = slice_u64(addrs, at), .lo = slice_u64(addrs, at + sizeof(uint64_t)) };
}

void
esp_inner_fill(Slice bound, uint8_t family, EspInner *ret)
{
    Slice addrs = esp_inner_addrs(bound, family);

    *ret = (EspInner){ .family = family, .len = (uint32_t)bound.len, .packet = bound };
    if (family == ADDR_V4) {
        ret->src.lo = slice_u32(addrs, 0);
        ret->dst.lo = slice_u32(addrs, 4);
    } else {
        ret->src = addr_v6(addrs, 0);
        ret->dst = addr_v6(addrs, 16);
    }
}

bool
esp_inner_decode(Slice packet, EspInner *ret)
{
    Slice bound;
    uint8_t family = esp_inner_bound(packet, &bound);

    if (family == ADDR_NONE)
        return false;
    esp_inner_fill(bound, family, ret);
    return true;
}

static inline void
decode_ports(Reader *r, EspInner *inner)
{
    switch (inner->proto) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_SCTP:
    case PROTO_UDPLITE:
        inner->has_ports = reader_u16(r, &inner->src_port) && reader_u16(r, &inner->dst_port);
        break;
    case PROTO_ICMP:
    case PROTO_ICMPV6:
        inner->has_ports = reader_u16(r, &inner->src_port);
        inner->dst_port = inner->src_port;
        break;
    case PROTO_MH: { /* RFC 6275 §6.1.1: next header, length, MH type, reserved */
        uint16_t skip;
        uint8_t type;

        inner->has_ports = reader_u16(r, &skip) && reader_u8(r, &type);
        if (inner->has_ports)
            inner->src_port = inner->dst_port = (uint16_t)(type << 8); /* RFC 4301 §4.4.1.1 */
        break;
    }
    default:
        break;
    }
}

static inline void
upper_v4(Reader *r, EspInner *inner)
{
    Slice head, options;

    if (!reader_slice(r, V4_HEADER, &head) ||
        !reader_slice(r, (head.p[0] & 15u) * 4u - V4_HEADER, &options))
        return;
    inner->proto = head.p[V4_PROTO];
    inner->later = (slice_u16(head, V4_FRAGMENT) & V4_OFFSET) != 0;
    if (!inner->later)
        decode_ports(r, inner);
}

static void
upper_v6(Reader *r, EspInner *inner)
{
    Slice head, skip;

    if (!reader_slice(r, V6_HEADER, &head))
        return;
    inner->proto = head.p[V6_NEXT];
    for (unsigned i = 0; i < V6_CHAIN_MAX; i++) {
        uint8_t next, len;
        uint16_t frag;

        switch (inner->proto) {
        case PROTO_HOPOPTS:
        case PROTO_ROUTING:
        case PROTO_DSTOPTS: /* RFC 8200 §4.2: length in units of 8 beyond the first 8 */
            if (!reader_u8(r, &next) || !reader_u8(r, &len) ||
                !reader_slice(r, 6 + len * 8u, &skip))
                return;
            break;
        case PROTO_FRAGMENT:
            if (!reader_u8(r, &next) || !reader_u8(r, &len) || !reader_u16(r, &frag) ||
                !reader_slice(r, 4, &skip))
                return;
            if (frag & V6_OFFSET) {
                inner->later = true;
                inner->proto = next;
                return;
            }
            break;
        default:
            decode_ports(r, inner);
            return;
        }
        inner->proto = next;
    }
}

static inline void
upper(EspInner *inner)
{
    Reader r = reader_init(inner->packet);

    if (inner->family == ADDR_V4)
        upper_v4(&r, inner);
    else
        upper_v6(&r, inner);
    inner->upper_known = true;
}

void
esp_inner_upper(EspInner *inner)
{
    upper(inner);
}

static EspAddr
number_of(const Addr *a)
{
    EspAddr ret = { 0 };

    for (size_t i = 0; i < addr_len(a); i++) {
        ret.hi = ret.hi << 8 | ret.lo >> 56;
        ret.lo = ret.lo << 8 | a->b[i];
    }
    return ret;
}

/* RFC 9293 §3.1: the flags are the second octet behind the ports, sequence and acknowledgment
 * numbers. Only where no IP option or extension header is in the way; a reset elsewhere counts. */
static inline bool
is_reset(const EspInner *inner)
{
    size_t at = (inner->family == ADDR_V4 ? V4_HEADER : V6_HEADER) + TCP_FLAGS_AT;

    return inner->packet.len > at && (inner->packet.p[at] & TCP_RST);
}

bool
esp_inner_asks_any(Slice packet, uint8_t family)
{
    EspInner inner = { .family = family, .packet = packet };

    upper(&inner);
    if (!inner.has_ports)
        return false;
    switch (inner.proto) {
    case PROTO_TCP:
        return !is_reset(&inner);
    case PROTO_UDP:
        return inner.dst_port == PORT_DNS;
    case PROTO_ICMP:
        return inner.src_port >> 8 == ICMP_ECHO;
    case PROTO_ICMPV6:
        return inner.src_port >> 8 == ICMPV6_ECHO;
    default:
        return false;
    }
}

uint64_t
esp_inner_mark(EspAddr a)
{
    uint64_t h = (a.hi ^ a.hi >> 32) * UINT64_C(0x9e3779b97f4a7c15) + a.lo;

    return UINT64_C(1) << ((h ^ h >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 58);
}

EspRange
esp_range_of(const Selector *s)
{
    return (EspRange){
        .first = number_of(&s->first),
        .last = number_of(&s->last),
        .family = s->first.family,
        .proto = s->proto,
        .port_first = s->port_first,
        .port_last = s->port_last,
        .any_upper = s->proto == 0 && s->port_first == 0 && s->port_last == UINT16_MAX,
    };
}

static bool
range_has_upper(const EspRange *r, EspInner *inner, bool src)
{
    uint16_t port;

    if (!inner->upper_known)
        esp_inner_upper(inner);
    if (r->proto != 0 && r->proto != inner->proto)
        return false;
    if (r->port_first == 0 && r->port_last == UINT16_MAX)
        return true;
    if (r->port_first > r->port_last) /* OPAQUE, RFC 7296 §3.13.1 */
        return !inner->has_ports;
    port = src ? inner->src_port : inner->dst_port;
    return inner->has_ports && r->port_first <= port && port <= r->port_last;
}

bool
esp_range_covers(const EspRange *ranges, size_t n, EspInner *inner, bool src)
{
    EspAddr addr = src ? inner->src : inner->dst;

    for (size_t i = 0; i < n; i++)
        if (esp_range_has(&ranges[i], inner->family, addr) &&
            (ranges[i].any_upper || range_has_upper(&ranges[i], inner, src)))
            return true;
    return false;
}
