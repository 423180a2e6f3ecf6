/* esp_toobig.h - what becomes of an inner packet that is larger than its tunnel takes: cut where
 * its sender allows that, else the sender is told (RFC 4301 §8.2, RFC 1191, RFC 8201). */
#pragma once

#include "agent/base/reader.h"

enum {
    ESP_TELL_MAX = 1280, /* octets of what a sender is told (RFC 4443 §3.2) */
    ESP_INNER_LEAST6 =
        1280, /* every path takes so much of IPv6, in pieces if it must (RFC 8200 §5) */
};

/* esp_toobig_may_cut - @packet is IPv4 without DF. */
bool esp_toobig_may_cut(Slice packet);
/* esp_toobig_cut - the next fragment of @packet, which may be cut, in at most @mtu octets (RFC 791
 * §3.2).
 * @at: 0 to begin with; how far it has come. @ret: @mtu octets.
 * Returns its length; 0: that was all, or nothing of it fits. */
size_t esp_toobig_cut(Slice packet, size_t mtu, size_t *at, uint8_t *ret);
/* esp_toobig_tell - the ICMP or ICMPv6 message that tells the sender of @packet that no more than
 * @mtu octets pass, as if its receiver had sent it: so it takes the same way through the host.
 * @ret: ESP_TELL_MAX octets.
 * Returns its length; 0: nobody may be told, as it is an ICMP error itself, a later fragment, for
 * many, or from nobody (RFC 1122 §3.2.2, RFC 4443 §2.4). */
size_t esp_toobig_tell(Slice packet, uint32_t mtu, uint8_t *ret);
