#include "agent/base/addr.h"

#include <arpa/inet.h> /* inet_pton, inet_ntop: text only, no socket is made here */

static int
family_af(uint8_t family)
{
    return family == ADDR_V6 ? AF_INET6 : AF_INET;
}

static unsigned
addr_bits(const Addr *a)
{
    return (unsigned)addr_len(a) * 8;
}

size_t
addr_len(const Addr *a)
{
    switch (a->family) {
    case ADDR_V4:
        return 4;
    case ADDR_V6:
        return 16;
    default:
        return 0;
    }
}

Slice
addr_view(const Addr *a)
{
    return (Slice){ a->b, addr_len(a) };
}

Addr
addr_v4(uint32_t host_order)
{
    return (Addr){ .family = ADDR_V4,
                   .b = { (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
                          (uint8_t)(host_order >> 8), (uint8_t)host_order } };
}

bool
addr_from_octets(Slice octets, Addr *ret)
{
    Addr a = { .family = octets.len == 4 ? ADDR_V4 : ADDR_V6 };

    if (octets.len != 4 && octets.len != 16)
        return false;
    memcpy(a.b, octets.p, octets.len);
    *ret = a;
    return true;
}

bool
addr_parse(const char *text, Addr *ret)
{
    Addr a = { .family = strchr(text, ':') ? ADDR_V6 : ADDR_V4 };

    if (inet_pton(family_af(a.family), text, a.b) != 1)
        return false;
    *ret = a;
    return true;
}

const char *
addr_format(const Addr *a, char buf[static ADDR_TEXT_MAX])
{
    if (addr_len(a) == 0 || !inet_ntop(family_af(a->family), a->b, buf, ADDR_TEXT_MAX))
        g_strlcpy(buf, "none", ADDR_TEXT_MAX);
    return buf;
}

int
addr_compare(const Addr *a, const Addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->b, b->b, addr_len(a));
}

bool
addr_equal(const Addr *a, const Addr *b)
{
    return addr_compare(a, b) == 0;
}

bool
addr_is_unspecified(const Addr *a)
{
    static const uint8_t zero[16];

    return memcmp(a->b, zero, addr_len(a)) == 0;
}

bool
addr_is_loopback(const Addr *a)
{
    static const Addr v6 = { .family = ADDR_V6, .b = { [15] = 1 } };

    return a->family == ADDR_V4 ? a->b[0] == 127 : addr_equal(a, &v6);
}

bool
addr_is_multicast(const Addr *a)
{
    static const Addr broadcast = { .family = ADDR_V4, .b = { 255, 255, 255, 255 } };

    if (a->family == ADDR_V4)
        return a->b[0] >> 4 == 0xe || addr_equal(a, &broadcast);
    return a->family == ADDR_V6 && a->b[0] == 0xff;
}

bool
addr_next(const Addr *a, Addr *ret)
{
    Addr next = *a;

    for (size_t i = addr_len(a); i-- > 0;) {
        next.b[i]++;
        if (next.b[i] != 0) {
            *ret = next;
            return true;
        }
    }
    return false;
}

/* A decimal number and nothing else, for a port or a prefix length. */
static bool
number_parse(const char *text, unsigned max, unsigned *ret)
{
    guint64 v;

    if (!g_ascii_string_to_unsigned(text, 10, 0, max, &v, NULL))
        return false;
    *ret = (unsigned)v;
    return true;
}

/* Copy what stands before @end; false when it is longer than any address. */
static bool
addr_parse_until(const char *text, const char *end, Addr *ret)
{
    char buf[ADDR_TEXT_MAX];
    size_t len = (size_t)(end - text);

    if (len >= sizeof(buf))
        return false;
    memcpy(buf, text, len);
    buf[len] = '\0';
    return addr_parse(buf, ret);
}

bool
endpoint_parse(const char *text, Endpoint *ret)
{
    const char *colon = strrchr(text, ':');
    bool v6 = text[0] == '[';
    Endpoint e;
    unsigned port;

    if (!colon || (v6 && (colon == text + 1 || colon[-1] != ']')))
        return false;
    if (!addr_parse_until(v6 ? text + 1 : text, v6 ? colon - 1 : colon, &e.addr) ||
        (e.addr.family == ADDR_V6) != v6 || !number_parse(colon + 1, UINT16_MAX, &port))
        return false;
    e.port = (uint16_t)port;
    *ret = e;
    return true;
}

const char *
endpoint_format(const Endpoint *e, char buf[static ENDPOINT_TEXT_MAX])
{
    char addr[ADDR_TEXT_MAX];

    addr_format(&e->addr, addr);
    g_snprintf(buf, ENDPOINT_TEXT_MAX, e->addr.family == ADDR_V6 ? "[%s]:%u" : "%s:%u", addr,
               e->port);
    return buf;
}

bool
endpoint_equal(const Endpoint *a, const Endpoint *b)
{
    return a->port == b->port && addr_equal(&a->addr, &b->addr);
}

/* The first @bits bits set in an address of @family. */
static Addr
mask_of(uint8_t family, unsigned bits)
{
    Addr m = { .family = family };

    for (unsigned i = 0; i < bits; i++)
        m.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
    return m;
}

/* Network and host parts of a prefix of @a: host bits become @host. */
static Addr
with_host_bits(const Addr *a, unsigned bits, uint8_t host)
{
    Addr mask = mask_of(a->family, bits);
    Addr out = *a;

    for (size_t i = 0; i < addr_len(a); i++)
        out.b[i] = (uint8_t)((a->b[i] & mask.b[i]) | (host & ~mask.b[i]));
    return out;
}

bool
prefix_parse(const char *text, Prefix *ret)
{
    const char *slash = strchr(text, '/');
    Addr a;
    unsigned len;

    if (!slash) {
        if (!addr_parse(text, &a))
            return false;
        *ret = (Prefix){ .addr = a, .len = (uint8_t)addr_bits(&a) };
        return true;
    }
    if (!addr_parse_until(text, slash, &a) || !number_parse(slash + 1, addr_bits(&a), &len))
        return false;
    *ret = (Prefix){ .addr = with_host_bits(&a, len, 0), .len = (uint8_t)len };
    return true;
}

const char *
prefix_format(const Prefix *p, char buf[static PREFIX_TEXT_MAX])
{
    char addr[ADDR_TEXT_MAX];

    g_snprintf(buf, PREFIX_TEXT_MAX, "%s/%u", addr_format(&p->addr, addr), p->len);
    return buf;
}

bool
prefix_equal(const Prefix *a, const Prefix *b)
{
    return a->len == b->len && addr_equal(&a->addr, &b->addr);
}

bool
prefix_contains(const Prefix *p, const Addr *a)
{
    Addr network = with_host_bits(a, p->len, 0);

    return a->family == p->addr.family && addr_equal(&network, &p->addr);
}

bool
prefix_from_mask(const Addr *addr, const Addr *mask, Prefix *ret)
{
    unsigned len = 0;
    Addr want;

    if (addr->family != mask->family || addr_len(addr) == 0)
        return false;
    while (len < addr_bits(mask) && mask->b[len / 8] & 0x80 >> len % 8)
        len++;
    want = mask_of(mask->family, len);
    if (!addr_equal(mask, &want))
        return false;
    *ret = (Prefix){ .addr = with_host_bits(addr, len, 0), .len = (uint8_t)len };
    return true;
}

Addr
prefix_mask(const Prefix *p)
{
    return mask_of(p->addr.family, p->len);
}

Addr
prefix_last(const Prefix *p)
{
    return with_host_bits(&p->addr, p->len, 0xff);
}
