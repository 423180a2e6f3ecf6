#include "agent/esp/esp_gso.h"

#include "agent/base/addr.h"
#include "agent/base/checksum.h"
#include "agent/esp/esp_gso_private.h"

static uint16_t
little(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static void
put_little(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v;
    at[1] = (uint8_t)(v >> 8);
}

bool
esp_gso_decode(Slice octets, EspGso *ret)
{
    Reader r = reader_init(octets);
    Slice s;

    if (!reader_slice(&r, ESP_GSO_HEADER, &s))
        return false;
    *ret = (EspGso){
        .flags = s.p[0],
        .type = s.p[1],
        .hdr_len = little(s.p + 2),
        .size = little(s.p + 4),
        .csum_start = little(s.p + 6),
        .csum_offset = little(s.p + 8),
    };
    return true;
}

void
esp_gso_encode(const EspGso *g, uint8_t ret[static ESP_GSO_HEADER])
{
    ret[0] = g->flags;
    ret[1] = g->type;
    put_little(ret + 2, g->hdr_len);
    put_little(ret + 4, g->size);
    put_little(ret + 6, g->csum_start);
    put_little(ret + 8, g->csum_offset);
}

/* RFC 791 §3.1. */
static bool
shape_v4(Slice packet, EspGsoShape *ret)
{
    if (packet.len < V4_HEADER || esp_gso_u16(packet.p + V4_LEN) != packet.len ||
        (esp_gso_u16(packet.p + V4_FRAGMENT) & V4_IS_FRAGMENT))
        return false;
    ret->family = ADDR_V4;
    ret->proto = packet.p[V4_PROTO];
    ret->ip_len = (uint16_t)((packet.p[0] & 15) * 4);
    return ret->ip_len >= V4_HEADER;
}

/* RFC 8200 §3. */
static bool
shape_v6(Slice packet, EspGsoShape *ret)
{
    if (packet.len < V6_HEADER ||
        (size_t)esp_gso_u16(packet.p + V6_PAYLOAD) + V6_HEADER != packet.len)
        return false;
    ret->family = ADDR_V6;
    ret->proto = packet.p[V6_NEXT];
    ret->ip_len = V6_HEADER;
    return true;
}

/* RFC 9293 §3.1, RFC 768. */
static bool
shape_upper(Slice packet, EspGsoShape *ret)
{
    size_t upper = packet.len - ret->ip_len, header;

    if (ret->proto == PROTO_TCP && upper >= TCP_HEADER) {
        header = (packet.p[ret->ip_len + TCP_DATA_OFFSET] >> 4) * 4u;
        ret->csum_offset = TCP_CSUM;
        if (header < TCP_HEADER)
            return false;
    } else if (ret->proto == PROTO_UDP && upper >= UDP_HEADER) {
        header = UDP_HEADER;
        ret->csum_offset = UDP_CSUM;
        if (esp_gso_u16(packet.p + ret->ip_len + UDP_LEN) != upper)
            return false;
    } else {
        return false;
    }
    ret->header_len = (uint16_t)(ret->ip_len + header);
    return header <= upper;
}

bool
esp_gso_shape(Slice packet, EspGsoShape *ret)
{
    EspGsoShape s = { .len = (uint32_t)packet.len };
    uint8_t version = packet.len ? packet.p[0] >> 4 : 0;

    if (packet.len > PACKET_MAX || (version != 4 && version != 6) ||
        !(version == 4 ? shape_v4(packet, &s) : shape_v6(packet, &s)) || s.ip_len > packet.len ||
        !shape_upper(packet, &s))
        return false;
    *ret = s;
    return true;
}

uint16_t
esp_gso_pseudo(Slice packet, const EspGsoShape *s, size_t upper_len)
{
    Slice addrs = s->family == ADDR_V4 ? (Slice){ packet.p + V4_ADDRS, 8 }
                                       : (Slice){ packet.p + V6_ADDRS, 32 };

    return checksum_fold((uint64_t)checksum_sum(addrs) + s->proto + upper_len);
}

static size_t
ip_header_min(Slice packet)
{
    return packet.len && packet.p[0] >> 4 == 6 ? V6_HEADER : V4_HEADER;
}

EspGsoStatus
esp_gso_finish(const EspGso *g, uint8_t *packet, size_t len)
{
    size_t start = g->csum_start, at = start + g->csum_offset;

    if (g->type != ESP_GSO_NONE)
        return ESP_GSO_BAD_HEADER;
    if (!(g->flags & ESP_GSO_NEEDS_CSUM))
        return ESP_GSO_OK;
    /* Anywhere behind the IP header: a packet within a packet is summed up there. */
    if (start < ip_header_min((Slice){ packet, len }) || at + 2 > len || (g->csum_offset & 1))
        return ESP_GSO_BAD_CHECKSUM;

    uint16_t sum = (uint16_t)~checksum_sum((Slice){ packet + start, len - start });

    /* RFC 768: zero would mean that there is none; elsewhere it is the same number. */
    esp_gso_put_u16(packet + at, sum ? sum : UINT16_MAX);
    return ESP_GSO_OK;
}
