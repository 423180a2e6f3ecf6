#include "agent/ike/ike_cp.h"

#include <glib.h>

enum { CP_RESERVED = 3, ATTR_RESERVED = 0x8000 };

const char *
ike_cp_name(uint16_t type)
{
    switch (type) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        IKE_CP_LIST(X)
#undef X
    default:
        return "Unknown";
    }
}

/*  |R|         Attribute Type      |            Length             |
 *  ~                             Value                             ~  */
static IkeStatus
decode_attr(Reader *in, IkeCpAttr *ret)
{
    IkeCpAttr a;
    uint16_t len;

    if (!reader_u16(in, &a.type) || !reader_u16(in, &len) || !reader_slice(in, len, &a.value))
        return IKE_N_INVALID_SYNTAX;
    a.type &= (uint16_t)~ATTR_RESERVED; /* RFC 7296 §3.15.1: ignored on receipt */
    *ret = a;
    return IKE_OK;
}

IkeStatus
ike_cp_decode(Reader *in, IkeCp *ret)
{
    Slice reserved;
    size_t n = 0;
    Reader r;
    IkeCp cp;

    if (!reader_u8(in, &cp.type) || !reader_slice(in, CP_RESERVED, &reserved) ||
        cp.type < IKE_CFG_REQUEST || cp.type > IKE_CFG_ACK)
        return IKE_N_INVALID_SYNTAX;
    cp.attrs = reader_rest(in);
    for (r = reader_init(cp.attrs); reader_left(&r) > 0; n++) {
        IkeCpAttr a;

        if (n == IKE_CP_ATTRS_MAX || decode_attr(&r, &a) != IKE_OK)
            return IKE_N_INVALID_SYNTAX;
    }
    *ret = cp;
    return IKE_OK;
}

bool
ike_cp_next(Reader *in, IkeCpAttr *ret)
{
    return decode_attr(in, ret) == IKE_OK;
}

bool
ike_cp_find(const IkeCp *cp, uint16_t type, Slice *ret)
{
    Reader in = reader_init(cp->attrs);
    IkeCpAttr a;

    while (ike_cp_next(&in, &a))
        if (a.type == type) {
            *ret = a.value;
            return true;
        }
    return false;
}

void
ike_cp_encode_head(uint8_t cfg_type, Writer *out)
{
    writer_u8(out, cfg_type);
    writer_zeros(out, CP_RESERVED);
}

void
ike_cp_encode(const IkeCpAttr *a, Writer *out)
{
    if (a->value.len > UINT16_MAX)
        out->overflow = true;
    writer_u16(out, a->type);
    writer_u16(out, (uint16_t)a->value.len);
    writer_slice(out, a->value);
}

/* agent/docs/WIRE.md §7.3. 28717..28724 have no names: nobody has seen them answered. */
static const uint16_t request_order[] = {
    IKE_CP_IP4_ADDRESS,
    IKE_CP_IP4_NETMASK,
    IKE_CP_IP4_DNS,
    IKE_CP_IP4_NBNS,
    IKE_CP_ADDRESS_EXPIRY,
    IKE_CP_APPLICATION_VERSION,
    IKE_CP_IP6_ADDRESS,
    IKE_CP_IP4_SUBNET,
    IKE_CP_DDNS_HOSTNAME,
    IKE_CP_SESSION_TIMEOUT,
    IKE_CP_IDLE_TIMEOUT,
    IKE_CP_DISCONNECTED_TIMEOUT,
    IKE_CP_KEEP_INSTALLED,
    IKE_CP_TUNNEL_ALL_DNS,
    IKE_CP_DPD_INTERVAL,
    IKE_CP_KEEPALIVE,
    IKE_CP_BANNER,
    IKE_CP_SMARTCARD_REMOVAL,
    IKE_CP_MTU,
    IKE_CP_DEFAULT_DOMAIN,
    IKE_CP_HOME_PAGE,
    IKE_CP_SPLIT_DNS,
    IKE_CP_PFS,
    IKE_CP_PROXY,
    28717,
    28718,
    28719,
    28720,
    28721,
    28722,
    28723,
    28724,
    IKE_CP_QUARANTINE,
    IKE_CP_DISABLE_ALWAYS_ON,
    IKE_CP_POST_AUTH_XML,
    IKE_CP_CLIENT_BYPASS,
};

static const uint16_t request_ipv6[] = { IKE_CP_IP6_DNS, IKE_CP_IP6_SUBNET };

enum { IP6_WISH_LEN = 17 }; /* address and prefix length */

/* An attribute of a request: the address that is wished for, else empty. */
static void
encode_wish(uint16_t type, const IkeCpWish *wish, Writer *out)
{
    IkeCpAttr a = { .type = type };
    uint8_t buf[IP6_WISH_LEN];
    Writer w = { .base = buf, .cap = sizeof(buf) };

    if (type == IKE_CP_IP4_ADDRESS) {
        a.value = addr_view(&wish->ip4);
    } else if (type == IKE_CP_IP6_ADDRESS && wish->ip6.family == ADDR_V6) {
        writer_slice(&w, addr_view(&wish->ip6));
        writer_u8(&w, 128);
        a.value = writer_view(&w);
    }
    ike_cp_encode(&a, out);
}

void
ike_cp_encode_anyconnect_request(const IkeCpWish *wish, Writer *out)
{
    uint8_t mtu_octets[2] = { (uint8_t)(wish->mtu >> 8), (uint8_t)wish->mtu };

    ike_cp_encode_head(IKE_CFG_REQUEST, out);
    for (size_t i = 0; i < G_N_ELEMENTS(request_order); i++) {
        uint16_t type = request_order[i];

        if (type == IKE_CP_APPLICATION_VERSION && wish->app_version)
            ike_cp_encode(&(IkeCpAttr){ type, slice_of(wish->app_version) }, out);
        else if (type == IKE_CP_DDNS_HOSTNAME && wish->hostname)
            ike_cp_encode(&(IkeCpAttr){ type, slice_of(wish->hostname) }, out);
        else if (type == IKE_CP_MTU && wish->mtu)
            ike_cp_encode(&(IkeCpAttr){ type, { mtu_octets, sizeof(mtu_octets) } }, out);
        else
            encode_wish(type, wish, out);
    }
    for (size_t i = 0; wish->ipv6 && i < G_N_ELEMENTS(request_ipv6); i++)
        ike_cp_encode(&(IkeCpAttr){ .type = request_ipv6[i] }, out);
}

void
ike_cp_encode_request(const IkeCpWish *wish, Writer *out)
{
    static const uint16_t types[] = { IKE_CP_IP4_ADDRESS, IKE_CP_IP4_NETMASK, IKE_CP_IP4_DNS,
                                      IKE_CP_IP4_NBNS,    IKE_CP_IP4_SUBNET,  IKE_CP_IP6_ADDRESS,
                                      IKE_CP_IP6_DNS,     IKE_CP_IP6_SUBNET };
    size_t n = wish->ipv6 ? G_N_ELEMENTS(types) : 5;

    ike_cp_encode_head(IKE_CFG_REQUEST, out);
    for (size_t i = 0; i < n; i++)
        encode_wish(types[i], wish, out);
}
