/* esp_kit.h - a second, plain reading of RFC 4303 for tests: it seals and opens with OpenSSL's
 * one-shot calls, and seals lies as readily as the truth. */
#pragma once

#include <openssl/evp.h>
#include <string.h>

#include "agent/base/addr.h"
#include "agent/esp/esp_sa.h"

typedef struct KitSuite {
    const char *name;
    Suite suite;
    const char *cipher, *digest; /* OpenSSL's names; no digest: AEAD */
    size_t salt, iv, block, icv;
} KitSuite;

#define KIT_CBC(bits, mac, hash, octets)                                                           \
    {                                                                                              \
        "AES-CBC-" #bits "/" #mac,                                                                 \
            { .encr = ENCR_AES_CBC, .key_bits = (bits), .integ = AUTH_HMAC_##mac },                \
            "AES-" #bits "-CBC", hash, 0, 16, 16, octets                                           \
    }
#define KIT_GCM(bits)                                                                              \
    {                                                                                              \
        "AES-GCM-" #bits, { .encr = ENCR_AES_GCM_16, .key_bits = (bits) }, "AES-" #bits "-GCM",    \
            NULL, 4, 8, 1, 16                                                                      \
    }

/* RFC 4106, RFC 7634, RFC 3602, RFC 2451; RFC 2404, RFC 4868. */
static const KitSuite kit_suites[] = {
    KIT_GCM(128),
    KIT_GCM(192),
    KIT_GCM(256),
    { "ChaCha20-Poly1305",
      { .encr = ENCR_CHACHA20_POLY1305, .key_bits = 256 },
      "ChaCha20-Poly1305",
      NULL,
      4,
      8,
      1,
      16 },
    KIT_CBC(128, SHA1_96, "SHA1", 12),
    KIT_CBC(256, SHA1_96, "SHA1", 12),
    KIT_CBC(128, SHA2_256_128, "SHA256", 16),
    KIT_CBC(192, SHA2_384_192, "SHA384", 24),
    KIT_CBC(256, SHA2_512_256, "SHA512", 32),
    { "3DES/SHA1_96",
      { .encr = ENCR_3DES, .key_bits = 192, .integ = AUTH_HMAC_SHA1_96 },
      "DES-EDE3-CBC",
      "SHA1",
      0,
      8,
      8,
      12 },
};

enum { KIT_SPI_A = 0x1001a, KIT_SPI_B = 0x2002b, KIT_ROOM = 4096 };

/* Keys of one direction. */
typedef struct KitKeys {
    uint8_t key[64], integ[64];
    size_t key_len, integ_len;
} KitKeys;

static inline KitKeys
kit_keys(const KitSuite *s, uint8_t seed)
{
    KitKeys k = { .key_len = s->suite.key_bits / 8 + s->salt };

    if (s->digest)
        k.integ_len = (size_t)EVP_MD_get_size(EVP_get_digestbyname(s->digest));
    for (size_t i = 0; i < sizeof(k.key); i++) {
        k.key[i] = (uint8_t)(seed + 37 * i);
        k.integ[i] = (uint8_t)(seed + 101 + 11 * i);
    }
    return k;
}

/* One end. @side 'A' sends with the keys 'A' and receives on KIT_SPI_A; 'B' is its mirror. */
static inline EspSaSetup
kit_setup(const KitSuite *s, char side, KitKeys *mine, KitKeys *theirs, const Selector *local,
          size_t n_local, const Selector *remote, size_t n_remote)
{
    *mine = kit_keys(s, (uint8_t)side);
    *theirs = kit_keys(s, side == 'A' ? 'B' : 'A');
    return (EspSaSetup){
        .spi_in = side == 'A' ? KIT_SPI_A : KIT_SPI_B,
        .spi_out = side == 'A' ? KIT_SPI_B : KIT_SPI_A,
        .suite = s->suite,
        .key_out = { mine->key, mine->key_len },
        .integ_out = { mine->integ, mine->integ_len },
        .key_in = { theirs->key, theirs->key_len },
        .integ_in = { theirs->integ, theirs->integ_len },
        .local = local,
        .n_local = n_local,
        .remote = remote,
        .n_remote = n_remote,
    };
}

static inline Selector
kit_selector(const char *prefix)
{
    Prefix p;
    bool ok = prefix_parse(prefix, &p);

    g_assert_true(ok);
    return selector_of_prefix(&p);
}

/* A: 10.0.0.5 and 2001:db8::5, behind it nothing else. B: everything. */
static inline EspSa *
kit_sa(const KitSuite *s, char side)
{
    Selector narrow[] = { kit_selector("10.0.0.5"), kit_selector("2001:db8::5") };
    Selector wide[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    KitKeys mine, theirs;
    EspSaSetup setup = side == 'A' ? kit_setup(s, side, &mine, &theirs, narrow, 2, wide, 2)
                                   : kit_setup(s, side, &mine, &theirs, wide, 2, narrow, 2);

    return esp_sa_new(&setup);
}

static inline void
kit_put(uint8_t *p, uint32_t v)
{
    for (size_t i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* One-shot cipher behind the header at @packet; @high: what is not sent of the sequence number
 * (RFC 4106 §5). Returns false when it does not authenticate. */
static inline bool
kit_crypt(const KitSuite *s, const KitKeys *k, bool seal, const uint8_t *packet, uint32_t high,
          const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag)
{
    const uint8_t *iv = packet + 8;
    uint8_t aad[12] = { packet[0], packet[1], packet[2], packet[3] };
    size_t aad_len = s->suite.esn == ESN_YES ? 12 : 8;
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, s->cipher, NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t nonce[16];
    int n, last;
    bool ok;

    memcpy(nonce, k->key + k->key_len - s->salt, s->salt);
    memcpy(nonce + s->salt, iv, s->iv);
    kit_put(aad + 4, high);
    memcpy(aad + aad_len - 4, packet + 4, 4);
    ok = EVP_CipherInit_ex2(ctx, cipher, k->key, nonce, seal, NULL) == 1;
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    if (!s->digest && !seal)
        ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)s->icv, tag) == 1;
    if (!s->digest)
        ok = ok && EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1;
    ok = ok && EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1;
    ok = ok && EVP_CipherFinal_ex(ctx, out + n, &last) == 1;
    if (!s->digest && seal)
        ok = ok && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)s->icv, tag) == 1;
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
    return ok;
}

