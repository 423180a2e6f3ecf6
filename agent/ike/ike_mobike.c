#include "agent/ike/ike_mobike.h"

bool
ike_mobike_addr_decode(uint16_t type, Slice data, Addr *ret)
{
    Addr a;

    if (!addr_from_octets(data, &a) || ike_mobike_addr_type(&a) != type)
        return false;
    *ret = a;
    return true;
}

uint16_t
ike_mobike_addr_type(const Addr *a)
{
    return a->family == ADDR_V4 ? IKE_N_ADDITIONAL_IP4_ADDRESS : IKE_N_ADDITIONAL_IP6_ADDRESS;
}

bool
ike_mobike_addrs_decode(const IkeMsg *m, IkeAddrs *ret)
{
    IkeAddrs list = { 0 };
    bool any = false;

    for (const IkePayload *p = NULL; (p = ike_msg_find(m, IKE_PAYLOAD_NOTIFY, p));) {
        Reader in = reader_init(p->body);
        IkeNotify n;
        Addr a;

        if (!p->inner || ike_notify_decode(&in, &n) != IKE_OK)
            continue;
        any |= n.type == IKE_N_NO_ADDITIONAL_ADDRESSES || n.type == IKE_N_ADDITIONAL_IP4_ADDRESS ||
               n.type == IKE_N_ADDITIONAL_IP6_ADDRESS;
        if (ike_mobike_addr_decode(n.type, n.data, &a) && !addr_is_unspecified(&a) &&
            !addr_is_multicast(&a) && list.n < IKE_ADDRS_MAX)
            list.v[list.n++] = a;
    }
    if (any)
        *ret = list;
    return any;
}

/*  0                   1                   2                   3      RFC 4555 §4.2.6
 *  +---------------------------------------------------------------+
 *  |              Source IP address (4 or 16 octets)               |
 *  |            Destination IP address (4 or 16 octets)            |
 *  |          Source port          |       Destination port        |
 */
bool
ike_mobike_no_nats_decode(Slice data, Endpoint *ret_src, Endpoint *ret_dst)
{
    Reader in = reader_init(data);
    Slice from, to;
    Endpoint src, dst;
    size_t ports = sizeof(src.port) + sizeof(dst.port);

    if (data.len < ports || !reader_slice(&in, (data.len - ports) / 2, &from) ||
        !reader_slice(&in, from.len, &to) || !addr_from_octets(from, &src.addr) ||
        !addr_from_octets(to, &dst.addr) || !reader_u16(&in, &src.port) ||
        !reader_u16(&in, &dst.port) || reader_left(&in) > 0)
        return false;
    *ret_src = src;
    *ret_dst = dst;
    return true;
}

void
ike_mobike_no_nats_encode(const Endpoint *src, const Endpoint *dst, Writer *out)
{
    writer_slice(out, addr_view(&src->addr));
    writer_slice(out, addr_view(&dst->addr));
    writer_u16(out, src->port);
    writer_u16(out, dst->port);
}

bool
ike_mobike_cookie2(const IkeMsg *m, Slice *ret)
{
    IkeNotify n;

    if (!ike_msg_notify(m, IKE_N_COOKIE2, &n) || n.data.len < IKE_COOKIE2_MIN ||
        n.data.len > IKE_COOKIE2_MAX)
        return false;
    *ret = n.data;
    return true;
}
