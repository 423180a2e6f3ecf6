/* raw_crypto.h - the libraries' own calls in a loop, with nothing around them: what sealing and
 * opening are compared with. */
#pragma once

#include "tests/support/esp_kit.h"

/* SPI, sequence number, IV at @head; the ICV is behind @data. */
typedef struct RawPacket {
    uint8_t *head, *data;
    size_t len;
} RawPacket;

typedef struct RawCrypto RawCrypto;
typedef RawCrypto *(*RawNew)(const KitSuite *suite, const KitKeys *keys, bool seal);
RawCrypto *raw_openssl_new(const KitSuite *suite, const KitKeys *keys, bool seal);
RawCrypto *raw_mb_new(const KitSuite *suite, const KitKeys *keys,
                      bool seal); /* NULL: not built in */
void raw_crypto_free(RawCrypto *raw);
/* All of them, at most 128, by the direct call or in one burst. What is opened is compared. */
void raw_crypto_run(RawCrypto *raw, const RawPacket *packets, size_t n);
