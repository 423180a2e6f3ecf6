/* fuzz_esp_merge.c - packets of a batch: the first octet says if UDP is merged, then each packet
 * behind its length in two octets. Cutting what was merged gives the same packets, those between
 * the same addresses in the same order. */
#include "agent/esp/esp_merge.h"
#include "agent/esp/esp_split.h"
#include "tests/support/fuzz.h"
#include "tests/support/gso_kit.h"

typedef struct Input {
    Slice packets[ESP_MERGE_MAX];
    bool done[ESP_MERGE_MAX];
    size_t n;
} Input;

static void
require(bool ok, const char *what)
{
    if (!ok)
        g_error("fuzz_esp_merge: %s", what);
}

/* With DF set the identification of IPv4 says nothing (RFC 6864 §4.1), and cutting makes its own.
 */
static bool
same_packet(Slice a, Slice b)
{
    bool atomic = a.len >= 20 && a.p[0] >> 4 == 4 && (a.p[6] & 0x40);

    if (a.len != b.len || !atomic)
        return slice_equal(a, b);
    return memcmp(a.p, b.p, 4) == 0 && memcmp(a.p + 6, b.p + 6, 4) == 0 &&
           memcmp(a.p + 12, b.p + 12, a.len - 12) == 0;
}

/* Those of one flow: whatever has no ports is of all. */
static bool
may_be_one_flow(Slice a, Slice b)
{
    EspGsoShape s, t;

    if (!esp_gso_shape(a, &s) || !esp_gso_shape(b, &t))
        return true;
    return s.family == t.family && s.proto == t.proto &&
           memcmp(a.p + (s.family == 1 ? 12 : 8), b.p + (s.family == 1 ? 12 : 8),
                  s.family == 1 ? 8 : 32) == 0 &&
           memcmp(a.p + s.ip_len, b.p + t.ip_len, 4) == 0;
}

/* The first like it that is not out yet; what is in front of that is of other flows. */
static void
take_out(Input *in, Slice packet)
{
    for (size_t i = 0; i < in->n; i++) {
        if (in->done[i])
            continue;
        if (same_packet(in->packets[i], packet)) {
            in->done[i] = true;
            return;
        }
        require(!may_be_one_flow(in->packets[i], packet), "overtaken");
    }
    require(false, "it was not put in");
}

static void
take_run(Input *in, EspMerge *m, size_t i)
{
    g_autofree uint8_t *whole = g_malloc(GSO_KIT_MAX);
    Slice pieces[ESP_MERGE_MAX];
    EspGso g;
    size_t n = esp_merge_run(m, i, &g, pieces), len = 0;
    EspSplit s;

    for (size_t k = 0; k < n; k++) {
        require(pieces[k].len <= GSO_KIT_MAX - len, "too large");
        if (pieces[k].len)
            memcpy(whole + len, pieces[k].p, pieces[k].len);
        len += pieces[k].len;
    }
    if (g.type == ESP_GSO_NONE) {
        take_out(in, (Slice){ whole, len });
        return;
    }
    require(esp_split_init(&s, &g, (Slice){ whole, len }) == ESP_GSO_OK, "it cannot be cut");
    while ((len = esp_split_next_len(&s)) > 0) {
        g_autofree uint8_t *segment = g_malloc(len);

        esp_split_next(&s, segment);
        take_out(in, (Slice){ segment, len });
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Reader r = reader_init((Slice){ data, size });
    g_autofree EspMerge *m = g_new(EspMerge, 1);
    g_autofree uint8_t *copy = NULL;
    Input in = { .n = 0 };
    uint8_t udp;
    uint16_t len;

    if (size > FUZZ_MAX || !reader_u8(&r, &udp))
        return 0;
    while (in.n < ESP_MERGE_MAX && reader_u16(&r, &len) && reader_slice(&r, len, &in.packets[in.n]))
        in.n++;
    copy = g_memdup2(data, size);
    esp_merge_begin(m, udp & 1);
    for (size_t i = 0; i < in.n; i++)
        esp_merge_add(m, copy + (in.packets[i].p - data), in.packets[i].len);
    for (size_t i = 0; i < esp_merge_runs(m); i++)
        take_run(&in, m, i);
    for (size_t i = 0; i < in.n; i++)
        require(in.done[i], "lost");
    return 0;
}
