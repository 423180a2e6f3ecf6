/* esp_exact.h - packets to and from an EspSa with not one octet to spare; what is refused must be
 * left as it was. */
#pragma once

#include "tests/support/esp_kit.h"
#include "tests/support/test.h"

#define CLIENT4 "10.0.0.5"
#define CLIENT6 "2001:db8::5"
#define SERVER4 "192.0.2.1"
#define SERVER6 "2001:db8:1::1"

enum { NOW = 77 };

static inline size_t
client_packet(uint8_t *out, bool v6, size_t payload)
{
    return v6 ? kit_ip(out, CLIENT6, SERVER6, 17, payload)
              : kit_ip(out, CLIENT4, SERVER4, 17, payload);
}

static inline EspStatus
open_exact(EspSa *sa, const uint8_t *wire, size_t len)
{
    g_autofree uint8_t *exact = g_memdup2(wire, len);
    EspBuf b = { .base = exact, .cap = (uint32_t)len, .len = (uint32_t)len };
    EspStatus st = esp_sa_open(sa, &b, NOW);

    assert_int_equal(b.status, st);
    if (st != ESP_OK) { /* a refused packet is left where it was */
        assert_int_equal(b.off, 0);
        assert_int_equal(b.len, len);
    }
    return st;
}

static inline EspStatus
seal_packet(EspSa *sa, const uint8_t *packet, size_t len)
{
    KitBuf k;
    EspBuf *b = kit_buf(&k, packet, len);
    EspStatus st = esp_sa_seal(sa, b, NOW);

    if (st != ESP_OK) {
        assert_int_equal(b->off, ESP_HEADROOM);
        assert_int_equal(b->len, len);
        assert_memory_equal(b->base + b->off, packet, len);
    }
    return st;
}
