/* bench_esp.c - what sealing and opening cost beside the library's calls alone, on one core.
 * bench_esp [milliseconds a cell [part of a suite's name [packets in a batch]]]. Ratios are taken
 * within one run: only they carry over. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/esp/esp_plane.h"
#include "tests/bench/raw_crypto.h"

/* No power of two: the packets of a batch would fight for the same few lines of the cache. */
enum { ROOM = 2048 + 64, BATCH_MOST = 128, ROUNDS = 101 };

typedef struct Bench {
    const KitSuite *suite;
    size_t len, n; /* of an inner packet; packets in a batch */
    uint8_t *rooms;
    EspBuf batch[BATCH_MOST];
    RawPacket packets[BATCH_MOST];
    RawCrypto *raw_seal, *raw_open;
    EspPlane *here, *there;
} Bench;

/* Inner packets as a TUN would give them. */
static void
prepare(Bench *b)
{
    uint8_t inner[ROOM];
    size_t len = kit_ip(inner, "10.0.0.5", "192.0.2.1", 17, b->len - 20);

    for (size_t i = 0; i < b->n; i++) {
        uint8_t *room = b->rooms + i * ROOM;

        memcpy(room + ESP_HEADROOM, inner, len);
        b->batch[i] =
            (EspBuf){ .base = room, .cap = ROOM, .off = ESP_HEADROOM, .len = (uint32_t)b->len };
    }
}

static void
plane_seal(Bench *b)
{
    esp_plane_seal(b->here, b->batch, b->n, 1);
    if (b->batch[b->n - 1].status != ESP_OK)
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
    esp_plane_open(b->there, b->batch, b->n, 1);
    if (b->batch[b->n - 1].status != ESP_OK)
        g_error("not opened");
}

static void
raw_seal(Bench *b)
{
    raw_crypto_run(b->raw_seal, b->packets, b->n);
}

static void
raw_open(Bench *b)
{
    raw_crypto_run(b->raw_open, b->packets, b->n);
}

/* This thread's own: what others do on the machine is not counted. */
static double
cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds a packet, by round. */
typedef struct Cell {
    double rounds[ROUNDS];
} Cell;

/* @before is run in between and not counted. */
static void
measure(Bench *b, void (*before)(Bench *), void (*what)(Bench *), double span, double *ret)
{
    double spent = 0, packets = 0;

    while (spent < span) {
        before(b);
        double start = cpu_seconds();

        what(b);
        spent += cpu_seconds() - start;
        packets += (double)b->n;
    }
    *ret = spent / packets;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What a machine that is shared takes away for a while counts as little as what it gives. */
static double
median(const Cell *c, const Cell *divisor)
{
    double all[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++)
        all[i] = divisor ? c->rounds[i] / divisor->rounds[i] : c->rounds[i];
    qsort(all, ROUNDS, sizeof(all[0]), by_value);
    return all[ROUNDS / 2];
}

static void
show(const Bench *b, const char *engine, const char *what, const Cell *c, const Cell *raw)
{
    double ns = median(c, NULL) * 1e9;

    printf("%-18s %4zu B x %3zu  %-8s %-10s %7.3f Mpps %7.1f ns %7.2f Gb/s  %5.2f of raw\n",
           b->suite->name, b->len, b->n, engine, what, 1e3 / ns, ns, (double)b->len * 8 / ns,
           1 / median(c, raw));
}

/* A packet the other way: who is asked has been heard before, as it is in a tunnel at work. */
static void
answer(Bench *b)
{
    EspBuf *first = &b->batch[0];
    uint8_t *room = b->rooms;
    size_t len = kit_ip(room + ESP_HEADROOM, "192.0.2.1", "10.0.0.5", 17, 8);

    *first = (EspBuf){ .base = room, .cap = ROOM, .off = ESP_HEADROOM, .len = (uint32_t)len };
    esp_plane_seal(b->there, first, 1, 1);
    esp_plane_open(b->here, first, 1, 1);
    if (first->status != ESP_OK)
        g_error("no answer");
}

/* One engine beside its library's own loop, in turns: the machine's speed drifts. */
static void
compare(Bench *b, const char *engine, AeadChoice choice, RawNew raw_new, double span)
{
    Cell seals = { 0 }, opens = { 0 }, seal = { 0 }, open = { 0 };
    KitKeys keys = kit_keys(b->suite, 'A');
    size_t align = MAX(b->suite->block, 4u), len = (b->len + 2 + align - 1) / align * align;

    b->raw_seal = raw_new(b->suite, &keys, true);
    b->raw_open = raw_new(b->suite, &keys, false);
    if (!b->raw_seal || !b->raw_open)
        return;
    for (size_t i = 0; i < b->n; i++) {
        uint8_t *data = b->rooms + i * ROOM + ESP_HEADROOM;

        b->packets[i] = (RawPacket){ .head = data - b->suite->iv - 8, .data = data, .len = len };
    }
    b->here = esp_plane_new();
    b->there = esp_plane_new();
    esp_plane_use(b->here, choice);
    esp_plane_use(b->there, choice);
    esp_plane_add(b->here, kit_sa(b->suite, 'A'));
    esp_plane_add(b->there, kit_sa(b->suite, 'B'));
    answer(b);
    for (size_t i = 0; i < ROUNDS; i++) {
        measure(b, prepare, raw_seal, span / ROUNDS, &seals.rounds[i]);
        measure(b, prepare, plane_seal, span / ROUNDS, &seal.rounds[i]);
        measure(b, prepare_sealed, raw_open, span / ROUNDS, &opens.rounds[i]);
        measure(b, prepare_sealed, plane_open, span / ROUNDS, &open.rounds[i]);
    }
    show(b, engine, "raw seal", &seals, &seals);
    show(b, engine, "plane seal", &seal, &seals);
    show(b, engine, "raw open", &opens, &opens);
    show(b, engine, "plane open", &open, &opens);
    esp_plane_free(b->here);
    esp_plane_free(b->there);
    raw_crypto_free(b->raw_seal);
    raw_crypto_free(b->raw_open);
}

static bool
is_measured(const KitSuite *s, const char *part)
{
    return strstr(s->name, part) &&
           (!strcmp(s->name, "AES-GCM-128") || !strcmp(s->name, "AES-CBC-256/SHA1_96"));
}

int
main(int argc, char **argv)
{
    static const size_t lengths[] = { 64, 1400 };
    size_t n = argc > 3 ? CLAMP((size_t)atoi(argv[3]), 1, BATCH_MOST) : 64;
    const char *part = argc > 2 ? argv[2] : "";
    double span = argc > 1 ? atof(argv[1]) / 1e3 : 0.5;

    for (size_t i = 0; i < G_N_ELEMENTS(kit_suites); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(lengths) && is_measured(&kit_suites[i], part); k++) {
            Bench b = { .suite = &kit_suites[i], .len = lengths[k], .n = n };

            b.rooms = g_malloc0(BATCH_MOST * ROOM);
            compare(&b, "openssl", AEAD_CHOICE_OPENSSL, raw_openssl_new, span);
            compare(&b, "auto", AEAD_CHOICE_AUTO, raw_mb_new, span);
            g_free(b.rooms);
        }
    return 0;
}
