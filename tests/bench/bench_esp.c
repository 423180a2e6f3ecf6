/* bench_esp.c - what sealing and opening cost beside the cipher calls alone, on one core.
 * bench_esp [milliseconds a cell]. Ratios are taken within one run: only they carry over. */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/esp/esp_plane.h"
#include "tests/support/esp_kit.h"

enum { BATCH = 64, ROOM = 2048, ROUNDS = 10 };

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

/* Inner packets as a TUN would give them. */
static void
prepare(Bench *b)
{
    uint8_t inner[ROOM];
    size_t len = kit_ip(inner, "10.0.0.5", "192.0.2.1", 17, b->len - 20);

    refill(b);
    for (size_t i = 0; i < BATCH; i++)
        memcpy(b->rooms + i * ROOM + ESP_HEADROOM, inner, len);
}

static void
plane_seal(Bench *b)
{
    esp_plane_seal(b->here, b->batch, BATCH, 1);
    if (b->batch[BATCH - 1].status != ESP_OK)
        g_error("not sealed");
}

static void
prepare_sealed(Bench *b)
{
    prepare(b);
    plane_seal(b);
}

static void
plane_open(Bench *b)
{
    esp_plane_open(b->there, b->batch, BATCH, 1);
    if (b->batch[BATCH - 1].status != ESP_OK)
        g_error("not opened");
}

/* This thread's own: what others do on the machine is not counted. */
static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

typedef struct Tally {
    double spent, packets;
} Tally;

/* @before is run in between and not counted. */
static void
measure(Bench *b, void (*before)(Bench *), void (*what)(Bench *), double span, Tally *t)
{
    for (double until = t->spent + span; t->spent < until;) {
        if (before)
            before(b);
        double start = cpu_seconds();

        what(b);
        t->spent += cpu_seconds() - start;
        t->packets += BATCH;
    }
}

static void
show(const Bench *b, const char *what, const Tally *t, const Tally *raw)
{
    double pps = t->packets / t->spent, raw_pps = raw->packets / raw->spent;

    printf("%-22s %5zu B  %-10s %7.3f Mpps  %7.2f Gb/s  %5.2f of raw seal\n", b->suite->name,
           b->len, what, pps / 1e6, pps * (double)b->len * 8 / 1e9, pps / raw_pps);
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
    Tally raw = { 0 }, seal = { 0 }, open = { 0 };

    b.rooms = g_malloc0(BATCH * ROOM);
    b.cipher = EVP_CIPHER_CTX_new();
    b.mac = EVP_MAC_CTX_new(mac);
    if (EVP_CipherInit_ex2(b.cipher, cipher, keys.key, keys.key, 1, NULL) != 1 ||
        (s->digest && EVP_MAC_init(b.mac, keys.integ, keys.integ_len, params) != 1))
        g_error("OpenSSL: %s", s->name);
    EVP_CIPHER_CTX_set_padding(b.cipher, 0);
    esp_plane_add(b.here, kit_sa(s, 'A'));
    esp_plane_add(b.there, kit_sa(s, 'B'));

    for (int round = 0; round < ROUNDS; round++) { /* in turns: the machine's speed drifts */
        measure(&b, NULL, raw_seal, span / ROUNDS, &raw);
        measure(&b, prepare, plane_seal, span / ROUNDS, &seal);
        measure(&b, prepare_sealed, plane_open, span / ROUNDS, &open);
    }
    show(&b, "raw seal", &raw, &raw);
    show(&b, "plane seal", &seal, &raw);
    show(&b, "plane open", &open, &raw);

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
