#include <glib.h>
#include <string.h>

#include "agent/ike/ike_cp.h"

enum {
    MTU_MIN = 576,       /* octets; what IPv4 hosts must take (RFC 791) */
    SPLIT_ENTRY = 14,    /* address, mask, protocol and ports: agent/docs/WIRE.md §7.2 */
    SPLIT_IGNORED = 6,   /* of these, protocol and ports */
    IP6_WITH_PREFIX = 17 /* RFC 7296 §3.15.1: address and prefix length */
};

/* How the value of an attribute is read. */
typedef enum Form {
    FORM_ADDR,  /* 4 or 16 octets */
    FORM_MASK4, /* 4 octets, contiguous */
    FORM_IP6,   /* 16 octets and a prefix length */
    FORM_NET4,  /* address and mask */
    FORM_NET6,  /* address and prefix length */
    FORM_SPLIT, /* any number of 14-octet entries */
    FORM_SECONDS,
    FORM_MTU,
    FORM_FLAG,
    FORM_LINE,  /* text in one line */
    FORM_LINES, /* text */
    FORM_NAMES, /* domain names */
} Form;

typedef struct Attr {
    uint16_t type, form;
    size_t len; /* octets a value must have, 0: the form knows */
    size_t at;  /* field of IkeCpReply */
    size_t n_at, max;
} Attr;

#define AT(field)         offsetof(IkeCpReply, field)
#define LIST(field, room) AT(field), AT(n_##field), room

/* Everything else is ignored (agent/docs/WIRE.md §7.1). */
static const Attr attrs[] = {
    { IKE_CP_IP4_ADDRESS, FORM_ADDR, 4, AT(ip4), 0, 1 },
    { IKE_CP_IP4_NETMASK, FORM_MASK4, 4, AT(ip4_mask), 0, 1 },
    { IKE_CP_IP6_ADDRESS, FORM_IP6, IP6_WITH_PREFIX, AT(ip6), 0, 1 },
    { IKE_CP_IP4_DNS, FORM_ADDR, 4, LIST(dns, 8) },
    { IKE_CP_IP6_DNS, FORM_ADDR, 16, LIST(dns, 8) },
    { IKE_CP_IP4_NBNS, FORM_ADDR, 4, LIST(nbns, 4) },
    { IKE_CP_IP4_SUBNET, FORM_NET4, 8, LIST(include, 200) },
    { IKE_CP_IP6_SUBNET, FORM_NET6, IP6_WITH_PREFIX, LIST(include, 200) },
    { IKE_CP_SPLIT_INCLUDE, FORM_SPLIT, 0, LIST(include, 200) },
    { IKE_CP_SPLIT_EXCLUDE, FORM_SPLIT, 0, LIST(exclude, 200) },
    { IKE_CP_APPLICATION_VERSION, FORM_LINE, 0, AT(app_version), 0, 1 },
    { IKE_CP_BANNER, FORM_LINES, 0, AT(banner), 0, 1 },
    { IKE_CP_DEFAULT_DOMAIN, FORM_NAMES, 0, AT(domain), 0, 1 },
    { IKE_CP_SPLIT_DNS, FORM_NAMES, 0, AT(split_dns), 0, 1 },
    { IKE_CP_SESSION_TIMEOUT, FORM_SECONDS, 4, AT(session_timeout), 0, 1 },
    { IKE_CP_IDLE_TIMEOUT, FORM_SECONDS, 4, AT(idle_timeout), 0, 1 },
    { IKE_CP_DPD_INTERVAL, FORM_SECONDS, 4, AT(dpd_interval), 0, 1 },
    { IKE_CP_KEEPALIVE, FORM_SECONDS, 4, AT(keepalive), 0, 1 },
    { IKE_CP_MTU, FORM_MTU, 2, AT(mtu), 0, 1 },
    { IKE_CP_TUNNEL_ALL_DNS, FORM_FLAG, 1, AT(tunnel_all_dns), 0, 1 },
    { IKE_CP_CLIENT_BYPASS, FORM_FLAG, 1, AT(client_bypass), 0, 1 },
};

G_STATIC_ASSERT(G_N_ELEMENTS(((IkeCpReply *)0)->dns) == 8);
G_STATIC_ASSERT(G_N_ELEMENTS(((IkeCpReply *)0)->nbns) == 4);
G_STATIC_ASSERT(G_N_ELEMENTS(((IkeCpReply *)0)->include) == 200);
G_STATIC_ASSERT(G_N_ELEMENTS(((IkeCpReply *)0)->exclude) == 200);

static const Attr *
find_attr(uint16_t type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(attrs); i++)
        if (attrs[i].type == type)
            return &attrs[i];
    return NULL;
}

