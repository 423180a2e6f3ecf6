#include "agent/esp/esp_ecn.h"

#include "agent/base/checksum.h"

enum { V4_CHECKSUM_AT = 10 };

/* Row: inner, column: outer. */
static const uint8_t joined[4][4] = {
    [ESP_ECN_NOT_ECT] = { [ESP_ECN_CE] = ESP_ECN_CE }, /* which is: drop */
    [ESP_ECN_ECT0] = { [ESP_ECN_NOT_ECT] = ESP_ECN_ECT0,
                       [ESP_ECN_ECT0] = ESP_ECN_ECT0,
                       [ESP_ECN_ECT1] = ESP_ECN_ECT1,
                       [ESP_ECN_CE] = ESP_ECN_CE },
    [ESP_ECN_ECT1] = { [ESP_ECN_NOT_ECT] = ESP_ECN_ECT1,
                       [ESP_ECN_ECT0] = ESP_ECN_ECT1,
                       [ESP_ECN_ECT1] = ESP_ECN_ECT1,
                       [ESP_ECN_CE] = ESP_ECN_CE },
    [ESP_ECN_CE] = { ESP_ECN_CE, ESP_ECN_CE, ESP_ECN_CE, ESP_ECN_CE },
};

/* RFC 1624 §3, eqn. 3: the word of version, header length and TOS changes. */
static void
set_v4(uint8_t *packet, uint8_t class)
{
    uint32_t was = (uint32_t)(packet[V4_CHECKSUM_AT] << 8 | packet[V4_CHECKSUM_AT + 1]);
    uint32_t from = (uint32_t)(packet[0] << 8 | packet[1]);
    uint16_t now;

    packet[1] = class;
    now = (uint16_t)~checksum_fold((uint64_t)(~was & UINT16_MAX) + (~from & UINT16_MAX) +
                                   (uint32_t)(packet[0] << 8 | class));
    packet[V4_CHECKSUM_AT] = (uint8_t)(now >> 8);
    packet[V4_CHECKSUM_AT + 1] = (uint8_t)now;
}

bool
esp_ecn_join(uint8_t *packet, uint8_t outer)
{
    uint8_t class = esp_ecn_class(packet), inner = class & ESP_ECN_MASK;
    uint8_t now = joined[inner][outer & ESP_ECN_MASK];

    if (now == inner)
        return true;
    if (inner == ESP_ECN_NOT_ECT)
        return false;
    if (packet[0] >> 4 == 4)
        set_v4(packet, (uint8_t)((class & ~ESP_ECN_MASK) | now));
    else /* ECN is in the middle of the second octet */
        packet[1] = (uint8_t)((packet[1] & ~(ESP_ECN_MASK << 4)) | now << 4);
    return true;
}
