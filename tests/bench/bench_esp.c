/* bench_esp.c - what sealing and opening cost beside the cipher calls alone, on one core.
 * bench_esp [milliseconds a cell]. Ratios are taken within one run: only they carry over. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/esp/esp_plane.h"
#include "tests/support/esp_kit.h"

enum { BATCH = 64, ROOM = 2048 };

typedef struct Bench {
    const KitSuite *suite;
    size_t len; /* inner packet */
    uint8_t *rooms;
    EspBuf batch[BATCH];
    EVP_CIPHER_CTX *cipher; /* of the raw loop */
    EVP_MAC_CTX *mac;
    EspPlane *here, *there;
} Bench;

static void
refill(Bench *b)
{
    for (size_t i = 0; i < BATCH; i++)
        b->batch[i] = (EspBuf){
            .base = b->rooms + i * ROOM, .cap = ROOM, .off = ESP_HEADROOM, .len = (uint32_t)b->len
        };
}

/* The same number of octets through the same primitives: a fresh IV, the cipher, the ICV. */
static void
raw_seal(Bench *b)
{
    const KitSuite *s = b->suite;
    size_t align = MAX(s->block, 4u), len = (b->len + 2 + align - 1) / align * align, got;
    int n;

    for (size_t i = 0; i < BATCH; i++) {
        uint8_t *head = b->rooms + i * ROOM, *data = head + 8 + s->iv, mac[EVP_MAX_MD_SIZE];
        bool ok = EVP_CipherInit_ex2(b->cipher, NULL, NULL, head + 4, -1, NULL) == 1;

        if (!s->digest)
            ok = ok && EVP_CipherUpdate(b->cipher, NULL, &n, head, 8) == 1;
        ok = ok && EVP_CipherUpdate(b->cipher, data, &n, data, (int)len) == 1;
        if (!s->digest)
            ok = ok && EVP_CipherFinal_ex(b->cipher, mac, &n) == 1 &&
                 EVP_CIPHER_CTX_ctrl(b->cipher, EVP_CTRL_AEAD_GET_TAG, 16, data + len) == 1;
        else
            ok = ok && EVP_MAC_init(b->mac, NULL, 0, NULL) == 1 &&
                 EVP_MAC_update(b->mac, head, 8 + s->iv + len) == 1 &&
                 EVP_MAC_final(b->mac, mac, &got, sizeof(mac)) == 1;
        if (!ok)
            g_error("OpenSSL: %s", s->name);
    }
}

static void
plane_seal(Bench *b)
{
    refill(b);
    for (size_t i = 0; i < BATCH; i++)
        (void)kit_ip(b->rooms + i * ROOM + ESP_HEADROOM, "10.0.0.5", "192.0.2.1", 17, 0);
    for (size_t i = 0; i < BATCH; i++) { /* kit_ip() wrote an empty packet's length */
        uint8_t *inner = b->rooms + i * ROOM + ESP_HEADROOM;

        inner[2] = (uint8_t)(b->len >> 8);
        inner[3] = (uint8_t)b->len;
    }
    esp_plane_seal(b->here, b->batch, BATCH, 1);
    if (b->batch[BATCH - 1].status != ESP_OK)
        g_error("not sealed");
}

static void
plane_open(Bench *b)
{
    esp_plane_open(b->there, b->batch, BATCH, 1);
    if (b->batch[BATCH - 1].status != ESP_OK)
        g_error("not opened");
}

static double
seconds(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

/* Packets a second of @what; @before is run in between and not counted. */
static double
rate(Bench *b, void (*before)(Bench *), void (*what)(Bench *), double span)
{
    double spent = 0, n = 0;

    while (spent < span) {
        if (before)
            before(b);
        double start = seconds();

        what(b);
        spent += seconds() - start;
        n += BATCH;
    }
    return n / spent;
}

static void
show(const Bench *b, const char *what, double pps, double raw)
{
    printf("%-22s %5zu B  %-10s %7.3f Mpps  %7.2f Gb/s  %5.2f of raw seal\n", b->suite->name,
           b->len, what, pps / 1e6, pps * (double)b->len * 8 / 1e9, pps / raw);
}

static void
run(const KitSuite *s, size_t len, double span)
{
    Bench b = { .suite = s, .len = len, .here = esp_plane_new(), .there = esp_plane_new() };
    KitKeys keys = kit_keys(s, 'A');
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, s->cipher, NULL);
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", (char *)(uintptr_t)s->digest,
                                                             0),
                            OSSL_PARAM_construct_end() };
    double raw, seal, open;

    b.rooms = g_malloc0(BATCH * ROOM);
    b.cipher = EVP_CIPHER_CTX_new();
    b.mac = EVP_MAC_CTX_new(mac);
    if (EVP_CipherInit_ex2(b.cipher, cipher, keys.key, keys.key, 1, NULL) != 1 ||
        (s->digest && EVP_MAC_init(b.mac, keys.integ, keys.integ_len, params) != 1))
        g_error("OpenSSL: %s", s->name);
    EVP_CIPHER_CTX_set_padding(b.cipher, 0);
    esp_plane_add(b.here, kit_sa(s, 'A'));
    esp_plane_add(b.there, kit_sa(s, 'B'));

    raw = rate(&b, NULL, raw_seal, span);
    seal = rate(&b, NULL, plane_seal, span);
    open = rate(&b, plane_seal, plane_open, span);
    show(&b, "raw seal", raw, raw);
    show(&b, "plane seal", seal, raw);
    show(&b, "plane open", open, raw);

    esp_plane_free(b.here);
    esp_plane_free(b.there);
    EVP_CIPHER_CTX_free(b.cipher);
    EVP_MAC_CTX_free(b.mac);
    EVP_CIPHER_free(cipher);
    EVP_MAC_free(mac);
    g_free(b.rooms);
}

int
main(int argc, char **argv)
{
    double span = argc > 1 ? atof(argv[1]) / 1e3 : 0.5;

    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        if (!strcmp(kit_suites[i].name, "AES-GCM-128") ||
            !strcmp(kit_suites[i].name, "AES-CBC-256/SHA1_96")) {
            run(&kit_suites[i], 64, span);
            run(&kit_suites[i], 1400, span);
        }
    return 0;
}
