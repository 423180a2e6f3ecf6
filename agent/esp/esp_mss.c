#include "agent/esp/esp_mss.h"

#include <glib.h>

#include "agent/base/checksum.h"
#include "agent/esp/esp_inner.h"

enum {
    TCP_HEADER = 20,
    TCP_CHECKSUM_AT = 16,
    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_MSS = 2,
    OPTION_MSS_LEN = 4,
    PROTO_TCP = 6,
};

/* The TCP header with its options, whole, right behind the IP header. Returns false when there is
 * none such. */
static bool
find_tcp(uint8_t *packet, size_t len, uint8_t **ret, size_t *ret_len)
{
    EspInner inner;
    size_t at, left;

    if (!esp_inner_decode((Slice){ packet, len }, &inner))
        return false;
    esp_inner_upper(&inner);
    if (inner.proto != PROTO_TCP || inner.later)
        return false;
    at = inner.family == ADDR_V4 ? (packet[0] & 15u) * 4 : 40;
    left = inner.len - at;
    if (left < TCP_HEADER)
        return false;
    *ret = packet + at;
    *ret_len = (packet[at + 12] >> 4) * 4u;
    return *ret_len >= TCP_HEADER && *ret_len <= left;
}

/* The next option at @at of @len octets. Returns its length, 0 when it does not add up. */
static size_t
option_len(const uint8_t *tcp, size_t at, size_t len)
{
    if (tcp[at] == OPTION_NOP)
        return 1;
    return len - at >= 2 && tcp[at + 1] >= 2 && tcp[at + 1] <= len - at ? tcp[at + 1] : 0;
}

/* Do the options add up? @ret_at: where the first MSS is, 0: there is none. */
static bool
find_mss(const uint8_t *tcp, size_t len, size_t *ret_at)
{
    size_t at = TCP_HEADER, n;

    *ret_at = 0;
    while (at < len && tcp[at] != OPTION_END) {
        n = option_len(tcp, at, len);
        if (n == 0 || (tcp[at] == OPTION_MSS && n != OPTION_MSS_LEN))
            return false;
        if (tcp[at] == OPTION_MSS && *ret_at == 0)
            *ret_at = at;
        at += n;
    }
    return true;
}

/* RFC 1624 §3, eqn. 3. An option at an odd place stands across two words: its octets count the
 * other way round. */
static void
set_mss(uint8_t *tcp, size_t at, uint16_t was, uint16_t now)
{
    uint16_t sum = (uint16_t)(tcp[TCP_CHECKSUM_AT] << 8 | tcp[TCP_CHECKSUM_AT + 1]);

    tcp[at] = (uint8_t)(now >> 8);
    tcp[at + 1] = (uint8_t)now;
    if (at % 2) {
        was = GUINT16_SWAP_LE_BE(was);
        now = GUINT16_SWAP_LE_BE(now);
    }
    sum = (uint16_t)~checksum_fold((uint64_t)(uint16_t)~sum + (uint16_t)~was + now);
    tcp[TCP_CHECKSUM_AT] = (uint8_t)(sum >> 8);
    tcp[TCP_CHECKSUM_AT + 1] = (uint8_t)sum;
}

void
esp_mss_clamp(uint8_t *packet, size_t len, uint16_t most)
{
    size_t tcp_len, at;
    uint16_t was;
    uint8_t *tcp;

    if (!esp_mss_syn(packet, len) || !find_tcp(packet, len, &tcp, &tcp_len) ||
        !find_mss(tcp, tcp_len, &at) || at == 0)
        return;
    if (packet[0] >> 4 == 6)
        most = most > ESP_MSS_V6_MORE ? (uint16_t)(most - ESP_MSS_V6_MORE) : 0;
    was = (uint16_t)(tcp[at + 2] << 8 | tcp[at + 3]);
    if (was > most)
        set_mss(tcp, at + 2, was, most);
}
