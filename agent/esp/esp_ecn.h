/* esp_ecn.h - congestion and priority across the tunnel: what the outer IP header has of the inner
 * one's TOS octet or traffic class (DSCP, two bits of ECN), and what comes back into it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ESP_ECN_NOT_ECT, /* RFC 3168 §5 */
    ESP_ECN_ECT1,
    ESP_ECN_ECT0,
    ESP_ECN_CE,
    ESP_ECN_MASK = 3,
};

/* esp_ecn_class - TOS octet or traffic class of an IP packet; two octets of it are read. */
static inline uint8_t
esp_ecn_class(const uint8_t *packet)
{
    return (uint8_t)(packet[0] >> 4 == 4 ? packet[1] : packet[0] << 4 | packet[1] >> 4);
}

/* esp_ecn_join - what the outer header says of congestion into @packet, a whole IP header, as it
 * leaves the tunnel (RFC 6040 §4.2); the checksum of IPv4 follows. DSCP stays.
 * @outer: TOS octet or traffic class.
 * Returns false when the packet must be dropped: congestion was met, and its sender would not
 * understand. */
bool esp_ecn_join(uint8_t *packet, uint8_t outer);
