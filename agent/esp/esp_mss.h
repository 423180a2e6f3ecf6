/* esp_mss.h - what TCP may put into one segment, lowered on its way through the tunnel to what the
 * tunnel takes whole: for paths on which nobody hears that a packet was too large (RFC 2923 §2.1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ESP_MSS_V4 = 40, /* octets of both headers without options (RFC 9293 §3.7.1) */
    ESP_MSS_V6_MORE = 20,
};

/* esp_mss_of - the lower of @octets and what an inner MTU of @mtu takes; 0 stays 0: any. */
static inline uint32_t
esp_mss_of(uint32_t octets, uint32_t mtu)
{
    uint32_t most = mtu > ESP_MSS_V4 ? mtu - ESP_MSS_V4 : 1;

    return octets < most ? octets : most;
}

/* esp_mss_syn - is it worth a look? Few are. */
static inline bool
esp_mss_syn(const uint8_t *packet, size_t len)
{
    enum { PROTO_TCP = 6, FLAGS_AT = 13, SYN = 2 };

    if (len < ESP_MSS_V4)
        return false;
    if (packet[0] >> 4 == 4) {
        size_t at = (packet[0] & 15u) * 4 + FLAGS_AT;

        return packet[9] == PROTO_TCP && at < len && (packet[at] & SYN);
    }
    return packet[0] >> 4 == 6 && packet[6] == PROTO_TCP && len > 40 + FLAGS_AT &&
           (packet[40 + FLAGS_AT] & SYN);
}

/* esp_mss_clamp - lower the maximum segment size in a SYN of TCP to @most, over IPv6
 * ESP_MSS_V6_MORE less; the checksum follows, right or wrong as it was. Anything else, later
 * fragments, TCP behind extension headers and options that do not add up stay as they are.
 * @packet: an IP packet, or anything. */
void esp_mss_clamp(uint8_t *packet, size_t len, uint16_t most);
