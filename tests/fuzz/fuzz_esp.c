/* fuzz_esp.c - hostile ESP packets. The first octet chooses the suite (0x40: long sequence numbers)
 * and what the rest is: a packet as it came (whatever opens must be authentic by a second
 * implementation), or the inside of a packet that is authentic but lies (whatever opens must be a
 * whole IP packet of the right addresses). */
#include "agent/esp/esp_plane.h"
#include "tests/support/esp_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEQ = 9, INPUT_MAX = 2048, COPIES = 20 };

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp: %s", what);
}

static void
check_inner(const uint8_t *plain, size_t plain_len, const EspBuf *b)
{
    const uint8_t *inner = b->base + b->off;
    bool v6 = inner[0] >> 4 == 6;
    size_t len = v6 ? 40u + (size_t)(inner[4] << 8 | inner[5]) : (size_t)(inner[2] << 8 | inner[3]);
    size_t pad = plain[plain_len - 2];

    require(b->len == len && len + pad + 2 <= plain_len, "length");
    require(memcmp(inner, plain, len) == 0, "content");
    require(plain[plain_len - 1] == (v6 ? 41 : 4), "next header");
    for (size_t i = 0; i < pad; i++)
        require(plain[plain_len - 2 - pad + i] == i + 1, "padding");
    if (v6)
        require(inner[8] == 0x20 && inner[23] == 5, "source"); /* 2001:db8::5 */
    else
        require(memcmp(inner + 12, "\x0a\x00\x00\x05", 4) == 0, "source");
}

/* The packet many times in one batch: what @alone became of it the first becomes, and no more than
 * one passes. */
static void
check_batch(const KitSuite *s, AeadChoice choice, Slice wire, const EspBuf *alone)
{
    static EspPlane *planes[2];
    g_autofree uint8_t *rooms = g_malloc(MAX(COPIES * wire.len, 1));
    EspBuf b[COPIES];

    if (!planes[choice]) {
        planes[choice] = esp_plane_new();
        esp_plane_use(planes[choice], choice);
    }
    esp_plane_add(planes[choice], kit_sa(s, 'B'));
    for (size_t i = 0; i < COPIES; i++) {
        b[i] = (EspBuf){ .base = rooms + i * wire.len,
                         .cap = (uint32_t)wire.len,
                         .len = (uint32_t)wire.len };
        memcpy(b[i].base, wire.p, wire.len);
    }
    esp_plane_open(planes[choice], b, COPIES, 1);
    require(b[0].status == alone->status || (wire.len < 4 && b[0].status == ESP_MALFORMED) ||
                (alone->status == ESP_MALFORMED && b[0].status == ESP_NO_SA),
            "another verdict in a batch");
    if (alone->status == ESP_OK)
        require(b[0].off == alone->off && b[0].len == alone->len &&
                    memcmp(b[0].base + b[0].off, alone->base + alone->off, alone->len) == 0,
                "other octets in a batch");
    for (size_t i = 1; i < COPIES; i++)
        require(b[i].status != ESP_OK && b[i].off == 0 && b[i].len == wire.len, "a copy passed");
    esp_plane_remove(planes[choice], KIT_SPI_B);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t wire[INPUT_MAX + 128], plain[INPUT_MAX + 128];
    size_t len = size - 1;

    if (size < 1 || size > INPUT_MAX)
        return 0;
    KitSuite suite = kit_suites[(data[0] & 0x3f) % G_N_ELEMENTS(kit_suites)], *s = &suite;
    KitKeys keys = kit_keys(s, 'A');

    suite.suite.esn = data[0] & 0x40 ? ESN_YES : ESN_NO;
    g_autoptr(EspSa) sa = kit_sa(s, 'B');

    if (data[0] & 0x80)
        memcpy(wire, data + 1, len);
    else
        len = kit_seal(s, &keys, KIT_SPI_B, SEQ, data + 1, len - len % s->block, wire);

    g_autofree uint8_t *exact = g_malloc(MAX(len, 1)); /* the sanitizer sees one octet too far */
    EspBuf b = { .base = exact, .cap = (uint32_t)len, .len = (uint32_t)len };

    memcpy(exact, wire, len);
    EspStatus st = esp_sa_open(sa, &b, 1);
    ssize_t plain_len = kit_open(s, &keys, wire, len, plain);

    require(st == b.status, "status");
    if (st == ESP_OK) {
        require(plain_len >= 2, "opened what nobody sealed");
        require(b.off + b.len <= len, "inside the buffer");
        check_inner(plain, (size_t)plain_len, &b);
    } else {
        require(b.off == 0 && b.len == len, "a refused packet moved");
    }
    check_batch(s, AEAD_CHOICE_AUTO, (Slice){ wire, len }, &b);
    check_batch(s, AEAD_CHOICE_OPENSSL, (Slice){ wire, len }, &b);
    if (!(data[0] & 0x80))
        require(st != ESP_FORGED && st != ESP_NO_SA && st != ESP_REPLAYED, "refused a true ICV");
    return 0;
}
