/* fuzz_esp_toobig.c - packets larger than the path: the first two octets are its size, the rest is
 * the packet. Pieces must fit and be the whole; what is told must be sound and short. */
#include "agent/esp/esp_toobig.h"
#include "tests/support/esp_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096 };

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp_toobig: %s", what);
}

static void
check_pieces(Slice packet, size_t mtu)
{
    size_t head = (packet.p[0] & 15u) * 4u;
    size_t end = (size_t)(packet.p[2] << 8 | packet.p[3]) - head, at = 0, seen = 0, len;
    g_autofree uint8_t *piece = g_malloc(MAX(mtu, (size_t)1)); /* the sanitizer sees its end */

    while ((len = esp_toobig_cut(packet, mtu, &at, piece)) > 0) {
        require(len <= mtu && len > head, "a piece that does not fit");
        require(seen + len - head <= end && at == seen + len - head, "more than there was");
        require(memcmp(piece + head, packet.p + head + seen, len - head) == 0, "other octets");
        seen += len - head;
    }
    require(seen == end || mtu < head + 8, "less than there was");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > INPUT_MAX)
        return 0;
    size_t mtu = (size_t)(data[0] << 8 | data[1]) % 1600;
    g_autofree uint8_t *exact = g_memdup2(data + 2, size - 2);
    g_autofree uint8_t *told = g_malloc(ESP_TELL_MAX);
    Slice packet = { exact, size - 2 };
    size_t len = esp_toobig_tell(packet, (uint32_t)mtu, told);

    require(len <= ESP_TELL_MAX, "told too much");
    require(len == 0 || told[0] >> 4 == packet.p[0] >> 4, "told of another family");
    if (esp_toobig_may_cut(packet))
        check_pieces(packet, mtu);
    return 0;
}