G_GNUC_PRINTF(3, 4)
static bool
refuse(char **ret_why, const Attr *a, const char *format, ...)
{
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    *ret_why = g_strdup_printf("CFG_REPLY: %s: %s", ike_cp_name(a->type), what);
    return false;
}

static bool
usable(const Attr *a, const Addr *addr, char **ret_why)
{
    char text[ADDR_TEXT_MAX];

    if (addr_is_unspecified(addr) || addr_is_loopback(addr) || addr_is_multicast(addr))
        return refuse(ret_why, a, "%s cannot be used", addr_format(addr, text));
    return true;
}

static bool
read_addr(const Attr *a, Slice value, Addr *ret, char **ret_why)
{
    if (!addr_from_octets(value, ret))
        return refuse(ret_why, a, "%zu octets are no address", value.len);
    return usable(a, ret, ret_why);
}

/* Address and prefix length, the host's own part kept. */
static bool
read_ip6(const Attr *a, Slice value, Addr *ret_addr, uint8_t *ret_len, char **ret_why)
{
    Reader r = reader_init(value);
    Slice octets;
    uint8_t len;

    if (!reader_slice(&r, 16, &octets) || !reader_u8(&r, &len) || len > 128)
        return refuse(ret_why, a, "the prefix length is beyond 128");
    *ret_len = len;
    return addr_from_octets(octets, ret_addr);
}

static bool
read_net6(const Attr *a, Slice value, Prefix *ret, char **ret_why)
{
    Prefix p;
    Addr mask;

    if (!read_ip6(a, value, &p.addr, &p.len, ret_why))
        return false;
    mask = prefix_mask(&p);
    return prefix_from_mask(&p.addr, &mask, ret); /* clears the host's part */
}

/* @proto_and_ports: octets behind each entry that nobody fills in. */
static bool
read_net4(const Attr *a, Reader *in, size_t proto_and_ports, Prefix *ret, char **ret_why)
{
    char addr_text[ADDR_TEXT_MAX], mask_text[ADDR_TEXT_MAX];
    Slice addr_octets, mask_octets, ignored;
    Addr addr, mask;

    if (!reader_slice(in, 4, &addr_octets) || !reader_slice(in, 4, &mask_octets) ||
        !reader_slice(in, proto_and_ports, &ignored) || !addr_from_octets(addr_octets, &addr) ||
        !addr_from_octets(mask_octets, &mask))
        return refuse(ret_why, a, "an entry is cut short");
    if (!prefix_from_mask(&addr, &mask, ret))
        return refuse(ret_why, a, "%s %s is no network", addr_format(&addr, addr_text),
                      addr_format(&mask, mask_text));
    return true;
}

/* Valid UTF-8 without control characters, which a terminal might obey; strings of the field may end
 * in NUL. */
static char *
read_text(Slice value, bool lines)
{
    g_autofree char *valid = NULL;
    GString *text = g_string_new(NULL);

    while (value.len > 0 && value.p[value.len - 1] == '\0')
        value.len--;
    valid = g_utf8_make_valid((const char *)value.p, (gssize)value.len);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        if (!g_unichar_iscntrl(c) || (lines && (c == '\n' || c == '\t')))
            g_string_append_unichar(text, c);
        else if (c != '\r')
            g_string_append_unichar(text, 0xfffd);
    }
    return g_string_free(text, FALSE);
}

static bool
read_names(const Attr *a, Slice value, char **ret, char **ret_why)
{
    g_autofree char *text = read_text(value, false);

    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*, ")])
        return refuse(ret_why, a, "it holds a character no domain name has");
    *ret = g_steal_pointer(&text);
    return true;
}

/* Where the next element of a list goes; a single value is a list of one. */
static void *
list_slot(const Attr *a, IkeCpReply *r, size_t size, char **ret_why)
{
    size_t *n = (size_t *)(void *)((char *)r + a->n_at);

    if (*n == a->max) {
        (void)refuse(ret_why, a, "more than %zu of them", a->max);
        return NULL;
    }
    return (char *)r + a->at + (*n)++ * size;
}

static bool
read_split(const Attr *a, Slice value, IkeCpReply *r, char **ret_why)
{
    Reader in = reader_init(value);

    if (value.len % SPLIT_ENTRY != 0)
        return refuse(ret_why, a, "%zu octets are not a number of entries", value.len);
    while (reader_left(&in) > 0) {
        Prefix *p = list_slot(a, r, sizeof(*p), ret_why);

        if (!p || !read_net4(a, &in, SPLIT_IGNORED, p, ret_why))
            return false;
    }
    return true;
}

