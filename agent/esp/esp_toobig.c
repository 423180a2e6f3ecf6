#include "agent/esp/esp_toobig.h"

#include <string.h>

#include "agent/base/checksum.h"
#include "agent/base/writer.h"
#include "agent/esp/esp_inner.h"

enum {
    V4_HEADER = 20,
    V6_HEADER = 40,
    ICMP_HEADER = 8,
    V4_TOTAL_AT = 2,
    V4_FLAGS_AT = 6,
    V4_PROTO_AT = 9,
    V4_CHECKSUM_AT = 10,
    DF = 0x4000,
    MF = 0x2000,
    OFFSET = 0x1fff, /* in units of eight octets */
    OPTION_COPIED = 0x80,
    OPTION_END = 0,
    OPTION_NOP = 1,
    V4_TELL_MAX = 576, /* RFC 1812 §4.3.2.3 */
    PROTO_ICMP = 1,
    PROTO_ICMPV6 = 58,
    INTERNETWORK_CONTROL = 0xc0, /* RFC 1812 §4.3.2.5 */
    HOPS = 64,
    UNREACHABLE = 3, /* RFC 792; its code: */
    FRAGMENTATION_NEEDED = 4,
    PACKET_TOO_BIG = 2,   /* RFC 4443 §3.2 */
    ICMPV6_INFORMS = 128, /* and above: no error (§2.1) */
};

/* RFC 1071, of @s behind what @sum is of. */
static uint16_t
checksum(uint32_t sum, Slice s)
{
    return (uint16_t)~checksum_fold((uint64_t)sum + checksum_sum(s));
}

static uint16_t
get_u16(Slice s, size_t at)
{
    return (uint16_t)(s.p[at] << 8 | s.p[at + 1]);
}

static void
put_u16(uint8_t *p, size_t at, size_t v)
{
    Writer w = { .base = p + at, .cap = 2 };

    writer_u16(&w, (uint16_t)v);
}

static size_t
header_len(Slice packet)
{
    return (packet.p[0] & 15u) * 4u;
}

bool
esp_toobig_may_cut(Slice packet)
{
    EspInner inner;

    return esp_inner_decode(packet, &inner) && inner.family == ADDR_V4 &&
           !(get_u16(packet, V4_FLAGS_AT) & DF);
}

/* RFC 791 §3.2: options that are not copied stand in the first fragment only; blanks keep their
 * place. */
static void
blank_options(uint8_t *options, size_t len)
{
    size_t i = 0;

    while (i < len && options[i] != OPTION_END) {
        size_t n = options[i] == OPTION_NOP ? 1 : i + 1 < len ? options[i + 1] : 0;

        if (n == 0 || (n < 2 && options[i] != OPTION_NOP) || n > len - i) {
            memset(options + i, OPTION_NOP, len - i); /* broken: nobody can read on */
            return;
        }
        if (!(options[i] & OPTION_COPIED))
            memset(options + i, OPTION_NOP, n);
        i += n;
    }
}

size_t
esp_toobig_cut(Slice packet, size_t mtu, size_t *at, uint8_t *ret)
{
    EspInner inner;
    size_t head, left, n;
    uint16_t frag;

    if (!esp_inner_decode(packet, &inner) || inner.family != ADDR_V4)
        return 0;
    head = header_len(packet);
    if (*at >= inner.len - head || mtu < head + 8)
        return 0;
    left = inner.len - head - *at;
    n = MIN(left, (mtu - head) & ~(size_t)7);
    if (n < left || left > mtu - head)
        n &= ~(size_t)7;
    else
        n = left;
    frag = get_u16(packet, V4_FLAGS_AT);
    memcpy(ret, packet.p, head);
    memcpy(ret + head, packet.p + head + *at, n);
    if (*at > 0)
        blank_options(ret + V4_HEADER, head - V4_HEADER);
    put_u16(ret, V4_TOTAL_AT, head + n);
    put_u16(ret, V4_FLAGS_AT,
            (size_t)((frag & ~OFFSET) | (n < left ? MF : 0)) | ((frag & OFFSET) + *at / 8));
    put_u16(ret, V4_CHECKSUM_AT, 0);
    put_u16(ret, V4_CHECKSUM_AT, checksum(0, (Slice){ ret, head }));
    *at += n;
    return head + n;
}

