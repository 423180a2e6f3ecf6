#include "agent/esp/esp_split.h"

#include "agent/base/addr.h"
#include "agent/base/checksum.h"
#include "agent/esp/esp_gso_private.h"

enum { UDP_SEGMENTS_MAX = 128 }; /* as many as a program can ask its host for */

static bool
type_fits(uint8_t type, const EspGsoShape *s)
{
    switch (type) {
    case ESP_GSO_TCP4:
    case ESP_GSO_TCP4 | ESP_GSO_ECN:
        return s->proto == PROTO_TCP && s->family == ADDR_V4;
    case ESP_GSO_TCP6:
    case ESP_GSO_TCP6 | ESP_GSO_ECN:
        return s->proto == PROTO_TCP && s->family == ADDR_V6;
    case ESP_GSO_UDP:
        return s->proto == PROTO_UDP;
    default:
        return false;
    }
}

static bool
size_fits(const EspGso *g, const EspGsoShape *s)
{
    size_t payload = s->len - s->header_len;

    if (s->proto == PROTO_TCP)
        return g->size >= TCP_SIZE_MIN && payload > 0;
    return g->size > 0 && payload > 0 && payload <= (size_t)g->size * UDP_SEGMENTS_MAX;
}

static EspGsoStatus
check(const EspGso *g, Slice packet, EspGsoShape *ret)
{
    if (g->hdr_len > packet.len)
        return ESP_GSO_BAD_HEADER;
    if (!esp_gso_shape(packet, ret))
        return ESP_GSO_BAD_PACKET;
    if (!type_fits(g->type, ret) || !size_fits(g, ret))
        return ESP_GSO_BAD_HEADER;
    if (!(g->flags & ESP_GSO_NEEDS_CSUM) || g->csum_start != ret->ip_len ||
        g->csum_offset != ret->csum_offset)
        return ESP_GSO_BAD_CHECKSUM;
    return ESP_GSO_OK;
}

/* The sum of the IPv4 header but for what differs from segment to segment. */
static uint16_t
sum_ip(const EspSplit *s)
{
    const uint8_t *p = s->packet.p;
    Slice rest = { p + V4_FRAGMENT, s->shape.ip_len - (size_t)V4_FRAGMENT };

    return checksum_fold((uint64_t)esp_gso_u16(p) + checksum_sum(rest) +
                         (uint16_t)~esp_gso_u16(p + V4_CSUM));
}

/* The same of pseudo-header and upper header: taken away is what is put in anew. */
static uint16_t
sum_upper(const EspSplit *s)
{
    const uint8_t *upper = s->packet.p + s->shape.ip_len;
    uint64_t sum = (uint64_t)esp_gso_pseudo(s->packet, &s->shape, 0) +
                   checksum_sum((Slice){ upper, (size_t)s->shape.header_len - s->shape.ip_len }) +
                   (uint16_t)~esp_gso_u16(upper + s->shape.csum_offset);

    if (s->shape.proto == PROTO_UDP)
        return checksum_fold(sum + (uint16_t)~esp_gso_u16(upper + UDP_LEN));
    return checksum_fold(sum + (uint16_t)~esp_gso_u16(upper + TCP_SEQ) +
                         (uint16_t)~esp_gso_u16(upper + TCP_SEQ + 2) +
                         (uint16_t) ~(uint16_t)upper[TCP_FLAGS]);
}

EspGsoStatus
esp_split_init(EspSplit *s, const EspGso *g, Slice packet)
{
    EspGsoShape shape;
    EspGsoStatus status = check(g, packet, &shape);

    if (status != ESP_GSO_OK)
        return status;
    *s = (EspSplit){ .packet = packet, .shape = shape, .size = g->size };
    s->upper_sum = sum_upper(s);
    if (shape.proto == PROTO_TCP)
        s->seq = esp_gso_u32(packet.p + shape.ip_len + TCP_SEQ);
    if (shape.family == ADDR_V4) {
        s->id = esp_gso_u16(packet.p + V4_ID);
        s->ip_sum = sum_ip(s);
    }
    return ESP_GSO_OK;
}

static size_t
next_payload(const EspSplit *s)
{
    size_t left = s->shape.len - s->shape.header_len - s->at;

    return MIN(left, s->size);
}

size_t
esp_split_next_len(const EspSplit *s)
{
    size_t payload = next_payload(s);

    return payload ? s->shape.header_len + payload : 0;
}

static void
write_ip(const EspSplit *s, uint8_t *ip, size_t len)
{
    if (s->shape.family == ADDR_V6) {
        esp_gso_put_u16(ip + V6_PAYLOAD, (uint32_t)(len - V6_HEADER));
        return;
    }
    uint16_t id = (uint16_t)(s->id + s->n);

    esp_gso_put_u16(ip + V4_LEN, (uint32_t)len);
    esp_gso_put_u16(ip + V4_ID, id);
    esp_gso_put_u16(ip + V4_CSUM, (uint16_t)~checksum_fold((uint64_t)s->ip_sum + len + id));
}

/* Returns the sum of what has been written. */
static uint64_t
write_tcp(const EspSplit *s, uint8_t *tcp, bool last)
{
    uint32_t seq = s->seq + s->at;
    uint8_t flags = tcp[TCP_FLAGS];

    if (!last)
        flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    if (s->n > 0)
        flags &= (uint8_t)~TCP_CWR;
    esp_gso_put_u32(tcp + TCP_SEQ, seq);
    tcp[TCP_FLAGS] = flags;
    return (uint64_t)seq + flags;
}

void
esp_split_next(EspSplit *s, uint8_t *to)
{
    size_t payload = next_payload(s), header = s->shape.header_len;
    size_t upper_len = header + payload - s->shape.ip_len;
    uint8_t *upper = to + s->shape.ip_len;
    bool last = s->at + payload == s->shape.len - header;
    uint64_t sum = (uint64_t)s->upper_sum + upper_len;

    g_assert(payload > 0);
    memcpy(to, s->packet.p, header);
    sum += checksum_copy(to + header, (Slice){ s->packet.p + header + s->at, payload });
    write_ip(s, to, header + payload);
    if (s->shape.proto == PROTO_TCP) {
        sum += write_tcp(s, upper, last);
    } else {
        esp_gso_put_u16(upper + UDP_LEN, (uint32_t)upper_len);
        sum += upper_len;
    }
    uint16_t csum = (uint16_t)~checksum_fold(sum);

    if (csum == 0 && s->shape.proto == PROTO_UDP)
        csum = UINT16_MAX; /* RFC 768: zero would mean that there is none */
    esp_gso_put_u16(upper + s->shape.csum_offset, csum);
    s->at += (uint32_t)payload;
    s->n++;
}