/* Of @len octets, and of @high where that counts (RFC 4303 §2.2.1). */
static inline void
kit_mac(const KitSuite *s, const KitKeys *k, const uint8_t *in, size_t len, uint32_t high,
        uint8_t *ret)
{
    g_autofree uint8_t *all = g_malloc(len + 4);
    size_t got;

    memcpy(all, in, len);
    kit_put(all + len, high);
    len += s->suite.esn == ESN_YES ? 4 : 0;
    g_assert_nonnull(EVP_Q_mac(NULL, "HMAC", NULL, s->digest, NULL, k->integ, k->integ_len, all,
                               len, ret, EVP_MAX_MD_SIZE, &got));
}

/* kit_seal - @plain (inner packet, padding, trailer: all of it) as an ESP packet with a true ICV.
 * Returns its length in @out. */
static inline size_t
kit_seal(const KitSuite *s, const KitKeys *k, uint32_t spi, uint64_t seq, const uint8_t *plain,
         size_t len, uint8_t *out)
{
    uint32_t high = (uint32_t)(seq >> 32);
    uint8_t mac[EVP_MAX_MD_SIZE];

    kit_put(out, spi);
    kit_put(out + 4, (uint32_t)seq);
    for (size_t i = 0; i < s->iv; i++)
        out[8 + i] = (uint8_t)(seq * 17 + i * 29);
    g_assert_true(kit_crypt(s, k, true, out, high, plain, len, out + 8 + s->iv, mac));
    if (s->digest)
        kit_mac(s, k, out, 8 + s->iv + len, high, mac);
    memcpy(out + 8 + s->iv + len, mac, s->icv);
    return 8 + s->iv + len + s->icv;
}

/* kit_open_at - @plain gets inner packet, padding, trailer. @high: of the sequence number.
 * Returns its length, -1 when forged. */
static inline ssize_t
kit_open_at(const KitSuite *s, const KitKeys *k, uint32_t high, const uint8_t *packet, size_t len,
            uint8_t *plain)
{
    uint8_t mac[EVP_MAX_MD_SIZE], tag[16];
    size_t n;

    if (len < 8 + s->iv + s->icv)
        return -1;
    n = len - 8 - s->iv - s->icv;
    if (n % s->block)
        return -1;
    if (s->digest) {
        kit_mac(s, k, packet, len - s->icv, high, mac);
        if (memcmp(mac, packet + len - s->icv, s->icv) != 0)
            return -1;
    } else {
        memcpy(tag, packet + len - s->icv, s->icv);
    }
    if (!kit_crypt(s, k, false, packet, high, packet + 8 + s->iv, n, plain, tag))
        return -1;
    return (ssize_t)n;
}

static inline ssize_t
kit_open(const KitSuite *s, const KitKeys *k, const uint8_t *packet, size_t len, uint8_t *plain)
{
    return kit_open_at(s, k, 0, packet, len, plain);
}

/* An IPv4 or IPv6 packet of @payload octets from @src to @dst. Returns its length in @out. */
static inline size_t
kit_ip(uint8_t *out, const char *src, const char *dst, uint8_t proto, size_t payload)
{
    Addr s, d;
    size_t head, total;

    if (!addr_parse(src, &s) || !addr_parse(dst, &d) || s.family != d.family)
        g_error("no pair of addresses: %s, %s", src, dst);
    head = s.family == ADDR_V4 ? 20 : 40;
    total = head + payload;
    memset(out, 0, head);
    if (s.family == ADDR_V4) {
        out[0] = 0x45;
        out[2] = (uint8_t)(total >> 8);
        out[3] = (uint8_t)total;
        out[8] = 64;
        out[9] = proto;
        memcpy(out + 12, s.b, 4);
        memcpy(out + 16, d.b, 4);
    } else {
        out[0] = 0x60;
        out[4] = (uint8_t)(payload >> 8);
        out[5] = (uint8_t)payload;
        out[6] = proto;
        out[7] = 64;
        memcpy(out + 8, s.b, 16);
        memcpy(out + 24, d.b, 16);
    }
    for (size_t i = 0; i < payload; i++)
        out[head + i] = (uint8_t)(i * 7 + 1);
    return total;
}

/* A buffer with @packet in it and the room both directions need. */
typedef struct KitBuf {
    uint8_t room[KIT_ROOM];
    EspBuf b;
} KitBuf;

static inline EspBuf *
kit_buf(KitBuf *k, const uint8_t *packet, size_t len)
{
    g_assert_cmpuint(len, <=, KIT_ROOM - ESP_HEADROOM - ESP_TAILROOM);
    memset(k->room, 0xa5, sizeof(k->room));
    memcpy(k->room + ESP_HEADROOM, packet, len);
    k->b = (EspBuf){
        .base = k->room, .cap = sizeof(k->room), .off = ESP_HEADROOM, .len = (uint32_t)len
    };
    return &k->b;
}
