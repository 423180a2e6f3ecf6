/* fuzz_esp_split.c - what a TUN interface hands over: the header in front, then the packet. Each
 * segment is sound, and together they carry the payload and no octet more. */
#include "agent/base/checksum.h"
#include "agent/esp/esp_split.h"
#include "tests/support/fuzz.h"
#include "tests/support/gso_kit.h"

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp_split: %s", what);
}

static void
plain(const EspGso *g, Slice packet)
{
    g_autofree uint8_t *copy = g_memdup2(packet.p, packet.len);
    EspGsoStatus status = esp_gso_finish(g, copy, packet.len);

    if (status == ESP_GSO_OK && (g->flags & ESP_GSO_NEEDS_CSUM))
        require(memcmp(copy, packet.p, MIN(packet.len, 20)) == 0, "the IP header changed");
    else
        require(packet.len == 0 || memcmp(copy, packet.p, packet.len) == 0, "it changed");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Slice packet;
    EspSplit s;
    EspGso g;

    if (size > FUZZ_MAX || !esp_gso_decode((Slice){ data, size }, &g))
        return 0;
    packet = (Slice){ data + ESP_GSO_HEADER, size - ESP_GSO_HEADER };
    if (g.type == ESP_GSO_NONE)
        plain(&g, packet);
    if (esp_split_init(&s, &g, packet) != ESP_GSO_OK)
        return 0;
    size_t header = gso_header_len(packet.p), at = header, len;

    while ((len = esp_split_next_len(&s)) > 0) {
        g_autofree uint8_t *to = g_malloc(len); /* the sanitizer sees one octet too far */
        EspGsoShape shape;

        esp_split_next(&s, to);
        require(len - header <= g.size && at + len - header <= packet.len, "too long");
        require(memcmp(to + header, packet.p + at, len - header) == 0, "another payload");
        require(esp_gso_shape((Slice){ to, len }, &shape) && shape.header_len == header,
                "no shape");
        require(gso_sums_right(to, len), "wrong checksum");
        at += len - header;
    }
    require(at == packet.len, "not all of it");
    return 0;
}
