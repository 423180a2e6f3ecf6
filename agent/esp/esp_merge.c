#include "agent/esp/esp_merge.h"

#include "agent/base/addr.h"
#include "agent/base/checksum.h"
#include "agent/esp/esp_gso_private.h"

enum {
    NONE = UINT8_MAX,
    UDP_RUN_MAX = 64, /* as many segments as any kernel takes of UDP */
};

G_STATIC_ASSERT((int)ESP_MERGE_MAX <= (int)NONE);

void
esp_merge_begin(EspMerge *m, bool udp)
{
    m->n_items = m->n_runs = 0;
    m->udp = udp;
    memset(m->chains, NONE, sizeof(m->chains));
}

bool
esp_merge_full(const EspMerge *m)
{
    return m->n_items == ESP_MERGE_MAX;
}

/* Addresses, and ports behind a header without options: what tells flows apart. */
static Slice
addrs_of(const uint8_t *p, const EspGsoShape *s)
{
    return s->family == ADDR_V4 ? (Slice){ p + V4_ADDRS, 8 } : (Slice){ p + V6_ADDRS, 32 };
}

static size_t
chain_of(const uint8_t *p, const EspGsoShape *s)
{
    Slice addrs = addrs_of(p, s);
    uint64_t h = (uint64_t)esp_gso_u32(p + s->ip_len) << 8 | s->proto;

    for (size_t i = 0; i < addrs.len; i += 4)
        h = (h ^ esp_gso_u32(addrs.p + i)) * UINT64_C(0x9e3779b97f4a7c15);
    return h >> 58;
}

static bool
same_flow(const EspMerge *m, const EspRun *run, const uint8_t *p, const EspGsoShape *s)
{
    const uint8_t *q = m->items[run->first].packet;

    return run->shape.family == s->family && run->shape.proto == s->proto &&
           slice_equal(addrs_of(q, s), addrs_of(p, s)) &&
           memcmp(q + run->shape.ip_len, p + s->ip_len, 4) == 0;
}

/* The newest run of the flow: the only one of it that may be open. */
static EspRun *
find_run(EspMerge *m, size_t chain, const uint8_t *p, const EspGsoShape *s)
{
    for (uint8_t i = m->chains[chain]; i != NONE; i = m->runs[i].chain)
        if (same_flow(m, &m->runs[i], p, s))
            return &m->runs[i];
    return NULL;
}

static bool
checksums_are_right(const uint8_t *p, const EspGsoShape *s)
{
    Slice packet = { p, s->len }, upper = { p + s->ip_len, s->len - s->ip_len };

    if (s->family == ADDR_V4 && checksum_sum((Slice){ p, s->ip_len }) != UINT16_MAX)
        return false;
    return checksum_fold((uint64_t)esp_gso_pseudo(packet, s, upper.len) + checksum_sum(upper)) ==
           UINT16_MAX;
}

static bool
dont_fragment(const uint8_t *p)
{
    return esp_gso_u16(p + V4_FRAGMENT) & V4_DONT_FRAGMENT;
}

/* Everything in the IP header but length, identification and checksum; the flow is the same. */
static bool
same_ip(const EspRun *run, const uint8_t *q, const uint8_t *p, const EspGsoShape *s)
{
    if (s->family == ADDR_V6)
        return memcmp(q, p, V6_PAYLOAD) == 0 && q[V6_NEXT + 1] == p[V6_NEXT + 1];
    return esp_gso_u16(q) == esp_gso_u16(p) &&
           memcmp(q + V4_FRAGMENT, p + V4_FRAGMENT, V4_CSUM - V4_FRAGMENT) == 0 &&
           (dont_fragment(p) || esp_gso_u16(p + V4_ID) == (uint16_t)(run->id + 1));
}

/* @q, @p: TCP headers of as many octets. */
static bool
same_tcp(const uint8_t *q, const uint8_t *p, size_t len)
{
    return (q[TCP_FLAGS] | TCP_PSH) == (p[TCP_FLAGS] | TCP_PSH) &&
           memcmp(q + TCP_ACK_NUMBER, p + TCP_ACK_NUMBER, TCP_FLAGS - TCP_ACK_NUMBER) == 0 &&
           memcmp(q + TCP_WINDOW, p + TCP_WINDOW, 2) == 0 &&
           memcmp(q + TCP_URGENT, p + TCP_URGENT, len - TCP_URGENT) == 0;
}

/* Can a packet be the first of many? Its checksums are looked at when a second one comes. */
static bool
may_begin(const EspMerge *m, const uint8_t *p, const EspGsoShape *s)
{
    const uint8_t *upper = p + s->ip_len;

    if (s->len == s->header_len || (s->family == ADDR_V4 && s->ip_len != V4_HEADER))
        return false;
    if (s->proto == PROTO_UDP)
        return m->udp && esp_gso_u16(upper + UDP_CSUM) != 0;
    return (upper[TCP_FLAGS] & ~TCP_ECE) == TCP_ACK && s->len - s->header_len >= TCP_SIZE_MIN;
}

/* Does the packet follow in @run? */
static bool
follows(const EspMerge *m, const EspRun *run, const uint8_t *p, const EspGsoShape *s)
{
    const uint8_t *q = m->items[run->first].packet, *upper = p + s->ip_len;
    size_t payload = s->len - s->header_len;

    if (!run->open || s->header_len != run->shape.header_len || s->ip_len != run->shape.ip_len ||
        payload == 0 || payload > run->size || run->len + payload > PACKET_MAX ||
        !same_ip(run, q, p, s))
        return false;
    if (s->proto == PROTO_UDP)
        return run->n < UDP_RUN_MAX && esp_gso_u16(upper + UDP_CSUM) != 0;
    return esp_gso_u32(upper + TCP_SEQ) == run->seq &&
           same_tcp(q + s->ip_len, upper, (size_t)s->header_len - s->ip_len);
}

