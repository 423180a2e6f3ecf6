/* fuzz_esp_mss.c - any packet through esp_mss_clamp(): the first two octets are the most that is
 * allowed. Nothing but one option and one checksum may change, and twice is once. */
#include "agent/base/checksum.h"
#include "agent/esp/esp_mss.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 2048, CHANGED_MAX = 4 };

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp_mss: %s", what);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > INPUT_MAX)
        return 0;
    uint16_t most = (uint16_t)(data[0] << 8 | data[1]);
    size_t len = size - 2, changed = 0;
    g_autofree uint8_t *once = g_memdup2(data + 2, len); /* the sanitizer sees one octet too far */
    g_autofree uint8_t *twice = NULL;

    esp_mss_clamp(once, len, most);
    for (size_t i = 0; i < len; i++)
        changed += once[i] != data[2 + i];
    require(changed <= CHANGED_MAX, "too much has changed");
    require(changed == 0 || esp_mss_syn(data + 2, len), "what is no SYN has changed");
    twice = g_memdup2(once, len);
    esp_mss_clamp(twice, len, most);
    require(memcmp(once, twice, len) == 0, "it is lowered again");
    return 0;
}
