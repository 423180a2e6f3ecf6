/* esp_gso_private.h - the fields of IP, TCP and UDP that cutting and joining read and write, for
 * esp_gso.c, esp_split.c and esp_merge.c. Octets are at their places in a header that has been
 * checked (esp_gso_shape()). */
#pragma once

#include "agent/base/reader.h"

enum {
    PACKET_MAX = 65535,
    PROTO_TCP = 6,
    PROTO_UDP = 17,

    V4_HEADER = 20, /* RFC 791 §3.1 */
    V4_LEN = 2,
    V4_ID = 4,
    V4_FRAGMENT = 6,
    V4_TTL = 8,
    V4_PROTO = 9,
    V4_CSUM = 10,
    V4_ADDRS = 12,
    V4_DONT_FRAGMENT = 0x4000,
    V4_IS_FRAGMENT = 0x3fff, /* more of them, or an offset */

    V6_HEADER = 40, /* RFC 8200 §3 */
    V6_PAYLOAD = 4,
    V6_NEXT = 6,
    V6_ADDRS = 8,

    TCP_HEADER = 20, /* RFC 9293 §3.1 */
    TCP_SEQ = 4,
    TCP_ACK_NUMBER = 8,
    TCP_DATA_OFFSET = 12,
    TCP_FLAGS = 13,
    TCP_WINDOW = 14,
    TCP_CSUM = 16,
    TCP_URGENT = 18,
    TCP_SIZE_MIN = 8, /* payload: no host cuts smaller, 48 octets less 40 of options */
    TCP_FIN = 0x01,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_ECE = 0x40, /* RFC 3168 §6.1 */
    TCP_CWR = 0x80,

    UDP_HEADER = 8, /* RFC 768 */
    UDP_LEN = 4,
    UDP_CSUM = 6,
};

static inline uint16_t
esp_gso_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t
esp_gso_u32(const uint8_t *at)
{
    return (uint32_t)esp_gso_u16(at) << 16 | esp_gso_u16(at + 2);
}

static inline void
esp_gso_put_u16(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static inline void
esp_gso_put_u32(uint8_t *at, uint32_t v)
{
    esp_gso_put_u16(at, v >> 16);
    esp_gso_put_u16(at + 2, v);
}