static bool
read_list(const Attr *a, Slice value, IkeCpReply *r, char **ret_why)
{
    Reader in = reader_init(value);
    Prefix *net;
    Addr *addr;

    switch (a->form) {
    case FORM_ADDR:
        addr = list_slot(a, r, sizeof(*addr), ret_why);
        return addr && read_addr(a, value, addr, ret_why);
    case FORM_NET4:
        net = list_slot(a, r, sizeof(*net), ret_why);
        return net && read_net4(a, &in, 0, net, ret_why);
    case FORM_NET6:
        net = list_slot(a, r, sizeof(*net), ret_why);
        return net && read_net6(a, value, net, ret_why);
    default:
        return read_split(a, value, r, ret_why);
    }
}

static bool
read_mask(const Attr *a, Slice value, Addr *ret, char **ret_why)
{
    Prefix ignored;
    Addr mask;

    if (!addr_from_octets(value, &mask) || !prefix_from_mask(&mask, &mask, &ignored))
        return refuse(ret_why, a, "the mask has holes");
    *ret = mask;
    return true;
}

static bool
read_single(const Attr *a, Slice value, IkeCpReply *r, char **ret_why)
{
    void *field = (char *)r + a->at;
    Reader in = reader_init(value);
    uint16_t u16;
    uint8_t u8;

    switch (a->form) {
    case FORM_ADDR:
        return read_addr(a, value, field, ret_why);
    case FORM_MASK4:
        return read_mask(a, value, field, ret_why);
    case FORM_IP6:
        return read_ip6(a, value, field, &r->ip6_len, ret_why) && usable(a, field, ret_why);
    case FORM_SECONDS:
        return reader_u32(&in, field);
    case FORM_MTU:
        if (!reader_u16(&in, &u16) || (u16 != 0 && u16 < MTU_MIN))
            return refuse(ret_why, a, "below %d octets", MTU_MIN);
        *(uint16_t *)field = u16;
        return true;
    case FORM_FLAG:
        if (!reader_u8(&in, &u8))
            return refuse(ret_why, a, "no value");
        *(bool *)field = u8 != 0;
        return true;
    case FORM_NAMES:
        return read_names(a, value, field, ret_why);
    default:
        *(char **)field = read_text(value, a->form == FORM_LINES);
        return true;
    }
}

static bool
read_attr(const IkeCpAttr *in, uint64_t *seen, IkeCpReply *r, char **ret_why)
{
    const Attr *a = find_attr(in->type);
    uint64_t bit;

    /* §3.15.1: no octets, no value. */
    if (!a || in->value.len == 0)
        return true;
    if (a->len != 0 && in->value.len != a->len)
        return refuse(ret_why, a, "%zu octets, not %zu", in->value.len, a->len);
    if (a->n_at != 0)
        return read_list(a, in->value, r, ret_why);
    bit = UINT64_C(1) << (a - attrs);
    if (*seen & bit)
        return refuse(ret_why, a, "it stands there twice");
    *seen |= bit;
    return read_single(a, in->value, r, ret_why);
}

/* agent/docs/WIRE.md §7.4: a mask of 0 means the one of the address's class. No mask at all is a
 * host's. */
static void
settle_mask(IkeCpReply *r)
{
    if (r->ip4.family == ADDR_NONE)
        return;
    if (r->ip4_mask.family == ADDR_NONE)
        r->ip4_mask = addr_v4(0xffffffff);
    else if (!addr_is_unspecified(&r->ip4_mask))
        return;
    else if (r->ip4.b[0] < 128)
        r->ip4_mask = addr_v4(0xff000000);
    else if (r->ip4.b[0] < 192)
        r->ip4_mask = addr_v4(0xffff0000);
    else
        r->ip4_mask = addr_v4(0xffffff00);
}

bool
ike_cp_reply_read(const IkeCp *cp, IkeCpReply *ret, char **ret_why)
{
    Reader in = reader_init(cp->attrs);
    g_auto(IkeCpReply) r = { .n_dns = 0 };
    uint64_t seen = 0;
    IkeCpAttr a;

    if (cp->type != IKE_CFG_REPLY) {
        *ret_why =
            g_strdup_printf("the configuration payload is of type %u, not a reply", cp->type);
        return false;
    }
    while (ike_cp_next(&in, &a))
        if (!read_attr(&a, &seen, &r, ret_why))
            return false;
    if (r.ip4.family == ADDR_NONE && r.ip6.family == ADDR_NONE) {
        *ret_why = g_strdup("CFG_REPLY: no address is assigned");
        return false;
    }
    settle_mask(&r);
    *ret = r;
    memset(&r, 0, sizeof(r)); /* the texts are the caller's now */
    return true;
}

void
ike_cp_reply_clear(IkeCpReply *r)
{
    g_free(r->app_version);
    g_free(r->banner);
    g_free(r->domain);
    g_free(r->split_dns);
    memset(r, 0, sizeof(*r));
}
