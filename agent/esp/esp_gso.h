/* esp_gso.h - packets of many segments, as a TUN interface hands them over and takes them: the
 * header in front of each packet, and where the headers of TCP and UDP end. */
#pragma once

#include "agent/base/reader.h"

/* struct virtio_net_hdr (virtio 1.2 §5.1.6), little-endian whatever the machine:
 *
 *  | flags 1 | gso_type 1 | hdr_len 2 | gso_size 2 | csum_start 2 | csum_offset 2 |
 */
enum { ESP_GSO_HEADER = 10 };

enum { ESP_GSO_NEEDS_CSUM = 1 }; /* the field holds the sum of the pseudo-header alone */

typedef enum EspGsoType {
    ESP_GSO_NONE = 0,
    ESP_GSO_TCP4 = 1,
    ESP_GSO_TCP6 = 4,
    ESP_GSO_UDP = 5,    /* datagrams of one flow, UDP_L4 */
    ESP_GSO_ECN = 0x80, /* with TCP: CWR is set, and meant for the first segment only */
} EspGsoType;

typedef struct EspGso {
    uint8_t flags, type;
    uint16_t hdr_len;     /* a hint, and nothing hangs on it */
    uint16_t size;        /* payload of each segment, the last may be shorter */
    uint16_t csum_start;  /* first octet that is summed up */
    uint16_t csum_offset; /* from there: where the sum goes */
} EspGso;

/* Returns false when @octets are fewer than a header. */
bool esp_gso_decode(Slice octets, EspGso *ret) G_GNUC_WARN_UNUSED_RESULT;
void esp_gso_encode(const EspGso *g, uint8_t ret[static ESP_GSO_HEADER]);

/* Why a packet is refused. */
typedef enum EspGsoStatus {
    ESP_GSO_OK,
    ESP_GSO_BAD_HEADER,   /* its header contradicts itself or the packet: type, size, length */
    ESP_GSO_BAD_CHECKSUM, /* the place of the checksum is none */
    ESP_GSO_BAD_PACKET,   /* no TCP or UDP that can be cut: fragment, extension header, lengths */
    ESP_GSO_STATUS_N,
} EspGsoStatus;

/* A whole TCP segment or UDP datagram right behind its IP header. */
typedef struct EspGsoShape {
    uint8_t family, proto; /* AddrFamily; 6 or 17 */
    uint16_t ip_len;       /* of the IP header, IPv4 options included */
    uint16_t header_len;   /* of both headers */
    uint16_t csum_offset;  /* within the second header */
    uint32_t len;          /* of the packet */
} EspGsoShape;

/* esp_gso_shape - returns false for anything else: a fragment, an IPv6 extension header, another
 * protocol, a length in a header that is not that of @packet. */
bool esp_gso_shape(Slice packet, EspGsoShape *ret) G_GNUC_WARN_UNUSED_RESULT;
/* esp_gso_pseudo - the sum of the pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1) with @upper_len as
 * the octets behind the IP header. */
uint16_t esp_gso_pseudo(Slice packet, const EspGsoShape *s, size_t upper_len);

/* esp_gso_finish - a packet of one segment: fill in the checksum that @g leaves to us.
 * @packet: changed only with ESP_GSO_OK. */
EspGsoStatus esp_gso_finish(const EspGso *g, uint8_t *packet, size_t len);