static void
append(EspMerge *m, EspRun *run, const EspGsoShape *s, uint8_t item)
{
    const uint8_t *p = m->items[item].packet;
    uint16_t payload = (uint16_t)(s->len - s->header_len);

    m->items[run->last].next = item;
    run->last = item;
    run->n++;
    run->len += payload;
    run->seq += payload;
    if (s->family == ADDR_V4)
        run->id = esp_gso_u16(p + V4_ID);
    run->open =
        payload == run->size && !(s->proto == PROTO_TCP && (p[s->ip_len + TCP_FLAGS] & TCP_PSH));
}

static EspRun *
begin(EspMerge *m, uint8_t item)
{
    EspRun *run = &m->runs[m->n_runs++];

    *run = (EspRun){ .first = item, .last = item, .n = 1, .chain = NONE };
    return run;
}

static void
begin_flow(EspMerge *m, uint8_t item, const EspGsoShape *s, size_t chain, bool proven)
{
    const uint8_t *p = m->items[item].packet;
    uint16_t payload = (uint16_t)(s->len - s->header_len);
    EspRun *run = begin(m, item);

    run->shape = *s;
    run->len = s->len;
    run->size = payload;
    run->open = may_begin(m, p, s);
    run->proven = proven;
    if (s->proto == PROTO_TCP)
        run->seq = esp_gso_u32(p + s->ip_len + TCP_SEQ) + payload;
    if (s->family == ADDR_V4)
        run->id = esp_gso_u16(p + V4_ID);
    run->chain = m->chains[chain];
    m->chains[chain] = (uint8_t)(run - m->runs);
}

void
esp_merge_add(EspMerge *m, uint8_t *packet, size_t len)
{
    uint8_t item = (uint8_t)m->n_items;
    EspGsoShape shape;

    g_assert(m->n_items < ESP_MERGE_MAX);
    m->items[m->n_items++] = (EspMergeItem){ .packet = packet, .len = (uint32_t)len, .next = item };
    if (!esp_gso_shape((Slice){ packet, len }, &shape)) {
        /* It may be of any flow (a fragment is): nothing behind it goes in front of it. */
        (void)begin(m, item);
        memset(m->chains, NONE, sizeof(m->chains));
        return;
    }
    size_t chain = chain_of(packet, &shape);
    EspRun *run = find_run(m, chain, packet, &shape);
    bool proven = false;

    if (run && follows(m, run, packet, &shape)) {
        if (!run->proven)
            run->proven = checksums_are_right(m->items[run->first].packet, &run->shape);
        proven = checksums_are_right(packet, &shape);
        if (run->proven && proven) {
            append(m, run, &shape, item);
            return;
        }
    }
    begin_flow(m, item, &shape, chain, proven);
}

size_t
esp_merge_runs(const EspMerge *m)
{
    return m->n_runs;
}

/* The headers of the first packet become those of the whole; what the host sums up itself when it
 * needs to, it finds the sum of the pseudo-header in. */
static void
write_headers(const EspMerge *m, const EspRun *run)
{
    uint8_t *p = m->items[run->first].packet, *upper = p + run->shape.ip_len;
    const uint8_t *last = m->items[run->last].packet + run->shape.ip_len;
    size_t upper_len = run->len - run->shape.ip_len;

    if (run->shape.family == ADDR_V4) {
        esp_gso_put_u16(p + V4_LEN, run->len);
        esp_gso_put_u16(p + V4_CSUM, 0);
        esp_gso_put_u16(p + V4_CSUM, (uint16_t)~checksum_sum((Slice){ p, V4_HEADER }));
    } else {
        esp_gso_put_u16(p + V6_PAYLOAD, (uint32_t)upper_len);
    }
    if (run->shape.proto == PROTO_TCP)
        upper[TCP_FLAGS] |= last[TCP_FLAGS] & TCP_PSH;
    else
        esp_gso_put_u16(upper + UDP_LEN, (uint32_t)upper_len);
    esp_gso_put_u16(upper + run->shape.csum_offset,
                    esp_gso_pseudo((Slice){ p, run->len }, &run->shape, upper_len));
}

static uint8_t
type_of(const EspGsoShape *s)
{
    if (s->proto == PROTO_UDP)
        return ESP_GSO_UDP;
    return s->family == ADDR_V4 ? ESP_GSO_TCP4 : ESP_GSO_TCP6;
}

size_t
esp_merge_run(EspMerge *m, size_t i, EspGso *ret, Slice *pieces)
{
    g_assert(i < m->n_runs);
    const EspRun *run = &m->runs[i];
    const EspMergeItem *item = &m->items[run->first];
    size_t n = 0;

    pieces[n++] = (Slice){ item->packet, item->len };
    *ret = (EspGso){ .type = ESP_GSO_NONE };
    if (run->n == 1)
        return n;
    write_headers(m, run);
    *ret = (EspGso){
        .flags = ESP_GSO_NEEDS_CSUM,
        .type = type_of(&run->shape),
        .hdr_len = run->shape.header_len,
        .size = run->size,
        .csum_start = run->shape.ip_len,
        .csum_offset = run->shape.csum_offset,
    };
    while (item->next != item - m->items) {
        item = &m->items[item->next];
        pieces[n++] =
            (Slice){ item->packet + run->shape.header_len, item->len - run->shape.header_len };
    }
    return n;
}
