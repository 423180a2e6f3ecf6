/* fuzz_esp_tun.c - whatever the host writes into the tunnel: the first octet chooses the suite, the
 * rest is the packet. What is sealed must come out at the other end as it went in. */
#include "agent/esp/esp_plane.h"
#include "tests/support/esp_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 2048 };

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp_tun: %s", what);
}

/* As a gateway would have them: protocols and ports narrow some. */
static EspSa *
narrow_sa(const KitSuite *s)
{
    Selector local[] = { kit_selector("10.0.0.0/8"), kit_selector("2001:db8::/32") };
    Selector remote[] = { selector_all(ADDR_V4), selector_all(ADDR_V6) };
    KitKeys mine, theirs;

    remote[0].proto = 17;
    remote[0].port_last = 1023;
    remote[1].proto = 6;
    remote[1].port_first = 1024;
    EspSaSetup setup = kit_setup(s, 'A', &mine, &theirs, local, 2, remote, 2);

    return esp_sa_new(&setup);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_MAX)
        return 0;
    const KitSuite *s = &kit_suites[(data[0] & 0x7f) % G_N_ELEMENTS(kit_suites)];
    size_t len = size - 1, room = ESP_HEADROOM + len + ESP_TAILROOM;
    g_autofree uint8_t *exact = g_malloc(room); /* the sanitizer sees one octet too far */
    g_autoptr(EspPlane) plane = esp_plane_new();
    g_autoptr(EspSa) peer = kit_sa(s, 'B');
    EspBuf b = { .base = exact, .cap = (uint32_t)room, .off = ESP_HEADROOM, .len = (uint32_t)len };

    esp_plane_add(plane, data[0] & 0x80 ? narrow_sa(s) : kit_sa(s, 'A'));
    memcpy(exact + ESP_HEADROOM, data + 1, len);
    esp_plane_seal(plane, &b, 1, 1);
    if (b.status != ESP_OK) {
        require(b.off == ESP_HEADROOM && b.len == len, "a refused packet moved");
        require(len == 0 || memcmp(exact + ESP_HEADROOM, data + 1, len) == 0, "and changed");
        return 0;
    }
    require(b.off + b.len <= room, "inside the buffer");
    EspStatus st = esp_sa_open(peer, &b, 1);

    require(st == ESP_OK || ((data[0] & 0x80) && st == ESP_SELECTOR), "the other end refuses it");
    if (st == ESP_OK)
        require(b.len <= len && memcmp(b.base + b.off, data + 1, b.len) == 0, "not what went in");
    return 0;
}
