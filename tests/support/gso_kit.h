/* gso_kit.h - TCP and UDP packets for tests, and a second, plain reading of what is right about
 * them. */
#pragma once

#include <glib.h>
#include <string.h>

#include "agent/esp/esp_gso.h"

enum { GSO_KIT_MAX = 65535 };

/* One packet. Zeros stand for something usual. */
typedef struct GsoKit {
    bool v6, udp;
    uint16_t src_port; /* else 40000 */
    uint32_t seq, ack;
    uint8_t flags; /* else ACK */
    uint8_t tos, ttl;
    uint16_t id, window;
    bool may_fragment;   /* DF is not set */
    const char *options; /* of TCP, octets in hex */
    const char *ip_options;
    size_t payload;
    uint32_t fill; /* what the payload is made of */
} GsoKit;

static inline void
gso_put16(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static inline void
gso_put32(uint8_t *at, uint32_t v)
{
    gso_put16(at, v >> 16);
    gso_put16(at + 2, v & 0xffff);
}

static inline size_t
gso_get16(const uint8_t *at)
{
    return (size_t)(at[0] << 8 | at[1]);
}

/* RFC 1071 §4.1, word for word. */
static inline uint32_t
gso_add(uint32_t sum, const uint8_t *p, size_t len)
{
    for (; len > 1; p += 2, len -= 2)
        sum += (uint32_t)(p[0] << 8 | p[1]);
    if (len > 0)
        sum += (uint32_t)(p[0] << 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline size_t
gso_ip_len(const uint8_t *p)
{
    return p[0] >> 4 == 4 ? (p[0] & 15u) * 4u : 40;
}

static inline uint8_t
gso_proto(const uint8_t *p)
{
    return p[0] >> 4 == 4 ? p[9] : p[6];
}

static inline size_t
gso_header_len(const uint8_t *p)
{
    size_t ip = gso_ip_len(p);

    return gso_proto(p) == 17 ? ip + 8 : ip + (p[ip + 12] >> 4) * 4u;
}

static inline uint8_t *
gso_csum_at(uint8_t *p)
{
    return p + gso_ip_len(p) + (gso_proto(p) == 17 ? 6 : 16);
}

static inline uint32_t
gso_pseudo(const uint8_t *p, size_t len)
{
    uint32_t sum = (uint32_t)(len - gso_ip_len(p)) + gso_proto(p);

    return p[0] >> 4 == 4 ? gso_add(sum, p + 12, 8) : gso_add(sum, p + 8, 32);
}

/* Is everything right that can be summed up? */
static inline bool
gso_sums_right(const uint8_t *p, size_t len)
{
    size_t ip = gso_ip_len(p);

    return (p[0] >> 4 == 6 || gso_add(0, p, ip) == 0xffff) &&
           gso_add(gso_pseudo(p, len), p + ip, len - ip) == 0xffff;
}

static inline void
gso_sum_up(uint8_t *p, size_t len)
{
    size_t ip = gso_ip_len(p);
    uint32_t sum;

    if (p[0] >> 4 == 4) {
        gso_put16(p + 10, 0);
        gso_put16(p + 10, ~gso_add(0, p, ip) & 0xffff);
    }
    gso_put16(gso_csum_at(p), 0);
    sum = ~gso_add(gso_pseudo(p, len), p + ip, len - ip) & 0xffff;
    gso_put16(gso_csum_at(p), sum ? sum : 0xffff);
}

static inline size_t
gso_hex(const char *hex, uint8_t *out)
{
    size_t n = hex ? strlen(hex) / 2 : 0;

    for (size_t i = 0; i < n; i++)
        out[i] =
            (uint8_t)(g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return n;
}

/* gso_kit - the packet, all its checksums right. Returns its length in @out, of 120 octets at
 * least. */
static inline size_t
gso_kit(const GsoKit *k, uint8_t *out)
{
    static const uint8_t addrs4[] = { 10, 0, 0, 5, 192, 0, 2, 1 };
    size_t ip = k->v6 ? 40 : 20, header, len;
    uint8_t *upper;

    memset(out, 0, 120);
    if (!k->v6)
        ip += gso_hex(k->ip_options, out + 20);
    upper = out + ip;
    gso_put16(upper, k->src_port ? k->src_port : 40000);
    gso_put16(upper + 2, 5201);
    header = k->udp ? 8 : 20 + gso_hex(k->options, upper + 20);
    len = ip + header + k->payload;
    if (k->udp) {
        gso_put16(upper + 4, header + k->payload);
    } else {
        gso_put32(upper + 4, k->seq);
        gso_put32(upper + 8, k->ack);
        upper[12] = (uint8_t)(header / 4 << 4);
        upper[13] = k->flags ? k->flags : 0x10;
        gso_put16(upper + 14, k->window ? k->window : 500);
    }
    if (k->v6) {
        out[0] = (uint8_t)(0x60 | k->tos >> 4);
        out[1] = (uint8_t)(k->tos << 4);
        gso_put16(out + 4, header + k->payload);
        out[6] = k->udp ? 17 : 6;
        out[7] = k->ttl ? k->ttl : 64;
        memcpy(out + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5", 16);
        memcpy(out + 24, "\x20\x01\x0d\xb8\0\1\0\0\0\0\0\0\0\0\0\1", 16);
    } else {
        out[0] = (uint8_t)(0x40 | ip / 4);
        out[1] = k->tos;
        gso_put16(out + 2, len);
        gso_put16(out + 4, k->id);
        out[6] = k->may_fragment ? 0 : 0x40;
        out[8] = k->ttl ? k->ttl : 64;
        out[9] = k->udp ? 17 : 6;
        memcpy(out + 12, addrs4, 8);
    }
    for (size_t i = 0; i < k->payload; i++)
        out[ip + header + i] = (uint8_t)((k->seq + k->fill + i) * 7 + (k->seq + i) / 251);
    gso_sum_up(out, len);
    return len;
}

/* What stands in front of such a packet of segments of @size, and its checksum as the host leaves
 * it. */
static inline EspGso
gso_whole(uint8_t *packet, size_t len, size_t size)
{
    bool udp = gso_proto(packet) == 17;

    gso_put16(gso_csum_at(packet), gso_pseudo(packet, len));
    return (EspGso){
        .flags = ESP_GSO_NEEDS_CSUM,
        .type = udp                   ? ESP_GSO_UDP
                : packet[0] >> 4 == 4 ? ESP_GSO_TCP4
                                      : ESP_GSO_TCP6,
        .hdr_len = (uint16_t)gso_header_len(packet),
        .size = (uint16_t)size,
        .csum_start = (uint16_t)gso_ip_len(packet),
        .csum_offset = udp ? 6 : 16,
    };
}