/* One host, and not this one. */
static bool
is_host(const EspInner *inner, EspAddr a)
{
    if (inner->family == ADDR_V6)
        return a.hi >> 56 != 0xff && (a.hi != 0 || a.lo > 1);
    return a.lo >> 24 != 0 && a.lo >> 24 != 127 && a.lo >> 24 < 224;
}

static bool
is_error(const EspInner *inner)
{
    uint8_t type = (uint8_t)(inner->src_port >> 8);

    if (inner->proto == PROTO_ICMPV6)
        return !inner->has_ports || type < ICMPV6_INFORMS;
    if (inner->proto != PROTO_ICMP)
        return false;
    /* unreachable, source quench, redirect, time exceeded, parameter problem */
    return !inner->has_ports || type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static size_t
tell_v4(const EspInner *inner, uint32_t mtu, uint8_t *ret)
{
    size_t quote = MIN(inner->packet.len, (size_t)(V4_TELL_MAX - V4_HEADER - ICMP_HEADER));
    Writer w = { .base = ret, .cap = V4_TELL_MAX };

    writer_u8(&w, 0x45);
    writer_u8(&w, INTERNETWORK_CONTROL);
    writer_u16(&w, (uint16_t)(V4_HEADER + ICMP_HEADER + quote));
    writer_u16(&w, 0);
    writer_u16(&w, DF);
    writer_u8(&w, HOPS);
    writer_u8(&w, PROTO_ICMP);
    writer_u16(&w, 0);
    writer_u32(&w, (uint32_t)inner->dst.lo);
    writer_u32(&w, (uint32_t)inner->src.lo);
    put_u16(ret, V4_CHECKSUM_AT, checksum(0, writer_view(&w)));
    writer_u8(&w, UNREACHABLE);
    writer_u8(&w, FRAGMENTATION_NEEDED);
    writer_u32(&w, 0); /* checksum, and two octets of nothing (RFC 1191 §4) */
    writer_u16(&w, (uint16_t)MIN(mtu, UINT16_MAX));
    writer_slice(&w, (Slice){ inner->packet.p, quote });
    put_u16(ret, V4_HEADER + 2, checksum(0, (Slice){ ret + V4_HEADER, w.len - V4_HEADER }));
    return w.len;
}

static size_t
tell_v6(const EspInner *inner, uint32_t mtu, uint8_t *ret)
{
    size_t quote = MIN(inner->packet.len, (size_t)(ESP_TELL_MAX - V6_HEADER - ICMP_HEADER));
    Writer w = { .base = ret, .cap = ESP_TELL_MAX };

    writer_u32(&w, 0x60000000);
    writer_u16(&w, (uint16_t)(ICMP_HEADER + quote));
    writer_u8(&w, PROTO_ICMPV6);
    writer_u8(&w, HOPS);
    writer_u64(&w, inner->dst.hi);
    writer_u64(&w, inner->dst.lo);
    writer_u64(&w, inner->src.hi);
    writer_u64(&w, inner->src.lo);
    writer_u8(&w, PACKET_TOO_BIG);
    writer_u8(&w, 0);
    writer_u16(&w, 0);
    writer_u32(&w, mtu);
    writer_slice(&w, (Slice){ inner->packet.p, quote });
    /* the pseudo-header: both addresses, the length, the protocol (RFC 8200 §8.1) */
    put_u16(
        ret, V6_HEADER + 2,
        checksum((uint32_t)(ICMP_HEADER + quote) + PROTO_ICMPV6, (Slice){ ret + 8, w.len - 8 }));
    return w.len;
}

size_t
esp_toobig_tell(Slice packet, uint32_t mtu, uint8_t *ret)
{
    EspInner inner;

    if (!esp_inner_decode(packet, &inner) || !is_host(&inner, inner.src) ||
        !is_host(&inner, inner.dst))
        return 0;
    esp_inner_upper(&inner);
    if (inner.later || is_error(&inner))
        return 0;
    return inner.family == ADDR_V4 ? tell_v4(&inner, mtu, ret) : tell_v6(&inner, mtu, ret);
}
